"""Small films for the tests of flash analysis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash import FlashMeter, FlashSummary, flat_screen
from engine.time.flicks import FLICKS_PER_SECOND

SCREEN = flat_screen(1.6, 0.9, 1.6)
"""53 by 31 degrees: 54 by 32 tiles."""
SMALL = flat_screen(0.2, 0.2, 1.0)
"""11 by 11 degrees: what a test of time needs, in 144 tiles."""
HEIGHT, WIDTH = 90, 160
RATE = 60


def at_frame(index: int, rate: int = RATE) -> int:
    """The instant of a frame, flicks."""
    return index * FLICKS_PER_SECOND // rate


def filled(level: int, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """A grey frame."""
    return np.full((height, width, 3), level, dtype=np.uint8)


def shown(
    meter: FlashMeter, frames: Sequence[NDArray[np.uint8]], order: Sequence[int], rate: int = RATE
) -> FlashSummary:
    """Push frames by index, one after the other."""
    for index, which in enumerate(order):
        meter.push(at_frame(index, rate), frames[which])
    return meter.summary()


def square(hz: float, count: int, rate: int = RATE) -> list[int]:
    """0 and 1 by turns: a square wave of `hz` flashes a second, `count` frames."""
    return [int(2 * hz * index / rate) % 2 for index in range(count)]
