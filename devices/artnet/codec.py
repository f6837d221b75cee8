"""Art-Net 4 packets: pure functions between bytes and values, one table of fields per packet.

Source: Art-Net 4 protocol specification, Artistic Licence. Opcodes are little endian, nearly everything else
big endian. Golden packets are in the tests; all but the body of ArtTimeCode, which it does
not decode, read the same in tshark 4.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal

UDP_PORT = 0x1936  # 6454
ID = b"Art-Net\x00"
PROTOCOL_VERSION = 14
MAX_SLOTS = 512

OP_POLL = 0x2000
OP_POLL_REPLY = 0x2100
OP_DMX = 0x5000
OP_SYNC = 0x5200
OP_TIMECODE = 0x9700

STYLE_NODE = 0x00
STYLE_CONTROLLER = 0x01
MERGING = 0x08  # of GoodOutput: the port merges two sources

Kind = Literal["u8", "u16be", "u16le", "bytes", "text"]


class ArtnetError(ValueError):
    """A datagram that is not an Art-Net packet we know."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a packet: where it stands, how wide it is, how it is written."""

    name: str
    offset: int
    kind: Kind
    size: int = 1
    low: int = 0
    high: int = 255


@dataclass(frozen=True, slots=True)
class Dmx:
    """ArtDmx: levels of one universe.

    Parameters
    ----------
    universe : int
        15-bit port address: net (7) sub-net (4) universe (4).
    data : bytes
        2..512 slots; an odd number is accepted on receipt and padded on sending.
    sequence : int
        1..255, counting; 0 switches sequencing off.
    physical : int
        Input port it came from; for information.
    """

    universe: int
    data: bytes
    sequence: int = 0
    physical: int = 0


@dataclass(frozen=True, slots=True)
class Sync:
    """ArtSync: put out the levels received since the last one, all universes at once."""

    aux: int = 0


@dataclass(frozen=True, slots=True)
class Poll:
    """ArtPoll: who is there?"""

    flags: int = 0
    priority: int = 0


@dataclass(frozen=True, slots=True)
class TimeCode:
    """ArtTimeCode: a frame label. `rate` 0 = 24 film, 1 = 25 EBU, 2 = 29.97 drop, 3 = 30."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    rate: int
    stream: int = 0


@dataclass(frozen=True, slots=True)
class PollReply:
    """ArtPollReply: what a node is. `ip` is 4 bytes, `mac` 6; texts are ASCII and cut to their fields.

    A node with more than four ports sends several, counted by `bind_index` from 1. Replies of old nodes end after `mac`.
    """

    ip: bytes = b"\x00\x00\x00\x00"
    port: int = UDP_PORT
    firmware: int = 1
    net: int = 0
    sub: int = 0
    oem: int = 0x00FF
    status1: int = 0
    esta: int = 0
    short_name: str = ""
    long_name: str = ""
    report: str = ""
    ports: int = 1
    port_types: bytes = b"\x80\x00\x00\x00"
    sw_in: bytes = b"\x00\x00\x00\x00"
    sw_out: bytes = b"\x00\x00\x00\x00"
    style: int = 0
    mac: bytes = b"\x00\x00\x00\x00\x00\x00"
    good_input: bytes = b"\x00\x00\x00\x00"
    good_output: bytes = b"\x00\x00\x00\x00"
    bind_ip: bytes = b"\x00\x00\x00\x00"
    bind_index: int = 0
    status2: int = 0

    @property
    def outputs(self) -> tuple[int, ...]:
        """Universes (port addresses) this node puts out."""
        return self._addresses(0x80, self.sw_out)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Universes (port addresses) this node brings onto the network."""
        return self._addresses(0x40, self.sw_in)

    @property
    def merging(self) -> tuple[int, ...]:
        """Universes this node puts out from two sources."""
        return tuple(
            universe
            for port, universe in enumerate(self._addresses(0x80, self.sw_out, keep_place=True))
            if universe >= 0 and self.good_output[port] & MERGING
        )

    def _addresses(self, bit: int, switches: bytes, *, keep_place: bool = False) -> tuple[int, ...]:
        """Port addresses of ports whose type has `bit`; with `keep_place` -1 stands for the others."""
        high = self.net << 8 | self.sub << 4
        found = [
            high | switches[port] & 0x0F if self.port_types[port] & bit else -1
            for port in range(min(self.ports, 4))
        ]
        return tuple(address for address in found if keep_place or address >= 0)


Packet = Dmx | Sync | Poll | TimeCode | PollReply


@dataclass(frozen=True, slots=True)
class Layout:
    """One row a packet: opcode, class, least and written length, fields."""

    opcode: int
    made: type
    least: int
    written: int
    fields: tuple[Field, ...]
    versioned: bool = True


LAYOUTS: Mapping[int, Layout] = MappingProxyType(
    {
        OP_DMX: Layout(
            OP_DMX,
            Dmx,
            20,
            18,
            (
                Field("sequence", 12, "u8"),
                Field("physical", 13, "u8"),
                Field("universe", 14, "u16le", 2, 0, 0x7FFF),
            ),
        ),
        OP_SYNC: Layout(OP_SYNC, Sync, 14, 14, (Field("aux", 12, "u16be", 2, 0, 0xFFFF),)),
        OP_POLL: Layout(OP_POLL, Poll, 14, 14, (Field("flags", 12, "u8"), Field("priority", 13, "u8"))),
        OP_TIMECODE: Layout(
            OP_TIMECODE,
            TimeCode,
            19,
            19,
            (
                Field("stream", 13, "u8"),
                Field("frames", 14, "u8", 1, 0, 29),
                Field("seconds", 15, "u8", 1, 0, 59),
                Field("minutes", 16, "u8", 1, 0, 59),
                Field("hours", 17, "u8", 1, 0, 23),
                Field("rate", 18, "u8", 1, 0, 3),
            ),
        ),
        OP_POLL_REPLY: Layout(
            OP_POLL_REPLY,
            PollReply,
            207,
            239,
            (
                Field("ip", 10, "bytes", 4),
                Field("port", 14, "u16le", 2, 0, 0xFFFF),
                Field("firmware", 16, "u16be", 2, 0, 0xFFFF),
                Field("net", 18, "u8", 1, 0, 127),
                Field("sub", 19, "u8", 1, 0, 15),
                Field("oem", 20, "u16be", 2, 0, 0xFFFF),
                Field("status1", 23, "u8"),
                Field("esta", 24, "u16le", 2, 0, 0xFFFF),
                Field("short_name", 26, "text", 18),
                Field("long_name", 44, "text", 64),
                Field("report", 108, "text", 64),
                Field("ports", 172, "u16be", 2, 0, 4),
                Field("port_types", 174, "bytes", 4),
                Field("sw_in", 186, "bytes", 4),
                Field("sw_out", 190, "bytes", 4),
                Field("style", 200, "u8"),
                Field("mac", 201, "bytes", 6),
                Field("good_input", 178, "bytes", 4),
                Field("good_output", 182, "bytes", 4),
                Field("bind_ip", 207, "bytes", 4),
                Field("bind_index", 211, "u8"),
                Field("status2", 212, "u8"),
            ),
            versioned=False,
        ),
    }
)
_BY_CLASS: Mapping[type, Layout] = MappingProxyType({layout.made: layout for layout in LAYOUTS.values()})


def encode(packet: Packet) -> bytes:
    """Bytes of a packet.

    Raises
    ------
    TypeError
        For a field of the wrong type.
    ValueError
        For a value outside its range, with the range.
    """
    layout = _BY_CLASS[type(packet)]
    out = bytearray(layout.written)
    out[0:8] = ID
    out[8:10] = layout.opcode.to_bytes(2, "little")
    if layout.versioned:
        out[10:12] = PROTOCOL_VERSION.to_bytes(2, "big")
    for field in layout.fields:
        _put(out, field, getattr(packet, field.name))
    if isinstance(packet, Dmx):
        data = packet.data
        if not 1 <= len(data) <= MAX_SLOTS:
            raise ValueError(f"data has {len(data)} slots; allowed 1 to {MAX_SLOTS}")
        padded = data + b"\x00" * (len(data) % 2)
        out[16:18] = len(padded).to_bytes(2, "big")
        out += padded
    return bytes(out)


def decode(data: bytes) -> Packet:
    """The packet in a datagram.

    Raises
    ------
    ArtnetError
        When it is not Art-Net, of an unknown opcode, too short, of a number of slots that cannot be, or a time that is none. What
        a node says of itself in an ArtPollReply is taken as it is.
    """
    if len(data) < 10 or data[:8] != ID:
        raise ArtnetError(f"not Art-Net: {data[:12].hex(' ')}; a packet begins with 'Art-Net' and a zero")
    opcode = int.from_bytes(data[8:10], "little")
    layout = LAYOUTS.get(opcode)
    if layout is None:
        known = ", ".join(f"0x{code:04x}" for code in sorted(LAYOUTS))
        raise ArtnetError(f"opcode 0x{opcode:04x} is not handled; known: {known}")
    if len(data) < layout.least:
        raise ArtnetError(f"opcode 0x{opcode:04x} needs {layout.least} bytes, this has {len(data)}")
    if layout.versioned and int.from_bytes(data[10:12], "big") < PROTOCOL_VERSION:
        raise ArtnetError(
            f"protocol version {int.from_bytes(data[10:12], 'big')}; {PROTOCOL_VERSION} or later is needed"
        )
    values: dict[str, object] = {
        field.name: _get(data, field) for field in layout.fields if field.offset + field.size <= len(data)
    }
    if layout.made is TimeCode:
        # Bits 2 to 7 of the type are free for the sender.
        values["rate"] = data[18] & 0x03
        for field in layout.fields:
            value = values[field.name]
            if isinstance(value, int) and not field.low <= value <= field.high:
                raise ArtnetError(f"{field.name} is {value}; allowed {field.low} to {field.high}")
    if layout.made is Dmx:
        values["universe"] = int.from_bytes(data[14:16], "little") & 0x7FFF
        length = int.from_bytes(data[16:18], "big")
        if not 1 <= length <= MAX_SLOTS or len(data) < 18 + length:
            raise ArtnetError(
                f"ArtDmx says {length} slots and carries {len(data) - 18}; allowed 1 to {MAX_SLOTS}"
            )
        values["data"] = bytes(data[18 : 18 + length])
    made: Packet = layout.made(**values)
    return made


def _put(out: bytearray, field: Field, value: object) -> None:
    end = field.offset + field.size
    if field.kind == "text":
        if not isinstance(value, str):
            raise TypeError(f"{field.name} is {value!r}; it must be text")
        # One byte less than the field: receivers expect a zero at the end.
        out[field.offset : end] = value.encode("ascii", "replace")[: field.size - 1].ljust(
            field.size, b"\x00"
        )
    elif field.kind == "bytes":
        if not isinstance(value, bytes):
            raise TypeError(f"{field.name} is {value!r}; it must be bytes")
        if len(value) != field.size:
            raise ValueError(f"{field.name} has {len(value)} bytes; it needs {field.size}")
        out[field.offset : end] = value
    else:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{field.name} is {value!r}; it must be an integer")
        if not field.low <= value <= field.high:
            raise ValueError(f"{field.name} is {value}; allowed {field.low} to {field.high}")
        out[field.offset : end] = value.to_bytes(field.size, "little" if field.kind == "u16le" else "big")


def _get(data: bytes, field: Field) -> object:
    raw = data[field.offset : field.offset + field.size]
    if field.kind == "text":
        return raw.split(b"\x00", 1)[0].decode("ascii", "replace")
    if field.kind == "bytes":
        return bytes(raw)
    return int.from_bytes(raw, "little" if field.kind == "u16le" else "big")


def with_sequence(packet: bytes, sequence: int) -> bytes:
    """An encoded ArtDmx with its sequence byte set: stamped as it leaves, so that encoding stays pure."""
    return packet[:12] + bytes((sequence,)) + packet[13:]


def is_dmx(packet: bytes) -> bool:
    """Whether an encoded packet is an ArtDmx."""
    return is_opcode(packet, OP_DMX)


def is_opcode(data: bytes, opcode: int) -> bool:
    """Whether a datagram begins as an Art-Net packet of an opcode."""
    return data[8:10] == opcode.to_bytes(2, "little") and data[:8] == ID


def field_names(made: type) -> tuple[str, ...]:
    """Names of a packet's fields, for tests of the table."""
    return tuple(field.name for field in fields(made))
