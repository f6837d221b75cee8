"""What an output is, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

Fill = Callable[[int, int], Samples | None]
"""Asked for sound: (host instant of its first sample, frames) -> (frames, channels) samples, or None to end."""


class Output(Protocol):
    """Asks for blocks at the pace of real time."""

    @property
    def description(self) -> str:
        """One line for people."""
        ...

    @property
    def rate_hz(self) -> int:
        """Frames a second it was opened at; another one when another device took its place."""
        ...

    @property
    def opened(self) -> int:
        """How many devices it has been so far: a changed number is another clock."""
        ...

    def run(self, fill: Fill) -> None:
        """Plays what `fill` gives until it gives None.

        Raises
        ------
        DeviceGone
            When the device went away, and this output has nothing else.
        """
        ...
