"""Blends: synchronised moves that keep every limit at every sample, the same each time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.motion.blend_play import BlendPlay
from engine.motion.blends import Blends, Planner
from engine.motion.joint_batch import JointFollowerBatch
from engine.motion.joint_law import leg_law
from engine.motion.trajectories import AxisLimits
from engine.motion.trajectories_batch import FollowerBatch
from tests.motion.leg_parts import Seat, hexapod

DT_S = 0.005
HEXAPOD = hexapod()
#: Rest to rest over 1 m with velocity, acceleration and jerk of 1: four ramps of (1/2)^(1/3) s.
ORACLE_S = 3.174802103936399


def axes(dt_s: float = DT_S, count: int = 1) -> FollowerBatch:
    return FollowerBatch(HEXAPOD.limits, dt_s, np.zeros((count, 6)))


def legs(count: int = 1) -> JointFollowerBatch:
    law = leg_law(HEXAPOD.limits, HEXAPOD.bounds, DT_S, axes=HEXAPOD.axes)
    return JointFollowerBatch(law, DT_S, np.zeros((count, 6)))


def all_samples(made: Blends, more: int = 3) -> np.ndarray:
    """Of the first plan, from the state on."""
    return made.samples(np.arange(int(made.landed[0]) + 1 + more)[None])[0]


class TestOracle:
    def test_a_metre_from_rest_to_rest_takes_what_analysis_says(self) -> None:
        dt_s = 0.001
        one = FollowerBatch([AxisLimits(-2.0, 2.0, 1.0, 1.0, 1.0)], dt_s, np.zeros((1, 1)))
        zero = np.zeros((1, 1))
        made, found = Planner(one, dt_s).to_rest(zero, zero, zero, zero + 1.0)
        assert found.all()
        # The planner keeps 2e-6 below the limits, and a duration goes with the cube root of them.
        last_s = float(made.begins[0, 0, -1])
        first_s = float(made.begins[0, 0, 3])
        assert 4.0 * first_s == pytest.approx(ORACLE_S, rel=2e-6)
        assert last_s + first_s == pytest.approx(ORACLE_S, rel=2e-6)
        assert made.landed[0] == math.ceil(ORACLE_S / dt_s)
        assert all_samples(made)[-1] == 1.0

    def test_all_axes_land_together(self) -> None:
        goal = np.array([[0.05, -0.02, 0.01, 3.0, -1.0, 0.5]])
        zero = np.zeros((1, 6))
        made, _ = Planner(axes(), DT_S).to_rest(zero, zero, zero, goal)
        samples = all_samples(made)
        moving = np.abs(np.diff(samples, axis=0)) > 1e-9
        ends = [int(np.nonzero(column)[0].max()) for column in moving.T]
        assert max(ends) - min(ends) <= 3
        assert np.array_equal(samples[-1], goal[0])


def ridden(followers: FollowerBatch, seed: int, seat: Seat = HEXAPOD) -> np.ndarray:
    """Lead a seat about wildly for some time; every sample."""
    random = np.random.default_rng(seed)
    high = np.array([axis.high for axis in seat.limits])
    rate = 2.0 * math.pi * random.uniform(0.2, 2.0, 6)
    phase = random.uniform(0.0, 6.0, 6)
    rows = []
    for tick in range(int(random.integers(5, 120))):
        wanted = 1.3 * high * np.sin(rate * tick * DT_S + phase)
        rows.append(followers.follow(np.repeat(wanted[None], len(followers.position), axis=0))[0].copy())
    return np.array(rows)


@pytest.mark.parametrize("kind", ["axes", "legs"])
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32), goal=st.lists(st.floats(-1.5, 1.5), min_size=6, max_size=6))
def test_no_sample_of_a_plan_breaks_a_limit_nor_does_any_that_a_follower_makes_of_it(
    kind: str, seed: int, goal: list[float]
) -> None:
    followers = axes() if kind == "axes" else legs()
    before = ridden(followers, seed)
    p, v, a = followers.motion(np.array([0]))
    high = np.array([axis.high for axis in HEXAPOD.limits])
    planner = Planner(followers, DT_S)
    made, found = planner.to_rest(p, v, a, (np.array(goal) * high)[None])
    stop, stopped = planner.to_stop(p, v, a)
    for plan, there in ((made, found), (stop, stopped)):
        if there.all():
            assert len(plan) == 1
            course = np.concatenate([np.zeros((3, 6)), before, all_samples(plan)[1:]])
            if kind == "legs":
                HEXAPOD.assert_within(course, DT_S)
            else:
                assert_axes_within(course)
    if found.all():
        assert np.array_equal(made.end, followers.drawn_in((np.array(goal) * high)[None]))
        followers.believe(np.array([0]))
        for sample in all_samples(made)[1:]:
            assert followers.follow(sample[None])[0] == pytest.approx(sample, rel=0.0, abs=1e-11)
        assert followers.resting().all()


def assert_axes_within(samples: np.ndarray) -> None:
    low = np.array([axis.low for axis in HEXAPOD.limits])
    high = np.array([axis.high for axis in HEXAPOD.limits])
    assert (samples >= low).all() and (samples <= high).all()
    for order, name in ((1, "velocity"), (2, "acceleration"), (3, "jerk")):
        most = np.array([getattr(axis, name) for axis in HEXAPOD.limits]) * DT_S**order
        noise = 2.0 ** (order + 2) * np.spacing(high)
        assert (np.abs(np.diff(samples, order, axis=0)) <= most * (1.0 + 2e-6) + noise).all()


def test_most_states_have_a_plan() -> None:
    found = []
    for seed in range(8):
        followers = axes()
        ridden(followers, seed)
        planner = Planner(followers, DT_S)
        found.append(planner.to_rest(*followers.motion(np.array([0])), np.zeros((1, 6)))[1].all())
    assert sum(found) >= 6


def test_the_same_state_has_the_same_plan_whatever_was_planned_before_and_whoever_with() -> None:
    followers = legs(3)
    ridden(followers, 11)
    p, v, a = followers.motion(np.arange(3))
    p[1], v[1], a[1] = 0.01, 0.0, 0.0
    goal = np.zeros((3, 6))
    fresh = Planner(legs(), DT_S)
    used = Planner(legs(), DT_S)
    used.to_stop(p, v, a)
    together, found = used.to_rest(p, v, a, goal)
    assert found.all()
    for row in (2, 1, 0):
        alone, _ = fresh.to_rest(p[row][None], v[row][None], a[row][None], goal[:1])
        ticks = np.arange(int(alone.landed[0]) + 2)[None]
        assert alone.landed[0] == together.landed[row]
        assert alone.samples(ticks).tobytes() == together.take(np.array([row])).samples(ticks).tobytes()


class TestMeeting:
    def test_a_target_that_moves_is_landed_on_with_its_motion(self) -> None:
        def wanted(tick: int) -> np.ndarray:
            t_s = tick * DT_S
            return np.array([0.03, 0.02, 0.01, 2.0, 1.0, 1.0]) * np.sin(2.0 * t_s + np.arange(6))

        def at(tick: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            before, now, after = wanted(tick - 1), wanted(tick), wanted(tick + 1)
            return now, now - before, after - 2.0 * now + before

        followers = legs()
        zero = np.zeros(6)
        made = Planner(followers, DT_S).to_meet(zero, zero, zero, at)
        assert made is not None
        followers.believe(np.array([0]))
        landed = int(made.landed[0])
        course = [followers.follow(sample[None])[0].copy() for sample in all_samples(made, 0)[1:]]
        assert np.array_equal(course[-1], wanted(landed))
        for tick in range(landed + 1, landed + 60):
            course.append(followers.follow(wanted(tick)[None])[0].copy())
            assert np.array_equal(course[-1], wanted(tick))
        HEXAPOD.assert_within(np.array([zero, *course]), DT_S)

    def test_what_is_out_of_reach_when_landed_on_has_no_plan(self) -> None:
        zero = np.zeros(6)
        far = (zero + 1.0, zero, zero)
        assert Planner(legs(), DT_S).to_meet(zero, zero, zero, lambda _tick: far) is None


class TestPlay:
    def test_a_seat_is_led_home_and_one_that_plays_is_left_alone(self) -> None:
        followers = legs(2)
        ridden(followers, 3)
        play = BlendPlay(lambda: Planner(followers, DT_S), 2, 6, DT_S)
        rest = np.array([True, False])
        home = np.zeros((2, 6))
        home[1] = followers.position[1]
        assert not play.leading
        for _ in range(400):
            told = play.lead(followers, home, rest)
            assert np.array_equal(told[1], home[1])
            play.emitted(followers.follow(told))
        assert not play.leading and not followers.position[0].any() and followers.resting()[0].all()

    def test_another_goal_another_plan_and_none_once_it_plays_again(self) -> None:
        followers = axes()
        ridden(followers, 3)
        play = BlendPlay(lambda: Planner(followers, DT_S), 1, 6, DT_S)
        for goal in (0.0, 0.01):
            before = followers.position.copy()
            for _ in range(10):
                play.emitted(followers.follow(play.lead(followers, np.full((1, 6), goal), rest=True)))
            assert play.leading and not np.array_equal(before, followers.position)
        wanted = np.full((1, 6), 0.02)
        assert play.lead(followers, wanted, rest=False) is wanted
        assert not play.leading

    def test_a_sample_that_is_not_emitted_ends_the_plan(self) -> None:
        followers = axes()
        ridden(followers, 3)
        play = BlendPlay(lambda: Planner(followers, DT_S), 1, 6, DT_S)
        told = play.lead(followers, np.zeros((1, 6)), rest=True)
        assert play.leading
        play.emitted(told + 1e-9)
        assert not play.leading
