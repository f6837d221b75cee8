"""The duplex device against a PortAudio that is not there: what it plays, records, and does when things go wrong."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.audio.commission import device as module
from engine.audio.commission.device import DeviceLink, SoundDevice, find_device, list_devices
from engine.audio.commission.link import Clipped
from engine.errors import DeviceError, DeviceGone

BLOCK = 64


class _Stream:
    """Calls back as fast as it can; what was played comes back on every input, two blocks later."""

    gain = 1.0
    stumbles = 0
    silent = False
    refuses = False

    def __init__(self, *, callback: Any, channels: Any, **_: Any) -> None:
        if self.refuses:
            raise ValueError("invalid sample rate")
        self._callback = callback
        self._inputs, self._outputs = channels if isinstance(channels, tuple) else (0, channels)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.played: list[np.ndarray] = []

    def start(self) -> None:
        self._thread.start()

    def close(self, ignore_errors: bool = True) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        back = [np.zeros(BLOCK, np.float32)] * 2
        while not self._stop.wait(1e-5):
            if self.silent:
                continue
            out = np.full((BLOCK, self._outputs), np.nan, np.float32)
            stumbles = type(self).stumbles > 0 and any(np.any(block) for block in self.played[-1:])
            type(self).stumbles -= stumbles
            status = SimpleNamespace(output_underflow=stumbles, priming_output=not self.played)
            if self._inputs:
                heard = np.repeat(back.pop(0)[:, None], self._inputs, axis=1) * np.float32(self.gain)
                self._callback(heard, out, BLOCK, None, status)
                back.append(out.sum(axis=1))
            else:
                self._callback(out, BLOCK, None, status)
            self.played.append(out)


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> type[_Stream]:
    class Stream(_Stream):
        pass

    rows = [
        {"name": "system", "hostapi": 0, "max_output_channels": 8, "max_input_channels": 2},
        {"name": "USB Audio", "hostapi": 1, "max_output_channels": 2, "max_input_channels": 0},
        {"name": "USB Audio 2", "hostapi": 1, "max_output_channels": 4, "max_input_channels": 1},
    ]
    common = {"default_samplerate": 48000.0, "default_low_output_latency": 0.01}
    fake = SimpleNamespace(
        Stream=Stream,
        OutputStream=Stream,
        PortAudioError=RuntimeError,
        query_devices=lambda: [row | common for row in rows],
        query_hostapis=lambda: [{"name": "JACK Audio Connection Kit"}, {"name": "ALSA"}],
        default=SimpleNamespace(device=[0, 2]),
    )
    monkeypatch.setattr(module, "_portaudio", lambda: fake)
    return Stream


def opened(microphone: bool = True) -> DeviceLink:
    system = list_devices()[0]
    return DeviceLink(system, system if microphone else None, 4, 2)


def test_what_is_played_comes_back_as_late_as_the_device_is(portaudio: type[_Stream]) -> None:
    sound = np.zeros((1000, 4), np.float32)
    sound[100, 2] = 0.5
    sound[200, 0] = np.nan
    with opened() as link:
        assert link.listens
        assert "microphone: system channel 2" in link.description
        for _ in range(2):
            heard = link.play(sound)
            assert heard[100 + 2 * BLOCK] == 0.5
            assert np.count_nonzero(heard) == 1
        link.close()
        for block in link._stream.played:
            assert np.isfinite(block).all(), "silence where nothing is played, and for what is no number"


def test_an_output_alone_only_plays(portaudio: type[_Stream]) -> None:
    with opened(microphone=False) as link:
        assert not link.listens
        assert not np.any(link.play(np.full((500, 4), 0.1, np.float32)))
        assert sum(float(block.sum()) for block in link._stream.played) == pytest.approx(200.0, rel=1e-4)


def test_clipping_fades_out_within_five_milliseconds(portaudio: type[_Stream]) -> None:
    portaudio.gain = 20.0
    with opened() as link:
        with pytest.raises(Clipped, match="clips; nothing more is played"):
            link.play(np.full((48_000, 4), 0.1, np.float32))
        link.close()
        played = np.concatenate(link._stream.played)[:, 0]
    assert np.count_nonzero(played) < 4 * BLOCK + 240
    steps = np.diff(played[int(np.flatnonzero(played)[0]) + 1 :])
    assert np.max(np.abs(steps)) < 0.1 / 200, "no click on the way out"


def test_a_stumble_is_repeated_and_five_are_too_many(portaudio: type[_Stream]) -> None:
    with opened() as link:
        portaudio.stumbles = 1
        assert np.any(link.play(np.full((1000, 4), 0.01, np.float32)))
        portaudio.stumbles = 10_000
        with pytest.raises(DeviceError, match="stumbled 5 times"):
            link.play(np.full((1000, 4), 0.01, np.float32))


def test_a_device_that_stops_asking_is_gone(
    portaudio: type[_Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    portaudio.silent = True
    with opened() as link, pytest.raises(DeviceGone, match="stopped asking"):
        link.play(np.zeros((10, 4), np.float32))


def test_one_that_cannot_be_opened_says_so(portaudio: type[_Stream]) -> None:
    portaudio.refuses = True
    with pytest.raises(DeviceGone, match=r"cannot be opened at 48 kHz \(invalid sample rate\)"):
        opened()


def test_devices_by_name_and_host_interface(portaudio: type[_Stream]) -> None:
    devices = list_devices()
    assert devices[0] == SoundDevice(0, "system", "JACK Audio Connection Kit", 8, 2, 48000.0, 0.01, True)
    assert find_device(devices, "output", None, None, 2).name == "system"
    assert find_device(devices, "output", "usb audio", None, 1).name == "USB Audio", (
        "a whole name is preferred"
    )
    assert find_device(devices, "input", "usb", None, 1).name == "USB Audio 2", "one that has an input at all"
    with pytest.raises(DeviceGone, match=r"USB Audio \(ALSA, 2 channels\): 3 output channels are needed"):
        find_device(devices, "output", "usb audio", "alsa", 3)
    with pytest.raises(DeviceGone, match=r"sound device 'usb' on 'JACK' is not there; there are: system"):
        find_device(devices, "output", "usb", "JACK", 1)
    with pytest.raises(DeviceGone, match="there are: none"):
        find_device((), "output", None, None, 1)
