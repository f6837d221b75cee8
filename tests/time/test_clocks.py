"""Clocks: the manual one jumps and never goes back, the real one meets deadlines late but never early."""

import time
from datetime import UTC, datetime

import pytest

from engine.time import Clock, ManualClock, MonotonicClock, wall_offset_ns, wall_time_iso
from engine.time.clocks import performance_offset_ns


def test_manual_clock_stands_until_moved() -> None:
    clock = ManualClock(start_ns=5)
    assert clock.now_ns() == clock.now_ns() == 5
    clock.advance_ns(10)
    clock.advance_to_ns(20)
    assert clock.now_ns() == 20


def test_sleeping_on_a_manual_clock_jumps_to_the_deadline() -> None:
    clock = ManualClock()
    clock.sleep_until_ns(3_600_000_000_000)
    assert clock.now_ns() == 3_600_000_000_000
    clock.sleep_until_ns(7)
    assert clock.now_ns() == 3_600_000_000_000


def test_a_manual_clock_never_goes_back() -> None:
    clock = ManualClock(start_ns=100)
    with pytest.raises(ValueError, match="cannot go back from 100 ns to 99 ns"):
        clock.advance_to_ns(99)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_ns(-1)


def test_the_real_clock_is_never_early() -> None:
    clock = MonotonicClock()
    for _ in range(5):
        deadline_ns = clock.now_ns() + 200_000
        clock.sleep_until_ns(deadline_ns)
        assert clock.now_ns() >= deadline_ns


def test_a_passed_deadline_returns_at_once() -> None:
    MonotonicClock().sleep_until_ns(0)


@pytest.mark.parametrize("clock", [ManualClock(), MonotonicClock()], ids=["manual", "monotonic"])
def test_both_are_clocks(clock: object) -> None:
    assert isinstance(clock, Clock)


def test_wall_time_is_utc_and_readable() -> None:
    text = wall_time_iso()
    assert text.endswith("+00:00")
    assert "T" in text
    assert len(text) == 25


def test_the_wall_offset_turns_host_time_into_unix_time() -> None:
    clock = MonotonicClock()
    before = datetime.now(UTC)
    unix_ns = clock.now_ns() + wall_offset_ns()
    after = datetime.now(UTC)
    # 1 ms: the wall clock may be slewed, and a busy machine interrupts us between its readings.
    assert before.timestamp() - 0.001 <= unix_ns / 1e9 <= after.timestamp() + 0.001


def test_the_performance_offset_turns_the_counter_into_host_time() -> None:
    clock = MonotonicClock()
    before_ns = clock.now_ns()
    host_ns = time.perf_counter_ns() + performance_offset_ns()
    after_ns = clock.now_ns()
    # 1 ms: a busy machine interrupts us between the readings
    assert before_ns - 1_000_000 <= host_ns <= after_ns + 1_000_000
