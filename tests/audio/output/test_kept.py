"""A device that is unplugged is replaced by silence in time, and taken again when it is back."""

from __future__ import annotations

import numpy as np

from engine.audio.output.kept import KeptOutput, Opened
from engine.audio.output.values import Fill
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock


class Scripted:
    """Plays so many blocks and is gone."""

    def __init__(self, name: str, blocks: int, rate_hz: int = 48_000) -> None:
        self.description = name
        self.rate_hz = rate_hz
        self.closed = False
        self.stuck = False
        self._blocks = blocks

    def run(self, fill: Fill) -> None:
        for number in range(self._blocks):
            if fill(number, 256) is None:
                return
        raise DeviceGone(f"{self.description} was pulled out")

    def close(self) -> None:
        self.closed = True


class Mixing:
    def __init__(self, output: list[KeptOutput], blocks: int) -> None:
        self.seen: list[tuple[int, int]] = []
        self._output, self._blocks = output, blocks

    def __call__(self, at_ns: int, frames: int) -> np.ndarray | None:
        output = self._output[0]
        if not self.seen or self.seen[-1] != (output.opened, output.rate_hz):
            self.seen.append((output.opened, output.rate_hz))
        self._blocks -= output.opened == 3
        return np.zeros((frames, 2), np.float32) if self._blocks > 0 else None


def test_unplugged_in_the_middle_then_silence_then_the_device_again() -> None:
    devices = [Scripted("first", 5), Scripted("second", 100, 44_100)]
    given: list[bool] = []
    said: list[str] = []

    def opener(again: bool) -> Opened:
        given.append(again)
        if len(given) == 2:
            raise DeviceGone("not yet")
        return devices[0] if not again else devices[1]

    outputs: list[KeptOutput] = []
    mix = Mixing(outputs, 10)
    outputs.append(KeptOutput(ManualClock(0), opener, 256, said.append, look_again_s=0.001))
    assert outputs[0].description == "first"
    outputs[0].run(mix)
    assert given == [False, True, True]
    assert mix.seen == [(1, 48_000), (2, 48_000), (3, 44_100)]
    assert devices[0].closed and devices[1].closed
    assert "first was pulled out; it is looked for every 0.001 s" in said[0] and "runs silently" in said[0]
    assert said[1] == "second is back"
    assert len(said) == 2


def test_a_machine_without_sound_is_not_asked_again_and_again() -> None:
    given: list[bool] = []

    def opener(again: bool) -> Opened:
        given.append(again)
        raise DeviceGone("no PortAudio")

    left = [50]

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        left[0] -= 1
        return np.zeros((frames, 2), np.float32) if left[0] else None

    output = KeptOutput(ManualClock(0), opener, 256, lambda line: None, look_again_s=0.0001)
    assert "no PortAudio" in output.description and output.rate_hz == 48_000
    output.run(fill)
    assert given == [False]


def test_a_device_that_cannot_be_let_go_of_is_not_looked_for() -> None:
    given: list[bool] = []
    said: list[str] = []
    device = Scripted("dead server", 3)
    device.stuck = True

    def opener(again: bool) -> Opened:
        given.append(again)
        return device

    left = [50]

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        left[0] -= 1
        return np.zeros((frames, 2), np.float32) if left[0] else None

    KeptOutput(ManualClock(0), opener, 256, said.append, look_again_s=0.0001).run(fill)
    assert given == [False] and len(said) == 1
    assert "does not look for it again" in said[0] and "looked for every" not in said[0]


def test_a_mix_that_ends_on_a_device_ends_the_output() -> None:
    device = Scripted("only", 100)
    output = KeptOutput(ManualClock(0), lambda again: device, 256, lambda line: None)
    output.run(lambda at_ns, frames: None)
    assert device.closed and output.opened == 1


def test_a_device_that_the_rig_names_is_waited_for() -> None:
    given: list[bool] = []
    said: list[str] = []
    device = Scripted("booted late", 100)

    def opener(again: bool) -> Opened:
        given.append(again)
        if len(given) < 3:
            raise DeviceGone("no sound device booted")
        return device

    left = [10]

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        left[0] -= output.opened == 2
        return np.zeros((frames, 2), np.float32) if left[0] else None

    output = KeptOutput(ManualClock(0), opener, 256, said.append, look_again_s=0.001, expected=True)
    assert "no sound device booted; it is looked for every 0.001 s" in output.description
    output.run(fill)
    assert given == [False, True, True] and device.closed
    assert said == ["booted late is there now"]
