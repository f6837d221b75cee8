""".tact, the vest format of bHaptics: dots and paths of intensity per body part, in milliseconds.

A body part becomes a clip whose amplitude is that of its strongest motor: seats and vests of other makers have other motors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.experience.haptics.clip import LONGEST_S, HapticClip, HapticFile, Point, Reading, loudest

_LONGEST_MS = LONGEST_S * 1000
_EDGE_S = 1e-6


def read_tact(data: Any, reading: Reading) -> HapticFile:
    """A file's content: a clip a body part.

    Raises
    ------
    PackageError
        Without tracks.
    """
    project = data.get("project") if isinstance(data, Mapping) else None
    source = project if isinstance(project, Mapping) else data
    if not isinstance(source, Mapping) or not isinstance(source.get("tracks"), list):
        raise reading.refuse("no tracks", "a .tact file has project.tracks")
    parts: dict[str, list[list[Point]]] = {}
    for track in reading.rows(source, "tracks"):
        for effect in reading.rows(track, "effects"):
            begin_ms = reading.number(effect, "startTime", 0.0, low=0.0, high=_LONGEST_MS)
            modes = effect.get("modes") if isinstance(effect, Mapping) else None
            for part, mode in (modes or {}).items() if isinstance(modes, Mapping) else ():
                shapes = parts.setdefault(str(part), [])
                shapes.extend(_mode(mode, begin_ms / 1000, reading))
    clips = [
        HapticClip(name=part, amplitude=_loudest(shapes)) for part, shapes in parts.items() if any(shapes)
    ]
    if not clips:
        reading.say("no motor is driven", "the clip is empty")
        clips = [HapticClip()]
    return HapticFile(tuple(clips), tuple(reading.notices), str(source.get("name") or ""))


def _mode(mode: Any, base_s: float, reading: Reading) -> list[list[Point]]:
    if not isinstance(mode, Mapping):
        return []
    kind = mode.get("mode")
    if kind == "DOT_MODE":
        dots = mode.get("dotMode")
        return [_dots(row, base_s, reading) for row in reading.rows(dots, "feedback")]
    if kind == "PATH_MODE":
        paths = mode.get("pathMode")
        return [_path(row, base_s, reading) for row in reading.rows(paths, "feedback")]
    reading.say(f"mode {kind!r}", "left out")
    return []


def _dots(row: Any, base_s: float, reading: Reading) -> list[Point]:
    begin_s = base_s + reading.number(row, "startTime", 0.0, low=0.0, high=_LONGEST_MS) / 1000
    end_s = base_s + reading.number(row, "endTime", 0.0, low=0.0, high=_LONGEST_MS) / 1000
    strongest = max(
        (
            reading.number(point, "intensity", 0.0, low=0.0, high=1.0)
            for point in reading.rows(row, "pointList")
        ),
        default=0.0,
    )
    if end_s <= begin_s or strongest == 0.0:
        return []
    fade = row.get("playbackType", "NONE")
    middle_s = (begin_s + end_s) / 2
    if fade == "FADE_IN_OUT":
        return [Point(begin_s, 0.0), Point(middle_s, strongest), Point(end_s, 0.0)]
    if fade == "FADE_OUT":
        return [Point(begin_s, strongest), Point(end_s, 0.0)]
    if fade == "FADE_IN":
        return [Point(begin_s, 0.0), Point(end_s, strongest)]
    return [Point(begin_s, strongest), Point(end_s, strongest)]


def _path(row: Any, base_s: float, reading: Reading) -> list[Point]:
    points = [
        Point(
            base_s + reading.number(point, "time", 0.0, low=0.0, high=_LONGEST_MS) / 1000,
            reading.number(point, "intensity", 0.0, low=0.0, high=1.0),
        )
        for point in reading.rows(row, "pointList")
    ]
    points.sort(key=lambda point: point.t_s)
    return points if len(points) > 1 and points[-1].t_s > points[0].t_s else []


def _loudest(shapes: list[list[Point]]) -> tuple[Point, ...]:
    """The upper envelope of shapes that are zero outside themselves."""
    clips = [HapticClip(amplitude=tuple(shape)) for shape in shapes if shape]
    times: set[float] = set()
    for clip in clips:
        first, last = clip.amplitude[0].t_s, clip.amplitude[-1].t_s
        times.update(point.t_s for point in clip.amplitude)
        times.update((max(first - _EDGE_S, 0.0), last + _EDGE_S))
    ordered = sorted(times)
    # Where two shapes cross in between, the line drawn here lies a little above both: a maximum of straight lines is convex.
    levels = loudest(clips, ordered)
    return tuple(Point(round(t_s, 9), level) for t_s, level in zip(ordered, levels, strict=True))
