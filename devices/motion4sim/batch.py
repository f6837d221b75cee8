"""Axis strings of many seats at once, byte for byte those of `AxisStringDriver.encode`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from devices.motion4sim.codec import Template, guard_batch, lay_out


class AxisStringBatch:
    """Encodes for seats with the same template and axes; binary templates only.

    Parameters
    ----------
    seats : int
    template : Template
    rows : sequence of (int, float)
        Channel and raw counts a unit, by axis of the template.
    rest : sequence of int
        Raw values of the template's further axes.
    mid : int
        Raw value of the middle.
    """

    def __init__(
        self, seats: int, template: Template, rows: Sequence[tuple[int, float]], rest: Sequence[int], mid: int
    ) -> None:
        self._template = template
        self._indices = np.array([index for index, _ in rows], dtype=np.intp)
        self._gains = np.array([gain for _, gain in rows])
        self._mid = mid
        self._raw = np.zeros((seats, len(template.names)), dtype=np.int64)
        self._raw[:, len(rows) :] = rest
        self._frames = np.zeros((seats, template.size), dtype=np.uint8)
        lay_out(template, self._raw, self._frames)

    def encode(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Frames that command poses (m and deg), one a row."""
        targets = np.rint(values[:, self._indices] * self._gains).astype(np.int64) + self._mid
        self._raw[:, : len(self._gains)] = guard_batch(self._template, targets.clip(0, self._template.full))
        lay_out(self._template, self._raw, self._frames)
        return self._frames

    def stamp(self, frames: NDArray[np.uint8], rows: NDArray[np.intp] | None) -> None:
        """These frames count nothing."""
