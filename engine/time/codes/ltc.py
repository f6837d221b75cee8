"""Linear timecode: the 80 bits of a word. Source: SMPTE ST 12-1:2014, clauses 8 and 9.

Bit 0 is sent first and is the lowest bit of byte 0. The sound of it is in `ltc_encoder` and `ltc_decoder`.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.time.rates import FrameRate
from engine.time.timecode import Timecode

WORD_BITS = 80
SYNC = b"\xfc\xbf"
"""Bits 64..79, sent as 0011 1111 1111 1101."""

_DROP, _COLOUR, _CLOCK = 10, 11, 58
_POLARITY_25, _POLARITY = 59, 27
_BGF_25, _BGF = (27, 58, 43), (43, 58, 59)
"""Places of the binary group flags 0, 1 and 2 in 25-frame systems, and in 24- and 30-frame ones."""
_USER_PLACES = (4, 12, 20, 28, 36, 44, 52, 60)
NO_USER_BITS = bytes(8)


class LtcError(ValueError):
    """An 80-bit word that cannot be: no sync, a digit out of range."""


@dataclass(frozen=True, slots=True)
class LtcWord:
    """What the 80 bits say.

    Parameters
    ----------
    hours, minutes, seconds, frames : int
        As sent; in range as decimal digits, but not yet held against a frame rate.
    drop : bool
        Drop-frame flag.
    colour : bool
        Colour-frame flag.
    user_bits : bytes
        Eight nibbles, user group 1 first.
    group_flags : int
        Bits 27, 43, 58 and 59 as bits 0..3: which of them are binary group flags, and which one is the polarity correction,
        depends on the frame rate.
    """

    hours: int
    minutes: int
    seconds: int
    frames: int
    drop: bool = False
    colour: bool = False
    user_bits: bytes = NO_USER_BITS
    group_flags: int = 0

    def label(self, rate: FrameRate) -> Timecode:
        """The label at a rate. Raises ValueError when it does not exist there."""
        return Timecode(self.hours, self.minutes, self.seconds, self.frames, rate)


def polarity_place(rate: FrameRate) -> int:
    """The bit that makes the number of ones even: 59 in 25-frame systems, 27 in the others."""
    return _POLARITY_25 if rate.count == 25 else _POLARITY


def pack_ltc(
    label: Timecode, user_bits: bytes = NO_USER_BITS, *, colour: bool = False, binary_group_flags: int = 0
) -> bytes:
    """The ten bytes of a word; the number of ones is even, so that every word begins with the same edge.

    Parameters
    ----------
    label : Timecode
        At a rate that counts 24, 25 or 30; a drop-frame rate sets the flag.
    user_bits : bytes
        Eight nibbles 0..15, user group 1 first.
    colour : bool, default False
    binary_group_flags : int, default 0
        BGF0 in bit 0, BGF1 in bit 1, BGF2 in bit 2.

    Raises
    ------
    ValueError
        For a rate LTC cannot count, or user bits that are not eight nibbles.
    """
    rate = label.rate
    if rate.count not in (24, 25, 30):
        raise ValueError(
            f"LTC counts 24, 25 or 30 frames a second, not {rate.label}; send the base rate and a phase"
        )
    if len(user_bits) != 8 or max(user_bits) > 15:
        raise ValueError(f"user bits are {user_bits.hex(' ')!r}; allowed: eight nibbles 0..15, one a byte")
    if not 0 <= binary_group_flags <= 7:
        raise ValueError(f"binary group flags are {binary_group_flags}; allowed 0 to 7")
    word = int.from_bytes(SYNC, "little") << 64
    for units, tens, value in (
        (0, 8, label.frames),
        (16, 24, label.seconds),
        (32, 40, label.minutes),
        (48, 56, label.hours),
    ):
        word |= (value % 10) << units | (value // 10) << tens
    for place, nibble in zip(_USER_PLACES, user_bits, strict=True):
        word |= nibble << place
    word |= bool(rate.drop) << _DROP | colour << _COLOUR
    for number, place in enumerate(_BGF_25 if rate.count == 25 else _BGF):
        word |= (binary_group_flags >> number & 1) << place
    word |= (word.bit_count() & 1) << polarity_place(rate)
    return word.to_bytes(10, "little")


def unpack_ltc(data: bytes) -> LtcWord:
    """What ten bytes say. The polarity correction is not looked at: shipping devices set it wrongly.

    Raises
    ------
    LtcError
        When the length or the sync word is wrong, or a digit is none.
    """
    if len(data) != 10:
        raise LtcError(f"an LTC word has 10 bytes, not {len(data)}")
    if data[8:] != SYNC:
        raise LtcError(f"no sync word: {data[8:].hex(' ')} instead of {SYNC.hex(' ')}")
    values = []
    for name, at, mask, last in (
        ("frames", 0, 3, 29),
        ("seconds", 2, 7, 59),
        ("minutes", 4, 7, 59),
        ("hours", 6, 3, 23),
    ):
        units, tens = data[at] & 15, data[at + 1] & mask
        if units > 9 or 10 * tens + units > last:
            raise LtcError(f"{name} are {tens}|{units} in BCD; allowed 00 to {last}")
        values.append(10 * tens + units)
    frames, seconds, minutes, hours = values
    return LtcWord(
        hours,
        minutes,
        seconds,
        frames,
        drop=bool(data[1] & 4),
        colour=bool(data[1] & 8),
        user_bits=bytes([byte >> 4 for byte in data[:8]]),
        group_flags=data[3] >> 3 & 1 | data[5] >> 2 & 2 | data[7] & 4 | data[7] & 8,
    )
