"""Poses as maths: composing, inverting, turning. Quaternions are x, y, z, w, axes the engine's (Z up, Y forward)."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.xr.values import Hand, Pose, Quaternion, Vector


def multiplied(first: Quaternion, second: Quaternion) -> Quaternion:
    """Hamilton product: the turn that does `second`, then `first`."""
    ax, ay, az, aw = first
    bx, by, bz, bw = second
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def conjugated(turn: Quaternion) -> Quaternion:
    """The turn back (of a unit quaternion)."""
    return (-turn[0], -turn[1], -turn[2], turn[3])


def unit(turn: Quaternion) -> Quaternion:
    """Of length 1.

    Raises
    ------
    ValueError
        For a length of (nearly) nothing or one that is no number.
    """
    length = math.sqrt(sum(part * part for part in turn))
    if not (1e-6 < length < math.inf):
        raise ValueError(f"a turn of length {length:g} has no direction; a unit quaternion has 1")
    return (turn[0] / length, turn[1] / length, turn[2] / length, turn[3] / length)


def rotated(turn: Quaternion, vector: Vector) -> Vector:
    """`vector` turned."""
    x, y, z, w = turn
    vx, vy, vz = vector
    # v + 2 w (u x v) + 2 u x (u x v)
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return (
        vx + w * tx + y * tz - z * ty,
        vy + w * ty + z * tx - x * tz,
        vz + w * tz + x * ty - y * tx,
    )


def composed(T_a_b: Pose, T_b_c: Pose) -> Pose:
    """`T_a_c = T_a_b * T_b_c`."""
    return Pose(applied(T_a_b, T_b_c.position_m), multiplied(T_a_b.turn, T_b_c.turn))


def inverted(T_a_b: Pose) -> Pose:
    """`T_b_a`."""
    back = conjugated(T_a_b.turn)
    x, y, z = rotated(back, T_a_b.position_m)
    return Pose((-x, -y, -z), back)


def applied(T_a_b: Pose, point_b: Vector) -> Vector:
    """A point given in b, in a."""
    x, y, z = rotated(T_a_b.turn, point_b)
    px, py, pz = T_a_b.position_m
    return (px + x, py + y, pz + z)


def yaw_turn(yaw_rad: float) -> Quaternion:
    """A turn to the left (counter-clockwise from above) by `yaw_rad`."""
    return (0.0, 0.0, math.sin(yaw_rad / 2.0), math.cos(yaw_rad / 2.0))


def heading_rad(turn: Quaternion) -> float | None:
    """Where somebody turned so looks to, counter-clockwise from +Y, -pi..pi; None within 20 degrees of straight up or down.

    Of somebody who looks far up or down the top of the head tells better than the nose: beyond 45 degrees it is used.
    """
    forward = rotated(turn, (0.0, 1.0, 0.0))
    if abs(forward[2]) < math.sqrt(0.5):
        return math.atan2(-forward[0], forward[1])
    if abs(forward[2]) > math.cos(math.radians(20.0)):
        return None
    up = rotated(turn, (0.0, 0.0, 1.0))
    sign = -1.0 if forward[2] > 0.0 else 1.0  # looking up, the top of the head points back
    return math.atan2(-sign * up[0], sign * up[1])


def angle_rad(turn: Quaternion) -> float:
    """How far it turns, 0..pi."""
    return 2.0 * math.atan2(math.sqrt(turn[0] ** 2 + turn[1] ** 2 + turn[2] ** 2), abs(turn[3]))


def distance_m(a: Vector, b: Vector) -> float:
    """Between two points."""
    return math.dist(a, b)


def is_sound(pose: Pose) -> bool:
    """Whether every number is finite and the turn is a turn; runtimes have been seen to give NaN for a lost tracker."""
    if not all(math.isfinite(number) for number in (*pose.position_m, *pose.turn)):
        return False
    return 0.5 < math.sqrt(sum(part * part for part in pose.turn)) < 2.0


def between(a: Pose, b: Pose) -> Pose:
    """Half way from `a` to `b`: the middle of two eyes."""
    ax, ay, az = a.position_m
    bx, by, bz = b.position_m
    sign = 1.0 if sum(p * q for p, q in zip(a.turn, b.turn, strict=True)) >= 0.0 else -1.0
    turn = unit(
        (
            a.turn[0] + sign * b.turn[0],
            a.turn[1] + sign * b.turn[1],
            a.turn[2] + sign * b.turn[2],
            a.turn[3] + sign * b.turn[3],
        )
    )
    return Pose(((ax + bx) / 2.0, (ay + by) / 2.0, (az + bz) / 2.0), turn)


def hand_in(T_b_a: Pose, hand: Hand) -> Hand:
    """A hand of frame a, in frame b."""
    if not hand.kind:
        return hand
    return replace(
        hand,
        grip=composed(T_b_a, hand.grip) if hand.grip is not None else None,
        aim=composed(T_b_a, hand.aim) if hand.aim is not None else None,
        joints=tuple(composed(T_b_a, joint) for joint in hand.joints),
    )
