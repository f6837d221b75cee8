"""Light that does not flash: the average over time, row for row and against every strobe there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from engine.time import LocalBlock, SegmentKind, Transport, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND, NS_PER_SECOND
from engine.timeline.calm import WINDOW_NS
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable

Build = Callable[..., Program]

SCENE = """\
duration: 20s
stage: {model: a.glb, exposure: {role: look.exposure}}
tracks:
  - {kind: level, role: light.street, cues: [{at: 0s, set: [0.2, 0.4, 0.6]}, {at: 3s, for: 2s, curve: [[0, 0], [1, 1]]}]}
  - {kind: level, role: look.exposure, cues: [{at: 0s, set: 0.5}, {at: 2s, set: 0.9}]}
  - {kind: motion, role: seat.motion, cues: [{at: 0s, set: {heave: 10mm}}, {at: 2s, set: {heave: 30mm}}]}
  - kind: haptic
    role: seat.shaker
    cues: [{at: 0s, set: 0.4, hz: 30}, {at: 5s, transient: {intensity: 1, decay: 4s}}]
targets: {bell: {radius: 1m}}
reactions:
  ring:
    duration: 4s
    tracks:
      - {kind: level, role: light.street, cues: [{at: 1s, set: [0.5, 0.3, 0.7]}]}
      - {kind: motion, role: seat.motion, cues: [{at: 0s, set: {heave: 5mm, yaw: 1deg}}]}
      - kind: haptic
        role: seat.shaker
        cues: [{at: 0s, transient: {intensity: 0.9, sharpness: 1, decay: 2s}}]
  dim:
    duration: 4s
    tracks:
      - {kind: level, role: look.exposure, mix: multiply, cues: [{at: 1s, set: 0.5}]}
      - {kind: level, role: air.wind, mix: add, cues: [{at: 1s, set: 0.25}]}
      - {kind: level, role: light.street, mix: replace, cues: [{at: 1s, set: 0.1}]}
"""
OTHER = """\
duration: 20s
stage: {model: b.glb}
tracks:
  - {kind: level, role: light.street, cues: [{at: 0s, set: [1, 0, 1]}]}
  - {kind: level, role: air.wind, mix: add, cues: [{at: 0s, set: 0.2}]}
  - {kind: level, role: air.wind, mix: add, cues: [{at: 0s, set: 0.3}]}
"""


@pytest.fixture(scope="module")
def evaluator(build: Build, roles: RoleTable) -> Evaluator:
    return Evaluator([build(SCENE), build(OTHER, index=1)], roles)


def strobe(hz: float, duty: float) -> dict[str, Any]:
    """A scene of four seconds whose street light is a square wave."""
    cues = []
    for number in range(round(4 * hz)):
        cues.append({"at": f"{round(number / hz, 5)}s", "set": 1.0})
        cues.append({"at": f"{round((number + duty) / hz, 5)}s", "set": 0.0})
    return {
        "duration": "6s",
        "stage": {"model": "a.glb"},
        "tracks": [{"kind": "level", "role": "light.street", "cues": cues}],
    }


def playing(scene: int = 0) -> TransportWriter:
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=scene)
    return writer


actions = st.lists(
    st.tuples(
        st.integers(0, 1500),
        st.sampled_from(["hold", "resume", "seek", "scene", "ring", "dim", "slow"]),
        st.integers(-1, 1),
        st.integers(0, 9),
    ),
    max_size=8,
)


def performed(history: list[tuple[int, str, int, int]]) -> tuple[Transport, int]:
    writer, now_ns = playing(), 0
    for later_ms, what, seat, number in history:
        now_ns += later_ms * 1_000_000
        scene = writer.transport.at(now_ns).scene
        match what:
            case "hold":
                writer.set_rate(now_ns, 0)
            case "resume":
                writer.set_rate(now_ns, 1)
            case "slow":
                writer.set_rate(now_ns, 2)
            case "seek":
                writer.append(
                    from_ns=now_ns, scene=scene, at_fl=number * FLICKS_PER_SECOND, kind=SegmentKind.SEEK
                )
            case "scene":
                writer.append(from_ns=now_ns, scene=1 - scene)
            case _:
                writer.react(scene=0, reaction=0 if what == "ring" else 1, seat=seat, from_ns=now_ns)
    return writer.transport, now_ns


@given(actions, st.integers(0, 2500), st.integers(-1, 1))
@settings(max_examples=20, deadline=None)
def test_many_instants_are_told_as_one_at_a_time(
    evaluator: Evaluator, history: list[tuple[int, str, int, int]], later_ms: int, seat: int
) -> None:
    transport, now_ns = performed(history)
    instants = [now_ns + later_ms * 1_000_000 - number * 97_000_000 for number in range(12)][::-1]
    many = evaluator.levels_many(transport, instants, seat)
    one = np.array([evaluator.levels(transport, at_ns, seat) for at_ns in instants])
    np.testing.assert_array_equal(many, one)


def by_hand(evaluator: Evaluator, transport: Transport, at_ns: int, seat: int = 0) -> np.ndarray:
    """The average as it is defined: a raised cosine over the time before, here by 1,600 plain samples."""
    x = (np.arange(1600) + 0.5) / 1600
    instants = [at_ns - WINDOW_NS + round(part * WINDOW_NS) for part in x]
    weights = 1.0 - np.cos(2.0 * np.pi * x)
    return weights @ evaluator.levels_many(transport, instants, seat) / weights.sum()


@given(actions, st.integers(0, 2500), st.integers(-1, 1))
@settings(max_examples=7, deadline=None)
def test_the_average_is_what_it_says_whatever_happened(
    evaluator: Evaluator, history: list[tuple[int, str, int, int]], later_ms: int, seat: int
) -> None:
    transport, now_ns = performed(history)
    at_ns = now_ns + later_ms * 1_000_000
    calm = evaluator.calm_levels(transport, at_ns, seat, picture=True)
    for name in ("light.street", "look.exposure", "air.wind"):
        lit = evaluator.roles.slice_of(name)
        np.testing.assert_allclose(calm[lit], by_hand(evaluator, transport, at_ns, seat)[lit], atol=2e-3)


def test_what_cannot_flash_is_as_it_is_and_what_can_is_averaged(evaluator: Evaluator) -> None:
    transport, roles = playing().transport, evaluator.roles
    at_ns = 4 * NS_PER_SECOND
    plain, calm = evaluator.levels(transport, at_ns), evaluator.calm_levels(transport, at_ns)
    picture = evaluator.calm_levels(transport, at_ns, picture=True)
    for name in ("seat.motion", "seat.shaker", "air.wind", "look.exposure"):
        np.testing.assert_array_equal(calm[roles.slice_of(name)], plain[roles.slice_of(name)])
    lit = roles.slice_of("light.street")
    assert not np.allclose(calm[lit], plain[lit])
    np.testing.assert_allclose(calm[lit], by_hand(evaluator, transport, at_ns)[lit], atol=1e-3)
    np.testing.assert_array_equal(picture[lit], calm[lit])
    at_ns = 2_200_000_000
    exposure = roles.slice_of("look.exposure")
    assert 0.5 < evaluator.calm_levels(transport, at_ns, picture=True)[exposure][0] < 0.9


def test_the_average_of_a_constant_is_the_constant_and_a_held_show_comes_to_rest(
    evaluator: Evaluator,
) -> None:
    writer = playing()
    lit = evaluator.roles.slice_of("light.street")
    held_ns = round(3.3 * NS_PER_SECOND)
    writer.set_rate(held_ns, 0)
    after = evaluator.calm_levels(writer.transport, held_ns + WINDOW_NS)
    np.testing.assert_allclose(after[lit], evaluator.levels(writer.transport, held_ns)[lit], rtol=1e-12)


def test_the_average_goes_over_a_seam(evaluator: Evaluator) -> None:
    writer = playing()
    writer.append(from_ns=2 * NS_PER_SECOND, scene=1)
    green = evaluator.roles.slice_of("light.street").start + 1
    course = [
        evaluator.calm_levels(writer.transport, 2 * NS_PER_SECOND + step * 100_000_000)[green]
        for step in range(9)
    ]
    assert course[0] == pytest.approx(0.4, abs=1e-3)
    assert course[-1] == pytest.approx(0.0, abs=1e-12)
    assert all(later <= before for before, later in itertools.pairwise(course))


def test_one_seat_and_all_seats_are_averaged_alike(evaluator: Evaluator) -> None:
    writer = playing()
    writer.react(scene=0, reaction=0, seat=1, from_ns=NS_PER_SECOND)
    states, which = evaluator.calm_levels_of(writer.transport, 2_500_000_000, (0, 1, 2))
    assert which is not None and which.tolist() == [0, 1, 0]
    for seat in (0, 1, 2):
        alone = evaluator.calm_levels(writer.transport, 2_500_000_000, seat)
        np.testing.assert_array_equal(states[which[seat]], alone)


@pytest.mark.parametrize("hz", [3.0, 3.5, 4.3, 7.0, 15.0, 29.7, 48.0])
@pytest.mark.parametrize("duty", [0.1, 0.5])
def test_a_strobe_swings_by_less_than_a_tenth(build: Build, roles: RoleTable, hz: float, duty: float) -> None:
    """WCAG 2.3.1: a change of less than 10 % of the maximum relative luminance is no flash."""
    evaluator = Evaluator([build(strobe(hz, duty))], roles)
    transport, lit = playing().transport, roles.slice_of("light.street")
    instants = [1_500_000_000 + number * 11_111_111 for number in range(80)]  # 90 frames a second
    shown = [float(evaluator.calm_levels(transport, at_ns)[lit][0]) for at_ns in instants]
    plain = [float(evaluator.levels(transport, at_ns)[lit][0]) for at_ns in instants]
    assert max(plain) - min(plain) == 1.0
    assert max(shown) - min(shown) < 0.05
    assert np.mean(shown) == pytest.approx(duty, abs=0.01)


def test_no_course_of_a_value_flashes_four_times_a_second() -> None:
    """The largest even swing of eight changes within a second that any input in 0..1 can make, by linear programming."""
    step_s = 1 / 60  # steps enough to bound it
    weights = 1.0 - np.cos(2.0 * np.pi * (np.arange(48) + 0.5) / 48)
    weights /= weights.sum()
    size = round(1.0 / step_s) + 1 + len(weights)
    extremes = [round(number / 8 / step_s) for number in range(9)]
    average = np.zeros((len(extremes), size))
    for row, at in enumerate(extremes):
        average[row, at : at + len(weights)] = weights
    change = np.diff(average, axis=0) * np.where(np.arange(8) % 2 == 0, 1.0, -1.0)[:, None]
    found = linprog(
        np.r_[np.zeros(size), -1.0],
        A_ub=np.c_[-change, np.ones(8)],
        b_ub=np.zeros(8),
        bounds=[(0.0, 1.0)] * (size + 1),
        method="highs",
    )
    assert found.status == 0
    assert 0.0 < -found.fun < 0.03
