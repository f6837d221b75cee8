"""Fewer points for a curve, with a stated largest error. Pure.

Greedy chords with a cone (the "swinging door" of process historians): from a kept point, the farthest sample is sought whose chord
passes every sample between within the tolerance. The bound holds at every sample and for every component, which the usual
Ramer-Douglas-Peucker does not promise for curves over time. Kept points are samples, rounded to what is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

HOLD_MS = 60
"""A source that was silent for longer did not move meanwhile: what comes next is a step, not a slow ramp. The slowest streams worth
following send 25 times a second, and may lose a packet."""

_LONGEST_CHORD = 8192
"""Samples one chord may span; bounds the work where nothing moves but noise."""

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A value at an instant, ms after the beginning."""

    at_ms: int
    value: Vector


@dataclass(frozen=True, slots=True)
class Thinned:
    """What is left.

    Attributes
    ----------
    keys : tuple of Sample
    samples : int
        How many there were.
    worst : tuple of float
        Largest deviation by component, at any sample.
    """

    keys: tuple[Sample, ...]
    samples: int
    worst: Vector


def decimals_for(tolerance: float) -> int:
    """Decimals that leave at least three quarters of a tolerance to the curve."""
    return max(0, math.ceil(-math.log10(tolerance / 2)))


def with_holds(samples: Sequence[Sample]) -> list[Sample]:
    """Samples with a point just before every step: silence means that a value was held."""
    found: list[Sample] = list(samples[:1])
    for before, after in pairwise(samples):
        if after.at_ms - before.at_ms > HOLD_MS and after.value != before.value:
            found.append(Sample(after.at_ms - 1, before.value))
        found.append(after)
    return found


def thin(samples: Sequence[Sample], tolerances: Vector, decimals: Sequence[int]) -> Thinned:
    """Keys of a piecewise linear curve within `tolerances` of every sample.

    Parameters
    ----------
    samples : sequence of Sample
        Instants ascending.
    tolerances : tuple of float
        By component, above 0.
    decimals : sequence of int
        To which the keys are rounded; see `decimals_for`.
    """
    rows = with_holds(samples)
    if not rows:
        return Thinned((), 0, (0.0,) * len(tolerances))
    written = [tuple(map(round, row.value, decimals)) for row in rows]
    kept = [0]
    while kept[-1] < len(rows) - 1:
        kept.append(_farthest(rows, written, kept[-1], tolerances))
    keys = tuple(Sample(rows[i].at_ms, written[i]) for i in kept)
    return Thinned(keys, len(samples), _worst(rows, keys))


def _farthest(rows: Sequence[Sample], written: Sequence[Vector], a: int, tolerances: Vector) -> int:
    """The last sample that a chord from sample `a` can end in."""
    low = [-math.inf] * len(tolerances)
    high = [math.inf] * len(tolerances)
    best = a + 1
    start, at_ms = written[a], rows[a].at_ms
    for i in range(a + 1, min(len(rows), a + _LONGEST_CHORD)):
        length = rows[i].at_ms - at_ms
        narrower = False
        fits = True
        for c, tolerance in enumerate(tolerances):
            if not low[c] <= (written[i][c] - start[c]) / length <= high[c]:
                fits = False
            # A hair less than allowed, for the rounding of the arithmetic itself.
            margin = tolerance * (1 - 1e-9)
            low[c] = max(low[c], (rows[i].value[c] - margin - start[c]) / length)
            high[c] = min(high[c], (rows[i].value[c] + margin - start[c]) / length)
            narrower = narrower or low[c] > high[c]
        if fits:
            best = i
        if narrower:
            break
    return best


def value_at(keys: Sequence[Sample], at_ms: float) -> Vector:
    """The curve at an instant: the first key's value before it, the last key's after."""
    if at_ms <= keys[0].at_ms:
        return keys[0].value
    low, high = 0, len(keys) - 1
    if at_ms >= keys[high].at_ms:
        return keys[high].value
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if keys[middle].at_ms <= at_ms else (low, middle)
    share = (at_ms - keys[low].at_ms) / (keys[high].at_ms - keys[low].at_ms)
    return tuple(a + (b - a) * share for a, b in zip(keys[low].value, keys[high].value, strict=True))


def _worst(rows: Sequence[Sample], keys: Sequence[Sample]) -> Vector:
    worst = [0.0] * len(rows[0].value)
    for row in rows:
        for c, (a, b) in enumerate(zip(row.value, value_at(keys, row.at_ms), strict=True)):
            worst[c] = max(worst[c], abs(a - b))
    return tuple(worst)
