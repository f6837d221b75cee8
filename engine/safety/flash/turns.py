"""Opposing transitions: where a course has risen or fallen by enough since it last turned.

A course is followed with hysteresis. After a rise its highest value is remembered; a transition down is complete at the
first value that lies far enough below it, and from then on the lowest value is remembered, and so on. Before the first
transition both are. This is the longest series of alternating changes of at least that size which the course holds, and
every change is counted at the earliest instant possible; small ripples add nothing and a change that takes many frames
is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.profiles import FlashProfile

Values = NDArray[np.float32]
Flags = NDArray[np.bool_]

_SLACK = 1e-5
"""Of the threshold: what single precision loses; a change of exactly 10 % counts."""
SATURATED_SHARE = 0.5
"""Of a tile's samples that have to be saturated red for the tile to be."""


@dataclass(frozen=True, slots=True)
class TurnRule:
    """When a change is one.

    Parameters
    ----------
    change : float
        Least difference.
    strict : bool
        The difference has to be more than `change`, not as much.
    dark_below : float
        The lower value has to be below this; infinite where that does not matter.
    michelson : float or None
        What counts instead where it is not: a Michelson contrast of at least this.
    gated : bool
        One of the two states has to be open (saturated red).
    """

    change: float
    strict: bool
    dark_below: float
    michelson: float | None
    gated: bool

    def met(self, low: Values, high: Values, gate: Flags | None) -> Flags:
        """Whether ``low`` to ``high`` is a change, element by element."""
        if self.strict:
            far = (high - low) > self.change * (1 + _SLACK)
        else:
            far = (high - low) >= self.change * (1 - _SLACK)
        if np.isfinite(self.dark_below):
            dark = low < self.dark_below
            if self.michelson is not None:
                dark |= (high - low) >= (high + low) * (self.michelson * (1 - _SLACK))
            far &= dark
        if self.gated and gate is not None:
            far &= gate
        return np.asarray(far)

    def level_down(self, high: float) -> float:
        """Highest value to which a fall from `high` is a change."""
        level = high - self.change
        if self.dark_below == float("inf"):
            return level
        if self.michelson is None:
            return min(level, self.dark_below)
        return min(level, max(self.dark_below, high * (1 - self.michelson) / (1 + self.michelson)))

    def level_up(self, low: float) -> float:
        """Lowest value to which a rise from `low` is a change; infinite where none is."""
        level = low + self.change
        if low < self.dark_below:
            return level
        if self.michelson is None:
            return float("inf")
        return max(level, low * (1 + self.michelson) / (1 - self.michelson))


def general_rule(profile: FlashProfile) -> TurnRule:
    """Of luminance."""
    return TurnRule(profile.change, False, profile.dark_below, profile.michelson, False)


def red_rule(profile: FlashProfile) -> TurnRule:
    """Of the red measure: more than the threshold, with one of the two states saturated."""
    return TurnRule(profile.red_change, True, float("inf"), None, True)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a course has gone since each cell last turned, each of shape (cells,).

    Parameters
    ----------
    low, high : ndarray of float32
        The extremes.
    low_open, high_open : ndarray of bool
        Whether those states were saturated (true where that does not matter).
    may_rise, may_fall : ndarray of bool
        Which way the next transition may go.
    """

    low: Values
    high: Values
    low_open: Flags
    high_open: Flags
    may_rise: Flags
    may_fall: Flags


class Step(NamedTuple):
    """Cells that, before they first turned, went further up or down than before.

    Parameters
    ----------
    at_fl : int
        When.
    cells : ndarray of intp
        Which.
    values : ndarray of float32
        Where they were then.
    opened : ndarray of bool
        Which of them were saturated red (true where that does not matter).
    since_fl : int
        When the way there began, for a lamp that goes straight; `at_fl` for a jump.
    since : float
        Where it began.
    """

    at_fl: int
    cells: NDArray[np.intp]
    values: Values
    opened: Flags
    since_fl: int
    since: float = 0.0


class Turns:
    """Follows many cells at once.

    Parameters
    ----------
    cells : int
        How many.
    rule : TurnRule
        What counts.
    record : bool
        Keep the steps by which every cell reached its first transition, for `engine.safety.flash.seams`.
    """

    def __init__(self, cells: int, rule: TurnRule, *, record: bool = False) -> None:
        self._rule = rule
        self._direction = np.zeros(cells, dtype=np.int8)
        self._low = np.full(cells, np.inf, dtype=np.float32)
        self._high = np.full(cells, -np.inf, dtype=np.float32)
        self._low_open = np.zeros(cells, dtype=bool)
        self._high_open = np.zeros(cells, dtype=bool)
        self.steps: list[Step] = []
        # Of any value, and of those that were saturated.
        self._least = np.full((2, cells), np.inf, dtype=np.float32)
        self._most = np.full((2, cells), -np.inf, dtype=np.float32)
        self._turned = np.zeros(cells, dtype=bool)
        self._stepping = record and cells > 0

    def push(self, values: Values, opened: Flags | None = None, at_fl: int = 0) -> tuple[Flags, Flags]:
        """Take the next values.

        Parameters
        ----------
        values : ndarray of float32, shape (cells,)
            The course's values at one instant, in order of time.
        opened : ndarray of bool, shape (cells,), optional
            Which cells are saturated red; needed by a gated rule.
        at_fl : int
            The instant, for the record.

        Returns
        -------
        (ndarray of bool, ndarray of bool)
            Which cells completed a transition up, and which down.
        """
        rule = self._rule
        if self._stepping:
            self._note_step(values, opened, at_fl)
        if rule.gated and opened is not None:
            # Of equal values an open one is the more telling.
            new_low = (values < self._low) | ((values == self._low) & opened)
            new_high = (values > self._high) | ((values == self._high) & opened)
            self._low_open = np.where(new_low, opened, self._low_open)
            self._high_open = np.where(new_high, opened, self._high_open)
            rise_gate: Flags | None = self._low_open | opened
            fall_gate: Flags | None = self._high_open | opened
        else:
            rise_gate = fall_gate = None
        np.minimum(self._low, values, out=self._low)
        np.maximum(self._high, values, out=self._high)
        up = rule.met(self._low, values, rise_gate) & (self._direction <= 0)
        down = rule.met(values, self._high, fall_gate) & (self._direction >= 0)
        for turned, direction in ((up, 1), (down, -1)):
            if turned.any():
                self._direction[turned] = direction
                self._low[turned] = self._high[turned] = values[turned]
                if opened is not None:
                    self._low_open[turned] = self._high_open[turned] = opened[turned]
        if self._stepping:
            self._turned |= up | down
            self._stepping = not self._turned.all()
        return up, down

    def _note_step(self, values: Values, opened: Flags | None, at_fl: int) -> None:
        shown = np.ones_like(self._turned) if opened is None or not self._rule.gated else opened
        further = (values < self._least[0]) | (values > self._most[0])
        further |= shown & ((values < self._least[1]) | (values > self._most[1]))
        cells = np.flatnonzero(further & ~self._turned)
        if not cells.size:
            return
        at = values[cells]
        self.steps.append(Step(at_fl, cells, at, shown[cells], at_fl))
        for which, some in ((0, slice(None)), (1, shown[cells])):
            self._least[which, cells[some]] = np.minimum(self._least[which, cells[some]], at[some])
            self._most[which, cells[some]] = np.maximum(self._most[which, cells[some]], at[some])

    def tail(self) -> Reach:
        """The end as it is now."""
        anything = np.ones_like(self._turned)
        gated = self._rule.gated
        return Reach(
            self._low.copy(),
            self._high.copy(),
            self._low_open.copy() if gated else anything,
            self._high_open.copy() if gated else anything,
            self._direction <= 0,
            self._direction >= 0,
        )
