"""From signals to tracks of a scene. Pure: it is told signals with their instants, and knows no source and no clock.

Levels, colours, shakers and poses become curves thinned to a stated error (`engine.show.recording.thin`), cut into one cue a gesture
so that an author can move and edit them; notes become knocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engine.bus.source import Signal, Value
from engine.show.recording.mapping import COMPONENTS, Kind, Map
from engine.show.recording.thin import Sample, decimals_for, thin

GESTURE_GAP_MS = 1000
"""A value that rests for longer ends a cue; the next movement is a cue of its own."""

KNOCK = 0.02
"""A signal that is no note knocks when it rises from below this share to above it."""

_LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a recorded curve may lie from what came in.

    Attributes
    ----------
    share : float
        Of levels, colours and amplitudes, in parts of 1.
    travel_m, angle_deg : float
    """

    share: float = 0.005
    travel_m: float = 0.0005
    angle_deg: float = 0.05

    def of(self, kind: Kind) -> tuple[float, ...]:
        """By component of a kind."""
        if kind == "motion":
            return (self.travel_m,) * 3 + (self.angle_deg,) * 3
        return (self.share,) * len(COMPONENTS[kind])


@dataclass(frozen=True, slots=True)
class Knock:
    """One transient: intensity 0..1."""

    at_ms: int
    intensity: float


@dataclass(frozen=True, slots=True)
class Gesture:
    """One cue: keys in ms of the recording; `for_ms` where it has to be held beyond its last key."""

    keys: tuple[Sample, ...]
    for_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecordedTrack:
    """One track.

    Attributes
    ----------
    role : str
    kind : str
        Of `engine.show.recording.mapping.KINDS`.
    used : tuple of int
        Components that were mapped.
    decimals : tuple of int
    gestures : tuple of Gesture
    knocks : tuple of Knock
    samples, kept : int
    worst : tuple of float
        Largest deviation by component.
    """

    role: str
    kind: Kind
    used: tuple[int, ...]
    decimals: tuple[int, ...]
    gestures: tuple[Gesture, ...]
    knocks: tuple[Knock, ...]
    samples: int
    kept: int
    worst: tuple[float, ...]


@dataclass(slots=True)
class _Lane:
    """What came in for one role."""

    kind: Kind
    used: set[int] = field(default_factory=set)
    rows: list[tuple[int, int, float]] = field(default_factory=list)
    """(ms, component, value), in the order of arrival."""


class Recording:
    """Collects signals.

    Parameters
    ----------
    maps : sequence of Map
    begin_ns : int
        Instant zero of the recording, on the signals' clock.
    tolerance : Tolerance

    Attributes
    ----------
    refused : int
        Values that are no numbers, or out of all proportion.
    """

    def __init__(self, maps: Sequence[Map], begin_ns: int, tolerance: Tolerance) -> None:
        self._maps = tuple(maps)
        self._begin_ns = begin_ns
        self._tolerance = tolerance
        self._lanes: dict[tuple[str, bool], _Lane] = {}
        for one in maps:
            lane = self._lanes.setdefault((one.role, one.kind == "transient"), _Lane(one.kind))
            if one.component is not None:
                lane.used.add(one.component)
        self._last: dict[str, float] = {}
        self.refused = 0
        self.signals = 0
        self.last_ms = 0

    def take(self, signal: Signal) -> None:
        """Keep what a signal says about the roles of the maps. What came before the beginning is what holds at zero."""
        at_ms = max(0, round((signal.at_ns - self._begin_ns) / 1e6))
        for one in self._maps:
            places = one.places(signal.source, signal.address, len(signal.values))
            lane = self._lanes[one.role, one.kind == "transient"]
            if one.kind == "transient":
                if places or one.places(signal.source, signal.address, 1):
                    self._knock(lane, one, signal, at_ms)
                continue
            for value_index, component in places:
                number = _number(signal.values, value_index)
                if number is None or abs(number * one.scale + one.offset) > _LARGEST:
                    self.refused += 1
                    continue
                number = number * one.scale + one.offset
                if one.kind in ("color", "haptic"):
                    number = max(0.0, number)  # neither has anything below nothing
                lane.used.add(component)
                lane.rows.append((at_ms, component, number))
                self._heard(at_ms)

    def _heard(self, at_ms: int) -> None:
        self.signals += 1
        self.last_ms = max(self.last_ms, at_ms)

    def _knock(self, lane: _Lane, one: Map, signal: Signal, at_ms: int) -> None:
        if not signal.values:
            lane.rows.append((at_ms, 0, 1.0))
            self._heard(at_ms)
            return
        number = _number(signal.values, 0)
        if number is None:
            self.refused += 1
            return
        number = min(1.0, max(0.0, number * one.scale + one.offset))
        key = f"{signal.source} {signal.address}"
        before = self._last.get(key, 0.0)
        self._last[key] = number
        note = signal.address.startswith("/note/")
        if number > 0 and (note or before <= KNOCK < number):
            lane.rows.append((at_ms, 0, number))
            self._heard(at_ms)

    def tracks(self, end_ms: int) -> list[RecordedTrack]:
        """The tracks of a recording that lasted `end_ms`; roles nothing was heard of are left out."""
        found = []
        for (role, _), lane in self._lanes.items():
            rows = sorted(lane.rows, key=lambda row: row[0])  # time tags may have come out of order
            if not rows:
                continue
            if lane.kind == "transient":
                found.append(_knocks(role, rows, self._tolerance.share))
            else:
                found.append(_curve(role, lane, rows, self._tolerance.of(lane.kind), end_ms))
        return found


def _number(values: Sequence[Value], index: int) -> float | None:
    value = values[index] if index < len(values) else None
    # Compared before it is converted: a whole number may be too large for a float.
    return float(value) if isinstance(value, int | float) and abs(value) <= 1e300 else None


def samples_of(rows: Sequence[tuple[int, int, float]], width: int) -> list[Sample]:
    """Vectors from single components: what was not heard yet is 0, what is heard twice in one ms is its newest."""
    now = [0.0] * width
    found: list[Sample] = []
    for at_ms, component, value in rows:
        now[component] = value
        if found and found[-1].at_ms == at_ms:
            found[-1] = Sample(at_ms, tuple(now))
        else:
            found.append(Sample(at_ms, tuple(now)))
    return found


def _knocks(role: str, rows: Sequence[tuple[int, int, float]], tolerance: float) -> RecordedTrack:
    strongest: dict[int, float] = {}
    for at_ms, _, value in rows:
        strongest[at_ms] = max(value, strongest.get(at_ms, 0.0))
    decimals = decimals_for(tolerance)
    knocks = tuple(Knock(at_ms, round(value, decimals)) for at_ms, value in strongest.items())
    worst = max(abs(knock.intensity - strongest[knock.at_ms]) for knock in knocks)
    return RecordedTrack(role, "transient", (0,), (decimals,), (), knocks, len(rows), len(knocks), (worst,))


def _curve(
    role: str,
    lane: _Lane,
    rows: Sequence[tuple[int, int, float]],
    tolerances: tuple[float, ...],
    end_ms: int,
) -> RecordedTrack:
    samples = samples_of(rows, len(tolerances))
    decimals = tuple(decimals_for(tolerance) for tolerance in tolerances)
    if lane.kind == "motion":
        # Lengths are written in mm, whose decimals are three fewer than those of metres.
        decimals = tuple(max(3, count) for count in decimals[:3]) + decimals[3:]
    thinned = thin(samples, tolerances, decimals)
    gestures = _gestures(thinned.keys, haptic=lane.kind == "haptic", end_ms=end_ms)
    return RecordedTrack(
        role,
        lane.kind,
        tuple(sorted(lane.used)),
        decimals,
        gestures,
        (),
        thinned.samples,
        sum(len(gesture.keys) for gesture in gestures),
        thinned.worst,
    )


def _gestures(keys: Sequence[Sample], *, haptic: bool, end_ms: int) -> tuple[Gesture, ...]:
    """Cut where the value rests. A shaker's cue gives nothing after its end, so only silence may be cut there."""
    groups: list[list[Sample]] = [[keys[0]]]
    for before, after in pairwise(keys):
        rests = after.value == before.value and after.at_ms - before.at_ms >= GESTURE_GAP_MS
        if rests and (not haptic or not any(before.value)):
            # The resting value needs no key of its own: a cue's last value holds.
            groups.append([after])
        else:
            groups[-1].append(after)
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups.pop()  # the recording ended while the value rested: nothing new is said
    found = []
    for number, group in enumerate(groups):
        for_ms: int | None = None
        if haptic and any(group[-1].value):
            until_ms = groups[number + 1][0].at_ms if number + 1 < len(groups) else end_ms
            for_ms = max(until_ms, group[-1].at_ms + 1) - group[0].at_ms
        found.append(Gesture(tuple(group), for_ms))
    return tuple(found)
