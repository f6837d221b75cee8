"""What the follower promises: limits for every target, no lag when feasible, near-optimal otherwise."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.motion.trajectories import AxisLimits, Follower, canonical_stop

# A seat of the kind in the reference rig: 100 mm stroke, 250 mm/s.
HEAVE = AxisLimits(-0.05, 0.05, 0.25, 2.5, 30.0)


def assert_within(samples: list[float], start: float, limits: AxisLimits, dt_s: float) -> None:
    """Check every emitted sample; the only allowance is the rounding of doubles in the differences."""
    history = [start, start, start, *samples]
    ulp = math.ulp(max(abs(limits.low), abs(limits.high)))
    velocities = [(b - a) / dt_s for a, b in pairwise(history)]
    accelerations = [(b - a) / dt_s for a, b in pairwise(velocities)]
    jerks = [(b - a) / dt_s for a, b in pairwise(accelerations)]
    assert limits.low <= min(samples) and max(samples) <= limits.high
    slack = 1.0 + 2e-6
    assert max(map(abs, velocities)) <= limits.velocity * slack + 4 * ulp / dt_s
    assert max(map(abs, accelerations)) <= limits.acceleration * slack + 8 * ulp / dt_s**2
    assert max(map(abs, jerks)) <= limits.jerk * slack + 16 * ulp / dt_s**3


limits_strategy = st.builds(
    lambda centre, half, v, a, j: AxisLimits(centre - half, centre + half, v, a, j),
    st.floats(-1.0, 1.0),
    st.floats(0.01, 3.0),
    st.floats(0.05, 3.0),
    st.floats(0.1, 20.0),
    st.floats(0.5, 300.0),
)
target_strategy = st.one_of(
    st.floats(-4.0, 4.0), st.floats(-1e300, 1e300), st.sampled_from([0.0, 1e18, -1e18, 5e-324, 0.05, -0.05])
)


class TestLimitsHoldForEveryTarget:
    @given(
        limits=limits_strategy,
        rate_hz=st.sampled_from([40, 100, 200, 500, 1000]),
        runs=st.lists(st.tuples(target_strategy, st.integers(1, 60)), min_size=1, max_size=14),
    )
    def test_steps_of_any_size_and_length(
        self, limits: AxisLimits, rate_hz: int, runs: list[tuple[float, int]]
    ) -> None:
        dt_s = 1.0 / rate_hz
        start = 0.5 * (limits.low + limits.high)
        follower = Follower(limits, dt_s, start)
        samples = [follower.follow(target) for target, count in runs for _ in range(count)]
        assert_within(samples, start, limits, dt_s)

    @given(st.lists(target_strategy, min_size=50, max_size=200))
    def test_a_new_target_every_tick(self, targets: list[float]) -> None:
        follower = Follower(HEAVE, 0.005, 0.0)
        assert_within([follower.follow(t) for t in targets], 0.0, HEAVE, 0.005)

    @given(
        frequency_hz=st.floats(0.05, 12.0),
        amplitude=st.floats(0.0, 0.2),
        kicks=st.lists(st.tuples(st.integers(0, 390), st.floats(-0.3, 0.3)), max_size=6),
    )
    def test_waves_with_kicks(
        self, frequency_hz: float, amplitude: float, kicks: list[tuple[int, float]]
    ) -> None:
        follower = Follower(HEAVE, 0.005, 0.0)
        at = dict(kicks)
        samples = [
            follower.follow(amplitude * math.sin(2 * math.pi * frequency_hz * n * 0.005) + at.get(n, 0.0))
            for n in range(400)
        ]
        assert_within(samples, 0.0, HEAVE, 0.005)

    @given(
        changes=st.lists(
            st.tuples(st.integers(1, 80), st.floats(0.2, 1.0), st.floats(0.2, 1.0)), min_size=1, max_size=6
        ),
        target=st.floats(-0.1, 0.1),
    )
    def test_limits_that_change_while_it_moves(
        self, changes: list[tuple[int, float, float]], target: float
    ) -> None:
        follower = Follower(HEAVE, 0.005, 0.0)
        samples = []
        for count, shrink_range, shrink_rest in changes:
            follower.change_limits(
                AxisLimits(
                    HEAVE.low * shrink_range,
                    HEAVE.high * shrink_range,
                    HEAVE.velocity * shrink_rest,
                    HEAVE.acceleration * shrink_rest,
                    HEAVE.jerk * shrink_rest,
                )
            )
            samples += [follower.follow(target) for _ in range(count)]
            target = -target
        assert_within(samples, 0.0, HEAVE, 0.005)
        for _ in range(600):
            follower.follow(target)
        assert follower.pending_limits is None
        assert follower.limits.low <= follower.position <= follower.limits.high

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_what_is_not_a_number_is_refused_and_changes_nothing(self, bad: float) -> None:
        follower, twin = Follower(HEAVE, 0.005, 0.0), Follower(HEAVE, 0.005, 0.0)
        for _ in range(10):
            follower.follow(0.03)
            twin.follow(0.03)
        with pytest.raises(ValueError, match="must be a finite number"):
            follower.follow(bad)
        assert [follower.follow(0.03) for _ in range(20)] == [twin.follow(0.03) for _ in range(20)]


class TestArrival:
    @given(limits=limits_strategy, places=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4))
    def test_a_constant_target_is_reached_and_kept(self, limits: AxisLimits, places: list[float]) -> None:
        dt_s = 0.01
        follower = Follower(limits, dt_s, limits.low)
        for place in places:
            target = limits.clamp(limits.low + place * (limits.high - limits.low))
            bound = math.ceil(follower.move_time_s(limits.high - limits.low) / dt_s)
            for _ in range(bound):
                follower.follow(target)
            assert [follower.follow(target) for _ in range(5)] == [target] * 5
            assert follower.resting

    @pytest.mark.parametrize("dt_s", [0.001, 0.005, 0.01])
    def test_one_metre_at_unit_limits_takes_the_time_of_the_textbook(self, dt_s: float) -> None:
        # Rest to rest with v = a = j = 1: 4 (1/2)^(1/3) s.
        follower = Follower(AxisLimits(-2.0, 2.0, 1.0, 1.0, 1.0), dt_s, 0.0)
        ticks = 0
        while not follower.on_target:
            follower.follow(1.0)
            ticks += 1
        assert ticks * dt_s == pytest.approx(3.174802103936399, abs=4 * dt_s)

    def test_a_range_end_is_reached_exactly(self) -> None:
        follower = Follower(HEAVE, 0.005, 0.0)
        assert [follower.follow(1.0) for _ in range(200)][-1] == HEAVE.high

    @given(amplitude=st.floats(0.001, 0.03), frequency_hz=st.floats(0.05, 0.7), start=st.floats(-0.05, 0.05))
    def test_it_catches_up_with_a_moving_target(
        self, amplitude: float, frequency_hz: float, start: float
    ) -> None:
        follower = Follower(HEAVE, 0.005, start)
        for n in range(400):
            wanted = amplitude * math.sin(2 * math.pi * frequency_hz * n * 0.005)
            got = follower.follow(wanted)
        assert got == wanted


class TestExactness:
    @given(
        waves=st.lists(st.tuples(st.floats(0.0005, 0.01), st.floats(0.05, 0.9)), min_size=1, max_size=3),
        rate_hz=st.sampled_from([100, 200, 1000]),
    )
    def test_a_feasible_target_has_no_lag(self, waves: list[tuple[float, float]], rate_hz: int) -> None:
        def wanted(n: int) -> float:
            # A soft start: the wave itself would begin with a velocity out of nothing.
            t_s = n / rate_hz
            soft = min(t_s / 2.0, 1.0)
            soft = soft**3 * (10 - 15 * soft + 6 * soft * soft)
            return soft * sum(a * math.sin(2 * math.pi * f * t_s) for a, f in waves)

        follower = Follower(HEAVE, 1.0 / rate_hz, 0.0)
        for n in range(3 * rate_hz):
            assert follower.follow(wanted(n)) == wanted(n)

    def test_rest_is_exact_rest(self) -> None:
        follower = Follower(HEAVE, 0.005, 0.012)
        assert {follower.follow(0.012) for _ in range(100)} == {0.012}


class TestCanonicalStop:
    @given(
        u=st.floats(-1.0, 1.0),
        w=st.floats(-80.0, 80.0),
        brake=st.floats(0.3, 20.0),
        jerk=st.floats(1e-9, 1.0),
    )
    @example(u=-0.6715300, w=6.7232932, brake=0.8584452, jerk=1.0)
    def test_its_first_step_leads_to_its_own_rest(
        self, u: float, w: float, brake: float, jerk: float
    ) -> None:
        v, a = w * jerk, u * brake * jerk
        stop = canonical_stop(v, a, brake * jerk, brake * jerk, jerk)
        position = lowest = highest = 0.0
        steps = 0
        while max(abs(v), abs(a)) > 1e-9 * jerk:
            jerk_now = canonical_stop(v, a, brake * jerk, brake * jerk, jerk).first_jerk
            assert abs(jerk_now) <= jerk * (1 + 1e-9)
            a += jerk_now
            v += a
            position += v
            lowest, highest = min(lowest, position), max(highest, position)
            steps += 1
            assert steps <= stop.ticks + 2
        scale = jerk * (1.0 + abs(position) / jerk)
        assert position == pytest.approx(stop.end, abs=1e-7 * scale)
        assert lowest >= min(0.0, stop.end, stop.dip) - 1e-7 * scale
        assert highest <= max(0.0, stop.end, stop.dip) + 1e-7 * scale


class TestWhatItRefuses:
    def test_an_empty_range(self) -> None:
        with pytest.raises(ValueError, match=r"axis range is 0\.1\.\.0\.1"):
            AxisLimits(0.1, 0.1, 1.0, 1.0, 1.0)

    def test_a_limit_of_zero(self) -> None:
        with pytest.raises(ValueError, match="jerk is 0"):
            AxisLimits(0.0, 0.1, 1.0, 1.0, 0.0)

    def test_a_start_out_of_range(self) -> None:
        with pytest.raises(ValueError, match="outside its range"):
            Follower(HEAVE, 0.005, 0.06)
