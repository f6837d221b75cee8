"""What is wrong with the platforms of a rig, all at once: geometry that cannot be, and limits that contradict one another.

Nothing moves on a rig that has such a mistake. What only a combination of axes can reach is no mistake: the workspace of six legs is
no box, and the governor keeps every pose inside it. An axis must reach its ends, and its speed, by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from engine.errors import Problem
from engine.experience.platform import PlatformSpec
from engine.experience.rig import AxisLimits, DeviceSpec, Rig, quantity
from engine.motion.platforms.factory import make_platform
from engine.motion.platforms.values import Floats, Platform
from engine.units import LINEAR_AXES, MOTION_AXES

_SAME_M = 1e-3
#: Singular values without a unit (`Margins.singular`): below the first a pose cannot be held, below the second a small play of the joints
#: moves the plate by twenty times as much.
_SINGULAR, _NEARLY = 1e-6, 0.05
_ALONG = 33
_SLACK = 1e-6
_CODE = "platform"


def problems_of(rig: Rig) -> list[Problem]:
    """Everything that is wrong with the platforms of a rig, with file and line."""
    found: list[Problem] = []
    looked_at: set[object] = set()
    for device in rig.devices:
        if device.platform is None:
            continue
        # The seats of an array are one template, looked at and told of once.
        key = (device.place, device.platform, tuple(device.limits.items()), tuple(device.safe.items()))
        if key not in looked_at:
            looked_at.add(key)
            found.extend(_device(device, device.platform))
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """Says what is wrong at places of one device."""

    device: DeviceSpec

    def __call__(self, message: str, hint: str, *path: str | int, warning: bool = False) -> Problem:
        return Problem(
            self.device.place_of(*path),
            f"{self.device.name}: {message}",
            hint,
            severity="warning" if warning else "error",
            code=_CODE,
        )


def _device(device: DeviceSpec, spec: PlatformSpec) -> Iterator[Problem]:
    said = _Said(device)
    broken = list(_layers(spec, said))
    yield from broken
    if any(problem.severity == "error" for problem in broken):
        return
    try:
        platform = make_platform(spec)
    except ValueError as error:
        yield said(str(error), "leave one of them out", "platform", "under")
        return
    resting = list(_home(platform, said))
    yield from resting
    if resting:
        return
    limits = {axis: row for axis, row in device.limits.items() if axis in MOTION_AXES}
    yield from _workspace(platform, limits, said)
    for axis, row in limits.items():
        yield from _axis(platform, axis, row, said)
    yield from _postures(platform, device, said)


# -- geometry ------------------------------------------------------------------------------------------------


def _layers(spec: PlatformSpec, said: _Said) -> Iterator[Problem]:
    path: tuple[str, ...] = ("platform",)
    layer: PlatformSpec | None = spec
    while layer is not None:
        wrong = list(_numbers(layer, path, said))
        yield from wrong
        if wrong:
            return
        if layer.kind == "hexapod":
            yield from _joints(layer, path, said)
        elif layer.kind in ("heave_pitch_roll", "four_post", "two_post"):
            yield from _posts(layer, path, said)
        layer, path = layer.under, (*path, "under")


def _numbers(spec: PlatformSpec, path: tuple[str, ...], said: _Said) -> Iterator[Problem]:
    for index, row in enumerate(spec.actuators):
        values = [
            *row.base_m,
            *row.moving_m,
            row.low,
            row.high,
            row.velocity,
            row.acceleration,
            row.length_m,
            row.home,
        ]
        if not np.isfinite(values).all():
            yield said(
                f"{row.name} has a value that is no number", "give ordinary ones", *path, "actuators", index
            )
        if not row.low < row.high:
            message = f"the stroke of {row.name} runs from {row.low:g} to {row.high:g}"
            yield said(message, "put the lower end first", *path, "actuators", index, "stroke")
        for what, value in (("velocity", row.velocity), ("acceleration", row.acceleration)):
            if not value > 0.0:
                message = f"{what} of {row.name} is {value:g}; it must be above 0"
                yield said(message, "give what it can do", *path, "actuators", index, what)
        if row.length_m < 0.0 or (spec.kind == "hexapod" and row.low + row.length_m < 0.0):
            shortest = 1000.0 * (row.low + row.length_m)
            message = f"{row.name} is {shortest:.4g} mm long at its shortest"
            yield said(message, "no strut is shorter than nothing", *path, "actuators", index)
    if not np.isfinite((*spec.pivot_m, *spec.home_m)).all():
        yield said("pivot or home is no number", "give ordinary ones", *path)


def _joints(spec: PlatformSpec, path: tuple[str, ...], said: _Said) -> Iterator[Problem]:
    base = np.array([row.base_m for row in spec.actuators])
    moving = np.array([row.moving_m for row in spec.actuators])
    names = [row.name for row in spec.actuators]
    home = np.linalg.norm(moving + np.array(spec.home_m) - base, axis=1)
    for name, length in zip(names, home, strict=True):
        if length < _SAME_M:
            yield said(
                f"both joints of {name} are in one place at home",
                "raise the plate: see `home`",
                *path,
                "home",
            )
    for i in range(len(names)):
        for j in range(i):
            at_base = bool(np.linalg.norm(base[i] - base[j]) < _SAME_M)
            at_plate = bool(np.linalg.norm(moving[i] - moving[j]) < _SAME_M)
            if at_base and at_plate:
                message = f"{names[j]} and {names[i]} have both joints in common: they are one strut"
                yield said(message, "six struts need six lines of their own", *path, "moving")
            elif at_base or at_plate:
                message = (
                    f"{names[j]} and {names[i]} meet in one joint on the {'base' if at_base else 'plate'}"
                )
                yield said(message, "", *path, "base" if at_base else "moving", warning=True)
    for what, rows in (("base", base), ("moving", moving)):
        if np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)[1] < _SAME_M:
            yield said(f"all joints of `{what}` lie on one line", "a plate has width and depth", *path, what)


def _posts(spec: PlatformSpec, path: tuple[str, ...], said: _Said) -> Iterator[Problem]:
    at = np.array([row.base_m[:2] for row in spec.actuators])
    names = [row.name for row in spec.actuators]
    for i in range(len(names)):
        for j in range(i):
            if np.linalg.norm(at[i] - at[j]) < _SAME_M:
                yield said(
                    f"{names[j]} and {names[i]} stand in one place", "move one of them", *path, "at", i
                )
    # A plate on two posts turns about its pivot too: the three must span something.
    points = np.vstack([at, spec.pivot_m[:2]]) if spec.kind == "two_post" else at
    if np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[1] < _SAME_M:
        beside = " and the pivot" if spec.kind == "two_post" else ""
        yield said(f"all posts{beside} stand on one line", "a plate on them would tip over", *path, "at")


def _home(platform: Platform, said: _Said) -> Iterator[Problem]:
    origin = np.zeros(6)
    legs = platform.legs(origin)
    for name, unit, value, low, high in zip(
        platform.names, platform.units, legs, platform.low, platform.high, strict=True
    ):
        if not low <= value <= high:
            message = (
                f"at home {name} is at {_shown(value, unit)}, outside its stroke {_span(low, high, unit)}"
            )
            yield said(message, "correct `home`, the joints or the stroke", "platform")
    singular = float(platform.margins(origin).singular)
    if not singular > _SINGULAR:
        yield said(
            "the platform cannot hold its home: the struts leave it a direction in which it moves freely",
            "a circle of joints must be turned or paired differently on the plate than on the base",
            "platform",
        )
    elif singular < _NEARLY:
        yield said(
            f"the platform hardly holds its home: smallest singular value {singular:.3g}, at least {_NEARLY:g} needed",
            "raise the plate, or spread the joints",
            "platform",
        )


# -- limits --------------------------------------------------------------------------------------------------


def _workspace(platform: Platform, limits: Mapping[str, AxisLimits], said: _Said) -> Iterator[Problem]:
    """Poses of the limits' box, each drawn back to what fits: the platform must hold them all, on one side of any singularity."""
    ends = [
        (limits[axis].low, 0.0, limits[axis].high) if axis in limits and axis in platform.axes else (0.0,)
        for axis in MOTION_AXES
    ]
    poses = platform.clip(np.array(list(product(*ends))))
    # Between home and there as well: a singularity on the way is one.
    poses = np.concatenate([share * poses for share in (0.5, 1.0)])
    singular = platform.margins(poses).singular
    worst = int(np.argmin(singular))
    sides = _sides(platform, poses)
    if singular[worst] < _NEARLY or (sides != sides[0]).any():
        if (sides != sides[0]).any():
            worst = int(np.argmax(sides != sides[0]))
        message = (
            f"the platform cannot hold, or hardly holds, {_pose(poses[worst])}, which the limits allow:"
            f" smallest singular value {singular[worst]:.3g}, at least {_NEARLY:g} needed"
        )
        yield said(message, "narrow the limits", "limits")


def _sides(platform: Platform, poses: Floats) -> Floats:
    """On which side of the singularities, +1 or -1; all +1 where there are more actuators than axes."""
    columns = [MOTION_AXES.index(axis) for axis in platform.axes]
    jacobian = platform.jacobian(poses)[..., columns]
    if jacobian.shape[-1] != jacobian.shape[-2]:
        return np.ones(len(poses))
    signs: Floats = np.sign(np.linalg.det(jacobian))
    return signs


def _axis(platform: Platform, axis: str, limits: AxisLimits, said: _Said) -> Iterator[Problem]:
    """An axis by itself: its ends, its speed, its acceleration."""
    column = MOTION_AXES.index(axis)
    unit = "m" if axis in LINEAR_AXES else "deg"
    if axis not in platform.axes:
        if limits.low < 0.0 or limits.high > 0.0:
            message = f"{axis} may run {_span(limits.low, limits.high, unit)}, but a {platform.kind} does not move it"
            yield said(message, f"it moves {', '.join(platform.axes)}; leave it out", "limits", axis)
        return
    if not limits.low <= 0.0 <= limits.high:
        message = (
            f"{axis} may run {_span(limits.low, limits.high, unit)}, which leaves out the platform's home"
        )
        yield said(message, "a range holds 0", "limits", axis, "range")
    reach: list[float] = []
    for place, end in enumerate((limits.low, limits.high)):
        asked = np.zeros(6)
        asked[column] = end
        gets = float(platform.clip(asked)[column])
        reach.append(gets)
        if abs(end - gets) > _SLACK * max(1.0, abs(end)):
            legs = platform.legs(asked)
            names = [
                name
                for name, value, low, high in zip(
                    platform.names, legs, platform.low, platform.high, strict=True
                )
                if not low <= value <= high
            ]
            message = (
                f"{axis} of {_shown(end, unit)} cannot be reached: the stroke of {', '.join(names)} ends"
                f" at {_shown(gets, unit)}"
            )
            yield said(message, f"allow no more than {_shown(gets, unit)}", "limits", axis, "range", place)
    along = np.zeros((_ALONG, 6))
    along[:, column] = np.linspace(reach[0], reach[1], _ALONG)
    gains = np.abs(platform.jacobian(along)[..., column]).max(axis=0)
    for what, per, allowed, limit in (
        ("velocity", "/s", platform.velocity, limits.velocity),
        ("acceleration", "/s2", platform.acceleration, limits.acceleration),
    ):
        if limit is None:
            continue
        needed = gains * limit
        worst = int(np.argmax(needed / allowed))
        if needed[worst] > allowed[worst] * (1.0 + _SLACK):
            has = platform.units[worst]
            most = float(np.min(allowed[gains > 0.0] / gains[gains > 0.0]))
            message = (
                f"{what} of {axis} is {_shown(limit, unit)}{per}; {platform.names[worst]} would need"
                f" {_shown(needed[worst], has)}{per} and does {_shown(allowed[worst], has)}{per}"
            )
            yield said(message, f"allow no more than {_shown(most, unit)}{per}", "limits", axis, what)


def _postures(platform: Platform, device: DeviceSpec, said: _Said) -> Iterator[Problem]:
    """Where it goes when something fails, and where it is left."""
    for what, path, values in (
        ("safe", ("safe",), dict(device.safe)),
        ("park", ("settings", "park"), _park(device.settings.get("park"))),
    ):
        pose = np.array([values.get(axis, 0.0) for axis in MOTION_AXES])
        if not values or platform.fits(pose):
            continue
        legs = platform.legs(pose)
        worst = int(np.argmax(np.maximum(platform.low - legs, legs - platform.high)))
        unit = platform.units[worst]
        message = (
            f"its {what} pose ({_pose(pose)}) is outside the workspace: {platform.names[worst]} would be at"
            f" {_shown(legs[worst], unit)}, its stroke is {_span(platform.low[worst], platform.high[worst], unit)}"
        )
        yield said(message, "choose a pose that it can take", *path)


def _park(setting: Any) -> dict[str, float]:
    """Axes of a park pose as the motion families have it in their settings; what is wrong with those, the family says."""
    found: dict[str, float] = {}
    for axis, value in setting.items() if isinstance(setting, Mapping) else ():
        if axis in MOTION_AXES:
            try:
                found[axis] = quantity(value, axis, 0)
            except ValueError:
                return {}
    return found


def _shown(value: float, unit: str) -> str:
    return f"{value * 1000.0:.4g} mm" if unit == "m" else f"{value:.4g} deg"


def _span(low: float, high: float, unit: str) -> str:
    scale, name = (1000.0, "mm") if unit == "m" else (1.0, "deg")
    return f"{low * scale:.4g}..{high * scale:.4g} {name}"


def _pose(pose: Floats) -> str:
    parts = [
        f"{axis} {_shown(value, 'm' if axis in LINEAR_AXES else 'deg')}"
        for axis, value in zip(MOTION_AXES, pose, strict=True)
        if value != 0.0
    ]
    return ", ".join(parts) or "home"
