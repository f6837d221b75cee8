"""MQTT 3.1.1 packets as far as a show needs them: quality of service 0 and 1. Bytes and frozen values, no I/O, no clock.

A packet is one byte of type and flags, a length of one to four bytes (seven bits each), and that many bytes. Strings are UTF-8
behind a length of two bytes, big endian.

Source: "MQTT Version 3.1.1" (OASIS, 2014), chapters 2 and 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAX_PACKET = 65_536
TCP_PORT = 1883

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
# Flags of the first byte that are prescribed (table 2.2); those of PUBLISH mean something.
_FLAGS: Mapping[int, int] = MappingProxyType(
    {
        CONNECT: 0,
        CONNACK: 0,
        PUBACK: 0,
        SUBSCRIBE: 2,
        SUBACK: 0,
        UNSUBSCRIBE: 2,
        UNSUBACK: 0,
        PINGREQ: 0,
        PINGRESP: 0,
        DISCONNECT: 0,
    }
)


class MqttError(ValueError):
    """Bytes that are not MQTT 3.1.1 as we speak it, or values that cannot be put into it."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet cut from a stream.

    Parameters
    ----------
    kind : int
        1..14.
    flags : int
        Low four bits of the first byte.
    body : bytes
    """

    kind: int
    flags: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Publish:
    """A message.

    Parameters
    ----------
    topic : str
        Without wildcards.
    payload : bytes
    qos : int
        0 or 1.
    retain : bool
    number : int
        Packet identifier 1..65535 of qos 1, else 0.
    again : bool
        Whether it was sent before (DUP).
    """

    topic: str
    payload: bytes = b""
    qos: int = 0
    retain: bool = False
    number: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Connect:
    """A client that introduces itself; `will` is published when it is lost."""

    client: str
    clean: bool = True
    keep_alive_s: int = 60
    will: Publish | None = None
    user: str | None = None
    password: bytes | None = None


def encode_packet(packet: Packet) -> bytes:
    """Bytes of a packet. Raises MqttError above 64 KiB."""
    size = len(packet.body)
    if size > MAX_PACKET:
        raise MqttError(f"packet has {size} bytes; allowed {MAX_PACKET}")
    head = bytearray((packet.kind << 4 | packet.flags,))
    while True:
        size, low = divmod(size, 128)
        head.append(low | (128 if size else 0))
        if not size:
            return bytes(head) + packet.body


def encode_publish(message: Publish) -> bytes:
    """Bytes of a message.

    Raises
    ------
    MqttError
        For a topic or a quality of service that is not allowed.
    """
    check_topic(message.topic)
    if message.qos not in (0, 1):
        raise MqttError(f"qos is {message.qos}; allowed: 0, 1")
    if not 0 <= message.number <= 65535:
        raise MqttError(f"packet number is {message.number}; allowed 0 to 65535")
    body = _string(message.topic)
    if message.qos:
        body += message.number.to_bytes(2, "big")
    flags = message.again << 3 | message.qos << 1 | message.retain
    return encode_packet(Packet(PUBLISH, flags, body + message.payload))


def decode_publish(packet: Packet) -> Publish:
    """The message in a packet. Raises MqttError."""
    if packet.kind != PUBLISH:
        raise MqttError(f"packet of type {packet.kind} is no message")
    qos = packet.flags >> 1 & 3
    if qos > 1:
        raise MqttError(f"qos is {qos}; only 0 and 1 are spoken here")
    topic, at = _get_string(packet.body, 0)
    check_topic(topic)
    number = 0
    if qos:
        number = int.from_bytes(_take(packet.body, at, 2), "big")
        at += 2
        if not number:
            raise MqttError("a message of qos 1 without a packet number")
    return Publish(topic, packet.body[at:], qos, bool(packet.flags & 1), number, bool(packet.flags & 8))


def encode_connect(connect: Connect) -> bytes:
    """Bytes of a client's introduction."""
    flags = connect.clean << 1
    tail = _string(connect.client)
    if connect.will is not None:
        flags |= 4 | connect.will.qos << 3 | connect.will.retain << 5
        tail += _string(connect.will.topic) + _blob(connect.will.payload)
    if connect.user is not None:
        flags |= 128
        tail += _string(connect.user)
    if connect.password is not None:
        flags |= 64
        tail += _blob(connect.password)
    body = _string("MQTT") + bytes((4, flags)) + connect.keep_alive_s.to_bytes(2, "big") + tail
    return encode_packet(Packet(CONNECT, 0, body))


def decode_connect(packet: Packet) -> Connect:
    """A client's introduction. Raises MqttError."""
    if packet.kind != CONNECT:
        raise MqttError(f"packet of type {packet.kind} is no introduction")
    body = packet.body
    protocol, at = _get_string(body, 0)
    level, flags, high, low = _take(body, at, 4)
    at += 4
    if (protocol, level) != ("MQTT", 4):
        raise MqttError(f"protocol is {protocol!r:.20} level {level}; spoken here: MQTT 3.1.1, level 4")
    if flags & 1:
        raise MqttError("reserved flag of the introduction is set")
    client, at = _get_string(body, at)
    will = None
    if flags & 4:
        topic, at = _get_string(body, at)
        payload, at = _get_blob(body, at)
        check_topic(topic)
        if flags >> 3 & 3 > 1:
            raise MqttError("a will of qos 2 or 3; only 0 and 1 are spoken here")
        will = Publish(topic, payload, flags >> 3 & 3, bool(flags & 32))
    user = password = None
    if flags & 128:
        user, at = _get_string(body, at)
    if flags & 64:
        password, at = _get_blob(body, at)
    if at != len(body):
        raise MqttError(f"{len(body) - at} bytes follow an introduction")
    return Connect(client, bool(flags & 2), high << 8 | low, will, user, password)


def encode_connack(session_present: bool, code: int) -> bytes:
    """Bytes of the broker's answer to an introduction; 0 welcomes."""
    return encode_packet(Packet(CONNACK, 0, bytes((session_present, code))))


def encode_number(kind: int, number: int, tail: bytes = b"") -> bytes:
    """Bytes of a packet that answers the one of that number (PUBACK, SUBACK, UNSUBACK)."""
    return encode_packet(Packet(kind, 0, number.to_bytes(2, "big") + tail))


def encode_subscribe(number: int, topics: Mapping[str, int]) -> bytes:
    """Bytes of a subscription: filters with the highest quality of service wanted."""
    body = number.to_bytes(2, "big") + b"".join(_string(name) + bytes((qos,)) for name, qos in topics.items())
    return encode_packet(Packet(SUBSCRIBE, 2, body))


def decode_subscribe(packet: Packet) -> tuple[int, dict[str, int]]:
    """Number, and filters with quality of service, of a subscription or (qos 0) of its end. Raises MqttError."""
    number = int.from_bytes(_take(packet.body, 0, 2), "big")
    at = 2
    topics: dict[str, int] = {}
    while at < len(packet.body):
        name, at = _get_string(packet.body, at)
        check_filter(name)
        qos = 0
        if packet.kind == SUBSCRIBE:
            qos = _take(packet.body, at, 1)[0]
            at += 1
            if qos > 2:
                raise MqttError(f"qos of a subscription is {qos}; allowed 0 to 2")
        topics[name] = qos
    if not topics or not number:
        raise MqttError("a subscription without a number or to nothing")
    return number, topics


def decode_number(packet: Packet) -> int:
    """The number a PUBACK answers. Raises MqttError."""
    return int.from_bytes(_take(packet.body, 0, 2), "big")


def check_topic(topic: str) -> None:
    """Refuse what cannot be published to. Raises MqttError."""
    if not topic or any(sign in "+#\x00" for sign in topic) or len(topic.encode("utf-8", "replace")) > 65535:
        raise MqttError(f"topic is {topic!r:.80}; allowed: text without +, # and zeros")


def check_filter(name: str) -> None:
    """Refuse what cannot be subscribed to. Raises MqttError."""
    parts = name.split("/")
    wrong = any("#" in part and (part != "#" or index != len(parts) - 1) for index, part in enumerate(parts))
    if not name or "\x00" in name or wrong or any("+" in part and part != "+" for part in parts):
        raise MqttError(
            f"topic filter is {name!r:.80}; + stands for one part, # for all that follow, alone between slashes"
        )


def matches(name: str, topic: str) -> bool:
    """Whether a topic falls under a filter (section 4.7); a topic that begins with ``$`` under no wildcard in front."""
    if topic.startswith("$") and name[:1] in ("+", "#"):
        return False
    wanted, parts = name.split("/"), topic.split("/")
    for index, part in enumerate(wanted):
        if part == "#":
            return True
        if index >= len(parts) or part not in ("+", parts[index]):
            return False
    return len(wanted) == len(parts)


class PacketCutter:
    """Cuts a byte stream into packets; at most one packet (64 KiB) is held back."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """Take any cut of the stream.

        Raises
        ------
        MqttError
            For a length or first byte that cannot be; the stream has to be given up.
        """
        self._buffer += data
        found = []
        while (packet := self._next()) is not None:
            found.append(packet)
        return found

    def _next(self) -> Packet | None:
        buffer = self._buffer
        size = 0
        for index in range(1, 5):
            if index >= len(buffer):
                return None
            size |= (buffer[index] & 127) << 7 * (index - 1)
            if not buffer[index] & 128:
                break
        else:
            self._wrong("a length of more than four bytes")
        kind, flags = buffer[0] >> 4, buffer[0] & 15
        if kind != PUBLISH and _FLAGS.get(kind) != flags:
            self._wrong(f"first byte is 0x{buffer[0]:02x}")
        if size > MAX_PACKET:
            self._wrong(f"a packet of {size} bytes; allowed {MAX_PACKET}")
        start = index + 1
        if len(buffer) < start + size:
            return None
        body = bytes(buffer[start : start + size])
        del buffer[: start + size]
        return Packet(kind, flags, body)

    def _wrong(self, what: str) -> None:
        self._buffer.clear()
        raise MqttError(f"not MQTT as spoken here: {what}")


def _string(text: str) -> bytes:
    return _blob(text.encode("utf-8", "replace"))


def _blob(data: bytes) -> bytes:
    if len(data) > 65535:
        raise MqttError(f"text has {len(data)} bytes; allowed 65535")
    return len(data).to_bytes(2, "big") + data


def _get_string(data: bytes, at: int) -> tuple[str, int]:
    raw, at = _get_blob(data, at)
    try:
        return raw.decode("utf-8"), at
    except UnicodeDecodeError as error:
        raise MqttError("text that is not UTF-8") from error


def _get_blob(data: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(_take(data, at, 2), "big")
    return _take(data, at + 2, size), at + 2 + size


def _take(data: bytes, at: int, size: int) -> bytes:
    if size > len(data) - at:
        raise MqttError(f"{size} bytes are needed at byte {at}, {max(len(data) - at, 0)} are left")
    return data[at : at + size]
