"""What every haptic format says in the end: amplitude and sharpness over time, and single knocks.

Amplitude is physical, 0..1. Formats that think in perceived intensity (AHAP) take its square root, as the converter of the .haptic format's
makers does. Sharpness 0..1 spans `LOW_HZ` to `LOW_HZ + SPAN_HZ`, the band of the MPEG reference model and of the timeline's own
transients.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import PackageError, Place, Problem
from engine.timeline.curves import TRANSIENT_LOW_HZ, TRANSIENT_SPAN_HZ

LOW_HZ, SPAN_HZ = TRANSIENT_LOW_HZ, TRANSIENT_SPAN_HZ
LONGEST_S = 24 * 3600.0
MAX_POINTS = 500_000
_ENDLESS = 1e300  # whole numbers of a JSON file may be too large for a float; NaN is below nothing


@dataclass(frozen=True, slots=True)
class Point:
    """A point of an envelope: seconds, and a value 0..1; linear in between."""

    t_s: float
    value: float


@dataclass(frozen=True, slots=True)
class Knock:
    """A single tap: seconds, amplitude 0..1 and sharpness 0..1."""

    t_s: float
    amplitude: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class HapticClip:
    """One place of the body.

    Parameters
    ----------
    name : str
        Of the place, "" where the file knows only one.
    amplitude : tuple of Point
        By time; zero before the first and after the last. Two points at one time are a step.
    sharpness : tuple of Point
        By time; constant before and after; empty for the middle.
    knocks : tuple of Knock
        By time.
    """

    name: str = ""
    amplitude: tuple[Point, ...] = ()
    sharpness: tuple[Point, ...] = ()
    knocks: tuple[Knock, ...] = ()

    @property
    def length_s(self) -> float:
        """When the last thing happens."""
        ends = [points[-1].t_s for points in (self.amplitude, self.sharpness) if points]
        ends += [self.knocks[-1].t_s] if self.knocks else []
        return max(ends, default=0.0)

    def amplitude_at(self, t_s: float) -> float:
        """Amplitude of the envelope; zero outside."""
        if not self.amplitude or not self.amplitude[0].t_s <= t_s <= self.amplitude[-1].t_s:
            return 0.0
        return _at(self.amplitude, t_s)

    def sharpness_at(self, t_s: float) -> float:
        """Sharpness; the middle where the clip has none."""
        return _at(self.sharpness, t_s) if self.sharpness else 0.5


@dataclass(frozen=True, slots=True)
class HapticFile:
    """A file: its clips, and what a person should know."""

    clips: tuple[HapticClip, ...]
    notices: tuple[Problem, ...] = ()
    title: str = ""
    author: str = ""


def hz_of(sharpness: float) -> float:
    """Frequency of a sharpness, in Hz."""
    return LOW_HZ + SPAN_HZ * min(max(sharpness, 0.0), 1.0)


def sharpness_of(hz: float) -> float:
    """Sharpness of a frequency, 0..1."""
    return min(max((hz - LOW_HZ) / SPAN_HZ, 0.0), 1.0)


def _at(points: Sequence[Point], t_s: float) -> float:
    index = bisect_right(points, t_s, key=lambda point: point.t_s)
    if index == 0:
        return points[0].value
    if index == len(points):
        return points[-1].value
    a, b = points[index - 1], points[index]
    return a.value + (b.value - a.value) * (t_s - a.t_s) / (b.t_s - a.t_s)


def loudest(clips: Iterable[HapticClip], times_s: Iterable[float]) -> list[float]:
    """The highest amplitude of several clips at each of some instants.

    Parameters
    ----------
    clips : iterable of HapticClip
    times_s : iterable of float
        Ascending.

    Notes
    -----
    Only those that sound are looked at: a project of thousands of short notes costs what overlaps in it.
    """
    coming = sorted((clip for clip in clips if clip.amplitude), key=lambda clip: clip.amplitude[0].t_s)
    at = 0
    sounding: list[HapticClip] = []
    levels = []
    for t_s in times_s:
        while at < len(coming) and coming[at].amplitude[0].t_s <= t_s:
            sounding.append(coming[at])
            at += 1
        sounding = [clip for clip in sounding if clip.amplitude[-1].t_s >= t_s]
        levels.append(max((clip.amplitude_at(t_s) for clip in sounding), default=0.0))
    return levels


@dataclass(slots=True)
class Reading:
    """Helps a reader: numbers with a name, and notices instead of exceptions where a file can still be played."""

    shown: str
    notices: list[Problem] = field(default_factory=list)

    def refuse(self, message: str, hint: str) -> PackageError:
        """The error of a file that cannot be read at all."""
        return PackageError([Problem(Place(self.shown), message, hint, code="haptic")])

    def say(self, message: str, hint: str) -> None:
        """Keep a notice, once."""
        if not any(notice.message == message for notice in self.notices):
            self.notices.append(Problem(Place(self.shown), message, hint, "warning", code="haptic"))

    def number(
        self, row: Any, key: str, default: float | None = None, *, low: float = -1e9, high: float = 1e9
    ) -> float:
        """A number of a mapping, brought into a range; texts that are numbers are taken for them.

        Raises
        ------
        PackageError
            Where there is none and no default.
        """
        value = row.get(key) if isinstance(row, Mapping) else None
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _ENDLESS:
            if default is None:
                raise self.refuse(
                    f"{key} is {value!r}, a number is needed", "repair or export the file again"
                )
            if value is not None:
                self.say(f"{key} is {value!r}, not a number", f"read as {default:g}")
            return default
        if not low <= value <= high:
            self.say(f"{key} is {value:g}, outside {low:g} to {high:g}", "brought to its end")
        return float(min(max(value, low), high))

    def rows(self, row: Any, key: str) -> list[Any]:
        """A list of a mapping; empty where there is none."""
        value = row.get(key) if isinstance(row, Mapping) else None
        if value is None:
            return []
        if not isinstance(value, list):
            self.say(f"{key} is not a list", "left out")
            return []
        if len(value) > MAX_POINTS:
            self.say(f"{key} has {len(value)} entries", f"the first {MAX_POINTS} are read")
        return value[:MAX_POINTS]


def ordered(points: Iterable[Point], reading: Reading, what: str) -> tuple[Point, ...]:
    """Points by time; a file that has them out of order is told so."""
    given = list(points)
    made = sorted(given, key=lambda point: point.t_s)
    if made != given:
        reading.say(f"{what}: points are out of order", "sorted by time")
    return tuple(made)
