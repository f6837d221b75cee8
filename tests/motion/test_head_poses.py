"""Heads told by a viewer and foretold to the ear: on time, bounded, back to rest when nobody tells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.heads import TrackedHead, head_of
from engine.motion.head_poses import FADE_NS, STALE_NS, HeadPredictor, HeadTelling
from engine.motion.seat_poses import AT_REST, SeatPoseBlock
from engine.xr.angles import turn_of_deg
from engine.xr.poses import rotated

MS = 1_000_000


def turning(deg_per_s: float, until_ms: int, step_ms: int = 11) -> tuple[SeatPoseBlock, int]:
    block = SeatPoseBlock.local()
    telling = HeadTelling(block)
    last = 0
    for at in range(0, until_ms, step_ms):
        telling.tell(at * MS, (0.0, 0.001 * at, 0.0, 0.0, 0.0, math.remainder(deg_per_s * at / 1000, 360.0)))
        last = at
    return block, last


@pytest.mark.parametrize("deg_per_s", [0.0, 90.0, -360.0])
def test_a_steady_turn_is_foretold_exactly(deg_per_s: float) -> None:
    block, last = turning(deg_per_s, 1000)
    predictor = HeadPredictor(block)
    for ahead_ms in (-20, 0, 15, 60):
        x, y, z, roll, pitch, yaw = predictor.pose_at((last + ahead_ms) * MS)
        assert math.remainder(yaw - deg_per_s * (last + ahead_ms) / 1000, 360.0) == pytest.approx(
            0.0, abs=1e-6
        )
        assert y == pytest.approx(0.001 * (last + ahead_ms)) and (x, z, roll, pitch) == (0.0, 0.0, 0.0, 0.0)


def test_nobody_tells_and_nobody_tells_any_more() -> None:
    block, last = turning(90.0, 500)
    assert HeadPredictor(SeatPoseBlock.local()).pose_at(5) == AT_REST
    assert HeadPredictor(block, seat=3).pose_at(last * MS) == AT_REST
    predictor = HeadPredictor(block)
    held = predictor.pose_at(last * MS + STALE_NS)[5]
    half = predictor.pose_at(last * MS + STALE_NS + FADE_NS // 2)[5]
    assert half == pytest.approx(held / 2) and held > 40
    assert predictor.pose_at(last * MS + STALE_NS + FADE_NS) == AT_REST


def test_another_viewer_begins_anew() -> None:
    block, last = turning(90.0, 500)
    predictor = HeadPredictor(block)
    predictor.pose_at(last * MS)
    HeadTelling(block).tell(2000 * MS, (0.0, 0.0, 0.0, 0.0, 0.0, -10.0))
    assert predictor.pose_at(2000 * MS)[5] == pytest.approx(-10.0)


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(allow_nan=True, allow_infinity=True)), max_size=40))
def test_whatever_is_told_the_head_stays_a_head(told: list[tuple[int, float]]) -> None:
    block = SeatPoseBlock.local()
    telling, predictor, at = HeadTelling(block), HeadPredictor(block), 0
    for step, value in told:
        at += step
        telling.tell(at * MS, (0.1, 0.0, 0.0, 0.0, 0.0, value))
        pose = predictor.pose_at((at + 20) * MS)
        assert all(math.isfinite(part) for part in pose)


@given(st.floats(-179, 179), st.floats(-89, 89), st.floats(-89, 89))
def test_the_ears_turn_as_the_eyes_do(yaw: float, pitch: float, roll: float) -> None:
    matrix = head_of((0.0, 0.0, 0.0, roll, pitch, yaw)).matrix()
    for vector in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)):
        assert matrix @ np.array(vector) == pytest.approx(
            rotated(turn_of_deg(yaw, pitch, roll), vector), abs=1e-9
        )


def test_a_head_turned_left_hears_from_the_right_what_lies_ahead() -> None:
    block = SeatPoseBlock.local()
    HeadTelling(block).tell(0, (0.0, 0.0, 0.0, 0.0, 0.0, 90.0))
    head = TrackedHead(block, 0)(10 * MS)
    assert head.matrix().T @ np.array([0.0, 1.0, 0.0]) == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
