"""The 20-byte command of AMC-type motion controllers. Pure functions, no I/O.

==========  =====================================================================
bytes       content
==========  =====================================================================
0-1         ``FF FF``
2-17        8 axes, u16 big endian; unused axes 0
18-19       ``0A 0D`` (LF, then CR)
==========  =====================================================================

There is no escaping, so no axis may ever contain ``FF FF``: `MAX_RAW` keeps every high byte below FF, and
with it every pair across neighbouring axes too.

Source: the controllers' public documentation, serial 250000 8N1. It names 32512 (0x7F00) as the middle but
shows 0x7F0F in an example, so the middle is a setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

AXES = 8
FRAME_SIZE = 20
HEADER = b"\xff\xff"
TRAILER = b"\x0a\x0d"
MAX_RAW = 0xFEFF
DEFAULT_MIDDLE = 0x7F00
BAUD = 250_000


def encode_axes(raw: Sequence[int]) -> bytes:
    """Command frame of up to 8 raw axis values; missing ones are 0.

    Raises
    ------
    TypeError
        For a value that is not an integer.
    ValueError
        For more than 8 axes, or a value outside 0..0xFEFF.
    """
    if len(raw) > AXES:
        raise ValueError(f"{len(raw)} axes; an AMC frame has {AXES}")
    body = bytearray(HEADER)
    for index, value in enumerate(raw):
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"axis {index} is {value!r}; it must be an integer")
        if not 0 <= value <= MAX_RAW:
            raise ValueError(f"axis {index} is {value}; allowed 0 to {MAX_RAW}")
        body += value.to_bytes(2, "big")
    body += bytes(2 * (AXES - len(raw)))
    return bytes(body) + TRAILER


def decode_axes(frame: bytes) -> tuple[int, ...]:
    """The 8 raw values of a command frame.

    Raises
    ------
    ValueError
        When it is not one, saying what is wrong.
    """
    if len(frame) != FRAME_SIZE:
        raise ValueError(f"an AMC frame has {FRAME_SIZE} bytes, this has {len(frame)}")
    if not frame.startswith(HEADER) or not frame.endswith(TRAILER):
        raise ValueError(f"not an AMC frame: {frame.hex(' ')}; it must begin with ff ff and end with 0a 0d")
    return tuple(int.from_bytes(frame[2 + 2 * axis : 4 + 2 * axis], "big") for axis in range(AXES))


class FrameCutter:
    """Cuts a byte stream into command frames, as a controller does: resynchronises on ``FF FF``.

    Attributes
    ----------
    lost_bytes : int
        Bytes thrown away to find a frame.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.lost_bytes = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, ...]]:
        """Take bytes; yield the raw axes of every whole frame."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= FRAME_SIZE:
            start = buffer.find(HEADER)
            if start < 0:
                keep = 1 if buffer.endswith(b"\xff") else 0
                self.lost_bytes += len(buffer) - keep
                del buffer[: len(buffer) - keep]
                return
            if start:
                self.lost_bytes += start
                del buffer[:start]
                continue
            frame = bytes(buffer[:FRAME_SIZE])
            if not frame.endswith(TRAILER):
                self.lost_bytes += 1
                del buffer[0]
                continue
            del buffer[:FRAME_SIZE]
            yield decode_axes(frame)
