"""Blends: moves of several axes at once, all of them landing at the same instant, planned before they begin.

A follower (`engine.motion.trajectories`, `engine.motion.joint`) decides sample by sample, each axis for itself. Where it is known what will
be wanted, a stop, a way home, the next scene's beginning, a whole move can be found at once: from position, velocity and acceleration to
a state that is at rest or moves, jerk-limited, its axes synchronised, by ruckig (MIT; Berscheid and Kroeger, *Jerk-limited Real-time
Trajectory Generation with Arbitrary Target States*, RSS 2021). Never with waypoints between: the public build has those computed by a
service elsewhere.

Samples and curves
------------------
A follower's velocity and acceleration are the backward differences of its samples, ruckig's are those of a curve. A curve of constant
jerk d (per tick, as v and a are) through the last three samples has the velocity ``v + a/2 + d/3`` and the acceleration ``a + d`` at the
last of them. A plan takes d = 0, and where that has none, the largest d with which the acceleration is being let go: a follower that gets
faster as long as it may has only that left. The differences of samples of a curve are means of its derivatives (weighted by B-splines), so
no first, second or third difference is larger than the curve's own velocity, acceleration and jerk: what ruckig keeps, samples keep.
Likewise a target that moves is met with its central differences.

What a plan is checked for
--------------------------
`Planner` checks every sample of a plan before it begins: position and differences inside the axes' limits; and, at all of them or at
`SURVEYED` spread over a longer plan, that a stop from there stays inside ranges, speeds and legs, as a follower would. So a blend may be
left at any of its samples for anything else, and the follower goes on from there with all that it promises. Whoever plays a plan hands its
samples to the follower as what is wanted, which tests each of them again, exactly, before it is emitted: a blend proposes, the follower
disposes.

Ruckig uses roots and angles of the machine's mathematical library. Runs on one machine repeat to the last bit; on another machine a
sample may differ in its last bits while a blend lasts (1e-17 m, 1e-9 of what a device is told), and not after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.motion.trajectories import ACCEPT_MARGIN, PLANNING_MARGIN
from engine.motion.trajectories_law import Limits

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

#: Samples of a plan from which a stop is looked at before it begins: all of them for nearly every move at 200 Hz.
SURVEYED = 160
_MEETINGS = 12  # instants tried for landing on a target that moves
# Of the limits: so that rounding does not carry a sample at a limit over what is certainly allowed, which is cheap to know.
_KEEP = 1.0 - 1e-6
_TOGETHER = 16  # plans looked at in one go: their samples stay in the cache
_PIECES = 9  # of an axis: two to come back inside limits, seven of constant jerk

TargetAt = Callable[[int], tuple[Floats, Floats, Floats]]
"""From ticks ahead to position, velocity (backward difference) and acceleration (central difference) of what is wanted then, per tick."""


class Held(Protocol):
    """What a planner asks of followers: their limits, and whether they would accept a state."""

    @property
    def plan_limits(self) -> Limits:
        """Of one seat's axes, per tick."""
        ...

    @property
    def speed_shares(self) -> tuple[float, ...]:
        """Shares of the axes' speeds to plan with, best first: the last is one that all axes may have at once."""
        ...

    def drawn_in(self, wanted: Floats) -> Floats:
        """Poses float64[n, axes], inside what can be reached."""
        ...

    def holds(self, p: Floats, v: Floats, a: Floats) -> Flags:
        """By row, whether a seat may be in a state, float64[n, axes] each, per tick."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Blends:
    """Plans of several seats, as pieces of cubic curves.

    Attributes
    ----------
    begins : float64[seats, axes, pieces]
        Instant of each piece, s from the state planned from.
    curve : float64[seats, axes, pieces, 4]
        Position, velocity, half of acceleration, a sixth of jerk at that instant; m or deg, and s.
    landed : intp[seats]
        The sample from which the target is emitted.
    end : float64[seats, axes]
        The target's position at that sample.
    dt_s : float
        Time between samples.
    """

    begins: Floats
    curve: Floats
    landed: Rows
    end: Floats
    dt_s: float

    def __len__(self) -> int:
        return len(self.landed)

    def samples(self, ticks: Rows) -> Floats:
        """Samples float64[seats, n, axes] at ticks intp[seats, n] after the state planned from; from landing on, the landing's."""
        at_s = (ticks * self.dt_s)[:, None, :]
        piece = np.zeros((len(ticks), self.begins.shape[1], ticks.shape[1]), dtype=np.intp)
        for number in range(1, self.begins.shape[2]):
            piece += self.begins[:, :, number, None] <= at_s
        count = self.begins.shape[2]
        flat = piece + (np.arange(piece.shape[0] * piece.shape[1]) * count).reshape(*piece.shape[:2], 1)
        since_s = at_s - self.begins.ravel()[flat]
        curve = self.curve.reshape(-1, 4)[flat]
        found = curve[..., 0] + since_s * (
            curve[..., 1] + since_s * (curve[..., 2] + since_s * curve[..., 3])
        )
        found = np.where((ticks >= self.landed[:, None])[:, None, :], self.end[:, :, None], found)
        return np.ascontiguousarray(found.transpose(0, 2, 1))

    def take(self, rows: Rows | Flags) -> Blends:
        """Those of some of the seats."""
        return Blends(self.begins[rows], self.curve[rows], self.landed[rows], self.end[rows], self.dt_s)

    @staticmethod
    def none(axes: int, dt_s: float) -> Blends:
        """Plans of no seat."""
        return Blends(
            np.zeros((0, axes, _PIECES)),
            np.zeros((0, axes, _PIECES, 4)),
            np.zeros(0, dtype=np.intp),
            np.zeros((0, axes)),
            dt_s,
        )

    @staticmethod
    def of(parts: Sequence[Blends]) -> Blends:
        """Several together, in order."""
        return Blends(
            np.concatenate([part.begins for part in parts]),
            np.concatenate([part.curve for part in parts]),
            np.concatenate([part.landed for part in parts]),
            np.concatenate([part.end for part in parts]),
            parts[0].dt_s,
        )


class Planner:
    """Plans blends for seats of one kind.

    Parameters
    ----------
    held : Held
        The followers that are to play them.
    dt_s : float
        Time between samples, in s.
    longest_s : float
        A plan that takes longer is none.

    Notes
    -----
    Not thread-safe.
    """

    def __init__(self, held: Held, dt_s: float, longest_s: float = 20.0) -> None:
        self._held = held
        self._longest_s = longest_s
        self._dt_s = dt_s
        self._limits = held.plan_limits
        self._axes = len(self._limits.low)
        best, *others = held.speed_shares
        self._attempts = ((best, False), (best, True), *((share, True) for share in others))
        self._solver: tuple[Any, Any, Any, Any] | None = None

    def to_rest(self, p: Floats, v: Floats, a: Floats, goal: Floats) -> tuple[Blends, Flags]:
        """Blends to rest.

        Parameters
        ----------
        p, v, a : float64[seats, axes]
            Where they are, and how they move, per tick: as followers remember it.
        goal : float64[seats, axes]
            Where they are to rest; drawn in where that is out of reach.

        Returns
        -------
        Blends
            Of the seats that have a plan, in order.
        found : bool[seats]
            Which these are.
        """
        goal = self._held.drawn_in(goal)
        still = np.zeros(goal.shape)
        found = np.zeros(len(p), dtype=np.bool_)
        parts: list[Blends] = []
        order: list[Rows] = []
        left = np.arange(len(p))
        for share, let_go in self._attempts:
            if not len(left):
                break
            ends = (goal[left], still[left], still[left])
            made, rows = self._solved(p[left], v[left], a[left], ends, share, let_go)
            rows = left[rows]
            good = self._survey(made, p[rows], v[rows], a[rows], 3)
            parts.append(made.take(good))
            order.append(rows[good])
            found[rows[good]] = True
            left = np.nonzero(~found)[0]
        if not parts:
            return Blends.none(self._axes, self._dt_s), found
        return Blends.of(parts).take(np.argsort(np.concatenate(order))), found

    def to_stop(self, p: Floats, v: Floats, a: Floats) -> tuple[Blends, Flags]:
        """Controlled stops: to rest, all axes together, wherever that is. As `to_rest`."""
        made, rows = self._solved(p, v, a, None, 1.0, True)
        good = self._survey(made, p[rows], v[rows], a[rows], 3)
        found = np.zeros(len(p), dtype=np.bool_)
        found[rows[good]] = True
        return made.take(good), found

    def to_meet(self, p: Floats, v: Floats, a: Floats, target_at: TargetAt) -> Blends | None:
        """A blend of one seat onto a target that moves, landing on it with its velocity and acceleration.

        Parameters
        ----------
        p, v, a : float64[axes]
            Where it is, and how it moves, per tick.
        target_at : callable
            What is wanted so many ticks after this state; a pure function.

        Returns
        -------
        Blends or None
            Of one seat; None when none of the landing instants tried has a plan that holds. Each instant follows from the plan to the one
            before: the same every time.
        """
        for share, let_go in self._attempts:
            ticks = 1
            for _ in range(_MEETINGS):
                end, end_v, end_a = target_at(ticks)
                if not np.array_equal(self._held.drawn_in(end[None])[0], end):
                    break  # it is out of reach when we would land
                there = (end[None], end_v[None], end_a[None])
                shortest, _ = self._solved(p[None], v[None], a[None], there, share, let_go)
                if not len(shortest):
                    break
                needed = int(shortest.landed[0])
                if needed > ticks:
                    ticks = needed
                    continue
                exact, _ = self._solved(p[None], v[None], a[None], there, share, let_go, ticks=ticks)
                if len(exact) and int(exact.landed[0]) == ticks:
                    if self._survey(exact, p[None], v[None], a[None], 0).all():
                        return exact
                    break
                ticks += max(ticks // 8, 1)
        return None

    @property
    def tolerance(self) -> Floats:
        """By axis, the rounding that its position may have."""
        return self._limits.tolerance

    # -- inside ----------------------------------------------------------------------------------------------

    def _solved(
        self,
        p: Floats,
        v: Floats,
        a: Floats,
        ends: tuple[Floats, Floats, Floats] | None,
        share: float,
        let_go: bool,
        *,
        ticks: int = 0,
    ) -> tuple[Blends, Rows]:
        """The fastest blends, or those of exactly so many ticks, of the rows that have one; without ends, stops."""
        solver, move, curve, ruckig = self._solver or self._new_solver()
        dt = self._dt_s
        jerk = -np.clip(a, -self._limits.jl, self._limits.jl) if let_go else np.zeros(a.shape)
        starts: list[Any] = [
            p.tolist(),
            ((v + 0.5 * a + jerk / 3.0) / dt).tolist(),
            ((a + jerk) / (dt * dt)).tolist(),
        ]
        control = ruckig.ControlInterface
        move.control_interface = control.Velocity if ends is None else control.Position
        if ends is None:
            goals: list[Any] = [np.zeros(p.shape).tolist()] * 3
        else:
            end, end_v, end_a = ends
            goals = [end.tolist(), ((end_v + 0.5 * end_a) / dt).tolist(), (end_a / (dt * dt)).tolist()]
        move.max_velocity = (self._limits.vl * (share * _KEEP / dt)).tolist()
        move.minimum_duration = ticks * dt if ticks else None
        fine = (ruckig.Result.Working, ruckig.Result.Finished)
        rows: list[int] = []
        lasts_s: list[float] = []
        found: list[list[list[float]]] = []
        for row in range(len(p)):
            move.current_position, move.current_velocity, move.current_acceleration = (
                part[row] for part in starts
            )
            move.target_position, move.target_velocity, move.target_acceleration = (
                part[row] for part in goals
            )
            try:
                result = solver.calculate(move, curve)
            except ruckig.RuckigError:
                continue  # of ten thousand states some have no solution that its roots find
            if result not in fine or not 0.0 < curve.duration <= self._longest_s:
                continue
            profiles = curve.profiles[0]
            if any(axis.accel.duration > 0.0 for axis in profiles):
                continue  # it would be landed outside the limits
            rows.append(row)
            lasts_s.append(curve.duration)
            for axis in profiles:
                brake = axis.brake
                found.append(
                    [brake.t + axis.t, brake.p + axis.p, brake.v + axis.v, brake.a + axis.a, brake.j + axis.j]
                )
        return self._pieced(found, lasts_s, rows, None if ends is None else ends[0])

    def _pieced(
        self,
        found: Sequence[Sequence[Sequence[float]]],
        lasts_s: Sequence[float],
        of: Sequence[int],
        ends: Floats | None,
    ) -> tuple[Blends, Rows]:
        """Pieces of curves as ruckig has them: by plan and axis durations, positions, velocities, accelerations, jerks."""
        rows = np.array(of, dtype=np.intp)
        if not len(rows):
            return Blends.none(self._axes, self._dt_s), rows
        shape = (len(rows), self._axes)
        length = np.array([part[0] for part in found]).reshape(*shape, _PIECES)
        begins = np.zeros(length.shape)
        np.cumsum(length[..., :-1], axis=-1, out=begins[..., 1:])
        curve = np.empty((*length.shape, 4))
        for place, scale in enumerate((1.0, 1.0, 0.5, 1.0 / 6.0)):
            parts = np.array([part[1 + place][:_PIECES] for part in found]).reshape(length.shape)
            curve[..., place] = parts * scale
        if ends is None:
            end = np.array([part[1][_PIECES] for part in found]).reshape(shape)
        else:
            end = ends[rows]
        last = np.array(lasts_s) / self._dt_s
        # A plan of exactly so many ticks is one to rounding.
        near = np.rint(last)
        landed = np.where(np.abs(last - near) < 1e-6, near, np.ceil(last)).astype(np.intp)
        good = np.isfinite(curve).all(axis=(1, 2, 3)) & np.isfinite(begins).all(axis=(1, 2)) & (landed >= 1)
        return Blends(begins, curve, landed, end, self._dt_s).take(good), rows[good]

    def _new_solver(self) -> tuple[Any, Any, Any, Any]:
        import ruckig

        dt = self._dt_s
        move = ruckig.InputParameter(self._axes)
        move.synchronization = ruckig.Synchronization.Time
        # All axes may brake as hard as this at once, wherever the legs are.
        move.max_acceleration = (self._limits.bl * (_KEEP / (dt * dt))).tolist()
        move.max_jerk = (self._limits.jl * (_KEEP / (dt * dt * dt))).tolist()
        self._solver = (ruckig.Ruckig(self._axes), move, ruckig.Trajectory(self._axes), ruckig)
        return self._solver

    def _survey(self, made: Blends, p: Floats, v: Floats, a: Floats, after: int) -> Flags:
        """By plan, whether every state looked at is one that the followers would accept; so many samples after landing too."""
        if len(made) > _TOGETHER:
            parts = [slice(first, first + _TOGETHER) for first in range(0, len(made), _TOGETHER)]
            rows = np.arange(len(made))
            return np.concatenate(
                [self._survey(made.take(rows[part]), p[part], v[part], a[part], after) for part in parts]
            )
        if not len(made):
            return np.zeros(0, dtype=np.bool_)
        length = made.landed[:, None] + after
        most = int(length.max())
        # What was before the plan is the start's own motion.
        before = [p, p - v, p - v - (v - a)]
        ticks = np.broadcast_to(np.arange(1, most + 1), (len(made), most))
        course = np.concatenate([np.stack(before[::-1], axis=1), made.samples(ticks)], axis=1)
        v1 = np.diff(course, axis=1)
        a1 = np.diff(v1, axis=1)
        j1 = np.diff(a1, axis=1)
        at, v1, a1 = course[:, 3:], v1[:, 2:], a1[:, 1:]
        limits = self._limits
        excess = 1.0 + PLANNING_MARGIN + ACCEPT_MARGIN
        noise = 8.0 * np.spacing(np.maximum(np.abs(limits.low), np.abs(limits.high)))
        good = (np.abs(v1) <= limits.vl * excess) & (np.abs(a1) <= limits.al * excess + noise)
        good &= np.abs(j1) <= limits.jl * excess + noise
        good &= (limits.low <= at) & (at <= limits.high)
        found: Flags = np.logical_and.reduce(good, axis=(1, 2))
        rows = np.nonzero(found)[0]
        if len(rows):
            # Of a plan no longer than this, all of it; of a longer one, spread over its length.
            count = min(most, SURVEYED)
            picked = (np.arange(1, count + 1) * length[rows] + (count - 1)) // count - 1
            shape = (len(rows) * count, self._axes)
            states = [part[rows[:, None], picked].reshape(shape) for part in (at, v1, a1)]
            fine = self._held.holds(states[0], states[1], states[2]).reshape(len(rows), count)
            found[rows] = np.logical_and.reduce(fine, axis=1)
        return found
