"""Vehicle, eye and head: poses, rays and their arithmetic. Pure; no graphics.

Poses use the engine's axes: x right, y forward, z up; heading + = left, pitch + = nose up, roll + = right
side down. `T_a_b` maps a point given in b to a. Example: a vehicle at (0, 10, 0) turned 90 degrees to the
left holds its bow (0, 3, 0) at (-3, 10, 0) of the world.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.render.live import HeadPose

Vector = tuple[float, float, float]
Matrix = npt.NDArray[np.float64]

# Comfort: what of the vehicle's rolling and pitching the picture shows (facts: shown roll <= 1, pitch <= 1.5
# degrees).
SHOWN_ROLL_MAX_DEG = 1.0
SHOWN_PITCH_MAX_DEG = 1.5
SHOWN_HEAVE_MAX_M = 0.15


@dataclass(frozen=True, slots=True)
class Pose:
    """A place and three angles."""

    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.0
    heading_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    def matrix(self) -> Matrix:
        """`T_parent_this` on column vectors; turns heading, then pitch, then roll, as Panda3D's HPR does."""
        h, p, r = (math.radians(a) for a in (self.heading_deg, self.pitch_deg, self.roll_deg))
        ch, sh, cp, sp, cr, sr = math.cos(h), math.sin(h), math.cos(p), math.sin(p), math.cos(r), math.sin(r)
        about_z = np.array([[ch, -sh, 0.0], [sh, ch, 0.0], [0.0, 0.0, 1.0]])
        about_x = np.array([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
        about_y = np.array([[cr, 0.0, sr], [0.0, 1.0, 0.0], [-sr, 0.0, cr]])
        matrix = np.eye(4)
        matrix[:3, :3] = about_z @ about_x @ about_y
        matrix[:3, 3] = (self.x_m, self.y_m, self.z_m)
        return matrix


AT_REST = Pose()
"""No offset, no turn."""


@dataclass(frozen=True, slots=True)
class NodePose:
    """How a named node differs from its place in the model: metres and degrees added, scale multiplied."""

    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.0
    heading_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Ray:
    """A half line: where from, and along which unit vector."""

    start: Vector
    along: Vector


def soft_limit(value: float, limit: float) -> float:
    """Keep a value inside +-limit without a corner: nearly linear at first, never past the limit."""
    return limit * math.tanh(value / limit) if limit > 0.0 else 0.0


def shown_motion(heave_m: float, roll_deg: float, pitch_deg: float) -> Pose:
    """What the vehicle's motion looks like in the picture, within comfort."""
    return Pose(
        z_m=soft_limit(heave_m, SHOWN_HEAVE_MAX_M),
        pitch_deg=soft_limit(pitch_deg, SHOWN_PITCH_MAX_DEG),
        roll_deg=soft_limit(roll_deg, SHOWN_ROLL_MAX_DEG),
    )


def head_matrix(eye: Vector, head: HeadPose) -> Matrix:
    """`T_vehicle_head`: the resting eye with the head pose on top."""
    pose = Pose(
        eye[0] + head.x_m, eye[1] + head.y_m, eye[2] + head.z_m, head.yaw_deg, head.pitch_deg, head.roll_deg
    )
    return pose.matrix()


def head_ray(T_world_vehicle: Matrix, eye: Vector, head: HeadPose) -> Ray:
    """The ray of the head's forward axis, in the world."""
    T_world_head = T_world_vehicle @ head_matrix(eye, head)
    start, along = T_world_head[:3, 3], T_world_head[:3, 1]
    return Ray(
        (float(start[0]), float(start[1]), float(start[2])),
        (float(along[0]), float(along[1]), float(along[2])),
    )


def pointer_ray(
    T_world_vehicle: Matrix,
    eye: Vector,
    head: HeadPose,
    *,
    x_ratio: float,
    y_ratio: float,
    fov_deg: tuple[float, float],
) -> Ray:
    """The ray through a point of the picture.

    Parameters
    ----------
    x_ratio, y_ratio : float
        -1..1 from left to right and bottom to top.
    fov_deg : tuple of float
        Full horizontal and vertical angle of the picture.
    """
    T_world_head = T_world_vehicle @ head_matrix(eye, head)
    local = np.array(
        [
            x_ratio * math.tan(math.radians(fov_deg[0] / 2)),
            1.0,
            y_ratio * math.tan(math.radians(fov_deg[1] / 2)),
        ]
    )
    along = T_world_head[:3, :3] @ (local / np.linalg.norm(local))
    start = T_world_head[:3, 3]
    return Ray(
        (float(start[0]), float(start[1]), float(start[2])),
        (float(along[0]), float(along[1]), float(along[2])),
    )


def vertical_fov_deg(horizontal_deg: float, width_px: int, height_px: int) -> float:
    """Vertical angle of a picture whose horizontal angle is given."""
    return math.degrees(2.0 * math.atan(math.tan(math.radians(horizontal_deg) / 2.0) * height_px / width_px))


def sphere_distance(ray: Ray, centre: Vector, radius_m: float) -> float | None:
    """How far along the ray a sphere is entered; None when it is missed or behind."""
    to = [c - s for c, s in zip(centre, ray.start, strict=True)]
    along = sum(a * b for a, b in zip(to, ray.along, strict=True))
    miss2 = sum(v * v for v in to) - along * along
    if miss2 > radius_m * radius_m:
        return None
    half = math.sqrt(radius_m * radius_m - max(miss2, 0.0))
    if along + half < 0.0:
        return None
    return max(along - half, 0.0)


def rectangle_hit(
    ray: Ray, centre: Vector, right: Vector, up: Vector, half_width_m: float, half_height_m: float
) -> float | None:
    """How far along the ray a rectangle is crossed; None when missed. `right` and `up` are unit vectors."""
    r, u = np.asarray(right), np.asarray(up)
    normal = np.cross(r, u)
    slope = float(normal @ np.asarray(ray.along))
    if abs(slope) < 1e-9:
        return None
    distance = float(normal @ (np.asarray(centre) - np.asarray(ray.start))) / slope
    if distance <= 0.0:
        return None
    offset = np.asarray(ray.start) + np.asarray(ray.along) * distance - np.asarray(centre)
    if abs(float(offset @ r)) > half_width_m or abs(float(offset @ u)) > half_height_m:
        return None
    return distance
