"""Convex hulls of a few dozen directions, flat facets kept whole.

By trying every plane through three points: a layout has at most some dozens, coplanar points fall out by themselves (the panner needs
its quadrilaterals whole), and the order never depends on a library's.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ON_PLANE = 1e-6
_PLANES_AT_ONCE = 20_000


def facets(points: Floats) -> list[tuple[frozenset[int], Floats, float]]:
    """Facets of the hull.

    Parameters
    ----------
    points : ndarray of float64, shape (V, 3)
        Not all in one plane.

    Returns
    -------
    list of (vertices, normal, distance)
        Vertices that lie in the facet's plane, the plane's outward unit normal of shape (3,), and how far it is from the origin
        (negative: the origin lies outside).
    """
    found: dict[frozenset[int], tuple[Floats, float]] = {}
    triples = np.array(list(itertools.combinations(range(len(points)), 3)), np.intp).reshape(-1, 3)
    for start in range(0, len(triples), _PLANES_AT_ONCE):
        a, b, c = (points[column] for column in triples[start : start + _PLANES_AT_ONCE].T)
        normal = np.cross(b - a, c - a)
        size = np.linalg.norm(normal, axis=1)
        proper = size > 1e-9
        normal = normal[proper] / size[proper, None]
        height = normal @ points.T - np.einsum("ij,ij->i", normal, a[proper])[:, None]
        below, above = (height < _ON_PLANE).all(axis=1), (height > -_ON_PLANE).all(axis=1)
        for row in np.flatnonzero(below ^ above):
            outward = normal[row] if below[row] else -normal[row]
            vertices = frozenset(int(v) for v in np.flatnonzero(np.abs(height[row]) < _ON_PLANE))
            found.setdefault(vertices, (outward, float(outward @ points[next(iter(vertices))])))
    return [(vertices, normal, distance) for vertices, (normal, distance) in found.items()]


def ring(points: Floats) -> list[int]:
    """Order in which the corners of a convex, almost flat polygon follow each other.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 3)
    """
    middle = points - points.mean(axis=0)
    # The polygon's plane: the two directions in which its corners spread most.
    _, _, axes = np.linalg.svd(middle)
    return [int(k) for k in np.argsort(np.arctan2(middle @ axes[1], middle @ axes[0]), kind="stable")]
