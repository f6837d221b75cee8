"""From a tree to effects on the show's own time: timing, groups, references, declarations, and what files get wrong.

Rules (ISO/IEC 23005-3 clause 5, ISO/IEC 21000-7 XSI for the timing attributes)
-------------------------------------------------------------------------------
An effect's instant is its `pts`, in ticks of the `timeScale` in force, else `ptsDelta` after the last anchor, else `absTime`. In a
group an effect without any takes the group's. At top level it follows the effect before it: it starts where that one ends, or with it
where that one has no duration. What a group says of duration, fade, location, priority and activation holds for its
effects unless they say otherwise; a `ReferenceEffect` plays an effect or a group declared elsewhere, at its own instant and with its
own attributes on top.

Durations are ticks too. One widely used player reads them as whole seconds instead: hence `Dialect`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from pathlib import Path

from engine.errors import PackageError, Place, Problem
from engine.experience.sem.names import (
    COLORS,
    DEFAULT_TIMESCALE,
    EFFECT_TYPES,
    INSTANCE,
    SEDL,
    SEV,
    XSI_TIMING,
    term_name,
)
from engine.experience.sem.tree import Element, read_tree
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.rates import rate_named
from engine.time.timecode import parse_timecode

MAX_EFFECTS = 100_000
_MAX_TAKEN = 2 * MAX_EFFECTS
_LONGEST_S = 24 * 3600
_MAX_REFERENCES = 16
_FASTEST_HZ = 192_000.0
_BASE = ("activate", "active", "duration", "fade", "priority", "location", "alt", "adaptType", "adaptRange")


class Dialect(Enum):
    """What `duration` counts."""

    TICKS = "ticks"
    PLAYSEM_SECONDS = "playsem-seconds"


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One effect, on the show's time.

    Parameters
    ----------
    kind : str
        One of `EFFECT_TYPES`.
    at_fl : int
        Exact to a flick: ticks that are no whole flicks are rounded half to even.
    duration_fl : int or None
        None: until something of its kind and place takes over.
    fade_fl : int
        Time in which the intensity is reached.
    active : bool
    level : float or None
        Intensity as a share 0..1 of its range; None where the file gives none.
    range : tuple of float
        Range the intensity was given in.
    color : tuple of float or None
        Red, green, blue, 0..1.
    term : str
        Scent, kind of spray, tactile effect; last part of its URN.
    location : str
        As the file has it, "" for none.
    frequency_hz : float or None
        Of a flash.
    rate_hz : float or None
        `timeSamples`.
    auto : str
        ``audio``, ``visual``, ``both`` where the player is to derive the effect from the content; else "".
    element : Element
        For what only its kind has.
    place : Place
    """

    kind: str
    at_fl: int
    duration_fl: int | None
    fade_fl: int
    active: bool
    level: float | None
    range: tuple[float, float]
    color: tuple[float, float, float] | None
    term: str
    location: str
    frequency_hz: float | None
    rate_hz: float | None
    auto: str
    element: Element
    place: Place

    @property
    def end_fl(self) -> int:
        """Where it ends by itself; its own instant where it has no duration."""
        return self.at_fl + (self.duration_fl or 0)


@dataclass(frozen=True, slots=True)
class SemFile:
    """What a file says.

    Parameters
    ----------
    effects : tuple of Effect
        By instant; at one instant in the order of the file.
    notices : tuple of Problem
        What was mended, assumed or left out, with file and line.
    title : str
        From the description, "" for none.
    """

    effects: tuple[Effect, ...]
    notices: tuple[Problem, ...]
    title: str = ""


def read_sem(path: Path, dialect: Dialect = Dialect.TICKS) -> SemFile:
    """Read a SEM file.

    Parameters
    ----------
    path : Path
    dialect : Dialect
        What durations count.

    Raises
    ------
    PackageError
        When it is not XML, not a SEM, or cannot be read at all.
    """
    notices: list[Problem] = []
    document = read_tree(_bytes(path), path.name, notices)
    return _Reader(document.root, document.prefixes, path, dialect, notices).read()


def read_fragment(text: str, shown: str = "note") -> Element:
    """An effect's element written by itself, as scenes keep them in a note. Raises PackageError."""
    return read_tree(text.encode(), shown, []).root


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackageError(
            [Problem(Place(path.name), f"cannot be read: {error.strerror or error}", "", code="sem-file")]
        ) from error


@dataclass(slots=True)
class _Clock:
    """Where timing attributes are counted from, on the way through the file."""

    scale: int
    scheme: str
    parent_fl: int | None = None
    anchor_fl: int = 0
    follow_fl: int = 0
    shift_fl: int = 0


@dataclass(slots=True)
class _Reader:
    root: Element
    prefixes: frozenset[str]
    path: Path
    dialect: Dialect
    notices: list[Problem]
    effects: list[Effect] = field(default_factory=list)
    by_id: dict[str, Element] = field(default_factory=dict)
    foreign: dict[str, _Reader] = field(default_factory=dict)
    taken: list[Element] = field(default_factory=list)
    """What was looked at so far, in all files together."""

    def read(self) -> SemFile:
        root = self.root
        if root.name != "SEM":
            raise PackageError(
                [
                    Problem(
                        Place(self.path.name, root.line),
                        f"the root element is {root.name!r}; a SEM file begins with SEM",
                        "give a sensory effect metadata file (MPEG-V, ISO/IEC 23005-3)",
                        code="sem-root",
                    )
                ]
            )
        if root.space != SEDL:
            self.say(root, f"namespace {root.space or 'none'!r}", f"read as {SEDL}")
        self.index(root)
        clock = _Clock(
            self.scale(root, DEFAULT_TIMESCALE, said=True), root.get("absTimeScheme", XSI_TIMING) or ""
        )
        for child in root.children:
            if child.name in {"Declarations", "DescriptionMetadata"}:
                continue
            self.take(child, clock, {}, 0)
        self.effects.sort(key=lambda effect: effect.at_fl)  # stable: the order of the file at one instant
        if not self.effects:
            self.say(root, "no effect is in it", "the scene will be empty")
        return SemFile(tuple(self.effects), tuple(self.notices), self.title())

    # ---- structure -------------------------------------------------------------------------------------------

    def index(self, element: Element) -> None:
        """Find what references may name."""
        name = element.get("id")
        if name:
            if name in self.by_id:
                self.say(element, f"id {name!r} is given twice", "the first one counts")
            self.by_id.setdefault(name, element)
        for child in element.children:
            self.index(child)

    def take(self, element: Element, clock: _Clock, given: Mapping[str, str], depth: int) -> None:
        """An effect, a group or a reference, wherever it stands; `given` are attributes from above."""
        if depth > _MAX_REFERENCES:
            self.say(element, "references go round in a circle", "left out")
            return
        self.taken.append(element)
        if len(self.taken) > _MAX_TAKEN:
            # References to references multiply: a page of text could say a billion effects.
            raise self.too_many(element, f"more than {_MAX_TAKEN} effects, groups and references")
        match element.name:
            case "Effect":
                self.effect(element, clock, given)
            case "GroupOfEffects":
                self.group(element, clock, given, depth)
            case "ReferenceEffect":
                self.reference(element, clock, given, depth)
            case "Parameter":
                pass  # of a colour correction: read with the effect that names it
            case other:
                self.say(element, f"element {other!r} is none of SEDL's", "left out")

    def group(self, element: Element, clock: _Clock, given: Mapping[str, str], depth: int) -> None:
        inner = {**given, **self.base(element)}
        at_fl = self.instant(element, clock)
        scale = self.scale(element, clock.scale)
        members = [child for child in element.children if child.name in ("Effect", "ReferenceEffect")]
        if len(members) < 2:
            self.say(element, f"a group of {len(members)}; the schema wants two or more", "read as it is")
        below = _Clock(scale, clock.scheme, at_fl, at_fl, at_fl, clock.shift_fl)
        before = len(self.effects)
        for child in element.children:
            if child.name != "SupplementalInformation":
                self.take(child, below, inner, depth + 1)
        added = self.effects[before:]
        self.passed(element, clock, at_fl, max((effect.end_fl for effect in added), default=at_fl))

    def reference(self, element: Element, clock: _Clock, given: Mapping[str, str], depth: int) -> None:
        uri = element.get("uri") or ""
        home, target = self.find(element, uri)
        if target is None:
            return
        at_fl = self.instant(element, clock)
        inner = {**given, **self.base(element)}
        # What is declared begins where the reference stands; times inside it count from its own beginning.
        shift_fl = at_fl - home.own_instant(target)
        scale = home.scale(target, home.root_scale)
        below = _Clock(scale, clock.scheme, at_fl, at_fl, at_fl, shift_fl)
        outer, home.effects = home.effects, []
        home.take(_untimed(target), below, inner, depth + 1)
        added, home.effects = home.effects, outer
        self.effects.extend(added)
        self.passed(element, clock, at_fl, max((effect.end_fl for effect in added), default=at_fl))

    @property
    def root_scale(self) -> int:
        return self.scale(self.root, DEFAULT_TIMESCALE)

    def own_instant(self, element: Element) -> int:
        """Where a declared group says it stands: its children's instants are counted from there."""
        if element.name != "GroupOfEffects":
            return 0
        pts = self.whole(element, "pts", XSI_TIMING)
        return 0 if pts is None else _ticks_fl(pts, self.scale(element, self.root_scale))

    def find(self, element: Element, uri: str) -> tuple[_Reader, Element | None]:
        """What a reference names: ``#id``, or ``other.sem#id`` beside this file; nothing is fetched from elsewhere."""
        file, mark, name = uri.partition("#")
        home = self
        if not mark and not file.endswith((".xml", ".sem")):
            file, name = "", uri  # some write the bare id
        if file:
            beside = (self.path.parent / file).resolve()
            if "://" in file or beside.parent != self.path.parent.resolve() or not beside.is_file():
                self.say(
                    element,
                    f"reference {uri!r} leads to another place",
                    "only files beside this one are read; left out",
                )
                return self, None
            if file not in self.foreign:
                notices: list[Problem] = []
                try:
                    tree = read_tree(_bytes(beside), file, notices)
                except PackageError as error:
                    self.notices.extend(error.problems)
                    return self, None
                made = _Reader(tree.root, tree.prefixes, beside, self.dialect, self.notices, taken=self.taken)
                made.index(tree.root)
                self.foreign[file] = made
            home = self.foreign[file]
        target = home.by_id.get(name)
        if target is None:
            there = ", ".join(sorted(home.by_id)[:8]) or "none"
            self.say(element, f"reference {uri!r} names nothing", f"left out; ids are: {there}")
        elif target is element:
            self.say(element, f"reference {uri!r} names itself", "left out")
            return home, None
        return home, target

    # ---- one effect ------------------------------------------------------------------------------------------

    def effect(self, element: Element, clock: _Clock, given: Mapping[str, str]) -> None:
        kind = self.kind(element)
        at_fl = self.instant(element, clock)
        if kind is None:
            return
        if len(self.effects) >= MAX_EFFECTS:
            raise self.too_many(element, f"more than {MAX_EFFECTS} effects")
        scale = self.scale(element, clock.scale)
        base = {**given, **self.base(element)}
        value, span = self.intensity(element, kind)
        active = self.activate(element, base, value)
        duration_fl = self.duration(element, base, scale)
        self.effects.append(
            Effect(
                kind=kind,
                at_fl=at_fl,
                duration_fl=duration_fl,
                fade_fl=self.fade(element, base, scale),
                active=active,
                level=value,
                range=span,
                color=self.color(element) if kind in ("Light", "Flash") else None,
                term=self.term(element, kind),
                location=base.get("location", "").strip(),
                frequency_hz=self.rate(element, "frequency") if kind == "Flash" else None,
                rate_hz=self.rate(element, "timeSamples"),
                auto=(element.get("autoExtraction", SEV, SEDL) or "").strip(),
                element=element,
                place=Place(self.path.name, element.line),
            )
        )
        self.passed(element, clock, at_fl, at_fl + (duration_fl or 0))

    def too_many(self, element: Element, message: str) -> PackageError:
        place = Place(self.path.name, element.line)
        return PackageError([Problem(place, message, "split the file", code="sem-size")])

    def kind(self, element: Element) -> str | None:
        text = (element.attributes.get((INSTANCE, "type")) or element.get("type") or "").strip()
        prefix, _, name = text.rpartition(":")
        if prefix and prefix not in self.prefixes:
            self.say(element, f"prefix {prefix!r} of xsi:type is not declared", f"taken for {SEV}")
        for space, attribute in element.attributes:
            if space in {SEV, SEDL}:
                self.say(
                    element,
                    f"attribute {attribute!r} is qualified",
                    "the schema has it unqualified; read all the same",
                )
        if not name:
            self.say(element, "an effect without xsi:type", "left out")
            return None
        found = next(
            (kind for kind in EFFECT_TYPES if name.removesuffix("Type").lower() == kind.lower()), None
        )
        if found is None:
            self.say(
                element,
                f"effect type {text!r} is none of the 2010 schema",
                f"left out; there are {', '.join(EFFECT_TYPES)}",
            )
        elif name != f"{found}Type":
            self.say(element, f"effect type {text!r}", f"read as {found}Type")
        return found

    def base(self, element: Element) -> dict[str, str]:
        found = {}
        for name in _BASE:
            value = element.get(name, SEDL, SEV)
            if value is not None:
                found["activate" if name == "active" else name] = value
                if name == "active":
                    self.say(element, "attribute 'active'", "read as activate")
        return found

    def activate(self, element: Element, base: Mapping[str, str], value: float | None) -> bool:
        text = base.get("activate")
        if text is None:
            return True
        word = text.strip().lower()
        if word in ("true", "1"):
            return True
        if word not in ("false", "0"):
            self.say(
                element, f"activate is {text!r}", "read as " + ("true" if word in ("yes", "on") else "false")
            )
        return word in ("yes", "on")

    def duration(self, element: Element, base: Mapping[str, str], scale: int) -> int | None:
        text = base.get("duration")
        count = None if text is None else self.positive(element, "duration", text)
        if count is None:
            return None
        if self.dialect is Dialect.PLAYSEM_SECONDS:
            return self.bounded(element, Fraction(count))
        return self.bounded(element, Fraction(count, scale))

    def fade(self, element: Element, base: Mapping[str, str], scale: int) -> int:
        text = base.get("fade")
        count = None if text is None else self.positive(element, "fade", text)
        return 0 if count is None else self.bounded(element, Fraction(count, scale))

    def intensity(self, element: Element, kind: str) -> tuple[float | None, tuple[float, float]]:
        """Share of the range, and the range."""
        value = self.number(element, "intensity-value")
        text = element.get("intensity-range", SEV, SEDL)
        span: tuple[float, float] | None = None
        if text is not None:
            parts = [_float(part) for part in text.replace(",", " ").split()]
            if len(parts) == 2 and parts[0] is not None and parts[1] is not None and parts[0] < parts[1]:
                span = (parts[0], parts[1])
            else:
                self.say(
                    element, f"intensity-range is {text!r}", "not two rising numbers; guessed from the value"
                )
        if span is None:
            # Where no range is given, files count to 1 or to 100.
            span = (0.0, 100.0) if value is not None and value > 1.0 else (0.0, 1.0)
            if value is not None and text is None:
                self.say(
                    element, f"intensity {value:g} without a range", f"read as of {span[0]:g} to {span[1]:g}"
                )
        if value is None:
            return None, span
        share = (value - span[0]) / (span[1] - span[0])
        if not 0.0 <= share <= 1.0:
            self.say(
                element, f"intensity {value:g} lies outside {span[0]:g} to {span[1]:g}", "brought to its end"
            )
        return round(min(max(share, 0.0), 1.0), 9), span

    def color(self, element: Element) -> tuple[float, float, float] | None:
        text = element.get("color", SEV, SEDL)
        if text is None:
            return None
        name = text.strip()
        if re.fullmatch(r"#[0-9A-Fa-f]{6}", name) is None:
            plain = term_name(name)
            found = COLORS.get(plain.lower().replace("-", "_").replace(" ", "_"))
            if found is None:
                self.say(
                    element, f"colour {text!r} is not known", "read as white; write a hex colour as #FF9550"
                )
                found = "#ffffff"
            elif "urn:" not in name:
                self.say(element, f"colour {text!r} is a plain word", f"read as {found}")
            name = found
        code = int(name[1:], 16)
        return ((code >> 16) / 255, (code >> 8 & 255) / 255, (code & 255) / 255)

    def term(self, element: Element, kind: str) -> str:
        name = {"Scent": "scent", "Spraying": "sprayingType", "Tactile": "tactileEffect"}.get(kind)
        if name is None:
            return ""
        text = element.get(name, SEV, SEDL)
        return "" if text is None else term_name(text)

    # ---- time ------------------------------------------------------------------------------------------------

    def scale(self, element: Element, inherited: int, *, said: bool = False) -> int:
        text = element.get("timeScale", XSI_TIMING)
        if text is None:
            if said:
                self.say(element, "no si:timeScale", f"read as {inherited} ticks a second")
            return inherited
        found = _int(text)
        if found is None or not 0 < found <= FLICKS_PER_SECOND:
            self.say(element, f"si:timeScale is {text!r}", f"read as {inherited} ticks a second")
            return inherited
        return found

    def instant(self, element: Element, clock: _Clock) -> int:
        scale = self.scale(element, clock.scale)
        pts = self.whole(element, "pts", XSI_TIMING)
        if pts is not None:
            return max(0, clock.shift_fl + self.bounded(element, Fraction(pts, scale)))
        delta = self.whole(element, "ptsDelta", XSI_TIMING)
        if delta is not None:
            return clock.anchor_fl + self.bounded(element, Fraction(delta, scale))
        text = element.get("absTime", XSI_TIMING)
        if text is not None:
            seconds = _absolute(text, element.get("absTimeScheme", XSI_TIMING) or clock.scheme)
            if seconds is not None:
                return self.bounded(element, seconds)
            self.say(
                element, f"si:absTime {text!r} is not understood", "left at the time of what stands before it"
            )
        if clock.parent_fl is not None:
            return clock.parent_fl
        return clock.follow_fl

    def passed(self, element: Element, clock: _Clock, at_fl: int, end_fl: int) -> None:
        """What stands next in the file may count from here."""
        anchor = (element.get("anchorElement", XSI_TIMING) or "").strip().lower()
        if anchor in ("true", "1"):
            clock.anchor_fl = at_fl
        clock.follow_fl = max(end_fl, at_fl)

    def bounded(self, element: Element, seconds: Fraction) -> int:
        if seconds > _LONGEST_S:
            self.say(element, f"a time of {float(seconds):.0f} s", "longer than a day; brought to a day")
            seconds = Fraction(_LONGEST_S)
        return round(seconds * FLICKS_PER_SECOND)

    # ---- numbers ---------------------------------------------------------------------------------------------

    def number(self, element: Element, name: str) -> float | None:
        text = element.get(name, SEV, SEDL)
        if text is None:
            return None
        found = _float(text)
        if found is None:
            self.say(element, f"{name} is {text!r}, not a number", "left out")
        return found

    def rate(self, element: Element, name: str) -> float | None:
        """How often a second: between once a day and as often as samples of sound."""
        found = self.number(element, name)
        if found is not None and not 1 / _LONGEST_S <= found <= _FASTEST_HZ:
            self.say(element, f"{name} is {found:g} a second", f"above 0, to {_FASTEST_HZ:g}; left out")
            return None
        return found

    def whole(self, element: Element, name: str, *spaces: str) -> int | None:
        text = element.get(name, *spaces)
        if text is None:
            return None
        found = _int(text)
        if found is None or found < 0:
            self.say(element, f"{name} is {text!r}", "not a whole number from 0; left out")
            return None
        return found

    def positive(self, element: Element, name: str, text: str) -> int | None:
        found = _int(text)
        if found is None or found <= 0:
            self.say(element, f"{name} is {text!r}", "not a whole number above 0; left out")
            return None
        return found

    def say(self, element: Element, message: str, hint: str) -> None:
        """Keep a notice; the same one about many elements is told for the first."""
        if not any(notice.message == message and notice.hint == hint for notice in self.notices):
            self.notices.append(
                Problem(Place(self.path.name, element.line), message, hint, "warning", code="sem-mended")
            )

    def title(self) -> str:
        for element in _walk(self.root):
            if element.name in {"Title", "FreeTextAnnotation"} and element.text.strip():
                return element.text.strip()[:120]
        return ""


def _untimed(element: Element) -> Element:
    """A declared element without an instant of its own: the reference says when."""
    kept = {
        key: value
        for key, value in element.attributes.items()
        if key[1] not in ("pts", "ptsDelta", "absTime")
    }
    return replace(element, attributes=kept)


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _walk(child)


def _ticks_fl(ticks: int, scale: int) -> int:
    return round(Fraction(ticks, scale) * FLICKS_PER_SECOND)


def _float(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) < 1e9 else None


def _int(text: str) -> int | None:
    """A whole number; some writers put 9000.0."""
    found = re.fullmatch(r"\s*([+-]?\d{1,18})(\.0*)?\s*", text)
    return None if found is None else int(found.group(1))


_MP7T = re.compile(r"(?:\d+-\d+-\d+)?T?(\d{1,2}):(\d{2}):(\d{2})(?::(\d{1,9})F(\d{1,9}))?\Z")
_NPT = re.compile(r"(?:(\d{1,4}):(\d{2}):)?(\d{1,6}(?:\.\d{1,9})?)\Z")


def _absolute(text: str, scheme: str) -> Fraction | None:
    """Seconds of an absolute time, by the scheme: mp7t, npt, smpte-24, smpte-25, smpte-30, smpte-30-drop."""
    text = text.strip()
    found = _MP7T.match(text)
    if found is not None and scheme in ("", "mp7t"):
        hours, minutes, seconds, count, parts = found.groups()
        whole = Fraction(int(hours) * 3600 + int(minutes) * 60 + int(seconds))
        return whole + (Fraction(int(count), int(parts)) if parts and int(parts) else 0)
    if scheme in ("", "npt"):
        plain = _NPT.match(text)
        if plain is not None:
            hours, minutes, seconds = plain.groups()
            return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)
    if scheme.startswith("smpte"):
        name = {
            "smpte": "29.97",
            "smpte-24": "24",
            "smpte-25": "25",
            "smpte-30": "30",
            "smpte-30-drop": "29.97df",
        }
        try:
            rate = rate_named(name.get(scheme, "25"))
            return Fraction(parse_timecode(text, rate).to_fl(), FLICKS_PER_SECOND)
        except ValueError:
            return None
    return None
