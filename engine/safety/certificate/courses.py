"""What a seat is commanded while a piece of the story plays: the bus' own mapping and governor, for all pieces at once.

A governor remembers where it comes from only as long as it has not caught up: once the wanted samples are reached, what it commands is
what is wanted, whatever was before. So each piece is computed once, from rest where it begins (its *canonical* course), and each way
from one piece to the next only until the two courses have become one, to the last bit. What such a beginning adds is the difference.

Instants are counted from the piece's beginning. In a show they lie on the bus' own grid, anywhere within one period of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.bus.driver import Driver, Form
from engine.bus.fleet import BatchMapper
from engine.bus.governor import GovernorBatch
from engine.bus.loop import BusDevice
from engine.bus.mapping import Mapper, Route
from engine.motion.platforms.bounds import LegBounds
from engine.safety.certificate.pieces import Piece, Pieces, PieceWay
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import Controls
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program

Floats = NDArray[np.float64]
Row = TypeVar("Row")

#: How much of a piece leads into what follows it. A governor at its limits needs less than this to catch up with what it is given.
_LEAD_IN_S = 3.0
#: Rows that are computed together: of about one length, so that little is computed for nothing.
_ROWS = 64
#: How many pieces in a row may each be too short to catch up in, and all that was before them is still told apart.
_CHAINED = 3
#: Samples that two courses share before they are one: then velocity, acceleration and jerk are the same too.
_ALIKE = 4


@dataclass(frozen=True, slots=True)
class Mover:
    """A device that moves a seat.

    Attributes
    ----------
    driver : Driver
    routes : tuple of Route
        Those onto its pose.
    tick_s : float
        Time between two commands, s.
    legs : LegBounds or None
    """

    driver: Driver
    routes: tuple[Route, ...]
    tick_s: float
    legs: LegBounds | None = None

    @property
    def channels(self) -> tuple[int, ...]:
        """Of its pose, in the order of the motion axes."""
        return next(group.channels for group in self.driver.groups if group.form is Form.MOTION)


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """How a piece begins after another.

    Attributes
    ----------
    way : int
        Index of the way; a way that may be taken early has several beginnings, one for each instant looked at.
    before : float64[lead, 6]
        The last poses before it.
    poses : float64[n, 6]
        Those from its beginning on, as long as they differ from the canonical course.
    joined : bool
        Whether they have become one within the piece.
    """

    way: int
    before: Floats
    poses: Floats
    joined: bool


def movers_of(devices: Sequence[BusDevice], tick_hz: int) -> tuple[Mover, ...]:
    """The devices of a rig that move seats, in its order."""
    found = []
    for device in devices:
        routes = tuple(
            route for route in device.routes if route.kind == "motion" and route.form is Form.MOTION
        )
        if routes:
            period_ticks = max(1, round(tick_hz / device.driver.rate_hz))
            found.append(Mover(device.driver, routes, period_ticks / tick_hz, device.legs))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """Into which piece, by which way, after which wanted samples."""

    way: int
    before: Floats
    target: int


class Courses:
    """Commanded poses of one mover over the pieces of a story.

    Parameters
    ----------
    evaluator : Evaluator
    pieces : Pieces
    mover : Mover

    Attributes
    ----------
    canonical : tuple of float64[n, 6]
        By piece: from rest at its own first wanted pose.
    """

    def __init__(self, evaluator: Evaluator, pieces: Pieces, mover: Mover) -> None:
        self._evaluator, self._pieces, self._mover = evaluator, pieces, mover
        self._period_fl = round(mover.tick_s * FLICKS_PER_SECOND)
        self._axes = list(mover.channels)
        self._wanted = [self._wanted_of(piece) for piece in pieces.pieces]
        self.canonical = tuple(self._settled(self._wanted))

    def beginnings(self, early_step_s: float = 0.25) -> Iterator[Beginning]:
        """Every way into a piece: from home at the show's beginning, and from another piece at its end.

        A piece that is over before the governor has caught up hands what is left on to what follows: such chains are followed for
        `_CHAINED` pieces, and each way then has one more beginning for each chain.

        Parameters
        ----------
        early_step_s : float
            Ways that may be taken early are looked at so far apart, and at both ends of the stretch.
        """
        lead = round(_LEAD_IN_S / self._mover.tick_s)
        rows: list[_Entry] = []
        caught_up: dict[int, bool] = {}
        for number, way in enumerate(self._pieces.ways):
            if way.target < 0:
                continue
            if way.source < 0:
                rows.append(_Entry(number, np.tile(self._at_home(), (lead, 1)), way.target))
                continue
            if way.source not in caught_up:
                caught_up[way.source] = self._caught_up(way.source, lead)
            before = self._wanted[way.source]
            for cut in self._cuts(way, early_step_s):
                last = before[:cut][-lead:] if caught_up[way.source] else before[:cut]
                rows.append(_Entry(number, last, way.target))
        out: dict[int, list[int]] = {}
        for number, way in enumerate(self._pieces.ways):
            out.setdefault(way.source, []).append(number)
        for depth in range(_CHAINED + 1):
            onward: list[_Entry] = []
            for part in _chunks(rows, lambda row: len(self._wanted[row.target])):
                for row, beginning in zip(part, self._begun(part), strict=True):
                    yield beginning
                    if beginning.joined or depth == _CHAINED:
                        continue
                    # What follows a piece that was over too soon depends on what was before that piece.
                    before = np.concatenate((row.before, self._wanted[row.target]))
                    for number in out.get(row.target, ()):
                        if self._pieces.ways[number].target >= 0:
                            onward.append(_Entry(number, before, self._pieces.ways[number].target))
            rows = onward

    def of_reaction(self, reaction: Program) -> Floats:
        """What is commanded while a reaction plays alone over a seat at home, until it is at rest again: float64[n, 6]."""
        evaluator = Evaluator((reaction,), self._evaluator.roles)
        at_fl = np.arange(0, reaction.duration.nominal_fl, self._period_fl, dtype=np.int64)
        wanted = self._mapped(evaluator.levels_along(0, at_fl))
        home = np.tile(self._at_home(), (round(_LEAD_IN_S / self._mover.tick_s), 1))
        wanted = np.concatenate((wanted, home))
        return _run(self._at_rest([home[0]]), [wanted])[0][:, self._axes]

    # -- inside ----------------------------------------------------------------------------------------------

    def _caught_up(self, piece: int, lead: int) -> bool:
        """Whether the last of a piece, begun at rest, ends as the whole of it does: wanted exactly, and that for a while."""
        wanted, canonical = self._wanted[piece][:, self._axes], self.canonical[piece]
        return bool(np.array_equal(wanted[-lead // 2 :], canonical[-lead // 2 :]))

    def _begun(self, part: Sequence[_Entry]) -> Iterator[Beginning]:
        before = [row.before for row in part]
        after = [self._wanted[row.target] for row in part]
        governor = self._at_rest([course[0] for course in before])
        led = _run(governor, before, at_the_end=True)
        found = self._until_joined(governor, after, [self.canonical[row.target] for row in part])
        for row, lead_in, (poses, joined) in zip(part, led, found, strict=True):
            yield Beginning(row.way, lead_in[:, self._axes], poses, joined)

    def _cuts(self, way: PieceWay, early_step_s: float) -> list[int]:
        """How many samples of its source are played before a way is taken."""
        piece = self._pieces.pieces[way.source]
        whole = len(self._wanted[way.source])
        if not way.early:
            return [whole]
        first = min(whole, max(1, -(-(piece.leave_from_fl - piece.from_fl) // self._period_fl)))
        return sorted({*range(first, whole, max(1, round(early_step_s / self._mover.tick_s))), whole})

    def _at_home(self) -> Floats:
        """What is wanted while every role rests: float64[channels]."""
        home: Floats = self._mapped(self._evaluator.roles.rest[None, :])[0]
        return home

    def _wanted_of(self, piece: Piece) -> Floats:
        """What the show wants of all channels: float64[n, channels]."""
        at_fl = np.arange(piece.from_fl, max(piece.to_fl, piece.from_fl + 1), self._period_fl, dtype=np.int64)
        return self._mapped(self._evaluator.levels_along(piece.scene, at_fl))

    def _mapped(self, states: Floats) -> Floats:
        """The device's channels for some states of the show, float64[n, channels]."""
        mover = self._mover
        if len(mover.routes) == 1:
            mapper = BatchMapper(mover.driver.channels, [mover.routes])
            return np.array(mapper.map(states, None, Controls()))
        one = Mapper(mover.driver, mover.routes, mover.tick_s)
        seats = {route.seat for route in mover.routes}
        return np.array(
            [one.map(dict.fromkeys(seats, state), Controls().intensities, 0, 0) for state in states.tolist()]
        )

    def _at_rest(self, poses: Sequence[Floats]) -> GovernorBatch:
        """A governor whose rows rest as near to `poses` as its limits let them."""
        mover = self._mover
        governor = GovernorBatch(mover.driver.channels, mover.tick_s, len(poses), mover.legs)
        goal = np.array(poses)
        before = governor.values.copy()
        for _ in range(round(governor.safe_bound_s / mover.tick_s) + 2):
            now = governor.step(goal)
            if np.array_equal(now, before) and governor.at(now).all():
                break
            before = now.copy()
        return governor

    def _settled(self, wanted: Sequence[Floats]) -> list[Floats]:
        found: dict[int, Floats] = {}
        for part in _chunks(list(enumerate(wanted)), lambda row: len(row[1])):
            governor = self._at_rest([course[0] for _, course in part])
            for (number, _), course in zip(part, _run(governor, [course for _, course in part]), strict=True):
                found[number] = course[:, self._axes]
        return [found[number] for number in range(len(wanted))]

    def _until_joined(
        self, governor: GovernorBatch, wanted: Sequence[Floats], canonical: Sequence[Floats]
    ) -> list[tuple[Floats, bool]]:
        """Go on into the next pieces until every row does what its canonical course does, or ends."""
        length = max(map(len, wanted))
        goal = _stacked(wanted, length)
        paths = _stacked(canonical, length)
        ends = np.array([len(course) for course in wanted])
        differs_last = np.full(len(wanted), -1)
        made: list[Floats] = []
        same_since = np.zeros(len(wanted), dtype=np.intp)
        for tick in range(length):
            now = governor.step(goal[:, tick])[:, self._axes].copy()
            made.append(now)
            same = (now == paths[:, tick]).all(axis=1)
            going = tick < ends
            differs_last[~same & going] = tick
            same_since = np.where(same, same_since + 1, 0)
            if ((same_since >= _ALIKE) | ~going).all():
                break
        poses = np.array(made)
        return [
            (poses[: last + 1, row], bool(last + 1 < end and same_since[row] >= _ALIKE) or last < 0)
            for row, (last, end) in enumerate(zip(differs_last.tolist(), ends.tolist(), strict=True))
        ]


def _chunks(rows: Sequence[Row], length: Callable[[Row], int]) -> Iterator[list[Row]]:
    ordered = sorted(rows, key=length)
    for first in range(0, len(ordered), _ROWS):
        yield ordered[first : first + _ROWS]


def _stacked(courses: Sequence[Floats], length: int, *, at_the_end: bool = False) -> Floats:
    """Courses of different lengths side by side; what is missing stands still."""
    made = np.empty((len(courses), length, courses[0].shape[1]))
    for row, course in enumerate(courses):
        if at_the_end:
            made[row, : length - len(course)] = course[0]
            made[row, length - len(course) :] = course
        else:
            made[row, : len(course)] = course
            made[row, len(course) :] = course[-1]
    return made


def _run(governor: GovernorBatch, courses: Sequence[Floats], *, at_the_end: bool = False) -> list[Floats]:
    """What is commanded while each row is led along its course."""
    length = max(map(len, courses))
    goal = _stacked(courses, length, at_the_end=at_the_end)
    made = np.empty_like(goal)
    for tick in range(length):
        made[:, tick] = governor.step(goal[:, tick])
    if at_the_end:
        return [made[row, length - len(course) :] for row, course in enumerate(courses)]
    return [made[row, : len(course)] for row, course in enumerate(courses)]
