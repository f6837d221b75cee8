"""The worst second across a seam: two scenes, each analysed once, that follow each other.

The transitions of two courses played one after the other are at most those of each for itself and, per cell, one more that
begins in the first and ends in the second. (A series of alternating changes is cut by the seam into a series of each
course and at most one change across it; `engine.safety.flash.turns` counts the longest series of each, from an unknown
beginning.) That one more is possible only where the extremes that the first course has reached since its last transition
and those of the second up to its first one lie far enough apart, so a still cut between like pictures costs nothing.

Where in the second course it is complete depends on the first, at the latest when the second's own first transition is.
For a second that spans the seam it is therefore counted at the seam, and for a second that lies behind it, at the instant
of the cell's own first transition: both are found and the larger count stands, which is never less than what the two
courses in one piece would have given. How much more it can be is one transition a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.counting import Counter
from engine.safety.flash.fields import Fields
from engine.safety.flash.profiles import FlashProfile
from engine.safety.flash.turns import Reach, TurnRule
from engine.time.flicks import FLICKS_PER_SECOND

Flags = NDArray[np.bool_]


class RecordedTurns(NamedTuple):
    """Which cells turned at an instant, by index."""

    at_fl: int
    up: NDArray[np.intp]
    down: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class KindEnds:
    """One kind of flash: its rule, how far beginning and end reach, and every transition."""

    rule: TurnRule
    head: Reach
    tail: Reach
    turns: tuple[RecordedTurns, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FlashEnds:
    """A course as it is joined to others. Both have to be seen through the same view, lamps and profile.

    Parameters
    ----------
    fields : Fields
        The view's fields.
    profile : FlashProfile
        The rules.
    from_fl, to_fl : int
        First and last instant, flicks of the course's own time.
    general, red : KindEnds
        What turned.
    """

    fields: Fields
    profile: FlashProfile
    from_fl: int
    to_fl: int
    general: KindEnds
    red: KindEnds


class SeamCount(NamedTuple):
    """Most transitions in any one second that begins in one course and ends in the next, or lies in the next one."""

    general: int
    red: int


def joined(reaches: Sequence[Reach]) -> Reach:
    """The cells of several, one behind the other."""
    return Reach(
        np.concatenate([one.low for one in reaches]),
        np.concatenate([one.high for one in reaches]),
        np.concatenate([one.low_open for one in reaches]),
        np.concatenate([one.high_open for one in reaches]),
        np.concatenate([one.may_rise for one in reaches]),
        np.concatenate([one.may_fall for one in reaches]),
    )


def worst_across(before: FlashEnds, after: FlashEnds) -> SeamCount:
    """An upper bound of the transitions of any second that `before` and `after` share, and of any second of `after`.

    Both courses have to last for a second at least; a shorter one can let a second reach over two seams.

    Raises
    ------
    ValueError
        The two were seen through different views or judged by different rules.
    """
    if before.profile != after.profile or not np.array_equal(before.fields.weights, after.fields.weights):
        raise ValueError("two courses can be joined only when one view, its lamps and one profile are common to both")
    return SeamCount(
        *(
            max(_spanning(before, after, first, second), _behind(after, first, second))
            for first, second in ((before.general, after.general), (before.red, after.red))
        )
    )


def _straddling(first: KindEnds, second: KindEnds) -> tuple[Flags, Flags]:
    """Cells in which a change up, and one down, may begin in the first course and end in the second."""
    tail, head, rule = first.tail, second.head, first.rule
    with np.errstate(invalid="ignore"):
        up = tail.may_rise & rule.met(tail.low, head.high, tail.low_open | head.high_open)
        down = tail.may_fall & rule.met(head.low, tail.high, tail.high_open | head.low_open)
    return up, down


def _spanning(before: FlashEnds, after: FlashEnds, first: KindEnds, second: KindEnds) -> int:
    """Seconds over the seam: the last of one, the cut at instant 0, the first of the other."""
    counter = Counter(after.fields, after.profile)
    worst = 0
    cells = after.fields.cells
    up, down = _straddling(first, second)
    for turns in first.turns:
        if turns.at_fl > before.to_fl - FLICKS_PER_SECOND:
            counter.add(turns.at_fl - before.to_fl, *_flags(turns, cells))
    counter.add(0, up, down)
    worst = max(worst, counter.judge(0)[0])
    for turns in second.turns:
        at = turns.at_fl - after.from_fl
        if at >= FLICKS_PER_SECOND:
            break
        counter.add(at, *_flags(turns, cells))
        worst = max(worst, counter.judge(at)[0])
    return worst


def _behind(after: FlashEnds, first: KindEnds, second: KindEnds) -> int:
    """Seconds within the second course, with the cut's change counted where the cell first turns by itself."""
    up, down = _straddling(first, second)
    waiting = up | down
    counter = Counter(after.fields, after.profile)
    worst = 1 if waiting.any() and after.fields.total(waiting) > after.fields.limit else 0
    for turns in _doubled(second.turns, waiting, after.fields.cells):
        counter.add(*turns)
        worst = max(worst, counter.judge(turns[0])[0])
    return worst


def _doubled(turns: Sequence[RecordedTurns], waiting: Flags, cells: int) -> Iterator[tuple[int, Flags, Flags]]:
    waiting = waiting.copy()
    for one in turns:
        up, down = _flags(one, cells)
        extra = (up | down) & waiting
        if extra.any():
            waiting &= ~extra
            # The change across the seam goes the other way than the one after it.
            yield one.at_fl, down & extra, up & extra
        yield one.at_fl, up, down


def _flags(turns: RecordedTurns, cells: int) -> tuple[Flags, Flags]:
    up, down = np.zeros(cells, dtype=bool), np.zeros(cells, dtype=bool)
    up[turns.up] = True
    down[turns.down] = True
    return up, down
