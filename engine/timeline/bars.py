"""The bars of a scene's music: where on its clock they begin, exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class BarGrid:
    """Bars of one length.

    Attributes
    ----------
    bar_fl : Fraction
        Length of a bar, flicks, more than 0. A fraction, since 97 beats a minute make no whole flicks, and an hour of rounded bars
        would leave the music.
    offset_fl : int
        Scene time at which one of them begins.
    """

    bar_fl: Fraction
    offset_fl: int = 0

    def at_or_after(self, at_fl: int) -> int:
        """First beginning of a bar at or after a scene time, to the nearest flick."""
        count = math.ceil((at_fl - self.offset_fl) / self.bar_fl)
        begin_fl = self._begin_fl(count)
        # A beginning is rounded; asked at that very flick, it is this bar and not the next.
        before_fl = self._begin_fl(count - 1)
        return before_fl if before_fl >= at_fl else begin_fl

    def off_fl(self, at_fl: int) -> int:
        """How far a scene time lies from the nearest beginning of a bar, flicks; + = after it."""
        count = round((at_fl - self.offset_fl) / self.bar_fl)
        return at_fl - self._begin_fl(count)

    def whole_bars(self, length_fl: int) -> bool:
        """Whether a length is some bars, to the flick."""
        count = round(length_fl / self.bar_fl)
        return count > 0 and abs(length_fl - count * self.bar_fl) <= 1

    def leave_fl(self, wish_fl: int, latest_fl: int) -> int:
        """When a scene is left whose music waits for its bar.

        Parameters
        ----------
        wish_fl : int
            When it would be left otherwise.
        latest_fl : int
            What the scene's window allows; never exceeded, bar or not.

        Returns
        -------
        int
            The next bar's beginning, or `latest_fl` where none is left before it.
        """
        return min(self.at_or_after(min(wish_fl, latest_fl)), latest_fl)

    def _begin_fl(self, count: int) -> int:
        return self.offset_fl + round(count * self.bar_fl)
