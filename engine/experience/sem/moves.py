"""Moves from rest to rest: how a distance, a speed and an acceleration become points of a curve.

A move gathers speed at its acceleration, keeps its speed, and brakes as it gathered: a trapezoid of speed, a triangle where the
distance is too short for the speed. Its curve is made of parabolas and lines, which splines give exactly, so that what is played
has the very peaks that the file names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from engine.experience.scene_writer import Fl, pose
from engine.time.flicks import FLICKS_PER_SECOND

EASE_S = 0.1
"""How long a move gathers speed that names a speed and no acceleration."""

LONGEST_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Move:
    """A move from rest to rest.

    Parameters
    ----------
    distance
        How far, in metres or degrees, at least 0.
    ramp_s
        How long it gathers speed, and brakes.
    cruise_s
        How long it keeps its speed.
    """

    distance: float
    ramp_s: float
    cruise_s: float

    @property
    def time_s(self) -> float:
        """How long it takes."""
        return 2.0 * self.ramp_s + self.cruise_s

    @property
    def peak_speed(self) -> float:
        """Its highest speed, in units of the distance a second."""
        span_s = self.ramp_s + self.cruise_s
        return self.distance / span_s if span_s > 0.0 else 0.0


def move_over(distance: float, speed: float | None, acceleration: float | None, default_s: float) -> Move:
    """The quickest move that keeps to a speed and an acceleration; ``default_s`` long where neither is given."""
    if distance <= 0.0:
        return Move(0.0, default_s / 2.0, 0.0)
    if speed and acceleration:
        if distance <= speed * speed / acceleration:
            return Move(distance, math.sqrt(distance / acceleration), 0.0)
        ramp_s = speed / acceleration
        return Move(distance, ramp_s, distance / speed - ramp_s)
    if acceleration:
        return Move(distance, math.sqrt(distance / acceleration), 0.0)
    if speed:
        ramp_s = min(EASE_S, distance / speed)
        return Move(distance, ramp_s, distance / speed - ramp_s)
    return Move(distance, default_s / 2.0, 0.0)


def move_within(time_s: float, speed: float | None, acceleration: float | None) -> Move:
    """The farthest move within a time that keeps to a speed and an acceleration; none at all where neither is given."""
    half_s = time_s / 2.0
    if speed and acceleration:
        ramp_s = min(speed / acceleration, half_s)
        return Move(acceleration * ramp_s * (time_s - ramp_s), ramp_s, time_s - 2.0 * ramp_s)
    if acceleration:
        return Move(acceleration * half_s * half_s, half_s, 0.0)
    if speed:
        ramp_s = min(EASE_S, half_s)
        return Move(speed * (time_s - ramp_s), ramp_s, time_s - 2.0 * ramp_s)
    return Move(0.0, half_s, 0.0)


def move_in(time_s: float, distance: float) -> Move:
    """A move of a given length in time, which gathers speed for a quarter of it, at most `EASE_S`."""
    ramp_s = min(EASE_S, time_s / 4.0)
    return Move(distance, ramp_s, time_s - 2.0 * ramp_s)


def there_and_back(move: Move, axes: dict[str, float], leave_fl: int | None) -> list[list[Any]]:
    """Points of a spline: the move along some axes, a stay, and the same way back at the same pace.

    Parameters
    ----------
    move : Move
    axes : dict of str to float
        Share and sign of the distance on each axis of a seat.
    leave_fl : int or None
        When the way back begins, not before the move has ended; None for at once.

    Returns
    -------
    list
        Rows ``[time, tangent, value, tangent]`` of a motion cue with ``shape: spline``.
    """
    peak = move.peak_speed
    near = 0.5 * peak * move.ramp_s
    way = [
        (0.0, 0.0, 0.0),
        (move.ramp_s, near, peak),
        (move.ramp_s + move.cruise_s, move.distance - near, peak),
        (move.time_s, move.distance, 0.0),
    ]
    points = [(_fl(at_s), value, slope) for at_s, value, slope in way]
    there_fl = points[-1][0]
    leave_fl = there_fl if leave_fl is None else max(leave_fl, there_fl)
    back_fl = leave_fl + there_fl
    points += [(back_fl - at_fl, value, -slope) for at_fl, value, slope in reversed(points)]
    rows: list[list[Any]] = []
    for at_fl, value, slope in points:
        if rows and at_fl <= rows[-1][0].fl:
            continue  # a cruise of no length, a stay of no length
        tangent = _along(axes, slope)
        rows.append([Fl(at_fl), tangent, _along(axes, value), tangent])
    return rows


def _along(axes: dict[str, float], size: float) -> dict[str, Any]:
    return pose(**{axis: size * part for axis, part in axes.items() if size * part})


def _fl(seconds: float) -> int:
    return round(min(seconds, LONGEST_S) * FLICKS_PER_SECOND)
