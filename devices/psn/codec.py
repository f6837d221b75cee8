"""PosiStageNet v2 packets: pure bytes, no I/O.

Everything is a chunk, little endian: a u32 of id (16 bits), length (15) and a flag for sub-chunks (1), then the data::

    DATA 0x6755   0x0000 header {u64 us, u8 high, u8 low, u8 frame id, u8 packets in frame}
                  0x0001 trackers: a chunk a tracker, its id as chunk id, in it
                         0 position m, 1 speed m/s, 2 orientation (axis * angle rad), 3 status, 4 acceleration, 5 target, 6 us
    INFO 0x6756   0x0000 header, 0x0001 system name, 0x0002 trackers: a chunk a tracker, in it 0x0000 its name

Source: PosiStageNet protocol 2.03 (VYV, MA Lighting), clauses 3 and 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

UDP_PORT = 56565
MULTICAST = "236.10.10.10"
VERSION = (2, 3)
DATA, INFO = 0x6755, 0x6756
# One datagram in an Ethernet frame: routers between halls drop fragments.
MAX_PACKET = 1400

_HEAD = struct.Struct("<I")
_HEADER = struct.Struct("<QBBBB")
_VECTOR = struct.Struct("<3f")
_NAME_LIMIT = 200

Vector = tuple[float, float, float]


class PsnError(ValueError):
    """Bytes that are not PosiStageNet v2."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """One thing that is somewhere.

    Parameters
    ----------
    number : int
        0..65535.
    position_m : tuple
    orientation_rad : tuple or None
        Rotation vector: axis times angle.
    """

    number: int
    position_m: Vector
    orientation_rad: Vector | None = None


@dataclass(frozen=True, slots=True)
class DataPacket:
    """Positions, one packet of a frame."""

    time_us: int
    frame: int
    packets: int
    trackers: tuple[Tracker, ...]


@dataclass(frozen=True, slots=True)
class InfoPacket:
    """Names."""

    time_us: int
    frame: int
    packets: int
    system: str
    names: tuple[tuple[int, str], ...]


def _chunk(kind: int, data: bytes, *, nested: bool = False) -> bytes:
    if len(data) > 0x7FFF:
        raise PsnError(f"a chunk of {len(data)} bytes; at most {0x7FFF}")
    return _HEAD.pack(kind | len(data) << 16 | (1 << 31 if nested else 0)) + data


def encode_data(trackers: Sequence[Tracker]) -> tuple[bytes, ...]:
    """Data packets of one frame, as many as it takes, with time and frame id 0: see `stamped`.

    Raises
    ------
    PsnError
        For a number out of range.
    """
    rows = []
    for tracker in trackers:
        if not 0 <= tracker.number <= 0xFFFF:
            raise PsnError(f"tracker {tracker.number}; allowed 0 to 65535")
        fields = _chunk(0, _VECTOR.pack(*tracker.position_m))
        if tracker.orientation_rad is not None:
            fields += _chunk(2, _VECTOR.pack(*tracker.orientation_rad))
        rows.append(_chunk(tracker.number, fields, nested=True))
    return _packets(DATA, b"", 1, rows)


def encode_info(system: str, names: Sequence[tuple[int, str]]) -> tuple[bytes, ...]:
    """Info packets: the system's name and each tracker's."""
    rows = [_chunk(number, _chunk(0, _text(name)), nested=True) for number, name in names]
    return _packets(INFO, _chunk(1, _text(system)), 2, rows)


def stamped(packet: bytes, time_us: int, frame: int) -> bytes:
    """A packet with its time and frame id; the rest stays."""
    at = 2 * _HEAD.size
    return (
        packet[:at]
        + time_us.to_bytes(8, "little")
        + packet[at + 8 : at + 10]
        + bytes((frame & 0xFF,))
        + packet[at + 11 :]
    )


def _packets(kind: int, before: bytes, list_kind: int, rows: Sequence[bytes]) -> tuple[bytes, ...]:
    room = MAX_PACKET - 3 * _HEAD.size - _HEADER.size - len(before)
    bundles: list[list[bytes]] = [[]]
    used = 0
    for row in rows:
        if used + len(row) > room and bundles[-1]:
            bundles.append([])
            used = 0
        bundles[-1].append(row)
        used += len(row)
    header = _chunk(0, _HEADER.pack(0, *VERSION, 0, min(len(bundles), 255)))
    return tuple(
        _chunk(kind, header + before + _chunk(list_kind, b"".join(bundle), nested=True), nested=True)
        for bundle in bundles
    )


def _text(text: str) -> bytes:
    return text.encode("utf-8")[:_NAME_LIMIT]


def _chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise PsnError(f"{len(data) - at} bytes after the last chunk")
        (head,) = _HEAD.unpack_from(data, at)
        size = head >> 16 & 0x7FFF
        at += _HEAD.size
        if at + size > len(data):
            raise PsnError(f"a chunk of {size} bytes with {len(data) - at} left")
        yield head & 0xFFFF, data[at : at + size]
        at += size


def decode(packet: bytes) -> DataPacket | InfoPacket:
    """Inverse of `encode_data` and `encode_info`; chunks it does not know are passed over.

    Raises
    ------
    PsnError
    """
    outer = list(_chunks(packet))
    if len(outer) != 1 or outer[0][0] not in (DATA, INFO):
        raise PsnError(f"not a PosiStageNet v2 packet: {packet[:2].hex() or 'empty'}")
    kind, body = outer[0]
    header: tuple[int, int, int, int, int] | None = None
    system = ""
    trackers: list[Tracker] = []
    names: list[tuple[int, str]] = []
    for part, data in _chunks(body):
        if part == 0:
            if len(data) < _HEADER.size:
                raise PsnError(f"a header of {len(data)} bytes; it has {_HEADER.size}")
            header = _HEADER.unpack_from(data)
        elif kind == DATA and part == 1:
            trackers.extend(_tracker(number, fields) for number, fields in _chunks(data))
        elif kind == INFO and part == 1:
            system = data.decode("utf-8", "replace")
        elif kind == INFO and part == 2:
            for number, fields in _chunks(data):
                names.extend(
                    (number, name.decode("utf-8", "replace")) for field, name in _chunks(fields) if field == 0
                )
    if header is None:
        raise PsnError("a packet without header")
    time_us, _, _, frame, packets = header
    if kind == DATA:
        return DataPacket(time_us, frame, packets, tuple(trackers))
    return InfoPacket(time_us, frame, packets, system, tuple(names))


def _tracker(number: int, fields: bytes) -> Tracker:
    position: Vector | None = None
    orientation: Vector | None = None
    for field, data in _chunks(fields):
        if field in (0, 2):
            if len(data) < _VECTOR.size:
                raise PsnError(f"a vector of {len(data)} bytes")
            x, y, z = _VECTOR.unpack_from(data)
            if field == 0:
                position = (x, y, z)
            else:
                orientation = (x, y, z)
    if position is None:
        raise PsnError(f"tracker {number} has no position")
    return Tracker(number, position, orientation)
