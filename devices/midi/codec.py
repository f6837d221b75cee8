"""MIDI 1.0 messages: bytes and frozen values, a table of lengths, a parser for streams. No I/O, no clock.

Source: "MIDI 1.0 Detailed Specification" 4.2 (MIDI Association), tables I to VIII; running status and real-time bytes: its
sections "Running Status" and "System Real Time Messages".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

BAUD = 31_250
MAX_SYSEX = 1024
"""Data bytes of a system exclusive message that are kept; longer ones are dropped, not followed for ever."""

NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL, PROGRAM, PRESSURE, PITCH = 0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0
SYSEX, END_OF_SYSEX = 0xF0, 0xF7
START, CONTINUE, STOP = 0xFA, 0xFB, 0xFC
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123

_DATA_BYTES: Mapping[int, int] = MappingProxyType(
    {
        NOTE_OFF: 2,
        NOTE_ON: 2,
        KEY_PRESSURE: 2,
        CONTROL: 2,
        PROGRAM: 1,
        PRESSURE: 1,
        PITCH: 2,
        0xF1: 1,  # timecode quarter frame
        0xF2: 2,  # song position
        0xF3: 1,  # song select
        0xF6: 0,  # tune request
        0xF8: 0,  # clock
        START: 0,
        CONTINUE: 0,
        STOP: 0,
        0xFE: 0,  # active sensing
        0xFF: 0,  # reset
    }
)
"""Data bytes after a status byte; 0xF4, 0xF5, 0xF9 and 0xFD are undefined."""


class MidiError(ValueError):
    """Bytes that are not MIDI, or values that cannot be put into it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Parameters
    ----------
    status : int
        Status byte without the channel: 0x80..0xE0 in steps of 16, or 0xF0..0xFF.
    data : tuple of int
        Data bytes, 0..127 each; of a system exclusive what is between 0xF0 and 0xF7.
    channel : int
        1..16 of a channel message, 0 of a system message.
    """

    status: int
    data: tuple[int, ...] = ()
    channel: int = 0

    @property
    def value14(self) -> int:
        """The 14-bit number of a pitch bend or song position: low seven bits first on the wire."""
        return self.data[0] | self.data[1] << 7


def encode(message: Message) -> bytes:
    """Bytes of a message, its status byte always written.

    Raises
    ------
    MidiError
        For an undefined status, a wrong number of data bytes, or a value outside its range.
    """
    status, data = message.status, message.data
    for value in data:
        if not isinstance(value, int) or not 0 <= value <= 127:
            raise MidiError(f"data byte is {value!r}; allowed 0 to 127")
    if status == SYSEX:
        if len(data) > MAX_SYSEX:
            raise MidiError(f"system exclusive has {len(data)} bytes; allowed {MAX_SYSEX}")
        return bytes((SYSEX, *data, END_OF_SYSEX))
    needed = _DATA_BYTES.get(status)
    if needed is None:
        raise MidiError(f"status is 0x{status:02x}, which is not defined")
    if len(data) != needed:
        raise MidiError(f"status 0x{status:02x} takes {needed} data bytes, {len(data)} are given")
    if status >= SYSEX:
        return bytes((status, *data))
    if not 1 <= message.channel <= 16:
        raise MidiError(f"channel is {message.channel}; allowed 1 to 16")
    return bytes((status | message.channel - 1, *data))


class MidiParser:
    """Cuts a byte stream into messages.

    Running status holds until the next system message; real-time bytes may stand anywhere, inside a system exclusive too.

    Attributes
    ----------
    lost_bytes : int
        Bytes that belonged to no message.
    """

    def __init__(self) -> None:
        self._status = 0
        self._data: list[int] = []
        self._sysex: bytearray | None = None
        self.lost_bytes = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take any cut of the stream; yield every whole message. Raises nothing."""
        for byte in data:
            if byte >= 0xF8:
                if byte in _DATA_BYTES:
                    yield Message(byte)
                else:
                    self.lost_bytes += 1
            elif byte >= 0x80:
                message = self._on_status(byte)
                if message is not None:
                    yield message
            elif self._sysex is not None:
                self._sysex.append(byte)
                if len(self._sysex) > MAX_SYSEX:
                    self.lost_bytes += len(self._sysex)
                    self._sysex = None
            elif self._status:
                self._data.append(byte)
                if len(self._data) == self._needed():
                    yield self._finish()
            else:
                self.lost_bytes += 1

    def _needed(self) -> int:
        return _DATA_BYTES[self._status if self._status >= SYSEX else self._status & 0xF0]

    def _finish(self) -> Message:
        status, data = self._status, tuple(self._data)
        self._data.clear()
        if status >= SYSEX:
            self._status = 0  # system messages have no running status
            return Message(status, data)
        return Message(status & 0xF0, data, (status & 0x0F) + 1)

    def _on_status(self, byte: int) -> Message | None:
        sysex, self._sysex = self._sysex, None
        self.lost_bytes += len(self._data)
        self._data.clear()
        self._status = 0
        if byte == END_OF_SYSEX:
            if sysex is None:
                self.lost_bytes += 1
                return None
            return Message(SYSEX, tuple(sysex))
        if sysex is not None:
            self.lost_bytes += len(sysex)  # any other status breaks a system exclusive off
        if byte == SYSEX:
            self._sysex = bytearray()
            return None
        if byte >= SYSEX and byte not in _DATA_BYTES:
            self.lost_bytes += 1
            return None
        self._status = byte
        return self._finish() if self._needed() == 0 else None


def panic(channels: Iterator[int] | tuple[int, ...]) -> bytes:
    """What silences channels (1..16), as data: testable without the device."""
    return b"".join(encode(Message(CONTROL, (ALL_NOTES_OFF, 0), channel)) for channel in channels)
