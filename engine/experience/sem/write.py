"""A scene as a SEM file that validates against the schemas of ISO/IEC 23005-3:2011.

What each role does is read from the compiled scene, so every form of a cue comes out alike: constant stretches as effects, linear
ones as effects with a fade, curved ones as linear pieces within `TOLERANCE`. A track that was imported and is still what its note says is
written back as it came: with its range, its place, its pattern.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from engine.errors import OutputError, Place, Problem, UsageError
from engine.experience.package import Package, load_package
from engine.experience.role_curves import SHORTEST_FL, role_edges, straight_parts
from engine.experience.scene_writer import value_text
from engine.experience.sem.motion import Units, matrix_text, motion_cues
from engine.experience.sem.names import (
    DEFAULT_TIMESCALE,
    INSTANCE,
    MPEG7,
    SEDL,
    SEV,
    XSI_TIMING,
    term,
)
from engine.experience.sem.read import Effect, read_fragment
from engine.experience.sem.snippet import Note, read_note
from engine.experience.sem.tracks import FORCES
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleSpec
from engine.timeline.yamlsource import load_yaml

SAMPLE_HZ = 50
"""Samples of motion a second, where a track is no pattern."""

_BY_MODALITY = {
    "wind": "Wind",
    "scent": "Scent",
    "fog": "Fog",
    "water": "Spraying",
    "temperature": "Temperature",
    "light": "Light",
    "haptic": "Vibration",
}
_SCALES = (DEFAULT_TIMESCALE, 705_600_000)


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export made."""

    path: Path
    effects: int
    notices: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """An effect to write: instant, and what follows ``<sedl:Effect``."""

    at_fl: int
    fade_fl: int
    duration_fl: int
    kind: str
    attributes: tuple[tuple[str, str], ...]
    body: str = ""


@dataclass(slots=True)
class _Export:
    package: Package
    program: Program
    evaluator: Evaluator
    notes: Mapping[str, Note]
    rows: list[_Row] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    def say(self, message: str, hint: str) -> None:
        self.notices.append(
            Problem(Place(f"scenes/{self.program.id}.yaml"), message, hint, "warning", code="sem-export")
        )


def export_sem(
    experience: str | Path, out: Path, *, scene: str | None = None, force: bool = False
) -> Exported:
    """Write a scene of an experience as a SEM file.

    Parameters
    ----------
    experience : str or Path
    out : Path
    scene : str, optional
        Its id; needed where the experience has more than one. SEM knows no branches.
    force : bool
        Replace a file that is there.

    Raises
    ------
    PackageError
        When the experience has mistakes.
    UsageError
        For an unknown scene, or a file that is there already.
    OutputError
        When it cannot be written.
    """
    package = load_package(experience)
    names = ", ".join(sorted(package.scene_index))
    if scene is None:
        if len(package.scenes) != 1:
            raise UsageError(
                f"{package.id} has several scenes and SEM knows no branches; give --scene, one of {names}"
            )
        scene = package.scenes[0].id
    if scene not in package.scene_index:
        raise UsageError(f"--scene {scene}: there is no such scene; there are {names}")
    if out.exists() and not force:
        raise UsageError(f"{out} is there already; give another name, or --force to replace it")
    program = package.scene(scene)
    tracks = _tracks(package, scene)
    export = _Export(package, program, Evaluator(package.scenes, package.roles), _notes(tracks))
    _collect(export, tracks)
    title = package.title.get("en") or package.id
    text = sem_text(export.rows, title)
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error
    return Exported(out, len(export.rows), tuple(export.notices))


def sem_text(rows: Sequence[_Row], title: str) -> str:
    """The file: a root with its time scale, effects by instant."""
    times = [value for row in rows for value in (row.at_fl, row.fade_fl, row.duration_fl)]
    scale = next(
        scale
        for scale in _SCALES
        if all(value * scale % FLICKS_PER_SECOND == 0 for value in times) or scale == _SCALES[-1]
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<sedl:SEM xmlns:sedl="{SEDL}" xmlns:sev="{SEV}" xmlns:mpeg7="{MPEG7}" xmlns:si="{XSI_TIMING}"',
        f'    xmlns:xsi="{INSTANCE}" si:puMode="ancestorsDescendants" si:absTimeScheme="mp7t" si:timeScale="{scale}">',
        "  <sedl:DescriptionMetadata>",
        f"    <mpeg7:Comment><mpeg7:FreeTextAnnotation>{escape(title)}</mpeg7:FreeTextAnnotation></mpeg7:Comment>",
        "  </sedl:DescriptionMetadata>",
    ]
    ordered = sorted(rows, key=lambda row: row.at_fl)
    for row in ordered:
        words = [f'xsi:type="sev:{row.kind}Type"']
        words.extend(f"{name}={quoteattr(value)}" for name, value in row.attributes)
        if row.duration_fl:
            words.append(f'duration="{_ticks(row.duration_fl, scale)}"')
        if row.fade_fl:
            words.append(f'fade="{max(1, _ticks(row.fade_fl, scale))}"')
        words.append(f'si:pts="{_ticks(row.at_fl, scale)}"')
        words.append('si:anchorElement="true"')
        head = "  <sedl:Effect " + " ".join(words)
        lines.append(f"{head}>{row.body}</sedl:Effect>" if row.body else f"{head}/>")
    if not ordered:
        # The schema wants at least one: the plainest that does nothing.
        lines.append(
            '  <sedl:Effect xsi:type="sev:WindType" activate="false" si:pts="0" si:anchorElement="true"/>'
        )
    return "\n".join([*lines, "</sedl:SEM>", ""])


def _ticks(fl: int, scale: int) -> int:
    return (
        round(fl * scale / FLICKS_PER_SECOND)
        if fl * scale % FLICKS_PER_SECOND
        else fl * scale // FLICKS_PER_SECOND
    )


# ---- what the scene holds ------------------------------------------------------------------------------------


def _tracks(package: Package, scene: str) -> list[Mapping[str, Any]]:
    """The scene's tracks as written, for their notes."""
    path = package.path / "scenes" / f"{scene}.yaml"
    data, _ = load_yaml(path, shown=path.name, problems=[])
    tracks = data.get("tracks") if isinstance(data, dict) else None
    return [track for track in tracks or [] if isinstance(track, dict)]


def _notes(tracks: Sequence[Mapping[str, Any]]) -> dict[str, Note]:
    found: dict[str, Note] = {}
    for track in tracks:
        note = read_note(track.get("note"))
        if note is not None and isinstance(track.get("role"), str):
            found.setdefault(track["role"], note)
    return found


def _collect(export: _Export, tracks: Sequence[Mapping[str, Any]]) -> None:
    for track in tracks:
        if track.get("kind") == "event":
            _events(export, track)
    forces: list[int] = []
    tactors: list[int] = []
    for index, role in enumerate(export.package.roles):
        if index not in export.program.roles_used():
            continue
        note = export.notes.get(role.name)
        if role.kind is RoleKind.MOTION:
            _motion(export, index, role, [track for track in tracks if track.get("role") == role.name])
        elif note is not None and note.kind in ("PassiveKinestheticForce", "ActiveKinesthetic"):
            forces.append(index)
        elif note is not None and note.kind == "Tactile":
            tactors.append(index)
        elif role.kind is RoleKind.COLOR:
            _color(export, index, note)
        else:
            _level(export, index, role, note)
    if forces:
        _forces(export, forces)
    if tactors:
        _tactile(export, tactors)


def _kind(role: RoleSpec, note: Note | None) -> str | None:
    if note is not None:
        return note.kind
    if role.picture_only:
        return "ColorCorrection" if "color" in role.name else None
    return _BY_MODALITY.get(role.modality)


def _common(export: _Export, role: RoleSpec, note: Note | None, kind: str) -> tuple[tuple[str, str], ...]:
    words: list[tuple[str, str]] = []
    suffix = role.name.partition(".")[2]
    fields = {} if note is None else note.fields
    if kind == "Scent":
        words.append(("scent", fields.get("scent") or term("ScentCS", suffix)))
    if kind == "Spraying":
        words.append(("sprayingType", fields.get("sprayingType") or term("SprayingTypeCS", "purified_water")))
    if note is not None and note.location:
        words.append(("location", note.location))
    return tuple(words)


def _intensity(level: float, note: Note | None) -> tuple[tuple[str, str], ...]:
    low, high = note.range if note is not None else (0.0, 1.0)
    value = low + level * (high - low)
    return (("intensity-value", f"{value:.7g}"), ("intensity-range", f"{low:g} {high:g}"))


# ---- levels and colours --------------------------------------------------------------------------------------


def _level(export: _Export, index: int, role: RoleSpec, note: Note | None) -> None:
    kind = _kind(role, note)
    if kind is None:
        export.say(f"role {role.name} has no effect of MPEG-V", "left out")
        return
    start = export.package.roles.starts[index]
    common = _common(export, role, note, kind)
    if role.kind is RoleKind.HAPTIC and any(
        c.role == index and len(c.channels) > 1 for c in export.program.contributions
    ):
        export.say(f"role {role.name}: MPEG-V's vibration has no frequency", "only the amplitude is written")
    for at_fl, value, fade_fl in _pieces(export, index, (start,)):
        level = round(value[0], 9)
        active = level > 0.0 or fade_fl > 0
        words = (
            ("activate", "true" if active else "false"),
            *((_intensity(level, note)) if active else ()),
            *common,
        )
        export.rows.append(_Row(at_fl, fade_fl, 0, kind, words))


def _color(export: _Export, index: int, note: Note | None) -> None:
    role = export.package.roles.roles[index]
    start = export.package.roles.starts[index]
    kind = "Light"
    common = _common(export, role, note, kind)
    pieces = _pieces(export, index, (start, start + 1, start + 2))
    if note is not None and note.kind == "Flash":
        pieces = _flashes(export, pieces, note, common)
    for at_fl, value, fade_fl in pieces:
        active = max(value) > 0.0 or fade_fl > 0
        lit = _lit(value, note) if active else ()
        words = (("activate", "true" if active else "false"), *lit, *common)
        export.rows.append(_Row(at_fl, fade_fl, 0, kind, words))


def _lit(value: Sequence[float], note: Note | None) -> tuple[tuple[str, str], ...]:
    level = min(max(value), 1.0)
    code = "".join(f"{round(255 * min(part / level, 1.0)):02X}" for part in value) if level > 0 else "000000"
    return (("color", f"#{code}"), *_intensity(round(level, 9), note))


_Piece = tuple[int, tuple[float, ...], int]


def _flashes(
    export: _Export, pieces: Sequence[_Piece], note: Note, common: tuple[tuple[str, str], ...]
) -> list[_Piece]:
    """Take out runs of on and off that are a flash of a whole number of hertz; give what is left, a light's."""
    left: list[_Piece] = []
    index = 0
    while index < len(pieces):
        at_fl, value, fade_fl = pieces[index]
        run = _run_of(pieces, index)
        half_fl = pieces[index + 1][0] - at_fl if run > 2 else 0
        hz = round(FLICKS_PER_SECOND / (2 * half_fl)) if half_fl else 0
        if hz < 1 or abs(half_fl - FLICKS_PER_SECOND / (2 * hz)) > 1:
            left.append((at_fl, value, fade_fl))
            index += 1
            continue
        end_fl = pieces[index + run - 1][0]
        words = (("activate", "true"), ("frequency", str(hz)), *_lit(value, note), *common)
        export.rows.append(_Row(at_fl, 0, end_fl - at_fl, "Flash", words))
        index += run
    return left


def _run_of(pieces: Sequence[_Piece], first: int) -> int:
    """How many pieces from `first` on go on and off evenly, the last one being off."""
    at_fl, value, _ = pieces[first]
    if max(value) <= 0.0 or first + 1 >= len(pieces):
        return 0
    half_fl = pieces[first + 1][0] - at_fl
    count, dark_at = 1, 0
    for number, (next_fl, there, fade_fl) in enumerate(pieces[first + 1 :], 1):
        dark = max(there) <= 0.0
        late_fl = next_fl - at_fl - number * half_fl
        # The end of a flash may cut its last half short, or say once more that it is dark.
        lit_in_turn = number % 2 == 0 and not dark and not _apart(there, value) and abs(late_fl) <= number
        if fade_fl or not (dark or lit_in_turn) or late_fl > number:
            break
        count += 1
        if dark:
            dark_at = count
        if number % 2 == 0 and dark:
            break
    return dark_at


def _pieces(
    export: _Export, index: int, components: Sequence[int]
) -> list[tuple[int, tuple[float, ...], int]]:
    """What a role does as (instant, value reached, time it takes): 0 for at once."""
    program = export.program
    times, cues = role_edges(program, index)

    def value(at_fl: int) -> tuple[float, ...]:
        state = export.evaluator.levels_at(program.index, at_fl)
        return tuple(0.0 if not math.isfinite(state[c]) else float(state[c]) for c in components)

    found: list[tuple[int, tuple[float, ...], int]] = []
    now = (0.0,) * len(components)
    for a_fl, b_fl in pairwise(times):
        begin = value(a_fl)
        last = value(b_fl - 1)
        # A cue that says again what holds already is an effect all the same.
        again = a_fl > 0 and a_fl in cues and not _apart(begin, last)
        if _apart(begin, now) or again:
            found.append((a_fl, begin, 0))
            now = begin
        for c_fl, d_fl in straight_parts(value, a_fl, b_fl):
            # The end of a piece as it is approached: at the edge itself another may have begun.
            reached = last if d_fl == b_fl else value(d_fl)
            if not _apart(reached, now):
                continue
            previous = found[-1] if found else None
            if previous is not None and previous[0] == c_fl and previous[2] == 0:
                # Something is there at once and goes on from there: two effects, the second a tick later would be wrong. The
                # first keeps its instant, the second begins one shortest step on.
                step = min(SHORTEST_FL, (d_fl - c_fl) // 2)
                found.append((c_fl + step, reached, d_fl - c_fl - step))
            else:
                found.append((c_fl, reached, d_fl - c_fl))
            now = reached
    return found


def _apart(a: Sequence[float], b: Sequence[float]) -> bool:
    return any(abs(x - y) > 1e-7 for x, y in zip(a, b, strict=True))


# ---- motion --------------------------------------------------------------------------------------------------


def _motion(export: _Export, index: int, role: RoleSpec, tracks: Sequence[Mapping[str, Any]]) -> None:
    patterned: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for track in tracks:
        note = read_note(track.get("note"))
        cues = track.get("cues") or []
        if note is None or "patterns" not in note.fields or len(cues) != 1:
            break
        key = (
            note.kind,
            note.location,
            note.fields["patterns"],
            cues[0].get("at"),
            note.fields.get("length"),
        )
        patterned.setdefault(key, []).append(track)
    else:
        rows = [_patterned(group) for group in patterned.values()]
        if rows and all(row is not None for row in rows):
            export.rows.extend(row for row in rows if row is not None)
            return
    _sampled(export, index, role)


def _patterned(tracks: Sequence[Mapping[str, Any]]) -> _Row | None:
    """An effect whose tracks are still what its pattern makes, or None."""
    note = read_note(tracks[0].get("note"))
    if note is None:
        return None
    from engine.timeline.quantities import read_duration_fl

    fields = note.fields
    try:
        at_fl = read_duration_fl(tracks[0]["cues"][0]["at"])
        length = fields.get("length")
        end_fl = None if length is None else at_fl + int(length)
        units = Units(float(fields.get("unit", "0.01")))
        element = read_fragment(f"<Effect>{fields['patterns']}</Effect>")
        rate = fields.get("rate")
        effect = Effect(
            note.kind, at_fl, None, 0, True, None, (0.0, 1.0), None, "", note.location, None,
            None if rate is None else float(rate), "", element, Place("note"),
        )  # fmt: skip
    except (ValueError, KeyError, OutputError, UsageError):
        return None
    made = motion_cues(effect, end_fl, units, lambda *_: None)
    shown = [value_text(cue) for cue in made]
    kept = {
        int(n.fields.get("number", "0")): track
        for track in tracks
        if (n := read_note(track.get("note"))) is not None
    }
    if len(kept) != len(shown) or any(
        number >= len(shown) or _shown_cue(track["cues"][0]) != _normal(shown[number])
        for number, track in kept.items()
    ):
        return None
    words: list[tuple[str, str]] = [("activate", "true")]
    if note.location:
        words.append(("location", note.location))
    if note.kind == "PassiveKinestheticMotion":
        words.append(("timeSamples", rate or str(SAMPLE_HZ)))
    body = "".join(_qualified(child) for child in element.children)
    return _Row(at_fl, 0, 0 if end_fl is None else end_fl - at_fl, note.kind, tuple(words), body)


def _shown_cue(cue: Mapping[str, Any]) -> str:
    return _normal(value_text(cue))


def _normal(text: str) -> str:
    return text.replace('"', "").replace(" ", "")


def _qualified(element: Any) -> str:
    """An element of SEV with its prefix again; a matrix' size belongs to MPEG-7."""
    attributes = "".join(
        f" {'mpeg7:dim' if name == 'dim' else name}={quoteattr(value)}"
        for (_, name), value in element.attributes.items()
    )
    inner = escape(" ".join(element.text.split())) + "".join(_qualified(child) for child in element.children)
    return (
        f"<sev:{element.name}{attributes}>{inner}</sev:{element.name}>"
        if inner
        else f"<sev:{element.name}{attributes}/>"
    )


def _sampled(export: _Export, index: int, role: RoleSpec) -> None:
    start = export.package.roles.starts[index]
    samples = _samples(export, list(range(start, start + 6)), SAMPLE_HZ)
    if samples is None:
        return
    first, rows = samples
    rounded = [[round(value, 6 if axis < 3 else 4) + 0.0 for axis, value in enumerate(row)] for row in rows]
    step_fl = FLICKS_PER_SECOND // SAMPLE_HZ
    note = export.notes.get(role.name)
    words: tuple[tuple[str, str], ...] = (("activate", "true"), ("timeSamples", str(SAMPLE_HZ)))
    if note is not None and note.location:
        words = (*words, ("location", note.location))
    body = (
        f'<sev:TrajectorySamples mpeg7:dim="{len(rounded)} 6">{matrix_text(rounded)}</sev:TrajectorySamples>'
    )
    export.rows.append(
        _Row(first * step_fl, 0, len(rounded) * step_fl, "PassiveKinestheticMotion", words, body)
    )
    export.say(
        f"role {role.name} is written as {len(rounded)} samples", f"{SAMPLE_HZ} a second, metres and degrees"
    )


def _samples(
    export: _Export, components: Sequence[int], rate_hz: int
) -> tuple[int, list[list[float]]] | None:
    """First step and rows of the stretch in which anything is not zero."""
    step_fl = FLICKS_PER_SECOND // rate_hz
    count = export.program.duration.nominal_fl // step_fl + 1
    rows = np.array(
        [
            export.evaluator.levels_at(export.program.index, n * step_fl)[list(components)]
            for n in range(count)
        ]
    )
    rows = np.nan_to_num(rows)
    busy = np.flatnonzero(np.abs(rows).max(axis=1) > 1e-9)
    if busy.size == 0:
        return None
    first, last = max(int(busy[0]) - 1, 0), min(int(busy[-1]) + 1, count - 1)
    return first, rows[first : last + 1].tolist()


# ---- forces, tactors, events ---------------------------------------------------------------------------------


def _rate(export: _Export, index: int) -> int:
    note = export.notes[export.package.roles.roles[index].name]
    try:
        rate = round(float(note.fields.get("rate", "25")))
    except ValueError:
        rate = 25
    return rate if rate > 0 and FLICKS_PER_SECOND % rate == 0 else 25


def _forces(export: _Export, roles: Sequence[int]) -> None:
    table = export.package.roles
    starts: list[int | None] = [None] * 6
    for index in roles:
        for number, name in enumerate(FORCES):
            if table.roles[index].name.partition(".")[2].startswith(name):
                starts[number] = table.starts[index]
    rate = _rate(export, roles[0])
    known = [start for start in starts if start is not None]
    samples = _samples(export, known, rate)
    if samples is None:
        return
    first, rows = samples
    full = [[_pick(row, known, start) for start in starts] for row in rows]
    step_fl = FLICKS_PER_SECOND // rate
    words = (("activate", "true"), ("timeSamples", str(rate)))
    body = f'<sev:PassiveKinestheticForce mpeg7:dim="{len(full)} 6">{matrix_text(full)}</sev:PassiveKinestheticForce>'
    export.rows.append(_Row(first * step_fl, 0, len(full) * step_fl, "PassiveKinestheticForce", words, body))


def _pick(row: Sequence[float], known: Sequence[int], start: int | None) -> float:
    return 0.0 if start is None else round(row[known.index(start)], 6) + 0.0


def _tactile(export: _Export, roles: Sequence[int]) -> None:
    table = export.package.roles
    ordered = sorted(roles, key=lambda index: _number_of(table.roles[index].name))
    rate = _rate(export, ordered[0])
    samples = _samples(export, [table.starts[index] for index in ordered], rate)
    if samples is None:
        return
    first, rows = samples
    rounded = [[round(value, 6) + 0.0 for value in row] for row in rows]
    note = export.notes[table.roles[ordered[0]].name]
    step_fl = FLICKS_PER_SECOND // rate
    kind = note.fields.get("tactileEffect") or term("TactileEffectCS", "pressure")
    words = (("activate", "true"), ("tactileEffect", kind), ("timeSamples", str(rate)))
    body = f'<sev:ArrayIntensity mpeg7:dim="{len(rounded)} {len(ordered)}">{matrix_text(rounded)}</sev:ArrayIntensity>'
    export.rows.append(_Row(first * step_fl, 0, len(rounded) * step_fl, "Tactile", words, body))


def _number_of(name: str) -> tuple[int, str]:
    tail = name.rpartition("_")[2]
    return (int(tail) if tail.isdigit() else 0, name)


def _events(export: _Export, track: Mapping[str, Any]) -> None:
    from engine.experience.sem.names import EFFECT_TYPES
    from engine.timeline.quantities import read_duration_fl

    for cue in track.get("cues") or []:
        name = str(cue.get("name", ""))
        kind = next((kind for kind in EFFECT_TYPES if name == f"auto_{kind.lower()}"), None)
        if kind is None or cue.get("value") not in ("audio", "visual", "both"):
            continue
        words = (("activate", "true"), ("autoExtraction", str(cue["value"])))
        export.rows.append(_Row(read_duration_fl(cue["at"]), 0, 0, kind, words))


__all__ = ["Exported", "export_sem", "sem_text"]
