"""Digital-cinema synchronisation: packets and their sound. Source: SMPTE ST 430-12:2014.

One channel of the sound track (14 as a rule) carries 12 000 bits a second at 48 kHz, four samples a bit; each packet names the
edit unit it is in, the frame rate, and a quarter of the UUID of the track.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.time.rates import RATES, FrameRate

Samples = NDArray[np.float32]

SAMPLE_RATE_HZ = 48_000
BIT_SAMPLES = 4
PACKET_BITS = 100
SYNC = 0x4D56
UNITS = 1 << 24
"""Edit units a packet can count."""

_RATES = ("24", "25", "30", "48", "50", "60", "96", "100", "120")
_ZERO = np.array([0.03827, 0.09239, 0.09239, 0.03827], dtype=np.float32)
_ONE = np.array([0.07071, 0.07071, -0.07071, -0.07071], dtype=np.float32)


class CinemaError(ValueError):
    """A packet whose sync, checksum or rate is wrong."""


@dataclass(frozen=True, slots=True)
class CinemaPacket:
    """One packet.

    Parameters
    ----------
    rate_code : int
        0..8: 24, 25, 30, 48, 50, 60, 96, 100, 120 edit units a second.
    part : int
        Which quarter of the UUID it carries, 0..3.
    uuid_part : bytes
        Four bytes.
    unit : int
        Edit unit, 0..2**24 - 1.
    """

    rate_code: int
    part: int
    uuid_part: bytes
    unit: int

    @property
    def rate(self) -> FrameRate:
        """Edit units a second."""
        return RATES[_RATES[self.rate_code]]


def cinema_rate_code(rate: FrameRate) -> int:
    """The number a rate travels as. Raises ValueError for a rate that is none of digital cinema's."""
    if rate.label not in _RATES:
        raise ValueError(f"digital-cinema sync has no rate {rate.label}; allowed: {', '.join(_RATES)}")
    return _RATES.index(rate.label)


def packets_per_unit(rate: FrameRate) -> int:
    """4 up to 30 edit units a second, 2 up to 60, 1 above."""
    return 4 if rate.count <= 30 else 2 if rate.count <= 60 else 1


def packet_bits(rate: FrameRate) -> int:
    """Length of a packet with the zeros that fill up its share of the edit unit."""
    return SAMPLE_RATE_HZ // (BIT_SAMPLES * rate.count * packets_per_unit(rate))


def crc16(data: bytes) -> int:
    """CRC of a packet: polynomial 0x1021, start 0, most significant bit first."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def pack_packet(packet: CinemaPacket) -> int:
    """The 100 bits of a packet as a number, first bit highest.

    Raises
    ------
    ValueError
        For a field out of range.
    """
    if not (0 <= packet.rate_code < len(_RATES) and 0 <= packet.part < 4 and 0 <= packet.unit < UNITS):
        raise ValueError(f"{packet} has a field out of range: rate code 0..8, part 0..3, unit 0..{UNITS - 1}")
    if len(packet.uuid_part) != 4:
        raise ValueError(f"a packet carries 4 bytes of the UUID, not {len(packet.uuid_part)}")
    body = bytes((packet.rate_code << 4 | packet.part,)) + packet.uuid_part + packet.unit.to_bytes(3, "big")
    return SYNC << 84 | int.from_bytes(body + crc16(body).to_bytes(2, "big"), "big") << 4


def parse_packet(bits: int) -> CinemaPacket:
    """Read 100 bits; the reserved ones are not looked at.

    Raises
    ------
    CinemaError
        Says what is wrong.
    """
    if bits < 0 or bits >> PACKET_BITS or bits >> 84 != SYNC:
        raise CinemaError("no sync word at the start of a packet")
    data = (bits >> 4 & (1 << 80) - 1).to_bytes(10, "big")
    if crc16(data[:8]) != int.from_bytes(data[8:], "big"):
        raise CinemaError(f"checksum of {data.hex()} is wrong")
    code = data[0] >> 4
    if code >= len(_RATES):
        raise CinemaError(f"edit rate code is {code}; allowed 0 to 8")
    return CinemaPacket(code, data[0] & 3, data[1:5], int.from_bytes(data[5:8], "big"))


def unit_packets(unit: int, rate: FrameRate, identity: bytes) -> list[CinemaPacket]:
    """The packets of one edit unit. At 48 units a second and above the four quarters of the UUID take several units."""
    count = packets_per_unit(rate)
    parts = [(unit * count + number) % 4 for number in range(count)]
    code = cinema_rate_code(rate)
    return [CinemaPacket(code, part, identity[4 * part : 4 * part + 4], unit % UNITS) for part in parts]


def uuid_bytes(text: str) -> bytes:
    """The 16 bytes of a UUID as people write it; "" is all zeros. Raises ValueError."""
    if not text:
        return bytes(16)
    try:
        return uuids.UUID(text).bytes
    except ValueError:
        raise ValueError(f"'{text}' is not a UUID, as e004046e-0923-4f90-a4ae-4355e7e83506") from None


class CinemaEncoder:
    """Makes the sound of edit units.

    Parameters
    ----------
    rate : FrameRate
        24, 25, 30, 48, 50, 60, 96, 100 or 120.
    uuid : str, default ""
        The track's.

    Notes
    -----
    Each bit begins with the polarity the one before ended in. Units that follow one another go on; after a jump the polarity
    starts afresh, which the standard leaves free.
    """

    def __init__(self, rate: FrameRate, uuid: str = "") -> None:
        self.rate = rate
        cinema_rate_code(rate)
        self.unit_samples = SAMPLE_RATE_HZ // rate.count
        self._identity = uuid_bytes(uuid)
        self._made: dict[int, tuple[Samples, float]] = {}

    def unit(self, index: int) -> Samples:
        """The samples of one edit unit at 48 kHz; the index wraps at 2**24."""
        index %= UNITS
        known = self._made.get(index)
        if known is None:
            before = self._made.get((index - 1) % UNITS)
            if len(self._made) > 32:
                self._made.clear()
            known = self._made[index] = self._make(index, before[1] if before else 1.0)
        return known[0]

    def _make(self, index: int, polarity: float) -> tuple[Samples, float]:
        length = packet_bits(self.rate)
        bits: list[int] = []
        for packet in unit_packets(index, self.rate, self._identity):
            number = pack_packet(packet)
            bits += [number >> PACKET_BITS - 1 - n & 1 for n in range(PACKET_BITS)]
            bits += [0] * (length - PACKET_BITS)
        row = np.array(bits)
        zeros_before = np.concatenate([[0], np.cumsum(1 - row)])
        sign = (1.0 - 2.0 * (zeros_before % 2)) * polarity
        sound = np.where(row[:, None] == 1, _ONE[None, :], _ZERO[None, :]) * sign[:-1, None]
        return sound.reshape(-1).astype(np.float32), float(sign[-1])


def bits_to_number(bits: Sequence[int]) -> int:
    """First bit highest."""
    number = 0
    for bit in bits:
        number = number << 1 | int(bit)
    return number
