"""Tiny Motion JPEG films: RIFF by hand, frames by the report's JPEG encoder."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.render.jpeg import jpeg_bytes

Pixels = npt.NDArray[np.uint8]


def write_avi(path: Path, frames: Sequence[Pixels], *, fps: int) -> Path:
    """Write 8-bit RGB frames of one size, top row first."""
    height, width, _ = frames[0].shape
    packed = [jpeg_bytes(frame) for frame in frames]
    largest, count = max(map(len, packed)), len(packed)
    head = struct.pack(
        "<14I", 1_000_000 // fps, largest * fps, 0, 0x10, count, 0, 1, largest, width, height, 0, 0, 0, 0
    )
    stream = struct.pack("<4s4sIHHIIIIIIII", b"vids", b"MJPG", 0, 0, 0, 0, 1, fps, 0, count, largest, 0, 0)
    stream += struct.pack("<4H", 0, 0, width, height)
    form = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    lists = _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", form))
    movie, index = b"", b""
    for data in packed:
        index += struct.pack("<4sIII", b"00dc", 0x10, 4 + len(movie), len(data))
        movie += _chunk(b"00dc", data)
    body = _list(b"hdrl", _chunk(b"avih", head) + lists) + _list(b"movi", movie) + _chunk(b"idx1", index)
    path.write_bytes(_chunk(b"RIFF", b"AVI " + body))
    return path


def plain(color: tuple[int, int, int], width: int = 48, height: int = 32) -> Pixels:
    """A frame of one colour."""
    return np.full((height, width, 3), color, dtype=np.uint8)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _list(kind: bytes, body: bytes) -> bytes:
    return _chunk(b"LIST", kind + body)
