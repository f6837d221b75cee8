"""A mix at the pace of one device after another, and of one that leads."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.clock.meter import STEPS
from engine.audio.clock.pace import Pace
from engine.audio.clock.publishing import ClockMeter
from engine.audio.clock.shared import ClockBlock
from engine.audio.clock.values import ClockQuality, ClockState
from engine.audio.grid import Grid

START_NS = 9_000_000_000_000


class Counting:
    """Sample k of the mix is k / 65536 in every channel."""

    def __init__(self) -> None:
        self.grid: Grid | None = None
        self.given = 0
        self.resyncs = 0

    def pull(self, host_ns: int, count: int) -> np.ndarray:
        self.grid = self.grid or Grid(host_ns)
        off_ns = host_ns - self.grid.ns(self.given)
        if abs(off_ns) > 15_000_000:
            self.grid = self.grid.moved(off_ns)
            self.resyncs += 1
        at = self.given + np.arange(count)
        self.given += count
        return np.repeat((at / 65_536).astype(np.float32)[:, None], 2, axis=1)


def test_a_device_that_leads_gets_the_samples_themselves_and_the_difference_is_told() -> None:
    mix, meter = Counting(), ClockMeter()
    pace = Pace(2, meter, leads=True)
    for number in range(10):
        heard_ns = START_NS + round(number * 256 * 1e9 / 48_000 / (1 + 1e-4))
        rows = pace.read(heard_ns, 256, 48_000, mix.pull, mix)
        assert np.array_equal(rows[:, 0] * 65_536, np.arange(number * 256, (number + 1) * 256))
    assert meter.error_ns == pytest.approx(-9 * 256 * 1e9 / 48_000 * 1e-4, abs=3)
    assert meter.trim_ppm == 0.0


def test_another_device_goes_on_where_the_one_before_stopped() -> None:
    mix, meter = Counting(), ClockMeter()
    pace = Pace(2, meter)
    for number in range(50):
        pace.read(START_NS + number * 256 * 62_500 // 3, 256, 48_000, mix.pull, mix)
    given = mix.given
    # The new one hears it 5 ms earlier than the old would have, and at another rate.
    at_ns = START_NS + 50 * 256 * 62_500 // 3 - 5_000_000
    pace.changed()
    rows = pace.read(at_ns, 441, 44_100, mix.pull, mix)
    # 17 samples were made for the old reader's width and are not heard: a third of a millisecond.
    assert rows[40, 0] * 65_536 == pytest.approx(given + 40 * 48_000 / 44_100, abs=0.1)
    for number in range(1, 400):
        pace.read(at_ns + number * 10_000_000, 441, 44_100, mix.pull, mix)
    assert mix.resyncs == 0
    assert abs(meter.error_ns) < 5_500_000 and meter.trim_ppm < -100


def test_a_device_far_away_in_time_makes_one_jump() -> None:
    mix, meter = Counting(), ClockMeter()
    pace = Pace(2, meter)
    for number in range(200):
        pace.read(
            START_NS + number * 256 * 62_500 // 3 + (number > 60) * 300_000_000, 256, 48_000, mix.pull, mix
        )
    assert pace.jumps == 1 and mix.resyncs == 1
    assert abs(meter.error_ns) < 100_000


def test_readings_are_published_now_and_then() -> None:
    quality = ClockQuality(ClockState.DEVICE, "", 12.0, 5.0, 0)
    with ClockBlock.create() as block:
        meter = ClockMeter(block)
        meter.opened()
        for number in range(20):
            now_ns = START_NS + number * 5_333_333
            meter.take(
                now_ns, number * 256, now_ns + 10, 48_000.6, quality, took_ns=500_000, lasts_ns=5_333_333.3
            )
        read = block.read()
        assert read.opened == 1 and read.quality == quality
        assert read.frame == 16 * 256  # every 40 ms
        assert read.load.blocks == 17 and len(read.load.counts) == STEPS
        assert meter.load.blocks == 20
