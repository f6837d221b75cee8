"""How much of something a device may give: time on, time off, a share of a window, a total, and an end to what is stuck.

A fan may blow all evening; a fog machine, a scent cartridge, a water jet and an exciter under a seat may not. What a channel may give
stands in the rig (`engine.experience.budget`); here it is kept, before the governor: a pure machine over instants of the bus' grid,
which only ever takes a channel to its off value, or runs the purge that a scent asks for. Whatever leads to the safe state (a stop, a lost
permissive, a silent conductor) goes past it, ends a purge, and still counts.

*On* is a value above `Budget.level` of the channel's range. What counts is what was let through, from one instant to the next, the time
between them by the grid: an instant that was left out counts as what was commanded before it.

A window is kept in 60 pieces, and what is counted are the last 61: so no window of that length, wherever it begins, has more than its
share. What ran out comes back when a twentieth of the share is free again (a window), after the cool-down (time on), when the show wants
0 (stuck), or not at all (a total).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.bus.driver import Channel, Group
from engine.experience.budget import Budget, Purge

_PIECES = 60
_ROOM = 0.05  # of a window's share, free again before it comes back
_SAME = 1e-9  # of the range: less is no change
_ROUNDING_S = 1e-9  # sums of shares of ticks carry a rounding


@dataclass(frozen=True, slots=True)
class BudgetNews:
    """Something for the journal.

    Attributes
    ----------
    channel : str
    what : {"on_time", "window", "total", "stuck", "back", "purge", "purged"}
        Why it was taken to 0, that it may again, that a purge began, or that it is over.
    data : mapping of str to float
        Seconds used, by name.
    """

    channel: str
    what: str
    data: Mapping[str, float] = field(default_factory=dict)


class _Kept:
    """The budget of one channel."""

    __slots__ = (
        "_budget",
        "_cool_until",
        "_held_value",
        "_off",
        "_on_since",
        "_on_ticks",
        "_pieces",
        "_same_since",
        "_span",
        "_tick_s",
        "_total_s",
        "_used_s",
        "closed",
        "index",
        "name",
    )

    def __init__(self, index: int, channel: Channel, budget: Budget, tick_hz: int) -> None:
        self.index = index
        self.name = channel.name
        self._budget = budget
        self._off = channel.low if channel.low > 0.0 else 0.0
        self._span = channel.high - self._off
        self._tick_s = 1.0 / tick_hz
        self.closed = ""
        self._on_ticks = 0
        self._cool_until = 0
        self._on_since = -1
        self._same_since = 0
        self._held_value = self._off
        self._used_s = 0.0  # of the pieces that still count
        self._total_s = 0.0
        self._pieces: deque[tuple[int, float]] = deque()

    def is_on(self, value: float) -> bool:
        """Whether a value counts."""
        return value - self._off > self._budget.level * self._span

    def count(self, value: float, since: int, tick: int) -> None:
        """`value` was let through from one grid tick to another."""
        self._forget(tick)
        if not self.is_on(value):
            self._on_ticks = 0
            return
        passed_s = (tick - since) * self._tick_s
        self._on_ticks += tick - since
        self._total_s += passed_s * (value - self._off) / self._span
        if self._budget.window_s > 0.0:
            piece = self._piece(since)
            if self._pieces and self._pieces[-1][0] == piece:
                self._pieces[-1] = (piece, self._pieces[-1][1] + passed_s)
            else:
                self._pieces.append((piece, passed_s))
            self._used_s = sum(used_s for _, used_s in self._pieces)

    def let(self, value: float, wanted: float, tick: int, step: int, news: list[BudgetNews]) -> float:
        """What is let through of `value`, until `step` ticks later."""
        budget = self._budget
        if self.closed and self._opens(wanted, tick):
            self.closed = ""
            news.append(BudgetNews(self.name, "back", self._figures()))
        if abs(wanted - self._held_value) > _SAME * self._span:
            self._held_value, self._same_since = wanted, tick
        if self.closed:
            return self._off
        if not self.is_on(value):
            return value
        ahead_s = step * self._tick_s
        why = ""
        if (
            budget.total_s is not None
            and self._total_s + ahead_s * (value - self._off) / self._span > budget.total_s + _ROUNDING_S
        ):
            why = "total"
        elif budget.on_s is not None and (self._on_ticks + step) * self._tick_s > budget.on_s + _ROUNDING_S:
            why = "on_time"
            self._cool_until = tick + round(budget.cool_down_s / self._tick_s)
        elif budget.window_s > 0.0 and self._used_s + ahead_s > budget.share * budget.window_s + _ROUNDING_S:
            why = "window"
        elif (
            budget.stuck_s is not None
            and (tick - self._same_since) * self._tick_s > budget.stuck_s + _ROUNDING_S
        ):
            why = "stuck"
        if not why:
            return value
        self.closed = why
        news.append(BudgetNews(self.name, why, self._figures()))
        return self._off

    @property
    def given(self) -> tuple[float, float]:
        """In all, and within the window, in s."""
        return self._total_s, self._used_s

    def resume(self, total_s: float, used_s: float, tick: int) -> None:
        """Go on from what another has given, where that is more; what was given within the window counts as given just now."""
        self._total_s = max(self._total_s, total_s)
        more_s = used_s - self._used_s
        if self._budget.window_s > 0.0 and more_s > 0.0:
            self._pieces.append((self._piece(tick), more_s))
            self._used_s += more_s

    def _opens(self, wanted: float, tick: int) -> bool:
        budget = self._budget
        if self.closed == "on_time":
            return tick >= self._cool_until
        if self.closed == "window":
            return self._used_s <= (1.0 - _ROOM) * budget.share * budget.window_s
        if self.closed == "stuck":
            return not self.is_on(wanted)
        return False

    def _piece(self, tick: int) -> int:
        return int(tick * self._tick_s * _PIECES // self._budget.window_s)

    def _forget(self, tick: int) -> None:
        if self._budget.window_s > 0.0 and self._pieces:
            oldest = self._piece(tick) - _PIECES
            while self._pieces and self._pieces[0][0] < oldest:
                self._pieces.popleft()
            self._used_s = sum(used_s for _, used_s in self._pieces)

    def _figures(self) -> dict[str, float]:
        return {
            "on_s": round(self._on_ticks * self._tick_s, 6),
            "window_s": round(self._used_s, 6),
            "total_s": round(self._total_s, 6),
        }


class _Purging:
    """What clears the air once a channel has gone off."""

    __slots__ = ("_for_s", "_for_ticks", "_index", "_level", "_of", "_was_on", "channel", "running", "until")

    def __init__(self, index: int, channel: Channel, of: _Kept, purge: Purge, tick_hz: int) -> None:
        self._index = index
        self._level = channel.low + purge.level * (channel.high - channel.low)
        self._of = of
        self._for_s = purge.for_s
        self._for_ticks = round(purge.for_s * tick_hz)
        self._was_on = False
        self.channel = channel.name
        self.running = False
        self.until = 0

    def lay_over(self, values: list[float], tick: int, news: list[BudgetNews]) -> None:
        """Run, if it is time."""
        on = self._of.is_on(values[self._of.index])
        if self._was_on and not on:
            self.until = tick + self._for_ticks
            if not self.running:
                news.append(BudgetNews(self.channel, "purge", {"for_s": self._for_s}))
            self.running = True
        self._was_on = on
        if self.running and tick >= self.until:
            self.end(news)
        if self.running:
            values[self._index] = max(values[self._index], self._level)

    def end(self, news: list[BudgetNews]) -> None:
        """It is over, or something else comes first."""
        if self.running:
            self.running = False
            news.append(BudgetNews(self.channel, "purged"))


class BudgetKeeper:
    """Keeps the budgets of one device.

    Parameters
    ----------
    budgets : mapping of str to Budget
        By channel or group name; of a group, every channel that is a share counts by itself.
    channels : sequence of Channel
    groups : sequence of Group
    tick_hz : int
        The grid.
    step_ticks : int
        Between two commands.

    Raises
    ------
    ValueError
        A name is neither a channel nor a group, with what there is.

    Notes
    -----
    Deterministic: ticks are whole numbers, and nothing else is asked what time it is.
    """

    def __init__(
        self,
        budgets: Mapping[str, Budget],
        channels: Sequence[Channel],
        groups: Sequence[Group],
        *,
        tick_hz: int,
        step_ticks: int,
    ) -> None:
        self._step_ticks = step_ticks
        self._last_tick = 0
        self._last: list[float] | None = None
        self._kept: list[_Kept] = []
        self._purging: list[_Purging] = []
        for name, budget in budgets.items():
            for index in indices_of(name, channels, groups):
                kept = _Kept(index, channels[index], budget, tick_hz)
                self._kept.append(kept)
                if budget.purge is not None:
                    for of in indices_of(budget.purge.channel, channels, groups):
                        self._purging.append(_Purging(of, channels[of], kept, budget.purge, tick_hz))

    def step(
        self, wanted: Sequence[float], tick: int, *, playing: bool
    ) -> tuple[list[float], list[BudgetNews]]:
        """What of `wanted` is let through at a grid tick, and what is worth telling.

        Parameters
        ----------
        wanted : sequence of float
            By channel; what is not a number is passed on to the governor.
        tick : int
        playing : bool
            Whether this is the show's wish; a safe state is never changed, and ends a purge.
        """
        news: list[BudgetNews] = []
        values = list(wanted)
        if self._last is not None and tick > self._last_tick:
            for kept in self._kept:
                kept.count(self._last[kept.index], self._last_tick, tick)
        if playing:
            for kept in self._kept:
                if math.isfinite(values[kept.index]):  # what is no number is the governor's to refuse
                    values[kept.index] = kept.let(
                        values[kept.index], wanted[kept.index], tick, self._step_ticks, news
                    )
            for purging in self._purging:
                purging.lay_over(values, tick, news)
        else:
            for purging in self._purging:
                purging.end(news)
        self._last_tick = tick
        before = self._last or [0.0] * len(values)
        self._last = [
            value if math.isfinite(value) else was for value, was in zip(values, before, strict=True)
        ]
        return values, news

    def given(self) -> tuple[float, ...]:
        """What the channels have given so far, for a keeper that goes on where this one ends."""
        return tuple(value for kept in self._kept for value in kept.given)

    def resume(self, given: Sequence[float], tick: int) -> None:
        """Go on from what another keeper of the same budgets has `given`, where that is more.

        Raises
        ------
        ValueError
            It is of other budgets.
        """
        if len(given) != 2 * len(self._kept):
            raise ValueError(f"{len(given)} numbers of what was given for {len(self._kept)} budgets")
        for kept, total_s, used_s in zip(self._kept, given[::2], given[1::2], strict=True):
            kept.resume(total_s, used_s, tick)


def indices_of(name: str, channels: Sequence[Channel], groups: Sequence[Group]) -> list[int]:
    """The channels a name of a rig stands for.

    Raises
    ------
    ValueError
        It stands for none.
    """
    found = [index for index, channel in enumerate(channels) if channel.name == name]
    for group in groups:
        if not found and group.name == name:
            found = [index for index in group.channels if channels[index].unit == "ratio"]
    if not found:
        known = ", ".join([*(channel.name for channel in channels), *(group.name for group in groups)])
        raise ValueError(f"a budget for {name!r}, which this device does not have; it has {known}")
    return found
