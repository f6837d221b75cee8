"""MIDI timecode: messages, and the stream of bytes they come in.

Source: MIDI Time Code, MMA/AMEI RP-004 and RP-008. A quarter frame carries one eighth of a label; a full frame a whole one,
and is a locate. The sender's timing is in `mtc_sender`, the receiver's state in `mtc_receiver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.time.rates import RATES, FrameRate
from engine.time.timecode import Timecode

QUARTER_FRAME = 0xF1
PIECES = 8
_FULL = bytes((0xF0, 0x7F, 0x7F, 0x01, 0x01))
_FULL_LENGTH = 10
_RATE_LABELS = ("24", "25", "29.97df", "30")
_LONGEST_SYSEX = 64
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2, 0xF1: 1, 0xF2: 2, 0xF3: 1}


class MtcError(ValueError):
    """A full frame, or eight pieces, that say nothing possible."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter frame: its data byte ``0nnndddd``."""

    data: int


@dataclass(frozen=True, slots=True)
class Full:
    """A full frame: hours with the rate in bits 5 and 6, minutes, seconds, frames; as sent, not checked."""

    hours_and_rate: int
    minutes: int
    seconds: int
    frames: int


def rate_code(rate: FrameRate) -> int:
    """The two bits a rate travels as: 0 = 24 and 23.976, 1 = 25, 2 = 29.97 drop-frame, 3 = 30 and 29.97 non-drop.

    Raises
    ------
    ValueError
        For a rate MIDI timecode cannot count.
    """
    if rate.drop == 2:
        return 2
    codes = {24: 0, 25: 1, 30: 3}
    if rate.count not in codes or rate.drop:
        raise ValueError(f"MIDI timecode counts 24, 25 or 30 frames a second, not {rate.label}")
    return codes[rate.count]


def quarter_frames(label: Timecode) -> tuple[int, ...]:
    """The eight data bytes of a label, piece 0 first."""
    values = (label.frames, label.seconds, label.minutes, label.hours | rate_code(label.rate) << 5)
    return tuple(
        (2 * n + high) << 4 | value >> 4 * high & 15 for n, value in enumerate(values) for high in (0, 1)
    )


def full_frame(label: Timecode) -> bytes:
    """The system exclusive message of a label, to all devices."""
    hours = label.hours | rate_code(label.rate) << 5
    return _FULL + bytes((hours, label.minutes, label.seconds, label.frames, 0xF7))


def read_label(
    hours_and_rate: int, minutes: int, seconds: int, frames: int, given: FrameRate | None
) -> Timecode:
    """The label of four numbers as they travel.

    Parameters
    ----------
    given : FrameRate or None
        The rate the source is known to run at: tells 23.976 from 24 and 29.97 from 30.

    Raises
    ------
    MtcError
        A number out of range, a label that does not exist, or another rate than the given one.
    """
    code = hours_and_rate >> 5 & 3
    rate = RATES[_RATE_LABELS[code]]
    if given is not None:
        if rate_code(given) != code:
            raise MtcError(f"the wire counts {rate.label}, not {given.label} as it was said to")
        rate = given
    try:
        return Timecode(hours_and_rate & 31, minutes, seconds, frames, rate)
    except ValueError as error:
        raise MtcError(str(error)) from None


def read_pieces(pieces: Sequence[int], given: FrameRate | None) -> Timecode:
    """The label of eight nibbles, piece 0 first. Raises MtcError as `read_label` does."""
    if len(pieces) != PIECES:
        raise MtcError(f"a label has eight pieces, not {len(pieces)}")
    frames, seconds, minutes, hours = (pieces[n] & 15 | (pieces[n + 1] & 15) << 4 for n in (0, 2, 4, 6))
    return read_label(hours & 127, minutes & 63, seconds & 63, frames & 31, given)


class MidiBytes:
    """Finds quarter frames and full frames in a stream of MIDI bytes.

    Running status, other messages and real-time bytes in the middle of anything pass by unharmed. What is kept is bounded.
    """

    def __init__(self) -> None:
        self._status = 0
        self._data: list[int] = []
        self._sysex: bytearray | None = None

    def push(self, data: bytes) -> list[Quarter | Full]:
        """Read on; any bytes, cut anywhere."""
        found: list[Quarter | Full] = []
        for byte in data:
            if byte >= 0xF8:  # real time: may stand between any two bytes
                continue
            if byte & 0x80:
                self._begin(byte, found)
            elif self._sysex is not None:
                if len(self._sysex) < _LONGEST_SYSEX:
                    self._sysex.append(byte)
            elif self._status:
                self._data.append(byte)
                if len(self._data) == _DATA_BYTES[self._status]:
                    if self._status == QUARTER_FRAME:
                        found.append(Quarter(byte))
                    self._data.clear()
                    if self._status >= 0xF0:
                        self._status = 0  # system messages have no running status
        return found

    def _begin(self, status: int, found: list[Quarter | Full]) -> None:
        sysex, self._sysex = self._sysex, None
        self._data.clear()
        self._status = 0
        if status == 0xF0:
            self._sysex = bytearray((status,))
        elif status == 0xF7:
            # The device id may be anything: 7F is all of them.
            if (
                sysex is not None
                and len(sysex) == _FULL_LENGTH - 1
                and (sysex[1], sysex[3], sysex[4]) == (0x7F, 1, 1)
            ):
                found.append(Full(*sysex[5:9]))
        elif status < 0xF0:
            self._status = status & 0xF0
        elif status in _DATA_BYTES:
            self._status = status
