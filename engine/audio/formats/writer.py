"""Writes WAV and BW64 files of any length, a stretch at a time."""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.audio.formats.samples import encoded
from engine.audio.formats.values import ChnaRow, WaveFormat, chna_bytes, format_bytes
from engine.errors import OutputError

_ROOM = struct.Struct("<4sIQQQI")
"""A ds64 chunk without a table; JUNK until it is needed (BS.2088-1, annex 1)."""
_NOT_SAID = 0xFFFFFFFF


class WaveWriter:
    """A file that is being written.

    Begins as plain WAV, which everything reads, with room for 64-bit sizes; only beyond 4 GB does it become BW64.

    Parameters
    ----------
    path : Path
        Replaced when it exists.
    form : WaveFormat
    plain_limit : int
        Bytes up to which it stays plain WAV.

    Attributes
    ----------
    frames : int
        Written so far.
    peak : float
        Highest magnitude so far, before clipping.

    Raises
    ------
    OutputError
        No such folder, no permission, disk full; also while it is written.

    Notes
    -----
    A context manager; what was written is a whole file also when its writing ends with an error.
    """

    def __init__(self, path: Path, form: WaveFormat, *, plain_limit: int = _NOT_SAID) -> None:
        self.path = path
        self.format = form
        self.frames = 0
        self.peak = 0.0
        self._limit = plain_limit
        self._tail: list[tuple[bytes, bytes]] = []
        self._closed = False
        body = format_bytes(form)
        try:
            self._file: BinaryIO = path.open("wb")
            self._file.write(struct.pack("<4sI4s", b"RIFF", _NOT_SAID, b"WAVE"))
            self._file.write(_ROOM.pack(b"JUNK", _ROOM.size - 8, 0, 0, 0, 0))
            self._file.write(struct.pack("<4sI", b"fmt ", len(body)) + body)
            self._data_at = self._file.tell() + 8
            self._file.write(struct.pack("<4sI", b"data", _NOT_SAID))
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> WaveWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
            return
        try:
            self.close()
        except OutputError:
            pass  # what went wrong first is what is told

    def write(self, samples: NDArray[np.floating]) -> None:
        """Adds frames.

        Parameters
        ----------
        samples : ndarray, shape (frames, channels)
            Full scale 1. NaN is silence.
        """
        if samples.ndim != 2 or samples.shape[1] != self.format.channels:
            raise ValueError(f"samples of shape {samples.shape} for {self.format.channels} channels")
        if not samples.size:
            return
        sound = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        self.peak = max(self.peak, float(np.max(np.abs(sound))))
        try:
            self._file.write(encoded(sound, self.format))
        except OSError as error:
            raise self._failed(error) from error
        self.frames += len(samples)

    def add_adm(self, rows: tuple[ChnaRow, ...], axml: bytes) -> None:
        """What the tracks are, written when the file is closed."""
        self._tail = [(b"chna", chna_bytes(rows)), (b"axml", axml)]

    def close(self) -> None:
        """Writes the metadata and the sizes; may be called again."""
        if self._closed:
            return
        self._closed = True
        try:
            try:
                self._finish()
            finally:
                self._file.close()  # what is still in memory is written now, which fails as well as anything
        except OSError as error:
            raise self._failed(error) from error

    def _finish(self) -> None:
        data = self.frames * self.format.frame_bytes
        self._file.seek(self._data_at + data)
        self._file.truncate()
        if data % 2:
            self._file.write(b"\0")
        for name, body in self._tail:
            self._file.write(struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2))
        whole = self._file.tell() - 8
        large = whole >= self._limit
        self._file.seek(0)
        self._file.write(struct.pack("<4sI", b"BW64" if large else b"RIFF", _NOT_SAID if large else whole))
        if large:
            self._file.seek(12)
            self._file.write(_ROOM.pack(b"ds64", _ROOM.size - 8, whole, data, self.frames, 0))
        self._file.seek(self._data_at - 4)
        self._file.write(struct.pack("<I", _NOT_SAID if large else data))

    def _failed(self, error: OSError) -> OutputError:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        return OutputError(
            f"{self.path}: {reason} after {self.frames / self.format.rate_hz:.1f} s of sound; free some space or choose another folder"
        )
