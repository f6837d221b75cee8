"""Art-Net: golden packets, round trips over the table, fixtures, node twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.artnet import ArtnetDriver
from devices.artnet.codec import (
    LAYOUTS,
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
from devices.sim.artnet import ArtnetTwin
from engine.bus.driver import DeviceConfig, Driver, SettingError

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
            except ValueError:
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
        assert isinstance(driver(), Driver)

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
