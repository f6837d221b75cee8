"""Comfort before the eyes: the edge comes in with the vehicle's going and the guest's level; turns by steps."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render.comfort import (
    NARROW_DEG,
    OPEN_DEG,
    SPEED_MPS,
    TURN_DPS,
    Going,
    SnapTurn,
    edge_deg,
    going,
    narrowing,
    vignette_ratio,
)
from engine.render.viewer import Viewer
from engine.render.vignette import Vignette
from engine.time import LocalBlock, SegmentKind, Transport, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND
from tests.render.show import held

S = 1_000_000_000
FULL, GENTLE, STILL = 0, 1, 2
figures = st.floats(0.0, 100.0)


def circling(scene: int, at_fl: int) -> list[float]:
    """30 degrees a second to the left at 2 m/s."""
    turn = math.radians(30.0) * at_fl / FLICKS_PER_SECOND
    radius_m = 2.0 / math.radians(30.0)
    heading = math.remainder(math.degrees(turn), 360.0)
    return [radius_m * math.cos(turn), radius_m * math.sin(turn), 0.0, heading, 0.0, 0.0]


def running(rate: Fraction | int = 1) -> TransportWriter:
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=0, rate=rate)
    return writer


def test_rates_come_from_three_poses() -> None:
    reach_fl = FLICKS_PER_SECOND // 5
    at_fl = round(5.95 * FLICKS_PER_SECOND)  # the heading goes round from 180 to -180 in between
    how = going(*(circling(0, at_fl + off) for off in (-reach_fl, 0, reach_fl)), 0.2)
    assert how.turn_dps == pytest.approx(30.0)
    assert how.speed_mps == pytest.approx(2.0, rel=0.01)
    assert how.acceleration_mps2 == pytest.approx(2.0 * math.radians(30.0), rel=0.01)  # v times turn rate


def test_who_stands_or_creeps_sees_all_and_who_whirls_the_least() -> None:
    assert narrowing(Going()) == 0.0
    assert narrowing(Going(TURN_DPS[0], SPEED_MPS[0], 0.1)) == 0.0
    assert narrowing(Going(turn_dps=TURN_DPS[1])) == 1.0
    assert 0.0 < narrowing(Going(speed_mps=3.0)) < narrowing(Going(turn_dps=10.0, speed_mps=3.0)) < 1.0


@given(figures, figures, figures, figures)
def test_more_of_anything_never_opens(turn: float, speed: float, acceleration: float, more: float) -> None:
    less = narrowing(Going(turn, speed, acceleration))
    assert 0.0 <= less <= 1.0
    assert narrowing(Going(turn + more, speed, acceleration)) >= less - 1e-12
    assert narrowing(Going(turn, speed + more, acceleration)) >= less - 1e-12
    assert narrowing(Going(turn, speed, acceleration + more)) >= less - 1e-12


def test_the_level_says_how_much() -> None:
    transport = running().transport
    full, gentle, still = (vignette_ratio(circling, transport, 3 * S, level) for level in (0, 1, 2))
    assert full == 0.0
    assert 0.0 < gentle < still <= 1.0


def test_seek_and_play_narrow_alike_once_the_average_has_passed() -> None:
    played = vignette_ratio(circling, running().transport, 7 * S, STILL)
    writer = running()
    writer.append(from_ns=S, scene=0, at_fl=4 * FLICKS_PER_SECOND, kind=SegmentKind.SEEK)
    assert vignette_ratio(circling, writer.transport, 4 * S, STILL) == pytest.approx(played)


def test_a_hold_opens_it_gently_and_speed_closes_it_further() -> None:
    writer = running()
    writer.set_rate(2 * S, 0)
    course = [
        vignette_ratio(circling, writer.transport, 2 * S + step * 50_000_000, STILL) for step in range(10)
    ]
    assert course[-1] == 0.0
    assert max(before - after for before, after in pairwise(course)) < 0.25
    fast = running(2)
    assert vignette_ratio(circling, fast.transport, 3 * S, GENTLE) > vignette_ratio(
        circling, running().transport, 3 * S, GENTLE
    )


def test_before_the_start_nothing_moves() -> None:
    assert vignette_ratio(circling, Transport(), S, STILL) == 0.0


def test_the_edge_goes_from_out_of_sight_to_its_narrowest() -> None:
    assert edge_deg(0.0)[0] == OPEN_DEG
    assert edge_deg(1.0)[0] == edge_deg(9.0)[0] == NARROW_DEG
    assert edge_deg(0.5)[0] < edge_deg(0.5)[1]


def test_one_push_is_one_turn() -> None:
    turn = SnapTurn(30.0)
    pushes = [0.0, 0.5, 0.8, 1.0, 0.6, 0.9, 0.2, -0.69, -0.71, -1.0, 0.0, -0.9]
    assert [turn.take(push) for push in pushes] == [0, 0, -30, 0, 0, 0, 0, 0, 30, 0, 0, 30]
    assert SnapTurn(0.0).take(1.0) == 0.0


class TestDrawn:
    """320 by 180 pixels, 72 degrees across: its corner is 39 degrees from the middle, its side 36."""

    def brightness(self, viewer: Viewer, transport: Transport) -> np.ndarray:
        viewer.draw(transport, 0)
        return viewer.grab().astype(np.float64).mean(axis=2)

    def test_the_edge_is_dark_and_the_middle_and_the_texts_are_as_before(
        self, viewer: Viewer, package: object
    ) -> None:
        transport = held(package, "quay", 2.0)  # type: ignore[arg-type]
        before = self.brightness(viewer, transport)
        vignette = Vignette()
        vignette.hang(viewer.stage.picture.camera)
        try:
            vignette.show(1.0)
            dark = self.brightness(viewer, transport)
            vignette.show(0.0)
            after = self.brightness(viewer, transport)
        finally:
            vignette.root.remove_node()
        np.testing.assert_array_equal(after, before)
        middle = np.s_[60:120, 120:200]
        np.testing.assert_array_equal(dark[middle], before[middle])
        corners = [np.s_[:8, :8], np.s_[:8, -8:], np.s_[-8:, :8], np.s_[-8:, -8:]]
        for corner in corners:
            assert dark[corner].mean() < 0.25 * before[corner].mean()
        # Round, so as dark on the left as on the right.
        ratio = dark.sum(axis=0) / np.maximum(before.sum(axis=0), 1.0)
        np.testing.assert_allclose(ratio[:40], ratio[::-1][:40], atol=0.15)
