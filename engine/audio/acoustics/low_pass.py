"""Dullness as one number: the -3 dB point of a first-order low-pass.

Air, walls, detours and the back of a source each take more from high octaves than from low ones. An object has one first-order
low-pass for all of them (`engine.audio.block`), so each is fitted to that shape, and what follows one another is joined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

NONE_HZ = 24_000.0
"""A low-pass from here on up is none."""
LEAST_HZ = 60.0
_LEAST_WEIGHT = 0.01
_GRID = 192


def response_db(hz: ArrayLike, low_pass_hz: ArrayLike) -> Values:
    """Level of a first-order low-pass.

    Parameters
    ----------
    hz, low_pass_hz : array_like
        Broadcast against each other.

    Returns
    -------
    ndarray of float64
        dB, at most 0. Where `low_pass_hz` is `NONE_HZ` or more, 0.
    """
    f, corner = np.asarray(hz, np.float64), np.asarray(low_pass_hz, np.float64)
    return np.where(corner >= NONE_HZ, 0.0, -10.0 * np.log10(1.0 + (f / corner) ** 2))


def fitted(hz: ArrayLike, level_db: ArrayLike, *, level: bool = True) -> tuple[Values, Values]:
    """Gain and first-order low-pass that come nearest to levels by frequency.

    Parameters
    ----------
    hz : array_like, shape (F,)
    level_db : array_like, shape (..., F)
    level : bool, default True
        False: the low-pass alone has to do it, the gain is 1 everywhere.

    Returns
    -------
    gain : ndarray of float64, shape (...)
        Linear.
    low_pass_hz : ndarray of float64, shape (...)
        `LEAST_HZ` to `NONE_HZ`.

    Notes
    -----
    Least squares in decibels over the given frequencies, each weighted by the amplitude it leaves against the loudest: what is 20 dB down
    counts a tenth, or the last octave alone would decide.
    """
    wanted = np.asarray(level_db, np.float64)
    weight = np.maximum(10.0 ** ((wanted - np.max(wanted, axis=-1, keepdims=True)) / 20.0), _LEAST_WEIGHT)
    corners = np.geomspace(LEAST_HZ, NONE_HZ, _GRID)
    shapes = response_db(np.asarray(hz, np.float64), corners[:, None])
    # Sums of weighted squares for every corner at once, and of the best level for each, without an array of all differences.
    total = np.sum(weight, axis=-1, keepdims=True)
    first, second = (weight @ shapes.T) / total, (weight @ (shapes**2).T) / total
    across = ((weight * wanted) @ shapes.T) / total
    mean = np.sum(weight * wanted, axis=-1, keepdims=True) / total
    error = second - 2.0 * across + (2.0 * mean * first - first**2 if level else 0.0)
    best = np.argmin(error, axis=-1)
    offset_db = (
        mean[..., 0] - np.take_along_axis(first, best[..., None], axis=-1)[..., 0]
        if level
        else np.zeros(best.shape)
    )
    return 10.0 ** (offset_db / 20.0), corners[best]


def joined(*low_pass_hz: ArrayLike) -> Values:
    """One low-pass for several that follow one another.

    Parameters
    ----------
    *low_pass_hz : array_like
        Broadcast against each other; `NONE_HZ` or more is none.

    Returns
    -------
    ndarray of float64
        The corner whose curve starts like the product of all: inverse squares add.
    """
    none = NONE_HZ**-2.0
    total: Values | float = none
    for one in low_pass_hz:
        total = total + np.maximum(np.maximum(one, 1.0) ** -2.0 - none, 0.0)
    return np.asarray(total**-0.5)
