"""Fades a seat's motion to rest before what its guest has been given reaches a limit.

Whoever measures (the exposure of each seat, a number that only grows: MSDV, VDV, an energy) tells it here once in a while; what comes
back is a gain for the seat's motion, 1 for most of the show. From `DoseLimit.fade_from` of the limit on, the gain falls along a smooth
step and is 0 at the limit. A gain takes the motion's amplitude down with it, and what feels it grows more slowly from then on: so the
limit is approached and, where the measure is a power of the motion's amplitude, not reached. The gain changes by no more than
`DoseLimit.per_s`, whatever the measure does, and never rises: a guest who has had enough does not have less of it later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """Up to where, and how it ends.

    Attributes
    ----------
    most : float
        The limit, in the measure's own unit; positive.
    fade_from : float
        Share of it at which the fade begins, 0..1.
    per_s : float
        Largest change of the gain, per s; positive.

    Raises
    ------
    ValueError
        A value is out of its range.
    """

    most: float
    fade_from: float = 0.9
    per_s: float = 0.1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.most) and self.most > 0.0):
            raise ValueError(f"a dose limit is {self.most!r}; it must be positive")
        if not 0.0 <= self.fade_from < 1.0:
            raise ValueError(
                f"a fade begins at {self.fade_from!r} of the limit; allowed: 0 up to, and without, 1"
            )
        if not (math.isfinite(self.per_s) and self.per_s > 0.0):
            raise ValueError(f"a gain may change by {self.per_s!r} per s; it must be positive")

    def gain(self, dose: float) -> float:
        """Gain wanted at a dose: 1 below the fade, 0 from the limit on, and for what is no number."""
        if not math.isfinite(dose):
            return 0.0
        left = (1.0 - dose / self.most) / (1.0 - self.fade_from)
        left = min(max(left, 0.0), 1.0)
        return left * left * (3.0 - 2.0 * left)


@dataclass(frozen=True, slots=True)
class DoseNews:
    """For the journal: a seat's motion begins to fade (``fading``), or has come to rest (``rest``).

    Attributes
    ----------
    seat : int
    what : {"fading", "rest"}
    data : mapping of str to float
        Dose, limit and gain.
    """

    seat: int
    what: str
    data: Mapping[str, float]


class DoseGuard:
    """Gains for the motion of seats. Pure: the same doses at the same instants give the same gains.

    Parameters
    ----------
    limits : mapping of int to DoseLimit
        By seat; a seat without one always has 1.
    """

    def __init__(self, limits: Mapping[int, DoseLimit]) -> None:
        self._limits = dict(limits)
        self._gains = dict.fromkeys(limits, 1.0)
        self._at_ns: int | None = None

    def gain(self, seat: int) -> float:
        """The gain that holds for a seat."""
        return self._gains.get(seat, 1.0)

    def resume(self, doses: Mapping[int, float]) -> None:
        """Doses that guests were given before this guard began: gains are at once what they would be by now."""
        for seat, dose in doses.items():
            if seat in self._limits:
                self._gains[seat] = min(self._gains[seat], self._limits[seat].gain(dose))

    def tell(self, doses: Mapping[int, float], at_ns: int) -> Sequence[DoseNews]:
        """Take what seats have been given up to an instant; gives what is worth telling.

        Parameters
        ----------
        doses : mapping of int to float
            By seat; one that is missing keeps its gain.
        at_ns : int
            Host instant, not before that of the last call.

        Raises
        ------
        ValueError
            Time runs backwards.
        """
        if self._at_ns is not None and at_ns < self._at_ns:
            raise ValueError(
                f"doses at {at_ns} ns after those at {self._at_ns} ns; time does not run backwards"
            )
        passed_s = 0.0 if self._at_ns is None else (at_ns - self._at_ns) / 1e9
        self._at_ns = at_ns
        news: list[DoseNews] = []
        for seat, limit in self._limits.items():
            if seat not in doses:
                continue
            was = self._gains[seat]
            now = max(min(limit.gain(doses[seat]), was), was - limit.per_s * passed_s, 0.0)
            self._gains[seat] = now
            for what, begun in (("fading", was == 1.0 > now), ("rest", was > 0.0 == now)):
                if begun:
                    news.append(DoseNews(seat, what, {"dose": doses[seat], "limit": limit.most, "gain": now}))
        return news
