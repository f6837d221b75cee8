"""A box of poses, cut into small ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def cut(low: Floats, high: Floats, columns: Sequence[int], pieces: int) -> tuple[Floats, Floats]:
    """Cut a box along the given columns.

    Parameters
    ----------
    low, high : float64[6]
    columns : sequence of int
        Axes along which it is cut; along the others it stays whole.
    pieces : int
        Along each of them.

    Returns
    -------
    middles : float64[pieces ** len(columns), 6]
    half : float64[6]
        Half the sides of every one; rounded up, so that together they hold the whole box.
    """
    half = 0.5 * (high - low)
    middle = 0.5 * (low + high)
    shares = (2.0 * np.arange(pieces) + 1.0) / pieces - 1.0
    lines = [
        middle[axis] + half[axis] * shares if axis in columns else middle[axis : axis + 1]
        for axis in range(6)
    ]
    middles = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, 6)
    half[list(columns)] /= pieces
    return middles, half * (1.0 + 1e-12) + 1e-15
