"""How long a bit of linear timecode is, in sound of which nothing is known."""

from __future__ import annotations

import numpy as np

from engine.time.codes.ltc_clock import BitClock
from engine.time.codes.ltc_edges import Instants, Signal, find_edges, reach

_WORST_DEVIATION = 0.17
"""Mean distance of the gaps between edges from one or two half bits: a 2 kHz line at double speed gives 0.14, noise 0.25."""
_STEP = 1.18
_FEWEST_GAPS = 60


def guess_half_bit(sound: Signal, sample_rate_hz: int, slowest_s: float, fastest_s: float) -> float | None:
    """Half a bit in samples; None when the sound is no timecode.

    Each of a row of guesses is filtered for and read. The one that gives the most words is right; where the sound is too short
    for a word, the one whose edges lie most evenly. Evenness alone would be fooled: a filter twice too long takes runs of ones
    away, and what is left of a narrow line's sound is very even.

    Parameters
    ----------
    sound : float32 array
        At least a frame of it, without context.
    sample_rate_hz : int
    slowest_s, fastest_s : float
        Longest and shortest half bit to look for, seconds.
    """
    best: tuple[int, float] = (-1, 0.0)
    found = None
    guess_s = fastest_s
    level = float(np.mean(sound, dtype=np.float64)) if len(sound) else 0.0
    while guess_s <= slowest_s * _STEP:
        guess = guess_s * sample_rate_hz
        guess_s *= _STEP
        pad = reach(guess)
        if len(sound) < 4 * pad:
            continue
        edges = find_edges(np.pad(sound, pad, mode="constant", constant_values=level), guess, sample_rate_hz)
        half, deviation = _fitted(edges, guess)
        if half is None or deviation > _WORST_DEVIATION:
            continue
        words = len(BitClock(2 * half).feed(edges.tolist()))
        if (words, -deviation) > best or found is None:
            best, found = (words, -deviation), half
    return found


def _fitted(edges: Instants, guess: float) -> tuple[float | None, float]:
    """The half bit that fits the gaps near a guess, and how far they are from it on the mean."""
    gaps = np.diff(edges)
    gaps = gaps[gaps < 4.0 * guess]
    if len(gaps) < _FEWEST_GAPS:
        return None, 1.0
    half = guess
    for _ in range(3):
        half = float(np.median(gaps / np.clip(np.rint(gaps / half), 1, 2)))
    kind = np.clip(np.rint(gaps / half), 1, 2)
    if not 0.1 < float(np.mean(kind == 1)) < 0.97:
        return None, 1.0
    return half, float(np.mean(np.abs(gaps / half - kind)))
