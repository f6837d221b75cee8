"""From the runtime's clock to the host's, once per frame, and back for sessions without frames of their own.

`XrTime` has an epoch of the runtime's own, which moves when the runtime is restarted (facts, section 4). Three ways, best first:
XR_KHR_convert_timespec_time (its clock is CLOCK_MONOTONIC by the extension's text, as our `MonotonicClock` is on Linux),
XR_KHR_win32_convert_performance_counter_time, and, where a runtime offers neither, a guess from when waits return.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from engine.time.clocks import performance_offset_ns
from engine.xr.faults import XrRefused
from engine.xr.openxr import extensions
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import pointing

_REMEMBERED = 128


class HostTime(Protocol):
    """Turns a predicted display time into host nanoseconds."""

    def display_ns(self, xr_time: int, woken_ns: int, period_ns: int) -> int:
        """Host time of `xr_time`, asked at `woken_ns` right after a wait returned, frames being `period_ns` apart."""
        ...

    def xr_time(self, host_ns: int) -> int:
        """The runtime's time of a host instant; `XrRefused` where it converts nothing."""
        ...


class Guess:
    """Without any conversion: a frame is seen one period after its wait returned, at the earliest.

    A wait returns late more often than early, so the smallest distance of the last frames counts; the distances between display
    times stay exactly the runtime's. Off by the runtime's own safety margin, a few milliseconds.
    """

    def __init__(self) -> None:
        self._offsets_ns: deque[int] = deque(maxlen=_REMEMBERED)

    def display_ns(self, xr_time: int, woken_ns: int, period_ns: int) -> int:
        """See `HostTime`."""
        self._offsets_ns.append(woken_ns + period_ns - xr_time)
        return xr_time + min(self._offsets_ns)

    def xr_time(self, host_ns: int) -> int:
        """Nobody knows before a frame was waited for."""
        if not self._offsets_ns:
            raise XrRefused(
                "xrConvertTimespecTimeToTimeKHR",
                "ERROR_FUNCTION_UNSUPPORTED",
                "This runtime converts no times, so it can only be used with frames drawn",
            )
        return host_ns - min(self._offsets_ns)


class Timespec:
    """By XR_KHR_convert_timespec_time."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._instance = calls.instance
        self._timespec = calls.xr.timespec()
        self._reference = ctypes.byref(self._timespec)
        self._guess = Guess()

    def display_ns(self, xr_time: int, woken_ns: int, period_ns: int) -> int:
        """See `HostTime`. A time that the runtime will not convert (TIME_INVALID) is guessed."""
        name = "xrConvertTimeToTimespecTimeKHR"
        result = self._calls.ask(name, self._instance, xr_time, self._reference)
        if result < 0:
            return _guessed_or_lost(self._calls, name, result, self._guess, xr_time, woken_ns, period_ns)
        return int(self._timespec.tv_sec) * 1_000_000_000 + int(self._timespec.tv_nsec)

    def xr_time(self, host_ns: int) -> int:
        """See `HostTime`."""
        self._timespec.tv_sec, self._timespec.tv_nsec = divmod(host_ns, 1_000_000_000)
        found = ctypes.c_int64(0)
        self._calls("xrConvertTimespecTimeToTimeKHR", self._instance, self._reference, ctypes.byref(found))
        return found.value


class PerformanceCounter:
    """By XR_KHR_win32_convert_performance_counter_time.

    Parameters
    ----------
    calls : Calls
    counter_hz : int
        QueryPerformanceFrequency.
    offset_ns : callable
        What to add to nanoseconds of the counter for host time.

    Notes
    -----
    The host clock of Python before 3.13 on Windows stands still for 15.6 ms at a time (GetTickCount64), so an offset read once is
    up to that much too small; the largest of the last readings is the one from right after a step.
    """

    def __init__(
        self, calls: Calls, counter_hz: int, offset_ns: Callable[[], int] = performance_offset_ns
    ) -> None:
        self._calls = calls
        self._instance = calls.instance
        self._counter_hz = counter_hz
        self._read_ns = offset_ns
        self._offsets_ns: deque[int] = deque(maxlen=_REMEMBERED)
        self._count = ctypes.c_int64()
        kind = calls.xr.PFN_xrConvertTimeToWin32PerformanceCounterKHR
        self._pointer = pointing(kind._argtypes_[2], self._count)
        self._guess = Guess()

    def display_ns(self, xr_time: int, woken_ns: int, period_ns: int) -> int:
        """See `HostTime`."""
        name = "xrConvertTimeToWin32PerformanceCounterKHR"
        result = self._calls.ask(name, self._instance, xr_time, self._pointer)
        if result < 0:
            return _guessed_or_lost(self._calls, name, result, self._guess, xr_time, woken_ns, period_ns)
        return counter_ns(self._count.value, self._counter_hz) + self._offset_ns()

    def xr_time(self, host_ns: int) -> int:
        """See `HostTime`."""
        self._count.value = (host_ns - self._offset_ns()) * self._counter_hz // 1_000_000_000
        found = ctypes.c_int64(0)
        self._calls(
            "xrConvertWin32PerformanceCounterToTimeKHR", self._instance, self._pointer, ctypes.byref(found)
        )
        return found.value

    def _offset_ns(self) -> int:
        self._offsets_ns.append(self._read_ns())
        return max(self._offsets_ns)


def counter_ns(count: int, counter_hz: int) -> int:
    """Nanoseconds of a performance counter's value, exact."""
    return count * 1_000_000_000 // counter_hz


def host_time(calls: Calls, enabled: frozenset[str]) -> HostTime:
    """The best way that this instance has."""
    if extensions.TIMESPEC in enabled:
        return Timespec(calls)
    if extensions.PERFORMANCE_COUNTER in enabled:
        return PerformanceCounter(calls, _performance_counter_hz())
    return Guess()


def _performance_counter_hz() -> int:
    frequency = ctypes.c_int64()
    windll: Any = getattr(ctypes, "windll")  # noqa: B009  only there on Windows
    windll.kernel32.QueryPerformanceFrequency(ctypes.byref(frequency))
    return frequency.value


def _guessed_or_lost(
    calls: Calls, name: str, result: int, guess: Guess, xr_time: int, woken_ns: int, period_ns: int
) -> int:
    error = calls.fault(name, result)
    if calls.lost:
        raise error
    return guess.display_ns(xr_time, woken_ns, period_ns)
