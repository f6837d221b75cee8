"""Shaker boards: golden bytes, round trips, hold, settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.shaker import ShakerDriver
from devices.shaker.codec import FrameCutter, Shake, decode_shake, encode_shake
from devices.sim.shaker import ShakerTwin
from engine.bus.driver import ChannelLimits, DeviceConfig, Driver, SettingError

MS = 1_000_000
shakes = st.builds(
    Shake, st.integers(0, 15), st.floats(0.0, 1.0), st.floats(0.0, 4095.0), st.floats(0.0, 2.55)
)


class TestCodec:
    def test_golden_command(self) -> None:
        # Exciter 2, full, 40 Hz (0x0280 sixteenths), 0.3 s.
        assert encode_shake(Shake(2, 1.0, 40.0, 0.3)).hex() == "a502ffff02801ebb"
        assert sum(bytes.fromhex("a502ffff02801ebb")) % 256 == 0

    @given(shakes)
    def test_round_trip(self, shake: Shake) -> None:
        back = decode_shake(encode_shake(shake))
        assert back.exciter == shake.exciter
        assert back.amplitude == pytest.approx(shake.amplitude, abs=0.51 / 65535)
        assert back.frequency_hz == pytest.approx(shake.frequency_hz, abs=0.51 / 16)
        assert back.hold_s == pytest.approx(shake.hold_s, abs=0.0051)

    @given(st.lists(shakes, min_size=1, max_size=6), st.lists(st.integers(1, 12), max_size=10))
    def test_any_cut_of_the_stream_gives_the_same_commands(self, sent: list[Shake], cuts: list[int]) -> None:
        stream = b"".join(map(encode_shake, sent))
        cutter, found, position = FrameCutter(), [], 0
        for size in [*cuts, len(stream)]:
            found += list(cutter.feed(stream[position : position + size]))
            position += size
        assert found == [decode_shake(encode_shake(shake)) for shake in sent]

    def test_a_damaged_byte_costs_one_command(self) -> None:
        stream = bytearray(encode_shake(Shake(0, 0.5, 40.0, 0.3)) * 3)
        stream[11] ^= 0x40
        cutter = FrameCutter()
        assert len(list(cutter.feed(bytes(stream)))) == 2
        assert cutter.lost_bytes == 8

    def test_what_it_refuses(self) -> None:
        with pytest.raises(ValueError, match=r"amplitude is 1\.5; allowed 0 to 1"):
            encode_shake(Shake(0, 1.5, 40.0, 0.3))
        with pytest.raises(ValueError, match="not a shaker command"):
            decode_shake(bytes(8))


class TestDriverAndTwin:
    def test_it_is_a_driver(self) -> None:
        assert isinstance(ShakerDriver(DeviceConfig("shaker")), Driver)

    def test_each_exciter_gets_its_command_in_one_frame(self) -> None:
        config = DeviceConfig("shaker", settings={"exciters": ["seat", "back"]})
        driver, twin = ShakerDriver(config), ShakerTwin(config)
        (frame,) = driver.encode((0.5, 40.0, 1.0, 60.0))
        twin.receive(frame, 0)
        state = twin.state_at(1)
        assert state["seat.amplitude"] == pytest.approx(0.5, abs=1e-4)
        assert (state["back.amplitude"], state["back.frequency_hz"]) == (1.0, 60.0)

    def test_it_falls_silent_by_itself(self) -> None:
        config = DeviceConfig("shaker")
        driver, twin = ShakerDriver(config), ShakerTwin(config)
        twin.receive(driver.encode((1.0, 40.0))[0], 0)
        assert twin.state_at(300 * MS)["seat.amplitude"] == 1.0
        assert twin.state_at(301 * MS)["seat.amplitude"] == 0.0

    def test_limits_of_a_group_hold_for_its_amplitude_and_named_ones_for_the_frequency(self) -> None:
        limits = {"seat": ChannelLimits(0.0, 0.7), "seat.frequency": ChannelLimits(30.0, 60.0)}
        amplitude, frequency = ShakerDriver(DeviceConfig("shaker", limits=limits)).channels
        assert (amplitude.high, frequency.low, frequency.high, frequency.safe) == (0.7, 30.0, 60.0, 30.0)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"exciters": []}, "allowed: a list of 1 to 16 different names"),
            ({"exciters": ["a", "a"]}, "different names"),
            ({"low": "90Hz", "high": "30Hz"}, "low is 90 Hz, high is 30 Hz; low must be lower"),
            ({"low": 20}, "low: 20 has no unit"),
            ({"baud": "fast"}, "baud is 'fast'; allowed: an integer"),
        ],
    )
    def test_wrong_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            ShakerDriver(DeviceConfig("shaker", settings=settings))
