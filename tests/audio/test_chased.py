"""Sound while the show follows a clock: a little beside speed 1, and one-shots that a jump enters."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.audio.grid import Grid
from engine.audio.plan import ENTRY_SAMPLES, plan
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind, Transport
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_FL, S_NS, Room, heard, tone

CONTINUE, SEEK = SegmentKind.CONTINUE, SegmentKind.SEEK


def chased(seconds: int, ppm: int) -> Transport:
    """A row a second, each a little another speed around `ppm`."""
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    for k in range(1, seconds):
        writer.set_rate(k * S_NS, 1 + Fraction(ppm + 50 * (-1) ** k, 1_000_000))
    return block.read()


@pytest.mark.parametrize("ppm", [-400, 400])
def test_a_bed_sounds_on_without_a_hole_and_stays_with_the_show(ppm: int) -> None:
    room = Room()
    room.scene(room.sound("bed", tone(60.0, 220.0)), seconds=60.0)
    transport = chased(50, ppm)
    out = np.abs(heard(room.mixer(), transport, 0.0, 12.0)[:, 0])
    loudest = out[: len(out) // 4800 * 4800].reshape(-1, 4800).max(axis=1)
    assert loudest[1:].min() > 0.5 * np.median(loudest)
    grid = Grid(0).following(transport, 0)
    (voice,) = plan(transport, room.book, grid).voices  # one stretch of the file, whatever the clock does
    for at_s in (1.0, 20.5, 49.0):
        show_s = transport.at(round(at_s * S_NS)).at_fl / S_FL
        assert (grid.place(round(at_s * S_NS)) - voice.zero) / SAMPLE_RATE_HZ == pytest.approx(
            show_s, abs=2e-5
        )


def test_a_clock_that_is_caught_up_with_moves_the_sound_by_the_10_ms() -> None:
    room = Room()
    room.scene(room.sound("bed", tone(60.0, 220.0)), seconds=60.0)
    transport = chased(50, 5000)
    made = plan(transport, room.book, Grid(0).following(transport, 0))
    assert 20 < len(made.voices) < 30
    for voice in made.voices[1:]:
        middle = (voice.begin + min(voice.end, 48 * SAMPLE_RATE_HZ)) // 2
        show_s = transport.at(middle * S_NS // SAMPLE_RATE_HZ).at_fl / S_FL
        assert (middle - voice.zero) / SAMPLE_RATE_HZ == pytest.approx(show_s, abs=0.02)


def test_at_double_speed_it_is_silent_as_before() -> None:
    room = Room()
    room.scene(room.sound("bed", tone(20.0, 220.0)), seconds=20.0)
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    writer.set_rate(2 * S_NS, 2)
    out = np.abs(heard(room.mixer(), block.read(), 0.0, 4.0)[:, 0])
    assert out[: 2 * SAMPLE_RATE_HZ].max() > 0.05
    assert out[2 * SAMPLE_RATE_HZ + 10 * ENTRY_SAMPLES :].max() < 1e-4


@pytest.mark.parametrize(("run_from_s", "heard_then"), [(None, False), (1.0, True)])
def test_a_jump_enters_a_one_shot_only_where_it_says_so(run_from_s: float | None, heard_then: bool) -> None:
    room = Room()
    room.scene(room.sound("shot", tone(6.0, 220.0), at_s=1.0, resume=False), seconds=20.0)
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    writer.append(
        from_ns=S_NS // 2,
        scene=0,
        at_fl=3 * S_FL,
        kind=SEEK,
        run_from_fl=None if run_from_s is None else round(run_from_s * S_FL),
    )
    writer.set_rate(S_NS, Fraction(10_001, 10_000))  # the change of speed that follows must not let it in
    voices = plan(block.read(), room.book, Grid(0)).voices
    assert bool(voices) is heard_then
