"""Messages of the Enttec DMX USB Pro: pure functions between bytes and values.

Source: Enttec, "DMX USB Pro Widget API Specification 1.44". A message is 7E, label, length (two bytes, low one first), data, E7;
data may contain 7E and E7, so only the length says where a message ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

START = 0x7E
END = 0xE7
MAX_DATA = 600
MIN_SLOTS = 24
MAX_SLOTS = 512

GET_PARAMETERS = 3
SEND_DMX = 6
GET_SERIAL = 10

_HEAD = 4
_BREAK_UNIT_US = 10.67


class EnttecError(ValueError):
    """A message's data are not what its label says."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Parameters
    ----------
    label : int
        What it is, 0..255.
    data : bytes
        At most 600.
    """

    label: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the interface says of itself (label 3).

    Parameters
    ----------
    firmware : tuple of int
        Major and minor.
    break_units, mark_units : int
        Of 10.67 us; 9..127 and 1..127.
    rate_hz : int
        DMX packets per second, 0 for as many as pass.
    """

    firmware: tuple[int, int]
    break_units: int
    mark_units: int
    rate_hz: int

    @property
    def break_us(self) -> float:
        """Break before a packet, microseconds."""
        return self.break_units * _BREAK_UNIT_US

    @property
    def mark_us(self) -> float:
        """Mark after the break, microseconds."""
        return self.mark_units * _BREAK_UNIT_US


def encode(message: Message) -> bytes:
    """Bytes of a message.

    Raises
    ------
    ValueError
        For a label or a length outside its range.
    """
    if not 0 <= message.label <= 255:
        raise ValueError(f"label is {message.label}; allowed 0 to 255")
    size = len(message.data)
    if size > MAX_DATA:
        raise ValueError(f"data has {size} bytes; allowed 0 to {MAX_DATA}")
    return bytes((START, message.label, size & 0xFF, size >> 8)) + message.data + bytes((END,))


def encode_dmx(slots: bytes) -> bytes:
    """The message that puts out a universe (label 6); fewer than 24 slots are filled up with zeros."""
    if len(slots) > MAX_SLOTS:
        raise ValueError(f"data has {len(slots)} slots; allowed 0 to {MAX_SLOTS}")
    return encode(Message(SEND_DMX, b"\x00" + slots.ljust(MIN_SLOTS, b"\x00")))


def decode_dmx(data: bytes) -> bytes:
    """Slots of a label 6 message.

    Raises
    ------
    EnttecError
        For another start code or a length that is not allowed.
    """
    if not MIN_SLOTS + 1 <= len(data) <= MAX_SLOTS + 1:
        raise EnttecError(f"{len(data)} bytes; allowed {MIN_SLOTS + 1} to {MAX_SLOTS + 1}")
    if data[0] != 0:
        raise EnttecError(f"start code {data[0]}; allowed 0")
    return bytes(data[1:])


def encode_parameters(parameters: Parameters) -> bytes:
    """The answer to a label 3 request."""
    major, minor = parameters.firmware
    return encode(
        Message(
            GET_PARAMETERS,
            bytes((minor, major, parameters.break_units, parameters.mark_units, parameters.rate_hz)),
        )
    )


def decode_parameters(data: bytes) -> Parameters:
    """What a label 3 answer says; user data behind it are not looked at.

    Raises
    ------
    EnttecError
    """
    if len(data) < 5:
        raise EnttecError(f"{len(data)} bytes of parameters; at least 5 are needed")
    minor, major, break_units, mark_units, rate_hz = data[:5]
    return Parameters((major, minor), break_units, mark_units, rate_hz)


def encode_serial(number: int) -> bytes:
    """The answer to a label 10 request: eight decimal digits, two a byte, the last first."""
    if not 0 <= number <= 99_999_999:
        raise ValueError(f"serial number is {number}; allowed 0 to 99999999")
    return encode(Message(GET_SERIAL, bytes.fromhex(f"{number:08d}")[::-1]))


def decode_serial(data: bytes) -> int:
    """Serial number in a label 10 answer.

    Raises
    ------
    EnttecError
        For anything but four bytes of decimal digits.
    """
    digits = bytes(data[::-1]).hex()
    if len(data) != 4 or not digits.isdecimal():
        raise EnttecError(f"serial number {data[:8].hex(' ')}; it must be 4 bytes of decimal digits")
    return int(digits)


class MessageCutter:
    """Cuts a stream, in any pieces, into messages; finds its way back after garbage.

    Attributes
    ----------
    lost_bytes : int
        Bytes that belonged to no message.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.lost_bytes = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes; yields the messages they complete."""
        self._buffer += data
        while self._buffer:
            begin = self._buffer.find(START)
            if begin < 0:
                self._drop(len(self._buffer))
                return
            self._drop(begin)
            if len(self._buffer) < _HEAD:
                return
            size = self._buffer[2] | self._buffer[3] << 8
            if size > MAX_DATA:
                self._drop(1)
                continue
            if len(self._buffer) <= _HEAD + size:
                return
            if self._buffer[_HEAD + size] != END:
                self._drop(1)  # this 7E was data, or a byte was lost: the next 7E may be a beginning
                continue
            message = Message(self._buffer[1], bytes(self._buffer[_HEAD : _HEAD + size]))
            del self._buffer[: _HEAD + size + 1]
            yield message

    def clear(self) -> None:
        """Forget what is half there: the line was closed."""
        self._buffer.clear()

    def _drop(self, count: int) -> None:
        self.lost_bytes += count
        del self._buffer[:count]
