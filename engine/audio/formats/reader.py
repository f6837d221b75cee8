"""Reads WAV, RF64 and BW64 files of any length, a stretch at a time.

What is only untidy is read and noted: a recording that was cut off, sizes left at zero by a recorder that lost power, missing padding.
What cannot be meant is one `InputError`.
"""

from __future__ import annotations

import struct
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.audio.formats.samples import decoded
from engine.audio.formats.values import ChnaRow, WaveFormat, parse_chna, parse_format
from engine.errors import InputError

Samples = NDArray[np.float32]

_NOT_SAID = 0xFFFFFFFF
_MOST_METADATA = 1 << 30
"""Largest axml chunk that is read into memory."""
_MOST_CHUNKS = 4096
_MAGICS = (b"RIFF", b"RF64", b"BW64")


class WaveReader:
    """An open file.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    path : Path
    format : WaveFormat
    frames : int
        Samples per channel that are really there.
    notes : list of str
        What is untidy about the file, a sentence each.

    Raises
    ------
    InputError
        No such file, no such format, a format that cannot be meant.

    Notes
    -----
    One thread. A context manager.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        self._unsound = False
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}; is the name right?") from error
        try:
            self._walk()
            self.format: WaveFormat = self._format()
            self._data_at, size = self._data()
            self.frames = size // self.format.frame_bytes
            if size % self.format.frame_bytes:
                self.notes.append(
                    f"ends within a sample; its last {size % self.format.frame_bytes} bytes are left out"
                )
        except InputError:
            self._file.close()
            raise
        except OSError as error:
            self._file.close()
            raise InputError(f"{path}: {error.strerror or error}; the medium may be damaged") from error

    def __enter__(self) -> WaveReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; may be called again."""
        self._file.close()

    @property
    def chunks(self) -> tuple[str, ...]:
        """Names of the chunks, in order."""
        return tuple(name.decode("latin-1") for name in self._places)

    def chunk(self, name: str) -> bytes | None:
        """A chunk's bytes, or None where there is no such chunk.

        Raises
        ------
        InputError
            When it is larger than a gigabyte.
        """
        place = self._places.get(name.encode("latin-1"))
        if place is None:
            return None
        at, size = place
        if size > _MOST_METADATA:
            raise InputError(
                f"{self.path}: its chunk {name!r} has {size} bytes; at most {_MOST_METADATA} are read"
            )
        self._file.seek(at)
        return self._file.read(size)

    def chna(self) -> tuple[ChnaRow, ...]:
        """Which track is which part of the ADM; empty where nothing is said.

        Raises
        ------
        InputError
            When the chunk is damaged, or names a track that the file has not.
        """
        data = self.chunk("chna")
        if data is None:
            return ()
        try:
            rows = parse_chna(data)
        except ValueError as error:
            raise InputError(f"{self.path}: {error}; export it again") from error
        strange = sorted({row.track for row in rows if row.track > self.format.channels})
        if strange:
            raise InputError(
                f"{self.path}: its chna chunk names track {strange[0]}, the file has {self.format.channels}; export it again"
            )
        return rows

    def axml(self) -> bytes | None:
        """The ADM document, or None."""
        data = self.chunk("axml")
        return None if data is None else data.rstrip(b"\0 \r\n\t")

    @property
    def unsound(self) -> bool:
        """Whether what was read so far held samples that are no numbers, or infinite."""
        return self._unsound

    def read(self, first: int, count: int) -> Samples:
        """A stretch of all channels.

        Parameters
        ----------
        first, count : int
            Frames; what lies outside of the file is silence.

        Returns
        -------
        ndarray of float32, shape (count, channels)
            Full scale 1. NaN and infinity are silence, and noted once.
        """
        low, high = max(first, 0), min(first + count, self.frames)
        if low >= high:
            return np.zeros((max(count, 0), self.format.channels), np.float32)
        size = self.format.frame_bytes
        self._file.seek(self._data_at + low * size)
        data = self._file.read((high - low) * size)
        there = decoded(data[: len(data) // size * size], self.format)
        if self.format.coding == "float" and not np.isfinite(there).all():
            there = np.nan_to_num(there, nan=0.0, posinf=0.0, neginf=0.0)
            if not self._unsound:
                self._unsound = True
                self.notes.append("holds samples that are no numbers (NaN or infinity); they are silent")
        if len(there) == count:
            return there
        out = np.zeros((count, self.format.channels), np.float32)
        out[low - first : low - first + len(there)] = there
        return out

    # ---- inside

    def _walk(self) -> None:
        """Notes where every chunk lies."""
        end = self._file.seek(0, 2)
        self._file.seek(0)
        head = self._file.read(12)
        if len(head) < 12:
            raise InputError(f"{self.path}: {len(head)} bytes are no sound file; export it again")
        magic, _, kind = struct.unpack("<4sI4s", head)
        if magic == b"RIFX":
            raise InputError(f"{self.path}: a big-endian WAV file (RIFX); convert it to WAV or BW64")
        if magic not in _MAGICS or kind != b"WAVE":
            raise InputError(
                f"{self.path}: begins with {magic!r} {kind!r}, not with RIFF, RF64 or BW64 and WAVE: no WAV file, whatever its "
                "name says; export it as WAV or BW64"
            )
        at, large = 12, {}
        while at + 8 <= end and len(self._places) < _MOST_CHUNKS:
            self._file.seek(at)
            name, size = struct.unpack("<4sI", self._file.read(8))
            if name == b"ds64":
                large = self._large(min(size, end - at - 8), magic)
            elif size == _NOT_SAID or (magic != b"RIFF" and name in large and large[name] > size):
                size = large.get(name, _NOT_SAID)
            body = at + 8
            if name == b"data" and size in (0, _NOT_SAID) and end > body:
                self.notes.append(
                    "does not say how long it is (its recording was cut off?); it is read to its end"
                )
                size = end - body
            if body + size > end:
                if name == b"data":
                    self.notes.append(
                        f"is cut off: {end - body} bytes of sound are there, {size} are announced"
                    )
                else:
                    self.notes.append(f"ends within its chunk {name.decode('latin-1')!r}")
                size = end - body
            self._places.setdefault(name, (body, size))
            at = body + size + size % 2

    def _large(self, size: int, magic: bytes) -> dict[bytes, int]:
        """Sizes beyond 32 bits, by chunk (BS.2088-1, 6)."""
        data = self._file.read(size)
        if len(data) < 28:
            raise InputError(
                f"{self.path}: its ds64 chunk has {len(data)} bytes, at least 28 are needed; export it again"
            )
        if magic == b"RIFF":
            return {}  # left over from a shorter life; the plain sizes hold
        _, data_size, _, count = struct.unpack_from("<QQQI", data)
        found = {b"data": data_size}
        for row in range(min(count, (len(data) - 28) // 12)):
            name, length = struct.unpack_from("<4sQ", data, 28 + 12 * row)
            found[name] = length
        return found

    def _format(self) -> WaveFormat:
        data = self.chunk("fmt ")
        if data is None:
            raise InputError(
                f"{self.path}: has no format chunk; its chunks are {', '.join(self.chunks) or 'none'}; export it again"
            )
        try:
            return parse_format(data)
        except ValueError as error:
            raise InputError(f"{self.path}: {error}") from error

    def _data(self) -> tuple[int, int]:
        place = self._places.get(b"data")
        if place is None:
            raise InputError(
                f"{self.path}: has no data chunk, so no sound; its chunks are {', '.join(self.chunks)}; export it again"
            )
        return place
