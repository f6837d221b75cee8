"""Attitudes: heading, then pitch, then roll (``R = Rz(yaw) Rx(pitch) Ry(roll)``), as everywhere in the engine."""

from __future__ import annotations

import numpy as np

from engine.experience.telemetry.values import GRAVITY_MPS2, Floats


def matrices_of(angles_deg: Floats) -> Floats:
    """Rotations from the guest's frame to the room's.

    Parameters
    ----------
    angles_deg : float64[N, 3]
        About X (pitch), Y (roll), Z (yaw).

    Returns
    -------
    float64[N, 3, 3]
    """
    pitch, roll, yaw = np.radians(angles_deg).T
    cx, sx, cy, sy, cz, sz = (
        np.cos(pitch),
        np.sin(pitch),
        np.cos(roll),
        np.sin(roll),
        np.cos(yaw),
        np.sin(yaw),
    )
    made = np.empty((len(pitch), 3, 3))
    made[:, 0] = np.stack((cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy), axis=1)
    made[:, 1] = np.stack((sz * cy + cz * sx * sy, cz * cx, sz * sy - cz * sx * cy), axis=1)
    made[:, 2] = np.stack((-cx * sy, sx, cx * cy), axis=1)
    return made


def angles_of(quaternions: Floats, axes: Floats) -> tuple[Floats, int]:
    """Angles of quaternions that are written in another frame.

    Parameters
    ----------
    quaternions : float64[N, 4]
        w, x, y, z of length 1; they turn the body's components into the world's.
    axes : float64[3, 3]
        From that frame's axes to the engine's; left-handed ones too.

    Returns
    -------
    float64[N, 3]
        About X, Y, Z in degrees, without jumps.
    int
        How many stand on end (pitch within half a degree of 90), where roll and yaw are one.
    """
    w, x, y, z = quaternions.T
    theirs = np.empty((len(w), 3, 3))
    theirs[:, 0] = np.stack((1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)), axis=1)
    theirs[:, 1] = np.stack((2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)), axis=1)
    theirs[:, 2] = np.stack((2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)), axis=1)
    ours = axes @ theirs @ axes.T
    pitch = np.arcsin(np.clip(ours[:, 2, 1], -1.0, 1.0))
    roll = np.arctan2(-ours[:, 2, 0], ours[:, 2, 2])
    yaw = np.arctan2(-ours[:, 0, 1], ours[:, 1, 1])
    steep = int((np.abs(np.degrees(pitch)) > 89.5).sum())
    return np.degrees(np.unwrap(np.stack((pitch, roll, yaw), axis=1), axis=0)), steep


def gravity_in(rotations: Floats) -> Floats:
    """What standing still feels like in each attitude: g upward, seen from the guest, m/s^2; float64[N, 3]."""
    return GRAVITY_MPS2 * rotations[:, 2, :]
