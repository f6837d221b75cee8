"""A SEM file as an experience of one scene, which plays at once and can be edited like any other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import Problem
from engine.experience.scene_writer import scene_text
from engine.experience.sem.motion import Units
from engine.experience.sem.read import Dialect, read_sem
from engine.experience.sem.tracks import tracks_of
from engine.experience.single_scene import identifier, refuse_taken, write_scene_or_package


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
    refuse_taken(target)
    about = f"Imported from {path.name}: {len(sem.effects)} effects. Format: MPEG-V, ISO/IEC 23005-3."
    scene = scene_text(woven.tracks, woven.duration_fl, about)
    write_scene_or_package(target, sem.title or path.stem, woven.tracks, scene)
    notices = (*sem.notices, *woven.notices)
    return ImportedPackage(target, len(sem.effects), len(woven.tracks), woven.duration_fl, notices)
