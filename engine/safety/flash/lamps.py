"""Lamps that a guest sees beside the picture, or whose light fills the room: strobes, washes, seat lights.

A lamp is a course of colours in linear light. Between two instants it either holds or goes straight from one to the next,
and its transitions are found at the very instants at which they are complete, not at the next frame of a picture.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.colour import LUMINANCE, RED_SCALE
from engine.safety.flash.profiles import FlashProfile
from engine.safety.flash.turns import Reach, Step, TurnRule
from engine.time.flicks import FLICKS_PER_SECOND

Floats = NDArray[np.float64]


class Turn(NamedTuple):
    """One transition of one cell."""

    at_fl: int
    cell: int
    up: bool


@dataclass(frozen=True, slots=True)
class LampTrack:
    """One lamp, or one group that goes together.

    Parameters
    ----------
    role : str
        For messages.
    at_fl : ndarray of int64, shape (n,)
        Instants, flicks, rising; the first colour holds before them and the last one after. Two equal instants are a jump.
    rgb : ndarray of float64, shape (n, 3)
        Linear red, green and blue, 0 to 1 of the lamp's full output.
    solid_sr, field_share : float or None
        What it fills: steradians of the view, or the share of any field of 10 degrees (0 to 1) where it lights surroundings.
        One of the two.
    direction_deg : (float, float) or None
        Azimuth (to the right) and elevation from straight ahead; None where it is not known or lies all around: then it
        is counted in every field.
    white : float
        Luminance of the lamp at full white against the display's white; 1 is as bright as the display.
    linear : bool
        Straight between instants; otherwise held until the next.
    """

    role: str
    at_fl: NDArray[np.int64]
    rgb: Floats
    solid_sr: float | None = None
    field_share: float | None = None
    direction_deg: tuple[float, float] | None = None
    white: float = 1.0
    linear: bool = False

    def __post_init__(self) -> None:
        instants = np.asarray(self.at_fl)
        if instants.ndim != 1 or len(instants) == 0 or np.shape(self.rgb) != (len(instants), 3):
            raise ValueError(
                f"lamp '{self.role}': {np.shape(self.rgb)} colours at {np.shape(instants)} instants; one row of red, "
                "green and blue an instant, at least one"
            )
        if np.any(np.diff(instants) < 0):
            raise ValueError(
                f"lamp '{self.role}': its instants do not rise (at index {int(np.argmax(np.diff(instants) < 0))})"
            )
        if not np.isfinite(self.rgb).all() or np.min(self.rgb) < 0:
            raise ValueError(f"lamp '{self.role}': a colour is negative or not a number; 0 to 1 is expected")
        if (self.solid_sr is None) == (self.field_share is None):
            raise ValueError(
                f"lamp '{self.role}': give either a solid angle or a share of the field, not both"
            )
        size = self.solid_sr if self.solid_sr is not None else self.field_share
        if size is None or not (math.isfinite(size) and 0 <= size <= 4 * math.pi):
            raise ValueError(f"lamp '{self.role}': it fills {size!r}; 0 or more is expected")
        if self.field_share is not None and self.field_share > 1:
            raise ValueError(f"lamp '{self.role}': it fills {self.field_share:g} of a field; 1 is all of it")
        if not (math.isfinite(self.white) and self.white > 0):
            raise ValueError(
                f"lamp '{self.role}': its white is {self.white!r} of the display's; it has to be above 0"
            )

    def direction(self) -> Floats | None:
        """Unit vector to it: X right, Y forward, Z up; None where it is everywhere."""
        if self.direction_deg is None:
            return None
        azimuth, elevation = (math.radians(one) for one in self.direction_deg)
        level = math.cos(elevation)
        return np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(elevation)])


def strobe_lamp(
    role: str,
    from_fl: int,
    to_fl: int,
    rate_hz: float,
    *,
    duty: float = 0.5,
    rgb: tuple[float, float, float] = (1.0, 1.0, 1.0),
    solid_sr: float | None = None,
    field_share: float | None = None,
    direction_deg: tuple[float, float] | None = None,
    white: float = 1.0,
) -> LampTrack:
    """A fixture that flashes by itself: what its console channel sets is a rate, not a level.

    Parameters
    ----------
    from_fl, to_fl : int
        When it is strobing, flicks; dark before and after.
    rate_hz : float
        Flashes a second, above 0.
    duty : float
        Share of a period that is lit, above 0 and below 1.

    The other parameters are those of `LampTrack`.

    Raises
    ------
    ValueError
        A rate, duty or time that cannot be, or what `LampTrack` refuses.
    """
    if not (math.isfinite(rate_hz) and rate_hz > 0 and 0 < duty < 1 and to_fl > from_fl):
        raise ValueError(
            f"strobe '{role}': {rate_hz!r} Hz lit for {duty!r} of a period from {from_fl} to {to_fl} fl; a rate above 0, "
            "a duty between 0 and 1 and an end behind the beginning are expected"
        )
    period_fl = FLICKS_PER_SECOND / rate_hz
    begins = from_fl + np.arange(math.ceil((to_fl - from_fl) / period_fl)) * period_fl
    ends = np.minimum(begins + duty * period_fl, to_fl)
    instants = np.concatenate([[min(0, from_fl)], np.stack([begins, ends], axis=1).ravel()])
    lit = np.concatenate([[0.0], np.tile([1.0, 0.0], len(begins))])
    colours = lit[:, None] * np.array(rgb, dtype=np.float64)
    at_fl = np.round(instants).astype(np.int64)
    return LampTrack(role, at_fl, colours, solid_sr, field_share, direction_deg, white)


class Course(NamedTuple):
    """A lamp as it is judged: values in the rule's unit and whether each is saturated red."""

    at_fl: Sequence[int]
    values: Sequence[float]
    opened: Sequence[bool]


def lamp_courses(lamp: LampTrack, profile: FlashProfile, peak_cd_m2: float) -> tuple[Course, Course]:
    """Its luminance and its red measure, at every break; red never goes above that of the display's full red."""
    rgb = np.asarray(lamp.rgb, dtype=np.float64) * lamp.white
    instants = [int(one) for one in lamp.at_fl]
    unit = peak_cd_m2 if profile.unit == "cd_m2" else 1.0
    luminance = rgb @ np.array(LUMINANCE) * unit
    others = rgb[:, 1] + rgb[:, 2]
    red = np.clip(rgb[:, 0] - others, 0.0, 1.0) * RED_SCALE
    opened = (rgb[:, 0] > 1e-4) & (
        rgb[:, 0] * (1 - profile.red_saturation) >= others * profile.red_saturation - 1e-9
    )
    free = [True] * len(instants)
    return Course(instants, luminance.tolist(), free), Course(instants, red.tolist(), opened.tolist())


def course_until(course: Course, at_fl: int, *, linear: bool) -> Course:
    """The part of a course that lies until an instant, with its value there."""
    count = max(1, bisect.bisect_right(course.at_fl, at_fl))
    instants, values, opened = (
        list(course.at_fl[:count]),
        list(course.values[:count]),
        list(course.opened[:count]),
    )
    if linear and count < len(course.at_fl) and instants[-1] < at_fl:
        part = (at_fl - instants[-1]) / (course.at_fl[count] - instants[-1])
        instants.append(at_fl)
        values.append(values[-1] + part * (course.values[count] - values[-1]))
        # Saturated at either end: it may be anywhere between.
        opened.append(opened[-1] or course.opened[count])
    return Course(instants, values, opened)


class LampTurns(NamedTuple):
    """Every transition of one lamp, its end, and the steps by which it reached the first one."""

    turns: list[Turn]
    tail: Reach
    steps: list[Step]


def course_turns(course: Course, rule: TurnRule, cell: int, *, linear: bool) -> LampTurns:
    """Follow one lamp.

    On a straight stretch the luminance, the red measure and the saturation all have their extremes at the ends (the
    saturation is a quotient of two linear courses, so it has no maximum inside), so nothing between two breaks is missed;
    the instant inside the stretch is where the line meets the value that completes the change, rounded up to a flick.
    """
    turns: list[Turn] = []
    direction = 0
    low = high = first = course.values[0]
    low_open = high_open = course.opened[0]
    steps: list[Step] = []
    before_at, before = course.at_fl[0], first
    slack = rule.change * 1e-9
    for at, value, opened in zip(course.at_fl, course.values, course.opened, strict=True):
        if not turns and (value != before or not steps):
            begun_fl = before_at if linear else at
            steps.append(_step(at, cell, value, opened, begun_fl, before))
        if value < low or (value == low and opened):
            low, low_open = value, opened
        if value > high or (value == high and opened):
            high, high_open = value, opened
        margin = slack if rule.strict else -slack
        turned = 0
        target = value
        if direction <= 0 and (low_open or opened or not rule.gated):
            level = rule.level_up(low) + margin
            if value >= level and value > low:
                turned, target = 1, level
        if not turned and direction >= 0 and (high_open or opened or not rule.gated):
            level = rule.level_down(high) - margin
            # The darker state has to lie below its limit, not on it.
            if value <= level and value < high and (value < rule.dark_below or rule.michelson is not None):
                turned, target = -1, level
        if turned:
            part = 1.0
            if linear and at > before_at and value != before:
                part = min(1.0, max(0.0, (target - before) / (value - before)))
            turns.append(Turn(before_at + math.ceil((at - before_at) * part), cell, turned > 0))
            direction = turned
            low = high = value
            low_open = high_open = opened
        before_at, before = at, value
    return LampTurns(turns, _reach(low, high, low_open, high_open, direction), steps)


def _step(at_fl: int, cell: int, value: float, opened: bool, since_fl: int, since: float) -> Step:
    values, flags = np.array([value], dtype=np.float32), np.array([opened])
    return Step(at_fl, np.array([cell], dtype=np.intp), values, flags, since_fl, since)


def _reach(low: float, high: float, low_open: bool, high_open: bool, direction: int) -> Reach:
    def flag(value: bool) -> NDArray[np.bool_]:
        return np.array([value])

    return Reach(
        np.array([low], dtype=np.float32),
        np.array([high], dtype=np.float32),
        flag(low_open),
        flag(high_open),
        flag(direction <= 0),
        flag(direction >= 0),
    )
