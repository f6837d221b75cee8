"""Many axes at once give the samples of one at a time, to the last bit, whatever the targets do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.motion.trajectories import AxisLimits, Follower, canonical_stop
from engine.motion.trajectories_batch import FollowerBatch

DT_S = 0.005
LIMITS = (
    AxisLimits(-0.05, 0.05, 0.25, 2.5, 30.0),
    AxisLimits(-10.0, 10.0, 25.0, 150.0, 2000.0),
    AxisLimits(0.0, 0.02, 0.05, 1.0, 5.0),
)


def both(targets: np.ndarray, rests: dict[int, int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Samples of a batch and of single followers for ``targets[tick, device, axis]``; `rests`: device rests at a tick."""
    start = np.array([[axis.clamp(0.0) for axis in LIMITS]] * targets.shape[1])
    batch = FollowerBatch(LIMITS, DT_S, start)
    singles = [[Follower(axis, DT_S, axis.clamp(0.0)) for axis in LIMITS] for _ in range(targets.shape[1])]
    many, one = [], []
    for tick, wanted in enumerate(targets):
        if rests and tick in rests:
            row = rests[tick]
            batch.rest_at(row, start[row])
            for axis, position in zip(singles[row], start[row], strict=True):
                axis.rest_at(float(position))
        many.append(batch.follow(wanted).copy())
        one.append(
            [
                [axis.follow(float(to)) for axis, to in zip(row, goals, strict=True)]
                for row, goals in zip(singles, wanted, strict=True)
            ]
        )
        on_target = [[axis.on_target for axis in row] for row in singles]
        assert (batch.on_target == on_target).all()
    return np.array(many), np.array(one)


def waves(ticks: int, devices: int) -> np.ndarray:
    """Gentle targets, each device's own."""
    t_s = np.arange(ticks)[:, None, None] * DT_S
    phase = np.arange(devices)[None, :, None] * 0.7
    size = np.array([0.02, 4.0, 0.004])
    middle = np.array([0.0, 0.0, 0.01])
    return middle + size * np.sin(2.0 * math.pi * 0.4 * t_s + phase)


def test_blends_arrivals_and_seams_are_those_of_single_followers() -> None:
    targets = waves(400, 5)
    targets[150:, :, 0] += 0.02  # a seam
    targets[200:300, 2] = 0.0  # a stop of one, and its release
    targets[320:, 3, 1] = 40.0  # beyond the range
    many, one = both(targets, {260: 4})
    assert np.array_equal(many, one)


def test_seats_in_the_same_state_are_decided_once() -> None:
    targets = np.repeat(waves(120, 1), 200, axis=1)
    batch = FollowerBatch(LIMITS, DT_S, np.array([[0.0, 0.0, 0.0]] * 200))
    for wanted in targets:
        batch.follow(wanted)
    assert batch.blended <= 120 * len(LIMITS)
    assert (batch.position == batch.position[0]).all()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_targets_give_the_samples_of_single_followers_inside_the_limits(data: st.DataObject) -> None:
    size = np.array([0.06, 12.0, 0.03])
    steps = data.draw(
        st.lists(
            st.tuples(
                st.integers(1, 25), st.sampled_from(["jump", "wave", "ramp", "rest"]), st.integers(0, 2**32)
            ),
            min_size=1,
            max_size=4,
        )
    )
    rows: list[np.ndarray] = []
    for ticks, kind, seed in steps:
        random = np.random.default_rng(seed)
        goal = (random.uniform(-1.0, 1.0, (2, 3))) * size
        t_s = np.arange(ticks)[:, None, None] * DT_S
        if kind == "jump":
            rows.extend(np.repeat(goal[None], ticks, axis=0))
        elif kind == "wave":
            rows.extend(goal * 0.3 * np.sin(6.0 * t_s) + 0.2 * goal)
        elif kind == "ramp":
            rows.extend(goal * t_s)
        else:
            rows.extend(np.zeros((ticks, 2, 3)))
    many, one = both(np.array(rows))
    assert np.array_equal(many, one)
    full = np.concatenate([np.array([[[axis.clamp(0.0) for axis in LIMITS]] * 2] * 4), many])
    for order, name in ((1, "velocity"), (2, "acceleration"), (3, "jerk")):
        most = np.abs(np.diff(full, order, axis=0)).max(axis=(0, 1)) / DT_S**order
        allowed = np.array([getattr(axis, name) for axis in LIMITS])
        # Differences of doubles of this size carry a rounding of their own.
        noise = 8.0 * np.spacing(np.abs(full).max(axis=(0, 1))) / DT_S**order
        assert (most <= allowed * (1.0 + 1e-8) + noise).all(), (name, most, allowed)


@settings(max_examples=300, deadline=None)
@given(
    v=st.floats(-1.0, 1.0),
    a=st.floats(-1.0, 1.0),
    axis=st.sampled_from(LIMITS),
)
def test_the_bound_on_a_stop_holds(v: float, a: float, axis: AxisLimits) -> None:
    vl, al, jl = axis.velocity * DT_S, axis.acceleration * DT_S**2, axis.jerk * DT_S**3
    v, a = v * vl, a * al
    stop = canonical_stop(v, a, al, al, jl)
    peak = abs(v) + a * a / (2.0 * jl)
    bound = peak * (peak / (2.0 * al) + al / (2.0 * jl) + abs(a) / jl + 3.0)
    assert max(abs(stop.end), abs(stop.dip)) <= bound * (1.0 + 1e-12)
    assert abs(stop.peak_velocity) <= peak * (1.0 + 1e-12)


def test_one_device_without_axes_is_no_special_case() -> None:
    batch = FollowerBatch((), DT_S, np.empty((3, 0)))
    assert batch.follow(np.empty((3, 0))).shape == (3, 0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_targets_that_are_no_numbers_are_refused_by_the_law(bad: float) -> None:
    batch = FollowerBatch(LIMITS, DT_S, np.zeros((2, 3)))
    if math.isnan(bad):
        with pytest.raises(ValueError, match="must be a finite number"):
            batch.follow(np.full((2, 3), bad))
    else:
        assert np.isfinite(batch.follow(np.full((2, 3), bad))).all()
