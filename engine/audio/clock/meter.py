"""How long blocks take and how many came too late: counted in the device's thread, without a list that grows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

STEPS_PER_OCTAVE = 8
STEPS = 96
FIRST_LOAD = 1.0 / 256
"""Load of the first step's upper edge: 21 us of a block of 5.33 ms; the last one's is 16 blocks."""


@dataclass(slots=True)
class Load:
    """Block times as shares of the block's length, in steps of an eighth of an octave.

    Attributes
    ----------
    blocks : int
    over : int
        Those that took longer than they last.
    underruns : int
        Times at which the device says it had nothing to play.
    worst_ns : int
    counts : list of int, length STEPS
    """

    blocks: int = 0
    over: int = 0
    underruns: int = 0
    worst_ns: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * STEPS)

    def take(self, took_ns: int, lasts_ns: float) -> None:
        """One block that took `took_ns` and lasts `lasts_ns`."""
        load = took_ns / lasts_ns
        self.blocks += 1
        self.over += load > 1.0
        self.worst_ns = max(self.worst_ns, took_ns)
        step = math.ceil(math.log2(max(load, FIRST_LOAD) / FIRST_LOAD) * STEPS_PER_OCTAVE)
        self.counts[min(step, STEPS - 1)] += 1

    def at(self, share: float) -> float:
        """The load that a share (0..1) of all blocks stays within: the upper edge of its step; 0 before the first block."""
        need = share * self.blocks
        seen = 0
        for step, count in enumerate(self.counts):
            seen += count
            if count and seen >= need:
                return float(FIRST_LOAD * 2 ** (step / STEPS_PER_OCTAVE))
        return 0.0
