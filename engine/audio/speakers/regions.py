"""Regions of a sphere and the gains inside them: triplets and quadrilaterals of vertices, many directions at once.

ITU-R BS.2127-1, 6.1.2. A vertex is a loudspeaker, or a point that stands for several of them (`PointSourcePanner` mixes it to them):
the standard's virtual n-gons are triplets around such a point.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_INSIDE = -1e-11
_AT_EDGE = 1e-10
_AT_ONCE = 4096


class Triplets:
    """Vector base amplitude panning between three vertices (Pulkki 1997; BS.2127-1, 6.1.2).

    Parameters
    ----------
    vertices : sequence of three int each
    points : ndarray of float64, shape (V, 3)
    """

    def __init__(self, vertices: Sequence[Sequence[int]], points: Floats) -> None:
        self._vertices = np.array(vertices, np.intp).reshape(-1, 3)
        bases = np.linalg.inv(points[self._vertices]) if len(self._vertices) else np.zeros((0, 3, 3))
        self._bases = np.ascontiguousarray(bases.transpose(1, 0, 2).reshape(3, -1))

    def __len__(self) -> int:
        return len(self._vertices)

    def fill(self, at: Floats, gains: Floats) -> Floats:
        """Gains of the best triplet of each direction.

        Parameters
        ----------
        at : ndarray, shape (P, 3)
        gains : ndarray, shape (P, V)
            Written to; zeros before.

        Returns
        -------
        ndarray, shape (P,)
            How far inside its triplet a direction lies: its smallest gain when all three are of length 1. Negative: in none.
        """
        every = (at @ self._bases).reshape(len(at), -1, 3)
        length = np.sqrt(np.einsum("ptk,ptk->pt", every, every))
        inside = every.min(axis=2) / length
        inside_any = inside >= _INSIDE
        # The first that has it, as the standard says; where rounding leaves a crack, the one that misses by least.
        best = np.where(inside_any.any(axis=1), inside_any.argmax(axis=1), inside.argmax(axis=1))
        rows = np.arange(len(at))
        chosen = np.clip(every[rows, best] / length[rows, best, None], 0.0, None)
        gains[rows[:, None], self._vertices[best]] = chosen
        result: Floats = inside[rows, best]
        return result


class Quad:
    """Panning between four vertices, whatever their shape (BS.2127-1, 6.1.2).

    The source's place between two opposite edges is x where the plane through both edges' points at x holds the direction: a quadratic
    in x.

    Parameters
    ----------
    vertices : sequence of four int
        In the order in which they follow each other.
    points : ndarray of float64, shape (V, 3)
    """

    def __init__(self, vertices: Sequence[int], points: Floats) -> None:
        self.vertices = np.array(vertices, np.intp)
        self._corners = points[self.vertices]
        self._across = self._polynomial(self._corners)
        self._along = self._polynomial(np.roll(self._corners, -1, axis=0))

    @staticmethod
    def _polynomial(corners: Floats) -> Floats:
        """Coefficients, shape (3, 3): power of x, axis."""
        a, b, c, d = corners
        return np.stack([np.cross(b - a, c - d), np.cross(a, c - d) + np.cross(b - a, d), np.cross(a, d)])

    @staticmethod
    def _between(polynomial: Floats, at: Floats) -> Floats:
        """The root in 0 to 1 for each direction; NaN where there is none. Shape (P,)."""
        square, linear, constant = polynomial @ at.T
        inner = linear * linear - 4 * square * constant
        root = np.sqrt(np.where(inner < 0, np.where(inner > -1e-15, 0.0, np.nan), inner))
        # The form that loses no digits when the square term vanishes (parallel edges), as it does in every upright quad.
        q = -0.5 * (linear + np.copysign(root, linear))
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = constant / q, q / square
        result = np.full(len(at), np.nan)
        for candidate in (second, first):
            inside = (candidate > -_AT_EDGE) & (candidate < 1 + _AT_EDGE)
            result = np.where(inside, np.clip(candidate, 0.0, 1.0), result)
        return result

    def gains(self, at: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Which directions are its own, shape (P,), and the gains of its corners, shape (P, 4), of power 1."""
        x, y = self._between(self._across, at), self._between(self._along, at)
        corners = np.stack([(1 - x) * (1 - y), x * (1 - y), x * y, (1 - x) * y], axis=1)
        ahead = np.einsum("pk,pk->p", corners @ self._corners, at) > 0
        inside = ahead & np.isfinite(x) & np.isfinite(y)
        with np.errstate(invalid="ignore"):
            corners = corners / np.sqrt(np.einsum("pk,pk->p", corners, corners))[:, None]
        return inside, corners


class Regions:
    """All regions of a layout.

    Parameters
    ----------
    triplets : Triplets
    quads : sequence of Quad
    """

    def __init__(self, triplets: Triplets, quads: Sequence[Quad]) -> None:
        self._triplets = triplets
        self._quads = tuple(quads)

    def gains(self, at: Floats, vertices: int) -> Floats:
        """Gains of every vertex.

        Parameters
        ----------
        at : ndarray, shape (P, 3)
            Unit vectors.
        vertices : int

        Returns
        -------
        ndarray, shape (P, vertices)
            Of power 1.
        """
        out = np.zeros((len(at), vertices))
        for start in range(0, len(at), _AT_ONCE):
            part, own = at[start : start + _AT_ONCE], out[start : start + _AT_ONCE]
            left = np.arange(len(part))
            for quad in self._quads:
                if not left.size:
                    break
                inside, corners = quad.gains(part[left])
                own[left[inside, None], quad.vertices] = corners[inside]
                left = left[~inside]
            if left.size and len(self._triplets):
                rows = np.zeros((left.size, vertices))
                self._triplets.fill(part[left], rows)
                own[left] = rows
        return out
