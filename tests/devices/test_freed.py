"""FreeD: golden message, any bytes at all, out and in again."""

from __future__ import annotations

import itertools
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.freed.codec import Camera, FreedError, Splitter, decode, encode
from devices.freed.driver import FreedDriver
from devices.freed.source import FreedSource
from devices.sim.freed import FreedTwin
from engine.bus.driver import ChannelLimits, DeviceConfig, SettingError
from engine.bus.source import Chunk, SourceConfig
from engine.errors import DeviceBusy, DeviceGone

GOLDEN = bytes.fromhex("D1012D0000E98000000000 00FA00FF82E0017700 001000002000 0000D5")
CAMERA = Camera(1, 90.0, -45.0, 0.0, 1.0, -0.5005, 1.5, 0x1000, 0x2000)
cameras = st.builds(
    Camera,
    st.integers(0, 255),
    *[st.integers(-0x800000, 0x7FFFFF).map(lambda n: n / 32768)] * 3,
    *[st.integers(-0x800000, 0x7FFFFF).map(lambda n: n / 64000)] * 3,
    st.integers(0, 0xFFFFFF),
    st.integers(0, 0xFFFFFF),
)


def test_golden_message() -> None:
    assert encode(CAMERA) == GOLDEN
    assert decode(GOLDEN) == CAMERA


@given(cameras)
def test_round_trip(camera: Camera) -> None:
    assert decode(encode(camera)) == camera


@given(st.binary(max_size=120) | st.binary(max_size=40).map(lambda noise: noise + GOLDEN))
def test_any_bytes(data: bytes) -> None:
    try:
        decode(data)
    except FreedError:
        pass
    splitter = Splitter()
    splitter.feed(data)
    assert len(splitter._rest) < 29
    assert FreedSource(SourceConfig("t", "udp://0.0.0.0")).decode(Chunk(data), 0) is not None


@given(
    st.lists(cameras, max_size=4),
    st.binary(max_size=10).filter(lambda b: 0xD1 not in b),
    st.lists(st.integers(0, 130)),
)
def test_a_stream_is_found_again_after_rubbish(sent: list[Camera], noise: bytes, cuts: list[int]) -> None:
    stream = noise + b"".join(map(encode, sent))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    splitter = Splitter()
    assert [c for a, b in itertools.pairwise(edges) for c in splitter.feed(stream[a:b])] == sent


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e12, 300.0])
def test_what_does_not_fit_is_refused(value: float) -> None:
    with pytest.raises(FreedError, match="pan"):
        encode(Camera(1, value, 0, 0, 0, 0, 0))


def test_out_and_in_again_is_the_same_pose() -> None:
    pose = (0.5, 0.25, -0.125, 1.5, -3.0, 20.0, 0.25, 0.75)
    driver = FreedDriver(DeviceConfig("camera", settings={"camera": 4}))
    (frame,) = driver.encode(pose)
    source = FreedSource(SourceConfig("tracker", "udp://0.0.0.0"))
    found = {s.address: s.values[0] for s in source.decode(Chunk(frame, "10.0.0.2"), 7)}
    names = ("surge", "sway", "heave", "roll", "pitch", "yaw", "zoom", "focus")
    for name, value in zip(names, pose, strict=True):
        assert found[f"/4/{name}"] == pytest.approx(value, abs=4e-5), name
    assert source.decode(Chunk(frame, "10.0.0.2"), 8) == []
    twin = FreedTwin()
    twin.receive(frame, 0)
    assert twin.cameras[4].pan_deg == -20.0  # positive pan turns right


def test_limits_of_the_camera_hold_for_its_axes() -> None:
    channels = FreedDriver(DeviceConfig("camera", limits={"camera": ChannelLimits(-2.0, 2.0)})).channels
    assert {channel.high for channel in channels[:6]} == {2.0} and channels[6].high == 1.0


def test_a_source_hears_datagrams_and_says_when_the_port_is_taken() -> None:
    source = FreedSource(SourceConfig("tracker", "udp://127.0.0.1:0"))
    source.open()
    port = source.ear.bound_port  # type: ignore[attr-defined]
    with pytest.raises(DeviceBusy, match=f"cannot listen on UDP 127.0.0.1:{port}"):
        FreedSource(SourceConfig("other", f"udp://127.0.0.1:{port}")).open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(encode(Camera(2, 1.0, 0, 0, 0, 0, 0)), ("127.0.0.1", port))
        (chunk,) = source.read(1.0)
    assert {signal.address for signal in source.decode(chunk, 0)} >= {"/2/yaw"}
    source.close()
    with pytest.raises(DeviceGone):
        source.read(0.0)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"pan": "up"}, "left or right"), ({"camera": 300}, "0 to 255"), ({"at": [1e9, 0, 0]}, "metres")],
)
def test_wrong_settings(settings: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        FreedDriver(DeviceConfig("camera", settings=settings))
