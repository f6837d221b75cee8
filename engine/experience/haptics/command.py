"""``sensorama import haptic`` and ``sensorama export haptic``: words in, words out."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError
from engine.experience.haptics.files import READABLE, haptic_texts, read_haptic, write_haptic
from engine.experience.haptics.tracks import clips_of_scene, import_haptic
from engine.time.flicks import format_fl, parse_duration_fl


def import_command(file: str, out: str | None, role: str, at: str) -> int:
    """Import a file, say what was made and what was mended."""
    try:
        at_fl = parse_duration_fl(at)
    except ValueError as error:
        raise UsageError(f"--at {at}: {error}") from None
    made = import_haptic(Path(file), None if out is None else Path(out), role=role, at_fl=at_fl)
    for notice in made.notices:
        print(notice)
    print(f"{made.place}: {made.tracks} haptic tracks, {format_fl(made.duration_fl)}")
    return 0


def export_command(source: str, out: str, scene: str | None, role: str | None, force: bool) -> int:
    """Write a scene's haptics, or another haptic file, in a format of another tool."""
    target = Path(out)
    given = Path(source)
    if given.suffix.lower() in READABLE and given.is_file():
        file = read_haptic(given)
        for notice in file.notices:
            print(notice)
    else:
        file = clips_of_scene(source, scene, role)
    write_haptic(file, target, force=force)
    for path, clip in zip(haptic_texts(file, target), file.clips, strict=False):
        print(f"{path}: {len(clip.amplitude)} points, {len(clip.knocks)} transients, {clip.length_s:.3f} s")
    return 0
