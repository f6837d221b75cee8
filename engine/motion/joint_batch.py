"""The joint follower of `engine.motion.joint` for many seats at once: same promises, same samples, to the last bit.

As in `engine.motion.trajectories_batch`: while a seat is where it is wanted and stays so, bounds that are sufficient for the law's
own test are checked for all seats with a few products of small matrices. What they leave open is decided by the law: on arrays
(`engine.motion.joint_arrays`) where many seats are in different states, one seat at a time where there are few of them or they are on a
line, and once for seats in the same state with the same target.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.motion.joint import FREE, SLOW, STOPPING, AxisState, Course, JointFollower
from engine.motion.joint_arrays import JointArrays
from engine.motion.joint_law import LegLaw, pairs
from engine.motion.trajectories_batch import FollowerBatch
from engine.motion.trajectories_law import certified

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

# Distinct seats from which the law on arrays is cheaper than one at a time.
_LAW_FROM = 6
# Products of matrices are summed in an order of their own; what they find to be inside by less than this is asked of the law.
_SURE = 1.0 - 1e-9


class JointFollowerBatch(FollowerBatch):
    """Follows wanted poses of many seats with the same axes and legs.

    Parameters
    ----------
    law : LegLaw
    dt_s : float
        Time between samples, in s.
    start : float64[n, axes]
        Poses at rest.

    Raises
    ------
    ValueError
        A start is out of range or stroke.
    """

    def __init__(self, law: LegLaw, dt_s: float, start: Floats) -> None:
        super().__init__(law.limits, dt_s, start)
        self._law = law
        self._one = JointFollower(
            law, dt_s, start[0].tolist() if len(start) else law.clip([0.0] * start.shape[1])
        )
        for row in start.tolist():
            self._one.rest_at(row)
        self._too_long = self._one.too_long
        self.alone_s = self._one.alone_s
        self._arrays = JointArrays(law, self._limits)
        self._first, self._second = (
            np.array([pair[which] for pair in pairs(start.shape[1])], dtype=np.intp) for which in (0, 1)
        )
        self._down_j = np.ascontiguousarray(law.jacobian.T)
        self._size_j = np.ascontiguousarray(np.abs(law.jacobian).T)
        self._down_g = np.ascontiguousarray(law.gain.T)
        self._down_bend = np.ascontiguousarray(law.bend.T)
        # Of the ranges: what bends by products of shares of them is at most the largest of these for a leg.
        reach = np.array([max(-axis.low, axis.high) for axis in law.limits])
        self._per_reach = 1.0 / np.maximum(reach, 1e-300)
        most = law.bend * (reach[self._first] * reach[self._second])
        most = np.where(self._first == self._second, most, 0.5 * most)
        self._bend_most = most.max(axis=1) if len(self._first) else np.zeros(len(law.above))
        self._sure_above, self._sure_below = law.above * _SURE, law.below * _SURE
        self._clip_above, self._clip_below = law.clip_above * _SURE, law.clip_below * _SURE
        self._since = np.zeros(len(start), dtype=np.intp)
        self._any_since = False
        self._courses: dict[int, Course] = {}
        self.braked = 0
        """Seats decided one at a time so far, after those alike were put together."""

    def rest_at(self, row: int, position: Sequence[float] | Floats) -> None:
        """Forget all motion of one device: its axes are known to rest at `position`."""
        self._one.rest_at([float(value) for value in position])
        super().rest_at(row, position)
        self._since[row] = 0
        self._courses.pop(row, None)

    @property
    def speed_shares(self) -> tuple[float, ...]:
        """Shares of the axes' speeds for a move of all of them: their own, and what legs leave to all axes at once."""
        most = (self._law.gain * self._limits.vl).sum(axis=1)
        share = float((self._law.speed / np.maximum(most, 1e-300)).min()) * _SURE
        return (1.0,) if share >= 1.0 else (1.0, share)

    def drawn_in(self, wanted: Floats) -> Floats:
        """Wanted poses, inside what can be reached."""
        return self._clip(super().drawn_in(wanted))

    def holds(self, p: Floats, v: Floats, a: Floats) -> Flags:
        """By row, whether a seat may be in a state that is inside its axes' limits: stops exist, and keep legs inside theirs."""
        good = self._certain_seats(p, v, a, np.zeros(a.shape))
        rows = np.nonzero(~good)[0]
        if len(rows):
            at, of_v, of_a = p[rows], v[rows], a[rows]
            each = self._limits.take(np.tile(np.arange(at.shape[1]), len(rows)))
            stops = certified(each, at.ravel(), of_v.ravel(), of_a.ravel()).reshape(at.shape).all(axis=1)
            good[rows] = stops & self._arrays.tested(self._arrays.committed(at, of_v, of_a))
        return good

    def free(self, rows: Rows) -> Flags:
        """Which seats are neither being stopped nor on a line."""
        return np.array(
            [self._courses[row].mode == FREE if row in self._courses else True for row in rows.tolist()],
            dtype=np.bool_,
        )

    def believe(self, rows: Rows) -> None:
        """What these seats do is what was wanted of them."""
        super().believe(rows)
        self._since[rows] = 0
        for row in rows.tolist():
            self._courses.pop(row, None)

    def follow(self, target: Floats) -> Floats:
        """Emit the next samples on the way to `target`, all finite; gives `position`."""
        q, v1, a1 = self._spare
        p, v, a = self._p, self._v, self._a
        np.maximum(target, self._low, out=q)
        np.minimum(q, self._high, out=q)
        outside = np.nonzero(~self._inside(q, None, self._clip_above, self._clip_below))[0]
        if len(outside):
            q[outside] = self._clip(q[outside])
        np.subtract(q, p, out=v1)
        np.subtract(v1, v, out=a1)
        good = self._certain_seats(q, v1, a1, a1 - a)
        if self._all_tracking and not self._courses and good.all():
            if not self._all_quiet:
                self._count_quiet(q, v1, a1, None)
            if self._any_since:
                self._since[:] = 0
                self._any_since = False
            self._p, self._v, self._a = q, v1, a1
            self._spare = (p, v, a)
            self.on_target[:] = True
            return q
        good &= self._tracking.all(axis=1)
        if self._courses:
            good[list(self._courses)] = False
        self._mixed_seats(target, q, v1, a1, good)
        return self._p

    # -- inside ----------------------------------------------------------------------------------------------

    def _inside(self, q: Floats, reach: Floats | None, above: Floats, below: Floats) -> Flags:
        """By seat, whether all within `reach` of `q` is certainly inside the stroke."""
        size = np.abs(q)
        at = q @ self._down_j
        if reach is not None:
            size += reach
            spread = reach @ self._size_j
        share = size @ self._per_reach
        share *= share
        bent = np.multiply.outer(share, self._bend_most)
        if reach is not None:
            bent += spread
        found: Flags = np.logical_and.reduce((at + bent <= above) & (bent - at <= below), axis=1)
        if not found.all():
            open_ = np.nonzero(~found)[0]
            few = size[open_]
            bent = (few[:, self._first] * few[:, self._second]) @ self._down_bend
            if reach is not None:
                bent += spread[open_]
            found[open_] = ((at[open_] + bent <= above) & (bent - at[open_] <= below)).all(axis=1)
        return found

    def _certain_seats(self, q: Floats, v1: Floats, a1: Floats, j1: Floats) -> Flags:
        """Where the wanted samples of a seat that is tracking are certainly allowed; see `FollowerBatch`."""
        speed = np.abs(v1)
        rise = np.abs(a1)
        good: Flags = rise <= self._al
        good &= np.abs(j1) <= self._jl
        hard = (
            None
            if (rise <= self._bl).all()
            else np.maximum(
                rise, np.minimum(self._bl, np.sqrt(speed * self._jl + 0.5 * rise * rise) + 1.5 * self._jl)
            )
        )
        peak = rise * rise
        peak *= self._half_per_jl
        peak += speed
        good &= peak <= self._vl
        reach = peak * self._half_per_al
        reach += self._ramp
        rise *= self._per_jl
        reach += rise
        reach *= peak
        good &= reach <= np.minimum(q - self._low, self._high - q)
        seats: Flags = np.logical_and.reduce(good, axis=1)
        seats &= self._inside(q, reach, self._sure_above, self._sure_below)
        seats &= (peak @ self._down_g <= self._law.speed * _SURE).all(axis=1)
        if hard is not None:  # else no harder than brakes, which all axes may use at once
            seats &= (hard @ self._down_g <= self._law.push * _SURE).all(axis=1)
        return seats

    def _clip(self, wanted: Floats) -> Floats:
        """`LegLaw.clip` of poses inside the ranges, operation by operation."""
        law = self._law
        way, bent = np.zeros((2, len(wanted), len(law.above)))
        for column in range(wanted.shape[1]):
            way = way + law.jacobian[:, column] * wanted[:, column, None]
        size = np.abs(wanted)
        for column, (one, other) in enumerate(zip(self._first, self._second, strict=True)):
            bent = bent + law.bend[:, column] * (size[:, one] * size[:, other])[:, None]
        above, below = law.clip_above, law.clip_below
        with np.errstate(divide="ignore", invalid="ignore"):
            up = 2.0 * above / (way + np.sqrt(way * way + 4.0 * bent * above))
            down = 2.0 * below / (np.sqrt(way * way + 4.0 * bent * below) - way)
        up = np.where(way + bent > above, up, 1.0)
        down = np.where(bent - way > below, down, 1.0)
        share = np.minimum(up, down).min(axis=1, initial=1.0)[:, None]
        drawn = np.minimum(np.maximum(share * wanted, self._low), self._high)
        return np.where(share >= 1.0, wanted, drawn)

    def _mixed_seats(self, target: Floats, q: Floats, v1: Floats, a1: Floats, easy: Flags) -> None:
        cells = np.repeat(easy[:, None], q.shape[1], axis=1)
        if not self._all_quiet:
            self._count_quiet(q, v1, a1, cells)
        rows = np.nonzero(~easy)[0]
        tracking = self._tracking[rows]
        p, v, a = self._p[rows], self._v[rows], self._a[rows]
        parts = (
            p,
            v,
            a,
            np.where(tracking, p, self._q[rows]),
            np.where(tracking, v, self._qv[rows]),
            np.where(tracking, a, self._qa[rows]),
            self._quiet[rows].astype(np.float64),
        )
        after, on_target = self._decide_seats(rows, np.stack(parts, axis=1), target[rows], q[rows])
        np.copyto(self._p, q, where=cells)
        np.copyto(self._v, v1, where=cells)
        np.copyto(self._a, a1, where=cells)
        self._since[easy] = 0
        for number, array in enumerate((self._p, self._v, self._a, self._q, self._qv, self._qa)):
            array[rows] = after[:, number]
        self._quiet[rows] = after[:, 6]
        self._all_quiet = bool((self._quiet == 3).all())
        self._any_since = bool(self._since.any())
        self._tracking[rows] = (
            (after[:, 0] == after[:, 3]) & (after[:, 1] == after[:, 4]) & (after[:, 2] == after[:, 5])
        )
        self._all_tracking = bool(self._tracking.all())
        self.on_target[:] = True
        self.on_target[rows] = on_target[:, None]

    def _decide_seats(
        self, rows: Rows, state: Floats, target: Floats, clipped: Floats
    ) -> tuple[Floats, Flags]:
        """The law on each distinct seat: states after, float64[rows, 7, axes], and which seats are on target.

        `since` and courses are updated.
        """
        count = len(rows)
        special = [self._courses.pop(row, None) for row in rows.tolist()] if self._courses else [None] * count
        numbers: dict[Course | None, int] = {None: 0}
        for course in special:
            numbers.setdefault(course, len(numbers))
        # A zero has two signs, which make no difference to the law but to the comparison of bytes.
        key = np.concatenate(
            [
                state.reshape(count, -1) + 0.0,
                target + 0.0,
                self._since[rows, None].astype(np.float64),
                np.array([[numbers[course]] for course in special], dtype=np.float64),
            ],
            axis=1,
        )
        keys = np.ascontiguousarray(key).view([("", np.void, key.itemsize * key.shape[1])]).ravel()
        _, first, back = np.unique(keys, return_index=True, return_inverse=True)
        back = back.ravel()
        self.blended += len(first)
        after = np.empty((len(first), *state.shape[1:]))
        reached = np.zeros(len(first), dtype=np.bool_)
        since = np.zeros(len(first), dtype=np.intp)
        left = np.arange(len(first))
        found: dict[int, Course] = {}
        courses = [special[row] for row in first.tolist()]
        plain = np.array([course is None or course.mode == FREE for course in courses], dtype=np.bool_)
        if np.count_nonzero(plain) >= _LAW_FROM:
            some = left[plain]
            at = first[some]
            stuck = np.array([0 if course is None else course.stuck for course in courses], dtype=np.intp)[
                some
            ]
            states, good, more, modes, stuck = self._many(
                state[at], clipped[at], self._since[rows[at]], stuck
            )
            done = modes >= 0
            into = some[done]
            after[into], reached[into], since[into] = states[done], good[done], more[done]
            for index in np.nonzero(done & ((modes != FREE) | (stuck > 0)))[0].tolist():
                found[int(some[index])] = Course(int(modes[index]), int(more[index]), int(stuck[index]))
            left = np.concatenate([left[~plain], some[~done]])
        for index in left.tolist():
            row = first[index]
            course = courses[index] or Course(FREE, int(self._since[rows[row]]))
            after[index], reached[index], course = self._alone(state[row], course, target[row])
            since[index] = course.since
            if course.mode != FREE or course.stuck:
                found[index] = course
            self.braked += 1
        self._since[rows] = since[back]
        if found:
            for row, index in zip(rows.tolist(), back.tolist(), strict=True):
                if index in found:
                    self._courses[row] = found[index]
        return after[back], reached[back]

    def _alone(self, state: Floats, course: Course, target: Floats) -> tuple[Floats, bool, Course]:
        """The law itself, on one seat."""
        one = self._one
        one.adopt([_axis_state(axis) for axis in state.T.tolist()], course)
        one.follow(target.tolist())
        states, course = one.remembered()
        return np.array(states).T, one.on_target, course

    def _many(
        self, state: Floats, wanted: Floats, since: Rows, stuck: Rows
    ) -> tuple[Floats, Flags, Rows, Rows, Rows]:
        """The law on many free seats: states after, which are on target, `since`, modes and `stuck`.

        A mode of -1 leaves the seat to the law itself: it has wanted the same for too long.
        """
        after, good = self._arrays.follow(state, wanted)
        reached: Flags = np.logical_and.reduce(good, axis=1)
        more = np.where((wanted == state[:, 3]).all(axis=1), since + 1, 0)
        p, v, a = after[:, 0], after[:, 1], after[:, 2]
        tested = self._arrays.tested(self._arrays.committed(p, v, a))
        late = more > self._too_long
        accepted = tested & (~late | reached)
        modes = np.where(accepted, FREE, -1).astype(np.intp)
        held = np.nonzero(~accepted & ~late)[0]
        if len(held):
            shared = self._arrays.share(state[held], wanted[held], after[held])
            after[held] = shared
            v, a = shared[:, 1], shared[:, 2]
            slow = (np.abs(v) <= SLOW * self._limits.vl).all(axis=1)
            still = ((v == 0.0) & (a == 0.0)).all(axis=1)
            stuck_now = np.where(slow, stuck[held] + 1, 0)
            stopping = still | (stuck_now >= self._one.patience)
            modes[held] = np.where(stopping, STOPPING, FREE)
            stuck = np.zeros_like(stuck)
            stuck[held] = np.where(stopping, 0, stuck_now)
        else:
            stuck = np.zeros_like(stuck)
        on_target = reached & accepted
        return after, on_target, np.where(on_target, 0, more), modes, stuck


def _axis_state(values: list[float]) -> AxisState:
    p, v, a, q, qv, qa, quiet = values
    return p, v, a, q, qv, qa, int(quiet)
