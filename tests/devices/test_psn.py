"""PosiStageNet: golden packet, any bytes at all, axes, frames of several packets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.psn.axes import AxesError, read_axes, rotation_vector
from devices.psn.codec import (
    MAX_PACKET,
    DataPacket,
    PsnError,
    Tracker,
    decode,
    encode_data,
    encode_info,
    stamped,
)
from devices.psn.driver import PsnDriver
from devices.sim.psn import PsnTwin
from engine.bus.driver import ChannelLimits, DeviceConfig, SettingError

GOLDEN = bytes.fromhex(
    "55672880 00000C00 40420F0000000000 02030101 01001480 07001080 00000C00 0000803F 00000040 00004040"
)
angles = st.floats(-180.0, 180.0)
small = st.floats(-1000, 1000, width=32)
vectors = st.tuples(small, small, small)


def test_golden_packet() -> None:
    (packet,) = encode_data([Tracker(7, (1.0, 2.0, 3.0))])
    assert stamped(packet, 1_000_000, 1) == GOLDEN
    assert decode(GOLDEN) == DataPacket(1_000_000, 1, 1, (Tracker(7, (1.0, 2.0, 3.0)),))


@given(st.lists(st.builds(Tracker, st.integers(0, 0xFFFF), vectors, st.none() | vectors), max_size=100))
def test_round_trip_in_packets_that_fit_a_frame_of_the_wire(trackers: list[Tracker]) -> None:
    packets = encode_data(trackers)
    assert all(len(packet) <= MAX_PACKET for packet in packets)
    found = [decode(stamped(packet, 5, 300)) for packet in packets]
    assert [tracker for packet in found for tracker in packet.trackers] == trackers  # type: ignore[union-attr]
    assert {(packet.frame, packet.packets) for packet in found} == {(300 & 0xFF, len(packets))}


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda rest: GOLDEN[:20] + rest))
def test_any_bytes_raise_nothing_but_our_own(data: bytes) -> None:
    try:
        decode(data)
    except PsnError:
        pass


def matrix(roll: float, pitch: float, yaw: float) -> np.ndarray:
    def about(axis: int, angle: float) -> np.ndarray:
        c, s = math.cos(angle), math.sin(angle)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        made = np.eye(3)
        made[a, a], made[a, b], made[b, a], made[b, b] = c, -s, s, c
        return made

    return about(2, yaw) @ about(0, pitch) @ about(1, roll)


@given(angles, angles, angles)
def test_the_rotation_vector_is_that_of_yaw_then_pitch_then_roll(
    roll: float, pitch: float, yaw: float
) -> None:
    from scipy.spatial.transform import Rotation

    radians = [math.radians(x) for x in (roll, pitch, yaw)]
    found = Rotation.from_rotvec(rotation_vector(*radians)).as_matrix()
    assert np.allclose(found, matrix(*radians), atol=1e-9)


def test_signs() -> None:
    assert rotation_vector(0, 0, 0.5) == pytest.approx((0, 0, 0.5))  # to the left, from above
    assert rotation_vector(0.5, 0, 0) == pytest.approx((0, 0.5, 0))  # right side down
    assert rotation_vector(0, 0.5, 0) == pytest.approx((0.5, 0, 0))  # nose up


def test_axes() -> None:
    ours = (1.0, 2.0, 3.0)
    assert read_axes(["right", "up", "back"]).point(ours) == (1.0, 3.0, -2.0)
    left_handed = read_axes(["right", "up", "forward"])
    assert left_handed.point(ours) == (1.0, 3.0, 2.0)
    # A turn to the left seen from above is one about "up"; in a left-handed system its sense is reversed.
    assert left_handed.turn((0.0, 0.0, 0.5)) == (0.0, -0.5, 0.0)
    for words in (["right", "left", "up"], ["right", "up"], ["x", "y", "z"], "right"):
        with pytest.raises(AxesError):
            read_axes(words)


def driver_of(**settings: object) -> PsnDriver:
    return PsnDriver(DeviceConfig("psn", "twin", 60.0, settings=settings))


def test_a_receiver_knows_where_everything_is() -> None:
    driver = driver_of(trackers={"boat": {"number": 3, "at": [1, 2, 0]}, "bell": {"number": 9}})
    twin = PsnTwin()
    for frame in driver.stamp(driver.encode((0.5, 0.25, 0.125, 0, 0, 90, 0, 0, 0, 0, 0, 0))):
        twin.receive(frame, 0)
    assert twin.trackers[3].position_m == (1.25, 0.125, -2.5)
    assert twin.trackers[3].orientation_rad == pytest.approx((0, math.pi / 2, 0), abs=1e-6)
    for packet in encode_info("Hall", [(3, "boat"), (9, "钟")]):
        twin.receive(packet, 0)
    assert (twin.system, twin.names) == ("Hall", {3: "boat", 9: "钟"})
    twin.receive(b"\x00", 0)
    assert twin.refused == 1


def test_a_frame_of_several_packets_is_shown_whole() -> None:
    trackers = [Tracker(n, (float(n), 0, 0), (0, 0, 0)) for n in range(60)]
    packets = encode_data(trackers)
    assert len(packets) > 1
    twin = PsnTwin()
    twin.receive(stamped(packets[0], 1, 1), 0)
    assert twin.trackers == {}
    for packet in packets[1:]:
        twin.receive(stamped(packet, 1, 1), 0)
    assert len(twin.trackers) == 60


def test_every_command_has_its_own_time_and_frame() -> None:
    driver = driver_of(trackers={"boat": {}})
    frames = [decode(driver.stamp(driver.encode((0.0,) * 6))[0]) for _ in range(3)]
    assert [(frame.frame, frame.time_us) for frame in frames] == [(1, 16667), (2, 33334), (3, 50001)]


def test_names_are_told_once_a_second_however_often_it_is_asked() -> None:
    sent: list[bytes] = []

    class Line:
        is_open = True

        def open(self) -> None: ...

        def send(self, frames: Sequence[bytes]) -> None:
            sent.extend(frames)

        def close(self) -> None: ...

    driver = driver_of(trackers={"boat": {}})
    driver.use_line(Line(), "nowhere")
    for instant in range(0, 3000, 16):  # as after each command, 60 a second
        driver.attend(instant * 1_000_000)
    names = [decode(packet) for packet in sent]
    assert [packet.frame for packet in names] == [1, 2, 3]
    driver.close()
    driver.attend(3_000_000_000)
    assert len(sent) == 4  # a line that came back hears them at once


def test_limits_of_a_tracker_hold_for_its_channels() -> None:
    limits = {"boat": ChannelLimits(-2.0, 3.0), "boat.yaw": ChannelLimits(-90.0, 90.0)}
    config = DeviceConfig("psn", limits=limits, safe={"boat": 1.0}, settings={"trackers": {"boat": {}}})
    channels = {channel.name: channel for channel in PsnDriver(config).channels}
    assert (channels["boat.surge"].low, channels["boat.surge"].high) == (-2.0, 3.0)
    assert channels["boat.surge"].safe == 1.0 and channels["boat.yaw"].high == 90.0


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "trackers is missing"),
        ({"trackers": {"a": {"number": 1}, "b": {"number": 1}}}, "belongs to a already"),
        ({"trackers": {"a": {"at": [0, 0]}}}, "three metres"),
        ({"trackers": {"a": {}}, "axes": ["up", "up", "up"]}, "one line"),
        ({"trackers": {"a": {"nr": 1}}}, "unknown 'nr'"),
    ],
)
def test_wrong_settings(settings: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        driver_of(**settings)
