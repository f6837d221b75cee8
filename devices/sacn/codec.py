"""sACN packets: pure functions between bytes and values.

Source: ANSI E1.31-2018, tables 4-1 (data), 4-2 (synchronization), 4-3 (universe discovery), with the root layer of ANSI E1.17.
Everything is big endian; a PDU's length is the low 12 bits of its first two bytes, the high 4 are flags 0x7. Per-slot priority is
start code 0xDD, registered by ETC. Golden packets are in the tests and read the same in tshark 4.0.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

UDP_PORT = 5568
MAX_SLOTS = 512
FIRST_UNIVERSE = 1
LAST_UNIVERSE = 63999
DISCOVERY_UNIVERSE = 64214
MAX_PRIORITY = 200
UNIVERSES_PER_PAGE = 512

START_LEVELS = 0x00
START_PRIORITIES = 0xDD

_PREAMBLE = bytes.fromhex("00100000") + b"ASC-E1.17\x00\x00\x00"
_ROOT_DATA, _ROOT_EXTENDED = 4, 8
_FRAMING_DATA = 2
_EXTENDED_SYNC, _EXTENDED_DISCOVERY = 1, 2
_DMP_SET_PROPERTY = 2
_DISCOVERY_LIST = 1
_FLAGS = 0x7000

_ROOT_AT, _FRAMING_AT, _DMP_AT, _SLOTS_AT = 16, 38, 115, 126
_OPTIONS_AT, _SEQUENCE_AT, _UNIVERSE_AT = 112, 111, 113
_SYNC_SEQUENCE_AT, _SYNC_ADDRESS_AT = 44, 45
_DISCOVERY_LIST_AT = 112
_NAME_BYTES = 64

PREVIEW, TERMINATED, FORCE_SYNC = 0x80, 0x40, 0x20


class SacnError(ValueError):
    """A datagram that is not an sACN packet we know."""


@dataclass(frozen=True, slots=True)
class Data:
    """Levels (or, with start code 0xDD, priorities) of one universe.

    Parameters
    ----------
    cid : UUID
        The source's own identity.
    name : str
        Of the source, for people; at most 63 bytes of UTF-8.
    universe : int
        1..63999.
    slots : bytes
        At most 512.
    priority : int
        0..200.
    sync_address : int
        Universe on which the synchronization packet comes; 0 for none.
    sequence : int
        0..255, counting per universe.
    preview : bool
        Not for live output.
    terminated : bool
        The source stops sending this universe.
    force_sync : bool
        When synchronization is lost: go on unsynchronised rather than hold.
    start_code : int
        0 levels, 0xDD priority per slot.
    """

    cid: UUID
    name: str
    universe: int
    slots: bytes
    priority: int = 100
    sync_address: int = 0
    sequence: int = 0
    preview: bool = False
    terminated: bool = False
    force_sync: bool = False
    start_code: int = START_LEVELS


@dataclass(frozen=True, slots=True)
class Sync:
    """Universe synchronization: put out what is held for `sync_address`."""

    cid: UUID
    sync_address: int
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Discovery:
    """Universe discovery: what a source sends, 512 universes a page, ascending."""

    cid: UUID
    name: str
    universes: tuple[int, ...]
    page: int = 0
    last_page: int = 0


Packet = Data | Sync | Discovery


def encode(packet: Packet) -> bytes:
    """Bytes of a packet.

    Raises
    ------
    ValueError
        For a value outside its range, with the range.
    """
    if isinstance(packet, Data):
        return _encode_data(packet)
    if isinstance(packet, Sync):
        _check("sequence", packet.sequence, 0, 255)
        _check("sync_address", packet.sync_address, FIRST_UNIVERSE, LAST_UNIVERSE)
        body = struct.pack(">BHH", packet.sequence, packet.sync_address, 0)
        return _framed(packet.cid, _ROOT_EXTENDED, _EXTENDED_SYNC, body)
    return _encode_discovery(packet)


def decode(data: bytes) -> Packet:
    """The packet in a datagram; bytes behind its end are not looked at.

    Raises
    ------
    SacnError
        When it is not sACN, of an unknown kind, too short, or out of range.
    """
    if data[:_ROOT_AT] != _PREAMBLE:
        raise SacnError(f"not sACN: {data[:16].hex(' ')}; a packet begins with 00 10 00 00 'ASC-E1.17'")
    end = _pdu_end(data, _ROOT_AT, 22, "root")
    vector = _u32(data, 18)
    cid = UUID(bytes=bytes(data[22:38]))
    if vector == _ROOT_DATA:
        return _decode_data(data, cid, end)
    if vector != _ROOT_EXTENDED:
        raise SacnError(f"root vector {vector} is not handled; known: {_ROOT_DATA}, {_ROOT_EXTENDED}")
    end = min(end, _pdu_end(data, _FRAMING_AT, 11, "framing"))
    framing = _u32(data, 40)
    if framing == _EXTENDED_SYNC:
        sequence, address = struct.unpack_from(">BH", data, _SYNC_SEQUENCE_AT)
        return Sync(cid, _in_range("sync address", address, FIRST_UNIVERSE, LAST_UNIVERSE), sequence)
    if framing == _EXTENDED_DISCOVERY:
        return _decode_discovery(data, cid, end)
    raise SacnError(
        f"framing vector {framing} is not handled; known: {_EXTENDED_SYNC}, {_EXTENDED_DISCOVERY}"
    )


def discovery_pages(cid: UUID, name: str, universes: Sequence[int]) -> tuple[bytes, ...]:
    """All pages of a source's universe discovery, as packets."""
    listed = sorted(set(universes))
    pages = [
        listed[first : first + UNIVERSES_PER_PAGE] for first in range(0, len(listed), UNIVERSES_PER_PAGE)
    ] or [[]]
    last = len(pages) - 1
    return tuple(encode(Discovery(cid, name, tuple(page), index, last)) for index, page in enumerate(pages))


def with_sequence(packet: bytes, sequence: int) -> bytes:
    """An encoded data or synchronization packet with its sequence number set, as it leaves."""
    at = _SEQUENCE_AT if is_data(packet) else _SYNC_SEQUENCE_AT
    return packet[:at] + bytes((sequence,)) + packet[at + 1 :]


def as_terminated(packet: bytes) -> bytes:
    """An encoded data packet that says that the source stops."""
    return packet[:_OPTIONS_AT] + bytes((packet[_OPTIONS_AT] | TERMINATED,)) + packet[_OPTIONS_AT + 1 :]


def is_data(packet: bytes) -> bool:
    """Whether a packet of the right length carries data."""
    return packet[18:22] == b"\x00\x00\x00\x04" and len(packet) >= _SLOTS_AT


def universe_of(packet: bytes) -> int:
    """Universe an encoded packet is sent on: its own, its sync address, or that of discovery."""
    if is_data(packet):
        return packet[_UNIVERSE_AT] << 8 | packet[_UNIVERSE_AT + 1]
    if packet[40:44] == b"\x00\x00\x00\x01":
        return packet[_SYNC_ADDRESS_AT] << 8 | packet[_SYNC_ADDRESS_AT + 1]
    return DISCOVERY_UNIVERSE


def group_of(universe: int) -> str:
    """IPv4 multicast group of a universe: 239.255.hi.lo (E1.31, 9.3.1)."""
    return f"239.255.{universe >> 8}.{universe & 0xFF}"


def _framed(cid: UUID, root: int, framing: int, body: bytes) -> bytes:
    inner = struct.pack(">HI", _FLAGS | (len(body) + 6), framing) + body
    return _PREAMBLE + struct.pack(">HI", _FLAGS | (len(inner) + 22), root) + cid.bytes + inner


def _encode_data(packet: Data) -> bytes:
    _check("universe", packet.universe, FIRST_UNIVERSE, LAST_UNIVERSE)
    _check("priority", packet.priority, 0, MAX_PRIORITY)
    _check("sync_address", packet.sync_address, 0, LAST_UNIVERSE)
    _check("sequence", packet.sequence, 0, 255)
    _check("start_code", packet.start_code, 0, 255)
    _check("slots", len(packet.slots), 0, MAX_SLOTS)
    count = len(packet.slots) + 1
    dmp = struct.pack(
        ">HBBHHHB", _FLAGS | (count + 10), _DMP_SET_PROPERTY, 0xA1, 0, 1, count, packet.start_code
    )
    options = PREVIEW * packet.preview | TERMINATED * packet.terminated | FORCE_SYNC * packet.force_sync
    framing = struct.pack(
        ">BHBBH", packet.priority, packet.sync_address, packet.sequence, options, packet.universe
    )
    body = _name_field(packet.name) + framing + dmp + packet.slots
    return _framed(packet.cid, _ROOT_DATA, _FRAMING_DATA, body)


def _encode_discovery(packet: Discovery) -> bytes:
    _check("page", packet.page, 0, 255)
    _check("last_page", packet.last_page, packet.page, 255)
    _check("universes", len(packet.universes), 0, UNIVERSES_PER_PAGE)
    if list(packet.universes) != sorted(set(packet.universes)):
        raise ValueError("universes of a discovery page are not ascending; sort them and drop doubles")
    for universe in packet.universes:
        _check("universe", universe, FIRST_UNIVERSE, LAST_UNIVERSE)
    count = len(packet.universes)
    listed = struct.pack(
        f">HIBB{count}H",
        _FLAGS | (8 + 2 * count),
        _DISCOVERY_LIST,
        packet.page,
        packet.last_page,
        *packet.universes,
    )
    body = _name_field(packet.name) + bytes(4) + listed
    return _framed(packet.cid, _ROOT_EXTENDED, _EXTENDED_DISCOVERY, body)


def _decode_data(data: bytes, cid: UUID, end: int) -> Data:
    end = min(end, _pdu_end(data, _FRAMING_AT, _SLOTS_AT - _FRAMING_AT, "framing"))
    vector = _u32(data, 40)
    if vector != _FRAMING_DATA:
        raise SacnError(f"framing vector {vector} in a data packet; it must be {_FRAMING_DATA}")
    end = min(end, _pdu_end(data, _DMP_AT, _SLOTS_AT - _DMP_AT, "property"))
    kind = bytes(data[117:123])
    if kind != b"\x02\xa1\x00\x00\x00\x01":
        raise SacnError(f"property layer {kind.hex(' ')}; it must be 02 a1 00 00 00 01")
    count = data[123] << 8 | data[124]
    if not 1 <= count <= MAX_SLOTS + 1 or _SLOTS_AT - 1 + count > end:
        raise SacnError(
            f"{count} properties in a packet with room for {end - _SLOTS_AT + 1}; allowed 1 to 513"
        )
    priority, sync_address, sequence, options, universe = struct.unpack_from(">BHBBH", data, 108)
    return Data(
        cid,
        _name(data),
        _in_range("universe", universe, FIRST_UNIVERSE, LAST_UNIVERSE),
        bytes(data[_SLOTS_AT : _SLOTS_AT - 1 + count]),
        _in_range("priority", priority, 0, MAX_PRIORITY),
        _in_range("sync address", sync_address, 0, LAST_UNIVERSE),
        sequence,
        bool(options & PREVIEW),
        bool(options & TERMINATED),
        bool(options & FORCE_SYNC),
        data[125],
    )


def _decode_discovery(data: bytes, cid: UUID, end: int) -> Discovery:
    end = min(end, _pdu_end(data, _DISCOVERY_LIST_AT, 8, "universe discovery"))
    vector, page, last_page = struct.unpack_from(">IBB", data, _DISCOVERY_LIST_AT + 2)
    if vector != _DISCOVERY_LIST:
        raise SacnError(f"universe discovery vector {vector}; it must be {_DISCOVERY_LIST}")
    first = _DISCOVERY_LIST_AT + 8
    count = (end - first) // 2
    # A framing layer that says it ends early leaves less than no room for the list.
    if not 0 <= count <= UNIVERSES_PER_PAGE:
        raise SacnError(f"{count} universes on a page; allowed 0 to {UNIVERSES_PER_PAGE}")
    return Discovery(cid, _name(data), struct.unpack_from(f">{count}H", data, first), page, last_page)


def _pdu_end(data: bytes, at: int, least: int, what: str) -> int:
    """End of the PDU that begins at `at` and has at least `least` bytes."""
    if len(data) < at + least:
        raise SacnError(f"the {what} layer needs {at + least} bytes, this has {len(data)}")
    head = data[at] << 8 | data[at + 1]
    end = at + (head & 0x0FFF)
    if head & 0xF000 != _FLAGS or end < at + least or end > len(data):
        raise SacnError(
            f"the {what} layer's flags and length are 0x{head:04x} with {len(data) - at} bytes there"
        )
    return end


def _name_field(name: str) -> bytes:
    """A source's name with a zero at its end; cut between characters, never inside one."""
    cut = name.encode("utf-8", "replace")[: _NAME_BYTES - 1].decode("utf-8", "ignore")
    return cut.encode("utf-8").ljust(_NAME_BYTES, b"\x00")


def _name(data: bytes) -> str:
    return bytes(data[44 : 44 + _NAME_BYTES]).split(b"\x00", 1)[0].decode("utf-8", "replace")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; allowed {low} to {high}")


def _in_range(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise SacnError(f"{name} is {value}; allowed {low} to {high}")
    return value


START_CODES: Mapping[int, str] = MappingProxyType(
    {START_LEVELS: "levels", START_PRIORITIES: "priority per slot"}
)
"""Start codes whose data mean something here; others are read and passed by."""
