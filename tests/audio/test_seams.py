"""Seams on rendered samples, for loudspeakers and ears: not one sample slips, and offline is what was heard live, to the bit.

A tone of 997 Hz shares no period with any block, frame or bar, so that its phase tells where in the file a sample was read, to a
thousandth of a sample.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from engine.audio.acoustics.scene import scene_acoustics
from engine.audio.binaural import BinauralStage
from engine.audio.grid import Grid
from engine.audio.hrtf import HeadGrid, head_grid
from engine.audio.mixer import Mixer
from engine.audio.outputs import Output, stereo
from engine.audio.sounds import Pose, SeatPlace, SoundBook
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Pick
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind, Transport
from engine.time.shared import LocalBlock
from engine.timeline.acoustics import AcousticsSpec, RoomSpec
from engine.timeline.bars import BarGrid
from tests.audio.rooms import PLAIN, S_FL, S_NS, TONE_HZ, Room, noise, tone
from tests.show.fakes import FakeStory, make_package, make_scene, make_window

START, CONTINUE, LOOP = SegmentKind.START, SegmentKind.CONTINUE, SegmentKind.LOOP
FS = 48_000
STEP = 256
AHEAD = SeatPlace(0.0, 0.0, 1.5)
OUTPUTS = ("speakers", "binaural")
VAULT = RoomSpec("vault", (0.0, 0.0, 1.5), (4.2, 14.0, 3.0), 0.0, (0.4,) * 7)

At = Callable[[int], Transport]
"""What a follower reads at a host instant."""


@cache
def head() -> HeadGrid:
    return head_grid()


def mixer_of(book: SoundBook, room: Room, output: str, *, live: bool = True) -> Mixer:
    if live:
        room.clips.prefetch(file for scene in book.scenes for file in scene.files())
    made = stereo() if output == "speakers" else Output(output, BinauralStage(head()))
    return Mixer(book, room.clips, outputs=[made], settings=PLAIN, live=live)


def played(mixer: Mixer, at: At, seconds: float, step: int = STEP) -> np.ndarray:
    """What whoever follows hears from host instant 0 on: it reads the transport before each block. Shape (n, 2)."""
    grid = Grid(0)
    out = []
    for k in range(0, round(seconds * FS), step):
        out.append(mixer.render(at(grid.ns(k)), grid.ns(k), step))
        mixer.likenesses.measure(mixer.plan.pairs())  # as the loader does, between blocks
    return np.concatenate(out)


def told(*rows: tuple[float, float, int, float, int, SegmentKind]) -> At:
    """Transports of (published at, in force from, scene, scene second, speed, kind), host seconds."""
    block = LocalBlock()
    writer = TransportWriter(block)
    history: list[tuple[int, Transport]] = []
    for told_s, from_s, scene, at_s, rate, kind in rows:
        writer.append(
            from_ns=round(from_s * S_NS), scene=scene, at_fl=round(at_s * S_FL), rate=rate, kind=kind
        )
        history.append((round(told_s * S_NS), block.read()))
    return lambda ns: next((t for told_ns, t in reversed(history) if told_ns <= ns), Transport())


def tones() -> Room:
    """A first scene that is noise, and one of 997 Hz."""
    room = Room()
    room.scene(room.sound("noise", noise(4.0, 1), place=AHEAD, tail=False), seconds=2.0)
    room.scene(room.sound("tone", tone(4.0), place=AHEAD), seconds=4.0)
    return room


def slip(found: np.ndarray, wanted: np.ndarray, at: int) -> float:
    """Samples by which the tone lies later than it should, over 0.2 s from sample `at`, the worse ear's."""
    window = np.hanning(9600)[:, None]
    turn = np.exp(-2j * np.pi * TONE_HZ * np.arange(9600) / FS)[:, None]
    a, b = (np.sum(x[at : at + 9600] * window * turn, axis=0) for x in (found, wanted))
    assert np.abs(np.abs(a) / np.abs(b) - 1).max() < 10 ** (0.1 / 20) - 1, "level within 0.1 dB"
    late = -np.angle(a / b) / (2 * np.pi * TONE_HZ / FS)
    return float(late[np.argmax(np.abs(late))])


@cache
def reference(output: str) -> np.ndarray:
    """The tone from sample 0 on, no seam before it."""
    room = tones()
    return played(mixer_of(room.book, room, output), told((0, 0, 1, 0, 1, START)), 2.0)


def told_at_once(end: Transport) -> At:
    return lambda _: end


def seam_row(told_s: float, from_s: float) -> tuple[float, float, int, float, int, SegmentKind]:
    return (told_s, from_s, 1, 0.0, 1, START)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("told_s", [0.1, 0.432], ids=["announced", "late"])
def test_a_branch_lands_on_its_sample(output: str, told_s: float) -> None:
    # An instant between two samples; published long before, or a hundredth of a second after it.
    room = tones()
    from_s = 0.422_003_217
    at = told((0, 0, 0, 0, 1, START), seam_row(told_s, from_s))
    out = played(mixer_of(room.book, room, output), at, 1.0)
    begin = round(from_s * FS)
    late = slip(out[begin:], reference(output), 4800)
    print(f"{output}: {late:+.6f} samples")
    assert abs(late) < 1e-3


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_hold_goes_on_with_the_sample_it_reached(output: str) -> None:
    room = tones()
    held = Fraction(321_234_567, S_NS)
    at = told(
        (0, 0, 1, 0, 1, START), (0.2, float(held), 1, float(held), 0, CONTINUE),
        (0.4, 0.512_345_678, 1, float(held), 1, CONTINUE),
    )  # fmt: skip
    out = played(mixer_of(room.book, room, output), at, 1.0)
    stood = Grid(0).first(512_345_678) - Grid(0).first(321_234_567)
    late = slip(out[stood:], reference(output), 18_000)
    print(f"{output}: {late:+.6f} samples")
    assert abs(late) < 1e-3


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_commit_that_waits_for_its_bar_lands_on_the_bars_sample(output: str) -> None:
    # Half notes at 97 beats a minute begin on no sample. Decided in the middle of one.
    bar_fl = Fraction(60 * S_FL, 97) / 2
    block = LocalBlock()
    package = make_package(
        make_scene(
            "one", 0, seconds=1.6, minimum=0.1, bars=BarGrid(bar_fl),
            window=make_window(show=0.05, open=0.1, close=1.2, commit=1.6, leave="early"),
        ),
        make_scene("two", 1, seconds=4),
    )  # fmt: skip
    story = FakeStory({"start": (["one"], {"on": "two"}, "on"), "two": (["two"], {}, None)})
    conductor = Conductor(
        package=package, story=story, writer=TransportWriter(block), record=lambda *_, **__: None
    )
    conductor.start(0, from_ns=0)

    def at(ns: int) -> Transport:
        conductor.advance(ns)
        if not conductor.choices and ns >= 300_000_000:
            conductor.handle(Pick(0, "on", by="mouse"), ns)
        return block.read()

    room = tones()
    out = played(mixer_of(room.book, room, output), at, 1.5)
    # 0.3 s and the window's own 0.4 s after it: the third bar, at 0.93 s.
    begin = round(float(3 * bar_fl) / S_FL * FS)
    assert begin / FS == pytest.approx(0.9278, abs=1e-4)
    assert block.read().segments[1].from_ns == pytest.approx(float(3 * bar_fl) / S_FL * S_NS, abs=2)
    late = slip(out[begin:], reference(output), 4800)
    print(f"{output}: {late:+.6f} samples")
    assert abs(late) < 1e-3


# ---- offline is live


def story_room(with_rooms: bool, voice: str) -> tuple[Room, SoundBook]:
    """Two scenes with a voice, music that crosses, an object that passes, one stereo, one in a vault where asked."""
    room = Room()
    for k in range(2):
        bed = room.sound(
            f"bed{k}", noise(0.7, k), loop=True, tail=False, for_s=1.5, bus="music",
            fade_in_samples=9600, fade_out_samples=9600,
        )  # fmt: skip
        wide = np.stack([tone(1.0, 220.0), tone(1.0, 330.0)], axis=1)
        music = room.sound(
            "music", wide, loop=True, tail=False, bus="music", fade_in_samples=4800, fade_out_samples=4800
        )
        line = room.sound(f"line{k}", noise(0.2, 5 + k), at_s=0.2, place=SeatPlace(40, 0, 1), bus=voice)
        moving = room.sound(
            f"moving{k}", noise(1.2, 8 + k), at_s=0.05, place=lambda fl: (2.0 - 3.0 * fl / S_FL, 1.5, 1.7)
        )
        room.scene(bed, music, line, moving, seconds=1.5, pose=lambda fl: Pose(0, fl / S_FL, 1.7, 10.0))
    book = room.book
    if with_rooms:
        acoustics, rooms = scene_acoustics([AcousticsSpec(rooms=(VAULT,)), AcousticsSpec()])
        pairs = zip(book.scenes, acoustics, strict=True)
        book = SoundBook(tuple(dataclasses.replace(s, acoustics=a) for s, a in pairs), rooms)
    return room, book


def branches(seed: int, seconds: float) -> At:
    """A random run: branches, holds, laps, each told 20 to 120 ms ahead."""
    rng = np.random.default_rng(seed)
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    history = [(0, block.read())]
    at_ns = 0
    while True:
        at_ns += int(rng.integers(130_000_000, 260_000_000))
        if at_ns > seconds * S_NS:
            return lambda ns: next(t for told_ns, t in reversed(history) if told_ns <= ns)
        now = writer.transport.at(at_ns)
        kind = ["branch", "branch", "hold", "lap"][int(rng.integers(4))]
        if kind == "branch":
            writer.append(from_ns=at_ns, scene=1 - now.scene)
        elif kind == "lap":
            writer.append(from_ns=at_ns, scene=now.scene, at_fl=now.at_fl // 2, kind=LOOP)
        else:
            rate = int(writer.transport.segments[-1].rate_num == 0)
            writer.append(from_ns=at_ns, scene=now.scene, at_fl=now.at_fl, rate=rate, kind=CONTINUE)
        history.append((at_ns - int(rng.integers(20_000_000, 120_000_000)), block.read()))


@pytest.mark.parametrize(
    ("output", "with_rooms"),
    [
        ("speakers", True),
        pytest.param("speakers", False, marks=pytest.mark.long),
        pytest.param("binaural", True, marks=pytest.mark.long),
        pytest.param("binaural", False, marks=pytest.mark.long),
    ],
)
def test_offline_is_what_was_heard_live(output: str, with_rooms: bool) -> None:
    # A step back under speech begins ahead of a voice, and is taken back where a branch leaves the voice out. So offline reads what was
    # published when, as the show's own rendering does. Whatever else there is follows from how the run turned out alone.
    for seed, voice in ((1, "voice"), (2, "effects")):
        at = branches(seed, 0.7)
        room, book = story_room(with_rooms, voice)
        live = played(mixer_of(book, room, output), at, 0.8)
        end = at(1 << 60)
        room, book = story_room(with_rooms, voice)
        mixer = mixer_of(book, room, output, live=False)
        offline = played(mixer, at, 0.8) if voice == "voice" else played(mixer, told_at_once(end), 0.8, 9600)
        assert len(end.segments) >= 3
        assert np.abs(live).max() > 0.05
        assert np.array_equal(live[: len(offline)], offline[: len(live)])
