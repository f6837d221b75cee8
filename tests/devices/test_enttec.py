"""Enttec DMX USB Pro: golden messages, any cut of the stream, garbage, what the interface says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.enttec import EnttecDriver
from devices.enttec.codec import (
    MAX_DATA,
    EnttecError,
    Message,
    MessageCutter,
    Parameters,
    decode_dmx,
    decode_parameters,
    decode_serial,
    encode,
    encode_dmx,
    encode_parameters,
    encode_serial,
)
from devices.sim.enttec import EnttecTwin
from engine.bus.driver import Attentive, DeviceConfig, Driver, SettingError

S = 1_000_000_000
FIXTURES: dict[str, dict[str, object]] = {
    "spot": {"channels": [1, 2, 3], "form": "rgb"},
    "fan": {"channels": [25], "bits": 16},
}
messages = st.builds(Message, st.integers(0, 255), st.binary(max_size=40))


def cut(stream: bytes, sizes: list[int]) -> tuple[list[Message], MessageCutter]:
    """Messages of a stream that arrives in pieces."""
    cutter, found, position = MessageCutter(), [], 0
    for size in [*sizes, len(stream)]:
        found += list(cutter.feed(stream[position : position + size]))
        position += size
    return found, cutter


class TestCodec:
    def test_golden_messages(self) -> None:
        # Widget API 1.44: 7E, label, length low byte first, start code 0 and slots, E7; 24 slots at least.
        assert encode_dmx(b"\x01\x02").hex() == "7e061900" + "00" + "0102" + "00" * 22 + "e7"
        assert encode_dmx(bytes(512))[:5].hex() == "7e06010200" and len(encode_dmx(bytes(512))) == 518
        assert encode(Message(10)).hex() == "7e0a0000e7"
        # Serial number 12345678 comes as BCD, the last digits first.
        assert encode_serial(12345678).hex() == "7e0a040078563412e7"
        assert encode_parameters(Parameters((1, 44), 9, 1, 40)).hex() == "7e0305002c01090128e7"

    @given(st.integers(0, 99_999_999), st.binary(max_size=512))
    def test_round_trips(self, number: int, slots: bytes) -> None:
        (serial, dmx), _ = cut(encode_serial(number) + encode_dmx(slots), [])
        assert decode_serial(serial.data) == number
        assert decode_dmx(dmx.data) == slots.ljust(24, b"\x00")
        assert Parameters((1, 44), 9, 1, 40).break_us == pytest.approx(96.03)

    @given(st.lists(messages, min_size=1, max_size=6), st.lists(st.integers(1, 12), max_size=12))
    def test_any_cut_of_the_stream_gives_the_same_messages(
        self, sent: list[Message], sizes: list[int]
    ) -> None:
        found, cutter = cut(b"".join(map(encode, sent)), sizes)
        assert found == sent and cutter.lost_bytes == 0

    def test_it_finds_its_way_back_after_garbage(self) -> None:
        good = encode_dmx(bytes(range(24)))
        for garbage in (b"\x00\x01", b"\x7e", b"\x7e\x06\xff\xff", good[:10], b"\x7e\x06\x02\x00abc"):
            found, cutter = cut(garbage + good * 8, [3])
            assert len(found) >= 7 and set(found) == {Message(6, b"\x00" + bytes(range(24)))}, garbage
            assert cutter.lost_bytes

    @given(st.binary(max_size=300), st.lists(st.integers(1, 9), max_size=8))
    def test_noise_breaks_nothing_and_is_not_kept(self, noise: bytes, sizes: list[int]) -> None:
        for message in cut(noise, sizes)[0]:
            for read in (decode_dmx, decode_parameters, decode_serial):
                try:
                    read(message.data)
                except EnttecError:
                    continue
        cutter = MessageCutter()
        for _ in range(20):
            list(cutter.feed(noise))
        assert len(cutter._buffer) <= MAX_DATA + 5

    def test_what_it_refuses(self) -> None:
        with pytest.raises(ValueError, match="data has 513 slots; allowed 0 to 512"):
            encode_dmx(bytes(513))
        with pytest.raises(ValueError, match="data has 601 bytes"):
            encode(Message(6, bytes(601)))
        with pytest.raises(EnttecError, match="start code 221; allowed 0"):
            decode_dmx(b"\xdd" + bytes(24))
        with pytest.raises(EnttecError, match="decimal digits"):
            decode_serial(b"\xff\xff\xff\xff")


class Wire:
    """A serial port with the twin at its other end; `cut` bytes at a time."""

    def __init__(self, twin: EnttecTwin | None, piece: int = 3) -> None:
        self.twin, self.piece = twin, piece
        self.is_open = False
        self.coming = bytearray()

    def open(self) -> None:
        self.is_open = True

    def send(self, frames: list[bytes]) -> None:
        data = b"".join(frames)
        for first in range(0, len(data), self.piece):
            if self.twin is not None:
                for answer in self.twin.receive(data[first : first + self.piece], 0):
                    self.coming += answer

    def read(self, timeout_s: float = 0.0) -> bytes:
        data = bytes(self.coming[: self.piece])
        del self.coming[: self.piece]
        return data

    def close(self) -> None:
        self.is_open = False


def config(**settings: object) -> DeviceConfig:
    return DeviceConfig("lights", "COM3", settings={"fixtures": FIXTURES, **settings})


def wired(wire: Wire) -> EnttecDriver:
    made = EnttecDriver(config())
    made._serial = wire  # type: ignore[assignment]
    made.use_line(wire, "wire")
    made.open()
    return made


class TestDriverAndTwin:
    def test_it_is_a_driver_that_attends(self) -> None:
        made = EnttecDriver(config())
        assert isinstance(made, Driver) and isinstance(made, Attentive)

    def test_the_twin_shows_what_the_driver_sends_and_holds_it(self) -> None:
        twin = EnttecTwin(config())
        made = wired(Wire(twin))
        made.send(made.encode((0.0, 0.2, 1.0, 0.5)))
        shown = twin.state_at(3600 * S)
        assert (shown["spot.green"], shown["spot.blue"]) == (0.2, 1.0)
        assert shown["fan.level"] == pytest.approx(0.5, abs=1e-4)
        assert len(twin.slots) == 26 and twin.frames == 1

    def test_the_twin_ignores_what_is_damaged(self) -> None:
        twin = EnttecTwin(config())
        frame = EnttecDriver(config()).encode((1.0, 1.0, 1.0, 1.0))[0]
        twin.receive(frame, 0)
        damaged = EnttecDriver(config()).encode((0.0, 0.0, 0.0, 0.0))[0]
        twin.receive(damaged[:-1] + b"\x00", 1)
        twin.receive(encode(Message(6, b"\x00" + bytes(10))), 2)
        twin.receive(encode(Message(99)), 3)
        assert twin.state_at(4)["spot.red"] == 1.0 and twin.refused == 2 and twin.lost_bytes
        twin.receive(damaged, 5)
        assert twin.state_at(6)["spot.red"] == 0.0

    def test_the_interface_is_asked_who_it_is(self) -> None:
        made = wired(Wire(EnttecTwin(config())))
        told = [report for at_ns in range(20) for report in made.attend(at_ns)]
        assert [(report.kind, report.text) for report in told] == [
            ("reply", "firmware 1.44, break 96 us, mark 11 us, 40 packets/s"),
            ("reply", "serial number 02026001"),
        ]
        made.close()
        made.open()
        assert [report for at_ns in range(20) for report in made.attend(at_ns)] == []
        assert made.attend(10 * S) == []

    def test_an_interface_that_says_nothing_is_told_once(self) -> None:
        made = wired(Wire(None))
        assert made.attend(0) == [] and made.attend(S) == []
        (report,) = made.attend(S + 1)
        assert report.kind == "fault" and "does not say what it is" in report.text
        assert made.attend(9 * S) == []

    def test_garbage_is_told_once(self) -> None:
        wire = Wire(None, 100)
        made = wired(wire)
        wire.coming += b"AT+GMR\r\n" + encode(Message(10, b"\xff\xff\xff\xff"))
        assert [report.kind for report in made.attend(0)] == ["garbage", "garbage"]
        wire.coming += b"AT"
        assert made.attend(1) == []

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            (
                {"fixtures": {"a": {"channels": [1], "universe": 2}}},
                "universe is 2; allowed: an integer 1 to 1",
            ),
            ({"universe": 3}, "unknown setting 'universe'"),
            ({"slots": 20}, "slots is 20; allowed: an integer 26 to 512"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            EnttecDriver(config(**settings))

    def test_a_wrong_port(self) -> None:
        with pytest.raises(SettingError, match="allowed: twin, a serial port"):
            EnttecDriver(DeviceConfig("lights", "udp://host", settings={"fixtures": FIXTURES}))
