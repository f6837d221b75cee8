"""Waiting for an absolute deadline, and what a real-time process asks of its operating system.

Sleeping for a *length* drifts (0.56 s in 5 s at a 1 ms period, measured); sleeping to an absolute deadline does not.
"""

from __future__ import annotations

import ctypes
import errno
import sys
import time
from collections.abc import Callable

_NS = 1_000_000_000
_CLOCK_MONOTONIC = 1  # Linux, include/uapi/linux/time.h
_TIMER_ABSTIME = 1


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class Sleeper:
    """Sleeps to absolute deadlines of the machine's monotonic clock, by the best means it has.

    Notes
    -----
    Linux: clock_nanosleep with TIMER_ABSTIME. Elsewhere: `time.sleep` for what is left, which since Python 3.11 uses
    a high-resolution waitable timer on Windows and mach_wait_until's equivalent on macOS; the loop takes up any early
    return, so a deadline is never met early. One object per thread.
    """

    def __init__(self) -> None:
        self._nanosleep: Callable[..., int] | None = None
        self.method = "time.sleep to what is left"
        if sys.platform == "linux" and ctypes.sizeof(ctypes.c_long) == 8:
            libc = ctypes.CDLL(None, use_errno=True)
            self._nanosleep = libc.clock_nanosleep
            self._timespec = _Timespec()
            self._timespec_ref = ctypes.byref(self._timespec)
            self.method = "clock_nanosleep to an absolute deadline"

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Return once the monotonic clock has reached `deadline_ns`; at once when it has already."""
        if self._nanosleep is None:
            while (left_ns := deadline_ns - time.monotonic_ns()) > 0:
                time.sleep(left_ns / _NS)
            return
        if deadline_ns <= time.monotonic_ns():
            return
        self._timespec.tv_sec, self._timespec.tv_nsec = divmod(deadline_ns, _NS)
        # EINTR: a signal came; its Python handler has run (or raised) by now, and the deadline has not moved.
        while (code := self._nanosleep(_CLOCK_MONOTONIC, _TIMER_ABSTIME, self._timespec_ref, None)) != 0:
            if code != errno.EINTR:
                raise OSError(code, "clock_nanosleep failed")
