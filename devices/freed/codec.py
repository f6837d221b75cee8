"""FreeD messages of type D1, camera position and orientation: pure bytes, no I/O.

======  ==========================================================
byte    content (big endian; s24 is a signed 24-bit number)
======  ==========================================================
0       0xD1
1       camera, 0xFF meaning all
2-10    pan, tilt, roll: s24, 1/32768 degree
11-19   X, Y, height: s24, 1/64 mm
20-25   zoom, focus: u24, raw lens encoder
26-27   spare
28      checksum: all 29 bytes sum to 0x40 modulo 256
======  ==========================================================

Source: Vinten Radamec "Free-d" manual, appendix B.
"""

from __future__ import annotations

from dataclasses import dataclass

FRAME_SIZE = 29
TYPE_D1 = 0xD1
BAUD = 38_400
UDP_PORT = 6301
"""No port is laid down; this one is the commonest in use."""

LARGEST_DEG = 0x7FFFFF / 32768
LARGEST_M = 0x7FFFFF / 64000
LENS_FULL = 0xFFFFFF
"""Largest number of a lens encoder."""
_CHECK = 0x40
_U24 = 0xFFFFFF


class FreedError(ValueError):
    """Bytes that are not a FreeD D1 message."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a camera is and looks.

    Parameters
    ----------
    number : int
        0..255; 255 means all.
    pan_deg, tilt_deg, roll_deg : float
        Within +-256.
    x_m, y_m, height_m : float
        Within +-131.
    zoom, focus : int
        Raw lens encoder, 0..16777215.
    """

    number: int
    pan_deg: float
    tilt_deg: float
    roll_deg: float
    x_m: float
    y_m: float
    height_m: float
    zoom: int = 0
    focus: int = 0


def encode(camera: Camera) -> bytes:
    """The 29 bytes of a camera.

    Raises
    ------
    FreedError
        For a value out of range.
    """
    if not 0 <= camera.number <= 0xFF:
        raise FreedError(f"camera {camera.number}; allowed 0 to 255")
    parts = [
        *(
            _s24(value, 32768, name)
            for name, value in (("pan", camera.pan_deg), ("tilt", camera.tilt_deg), ("roll", camera.roll_deg))
        ),
        *(
            _s24(value, 64000, name)
            for name, value in (("x", camera.x_m), ("y", camera.y_m), ("height", camera.height_m))
        ),
        _u24(camera.zoom, "zoom"),
        _u24(camera.focus, "focus"),
    ]
    body = bytes((TYPE_D1, camera.number)) + b"".join(parts) + b"\x00\x00"
    return body + bytes(((_CHECK - sum(body)) & 0xFF,))


def decode(frame: bytes) -> Camera:
    """Inverse of `encode`.

    Raises
    ------
    FreedError
        For anything else than one whole D1 message with the right checksum.
    """
    if len(frame) != FRAME_SIZE or frame[0] != TYPE_D1:
        raise FreedError(
            f"{len(frame)} bytes beginning with {frame[:1].hex() or 'nothing'}; a D1 message has 29"
        )
    if sum(frame) & 0xFF != _CHECK:
        raise FreedError(
            f"the checksum is 0x{frame[28]:02X}; it should be 0x{(_CHECK - sum(frame[:28])) & 0xFF:02X}"
        )
    numbers = [int.from_bytes(frame[at : at + 3], "big", signed=True) for at in range(2, 20, 3)]
    pan, tilt, roll = (number / 32768 for number in numbers[:3])
    x, y, height = (number / 64000 for number in numbers[3:])
    zoom, focus = (int.from_bytes(frame[at : at + 3], "big") for at in (20, 23))
    return Camera(frame[1], pan, tilt, roll, x, y, height, zoom, focus)


class Splitter:
    """Finds messages in a serial stream; what does not add up is passed over byte by byte."""

    def __init__(self) -> None:
        self._rest = b""
        self.refused = 0

    def feed(self, data: bytes) -> list[Camera]:
        """Cameras that are complete now. Never holds more than one message's worth of bytes."""
        buffer = self._rest + data
        found = []
        at = 0
        while len(buffer) - at >= FRAME_SIZE:
            try:
                found.append(decode(buffer[at : at + FRAME_SIZE]))
                at += FRAME_SIZE
            except FreedError:
                self.refused += buffer[at] == TYPE_D1
                at += 1
        self._rest = buffer[at:]
        return found


def _s24(value: float, scale: int, name: str) -> bytes:
    number = round(value * scale) if abs(value) < 1e9 else 1 << 30  # NaN compares false
    if not -0x800000 <= number <= 0x7FFFFF:
        raise FreedError(f"{name} is {value:g}; allowed within {0x7FFFFF / scale:g}")
    return (number & _U24).to_bytes(3, "big")


def _u24(value: int, name: str) -> bytes:
    if not 0 <= value <= _U24:
        raise FreedError(f"{name} is {value}; allowed 0 to {_U24}")
    return value.to_bytes(3, "big")
