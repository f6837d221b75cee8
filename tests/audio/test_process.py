"""The audio loop without a device: it keeps time, fades out, survives a device that goes away."""

from __future__ import annotations

import queue
import threading

import numpy as np

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.output import Fill, SilentOutput, open_output
from engine.audio.process import Loader, Player, play
from engine.errors import DeviceGone
from engine.time.clocks import ManualClock
from engine.time.segments import SegmentKind
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_NS, Room, run, tone


class Recorder(SilentOutput):
    """Keeps what it is given; ends the show, or breaks, after some blocks."""

    def __init__(self, stop: threading.Event, *, blocks: int, breaks: bool = False) -> None:
        super().__init__(ManualClock(0), "a test", 512)
        self.heard: list[np.ndarray] = []
        self.instants_ns: list[int] = []
        self._stop = stop
        self._blocks = blocks
        self._breaks = breaks

    def run(self, fill: Fill) -> None:
        def kept(at_ns: int, frames: int) -> np.ndarray | None:
            if len(self.heard) == self._blocks:
                if self._breaks:
                    raise DeviceGone("unplugged")
                self._stop.set()
            block = fill(at_ns, frames)
            if block is not None:
                self.heard.append(block)
                self.instants_ns.append(at_ns)
            return block

        super().run(kept)


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
    output = Recorder(stop, blocks=60)
    loader = Loader(room.clips, said)
    play(Player(block, room.mix(live=True), loader, stop), output, ManualClock(0), said)
    loader.close()
    assert output.instants_ns[50] == 50 * 512 * S_NS // SAMPLE_RATE_HZ
    sound = np.concatenate(output.heard)
    assert np.allclose(sound[: 60 * 512, 0], tone(4.0)[: 60 * 512] * np.sqrt(0.5), atol=1e-6)
    assert sound.shape[0] == 64 * 512
    assert np.abs(sound[-8:]).max() < 0.01
    assert "silently" in said.get_nowait()


def test_a_device_that_goes_away_is_replaced_in_one_line() -> None:
    room, block = tone_show()
    stop, said = threading.Event(), queue.Queue[str]()
    clock = StopAfter(stop, S_NS)
    loader = Loader(room.clips, said)
    play(
        Player(block, room.mix(live=True), loader, stop),
        Recorder(stop, blocks=20, breaks=True),
        clock,
        said,
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
    assert "switched off" in open_output(ManualClock(5), "none", 512).description


def test_a_device_of_no_such_name_falls_back_with_the_reason() -> None:
    output = open_output(ManualClock(0), "no such device 4711", 512)
    assert isinstance(output, SilentOutput)
    assert "no such device" in output.description or "PortAudio" in output.description


def test_silence_keeps_exact_time() -> None:
    clock = ManualClock(7)
    asked: list[int] = []

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        asked.append(at_ns)
        return None if len(asked) > 1000 else np.zeros((frames, 2), np.float32)

    SilentOutput(clock, "a test", 500).run(fill)
    assert asked == [7 + k * 500 * S_NS // SAMPLE_RATE_HZ for k in range(1001)]
