"""One seat foretold from the rings: devices that add up, silence, and what measurements teach."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from engine.motion.seat_model import LaggedTrack
from engine.motion.seat_poses import AT_REST, Axes, SeatPoseBlock, SeatRow
from engine.motion.seat_predictor import FADE_NS, STALE_NS, UNMEASURED_NS, SeatPredictor

MS = 1_000_000
S = 1_000_000_000
FRAME_NS = 11_111_111
AHEAD_NS = 20 * MS
LIMITED: Axes = (0.25, 0.25, 0.25, 25.0, 25.0, 25.0)
HARD: Axes = (2.5, 2.5, 2.5, 150.0, 150.0, 150.0)
ROLL, HEAVE = 3, 2


def row(seat: int = 0, dead_ms: int = 30, lag_ms: int = 40, period_ms: int = 10) -> SeatRow:
    return SeatRow(seat, f"seat {seat}", dead_ms * MS, lag_ms * MS, period_ms * MS, LIMITED, HARD)


def sway(t_ns: int) -> Axes:
    t_s = t_ns / S
    return (0.0, 0.0, 0.02 * math.sin(4.0 * t_s), 4.0 * math.sin(3.0 * t_s), 0.0, 0.0)


class Ride:
    """A bus that tells, a viewer that asks, and the seat as it is."""

    def __init__(self, *rows: SeatRow, truth: SeatRow | None = None) -> None:
        self.block = SeatPoseBlock.local()
        self.block.claim(rows or (row(),))
        self.predictor = SeatPredictor(self.block, 0)
        self.truth = LaggedTrack(truth or row())
        self.now_ns = 0
        self.silent = False
        self.measure: Callable[[int], Axes | None] = lambda at_ns: None
        self.asked: list[tuple[int, Axes]] = []

    def run_until(self, until_ns: int) -> None:
        """Commands every 10 ms, measurements with them, frames at 90 Hz asked for 20 ms ahead."""
        frame_ns = self.asked[-1][0] - AHEAD_NS + FRAME_NS if self.asked else self.now_ns
        while self.now_ns < until_ns:
            if not self.silent:
                for index in range(len(self.block.rows)):
                    self.block.publish(index, self.now_ns, self.now_ns + 70 * MS, sway(self.now_ns))
                self.truth.command(self.now_ns, sway(self.now_ns))
            measured = self.measure(self.now_ns)
            if measured is not None:
                self.block.publish_measured(0, self.now_ns, self.now_ns, measured, 0b111111)
            self.now_ns += 10 * MS
            while frame_ns < self.now_ns:
                self.asked.append((frame_ns + AHEAD_NS, self.predictor.pose_at(frame_ns + AHEAD_NS).axes))
                frame_ns += FRAME_NS

    def worst(self, since_ns: int, axis: int) -> float:
        return max(
            abs(pose[axis] - self.truth.at(at_ns)[axis]) for at_ns, pose in self.asked if at_ns >= since_ns
        )

    def largest_step(self, axis: int, since_ns: int = 0) -> float:
        return max(
            abs(b[1][axis] - a[1][axis]) for a, b in pairwise(x for x in self.asked if x[0] >= since_ns)
        )


def pairwise_steps(values: list[float]) -> list[float]:
    return [b - a for a, b in pairwise(values)]


def test_it_knows_where_the_seat_will_be() -> None:
    ride = Ride()
    ride.run_until(3 * S)
    assert ride.worst(S, ROLL) < 1e-9 and ride.worst(S, HEAVE) < 1e-9
    assert max(abs(pose[ROLL]) for _, pose in ride.asked) > 3.0
    assert ride.predictor.standing == "commanded" and ride.predictor.late_ns == (0,)


def test_a_viewer_that_joins_in_the_middle_knows_at_once() -> None:
    ride = Ride()
    ride.run_until(2 * S)
    joined = SeatPredictor(ride.block, 0)
    assert joined.pose_at(2 * S).axes == pytest.approx(ride.truth.at(2 * S), abs=1e-9)
    assert abs(joined.pose_at(2 * S).roll_deg) > 0.5


def test_a_bus_that_comes_later_comes_in_softly() -> None:
    ride = Ride()
    ride.silent = True
    ride.run_until(500 * MS)
    ride.silent = False
    ride.run_until(2 * S)
    assert ride.asked[0][1] == AT_REST
    shares = [
        pose[ROLL] / ride.truth.at(at_ns)[ROLL]
        for at_ns, pose in ride.asked
        if 500 * MS < at_ns < 560 * MS + FADE_NS
    ]
    assert shares == sorted(shares) and shares[0] < 0.05 and max(pairwise_steps(shares)) < 0.06
    assert ride.worst(560 * MS + FADE_NS, ROLL) < 1e-9


def test_devices_of_a_seat_add_up_and_the_room_carries_everybody() -> None:
    ride = Ride(row(0), row(1), row(-1))
    ride.run_until(2 * S)
    at_ns, pose = ride.asked[-1]
    assert pose[ROLL] == pytest.approx(2.0 * ride.truth.at(at_ns)[ROLL], abs=1e-9)


def test_a_seat_that_nothing_moves_rests() -> None:
    ride = Ride(row(1))
    ride.run_until(S)
    assert {pose for _, pose in ride.asked} == {AT_REST} and ride.predictor.standing == "none"
    empty = SeatPredictor(SeatPoseBlock.local(), 0)  # no bus has said anything yet
    assert empty.pose_at(0).axes == AT_REST and empty.standing == "none"


def test_silence_holds_then_fades_and_comes_back_without_a_jump() -> None:
    ride = Ride()
    ride.run_until(2 * S)
    moving = ride.largest_step(ROLL, S)
    ride.silent = True
    ride.run_until(4 * S)
    stood = ride.truth.at(4 * S)[ROLL]
    assert abs(stood) > 1.0
    held = [pose[ROLL] for at_ns, pose in ride.asked if 2 * S + 400 * MS < at_ns < 1990 * MS + STALE_NS]
    assert held == pytest.approx([stood] * len(held), abs=1e-3)
    gone_ns = 1990 * MS + STALE_NS + FADE_NS + 2 * FRAME_NS
    assert {pose for at_ns, pose in ride.asked if at_ns > gone_ns} == {AT_REST}
    # At the steepest a fade is 1.5 times its mean.
    assert ride.largest_step(ROLL, 2 * S + 100 * MS) <= 1.5 * abs(stood) * FRAME_NS / FADE_NS * 1.01
    assert ride.predictor.standing == "stale"
    ride.silent = False
    ride.run_until(6 * S)
    assert ride.largest_step(ROLL, 4 * S) < moving + 1.5 * 4.0 * FRAME_NS / FADE_NS
    assert ride.worst(5 * S, ROLL) < 1e-3


def test_a_viewer_that_stood_still_does_not_jump_either() -> None:
    ride = Ride()
    ride.run_until(2 * S)
    before = ride.asked[-1][1]
    after = ride.predictor.pose_at(30 * S).axes  # nothing was heard for 28 s, and nobody asked
    again = ride.predictor.pose_at(30 * S + FRAME_NS).axes
    assert before[ROLL] != 0.0
    share = 1.5 * 50 * MS / FADE_NS
    assert abs(after[ROLL] - again[ROLL]) < share * abs(ride.truth.at(30 * S)[ROLL])
    assert abs(after[ROLL]) > (1.0 - share) * abs(ride.truth.at(30 * S)[ROLL])


def test_a_spare_bus_that_goes_on_is_not_noticed() -> None:
    ride = Ride()
    ride.run_until(2 * S)
    ride.silent = True
    ride.run_until(2 * S + 80 * MS)
    ride.silent = False
    ride.block.claim((row(),))
    ride.run_until(4 * S)
    assert ride.worst(2 * S + 150 * MS, ROLL) < 1e-6
    assert ride.largest_step(ROLL, S) < 0.35  # 12 deg/s make 0.14 a frame; the wait is caught up with


def test_another_rig_is_taken_up() -> None:
    ride = Ride()
    ride.run_until(S)
    ride.block.claim((row(1),))
    assert ride.predictor.pose_at(S).axes == AT_REST and ride.predictor.standing == "none"


def test_sag_under_a_heavy_guest_is_learnt_from_measurements() -> None:
    ride = Ride()

    def with_sag(at_ns: int) -> Axes:
        pose = ride.truth.at(at_ns)
        return (pose[0], pose[1], pose[2] - 0.008, pose[3] + 0.7, pose[4], pose[5])

    ride.measure = with_sag
    ride.run_until(3 * S)
    at_ns, pose = ride.asked[-1]
    assert pose[HEAVE] == pytest.approx(ride.truth.at(at_ns)[HEAVE] - 0.008, abs=3e-4)
    assert pose[ROLL] == pytest.approx(ride.truth.at(at_ns)[ROLL] + 0.7, abs=0.03)
    assert ride.predictor.standing == "measured"


def test_a_lateness_that_was_stated_wrongly_is_found() -> None:
    ride = Ride(truth=row(dead_ms=38))
    ride.run_until(3 * S)
    blind = ride.worst(2 * S, ROLL)
    ride.measure = ride.truth.at
    ride.run_until(8 * S)
    assert ride.predictor.late_ns[0] == pytest.approx(8 * MS, abs=MS // 4)
    assert ride.worst(7 * S, ROLL) < blind / 10.0


def test_noise_of_a_tracker_hardly_reaches_the_picture() -> None:
    ride = Ride()
    noise = random.Random(7)

    def noisy(at_ns: int) -> Axes:
        pose = ride.truth.at(at_ns)
        return (pose[0], pose[1], pose[2], pose[3] + noise.gauss(0.0, 0.2), pose[4], pose[5])

    ride.measure = noisy
    errors = []
    for second in range(1, 11):
        begun_ns = ride.now_ns
        ride.run_until(second * S)
        late = [(at_ns, pose) for at_ns, pose in ride.asked if max(begun_ns, 2 * S) < at_ns < ride.now_ns]
        errors += [pose[ROLL] - ride.truth.at(at_ns)[ROLL] for at_ns, pose in late]
    assert math.sqrt(sum(error * error for error in errors) / len(errors)) < 0.2 / 4.0


def test_when_measurements_cease_the_model_stands_alone_again() -> None:
    ride = Ride()
    ride.measure = lambda at_ns: (*ride.truth.at(at_ns)[:3], ride.truth.at(at_ns)[3] + 1.0, 0.0, 0.0)
    ride.run_until(2 * S)
    assert ride.worst(1900 * MS, ROLL) == pytest.approx(1.0, abs=0.05)
    ride.measure = lambda at_ns: None
    ride.run_until(2 * S + UNMEASURED_NS + FADE_NS + 100 * MS)
    assert ride.worst(ride.now_ns - 50 * MS, ROLL) < 1e-9
    assert ride.largest_step(ROLL, S) < 0.14 + 1.5 * FRAME_NS / FADE_NS
    assert ride.predictor.standing == "commanded"


@pytest.mark.parametrize("every_ms", [10, 100, 300])
def test_a_seat_that_somebody_stopped_is_followed_without_a_jump(every_ms: int) -> None:
    """Also by a device that tells seldom; and when it begins to tell, or begins again."""
    ride = Ride()
    ride.run_until(S)
    moving = ride.largest_step(ROLL, 500 * MS)
    for begun_ns in (S, 6 * S):
        ride.measure = lambda at_ns: AT_REST if at_ns % (every_ms * MS) == 0 else None
        ride.run_until(begun_ns + 2500 * MS)
        ride.measure = lambda at_ns: None
        ride.run_until(begun_ns + 5 * S)
    # 4 deg of difference come and go within 0.3 s; a correction of the whole at once would be several degrees.
    assert ride.largest_step(ROLL, 500 * MS) < moving + 1.5 * 4.5 * FRAME_NS / FADE_NS + 0.3
    stopped = [abs(pose[ROLL]) for at_ns, pose in ride.asked if 2 * S < at_ns < 3400 * MS]
    assert (
        max(stopped) < (2.5 if every_ms < 300 else 6.0)
        and max(abs(pose[ROLL]) for _, pose in ride.asked) > 3.0
    )


def test_what_was_not_measured_or_is_no_number_changes_nothing() -> None:
    ride = Ride()
    ride.run_until(S)
    ride.block.publish_measured(0, S, S, (9.0, 9.0, 9.0, ride.truth.at(S)[3], 9.0, 9.0), 1 << ROLL)
    ride.block.publish_measured(0, S + MS, S, (math.nan,) * 6, 0b111111)
    ride.block.publish_measured(0, S - MS, S, (9.0,) * 6, 0b111111)  # older than one that was taken
    ride.run_until(S + 100 * MS)
    assert ride.worst(S, HEAVE) < 1e-9 and ride.worst(S, ROLL) < 1e-3
    assert ride.predictor.standing == "measured"


def test_a_chair_that_counts_to_360_agrees_with_a_bus_that_goes_round() -> None:
    block = SeatPoseBlock.local()
    block.claim((row(dead_ms=0, lag_ms=0),))
    seat = SeatPredictor(block, 0)
    for tick in range(150):
        at_ns = tick * 10 * MS
        block.publish(0, at_ns, at_ns, (0.0, 0.0, 0.0, 0.0, 0.0, 725.0))
        block.publish_measured(0, at_ns, at_ns, (0.0, 0.0, 0.0, 0.0, 0.0, 6.0), 1 << 5)
        pose = seat.pose_at(at_ns)
    assert pose.yaw_deg == pytest.approx(726.0, abs=0.01)
