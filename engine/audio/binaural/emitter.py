"""What every object sounds like at the listener's place, once for all outputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.binaural.rows import places_of
from engine.audio.block import BEFORE, SAMPLE_RATE_HZ, ObjectBlock
from engine.audio.kernels import Kernels, kernels

Samples = NDArray[np.float32]

MOST_DELAY = 64.0
NO_LOW_PASS_HZ = 24_000.0
_WARM = 24
"""Samples of the past from which the low-pass of a new row starts: what lies between the largest delay and the edge of `pcm`."""


def pole_of(low_pass_hz: Samples) -> Samples:
    """The pole of the one-pole low-pass that is 3 dB down at a frequency.

    ``|H|^2 = (1 - a)^2 / (1 - 2 a cos w + a^2) = 1/2`` solved for a.

    Parameters
    ----------
    low_pass_hz : ndarray
        24000 or more, or NaN: none, which is a pole of 0.

    Returns
    -------
    ndarray of float32, same shape
        0 to 1.
    """
    hz = np.maximum(low_pass_hz, 1.0).astype(np.float64)
    c = 2.0 - np.cos(2.0 * np.pi * np.minimum(hz, NO_LOW_PASS_HZ) / SAMPLE_RATE_HZ)
    return np.where(hz < NO_LOW_PASS_HZ, c - np.sqrt(c * c - 1.0), 0.0).astype(np.float32)


class ObjectEmitter:
    """Makes the emission of a block: reads every row where its delay says, dulls it, brings it to its level.

    Parameters
    ----------
    using : Kernels, optional
        Default: the fastest there are.

    Attributes
    ----------
    unsound_rows : int
        Rows so far that held NaN or infinity and were silenced.

    Notes
    -----
    One thread. Carries one number a row, the low-pass's last sample, from block to block; a row that is new starts from the stretch of
    its file before the block, so a seek sounds like having played up to there.
    """

    def __init__(self, using: Kernels | None = None) -> None:
        self._kernels = using or kernels()
        self._keys = np.zeros(0, np.int64)
        self._state = np.zeros(0, np.float32)
        self._next = -1
        self._buffers = [np.zeros((0, 0), np.float32)] * 2
        self.unsound_rows = 0

    def forget(self) -> None:
        """The next block has no past."""
        self._keys = np.zeros(0, np.int64)
        self._state = np.zeros(0, np.float32)

    def emit(self, block: ObjectBlock) -> Samples:
        """Delay, level and dullness applied.

        Returns
        -------
        ndarray of float32, shape (S, n)
            Holds until the call after the next.
        """
        count, n = block.count, block.frames
        # The kernels take rows that lie in order, whatever order the mixer's arithmetic left them in.
        delay = np.ascontiguousarray(np.fmin(np.fmax(block.delay, -MOST_DELAY), MOST_DELAY))
        if (block.low_pass_hz >= NO_LOW_PASS_HZ).all():
            pole = np.zeros((2, count), np.float32)
        else:
            pole = np.ascontiguousarray(pole_of(block.low_pass_hz))
        self._follow(block, delay, pole)
        out = self._out(count, n)
        self.unsound_rows += self._kernels.emit_rows(
            np.ascontiguousarray(block.pcm, np.float32),
            BEFORE,
            delay,
            np.ascontiguousarray(block.gain, np.float32),
            pole,
            None if block.shape is None else np.ascontiguousarray(block.shape, np.float32),
            self._state,
            out,
        )
        return out

    def _out(self, count: int, n: int) -> Samples:
        self._buffers.reverse()
        there = self._buffers[0]
        if there.shape[1] != n or there.shape[0] < count:
            there = self._buffers[0] = np.zeros((max(64, count + count // 2), n), np.float32)
        return there[:count]

    def _follow(self, block: ObjectBlock, delay: NDArray[np.float64], pole: Samples) -> None:
        """Brings the carried samples into this block's order, and starts those of new rows."""
        if block.first != self._next:
            self.forget()
        self._next = block.first + block.frames
        if np.array_equal(block.keys, self._keys):
            return
        at = places_of(block.keys, self._keys)
        state = np.zeros(block.count, np.float32)
        known = at >= 0
        state[known] = self._state[at[known]]
        new = np.flatnonzero(~known & (pole[0] > 0))
        if new.size:
            back = np.arange(1, _WARM + 1)
            columns = BEFORE - np.rint(delay[0, new]).astype(np.intp)[:, None] - back
            past = np.nan_to_num(block.pcm[new[:, None], columns], nan=0.0, posinf=0.0, neginf=0.0)
            a = pole[0, new, None].astype(np.float64)
            weight = (1.0 - a) * a ** (back - 1)
            weight[:, -1] = a[:, 0] ** (_WARM - 1)
            state[new] = np.sum(past * weight, axis=1)
        self._keys = block.keys.copy()
        self._state = state
