"""The follower of `engine.motion.trajectories` for many seats at once: same promises, same samples.

Nearly always nearly every axis does the same thing: it is where it is wanted, and the wanted sample is reachable. That is
three differences and a few comparisons, which arrays do for a thousand axes in the time one call takes. An axis is *tracking*
while its own motion is the target's to the last bit; for a tracking axis the law of `Follower.follow` reduces to

- the target's differences stay inside the limits, and
- a stop from there stays inside range and velocity.

Both are tested here with bounds that are sufficient, without the scalar law's allowances for rounding. Whatever fails them (a
blend, a stop, a curve at its limit) is decided by the scalar law itself, on the axes it concerns, and once for axes in the same
state with the same target: seats that play the same role blend alike. So the samples are those of `Follower`, bit for bit.

The bound on a stop: from velocity v and acceleration a it never leaves ``|p| <= P (P/2A + A/2J + |a|/J + 3)`` around its start, with
``P = |v| + a^2/2J`` the fastest it can get while the acceleration is let go (all per tick; A, J the limits). The first two terms
bound a stop from P at rest of acceleration, with or without a flat part (P/2A + A/2J >= sqrt(P/J)); the third is the way while
letting go; three ticks are for what sampling adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from engine.motion.trajectories import PLANNING_MARGIN, AxisLimits, Follower
from engine.motion.trajectories_law import Limits, certified
from engine.motion.trajectories_law import follow as law_follow

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

_EXTRA_TICKS = 3.0
# Distinct axes from which the law on arrays is cheaper than one at a time.
_LAW_FROM = 24


def law_limits(follower: Follower, count: int) -> Limits:
    """The limits of `count` axes like this one."""
    return Limits(*(np.full(count, value) for value in follower.planning_limits()))


class FollowerBatch:
    """Follows wanted positions along the same axes of many devices.

    Parameters
    ----------
    limits : sequence of AxisLimits
        One for each column.
    dt_s : float
        Time between samples, in s.
    start : float64[n, columns]
        Positions at rest, inside the ranges.

    Notes
    -----
    Not thread-safe. Measured on one 2-core machine: 60 us a tick for 200 devices of six axes while everything is on target.
    """

    def __init__(self, limits: Sequence[AxisLimits], dt_s: float, start: Floats) -> None:
        self._scalar = [
            Follower(axis, dt_s, float(start[0, column]) if len(start) else axis.clamp(0.0))
            for column, axis in enumerate(limits)
        ]
        shape = start.shape
        each = [law_limits(axis, 1) for axis in self._scalar]
        self._limits = Limits(
            *(np.array([getattr(axis, part.name)[0] for axis in each]) for part in fields(Limits))
        )
        self._low = np.array([axis.low for axis in limits])
        self._high = np.array([axis.high for axis in limits])
        keep = 1.0 - PLANNING_MARGIN
        self._vl = np.array([axis.velocity * dt_s * keep for axis in limits])
        self._al = np.array([axis.acceleration * dt_s * dt_s * keep for axis in limits])
        self._jl = np.array([axis.jerk * dt_s * dt_s * dt_s * keep for axis in limits])
        self._half_per_jl = 0.5 / self._jl
        self._per_jl = 1.0 / self._jl
        # Where a stop brakes with less than the acceleration that may be had, one that begins with more of it goes on with that,
        # so the bound holds with what it brakes with.
        self._bl = np.array([axis.stopping * dt_s * dt_s * keep for axis in limits])
        self._half_per_al = 0.5 / self._bl
        self._ramp = 0.5 * self._bl * self._per_jl + _EXTRA_TICKS
        self._p = start.astype(np.float64)
        self._v = np.zeros(shape)
        self._a = np.zeros(shape)
        # Of the target; the same as the axis' own where it is tracking, and then not kept up to date.
        self._q = self._p.copy()
        self._qv = np.zeros(shape)
        self._qa = np.zeros(shape)
        self._quiet = np.zeros(shape, dtype=np.int8)
        self._tracking = np.ones(shape, dtype=np.bool_)
        self._all_tracking = True
        self._all_quiet = False
        self.on_target = np.zeros(shape, dtype=np.bool_)
        self._spare = (np.empty(shape), np.empty(shape), np.empty(shape))
        self.blended = 0
        """Axes decided by the scalar law so far, after those alike were put together."""

    @property
    def position(self) -> Floats:
        """The last samples; not to be changed."""
        return self._p

    def resting(self) -> Flags:
        """By axis, whether velocity and acceleration are zero (to rounding)."""
        tolerance = np.array([axis._tolerance for axis in self._scalar])
        found: Flags = (np.abs(self._v) <= 4.0 * tolerance) & (np.abs(self._a) <= 8.0 * tolerance)
        return found

    @property
    def plan_limits(self) -> Limits:
        """What the axes of one device plan with, per tick."""
        return self._limits

    @property
    def speed_shares(self) -> tuple[float, ...]:
        """Shares of its axes' speeds with which a move of all of them may be planned, best first."""
        return (1.0,)

    def drawn_in(self, wanted: Floats) -> Floats:
        """Wanted positions, inside what can be reached."""
        return np.minimum(np.maximum(wanted, self._low), self._high)

    def holds(self, p: Floats, v: Floats, a: Floats) -> Flags:
        """By row, whether a device may be in a state: float64[rows, columns] each, per tick, inside the limits of the axes."""
        good: Flags = np.asarray(self._certain(p, v, a, np.zeros(a.shape)))
        rows, columns = np.nonzero(~good)
        if len(rows):
            of = self._limits.take(columns)
            good[rows, columns] = certified(of, p[rows, columns], v[rows, columns], a[rows, columns])
        return np.asarray(good.all(axis=1), dtype=np.bool_)

    def motion(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Position, velocity and acceleration of some of the devices, per tick."""
        return self._p[rows], self._v[rows], self._a[rows]

    def free(self, rows: Rows) -> Flags:
        """Which of them follow, each axis as it is led, and may be led along a blend."""
        return np.ones(len(rows), dtype=np.bool_)

    def reached(self) -> Flags:
        """By device, whether all axes are on target."""
        found: Flags = np.logical_and.reduce(self.on_target, axis=1)
        return found

    def believe(self, rows: Rows) -> None:
        """What these devices do is what was wanted of them: so that a course that goes on from there is one."""
        self._tracking[rows] = True
        self._all_tracking = bool(self._tracking.all())
        self._quiet[rows] = 3

    def rest_at(self, row: int, position: Sequence[float] | Floats) -> None:
        """Forget all motion of one device: its axes are known to rest at `position`."""
        self._p[row] = position
        self._q[row] = position
        for array in (self._v, self._a, self._qv, self._qa):
            array[row] = 0.0
        self._quiet[row] = 0
        self._all_quiet = False
        self._tracking[row] = True
        self.on_target[row] = False

    def follow(self, target: Floats) -> Floats:
        """Emit the next samples on the way to `target`, all finite; gives `position`."""
        q, v1, a1 = self._spare
        p, v, a = self._p, self._v, self._a
        np.maximum(target, self._low, out=q)
        np.minimum(q, self._high, out=q)
        np.subtract(q, p, out=v1)
        np.subtract(v1, v, out=a1)
        good = self._certain(q, v1, a1, a1 - a)
        if self._all_tracking and good.all():
            if not self._all_quiet:
                self._count_quiet(q, v1, a1, None)
            self._p, self._v, self._a = q, v1, a1
            self._spare = (p, v, a)
            self.on_target[:] = True
            return q
        self._mixed(q, v1, a1, good & self._tracking)
        return self._p

    # -- inside ----------------------------------------------------------------------------------------------

    def _certain(self, q: Floats, v1: Floats, a1: Floats, j1: Floats) -> Flags:
        """Where a wanted sample of a tracking axis is certainly allowed; see the module."""
        speed = np.abs(v1)
        rise = np.abs(a1)
        good: Flags = rise <= self._al
        good &= np.abs(j1) <= self._jl
        peak = rise * rise
        peak *= self._half_per_jl
        peak += speed
        good &= peak <= self._vl
        reach = peak * self._half_per_al
        reach += self._ramp
        rise *= self._per_jl
        reach += rise
        reach *= peak
        room = np.minimum(q - self._low, self._high - q)
        good &= reach <= room
        return good

    def _count_quiet(self, q: Floats, v1: Floats, a1: Floats, where: Flags | None) -> None:
        """A target that moves as it may for three samples is worth believing; one at rest at once."""
        rest = (v1 == 0.0) & (a1 == 0.0) & (self._v == 0.0) & (self._a == 0.0)
        quiet = np.minimum(self._quiet + 1, 3).astype(np.int8)
        quiet[rest] = 3
        if where is None:
            self._quiet = quiet
        else:
            self._quiet[where] = quiet[where]
        self._all_quiet = bool((self._quiet == 3).all())

    def _mixed(self, q: Floats, v1: Floats, a1: Floats, easy: Flags) -> None:
        if not self._all_quiet:
            self._count_quiet(q, v1, a1, easy)
        rows, columns = np.nonzero(~easy)
        was_tracking = self._tracking[rows, columns]
        # What an axis' target did is needed now; while it was tracking, that was the axis' own motion.
        state = np.empty((len(rows), 9))
        p, v, a = self._p[rows, columns], self._v[rows, columns], self._a[rows, columns]
        state[:, 0] = columns
        state[:, 1] = p
        state[:, 2] = v
        state[:, 3] = a
        state[:, 4] = np.where(was_tracking, p, self._q[rows, columns])
        state[:, 5] = np.where(was_tracking, v, self._qv[rows, columns])
        state[:, 6] = np.where(was_tracking, a, self._qa[rows, columns])
        state[:, 7] = self._quiet[rows, columns]
        state[:, 8] = q[rows, columns]
        after, on_target = self._decide(state)
        np.copyto(self._p, q, where=easy)
        np.copyto(self._v, v1, where=easy)
        np.copyto(self._a, a1, where=easy)
        for array, values in zip(
            (self._p, self._v, self._a, self._q, self._qv, self._qa), after.T[:6], strict=True
        ):
            array[rows, columns] = values
        self._quiet[rows, columns] = after[:, 6]
        self._all_quiet = bool((self._quiet == 3).all())
        tracking = (after[:, 0] == after[:, 3]) & (after[:, 1] == after[:, 4]) & (after[:, 2] == after[:, 5])
        self._tracking[rows, columns] = tracking
        self._all_tracking = bool(self._tracking.all())
        self.on_target[:] = True
        self.on_target[rows, columns] = on_target

    def _decide(self, state: Floats) -> tuple[Floats, Flags]:
        """The scalar law on each distinct state: its next state (p, v, a, q, qv, qa, quiet), and whether it is on target."""
        keys = np.ascontiguousarray(state).view([("", np.void, state.itemsize * state.shape[1])]).ravel()
        _, first, back = np.unique(keys, return_index=True, return_inverse=True)
        self.blended += len(first)
        if len(first) >= _LAW_FROM:
            distinct = state[first]
            columns = distinct[:, 0].astype(np.intp)
            parts, good = law_follow(self._limits.take(columns), tuple(distinct.T[1:8]), distinct[:, 8])
            back = back.ravel()
            return np.stack(parts, axis=1)[back], good[back]
        after = np.empty((len(first), 7))
        on_target = np.empty(len(first), dtype=np.bool_)
        for index, row in enumerate(state[first].tolist()):
            column, p, v, a, q, qv, qa, quiet, target = row
            axis = self._scalar[int(column)]
            axis.adopt_state((p, v, a, q, qv, qa, int(quiet)))
            axis.follow(target)
            after[index] = axis.state()
            on_target[index] = axis.on_target
        back = back.ravel()
        return after[back], on_target[back]
