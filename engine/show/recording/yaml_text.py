"""Recorded tracks as the text of a scene file."""

from __future__ import annotations

from collections.abc import Sequence

from engine.show.recording.mapping import COMPONENTS
from engine.show.recording.recording import Gesture, RecordedTrack
from engine.units import LINEAR_AXES

WIDTH = 110


def format_ms(at_ms: int) -> str:
    """``1.25s``: exact, as `sensorama check` reads it."""
    whole, part = divmod(at_ms, 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".") + "s"


def format_number(value: float, decimals: int) -> str:
    """A plain number with at most so many decimals; never in powers of ten."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def format_value(track: RecordedTrack, value: Sequence[float]) -> str:
    """A value as the track's kind writes it."""
    if track.kind == "color":
        return (
            "["
            + ", ".join(format_number(part, n) for part, n in zip(value, track.decimals, strict=True))
            + "]"
        )
    if track.kind == "motion":
        parts = []
        for index in track.used:
            axis, decimals = COMPONENTS["motion"][index], track.decimals[index]
            if axis in LINEAR_AXES:
                text, unit = format_number(value[index] * 1000, decimals - 3), "mm"
            else:
                text, unit = format_number(value[index], decimals), "deg"
            if text != "0":
                parts.append(f"{axis}: {text}{unit}")
        return "{" + (", ".join(parts) or f"{COMPONENTS['motion'][track.used[0]]}: 0") + "}"
    return format_number(value[0], track.decimals[0])


def _cue(track: RecordedTrack, gesture: Gesture, at_ms: int, indent: str) -> list[str]:
    first = gesture.keys[0]
    at = format_ms(at_ms + first.at_ms)
    if len(gesture.keys) == 1 and gesture.for_ms is None:
        return [f"{indent}- {{at: {at}, set: {format_value(track, first.value)}}}"]
    hold = "" if gesture.for_ms is None else f"for: {format_ms(gesture.for_ms)}, "
    points = [
        f"[{format_ms(key.at_ms - first.at_ms)}, {format_value(track, key.value)}]" for key in gesture.keys
    ]
    lines = [f"{indent}- {{at: {at}, {hold}curve: ["]
    line_indent = indent + "    "
    for number, point in enumerate(points):
        last = number == len(points) - 1
        piece = point + ("]}" if last else ", ")
        if len(lines[-1]) + len(piece) > WIDTH and not lines[-1].endswith("["):
            lines[-1] = lines[-1].rstrip()
            lines.append(line_indent)
        lines[-1] += piece
    return lines


def track_lines(track: RecordedTrack, at_ms: int, indent: str) -> list[str]:
    """One track as the lines of a list item.

    Parameters
    ----------
    track : RecordedTrack
    at_ms : int
        Where the recording's zero lies in the scene.
    indent : str
        Blanks before the dash.
    """
    kind = {"color": "level", "transient": "haptic"}.get(track.kind, track.kind)
    lines = [
        f"{indent}- kind: {kind}",
        f"{indent}  role: {track.role}",
        f'{indent}  note: "{describe(track)}"',
        f"{indent}  cues:",
    ]
    inner = indent + "    "
    for gesture in track.gestures:
        lines += _cue(track, gesture, at_ms, inner)
    for knock in track.knocks:
        strength = format_number(knock.intensity, track.decimals[0])
        lines.append(
            f"{inner}- {{at: {format_ms(at_ms + knock.at_ms)}, transient: {{intensity: {strength}}}}}"
        )
    return lines


def describe(track: RecordedTrack) -> str:
    """What was kept, and how far it lies from what came in."""
    if track.kind == "transient":
        return f"recorded: {track.kept} knocks"
    if track.kind == "motion":
        travel_mm = max((track.worst[i] * 1000 for i in track.used if i < 3), default=None)
        angle_deg = max((track.worst[i] for i in track.used if i >= 3), default=None)
        parts = [] if travel_mm is None else [f"{travel_mm:.2g} mm"]
        parts += [] if angle_deg is None else [f"{angle_deg:.2g} deg"]
        error = " and ".join(parts)
    else:
        error = f"{100 * max(track.worst):.2g} %"
    return f"recorded: {track.kept} points for {track.samples} samples, largest error {error}"


def scene_text(tracks: Sequence[RecordedTrack], duration_ms: int, at_ms: int, heading: Sequence[str]) -> str:
    """A whole scene file with these tracks."""
    lines = [
        *(f"# {line}" for line in heading),
        f"duration: {format_ms(max(1, at_ms + duration_ms))}",
        "tracks:",
    ]
    for track in tracks:
        lines += track_lines(track, at_ms, "  ")
    if not tracks:
        lines[-1] = "tracks: []"
    return "\n".join(lines) + "\n"
