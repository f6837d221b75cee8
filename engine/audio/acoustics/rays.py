"""Whether something stands between two places: many segments against many triangles, in NumPy.

Triangles are sorted along a Morton curve and boxed in a complete binary tree of levels (a linear bounding volume hierarchy; Lauterbach et
al. 2009, Computer Graphics Forum 28), so that building is a sort and a few reductions, and searching goes through the levels with all
segments at once: at each level the pairs (segment, box) that meet are kept and doubled. Triangles are tested after Moeller and Trumbore
(1997, J. Graphics Tools 2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]

_LEAF = 4
_AT_ONCE = 4096
# Segments are shortened by this at both ends, so that what lies on a wall is on its own side of it.
_CLEAR_M = 0.02


class Obstacles:
    """Triangles that segments may hit.

    Parameters
    ----------
    triangles : ndarray, shape (T, 3, 3)
        Corners, metres.
    """

    def __init__(self, triangles: NDArray[np.floating]) -> None:
        corners = np.asarray(triangles, np.float64)
        self.count = len(corners)
        if not self.count:
            self._levels: list[tuple[Places, Places]] = []
            return
        order = np.argsort(_morton(corners.mean(axis=1)), kind="stable")
        leaves = 1 << max(0, int(np.ceil(np.log2(self.count / _LEAF))))
        padded = np.concatenate((order, np.repeat(order[-1], leaves * _LEAF - self.count)))
        corners = corners[padded]
        self._origin = corners[:, 0].reshape(leaves, _LEAF, 3)
        self._edge1 = (corners[:, 1] - corners[:, 0]).reshape(leaves, _LEAF, 3)
        self._edge2 = (corners[:, 2] - corners[:, 0]).reshape(leaves, _LEAF, 3)
        low = corners.reshape(leaves, _LEAF * 3, 3).min(axis=1)
        high = corners.reshape(leaves, _LEAF * 3, 3).max(axis=1)
        self._levels = [(low, high)]
        while len(low) > 1:
            low, high = low.reshape(-1, 2, 3).min(axis=1), high.reshape(-1, 2, 3).max(axis=1)
            self._levels.append((low, high))
        self._levels.reverse()

    def between(self, from_m: Places, to_m: Places, *, near_m: float = _CLEAR_M) -> NDArray[np.bool_]:
        """Whether something stands between pairs of places.

        Parameters
        ----------
        from_m, to_m : ndarray, shape (N, 3)
        near_m : float
            What is nearer to `from_m` does not count.

        Returns
        -------
        ndarray of bool, shape (N,)
        """
        hit = np.zeros(len(from_m), bool)
        if not self.count:
            return hit
        way = to_m - from_m
        length = np.sqrt(np.einsum("ni,ni->n", way, way))
        share = 1.0 / np.maximum(length, near_m + _CLEAR_M)
        start = from_m + way * (near_m * share)[:, None]
        way = way * np.maximum(1.0 - (near_m + _CLEAR_M) * share, 0.0)[:, None]
        for first in range(0, len(start), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            hit[part] = self._hits(start[part], way[part])
        return hit & (length > near_m + _CLEAR_M)

    def _hits(self, start: Places, way: Places) -> NDArray[np.bool_]:
        with np.errstate(divide="ignore"):
            inverse = 1.0 / np.where(np.abs(way) < 1e-12, 1e-12, way)
        segment = np.arange(len(start))
        box = np.zeros(len(start), np.int64)
        for level, (low, high) in enumerate(self._levels):
            if level:
                segment = np.repeat(segment, 2)
                box = np.repeat(2 * box, 2)
                box[1::2] += 1
            a = (low[box] - start[segment]) * inverse[segment]
            b = (high[box] - start[segment]) * inverse[segment]
            enters = np.maximum(np.minimum(a, b).max(axis=1), 0.0)
            leaves = np.minimum(np.maximum(a, b).min(axis=1), 1.0)
            meets = enters <= leaves
            segment, box = segment[meets], box[meets]
            if not segment.size:
                break
        hit = np.zeros(len(start), bool)
        if segment.size:
            hit[segment[self._in_leaf(start[segment], way[segment], box)]] = True
        return hit

    def _in_leaf(self, start: Places, way: Places, box: NDArray[np.int64]) -> NDArray[np.bool_]:
        edge1, edge2 = self._edge1[box], self._edge2[box]
        p = np.cross(way[:, None], edge2)
        determinant = np.einsum("nti,nti->nt", edge1, p)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.where(np.abs(determinant) > 1e-12, 1.0 / determinant, np.nan)
            t = start[:, None] - self._origin[box]
            u = np.einsum("nti,nti->nt", t, p) * inverse
            q = np.cross(t, edge1)
            v = np.einsum("ni,nti->nt", way, q) * inverse
            far = np.einsum("nti,nti->nt", edge2, q) * inverse
            inside = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0) & (far >= 0.0) & (far <= 1.0)
        return np.asarray(np.any(inside, axis=1))


def near(triangles: NDArray[np.float32], places_m: Places, margin_m: float) -> NDArray[np.float32]:
    """Those triangles that reach into the box around some places, with a margin."""
    low, high = places_m.min(axis=0) - margin_m, places_m.max(axis=0) + margin_m
    reach = np.all((triangles.min(axis=1) <= high) & (triangles.max(axis=1) >= low), axis=1)
    return triangles[reach]


def _morton(at: Places) -> NDArray[np.int64]:
    low, high = at.min(axis=0), at.max(axis=0)
    cell = np.clip((at - low) / np.maximum(high - low, 1e-9) * 1023.0, 0, 1023).astype(np.int64)
    code = np.zeros(len(at), np.int64)
    for bit in range(10):
        for axis in range(3):
            code |= ((cell[:, axis] >> bit) & 1) << (3 * bit + axis)
    return code
