"""The audio loop without a device: it keeps time, fades out, survives a device that goes away."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import numpy as np
import soundfile

from engine.audio.block import BLOCK
from engine.audio.clips import SAMPLE_RATE_HZ, Clip, ClipCache
from engine.audio.output import Fill, SilentOutput, open_output
from engine.audio.process import Loader, Player, told_of
from engine.audio.sounds import SeatPlace
from engine.time.clocks import ManualClock
from engine.time.segments import SegmentKind
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_NS, Room, run, tone


class Recorder(SilentOutput):
    """Keeps what it is given; ends the show after some blocks."""

    def __init__(self, stop: threading.Event, *, blocks: int) -> None:
        super().__init__(ManualClock(0), "a test", BLOCK)
        self.heard: list[np.ndarray] = []
        self.instants_ns: list[int] = []
        self._stop = stop
        self._blocks = blocks

    def run(self, fill: Fill) -> None:
        def kept(at_ns: int, frames: int) -> np.ndarray | None:
            if len(self.heard) == self._blocks:
                self._stop.set()
            block = fill(at_ns, frames)
            if block is not None:
                self.heard.append(block)
                self.instants_ns.append(at_ns)
            return block

        super().run(kept)


class Slow(ManualClock):
    """A clock that goes on by some time whenever it is looked at."""

    def __init__(self, step_ns: int) -> None:
        super().__init__(0)
        self.step_ns = step_ns

    def now_ns(self) -> int:
        self.advance_ns(self.step_ns)
        return super().now_ns()


def tone_show() -> tuple[Room, LocalBlock]:
    room = Room()
    room.scene(room.sound("t", tone(4.0), place=SeatPlace(0.0, 0.0, 1.0)))
    block = LocalBlock()
    block.publish(run((0.0, 0, 0.0, 1, SegmentKind.START)))
    return room, block


def test_blocks_follow_the_clock_and_the_end_is_a_fade() -> None:
    room, block = tone_show()
    stop, said = threading.Event(), queue.Queue[str]()
    output = Recorder(stop, blocks=120)
    loader = Loader(room.clips, said)
    output.run(Player(block, room.mix(live=True), loader, stop, output, ManualClock(0)))
    loader.close()
    assert output.instants_ns[50] == 50 * BLOCK * S_NS // SAMPLE_RATE_HZ
    sound = np.concatenate(output.heard)
    rise = np.minimum(
        np.arange(120 * BLOCK) / 960, 1.0
    )  # 20 ms, so that nothing bursts out of a device that begins
    assert np.allclose(sound[: 120 * BLOCK, 0], rise * tone(4.0)[: 120 * BLOCK] * np.sqrt(0.5), atol=1e-6)
    assert sound.shape[0] == 128 * BLOCK
    assert np.abs(sound[-8:]).max() < 0.01
    assert said.empty()


def test_a_machine_that_cannot_keep_up_is_said_once_and_when_it_can_again() -> None:
    room = Room()
    room.scene(*(room.sound(f"t{k}", tone(9.0), place=SeatPlace(9.0 * k, 0.0, 1.0)) for k in range(6)))
    block = LocalBlock()
    block.publish(run((0.0, 0, 0.0, 1, SegmentKind.START)))
    stop, said = threading.Event(), queue.Queue[str]()
    output, clock = (
        Recorder(stop, blocks=0),
        Slow(round(0.7 * BLOCK * S_NS / SAMPLE_RATE_HZ)),
    )  # also as it starts
    loader = Loader(room.clips, said)
    mix = room.mix(live=True)
    player = Player(block, mix, loader, stop, output, clock)
    for k in range(120):
        if k == 110:
            clock.step_ns = 0
        assert k < 100 or mix.overloads[0].allowed in (None, 4)
        assert player(k * BLOCK * S_NS // SAMPLE_RATE_HZ, BLOCK) is not None
    first = said.get(timeout=10)
    assert "took 70%" in first and "move into the bed" in first
    assert mix.overloads[0].allowed == 4 and mix.overloads[0].report.most_demoted == 2
    for k in range(120, 3000):
        player(k * BLOCK * S_NS // SAMPLE_RATE_HZ, BLOCK)
        if mix.overloads[0].allowed is None:
            break
    assert "by itself again" in said.get(timeout=10)
    loader.close()
    assert said.empty()


def test_a_line_that_is_said_does_not_drop_what_is_wished() -> None:
    room, said = Room(), queue.Queue[str]()
    loader = Loader(room.clips, said)
    loader.want([f"gone{k}.flac" for k in range(20)])
    loader.tell("something else")
    heard = [said.get(timeout=10) for _ in range(21)]
    loader.close()
    assert "something else" in heard
    assert sum("cannot be read" in line for line in heard) == 20


def test_seams_are_measured_by_the_loader_before_they_come() -> None:
    room = Room()
    for _ in range(2):
        bed = room.sound(
            "same", tone(1.0), loop=True, tail=False, for_s=0.5, fade_in_samples=4800, fade_out_samples=4800
        )
        room.scene(bed, seconds=0.5)
    block = LocalBlock()
    block.publish(run((0.0, 0, 0.0, 1, SegmentKind.START), (0.5, 1, 0.0, 1, SegmentKind.START)))
    stop = threading.Event()
    output, mix = Recorder(stop, blocks=0), room.mix(live=True)
    loader = Loader(room.clips, queue.Queue[str]())
    player = Player(block, mix, loader, stop, output, ManualClock(0))
    player(0, BLOCK)
    loader.close()  # after what it was asked so far
    for k in range(1, 120):
        player(k * BLOCK * S_NS // SAMPLE_RATE_HZ, BLOCK)
    (pair,) = mix.mixers[0].plan.pairs()
    alike = mix.mixers[0].likenesses.of(pair)
    assert alike is not None and alike.power_a > 0
    assert mix.mixers[0].likenesses.late == 0


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


def test_a_file_that_holds_no_numbers_is_said_once_by_name(tmp_path: Path) -> None:
    samples = np.ones((4800, 1), np.float32) / 8
    samples[100] = np.nan
    soundfile.write(str(tmp_path / "broken.wav"), samples, SAMPLE_RATE_HZ, subtype="FLOAT")
    clips, said = ClipCache(tmp_path), queue.Queue[str]()
    loader = Loader(clips, said)
    loader.want(["broken.wav"])
    line = said.get(timeout=10)
    loader.want(["broken.wav", "gone.flac"])
    assert "gone.flac" in said.get(timeout=10)
    loader.close()
    assert "broken.wav: holds samples that are no numbers" in line and said.empty()
    clip = clips.get("broken.wav")
    assert np.isfinite(clip.samples).all() and clip.peaks.max() == 0.125


def test_a_decoder_that_fails_in_a_way_of_its_own_does_not_end_the_loader() -> None:
    def broken(file: str) -> Clip:
        raise RuntimeError("out of order")

    said = queue.Queue[str]()
    loader = Loader(ClipCache(Path("."), makers={"odd:": broken}), said)
    loader.want(["odd:1"])
    assert "odd:1: RuntimeError: out of order" in said.get(timeout=10)
    loader.want(["missing.flac"])
    assert "missing.flac" in said.get(timeout=10)
    loader.close()


def test_what_was_silenced_or_came_too_late_is_said_once_and_counted_at_the_end() -> None:
    room, block = tone_show()
    stop, said = threading.Event(), queue.Queue[str]()
    output, mix = Recorder(stop, blocks=0), room.mix(live=True)
    loader = Loader(room.clips, said)
    player = Player(block, mix, loader, stop, output, ManualClock(0))
    player(0, BLOCK)
    assert told_of(mix) == ""
    room.clips.get("t").samples[0, 3000] = np.nan
    mix.mixers[0].likenesses.late = 2
    for k in range(1, 300):
        player(k * BLOCK * S_NS // SAMPLE_RATE_HZ, BLOCK)
    loader.close()
    lines = [said.get_nowait() for _ in range(said.qsize())]
    assert sum("was silenced" in line for line in lines) == 1
    assert sum("two sounds met" in line for line in lines) == 1 and len(lines) == 2
    assert "2 seams came before they were measured" in told_of(
        mix
    ) and "no sound and were silenced" in told_of(mix)


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
