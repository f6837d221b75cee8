"""What a venue's loudspeakers need so that all are heard at one time, at one level, the right way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Samples = NDArray[np.float32]

_TAPS = 32
_BETA = 8.0
_WHOLE = 0.02


class Alignment:
    """Delays and scales channels; the only thing a loudspeaker stage carries from block to block.

    Parameters
    ----------
    delays : array_like, shape (C,)
        Samples, 16 or more where they are no whole number: half the reach of the fractional filter (windowed sinc of 32 taps, Kaiser,
        beta 8). What is within 0.02 samples of a whole number, 0.4 us, is taken as whole.
    gains : array_like, shape (C,)
        Linear; negative: inverted.

    Raises
    ------
    ValueError
        A delay that is negative, no number, or too short for its fraction.
    """

    def __init__(self, delays: ArrayLike, gains: ArrayLike) -> None:
        wanted = np.asarray(delays, np.float64)
        whole = np.round(wanted)
        fractional = np.abs(wanted - whole) > _WHOLE
        least = np.where(fractional, _TAPS / 2, 0)
        if not np.all(wanted >= least):
            raise ValueError(
                f"delays of {wanted.min():g} samples and more; whole ones from 0, others from {_TAPS // 2}"
            )
        self._gains = np.asarray(gains, np.float32)[:, None]
        self._unity = bool(np.all(self._gains == 1.0))
        self._fractional = np.flatnonzero(fractional)
        base = np.where(fractional, np.floor(wanted), whole).astype(np.intp)
        # The filter's taps reach from half its length ahead of its place to half its length behind.
        self._delays = base
        rest = (wanted - base)[self._fractional]
        place = np.arange(_TAPS) - (_TAPS // 2 - 1)
        # Tap j reads the sample `place[j]` after the whole delay's: the sinc stands at minus the rest.
        distance = place[None, :] + rest[:, None]
        inside = np.clip(1 - (distance / (_TAPS / 2)) ** 2, 0.0, 1.0)
        taps = np.sinc(distance) * np.i0(_BETA * np.sqrt(inside)) / np.i0(_BETA)
        self._taps = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
        self._behind = int(base.max(initial=0)) + _TAPS
        self._past = np.zeros((wanted.size, self._behind), np.float32)

    def process(self, block: Samples) -> Samples:
        """The next samples.

        Parameters
        ----------
        block : ndarray of float32, shape (C, n)

        Returns
        -------
        ndarray of float32, shape (C, n)
        """
        n = block.shape[1]
        line = np.concatenate([self._past, block], axis=1)
        self._past = line[:, n:].copy()
        windows = np.lib.stride_tricks.sliding_window_view(line, n, axis=1)
        out: Samples = windows[np.arange(len(line)), self._behind - self._delays]
        if self._fractional.size:
            around = np.lib.stride_tricks.sliding_window_view(line[self._fractional], _TAPS, axis=1)
            first = self._behind - self._delays[self._fractional] - (_TAPS // 2 - 1)
            rows = np.arange(self._fractional.size)[:, None]
            taken = around[rows, first[:, None] + np.arange(n)]
            out[self._fractional] = np.einsum("cnk,ck->cn", taken, self._taps)
        if not self._unity:
            out *= self._gains
        return out

    def forget(self) -> None:
        """Drop what has not come out yet."""
        self._past[:] = 0.0
