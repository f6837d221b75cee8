"""Runs a feedback delay network, block by block."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics import fdn_loops
from engine.audio.acoustics.fdn_design import CHUNK, LINES, RING, SECTIONS, Network
from engine.audio.kernels import kernels

Samples = NDArray[np.float32]
Values = NDArray[np.float64]


class Tail:
    """One room's reverberation.

    Parameters
    ----------
    design : Network
    which : str
        ``numba``, ``numpy`` or "": as `engine.audio.kernels.kernels`. The two agree to rounding.

    Notes
    -----
    One thread. A tail that has rung out is forgotten to the last bit and costs nothing, so that what is heard depends on no more than the
    last `Network.memory` samples of input.
    """

    def __init__(self, design: Network, which: str = "") -> None:
        self.design = design
        self._compiled = compiled_network() if kernels(which).name == "numba" else None
        self._ring = np.zeros((RING, LINES), np.float32)
        self._history = np.zeros(RING, np.float32)
        self._low = np.zeros((SECTIONS, LINES))
        self._at = 0
        self._quiet = design.memory
        self._lanes = np.arange(LINES)
        self._hadamard = _hadamard(LINES) * design.turn
        self._denominator = np.poly(design.poles)
        self._scale = np.array([np.prod(1.0 - design.poles)])
        self._taps = _numerators(design)
        self._poles_state = np.zeros((LINES, SECTIONS))
        self._before = np.zeros((LINES, SECTIONS))

    @property
    def ringing(self) -> bool:
        """Whether there is anything left to hear of what went in."""
        return self._quiet < self.design.memory

    def forget(self) -> None:
        """Be silent from here on."""
        if self.ringing:
            self._ring.fill(0.0)
            self._history.fill(0.0)
            self._low.fill(0.0)
            self._poles_state = np.zeros((LINES, SECTIONS))
            self._before = np.zeros((LINES, SECTIONS))
        self._at = 0
        self._quiet = self.design.memory

    def run(self, send: Samples) -> Samples:
        """The lines' output.

        Parameters
        ----------
        send : ndarray of float32, shape (n,)

        Returns
        -------
        ndarray of float32, shape (n, LINES)
            To be brought into the bed by `Network.field`. Input that is not a number is taken as silence.
        """
        n = send.size
        out = np.zeros((n, LINES), np.float32)
        loud = float(np.max(np.abs(send), initial=0.0))
        if not math.isfinite(loud):
            send, loud = np.zeros_like(send), 0.0
        if loud == 0.0 and not self.ringing:
            return out
        self._quiet = 0 if loud > 0.0 else self._quiet + n
        for start in range(0, n, CHUNK):
            stop = min(start + CHUNK, n)
            if self._compiled is None:
                self._run_plain(send[start:stop], out[start:stop])
            else:
                d = self.design
                self._compiled(
                    send[start:stop], self._history, self._at, self._ring, d.delay, d.tap_delay, d.tap_gain, d.poles, d.first, d.high,
                    d.turn, self._low, out[start:stop],
                )  # fmt: skip
            self._at += stop - start
        if not self.ringing:
            self._quiet = 0  # so that `forget` clears
            self.forget()
        return out

    def _run_plain(self, send: Samples, out: Samples) -> None:
        from scipy.signal import lfilter

        d, n, mask = self.design, send.size, RING - 1
        when = self._at + np.arange(n)
        # Here the input's past lies in a row, so that what enters a line is four stretches of it: nine times faster than looking up.
        self._history[:-n] = self._history[n:]
        self._history[-n:] = send
        rows = np.lib.stride_tricks.sliding_window_view
        entered = rows(self._history, n)[RING - n - d.tap_delay]  # (LINES, TAPS, n)
        x = self._ring[(when - d.delay[:, None]) & mask, self._lanes[:, None]] * d.first[:, None]
        # The shelves' poles are the same in every line, so all of them are one filter for all lines; what differs are seven taps.
        smooth, self._poles_state = lfilter(self._scale, self._denominator, x, axis=1, zi=self._poles_state)
        smooth = np.concatenate((self._before, smooth), axis=1)
        self._before = smooth[:, -SECTIONS:]
        x = (self._taps[:, None, :] @ rows(smooth, n, axis=1))[:, 0]
        out[:] = x.T
        self._ring[when & mask] = (self._hadamard.T @ x + (d.tap_gain[:, None, :] @ entered)[:, 0]).T


def _numerators(design: Network) -> Values:
    """The shelves' numerators multiplied out, oldest tap first, shape (LINES, SECTIONS + 1)."""
    found = []
    for line in range(LINES):
        taps = np.ones(1)
        for pole, high in zip(design.poles.tolist(), design.high[:, line].tolist(), strict=True):
            taps = np.convolve(
                taps, np.array([high + (1.0 - high) * (1.0 - pole), -high * pole]) / (1.0 - pole)
            )
        found.append(taps[::-1])
    return np.ascontiguousarray(found)


def _hadamard(size: int) -> Values:
    matrix = np.ones((1, 1))
    while matrix.shape[0] < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


@lru_cache(maxsize=1)
def compiled_network() -> Callable[..., None]:
    """The loop, compiled now (extra ``numba``) and not in the first block; kept on disk where `engine.audio.kernels` keeps its own."""
    import numba

    keep = bool(getattr(numba.config, "CACHE_DIR", ""))
    done: Callable[..., None] = numba.njit(
        fdn_loops.run_network,
        cache=keep,
        fastmath={"reassoc", "contract", "nsz"},
        nogil=True,
        boundscheck=False,
    )
    ring, row, column = np.zeros((2, 1), np.float32), np.zeros(1, np.float32), np.zeros((1, 1))
    whole, number = np.ones((1, 1), np.int64), np.zeros(1)
    done(
        row,
        np.zeros(2, np.float32),
        0,
        ring,
        whole[0],
        whole,
        column,
        number,
        number,
        column,
        number,
        column.copy(),
        ring[:1],
    )
    return done
