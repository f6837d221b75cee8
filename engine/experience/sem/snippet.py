"""Notes of tracks: what of an effect has no form of its own in a scene, kept so that an export gives it back.

A note reads ``mpeg-v Wind; range 0 100; location urn:...``. A motion pattern keeps its element too, and the export writes it again if the
track still is what the pattern makes; a track that was edited is written as samples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from engine.experience.sem.motion import Units
from engine.experience.sem.names import EFFECT_TYPES
from engine.experience.sem.read import Effect
from engine.experience.sem.tree import Element

_MARK = "mpeg-v "
_LONGEST = 4000
_PATTERNED = ("RigidBodyMotion", "PassiveKinestheticMotion")


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says. `fields` are the rest, by name."""

    kind: str
    range: tuple[float, float] = (0.0, 1.0)
    location: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def note_of(
    effect: Effect, *, length_fl: int | None = None, number: int = 0, units: Units | None = None
) -> str:
    """The note for a track of an effect's kind and place."""
    parts = [f"{_MARK}{effect.kind}"]
    if effect.range != (0.0, 1.0):
        parts.append(f"range {effect.range[0]:g} {effect.range[1]:g}")
    if effect.location:
        parts.append(f"location {_plain(effect.location)}")
    for name in ("scent", "sprayingType", "tactileEffect"):
        text = effect.element.get(name)
        if text is None:
            text = next((value for (_, key), value in effect.element.attributes.items() if key == name), None)
        if text:
            parts.append(f"{name} {_plain(text)}")
    if effect.rate_hz and effect.kind not in _PATTERNED:
        parts.append(f"rate {effect.rate_hz:g}")
    if effect.kind in _PATTERNED:
        patterns = "".join(
            _xml(child) for child in effect.element.children if child.name != "SupplementalInformation"
        )
        if len(patterns) <= _LONGEST:
            parts.append(f"number {number}")
            if length_fl is not None:
                parts.append(f"length {length_fl}")
            if units is not None:
                parts.append(f"unit {units.length_m:g}")
            if effect.rate_hz:
                parts.append(f"rate {effect.rate_hz:g}")
            parts.append(f"patterns {patterns}")
    return "; ".join(parts)


def read_note(text: object) -> Note | None:
    """What `note_of` wrote, or None for a note of another kind."""
    if not isinstance(text, str) or not text.startswith(_MARK):
        return None
    body, _, patterns = text.removeprefix(_MARK).partition("; patterns ")
    kind, *rest = body.split("; ")
    if kind not in EFFECT_TYPES:
        return None
    fields = dict(part.split(" ", 1) for part in rest if " " in part)
    span = re.fullmatch(r"(\S+) (\S+)", fields.pop("range", "0 1"))
    try:
        low, high = (float(span.group(1)), float(span.group(2))) if span else (0.0, 1.0)
    except ValueError:
        low, high = 0.0, 1.0
    if patterns:
        fields["patterns"] = patterns
    return Note(kind, (low, high) if low < high else (0.0, 1.0), fields.pop("location", ""), fields)


def _plain(text: str) -> str:
    return re.sub(r"[;\s]+", " ", text).strip()


def _xml(element: Element) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for (_, name), value in element.attributes.items())
    text = escape(" ".join(element.text.split()))
    inner = text + "".join(_xml(child) for child in element.children)
    return (
        f"<{element.name}{attributes}>{inner}</{element.name}>" if inner else f"<{element.name}{attributes}/>"
    )
