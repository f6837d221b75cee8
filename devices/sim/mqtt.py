"""Twin of an MQTT broker: a small one that other clients may use too, and the things that hang on the rig's topics.

Has: 3.1.1, several clients, qos 0 and 1, retained messages, wills, keep-alive, wildcards, take-over of a client's name. Has not:
qos 2, sessions that outlive their connection, redelivery, passwords, TLS, MQTT 5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from devices.mqtt.codec import (
    CONNECT,
    DISCONNECT,
    PINGREQ,
    PINGRESP,
    PUBACK,
    PUBLISH,
    SUBACK,
    SUBSCRIBE,
    UNSUBACK,
    UNSUBSCRIBE,
    MqttError,
    Packet,
    PacketCutter,
    Publish,
    decode_connect,
    decode_number,
    decode_publish,
    decode_subscribe,
    encode_connack,
    encode_number,
    encode_packet,
    encode_publish,
    matches,
)
from devices.mqtt.driver import TopicMap, read_topics
from engine.bus.driver import DeviceConfig, Form

_MOST_RETAINED = 1024
_MOST_FILTERS = 256
_NS = 1_000_000_000

_LARGEST = 1e300


def make_twin(config: DeviceConfig) -> MqttTwin:
    """A broker with the topics of the device."""
    return MqttTwin(config)


@dataclass(slots=True)
class _Client:
    heard_ns: int
    cutter: PacketCutter = field(default_factory=PacketCutter)
    name: str | None = None
    keep_alive_s: int = 10
    will: Publish | None = None
    filters: dict[str, int] = field(default_factory=dict)
    next_number: int = 1


class MqttTwin:
    """A broker in software.

    Parameters
    ----------
    config : DeviceConfig
        The device it stands for.

    Attributes
    ----------
    retained : mapping of str to Publish
        What is kept, by topic.
    published : int
        Messages taken.
    acknowledged : int
        Messages of qos 1 that receivers confirmed.
    """

    def __init__(self, config: DeviceConfig) -> None:
        self._topics: dict[str, TopicMap] = {row.topic: row for row in read_topics(config)}
        self._last: dict[str, bytes] = {}
        # Bytes without a sender (in memory, without a port) come from one who is connected already.
        self._clients: dict[str, _Client] = {"": _Client(0, name="", keep_alive_s=0)}
        self._outbox: list[tuple[str, bytes | None]] = []
        self.retained: dict[str, Publish] = {}
        self.published = 0
        self.acknowledged = 0

    def connected(self, at_ns: int, sender: str) -> Sequence[bytes]:
        """A client that has yet to introduce itself."""
        self._clients[sender] = _Client(at_ns)
        return ()

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take any cut of a client's stream; answers to that client, `attend` has those to the others."""
        client = self._clients.get(sender)
        if client is None:
            return ()
        if not data:
            self._lose(sender)
            return ()
        client.heard_ns = at_ns
        replies: list[bytes] = []
        try:
            for packet in client.cutter.feed(data):
                replies += self._take(sender, client, packet)
                if sender not in self._clients:
                    break
        except MqttError:
            self._drop(sender)
        return replies

    def attend(self, at_ns: int) -> Sequence[tuple[str, bytes | None]]:
        """What goes to whom; clients silent for one and a half times what they promised are lost (3.1.2.10)."""
        for sender, client in list(self._clients.items()):
            if client.keep_alive_s and at_ns - client.heard_ns > client.keep_alive_s * _NS * 3 // 2:
                self._drop(sender)
        outbox, self._outbox = self._outbox, []
        return outbox

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """The last number on each of the rig's topics (of a colour, each part), 1 and 0 for on and off."""
        state: dict[str, float] = {}
        for topic, row in self._topics.items():
            numbers = _numbers(self._last.get(topic, b""))
            if row.form is Form.LEVEL:
                state[row.name] = numbers[0] if numbers else 0.0
            else:
                state |= {
                    f"{row.name}.{part}": numbers[index] if index < len(numbers) else 0.0
                    for index, part in enumerate(("red", "green", "blue"))
                }
        return state

    def _take(self, sender: str, client: _Client, packet: Packet) -> list[bytes]:
        if client.name is None:
            if packet.kind != CONNECT:
                raise MqttError("the first packet is no introduction")
            return self._welcome(sender, client, packet)
        if packet.kind == PUBLISH:
            message = decode_publish(packet)
            self._publish(message)
            return [encode_number(PUBACK, message.number)] if message.qos and sender else []
        if packet.kind == PUBACK:
            decode_number(packet)
            self.acknowledged += 1
            return []
        if packet.kind == SUBSCRIBE:
            return self._subscribe(client, packet)
        if packet.kind == UNSUBSCRIBE:
            number, topics = decode_subscribe(packet)
            for name in topics:
                client.filters.pop(name, None)
            return [encode_number(UNSUBACK, number)]
        if packet.kind == PINGREQ:
            return [encode_packet(Packet(PINGRESP))]
        if packet.kind == DISCONNECT:
            client.will = None
            self._drop(sender)
            return []
        raise MqttError(f"a client sends no packet of type {packet.kind}")

    def _welcome(self, sender: str, client: _Client, packet: Packet) -> list[bytes]:
        connect = decode_connect(packet)
        for other, known in list(self._clients.items()):
            if connect.client and known.name == connect.client and other:
                self._drop(other)  # the newer connection of the same name wins (3.1.4)
        client.name = connect.client or sender
        client.keep_alive_s = connect.keep_alive_s
        client.will = connect.will
        return [encode_connack(False, 0)]

    def _subscribe(self, client: _Client, packet: Packet) -> list[bytes]:
        number, topics = decode_subscribe(packet)
        granted = bytearray()
        replies: list[bytes] = []
        for name, qos in topics.items():
            if len(client.filters) >= _MOST_FILTERS:
                granted.append(0x80)
                continue
            client.filters[name] = min(qos, 1)
            granted.append(min(qos, 1))
            replies += [
                self._for(client, replace(kept, retain=True), min(qos, 1))
                for kept in self.retained.values()
                if matches(name, kept.topic)
            ]
        return [encode_number(SUBACK, number, bytes(granted)), *replies]

    def _publish(self, message: Publish) -> None:
        self.published += 1
        if message.topic in self._topics:
            self._last[message.topic] = message.payload
        if message.retain:
            if not message.payload:
                self.retained.pop(message.topic, None)
            elif message.topic in self.retained or len(self.retained) < _MOST_RETAINED:
                self.retained[message.topic] = message
        for sender, client in self._clients.items():
            granted = [qos for name, qos in client.filters.items() if matches(name, message.topic)]
            if granted and sender:
                self._outbox.append((sender, self._for(client, replace(message, retain=False), max(granted))))

    def _for(self, client: _Client, message: Publish, granted: int) -> bytes:
        qos = min(message.qos, granted)
        number = 0
        if qos:
            number = client.next_number
            client.next_number = number % 65535 + 1
        return encode_publish(replace(message, qos=qos, number=number, again=False))

    def _lose(self, sender: str) -> None:
        """A client is not there any more; its will is done unless it took leave."""
        if not sender:
            return
        client = self._clients.pop(sender, None)
        if client is not None and client.will is not None:
            self._publish(client.will)

    def _drop(self, sender: str) -> None:
        self._lose(sender)
        self._outbox.append((sender, None))


def _numbers(payload: bytes) -> list[float]:
    text = payload.decode("utf-8", "replace")
    if text in ("ON", "OFF"):
        return [float(text == "ON")]
    try:
        value = json.loads(f"[{text}]")
    except (ValueError, RecursionError):
        return []
    if len(value) == 1 and isinstance(value[0], Mapping):
        value = list(value[0].values())
    return [float(number) for number in value if isinstance(number, int | float) and abs(number) <= _LARGEST]
