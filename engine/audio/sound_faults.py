"""What is wrong with a sound file: what its header and its end tell at once, and what only all of its samples tell.

A show plays what can be played of a broken file, and says so once; this is for whoever looks before a show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.audio.formats import WaveReader
from engine.audio.multichannel import WAVES, header_of, parts_of, too_large
from engine.errors import InputError

_CHUNK = 1 << 16
_TAIL_BYTES = 1 << 17
"""More than the largest page of an Ogg file (65,307 bytes)."""
_LOUDEST = 16.0
"""24 dB above full scale: nobody masters that; it is a file of another scale."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a file: what, what is allowed, what to do. One that is not `serious` is only untidy."""

    text: str
    serious: bool = True


def header_faults(path: Path, channels: str = "", *, placed: bool = False) -> list[Fault]:
    """Everything that can be known without reading the sound, however long it is.

    Parameters
    ----------
    path : Path
    channels : str
        What a cue says its channels are; "" nothing.
    placed : bool
        Whether it is heard from one place.
    """
    try:
        frames, count, rate_hz = header_of(path)
    except InputError as error:
        return [Fault(_plain(path, error))]
    found: list[Fault] = []
    try:
        too_large(path, frames, count, rate_hz)
        _, parts = parts_of(path, channels)
        if parts and placed and not any(part.place is not None for part in parts):
            found.append(
                Fault(f"{count} channels and one place; write `bed: true`, or mix it down to one channel")
            )
    except InputError as error:
        found.append(Fault(_plain(path, error)))
    if not found:
        found.extend(_end_faults(path, frames, rate_hz))
    if frames == 0 and not any(fault.serious for fault in found):
        found.append(Fault("the sound is empty; export it again"))
    return found


def sample_faults(path: Path, more: Callable[[], bool]) -> list[Fault] | None:
    """Everything that only reading all of it tells: damage in the middle, samples that are no numbers.

    Parameters
    ----------
    path : Path
        Its header was found to be sound.
    more : callable
        Asked before each second or so of sound; False stops the reading.

    Returns
    -------
    list of Fault, or None
        None when it was stopped.
    """
    import soundfile

    read, strange, first, loudest = 0, 0, 0, 0.0
    announced, _, rate_hz = header_of(path)
    try:
        with soundfile.SoundFile(str(path)) as file:
            while True:
                if not more():
                    return None
                block = file.read(_CHUNK, dtype="float32", always_2d=True)
                if not len(block):
                    break
                low, high = float(block.min()), float(block.max())
                if np.isfinite(low) and np.isfinite(high):
                    loudest = max(loudest, -low, high)
                else:
                    where = ~np.isfinite(block).all(axis=1)
                    first = first if strange else read + int(where.argmax())
                    strange += int(np.count_nonzero(where))
                read += len(block)
    except (OSError, soundfile.LibsndfileError) as error:
        if path.suffix.lower() not in WAVES:
            return [
                Fault(
                    f"is damaged after {read / rate_hz:.1f} s of {announced / rate_hz:.1f} s ({error}); export it again"
                )
            ]
        return _wave_faults(path, more)
    found = []
    if read < announced:
        found.append(Fault(_cut_off(read, announced, rate_hz)))
    if strange:
        found.append(
            Fault(
                f"{strange} samples are no numbers (NaN or infinity), the first at {first / rate_hz:.1f} s; they would be silent, "
                "export it again"
            )
        )
    if loudest > _LOUDEST:
        found.append(
            Fault(
                f"reaches {20 * np.log10(loudest):+.0f} dB over full scale, which is 1.0 in a file of floats; export it again",
                False,
            )
        )
    return found


def _wave_faults(path: Path, more: Callable[[], bool]) -> list[Fault] | None:
    """Of what only our own reader reads (BW64)."""
    with WaveReader(path) as file:
        for first in range(0, file.frames, _CHUNK):
            if not more():
                return None
            file.read(first, min(_CHUNK, file.frames - first))
        return [Fault(f"{note}; export it again") for note in file.notes if "no numbers" in note]


def _end_faults(path: Path, frames: int, rate_hz: int) -> list[Fault]:
    """Whether the file ends where it should."""
    import soundfile

    if path.suffix.lower() in WAVES:
        try:
            with WaveReader(path) as wave:
                notes = [note for note in wave.notes if "cut off:" in note] or wave.notes
                return [Fault(f"{note}; export it again", "cut off:" in note) for note in notes]
        except InputError:
            return []  # a coding that libsndfile knows and we do not
    try:
        with soundfile.SoundFile(str(path)) as file:
            if file.format == "OGG":
                return _ogg_faults(path)
            if frames == 0:
                return []
            file.seek(max(0, frames - 1))
            if len(file.read(1, dtype="int16")) == 1:
                return []
    except (OSError, soundfile.LibsndfileError):
        pass  # said by the words below
    return [
        Fault(
            f"its header announces {frames / rate_hz:.1f} s, and its end cannot be read: it is cut off; export it again"
        )
    ]


def _ogg_faults(path: Path) -> list[Fault]:
    """An Ogg stream's last page says that it is the last, and is complete (RFC 3533, 6)."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    at = tail.rfind(b"OggS")
    page = tail[at:]
    if at >= 0 and len(page) > 27:
        lacing = page[27 : 27 + page[26]]
        if page[5] & 4 and len(lacing) == page[26] and len(page) >= 27 + len(lacing) + sum(lacing):
            return []
    return [Fault("its last page does not end the stream: it is cut off; export it again")]


def _cut_off(read: int, announced: int, rate_hz: int) -> str:
    return f"ends after {read / rate_hz:.1f} s, its header announces {announced / rate_hz:.1f} s: it is cut off; export it again"


def _plain(path: Path, error: InputError) -> str:
    return error.message.removeprefix(f"{path}: ")
