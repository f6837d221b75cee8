"""Bounds on the actuators over a box: never exceeded, and near to what is reached."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.motion.platforms import leg_bounds, make_platform
from tests.motion.platforms.platforms import everything, hexapod, posts

EVERY = everything()
SEAT = np.array([0.04, 0.04, 0.05, 8.0, 8.0, 6.0])


def searched(name: str, low: np.ndarray, high: np.ndarray, count: int, seed: int = 1) -> dict[str, float]:
    """Dense random search, a half of it on corners and faces: the largest shares of each bound that are reached."""
    platform = make_platform(EVERY[name])
    bounds = leg_bounds(platform, low, high)
    draw = np.random.default_rng(seed)
    poses = draw.uniform(low, high, (count, 6))
    at_end = draw.random((count // 2, 6))
    poses[: count // 2] = np.where(at_end < 0.45, low, np.where(at_end < 0.9, high, poses[: count // 2]))
    signs = np.sign(draw.normal(size=(2, count, 6)))
    velocities, accelerations = signs * draw.random((2, count, 6)) * [[[0.3, 0.3, 0.3, 25, 25, 25]]] * 10
    missed = np.abs(platform.legs(poses) - bounds.home - poses @ bounds.jacobian.T)
    speed, gain = platform.rates(poses, velocities, accelerations)
    most_speed = np.abs(velocities) @ bounds.gain.T
    most_gain = np.abs(accelerations) @ bounds.gain.T
    most_gain = most_gain + np.einsum("ljk,nj,nk->nl", bounds.curve, np.abs(velocities), np.abs(velocities))
    return {
        "error": float((missed / bounds.error).max()),
        "gain": float((np.abs(platform.jacobian(poses)) / np.maximum(bounds.gain, 1e-300)).max()),
        "speed": float((np.abs(speed) / most_speed).max()),
        "acceleration": float((np.abs(gain) / most_gain).max()),
    }


@pytest.mark.parametrize("name", EVERY)
def test_nothing_found_exceeds_them_and_little_is_given_away(name: str) -> None:
    shares = searched(name, -SEAT, SEAT, 1500)
    print(name, {key: round(value, 4) for key, value in shares.items()})
    assert max(shares.values()) <= 1.0 + 1e-12
    assert shares["gain"] > 0.9
    if "table" not in name and "yaw base" not in name:
        assert shares["error"] > 0.8


@pytest.mark.slow
@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(EVERY)), st.floats(0.05, 1.5))
def test_nor_in_boxes_of_any_size_and_place(seed: int, name: str, size: float) -> None:
    draw = np.random.default_rng(seed)
    ends = np.sort(draw.uniform(-1.0, 1.0, (2, 6)) * SEAT * size, axis=0)
    shares = searched(name, ends[0], ends[1], 300, seed)
    assert max(shares.values()) <= 1.0 + 1e-9


@pytest.mark.long
@pytest.mark.parametrize("name", ["hexapod RzRyRx", "hexapod RxRyRz", "heave_pitch_roll seat RzRyRx"])
def test_nor_in_a_search_of_a_million(name: str) -> None:
    for number in range(20):
        assert max(searched(name, -SEAT, SEAT, 50_000, number).values()) <= 1.0 + 1e-12


def test_axes_that_are_not_moved_count_for_nothing() -> None:
    bounds = leg_bounds(make_platform(posts("two_post")), -SEAT, SEAT)
    assert (bounds.gain[:, [0, 1, 2, 5]] == 0.0).all()
    assert (bounds.gain[:, [3, 4]] > 0.0).all()


def test_boxes_that_are_none_are_refused() -> None:
    platform = make_platform(hexapod())
    with pytest.raises(ValueError, match="finite"):
        leg_bounds(platform, -SEAT, np.where(SEAT > 6.0, np.inf, SEAT))
    with pytest.raises(ValueError, match="runs from"):
        leg_bounds(platform, SEAT, -SEAT)
    with pytest.raises(ValueError, match="narrower"):
        leg_bounds(make_platform(posts("four_post")), -SEAT * 12, SEAT * 12)
