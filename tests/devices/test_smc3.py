"""SMC3: golden packets, the firmware's buffer, cutoff, the handshake of an Arduino."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.__main__ import _limits
from devices.sim.smc3 import Smc3Twin
from devices.smc3 import Smc3Driver, create
from devices.smc3.codec import (
    ENABLE,
    SAVE,
    STOP,
    VERSION,
    Packet,
    PacketCutter,
    Smc3Error,
    decode_packet,
    encode_packet,
    encode_pair,
    encode_read,
    encode_target,
    encode_word,
)
from engine.bus.driver import (
    Attentive,
    ChannelLimits,
    DeviceConfig,
    Driver,
    Latency,
    SettingError,
    park_frames,
)
from tests.devices.seats import ANGULAR, MS, S, play, seat

packets = st.builds(Packet, *[st.integers(0, 255)] * 3)


class FakeSerial:
    """A serial line with a twin at its end that hears nothing while its boot loader waits."""

    def __init__(self, twin: Smc3Twin, deaf_ns: int = 0) -> None:
        self.twin, self.deaf_ns = twin, deaf_ns
        self.is_open = False
        self.now_ns = 0
        self.sent = b""
        self._back = b""

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def send(self, frames: tuple[bytes, ...]) -> None:
        data = b"".join(frames)
        self.sent += data
        if self.now_ns >= self.deaf_ns:
            self._back += b"".join(self.twin.receive(data, self.now_ns))

    def read(self, timeout_s: float = 0.0) -> bytes:
        back, self._back = self._back, b""
        return back


def on_a_line(driver: Smc3Driver, line: FakeSerial) -> None:
    driver._serial = line  # type: ignore[assignment]
    driver.use_line(line, "serial fake")


class TestCodec:
    @pytest.mark.parametrize(
        ("made", "golden"),
        [
            (encode_target(0, 512), "5b4102005d"),
            (encode_target(2, 1023), "5b4303ff5d"),
            (encode_word("kp", 0, 420), "5b4401a45d"),
            (encode_word("kd", 2, 40), "5b4c00285d"),
            (encode_pair("limits", 1, 23, 100), "5b5417645d"),
            (encode_pair("pwm", 0, 50, 100), "5b5032645d"),
            (encode_pair("dead_zone", 2, 0, 200), "5b5800c85d"),
            (encode_read("A"), "5b7264415d"),
            (ENABLE, "5b656e615d"),
            (SAVE, "5b7361765d"),
            (VERSION, "5b7665725d"),
        ],
    )
    def test_golden_packets(self, made: bytes, golden: str) -> None:
        assert made.hex() == golden

    @given(packets)
    def test_round_trip(self, packet: Packet) -> None:
        assert decode_packet(encode_packet(packet)) == packet

    @given(st.binary(max_size=64))
    def test_any_bytes(self, data: bytes) -> None:
        try:
            assert encode_packet(decode_packet(data)) == data
        except Smc3Error:
            pass
        cutter = PacketCutter()
        assert 5 * len(list(cutter.feed(data))) <= len(data)
        twin = Smc3Twin(seat("roll"))
        twin.receive(ENABLE + data, 0)
        assert 0.0 <= twin.state_at(S)["motor_1"] <= 1023.0

    @given(st.lists(packets, max_size=5), st.lists(st.integers(0, 30)))
    def test_any_cut_gives_the_same_packets(self, sent: list[Packet], cuts: list[int]) -> None:
        stream = b"".join(map(encode_packet, sent))
        edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
        cutter = PacketCutter()
        found = [p for a, b in itertools.pairwise(edges) for p in cutter.feed(stream[a:b])]
        assert found == sent and cutter.errors == 0

    def test_a_bare_stop_would_swallow_the_next_command_and_ours_does_not(self) -> None:
        bare, ours = PacketCutter(), PacketCutter()
        assert list(bare.feed(b"[]" + encode_target(0, 512))) == []
        assert [p.code for p in ours.feed(STOP + encode_target(0, 512))] == [ord("]"), ord("A")]

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda: encode_target(0, 1024), "target is 1024; allowed 0 to 1023"),
            (lambda: encode_target(3, 0), "motor is 3; allowed 0 to 2"),
            (lambda: encode_word("kx", 0, 1), "'kx' is no parameter; allowed: kp, ki"),
            (lambda: encode_pair("pwm", 0, 0, 256), "second is 256; allowed 0 to 255"),
        ],
    )
    def test_what_it_refuses(self, call: object, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            call()  # type: ignore[operator]


class TestDriver:
    def test_it_is_a_driver_with_something_to_do(self) -> None:
        driver = create(seat("roll", "pitch"))
        assert isinstance(driver, Driver) and isinstance(driver, Attentive)
        assert [c.name for c in driver.channels if c.high > c.low] == ["roll", "pitch"]

    def test_ranges_fill_the_travel_and_the_clip_holds(self) -> None:
        driver = create(seat("roll", "pitch", "heave", inverted=["pitch"]))
        (frame,) = driver.encode((0.0, 0.0, 0.05, 5.0, 10.0, 0.0))
        assert frame == encode_target(0, 512 + 206) + encode_target(1, 101) + encode_target(2, 923)

    def test_limits_of_the_controller_are_sent_when_they_are_written(self) -> None:
        assert create(seat("roll")).greeting_frames == (ENABLE,)
        driver = create(seat("roll", clip=80))
        assert driver.greeting_frames == (encode_pair("limits", 0, 23, 80), ENABLE)

    @pytest.mark.parametrize(
        ("config", "message", "path"),
        [
            (DeviceConfig("s"), "no limits for roll, pitch, heave; write how far", ("limits",)),
            (seat("roll", cutoff=120), "cutoff is 120, clip is 100", ("settings", "cutoff")),
            (seat("roll", mid=60), "mid is 60; allowed 101 to 922", ("settings", "mid")),
            (seat("roll", travel=900), "travel is 900; allowed: an integer 1 to 411", ("settings", "travel")),
            (seat("roll", axes=["up"]), r"axes is \['up'\]; allowed", ("settings", "axes")),
            (
                seat("roll", park={"heave": "1mm"}),
                "park for heave, which this seat does not",
                ("settings", "park", "heave"),
            ),
            (seat("roll", colour=1), "unknown setting 'colour'", ("settings", "colour")),
            (
                DeviceConfig(
                    "s", limits={"roll": ANGULAR, "yaw": ChannelLimits(0.0, 1.0)}, settings={"axes": ["roll"]}
                ),
                "limits for yaw, which this seat does not move; it moves roll",
                ("limits", "yaw"),
            ),
        ],
    )
    def test_wrong_settings(self, config: DeviceConfig, message: str, path: tuple[object, ...]) -> None:
        with pytest.raises(SettingError, match=message) as caught:
            create(config)
        assert caught.value.path == path

    def test_motors_are_switched_on_after_the_boot_loader_is_over(self) -> None:
        driver = create(seat("roll"))
        line = FakeSerial(Smc3Twin(driver.config), deaf_ns=1500 * MS)
        on_a_line(driver, line)
        driver.open()
        reports = []
        for line.now_ns in range(0, 3 * S, 10 * MS):
            reports += driver.attend(line.now_ns)
            on = line.twin.state_at(line.now_ns)["motor_1.on"]
            assert on == float(line.now_ns > 1500 * MS)
        assert [r.text for r in reports] == ["SMC3 version 0.60, motors switched on"]
        assert line.sent.count(VERSION) <= 18 and line.sent.count(ENABLE) == 2

    def test_a_controller_that_tells_nothing_is_switched_on_all_the_same(self) -> None:
        driver = create(seat("roll"))
        line = FakeSerial(Smc3Twin(driver.config), deaf_ns=100 * S)
        on_a_line(driver, line)
        driver.open()
        reports = [r for now in range(0, 5 * S, 100 * MS) for r in driver.attend(now)]
        assert [r.kind for r in reports] == ["session"] and line.sent.endswith(ENABLE)

    def test_a_motor_beyond_its_cutoff_is_told_once_and_left_off(self) -> None:
        driver = create(seat("roll", feedback=True))
        line = FakeSerial(Smc3Twin(driver.config))
        on_a_line(driver, line)
        driver.open()
        driver.attend(0)
        line.twin.receive(encode_pair("limits", 0, 23, 0) + encode_target(0, 0), 0)
        reports = []
        for line.now_ns in range(S, 3 * S, 100 * MS):
            reports += driver.attend(line.now_ns)
        assert [r.text[:29] for r in reports if r.kind == "fault"] == ["motor 1 switched itself off: "]
        assert line.twin.state_at(line.now_ns) == {"motor_1": 22.0, "motor_1.on": 0.0}
        assert line.sent.count(ENABLE) == 2

    def test_closing_stops(self) -> None:
        driver = create(seat("roll"))
        line = FakeSerial(Smc3Twin(driver.config))
        on_a_line(driver, line)
        driver.open()
        driver.close()
        driver.close()
        assert line.sent.endswith(STOP) and line.sent.count(STOP) == 1


class TestTwin:
    def test_nothing_moves_before_it_is_enabled(self) -> None:
        twin = Smc3Twin(seat("roll"))
        twin.receive(encode_target(0, 800), 0)
        assert twin.state_at(S)["motor_1"] == 512.0
        twin.receive(ENABLE, S)
        assert twin.state_at(3 * S)["motor_1"] == 800.0

    def test_targets_are_clipped_as_16_bit_numbers(self) -> None:
        twin = Smc3Twin(seat("roll"))
        twin.receive(ENABLE + encode_packet(Packet(ord("A"), 0xFF, 0xFF)), 0)
        assert twin.receive(encode_read("A"), 5 * S) == [b"[A" + bytes((25, 25)) + b"]"]
        twin.receive(encode_packet(Packet(ord("A"), 0x7F, 0xFF)), 5 * S)
        assert twin.state_at(9 * S)["motor_1"] == 923.0

    def test_it_is_no_faster_than_its_motors(self) -> None:
        twin = Smc3Twin(seat("roll"))
        twin.receive(ENABLE + encode_target(0, 900), 0)
        assert twin.state_at(100 * MS)["motor_1"] == pytest.approx(512 + 164.7, abs=0.1)

    def test_beyond_the_cutoff_enabling_does_not_help(self) -> None:
        twin = Smc3Twin(seat("roll"))
        twin.receive(encode_pair("limits", 0, 23, 0) + ENABLE + encode_target(0, 1023), 0)
        assert twin.state_at(5 * S) == {"motor_1": 1001.0, "motor_1.on": 0.0}
        twin.receive(encode_target(0, 512) + ENABLE, 5 * S)
        assert twin.state_at(9 * S) == {"motor_1": 1001.0, "motor_1.on": 0.0}
        twin.receive(encode_pair("limits", 0, 0, 0) + ENABLE, 9 * S)
        assert twin.state_at(12 * S) == {"motor_1": 512.0, "motor_1.on": 1.0}

    def test_parameters_are_kept_and_told(self) -> None:
        twin = Smc3Twin(seat("roll"))
        twin.receive(encode_word("ki", 1, 1234) + encode_pair("pwm", 0, 10, 255) + SAVE, 0)
        assert twin.receive(encode_read("H") + encode_read("P") + encode_read("Y"), 0) == [
            b"[H\x04\xd2]",
            b"[P\x0a\xff]",
            b"[Y\x17\x00]",
        ]
        assert twin.saved[ord("H")] == 1234

    def test_a_whole_show_in_memory(self) -> None:
        config = seat("roll", "pitch", "heave", latency=Latency(20 * MS, 30 * MS))
        bus = play(create, config)
        twin = bus.twins["seat"]
        assert isinstance(twin, Smc3Twin)
        bus.run_until(2 * S)
        assert twin.errors == 0 and twin.packets >= 3 * 200
        wanted = [p.word for p in PacketCutter().feed(create(config).encode(bus.core.values("seat"))[0])]
        state = twin.state_at(2 * S)
        assert [state[f"motor_{n}"] for n in (1, 2, 3)] == pytest.approx(wanted, abs=25.0)
        bus.finish()
        last_ns = bus.core.next_due_ns() + S
        assert [twin.state_at(last_ns)[f"motor_{n}"] for n in (1, 2, 3)] == pytest.approx(
            [512.0] * 3, abs=0.5
        )
        assert park_frames(create(config))[0] == b"".join(encode_target(n, 512) for n in range(3))


class TestByHand:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[1]", r"limits is \[1\]; write a low and a high end"),
            ('{"roll": [1]}', r"roll is \[1\]; write"),
            ('{"roll": ["a", 2]}', "roll is .*; write"),
        ],
    )
    def test_ranges_of_a_twin_that_make_no_sense(self, text: str, message: str) -> None:
        with pytest.raises(SettingError, match=message):
            _limits(text)

    def test_ranges_of_a_twin(self) -> None:
        assert _limits('{"roll": [-10, 10.5]}') == {"roll": ChannelLimits(-10.0, 10.5)}
