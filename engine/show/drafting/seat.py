"""From a camera's motion to a seat's: the seat begins what the camera begins, and comes back while the camera goes on.

Each axis follows the camera's rate through a leak (first-order high-pass of its way): p' = gain x rate - p / `LEAK_S`. A pan to the
left turns the seat to the left and brings it back by and by, whatever way the camera has gone. Rates are smoothed over `SMOOTH_S` around
each instant, neither early nor late. Angles keep their size (up to the limit), lengths have none in a film: the largest is the limit.
"""

from __future__ import annotations

import numpy as np

from engine.show.drafting.values import CameraMotion, Floats

LEAK_S = 2.0
SMOOTH_S = 0.3
RATE_HZ = 50
LEAST_MOVE = 0.02
"""Camera speeds below this, in scene depths a second, are a tremor of the measurement and move no seat."""
LEAST_TURN_DPS = 0.3
"""The same for angles."""


def seat_course(camera: CameraMotion, *, travel_m: float, tilt_deg: float) -> tuple[Floats, Floats]:
    """What a seat does.

    Parameters
    ----------
    camera : CameraMotion
    travel_m, tilt_deg : float
        Largest excursion of surge, sway, heave, and of roll, pitch, yaw.

    Returns
    -------
    float64[N]
        Times in seconds, `RATE_HZ` a second from 0.
    float64[N, 6]
        Poses in the order of `engine.units.MOTION_AXES`; at rest at both ends.
    """
    end_s = float(camera.times_s[-1])
    times_s = np.arange(round(end_s * RATE_HZ) + 1) / RATE_HZ
    rates = np.stack([np.interp(times_s, camera.times_s, column) for column in camera.rates.T], axis=1)
    half = max(1, round(SMOOTH_S / 2 * RATE_HZ))
    window = 1.0 + np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
    window /= window.sum()
    padded = np.pad(rates, ((half, half), (0, 0)))
    smooth = np.stack([np.convolve(column, window, mode="valid") for column in padded.T], axis=1)
    least = np.array([LEAST_MOVE] * 3 + [LEAST_TURN_DPS] * 3)
    # What is below the least is taken off everything, so that nothing jumps in at it.
    smooth = np.sign(smooth) * np.clip(np.abs(smooth) - least, 0.0, None)
    poses = np.zeros_like(smooth)
    keep = np.exp(-1.0 / (LEAK_S * RATE_HZ))
    for at in range(1, len(poses)):
        poses[at] = keep * poses[at - 1] + (smooth[at - 1] + smooth[at]) / (2 * RATE_HZ)
    peak_move, peak_turn = float(np.abs(poses[:, :3]).max()), float(np.abs(poses[:, 3:]).max())
    poses[:, :3] *= travel_m / peak_move if peak_move > 0.0 else 0.0
    poses[:, 3:] *= min(1.0, tilt_deg / peak_turn) if peak_turn > 0.0 else 0.0
    return times_s, poses * _home(times_s)[:, None]


def _home(times_s: Floats) -> Floats:
    """1, and down to 0 over the last second (or third): a draft ends at rest, so that any scene can follow."""
    over_s = min(1.0, float(times_s[-1]) / 3.0)
    if over_s <= 0.0:
        return np.zeros_like(times_s)
    u = np.clip((times_s[-1] - times_s) / over_s, 0.0, 1.0)
    return u * u * (3.0 - 2.0 * u)
