"""From the sound of linear timecode to the instants of its edges, whatever the wire has done to them.

One symmetric filter does all the work, and because it is symmetric it moves no edge::

    y(t) = s(t) - (s(t - h) + s(t + h)) / 2        s = the sound over a short box, h = half a bit

Direct current and hum vanish (60 Hz at 30 frames: -50 dB), runs of ones, which a narrow line weakens most, come out doubled
(gain 2 at 1/2h, 1 at 1/4h), and a clean biphase signal keeps its edges exactly: in the middle of a 0 the two neighbours' edges
cancel. h may be wrong by a fifth. Silence before and after shows as half an edge, so the first and the last bit of a
recording are found like any other. What is left is a comparator with hysteresis against the local level.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]
Instants = NDArray[np.float64]

_BOX = 0.4
"""Length of the smoothing box in half bits: longer weakens ones at the speeds where samples are few."""
_HYSTERESIS = 0.25
"""Of the local mean level. Noise 20 dB under the signal is four standard deviations below it after the box."""
_CELL_S = 0.0025
FLOOR = 0.0012
"""Lowest level the comparator answers to (mean of |y|, about 18 dB below a signal of -40 dBFS)."""


def reach(half_bit: float) -> int:
    """Samples the filter needs on either side of the one it looks at."""
    return math.ceil(half_bit) + math.ceil(_BOX * half_bit) + 2


def find_edges(sound: Signal, half_bit: float, sample_rate_hz: int) -> Instants:
    """Instants of the edges, in samples from the start of `sound`, ascending.

    Parameters
    ----------
    sound : float32 array
        With `reach(half_bit)` samples of context at both ends, in which no edges are looked for.
    half_bit : float
        Length of half a bit in samples, within a fifth.
    sample_rate_hz : int

    Notes
    -----
    An edge lies between two samples that are clearly of opposite sign; where it crosses zero is interpolated.
    """
    margin = reach(half_bit)
    count = len(sound) - 2 * margin
    if count <= 1:
        return np.zeros(0)
    apart = max(1, round(half_bit))
    box = max(1, round(_BOX * half_bit))
    total = np.empty(len(sound) + 1)
    total[0] = 0.0
    np.cumsum(sound, dtype=np.float64, out=total[1:])
    smooth = total[box:] - total[:-box]
    at = margin - box // 2  # index in `smooth` of the box around sample `margin`
    filtered = smooth[at - apart : at - apart + count] + smooth[at + apart : at + apart + count]
    filtered *= -0.5
    filtered += smooth[at : at + count]
    filtered /= box
    height = np.abs(filtered)
    strong = np.flatnonzero(height > _threshold(height, max(8, round(_CELL_S * sample_rate_hz))))
    if len(strong) < 2:
        return np.zeros(0)
    value = filtered[strong]
    positive = value > 0.0
    turn = np.flatnonzero(positive[1:] != positive[:-1])
    a, b = strong[turn], strong[turn + 1]
    va, vb = value[turn], value[turn + 1]
    where = a + (b - a) * (va / (va - vb))
    # A sign that changes across a pause is no edge: the level before it has long gone.
    near = (b - a) <= 2.0 * half_bit
    # The box around sample i covers i - box//2 .. i - box//2 + box - 1: its middle is half a sample off for even boxes.
    return np.asarray(where[near] + margin + (box - 1) / 2 - box // 2)


def _threshold(height: Instants, cell: int) -> Instants:
    """Hysteresis for each sample: a share of the loudest of the cells around it."""
    starts = np.arange(0, len(height), cell)
    sizes = np.diff(np.append(starts, len(height)))
    mean = np.add.reduceat(height, starts) / sizes
    around = mean.copy()
    np.maximum(around[1:], mean[:-1], out=around[1:])
    np.maximum(around[:-1], mean[1:], out=around[:-1])
    return np.repeat(_HYSTERESIS * np.maximum(around, FLOOR), sizes)
