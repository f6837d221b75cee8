"""Host clocks.

Everything outside `engine.time` is given a `Clock`, or simply a time, and never asks the machine.

`ManualClock` lets hours of show pass in milliseconds: sleeping on it jumps to the deadline.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from engine.time.realtime import Sleeper, host_time_ns


@runtime_checkable
class Clock(Protocol):
    """A monotonic host clock.

    Notes
    -----
    Nanoseconds from an epoch of the clock's own; two clocks' times must never be compared. On one machine all
    `MonotonicClock` objects, in all processes, share an epoch.
    """

    def now_ns(self) -> int:
        """Host time now; never smaller than the one returned before."""
        ...

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Return as soon as possible once `now_ns() >= deadline_ns`; at once when that has passed."""
        ...


class MonotonicClock:
    """The machine's monotonic clock (CLOCK_MONOTONIC, QueryPerformanceCounter, mach_absolute_time)."""

    def __init__(self) -> None:
        self._sleeper = Sleeper()

    def now_ns(self) -> int:
        """Host time now."""
        return host_time_ns()

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Sleep to an absolute deadline; a signal shortens it only when its handler raises."""
        self._sleeper.sleep_until_ns(deadline_ns)


class ManualClock:
    """A clock that stands still until it is moved; sleeping moves it to the deadline.

    Parameters
    ----------
    start_ns : int, default 0
        First reading.
    """

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """Where the clock stands."""
        return self._now_ns

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Jump to `deadline_ns`; stay where that has passed."""
        self._now_ns = max(self._now_ns, deadline_ns)

    def advance_to_ns(self, time_ns: int) -> None:
        """Set the clock to `time_ns`.

        Raises
        ------
        ValueError
            When that lies behind; a monotonic clock never goes back.
        """
        if time_ns < self._now_ns:
            raise ValueError(f"a clock cannot go back from {self._now_ns} ns to {time_ns} ns")
        self._now_ns = time_ns

    def advance_ns(self, duration_ns: int) -> None:
        """Move the clock on by `duration_ns`, 0 or more."""
        self.advance_to_ns(self._now_ns + duration_ns)


def thread_cpu_ns() -> int:
    """Processor time of the calling thread so far, for measuring work without its waiting; never compared with host time."""
    return time.thread_time_ns()


def asleep_ns() -> int:
    """How long this machine has been suspended since it was started, as far as its system tells; 0 elsewhere.

    Linux' monotonic clock stands still while the machine sleeps and CLOCK_BOOTTIME goes on (clock_gettime(2)); their difference
    moves by tens of microseconds from reading to reading and by the length of the sleep across one.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - host_time_ns()


def wall_time_iso() -> str:
    """Date and time now in UTC, ISO 8601, whole seconds: for headers and file names, never for arithmetic."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def wall_offset_ns() -> int:
    """What to add to a host instant of `MonotonicClock` for Unix time in ns (UTC, 1970), read now.

    For telling another machine *when*: an OSC or NTP time tag. Read it anew for each use, the wall clock is stepped and slewed;
    nothing of a show is ever computed from it.

    Notes
    -----
    The wall clock is read between two readings of the host clock; what is left is half their distance (well under 1 us, but
    for an interruption in between).
    """
    before_ns = host_time_ns()
    unix_ns = time.time_ns()
    return unix_ns - (before_ns + host_time_ns()) // 2


def performance_offset_ns() -> int:
    """What to add to nanoseconds of the performance counter for host time of `MonotonicClock`, read now.

    For a foreign instant given on that counter (Windows: QueryPerformanceCounter, which `time.perf_counter_ns` returns unchanged
    but for its unit). The host clock is read between two readings of the counter.
    """
    before_ns = time.perf_counter_ns()
    host_ns = host_time_ns()
    return host_ns - (before_ns + time.perf_counter_ns()) // 2
