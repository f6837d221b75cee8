"""A sound device leads a show: with few changes of speed, to a few samples, over hours; and only while it is known well."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.audio.clock.shared import ClockReading
from engine.audio.clock.values import ClockQuality, ClockState
from engine.show.sound_clock.lead import DeviceLead
from engine.time.chase_values import ChaseState

S_NS = 1_000_000_000
LOOK_NS = S_NS // 2


def reading(
    now_ns: int, ppm: float = 0.0, error_ns: float = 0.0, state: ClockState = ClockState.DEVICE
) -> ClockReading:
    return ClockReading(
        now_ns,
        0,
        now_ns,
        48_000 * (1 + ppm * 1e-6),
        ClockQuality(state, "", ppm, 6_000.0),
        error_ns=error_ns,
        opened=1,
    )


class Show:
    """A show at a rate, and the device's samples under it."""

    def __init__(self, ppm: float, seed: int = 1) -> None:
        self.ppm = ppm
        self.rate = Fraction(1)
        self.error_ns = 0.0
        self.changes = 0
        self.now_ns = 100 * S_NS
        self._rng = np.random.default_rng(seed)
        self.lead = DeviceLead()

    def run(self, seconds: float) -> list[float]:
        errors = []
        for _ in range(int(seconds * 2)):
            self.now_ns += LOOK_NS
            # A device that plays faster than the grid runs is heard earlier and earlier.
            self.error_ns += LOOK_NS * (float(self.rate - 1) - self.ppm * 1e-6)
            ppm = self.ppm + float(self._rng.normal(0, 0.1))
            led = self.lead.look(
                self.now_ns, reading(self.now_ns, ppm, self.error_ns + float(self._rng.normal(0, 5e3)))
            )
            if led.rate is not None:
                self.rate = led.rate
                self.changes += 1
            errors.append(self.error_ns)
        return errors


@pytest.mark.parametrize("ppm", [30.0, -80.0, 350.0])
def test_two_hours_stay_within_a_few_samples_with_few_changes(ppm: float) -> None:
    show = Show(ppm)
    errors = show.run(7200)
    assert max(abs(error) for error in errors[120:]) < 200_000
    assert float(show.rate - 1) * 1e6 == pytest.approx(ppm, abs=40)
    assert show.changes < 1200


def test_nothing_is_asked_before_the_clock_has_settled() -> None:
    show = Show(50.0)
    show.run(3.5)
    assert show.changes == 0
    assert show.lead.quality.state is ChaseState.LOCKING
    show.run(2)
    assert show.changes == 1 and show.lead.quality.state is ChaseState.LOCKED
    assert float(show.rate - 1) * 1e6 == pytest.approx(50, abs=25)


def test_a_device_that_is_gone_is_free_wheeled_and_then_left() -> None:
    show = Show(50.0)
    show.run(30)
    last = show.rate
    stale = reading(show.now_ns, 50.0)
    led = show.lead.look(show.now_ns + 2 * S_NS, stale)
    assert led.rate is None and led.told is not None and led.told.state is ChaseState.FREEWHEEL
    assert "not heard of any more" in led.told.why
    led = show.lead.look(show.now_ns + 7 * S_NS, stale)
    assert led.rate == 1 != last and led.told is not None and led.told.state is ChaseState.JAM
    assert show.lead.look(show.now_ns + 8 * S_NS, stale).told is None  # said once


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"quality": ClockQuality(ClockState.SILENT)}, "there is no sound device"),
        ({"quality": ClockQuality(ClockState.CALLS, "", 900.0)}, r"runs \+900 ppm"),
        ({"opened": 2}, "has to settle"),
    ],
)
def test_what_cannot_lead_does_not(change: dict[str, object], why: str) -> None:
    lead = DeviceLead()
    for number in range(40):
        now_ns = S_NS + number * LOOK_NS
        lead.look(now_ns, reading(now_ns, 10.0))
    now_ns += 10 * S_NS
    led = lead.look(now_ns, replace(reading(now_ns, 10.0), **change))  # type: ignore[arg-type]
    assert led.told is not None
    assert re.search(why, led.told.why)
    assert led.rate == 1


def test_without_any_reading_nothing_happens() -> None:
    led = DeviceLead().look(S_NS, ClockReading())
    assert led.rate is None and led.told is not None and led.told.state is ChaseState.JAM
