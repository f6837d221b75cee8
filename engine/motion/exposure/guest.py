"""What an accelerometer and a gyroscope on the guest would show while a platform follows commanded poses.

An accelerometer shows specific force, and is zeroed upright: so tilting shows too, as it does on the ride and to the inner ear. Axes are
those of ISO 2631-1, fixed to the body: x forward, y left, z up.

Between commands the pose is taken along the cubic spline through them, whose acceleration runs straight from command to command: the
smoothest course there is through the samples (Holladay's theorem). A device may interpolate otherwise; what it adds is above half the
rate of the commands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.cueing.specific_force import felt
from engine.motion.cueing.values import GRAVITY_MPS2

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GuestMotion:
    """A course, sampled at `rate_hz`.

    Attributes
    ----------
    rate_hz : float
    acceleration : float64[3, n]
        x, y, z, m/s^2, without what an upright guest at rest has.
    turn : float64[3, n]
        deg/s about x, y, z.
    tilt_deg : float64[n]
        Of the body's z from the vertical.
    """

    rate_hz: float
    acceleration: Floats
    turn: Floats
    tilt_deg: Floats


def guest_motion(
    poses: Floats, tick_s: float, head_m: Sequence[float] = (0.0, 0.0, 0.0), least_hz: float = 2000.0
) -> GuestMotion:
    """Follow commanded poses.

    Parameters
    ----------
    poses : float64[n, 6]
        One a tick, in the order of `engine.units.MOTION_AXES`, m and deg. Before the first the seat stands still; after the last it goes
        on as fast as it was.
    tick_s : float
    head_m : 3 floats
        The point from the centre of rotation, X right, Y forward, Z up.
    least_hz : float
        The rate of the result is the least multiple of the commands' rate that is not below this.

    Returns
    -------
    GuestMotion
        From the first command up to and without the instant of the one that would follow the last: n times the multiple.
    """
    per_tick = max(1, math.ceil(least_hz * tick_s - 1e-9))
    position, velocity, acceleration = _along(poses, tick_s, per_tick)
    force, turn = felt(position, velocity, acceleration, head_m)
    made = np.stack((force[:, 1], -force[:, 0], force[:, 2] - GRAVITY_MPS2))
    upright = np.cos(np.radians(position[:, 3])) * np.cos(np.radians(position[:, 4]))
    tilt_deg = np.degrees(np.arccos(np.clip(upright, -1.0, 1.0)))
    return GuestMotion(per_tick / tick_s, made, np.stack((turn[:, 1], -turn[:, 0], turn[:, 2])), tilt_deg)


def _along(poses: Floats, tick_s: float, per_tick: int) -> tuple[Floats, Floats, Floats]:
    """Position, velocity and acceleration on the finer grid; the spline begins at rest and ends unbent."""
    from scipy.linalg import solve_banded

    n = len(poses)
    last = 2.0 * poses[-1:] - poses[-2:-1] if n > 1 else poses[-1:]
    padded = np.concatenate((poses, last))
    slope = np.diff(padded, axis=0) / tick_s
    # Second derivatives m at the commands: m[k-1] + 4 m[k] + m[k+1] = 6 (slope[k] - slope[k-1]) / tick; at rest before, unbent behind.
    right = np.zeros_like(padded)
    right[1:-1] = 6.0 * np.diff(slope, axis=0) / tick_s
    right[0] = 6.0 * slope[0] / tick_s
    bands = np.ones((3, n + 1))
    bands[1] = 4.0
    bands[1, 0], bands[1, -1] = 2.0, 1.0
    bands[2, -2] = 0.0
    bend = solve_banded((1, 1), bands, right)
    u = (np.arange(per_tick) / per_tick)[None, :, None]
    m0, m1 = bend[:-1, None, :], bend[1:, None, :]
    a = m0 + (m1 - m0) * u
    # From bend to slope and position: the cubic with these ends.
    h = tick_s
    v = slope[:, None, :] - h * (2.0 * m0 + m1) / 6.0 + h * (m0 * u + (m1 - m0) * u * u / 2.0)
    p = (
        padded[:-1, None, :] * (1.0 - u)
        + padded[1:, None, :] * u
        - h * h * u * (1.0 - u) * ((2.0 - u) * m0 + (1.0 + u) * m1) / 6.0
    )
    size = (n * per_tick, poses.shape[1])
    return p.reshape(size), v.reshape(size), a.reshape(size)
