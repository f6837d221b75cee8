"""Art-Net's timecode packet. Source: Art-Net 4 specification (Artistic Licence), ArtTimeCode."""

from __future__ import annotations

from dataclasses import dataclass

from engine.time.rates import RATES, FrameRate
from engine.time.timecode import Timecode

_HEADER = b"Art-Net\0\x00\x97\x00\x0e"
_LENGTH = 19
_OPCODE = slice(8, 10)
_RATE_LABELS = ("24", "25", "29.97df", "30")


class ArtTimeCodeError(ValueError):
    """A packet that is no ArtTimeCode, or one with a label that cannot be."""


@dataclass(frozen=True, slots=True)
class ArtTimeCode:
    """One packet.

    Parameters
    ----------
    label : Timecode
    stream : int
        0 is the main one; 1..255 since Art-Net 4 revision 1.4dh.
    """

    label: Timecode
    stream: int = 0


def rate_type(rate: FrameRate) -> int:
    """Byte 18: 0 film (24), 1 EBU (25), 2 drop-frame (29.97), 3 SMPTE (30). Raises ValueError for a rate it cannot count."""
    if rate.drop == 2:
        return 2
    types = {24: 0, 25: 1, 30: 3}
    if rate.count not in types or rate.drop:
        raise ValueError(f"Art-Net timecode counts 24, 25 or 30 frames a second, not {rate.label}")
    return types[rate.count]


def pack_timecode(label: Timecode, stream: int = 0) -> bytes:
    """The 19 bytes of a packet. Raises ValueError for a stream outside 0..255 or a rate it cannot count."""
    if not 0 <= stream <= 255:
        raise ValueError(f"stream is {stream}; allowed 0 to 255")
    parts = (0, stream, label.frames, label.seconds, label.minutes, label.hours, rate_type(label.rate))
    return _HEADER + bytes(parts)


def is_timecode(data: bytes) -> bool:
    """Whether a datagram is ArtTimeCode at all: other packets share the port."""
    return data[:8] == _HEADER[:8] and data[_OPCODE] == _HEADER[_OPCODE]


def parse_timecode(data: bytes, given: FrameRate | None = None) -> ArtTimeCode:
    """Read a packet; bytes after the 19th are ignored.

    Parameters
    ----------
    data : bytes
    given : FrameRate or None
        The source's rate, if it is known: tells 23.976 from 24 and 29.97 from 30.

    Raises
    ------
    ArtTimeCodeError
        Says what is wrong.
    """
    if not is_timecode(data):
        raise ArtTimeCodeError("not an ArtTimeCode packet")
    if len(data) < _LENGTH:
        raise ArtTimeCodeError(f"ArtTimeCode of {len(data)} bytes; it has {_LENGTH}")
    if data[10] == 0 and data[11] < 14:
        raise ArtTimeCodeError(f"Art-Net protocol version {data[11]}; 14 is the oldest")
    kind = data[18] & 3  # the other bits are reserved
    rate = RATES[_RATE_LABELS[kind]]
    if given is not None:
        if rate_type(given) != kind:
            raise ArtTimeCodeError(f"the wire counts {rate.label}, not {given.label} as it was said to")
        rate = given
    try:
        return ArtTimeCode(Timecode(data[17], data[16], data[15], data[14], rate), data[13])
    except ValueError as error:
        raise ArtTimeCodeError(str(error)) from None
