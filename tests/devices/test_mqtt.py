"""MQTT: packets, the broker twin, driver and source through paho on a real port."""

from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.mqtt import MqttDriver, MqttSource
from devices.mqtt.client import Broker
from devices.mqtt.codec import (
    PUBACK,
    SUBACK,
    Connect,
    MqttError,
    Packet,
    PacketCutter,
    Publish,
    check_filter,
    decode_connect,
    decode_publish,
    decode_subscribe,
    encode_connack,
    encode_connect,
    encode_number,
    encode_packet,
    encode_publish,
    encode_subscribe,
    matches,
)
from devices.sim.mqtt import MqttTwin
from devices.sim.serve import serve
from engine.bus.driver import Attentive, DeviceConfig, Driver, SettingError
from engine.bus.source import Chunk, Signal, Source, SourceConfig
from engine.bus.twins import config_to_json
from engine.errors import DeviceGone, MissingExtra
from engine.time.clocks import MonotonicClock
from tests.fuzz.hearing import Hearer

S = 1_000_000_000


def cut(data: bytes) -> list[Packet]:
    return PacketCutter().feed(data)


class TestCodec:
    def test_golden_packets(self) -> None:
        # MQTT 3.1.1, figures 3.6 (CONNECT), 3.11 (PUBLISH a/b, number 10), 3.23 (SUBSCRIBE a/b 1, c/d 2).
        connect = Connect("", True, 10, Publish("w", b"x", 1), "u", b"p")
        assert encode_connect(connect).hex() == "101800044d51545404ce000a0000000177000178000175000170"
        assert encode_publish(Publish("a/b", b"", 1, False, 10)).hex() == "32070003612f62000a"
        assert encode_subscribe(10, {"a/b": 1, "c/d": 2}).hex() == "820e000a0003612f62010003632f6402"
        assert encode_connack(False, 0).hex() == "20020000" and encode_number(PUBACK, 10).hex() == "4002000a"

    @given(
        topic=st.text(
            st.characters(exclude_characters="+#\x00", exclude_categories=["Cs"]), min_size=1, max_size=20
        ),
        payload=st.binary(max_size=300),
        qos=st.integers(0, 1),
        retain=st.booleans(),
        number=st.integers(1, 65535),
    )
    def test_messages_survive(self, topic: str, payload: bytes, qos: int, retain: bool, number: int) -> None:
        message = Publish(topic, payload, qos, retain, number if qos else 0)
        (packet,) = cut(encode_publish(message))
        assert decode_publish(packet) == message

    @given(st.lists(st.binary(max_size=200), max_size=5), st.integers(1, 50))
    def test_any_cut_of_a_stream_gives_the_same_packets(self, payloads: list[bytes], step: int) -> None:
        sent = [Publish("t", payload) for payload in payloads]
        stream = b"".join(map(encode_publish, sent))
        cutter = PacketCutter()
        got = [packet for at in range(0, len(stream), step) for packet in cutter.feed(stream[at : at + step])]
        assert [decode_publish(packet) for packet in got] == sent

    def test_introductions_survive(self) -> None:
        for connect in (
            Connect("c", False, 0),
            Connect("c", True, 65535, Publish("w", b"", 1, True), "u", b"p"),
        ):
            (packet,) = cut(encode_connect(connect))
            assert decode_connect(packet) == connect

    @given(st.binary(max_size=100), st.integers(0, 255))
    def test_noise_is_refused_and_breaks_nothing(self, noise: bytes, head: int) -> None:
        for data in (
            noise,
            bytes((head, len(noise))) + noise,
            bytes((head, len(noise) + 6)) + b"\x00\x04MQTT" + noise,
        ):
            try:
                packets = cut(data)
            except MqttError:
                continue
            for packet in packets:
                for decode in (decode_publish, decode_connect, decode_subscribe):
                    try:
                        decode(packet)
                    except MqttError:
                        continue

    @pytest.mark.parametrize("text", ["00", "ffff", "30ffffffff01", "30ffff7f", "8000", "f000"])
    def test_a_stream_that_cannot_be_is_given_up(self, text: str) -> None:
        with pytest.raises(MqttError, match="not MQTT as spoken here"):
            cut(bytes.fromhex(text) + bytes(4))

    @pytest.mark.parametrize(
        ("name", "topic", "same"),
        [
            ("a/b", "a/b", True),
            ("a/+", "a/b", True),
            ("a/+", "a/b/c", False),
            ("a/#", "a/b/c", True),
            ("a/#", "a", True),
            ("#", "a/b", True),
            ("#", "$SYS/x", False),
            ("+/b", "/b", True),
            ("a", "a/b", False),
            ("+/+", "a", False),
        ],
    )
    def test_filters(self, name: str, topic: str, same: bool) -> None:
        assert matches(name, topic) is same

    @pytest.mark.parametrize("name", ["", "a#", "#/a", "a+/b", "a\x00"])
    def test_filters_that_are_none(self, name: str) -> None:
        with pytest.raises(MqttError, match="topic filter"):
            check_filter(name)

    @pytest.mark.parametrize(
        "message", [Publish("a/+"), Publish(""), Publish("a", qos=2), Publish("a", number=70000)]
    )
    def test_what_it_refuses_to_write(self, message: Publish) -> None:
        with pytest.raises(MqttError, match="allowed"):
            encode_publish(message)


TOPICS: dict[str, dict[str, object]] = {
    "lamp": {"topic": "hall/lamp", "scale": 100, "qos": 1},
    "wall": {"topic": "hall/wall", "form": "rgb", "payload": "json", "scale": 255},
    "pump": {"topic": "hall/pump", "payload": "switch", "retain": False},
}
VALUES = (0.5, 1.0, 0.0, 0.2, 0.8)


def driver(port: str = "twin", topics: object = TOPICS, **settings: object) -> MqttDriver:
    return MqttDriver(DeviceConfig("venue", port, settings={"topics": topics, **settings}))


class TestDriver:
    def test_it_is_an_attentive_driver(self) -> None:
        assert isinstance(driver(), Driver) and isinstance(driver(), Attentive)

    def test_levels_become_messages(self) -> None:
        messages = [decode_publish(cut(frame)[0]) for frame in driver().encode(VALUES)]
        assert messages == [
            Publish("hall/lamp", b"50", 1, True, 1),
            Publish("hall/wall", b'{"r":255.0,"g":0.0,"b":51.0}', 0, True),
            Publish("hall/pump", b"ON", 0, False),
        ]

    def test_what_nobody_could_tell_apart_is_no_news(self) -> None:
        made = driver()
        assert len(made.stamp(made.encode(VALUES))) == 3
        assert made.stamp(made.encode((0.50001, 1.0, 0.0, 0.2, 0.7))) == []
        assert len(made.stamp(made.encode((0.502, 1.0, 0.0, 0.2, 0.7)))) == 1

    def test_it_is_throttled(self) -> None:
        assert driver().rate_hz == 10.0 and driver(most_per_s=2.5).rate_hz == 2.5

    def test_without_the_library_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "paho.mqtt", None)
        with pytest.raises(MissingExtra, match=r"pip install 'sensorama\[mqtt\]'"):
            driver()

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"topics": {}}, "topics is missing or empty"),
            ({"topics": {"a": {"topic": "a/#"}}}, "allowed: text without"),
            ({"topics": {"a": {"form": "motion"}}}, "form is 'motion'; allowed: level, rgb"),
            ({"topics": {"a": {"form": "rgb", "payload": "switch"}}}, "switch for a level only"),
            ({"topics": {"a": {"qos": 2}}}, "qos is 2; allowed: 0, 1"),
            ({"topics": {"a": {"retain": 1}}}, "retain is 1"),
            ({"topics": {"a": {"scale": "x"}}}, "scale is 'x'"),
            ({"topics": {"a": {"steps": 0}}}, "steps is 0"),
            ({"topics": {"a": {"zoom": 0}}}, "unknown 'zoom'"),
            ({"topics": TOPICS, "most_per_s": 0}, "most_per_s is 0"),
            ({"topics": TOPICS, "status": "+"}, "status: topic is"),
            ({"topics": TOPICS, "user": 5}, "user is 5"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            driver(**settings)

    def test_wrong_port(self) -> None:
        with pytest.raises(SettingError, match="allowed: twin, or mqtt://host:port") as caught:
            driver("udp://host")
        assert caught.value.path == ("port",)

    def test_a_server_that_says_nothing_is_no_broker(self) -> None:
        class Hurried:
            """A clock on which every look takes a second."""

            def __init__(self) -> None:
                self.looks = 0

            def now_ns(self) -> int:
                self.looks += 1
                return self.looks * S

            def sleep_until_ns(self, deadline_ns: int) -> None:
                raise AssertionError("nobody sleeps here")

        with socket.create_server(("127.0.0.1", 0)) as server:
            made = Broker("venue", "127.0.0.1", server.getsockname()[1], clock=Hurried())
            with pytest.raises(DeviceGone, match="it does not answer"):
                made.open()
        assert not made.is_open

    def test_nobody_there(self) -> None:
        made = driver("mqtt://127.0.0.1:1")
        with pytest.raises(DeviceGone, match=r"cannot connect to the broker at 127\.0\.0\.1:1"):
            made.open()
        with pytest.raises(DeviceGone, match="no connection"):
            made.send(made.encode(VALUES))
        made.close()
        assert made.health.state == "gone" and made.attend(0) == ()


def source(port: str = "mqtt://127.0.0.1:1", **settings: object) -> MqttSource:
    return MqttSource(SourceConfig("venue", port, {"topics": ["hall/#"], **settings}))


class TestSource:
    def test_it_is_a_source(self) -> None:
        assert isinstance(source(), Source)

    @pytest.mark.parametrize(
        ("payload", "values"),
        [
            (b"0.5", (0.5,)),
            (b"12", (12,)),
            (b"true", (True,)),
            (b"ON", ("ON",)),
            (b"", ()),
            (b'{"x": 1, "y": [2, "z", null]}', (1, 2, "z")),
            (b"NaN", ("NaN",)),
            (b"\xff", ("�",)),
        ],
    )
    def test_payloads(self, payload: bytes, values: tuple[object, ...]) -> None:
        said = source().decode(Chunk(encode_publish(Publish("hall/x", payload))), 3)
        assert said == [Signal("venue", "/hall/x", values, 3)]  # type: ignore[arg-type]

    def test_plain_payloads_where_wanted(self) -> None:
        chunk = Chunk(encode_publish(Publish("hall/x", b"5")))
        assert source(payload="text").decode(chunk, 0)[0].values == ("5",)
        assert source(payload="bytes").decode(chunk, 0)[0].values == (b"5",)

    def test_what_was_kept_from_earlier_presses_no_button(self) -> None:
        chunk = Chunk(encode_publish(Publish("hall/x", b"5", retain=True)))
        assert source().decode(chunk, 0) == [] and len(source(retained=True).decode(chunk, 0)) == 1

    @given(st.binary(max_size=80), st.booleans())
    def test_noise(self, noise: bytes, inside: bool) -> None:
        data = encode_publish(Publish("t", noise)) if inside else noise
        source().decode(Chunk(data), 0)

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"topics": []}, "write a list"),
            ({"topics": ["a#"]}, "topic filter"),
            ({"payload": "xml"}, "payload is 'xml'"),
            ({"retained": 1}, "retained is 1"),
            ({"a": 1}, "unknown setting 'a'"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            source(**settings)


class TestTwin:
    def broker(self) -> MqttTwin:
        return MqttTwin(driver().config)

    def join(self, twin: MqttTwin, name: str, **more: object) -> None:
        twin.connected(0, name)
        assert twin.receive(encode_connect(Connect(name, **more)), 0, name) == [encode_connack(False, 0)]  # type: ignore[arg-type]

    def test_it_shows_what_the_driver_publishes(self) -> None:
        twin = self.broker()
        for frame in driver().encode(VALUES):
            twin.receive(frame, 0)
        assert twin.state_at(1) == {
            "lamp": 50.0,
            "wall.red": 255.0,
            "wall.green": 0.0,
            "wall.blue": 51.0,
            "pump": 1.0,
        }
        assert set(twin.retained) == {"hall/lamp", "hall/wall"}

    def test_subscribers_hear_what_is_published_and_what_was_kept(self) -> None:
        twin = self.broker()
        self.join(twin, "a")
        self.join(twin, "b")
        twin.receive(encode_publish(Publish("x/kept", b"1", 1, True, 7)), 0, "b")
        answers = twin.receive(encode_subscribe(3, {"x/+": 1}), 0, "a")
        assert answers[0] == encode_packet(Packet(SUBACK, 0, b"\x00\x03\x01"))
        assert decode_publish(cut(answers[1])[0]) == Publish("x/kept", b"1", 1, True, 1)
        assert twin.receive(encode_publish(Publish("x/y", b"2", 1, False, 9)), 0, "b") == [
            encode_number(PUBACK, 9)
        ]
        ((to, data),) = twin.attend(0)
        assert to == "a" and data is not None
        assert decode_publish(cut(data)[0]) == Publish("x/y", b"2", 1, False, 2)
        twin.receive(encode_number(PUBACK, 2), 0, "a")
        assert twin.acknowledged == 1
        twin.receive(encode_publish(Publish("x/kept", b"", 0, True)), 0, "b")
        assert not twin.retained

    def test_a_will_is_done_for_the_lost_not_for_who_takes_leave(self) -> None:
        twin = self.broker()
        will = Publish("x/state", b"offline", 1, True)
        self.join(twin, "a", will=will)
        twin.receive(bytes((0xE0, 0)), 0, "a")
        assert not twin.retained and twin.attend(0) == [("a", None)]
        self.join(twin, "a", will=will)
        twin.receive(b"", 0, "a")
        assert twin.retained["x/state"].payload == b"offline"

    def test_the_silent_are_lost_after_one_and_a_half_keep_alives(self) -> None:
        twin = self.broker()
        self.join(twin, "a", keep_alive_s=10, will=Publish("x", b"gone", 0, True))
        assert twin.attend(15 * S) == []
        assert twin.attend(15 * S + 1) == [("a", None)] and "x" in twin.retained

    def test_nonsense_ends_the_connection(self) -> None:
        twin = self.broker()
        twin.connected(0, "a")
        assert twin.receive(encode_publish(Publish("x")), 0, "a") == [] and twin.attend(0) == [("a", None)]

    @given(st.lists(st.binary(max_size=60), max_size=4))
    def test_noise(self, cuts: list[bytes]) -> None:
        twin = self.broker()
        self.join(twin, "a")
        for data in cuts:
            twin.receive(data, 0, "a")
        twin.state_at(1)


def until(done: Callable[[], bool], *steps: Callable[[], object]) -> None:
    """Run `steps` again and again until it is done, three seconds at most."""
    clock = MonotonicClock()
    limit_ns = clock.now_ns() + 3 * S
    while not done() and clock.now_ns() < limit_ns:
        for step in steps:
            step()
    assert done()


def test_driver_and_source_meet_at_a_broker() -> None:
    row = {
        "factory": "devices.sim.mqtt:make_twin",
        "line": "session",
        "config": config_to_json(DeviceConfig("venue", settings={"topics": TOPICS})),
        "record": None,
    }
    answer = io.StringIO()
    found: list[Signal] = []

    class Until(io.StringIO):
        """Standard input that stays open until both have met."""

        def readline(self, size: int | None = -1, /) -> str:
            port = json.loads(answer.getvalue())["venue"]
            listening = MqttSource(
                SourceConfig("ear", port, {"topics": ["hall/+", "sensorama/venue/status"], "retained": True})
            )
            talking = driver(port)

            def listen() -> None:
                for chunk in listening.read(0.01):
                    found.extend(listening.decode(chunk, 5))

            talking.open()
            assert talking.health.state == "open"
            listening.open()
            until(lambda: len(found) == 1, listen, lambda: talking.attend(0))
            talking.send(talking.encode(VALUES))
            until(lambda: len(found) == 4, listen, lambda: talking.attend(0))
            talking.close()
            until(lambda: len(found) == 5, listen)
            listening.close()
            return ""

    serve([row], answer, Until())
    assert found[0] == Signal("ear", "/sensorama/venue/status", ("online",), 5)
    assert {(signal.address, signal.values) for signal in found[1:4]} == {
        ("/hall/lamp", (50,)),
        ("/hall/wall", (255.0, 0.0, 51.0)),
        ("/hall/pump", ("ON",)),
    }
    assert found[4] == Signal("ear", "/sensorama/venue/status", ("offline",), 5)


def test_a_broker_that_talks_nonsense_is_gone_and_nothing_else() -> None:
    # Found by fuzzing: a message whose topic is no UTF-8 makes paho raise what it raises.
    hearer = Hearer("mqtt")
    with pytest.raises(DeviceGone, match="does not speak MQTT"):
        hearer.hear(bytes.fromhex("300e0009686113886c1a616c2f6c616d70302e35"))
