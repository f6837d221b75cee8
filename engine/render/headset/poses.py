"""Poses of the headset layer as matrices of the picture."""

from __future__ import annotations

import numpy as np

from engine.render.eye import Matrix
from engine.xr.values import Pose


def pose_matrix(pose: Pose) -> Matrix:
    """`T_a_b` of a pose of b in a, on column vectors.

    The quaternion may be off unit length by rounding; it is scaled back.
    """
    x, y, z, w = np.array(pose.turn) / np.linalg.norm(pose.turn)
    matrix = np.eye(4)
    matrix[:3, :3] = (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)),
        (2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)),
        (2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)),
    )
    matrix[:3, 3] = pose.position_m
    return matrix
