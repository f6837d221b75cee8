"""Sound files that a package's scenes name, looked into before a show: all that cannot be played, at once."""

from __future__ import annotations

from engine.audio.multichannel import header_of, parts_of, too_large
from engine.errors import InputError, Place, Problem
from engine.experience import Package
from engine.timeline.media import MediaCue


def sound_file_problems(package: Package) -> list[Problem]:
    """What is wrong with the sound files of a package, once a file.

    Only headers and metadata are read, so an hour of sound takes no longer than a second of it.
    """
    found: dict[tuple[str, str], Problem] = {}
    for program in package.scenes:
        for part in (program, *program.reactions):
            for cue in part.media.cues:
                key = (cue.file, cue.channels)
                if cue.kind != "audio" or key in found or not (package.path / cue.file).is_file():
                    continue  # that it is not there is said already
                problem = _problem(package, cue)
                if problem is not None:
                    found[key] = problem
    return list(found.values())


def _problem(package: Package, cue: MediaCue) -> Problem | None:
    path = package.path / cue.file
    try:
        _, parts = parts_of(path, cue.channels)
        too_large(path, *header_of(path))
    except InputError as error:
        text = error.message.removeprefix(f"{path}: ")
        return Problem(Place(str(path)), text, code="sound-file")
    if parts and not cue.bed and not any(part.place is not None for part in parts):
        return Problem(
            Place(str(path)),
            "many channels and one place",
            "write `bed: true`, or mix it down",
            code="sound-file",
        )
    return None
