"""Polar places to Cartesian ones and back, sizes with them: ITU-R BS.2127-1, 10.

Not the geometry of `layouts.directions`: the Cartesian side is a cube whose faces are the walls, in which 5.1's loudspeakers stand in the
corners and 30 degrees up is the ceiling's edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.audio.speakers.layouts import directions

Floats = NDArray[np.float64]
Triple = tuple[float, float, float]

_TOP_DEG, _TOP_CUBE_DEG = 30.0, 45.0
_CORNERS = (
    (0.0, (0.0, 1.0)),
    (-30.0, (1.0, 1.0)),
    (-110.0, (1.0, -1.0)),
    (110.0, (-1.0, -1.0)),
    (30.0, (-1.0, 1.0)),
)
"""Azimuths of the middle layer's loudspeakers and where in the cube's floor plan they stand, going right."""
_CORNER_AZIMUTHS = tuple(math.degrees(math.atan2(-x, y)) for _, (x, y) in _CORNERS)
_Corner = tuple[float, tuple[float, float]]
_NOWHERE = 1e-10


def within(azimuth_deg: float, right_deg: float, left_deg: float, tolerance_deg: float = 0.0) -> bool:
    """Whether an azimuth lies in the arc that starts at the right one and goes left; 360 wide: everywhere, 0 wide: there alone."""
    width = left_deg - right_deg
    if width > 360:
        width -= 360 * math.ceil((width - 360) / 360)
    elif width < 0:
        width += 360 * math.ceil(-width / 360)
    return (azimuth_deg - right_deg + tolerance_deg) % 360 <= width + 2 * tolerance_deg


def _to_line(left_deg: float, right_deg: float, azimuth_deg: float) -> float:
    """How far from the left loudspeaker to the right one a tangent-law phantom at this azimuth is, 0 to 1."""
    middle, half = (left_deg + right_deg) / 2, (right_deg - left_deg) / 2
    right = 0.5 + 0.5 * math.tan(math.radians(azimuth_deg - middle)) / math.tan(math.radians(half))
    return math.atan2(right, 1 - right) * 2 / math.pi


def _from_line(left_deg: float, right_deg: float, along: float) -> float:
    middle, half = (left_deg + right_deg) / 2, (right_deg - left_deg) / 2
    left, right = math.cos(along * math.pi / 2), math.sin(along * math.pi / 2)
    share = right / (left + right)
    return middle + math.degrees(math.atan(2 * (share - 0.5) * math.tan(math.radians(half))))


def _from(start_deg: float, azimuth_deg: float) -> float:
    """The azimuth, turned so often that it is not below the start and less than a turn above."""
    return start_deg + (azimuth_deg - start_deg) % 360


def _sector(azimuth_deg: float, edges_deg: Sequence[float]) -> tuple[_Corner, _Corner]:
    """The two corners, left and right, between which an azimuth lies."""
    count = len(_CORNERS)
    for left in range(count):
        right = (left + 1) % count
        if within(azimuth_deg, edges_deg[right], edges_deg[left]):
            return _CORNERS[left], _CORNERS[right]
    raise ValueError(f"azimuth {azimuth_deg} is no number")


def to_cartesian(azimuth_deg: float, elevation_deg: float, distance: float) -> Triple:
    """X, Y, Z of a polar place."""
    if abs(elevation_deg) > _TOP_DEG:
        raised = _TOP_CUBE_DEG + (90 - _TOP_CUBE_DEG) * (abs(elevation_deg) - _TOP_DEG) / (90 - _TOP_DEG)
        z = math.copysign(distance, elevation_deg)
        flat = distance * math.tan(math.radians(90 - raised))
    else:
        z = distance * math.tan(math.radians(_TOP_CUBE_DEG * elevation_deg / _TOP_DEG))
        flat = distance
    (left_deg, left), (right_deg, right) = _sector(azimuth_deg, [corner[0] for corner in _CORNERS])
    along = _to_line(_from(right_deg, left_deg), right_deg, _from(right_deg, azimuth_deg))
    return (
        flat * (left[0] + (right[0] - left[0]) * along),
        flat * (left[1] + (right[1] - left[1]) * along),
        z,
    )


def to_polar(x: float, y: float, z: float) -> Triple:
    """Azimuth, elevation in degrees, distance of a Cartesian place."""
    if abs(x) < _NOWHERE and abs(y) < _NOWHERE:
        return (0.0, 0.0, 0.0) if abs(z) < _NOWHERE else (0.0, math.copysign(90.0, z), abs(z))
    azimuth = math.degrees(math.atan2(-x, y))
    (left_deg, left), (right_deg, right) = _sector(azimuth, _CORNER_AZIMUTHS)
    area = left[0] * right[1] - left[1] * right[0]
    toward_left, toward_right = (x * right[1] - y * right[0]) / area, (y * left[0] - x * left[1]) / area
    flat = toward_left + toward_right
    found = _from(-180.0, _from_line(_from(right_deg, left_deg), right_deg, toward_right / flat))
    raised = math.degrees(math.atan2(z, flat))
    if abs(raised) > _TOP_CUBE_DEG:
        elevation = _TOP_DEG + (90 - _TOP_DEG) * (abs(raised) - _TOP_CUBE_DEG) / (90 - _TOP_CUBE_DEG)
        return found, math.copysign(elevation, raised), abs(z)
    return found, _TOP_DEG * raised / _TOP_CUBE_DEG, flat


def axes_at(azimuth_deg: float, elevation_deg: float) -> Floats:
    """Rows right, ahead, up of a frame that looks there, shape (3, 3)."""
    return directions([azimuth_deg - 90, azimuth_deg, azimuth_deg], [0.0, elevation_deg, elevation_deg + 90])


def _edges(width_deg: float, height_deg: float, depth: float) -> Triple:
    """Half sizes along right, ahead, up of something that stands ahead."""
    across = math.sin(math.radians(width_deg / 2)) if width_deg < 180 else 1.0
    up = math.sin(math.radians(height_deg / 2)) if height_deg < 180 else 1.0
    behind_width = (1 - math.cos(math.radians(width_deg / 2))) / 2
    behind_height = (1 - math.cos(math.radians(height_deg / 2))) / 2
    return across, max(behind_width, behind_height, depth), up


def size_to_cartesian(
    azimuth_deg: float, elevation_deg: float, width_deg: float, height_deg: float, depth: float
) -> Triple:
    """Sizes along X, Y, Z of something with a polar size."""
    sides = np.linalg.norm(
        axes_at(azimuth_deg, elevation_deg) * np.array(_edges(width_deg, height_deg, depth))[:, None], axis=0
    )
    return float(sides[0]), float(sides[1]), float(sides[2])


def size_to_polar(
    azimuth_deg: float, elevation_deg: float, along_x: float, along_y: float, along_z: float
) -> Triple:
    """Width and height in degrees, depth, of something with sizes along the axes."""
    frame = axes_at(azimuth_deg, elevation_deg).T * np.array([along_x, along_y, along_z])[:, None]
    across, ahead, up = (min(float(side), 1.0) for side in np.linalg.norm(frame, axis=0))
    behind = 2 * math.degrees(math.acos(1 - 2 * ahead))
    by_side, by_height = 2 * math.degrees(math.asin(across)), 2 * math.degrees(math.asin(up))
    width = by_side + across * max(behind - by_side, 0.0)
    height = by_height + up * max(behind - by_height, 0.0)
    return width, height, max(0.0, ahead - _edges(width, height, 0.0)[1])
