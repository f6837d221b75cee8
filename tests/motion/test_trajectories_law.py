"""The law on many axes at once: the scalar law's numbers, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from engine.motion.trajectories import AxisLimits, Follower, canonical_stop
from engine.motion.trajectories_batch import law_limits
from engine.motion.trajectories_law import canonical_stops, follow

DT_S = 0.005
LIMITS = (
    AxisLimits(-0.05, 0.05, 0.25, 2.5, 30.0),
    AxisLimits(-10.0, 10.0, 25.0, 150.0, 2000.0),
    AxisLimits(0.0, 0.004, 0.05, 1.0, 5.0),
)


@pytest.mark.parametrize("axis", LIMITS)
def test_stops_are_those_of_the_scalar_law(axis: AxisLimits) -> None:
    random = np.random.default_rng(7)
    jl = axis.jerk * DT_S**3
    v = random.uniform(-1.5, 1.5, 500) * axis.velocity * DT_S
    a = random.uniform(-1.2, 1.2, 500) * axis.acceleration * DT_S**2
    v[:20], a[10:30] = 0.0, 0.0
    up, down = random.uniform(0.1, 1.9, (2, 500)) * axis.acceleration * DT_S**2
    many = canonical_stops(v, a, up, down, np.full(500, jl))
    for row in range(500):
        one = canonical_stop(float(v[row]), float(a[row]), float(up[row]), float(down[row]), jl)
        assert (one.end, one.dip, one.first_jerk) == (many.end[row], many.dip[row], many.first_jerk[row])


@pytest.mark.parametrize("axis", LIMITS)
def test_samples_are_those_of_the_scalar_law(axis: AxisLimits) -> None:
    """Targets that jump, run, stand and leave the range, on 100 axes: from states of every kind to states of every kind."""
    random = np.random.default_rng(11)
    count, ticks = 100, 60
    followers = [Follower(axis, DT_S, axis.clamp(0.0)) for _ in range(count)]
    limits = law_limits(followers[0], count)
    middle, half = 0.5 * (axis.low + axis.high), 0.6 * (axis.high - axis.low)
    goal = np.full(count, axis.clamp(0.0))
    speed = np.zeros(count)
    state = tuple(np.array([f.state()[part] for f in followers], dtype=np.float64) for part in range(7))
    for _ in range(ticks):
        jump = random.random(count) < 0.04
        goal = np.where(jump, middle + half * random.uniform(-1.0, 1.0, count), goal + speed)
        turn = random.random(count) < 0.06
        speed = np.where(turn, random.uniform(-0.7, 0.7, count) * axis.velocity * DT_S, speed)
        speed = np.where(random.random(count) < 0.06, 0.0, speed)
        state, on_target = follow(limits, state, goal)  # type: ignore[arg-type]
        for row, follower in enumerate(followers):
            follower.follow(float(goal[row]))
            assert tuple(float(part[row]) for part in state) == follower.state()
            assert bool(on_target[row]) is follower.on_target
