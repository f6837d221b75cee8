"""Few keys for a dense curve: what a person can edit, and how far it is from what was measured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from engine.show.drafting.values import Floats
from engine.timeline.curves import monotone_slopes


def simplified(
    times_s: Floats, values: Floats, tolerance: Floats, *, most: int = 2000
) -> tuple[list[int], Floats]:
    """Choose keys so that the engine's ``shape: cubic`` through them stays near the curve.

    Parameters
    ----------
    times_s : float64[N]
        Strictly rising.
    values : float64[N, A]
        One column a component; all share their keys.
    tolerance : float64[A]
        How far each component may be off.
    most : int
        Keys at most; what is left of the error is returned.

    Returns
    -------
    list of int
        Indices of the keys, the first and the last among them.
    float64[A]
        Largest error of each component, as played.
    """
    if len(times_s) < 2:
        return [0], np.zeros(values.shape[1])
    keys = [0, len(times_s) - 1]
    while True:
        errors = np.abs(played(times_s, times_s[keys], values[keys]) - values)
        worst = (errors / tolerance).max(axis=1)
        if worst.max() <= 1.0 or len(keys) >= most:
            return keys, errors.max(axis=0)
        more = []
        for first, end in pairwise(keys):
            at = first + int(np.argmax(worst[first : end + 1]))
            if worst[at] > 1.0 and first < at < end:
                more.append(at)
        if not more:
            return keys, errors.max(axis=0)
        # The worst half at a time: a key also mends its neighbours, and all at once would be more than are needed.
        more.sort(key=lambda at: (-worst[at], at))
        kept = more[: max(1, len(more) // 2)][: most - len(keys)]
        keys = sorted({*keys, *kept})


def played(at_s: Floats, times_s: Floats, values: Floats) -> Floats:
    """What the engine plays of keys in ``shape: cubic`` at some instants; float64[len(at_s), A]."""
    if len(times_s) < 2:
        return np.repeat(values[:1], len(at_s), axis=0)
    index = np.clip(np.searchsorted(times_s, at_s, side="right") - 1, 0, len(times_s) - 2)
    length = times_s[index + 1] - times_s[index]
    u = np.clip((at_s - times_s[index]) / length, 0.0, 1.0)
    made = np.empty((len(at_s), values.shape[1]))
    for column in range(values.shape[1]):
        slopes = np.array(monotone_slopes(times_s.tolist(), values[:, column].tolist()))
        a, b = values[index, column], values[index + 1, column]
        sa, sb = slopes[index] * length, slopes[index + 1] * length
        made[:, column] = ((2 * (a - b) + sa + sb) * u - (3 * (a - b) + 2 * sa + sb)) * u * u + sa * u + a
    return made
