"""PNG files from pixels, without a further library: RFC 2083, 8-bit RGB."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

from engine.errors import InputError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_bytes(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Encode pixels.

    Parameters
    ----------
    pixels : ndarray, shape (height, width, 3), uint8
        RGB, top row first.

    Notes
    -----
    Every row is stored as the difference to the one above (filter 2), which suits gradients; the same pixels
    give the same bytes for one version of zlib.
    """
    height, width, channels = pixels.shape
    if channels != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"pixels are {pixels.dtype} with {channels} channels, expected uint8 with 3")
    above = np.vstack([np.zeros((1, width, 3), dtype=np.uint8), pixels[:-1]])
    rows = np.empty((height, 1 + width * 3), dtype=np.uint8)
    rows[:, 0] = 2
    rows[:, 1:] = (pixels - above).reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6))
        + _chunk(b"IEND", b"")
    )


def read_png(data: bytes) -> npt.NDArray[np.uint8]:
    """Decode a PNG that `png_bytes` made (filter 0 or 2, 8-bit RGB).

    Raises
    ------
    InputError
        When it is another kind of PNG.
    """
    if data[:8] != _SIGNATURE:
        raise InputError(f"not a PNG (starts with {data[:8]!r}). Make it with Viewer.still")
    offset, width, height, packed = 8, 0, 0, b""
    while offset < len(data):
        size, kind = struct.unpack_from(">I4s", data, offset)
        body = data[offset + 8 : offset + 8 + size]
        if kind == b"IHDR":
            width, height, depth, color, _method, _filter, interlace = struct.unpack(">IIBBBBB", body)
            if (depth, color, interlace) != (8, 2, 0):
                raise InputError(
                    f"PNG of depth {depth}, colour type {color}: expected 8-bit RGB. "
                    "Make it with Viewer.still"
                )
        elif kind == b"IDAT":
            packed += body
        offset += 12 + size
    rows = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(height, 1 + width * 3)
    if not set(np.unique(rows[:, 0]).tolist()) <= {0, 2}:
        raise InputError("PNG with row filters other than 0 and 2. Make it with Viewer.still")
    pixels = np.zeros((height, width * 3), dtype=np.uint8)
    above = np.zeros(width * 3, dtype=np.uint8)
    for number in range(height):
        above = rows[number, 1:] + (above if rows[number, 0] == 2 else np.uint8(0))
        pixels[number] = above
    return pixels.reshape(height, width, 3)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
