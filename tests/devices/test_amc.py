"""AMC seats: golden bytes, round trips, geometry, settings, twin."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.amc import AmcDriver
from devices.amc.codec import FRAME_SIZE, MAX_RAW, FrameCutter, decode_axes, encode_axes
from devices.sim.amc import SILENCE_NS, AmcTwin
from engine.bus.driver import ChannelLimits, DeviceConfig, Driver, Latency, SettingError, park_frames

MS = 1_000_000
raw_axes = st.lists(st.integers(0, MAX_RAW), min_size=0, max_size=8)


class TestCodec:
    def test_a_seat_at_rest(self) -> None:
        golden = bytes.fromhex("ffff 7f00 7f00 7f00 7f00 0000 0000 0000 0000 0a0d".replace(" ", ""))
        assert encode_axes([0x7F00] * 4) == golden
        assert decode_axes(golden) == (0x7F00, 0x7F00, 0x7F00, 0x7F00, 0, 0, 0, 0)

    def test_axes_keep_their_order_and_bytes(self) -> None:
        golden = bytes.fromhex("ffff0102030405060708090a0b0c0d0e0f100a0d")
        assert encode_axes([0x0102, 0x0304, 0x0506, 0x0708, 0x090A, 0x0B0C, 0x0D0E, 0x0F10]) == golden

    @given(raw_axes)
    def test_round_trip(self, raw: list[int]) -> None:
        assert decode_axes(encode_axes(raw)) == tuple(raw + [0] * (8 - len(raw)))

    @given(raw_axes)
    def test_the_header_occurs_nowhere_else(self, raw: list[int]) -> None:
        assert encode_axes(raw).find(b"\xff\xff", 2) == -1

    @given(
        frames=st.lists(raw_axes, min_size=1, max_size=5),
        cuts=st.lists(st.integers(1, 30), max_size=12),
        noise=st.binary(max_size=7),
    )
    def test_any_cut_of_the_stream_gives_the_same_frames(
        self, frames: list[list[int]], cuts: list[int], noise: bytes
    ) -> None:
        stream = noise.replace(b"\xff", b"\x00") + b"".join(encode_axes(raw) for raw in frames)
        cutter = FrameCutter()
        found = []
        position = 0
        for size in [*cuts, len(stream)]:
            found += list(cutter.feed(stream[position : position + size]))
            position += size
        assert found == [decode_axes(encode_axes(raw)) for raw in frames]

    @pytest.mark.parametrize(
        ("raw", "error", "message"),
        [
            ([65535], ValueError, "axis 0 is 65535; allowed 0 to 65279"),
            ([0, -1], ValueError, "axis 1 is -1; allowed 0"),
            ([0] * 9, ValueError, "9 axes; an AMC frame has 8"),
            ([1.5], TypeError, "axis 0 is 1.5; it must be an integer"),
        ],
    )
    def test_what_it_refuses(self, raw: list[int], error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            encode_axes(raw)

    def test_what_is_no_frame(self) -> None:
        with pytest.raises(ValueError, match="has 20 bytes, this has 3"):
            decode_axes(b"abc")
        with pytest.raises(ValueError, match="must begin with ff ff"):
            decode_axes(bytes(FRAME_SIZE))


def corners(**settings: object) -> AmcDriver:
    limits = {"heave": ChannelLimits(-0.05, 0.05), "roll": ChannelLimits(-5.0, 5.0)}
    return AmcDriver(DeviceConfig("seat", limits=limits, settings={"layout": "corners", **settings}))


class TestDriver:
    def test_it_is_a_driver(self) -> None:
        assert isinstance(corners(), Driver)

    def test_heave_lifts_all_corners(self) -> None:
        (frame,) = corners().encode((0.0, 0.0, 0.025, 0.0, 0.0, 0.0))
        assert set(decode_axes(frame)[:4]) == {32512 + 16256}

    def test_roll_right_lowers_the_right_and_nose_up_lifts_the_front(self) -> None:
        front_left, front_right, rear_left, rear_right = decode_axes(
            corners().encode((0.0, 0.0, 0.0, 2.0, 0.0, 0.0))[0]
        )[:4]
        assert front_left == rear_left > 32512 > front_right == rear_right
        assert (front_left - 32512) / 32512 * 0.05 == pytest.approx(0.25 * math.radians(2.0), abs=2e-6)
        nose_up = decode_axes(corners().encode((0.0, 0.0, 0.0, 0.0, 2.0, 0.0))[0])
        assert nose_up[0] == nose_up[1] > 32512 > nose_up[2] == nose_up[3]

    def test_each_axis_fills_its_own_range(self) -> None:
        driver = AmcDriver(DeviceConfig("seat", limits={"surge": ChannelLimits(-0.04, 0.04)}))
        raw = decode_axes(driver.encode((0.04, 0.0, -0.05, 0.0, 5.0, 0.0))[0])
        assert raw == (65024, 32512, 0, 32512, 48768, 32512, 0, 0)

    @given(st.tuples(*[st.floats(-1.0, 1.0)] * 3, *[st.floats(-45.0, 45.0)] * 3))
    def test_no_pose_makes_a_header_inside_a_frame(self, pose: tuple[float, ...]) -> None:
        for driver in (corners(), AmcDriver(DeviceConfig("seat"))):
            assert driver.encode(pose)[0].find(b"\xff\xff", 2) == -1

    def test_the_middle_is_a_setting(self) -> None:
        (frame,) = corners(middle=0x7F0F).encode((0.0,) * 6)
        assert decode_axes(frame)[0] == 0x7F0F

    def test_own_actuators(self) -> None:
        driver = AmcDriver(
            DeviceConfig(
                "seat",
                settings={
                    "actuators": [
                        {"at": ["20cm", 0]},
                        {"gains": {"yaw": 0.01}, "stroke": "20cm", "inverted": True},
                    ]
                },
            )
        )
        raw = decode_axes(driver.encode((0.0, 0.0, 0.05, 0.0, 0.0, 5.0))[0])
        assert raw[:3] == (65024, 16256, 0)

    def test_park_is_data(self) -> None:
        driver = corners(park={"heave": "-40mm"})
        assert decode_axes(park_frames(driver)[0])[:4] == (6502,) * 4

    @pytest.mark.parametrize(
        ("settings", "message", "path"),
        [
            ({"layout": "hexapod"}, "layout is 'hexapod'; allowed: axes, corners", ("settings", "layout")),
            ({"middle": 70000}, "middle is 70000; allowed: an integer 1 to 65278", ("settings", "middle")),
            ({"park": {"heave": 8}}, "park: 8 has no unit", ("settings", "park", "heave")),
            ({"half_track": "3deg", "layout": "corners"}, "is an angle, not", ("settings", "half_track")),
            ({"colour": 1}, "unknown setting 'colour'; allowed: layout", ("settings", "colour")),
            ({"actuators": [{}]}, r"actuator 0 is \{\}; write", ("settings", "actuators", 0)),
            (
                {"actuators": [{"gains": {"up": 1}}]},
                "'up' is not a motion axis",
                ("settings", "actuators", 0),
            ),
        ],
    )
    def test_wrong_settings(
        self, settings: dict[str, object], message: str, path: tuple[object, ...]
    ) -> None:
        with pytest.raises(SettingError, match=message) as caught:
            AmcDriver(DeviceConfig("seat", settings=settings))
        assert caught.value.path == path

    def test_limits_for_an_axis_it_does_not_have(self) -> None:
        with pytest.raises(
            SettingError, match="limits for 'wobble', which seat does not have; it has surge, sway"
        ):
            AmcDriver(DeviceConfig("seat", limits={"wobble": ChannelLimits(0.0, 1.0)}))


class TestTwin:
    def test_it_follows_late_by_dead_time_and_lag(self) -> None:
        config = DeviceConfig("seat", latency=Latency(20 * MS, 30 * MS))
        twin, driver = AmcTwin(config), AmcDriver(config)
        twin.receive(driver.encode((0.0, 0.0, 0.005, 0.0, 0.0, 0.0))[0], 0)
        assert twin.state_at(20 * MS)["actuator_3"] == 32512
        moved = twin.state_at(50 * MS)["actuator_3"] - 32512
        assert moved / 3251 == pytest.approx(1 - math.exp(-1), abs=0.01)
        assert twin.state_at(500 * MS)["actuator_3"] == pytest.approx(32512 + 3251, abs=1)

    def test_it_is_no_faster_than_its_motors(self) -> None:
        config = DeviceConfig("seat")
        twin, driver = AmcTwin(config), AmcDriver(config)
        twin.receive(driver.encode((0.0, 0.0, 0.05, 0.0, 0.0, 0.0))[0], 0)
        assert twin.state_at(100 * MS)["actuator_3"] == pytest.approx(32512 + 16384, abs=1)

    @given(st.lists(st.integers(0, 300), min_size=1, max_size=10))
    def test_asking_in_between_changes_nothing(self, asks_ms: list[int]) -> None:
        config = DeviceConfig("seat", latency=Latency(20 * MS, 30 * MS))
        driver = AmcDriver(config)
        asked, left_alone = AmcTwin(config), AmcTwin(config)
        for twin in (asked, left_alone):
            twin.receive(driver.encode((0.0, 0.0, 0.04, 0.0, 0.0, 0.0))[0], 0)
        for ask_ms in sorted(asks_ms):
            asked.state_at(ask_ms * MS)
        assert asked.state_at(300 * MS)["actuator_3"] == pytest.approx(
            left_alone.state_at(300 * MS)["actuator_3"], abs=1e-6
        )

    def test_it_parks_when_commands_stop(self) -> None:
        config = DeviceConfig("seat", settings={"park": {"heave": "-40mm"}})
        twin, driver = AmcTwin(config), AmcDriver(config)
        twin.receive(driver.encode((0.0,) * 6)[0], 0)
        assert twin.state_at(SILENCE_NS)["actuator_3"] == 32512
        assert twin.state_at(SILENCE_NS + 1000 * MS)["actuator_3"] == pytest.approx(6502, abs=1)


class TestBatch:
    """Many seats at once give the bytes of one at a time."""

    @pytest.mark.parametrize(
        "settings_",
        [
            {},
            {"layout": "corners", "stroke": "80mm"},
            {"actuators": [{"gains": {"yaw": 0.01}}, {"at": [0.2, 0.3], "inverted": True}], "span": 30000},
            {"middle": 0x7F0F},
        ],
    )
    def test_every_pose_gives_the_same_bytes(self, settings_: dict[str, object]) -> None:
        driver = AmcDriver(DeviceConfig("seat", settings=settings_))
        random = np.random.default_rng(1)
        low = np.array([channel.low for channel in driver.channels])
        high = np.array([channel.high for channel in driver.channels])
        poses = low + (high - low) * random.random((300, 6))
        poses[:2] = low, high
        poses[2] = 0.0
        batch = driver.batch([driver] * 300)
        frames = batch.encode(poses)
        assert [row.tobytes() for row in frames] == [driver.encode(pose)[0] for pose in poses.tolist()]
        assert driver.batch_key == AmcDriver(DeviceConfig("other", settings=settings_)).batch_key

    def test_a_serial_server_takes_datagrams(self) -> None:
        driver = AmcDriver(DeviceConfig("seat", port="udp://127.0.0.1"))
        assert driver.address == ("127.0.0.1", 4001)
        assert AmcDriver(DeviceConfig("seat", port="/dev/ttyUSB0")).address is None
        with pytest.raises(SettingError, match="UDP port is 70000"):
            AmcDriver(DeviceConfig("seat", port="udp://host:70000"))
