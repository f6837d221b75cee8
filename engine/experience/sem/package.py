"""A SEM file as an experience of one scene, which plays at once and can be edited like any other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from engine.errors import OutputError, Problem, UsageError
from engine.experience.sem.motion import Units
from engine.experience.sem.names import identifier
from engine.experience.sem.read import Dialect, read_sem
from engine.experience.sem.scene import RoleRow, scene_text
from engine.experience.sem.tracks import Imported, tracks_of

SCENE = "main"
_STORY = """// The story of an imported effect file: one scene. Compile with `sensorama compile` after a change.
-> main

=== main
# scene: main
-> END
"""
_STORY_JSON = (
    '{"inkVersion":21,"root":[[{"->":"main"},["done",{"#n":"g-0"}],null],"done",'
    '{"main":["#","^scene: main","/#","end",null]}],"listDefs":{}}'
)


@dataclass(frozen=True, slots=True)
class ImportedPackage:
    """What an import made: the package's folder, and what a person should know."""

    folder: Path
    effects: int
    tracks: int
    duration_fl: int
    notices: tuple[Problem, ...]


def import_sem(
    path: Path, out: Path | None = None, *, dialect: Dialect = Dialect.TICKS, units: Units | None = None
) -> ImportedPackage:
    """Turn a SEM file into an experience.

    Parameters
    ----------
    path : Path
    out : Path, optional
        Folder of the package, or with the suffix ``.yaml`` one scene file; default a folder named after the file, here.
    dialect : Dialect
        What durations count.
    units : Units, optional
        What lengths of motion patterns count; centimetres by default.

    Raises
    ------
    PackageError
        When it is no SEM file.
    UsageError
        When the target is there already.
    OutputError
        When it cannot be written.
    """
    sem = read_sem(path, dialect)
    woven = tracks_of(sem.effects, units)
    name = identifier(path.stem)
    target = Path(name) if out is None else out
    if target.exists() and (target.is_file() or any(target.iterdir())):
        raise UsageError(f"{target} is there already; choose another place with --out, or remove it")
    about = f"Imported from {path.name}: {len(sem.effects)} effects. Format: MPEG-V, ISO/IEC 23005-3."
    scene = scene_text(woven.tracks, woven.duration_fl, about)
    try:
        if target.suffix == ".yaml":
            target.write_text(scene, encoding="utf-8", newline="\n")
        else:
            _write(target, identifier(target.name), sem.title or path.stem, woven, scene)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}") from error
    notices = (*sem.notices, *woven.notices)
    return ImportedPackage(target, len(sem.effects), len(woven.tracks), woven.duration_fl, notices)


def _write(folder: Path, name: str, title: str, woven: Imported, scene: str) -> None:
    roles: dict[str, RoleRow] = {
        track.role.name: track.role for track in woven.tracks if track.role is not None
    }
    shown = json.dumps(title, ensure_ascii=False)
    rows = "\n".join(role.text for role in roles.values())
    manifest = (
        f"sensorama: 1\nid: {name}\ntitle: {{en: {shown}, zh: {shown}}}\nlanguages: [en, zh]\n"
        "story: story.ink.json\n" + (f"roles:\n{rows}\n" if rows else "roles: {}\n") + "assets: {}\n"
    )
    files = {
        "experience.yaml": manifest,
        "story.ink": _STORY,
        "story.ink.json": _STORY_JSON,
        f"scenes/{SCENE}.yaml": scene,
        "captions/en.yaml": "lines: {}\noptions: {}\n",
        "captions/zh.yaml": "lines: {}\noptions: {}\n",
    }
    for relative, text in files.items():
        written = folder / relative
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(text, encoding="utf-8", newline="\n")
