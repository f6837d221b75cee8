"""Waiting for an absolute deadline, and what a real-time process asks of its operating system.

Sleeping for a *length* drifts (0.56 s in 5 s at a 1 ms period, measured); sleeping to an absolute deadline
does not. Everything else here is best effort: each request says in one line what it got, and a show runs
without any.

Measured on a two-core Linux machine, lateness against a 1 ms schedule (p95 / p99, microseconds): absolute
deadline alone 159 / 1196; with SCHED_FIFO, locked memory and a frozen collector 80 / 150; with
/dev/cpu_dma_latency held at 0 as well 31 / 45.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NS = 1_000_000_000

# Linux, include/uapi/linux: time.h, prctl.h, capability.h; asm-generic/mman.h
_CLOCK_MONOTONIC = 1
_TIMER_ABSTIME = 1
_PR_SET_TIMERSLACK = 29
_CAP_IPC_LOCK = 14
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4

# Windows, winbase.h: SetThreadPriority
_THREAD_PRIORITY_HIGHEST = 2
_THREAD_PRIORITY_TIME_CRITICAL = 15
# macOS, sys/qos.h: pthread_set_qos_class_self_np
_QOS_CLASS_USER_INTERACTIVE = 0x21
_QOS_CLASS_USER_INITIATED = 0x19

DEFAULT_PRIORITY = 50
"""SCHED_FIFO priority: above ordinary real-time audio clients, below the kernel's own interrupt threads."""


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


def host_time_ns() -> int:
    """The machine's monotonic clock, the same for all its processes.

    On Windows that is the performance counter: before Python 3.13 `time.monotonic_ns` counts ticks of 15.6 ms there
    (CPython issue 88494).
    """
    return time.perf_counter_ns() if sys.platform == "win32" else time.monotonic_ns()


class Sleeper:
    """Sleeps to absolute deadlines of the machine's monotonic clock, by the best means it has.

    Attributes
    ----------
    method : str
        The means, for the log.

    Notes
    -----
    Linux: clock_nanosleep with TIMER_ABSTIME. Elsewhere: `time.sleep` for what is left, which since Python
    3.11 uses a high-resolution waitable timer on Windows; the loop takes up any early return, so a deadline
    is never met early. One object per thread.
    """

    def __init__(self) -> None:
        self._nanosleep: Callable[..., int] | None = None
        self._timespec = _Timespec()
        self._timespec_ref = ctypes.byref(self._timespec)
        self.method = "time.sleep for what is left"
        if sys.platform == "linux" and ctypes.sizeof(ctypes.c_long) == 8:
            self._nanosleep = ctypes.CDLL(None).clock_nanosleep
            self.method = "clock_nanosleep to an absolute deadline"

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Return once the monotonic clock has reached `deadline_ns`; at once when it has already."""
        if self._nanosleep is None:
            while (left_ns := deadline_ns - host_time_ns()) > 0:
                time.sleep(left_ns / _NS)
            return
        if deadline_ns <= host_time_ns():
            return
        self._timespec.tv_sec, self._timespec.tv_nsec = divmod(deadline_ns, _NS)
        # EINTR: a signal came; its Python handler has run (or raised) by now, and the deadline has not moved.
        # The function returns its error rather than setting errno.
        while (code := self._nanosleep(_CLOCK_MONOTONIC, _TIMER_ABSTIME, self._timespec_ref, None)) != 0:
            if code != errno.EINTR:
                raise OSError(code, f"clock_nanosleep: {os.strerror(code)}")


def request_realtime_priority(priority: int = DEFAULT_PRIORITY) -> str:
    """Ask for the highest scheduling class this process may have, for the calling thread.

    Parameters
    ----------
    priority : int, default 50
        SCHED_FIFO priority on Linux, 1..99.

    Returns
    -------
    str
        What it got, in words for the log.
    """
    if sys.platform == "win32":
        return _windows_priority(ctypes.windll.kernel32, ctypes.windll.winmm)
    if sys.platform == "darwin":
        return _macos_priority(ctypes.CDLL(None))
    if sys.platform != "linux":
        return f"ordinary priority ({sys.platform} is not known here)"
    try:
        # Reset on fork: a helper program that a driver starts must not inherit the class and starve the
        # machine.
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError:
        pass
    else:
        return f"SCHED_FIFO {priority}"
    try:
        return f"niceness {os.nice(-10)} (SCHED_FIFO not permitted; allow it with ulimit -r {priority})"
    except OSError:
        return (
            f"ordinary priority (neither SCHED_FIFO nor nice permitted; allow it with ulimit -r {priority})"
        )


def request_helper_priority() -> str:
    """Ask for a place above every ordinary thread and below every real-time one, for the calling thread.

    For a thread that a real-time thread of the same process has to wait for now and then, because Python's interpreter runs one at a
    time: were it an ordinary one, any busy program could keep it, and with it the other, from going on (priority inversion; two cores
    busy with drawing kept a sound callback waiting for 5.8 ms, measured).

    Returns
    -------
    str
        What it got, in words for the log.
    """
    if sys.platform == "win32":
        return _windows_priority(ctypes.windll.kernel32, ctypes.windll.winmm, _THREAD_PRIORITY_HIGHEST)
    if sys.platform == "darwin":
        return _macos_priority(ctypes.CDLL(None), _QOS_CLASS_USER_INITIATED)
    return request_realtime_priority(1)


def keep_realtime_priority(priority: int = DEFAULT_PRIORITY) -> str:
    """As `request_realtime_priority`, for a thread that somebody else made: what it has already is left as it is.

    A sound server gives its callback thread a priority that fits its own; PortAudio's thread for ALSA has none, and does not inherit
    ours (it is reset on fork).
    """
    if sys.platform == "linux":
        policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
        if policy in (os.SCHED_FIFO, os.SCHED_RR):
            return f"real-time priority {os.sched_getparam(0).sched_priority} of its own"
    return request_realtime_priority(priority)


def _windows_priority(kernel32: Any, winmm: Any, priority: int = _THREAD_PRIORITY_TIME_CRITICAL) -> str:
    winmm.timeBeginPeriod(
        1
    )  # ends with the process; before Windows 10 2004 it sets the resolution of every wait
    if kernel32.SetThreadPriority(kernel32.GetCurrentThread(), priority):
        name = "time-critical" if priority == _THREAD_PRIORITY_TIME_CRITICAL else "highest ordinary"
        return f"{name} thread priority, 1 ms timer"
    return "ordinary priority (SetThreadPriority refused), 1 ms timer"


def _macos_priority(libc: Any, quality: int = _QOS_CLASS_USER_INTERACTIVE) -> str:
    if libc.pthread_set_qos_class_self_np(quality, 0) == 0:
        name = "user-interactive" if quality == _QOS_CLASS_USER_INTERACTIVE else "user-initiated"
        return f"{name} quality of service"
    return "ordinary priority (quality of service refused)"


def lock_memory(status_file: Path = Path("/proc/self/status")) -> str:
    """Keep our pages in memory, so that no tick waits for a disk. Linux only.

    Notes
    -----
    Not without the right to lock *everything*: under a finite limit, locking future pages makes an ordinary
    allocation fail later, in the middle of a show, which is worse than a page fault.
    """
    if sys.platform != "linux":
        return "memory not locked (Linux only)"
    import resource

    soft, _hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != resource.RLIM_INFINITY and not _has_capability(_CAP_IPC_LOCK, status_file):
        return f"memory not locked (limit {soft // 1024} kB; allow it with ulimit -l unlimited)"
    libc = ctypes.CDLL(None, use_errno=True)
    # On fault: lock what is used, not every reserved thread stack.
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0:
        return "memory locked"
    return f"memory not locked ({os.strerror(ctypes.get_errno())})"


def _has_capability(bit: int, status_file: Path) -> bool:
    try:
        lines = status_file.read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    masks = [line.split()[1] for line in lines if line.startswith("CapEff:")]
    return bool(masks) and bool(int(masks[0], 16) >> bit & 1)


def set_timer_slack(slack_ns: int = 1) -> str:
    """Stop the kernel gathering our timers with others (default slack 50 us); this thread, Linux only."""
    if sys.platform != "linux":
        return "timer slack unchanged (Linux only)"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(slack_ns), 0, 0, 0) == 0:
        return f"timer slack {slack_ns} ns"
    return f"timer slack unchanged ({os.strerror(ctypes.get_errno())})"


def freeze_garbage() -> str:
    """Collect once, set what lives aside for good and stop the cyclic collector: no pause falls into a tick.

    Notes
    -----
    For processes whose loop makes no reference cycles (the bus). Undo with ``gc.unfreeze(); gc.enable()``.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    return f"collector off, {gc.get_freeze_count()} objects frozen"


@dataclass(slots=True)
class RealtimeGrant:
    """What a process got, and what it has to hold on to while it runs.

    Attributes
    ----------
    notes : tuple of str
        One line per request, for the log.
    """

    notes: tuple[str, ...]
    _latency_descriptor: int | None = None

    def close(self) -> None:
        """Let the processor's idle states be deep again; a second call does nothing."""
        if self._latency_descriptor is not None:
            os.close(self._latency_descriptor)
            self._latency_descriptor = None


def become_realtime(
    *, priority: int = DEFAULT_PRIORITY, latency_device: Path = Path("/dev/cpu_dma_latency")
) -> RealtimeGrant:
    """Ask for everything that makes deadlines sharp, for the calling thread and its process.

    Parameters
    ----------
    priority : int, default 50
        SCHED_FIFO priority.
    latency_device : Path
        Holding a zero in it open keeps Linux processors out of deep idle states, which take 0.1 ms and more
        to leave.

    Returns
    -------
    RealtimeGrant
        Keep it until the loop ends, then close it.
    """
    descriptor, latency_note = _hold_latency(latency_device)
    notes = (
        request_realtime_priority(priority),
        lock_memory(),
        set_timer_slack(),
        latency_note,
        freeze_garbage(),
    )
    return RealtimeGrant(notes, descriptor)


def _hold_latency(device: Path) -> tuple[int | None, str]:
    try:
        descriptor = os.open(device, os.O_WRONLY)
    except OSError as error:
        return None, f"deep idle states stay on ({device}: {error.strerror})"
    try:
        os.write(descriptor, (0).to_bytes(4, sys.byteorder, signed=True))
    except OSError as error:
        os.close(descriptor)
        return None, f"deep idle states stay on ({device}: {error.strerror})"
    return descriptor, "deep idle states off"
