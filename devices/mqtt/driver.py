"""Driver for an MQTT broker: levels are published to topics, throttled, with a status that says whether we are there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.edges import Edges
from devices.groups import narrowed
from devices.links import parse_tcp_port
from devices.mqtt.client import Broker
from devices.mqtt.codec import (
    TCP_PORT,
    MqttError,
    PacketCutter,
    Publish,
    check_topic,
    decode_publish,
    encode_publish,
)
from devices.scale import read_scale
from devices.settings import optional_text_setting
from engine.bus.driver import (
    GROUP_SIZE,
    Channel,
    DeviceConfig,
    Form,
    Group,
    Health,
    Report,
    SettingError,
    TwinSpec,
)
from engine.bus.line_driver import LineDriver
from engine.errors import DeviceError

_SETTINGS = ("topics", "status", "most_per_s", "user", "password")
_TOPIC_KEYS = ("topic", "form", "payload", "scale", "qos", "retain", "steps")
_PAYLOADS = ("number", "integer", "switch", "json")
_FORMS = {"level": Form.LEVEL, "rgb": Form.RGB}
_COMPONENTS = {Form.LEVEL: ("level",), Form.RGB: ("red", "green", "blue")}
# Brokers and what hangs on them (home automation, dashboards) are not made for a light at 44 Hz.
_MOST_PER_S = 10
_ATTEND_NS = 50_000_000
_KEEP_ALIVE_NS = 3_600_000_000_000
_ONLINE, _OFFLINE = b"online", b"offline"


def create(config: DeviceConfig) -> MqttDriver:
    """Entry point of the family."""
    return MqttDriver(config)


@dataclass(frozen=True, slots=True)
class TopicMap:
    """How one group becomes one topic.

    Parameters
    ----------
    name : str
        Of the group.
    topic : str
    form : Form
        ``level`` or ``rgb``.
    payload : {"number", "integer", "switch", "json"}
    offset, factor : float
        A number is ``offset + factor * level``.
    qos : int
        0 or 1.
    retain : bool
        Whether the broker keeps it for who subscribes later.
    steps : int
        Levels between 0 and 1 that are told apart; a finer change is no news.
    """

    name: str
    topic: str
    form: Form
    payload: str
    offset: float
    factor: float
    qos: int
    retain: bool
    steps: int

    def message(self, levels: Sequence[float]) -> Publish:
        """The message for the levels of the group's channels."""
        # A message of qos 1 has a number; the client sets the real one when it leaves.
        return Publish(self.topic, self._text(levels).encode("ascii"), self.qos, self.retain, self.qos)

    def _text(self, levels: Sequence[float]) -> str:
        rounded = [round(level * self.steps) / self.steps for level in levels]
        if self.payload == "switch":
            return "ON" if levels[0] >= 0.5 else "OFF"
        numbers = [self.offset + self.factor * level for level in rounded]
        if self.payload == "integer":
            return ",".join(str(round(number)) for number in numbers)
        plain = [float(f"{number:.6g}") for number in numbers]
        if self.payload == "json":
            names = ("value",) if self.form is Form.LEVEL else ("r", "g", "b")
            return json.dumps(dict(zip(names, plain, strict=True)), separators=(",", ":"))
        return ",".join(f"{number:g}" for number in plain)


class MqttDriver(LineDriver):
    """One broker.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    MissingExtra
        When paho-mqtt is not installed.
    """

    family = "mqtt"
    attend_ns = _ATTEND_NS

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.mqtt:make_twin", "session"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        self.topics = read_topics(config)
        channels: list[Channel] = []
        groups: list[Group] = []
        for row in self.topics:
            first = len(channels)
            groups.append(Group(row.name, row.form, tuple(range(first, first + GROUP_SIZE[row.form]))))
            channels.extend(
                Channel(f"{row.name}.{part}", "ratio", 0.0, 1.0) for part in _COMPONENTS[row.form]
            )
        self.channels = narrowed(config, channels, groups)
        self.groups = tuple(groups)
        most = config.settings.get("most_per_s", _MOST_PER_S)
        if not isinstance(most, int | float) or isinstance(most, bool) or not 0.1 <= most <= 200:
            raise SettingError(f"most_per_s is {most!r}; allowed: 0.1 to 200", "settings", "most_per_s")
        self.rate_hz = min(config.rate_hz, float(most))
        status = str(config.settings.get("status", f"sensorama/{config.name}/status"))
        _check(status, "status", ("settings", "status"))
        host, port = broker_address(config.port)
        self._offline = Publish(status, _OFFLINE, 1, True)
        self._broker = Broker(
            config.name,
            host,
            port,
            user=optional_text_setting(config, "user"),
            password=optional_text_setting(config, "password"),
            will=self._offline,
        )
        self._edges = Edges([False] * len(self.topics))

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One PUBLISH packet per group; the client numbers what it sends."""
        return tuple(
            encode_publish(row.message([values[index] for index in group.channels]))
            for row, group in zip(self.topics, self.groups, strict=True)
        )

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Leave out what was published already."""
        return [frame for _, frame in self._edges.news(frames)]

    def open(self) -> None:
        """Connect, and say that we are there. Raises DeviceGone."""
        if self._broker.is_open:
            return
        try:
            self._broker.open()
            self._broker.publish([Publish(self._offline.topic, _ONLINE, 1, True)])
        except DeviceError as error:
            self._broker.close()
            self._failed(error)
            raise
        self._edges.reopened()
        self._note = f"broker at {self.config.port}"

    def send(self, frames: Sequence[bytes]) -> None:
        """Publish what is new. Raises DeviceGone."""
        try:
            self._broker.publish([_message(frame) for frame in self.stamp(frames)])
            self._broker.run()
        except DeviceError as error:
            self._failed(error)
            raise
        self._sent += len(frames)

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Keep the session alive. Raises DeviceGone."""
        if self._broker.is_open:
            try:
                self._broker.run()
            except DeviceError as error:
                self._failed(error)
                raise
        return ()

    def close(self) -> None:
        """Say that we leave, and leave."""
        self._broker.close(self._offline)

    @property
    def health(self) -> Health:
        """State of the connection."""
        state = "open" if self._broker.is_open else ("gone" if self._failures else "closed")
        return Health(state, self._sent, self._failures, self._note)


def broker_address(port: str) -> tuple[str, int]:
    """Host and port of a broker: ``mqtt://host[:port]`` or ``tcp://``. Raises SettingError."""
    if port == "twin":
        return "", TCP_PORT
    scheme, mark, rest = port.partition("://")
    try:
        return parse_tcp_port(f"tcp://{rest}" if mark and scheme in ("mqtt", "tcp") else port, TCP_PORT)
    except ValueError:
        raise SettingError(
            f"port is {port!r}; allowed: twin, or mqtt://host:port (as mqtt://192.168.1.50:{TCP_PORT})",
            "port",
        ) from None


def _message(frame: bytes) -> Publish:
    (packet,) = PacketCutter().feed(frame)
    return decode_publish(packet)


def _check(topic: str, what: str, where: tuple[str, ...]) -> None:
    try:
        check_topic(topic)
    except MqttError as error:
        raise SettingError(f"{what}: {error}", *where) from None


def read_topics(config: DeviceConfig) -> tuple[TopicMap, ...]:
    """The ``topics`` of a device's settings. Raises SettingError."""
    rows = config.settings.get("topics", {})
    if not isinstance(rows, Mapping) or not rows:
        raise SettingError(
            "topics is missing or empty; name at least one, as {lamp: {topic: hall/lamp, payload: number}}",
            "settings",
            "topics",
        )
    return tuple(_topic(str(name), row) for name, row in rows.items())


def _topic(name: str, row: object) -> TopicMap:
    where = ("settings", "topics", name)
    if not isinstance(row, Mapping):
        raise SettingError(f"topic {name} is {row!r}; write {{topic: hall/lamp, payload: number}}", *where)
    for key in row:
        if key not in _TOPIC_KEYS:
            raise SettingError(
                f"topic {name}: unknown {key!r}; allowed: {', '.join(_TOPIC_KEYS)}", *where, str(key)
            )
    form = _FORMS.get(str(row.get("form", "level")))
    if form is None:
        raise SettingError(
            f"topic {name}: form is {row['form']!r}; allowed: {', '.join(_FORMS)}", *where, "form"
        )
    payload = row.get("payload", "number")
    if payload not in _PAYLOADS or (payload == "switch" and form is not Form.LEVEL):
        raise SettingError(
            f"topic {name}: payload is {payload!r}; allowed: {', '.join(_PAYLOADS)} (switch for a level only)",
            *where,
            "payload",
        )
    qos = row.get("qos", 0)
    if qos not in (0, 1) or isinstance(qos, bool):
        raise SettingError(f"topic {name}: qos is {qos!r}; allowed: 0, 1", *where, "qos")
    retain = row.get("retain", True)
    if not isinstance(retain, bool):
        raise SettingError(f"topic {name}: retain is {retain!r}; allowed: true, false", *where, "retain")
    steps = row.get("steps", 1000)
    if not isinstance(steps, int) or isinstance(steps, bool) or not 1 <= steps <= 1_000_000:
        raise SettingError(
            f"topic {name}: steps is {steps!r}; allowed: an integer 1 to 1000000", *where, "steps"
        )
    offset, factor = read_scale(row.get("scale", 1.0), f"topic {name}", (*where, "scale"))
    topic = str(row.get("topic", name))
    _check(topic, f"topic {name}", (*where, "topic"))
    return TopicMap(name, topic, form, str(payload), offset, factor, qos, retain, steps)
