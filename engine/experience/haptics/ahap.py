"""AHAP, Apple's haptic pattern: events, and curves that shape them.

Two readings of a curve's times are in use. Apple counts control points from the curve's own `Time`; the converter of
the .haptic format writes them absolute. They differ only for curves that begin later than 0, and can be told apart
there: absolute points begin at the curve's time.

Limits of the format: 16 points a curve, 30 s a continuous event. Source: Apple's "Representing haptic patterns in AHAP
files"; for the way from .haptic, the published converter's outputs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.experience.haptics.clip import LONGEST_S, HapticClip, HapticFile, Knock, Point, Reading

CURVE_POINTS = 16
LONGEST_EVENT_S = 30.0
DUCK = 0.8
"""What is left of the envelope's intensity under a knock."""

_STEP_S = 1e-6


@dataclass(frozen=True, slots=True)
class _Curve:
    """Points of a control: values before the first do not count, after the last the last holds."""

    points: tuple[Point, ...]

    def at(self, t_s: float) -> float | None:
        if t_s < self.points[0].t_s - 1e-9:
            return None
        for a, b in zip(self.points, self.points[1:], strict=False):
            if t_s < b.t_s:
                share = (t_s - a.t_s) / (b.t_s - a.t_s) if b.t_s > a.t_s else 1.0
                return a.value + (b.value - a.value) * max(share, 0.0)
        return self.points[-1].value


@dataclass(frozen=True, slots=True)
class _Event:
    begin_s: float
    end_s: float
    intensity: float
    sharpness: float


def read_ahap(data: Any, reading: Reading) -> HapticFile:
    """A file's content.

    Raises
    ------
    PackageError
        Without a pattern.
    """
    pattern = reading.rows(data, "Pattern")
    if not isinstance(data, Mapping) or "Pattern" not in data:
        raise reading.refuse("no Pattern", "an AHAP file has Version and Pattern")
    events: list[_Event] = []
    knocks: list[tuple[float, float, float]] = []
    intensity: list[_Curve] = []
    sharpness: list[_Curve] = []
    for row in pattern:
        if not isinstance(row, Mapping):
            reading.say("an entry of Pattern is not an object", "left out")
        elif isinstance(row.get("Event"), Mapping):
            _event(row["Event"], events, knocks, reading)
        elif isinstance(row.get("ParameterCurve"), Mapping):
            _curve(row["ParameterCurve"], intensity, sharpness, reading)
        elif isinstance(row.get("Parameter"), Mapping):
            _parameter(row["Parameter"], intensity, sharpness, reading)
        else:
            reading.say(f"entry {', '.join(map(str, row)) or 'without a key'} is none of AHAP's", "left out")
    clip = HapticClip(
        amplitude=_envelope(events, intensity),
        sharpness=_sharpness(events, sharpness),
        knocks=tuple(
            Knock(t, min(i * _factor(intensity, t), 1.0) ** 2, min(max(s + _offset(sharpness, t), 0.0), 1.0))
            for t, i, s in sorted(knocks)
        ),
    )
    about = data.get("Metadata")
    words = about if isinstance(about, Mapping) else {}
    return HapticFile(
        (clip,), tuple(reading.notices), str(words.get("Project") or ""), str(words.get("Created") or "")
    )


def _event(row: Mapping[str, Any], events: list[_Event], knocks: list[Any], reading: Reading) -> None:
    kind = row.get("EventType")
    t_s = reading.number(row, "Time", low=0.0, high=LONGEST_S)
    values = {"HapticIntensity": 1.0, "HapticSharpness": 0.5}
    for parameter in reading.rows(row, "EventParameters"):
        name = parameter.get("ParameterID") if isinstance(parameter, Mapping) else None
        if isinstance(name, str) and name in values:
            values[name] = reading.number(parameter, "ParameterValue", low=0.0, high=1.0)
        else:
            reading.say(f"parameter {name!r} of an event is not played", "left out")
    if kind == "HapticTransient":
        knocks.append((t_s, values["HapticIntensity"], values["HapticSharpness"]))
    elif kind == "HapticContinuous":
        length_s = reading.number(row, "EventDuration", 0.0, low=0.0, high=LONGEST_S)
        if length_s > 0.0:
            events.append(_Event(t_s, t_s + length_s, values["HapticIntensity"], values["HapticSharpness"]))
    else:
        reading.say(f"event type {kind!r} is not haptic", "left out")


def _curve(
    row: Mapping[str, Any], intensity: list[_Curve], sharpness: list[_Curve], reading: Reading
) -> None:
    begin_s = reading.number(row, "Time", 0.0, low=0.0, high=LONGEST_S)
    raw = [
        (
            reading.number(point, "Time", low=0.0, high=LONGEST_S),
            reading.number(point, "ParameterValue", low=-1.0, high=1.0),
        )
        for point in reading.rows(row, "ParameterCurveControlPoints")
    ]
    if not raw:
        return
    absolute = begin_s > 0.0 and raw[0][0] >= begin_s - 1e-9
    if absolute:
        reading.say("control points count from the beginning of the pattern, not of their curve", "read so")
    points = sorted((t if absolute else begin_s + t, value) for t, value in raw)
    made = _Curve(tuple(Point(t, value) for t, value in points))
    _take(row.get("ParameterID"), made, intensity, sharpness, reading)


def _parameter(
    row: Mapping[str, Any], intensity: list[_Curve], sharpness: list[_Curve], reading: Reading
) -> None:
    t_s = reading.number(row, "Time", 0.0, low=0.0, high=LONGEST_S)
    made = _Curve((Point(t_s, reading.number(row, "ParameterValue", low=-1.0, high=1.0)),))
    _take(row.get("ParameterID"), made, intensity, sharpness, reading)


def _take(
    name: Any, made: _Curve, intensity: list[_Curve], sharpness: list[_Curve], reading: Reading
) -> None:
    if name == "HapticIntensityControl":
        intensity.append(made)
    elif name == "HapticSharpnessControl":
        sharpness.append(made)
    else:
        reading.say(f"control {name!r} is not played", "left out")


def _value(curves: Sequence[_Curve], t_s: float, default: float) -> float:
    """The curve that began last counts."""
    found, since = default, -1.0
    for curve in curves:
        value = curve.at(t_s)
        if value is not None and curve.points[0].t_s >= since:
            found, since = value, curve.points[0].t_s
    return found


def _factor(curves: Sequence[_Curve], t_s: float) -> float:
    return min(max(_value(curves, t_s, 1.0), 0.0), 1.0)


def _offset(curves: Sequence[_Curve], t_s: float) -> float:
    return _value(curves, t_s, 0.0)


def _envelope(events: Sequence[_Event], curves: Sequence[_Curve]) -> tuple[Point, ...]:
    """Intensity of the strongest event under its curves, squared; at the edges of events it steps."""
    edges = {edge for event in events for edge in (event.begin_s, event.end_s)}
    bends = {point.t_s for curve in curves for point in curve.points}
    times: list[float] = []
    for t_s in sorted(edges | bends):
        # Just before an edge too, so that a step stays one; and where a curve begins, which may be a step as well.
        if t_s > 0.0 and (t_s in edges or any(curve.points[0].t_s == t_s for curve in curves)):
            times.append(t_s - _STEP_S)
        times.append(t_s)
    points: list[Point] = []
    for t_s in times:
        live = [event for event in events if event.begin_s <= t_s < event.end_s]
        level = max((event.intensity for event in live), default=0.0) * _factor(curves, t_s)
        if not live and not points:
            continue  # silence before the first event needs no points
        value = level**2
        if (
            points
            and t_s - points[-1].t_s <= 2 * _STEP_S
            and math.isclose(points[-1].value, value, abs_tol=1e-9)
        ):
            continue
        points.append(Point(round(t_s, 9), value))
    while len(points) > 1 and points[-1].value == points[-2].value == 0.0:
        points.pop()
    # What ends at full height ends there; a last point at zero right after it says nothing new.
    if len(points) > 1 and points[-1].value == 0.0 and points[-1].t_s - points[-2].t_s <= 2 * _STEP_S:
        last = points.pop()
        points[-1] = Point(last.t_s, points[-1].value)
    return tuple(points)


def _sharpness(events: Sequence[_Event], curves: Sequence[_Curve]) -> tuple[Point, ...]:
    """Sharpness of events plus its control, squared as intensity is."""
    times = sorted(
        {point.t_s for curve in curves for point in curve.points} | {event.begin_s for event in events}
    )
    points = []
    for t_s in times:
        live = [event for event in events if event.begin_s <= t_s <= event.end_s]
        base = max(live, key=lambda event: event.intensity).sharpness if live else 0.0
        if live or curves:
            points.append(Point(t_s, min(max(base + _offset(curves, t_s), 0.0), 1.0) ** 2))
    return tuple(points)


# ---- writing -------------------------------------------------------------------------------------------------


def write_ahap(clip: HapticClip, title: str = "", author: str = "") -> str:
    """A clip as text, as the converter of the .haptic format writes it: control points with absolute times."""
    knocks = {knock.t_s for knock in clip.knocks}
    intensity = [(p.t_s, math.sqrt(p.value) * (DUCK if p.t_s in knocks else 1.0)) for p in clip.amplitude]
    sharpness = [(p.t_s, math.sqrt(p.value)) for p in clip.sharpness]
    pattern: list[dict[str, Any]] = []
    pattern += _curves("HapticIntensityControl", intensity)
    pattern += _curves("HapticSharpnessControl", sharpness)
    end_s = clip.amplitude[-1].t_s if clip.amplitude else 0.0
    begin_s = 0.0
    while begin_s < end_s:
        length_s = min(LONGEST_EVENT_S, end_s - begin_s)
        pattern.append(_record("HapticContinuous", begin_s, 1.0, 0.0, length_s))
        begin_s += length_s
    first_s = clip.amplitude[0].t_s if clip.amplitude else None
    for knock in clip.knocks:
        if knock.t_s == first_s:
            continue  # the converter leaves out an emphasis on the very first point
        pattern.append(_record("HapticTransient", knock.t_s, math.sqrt(knock.amplitude), knock.sharpness))
    data = {
        "Version": 1.0,
        "Metadata": {"Project": title, "Created": author, "Description": ""},
        "Pattern": pattern,
    }
    return json.dumps(data, indent=4, ensure_ascii=False) + "\n"


def _curves(name: str, points: Sequence[tuple[float, float]]) -> list[dict[str, Any]]:
    """Curves of at most 16 points; each begins with the last point of the one before. One point makes no curve."""
    if len(points) < 2:
        return []
    made = []
    at = 0
    while at == 0 or at < len(points) - 1:
        part = points[at : at + CURVE_POINTS]
        at += CURVE_POINTS - 1
        rows = [{"Time": _plain(t_s), "ParameterValue": _plain(value)} for t_s, value in part]
        made.append(
            {
                "ParameterCurve": {
                    "ParameterID": name,
                    "Time": rows[0]["Time"],
                    "ParameterCurveControlPoints": rows,
                }
            }
        )
    return made


def _record(
    kind: str, t_s: float, intensity: float, sharpness: float, length_s: float | None = None
) -> dict[str, Any]:
    event: dict[str, Any] = {"EventType": kind, "Time": _plain(t_s)}
    if length_s is not None:
        event["EventDuration"] = _plain(length_s)
    event["EventParameters"] = [
        {"ParameterID": "HapticIntensity", "ParameterValue": _plain(intensity)},
        {"ParameterID": "HapticSharpness", "ParameterValue": _plain(sharpness)},
    ]
    return {"Event": event}


def _plain(value: float) -> float:
    return round(value, 9)
