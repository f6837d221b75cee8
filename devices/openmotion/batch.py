"""Datagrams of many seats at once, byte for byte those of `OpenMotionDriver.encode` and `stamp`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from devices.openmotion.codec import FRESH_S, SIZE, ByteOrder


class OpenMotionBatch:
    """Encodes for seats with the same axes.

    Parameters
    ----------
    seats : int
    indices : sequence of int
        Channels of yaw, pitch, roll, heave.
    signs : sequence of float
        Theirs, 1 or -1.
    order : {"little", "big"}
    period_s : float
        Time between two datagrams.
    """

    def __init__(
        self, seats: int, indices: Sequence[int], signs: Sequence[float], order: ByteOrder, period_s: float
    ) -> None:
        self._indices = np.array(indices, dtype=np.intp)
        self._signs = np.array(signs)
        self._dtype = np.dtype("<f4" if order == "little" else ">f4")
        self._period_s = period_s
        self._counts = np.full(seats, -round(FRESH_S / period_s), dtype=np.int64)
        self._frames = np.zeros((seats, SIZE), dtype=np.uint8)
        self._floats = self._frames.view(self._dtype)

    def encode(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Datagrams that command poses (m and deg), one a row, their time still 0."""
        self._floats[:, 0] = 0.0
        self._floats[:, 1:] = values[:, self._indices] * self._signs
        return self._frames

    def stamp(self, frames: NDArray[np.uint8], rows: NDArray[np.intp] | None) -> None:
        """Put in the time of each seat's own count."""
        chosen = slice(None) if rows is None else rows
        times = (np.maximum(self._counts[chosen], 0) * self._period_s).astype(self._dtype)
        frames[:, :4] = times.view(np.uint8).reshape(-1, 4)
        self._counts[chosen] += 1
