"""What following with legs promises: every sample inside the limits of axes and legs, for every target; none held back for good."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.motion.joint import FREE, LINE, STOPPING, Course, JointFollower
from engine.motion.joint_batch import JointFollowerBatch
from engine.motion.joint_law import LegLaw, commitment, leg_law
from engine.motion.trajectories import canonical_stop
from tests.motion.leg_parts import Seat, hexapod, wedge

DT_S = 0.005
HEXAPOD, WEDGE = hexapod(), wedge()


def law_of(seat: Seat, dt_s: float = DT_S) -> LegLaw:
    return leg_law(seat.limits, seat.bounds, dt_s, axes=seat.axes)


def run(seat: Seat, targets: np.ndarray, dt_s: float = DT_S) -> tuple[np.ndarray, JointFollower]:
    follower = JointFollower(law_of(seat, dt_s), dt_s, [0.0] * len(seat.limits))
    return np.array([[0.0] * len(seat.limits), *(follower.follow(row.tolist()) for row in targets)]), follower


def sway(seat: Seat, ticks: int, share: float, frequency_hz: float, seed: int) -> np.ndarray:
    """Waves of every axis with phases of their own, beginning softly."""
    high = np.array([axis.high for axis in seat.limits])
    t_s = np.arange(1, ticks + 1)[:, None] * DT_S
    soft = np.minimum(t_s / 2.0, 1.0)
    soft = soft**3 * (10.0 - 15.0 * soft + 6.0 * soft * soft)
    phase = np.random.default_rng(seed).uniform(0.0, 2.0 * math.pi, len(high))
    return share * high * soft * np.sin(2.0 * math.pi * frequency_hz * t_s + phase)


def mess(seat: Seat, pieces: list[tuple[str, int, int]]) -> np.ndarray:
    """Whatever may arrive: jumps, noise, oscillation of any frequency, ramps, seeks into the middle of a wave, rest."""
    high = np.array([axis.high for axis in seat.limits])
    rows: list[np.ndarray] = []
    for kind, ticks, seed in pieces:
        random = np.random.default_rng(seed)
        goal = random.uniform(-1.5, 1.5, len(high)) * high
        t_s = np.arange(ticks)[:, None] * DT_S
        if kind == "jump":
            rows.extend(np.repeat(goal[None], ticks, axis=0))
        elif kind == "corner":
            rows.extend(np.repeat((random.choice([-1.0, 1.0], len(high)) * high)[None], ticks, axis=0))
        elif kind == "noise":
            rows.extend(random.uniform(-2.0, 2.0, (ticks, len(high))) * high)
        elif kind == "wave":
            rows.extend(
                goal * np.sin(2.0 * math.pi * 10.0 ** random.uniform(-1.0, 2.0, len(high)) * t_s + seed)
            )
        elif kind == "ramp":
            rows.extend(goal * t_s * 3.0)
        elif kind == "far":
            rows.extend(np.repeat((goal * 1e200)[None], ticks, axis=0))
        else:
            rows.extend(np.zeros((ticks, len(high))))
    return np.array(rows)


PIECES = st.lists(
    st.tuples(
        st.sampled_from(["jump", "corner", "noise", "wave", "ramp", "far", "rest"]),
        st.integers(1, 40),
        st.integers(0, 2**32),
    ),
    min_size=1,
    max_size=5,
)


class TestNothingBreaksALimit:
    @settings(max_examples=15)
    @given(pieces=PIECES)
    def test_of_six_legs(self, pieces: list[tuple[str, int, int]]) -> None:
        samples, _ = run(HEXAPOD, mess(HEXAPOD, pieces))
        HEXAPOD.assert_within(samples, DT_S)

    @settings(max_examples=15)
    @given(pieces=PIECES)
    def test_of_two_legs_that_are_always_in_the_way(self, pieces: list[tuple[str, int, int]]) -> None:
        samples, _ = run(WEDGE, mess(WEDGE, pieces))
        WEDGE.assert_within(samples, DT_S)

    @pytest.mark.long
    @settings(max_examples=2000)
    @given(
        pieces=PIECES,
        velocity=st.floats(0.05, 1.0),
        acceleration=st.floats(0.7, 10.0),
        stroke_m=st.floats(0.02, 0.2),
    )
    def test_of_legs_of_any_strength(
        self, pieces: list[tuple[str, int, int]], velocity: float, acceleration: float, stroke_m: float
    ) -> None:
        of = HEXAPOD.bounds
        seat = replace(
            HEXAPOD,
            bounds=replace(
                of,
                low=of.home - stroke_m,
                high=of.home + stroke_m,
                velocity=np.full(6, velocity),
                acceleration=np.full(6, acceleration),
            ),
        )
        samples, _ = run(seat, mess(seat, pieces))
        seat.assert_within(samples, DT_S)

    @settings(max_examples=300)
    @given(v=st.floats(-1.0, 1.0), a=st.floats(-1.0, 1.0), axis=st.integers(0, 5), share=st.floats(0.05, 1.0))
    def test_a_stop_stays_inside_what_its_axis_is_committed_to(
        self, v: float, a: float, axis: int, share: float
    ) -> None:
        limits = HEXAPOD.limits[axis]
        vl, al, jl = limits.velocity * DT_S, limits.acceleration * DT_S**2, limits.jerk * DT_S**3
        brake, p, v, a = al * share, 0.0, v * vl, a * al
        stop = commitment(p, v, a, brake, jl)
        for _ in range(2000):
            assert stop.low - 1e-9 * vl <= p <= stop.high + 1e-9 * vl
            assert abs(v) <= stop.speed * (1.0 + 1e-9) and abs(a) <= stop.push * (1.0 + 1e-9)
            if abs(v) < 1e-12 * vl and abs(a) < 1e-12 * al:
                break
            a += canonical_stop(v, a, brake, brake, jl).first_jerk
            v += a
            p += v
        else:
            pytest.fail("it does not come to rest")


class TestArrival:
    def test_what_legs_can_do_is_emitted_as_it_is(self) -> None:
        targets = sway(HEXAPOD, 500, 0.2, 0.25, 3)
        samples, follower = run(HEXAPOD, targets)
        assert np.array_equal(samples[1:], targets) and follower.on_target

    def test_what_they_cannot_is_drawn_in_along_its_ray_and_reached(self) -> None:
        goal = [0.12, 0.12, 0.1, 0.0, 0.0, 0.0]
        samples, follower = run(HEXAPOD, np.array([goal] * 900))
        end = samples[-1]
        assert follower.on_target and follower.resting
        assert end[:3] / end[2] == pytest.approx(np.array(goal[:3]) / goal[2], rel=1e-12)
        assert 0.05 < end[0] < 0.12
        legs = HEXAPOD.legs(end)
        most = np.abs(legs - HEXAPOD.bounds.home).max()
        assert (
            0.08 < most <= 0.1
        )  # of a stroke of 100 mm: the rest is what is not known for certain of curvature

    def test_out_of_a_narrow_band_s_corner_they_find_their_way(self) -> None:
        samples, follower = run(WEDGE, np.array([[-1.0, -1.0]] * 300 + [[0.5, 0.5]] * 900))
        assert follower.on_target and follower.position == (0.5, 0.5)
        WEDGE.assert_within(samples, DT_S)

    @pytest.mark.parametrize("seat", [WEDGE, HEXAPOD])
    def test_axes_that_got_stuck_go_on_a_straight_line(self, seat: Seat) -> None:
        count = len(seat.limits)
        follower = JointFollower(law_of(seat), DT_S, [0.0] * count)
        high = np.array([axis.high for axis in seat.limits])
        start = follower.clip((high * np.resize([-1.0, -1.0, 1.0], count)).tolist())
        goal = follower.clip((high * np.resize([0.4, 0.5, -0.9], count)).tolist())
        follower.rest_at(start)
        follower.adopt(follower.remembered()[0], Course(STOPPING))
        rows = [np.array(start)]
        modes = set()
        for _ in range(math.ceil(follower.move_time_s() / DT_S)):
            rows.append(np.array(follower.follow(goal)))
            modes.add(follower.remembered()[1].mode)
            if follower.on_target:
                break
        assert LINE in modes and follower.position == goal
        seat.assert_within(np.array(rows), DT_S)

    def test_on_a_line_they_hear_what_is_wanted_now(self) -> None:
        follower = JointFollower(law_of(WEDGE), DT_S, [0.0, 0.0])
        start = follower.clip([-1.0, -1.0])
        follower.rest_at(start)
        follower.adopt(follower.remembered()[0], Course(STOPPING))
        rows = [np.array(start)]
        for ticks, goal, mode in (
            (60, [0.5, 0.5], LINE),
            (3, [0.6, 0.5], LINE),
            (400, [-1.0, -1.0], FREE),
            (600, [0.3, 0.28], FREE),
        ):
            for _ in range(ticks):
                rows.append(np.array(follower.follow(goal)))
            assert follower.remembered()[1].mode == mode
        assert follower.position == (0.3, 0.28)
        WEDGE.assert_within(np.array(rows), DT_S)

    @settings(max_examples=8)
    @given(seeds=st.lists(st.integers(0, 2**32), min_size=2, max_size=3))
    def test_a_constant_pose_is_reached_within_the_bound_and_kept(self, seeds: list[int]) -> None:
        follower = JointFollower(law_of(WEDGE), DT_S, [0.0, 0.0])
        for seed in seeds:
            goal = np.random.default_rng(seed).uniform(-2.0, 2.0, 2).tolist()
            bound = math.ceil(follower.move_time_s() / DT_S)
            end = follower.law.clip(goal)
            for _ in range(bound):
                if follower.follow(goal) == end and follower.resting:
                    break
            assert [follower.follow(goal) for _ in range(3)] == [end] * 3


class TestSameBits:
    @settings(max_examples=4)
    @given(many=st.lists(PIECES, min_size=2, max_size=8), which=st.sampled_from([HEXAPOD, WEDGE]))
    def test_many_at_once_give_the_samples_of_one_at_a_time(
        self, many: list[list[tuple[str, int, int]]], which: Seat
    ) -> None:
        each = [mess(which, pieces) for pieces in many] + [sway(which, 80, 0.2, 0.5, 1)] * 2
        ticks = 80
        targets = np.stack(
            [np.concatenate([one, np.repeat(one[-1:], ticks, axis=0)])[:ticks] for one in each], axis=1
        )
        law, start = law_of(which), [0.0] * len(which.limits)
        batch = JointFollowerBatch(law, DT_S, np.zeros((len(each), len(start))))
        singles = [JointFollower(law, DT_S, start) for _ in each]
        for tick, row in enumerate(targets):
            if tick == 50:
                batch.rest_at(1, start)
                singles[1].rest_at(start)
            found = batch.follow(row)
            assert found.tolist() == [
                list(one.follow(goal.tolist())) for one, goal in zip(singles, row, strict=True)
            ]
            assert batch.on_target.all(axis=1).tolist() == [one.on_target for one in singles]

    def test_out_of_a_corner_and_on_a_line_too(self) -> None:
        law = law_of(WEDGE)
        batch = JointFollowerBatch(law, DT_S, np.zeros((9, 2)))
        single = JointFollower(law, DT_S, [0.0, 0.0])
        for tick in range(700):
            goal = [-1.0, -1.0] if tick < 200 else [0.5, 0.5]
            alike = batch.follow(np.array([goal] * 8 + [[0.1, 0.0]]))[:8]
            assert (alike == np.array(single.follow(goal))).all()
        assert batch.on_target[:8].all() == single.on_target
        assert 300 < batch.braked <= 800  # eight in the same state are decided once


class TestWhatItRefuses:
    def test_legs_that_do_not_reach_the_neutral_pose(self) -> None:
        bounds = replace(WEDGE.bounds, low=np.array([0.2, -1.0]))
        with pytest.raises(
            ValueError, match=r"leg 1 is at 0 in the neutral pose.*its stroke is 0\.2\.\.0\.05"
        ):
            leg_law(WEDGE.limits, bounds, DT_S, axes=WEDGE.axes)

    def test_a_range_without_the_neutral_pose(self) -> None:
        limits = (replace(WEDGE.limits[0], low=0.1), WEDGE.limits[1])
        with pytest.raises(ValueError, match=r"range is 0\.1\.\.2; .* must hold the neutral pose"):
            leg_law(limits, WEDGE.bounds, DT_S, axes=WEDGE.axes)

    def test_legs_that_cannot_move(self) -> None:
        with pytest.raises(ValueError, match="no speed or no acceleration"):
            leg_law(WEDGE.limits, replace(WEDGE.bounds, velocity=np.zeros(2)), DT_S, axes=WEDGE.axes)

    def test_resting_out_of_reach(self) -> None:
        with pytest.raises(ValueError, match="out of a leg's stroke"):
            JointFollower(law_of(WEDGE), DT_S, [-1.0, 1.0])

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_what_is_not_a_number(self, bad: float) -> None:
        follower = JointFollower(law_of(WEDGE), DT_S, [0.0, 0.0])
        with pytest.raises(ValueError, match="must be a finite number"):
            follower.follow([0.1, bad])
        assert follower.position == (0.0, 0.0)

    def test_an_axis_is_no_faster_than_a_leg_lets_it_be_alone(self) -> None:
        law = law_of(WEDGE)
        assert [axis.velocity for axis in law.limits] == pytest.approx([1.0, 1.0], rel=1e-4)
        slow = leg_law(
            WEDGE.limits, replace(WEDGE.bounds, velocity=np.array([9.0, 1.0])), DT_S, axes=WEDGE.axes
        )
        assert [axis.velocity for axis in slow.limits] == pytest.approx([0.952381, 1.0], rel=1e-4)
        assert slow.speed_share == pytest.approx(0.952381, rel=1e-4)
