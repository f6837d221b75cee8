"""Haptic files by their names: which format is which, in and out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import OutputError, UsageError
from engine.experience.haptics.ahap import read_ahap, write_ahap
from engine.experience.haptics.clip import HapticFile, Reading
from engine.experience.haptics.haps import read_haps
from engine.experience.haptics.hjif import read_hjif, write_hjif
from engine.experience.haptics.lofelt import read_lofelt, write_lofelt
from engine.experience.haptics.tact import read_tact
from engine.experience.haptics.wav import read_wav

MAX_BYTES = 64 * 1024 * 1024
_READERS: Mapping[str, Callable[[Any, Reading], HapticFile]] = {
    ".ahap": read_ahap,
    ".haptic": read_lofelt,
    ".hjif": read_hjif,
    ".tact": read_tact,
    ".haps": read_haps,
}
READABLE = (*_READERS, ".wav", ".flac")
WRITABLE = (".ahap", ".haptic", ".hjif")


def read_haptic(path: Path) -> HapticFile:
    """Read a haptic file; its suffix says the format.

    Raises
    ------
    UsageError
        For a suffix that is none of `READABLE`, or no file.
    PackageError
        When it is not what its suffix says.
    """
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        raise UsageError(f"{path.name}: formats read are {', '.join(READABLE)}")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    reading = Reading(path.name)
    if suffix in (".wav", ".flac"):
        return read_wav(path, reading)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise reading.refuse(f"{size} bytes; at most {MAX_BYTES} are read", "split the file")
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise reading.refuse(f"cannot be read: {error.strerror or error}", "") from error
    except (ValueError, RecursionError) as error:
        raise reading.refuse(f"not JSON: {error}", "check the file with an editor") from error
    return _READERS[suffix](data, reading)


def write_haptic(file: HapticFile, path: Path, *, force: bool = False) -> None:
    """Write a haptic file; its suffix says the format. AHAP and .haptic hold one place of the body: further ones get files of their own.

    Raises
    ------
    UsageError
        For a suffix that is none of `WRITABLE`, or a file that is there already.
    OutputError
        When it cannot be written.
    """
    for target, text in haptic_texts(file, path).items():
        if target.exists() and not force:
            raise UsageError(f"{target} is there already; give another name, or --force to replace it")
        try:
            # A title read from JSON may hold half a surrogate pair, which no file can.
            target.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        except OSError as error:
            raise OutputError(f"{target} cannot be written: {error.strerror or error}") from error


def haptic_texts(file: HapticFile, path: Path) -> dict[Path, str]:
    """What `write_haptic` writes, by file. Raises UsageError for an unknown suffix."""
    suffix = path.suffix.lower()
    if suffix not in WRITABLE:
        raise UsageError(f"{path.name}: formats written are {', '.join(WRITABLE)}")
    if suffix == ".hjif":
        return {path: write_hjif(file.clips, file.title)}
    write = write_ahap if suffix == ".ahap" else write_lofelt
    return {
        path if index == 0 else path.with_stem(f"{path.stem}_{index + 1}"): write(
            clip, file.title, file.author
        )
        for index, clip in enumerate(file.clips)
    }
