"""Sound files of a package, looked into before a show: all that cannot be played as it was meant, at once.

It reads what the scenes' files say, not a loaded package, so that a mistake elsewhere does not hide what is wrong with a sound.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from engine.audio.formats.channels import NAMED
from engine.audio.multichannel import FIELDS
from engine.audio.sound_faults import Fault, header_faults, sample_faults
from engine.errors import InputError, PackageError, Place, Problem, Severity
from engine.experience.bundled import shown_file
from engine.experience.content_hash import content_files
from engine.time.clocks import Clock, MonotonicClock
from engine.timeline.yamlsource import load_yaml

READ_S = 10.0
"""Longest that samples are read for, all files together; headers and ends of files always are."""
_VOICES = "audio/voice/"
_SOUNDS = (".flac", ".wav", ".ogg", ".opus")
_NAMED_MOST = 4


@dataclass(frozen=True, slots=True)
class _Mention:
    """A file as a cue hears it."""

    file: str
    channels: str
    placed: bool
    place: Place


def sound_file_problems(folder: Path, clock: Clock, *, read_s: float | None = READ_S) -> list[Problem]:
    """What is wrong with the sounds that a package's scenes name and with its voices, once a file.

    Parameters
    ----------
    folder : Path
        Of the package; its manifest and its scenes may have mistakes.
    clock : Clock
        Tells when the time for reading samples is over.
    read_s : float or None, default `READ_S`
        How long samples may be read; what was not is said as a warning. None: all of them.
    """
    files = frozenset(path.as_posix() for path in content_files(folder))
    mentions, more_than_once = _mentions(folder, files)
    found: list[Problem] = []
    sound: dict[str, _Mention] = {}
    for mention in mentions:
        faults = header_faults(folder / mention.file, mention.channels, placed=mention.placed)
        found.extend(_problem(mention, fault, more_than_once) for fault in faults)
        if not any(fault.serious for fault in faults):
            sound.setdefault(mention.file, mention)
    unread: list[str] = []
    last_ns = None if read_s is None else clock.now_ns() + round(read_s * 1e9)

    def more() -> bool:
        return last_ns is None or clock.now_ns() < last_ns

    # The short ones first, so that as many as possible are read; decoding lets other threads run.
    order = sorted(sound, key=lambda file: ((folder / file).stat().st_size, file))
    with ThreadPoolExecutor(
        max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="sound-check"
    ) as pool:
        for file, faults_or_none in zip(
            order, pool.map(lambda file: sample_faults(folder / file, more), order), strict=True
        ):
            if faults_or_none is None:
                unread.append(file)
                continue
            found.extend(_problem(sound[file], fault, more_than_once) for fault in faults_or_none)
    if unread:
        listed = ", ".join(sorted(unread)[:_NAMED_MOST]) + (", ..." if len(unread) > _NAMED_MOST else "")
        found.append(
            Problem(
                Place(shown_file(folder)),
                f"the {read_s:g} s for reading sounds were over before {len(unread)} of them ({listed}); of these only the header and the "
                "end were looked at",
                "`sensorama check --full` reads all of them",
                "warning",
                "sound-unread",
            )
        )
    return found


@contextmanager
def all_said(folder: Path, made: Path | None = None) -> Iterator[None]:
    """Where something fails at one sound file of a package, all that are wrong are said.

    Parameters
    ----------
    folder : Path
        Of the package.
    made : Path, optional
        What was being written; half of it is not left behind.

    Raises
    ------
    PackageError
        In place of the first file's own error.
    """
    try:
        yield
    except InputError as error:
        if made is not None:
            made.unlink(missing_ok=True)
        refuse_broken(folder, read_s=None, cause=error)
        raise


def refuse_broken(folder: Path, *, read_s: float | None = 0.0, cause: Exception | None = None) -> None:
    """Says all sound files of a package that cannot be played as they were meant; by default from headers and ends alone.

    Raises
    ------
    PackageError
    """
    found = sound_file_problems(folder, MonotonicClock(), read_s=read_s)
    broken = [problem for problem in found if problem.severity == "error"]
    if broken:
        raise PackageError(broken) from cause


def _problem(mention: _Mention, fault: Fault, more_than_once: dict[tuple[str, str, bool], int]) -> Problem:
    others = more_than_once[mention.file, mention.channels, mention.placed] - 1
    also = f" ({others} more {'cue names' if others == 1 else 'cues name'} it)" if others > 0 else ""
    severity: Severity = "error" if fault.serious else "warning"
    return Problem(mention.place, f"{mention.file}: {fault.text}{also}", severity=severity, code="sound-file")


def _mentions(folder: Path, files: frozenset[str]) -> tuple[list[_Mention], dict[tuple[str, str, bool], int]]:
    """What is heard, each once with the first cue that names it, and how many do."""
    first: dict[tuple[str, str, bool], _Mention] = {}
    count: dict[tuple[str, str, bool], int] = {}
    lines: dict[str, Place] = {}
    for name in sorted(files):
        scene = PurePosixPath(name)
        if scene.parent.as_posix() != "scenes" or scene.suffix != ".yaml":
            continue
        data, places = load_yaml(folder / name, shown=shown_file(folder / name), problems=[])
        for kind, cue, at in _cues(data):
            if kind == "line" and isinstance(cue.get("line"), str):
                lines.setdefault(cue["line"], places.of((*at, "line")))
            file = cue.get("file")
            if kind != "audio" or not isinstance(file, str) or file not in files:
                continue  # that it is not there is said already
            said = str(cue.get("channels") or "")
            channels = said if said in NAMED or said in FIELDS else ""
            key = (file, channels, not channels and cue.get("bed") is not True)
            first.setdefault(key, _Mention(*key, places.of((*at, "file"))))
            count[key] = count.get(key, 0) + 1
    for name in sorted(files):
        if name.startswith(_VOICES) and name.endswith(_SOUNDS):
            key = (name, "", True)
            place = lines.get(PurePosixPath(name).stem, Place(shown_file(folder / name)))
            first[key], count[key] = _Mention(*key, place), 1
    return list(first.values()), count


def _cues(data: Any) -> Iterator[tuple[str, dict[str, Any], tuple[str | int, ...]]]:
    """Cues of sounds and lines of a scene's file, whatever else is wrong with it, with their paths."""
    if not isinstance(data, dict):
        return
    roots: list[tuple[Any, tuple[str | int, ...]]] = [(data.get("tracks"), ("tracks",))]
    reactions = data.get("reactions")
    if isinstance(reactions, dict):
        roots += [
            (row.get("tracks"), ("reactions", name, "tracks"))
            for name, row in reactions.items()
            if isinstance(row, dict)
        ]
    for tracks, root in roots:
        for index, track in enumerate(_rows(tracks)):
            if isinstance(track, dict) and track.get("kind") in ("audio", "line"):
                for number, cue in enumerate(_rows(track.get("cues"))):
                    if isinstance(cue, dict):
                        yield str(track["kind"]), cue, (*root, index, "cues", number)


def _rows(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
