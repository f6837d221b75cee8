"""From the engine's axes to those of a tracking system.

The engine: X right, Y forward, Z up, right-handed. Others put other directions on their axes, and some are left-handed; a
system is named by the three directions its x, y and z point to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Vector = tuple[float, float, float]

AXES_DEFAULT = ["right", "up", "back"]
"""Y up, right-handed: what most receivers of PosiStageNet assume."""

_DIRECTIONS: dict[str, tuple[int, float]] = {
    "right": (0, 1.0),
    "left": (0, -1.0),
    "forward": (1, 1.0),
    "back": (1, -1.0),
    "up": (2, 1.0),
    "down": (2, -1.0),
}


class AxesError(ValueError):
    """Three words that do not span a space."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Where x, y and z of another system point, as (engine axis, sign); `handed` is 1 right, -1 left."""

    rows: tuple[tuple[int, float], tuple[int, float], tuple[int, float]]
    handed: float

    def point(self, place: Vector) -> Vector:
        """A position in the other system."""
        x, y, z = (sign * place[axis] for axis, sign in self.rows)
        return (x, y, z)

    def turn(self, rotation: Vector) -> Vector:
        """A rotation vector in the other system: an axial vector, so a left-handed system turns it round."""
        x, y, z = (self.handed * sign * rotation[axis] for axis, sign in self.rows)
        return (x, y, z)


def read_axes(words: object) -> Axes:
    """Axes of three words such as ``[right, up, back]``.

    Raises
    ------
    AxesError
        With what is allowed.
    """
    allowed = ", ".join(_DIRECTIONS)
    if (
        not isinstance(words, list)
        or len(words) != 3
        or not all(word in tuple(_DIRECTIONS) for word in words)
    ):
        raise AxesError(f"axes is {words!r}; write where x, y and z point, three of {allowed}")
    first, second, third = (_DIRECTIONS[word] for word in words)
    order = (first[0], second[0], third[0])
    if sorted(order) != [0, 1, 2]:
        raise AxesError(f"axes is {words!r}; two of them lie on one line")
    even = order in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    return Axes((first, second, third), (1.0 if even else -1.0) * first[1] * second[1] * third[1])


def rotation_vector(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Vector:
    """Axis times angle of a seat's attitude, in the engine's axes.

    Yaw about Z, then pitch about X, then roll about Y, each about the turned axis (``Rz Rx Ry``), the order of a gimballed
    seat; the angle is 0..pi. Source: rotation matrix to axis and angle through the quaternion (Shepperd 1978), which
    stays exact near 0 and pi.
    """
    cr, sr = math.cos(roll_rad / 2), math.sin(roll_rad / 2)
    cp, sp = math.cos(pitch_rad / 2), math.sin(pitch_rad / 2)
    cy, sy = math.cos(yaw_rad / 2), math.sin(yaw_rad / 2)
    # Quaternion product (0,0,yaw)(pitch,0,0)(0,roll,0).
    w = cy * cp * cr - sy * sp * sr
    x = cy * sp * cr - sy * cp * sr
    y = cy * cp * sr + sy * sp * cr
    z = cy * sp * sr + sy * cp * cr
    if w < 0.0:
        w, x, y, z = -w, -x, -y, -z
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-12:
        return (2 * x, 2 * y, 2 * z)
    scale = 2 * math.atan2(length, w) / length
    return (scale * x, scale * y, scale * z)
