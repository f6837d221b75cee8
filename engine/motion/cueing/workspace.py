"""What all the seats that play a role may do: one workspace, as narrow as the narrowest of them.

The value of a role is one for all seats, so that a thousand seats cost what one does; a motion derived for them is fitted once, into what
*every* seat can do: on each axis the least range, speed, acceleration and jerk of those that have it, and the actuators of every distinct
platform. A seat without an axis limits nothing on it and leaves it out. Heads are where they are on average.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.experience.resolve import Bindings
from engine.experience.rig import Rig
from engine.motion.cueing.spline import sampled
from engine.motion.cueing.values import KNOT_HZ, Floats, Legs, Workspace
from engine.motion.platforms.factory import make_platform
from engine.motion.platforms.values import Platform
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.program import Program
from engine.units import MOTION_AXES

NOMINAL = Workspace(
    low=(-0.04, -0.04, -0.05, -8.0, -8.0, -6.0),
    high=(0.04, 0.04, 0.05, 8.0, 8.0, 6.0),
    velocity=(0.2, 0.2, 0.25, 20.0, 20.0, 20.0),
    acceleration=(1.5, 1.5, 2.5, 120.0, 120.0, 120.0),
    jerk=(20.0, 20.0, 30.0, 1500.0, 1500.0, 1500.0),
    head_m=(0.0, 0.0, 0.9),
)
"""A small seat with 100 mm of stroke, for roles that no motion seat of the rig plays: what a shaker in its place then makes rumble of."""

_LOOK_HZ = 100
_IN_HAND = 1.0 - 1e-3
_PER_PIECE = 4
_BENT = 0.05
"""Share of a leg's room and rates left for what its length is not linear in; the exact check has the last word."""


def workspace_of(rig: Rig, bindings: Bindings, role: str) -> tuple[Workspace, tuple[Platform, ...]]:
    """What the seats that play a role may do, and their distinct platforms.

    Parameters
    ----------
    rig, bindings
        The venue, and who plays what there.
    role
        Name of a role of kind motion.
    """
    rows = [row for row in bindings.of_role(role) if row.rendered_as is None]
    devices = {row.device: rig.device(row.device) for row in rows}
    seats = [device for device in devices.values() if any(axis in device.limits for axis in MOTION_AXES)]
    if not seats:
        return NOMINAL, ()
    narrow: list[tuple[float, float, float, float, float]] = []
    for axis in MOTION_AXES:
        limits = [device.limits[axis] for device in seats if axis in device.limits]
        if not limits:
            narrow.append((0.0,) * 5)
            continue
        narrow.append(
            (
                max(limit.low for limit in limits),
                min(limit.high for limit in limits),
                min(_rate(limit.velocity) for limit in limits),
                min(_rate(limit.acceleration) for limit in limits),
                min(_rate(limit.jerk) for limit in limits),
            )
        )
    low, high, velocity, acceleration, jerk = zip(*narrow, strict=True)
    named = {row.seat for row in rows if row.seat >= 0} or set(range(len(rig.seats)))
    pivots = np.array([rig.seats[seat].pivot_m for seat in sorted(named)])
    head = -pivots.mean(axis=0)
    specs = {repr(device.platform): device.platform for device in seats if device.platform is not None}
    platforms = tuple(make_platform(spec) for spec in specs.values())
    workspace = Workspace(
        low,
        high,
        velocity,
        acceleration,
        jerk,
        (float(head[0]), float(head[1]), float(head[2])),
        tuple(map(legs_near_home, platforms)),
    )
    return workspace, platforms


def room_left(workspace: Workspace, program: Program, role: int) -> Workspace:
    """What is left of a workspace beside what a scene's authored tracks play on the role, and for one of several derived motions.

    Ranges and speeds: the sum of what is drawn and what is fitted keeps them. Where what is drawn leaves no room on an axis, nothing is
    fitted there. Acceleration and jerk of drawn curves are the governor's.
    """
    sharing = sum(motion.role == role for motion in program.derived)
    drawn = [row for row in program.contributions if row.role == role and row.mix == "add"]
    low, high, speed = np.array(workspace.low), np.array(workspace.high), np.array(workspace.velocity)
    if drawn:
        step_fl = FLICKS_PER_SECOND // _LOOK_HZ
        at_fl = np.arange(0, program.duration.nominal_fl + step_fl, step_fl, dtype=np.int64)
        values = program.bank.evaluate_many(at_fl)
        poses = np.zeros((len(at_fl), 6))
        for row in drawn:
            poses[:, row.components] += np.nan_to_num(values[:, row.channels])
        low = np.minimum(low - np.minimum(poses.min(axis=0), 0.0), 0.0)
        high = np.maximum(high - np.maximum(poses.max(axis=0), 0.0), 0.0)
        speed = np.maximum(speed - np.abs(np.diff(poses, axis=0)).max(axis=0) * _LOOK_HZ, 0.0)
    if not drawn and sharing <= 1:
        return workspace
    share = 1.0 / max(sharing, 1)

    def row_of(values: Floats | tuple[float, ...]) -> tuple[float, ...]:
        return tuple(float(value) * share for value in values)

    return replace(
        workspace,
        low=row_of(low),
        high=row_of(high),
        velocity=row_of(speed),
        acceleration=row_of(workspace.acceleration),
        jerk=row_of(workspace.jerk),
    )


def _rate(value: float | None) -> float:
    """A rig's limit; a motion axis has them all, and one that has none is as good as unlimited."""
    return 1e6 if value is None else value


def legs_near_home(platform: Platform) -> Legs:
    """A platform's actuators as the fit takes them: linear about the pose zero, with a little left free."""

    def row(values: Floats) -> tuple[float, ...]:
        return tuple(float(value) for value in values)

    home = platform.legs(np.zeros(6))
    room = _BENT * np.minimum(platform.high - home, home - platform.low)
    return Legs(
        home=row(home),
        jacobian=tuple(row(weights) for weights in platform.jacobian(np.zeros(6))),
        error=row(room),
        low=row(platform.low),
        high=row(platform.high),
        velocity=row((1.0 - _BENT) * platform.velocity),
        acceleration=row((1.0 - _BENT) * platform.acceleration),
    )


def shrink_to_legs(platforms: tuple[Platform, ...]) -> Callable[[Floats], float] | None:
    """The exact check of a course against actuators.

    Parameters
    ----------
    platforms
        Whose legs.

    Returns
    -------
    callable or None
        Given control points float64[K + 1, 6], 1.0 where every leg keeps stroke, speed and acceleration at every instant of 5 ms, with
        a thousandth in hand for those in between; else by how much to shrink the course. None where there are no legs.
    """
    if not platforms:
        return None

    def factor(control: Floats) -> float:
        poses, velocity, acceleration = sampled(control, KNOT_HZ, _PER_PIECE)
        worst = 0.0
        for platform in platforms:
            home = platform.legs(np.zeros(6))
            moved = platform.legs(poses) - home
            speed, bend = platform.rates(poses, velocity, acceleration)
            if not (np.isfinite(moved).all() and np.isfinite(speed).all() and np.isfinite(bend).all()):
                return 0.5
            worst = max(
                worst,
                float((moved / (platform.high - home)).max()),
                float((moved / (platform.low - home)).max()),
                float((np.abs(speed) / platform.velocity).max()),
                float((np.abs(bend) / platform.acceleration).max()),
            )
        return 1.0 if worst <= _IN_HAND else max(0.5, (1.0 - 1e-4) * _IN_HAND / worst)

    return factor
