"""What eyes see, as matrices: one eye's projection, and one frustum around both for culling once. Pure.

Eye and head space have the engine's axes (X right, Y forward, Z up); clip space is OpenGL's. Matrices work on column
vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.render.eye import Matrix
from engine.xr.values import Fov

# A corner of an eye's picture that lies further than this from the head's axis is not put into a pyramid any more: at 85
# degrees the pyramid holds nearly everything anyway.
_WIDEST_TANGENT = math.tan(math.radians(85.0))


def clip_from_eye(fov: Fov, near_m: float, far_m: float) -> Matrix:
    """Projection of an eye with four angles of its own (XrFovf), right and up positive.

    Source: OpenGL 4.6 core, 13.8 (clip volume); the angles' tangents are the window of a frustum at distance 1.
    """
    return _clip(
        math.tan(fov.left_rad),
        math.tan(fov.right_rad),
        math.tan(fov.down_rad),
        math.tan(fov.up_rad),
        near_m,
        far_m,
    )


def _clip(left: float, right: float, down: float, up: float, near_m: float, far_m: float) -> Matrix:
    depth = far_m - near_m
    return np.array(
        [
            [2.0 / (right - left), -(right + left) / (right - left), 0.0, 0.0],
            [0.0, -(up + down) / (up - down), 2.0 / (up - down), 0.0],
            [0.0, (far_m + near_m) / depth, 0.0, -2.0 * far_m * near_m / depth],
            [0.0, 1.0, 0.0, 0.0],
        ]
    )


def clip_around(T_head_eyes: Sequence[Matrix], fovs: Sequence[Fov], near_m: float, far_m: float) -> Matrix:
    """One frustum, in head space, that holds those of all eyes whole.

    The pyramid's four sides take the widest tangents of any corner ray of any eye, and its tip moves back behind the head
    until every eye is inside. A cone that holds a point and a direction holds the ray, so it holds every eye's frustum.
    Eyes that are turned so far outwards that no such pyramid is sensible get a box around all they can see.
    """
    # Plain numbers: arrays this small take three times as long, every frame.
    left = down = math.inf
    right = up = reach_m = -math.inf
    nearest_m, furthest_m = math.inf, -math.inf
    wide = False
    places: list[tuple[float, float, float]] = []
    for T, fov in zip(T_head_eyes, fovs, strict=True):
        (ax, bx, cx, x), (ay, by, cy, y), (az, bz, cz, z), _last = T.tolist()
        places.append((x, y, z))
        for u, v in _corners(fov):
            across, ahead, upward = ax * u + bx + cx * v, ay * u + by + cy * v, az * u + bz + cz * v
            ends = (x + far_m * across, y + far_m * ahead, z + far_m * upward)
            reach_m = max(reach_m, *map(abs, ends), abs(x), abs(y), abs(z))
            if ahead <= 0.0 or max(abs(across), abs(upward)) > _WIDEST_TANGENT * ahead:
                wide = True
                continue
            left, right = min(left, across / ahead), max(right, across / ahead)
            down, up = min(down, upward / ahead), max(up, upward / ahead)
            nearest_m, furthest_m = min(nearest_m, y + near_m * ahead), max(furthest_m, ends[1])
    if wide:
        return _box(reach_m)
    back_m = 0.0
    for x, y, z in places:
        back_m = max(back_m, x / right - y, x / left - y, z / up - y, z / down - y)
    from_tip = np.eye(4)
    from_tip[1, 3] = back_m
    return _clip(left, right, down, up, nearest_m + back_m, furthest_m + back_m) @ from_tip


def _corners(fov: Fov) -> tuple[tuple[float, float], ...]:
    """Tangents right and up of the corners of an eye's picture."""
    left, right = math.tan(fov.left_rad), math.tan(fov.right_rad)
    down, up = math.tan(fov.down_rad), math.tan(fov.up_rad)
    return ((left, down), (left, up), (right, down), (right, up))


def _box(reach_m: float) -> Matrix:
    """Everything within a reach: a parallel projection, which culls by distance alone."""
    clip = np.zeros((4, 4))
    clip[0, 0] = clip[1, 2] = clip[2, 1] = 1.0 / reach_m
    clip[3, 3] = 1.0
    return clip
