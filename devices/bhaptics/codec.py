"""What the bHaptics Player takes and tells, version 2 of its interface: JSON over a WebSocket. Pure functions, no I/O.

``{"Submit": [{"Type": "frame", "Key": ..., "Frame": {"position": "VestFront", "dotPoints": [{"index": 0, "intensity": 100}],
"durationMillis": 200}}]}`` plays points for that long; the same key again replaces them; ``{"Type": "turnOff", "Key": ...}``
ends it. The Player tells ``ConnectedPositions`` and ``ActiveKeys`` ten times a second.

Source: the vendor's public examples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

POSITIONS: Mapping[str, int] = {
    "VestFront": 20,
    "VestBack": 20,
    "Head": 6,
    "ForearmL": 6,
    "ForearmR": 6,
    "HandL": 3,
    "HandR": 3,
    "FootL": 3,
    "FootR": 3,
    "GloveL": 6,
    "GloveR": 6,
}
"""Points by position."""
MAX_INTENSITY = 100
MAX_DURATION_MS = 60_000
_MAX_MESSAGE = 1 << 18


class BhapticsError(ValueError):
    """Text that is no message of the Player's interface."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Points that vibrate for a while.

    Parameters
    ----------
    key : str
    position : str
        One of `POSITIONS`.
    points : mapping of int to int
        Intensity 0..100 by point.
    duration_ms : int
    """

    key: str
    position: str
    points: Mapping[int, int] = field(default_factory=dict)
    duration_ms: int = 100


@dataclass(frozen=True, slots=True)
class TurnOff:
    """End what plays under a key; an empty key ends everything."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What the Player tells.

    Parameters
    ----------
    connected : tuple of str
        Positions worn and switched on.
    active : tuple of str
        Keys that play.
    """

    connected: tuple[str, ...] = ()
    active: tuple[str, ...] = ()


def encode_requests(requests: Sequence[Frame | TurnOff]) -> bytes:
    """Text of some requests.

    Raises
    ------
    ValueError
        For an unknown position, a point it has not, or a value outside its range.
    """
    return json.dumps({"Submit": [_row(request) for request in requests]}, separators=(",", ":")).encode(
        "utf-8"
    )


def decode_requests(data: bytes) -> Sequence[Frame | TurnOff]:
    """The requests of a text.

    Raises
    ------
    BhapticsError
    """
    rows = _load(data).get("Submit")
    if not isinstance(rows, list):
        raise BhapticsError("no list of requests under Submit")
    return [_request(row) for row in rows]


def encode_status(status: Status) -> bytes:
    """Text of the Player's state."""
    return json.dumps(
        {
            "ActiveKeys": list(status.active),
            "ConnectedPositions": list(status.connected),
            "ConnectedDeviceCount": len(status.connected),
            "RegisteredKeys": [],
            "Status": {},
        }
    ).encode("utf-8")


def decode_status(data: bytes) -> Status:
    """The Player's state.

    Raises
    ------
    BhapticsError
    """
    fields = _load(data)
    found = []
    for key in ("ConnectedPositions", "ActiveKeys"):
        names = fields.get(key, [])
        if not isinstance(names, list):
            raise BhapticsError(f"{key} is no list")
        found.append(tuple(str(name) for name in names))
    return Status(*found)


def _load(data: bytes) -> dict[str, Any]:
    if len(data) > _MAX_MESSAGE:
        raise BhapticsError(f"a message of {len(data)} bytes; allowed {_MAX_MESSAGE}")
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BhapticsError(f"not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise BhapticsError(f"a {type(fields).__name__} instead of an object")
    return fields


def _row(request: Frame | TurnOff) -> dict[str, Any]:
    if isinstance(request, TurnOff):
        return {"Type": "turnOff", "Key": request.key} if request.key else {"Type": "turnOffAll"}
    _check(request)
    return {
        "Type": "frame",
        "Key": request.key,
        "Frame": {
            "position": request.position,
            "dotPoints": [{"index": point, "intensity": value} for point, value in request.points.items()],
            "durationMillis": request.duration_ms,
        },
    }


def _check(frame: Frame) -> None:
    points = POSITIONS.get(frame.position)
    if points is None:
        raise ValueError(f"position is {frame.position[:40]!r}; allowed: {', '.join(POSITIONS)}")
    if not 0 <= frame.duration_ms <= MAX_DURATION_MS:
        raise ValueError(f"duration is {frame.duration_ms} ms; allowed 0 to {MAX_DURATION_MS}")
    for point, value in frame.points.items():
        if not 0 <= point < points:
            raise ValueError(f"point is {point}; {frame.position} has 0 to {points - 1}")
        if not 0 <= value <= MAX_INTENSITY:
            raise ValueError(f"intensity of point {point} is {value}; allowed 0 to {MAX_INTENSITY}")


def _request(row: object) -> Frame | TurnOff:
    if not isinstance(row, dict):
        raise BhapticsError("a request is an object")
    kind, key = row.get("Type"), row.get("Key", "")
    if kind == "turnOffAll":
        return TurnOff()
    if not isinstance(key, str) or not key:
        raise BhapticsError("a request without a key")
    if kind == "turnOff":
        return TurnOff(key)
    body = row.get("Frame")
    if kind != "frame" or not isinstance(body, dict):
        raise BhapticsError(f"a request of type {str(kind)[:40]!r}; known: frame, turnOff, turnOffAll")
    dots = body.get("dotPoints", [])
    duration_ms = body.get("durationMillis")
    if not isinstance(dots, list) or not _whole(duration_ms):
        raise BhapticsError("a frame without points or duration")
    points: dict[int, int] = {}
    for dot in dots:
        index, value = (dot.get("index"), dot.get("intensity")) if isinstance(dot, dict) else (None, None)
        if not _whole(index) or not _whole(value):
            raise BhapticsError("a point without index or intensity")
        points[index] = value  # type: ignore[index, assignment]
    frame = Frame(key, str(body.get("position")), points, duration_ms)  # type: ignore[arg-type]
    try:
        _check(frame)
    except ValueError as error:
        raise BhapticsError(str(error)) from None
    return frame


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
