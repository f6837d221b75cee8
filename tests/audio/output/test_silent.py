"""The pace of a sound card without one."""

from __future__ import annotations

import numpy as np

from engine.audio.block import BLOCK
from engine.audio.output import SilentOutput
from engine.time.clocks import ManualClock

S_NS = 1_000_000_000


def test_a_machine_that_has_slept_goes_on_in_time_and_makes_nothing_afterwards() -> None:
    clock = ManualClock(0)
    asked: list[int] = []

    def fill(at_ns: int, frames: int) -> np.ndarray | None:
        asked.append(at_ns)
        if len(asked) == 10:
            clock.advance_ns(3600 * S_NS)
        return np.zeros((frames, 2), np.float32) if len(asked) < 20 else None

    SilentOutput(clock, "a test", BLOCK).run(fill)
    assert asked[9] == 9 * BLOCK * S_NS // 48_000
    assert asked[10] >= 3600 * S_NS
    assert asked[-1] - asked[10] == 9 * BLOCK * S_NS // 48_000
