"""A PortAudio device, played by a fake of its module: what it calls, and everything that can go wrong with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.audio.clock.publishing import ClockMeter
from engine.audio.output import device as module_under_test
from engine.audio.output.device import DeviceOutput, list_devices
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock

BLOCK = 256


class FakeError(Exception):
    """PortAudio's."""


class FakeStop(Exception):
    """The callback's way to end."""


class FakeStream:
    """Calls as soon as it is started, in a thread, until the script ends."""

    latency = 0.0107

    def __init__(self, owner: FakePortAudio, kept: dict[str, Any]) -> None:
        self._owner = owner
        self._kept = kept
        self.closed = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._play)
        self._thread.start()

    def close(self, ignore_errors: bool = False) -> None:
        assert ignore_errors
        self._owner.hangs.wait()
        self._thread.join()
        self.closed = True

    def _play(self) -> None:
        channels = self._kept["channels"]
        for number in range(self._owner.calls):
            out = np.full((BLOCK, channels), 9.0, np.float32)
            now_s = self._owner.tick(number)
            instants = SimpleNamespace(currentTime=now_s, outputBufferDacTime=now_s + 0.010667)
            try:
                self._kept["callback"](out, BLOCK, instants, SimpleNamespace(output_underflow=number == 2))
            except FakeStop:
                self._owner.heard.append(out)
                break
            self._owner.heard.append(out)
        if self._owner.ends:
            self._kept["finished_callback"]()


class FakePortAudio:
    """As much of `sounddevice` as is used."""

    CallbackStop = FakeStop
    PortAudioError = FakeError

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.calls = 50
        self.ends = True
        self.pace_ns = BLOCK * 62_500 // 3
        self.refuses: Callable[[dict[str, Any]], bool] = lambda kept: False
        self.heard: list[np.ndarray] = []
        self.channels = 2
        self.default = SimpleNamespace(device=[-1, -1])
        self.restarts = 0
        self.api = "JACK"
        self.hangs = threading.Event()
        self.hangs.set()

    def tick(self, number: int) -> float:
        self.clock.advance_ns(self.pace_ns)
        return self.clock.now_ns() * 1e-9

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {
                "name": "system",
                "hostapi": 0,
                "max_output_channels": self.channels,
                "default_samplerate": 44_100.0,
            }
        ]

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": self.api, "default_output_device": 0}]

    def OutputStream(self, **kept: Any) -> FakeStream:
        if self.refuses(kept):
            raise FakeError("Invalid sample rate")
        return FakeStream(self, kept)

    def _exit_handler(self) -> None:
        raise AssertionError("not called in a test")

    def _terminate(self) -> None:
        self.restarts += 1

    def _initialize(self) -> None:
        assert self.restarts


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    found = FakePortAudio(ManualClock(5_000_000_000))
    monkeypatch.setattr(module_under_test, "port_audio", lambda: found)
    monkeypatch.setattr(module_under_test, "_GONE_AFTER_S", 0.02)
    monkeypatch.setattr(module_under_test, "_LOOK_S", 0.01)
    monkeypatch.setattr(module_under_test, "_FIRST_CALLS", 0)
    return found


def ones(count: int, channels: int = 2) -> Callable[[int, int], np.ndarray | None]:
    left = [count]

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        left[0] -= 1
        return np.full((frames, channels), 0.5, np.float32) if left[0] >= 0 else None

    return fill


def test_it_plays_until_the_mix_ends_and_counts_what_happened(fake: FakePortAudio) -> None:
    meter = ClockMeter()
    output = DeviceOutput(fake.clock, "sys", BLOCK, meter=meter)
    output.run(ones(20))
    assert len(fake.heard) == 21
    assert all((block == 0.5).all() for block in fake.heard[:20]) and (fake.heard[20] == 0).all()
    assert output.underflows == meter.load.underruns == 1
    assert meter.load.blocks == 20 and output.clock.frames == 21 * BLOCK
    assert output.description == "system on JACK, 10.7 ms"
    assert output.rate_hz == 48_000
    assert output.priority == ""


def test_the_first_instant_is_when_it_is_heard(fake: FakePortAudio) -> None:
    instants: list[int] = []

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        instants.append(at_ns)
        return np.zeros((frames, 2), np.float32) if len(instants) < 40 else None

    DeviceOutput(fake.clock, None, BLOCK).run(fill)
    assert instants[0] == 5_000_000_000 + fake.pace_ns + 10_700_000
    assert np.abs(np.diff(instants[30:]) - fake.pace_ns).max() < 1_000


def test_its_first_calls_teach_the_clock_and_play_nothing(
    fake: FakePortAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_under_test, "_FIRST_CALLS", 8)
    asked: list[int] = []
    monkeypatch.setattr(
        module_under_test, "keep_realtime_priority", lambda: asked.append(threading.get_ident()) or "as asked"
    )
    fake.api = "ALSA"
    output = DeviceOutput(fake.clock, None, BLOCK)
    output.run(ones(10))
    assert [float(block[0, 0]) for block in fake.heard] == [0.0] * 8 + [0.5] * 10 + [0.0]
    assert output.clock.frames == 19 * BLOCK
    assert output.priority == "as asked" and len(asked) == 1
    assert asked[0] != threading.get_ident()  # the device's own thread


def test_a_device_that_stops_calling_is_gone(fake: FakePortAudio) -> None:
    fake.calls, fake.ends = 3, False
    with pytest.raises(DeviceGone, match="has stopped asking"):
        DeviceOutput(fake.clock, None, BLOCK).run(ones(1000))


def test_a_device_that_cannot_be_closed_is_left_to_itself(
    fake: FakePortAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module_under_test, "_CLOSES_WITHIN_S", 0.01)
    fake.calls, fake.ends = 3, False
    fake.hangs.clear()
    output = DeviceOutput(fake.clock, None, BLOCK)
    with pytest.raises(DeviceGone, match="has stopped asking"):
        output.run(ones(1000))
    assert output.stuck
    fake.hangs.set()


def test_a_device_that_ends_by_itself_is_gone(fake: FakePortAudio) -> None:
    fake.calls = 3
    with pytest.raises(DeviceGone, match="went away"):
        DeviceOutput(fake.clock, None, BLOCK).run(ones(1000))


def test_a_device_that_takes_all_it_can_get_is_refused(fake: FakePortAudio) -> None:
    fake.calls, fake.pace_ns = 100_000, 20_000
    with pytest.raises(DeviceGone, match="takes sound faster than anything can play it"):
        DeviceOutput(fake.clock, None, BLOCK).run(ones(100_000))
    assert len(fake.heard) < 300


def test_what_is_no_sound_goes_out_as_silence_and_never_beyond_full_scale(fake: FakePortAudio) -> None:
    blocks = [np.full((BLOCK, 2), value, np.float32) for value in (np.nan, np.inf, -np.inf, 1e30, -7.0)]
    left = iter(blocks)
    output = DeviceOutput(fake.clock, None, BLOCK)
    output.run(lambda at_ns, frames: next(left, None))
    assert output.unsound == 3
    assert [float(np.abs(block).max()) for block in fake.heard] == [0, 0, 0, 1, 1, 0]


def test_an_error_of_the_mix_is_not_lost_in_the_devices_thread(fake: FakePortAudio) -> None:
    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        raise ZeroDivisionError("in the mix")

    with pytest.raises(ZeroDivisionError, match="in the mix"):
        DeviceOutput(fake.clock, None, BLOCK).run(fill)
    assert (fake.heard[0] == 0).all()


def test_fewer_channels_than_asked_are_said_and_the_first_of_them_play(fake: FakePortAudio) -> None:
    output = DeviceOutput(fake.clock, None, BLOCK, 8)
    assert "2 of 8 channels: it has no more" in output.description
    output.run(ones(3, channels=8))
    assert fake.heard[0].shape == (BLOCK, 2) and (fake.heard[0] == 0.5).all()


def test_a_device_that_does_not_do_48000_is_opened_at_its_own_rate(fake: FakePortAudio) -> None:
    fake.refuses = lambda kept: kept["samplerate"] == 48_000
    output = DeviceOutput(fake.clock, None, BLOCK)
    assert output.rate_hz == 44_100
    assert "44100 Hz (the mix is read at that rate)" in output.description


def test_a_device_that_opens_at_nothing_says_what_was_tried(fake: FakePortAudio) -> None:
    fake.refuses = lambda kept: True
    with pytest.raises(
        DeviceGone,
        match=r"system \(JACK, 2 channels\) cannot be opened.*48000 Hz: Invalid.*44100 Hz: Invalid",
    ):
        DeviceOutput(fake.clock, None, BLOCK)


def test_looking_anew_starts_port_audio_again(fake: FakePortAudio) -> None:
    assert list_devices()[0].default
    assert fake.restarts == 0
    assert list_devices(again=True)[0].name == "system"
    assert fake.restarts == 1
