"""The .haptic format, version 1: amplitude and frequency envelopes, emphases on amplitude points.

Source: the published data model of the format (MIT).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.experience.haptics.clip import LONGEST_S, HapticClip, HapticFile, Knock, Point, Reading, ordered


def read_lofelt(data: Any, reading: Reading) -> HapticFile:
    """A file's content.

    Raises
    ------
    PackageError
        For another version, or without an amplitude envelope.
    """
    version = data.get("version") if isinstance(data, Mapping) else None
    major = version.get("major") if isinstance(version, Mapping) else version
    if major != 1:
        raise reading.refuse(
            f"version {major!r} of the .haptic format; 1 is read", "convert the file with its maker's tool"
        )
    signals = data.get("signals")
    continuous = signals.get("continuous") if isinstance(signals, Mapping) else None
    envelopes = continuous.get("envelopes") if isinstance(continuous, Mapping) else None
    rows = reading.rows(envelopes, "amplitude")
    if not rows:
        raise reading.refuse(
            "no amplitude envelope", "a .haptic file has signals.continuous.envelopes.amplitude"
        )
    points, knocks = [], []
    for row in rows:
        t_s = reading.number(row, "time", low=0.0, high=LONGEST_S)
        points.append(Point(t_s, reading.number(row, "amplitude", low=0.0, high=1.0)))
        emphasis = row.get("emphasis") if isinstance(row, Mapping) else None
        if isinstance(emphasis, Mapping):
            amplitude = reading.number(emphasis, "amplitude", low=0.0, high=1.0)
            knocks.append(
                Knock(t_s, amplitude, reading.number(emphasis, "frequency", 0.5, low=0.0, high=1.0))
            )
    sharpness = [
        Point(
            reading.number(row, "time", low=0.0, high=LONGEST_S),
            reading.number(row, "frequency", low=0.0, high=1.0),
        )
        for row in reading.rows(envelopes, "frequency")
    ]
    clip = HapticClip(
        amplitude=ordered(points, reading, "amplitude"),
        sharpness=ordered(sharpness, reading, "frequency"),
        knocks=tuple(sorted(knocks, key=lambda knock: knock.t_s)),
    )
    about = data.get("metadata")
    words = about if isinstance(about, Mapping) else {}
    title = str(words.get("project") or words.get("description") or "")
    return HapticFile((clip,), tuple(reading.notices), title, str(words.get("author") or ""))


def write_lofelt(clip: HapticClip, title: str = "", author: str = "") -> str:
    """A clip as text. A knock between two points of the envelope gets a point of its own."""
    times = {point.t_s for point in clip.amplitude}
    points = list(clip.amplitude)
    for knock in clip.knocks:
        if knock.t_s not in times:
            times.add(knock.t_s)
            points.append(Point(knock.t_s, clip.amplitude_at(knock.t_s)))
    points.sort(key=lambda point: point.t_s)
    by_time = {knock.t_s: knock for knock in clip.knocks}
    rows: list[dict[str, Any]] = []
    for point in points or [Point(0.0, 0.0)]:
        row: dict[str, Any] = {"time": round(point.t_s, 9), "amplitude": round(point.value, 9)}
        found = by_time.pop(point.t_s, None)
        if found is not None:
            row["emphasis"] = {
                # A knock is never weaker than what it stands on.
                "amplitude": round(max(found.amplitude, point.value), 9),
                "frequency": round(found.sharpness, 9),
            }
        rows.append(row)
    frequency = [{"time": round(p.t_s, 9), "frequency": round(p.value, 9)} for p in clip.sharpness]
    data = {
        "version": {"major": 1, "minor": 0, "patch": 0},
        "metadata": {
            "editor": "Sensorama",
            "author": author,
            "source": "",
            "project": title,
            "tags": [],
            "description": "",
        },
        "signals": {"continuous": {"envelopes": {"amplitude": rows, "frequency": frequency}}},
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
