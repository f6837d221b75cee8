"""The grid: exact while the show runs at speed 1, bent with it while it follows a clock, and never torn."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.grid import FL_PER_SAMPLE, Grid, bends_the_grid
from engine.audio.plan import plan
from engine.time.publisher import TransportWriter
from engine.time.segments import SegmentKind, Transport
from engine.time.shared import LocalBlock
from tests.audio.rooms import S_FL, S_NS, Room, run, tone

CONTINUE = SegmentKind.CONTINUE


def followed(*rates: tuple[float, Fraction]) -> Transport:
    """A show from 0 that changes its rate at instants, position for position."""
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    for at_s, rate in rates:
        at_ns = round(at_s * S_NS)
        at_fl = writer.transport.at(at_ns).at_fl
        writer.append(from_ns=at_ns, scene=0, at_fl=at_fl, rate=rate, kind=CONTINUE)
    return block.read()


@given(st.integers(-(10**9), 10**12), st.integers(-(10**8), 10**10))
def test_instant_and_sample_are_each_others_inverse(epoch_ns: int, sample: int) -> None:
    grid = Grid(epoch_ns)
    at_ns = grid.ns(sample)
    assert grid.first(at_ns - 1) == sample  # the instant is the first whole nanosecond not before the sample
    assert 0 <= (at_ns - epoch_ns) * 3 - sample * 62_500 < 3


def test_a_show_at_speed_one_leaves_the_grid_alone() -> None:
    grid = Grid(5)
    assert grid.following(run((0.0, 0, 0.0, 1, SegmentKind.START)), 100) is grid
    held = run((0.0, 0, 0.0, 1, SegmentKind.START), (1.0, 0, 1.0, 0, CONTINUE), (2.0, 0, 1.0, 1, CONTINUE))
    assert grid.following(held, 100) is grid


def test_fifty_parts_per_million_are_samples_a_second() -> None:
    fast = followed((10.0, 1 + Fraction(50, 1_000_000)))
    grid = Grid(0).following(fast, 0)
    assert grid.place(10 * S_NS) == 480_000
    assert grid.place(20 * S_NS) == pytest.approx(480_000 + 480_024, abs=1e-6)
    assert grid.following(fast, 15 * S_NS) is grid
    assert grid.first(grid.ns(700_000)) == 700_000


def test_a_tenth_of_a_percent_is_followed_and_more_is_not() -> None:
    for ppm, follows in ((1000, True), (1001, False), (-1000, True), (0, False)):
        row = followed((1.0, 1 + Fraction(ppm, 1_000_000))).segments[-1]
        assert bends_the_grid(row) is follows


@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(-900, 900)), min_size=1, max_size=20))
def test_however_a_clock_is_followed_a_sound_lies_still_and_with_the_show(
    steps: list[tuple[int, int]],
) -> None:
    room = Room()
    room.scene(room.sound("t", tone(1.0), loop=True, tail=False), seconds=200.0)
    at_s, rows = 0.0, []
    for wait_ms, ppm in steps:
        at_s += wait_ms / 1000
        rows.append((at_s, 1 + Fraction(ppm, 1_000_000)))
    block = LocalBlock()
    writer = TransportWriter(block)
    writer.append(from_ns=0, scene=0)
    grid = Grid(0).following(block.read(), 0)
    zeros = set()
    # Rows come one by one, each 20 ms ahead, as a chase publishes them.
    for when_s, rate in rows:
        at_ns = round(when_s * S_NS)
        at_fl = writer.transport.at(at_ns).at_fl
        writer.append(from_ns=at_ns, scene=0, at_fl=at_fl, rate=rate, kind=CONTINUE)
        grid = grid.following(block.read(), max(0, at_ns - 20_000_000))
        zeros.update(voice.zero for voice in plan(block.read(), room.book, grid).voices)
    assert zeros == {0}
    end_ns = round(at_s * S_NS) + S_NS
    show = block.read().at(end_ns).at_fl / FL_PER_SAMPLE
    assert abs(grid.place(end_ns) - show) < 1.0
    assert S_FL == 48_000 * FL_PER_SAMPLE


def test_moving_the_grid_moves_its_bends() -> None:
    grid = Grid(0).following(followed((10.0, 1 + Fraction(500, 1_000_000))), 0)
    later = grid.moved(30_000_000)
    assert later.place(12 * S_NS + 30_000_000) == pytest.approx(grid.place(12 * S_NS))
