"""Art-Net: golden packets, round trips over the table, fixtures, node twin."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.artnet import ArtnetDriver, ArtnetSource
from devices.artnet.announce import introductions
from devices.artnet.codec import (
    LAYOUTS,
    ArtnetError,
    Dmx,
    Poll,
    PollReply,
    Sync,
    TimeCode,
    decode,
    encode,
    field_names,
    with_sequence,
)
from devices.artnet.merge import Merge
from devices.sim.artnet import ArtnetTwin
from engine.bus.driver import Attentive, DeviceConfig, Driver, SettingError
from engine.bus.source import Chunk, Source, SourceConfig

S = 1_000_000_000
GOLDEN = {
    # Art-Net 4, ArtTimeCode 01:02:03:04 EBU.
    "4172742d4e6574000097000e00000403020101": TimeCode(1, 2, 3, 4, 1),
    "4172742d4e6574000052000e0000": Sync(),
    "4172742d4e6574000020000e0210": Poll(2, 0x10),
    "4172742d4e6574000050000e0700230100040a141e28": Dmx(0x0123, bytes((10, 20, 30, 40)), 7),
}


class TestCodec:
    @pytest.mark.parametrize("text", GOLDEN)
    def test_golden_packets(self, text: str) -> None:
        packet = GOLDEN[text]
        assert encode(packet).hex() == text
        assert decode(bytes.fromhex(text)) == packet

    def test_a_poll_reply_stands_where_the_specification_says(self) -> None:
        reply = PollReply(
            ip=bytes((192, 168, 1, 50)),
            firmware=0x0102,
            net=1,
            sub=2,
            oem=0x1234,
            status1=0xE0,
            esta=0x4C53,
            short_name="lights",
            long_name="Lights of the hall",
            report="#0001",
            ports=1,
            sw_out=bytes((3, 0, 0, 0)),
            mac=bytes(range(6)),
        )
        data = encode(reply)
        assert len(data) == 239
        assert data[8:16].hex() == "0021c0a801323619"
        assert (data[16:18], data[18], data[19], data[20:22]) == (b"\x01\x02", 1, 2, b"\x12\x34")
        assert (data[23], data[24:26]) == (0xE0, b"SL")
        assert data[26:33] == b"lights\x00" and data[44:51] == b"Lights "
        assert data[108:114] == b"#0001\x00" and data[172:174] == b"\x00\x01"
        assert (data[190], data[201:207]) == (3, bytes(range(6)))
        assert decode(data) == reply
        assert decode(data[:207]) == reply

    def test_the_tables_name_every_field(self) -> None:
        for layout in LAYOUTS.values():
            named = {field.name for field in layout.fields} | ({"data"} if layout.made is Dmx else set())
            assert named == set(field_names(layout.made))

    @given(
        universe=st.integers(0, 0x7FFF),
        data=st.binary(min_size=1, max_size=512),
        sequence=st.integers(0, 255),
        physical=st.integers(0, 255),
    )
    def test_dmx_round_trip(self, universe: int, data: bytes, sequence: int, physical: int) -> None:
        padded = data + b"\x00" * (len(data) % 2)
        assert decode(encode(Dmx(universe, data, sequence, physical))) == Dmx(
            universe, padded, sequence, physical
        )
        assert decode(with_sequence(encode(Dmx(universe, data)), sequence)) == Dmx(universe, padded, sequence)

    @given(st.binary(max_size=600))
    def test_noise_is_refused_and_breaks_nothing(self, noise: bytes) -> None:
        for data in (noise, b"Art-Net\x00" + noise):
            try:
                decode(data)
            except ArtnetError:
                continue

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"Art-Nut\x00\x00\x50", "not Art-Net"),
            (b"Art-Net\x00\x00\x60\x00\x0e", "opcode 0x6000 is not handled; known: 0x2000, 0x2100"),
            (b"Art-Net\x00\x00\x52\x00\x0e", "needs 14 bytes, this has 12"),
            (b"Art-Net\x00\x00\x52\x00\x0d\x00\x00", "protocol version 13; 14 or later"),
            (bytes.fromhex("4172742d4e6574000050000e070023010004") + b"ab", "says 4 slots and carries 2"),
        ],
    )
    def test_what_it_refuses_to_read(self, data: bytes, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            decode(data)

    def test_what_it_refuses_to_write(self) -> None:
        with pytest.raises(ValueError, match="universe is 32768; allowed 0 to 32767"):
            encode(Dmx(0x8000, b"ab"))
        with pytest.raises(ValueError, match="data has 0 slots; allowed 1 to 512"):
            encode(Dmx(0, b""))
        with pytest.raises(ValueError, match="hours is 24; allowed 0 to 23"):
            encode(TimeCode(24, 0, 0, 0, 0))

    def test_free_bits_of_the_timecode_type_are_masked(self) -> None:
        data = bytearray(encode(TimeCode(1, 2, 3, 4, 1)))
        data[18] |= 0xF8
        assert decode(bytes(data)) == TimeCode(1, 2, 3, 4, 1)


FIXTURES: dict[str, dict[str, object]] = {
    "spot": {"channels": [1, 3, 5], "form": "rgb", "bits": 16},
    "fan": {"channels": [10], "form": "dimmer", "curve": "square"},
}


def driver(**settings: object) -> ArtnetDriver:
    return ArtnetDriver(DeviceConfig("lights", settings={"fixtures": FIXTURES, **settings}))


class TestDriver:
    def test_it_is_a_driver(self) -> None:
        assert isinstance(driver(), Driver) and isinstance(driver(), Attentive)

    def test_all_universes_of_a_look_go_out_in_order_and_one_sync_after_them(self) -> None:
        """Art-Net 4, ArtSync: nodes wait with their outputs, so that no picture tears across universes."""
        rows = {f"u{number}": {"channels": [1], "universe": number} for number in (300, 2, 17)}
        made = ArtnetDriver(DeviceConfig("wall", settings={"fixtures": rows}))
        frames = made.encode((1.0, 0.2, 0.4))
        assert [decode(frame) for frame in frames] == [
            Dmx(2, b"\x33\x00"), Dmx(17, b"\x66\x00"), Dmx(300, b"\xff\x00"), Sync(),
        ]  # fmt: skip
        assert made.encode((1.0, 0.2, 0.4)) == frames  # stamping has not touched it
        first, second = made.stamp(frames), made.stamp(frames)
        assert [packet[12] for packet in first[:3]] == [1, 1, 1]
        assert [packet[12] for packet in second[:3]] == [2, 2, 2]
        quiet = ArtnetDriver(DeviceConfig("wall", settings={"fixtures": rows, "sync": False}))
        assert quiet.encode((1.0, 0.2, 0.4)) == frames[:3]

    def test_fixtures_lie_on_their_slots(self) -> None:
        (frame,) = driver(universe=3).encode((1.0, 0.5, 0.0, 0.5))
        packet = decode(frame)
        assert packet == Dmx(3, bytes((255, 255, 128, 0, 0, 0, 0, 0, 0, 64)))

    def test_a_sync_follows_where_wanted(self) -> None:
        frames = driver(sync=True).encode((0.0,) * 4)
        assert isinstance(decode(frames[1]), Sync)

    def test_each_packet_gets_the_next_sequence_number_and_never_zero(self) -> None:
        """0 switches the check off at the node (Art-Net 4, ArtDmx, Sequence): after 255 comes 1."""
        made = driver(sync=True)
        frames = made.encode([0.0] * len(made.channels))
        stamped = [made.stamp(frames) for _ in range(300)]
        assert [packets[0][12] for packets in stamped] == [number % 255 + 1 for number in range(300)]
        assert {bytes(packets[1]) for packets in stamped} == {frames[1]}  # a sync has none

    def test_a_full_universe_where_wanted(self) -> None:
        packet = decode(driver(slots=512).encode((0.0,) * 4)[0])
        assert isinstance(packet, Dmx) and len(packet.data) == 512

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"fixtures": {}}, "fixtures is missing or empty"),
            ({"fixtures": {"a": {"channels": [1, 2]}}}, r"channels is \[1, 2\]; this form needs a list of 1"),
            ({"fixtures": {"a": {"channels": [513]}}}, "channel 513; allowed 1 to 512"),
            ({"fixtures": {"a": {"channels": [512], "bits": 16}}}, "channel 512; allowed 1 to 511"),
            (
                {"fixtures": {"a": {"channels": [1], "form": "laser"}}},
                "form is 'laser'; allowed: rgb, dimmer",
            ),
            (
                {"fixtures": {"a": {"channels": [1]}, "b": {"channels": [1]}}},
                "channel 1 belongs to a already",
            ),
            ({"fixtures": {"a": {"channels": [1], "zoom": 2}}}, "unknown 'zoom'; allowed: channels"),
            ({"universe": -1}, "universe is -1; allowed: an integer 0 to 32767"),
            ({"sync": 1}, "sync is 1; allowed: true, false"),
            ({"merge": "lifo"}, "merge is 'lifo'; allowed: htp, ltp"),
            ({"listen": "everywhere"}, "listen: port is 'everywhere'"),
            ({"fixtures": {"a": {"channels": [1], "universe": 40000}}}, "universe is 40000"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            driver(**settings)

    @pytest.mark.parametrize(
        "port", ["tcp://host", "udp://", "udp://host:0", "udp://host:port", "/dev/ttyUSB0"]
    )
    def test_wrong_ports(self, port: str) -> None:
        with pytest.raises(SettingError) as caught:
            ArtnetDriver(DeviceConfig("lights", port=port, settings={"fixtures": FIXTURES}))
        assert caught.value.path == ("port",)


class TestTwin:
    def twin(self) -> ArtnetTwin:
        return ArtnetTwin(DeviceConfig("lights", settings={"fixtures": FIXTURES}))

    def test_it_shows_what_the_driver_sends(self) -> None:
        twin = self.twin()
        twin.receive(driver().encode((1.0, 0.25, 0.0, 0.5))[0], 0)
        state = twin.state_at(1)
        assert state["spot.green"] == pytest.approx(0.25, abs=1e-4)
        assert state["fan.level"] == pytest.approx(0.5, abs=2e-3)

    def test_two_sources_merge_highest_and_a_third_is_not_heard(self) -> None:
        twin = self.twin()
        twin.receive(encode(Dmx(0, b"\x10\x80")), 0, "console")
        twin.receive(encode(Dmx(0, b"\x20\x40")), 0, "engine")
        twin.receive(encode(Dmx(0, b"\xff\xff")), 0, "third")
        assert twin.slots(0) == b"\x20\x80"

    def test_a_silent_source_leaves_after_ten_seconds(self) -> None:
        twin = self.twin()
        twin.receive(encode(Dmx(0, b"\x10\x80")), 0, "console")
        twin.receive(encode(Dmx(0, b"\x20\x40")), 9 * S, "engine")
        assert twin.slots(10 * S) == b"\x20\x80"
        assert twin.slots(10 * S + 1) == b"\x20\x40"

    def test_after_a_sync_levels_wait_for_the_next_and_four_seconds_at_most(self) -> None:
        twin = self.twin()
        twin.receive(encode(Sync()), 0)
        twin.receive(encode(Dmx(0, b"\xff\xff")), 1)
        assert twin.state_at(2)["spot.red"] == 0.0
        twin.receive(encode(Sync()), 3)
        assert twin.state_at(4)["spot.red"] == 1.0
        twin.receive(encode(Dmx(0, b"\x00\x00")), 5 * S)
        assert twin.state_at(5 * S + 1)["spot.red"] == 0.0

    def test_it_answers_a_poll(self) -> None:
        (answer,) = self.twin().receive(encode(Poll()), 0)
        reply = decode(answer)
        assert isinstance(reply, PollReply) and reply.short_name == "lights"

    def test_other_universes_and_noise_pass_by(self) -> None:
        twin = self.twin()
        twin.receive(encode(Dmx(7, b"\xff\xff")), 0)
        twin.receive(b"noise", 0)
        assert twin.frames == 0 and twin.refused == 1 and twin.slots(0) == b""

    def test_every_universe_of_the_device_has_its_port(self) -> None:
        rows = {f"u{number}": {"channels": [1], "universe": number} for number in (0, 1, 2, 3, 4, 20)}
        config = DeviceConfig("wall", settings={"fixtures": rows})
        twin = ArtnetTwin(config)
        for frame in ArtnetDriver(config).encode([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]):
            twin.receive(frame, 0, "engine")
        shown = [twin.state_at(1)[f"u{number}.level"] for number in (0, 1, 2, 3, 4, 20)]
        assert shown == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
        replies = [decode(answer) for answer in twin.receive(encode(Poll()), 2)]
        outputs = [reply.outputs for reply in replies if isinstance(reply, PollReply)]
        assert outputs == [(0, 1, 2, 3), (4,), (20,)]
        assert [reply.bind_index for reply in replies if isinstance(reply, PollReply)] == [1, 2, 3]

    def test_a_look_over_several_universes_never_tears(self) -> None:
        rows = {"a": {"channels": [1], "universe": 1}, "b": {"channels": [1], "universe": 2}}
        config = DeviceConfig("wall", settings={"fixtures": rows})
        driver, twin = ArtnetDriver(config), ArtnetTwin(config)
        at_ns = 0
        for step in range(20):
            for frame in driver.stamp(driver.encode((step / 20, step / 20))):
                at_ns += 1_000_000
                twin.receive(frame, at_ns, "engine")
                state = twin.state_at(at_ns + 1)
                if step > 0:  # held from the first sync on
                    assert state["a.level"] == state["b.level"]


class TestMerge:
    def test_latest_takes_precedence_slot_by_slot(self) -> None:
        merge = Merge([0], "ltp")
        merge.take(Dmx(0, b"\x10\x20"), "desk", 0)
        merge.take(Dmx(0, b"\x50\x60"), "engine", 1)
        assert merge.shown(0) == b"\x50\x60"
        merge.take(Dmx(0, b"\x10\x21"), "desk", 2)
        assert merge.shown(0) == b"\x50\x21"
        merge.take(Dmx(0, b"\x50\x60"), "engine", 3)  # repeated, not changed
        assert merge.shown(0) == b"\x50\x21"
        merge.take(Dmx(0, b"\x10\x21"), "desk", 11 * S)
        assert merge.shown(0) == b"\x10\x21"  # the engine is gone

    def test_the_last_look_stays_when_everybody_is_gone(self) -> None:
        merge = Merge([0])
        merge.take(Dmx(0, b"\x10\x20"), "desk", 0)
        assert merge.merged(0, 60 * S) == b"" and merge.shown(0) == b"\x10\x20"

    def test_a_packet_that_was_overtaken_is_dropped(self) -> None:
        merge = Merge([0])
        for number in (254, 255, 1, 254, 2):
            merge.take(Dmx(0, bytes([number, 0]), number), "desk", 0)
        assert merge.late == 1 and merge.shown(0) == b"\x02\x00"
        merge.take(Dmx(0, b"\x63\x00", 120), "desk", 1)  # begun anew
        merge.take(Dmx(0, b"\x64\x00", 0), "desk", 1)  # does not count
        assert merge.shown(0) == b"\x64\x00"

    def test_a_sync_counts_only_from_the_latest_sender_and_not_while_two_merge(self) -> None:
        merge = Merge([0])
        merge.take(Dmx(0, b"\x10\x10"), "desk", 0)
        assert merge.take(Sync(), "stranger", 1) == ()
        merge.take(Dmx(0, b"\x11\x11"), "desk", 2)
        assert merge.shown(0) == b"\x11\x11"  # still immediate
        merge.take(Sync(), "desk", 3)
        merge.take(Dmx(0, b"\x12\x12"), "desk", 4)
        assert merge.shown(0) == b"\x11\x11"
        merge.take(Dmx(0, b"\x05\x05"), "engine", 5)
        assert merge.shown(0) == b"\x12\x12"
        assert merge.take(Sync(), "engine", 6) == ()


class TestAttention:
    """On real sockets of the loopback: short, and the clock is still ours."""

    def sending(self, **settings: object) -> ArtnetDriver:
        config = DeviceConfig(
            "lights",
            port="udp://127.0.0.1:9",
            settings={"fixtures": FIXTURES, "listen": "udp://127.0.0.1:0", **settings},
        )
        return ArtnetDriver(config)

    def test_a_rival_is_named_when_it_comes_and_when_it_goes(self) -> None:
        made = self.sending(universe=3)
        made.open()
        assert made.attend(0) == []
        port = made._attention._listening.port  # type: ignore[union-attr]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rival:
            for packet in (Dmx(3, b"ab"), Dmx(4, b"ab"), Sync()):
                rival.sendto(encode(packet), ("127.0.0.1", port))
            rival.sendto(b"noise", ("127.0.0.1", port))
            rival.sendto(encode(Dmx(3, b"ab"))[:17], ("127.0.0.1", port))
            (report,) = made.attend(S)
            assert report.kind == "rival"
            assert report.text.startswith("universe 3 is also driven by 127.0.0.1 (Art-Net);")
            rival.sendto(encode(Dmx(3, b"cd")), ("127.0.0.1", port))
            assert made.attend(2 * S) == []
            (report,) = made.attend(13 * S)
            assert report.text == "universe 3 is no longer driven by 127.0.0.1 (Art-Net)"
        made.close()

    def test_it_introduces_itself_as_a_controller(self) -> None:
        made = self.sending(universe=3)
        made.open()
        made.attend(0)
        port = made._attention._listening.port  # type: ignore[union-attr]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(1.0)
            asking.sendto(encode(Poll()), ("127.0.0.1", port))
            made.attend(1)
            reply = decode(asking.recv(600))
        made.close()
        assert isinstance(reply, PollReply)
        assert (reply.style, reply.inputs, reply.outputs, reply.short_name) == (1, (3,), (), "lights")

    def test_nodes_are_told_when_they_answer_and_when_they_stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
            node.bind(("127.0.0.1", 0))
            node.settimeout(1.0)
            config = DeviceConfig(
                "lights",
                port=f"udp://127.0.0.1:{node.getsockname()[1]}",
                settings={"fixtures": FIXTURES, "poll": True},
            )
            made = ArtnetDriver(config)
            made.open()
            assert made.attend(0) == []
            data, address = node.recvfrom(600)
            assert decode(data) == Poll()
            for answer in introductions("dimmers", "Dimmers of the hall", [0, 1]):
                node.sendto(answer, address)
            (report,) = made.attend(S)
            assert (report.kind, report.text) == (
                "reply",
                "Art-Net node 'dimmers' at 127.0.0.1 with universe 0, 1",
            )
            reports = made.attend(12 * S)
            assert [report.kind for report in reports] == ["fault", "fault"]
            assert reports[0].text.endswith("has not answered for 10 s")
            assert "no Art-Net node answers polls here" in reports[1].text
            assert made.attend(13 * S) == []
            made.close()

    def test_a_node_that_merges_betrays_a_rival_nobody_hears(self) -> None:
        twin = ArtnetTwin(DeviceConfig("lights", settings={"fixtures": FIXTURES, "universe": 3}))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
            node.bind(("127.0.0.1", 0))
            node.settimeout(1.0)
            port = f"udp://127.0.0.1:{node.getsockname()[1]}"
            made = ArtnetDriver(
                DeviceConfig("lights", port, settings={"fixtures": FIXTURES, "universe": 3, "poll": True})
            )
            made.open()
            told = []
            for at_s in range(0, 31, 3):
                at_ns = at_s * S
                if 6 <= at_s < 12:
                    twin.receive(encode(Dmx(3, b"\xff\xff")), at_ns, "rival")
                made.send(made.encode([0.0] * 4))
                told += [(at_s, report) for report in made.attend(at_ns)]
                for _ in range(2):  # the look and the poll
                    data, address = node.recvfrom(600)
                    for answer in twin.receive(data, at_ns, "engine"):
                        node.sendto(answer, address)
            made.close()
        assert [(at_s, report.kind) for at_s, report in told] == [(3, "reply"), (9, "rival"), (24, "rival")]
        assert told[1][1].text.startswith(
            "universe 3 is also driven by a source that node 'lights' at 127.0.0.1 merges with ours;"
        )
        assert told[2][1].text.startswith("universe 3 is no longer driven by a source that node")

    def test_a_port_that_cannot_be_listened_to_is_said_once_and_nothing_else_changes(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            made = self.sending(listen=f"udp://127.0.0.1:{other.getsockname()[1]}")
            made.open()
            (report,) = made.attend(0)
            assert report.kind == "session" and "rivals are not looked out for" in report.text
            assert made.attend(1) == []
            made.close()
            made.open()
            assert made.attend(2) == []
            made.close()

    def test_on_the_loopback_nobody_is_looked_out_for(self) -> None:
        config = DeviceConfig("lights", port="udp://127.0.0.1:9", settings={"fixtures": FIXTURES})
        assert ArtnetDriver(config)._attention._listening is None


class TestSource:
    def source(self, **settings: object) -> ArtnetSource:
        return ArtnetSource(SourceConfig("desk", "udp://127.0.0.1:0", settings))

    def test_it_is_a_source(self) -> None:
        assert isinstance(self.source(), Source)

    def test_levels_come_as_signals_when_they_change(self) -> None:
        made = self.source(universes=[0, 7], slots=[1, 3])
        signals = made.decode(Chunk(encode(Dmx(7, b"\x00\xff\x33\xff")), "desk"), 5)
        assert [(s.address, s.values, s.at_ns) for s in signals] == [("/7/2", (1.0,), 5), ("/7/3", (0.2,), 5)]
        assert made.decode(Chunk(encode(Dmx(7, b"\x00\xff\x33\x00")), "desk"), 6) == []
        assert made.decode(Chunk(encode(Dmx(1, b"\xff\xff")), "desk"), 7) == []
        assert made.decode(Chunk(encode(Poll()), "desk"), 8) == ()
        assert made.decode(Chunk(b"noise", "desk"), 9) == () and made.refused == 1

    @given(st.lists(st.tuples(st.binary(max_size=60), st.sampled_from(["a", "b", "c"]), st.integers(0, 20))))
    def test_noise_breaks_nothing(self, chunks: list[tuple[bytes, str, int]]) -> None:
        made = self.source()
        at_ns = 0
        for noise, sender, step_s in chunks:
            at_ns += step_s * S
            for data in (noise, b"Art-Net\x00\x00\x50\x00\x0e" + noise):
                for signal in made.decode(Chunk(data, sender), at_ns):
                    assert 0.0 <= signal.values[0] <= 1.0  # type: ignore[operator]

    def test_it_listens_and_answers_polls_so_that_a_console_sends_to_it(self) -> None:
        made = self.source(universes=[1, 2])
        made.open()
        made.open()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as desk:
            desk.settimeout(1.0)
            desk.sendto(encode(Poll()), ("127.0.0.1", made.port))
            (chunk,) = made.read(1.0)
            assert chunk.sender == "127.0.0.1"
            reply = decode(desk.recv(600))
            assert isinstance(reply, PollReply) and reply.outputs == (1, 2) and reply.short_name == "desk"
        assert made.read(0.0) == []
        made.close()
        made.close()

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"universes": []}, "universes is empty"),
            ({"universes": [-1]}, "universe -1; allowed: an integer 0 to 32767"),
            ({"slots": [5, 4]}, r"slots is \[5, 4\]; allowed: the first and the last"),
            ({"merge": "x"}, "merge is 'x'; allowed: htp, ltp"),
            ({"zoom": 1}, "unknown setting 'zoom'; allowed: universes, slots, merge"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            self.source(**settings)


def test_a_time_that_is_none_is_refused() -> None:
    golden = encode(TimeCode(1, 2, 3, 4, 1))
    assert decode(golden) == TimeCode(1, 2, 3, 4, 1)
    for place, value in ((14, 30), (15, 60), (16, 60), (17, 24)):
        with pytest.raises(ArtnetError, match=f"is {value}; allowed 0 to {value - 1}"):
            decode(golden[:place] + bytes((value,)) + golden[place + 1 :])
