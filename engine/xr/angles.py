"""Turns as three angles and back, in the engine's order: yaw, then pitch, then roll. Pure.

Yaw + = left, pitch + = up, roll + = right ear down, all degrees, as in `engine.units`; the quaternion is `Rz(yaw) Rx(pitch) Ry(roll)`.
"""

from __future__ import annotations

import math

from engine.xr.poses import rotated
from engine.xr.values import Quaternion


def turn_of_deg(yaw_deg: float, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Quaternion:
    """The turn of a head (or anything else) with these angles."""
    y, p, r = (math.radians(angle) / 2.0 for angle in (yaw_deg, pitch_deg, roll_deg))
    cy, sy, cp, sp, cr, sr = math.cos(y), math.sin(y), math.cos(p), math.sin(p), math.cos(r), math.sin(r)
    return (
        cy * sp * cr - sy * cp * sr,
        cy * cp * sr + sy * sp * cr,
        sy * cp * cr + cy * sp * sr,
        cy * cp * cr - sy * sp * sr,
    )


def angles_deg(turn: Quaternion) -> tuple[float, float, float]:
    """Yaw (-180..180), pitch (-90..90) and roll (-180..180) of a unit quaternion.

    Straight up or down yaw and roll are one turn; then roll is 0 and yaw has all of it.
    """
    forward, right = rotated(turn, (0.0, 1.0, 0.0)), rotated(turn, (1.0, 0.0, 0.0))
    up = rotated(turn, (0.0, 0.0, 1.0))
    flat = math.hypot(forward[0], forward[1])
    pitch = math.degrees(math.atan2(forward[2], flat))
    if flat < 1e-6:
        return (math.degrees(math.atan2(right[1], right[0])), pitch, 0.0)
    yaw = math.degrees(math.atan2(-forward[0], forward[1]))
    return (yaw, pitch, math.degrees(math.atan2(-right[2], up[2])))


def turn_to_tangents(right_tan: float, up_tan: float) -> Quaternion:
    """The turn that takes straight ahead (+Y) to the direction `(right_tan, 1, up_tan)`, without roll."""
    yaw = math.atan2(-right_tan, 1.0)
    pitch = math.atan2(up_tan, math.hypot(1.0, right_tan))
    return turn_of_deg(math.degrees(yaw), math.degrees(pitch))
