"""Notices that the machine stood still: it slept, its virtual machine was paused, or this process was stopped.

A show must not jump ahead to where it would have been: the guests were not there. Pure; it is told every instant.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.time import asleep_ns

#: A gap between two looks beyond this is no hiccup of a busy machine. The bus has long led its devices to safe by then (its
#: watchdog is half a second); below it the show goes on, as after any lateness.
LIMIT_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Gap:
    """One standstill.

    Attributes
    ----------
    before_ns : int
        The last look before it, where the show is to be held.
    length_ns : int
        How long, sleep included.
    asleep_ns : int
        The part during which even the host clock stood still (a suspended machine).
    """

    before_ns: int
    length_ns: int
    asleep_ns: int


class Standstill:
    """Looks for gaps between calls.

    Parameters
    ----------
    now_ns : int
        The first look.
    asleep : int, optional
        How long the machine has slept since it was started; asked of the system by default.
    """

    def __init__(self, now_ns: int, asleep: int | None = None) -> None:
        self._last_ns = now_ns
        self._asleep_ns = asleep_ns() if asleep is None else asleep

    def look(self, now_ns: int, asleep: int | None = None) -> Gap | None:
        """The gap since the last look, or None when there was none worth a word."""
        slept_ns = (asleep_ns() if asleep is None else asleep) - self._asleep_ns
        before_ns, self._last_ns = self._last_ns, now_ns
        self._asleep_ns += slept_ns
        length_ns = now_ns - before_ns + slept_ns
        return Gap(before_ns, length_ns, slept_ns) if length_ns > LIMIT_NS else None
