"""The last stage: a look-ahead limiter that keeps the true peak under -1 dBFS, and leaves everything else
alone.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ

Samples = NDArray[np.float32]

CEILING_DB = -1.0
LOOK_AHEAD = 96  # 2 ms
# The gain glides over a little less than the look-ahead, since a peak between samples is seen six samples
# late.
_GLIDE = LOOK_AHEAD - 12
RELEASE_DB_PER_S = 60.0
# The peak between samples is estimated by 4-fold interpolation, which can miss 0.3 dB of a noise; the
# ceiling keeps clear of it.
_MARGIN_DB = 0.45
_HALF = 10


def _interpolators() -> Samples:
    rows = []
    for phase in (0.25, 0.5, 0.75):
        k = np.arange(-_HALF + 1, _HALF + 1) - phase
        kernel = np.sinc(k) * np.cos(np.pi * k / (2 * (_HALF + 0.5)))
        rows.append(kernel / kernel.sum())
    return np.asarray(rows, dtype=np.float32)


class Limiter:
    """Delays by `LOOK_AHEAD` samples; gain falls before a peak arrives and recovers at a constant rate.

    Parameters
    ----------
    channels : int
        At least 1; all are turned down together, so that no place moves.
    ceiling_dbtp : float
        True peak that is not exceeded.

    Attributes
    ----------
    deepest_db : float
        The most that was taken away.
    rubbish : int
        Samples that were no numbers, or infinite, and were made silence.

    Raises
    ------
    ValueError
        For no channels, or a block of another number of them.

    Notes
    -----
    Its memory is finite: after `reduction / RELEASE_DB_PER_S` seconds below the ceiling nothing of the past
    is left, so two runs that differ in their past soon give the same samples.
    """

    def __init__(self, channels: int = 2, ceiling_dbtp: float = CEILING_DB) -> None:
        if channels < 1:
            raise ValueError(f"a limiter of {channels} channels; at least 1")
        self._ceiling = 10 ** ((ceiling_dbtp - _MARGIN_DB) / 20)
        # Below that no 20-point band-limited peak can reach the ceiling.
        self._safe = 0.58 * self._ceiling
        self._taps = _interpolators()
        self._history = np.zeros((channels, LOOK_AHEAD), np.float32)
        self._around = np.zeros((channels, 2 * _HALF), np.float32)
        self._needed_db = np.zeros(LOOK_AHEAD)
        self._held_db = np.zeros(_GLIDE)
        self._release_db = 0.0
        self.deepest_db = 0.0
        self.rubbish = 0

    def process(self, block: Samples) -> Samples:
        """Takes (channels, n) samples, gives the (channels, n) that lie `LOOK_AHEAD` before them, limited."""
        if block.shape[0] != self._history.shape[0]:
            raise ValueError(
                f"a block of {block.shape[0]} channels for a limiter of {self._history.shape[0]}"
            )
        n = block.shape[1]
        highest_in = float(np.max(np.abs(block), initial=0.0))
        if not math.isfinite(highest_in):
            # One of them would stay in the running sums for good, and a converter makes full scale of it.
            sound = np.isfinite(block)
            self.rubbish += int(block.size - np.count_nonzero(sound))
            block = np.where(sound, block, np.float32(0.0))
            highest_in = float(np.max(np.abs(block)))
        stream = np.concatenate([self._history, block], axis=1)
        self._history = stream[:, n:]
        delayed = stream[:, :n]
        loud = highest_in > self._safe or float(np.max(np.abs(self._around))) > self._safe
        if not loud and self._release_db == 0.0 and not self._needed_db.any() and not self._held_db.any():
            self._around = np.concatenate([self._around, block], axis=1)[:, -2 * _HALF :]
            return delayed
        needed = self._reduction_db(block)
        slope = RELEASE_DB_PER_S / SAMPLE_RATE_HZ
        ladder = np.arange(1, n + 1) * slope
        start = self._release_db
        released = np.maximum(np.maximum.accumulate(np.maximum(needed + ladder, start)) - ladder, 0.0)
        self._release_db = float(released[-1])
        # Highest need over the look-ahead, then its mean over the same length: the gain is down when the peak
        # is here.
        joined = np.concatenate([self._needed_db, released])
        self._needed_db = joined[-LOOK_AHEAD:]
        highest = sliding_window_view(joined, LOOK_AHEAD + 1).max(axis=1)
        held = np.concatenate([self._held_db, highest])
        self._held_db = held[-_GLIDE:]
        total = np.concatenate([[0.0], np.cumsum(held)])
        mean = (total[_GLIDE + 1 :] - total[1:-_GLIDE]) / _GLIDE
        reduction = np.where(mean < 1e-9, 0.0, mean)
        self.deepest_db = max(self.deepest_db, float(reduction.max()))
        return np.asarray(delayed * (10 ** (-reduction / 20)).astype(np.float32))

    def _reduction_db(self, block: Samples) -> NDArray[np.float64]:
        """Decibels to take away at each sample so that it, and the curve up to the next, stay under the
        ceiling.
        """
        n = block.shape[1]
        stream = np.concatenate([self._around, block], axis=1)
        self._around = stream[:, -2 * _HALF :]
        peak = np.zeros(n)
        for channel in range(stream.shape[0]):
            row = stream[channel]
            peak = np.maximum(peak, np.abs(row[-n:]))
            # The window that ends at a sample describes the curve ten samples earlier; the look-ahead covers
            # that.
            between = np.abs(self._taps @ sliding_window_view(row, 2 * _HALF)[-n:].T).max(axis=0)
            peak = np.maximum(peak, between)
        return np.asarray(20 * np.log10(np.maximum(peak, self._ceiling) / self._ceiling))
