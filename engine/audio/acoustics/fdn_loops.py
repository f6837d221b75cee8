"""The feedback delay network as a plain loop, for a compiler. Uncompiled it runs too, some thousand times slower."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Values = NDArray[np.float64]
Whole = NDArray[np.int64]


def run_network(
    send: Samples,
    history: Samples,
    at: int,
    ring: Samples,
    delay: Whole,
    tap_delay: Whole,
    tap_gain: Values,
    poles: Values,
    first: Values,
    high: Values,
    turn: Values,
    low: Values,
    out: Samples,
) -> None:
    """Runs a network over a chunk.

    Parameters
    ----------
    send : shape (n,)
    history, ring : shape (R,) and (R, L)
        R a power of two; the input's and the lines' past, by sample number modulo R.
    at : int
        Number of the chunk's first sample.
    delay, first, turn : shape (L,)
    tap_delay, tap_gain : shape (L, T)
    poles : shape (K,)
    high, low : shape (K, L)
        `low` is the shelves' memory, in and out.
    out : shape (n, L)
    """
    n, lines = out.shape
    sections = poles.shape[0]
    taps = tap_delay.shape[1]
    mask = ring.shape[0] - 1
    x = np.empty(lines)
    for i in range(n):
        now = at + i
        history[now & mask] = send[i]
        for line in range(lines):
            x[line] = ring[(now - delay[line]) & mask, line] * first[line]
        for k in range(sections):
            pole = poles[k]
            for line in range(lines):
                l_now = pole * low[k, line] + (1.0 - pole) * x[line]
                low[k, line] = l_now
                x[line] = high[k, line] * x[line] + (1.0 - high[k, line]) * l_now
        for line in range(lines):
            out[i, line] = x[line]
        half = 1
        while half < lines:
            for base in range(0, lines, 2 * half):
                for line in range(base, base + half):
                    a, b = x[line], x[line + half]
                    x[line] = a + b
                    x[line + half] = a - b
            half *= 2
        for line in range(lines):
            value = x[line] * turn[line]
            for tap in range(taps):
                value += tap_gain[line, tap] * history[(now - tap_delay[line, tap]) & mask]
            ring[now & mask, line] = value
