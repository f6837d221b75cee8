"""Reads stretches of clips: silence outside, or round and round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import PAD, PEAK_STEP, Clip

Samples = NDArray[np.float32]


def read_into(out: Samples, clip: Clip, channel: int, at: int, loop: bool) -> None:
    """Fills `out` from clip sample `at` on.

    Parameters
    ----------
    out : ndarray of float32, shape (count,)
    clip : Clip
    channel : int
        -1: the mean of all.
    at : int
        Clip sample of the first; may lie outside.
    loop : bool
        The clip begins again at its end, and has no beginning.
    """
    if channel < 0:
        if clip.channels == 1:
            channel = 0
        else:
            part = np.empty_like(out)
            out.fill(0.0)
            for one in range(clip.channels):
                read_into(part, clip, one, at, loop)
                out += part
            out /= clip.channels
            return
    row = clip.samples[channel]
    count = out.size
    if loop:
        start = at % clip.length
        if start + count <= clip.length:
            out[:] = row[PAD + start : PAD + start + count]
            return
        out[:] = row[PAD + (start + np.arange(count)) % clip.length]
        return
    low, high = at + PAD, at + PAD + count
    total = row.size
    if low >= 0 and high <= total:
        out[:] = row[low:high]
        return
    out.fill(0.0)
    a, b = max(0, low), min(total, high)
    if a < b:
        out[a - low : b - low] = row[a:b]


def loudest(clip: Clip, at: int, count: int, loop: bool) -> float:
    """An upper bound of the magnitude of clip samples [at, at + count)."""
    if loop:
        return float(clip.peaks.max()) if clip.peaks.size else 0.0
    low = (at + PAD) // PEAK_STEP
    high = (at + PAD + count) // PEAK_STEP + 1
    peaks = clip.peaks[max(0, low) : max(0, high)]
    return float(peaks.max()) if peaks.size else 0.0
