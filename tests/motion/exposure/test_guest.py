"""Accelerations at the guest: signs by words, figures by the derivatives of known motion."""

import numpy as np
import pytest

from engine.motion.exposure.guest import guest_motion

TICK_S = 0.01
T = np.arange(600) * TICK_S
GRAVITY = 9.80665


def course(axis: int, amplitude: float, hz: float = 1.3) -> np.ndarray:
    poses = np.zeros((len(T), 6))
    poses[:, axis] = amplitude * np.sin(np.pi * T / T[-1]) ** 4 * np.sin(2 * np.pi * hz * T)
    return poses


def curve(t: np.ndarray) -> np.ndarray:
    return np.sin(np.pi * t / T[-1]) ** 4 * np.sin(2 * np.pi * 1.3 * t)


@pytest.mark.parametrize(("axis", "to", "sign"), [(0, 0, 1.0), (1, 1, -1.0), (2, 2, 1.0)])
def test_a_shift_is_its_second_derivative(axis: int, to: int, sign: float) -> None:
    """Surge is forward, which is x; sway is right, which is against y; heave is up."""
    found = guest_motion(course(axis, 0.02), TICK_S)
    t = np.arange(found.acceleration.shape[1]) / found.rate_hz
    eps = 1e-4
    wanted = sign * 0.02 * (curve(t + eps) - 2.0 * curve(t) + curve(t - eps)) / eps**2
    inner = slice(200, -400)
    np.testing.assert_allclose(found.acceleration[to][inner], wanted[inner], atol=2e-3)
    others = [axis for axis in range(3) if axis != to]
    assert np.abs(found.acceleration[others]).max() < 1e-9


def test_leaning_back_pushes_forward_and_leaning_right_pulls_down_to_the_right() -> None:
    """An accelerometer with its nose up reads forward, as it does when speeding up; with its right side down it reads left."""
    poses = np.zeros((400, 6))
    poses[200:, 4] = 5.0
    up = guest_motion(poses, TICK_S)
    assert up.acceleration[0, -2000] == pytest.approx(GRAVITY * np.sin(np.radians(5.0)), rel=1e-3)
    assert up.tilt_deg[-2000] == pytest.approx(5.0, rel=1e-6)
    poses = np.zeros((400, 6))
    poses[200:, 3] = 5.0
    right = guest_motion(poses, TICK_S)
    assert right.acceleration[1, -2000] == pytest.approx(GRAVITY * np.sin(np.radians(5.0)), rel=1e-3)


def test_a_head_above_the_pivot_is_thrown_about() -> None:
    """One metre above, a pitch of a deg moves the head back by a sin a."""
    found = guest_motion(course(4, 3.0), TICK_S, (0.0, 0.0, 1.0))
    still = guest_motion(course(4, 3.0), TICK_S)
    t = np.arange(found.acceleration.shape[1]) / found.rate_hz
    eps = 1e-4
    turning = np.radians(3.0) * (curve(t + eps) - 2.0 * curve(t) + curve(t - eps)) / eps**2
    difference = (found.acceleration - still.acceleration)[0][200:-400]
    np.testing.assert_allclose(difference, -turning[200:-400], atol=5e-3)
    rate = 3.0 * (curve(t + eps) - curve(t - eps)) / (2.0 * eps)
    np.testing.assert_allclose(found.turn[1][200:-400], -rate[200:-400], atol=2e-2)


def test_rest_is_nothing_and_the_rate_is_a_multiple() -> None:
    found = guest_motion(np.zeros((50, 6)), 0.004)
    assert found.rate_hz == 2000.0 and found.acceleration.shape == (3, 400)
    assert not found.acceleration.any() and not found.turn.any() and not found.tilt_deg.any()
