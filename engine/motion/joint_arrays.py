"""The law of `engine.motion.joint` on many seats at once, operation by operation: the same bits.

Every sum stands in the order in which the law has it, and only operations IEEE 754 rounds exactly are used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.motion.joint_law import PAD, LegLaw, pairs
from engine.motion.trajectories import PLANNING_MARGIN
from engine.motion.trajectories_law import Limits, canonical_stops, left_over
from engine.motion.trajectories_law import follow as law_follow

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Commitments:
    """As `engine.motion.joint_law.Commitment`, float64[seats, axes] each."""

    low: Floats
    high: Floats
    speed: Floats
    push: Floats


class JointArrays:
    """The law of one kind of seat.

    Parameters
    ----------
    law : LegLaw
    limits : Limits
        Of one seat's axes, as their followers plan.
    """

    def __init__(self, law: LegLaw, limits: Limits) -> None:
        self._law = law
        self._limits = limits
        self._pairs = pairs(len(law.limits))

    def committed(self, p: Floats, v: Floats, a: Floats) -> Commitments:
        """What the axes will do at most, from states float64[seats, axes] to the ends of their stops."""
        low, high = p.copy(), p.copy()
        fast, hard = np.zeros((2, *p.shape))
        seats, axes = np.nonzero((v != 0.0) | (a != 0.0))
        if len(seats):
            few = self._limits.take(axes)
            at, of_v, of_a = p[seats, axes], v[seats, axes], a[seats, axes]
            stop = canonical_stops(of_v, of_a, few.bl, few.bl, few.jl)
            end, dip = at + stop.end, at + stop.dip
            low[seats, axes] = np.minimum(np.minimum(at, end), dip)
            high[seats, axes] = np.maximum(np.maximum(at, end), dip)
            fast[seats, axes] = np.maximum(np.abs(of_v), np.abs(left_over(of_v, of_a, few.jl)))
            brake = np.minimum(few.bl, np.sqrt(np.abs(of_v) * few.jl + 0.5 * of_a * of_a) + 1.5 * few.jl)
            hard[seats, axes] = np.maximum(np.abs(of_a), brake)
        return Commitments(low, high, fast, hard)

    def tested(self, of: Commitments) -> Flags:
        """By seat, whether all legs are inside their limits, whatever of it the axes do."""
        law = self._law
        size = np.maximum(np.abs(of.low), np.abs(of.high))
        bent = self._bent(size)
        above, below, speed, push = np.zeros((4, len(size), len(law.above)))
        for column in range(size.shape[1]):
            one = law.jacobian[:, column] * of.low[:, column, None]
            other = law.jacobian[:, column] * of.high[:, column, None]
            above = above + np.maximum(one, other)
            below = below + np.minimum(one, other)
            speed = speed + law.gain[:, column] * of.speed[:, column, None]
            push = push + law.gain[:, column] * of.push[:, column, None]
        legs = (above + bent <= law.above) & (bent - below <= law.below)
        legs &= (speed <= law.speed) & (push <= law.push)
        inside: Flags = np.logical_and.reduce(legs, axis=1)
        return inside

    def follow(self, state: Floats, wanted: Floats) -> tuple[Floats, Flags]:
        """Every axis by itself: states after, float64[seats, 7, axes], and which axes are on target."""
        return self._follow_within(self._tiled(len(state)), state, wanted)

    def share(self, state: Floats, wanted: Floats, after: Floats) -> Floats:
        """`JointFollower`'s share of what the legs have left, or brake: states after.

        Parameters
        ----------
        state : float64[seats, 7, axes]
        wanted : float64[seats, axes]
            Inside the stroke.
        after : float64[seats, 7, axes]
            As `follow` has it, and as it may not be.
        """
        proposed = self.committed(*_motion(after))
        present = self.committed(*_motion(state))
        fair = self.tested(present)
        out = self._braked(state)
        rows = np.nonzero(fair)[0]
        if len(rows):
            low, high, speed = self._shares(_take(present, rows), _take(proposed, rows))
            limits = self._tiled(len(rows))
            limits = replace(
                limits,
                low=np.maximum(low.ravel(), limits.low),
                high=np.minimum(high.ravel(), limits.high),
                vl=np.minimum(speed.ravel(), limits.vl),
            )
            within, _ = self._follow_within(limits, state[rows], wanted[rows])
            moved = self.tested(self.committed(*_motion(within)))
            out[rows[moved], :3] = within[moved, :3]
        out[:, 3:] = after[:, 3:]
        return out

    # -- inside ----------------------------------------------------------------------------------------------

    def _tiled(self, count: int) -> Limits:
        return self._limits.take(np.tile(np.arange(len(self._limits.low)), count))

    def _bent(self, size: Floats) -> Floats:
        bent = np.zeros((len(size), len(self._law.above)))
        for column, (one, other) in enumerate(self._pairs):
            bent = bent + self._law.bend[:, column] * (size[:, one] * size[:, other])[:, None]
        return bent

    def _follow_within(self, limits: Limits, state: Floats, wanted: Floats) -> tuple[Floats, Flags]:
        count, _, axes = state.shape
        p, v, a, q, qv, qa, quiet = (np.ascontiguousarray(state[:, part]).ravel() for part in range(7))
        parts, good = law_follow(limits, (p, v, a, q, qv, qa, quiet), np.ascontiguousarray(wanted).ravel())
        return np.stack([part.reshape(count, axes) for part in parts], axis=1), good.reshape(count, axes)

    def _braked(self, state: Floats) -> Floats:
        """`Follower.brake` of every axis."""
        count, _, axes = state.shape
        p, v, a = (np.ascontiguousarray(state[:, part]).ravel() for part in range(3))
        limits = self._tiled(count)
        acc = a + canonical_stops(v, a, limits.bl, limits.bl, limits.jl).first_jerk
        p1 = np.minimum(np.maximum(p + v + acc, limits.low), limits.high)
        resting = (np.abs(v) <= 4.0 * limits.tolerance) & (np.abs(a) <= 8.0 * limits.tolerance)
        p1 = np.where(resting, p, p1)
        v1 = p1 - p
        out = state.copy()
        for part, values in enumerate((p1, v1, v1 - v)):
            out[:, part] = values.reshape(count, axes)
        return out

    def _shares(self, present: Commitments, proposed: Commitments) -> tuple[Floats, Floats, Floats]:
        law = self._law
        axes = present.low.shape[1]
        down = np.maximum(present.low - proposed.low, 0.0)
        up = np.maximum(proposed.high - present.high, 0.0)
        faster = np.maximum(proposed.speed - present.speed, 0.0)
        reach = np.maximum(np.abs(present.low), np.abs(present.high))
        farther = np.maximum(np.maximum(reach, np.abs(present.low - down)), np.abs(present.high + up))
        bent, more_bent = np.zeros((2, len(reach), len(law.above)))
        for column, (one, other) in enumerate(self._pairs):
            value = (reach[:, one] * reach[:, other])[:, None]
            then = (farther[:, one] * farther[:, other])[:, None]
            bent = bent + law.bend[:, column] * value
            more_bent = more_bent + law.bend[:, column] * (then - value)
        room = 1e-3 * PAD * (law.above + law.below) + bent
        high, low = law.above - room, law.below - room
        fast = np.broadcast_to(law.speed, high.shape)
        more_high = more_low = more_bent
        more_fast, hard = np.zeros((2, *high.shape))
        for column in range(axes):
            factor, much = law.jacobian[:, column], law.gain[:, column]
            one_end = factor * present.low[:, column, None]
            other_end = factor * present.high[:, column, None]
            high = high - np.maximum(one_end, other_end)
            low = low + np.minimum(one_end, other_end)
            fast = fast - much * present.speed[:, column, None]
            hard = hard + much * proposed.push[:, column, None]
            rising, falling = up[:, column, None], down[:, column, None]
            positive = factor > 0.0
            more_high = np.where(positive, more_high + factor * rising, more_high - factor * falling)
            more_low = np.where(positive, more_low + factor * falling, more_low - factor * rising)
            more_fast = more_fast + much * faster[:, column, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            share_high = np.where(more_high <= high, 1.0, np.maximum(high, 0.0) / more_high)
            share_low = np.where(more_low <= low, 1.0, np.maximum(low, 0.0) / more_low)
            of_speed = np.where(more_fast > fast, np.maximum(fast, 0.0) / more_fast, 1.0)
        of_speed = np.where(hard > law.push, 0.0, of_speed).min(axis=1, initial=1.0)[:, None]
        of_up, of_down = np.ones((2, *up.shape))
        for column in range(axes):
            positive = law.jacobian[:, column] > 0.0
            of_up[:, column] = np.where(positive, share_high, share_low).min(axis=1, initial=1.0)
            of_down[:, column] = np.where(positive, share_low, share_high).min(axis=1, initial=1.0)
        keep = 1.0 - PLANNING_MARGIN
        return (
            present.low - of_down * down,
            present.high + of_up * up,
            np.maximum(present.speed, (present.speed + of_speed * faster) * keep),
        )


def _motion(state: Floats) -> tuple[Floats, Floats, Floats]:
    return state[:, 0], state[:, 1], state[:, 2]


def _take(of: Commitments, rows: NDArray[np.intp]) -> Commitments:
    return Commitments(of.low[rows], of.high[rows], of.speed[rows], of.push[rows])
