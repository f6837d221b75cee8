"""The packets of the SMC3 motor controller, both ways. Pure functions, no I/O.

======  =============================================
byte    content
======  =============================================
0       ``[``
1       code, one letter
2, 3    a word, big endian, or two bytes
4       ``]``
======  =============================================

=============  ================  ==============================================
codes          content           meaning, for motors 1, 2, 3
=============  ================  ==============================================
A B C          word              target 0..1023
D E F          word              Kp * 100
G H I          word              Ki * 100
J K L          word              Kd * 100
M N O          word              Ks
P Q R          two bytes         PWM minimum, PWM maximum
S T U          two bytes         cutoff, clip: both ends, counted inwards
V W X          two bytes         dead zone, PWM for reversing
e n a          -                 enable all motors
s a v          -                 keep the parameters
v e r          -                 ask for the version, * 100
r d x          -                 ask for a value by its code
=============  ================  ==============================================

Source: the public SMC3 firmware and its description (serial 500000 8N1).

``[]`` ("drive to stop and hold") is in the description, but firmware 0.60 knows packets of five bytes only: a bare
``[]`` would swallow the next command. `STOP` therefore carries three more bytes, which one kind of firmware takes for
the rest of an unknown packet and the other for noise between packets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

BAUD = 500_000
MOTORS = 3
MAX_TARGET = 1023
PACKET_SIZE = 5
START, END = 0x5B, 0x5D
TARGETS = b"ABC"
DEFAULT_CUTOFF, DEFAULT_CLIP = 23, 100

WORDS: Mapping[str, bytes] = MappingProxyType({"kp": b"DEF", "ki": b"GHI", "kd": b"JKL", "ks": b"MNO"})
"""Parameters of a word each, by name: the codes of motors 1, 2, 3. Kp, Ki and Kd travel times 100."""
PAIRS: Mapping[str, bytes] = MappingProxyType({"pwm": b"PQR", "limits": b"STU", "dead_zone": b"VWX"})
"""Parameters of two bytes each."""

ENABLE = b"[ena]"
SAVE = b"[sav]"
VERSION = b"[ver]"
STOP = b"[]\x00\x00]"


class Smc3Error(ValueError):
    """Bytes that are no SMC3 packet."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet.

    Parameters
    ----------
    code : int
        The letter's byte.
    first, second : int
        0..255.
    """

    code: int
    first: int
    second: int

    @property
    def word(self) -> int:
        """Both bytes as one number, 0..65535."""
        return self.first << 8 | self.second


def encode_packet(packet: Packet) -> bytes:
    """Bytes of a packet.

    Raises
    ------
    ValueError
        For a byte outside 0..255.
    """
    for name, value in (("code", packet.code), ("first", packet.first), ("second", packet.second)):
        if not 0 <= value <= 255:
            raise ValueError(f"{name} is {value}; allowed 0 to 255")
    return bytes((START, packet.code, packet.first, packet.second, END))


def decode_packet(data: bytes) -> Packet:
    """The packet in five bytes.

    Raises
    ------
    Smc3Error
    """
    if len(data) != PACKET_SIZE or data[0] != START or data[4] != END:
        raise Smc3Error(f"not an SMC3 packet: {data[:16].hex(' ')}; it has 5 bytes from 5b to 5d")
    return Packet(data[1], data[2], data[3])


def encode_target(motor: int, target: int) -> bytes:
    """Send motor 0, 1 or 2 to a position.

    Raises
    ------
    ValueError
        For a motor that does not exist or a target outside 0..1023.
    """
    if not 0 <= target <= MAX_TARGET:
        raise ValueError(f"target is {target}; allowed 0 to {MAX_TARGET}")
    return encode_packet(Packet(_code(TARGETS, motor), target >> 8, target & 0xFF))


def encode_word(name: str, motor: int, value: int) -> bytes:
    """Set ``kp``, ``ki``, ``kd`` (times 100) or ``ks`` of a motor, 0..65535.

    Raises
    ------
    ValueError
    """
    if name not in WORDS:
        raise ValueError(f"{name!r} is no parameter; allowed: {', '.join(WORDS)}")
    if not 0 <= value <= 0xFFFF:
        raise ValueError(f"{name} is {value}; allowed 0 to 65535")
    return encode_packet(Packet(_code(WORDS[name], motor), value >> 8, value & 0xFF))


def encode_pair(name: str, motor: int, first: int, second: int) -> bytes:
    """Set ``pwm`` (minimum, maximum), ``limits`` (cutoff, clip) or ``dead_zone`` (and reversing PWM) of a motor.

    Raises
    ------
    ValueError
    """
    if name not in PAIRS:
        raise ValueError(f"{name!r} is no parameter; allowed: {', '.join(PAIRS)}")
    return encode_packet(Packet(_code(PAIRS[name], motor), first, second))


def encode_read(code: str) -> bytes:
    """Ask for a value: ``A`` position and target (each / 4) of motor 1, ``Y`` which motors are off, ``D`` Kp of motor 1 ...

    Raises
    ------
    ValueError
    """
    if len(code) != 1 or not code.isascii():
        raise ValueError(f"code is {code!r}; allowed: one ASCII character")
    return encode_packet(Packet(ord("r"), ord("d"), ord(code)))


def _code(codes: bytes, motor: int) -> int:
    if not 0 <= motor < MOTORS:
        raise ValueError(f"motor is {motor}; allowed 0 to {MOTORS - 1}")
    return codes[motor]


class PacketCutter:
    """Cuts packets from a stream exactly as the firmware does.

    It waits for ``[``, takes the next four bytes whatever they are, and throws them away when the last is not ``]``.

    Attributes
    ----------
    errors : int
        Bytes before a start, and packets without an end.
    """

    def __init__(self) -> None:
        self._buffer: bytearray | None = None
        self.errors = 0

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Take bytes; yield every whole packet."""
        for byte in data:
            if self._buffer is None:
                if byte == START:
                    self._buffer = bytearray()
                else:
                    self.errors += 1
                continue
            self._buffer.append(byte)
            if len(self._buffer) < PACKET_SIZE - 1:
                continue
            code, first, second, end = self._buffer
            self._buffer = None
            if end == END:
                yield Packet(code, first, second)
            else:
                self.errors += 1
