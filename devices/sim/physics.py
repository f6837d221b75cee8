"""One actuator as the MPEG-V device model has it: dead time, then a first-order lag, with a speed limit.

Advanced event by event: between two commands the answer is in closed form, so a twin may be asked at any
instants and gives the same answers however often it is asked.
"""

from __future__ import annotations

import math
from collections import deque

_NS_PER_S = 1_000_000_000


class LaggedValue:
    """A value that follows commands late.

    Parameters
    ----------
    start : float
    dead_ns : int
        Time before a command has any effect.
    lag_ns : int
        Time constant; 0 follows at once (or at `rate`).
    rate : float
        Largest speed, per s; infinite by default.
    """

    def __init__(self, start: float, *, dead_ns: int = 0, lag_ns: int = 0, rate: float = math.inf) -> None:
        self._dead_ns = dead_ns
        self._lag_s = lag_ns / _NS_PER_S
        self._rate = rate
        self._value = start
        self._goal = start
        self._at_ns: int | None = None
        self._coming: deque[tuple[int, float]] = deque()

    def command(self, goal: float, at_ns: int) -> None:
        """Ask for `goal` at `at_ns`."""
        if self._at_ns is None:
            self._at_ns = at_ns
        self.at(at_ns)  # what is waiting is never more than one dead time's worth, also if nobody ever asks
        self._coming.append((at_ns + self._dead_ns, goal))

    def at(self, at_ns: int) -> float:
        """The value at `at_ns`; asking about the past gives the last known."""
        if self._at_ns is None:
            return self._value
        while self._coming and self._coming[0][0] <= at_ns:
            effective_ns, goal = self._coming.popleft()
            self._move(effective_ns)
            self._goal = goal
        self._move(at_ns)
        return self._value

    def _move(self, to_ns: int) -> None:
        assert self._at_ns is not None
        if to_ns <= self._at_ns:
            return
        elapsed_s = (to_ns - self._at_ns) / _NS_PER_S
        self._at_ns = to_ns
        gap = self._goal - self._value
        if gap == 0.0:
            return
        distance = abs(gap)
        # Far from the goal the speed limit holds; from rate * lag on, the exponential is the slower of the
        # two.
        slow_from = self._rate * self._lag_s
        if distance > slow_from:
            step = self._rate * elapsed_s
            if distance - step > slow_from:
                self._value += math.copysign(step, gap)
                return
            elapsed_s -= (distance - slow_from) / self._rate if self._rate < math.inf else 0.0
            distance = slow_from if self._rate < math.inf else distance
        left = distance * math.exp(-elapsed_s / self._lag_s) if self._lag_s > 0.0 else 0.0
        self._value = self._goal - math.copysign(left, gap)
