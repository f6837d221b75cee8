"""A device's time is believed while it is true, and what it says is held against its frames and calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from engine.audio.clock.device_clock import DeviceClock
from engine.audio.clock.values import ClockState

BLOCK = 256
LATENCY_NS = 10_667_000
BOOT_NS = 8_000_000_000_000_000

Word = Callable[[int, float, float, float], tuple[float, float]]
"""(number, when the call was due, when it came, noise of 6 us), ns -> (now, converter), s."""


def true_word(number: int, due_ns: float, came_ns: float, noise_ns: float) -> tuple[float, float]:
    return (BOOT_NS + came_ns - 3_000) * 1e-9, (BOOT_NS + due_ns + LATENCY_NS + noise_ns) * 1e-9


@dataclass
class Heard:
    clock: DeviceClock
    errors_ns: np.ndarray
    states: list[tuple[ClockState, str]]


def heard(
    word: Word, calls: int = 1500, *, late_ns: float = 90e3, stall_at: int = -1, stall_ns: float = 0.0
) -> Heard:
    rng = np.random.default_rng(4)
    clock = DeviceClock(48_000, BLOCK, LATENCY_NS)
    period_ns = BLOCK * 1e9 / 48_000 / (1 + 50e-6)
    stood_ns = 0.0
    errors: list[float] = []
    states: list[tuple[ClockState, str]] = []
    for number in range(calls):
        stood_ns += stall_ns if number == stall_at else 0.0
        due_ns = number * period_ns + stood_ns
        came_ns = due_ns + rng.exponential(late_ns)
        now_s, dac_s = word(number, due_ns, came_ns, rng.normal(0, 6e3))
        at_ns = clock.heard_ns(BOOT_NS + round(came_ns), now_s, dac_s, BLOCK)
        errors.append(at_ns - BOOT_NS - due_ns - LATENCY_NS)
        quality = clock.quality
        if not states or states[-1] != (quality.state, quality.why):
            states.append((quality.state, quality.why))
    return Heard(clock, np.array(errors), states)


def test_a_device_that_tells_the_truth_is_believed_to_a_microsecond() -> None:
    # The words' own noise of 6 us: seconds are floats since boot here, which costs a microsecond.
    found = heard(true_word)
    assert found.clock.quality.state is ClockState.DEVICE
    assert found.errors_ns[-300:].std() < 2_000
    assert abs(found.errors_ns[-300:].mean()) < 2_000
    assert found.clock.quality.ppm == pytest.approx(50, abs=1)
    assert found.clock.rate_hz == pytest.approx(48_002.4, abs=0.1)
    assert found.clock.frames == 1500 * BLOCK


def test_another_epoch_does_not_matter() -> None:
    def zero_based(number: int, due_ns: float, came_ns: float, noise_ns: float) -> tuple[float, float]:
        return (5e9 + came_ns - 3_000) * 1e-9, (5e9 + due_ns + LATENCY_NS + noise_ns) * 1e-9

    found = heard(zero_based)
    assert found.clock.quality.state is ClockState.DEVICE
    assert abs(found.errors_ns[-300:]).max() < 20_000


LIES: dict[str, tuple[Word, str]] = {
    "zero": (lambda *_: (0.0, 0.0), "tells no time"),
    "not a number": (lambda *_: (math.nan, math.inf), "tells no time"),
    "frozen": (lambda *_: (5.0, 5.01), "stands still"),
    "no latency": (lambda n, due, came, noise: (came * 1e-9 + 1, came * 1e-9 + 1), "needs 0.0 ms"),
    "two seconds": (lambda n, due, came, noise: (came * 1e-9 + 1, came * 1e-9 + 3), "needs 2000.0 ms"),
    "the calls again": (
        lambda n, due, came, noise: (came * 1e-9 + 1, came * 1e-9 + 1.01),
        "no less than its calls",
    ),
}


@pytest.mark.parametrize("name", list(LIES))
def test_a_lie_is_found_said_and_replaced_by_the_calls(name: str) -> None:
    word, why = LIES[name]
    found = heard(word)
    quality = found.clock.quality
    assert quality.state is ClockState.CALLS
    assert why in quality.why and "calls are counted instead" in quality.why
    assert found.errors_ns[-300:].std() < 5_000
    if name != "the calls again":
        assert abs(found.errors_ns[400:]).max() < 40_000
    assert len(found.states) < 6  # said once, not at every call


def test_a_device_that_begins_to_lie_is_left_without_a_step() -> None:
    def turns(number: int, due_ns: float, came_ns: float, noise_ns: float) -> tuple[float, float]:
        now_s, dac_s = true_word(number, due_ns, came_ns, noise_ns)
        return (now_s, dac_s) if number < 700 else (now_s, dac_s + 0.004 * (number % 7))

    found = heard(turns)
    assert found.clock.quality.state is ClockState.CALLS
    assert "jumps" in found.clock.quality.why
    assert abs(found.errors_ns[400:]).max() < 60_000


def test_one_lie_in_fifty_changes_nothing() -> None:
    def sometimes(number: int, due_ns: float, came_ns: float, noise_ns: float) -> tuple[float, float]:
        now_s, dac_s = true_word(number, due_ns, came_ns, noise_ns)
        return now_s, dac_s + (0.4 if number % 50 == 7 else 0.0)

    found = heard(sometimes)
    assert found.clock.quality.state is ClockState.DEVICE
    assert abs(found.errors_ns[400:]).max() < 5_000


@pytest.mark.parametrize("word", [true_word, LIES["zero"][0]])
def test_a_device_that_stood_still_is_a_gap_and_found_again(word: Word) -> None:
    found = heard(word, stall_at=800, stall_ns=1.7e9)
    assert found.clock.quality.gaps == 1
    assert abs(found.errors_ns[900:]).max() < 200_000


def test_a_late_call_that_is_caught_up_with_is_no_gap() -> None:
    rng = np.random.default_rng(5)
    clock = DeviceClock(48_000, BLOCK, LATENCY_NS)
    free_ns = 0.0
    for number in range(800):
        due_ns = number * BLOCK * 1e9 / 48_000
        free_ns = max(due_ns + rng.exponential(50e3), free_ns + 100e3) + (40e6 if number == 500 else 0.0)
        clock.heard_ns(BOOT_NS + round(free_ns), 0.0, 0.0, BLOCK)
    assert clock.quality.gaps == 0


def test_time_never_goes_back() -> None:
    found = heard(true_word, calls=200, stall_at=60, stall_ns=-3e6)
    rows = found.errors_ns + np.arange(200) * BLOCK * 1e9 / 48_000
    assert (np.diff(rows) >= -3_100_000 - 1).all()


def test_a_file_that_takes_all_it_can_get_is_no_clock() -> None:
    clock = DeviceClock(48_000, BLOCK, 0)
    calls = 0
    while not clock.runs_away:
        clock.heard_ns(BOOT_NS + calls * 20_000, 0.0, 0.0, BLOCK)  # 260 times real time
        calls += 1
    assert calls * BLOCK / 48_000 < 1.1


def test_nothing_is_known_before_the_first_call() -> None:
    assert DeviceClock().quality.state is ClockState.STARTING
