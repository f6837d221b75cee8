"""Between OpenXR's frame (X right, Y up, -Z forward) and ours (X right, Y forward, Z up). Pure, works on any structure that
has the fields of `XrPosef` and `XrFovf`.

Both are right-handed, so one turn of 90 degrees about X leads from one to the other: ``(x, y, z)`` of OpenXR is ``(x, -z, y)``
of ours. A quaternion's vector part is turned the same way, its w stays. A pose's own axes are converted with it: what looks
along -Z there looks along +Y here, and a quad facing +Z there faces -Y here.
"""

from __future__ import annotations

import math
from typing import Any

from engine.xr.values import Fov, Pose, View


def pose(source: Any) -> Pose:
    """An `XrPosef` as ours; its quaternion is made unit length (runtimes may be off by 1 %, specification section 2.17)."""
    p, q = source.position, source.orientation
    x, y, z, w = q.x, -q.z, q.y, q.w
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if not 0.5 < length < 2.0:  # all zeros: runtimes leave that behind where nothing is valid
        return Pose((p.x, -p.z, p.y))
    return Pose((p.x, -p.z, p.y), (x / length, y / length, z / length, w / length))


def write_pose(target: Any, source: Pose) -> None:
    """Write ours into an `XrPosef`."""
    x, y, z = source.position_m
    p, q = target.position, target.orientation
    p.x, p.y, p.z = x, z, -y
    x, y, z, w = source.turn
    q.x, q.y, q.z, q.w = x, z, -y, w


def fov(source: Any) -> Fov:
    """An `XrFovf` as ours; the same angles."""
    return Fov(source.angle_left, source.angle_right, source.angle_up, source.angle_down)


def write_fov(target: Any, source: Fov) -> None:
    """Write ours into an `XrFovf`."""
    target.angle_left = source.left_rad
    target.angle_right = source.right_rad
    target.angle_up = source.up_rad
    target.angle_down = source.down_rad


def view(source: Any) -> View:
    """An `XrView` as ours."""
    return View(pose(source.pose), fov(source.fov))
