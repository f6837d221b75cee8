"""Packets on a TCP stream: a length before each (OSC 1.0), or SLIP with an END after each (OSC 1.1, RFC 1055)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from devices.osc.codec import MAX_PACKET, OscError

_END, _ESC, _ESC_END, _ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD


def frame_length(packet: bytes) -> bytes:
    """A packet with its size in front: int32, big endian."""
    return len(packet).to_bytes(4, "big") + packet


def frame_slip(packet: bytes) -> bytes:
    """A packet with END behind it, and END and ESC inside it escaped.

    Notes
    -----
    OSC 1.1 would have an END in front as well. It flushes noise, which a TCP stream has none of, and liblo (0.31) takes a stream
    that begins with END and ``#bundle`` for one with lengths. Readers take both.
    """
    return packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class Cutter(Protocol):
    """Cuts a stream into packets."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take any cut of the stream; every packet that is now whole. Raises OscError when the stream makes no sense."""
        ...


class LengthCutter:
    """Cuts a stream with lengths.

    Notes
    -----
    A wrong length leaves no way to find the next packet: after `OscError` the stream has to be given up.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; at most one packet (64 KiB) is held back."""
        self._buffer += data
        found = []
        at = 0
        while len(self._buffer) - at >= 4:
            size = int.from_bytes(self._buffer[at : at + 4], "big", signed=True)
            if not 0 < size <= MAX_PACKET:
                self._buffer.clear()
                raise OscError(f"a packet of {size} bytes is announced; allowed 1 to {MAX_PACKET}")
            if len(self._buffer) - at < 4 + size:
                break
            found.append(bytes(self._buffer[at + 4 : at + 4 + size]))
            at += 4 + size
        del self._buffer[:at]
        return found


class SlipCutter:
    """Cuts a SLIP stream; a packet with a wrong escape or above 64 KiB is dropped and counted.

    Attributes
    ----------
    lost : int
        Packets dropped.
    """

    def __init__(self) -> None:
        self._packet = bytearray()
        self._escaped = False
        self._broken = False
        self.lost = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; never raises."""
        found: list[bytes] = []
        for byte in data:
            if byte == _END:
                if self._broken or self._escaped:
                    self.lost += 1
                elif self._packet:
                    found.append(bytes(self._packet))
                self._packet.clear()
                self._escaped = self._broken = False
            elif self._escaped:
                self._escaped = False
                if byte == _ESC_END:
                    self._packet.append(_END)
                elif byte == _ESC_ESC:
                    self._packet.append(_ESC)
                else:
                    self._broken = True
            elif byte == _ESC:
                self._escaped = True
            elif len(self._packet) >= MAX_PACKET:
                self._broken = True
            elif not self._broken:
                self._packet.append(byte)
        return found


FRAMES: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {"length": frame_length, "slip": frame_slip}
)
CUTTERS: Mapping[str, Callable[[], Cutter]] = MappingProxyType({"length": LengthCutter, "slip": SlipCutter})
"""By the name a rig gives them."""
