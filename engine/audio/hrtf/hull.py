"""Which three measured directions lie around a direction, and how much of each.

Triangles of the convex hull of the directions (the spherical Delaunay triangulation), barycentric weights inside each. A set without
directions below has large triangles there, over which its lowest ring is blended: no direction is without an answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_AT_ONCE = 256


def around(directions: Values, wanted: Values) -> tuple[NDArray[np.int64], Values]:
    """Triangles around directions.

    Parameters
    ----------
    directions : ndarray, shape (D, 3)
        Unit vectors that surround the origin.
    wanted : ndarray, shape (W, 3)

    Returns
    -------
    index : ndarray of int64, shape (W, 3)
    weight : ndarray of float64, shape (W, 3)
        0..1, summing to 1.
    """
    from scipy.spatial import ConvexHull

    facets = np.asarray(ConvexHull(directions).simplices, np.int64)
    corners = directions[facets]  # (F, 3, 3)
    regular = np.abs(np.linalg.det(corners)) > 1e-9
    facets, inverse = facets[regular], np.linalg.inv(corners[regular])
    # Row by row of the inverses: three products of matrices, which is ten times as fast as one sum over all.
    rows = np.ascontiguousarray(inverse.transpose(2, 1, 0))  # (share, axis, facet)
    index = np.empty((len(wanted), 3), np.int64)
    weight = np.empty((len(wanted), 3))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        least = some @ rows[0]
        for share in (1, 2):
            np.minimum(least, some @ rows[share], out=least)
        best = np.argmax(least, axis=1)
        found = np.clip(np.einsum("wi,wij->wj", some, inverse[best]), 0.0, None)
        index[start : start + len(some)] = facets[best]
        weight[start : start + len(some)] = found / found.sum(axis=1, keepdims=True)
    return index, weight
