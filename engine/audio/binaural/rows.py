"""Who is who from block to block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def places_of(keys: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where each key stood before.

    Parameters
    ----------
    keys : ndarray of int64, shape (S,)
    among : ndarray of int64, shape (B,)

    Returns
    -------
    ndarray of intp, shape (S,)
        Index into `among`, -1 for who is not there.
    """
    if not among.size or not keys.size:
        return np.full(keys.size, -1, np.intp)
    order = np.argsort(among, kind="stable")
    at = order[np.minimum(np.searchsorted(among, keys, sorter=order), among.size - 1)]
    return np.where(among[at] == keys, at, -1)
