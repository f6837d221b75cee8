"""Scenes as importers write them: tracks and cues as plain values, and their text.

Times are exact: seconds where five decimals say it, flicks (``7840fl``) where they do not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.time.flicks import FLICKS_PER_SECOND

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class Fl:
    """A time in flicks, which is written with its unit."""

    fl: int


@dataclass(frozen=True, slots=True)
class Metres:
    """A length, which is written with its unit."""

    m: float


@dataclass(frozen=True, slots=True)
class Degrees:
    """An angle, which is written with its unit."""

    deg: float


Cue = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role as the manifest declares it."""

    name: str
    kind: str
    per: str = "room"
    modality: str = ""

    @property
    def text(self) -> str:
        """The row of the manifest."""
        if not self.modality:
            return f"  {self.name}: {{kind: {self.kind}, picture_only: true}}"
        return f"  {self.name}: {{kind: {self.kind}, per: {self.per}, modality: {self.modality}}}"


@dataclass(frozen=True, slots=True)
class TrackOut:
    """A track to write. `role` is None for a track of named events; `machine_made` marks a draft."""

    role: RoleRow | None
    kind: str
    cues: tuple[Cue, ...]
    note: str = ""
    machine_made: bool = False


def pose(**axes: float) -> dict[str, Metres | Degrees]:
    """A seat's offset; axes at zero are left out."""
    return {
        name: Metres(value) if name in ("surge", "sway", "heave") else Degrees(value)
        for name, value in axes.items()
        if value != 0.0
    }


def duration_text(fl: int) -> str:
    """The shortest exact text of a time."""
    step = FLICKS_PER_SECOND // 100_000
    if fl % step == 0:
        whole, part = divmod(fl // step, 100_000)
        return f"{whole}.{part:05d}".rstrip("0").rstrip(".") + "s"
    return f"{fl}fl"


def number_text(value: float) -> str:
    """A number as YAML has it, without a needless fraction."""
    rounded = round(value, 9)
    if rounded == int(rounded):
        return str(int(rounded))
    return f"{rounded:.9f}".rstrip("0")


def quoted(text: str) -> str:
    """A text in double quotes, as YAML and JSON both read it; what YAML forbids outright is escaped or replaced."""
    whole = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no character
    shown = json.dumps(whole, ensure_ascii=False)
    return "".join(
        sign if sign.isprintable() else f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else "\ufffd"
        for sign in shown
    )


def value_text(value: Any) -> str:
    """A value in flow style."""
    match value:
        case Fl(fl):
            return duration_text(fl)
        case Metres(m):
            return f"{number_text(m)}m"
        case Degrees(deg):
            return f"{number_text(deg)}deg"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(float(value))
        case str():
            plain = _PLAIN.match(value) is not None and value.lower() not in _RESERVED
            return value if plain else quoted(value)
        case Mapping():
            return "{" + ", ".join(f"{key}: {value_text(inner)}" for key, inner in value.items()) + "}"
        case Sequence():
            return "[" + ", ".join(value_text(inner) for inner in value) + "]"
    raise TypeError(f"{value!r} has no text")


def track_text(track: TrackOut) -> str:
    """A track, a line a cue."""
    head = [f"kind: {track.kind}"]
    if track.role is not None:
        head.insert(0, f"role: {track.role.name}")
    rows = [f"  - {head[0]}", *(f"    {part}" for part in head[1:])]
    if track.note:
        rows.append(f"    note: {quoted(track.note)}")
    if track.machine_made:
        rows.append("    made_by: machine")
    rows.append("    cues:")
    rows.extend(f"      - {value_text(cue)}" for cue in track.cues)
    return "\n".join(rows)


def scene_text(tracks: Sequence[TrackOut], duration_fl: int, about: str) -> str:
    """The text of a whole scene file."""
    head = f"# {about}\nduration: {duration_text(duration_fl)}\n"
    if not tracks:
        return head + "tracks: []\n"
    return head + "tracks:\n" + "\n".join(track_text(track) for track in tracks) + "\n"
