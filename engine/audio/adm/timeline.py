"""When each gain holds: stretches of samples with the gains at their ends.

BS.2127-1, 7.2: a block that follows another at once glides from it over its interpolation length, then stays; one that follows nothing
begins as it is. Sample s belongs to a block when start <= s < end, in exact fractions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from engine.audio.adm.items import Common

FOREVER = 1 << 40
"""Later than any sample of any file."""


class Timed(Protocol):
    """A block with a time."""

    @property
    def rtime_s(self) -> Fraction | None:
        """From its object's start."""
        ...

    @property
    def duration_s(self) -> Fraction | None:
        """How long."""
        ...


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples [first, last) in which gains go in a straight line.

    Attributes
    ----------
    before, after : int
        Numbers of the blocks whose gains are mixed.
    share_first, share_last : float
        Of `after`, at sample `first` and at sample `last`; what is left is of `before`.
    """

    first: int
    last: int
    before: int
    after: int
    share_first: float
    share_last: float


def stretches(
    blocks: Sequence[Timed], common: Common, rate_hz: int, notes: list[str], *, glides: bool = True
) -> list[Stretch]:
    """The stretches of one track.

    Parameters
    ----------
    blocks : sequence
        In order of time.
    common : Common
        Of its object.
    rate_hz : int
    notes : list of str
        Gets what had to be mended: blocks that overlap, reach beyond their object or glide longer than they last.
    glides : bool
        False: every block begins as it is (loudspeakers' channels, Ambisonics).
    """
    ticks = _Ticks(blocks, common)
    found: list[Stretch] = []
    begin = ticks.of(common.start_s)
    object_end = None if common.duration_s is None else begin + ticks.of(common.duration_s)
    last_end: int | None = None
    mended: set[str] = set()
    for number, block in enumerate(blocks):
        start, end = _span(blocks, number, begin, object_end, ticks)
        if object_end is not None and (end is None or end > object_end):
            if end is not None:
                mended.add("blocks that end after their object")
            end = object_end
        if last_end is not None and start < last_end:
            mended.add("blocks that overlap")
            start = last_end
        if end is not None and end <= start:
            continue
        length_s = getattr(block, "interpolation_s", None)
        follows = glides and last_end is not None and start == last_end
        target: int | None = start
        if follows:
            target = end if length_s is None else start + ticks.of(length_s)
            if end is not None and target is not None and target > end:
                mended.add("blocks that glide longer than they last")
                target = end
        if target is None:
            target = start  # without an end there is nothing to glide over
        if target > start:
            first, last = ticks.sample(start, rate_hz), ticks.sample(target, rate_hz)
            if last > first:
                shares = (ticks.share(sample, start, target, rate_hz) for sample in (first, last))
                found.append(Stretch(first, last, number - 1, number, *shares))
        first, last = ticks.sample(target, rate_hz), FOREVER if end is None else ticks.sample(end, rate_hz)
        if last > first:
            found.append(Stretch(first, last, number, number, 1.0, 1.0))
        if end is None:
            break
        last_end = end
    for what in sorted(mended):
        notes.append(f"{common.name or 'a track'}: {what} are cut to fit")
    return found


class _Ticks:
    """Whole numbers for fractions of a second: all of a track's times on their common denominator, exact, and fast to compare."""

    def __init__(self, blocks: Sequence[Timed], common: Common) -> None:
        times = {common.start_s, common.duration_s}
        for block in blocks:
            times.update((block.rtime_s, block.duration_s, getattr(block, "interpolation_s", None)))
        self.per_s = math.lcm(*{time.denominator for time in times if time is not None})

    def of(self, time: Fraction) -> int:
        return time.numerator * (self.per_s // time.denominator)

    def sample(self, at: int, rate_hz: int) -> int:
        """The first sample not before."""
        return -(-at * rate_hz // self.per_s)

    def share(self, sample: int, start: int, end: int, rate_hz: int) -> float:
        """How much of the way from `start` to `end` a sample is."""
        return (sample * self.per_s - start * rate_hz) / ((end - start) * rate_hz)


def _span(
    blocks: Sequence[Timed], number: int, begin: int, object_end: int | None, ticks: _Ticks
) -> tuple[int, int | None]:
    block = blocks[number]
    if block.rtime_s is None:
        return begin, object_end if block.duration_s is None else begin + ticks.of(block.duration_s)
    start = begin + ticks.of(block.rtime_s)
    if block.duration_s is not None:
        return start, start + ticks.of(block.duration_s)
    # Only where it begins is said: until the next does.
    for later in blocks[number + 1 :]:
        if later.rtime_s is not None:
            return start, begin + ticks.of(later.rtime_s)
    return start, object_end
