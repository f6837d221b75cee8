"""Open Sound Control 1.0 with the types commonly sent since 1.1: bytes and frozen values, no I/O and no clock.

One row a type tag::

    i  int32      f  float32     s  string     b  blob
    h  int64      d  float64     S  symbol     c  one character     t  NTP time tag
    T  true       F  false       N  nothing    I  impulse           r  RGBA colour     m  MIDI message, 4 bytes
    [ ]  array of the above

Everything is big endian and takes a multiple of four bytes; strings end with at least one zero.

Sources: "The Open Sound Control 1.0 Specification" (Wright, 2002), "Features and Future of Open Sound Control version 1.1"
(Freed and Schmeder, NIME 2009).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

IMMEDIATELY = 1
"""Time tag that says: when it arrives."""
NTP_EPOCH_OFFSET_S = 2_208_988_800
"""From 1900-01-01 to 1970-01-01 in seconds (RFC 5905, figure 4)."""
MAX_PACKET = 65_536
MAX_DEPTH = 8
"""How deep bundles and arrays may be nested; deeper ones are refused rather than followed."""
_BUNDLE = b"#bundle\x00"
_NS = 1_000_000_000


class OscError(ValueError):
    """Bytes that are not OSC, or values that cannot be put into it."""


class Impulse(Enum):
    """What the tag ``I`` stands for: something happens, without a value ("bang")."""

    IMPULSE = "impulse"


IMPULSE = Impulse.IMPULSE
Arg = Any
"""int, float, str, bytes, bool, None, `IMPULSE`, or a tuple of these for an array."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Parameters
    ----------
    address : str
        Begins with a slash; may be a pattern (``/seat/*/heave``).
    tags : str
        Type tags without the comma: ``"if"``, ``"s[ii]"``.
    args : tuple
        One value per tag; an array is a tuple.
    """

    address: str
    tags: str = ""
    args: tuple[Arg, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """Messages and bundles that belong to one instant.

    Parameters
    ----------
    time_tag : int
        64-bit NTP time, 0..2**64-1; 1 for at once.
    elements : tuple of Message or Bundle
    """

    time_tag: int
    elements: tuple[Message | Bundle, ...]


Packet = Message | Bundle


def ntp_from_unix_ns(unix_ns: int) -> int:
    """NTP time tag of an instant, nearest to it; whole numbers throughout, a float since 1900 resolves 0.5 us only.

    Parameters
    ----------
    unix_ns : int
        Nanoseconds since 1970-01-01 UTC. The tag counts modulo 2**32 s, as NTP does from 2036 on.
    """
    seconds, rest_ns = divmod(unix_ns, _NS)
    fraction = ((rest_ns << 32) + _NS // 2) // _NS
    return (((seconds + NTP_EPOCH_OFFSET_S) << 32) + fraction) & 0xFFFF_FFFF_FFFF_FFFF


def unix_ns_from_ntp(time_tag: int) -> int:
    """The instant a time tag names, to the nearest ns; inverse of `ntp_from_unix_ns` for 1968 to 2104.

    Tags below 2**63 belong to the era that begins in 2036 (RFC 4330, section 3).
    """
    seconds, fraction = time_tag >> 32, time_tag & 0xFFFF_FFFF
    if not seconds & 0x8000_0000:
        seconds += 1 << 32
    return (seconds - NTP_EPOCH_OFFSET_S) * _NS + (fraction * _NS + (1 << 31) >> 32)


# -- writing ---------------------------------------------------------------------------------------------------


def encode(packet: Packet) -> bytes:
    """Bytes of a message or bundle.

    Raises
    ------
    OscError
        For a value that does not fit its tag, an address without a slash, or a packet above 64 KiB.
    """
    data = _encode(packet, 0)
    if len(data) > MAX_PACKET:
        raise OscError(f"packet has {len(data)} bytes; allowed {MAX_PACKET}")
    return data


def _encode(packet: Packet, depth: int) -> bytes:
    if isinstance(packet, Bundle):
        if depth > MAX_DEPTH:
            raise OscError(f"bundles are nested deeper than {MAX_DEPTH}")
        if not 0 <= packet.time_tag < 1 << 64:
            raise OscError(f"time tag is {packet.time_tag}; allowed 0 to 2**64-1")
        out = [_BUNDLE, packet.time_tag.to_bytes(8, "big")]
        for element in packet.elements:
            data = _encode(element, depth + 1)
            out += [len(data).to_bytes(4, "big"), data]
        return b"".join(out)
    if not packet.address.startswith("/"):
        raise OscError(f"address is {packet.address!r}; it must begin with a slash")
    out = [_put_string(packet.address), _put_string("," + packet.tags)]
    used = _put_args(packet.tags, 0, packet.args, out, 0)
    if used != len(packet.tags):
        raise OscError(f"tags {packet.tags!r}: an array is closed that was never opened")
    return b"".join(out)


def _put_args(tags: str, at: int, args: tuple[Arg, ...], out: list[bytes], depth: int) -> int:
    """Write values from tag `at` on until the tags (or, inside an array, its bracket) end; where that was."""
    if depth > MAX_DEPTH:
        raise OscError(f"arrays are nested deeper than {MAX_DEPTH}")
    taken = 0
    while at < len(tags) and tags[at] != "]":
        if taken >= len(args):
            raise OscError(f"tags {tags!r} need more values than the {len(args)} given")
        value = args[taken]
        taken += 1
        if tags[at] == "[":
            if not isinstance(value, tuple):
                raise OscError(f"array expected, got {value!r}")
            at = _put_args(tags, at + 1, value, out, depth + 1)
            if at >= len(tags):
                raise OscError(f"tags {tags!r}: an array is never closed")
        else:
            put = _PUT.get(tags[at])
            if put is None:
                raise OscError(f"unknown type tag {tags[at]!r}; known: {''.join(sorted(_PUT))}[]")
            out.append(put(value))
        at += 1
    if taken != len(args):
        raise OscError(f"tags {tags!r} take {taken} values here, {len(args)} are given")
    return at


def _put_string(value: object) -> bytes:
    if not isinstance(value, str) or "\x00" in value:
        raise OscError(f"text without zeros expected, got {value!r}")
    try:
        raw = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise OscError(f"text {value!r} cannot be written as UTF-8") from error
    return raw + b"\x00" * (4 - len(raw) % 4)


def _put_blob(value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) > MAX_PACKET:
        raise OscError(f"blob of at most {MAX_PACKET} bytes expected, got {value!r:.60}")
    return len(value).to_bytes(4, "big") + value + b"\x00" * (-len(value) % 4)


def _put_integer(size: int, signed: bool) -> Callable[[object], bytes]:
    def put(value: object) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise OscError(f"whole number expected, got {value!r}")
        try:
            return value.to_bytes(size, "big", signed=signed)
        except OverflowError:
            raise OscError(
                f"{value} does not fit {8 * size} bits {'with' if signed else 'without'} a sign"
            ) from None

    return put


def _put_float(code: str) -> Callable[[object], bytes]:
    def put(value: object) -> bytes:
        if not isinstance(value, float | int) or isinstance(value, bool):
            raise OscError(f"number expected, got {value!r}")
        try:
            return struct.pack(code, value)
        except (struct.error, OverflowError) as error:
            raise OscError(f"{value!r} does not fit a float of {struct.calcsize(code) * 8} bits") from error

    return put


def _put_character(value: object) -> bytes:
    if not isinstance(value, str) or len(value) != 1 or ord(value) > 127:
        raise OscError(f"one ASCII character expected, got {value!r}")
    return ord(value).to_bytes(4, "big")


def _put_four(value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) != 4:
        raise OscError(f"four bytes expected, got {value!r:.60}")
    return value


def _put_nothing(wanted: object) -> Callable[[object], bytes]:
    def put(value: object) -> bytes:
        if value is not wanted:
            raise OscError(f"{wanted!r} expected, got {value!r}")
        return b""

    return put


_PUT: Mapping[str, Callable[[object], bytes]] = MappingProxyType(
    {
        "i": _put_integer(4, True),
        "h": _put_integer(8, True),
        "t": _put_integer(8, False),
        "r": _put_integer(4, False),
        "f": _put_float(">f"),
        "d": _put_float(">d"),
        "s": _put_string,
        "S": _put_string,
        "b": _put_blob,
        "c": _put_character,
        "m": _put_four,
        "T": _put_nothing(True),
        "F": _put_nothing(False),
        "N": _put_nothing(None),
        "I": _put_nothing(IMPULSE),
    }
)


# -- reading ---------------------------------------------------------------------------------------------------


def decode(data: bytes) -> Packet:
    """The message or bundle in a packet.

    Raises
    ------
    OscError
        For anything else. What is allocated is bounded by the size of the packet, which may be 64 KiB at most.
    """
    if len(data) > MAX_PACKET:
        raise OscError(f"packet has {len(data)} bytes; allowed {MAX_PACKET}")
    return _decode(data, 0)


def _decode(data: bytes, depth: int) -> Packet:
    if len(data) % 4 or len(data) < 4:
        raise OscError(f"packet has {len(data)} bytes; it must be a multiple of 4")
    if not data.startswith(b"#"):
        return _decode_message(data)
    if depth > MAX_DEPTH:
        raise OscError(f"bundles are nested deeper than {MAX_DEPTH}")
    if not data.startswith(_BUNDLE) or len(data) < 16:
        raise OscError(f"not a bundle: {data[:16]!r}")
    elements: list[Packet] = []
    at = 16
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big", signed=True)
        at += 4
        if not 0 < size <= len(data) - at:
            raise OscError(f"bundle element says {size} bytes, {len(data) - at} are left")
        elements.append(_decode(data[at : at + size], depth + 1))
        at += size
    return Bundle(int.from_bytes(data[8:16], "big"), tuple(elements))


def _decode_message(data: bytes) -> Message:
    address, at = _get_string(data, 0)
    if not address.startswith("/"):
        raise OscError(f"address is {address!r:.60}; it must begin with a slash")
    if at == len(data):
        return Message(address)  # senders older than the type tags, and nothing follows that would need one
    tags, at = _get_string(data, at)
    if not tags.startswith(","):
        raise OscError(f"no type tags after {address!r:.60}: {tags!r:.60}")
    tags = tags[1:]
    args: list[Arg] = []
    used, at = _get_args(tags, 0, data, at, args, 0)
    if used != len(tags):
        raise OscError(f"tags {tags!r:.60}: an array is closed that was never opened")
    if at != len(data):
        raise OscError(f"{len(data) - at} bytes follow the last value of {address!r:.60}")
    return Message(address, tags, tuple(args))


def _get_args(tags: str, tag_at: int, data: bytes, at: int, args: list[Arg], depth: int) -> tuple[int, int]:
    if depth > MAX_DEPTH:
        raise OscError(f"arrays are nested deeper than {MAX_DEPTH}")
    while tag_at < len(tags) and tags[tag_at] != "]":
        tag = tags[tag_at]
        if tag == "[":
            inner: list[Arg] = []
            tag_at, at = _get_args(tags, tag_at + 1, data, at, inner, depth + 1)
            if tag_at >= len(tags):
                raise OscError(f"tags {tags!r:.60}: an array is never closed")
            args.append(tuple(inner))
        elif tag in _CONSTANT:
            args.append(_CONSTANT[tag])
        elif tag in "sS":
            text, at = _get_string(data, at)
            args.append(text)
        elif tag == "b":
            size = int.from_bytes(_take(data, at, 4), "big", signed=True)
            if size < 0:
                raise OscError(f"blob says {size} bytes")
            args.append(_take(data, at + 4, size))
            at += 4 + size + -size % 4
            if at > len(data):
                raise OscError("the packet ends inside the padding of a blob")
        elif tag in _FIXED:
            size, get = _FIXED[tag]
            args.append(get(_take(data, at, size)))
            at += size
        else:
            raise OscError(f"unknown type tag {tag!r} in {tags!r:.60}")
        tag_at += 1
    return tag_at, at


def _get_character(raw: bytes) -> str:
    code = int.from_bytes(raw, "big")
    if code > 127:
        raise OscError(f"character code is {code}; allowed 0 to 127")
    return chr(code)


_CONSTANT: Mapping[str, Arg] = MappingProxyType({"T": True, "F": False, "N": None, "I": IMPULSE})
_FIXED: Mapping[str, tuple[int, Callable[[bytes], Arg]]] = MappingProxyType(
    {
        "i": (4, lambda raw: int.from_bytes(raw, "big", signed=True)),
        "h": (8, lambda raw: int.from_bytes(raw, "big", signed=True)),
        "t": (8, lambda raw: int.from_bytes(raw, "big")),
        "r": (4, lambda raw: int.from_bytes(raw, "big")),
        "f": (4, lambda raw: struct.unpack(">f", raw)[0]),
        "d": (8, lambda raw: struct.unpack(">d", raw)[0]),
        "c": (4, _get_character),
        "m": (4, bytes),
    }
)


def _get_string(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\x00", at)
    if end < 0:
        raise OscError(f"text without an end at byte {at}")
    try:
        text = data[at:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise OscError(f"text at byte {at} is not UTF-8") from error
    after = end + 4 - (end - at) % 4
    if after > len(data):
        raise OscError(f"the packet ends inside the padding of the text at byte {at}")
    return text, after


def _take(data: bytes, at: int, size: int) -> bytes:
    if size > len(data) - at:
        raise OscError(f"{size} bytes are needed at byte {at}, {max(len(data) - at, 0)} are left")
    return data[at : at + size]


def with_time_tag(bundle: bytes, time_tag: int) -> bytes:
    """An encoded bundle with its time tag set: stamped as it leaves, so that encoding stays pure."""
    return bundle[:8] + time_tag.to_bytes(8, "big") + bundle[16:]


def is_bundle(packet: bytes) -> bool:
    """Whether encoded bytes are a bundle."""
    return packet.startswith(_BUNDLE)
