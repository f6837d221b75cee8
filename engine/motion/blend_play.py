"""Who plays which blend: seats that are led to rest, or onto what is wanted after it has jumped.

A plan to rest is begun when a seat is told to rest somewhere, or somewhere else than before. While it lasts, its samples are what the
followers are told is wanted; a sample that they do not emit as it is ends the plan, and they go on by themselves (`engine.motion.blends`).
Nothing is kept beside the seats' own states but the plan, and that follows from the state and the goal: whoever begins anew, in whatever
state, is as safe. A plan to meet what moves is begun after the sample with which it jumped, and holds as long as nothing else is told.

One seat or a thousand: the same operations on each, in the same order, so the same bits; but where more than `MEETINGS` seats of a fleet
all differ at one instant, the others are left to their followers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.motion.blends import Blends, Planner, TargetAt

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

RETRY_S = 0.05  # between plans that were asked for and not found
RETRIED_S = 0.25  # for so long after a goal became known
MEETINGS = (
    64  # different plans to meet what moves that are made at one instant; seats that play the same need one
)

Ahead = Callable[[int], Floats]
"""What will be wanted so many ticks from now, float64[rows, axes]; NaN where that cannot be told."""


class Led(Protocol):
    """What followers let themselves be asked and told, by rows."""

    def motion(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Position, velocity and acceleration, float64[rows, axes] each, per tick."""
        ...

    def free(self, rows: Rows) -> Flags:
        """Which may be led along a blend."""
        ...

    def believe(self, rows: Rows) -> None:
        """Their motion is what was wanted of them."""
        ...

    def reached(self) -> Flags:
        """By row, whether all of it is on target."""
        ...


class BlendPlay:
    """Leads the rows of some followers to rest.

    Parameters
    ----------
    new_planner : callable
        Makes the planner, when the first plan is asked for.
    rows, axes : int
    dt_s : float
        Time between samples, in s.
    """

    def __init__(self, new_planner: Callable[[], Planner], rows: int, axes: int, dt_s: float) -> None:
        self._new_planner = new_planner
        self._planner: Planner | None = None
        self._shape = (rows, axes)
        self._dt_s = dt_s
        self._retry = max(math.ceil(RETRY_S / dt_s), 1)
        self._tries = math.ceil(RETRIED_S / RETRY_S)
        self._any = False
        self._meeting = False
        self._meets = np.zeros(rows, dtype=np.bool_)  # whose plan is one to meet what moves
        self._dropped = np.zeros(rows, dtype=np.bool_)
        self._everyone, self._nobody = np.ones(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
        self._rest = self._nobody
        self._goal = np.zeros(self._shape)
        self._at = np.full(rows, -1, dtype=np.intp)  # sample of the plan emitted last; -1: none
        self._wait = np.zeros(rows, dtype=np.intp)  # samples until the next try
        self._left = np.zeros(rows, dtype=np.intp)  # tries
        self._plans: Blends | None = None
        self._led: tuple[Rows, Floats] | None = None

    @property
    def leading(self) -> bool:
        """Whether a blend is being played."""
        return bool((self._at >= 0).any())

    @property
    def meeting(self) -> bool:
        """Whether one of them is onto what moves."""
        return self._meeting

    @property
    def led(self) -> bool:
        """Whether `lead` has just told anybody something else than what is wanted."""
        return self._led is not None

    def forget(self, row: int) -> None:
        """A seat is somewhere else than thought: what was planned for it is nothing now."""
        self._at[row] = -1
        self._meets[row] = False
        if self._any:
            self._rest = self._rest.copy()
            self._rest[row] = False

    def lead(self, followers: Led, goal: Floats, rest: bool | Flags) -> Floats:
        """What followers are to be told is wanted now.

        Parameters
        ----------
        followers : Led
        goal : float64[rows, axes]
            What is wanted.
        rest : bool or bool[rows]
            Whether it will stay so, until something else is told: then seats are led there.
        """
        anybody = rest if isinstance(rest, bool) else bool(rest.any())
        self._led = None
        if not anybody and not self._any and not self._meeting:
            return goal
        resting = rest if not isinstance(rest, bool) else self._everyone if rest else self._nobody
        known = self._rest & resting
        known &= (goal == self._goal).all(axis=1)
        if not known.all():
            fresh = resting & ~known
            self._at[~(known | self._meets) | fresh] = -1
            self._meets &= ~fresh
            self._goal[fresh] = goal[fresh]
            self._wait[fresh] = 0
            self._left[fresh] = self._tries
            self._left[~resting] = 0
        self._rest, self._any = resting.copy(), anybody
        waiting = (self._at < 0) & (self._left > 0)
        if waiting.any():
            due = np.nonzero(waiting & (self._wait == 0))[0]
            self._wait[waiting] -= 1
            if len(due):
                self._plan(followers, due)
        led = np.nonzero(self._at >= 0)[0]
        if not len(led):
            return goal
        assert self._plans is not None
        self._at[led] += 1
        everything = len(led) == len(self._at)
        plans = self._plans if everything else self._plans.take(led)
        samples = plans.samples(self._at[led][:, None])[:, 0]
        self._led = (led, samples)
        landed = led[self._at[led] >= plans.landed]
        self._at[landed] = -1
        self._left[landed] = 0
        self._meets[landed] = False
        self._meeting = self._meeting and bool(self._meets.any())
        if everything:
            return samples
        told = goal.copy()
        told[led] = samples
        return told

    def emitted(self, position: Floats) -> None:
        """What was emitted, float64[rows, axes], after what `lead` told: a plan not followed is none any more."""
        if self._led is None:
            return
        led, samples = self._led
        assert self._planner is not None
        # What is wanted is drawn in once more, which may take a rounding.
        left = ~(np.abs(position[led] - samples) <= self._planner.tolerance).all(axis=1)
        if left.any():
            self._at[led[left]] = -1
            self._left[led[left]] = 0
            self._meets[led[left]] = False

    def leave(self) -> None:
        """What moves is not what it was planned to be: plans to meet it are none any more."""
        self._dropped = self._meets.copy()
        if self._meeting:
            self._at[self._meets] = -1
            self._meets[:] = False
            self._meeting = False

    def meet(self, followers: Led, ahead: Ahead, *, anew: bool) -> None:
        """What is wanted has jumped with the sample just emitted: plan to meet it, where it was not reached at once.

        Parameters
        ----------
        followers : Led
        ahead : callable
            A pure function; asked for a few instants.
        anew : bool
            For everybody; else only for those whose plans have just been left.
        """
        asked_for = ~self._rest & (self._at < 0)
        if not anew:
            asked_for &= self._dropped
        left = np.nonzero(~followers.reached() & asked_for)[0]
        left = left[followers.free(left)]
        known: dict[int, Floats] = {}

        def told(tick: int) -> Floats:
            if tick not in known:
                known[tick] = np.array(ahead(tick))
            return known[tick]

        for _ in range(MEETINGS):
            if not len(left):
                break
            p, v, a = followers.motion(left)
            first = int(left[0])
            asked: set[int] = set()

            made = self._made_planner().to_meet(p[0], v[0], a[0], _target(told, first, asked))
            # A plan follows from the state and what was asked: where all that is the same, so is the plan.
            alike = (p == p[0]).all(axis=1) & (v == v[0]).all(axis=1) & (a == a[0]).all(axis=1)
            for tick in asked:
                alike &= ((told(tick)[left] == told(tick)[first]) | np.isnan(told(tick)[first])).all(axis=1)
            alike[0] = True
            if made is not None:
                self._keep(made, left[alike], np.zeros(np.count_nonzero(alike), dtype=np.intp))
                self._meets[left[alike]] = True
                self._meeting = True
                followers.believe(left[alike])
            left = left[~alike]

    # -- inside ----------------------------------------------------------------------------------------------

    def _plan(self, followers: Led, due: Rows) -> None:
        self._wait[due] = self._retry
        self._left[due] -= 1
        p, v, a = followers.motion(due)
        goal = self._goal[due]
        there = ((p == goal) & (v == 0.0) & (a == 0.0)).all(axis=1)
        self._left[due[there]] = 0
        ready = np.nonzero(followers.free(due) & ~there)[0]
        if not len(ready):
            return
        # Seats alike are planned for once. A zero has two signs, which makes no difference but to the comparison of bytes.
        key = np.ascontiguousarray(np.concatenate([part[ready] + 0.0 for part in (p, v, a, goal)], axis=1))
        keys = key.view([("", np.void, key.itemsize * key.shape[1])]).ravel()
        _, first, back = np.unique(keys, return_index=True, return_inverse=True)
        of = ready[first]
        made, found = self._made_planner().to_rest(p[of] + 0.0, v[of] + 0.0, a[of] + 0.0, goal[of] + 0.0)
        if not found.any():
            return
        number = np.cumsum(found) - 1
        back = back.ravel()
        have = found[back]
        rows, which = due[ready[have]], number[back[have]]
        self._keep(made, rows, which)
        followers.believe(rows)

    def _made_planner(self) -> Planner:
        if self._planner is None:
            self._planner = self._new_planner()
        return self._planner

    def _keep(self, made: Blends, rows: Rows, which: Rows) -> None:
        """Begin to play plans, those `which` of `made` for the rows."""
        if self._plans is None:
            count, axes = self._shape
            pieces = made.begins.shape[2]
            self._plans = Blends(
                np.zeros((count, axes, pieces)),
                np.zeros((count, axes, pieces, made.curve.shape[3])),
                np.zeros(count, dtype=np.intp),
                np.zeros((count, axes)),
                self._dt_s,
            )
        self._plans.begins[rows] = made.begins[which]
        self._plans.curve[rows] = made.curve[which]
        self._plans.landed[rows] = made.landed[which]
        self._plans.end[rows] = made.end[which]
        self._at[rows] = 0


def _target(told: Callable[[int], Floats], row: int, asked: set[int]) -> TargetAt:
    """One row's target; the ticks that were asked for are added."""

    def target_at(tick: int) -> tuple[Floats, Floats, Floats]:
        asked.update((tick - 1, tick, tick + 1))
        before, now, after = told(tick - 1)[row], told(tick)[row], told(tick + 1)[row]
        return now, now - before, after - 2.0 * now + before

    return target_at
