"""A seat's lateness in closed form: against the arithmetic by hand, against the twins' own, and beyond the newest command."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.physics import LaggedValue
from engine.motion.seat_model import LaggedTrack, SeatPose
from engine.motion.seat_poses import AT_REST, Axes, SeatRow
from engine.units import MOTION_AXES

MS = 1_000_000
S = 1_000_000_000
LIMITED: Axes = (0.25, 0.25, 0.25, 25.0, 25.0, 25.0)
HARD: Axes = (2.5, 2.5, 2.5, 150.0, 150.0, 150.0)


def row(dead_ms: float = 0.0, lag_ms: float = 0.0, period_ms: int = 5) -> SeatRow:
    return SeatRow(0, "seat", round(dead_ms * MS), round(lag_ms * MS), period_ms * MS, LIMITED, HARD)


def roll(value: float) -> Axes:
    return (0.0, 0.0, 0.0, value, 0.0, 0.0)


def sway(t_ns: int) -> Axes:
    t_s = t_ns / S
    return (
        0.0,
        0.0,
        0.02 * math.sin(5.0 * t_s),
        4.0 * math.sin(2.0 * t_s),
        3.0 * math.sin(3.0 * t_s + 1.0),
        0.0,
    )


def worst(a: Axes, b: Axes) -> float:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def test_a_step_through_dead_time_and_lag_by_hand() -> None:
    track = LaggedTrack(row(20.0, 50.0))
    assert track.at(5 * S) == AT_REST and track.last_ns is None
    track.command(0, AT_REST)
    track.command(100 * MS, roll(2.0))
    assert track.last_ns == 100 * MS
    assert track.at(120 * MS)[3] == 0.0
    assert track.at(170 * MS)[3] == pytest.approx(2.0 * (1.0 - math.exp(-1.0)), abs=1e-12)
    assert track.at(220 * MS)[3] == pytest.approx(2.0 * (1.0 - math.exp(-2.0)), abs=1e-12)
    assert track.at(-S) == AT_REST


def test_a_ramp_that_is_interpolated_comes_later_by_exactly_dead_time_and_lag() -> None:
    track = LaggedTrack(row(20.0, 50.0), between="linear")
    for tick in range(300):
        track.command(tick * 5 * MS, roll(0.01 * tick))  # 2 deg/s
    # 1.5 s are thirty times the lag: what the start left is gone.
    for at_ms in (1200, 1333, 1450):
        assert track.at(at_ms * MS)[3] == pytest.approx(2.0 * (at_ms - 70) / 1000.0, abs=1e-9)


def test_nothing_for_a_while_and_then_another_target_is_a_wait_and_then_a_move_within_a_period() -> None:
    track = LaggedTrack(row(), between="linear")
    track.command(0, AT_REST)
    track.command(500 * MS, roll(1.0))
    assert track.at(495 * MS)[3] == 0.0
    assert track.at(497_500_000)[3] == pytest.approx(0.5)


@given(
    st.integers(0, 60),
    st.integers(0, 120),
    st.lists(st.tuples(st.integers(1, 40), st.floats(-10.0, 10.0)), min_size=1, max_size=30),
    st.lists(st.integers(-50, 1500), min_size=1, max_size=10),
)
def test_it_is_what_a_twin_does(
    dead_ms: int, lag_ms: int, commands: list[tuple[int, float]], asked_ms: list[int]
) -> None:
    track = LaggedTrack(SeatRow(0, "seat", dead_ms * MS, lag_ms * MS, 5 * MS))
    twin = LaggedValue(commands[0][1], dead_ns=dead_ms * MS, lag_ns=lag_ms * MS)
    at_ms = 0
    for wait_ms, value in commands:
        at_ms += wait_ms
        track.command(at_ms * MS, roll(value))
        twin.command(value, at_ms * MS)
    for now_ms in sorted(at_ms + later for later in asked_ms if later >= 0):
        assert track.at(now_ms * MS)[3] == pytest.approx(twin.at(now_ms * MS), abs=1e-9)


def test_the_order_of_questions_changes_no_answer() -> None:
    track = LaggedTrack(row(20.0, 40.0))
    for tick in range(100):
        track.command(tick * 5 * MS, sway(tick * 5 * MS))
    asked = [tick * 7 * MS for tick in range(75)]
    forward = [track.at(at_ns) for at_ns in asked]
    random.Random(4).shuffle(asked)
    again = {at_ns: track.at(at_ns) for at_ns in asked}
    assert forward == [again[at_ns] for at_ns in sorted(asked)]


def test_a_command_that_is_older_than_the_newest_is_left_out() -> None:
    track = LaggedTrack(row())
    for at_ns, value in ((10 * MS, 1.0), (5 * MS, 9.0), (10 * MS, 9.0)):
        track.command(at_ns, roll(value))
    assert track.at(S)[3] == 1.0


def test_what_lies_beyond_the_newest_command_goes_on_as_it_went() -> None:
    for lag_ms, bound_deg in ((0.0, 0.02), (40.0, 0.001)):
        track, truth = LaggedTrack(row(0.0, lag_ms)), LaggedTrack(row(0.0, lag_ms))
        errors = []
        for tick in range(600):
            now_ns = tick * 5 * MS
            truth.command(now_ns, sway(now_ns))
        for tick in range(560):
            now_ns = tick * 5 * MS
            track.command(now_ns, sway(now_ns))
            if tick > 5:
                errors.append(worst(track.at(now_ns + 30 * MS), truth.at(now_ns + 30 * MS)))
        assert 0.0 < max(errors) < bound_deg
    held = LaggedTrack(SeatRow(0, "no limits known", 0, 0, 5 * MS))
    for tick in range(10):
        held.command(tick * 5 * MS, roll(0.01 * tick))
    assert held.at(75 * MS)[3] == 0.09


def test_when_no_command_follows_it_ends_where_it_was_sent_without_a_jump() -> None:
    track = LaggedTrack(row(0.0, 20.0))
    for tick in range(40):
        track.command(tick * 5 * MS, roll(0.1 * tick))  # 20 deg/s
    poses = [track.at(195 * MS + step * MS)[3] for step in range(400)]
    assert poses[-1] == pytest.approx(3.9, abs=1e-6)
    assert max(abs(b - a) for a, b in pairwise(poses)) < 0.05  # 2.5 times its speed
    assert max(poses) < 3.9 + 20.0 * 0.04


def test_a_device_that_begins_anew_is_not_foretold_from_the_jump() -> None:
    track = LaggedTrack(row(0.0, 20.0))
    for tick in range(20):
        track.command(tick * 5 * MS, roll(8.0))
    track.command(100 * MS, AT_REST)  # it connected again and rests in park
    assert all(0.0 <= track.at(100 * MS + ahead * MS)[3] <= 8.0 for ahead in range(0, 200, 3))
    assert track.at(S)[3] == pytest.approx(0.0, abs=1e-12)


def test_hours_of_commands_keep_a_second_or_two() -> None:
    track = LaggedTrack(row(30.0, 40.0))
    for tick in range(10_000):
        track.command(tick * 5 * MS, sway(tick * 5 * MS))
    assert len(track._at) < 3000 // 5 + 2
    fresh = LaggedTrack(row(30.0, 40.0))
    for tick in range(9_000, 10_000):
        fresh.command(tick * 5 * MS, sway(tick * 5 * MS))
    assert worst(track.at(49_990 * MS), fresh.at(49_990 * MS)) < 1e-12


def test_velocity_is_per_second() -> None:
    track = LaggedTrack(row(10.0, 20.0), between="linear")
    for tick in range(200):
        track.command(tick * 5 * MS, roll(0.02 * tick))
    assert track.velocity_at(900 * MS)[3] == pytest.approx(4.0, abs=1e-9)


def test_axes_of_a_pose_are_in_the_engines_order() -> None:
    pose = SeatPose(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert pose.axes == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert [name.rsplit("_", 1)[0] for name in SeatPose.__dataclass_fields__] == list(MOTION_AXES)
