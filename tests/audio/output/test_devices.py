"""Which device is meant."""

from __future__ import annotations

import pytest

from engine.audio.output.devices import FoundDevice, choose, found_devices
from engine.errors import DeviceGone

APIS = [{"name": "MME"}, {"name": "Windows WASAPI"}, {"name": "ASIO"}]
ROWS = [
    {"name": "Microphone", "hostapi": 0, "max_output_channels": 0, "default_samplerate": 44_100.0},
    {
        "name": "Speakers (Scarlett 18i20)",
        "hostapi": 0,
        "max_output_channels": 2,
        "default_samplerate": 44_100.0,
    },
    {
        "name": "Speakers (Scarlett 18i20)",
        "hostapi": 1,
        "max_output_channels": 2,
        "default_samplerate": 48_000.0,
    },
    {"name": "Focusrite USB ASIO", "hostapi": 2, "max_output_channels": 20, "default_samplerate": 48_000.0},
    {"name": "Speakers", "hostapi": 1, "max_output_channels": 8, "default_samplerate": 48_000.0},
]
DEVICES = found_devices(ROWS, APIS, 1)


def test_what_does_not_play_is_left_out() -> None:
    assert [one.index for one in DEVICES] == [1, 2, 3, 4]
    assert DEVICES[0] == FoundDevice(1, "Speakers (Scarlett 18i20)", "MME", 2, 44_100, default=True)


@pytest.mark.parametrize(
    ("name", "api", "index"),
    [
        (None, None, 1),
        (None, "asio", 3),
        ("scarlett", None, 2),
        ("scarlett", "mme", 1),
        ("speakers", None, 4),
        ("SPEAKERS (SCARLETT 18I20)", None, 2),
        ("focusrite", "ASIO", 3),
    ],
)
def test_a_device_is_found_by_name_and_host_interface(name: str | None, api: str | None, index: int) -> None:
    assert choose(DEVICES, name, api).index == index


def test_a_device_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(
        DeviceGone, match=r"'Dante' on 'asio' is not there.*Focusrite USB ASIO \(ASIO, 20 channels\)"
    ):
        choose(DEVICES, "Dante", "asio")
    with pytest.raises(DeviceGone, match="a sound device is not there; there are: none"):
        choose([])
