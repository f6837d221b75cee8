"""Real-time requests: each says what it got, none fails a show, and none can hurt later."""

import gc
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from engine.time import realtime


@pytest.mark.skipif(sys.platform != "linux", reason="signals interrupt clock_nanosleep on Linux only")
def test_a_signal_does_not_shorten_a_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    rang = threading.Event()
    previous = signal.signal(signal.SIGUSR1, lambda *_: rang.set())
    try:
        sleeper = realtime.Sleeper()
        deadline_ns = realtime.time.monotonic_ns() + 30_000_000
        timer = threading.Timer(0.005, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        sleeper.sleep_until_ns(deadline_ns)
        assert realtime.time.monotonic_ns() >= deadline_ns
        timer.join()
        assert rang.is_set()
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_without_clock_nanosleep_the_rest_is_slept_until_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A platform whose sleep returns early still never meets a deadline early."""
    now_ns = [0]
    monkeypatch.setattr(realtime.sys, "platform", "elsewhere")
    monkeypatch.setattr(realtime.time, "monotonic_ns", lambda: now_ns[0])
    monkeypatch.setattr(
        realtime.time, "sleep", lambda s: now_ns.__setitem__(0, now_ns[0] + int(s * 0.9e9) + 1)
    )
    sleeper = realtime.Sleeper()
    assert sleeper.method.startswith("time.sleep")
    sleeper.sleep_until_ns(1_000_000)
    assert now_ns[0] >= 1_000_000


class FakeWindows:
    def __init__(self, allowed: bool) -> None:
        self.allowed, self.calls = allowed, []

    def timeBeginPeriod(self, period_ms: int) -> int:
        self.calls.append(("period", period_ms))
        return 0

    def GetCurrentThread(self) -> int:
        return -2

    def SetThreadPriority(self, thread: int, priority: int) -> int:
        self.calls.append((thread, priority))
        return int(self.allowed)


def test_windows_asks_for_a_time_critical_thread() -> None:
    windows = FakeWindows(allowed=True)
    assert "time-critical" in realtime._windows_priority(windows, windows)
    assert windows.calls == [("period", 1), (-2, 15)]
    assert "refused" in realtime._windows_priority(FakeWindows(allowed=False), windows)
    assert "highest ordinary" in realtime._windows_priority(windows, windows, 2)


class FakeMac:
    def __init__(self, code: int) -> None:
        self.code = code

    def pthread_set_qos_class_self_np(self, quality: int, relative: int) -> int:
        assert relative == 0
        self.quality = quality
        return self.code


def test_macos_asks_for_interactive_quality() -> None:
    mac = FakeMac(0)
    assert realtime._macos_priority(mac) == "user-interactive quality of service"
    assert mac.quality == 0x21
    assert "refused" in realtime._macos_priority(FakeMac(1))
    assert realtime._macos_priority(FakeMac(0), 0x19) == "user-initiated quality of service"


@pytest.mark.skipif(sys.platform != "linux", reason="the scheduling classes are Linux's")
def test_refusals_are_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(realtime.os, "sched_setscheduler", refuse)
    monkeypatch.setattr(realtime.os, "nice", lambda step: step)
    assert "niceness -10" in realtime.request_realtime_priority(50)
    monkeypatch.setattr(realtime.os, "nice", refuse)
    assert "ulimit -r 50" in realtime.request_realtime_priority(50)


@pytest.mark.skipif(sys.platform != "linux", reason="locked memory is asked for on Linux only")
def test_memory_is_not_locked_under_a_finite_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (65_536, 65_536))
    status = tmp_path / "status"
    status.write_text("Name:\tx\nCapEff:\t0000000000000000\n", encoding="ascii")
    assert "limit 64 kB" in realtime.lock_memory(status)
    assert "limit 64 kB" in realtime.lock_memory(tmp_path / "absent")


@pytest.mark.parametrize(("mask", "expected"), [("0000000000004000", True), ("0000000000003fff", False)])
def test_capability_bits(tmp_path: Path, mask: str, expected: bool) -> None:
    status = tmp_path / "status"
    status.write_text(f"CapEff:\t{mask}\n", encoding="ascii")
    assert realtime._has_capability(14, status) is expected


def test_the_latency_device_is_held_open_and_let_go(tmp_path: Path) -> None:
    device = tmp_path / "cpu_dma_latency"
    device.touch()
    descriptor, note = realtime._hold_latency(device)
    grant = realtime.RealtimeGrant((note,), descriptor)
    assert note == "deep idle states off"
    assert device.read_bytes() == bytes(4)
    assert descriptor is not None
    os.fstat(descriptor)
    grant.close()
    grant.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_machine_without_the_latency_device_says_so(tmp_path: Path) -> None:
    descriptor, note = realtime._hold_latency(tmp_path / "absent")
    assert descriptor is None
    assert "No such file" in note


def test_the_collector_stops_and_can_be_started_again() -> None:
    try:
        assert realtime.freeze_garbage().startswith("collector off")
        assert not gc.isenabled()
    finally:
        gc.unfreeze()
        gc.enable()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a thread's class")
def test_a_priority_that_somebody_else_gave_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        realtime, "request_realtime_priority", lambda priority: asked.append(priority) or "asked"
    )
    monkeypatch.setattr(os, "sched_getscheduler", lambda pid: os.SCHED_RR | os.SCHED_RESET_ON_FORK)
    monkeypatch.setattr(os, "sched_getparam", lambda pid: os.sched_param(17))
    assert realtime.keep_realtime_priority() == "real-time priority 17 of its own"
    monkeypatch.setattr(os, "sched_getscheduler", lambda pid: os.SCHED_OTHER)
    assert realtime.keep_realtime_priority(33) == "asked"
    assert asked == [33]


@pytest.mark.skipif(sys.platform != "linux", reason="how Linux schedules")
def test_a_helper_stands_over_the_ordinary_and_under_the_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        realtime.os, "sched_setscheduler", lambda who, policy, how: asked.append(how.sched_priority)
    )
    realtime.request_helper_priority()
    assert asked == [1]
