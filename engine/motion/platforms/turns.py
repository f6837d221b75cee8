"""How three angles turn a plate, in either order, with the axes about which each of them turns.

A turn is made of three, and the order matters: at 10 deg each the two orders differ by 1.8 deg. The names are those of the
literature, where x points forward, y across and z up: ``RzRyRx`` turns by yaw, then by pitch about the turned axis, then by roll.
In the engine's axes (X right, Y forward, Z up) that is ``Rz(yaw) Rx(pitch) Ry(roll)``, as `engine.units` and the picture have it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Columns of a pose, with the direction in which each of the first three moves: surge is +Y, sway +X, heave +Z.
ROLL, PITCH, YAW = 3, 4, 5
SHIFTS = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
SHIFTS.setflags(write=False)
RAD_PER_DEG = np.pi / 180.0


class Turn(NamedTuple):
    """Turns of n poses.

    Attributes
    ----------
    rows : tuple of tuple of float64[n]
        The matrix, `rows[i][j]`.
    order : tuple of int
        Columns of a pose (`ROLL`, `PITCH`, `YAW`), outermost turn first.
    about : tuple of tuple of float64[n]
        For each of `order` the direction of its axis, x, y, z, in the base's frame.
    """

    rows: tuple[tuple[Floats, ...], ...]
    order: tuple[int, int, int]
    about: tuple[tuple[Floats, ...], ...]


def turn_of(poses: Floats, convention: str) -> Turn:
    """The turn of each pose.

    Parameters
    ----------
    poses : float64[n, 6]
    convention : {"RzRyRx", "RxRyRz"}
    """
    angles = poses[:, ROLL:].T * RAD_PER_DEG
    with np.errstate(invalid="ignore"):  # infinite: NaN, as every other number that is none
        (sr, sp, sy), (cr, cp, cy) = np.sin(angles), np.cos(angles)
    zero, one = np.zeros_like(sr), np.ones_like(sr)
    if convention == "RzRyRx":
        spsr, spcr = sp * sr, sp * cr
        rows = (
            (cy * cr - sy * spsr, -sy * cp, cy * sr + sy * spcr),
            (sy * cr + cy * spsr, cy * cp, sy * sr - cy * spcr),
            (-cp * sr, sp, cp * cr),
        )
        return Turn(rows, (YAW, PITCH, ROLL), ((zero, zero, one), (cy, sy, zero), (-sy * cp, cy * cp, sp)))
    srsp, crsp = sr * sp, cr * sp
    rows = (
        (cr * cy + srsp * sy, srsp * cy - cr * sy, sr * cp),
        (cp * sy, cp * cy, -sp),
        (crsp * sy - sr * cy, sr * sy + crsp * cy, cr * cp),
    )
    return Turn(rows, (ROLL, PITCH, YAW), ((zero, one, zero), (cr, zero, -sr), (sr * cp, -sp, cr * cp)))


def matrices(turn: Turn) -> Floats:
    """The matrices, float64[n, 3, 3]."""
    return np.stack([np.stack(row, axis=-1) for row in turn.rows], axis=-2)


def turn_axes(turn: Turn) -> Floats:
    """The direction of each angle's axis, float64[n, 3, 3]: by roll, pitch, yaw, then x, y, z."""
    found = np.empty((len(turn.about[0][0]), 3, 3))
    for column, direction in zip(turn.order, turn.about, strict=True):
        found[:, column - ROLL] = np.stack(direction, axis=-1)
    return found


def turn_rates(turn: Turn, velocities: Floats, accelerations: Floats) -> tuple[Floats, Floats]:
    """Angular velocity and acceleration, rad/s and rad/s2, float64[n, 3] in the base's frame.

    Notes
    -----
    omega = sum of q'_i k_i with k_i the axes as the turns outside have left them; differentiated, each axis is carried round by the
    turns outside it: omega' = sum of q''_i k_i + sum over i < j of q'_i q'_j (k_i x k_j).
    """
    k = [np.stack(direction, axis=-1) for direction in turn.about]
    speed = [velocities[:, column, None] * RAD_PER_DEG for column in turn.order]
    gain = [accelerations[:, column, None] * RAD_PER_DEG for column in turn.order]
    inner = speed[1] * k[1] + speed[2] * k[2]
    omega = speed[0] * k[0] + inner
    alpha = gain[0] * k[0] + gain[1] * k[1] + gain[2] * k[2]
    alpha = alpha + np.cross(speed[0] * k[0], inner) + np.cross(speed[1] * k[1], speed[2] * k[2])
    return omega, alpha
