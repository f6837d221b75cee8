"""What Yaw chairs and the programs that drive them say. Pure functions, no I/O.

Over UDP, as ASCII text: ``YAW_CALLING`` (broadcast to port 50010) is answered by
``YAWDEVICE;id;name;TCP port;AVAILABLE`` (anything else in the last place: taken); motion is
``Y[000.00]P[000.00]R[000.00]``, degrees from 0 up to but not including 360. A chair tells where it is in the same way to the port it
was told at check-in, newer ones as ``SY[...]SP[...]SR[...]``, some with a battery's voltage ``U[...]`` behind.

Over TCP, a byte that says what, then its content, numbers as 32-bit big endian:

====  ==========================================================================
byte  content
====  ==========================================================================
30    check-in: own UDP port, name of the program (ASCII, to the end of the segment)
31    its answer: text, ``AVAILABLE`` or who has the chair
40    tilt limits in whole degrees: back, forward, roll
70    yaw limit in whole degrees
A1    start; echoed when it has started
A2    stop; echoed
A3    exit; echoed
A5    error: text
====  ==========================================================================

Source: the vendor's public software kit; its text says the tilt limits come forward first, chairs take back first. There is no
framing: what has text ends where the segment ends, so each is sent by itself and answered before the next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

UDP_PORT = 50010
TCP_PORT = 50020
CALLING = b"YAW_CALLING"
AVAILABLE = "AVAILABLE"

CHECK_IN, CHECK_IN_ANSWER = 0x30, 0x31
TILT_LIMITS, YAW_LIMIT = 0x40, 0x70
START, STOP, EXIT, ERROR = 0xA1, 0xA2, 0xA3, 0xA5
_SIZES = {TILT_LIMITS: 12, YAW_LIMIT: 4, START: 0, STOP: 0, EXIT: 0}
_TEXTS = (CHECK_IN, CHECK_IN_ANSWER, ERROR)
_MOTION = re.compile(rb"Y\[(-?\d{1,3}\.\d{1,3})\]P\[(-?\d{1,3}\.\d{1,3})\]R\[(-?\d{1,3}\.\d{1,3})\]")
_REPORT = re.compile(
    rb"S?Y\[(-?\d{1,3}(?:\.\d{1,6})?)\]S?P\[(-?\d{1,3}(?:\.\d{1,6})?)\]S?R\[(-?\d{1,3}(?:\.\d{1,6})?)\]"
)
_MAX_TEXT = 256


class YawError(ValueError):
    """Bytes no Yaw chair or program would send."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a chair answers to a call.

    Parameters
    ----------
    device, name : str
        Its number and the name its owner gave it.
    tcp_port : int
    state : str
        `AVAILABLE`, or why not.
    """

    device: str
    name: str
    tcp_port: int
    state: str = AVAILABLE

    @property
    def available(self) -> bool:
        """Whether it can be had."""
        return self.state == AVAILABLE


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a session.

    Parameters
    ----------
    code : int
    numbers : tuple of int
    text : str
    """

    code: int
    numbers: tuple[int, ...] = ()
    text: str = ""


def encode_motion(yaw_deg: float, pitch_deg: float, roll_deg: float) -> bytes:
    """A pose; any angle, told as 0 to 359.99."""
    # Rounded first: 359.997 would otherwise become the 360.00 that does not exist.
    yaw, pitch, roll = (round(value * 100.0) % 36000 / 100.0 for value in (yaw_deg, pitch_deg, roll_deg))
    return f"Y[{yaw:06.2f}]P[{pitch:06.2f}]R[{roll:06.2f}]".encode("ascii")


def decode_motion(data: bytes) -> tuple[float, float, float]:
    """Yaw, pitch, roll in degrees, -180 up to but not including 180; what follows them (lamps, buzzer) is not read.

    Raises
    ------
    YawError
    """
    found = _MOTION.match(data)
    if found is None:
        raise YawError(f"not a Yaw pose: {data[:48]!r}")
    yaw, pitch, roll = ((float(text) + 180.0) % 360.0 - 180.0 for text in found.groups())
    return yaw, pitch, roll


def encode_report(yaw_deg: float, pitch_deg: float, roll_deg: float) -> bytes:
    """Where a chair is, as the newer ones tell it."""
    yaw, pitch, roll = (round(value * 100.0) % 36000 / 100.0 for value in (yaw_deg, pitch_deg, roll_deg))
    return f"SY[{yaw:06.2f}]SP[{pitch:06.2f}]SR[{roll:06.2f}]".encode("ascii")


def decode_report(data: bytes) -> tuple[float, float, float]:
    """Yaw, pitch, roll in degrees where a chair is, -180 up to but not including 180; what follows them is not read.

    Raises
    ------
    YawError
    """
    found = _REPORT.match(data)
    if found is None:
        raise YawError(f"not a Yaw chair's position: {data[:48]!r}")
    yaw, pitch, roll = ((float(text) + 180.0) % 360.0 - 180.0 for text in found.groups())
    return yaw, pitch, roll


def encode_announcement(announcement: Announcement) -> bytes:
    """Answer to a call."""
    return (
        f"YAWDEVICE;{announcement.device};{announcement.name};{announcement.tcp_port};{announcement.state}"
    ).encode("ascii", "replace")


def decode_announcement(data: bytes) -> Announcement:
    """Read an answer to a call.

    Raises
    ------
    YawError
    """
    fields = data[:_MAX_TEXT].decode("ascii", "replace").split(";")
    if len(fields) != 5 or not fields[0].startswith("YAWDEVICE"):
        raise YawError(f"not a Yaw chair's answer: {data[:48]!r}")
    _, device, name, port, state = fields
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise YawError(f"a Yaw chair's TCP port is {port[:8]!r}; allowed 1 to 65535")
    return Announcement(device, name, int(port), state.strip("\x00 \r\n"))


def encode(message: Message) -> bytes:
    """Bytes of a message.

    Raises
    ------
    ValueError
        For an unknown code, another number of numbers than it has, or one no 32-bit integer can hold.
    """
    wanted = 1 if message.code == CHECK_IN else _SIZES.get(message.code, 0) // 4
    if message.code not in _SIZES and message.code not in _TEXTS:
        raise ValueError(f"code is {message.code:#04x}, which no Yaw chair knows")
    if len(message.numbers) != wanted:
        raise ValueError(f"{len(message.numbers)} numbers; code {message.code:#04x} has {wanted}")
    body = bytearray((message.code,))
    for number in message.numbers:
        if not -(1 << 31) <= number < 1 << 31:
            raise ValueError(f"{number} is no 32-bit integer")
        body += number.to_bytes(4, "big", signed=True)
    return bytes(body) + message.text.encode("ascii", "replace")


def decode(segment: bytes) -> Sequence[Message]:
    """The messages of a segment.

    Raises
    ------
    YawError
        For an unknown code or a message cut short.
    """
    found: list[Message] = []
    position = 0
    while position < len(segment):
        code = segment[position]
        position += 1
        if code in _TEXTS:
            start = position
            if code == CHECK_IN:
                position += 4
            # A text ends at the next byte that is no ASCII (every command but the limits is one), at the latest with the segment.
            end = position
            while end < len(segment) and segment[end] < 0x80 and end - position < _MAX_TEXT:
                end += 1
            if position > len(segment):
                raise YawError("a check-in is cut short")
            numbers: tuple[int, ...] = (
                (int.from_bytes(segment[start:position], "big", signed=True),) if code == CHECK_IN else ()
            )
            found.append(Message(code, numbers, segment[position:end].decode("ascii").rstrip("\x00")))
            position = end
            continue
        size = _SIZES.get(code)
        if size is None:
            raise YawError(f"{code:#04x} is no Yaw command")
        if position + size > len(segment):
            raise YawError(f"command {code:#04x} is cut short")
        numbers = tuple(
            int.from_bytes(segment[at : at + 4], "big", signed=True)
            for at in range(position, position + size, 4)
        )
        found.append(Message(code, numbers))
        position += size
    return found
