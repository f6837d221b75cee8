"""``sensorama import sem`` and ``sensorama export sem``: words in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import Problem, UsageError
from engine.experience.sem.motion import Units
from engine.experience.sem.package import import_sem
from engine.experience.sem.read import Dialect
from engine.experience.sem.write import export_sem
from engine.time.flicks import format_fl

LENGTHS_M = {"cm": 0.01, "m": 1.0, "mm": 0.001}


def import_command(file: str, out: str | None, durations: str, length: str) -> int:
    """Import a file, say what was made and what was mended."""
    path = Path(file)
    if not path.is_file():
        raise UsageError(f"{file}: there is no such file")
    made = import_sem(
        path, None if out is None else Path(out), dialect=Dialect(durations), units=Units(LENGTHS_M[length])
    )
    _tell(made.notices)
    print(f"{made.folder}: {made.effects} effects on {made.tracks} tracks, {format_fl(made.duration_fl)}")
    if made.folder.is_dir():
        print(f"check it with: sensorama check {made.folder}; play it with: sensorama play {made.folder}")
    return 0


def export_command(experience: str, out: str, scene: str | None, force: bool) -> int:
    """Export a scene, say what was written and what has no place in the format."""
    made = export_sem(experience, Path(out), scene=scene, force=force)
    _tell(made.notices)
    print(f"{made.path}: {made.effects} effects")
    return 0


def _tell(notices: Sequence[Problem]) -> None:
    for notice in notices:
        print(notice)
