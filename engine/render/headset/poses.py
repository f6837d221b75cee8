"""Poses of the headset layer as matrices of the picture."""

from __future__ import annotations

import numpy as np

from engine.render.eye import Matrix
from engine.xr.values import Pose


def pose_matrix(pose: Pose) -> Matrix:
    """`T_a_b` of a pose of b in a, on column vectors.

    The quaternion may be off unit length by rounding; it is scaled back.
    """
    x, y, z, w = pose.turn
    # Plain numbers: at this size numpy takes longer to be called than to compute, five times a frame.
    scale = 2.0 / (x * x + y * y + z * z + w * w)
    xs, ys, zs = x * scale, y * scale, z * scale
    at = pose.position_m
    return np.array(
        (
            (1.0 - y * ys - z * zs, x * ys - w * zs, x * zs + w * ys, at[0]),
            (x * ys + w * zs, 1.0 - x * xs - z * zs, y * zs - w * xs, at[1]),
            (x * zs - w * ys, y * zs + w * xs, 1.0 - x * xs - y * ys, at[2]),
            (0.0, 0.0, 0.0, 1.0),
        )
    )
