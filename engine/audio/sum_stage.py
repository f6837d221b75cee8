"""The stage of what has no direction: everything added up, for exciters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import STAGE_LATENCY, Beds, Head, ObjectBlock

Samples = NDArray[np.float32]


class SumStage:
    """One channel: all objects of a mixer that knows no places (`engine.audio.objects`, flat)."""

    channels = 1

    def __init__(self) -> None:
        self._held = np.zeros(STAGE_LATENCY, np.float32)

    def render(self, block: ObjectBlock, emission: Samples, beds: Beds, heads: tuple[Head, Head]) -> Samples:
        """See `engine.audio.block.Stage.render`; shape (1, n)."""
        del beds, heads
        out = emission.sum(axis=0) if block.count else np.zeros(block.frames, np.float32)
        joined = np.concatenate([self._held, out.astype(np.float32)])
        self._held = joined[-STAGE_LATENCY:]
        return joined[None, :-STAGE_LATENCY]

    def forget(self) -> None:
        """See `engine.audio.block.Stage.forget`."""
        self._held[:] = 0.0
