"""The audio loop without a device: it keeps time, fades out, survives a device that goes away."""

from __future__ import annotations

import queue
import threading

import numpy as np
import pytest

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.output import SilentOutput, open_output
from engine.audio.process import Loader, play
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock
from engine.time.segments import SegmentKind
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_NS, Room, run, tone


class Recorder(SilentOutput):
    """Keeps what it is given; stops the loop, or breaks, after a while."""

    def __init__(
        self, clock: ManualClock, stop: threading.Event, *, blocks: int, breaks: bool = False
    ) -> None:
        super().__init__(clock, "a test")
        self.heard: list[np.ndarray] = []
        self.instants_ns: list[int] = []
        self._stop = stop
        self._blocks = blocks
        self._breaks = breaks

    def write(self, block: np.ndarray) -> None:
        self.instants_ns.append(self.next_ns())
        super().write(block)
        self.heard.append(block)
        if len(self.heard) == self._blocks:
            if self._breaks:
                raise DeviceGone("unplugged")
            self._stop.set()


class StopAfter(ManualClock):
    """A clock that ends the show at an instant."""

    def __init__(self, stop: threading.Event, at_ns: int) -> None:
        super().__init__(0)
        self._stop = stop
        self._at_ns = at_ns

    def sleep_until_ns(self, deadline_ns: int) -> None:
        super().sleep_until_ns(deadline_ns)
        if deadline_ns >= self._at_ns:
            self._stop.set()


def tone_show() -> tuple[Room, LocalBlock]:
    room = Room()
    room.scene(room.sound("t", tone(4.0)))
    block = LocalBlock()
    block.publish(run((0.0, 0, 0.0, 1, SegmentKind.START)))
    return room, block


def test_blocks_follow_the_clock_and_the_end_is_a_fade() -> None:
    room, block = tone_show()
    stop, said = threading.Event(), queue.Queue[str]()
    clock = ManualClock(0)
    output = Recorder(clock, stop, blocks=60)
    loader = Loader(room.clips, said)
    play(block, room.mixer(live=True), loader, output, clock, stop, said, 512)
    loader.close()
    assert output.instants_ns[50] == 50 * 512 * S_NS // SAMPLE_RATE_HZ
    sound = np.concatenate(output.heard)
    assert np.allclose(sound[: 60 * 512, 0], tone(4.0)[: 60 * 512] * np.sqrt(0.5), atol=1e-6)
    assert np.abs(sound[-8:]).max() < 0.01
    assert "silently" in said.get_nowait()


def test_a_device_that_goes_away_is_replaced_in_one_line() -> None:
    room, block = tone_show()
    stop, said = threading.Event(), queue.Queue[str]()
    clock = StopAfter(stop, S_NS)
    loader = Loader(room.clips, said)
    play(
        block,
        room.mixer(live=True),
        loader,
        Recorder(clock, stop, blocks=20, breaks=True),
        clock,
        stop,
        said,
        512,
    )
    loader.close()
    lines = [said.get_nowait() for _ in range(said.qsize())]
    assert len(lines) == 2 and "unplugged" in lines[1]
    assert clock.now_ns() >= S_NS


def test_a_sound_that_cannot_be_read_is_said_once_and_stays_silent() -> None:
    room = Room()
    said = queue.Queue[str]()
    loader = Loader(room.clips, said)
    loader.want(["missing.flac"])
    first = said.get(timeout=10)
    loader.want(["missing.flac", "also_gone.flac"])
    second = said.get(timeout=10)
    loader.close()
    assert "missing.flac: cannot be read" in first
    assert "also_gone.flac: cannot be read" in second
    assert said.empty()


def test_no_device_can_be_asked_for() -> None:
    output = open_output(ManualClock(5), "none", 512)
    assert output.next_ns() == 5
    assert "switched off" in output.description


def test_a_device_of_no_such_name_falls_back_with_the_reason() -> None:
    output = open_output(ManualClock(0), "no such device 4711", 512)
    assert isinstance(output, SilentOutput)
    assert "no such device" in output.description or "PortAudio" in output.description


@pytest.mark.parametrize("seconds", [1, 30])
def test_silence_keeps_exact_time(seconds: int) -> None:
    clock = ManualClock(0)
    output = SilentOutput(clock, "a test")
    block = np.zeros((48_001 * seconds, 2), np.float32)
    for _ in range(3):
        output.write(block)
    assert output.next_ns() == 3 * block.shape[0] * S_NS // SAMPLE_RATE_HZ
