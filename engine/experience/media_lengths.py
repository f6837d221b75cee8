"""How long the sounds of a package are, read from their headers: no decoder, no samples.

FLAC: STREAMINFO block, RFC 9639 section 8.2 (sample rate 20 bits, total samples 36 bits). WAV: RIFF chunks
`fmt ` and `data`. Other containers are asked of soundfile where it is installed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Literal

from engine.time.flicks import FLICKS_PER_SECOND

_STREAMINFO_SIZE = 34


class MediaLengths:
    """Answers how long a file or a spoken line is; the `length_of` of `engine.timeline.compile`.

    Parameters
    ----------
    folder : Path
        The package.
    files : iterable of str
        POSIX paths of its files.
    languages : tuple of str
        Locales that may have voices, under `audio/voice/<locale>/<line id>.*`.
    """

    def __init__(self, folder: Path, files: Iterable[str], languages: tuple[str, ...]) -> None:
        self._folder = folder
        self._files = frozenset(files)
        self._languages = languages
        self._known: dict[str, int | None] = {}

    def __call__(self, kind: Literal["audio", "line", "video"], name: str) -> int | None:
        """Give the length in flicks, None where it is not known.

        A line is as long as its longest voice: one timeline serves every language.
        """
        if kind == "video":
            return None
        if kind == "audio":
            return self._of_file(name)
        voices = (
            f"audio/voice/{locale}/{name}{ending}"
            for locale in self._languages
            for ending in (".flac", ".wav", ".ogg", ".opus")
        )
        lengths = [self._of_file(voice) for voice in voices if voice in self._files]
        return max((length for length in lengths if length is not None), default=None)

    def _of_file(self, name: str) -> int | None:
        if name not in self._files:
            return None
        if name not in self._known:
            self._known[name] = sound_length_fl(self._folder / name)
        return self._known[name]


def sound_length_fl(path: Path) -> int | None:
    """Length of a sound file in flicks, None where its header does not tell.

    A sample is a whole number of flicks at 44.1, 48, 96 and 192 kHz; other rates are rounded down.
    """
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
            if magic == b"fLaC":
                found = _flac(stream)
            elif magic in (b"RIFF", b"RF64", b"BW64"):
                found = _wav(stream)
            else:
                found = _other(path)
    except (OSError, struct.error):
        return None
    if found is None or found[1] <= 0:
        return None
    samples, rate_hz = found
    return samples * FLICKS_PER_SECOND // rate_hz


def _flac(stream: BinaryIO) -> tuple[int, int] | None:
    kind = stream.read(4)[:1]
    info = stream.read(_STREAMINFO_SIZE)
    if len(info) < _STREAMINFO_SIZE or not kind or kind[0] & 0x7F:
        return None
    packed = int.from_bytes(info[10:18], "big")  # 20 bits rate, 3 channels, 5 depth, 36 samples
    samples = packed & 0xF_FFFF_FFFF
    return (samples, packed >> 44) if samples else None


def _wav(stream: BinaryIO) -> tuple[int, int] | None:
    stream.seek(12)
    rate_hz = frame_bytes = 0
    large = None  # of the sound, where 32 bits do not hold it (ITU-R BS.2088, 6)
    while len(header := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", header)
        if name == b"fmt ":
            fields = stream.read(16)
            rate_hz, frame_bytes = struct.unpack("<I4xH", fields[4:14])
            stream.seek(size - 16 + (size & 1), 1)
        elif name == b"ds64":
            large = struct.unpack("<8xQ", stream.read(16))[0]
            stream.seek(size - 16 + (size & 1), 1)
        elif name == b"data":
            size = large if large is not None and size == 0xFFFFFFFF else size
            return (size // frame_bytes, rate_hz) if frame_bytes else None
        else:
            stream.seek(size + (size & 1), 1)
    return None


def _other(path: Path) -> tuple[int, int] | None:
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the wheel is there, its libsndfile is not
        return None
    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError:
        return None
    return int(info.frames), int(info.samplerate)
