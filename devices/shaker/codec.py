"""The shaker board's protocol: 8 bytes a command, self-synchronising, checked. Pure functions, no I/O.

For boards that make their own sine (an Arduino with a class-D stage, a haptic driver chip): they are told
amplitude and frequency, not samples.

======  =========================================================
byte    content
======  =========================================================
0       0xA5, start; may occur elsewhere, the check decides
1       exciter 0..15
2-3     amplitude, u16 big endian, 0..65535 = 0..1
4-5     frequency, u16 big endian, 1/16 Hz, up to 4095.9 Hz
6       hold, u8, 10 ms: silent by itself when no command comes within
7       check: all 8 bytes sum to 0 modulo 256
======  =========================================================

`hold` is the point: a board whose computer dies stops shaking within `hold`, without anybody's help.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

START = 0xA5
FRAME_SIZE = 8
BAUD = 115_200
MAX_FREQUENCY_HZ = 65535 / 16


@dataclass(frozen=True, slots=True)
class Shake:
    """One command.

    Parameters
    ----------
    exciter : int
        0..15.
    amplitude : float
        0..1.
    frequency_hz : float
        0..4095.9375.
    hold_s : float
        0..2.55.
    """

    exciter: int
    amplitude: float
    frequency_hz: float
    hold_s: float


def encode_shake(shake: Shake) -> bytes:
    """Bytes of a command.

    Raises
    ------
    ValueError
        For a value outside its range, with the range.
    """
    for name, value, high in (
        ("exciter", shake.exciter, 15),
        ("amplitude", shake.amplitude, 1.0),
        ("frequency_hz", shake.frequency_hz, MAX_FREQUENCY_HZ),
        ("hold_s", shake.hold_s, 2.55),
    ):
        if not 0 <= value <= high:
            raise ValueError(f"{name} is {value!r}; allowed 0 to {high:g}")
    body = bytes((START, shake.exciter))
    body += round(shake.amplitude * 65535).to_bytes(2, "big")
    body += round(shake.frequency_hz * 16).to_bytes(2, "big")
    body += bytes((round(shake.hold_s * 100),))
    return body + bytes((-sum(body) & 0xFF,))


def decode_shake(frame: bytes) -> Shake:
    """The command in 8 bytes.

    Raises
    ------
    ValueError
        When it is not one.
    """
    if len(frame) != FRAME_SIZE or frame[0] != START or sum(frame) & 0xFF or frame[1] > 15:
        raise ValueError(f"not a shaker command: {frame.hex(' ')}")
    return Shake(
        exciter=frame[1],
        amplitude=int.from_bytes(frame[2:4], "big") / 65535,
        frequency_hz=int.from_bytes(frame[4:6], "big") / 16,
        hold_s=frame[6] / 100,
    )


class FrameCutter:
    """Cuts a byte stream into commands; a start byte that leads to no command is skipped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.lost_bytes = 0

    def feed(self, data: bytes) -> Iterator[Shake]:
        """Take bytes; yield every whole command."""
        self._buffer += data
        while len(self._buffer) >= FRAME_SIZE:
            try:
                shake = decode_shake(bytes(self._buffer[:FRAME_SIZE]))
            except ValueError:
                del self._buffer[0]
                self.lost_bytes += 1
                continue
            del self._buffer[:FRAME_SIZE]
            yield shake
