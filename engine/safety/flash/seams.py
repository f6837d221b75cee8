"""The worst second across a seam: two scenes, each analysed once, that follow each other.

The transitions of two courses played one after the other are those of each for itself, but for one change a cell: the one that
begins in the first course and ends in the second. A cell that last rose waits for a fall from the highest value since,
and the second course may bring it before, or instead of, the cell's own first transition there. So the first course
leaves its extremes since each cell's last transition, the second one the steps by which each cell reached its first
transition, and the change across is the first step that lies far enough from the extreme. Where it goes the same way as the
cell's own first transition it takes that one's place (it is the same change, complete earlier); otherwise it comes
before it. From then on the cell is followed as it was in the second course alone: all transitions are those of both
in one piece, at the same instants.

The count in place is therefore what the meter would have found. The count in a field depends on which way the field's last
change went, which nobody knows behind a seam; it is bounded by the longest series of alternating changes that any second
holds, whichever way it begins. The meter's own series within that second is one such, so it is never longer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.counting import InPlace
from engine.safety.flash.fields import Fields
from engine.safety.flash.profiles import FlashProfile
from engine.safety.flash.turns import Reach, Step, TurnRule
from engine.time.flicks import FLICKS_PER_SECOND

Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


class RecordedTurns(NamedTuple):
    """Which cells turned at an instant, by index."""

    at_fl: int
    up: Indices
    down: Indices


@dataclass(frozen=True, slots=True, eq=False)
class KindEnds:
    """One kind of flash: its rule, the steps to every cell's first transition, how far each went since its last, and every
    transition."""

    rule: TurnRule
    steps: tuple[Step, ...]
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

    It is exact but for the count in a field (see above), and where it is more than what is allowed, by as much as it likes.
    Both courses have to last for a second at least: a shorter one lets a second reach over two seams; join it to
    its neighbour first (`in_one`).

    Raises
    ------
    ValueError
        The two were seen through different views or judged by different rules.
    """
    _check(before, after)
    return SeamCount(*(_worst(before, after, *kinds) for kinds in _kinds(before, after)))


def in_one(before: FlashEnds, after: FlashEnds) -> FlashEnds:
    """Two courses as one, for scenes that are shorter than a second.

    Raises
    ------
    ValueError
        The two were seen through different views or judged by different rules.
    """
    _check(before, after)
    shift_fl = before.to_fl - after.from_fl
    kinds = []
    for first, second in _kinds(before, after):
        cells = after.fields.cells
        turns = [*first.turns, *(_shifted(one, shift_fl) for one in _second(first, second))]
        still = ~_turned(first.turns, cells)
        steps = [
            _kept(one._replace(at_fl=one.at_fl + shift_fl, since_fl=one.since_fl + shift_fl), still)
            for one in second.steps
        ]
        kinds.append(KindEnds(first.rule, (*first.steps, *steps), _last(first, second, cells), tuple(turns)))
    return FlashEnds(after.fields, after.profile, before.from_fl, after.to_fl + shift_fl, kinds[0], kinds[1])


def _kinds(
    before: FlashEnds, after: FlashEnds
) -> tuple[tuple[KindEnds, KindEnds], tuple[KindEnds, KindEnds]]:
    return (before.general, after.general), (before.red, after.red)


def _check(before: FlashEnds, after: FlashEnds) -> None:
    if before.profile != after.profile or not np.array_equal(before.fields.weights, after.fields.weights):
        raise ValueError(
            "two courses can be joined only when one view, its lamps and one profile are common to both"
        )


def _shifted(turns: RecordedTurns, by_fl: int) -> RecordedTurns:
    return RecordedTurns(turns.at_fl + by_fl, turns.up, turns.down)


def _kept(step: Step, cells: Flags) -> Step:
    which = cells[step.cells]
    return step._replace(cells=step.cells[which], values=step.values[which], opened=step.opened[which])


def _turned(turns: Sequence[RecordedTurns], cells: int) -> Flags:
    turned = np.zeros(cells, dtype=bool)
    for one in turns:
        turned[one.up] = True
        turned[one.down] = True
    return turned


def _last(first: KindEnds, second: KindEnds, cells: int) -> Reach:
    """How far both together went. A cell that did not turn in the second keeps the extremes of both, and may go either way
    where it turned at the seam: that can only add."""
    one, other = second.tail, first.tail
    both = ~_turned(second.turns, cells)
    crossed = _turned(_second(first, second), cells) & both
    lower, higher = other.low < one.low, other.high > one.high
    return Reach(
        np.where(both & lower, other.low, one.low),
        np.where(both & higher, other.high, one.high),
        np.where(both, one.low_open | other.low_open, one.low_open),
        np.where(both, one.high_open | other.high_open, one.high_open),
        np.where(both, other.may_rise | crossed, one.may_rise),
        np.where(both, other.may_fall | crossed, one.may_fall),
    )


def _second(first: KindEnds, second: KindEnds) -> list[RecordedTurns]:
    """The second course's transitions as they are behind the first, in its own time."""
    cells = first.tail.low.size
    first_at = np.full(cells, np.iinfo(np.int64).max, dtype=np.int64)
    first_way = np.zeros(cells, dtype=np.int8)
    for turns in second.turns:
        for way, which in ((1, turns.up), (-1, turns.down)):
            fresh = which[first_way[which] == 0]
            first_at[fresh], first_way[fresh] = turns.at_fl, way
    tail, rule = first.tail, first.rule
    rising, falling = tail.may_rise.copy(), tail.may_fall.copy()
    across: list[RecordedTurns] = []
    replaced = np.zeros(cells, dtype=bool)
    for step in second.steps:
        at = step.cells
        up = rising[at] & rule.met(tail.low[at], step.values, tail.low_open[at] | step.opened)
        down = falling[at] & rule.met(step.values, tail.high[at], tail.high_open[at] | step.opened)
        down &= ~up
        if not (up | down).any():
            continue
        rising[at[up | down]] = falling[at[up | down]] = False
        when_fl = _met_at(step, rule, tail, bool(up[0])) if step.since_fl < step.at_fl else step.at_fl
        across.append(RecordedTurns(when_fl, at[up], at[down]))
        replaced[at[up]] = first_way[at[up]] == 1
        replaced[at[down]] = first_way[at[down]] == -1
    kept = []
    for turns in second.turns:
        up_of, down_of = (
            which[~(replaced[which] & (first_at[which] == turns.at_fl))] for which in (turns.up, turns.down)
        )
        if up_of.size or down_of.size:
            kept.append(RecordedTurns(turns.at_fl, up_of, down_of))
    return sorted([*across, *kept], key=lambda one: one.at_fl)


def _met_at(step: Step, rule: TurnRule, tail: Reach, up: bool) -> int:
    """When a lamp that goes straight was far enough from the extreme."""
    cell, end = int(step.cells[0]), float(step.values[0])
    level = rule.level_up(float(tail.low[cell])) if up else rule.level_down(float(tail.high[cell]))
    if end == step.since:
        return step.at_fl
    part = min(1.0, max(0.0, (level - step.since) / (end - step.since)))
    return step.since_fl + round((step.at_fl - step.since_fl) * part)


def _worst(before: FlashEnds, after: FlashEnds, first: KindEnds, second: KindEnds) -> int:
    fields, profile = after.fields, after.profile
    # Instants of the seam: the first course ends, and the second begins, at 0.
    begin_fl = -FLICKS_PER_SECOND - profile.concurrent_fl
    own = [_shifted(one, -before.to_fl) for one in first.turns if one.at_fl - before.to_fl > begin_fl]
    turns = [*own, *(_shifted(one, -after.from_fl) for one in _second(first, second))]
    in_place = InPlace(fields)
    worst = 0
    for one in turns:
        in_place.add(one.at_fl, _flags(one, fields.cells))
        if one.at_fl >= 0:
            worst = max(worst, in_place.level(one.at_fl)[0])
    return max(
        worst,
        in_place.level(0)[0] if turns and turns[-1].at_fl < 0 else 0,
        _in_field(fields, profile, turns, worst),
    )


def _flags(turns: RecordedTurns, cells: int) -> Flags:
    flags = np.zeros(cells, dtype=bool)
    flags[turns.up] = True
    flags[turns.down] = True
    return flags


def _moments(
    fields: Fields, profile: FlashProfile, turns: Sequence[RecordedTurns]
) -> Iterator[tuple[int, Flags, Flags]]:
    """When enough cells of a field changed together: instant, fields that rise, fields that fall."""
    recent: tuple[deque[tuple[int, Indices]], deque[tuple[int, Indices]]] = (deque(), deque())
    for one in turns:
        found = []
        for kept, which in zip(recent, (one.up, one.down), strict=True):
            while kept and kept[0][0] <= one.at_fl - profile.concurrent_fl:
                kept.popleft()
            moment = np.zeros(fields.fields, dtype=bool)
            if which.size:
                kept.append((one.at_fl, which))
                together = np.zeros(fields.cells, dtype=bool)
                for _, some in kept:
                    together[some] = True
                if fields.total(together) > fields.limit:
                    moment = fields.areas(together) > fields.limit
            found.append(moment)
        if found[0].any() or found[1].any():
            yield one.at_fl, found[0], found[1]


def _in_field(fields: Fields, profile: FlashProfile, turns: Sequence[RecordedTurns], known: int) -> int:
    """The longest series of alternating changes of a field in any second that ends at 0 or later; `known` is enough to beat."""
    moments = list(_moments(fields, profile, turns))
    if not moments:
        return 0
    instants = np.array([at for at, _, _ in moments], dtype=np.int64)
    rise, fall = np.stack([up for _, up, _ in moments]), np.stack([down for _, _, down in moments])
    sums = [
        np.concatenate([np.zeros((1, fields.fields), dtype=np.int32), one.cumsum(axis=0, dtype=np.int32)])
        for one in (rise, fall)
    ]
    # Seconds that end at a moment, and the one that ends at the seam.
    ends = sorted({max(0, int(at)) for at in instants})
    limits: list[tuple[int, int, int, Flags]] = []
    for end_fl in ends:
        first = int(np.searchsorted(instants, end_fl - FLICKS_PER_SECOND, side="right"))
        last = int(np.searchsorted(instants, end_fl, side="right"))
        ups, downs = (one[last] - one[first] for one in sums)
        at_most = np.minimum(ups + downs, 2 * np.minimum(ups, downs) + 1)
        limits.append((int(at_most.max()), first, last, at_most > known))
    worst = 0
    for at_most, first, last, which in sorted(limits, key=lambda one: -one[0]):
        if at_most <= max(worst, known):
            break
        if max(worst, known) > profile.allowed:
            # Too many already: how many too many is of no use, so what there can be at most stands.
            return at_most
        series = _series(
            instants[first:last], rise[first:last, which], fall[first:last, which], profile.concurrent_fl
        )
        worst = max(worst, series)
    return worst


def _series(instants: NDArray[np.int64], rise: Flags, fall: Flags, apart_fl: int) -> int:
    """Longest alternating series in one second: the earliest change that can be next is never a worse choice than a later one."""
    count = np.zeros(rise.shape[1], dtype=np.int32)
    last = np.zeros(rise.shape[1], dtype=np.int8)
    free = np.full((2, rise.shape[1]), np.iinfo(np.int64).min, dtype=np.int64)
    for at_fl, up, down in zip(instants.tolist(), rise, fall, strict=True):
        ripe_up, ripe_down = up & (free[0] <= at_fl), down & (free[1] <= at_fl)
        for way, ripe, other in ((0, ripe_up, 1), (1, ripe_down, -1), (0, ripe_up, 1)):
            now = ripe & (last != other) & (free[way] <= at_fl)
            last[now] = other
            free[way][now] = at_fl + apart_fl
            count += now
    return int(count.max(initial=0))
