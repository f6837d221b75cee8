"""Command frames of many seats at once, byte for byte those of `AmcDriver.encode`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from devices.amc.codec import FRAME_SIZE, HEADER, MAX_RAW, TRAILER
from devices.amc.geometry import Actuator


class AmcBatch:
    """Encodes for seats with the same actuators.

    Parameters
    ----------
    seats : int
        How many.
    actuators : sequence of Actuator
    middle, span : int
        Raw values, as in the driver.
    """

    def __init__(self, seats: int, actuators: Sequence[Actuator], middle: int, span: int) -> None:
        self._middle = middle
        self._span = span
        gains = np.array([actuator.gains for actuator in actuators])
        self._strokes_m = np.array([actuator.stroke_m for actuator in actuators])
        self._signs = np.array([-1.0 if actuator.inverted else 1.0 for actuator in actuators])
        # Terms are added in the order of the axes, as the scalar encoder does; those that are zero everywhere
        # change no sum. One actuator an axis, in their order, needs no sum at all.
        self._own = gains.diagonal().copy() if _is_own_axes(gains) else None
        self._terms = [(axis, gains[:, axis]) for axis in range(gains.shape[1]) if gains[:, axis].any()]
        self._frames = np.zeros((seats, FRAME_SIZE), dtype=np.uint8)
        self._frames[:, :2] = np.frombuffer(HEADER, dtype=np.uint8)
        self._frames[:, -2:] = np.frombuffer(TRAILER, dtype=np.uint8)
        self._raw = self._frames[:, 2:-2].view(">u2")[:, : len(actuators)]

    def encode(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Frames that command poses (m and deg), one a row."""
        if self._own is not None:
            stroke_m = values * self._own
        else:
            stroke_m = np.zeros((len(values), len(self._strokes_m)))
            for axis, gains in self._terms:
                stroke_m += values[:, axis, None] * gains
        stroke_m *= 2.0
        stroke_m /= self._strokes_m
        stroke_m *= self._signs
        stroke_m *= self._span
        np.rint(stroke_m, out=stroke_m)
        stroke_m += self._middle
        np.maximum(stroke_m, 0.0, out=stroke_m)
        np.minimum(stroke_m, MAX_RAW, out=stroke_m)
        self._raw[...] = stroke_m
        return self._frames

    def stamp(self, frames: NDArray[np.uint8], rows: NDArray[np.intp] | None) -> None:
        """These boards count nothing."""


def _is_own_axes(gains: NDArray[np.float64]) -> bool:
    square = gains.shape[0] == gains.shape[1]
    return square and np.count_nonzero(gains - np.diag(gains.diagonal())) == 0
