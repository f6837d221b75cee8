"""The worst second across a seam: two scenes, each analysed once, that follow each other.

The transitions of two courses played one after the other are at most those of each for itself and, per cell, one more that
begins in the first and ends in the second. (A series of alternating changes is cut by the seam into a series of each
course and at most one change across it; `engine.safety.flash.turns` counts the longest series of each, from an unknown
beginning.) That one more is possible only where the extremes that the first course has reached since its last transition
and those of the second up to its first one lie far enough apart, so a still cut between like pictures costs nothing; and
only the other way than the second course's first transition, for one the same way *is* that transition, complete earlier.

Where in the second course it is complete depends on the first, at the latest when the second's own first transition is.
For a second that spans the seam it is therefore counted at the seam, and for a second that lies behind it, at the instant
of the cell's own first transition: both are found and the larger count stands, which is never less than what the two
courses in one piece would have given cell by cell. How much more it can be is one transition a cell. (The count in a field
is taken of the same transitions; that it is never less either is tested, not proven.)
"""

from __future__ import annotations

from collections.abc import Sequence
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

    Both courses have to last for a second at least: a shorter one lets a second reach over two seams; join it to
    its neighbour first (`in_one`).

    Raises
    ------
    ValueError
        The two were seen through different views or judged by different rules.
    """
    _check(before, after)
    return SeamCount(
        *(
            max(_spanning(before, after, first, second), _behind(after, first, second))
            for first, second in ((before.general, after.general), (before.red, after.red))
        )
    )


def in_one(before: FlashEnds, after: FlashEnds) -> FlashEnds:
    """Two courses as one, with every transition that there may be: for scenes that are shorter than a second.

    The seam's own transitions stand at the seam and, where they may come later, at the cell's first one too.

    Raises
    ------
    ValueError
        The two were seen through different views or judged by different rules.
    """
    _check(before, after)
    shift_fl = before.to_fl - after.from_fl
    kinds = []
    for first, second in ((before.general, after.general), (before.red, after.red)):
        cut = _cut(first, second, after.fields.cells)
        turns = [*first.turns]
        if (cut.up | cut.down).any():
            turns.append(RecordedTurns(before.to_fl, np.flatnonzero(cut.up), np.flatnonzero(cut.down)))
        waiting = cut.more
        for one in second.turns:
            up, down = _flags(one, after.fields.cells)
            extra = (up | down) & waiting
            if extra.any():
                waiting = waiting & ~extra
                turns.append(
                    RecordedTurns(
                        one.at_fl + shift_fl, np.flatnonzero(down & extra), np.flatnonzero(up & extra)
                    )
                )
            turns.append(RecordedTurns(one.at_fl + shift_fl, one.up, one.down))
        kinds.append(
            KindEnds(
                first.rule,
                _either(first.head, second.head, ~_turned(first, after.fields.cells)),
                _either(second.tail, first.tail, ~_turned(second, after.fields.cells)),
                tuple(turns),
            )
        )
    return FlashEnds(after.fields, after.profile, before.from_fl, after.to_fl + shift_fl, kinds[0], kinds[1])


def _turned(kind: KindEnds, cells: int) -> Flags:
    turned = np.zeros(cells, dtype=bool)
    for one in kind.turns:
        turned[one.up] = True
        turned[one.down] = True
    return turned


def _either(one: Reach, other: Reach, both: Flags) -> Reach:
    """The first, widened by the second in the cells `both`, where the next transition may go either way."""
    return Reach(
        np.where(both, np.minimum(one.low, other.low), one.low),
        np.where(both, np.maximum(one.high, other.high), one.high),
        np.where(both, one.low_open | other.low_open, one.low_open),
        np.where(both, one.high_open | other.high_open, one.high_open),
        one.may_rise | both,
        one.may_fall | both,
    )


def _check(before: FlashEnds, after: FlashEnds) -> None:
    if before.profile != after.profile or not np.array_equal(before.fields.weights, after.fields.weights):
        raise ValueError(
            "two courses can be joined only when one view, its lamps and one profile are common to both"
        )


class _Cut(NamedTuple):
    """What may turn across a seam: up, down, and in which of these cells it is a transition more than the second course
    has by itself. In the others it is the second course's own first transition, only earlier."""

    up: Flags
    down: Flags
    more: Flags


def _cut(first: KindEnds, second: KindEnds, cells: int) -> _Cut:
    tail, head, rule = first.tail, second.head, first.rule
    up = tail.may_rise & rule.met(tail.low, head.high, tail.low_open | head.high_open)
    down = tail.may_fall & rule.met(head.low, tail.high, head.low_open | tail.high_open)
    way = np.zeros(cells, dtype=np.int8)
    for turns in second.turns:
        way[turns.up[way[turns.up] == 0]] = 1
        way[turns.down[way[turns.down] == 0]] = -1
    more = (up & (way != 1)) | (down & (way != -1))
    return _Cut(up, down, more)


def _spanning(before: FlashEnds, after: FlashEnds, first: KindEnds, second: KindEnds) -> int:
    """Seconds over the seam: the last of one, the cut at instant 0, the first of the other."""
    cells = after.fields.cells
    cut = _cut(first, second, cells)
    counter = Counter(after.fields, after.profile)
    for turns in first.turns:
        if turns.at_fl > before.to_fl - FLICKS_PER_SECOND:
            counter.add(turns.at_fl - before.to_fl, *_flags(turns, cells))
    counter.add(0, cut.up, cut.down)
    worst = counter.judge(0)[0]
    earlier = (cut.up | cut.down) & ~cut.more
    for turns in second.turns:
        at = turns.at_fl - after.from_fl
        if at >= FLICKS_PER_SECOND:
            break
        up, down = _flags(turns, cells)
        counter.add(at, up, down, earlier)
        earlier = earlier & ~(up | down)
        worst = max(worst, counter.judge(at)[0])
    return worst


def _behind(after: FlashEnds, first: KindEnds, second: KindEnds) -> int:
    """Seconds within the second course, with the cut's change counted where the cell first turns by itself."""
    cells = after.fields.cells
    waiting = _cut(first, second, cells).more
    counter = Counter(after.fields, after.profile)
    worst = 1 if waiting.any() and after.fields.total(waiting) > after.fields.limit else 0
    for turns in second.turns:
        up, down = _flags(turns, cells)
        extra = (up | down) & waiting
        if extra.any():
            waiting = waiting & ~extra
            # The change across the seam goes the other way than the one after it.
            counter.add(turns.at_fl, down & extra, up & extra)
        counter.add(turns.at_fl, up, down)
        worst = max(worst, counter.judge(turns.at_fl)[0])
    return worst


def _flags(turns: RecordedTurns, cells: int) -> tuple[Flags, Flags]:
    up, down = np.zeros(cells, dtype=bool), np.zeros(cells, dtype=bool)
    up[turns.up] = True
    down[turns.down] = True
    return up, down
