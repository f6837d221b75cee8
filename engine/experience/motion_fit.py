"""Whether a scene's motion fits the seats of a rig, so that an author hears of it before the governor does.

The governor cuts what is too far and slows what is too fast: nobody is thrown about, but the guest feels
something else than was written. Reactions and seams are left to it; here each scene is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.experience.resolve import Bindings
from engine.experience.rig import AxisLimits, Rig
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleTable
from engine.units import LINEAR_AXES, MOTION_AXES

# A seat is driven at 100 to 1000 Hz, but what a body notices and what authors write lies below 10 Hz.
COURSE_HZ = 50
_STEP_FL = FLICKS_PER_SECOND // COURSE_HZ


@dataclass(frozen=True, slots=True)
class Excess:
    """One axis that a scene drives beyond a seat's limits, at its worst."""

    role: str
    device: str
    axis: str
    what: str
    asked: float
    low: float
    high: float
    at_fl: int

    def __str__(self) -> str:
        unit, scale = ("mm", 1000.0) if self.axis in LINEAR_AXES else ("deg", 1.0)
        per = "/s" if self.what == "velocity" else ""
        verb = "moves at" if per else "reaches"
        return (
            f"{self.role}: {self.axis} {verb} {self.asked * scale:.4g} {unit}{per}, {self.device} allows"
            f" {self.low * scale:.4g}..{self.high * scale:.4g} {unit}{per}"
        )


def excesses(scene: Program, roles: RoleTable, rig: Rig, bindings: Bindings) -> Iterator[Excess]:
    """Give every axis of every seat that a scene drives too far or too fast, once per device and axis."""
    for index, role in enumerate(roles):
        if role.kind is not RoleKind.MOTION:
            continue
        devices = [row.device for row in bindings.of_role(role.name) if row.rendered_as is None]
        limits = {name: rig.device(name).limits for name in devices}
        if not any(limits.values()):
            continue
        sampled = motion_course(scene, index)
        if sampled is None:
            continue
        at_fl, pose = sampled
        speed = np.diff(pose, axis=0) * (FLICKS_PER_SECOND / _STEP_FL)
        for name, axes in limits.items():
            for column, axis in enumerate(MOTION_AXES):
                limit = axes.get(axis)
                if limit is None:
                    continue
                yield from _beyond(role.name, name, axis, limit, pose[:, column], speed[:, column], at_fl)


def motion_course(scene: Program, role: int) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """A scene's motion on one role, `COURSE_HZ` times a second: instants in flicks, poses float64[n, 6]; None where it has none.

    Without the very end: what a motion does there is a seam, which is blended.
    """
    driven = [row for row in scene.contributions if row.role == role]
    if not driven:
        return None
    at_fl = np.arange(0, scene.duration.nominal_fl, _STEP_FL, dtype=np.int64)
    values = scene.bank.evaluate_many(at_fl)
    pose = np.zeros((len(at_fl), len(MOTION_AXES)))
    for contribution in driven:
        pose[:, contribution.components] += np.nan_to_num(values[:, contribution.channels])
    return at_fl, pose


def _beyond(
    role: str,
    device: str,
    axis: str,
    limit: AxisLimits,
    pose: np.ndarray,
    speed: np.ndarray,
    at_fl: np.ndarray,
) -> Iterator[Excess]:
    checks = [("range", pose, limit.low, limit.high)]
    if limit.velocity is not None:
        checks.append(("velocity", speed, -limit.velocity, limit.velocity))
    for what, row, low, high in checks:
        over = np.maximum(row - high, low - row)
        worst = int(over.argmax()) if over.size else 0
        # A thousandth of the span is rounding, not intent.
        if over.size and over[worst] > 1e-3 * (high - low):
            yield Excess(role, device, axis, what, float(row[worst]), low, high, int(at_fl[worst]))
