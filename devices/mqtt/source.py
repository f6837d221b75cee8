"""MQTT that comes in: messages of subscribed topics, each a signal of its topic."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from devices.mqtt.client import Broker
from devices.mqtt.codec import MqttError, PacketCutter, Publish, check_filter, decode_publish, encode_publish
from devices.mqtt.driver import broker_address
from devices.settings import choice_setting, flag_setting, optional_text_setting
from engine.bus.driver import SettingError, check_settings
from engine.bus.source import Chunk, Signal, SourceConfig, Value

_SETTINGS = ("topics", "payload", "retained", "user", "password")
_PAYLOADS = ("auto", "text", "bytes")
_MOST_VALUES = 64
_LARGEST = 1e300
"""A number beyond it is none to a float, and not a number either."""


def create_source(config: SourceConfig) -> MqttSource:
    """Entry point of the source."""
    return MqttSource(config)


class MqttSource:
    """Topics of one broker.

    Parameters
    ----------
    config : SourceConfig
        `port`: ``mqtt://host:1883``. `settings`: see the README of the family.

    Raises
    ------
    SettingError
    MissingExtra
        When paho-mqtt is not installed.
    """

    family = "mqtt"

    def __init__(self, config: SourceConfig) -> None:
        check_settings(config, _SETTINGS)
        self._payload = choice_setting(config, "payload", "auto", _PAYLOADS)
        self._retained = flag_setting(config, "retained")
        host, port = broker_address(config.port)
        self.name = config.name
        self.refused = 0
        self._broker = Broker(
            config.name,
            host,
            port,
            user=optional_text_setting(config, "user"),
            password=optional_text_setting(config, "password"),
            subscriptions=_subscriptions(config),
        )

    def open(self) -> None:
        """Connect and subscribe."""
        self._broker.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Messages, each as the packet that carries it."""
        if not (messages := self._broker.take()):
            self._broker.run(timeout_s)
            messages = self._broker.take()
        return [Chunk(encode_publish(message), message.topic) for message in messages]

    def close(self) -> None:
        """Leave."""
        self._broker.close()

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """One signal per message; what the broker had kept from earlier is no signal unless ``retained`` says so."""
        try:
            messages = [decode_publish(packet) for packet in PacketCutter().feed(chunk.data)]
        except MqttError:
            self.refused += 1
            return []
        arrived_ns = at_ns if chunk.at_ns is None else chunk.at_ns
        return [
            Signal(self.name, "/" + message.topic.lstrip("/"), self._values(message), arrived_ns)
            for message in messages
            if self._retained or not message.retain
        ]

    def _values(self, message: Publish) -> tuple[Value, ...]:
        if self._payload == "bytes":
            return (message.payload,)
        text = message.payload.decode("utf-8", "replace")
        if self._payload == "text":
            return (text,)
        if not text:
            return ()
        try:
            return tuple(_plain(json.loads(text)))
        except (ValueError, RecursionError):
            return (text,)


def _plain(value: object) -> list[Value]:
    """What JSON says as a signal has it: numbers, truth and text; lists and objects laid out flat, in their order."""
    if isinstance(value, bool | str):
        return [value]
    if isinstance(value, int | float):
        if not abs(value) <= _LARGEST:
            raise ValueError(f"{value} is no number a show can use")
        return [value]
    if isinstance(value, list | Mapping):
        inner = value.values() if isinstance(value, Mapping) else value
        return [plain for item in inner for plain in _plain(item)][:_MOST_VALUES]
    return []


def _subscriptions(config: SourceConfig) -> dict[str, int]:
    rows = config.settings.get("topics")
    if not isinstance(rows, list) or not rows or len(rows) > 256:
        raise SettingError(
            f"topics is {rows!r:.80}; write a list of 1 to 256, as [hall/button/+]", "settings", "topics"
        )
    found = {}
    for index, row in enumerate(rows):
        try:
            check_filter(str(row))
        except MqttError as error:
            raise SettingError(f"topics: {error}", "settings", "topics", index) from None
        found[str(row)] = 0
    return found
