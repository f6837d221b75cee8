"""How many transitions one second holds, of an area that counts.

Two counts go side by side, and the larger one stands:

*In place.* Every cell (a tile of the picture, a lamp) counts its own transitions in the last second. The count is the
largest n for which the cells with n or more fill more than the limit of one field. Tiles that flash against each other do
not cancel, and tiles that flash at different moments add up.

*In a field.* A change of more than the limit of a field at once (within 40 ms) is a transition of that field, wherever
in it the change is; up and down alternate, and a change one way is counted again only after one the other way. This is
what counts a strobe beside a screen and the screen between its flashes, and light that jumps from place to place.

A second is half open: what happened exactly one second ago has left it, so a steady flicker of 3 Hz holds six transitions.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.fields import Fields
from engine.safety.flash.profiles import FlashProfile
from engine.safety.flash.values import FlashResult
from engine.time.flicks import FLICKS_PER_SECOND

Flags = NDArray[np.bool_]


class InPlace:
    """Transitions of every cell in the last second."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._counts = np.zeros(fields.cells, dtype=np.int32)
        self._recent: deque[tuple[int, Flags]] = deque()
        self._known: tuple[int, float] = (0, 0.0)
        self._stale = False

    def add(self, at_fl: int, turned: Flags) -> None:
        """Cells that completed a transition."""
        self._counts[turned] += 1
        self._recent.append((at_fl, turned))
        self._stale = True

    def level(self, at_fl: int) -> tuple[int, float]:
        """The count of the second that ends at `at_fl`, and the largest area in one field that has it."""
        while self._recent and self._recent[0][0] <= at_fl - FLICKS_PER_SECOND:
            self._counts[self._recent.popleft()[1]] -= 1
            self._stale = True
        if self._stale:
            self._known = self._level()
            self._stale = False
        return self._known

    def _level(self) -> tuple[int, float]:
        fields = self._fields
        by_count = np.bincount(self._counts, weights=fields.weights)
        with_at_least = np.cumsum(by_count[::-1])[::-1]
        # What all of the view does not reach no field does.
        most = int(np.count_nonzero(with_at_least > fields.limit)) - 1
        # The area falls with the count, and the count is mostly what it was: look there first, then go up or down.
        count, area = 0, 0.0
        trial = max(1, min(self._known[0], most))
        way = 0
        while 1 <= trial <= most:
            found = float(fields.areas(self._counts >= trial).max())
            if found > fields.limit:
                count, area = trial, found
                if way < 0:
                    break
                way = 1
            elif way > 0:
                break
            else:
                way = -1
            trial += way
        return count, area

    def next_change_fl(self) -> int | None:
        """When a transition next leaves the second; None when there is none."""
        return self._recent[0][0] + FLICKS_PER_SECOND if self._recent else None


class InField:
    """Transitions of every field in the last second."""

    def __init__(self, fields: Fields, concurrent_fl: int) -> None:
        self._fields = fields
        self._concurrent_fl = concurrent_fl
        self._recent: tuple[deque[tuple[int, Flags]], deque[tuple[int, Flags]]] = (deque(), deque())
        self._last = np.zeros(fields.fields, dtype=np.int8)
        self._free = np.full((2, fields.fields), np.iinfo(np.int64).min, dtype=np.int64)
        self._counts = np.zeros(fields.fields, dtype=np.int32)
        self._events: deque[tuple[int, Flags]] = deque()

    def add(self, at_fl: int, up: Flags, down: Flags) -> None:
        """Cells that completed a transition, by its direction."""
        ripe = [self._ripe(at_fl, way, turned) for way, turned in enumerate((up, down))]
        if ripe[0] is None and ripe[1] is None:
            return
        none = np.zeros(self._fields.fields, dtype=bool)
        rise, fall = (none if one is None else one for one in ripe)
        # A field in which both come at once takes first the one that its last change was not.
        self._fire(at_fl, 0, rise & (self._last <= 0))
        self._fire(at_fl, 1, fall & (self._last >= 0))
        self._fire(at_fl, 0, rise & (self._last <= 0) & (self._free[0] <= at_fl))

    def _ripe(self, at_fl: int, way: int, turned: Flags) -> Flags | None:
        recent = self._recent[way]
        while recent and recent[0][0] <= at_fl - self._concurrent_fl:
            recent.popleft()
        if not turned.any():
            return None
        recent.append((at_fl, turned))
        together = np.logical_or.reduce([one for _, one in recent]) if len(recent) > 1 else turned
        if self._fields.total(together) <= self._fields.limit:
            return None
        return (self._fields.areas(together) > self._fields.limit) & (self._free[way] <= at_fl)

    def _fire(self, at_fl: int, way: int, which: Flags) -> None:
        if not which.any():
            return
        self._last[which] = 1 if way == 0 else -1
        self._free[way][which] = at_fl + self._concurrent_fl
        self._counts[which] += 1
        self._events.append((at_fl, which))

    def level(self, at_fl: int) -> int:
        """Most transitions of one field in the second that ends at `at_fl`."""
        while self._events and self._events[0][0] <= at_fl - FLICKS_PER_SECOND:
            self._counts[self._events.popleft()[1]] -= 1
        return int(self._counts.max()) if self._events else 0

    def next_change_fl(self) -> int | None:
        """When a transition next leaves the second; None when there is none."""
        return self._events[0][0] + FLICKS_PER_SECOND if self._events else None


class Sustained:
    """The extended rule: how much of the last five seconds held some flashes, though never too many."""

    def __init__(self, profile: FlashProfile) -> None:
        self._profile = profile
        self._spans: deque[tuple[int, int]] = deque()
        self._since: int | None = None

    def push(self, at_fl: int, transitions: int) -> FlashResult:
        """Judge an instant; the count holds until the next one."""
        rule = self._profile
        if self._since is not None:
            self._spans.append((self._since, at_fl))
        self._since = at_fl if rule.warned <= transitions <= rule.allowed else None
        begin = at_fl - rule.extended_window_fl
        while self._spans and self._spans[0][1] <= begin:
            self._spans.popleft()
        if transitions > rule.allowed:
            return FlashResult.FAIL
        if transitions < rule.warned:
            return FlashResult.PASS
        held = sum(last - max(first, begin) for first, last in self._spans)
        return FlashResult.EXTENDED if held >= rule.extended_fl else FlashResult.WARNING


class Counter:
    """Both counts and the extended rule, for one kind of flash.

    Parameters
    ----------
    fields : Fields
        The fields of the view.
    profile : FlashProfile
        What is allowed.
    """

    def __init__(self, fields: Fields, profile: FlashProfile) -> None:
        self._in_place = InPlace(fields)
        self._in_field = InField(fields, profile.concurrent_fl)
        self._sustained = Sustained(profile)
        self.most = 0
        self.most_at_fl: int | None = None

    def add(self, at_fl: int, up: Flags, down: Flags, known: Flags | None = None) -> None:
        """Transitions that are complete at an instant, cell by cell; instants may not fall.

        `known` are cells whose transition has been counted in place already, at an earlier instant.
        """
        turned = up | down
        if not turned.any():
            return
        self._in_place.add(at_fl, turned if known is None else turned & ~known)
        self._in_field.add(at_fl, up, down)

    def judge(self, at_fl: int) -> tuple[int, float, FlashResult]:
        """The count of the second that ends at `at_fl`, its area in place, and the result."""
        count, area = self._in_place.level(at_fl)
        count = max(count, self._in_field.level(at_fl))
        if count > self.most:
            self.most, self.most_at_fl = count, at_fl
        return count, area, self._sustained.push(at_fl, count)

    def next_change_fl(self) -> int | None:
        """When the count may next fall with nothing new; None when it stays 0."""
        changes = [
            one
            for one in (self._in_place.next_change_fl(), self._in_field.next_change_fl())
            if one is not None
        ]
        return min(changes, default=None)
