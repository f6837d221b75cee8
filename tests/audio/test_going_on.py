"""What sounds goes on, whatever is published: without a step, without a slip, and not a second time."""

from __future__ import annotations

import dataclasses
import queue
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.audio.acoustics.reverb import Reverberation
from engine.audio.acoustics.scene import scene_acoustics
from engine.audio.clips import SAMPLE_RATE_HZ, ClipCache, clip_of
from engine.audio.grid import Grid
from engine.audio.mixer import Mixer
from engine.audio.objects import ObjectMaker
from engine.audio.plan import plan
from engine.audio.process import Loader
from engine.audio.sounds import Pose, ReactionSounds, SeatPlace, SoundBook
from engine.time.publisher import MAX_CONTROLS, MAX_REACTIONS, MAX_SEGMENTS, TransportWriter
from engine.time.segments import ROOM, SegmentKind
from engine.time.shared import LocalBlock
from engine.timeline.acoustics import AcousticsSpec, RoomSpec, SoundSpace
from tests.audio.rooms import S_FL, S_NS, Room, heard, noise, run, tone

FS = SAMPLE_RATE_HZ
BLOCK = 256
START, CONTINUE, LOOP, SEEK = SegmentKind.START, SegmentKind.CONTINUE, SegmentKind.LOOP, SegmentKind.SEEK
AHEAD = SeatPlace(0.0, 0.0, 1.0)
VAULT = RoomSpec("vault", (0.0, 0.0, 1.5), (4.2, 14.0, 3.0), 0.0, (0.4,) * 7)


def told(
    mixer: Mixer, seconds: float, rows: list[tuple[float, Callable[[TransportWriter], object]]]
) -> np.ndarray:
    """What is heard from host instant 0 on, where rows are published at host seconds."""
    block = LocalBlock()
    writer = TransportWriter(block)
    left = list(rows)
    out = []
    for first in range(0, round(seconds * FS), BLOCK):
        while left and left[0][0] * FS <= first:
            left.pop(0)[1](writer)
        out.append(mixer.render(block.read(), -(-first * 62_500 // 3), BLOCK))
    return np.concatenate(out)[:, 0]


def row(
    from_s: float, scene: int, at_s: float, kind: SegmentKind, rate: int = 1
) -> Callable[[TransportWriter], object]:
    return lambda writer: writer.append(
        from_ns=round(from_s * S_NS), scene=scene, at_fl=round(at_s * S_FL), kind=kind, rate=rate
    )


def sharpest(samples: np.ndarray) -> float:
    """Highest third difference: a step of x gives up to 3 x, a tone of 220 Hz next to nothing."""
    return float(np.abs(np.diff(samples, 3)).max())


def in_vault(room: Room) -> Mixer:
    """A mixer whose first scene is a vault."""
    acoustics, rooms = scene_acoustics([AcousticsSpec((VAULT,)), *(None for _ in room.book.scenes[1:])])
    scenes = zip(room.book.scenes, acoustics, strict=True)
    return Mixer(
        SoundBook(tuple(dataclasses.replace(scene, acoustics=one) for scene, one in scenes), rooms),
        room.clips,
    )


def test_a_loop_goes_on_when_its_beginning_is_forgotten() -> None:
    # A scene that waits goes round again and again; the transport keeps the last laps only.
    room = Room()
    room.scene(room.sound("loop", tone(1.0, 220.0), loop=True, tail=False, place=AHEAD), seconds=8.0)
    mixer = room.mixer()
    block = LocalBlock()
    writer = TransportWriter(block)
    row(0.0, 0, 0.0, START)(writer)
    lap_s, laps = 0.0171, MAX_SEGMENTS + 4
    out = []
    for k in range(1, laps):
        row(lap_s * k, 0, 0.5, LOOP)(writer)
        if k > MAX_SEGMENTS - 4:
            from_s = lap_s * (k - 1)
            out.append(heard(mixer, block.read(), from_s, from_s + lap_s))
    joined = np.concatenate(out)[:, 0]
    begin = round((MAX_SEGMENTS - 4) * lap_s * FS)
    assert np.allclose(
        joined[2400:], (tone(2.0, 220.0) * np.sqrt(0.5))[begin:][: joined.size][2400:], atol=5e-3
    )


def test_a_reaction_of_long_ago_is_not_heard_again() -> None:
    # A show that follows a clock: its speed is told anew so often that all that is known is later than the reaction.
    room = Room()
    strike = room.sound("strike", tone(6.0), place=AHEAD)
    room.scene(seconds=600.0, reactions=(ReactionSounds((strike,), 6 * S_FL),))
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    writer.react(scene=0, reaction=0, seat=ROOM, from_ns=S_NS // 10)
    for k in range(MAX_SEGMENTS + 6):
        at_ns = 20 * S_NS + k * S_NS // 30
        writer.append(from_ns=at_ns, scene=0, at_fl=writer.transport.at(at_ns).at_fl, kind=CONTINUE)
    assert np.abs(heard(room.mixer(), block.read(), 22.0, 22.1)).max() == 0.0


def test_music_does_not_step_when_a_line_is_told_shortly_before_it_begins() -> None:
    room = Room()
    line = room.sound("line", np.zeros(FS, np.float32), bus="voice", place=AHEAD)
    room.scene(
        room.sound("music", tone(2.0, 220.0), bus="music", place=AHEAD), seconds=4.0,
        reactions=(ReactionSounds((line,), S_FL),),
    )  # fmt: skip
    rows = [
        (0.0, row(0.0, 0, 0.0, START)),
        (0.2, lambda writer: writer.react(scene=0, reaction=0, seat=ROOM, from_ns=S_NS * 22 // 100)),
        (0.4, lambda writer: writer.control(from_ns=S_NS * 39 // 100, intensities=(0.5,) * 9)),
    ]
    out = told(room.mixer(), 0.5, rows)
    assert np.abs(out[-2000:]).max() < 0.12
    assert sharpest(out) < 2e-3


@pytest.mark.parametrize(("space", "late_s"), [("plain", 0.01), ("travel", 0.04), ("vault", 0.04)])
def test_what_a_late_row_cuts_does_not_click(space: str, late_s: float) -> None:
    room = Room()
    spec = SoundSpace(doppler="travel" if space == "travel" else "off")
    low = room.sound("low", tone(2.0, 220.0), place=lambda _: (0.0, 3.0, 1.5), tail=False, space=spec)
    room.scene(low, seconds=4.0, pose=lambda _: Pose(0.0, 0.0, 1.5, 0.0))
    room.scene(seconds=4.0)
    mixer = room.mixer()
    if space == "vault":
        mixer = in_vault(room)
    out = told(mixer, 0.25, [(0.0, row(0.0, 0, 0.0, START)), (0.15, row(0.15 - late_s, 1, 0.0, START))])
    assert sharpest(out[2400:]) < 1e-3


def test_a_loop_stays_where_it_is_when_its_scene_goes_round_again() -> None:
    # A boat leaves a bell behind, and is back beside it with every lap.
    room = Room()
    bell = room.sound("bell", tone(1.0, 220.0), loop=True, tail=False, place=lambda _: (0.0, 2.0, 0.0))
    room.scene(bell, seconds=8.0, pose=lambda fl: Pose(0.0, -40.0 * fl / S_FL, 0.0, 0.0))
    out = heard(room.mixer(), run((0.0, 0, 0.0, 1, START), (0.21, 0, 0.01, 1, LOOP)), 0.0, 0.4)[:, 0]
    first, second = (np.abs(out[at : at + 4000]).max() for at in (1000, 1000 + FS // 5))
    assert second == pytest.approx(first, rel=0.05)


def test_a_tail_does_not_step_where_the_guest_is_elsewhere_at_once() -> None:
    _, rooms = scene_acoustics([AcousticsSpec((VAULT,))])
    reverberation = Reverberation(rooms, "numpy")
    n = 480
    sound = noise(0.5, 3)[None]
    out = []
    for k in range(20):
        hoa = np.zeros((16, n), np.float32)
        level = 1.0 if k < 12 else 0.0
        send = np.ones((2, 1, 1), np.float32)
        reverberation.add(sound[:, k * n : (k + 1) * n], send, {0: (level, level)}, hoa)
        out.append(hoa[0])
    joined = np.concatenate(out)
    inside = joined[8 * n : 12 * n]
    assert np.abs(joined[13 * n :]).max() == 0.0
    step = joined[12 * n : 12 * n + 24]
    assert np.std(step) > 0.3 * np.std(inside)


@pytest.mark.parametrize("doppler", ["off", "travel"])
def test_what_is_elsewhere_at_once_does_not_click(doppler: str) -> None:
    # In a vault its reflections arrive at other times from one sample to the next, with Doppler it does itself.
    room = Room()
    space = SoundSpace(doppler="travel" if doppler == "travel" else "off")
    low = room.sound(
        "low", tone(1.0, 220.0), space=space, place=lambda fl: (0.0, 6.0 if fl > S_FL // 10 else 1.0, 1.5)
    )
    room.scene(low, seconds=4.0, pose=lambda _: Pose(0.0, 0.0, 1.5, 0.0))
    out = heard(in_vault(room), run((0.0, 0, 0.0, 1, START)), 0.0, 0.13)[:, 0]
    assert sharpest(out[4000:]) < 3e-3


def test_a_reaction_that_comes_nearer_than_foreseen_begins_with_its_first_sample() -> None:
    # When it begins nobody knows beforehand, nor how near the guest will be.
    outs = []
    for doppler, nearest_m in (("off", 0.0), ("pitch", 10.0)):
        room = Room()
        spec = SoundSpace(doppler="pitch" if doppler == "pitch" else "off")
        low = room.sound(
            "low", tone(1.0, 220.0), place=lambda _: (0.0, 1.0, 0.0), space=spec, nearest_m=nearest_m
        )
        room.scene(low, seconds=4.0)
        outs.append(heard(room.mixer(), run((0.02, 0, 0.0, 1, START)), 0.0, 0.05))
    assert np.array_equal(*outs)


def test_nothing_grows_with_the_show() -> None:
    room = Room()
    strike = room.sound("strike", tone(0.01), place=AHEAD)
    room.scene(seconds=600.0, reactions=(ReactionSounds((strike,), S_FL),))
    mixer = room.mixer(live=True)
    maker = ObjectMaker(room.book, ClipCache(Path(".")), live=True)
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    for k in range(200):
        writer.react(scene=0, reaction=0, seat=ROOM, from_ns=k * 10_000_000)
        if k % 50 == 49:
            mixer.render(block.read(), 0, BLOCK)
    assert len(mixer._delays) <= 3 * MAX_REACTIONS
    (voice, *_) = mixer.plan.voices
    for k in range(9000):
        maker._clip(dataclasses.replace(voice, zero=k))
    assert maker.late_clips == 9000
    assert len(maker._waiting) <= 4096


def test_a_line_is_spoken_to_its_end_in_its_language_when_that_is_forgotten() -> None:
    # Somebody chooses another language, and then moves sliders: the transport keeps the last few of the controls.
    room = Room()
    english, chinese = tone(1.0, 220.0), tone(1.0, 330.0)
    line = room.sound("en", english, bus="voice", place=AHEAD)
    room.sound("zh", chinese)
    room.scene(dataclasses.replace(line, by_language={0: ("en", english.size), 1: ("zh", chinese.size)}))
    rows = [(0.0, row(0.0, 0, 0.0, START))]
    rows.append((0.02, lambda writer: writer.control(from_ns=S_NS // 40, language=1)))
    for k in range(MAX_CONTROLS + 1):
        rows.append(
            (0.03 + 0.001 * k, lambda writer: writer.control(from_ns=S_NS // 20, intensities=(1.0,) * 9))
        )
    out = told(room.mixer(), 0.1, rows)
    assert np.allclose(out, english[: out.size] * np.sqrt(0.5), atol=1e-5)


def test_what_is_heard_first_is_not_dropped_for_what_comes_later(tmp_path: Path) -> None:
    # More is wished for than there is room for: the scenes that may come next are decoded after the one that is on.
    made = {name: clip_of(tone(0.5)) for name in "abcd"}
    clips = ClipCache(tmp_path, budget_bytes=230_000, makers=dict.fromkeys(made, made.__getitem__))
    said: queue.Queue[str] = queue.Queue()
    loader = Loader(clips, said)
    loader.want(["a", "b", "c", "d"])
    line = said.get(timeout=2)
    loader.close()
    assert "c: no room" in line
    assert said.empty()
    assert [name for name in made if clips.ready(name) is not None] == ["a", "b"]


def test_a_plan_of_all_that_is_known_is_made_within_a_block() -> None:
    # It is made in a device's call. What is counted is Python's calls, which are the same on every machine: 25000 took 7 ms, a block is 5.
    room = Room()
    silence = np.zeros(FS, np.float32)
    shots = [room.sound("shot", silence, at_s=k * 0.5, place=AHEAD) for k in range(30)]
    loops = [room.sound("loop", silence, loop=True, tail=False, place=AHEAD) for _ in range(10)]
    room.scene(*shots, *loops, seconds=120.0, reactions=(ReactionSounds(tuple(shots[:3]), 2 * S_FL),))
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    for k in range(1, MAX_SEGMENTS + 1):
        writer.append(from_ns=k * S_NS, scene=0, at_fl=k * S_FL, kind=CONTINUE)
        writer.react(scene=0, reaction=0, seat=ROOM, from_ns=k * S_NS)
    calls = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        plan(block.read(), room.book, Grid(0), since=MAX_SEGMENTS * FS)
    finally:
        sys.setprofile(None)
    assert calls < 16_000
