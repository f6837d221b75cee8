"""OSC: golden packets, every type, bundles and time tags, framing on streams, driver, source, twin."""

from __future__ import annotations

import socket
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.osc import OscDriver, OscSource
from devices.osc.codec import (
    IMPULSE,
    MAX_DEPTH,
    Bundle,
    Message,
    OscError,
    Packet,
    decode,
    encode,
    is_bundle,
    ntp_from_unix_ns,
    unix_ns_from_ntp,
    with_time_tag,
)
from devices.osc.framing import LengthCutter, SlipCutter, frame_length, frame_slip
from devices.sim.osc import OscTwin
from engine.bus.driver import DeviceConfig, Driver, Latency, SettingError
from engine.bus.source import Chunk, Signal, Source, SourceConfig
from engine.time.clocks import ManualClock

S = 1_000_000_000
OFFSET_NS = 1_700_000_000 * S
GOLDEN = {
    # The two examples of the OSC 1.0 specification.
    "2f6f7363696c6c61746f722f342f6672657175656e6379002c66000043dc0000": Message(
        "/oscillator/4/frequency", "f", (440.0,)
    ),
    "2f666f6f000000002c69697366660000000003e8ffffffff68656c6c6f0000003f9df3b640b5b22d": Message(
        "/foo", "iisff", (1000, -1, "hello", 1.2339999675750732, 5.677999973297119)
    ),
    "2362756e646c65000000000000000001000000082f6100002c000000": Bundle(1, (Message("/a"),)),
}
EVERY_TYPE = Message(
    "/all",
    "ifsbhdtScrmTFNI[is[f]]",
    (
        -5,
        0.5,
        "three",
        b"\x01\x02\x03",
        -(1 << 40),
        0.1,
        1 << 63,
        "symbol",
        "x",
        0xFF8040C0,
        b"\x00\x90\x3c\x40",
        True,
        False,
        None,
        IMPULSE,
        (7, "in", (0.25,)),
    ),
)


def packets() -> st.SearchStrategy[Packet]:
    one = st.one_of(
        st.tuples(st.just("i"), st.integers(-(1 << 31), (1 << 31) - 1)),
        st.tuples(st.just("h"), st.integers(-(1 << 63), (1 << 63) - 1)),
        st.tuples(st.just("f"), st.floats(width=32, allow_nan=False)),
        st.tuples(st.just("d"), st.floats(allow_nan=False)),
        st.tuples(
            st.just("s"),
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=9),
        ),
        st.tuples(st.just("b"), st.binary(max_size=9)),
        st.tuples(st.just("T"), st.just(True)),
    )
    messages = st.lists(one, max_size=5).map(
        lambda rows: Message("/m", "".join(tag for tag, _ in rows), tuple(value for _, value in rows))
    )
    return st.recursive(
        messages,
        lambda inner: st.builds(
            Bundle, st.integers(0, (1 << 64) - 1), st.lists(inner, max_size=3).map(tuple)
        ),
        max_leaves=6,
    )


class TestCodec:
    @pytest.mark.parametrize("text", GOLDEN)
    def test_golden_packets(self, text: str) -> None:
        assert encode(GOLDEN[text]).hex() == text
        assert decode(bytes.fromhex(text)) == GOLDEN[text]

    def test_every_type_survives(self) -> None:
        assert decode(encode(EVERY_TYPE)) == EVERY_TYPE

    @given(packets())
    def test_round_trip(self, packet: Packet) -> None:
        data = encode(packet)
        assert len(data) % 4 == 0
        assert decode(data) == packet

    @given(noise=st.binary(max_size=200), tags=st.text("ifsbhdtScrmTFNI[]?", max_size=12))
    def test_noise_is_refused_and_breaks_nothing(self, noise: bytes, tags: str) -> None:
        head = encode(Message("/a"))[:4] + b"," + tags.encode() + b"\x00" * (4 - (1 + len(tags)) % 4)
        for data in (noise, b"#bundle\x00" + noise, head + noise, head + noise[: len(noise) // 4 * 4]):
            try:
                decode(data)
            except OscError:
                continue

    @given(data=st.binary(min_size=4, max_size=64), at=st.integers(0, 63), byte=st.integers(0, 255))
    def test_a_damaged_packet_is_refused_or_another(self, data: bytes, at: int, byte: int) -> None:
        packet = bytearray(encode(Bundle(1, (EVERY_TYPE, Bundle(5, (Message("/b", "b", (data,)),))))))
        packet[at * 3 % len(packet)] = byte
        try:
            decode(bytes(packet))
        except OscError:
            pass

    def test_nesting_has_an_end(self) -> None:
        deep: Packet = Message("/a")
        for _ in range(MAX_DEPTH + 1):
            deep = Bundle(1, (deep,))
        assert decode(encode(deep)) == deep
        with pytest.raises(OscError, match="nested deeper than 8"):
            encode(Bundle(1, (deep,)))
        inner = encode(deep)
        with pytest.raises(OscError, match="nested deeper than 8"):
            decode(b"#bundle\x00" + bytes(7) + b"\x01" + len(inner).to_bytes(4, "big") + inner)
        with pytest.raises(OscError, match="arrays are nested deeper"):
            decode(b"/a\x00\x00" + b"," + b"[" * 10 + b"]" * 9 + b"\x00" * 4)

    def test_a_sender_without_type_tags_is_heard_while_nothing_follows(self) -> None:
        assert decode(b"/go\x00") == Message("/go")
        with pytest.raises(OscError, match="no type tags"):
            decode(b"/go\x00\x00\x00\x00\x01")

    @pytest.mark.parametrize(
        ("message", "says"),
        [
            (Message("a"), "must begin with a slash"),
            (Message("/a", "i", (1 << 31,)), "does not fit 32 bits with a sign"),
            (Message("/a", "i", (True,)), "whole number expected, got True"),
            (Message("/a", "f", (1e39,)), "does not fit a float of 32 bits"),
            (Message("/a", "x", (1,)), "unknown type tag 'x'"),
            (Message("/a", "ii", (1,)), "need more values than the 1"),
            (Message("/a", "i", (1, 2)), "take 1 values here, 2 are given"),
            (Message("/a", "[i", ((1,),)), "never closed"),
            (Message("/a", "i]", (1,)), "never opened"),
            (Message("/a", "s", ("a\x00b",)), "without zeros"),
            (Message("/a", "b", (bytes(65536),)), "packet has 65548 bytes; allowed 65536"),
        ],
    )
    def test_what_it_refuses_to_write(self, message: Message, says: str) -> None:
        with pytest.raises(OscError, match=says):
            encode(message)


class TestTimeTags:
    def test_known_instants(self) -> None:
        assert ntp_from_unix_ns(0) == 2_208_988_800 << 32
        assert ntp_from_unix_ns(S // 2) == (2_208_988_800 << 32) + (1 << 31)
        # 2036-02-07 06:28:16 UTC: the seconds of the first era are used up.
        assert ntp_from_unix_ns(2_085_978_496 * S) == 0
        assert unix_ns_from_ntp(0) == 2_085_978_496 * S

    @given(st.integers(0, 4_000_000_000 * S))
    def test_they_are_exact_to_the_nanosecond(self, unix_ns: int) -> None:
        tag = ntp_from_unix_ns(unix_ns)
        assert unix_ns_from_ntp(tag) == unix_ns
        exact = (Fraction(unix_ns, S) + 2_208_988_800) * (1 << 32) % (1 << 64)
        assert abs(tag - exact) <= Fraction(1, 2) or tag == 0


class TestFraming:
    def test_golden(self) -> None:
        assert frame_length(b"abcd") == b"\x00\x00\x00\x04abcd"
        assert frame_slip(b"a\xc0\xdb") == b"a\xdb\xdc\xdb\xdd\xc0"
        assert SlipCutter().feed(b"\xc0a\xdb\xdc\xc0\xc0b\xc0") == [
            b"a\xc0",
            b"b",
        ]  # END on both sides, as in OSC 1.1

    @given(st.lists(st.binary(min_size=1, max_size=20), max_size=5), st.integers(1, 7))
    def test_any_cut_of_the_stream_gives_the_same_packets(self, sent: list[bytes], step: int) -> None:
        for frame, cutter in ((frame_length, LengthCutter()), (frame_slip, SlipCutter())):
            stream = b"".join(map(frame, sent))
            got = [
                packet for at in range(0, len(stream), step) for packet in cutter.feed(stream[at : at + step])
            ]
            assert got == sent

    @given(st.lists(st.binary(max_size=40), max_size=4))
    def test_noise(self, cuts: list[bytes]) -> None:
        slip, length = SlipCutter(), LengthCutter()
        for data in cuts:
            slip.feed(data)
            try:
                length.feed(data)
            except OscError as error:
                assert "announced" in str(error)

    def test_what_does_not_end_is_dropped(self) -> None:
        slip = SlipCutter()
        assert slip.feed(b"\xc0" + bytes(70_000) + b"\xc0ok\xc0") == [b"ok"]
        assert slip.feed(b"a\xdbb\xc0") == [] and slip.lost == 2
        with pytest.raises(OscError, match="65537 bytes is announced"):
            LengthCutter().feed((65_537).to_bytes(4, "big"))


MESSAGES = {
    "fader": {"address": "/mixer/1/fader", "scale": [-60, 10]},
    "lamp": {"form": "rgb", "args": ["float", "integer", "boolean"], "scale": 255},
    "seat": {"form": "motion", "args": "double"},
    "buzz": {"form": "haptic", "scale": 2},
}
VALUES = (0.5, 0.1, 0.5, 0.75, 0.01, 0.02, 0.03, 1.0, 2.0, 3.0, 0.25, 40.0)


def driver(
    port: str = "twin", *, lead_ns: int = 0, messages: object = MESSAGES, **settings: object
) -> OscDriver:
    config = DeviceConfig("desk", port, latency=Latency(lead_ns), settings={"messages": messages, **settings})
    return OscDriver(config, clock=ManualClock(7 * S), offset_ns=lambda: OFFSET_NS)


class TestDriver:
    def test_it_is_a_driver(self) -> None:
        assert isinstance(driver(), Driver)

    def test_each_frame_is_one_bundle_of_all_groups(self) -> None:
        (frame,) = driver().encode(VALUES)
        bundle = decode(frame)
        assert isinstance(bundle, Bundle) and bundle.time_tag == 1
        assert bundle.elements[0] == Message("/mixer/1/fader", "f", (-25.0,))
        lamp = bundle.elements[1]
        assert isinstance(lamp, Message) and lamp.tags == "fiT" and lamp.args[1:] == (128, True)
        assert lamp.args[0] == pytest.approx(25.5)
        assert bundle.elements[2] == Message("/seat", "dddddd", (0.01, 0.02, 0.03, 1.0, 2.0, 3.0))
        assert bundle.elements[3] == Message("/buzz", "ff", (0.5, 40.0))

    def test_messages_without_bundles(self) -> None:
        frames = driver(bundles=False).encode(VALUES)
        assert [isinstance(decode(frame), Message) for frame in frames] == [True] * 4

    def test_a_frame_is_split_before_a_datagram_would_be(self) -> None:
        many = {f"dimmer_{index:03d}": {} for index in range(100)}
        frames = driver(messages=many).encode([0.5] * 100)
        assert all(len(frame) <= 1400 for frame in frames)
        bundles = [decode(frame) for frame in frames]
        assert sum(len(bundle.elements) for bundle in bundles if isinstance(bundle, Bundle)) == 100

    def test_a_time_tag_names_the_instant_that_is_meant(self) -> None:
        made = driver(time_tags=True, lead_ns=50_000_000)
        (frame,) = made.stamp(made.encode(VALUES))
        bundle = decode(frame)
        assert isinstance(bundle, Bundle)
        assert unix_ns_from_ntp(bundle.time_tag) == OFFSET_NS + 7 * S + 50_000_000
        assert driver().stamp(made.encode(VALUES)) == made.encode(VALUES)

    @pytest.mark.parametrize(("framing", "cutter"), [("length", LengthCutter()), ("slip", SlipCutter())])
    def test_on_a_stream_packets_are_framed(self, framing: str, cutter: LengthCutter | SlipCutter) -> None:
        made = driver("tcp://10.0.0.1:9000", framing=framing)
        assert cutter.feed(b"".join(made.stamp(made.encode(VALUES)))) == list(made.encode(VALUES))

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"messages": {}}, "messages is missing or empty"),
            ({"messages": {"a": {"address": "a"}}}, "address is 'a'; allowed"),
            ({"messages": {"a": {"address": "/a b"}}}, "without spaces"),
            ({"messages": {"a": {"form": "laser"}}}, "form is 'laser'; allowed: motion, rgb"),
            ({"messages": {"a": {"args": "text"}}}, "args is 'text'; allowed: one of float"),
            ({"messages": {"a": {"form": "rgb", "args": ["float"]}}}, "a list of 3"),
            ({"messages": {"a": {"scale": "loud"}}}, "scale is 'loud'"),
            ({"messages": {"a": {"scale": 1e39}}}, "scale is 1e\\+39"),
            ({"messages": {"a": {"zoom": 1}}}, "unknown 'zoom'"),
            ({"messages": {"a": {}}, "framing": "cobs"}, "framing is 'cobs'; allowed: length, slip"),
            ({"messages": {"a": {}}, "time_tags": True, "bundles": False}, "time_tags needs bundles"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            driver(**settings)

    def test_wrong_ports(self) -> None:
        for port in ("/dev/ttyUSB0", "udp://", "tcp://host:0"):
            with pytest.raises(SettingError) as caught:
                driver(port)
            assert caught.value.path == ("port",)


def source(port: str = "udp://127.0.0.1:0", **settings: object) -> OscSource:
    made = OscSource(SourceConfig("desk", port, settings), offset_ns=lambda: OFFSET_NS)
    return made


class TestSource:
    def test_it_is_a_source(self) -> None:
        assert isinstance(source(), Source)

    def test_messages_become_signals(self) -> None:
        packet = encode(Bundle(1, (EVERY_TYPE, Bundle(1, (Message("/go", "si", ("scene", 3)),)))))
        signals = source().decode(Chunk(packet), 5)
        assert signals[1] == Signal("desk", "/go", ("scene", 3), 5)
        assert signals[0].values[:4] == (-5, 0.5, "three", b"\x01\x02\x03")
        assert signals[0].values[-6:] == (True, False, True, 7, "in", 0.25)

    @pytest.mark.parametrize(("ahead_ns", "meant_ns"), [(3 * S, 13 * S), (-S, 10 * S), (7200 * S, 10 * S)])
    def test_a_time_tag_ahead_is_kept_any_other_is_now(self, ahead_ns: int, meant_ns: int) -> None:
        made = source()
        made.open()
        try:
            tag = ntp_from_unix_ns(OFFSET_NS + 10 * S + ahead_ns)
            (signal,) = made.decode(Chunk(with_time_tag(encode(Bundle(1, (Message("/go"),))), tag)), 10 * S)
        finally:
            made.close()
        assert signal.at_ns == meant_ns

    def test_what_it_does_not_understand_is_counted(self) -> None:
        made = source()
        assert made.decode(Chunk(b"noise"), 0) == []
        assert made.decode(Chunk(encode(Message("/a", "f", (float("nan"),)))), 0) == []
        assert made.refused == 2

    @given(st.binary(max_size=100), st.sampled_from(["udp", "tcp"]), st.sampled_from(["length", "slip"]))
    def test_noise(self, noise: bytes, scheme: str, framing: str) -> None:
        made = source(f"{scheme}://127.0.0.1:9000", framing=framing)
        made.decode(Chunk(noise, "a"), 0)
        made.decode(Chunk(noise[::-1], "a"), 0)

    @pytest.mark.parametrize(("framing", "frame"), [("length", frame_length), ("slip", frame_slip)])
    def test_streams_of_several_senders_do_not_mix(self, framing: str, frame: object) -> None:
        made = source("tcp://127.0.0.1:9000", framing=framing)
        data = (
            frame_length(encode(Message("/go")))
            if framing == "length"
            else frame_slip(encode(Message("/go")))
        )
        assert made.decode(Chunk(data[:5], "a"), 0) == []
        assert made.decode(Chunk(data, "b"), 0)[0].address == "/go"
        assert made.decode(Chunk(data[5:], "a"), 0)[0].address == "/go"

    def test_a_stream_out_of_step_is_heard_again_after_it_connects_anew(self) -> None:
        made = source("tcp://127.0.0.1:9000")
        whole = frame_length(encode(Message("/go")))
        assert made.decode(Chunk(b"\xff" * 8, "a"), 0) == [] and made.refused == 1
        assert made.decode(Chunk(whole, "a"), 0) == []
        made.decode(Chunk(b"", "a"), 0)
        assert len(made.decode(Chunk(whole, "a"), 0)) == 1

    @pytest.mark.parametrize(
        ("port", "settings", "says"),
        [
            ("/dev/ttyS0", {}, "allowed: udp://"),
            ("udp://x", {}, "allowed: udp://address:port"),
            ("udp://:1", {"a": 1}, "'a'"),
        ],
    )
    def test_wrong_settings(self, port: str, settings: dict[str, object], says: str) -> None:
        with pytest.raises(SettingError, match=says):
            source(port, **settings)


class TestOnRealSockets:
    def test_udp_and_tcp_from_driver_to_source(self) -> None:
        for scheme, framing in (("udp", "length"), ("tcp", "slip")):
            listening = source(f"{scheme}://127.0.0.1:0", framing=framing)
            listening.open()
            talking = driver(f"{scheme}://127.0.0.1:{listening.ear.bound_port}", framing=framing)  # type: ignore[attr-defined]
            try:
                talking.open()
                talking.send(talking.encode(VALUES))
                signals: list[Signal] = []
                for _ in range(50):
                    for chunk in listening.read(0.1):
                        signals += listening.decode(chunk, 9)
                    if signals:
                        break
            finally:
                talking.close()
                listening.close()
            assert [signal.address for signal in signals] == ["/mixer/1/fader", "/lamp", "/seat", "/buzz"]
            assert talking.health.state == "closed" and talking.health.sent == 1

    def test_a_port_in_use_is_told(self) -> None:
        from engine.errors import DeviceBusy

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            held.bind(("127.0.0.1", 0))
            with pytest.raises(DeviceBusy, match="desk: cannot listen on UDP"):
                source(f"udp://127.0.0.1:{held.getsockname()[1]}").open()


class TestTwin:
    def test_it_keeps_what_the_driver_says(self) -> None:
        made = driver()
        twin = OscTwin(made.config, offset_ns=OFFSET_NS)
        for frame in made.encode(VALUES):
            twin.receive(frame, 0)
        state = twin.state_at(1)
        assert state["/mixer/1/fader"] == -25.0 and state["/seat.0"] == 0.01 and state["/lamp.2"] == 1.0

    def test_it_waits_for_the_time_tag(self) -> None:
        made = driver(time_tags=True, lead_ns=50_000_000)
        twin = OscTwin(made.config, offset_ns=OFFSET_NS)
        for frame in made.stamp(made.encode(VALUES)):
            assert is_bundle(frame)
            twin.receive(frame, 7 * S)
        assert twin.state_at(7 * S + 49_999_999)["/mixer/1/fader"] == 0.0
        assert twin.state_at(7 * S + 50_000_001)["/mixer/1/fader"] == -25.0

    def test_noise_passes_by(self) -> None:
        twin = OscTwin(driver().config, offset_ns=0)
        assert twin.receive(b"noise", 0) == () and twin.refused == 1
