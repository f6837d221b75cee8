"""OpenMotionSim: golden datagram, any bytes, time without a clock, both directions."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.openmotion import create, create_source
from devices.openmotion.codec import ByteOrder, Motion, OpenMotionError, decode, encode, with_time
from devices.sim.openmotion import OpenMotionTwin
from engine.bus.driver import Batched, DeviceConfig, Driver, SettingError
from engine.bus.source import Chunk, Source, SourceConfig
from tests.devices.seats import S, play, seat

GOLDEN = bytes.fromhex("0000c03f 0000b442 000020c1 0000803f cdcccc3d")
MOTION = Motion(1.5, 90.0, -10.0, 1.0, struct.unpack("<f", bytes.fromhex("cdcccc3d"))[0])
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


class TestCodec:
    def test_golden_datagram(self) -> None:
        assert encode(MOTION) == GOLDEN and decode(GOLDEN) == MOTION
        assert encode(MOTION, "big") == b"".join(GOLDEN[at : at + 4][::-1] for at in range(0, 20, 4))

    @given(st.builds(Motion, *[floats] * 5), st.sampled_from(["little", "big"]))
    def test_round_trip(self, motion: Motion, order: ByteOrder) -> None:
        assert decode(encode(motion, order), order) == motion

    @given(st.binary(max_size=24) | st.binary(min_size=20, max_size=20))
    def test_any_bytes(self, data: bytes) -> None:
        try:
            assert encode(decode(data)) == data
        except OpenMotionError:
            pass
        OpenMotionTwin(seat("yaw")).receive(data, 0)
        source = create_source(SourceConfig("t", "udp://0.0.0.0:0"))
        assert len(source.decode(Chunk(data), 0)) == (0 if source.refused else 5)

    def test_another_time(self) -> None:
        assert decode(with_time(GOLDEN, 2.5)) == Motion(
            2.5, *list(map(float, struct.unpack("<5f", GOLDEN)))[1:]
        )


class TestDriver:
    def test_axes_it_does_not_move_are_zero(self) -> None:
        driver = create(seat("pitch", "roll", inverted=["roll"]))
        assert isinstance(driver, Driver) and isinstance(driver, Batched)
        assert decode(driver.encode((0.0, 0.0, 0.0, 3.0, 4.0, 0.0))[0]) == Motion(0.0, 0.0, 4.0, -3.0, 0.0)

    def test_time_goes_on_by_frames_and_encode_stays_pure(self) -> None:
        driver = create(seat("yaw"))
        frames = driver.encode((0.0,) * 6)
        times = [decode(driver.stamp(frames)[0]).time_s for _ in range(54)]
        assert times == pytest.approx([0.0] * 51 + [0.01, 0.02, 0.03])
        assert driver.encode((0.0,) * 6) == frames

    def test_a_second_sender_is_obeyed_while_the_first_still_speaks_and_after_it(self) -> None:
        first, second = create(seat("yaw")), create(seat("yaw"))
        twin = OpenMotionTwin(seat("yaw"))
        frames = first.encode((0.0,) * 6)
        for _ in range(1000):
            twin.receive(first.stamp(frames)[0], 0)
        for number in range(80):
            if number < 12:
                twin.receive(first.stamp(frames)[0], 0)
            twin.receive(second.stamp(frames)[0], 0)
        assert (twin.frames, twin.out_of_order) == (1092, 0)

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            (seat("sway"), r"axes is \['sway'\]; allowed: some of yaw"),
            (seat("yaw", byte_order="middle"), "byte_order is 'middle'; allowed: little, big"),
            (seat("yaw", port="tcp://a:1"), "port is 'tcp://a:1'; allowed: twin, or udp"),
            (DeviceConfig("s"), "no limits for yaw, pitch, roll, heave"),
        ],
    )
    def test_wrong_settings(self, config: DeviceConfig, message: str) -> None:
        with pytest.raises(SettingError, match=message):
            create(config)

    @pytest.mark.parametrize("order", ["little", "big"])
    def test_many_seats_at_once_get_the_same_bytes(self, order: str) -> None:
        config = seat("yaw", "pitch", "roll", "heave", byte_order=order, inverted=["yaw"])
        driver = create(config)
        values = np.random.default_rng(5).normal(size=(30, 6))
        batch = driver.batch([driver] * 30)
        assert [bytes(row) for row in batch.encode(values)] == [
            driver.encode(row)[0] for row in values.tolist()
        ]
        singles = [create(config) for _ in range(30)]
        for rows in (None, np.array([3, 7]), None):
            frames = batch.encode(values)[slice(None) if rows is None else rows].copy()
            batch.stamp(frames, rows)
            chosen = range(30) if rows is None else rows.tolist()
            wanted = [singles[row].stamp(singles[row].encode(values[row].tolist()))[0] for row in chosen]
            assert [bytes(row) for row in frames] == wanted


class TestTwin:
    def test_a_fleet_in_memory_plays_as_one_seat_does(self) -> None:
        one, fleet = (play(create, seat("yaw", "pitch", "roll", "heave"), count=count) for count in (1, 14))
        for bus in (one, fleet):
            bus.run_until(S // 5)
        assert fleet.core.values("seat 13") == one.core.values("seat")
        assert fleet.twins["seat 13"].state_at(S // 5) == one.twins["seat"].state_at(S // 5)

    def test_a_whole_show_in_memory(self) -> None:
        config = seat("yaw", "pitch", "roll", "heave")
        bus = play(create, config)
        twin = bus.twins["seat"]
        assert isinstance(twin, OpenMotionTwin)
        bus.run_until(2 * S)
        values = bus.core.values("seat")
        assert list(twin.state_at(2 * S).values()) == pytest.approx(
            [values[5], values[4], values[3], values[2]], abs=0.5
        )

    def test_a_late_datagram_is_not_obeyed(self) -> None:
        twin = OpenMotionTwin(seat("yaw"))
        for time_s, yaw_deg in ((1.0, 1.0), (0.5, 9.0), (0.0, 2.0)):
            twin.receive(encode(Motion(time_s, yaw_deg, 0.0, 0.0, 0.0)), 0)
        assert (twin.frames, twin.out_of_order) == (2, 1)
        assert twin.state_at(S)["yaw"] == 2.0


class TestSource:
    def test_signals(self) -> None:
        source = create_source(SourceConfig("telemetry", "udp://0.0.0.0:0"))
        assert isinstance(source, Source)
        found = {signal.address: signal.values[0] for signal in source.decode(Chunk(GOLDEN, at_ns=7), 9)}
        assert found == {
            "/time": 1.5,
            "/axis/yaw": 90.0,
            "/axis/pitch": -10.0,
            "/axis/roll": 1.0,
            "/axis/heave": MOTION.height_m,
        }
        assert source.decode(Chunk(GOLDEN, at_ns=7), 9)[0].at_ns == 7

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            (
                SourceConfig("t", "udp://0.0.0.0:0", {"colour": 1}),
                "unknown setting 'colour'; allowed: byte_order",
            ),
            (SourceConfig("t", "udp://0.0.0.0:0", {"byte_order": 1}), "byte_order is 1; allowed"),
            (SourceConfig("t", "/dev/ttyUSB0"), "port is '/dev/ttyUSB0'; allowed: udp"),
        ],
    )
    def test_wrong_settings(self, config: SourceConfig, message: str) -> None:
        with pytest.raises(SettingError, match=message):
            create_source(config)
