""".haps, the effect format of Interhaptics: melodies of notes, of which the vibration is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.experience.haptics.clip import (
    LONGEST_S,
    HapticClip,
    HapticFile,
    Knock,
    Point,
    Reading,
    loudest,
    sharpness_of,
)

_TRANSIENT = 0
_EDGE_S = 1e-6


def read_haps(data: Any, reading: Reading) -> HapticFile:
    """A file's content.

    Raises
    ------
    PackageError
        Without a vibration.
    """
    vibration = data.get("m_vibration") if isinstance(data, Mapping) else None
    if not isinstance(vibration, Mapping):
        raise reading.refuse("no m_vibration", "only vibrations of .haps files are read")
    for other in ("m_stiffness", "m_texture"):
        if isinstance(data.get(other), Mapping) and data[other].get("m_melodies"):
            reading.say(f"{other} needs a device that is pressed or stroked", "left out")
    gain = reading.number(data, "m_gain", 1.0, low=0.0, high=10.0) * reading.number(
        vibration, "m_gain", 1.0, low=0.0, high=10.0
    )
    notes: list[HapticClip] = []
    knocks: list[Knock] = []
    for melody in reading.rows(vibration, "m_melodies"):
        if isinstance(melody, Mapping) and melody.get("m_mute") in (1, True):
            continue
        level = gain * reading.number(melody, "m_gain", 1.0, low=0.0, high=10.0)
        for note in reading.rows(melody, "m_notes"):
            _note(note, level, notes, knocks, reading)
    times = sorted({point.t_s for note in notes for point in note.amplitude})
    amplitude = [Point(t, min(level, 1.0)) for t, level in zip(times, loudest(notes, times), strict=True)]
    sharpness = sorted((p for note in notes for p in note.sharpness), key=lambda point: point.t_s)
    clip = HapticClip(
        "", tuple(amplitude), tuple(sharpness), tuple(sorted(knocks, key=lambda knock: knock.t_s))
    )
    return HapticFile((clip,), tuple(reading.notices), str(data.get("m_description") or ""))


def _note(note: Any, level: float, notes: list[HapticClip], knocks: list[Knock], reading: Reading) -> None:
    begin_s = reading.number(note, "m_startingPoint", 0.0, low=0.0, high=LONGEST_S)
    length_s = reading.number(note, "m_length", 0.0, low=0.0, high=LONGEST_S)
    level *= reading.number(note, "m_gain", 1.0, low=0.0, high=10.0)
    effect = note.get("m_hapticEffect") if isinstance(note, Mapping) else None
    if not isinstance(effect, Mapping):
        return
    amplitude = _keys(effect.get("m_amplitudeModulation"), begin_s, reading)
    frequency = _keys(effect.get("m_frequencyModulation"), begin_s, reading)
    if reading.number(effect, "m_type", 1.0) == _TRANSIENT:
        strength = amplitude[0].value if amplitude else 1.0
        hz = frequency[0].value if frequency else 90.0
        knocks.append(Knock(begin_s, min(max(strength * level, 0.0), 1.0), sharpness_of(hz)))
        return
    end_s = begin_s + length_s
    inside = [p for p in amplitude if begin_s <= p.t_s <= end_s] or [Point(begin_s, 1.0)]
    points = [Point(p.t_s, min(max(p.value * level, 0.0), 1.0)) for p in inside]
    if points[-1].t_s < end_s:
        points.append(Point(end_s, points[-1].value))
    # A note begins and ends; what lies between two notes is silence.
    points = [Point(max(begin_s - _EDGE_S, 0.0), 0.0), *points, Point(end_s + _EDGE_S, 0.0)]
    notes.append(
        HapticClip(
            amplitude=tuple(points), sharpness=tuple(Point(p.t_s, sharpness_of(p.value)) for p in frequency)
        )
    )


def _keys(modulation: Any, begin_s: float, reading: Reading) -> list[Point]:
    rows = reading.rows(modulation, "m_keyframes")
    points = [
        Point(
            begin_s + reading.number(row, "m_time", 0.0, low=0.0, high=LONGEST_S),
            reading.number(row, "m_value", 0.0),
        )
        for row in rows
    ]
    return sorted(points, key=lambda point: point.t_s)
