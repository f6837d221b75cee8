"""From a seat's pose to the strokes of its actuators: linear, for small angles.

An actuator at (x, y) under the seat (X right, Y forward, metres) lifts the point above it. Roll is + right
side down and pitch + nose up, so the point rises by ``heave - x * roll + y * pitch`` (angles in radians). At
10 degrees and 0.3 m the error against the sine is 0.3 mm, below what these actuators repeat.

Actuators that do not lift (a traction-loss slide, a yaw ring) have an explicit row of gains instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.units import MOTION_AXES


@dataclass(frozen=True, slots=True)
class Actuator:
    """One actuator.

    Parameters
    ----------
    gains : tuple of 6 floats
        Stroke in m per unit of surge, sway, heave (m) and roll, pitch, yaw (deg).
    stroke_m : float
        From end to end.
    inverted : bool
        Whether it extends for smaller raw values.
    """

    gains: tuple[float, ...]
    stroke_m: float
    inverted: bool = False

    def extension(self, pose: Sequence[float]) -> float:
        """Share -1..1 of the half stroke for a pose; may lie outside, the encoder clamps."""
        stroke_m = 0.0
        for gain, value in zip(self.gains, pose, strict=True):
            stroke_m += gain * value
        share = 2.0 * stroke_m / self.stroke_m
        return -share if self.inverted else share


def lift_gains(x_m: float, y_m: float) -> tuple[float, ...]:
    """Gains of an actuator that lifts the point (x, y) of the seat."""
    return (0.0, 0.0, 1.0, -math.radians(1.0) * x_m, math.radians(1.0) * y_m, 0.0)


def axis_gains(gains: Mapping[str, float]) -> tuple[float, ...]:
    """Gains from a mapping by axis name.

    Raises
    ------
    ValueError
        For an axis that does not exist, or a gain that is no finite number.
    """
    if not isinstance(gains, Mapping):
        raise ValueError(f"gains are {gains!r}; write {{heave: 1}}, metres of stroke per unit of each axis")
    for axis in gains:
        if axis not in MOTION_AXES:
            raise ValueError(f"{axis!r} is not a motion axis; allowed: {', '.join(MOTION_AXES)}")
    found = tuple(float(gains.get(axis, 0.0)) for axis in MOTION_AXES)
    if not all(map(math.isfinite, found)):
        raise ValueError(f"gains are {gains!r}; each must be a finite number")
    return found


def own_axes(half_ranges: Sequence[float]) -> tuple[Actuator, ...]:
    """One value an axis, for controllers with their own kinematics: half the range is full extension."""
    return tuple(
        Actuator(tuple(1.0 / half if other == index else 0.0 for other in range(len(half_ranges))), 2.0)
        for index, half in enumerate(half_ranges)
    )


def four_corners(half_track_m: float, half_base_m: float, stroke_m: float) -> tuple[Actuator, ...]:
    """Front left, front right, rear left, rear right."""
    return tuple(
        Actuator(lift_gains(x_m, y_m), stroke_m)
        for y_m in (half_base_m, -half_base_m)
        for x_m in (-half_track_m, half_track_m)
    )
