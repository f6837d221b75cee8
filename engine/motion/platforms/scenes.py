"""Whether a scene's motion fits the platforms of a rig, leg by leg: several axes at once reach less far than each of them alone.

As `engine.experience.motion_fit` for the axes, so that an author hears of it before the governor does. What an axis by itself does too
far or too fast is told there; here it is drawn in to its range first.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.errors import Place, Problem
from engine.experience.bundled import shown_file
from engine.experience.motion_fit import COURSE_HZ, motion_course
from engine.experience.package import Package
from engine.experience.platform import PlatformSpec
from engine.experience.resolve import resolve
from engine.experience.rig import AxisLimits, DeviceSpec, Rig
from engine.motion.platforms.factory import make_platform
from engine.motion.platforms.values import Floats, Platform
from engine.time.flicks import format_fl
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind
from engine.units import MOTION_AXES

# A thousandth of a stroke or speed is rounding, not intent.
_SLACK = 1e-3


def scene_problems(package: Package, rig: Rig) -> list[Problem]:
    """Warnings for scenes that drive an actuator of a rig's platforms beyond its stroke or its speed; once for a scene and platform.

    Parameters
    ----------
    package : Package
    rig : Rig
        Whose platforms make sense (`check.problems_of`).
    """
    bindings = resolve(rig, package.roles)
    found: list[Problem] = []
    for index, role in enumerate(package.roles):
        if role.kind is not RoleKind.MOTION:
            continue
        rows = [row for row in bindings.of_role(role.name) if row.rendered_as is None]
        for device, spec in _makes([rig.device(row.device) for row in rows]):
            platform = make_platform(spec)
            for scene in package.scenes:
                for message in _scene(scene, index, device, platform):
                    place = Place(shown_file(package.path / "scenes" / f"{scene.id}.yaml"))
                    text = f"{role.name}: {message} (rig {rig.path.name})"
                    hint = "the governor will hold it back; write a gentler motion"
                    found.append(Problem(place, text, hint, "warning", "motion-legs"))
    return found


def _makes(devices: list[DeviceSpec]) -> list[tuple[DeviceSpec, PlatformSpec]]:
    """One device of each make: platform and limits."""
    seen: dict[object, tuple[DeviceSpec, PlatformSpec]] = {}
    for device in devices:
        if device.platform is not None:
            seen.setdefault((device.platform, tuple(device.limits.items())), (device, device.platform))
    return list(seen.values())


def _scene(scene: Program, role: int, device: DeviceSpec, platform: Platform) -> Iterator[str]:
    sampled = motion_course(scene, role)
    if sampled is None or len(sampled[0]) < 2:
        return
    at_fl, poses = sampled
    poses = _within(poses, [device.limits.get(axis) for axis in MOTION_AXES])
    legs = platform.legs(poses)
    span = platform.high - platform.low
    over = np.maximum(platform.low - legs, legs - platform.high) / span
    when, leg = (int(part) for part in np.unravel_index(int(np.argmax(over)), over.shape))
    if over[when, leg] > _SLACK:
        scale, unit = _unit(platform, leg)
        low, high = platform.low[leg] * scale, platform.high[leg] * scale
        yield (
            f"{platform.names[leg]} would be at {legs[when, leg] * scale:.4g} {unit} at {format_fl(int(at_fl[when]))},"
            f" the stroke of {device.name} is {low:.4g}..{high:.4g} {unit}"
        )
    speed = np.abs(np.diff(legs, axis=0)) * COURSE_HZ
    share = speed / platform.velocity
    when, leg = (int(part) for part in np.unravel_index(int(np.argmax(share)), share.shape))
    if share[when, leg] > 1.0 + _SLACK:
        scale, unit = _unit(platform, leg)
        yield (
            f"{platform.names[leg]} would move at {speed[when, leg] * scale:.4g} {unit}/s at {format_fl(int(at_fl[when]))},"
            f" that of {device.name} does {platform.velocity[leg] * scale:.4g} {unit}/s"
        )


def _within(poses: Floats, limits: list[AxisLimits | None]) -> Floats:
    low = np.array([-np.inf if row is None else row.low for row in limits])
    high = np.array([np.inf if row is None else row.high for row in limits])
    return np.clip(poses, low, high)


def _unit(platform: Platform, leg: int) -> tuple[float, str]:
    return (1000.0, "mm") if platform.units[leg] == "m" else (1.0, "deg")
