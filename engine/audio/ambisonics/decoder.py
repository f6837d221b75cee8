"""Ambisonics to loudspeakers: all-round decoding (AllRAD).

The field is decoded to a dense, regular sphere of virtual loudspeakers and these are panned to the real ones, so that any layout that can
be panned to can be decoded to. Zotter and Frank, "All-round Ambisonic panning and decoding", J. Audio Eng. Soc. 60(10), 2012; in
ITU-R BS.2127-1, 9.2, it is the decoder of scene-based content.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics.conversion import weights_over_sn3d
from engine.audio.ambisonics.harmonics import degrees, harmonics

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_RINGS = 60


def sphere(rings: int = _RINGS) -> tuple[Floats, Floats]:
    """Directions and weights that integrate spherical harmonics exactly.

    Parameters
    ----------
    rings : int
        The product of any two harmonics whose degrees sum to less than 2 * rings is integrated without error.

    Returns
    -------
    points : ndarray of float64, shape (2 rings², 3)
    weights : ndarray of float64, shape (2 rings²,)
        Sum 1.

    Notes
    -----
    Gauss-Legendre nodes in height, even steps around. BS.2127 takes 5200 points of a spherical design for the same purpose; its
    matrices differ from these by 1.5e-4 at most, since no finite set of points integrates a panner's edges exactly.
    """
    height, weight = np.polynomial.legendre.leggauss(rings)
    around = (np.arange(2 * rings) + 0.5) * math.pi / rings
    flat = np.sqrt(1 - height**2)
    points = np.stack(
        [
            np.outer(flat, -np.sin(around)),
            np.outer(flat, np.cos(around)),
            np.repeat(height[:, None], 2 * rings, axis=1),
        ],
        axis=-1,
    )
    return points.reshape(-1, 3), np.repeat(weight, 2 * rings) / (4 * rings)


def max_re_weights(order: int) -> Floats:
    """Weight of each degree that gathers the energy most around where a source is; shape (order + 1,).

    Legendre polynomials at the largest root of P_(order+1), approximated as cos(137.9° / (order + 1.51)) (Zotter and Frank 2012, eq. 10).
    """
    c = math.cos(math.radians(137.9 / (order + 1.51)))
    values = [1.0, c]
    for n in range(1, order + 1):
        values.append(((2 * n + 1) * c * values[n] - n * values[n - 1]) / (n + 1))
    return np.array(values[: order + 1])


class Decoder:
    """Designs decoders for one layout; the slow part, panning the virtual sphere, is done once.

    Parameters
    ----------
    gains : callable
        The layout's panner: from unit vectors, shape (P, 3), to gains, shape (P, C).
    rings : int
    """

    def __init__(self, gains: Callable[[Floats], Floats], rings: int = _RINGS) -> None:
        self._points, self._weights = sphere(rings)
        self._panned = np.asarray(gains(self._points), np.float64)

    def matrix(self, order: int, *, max_re: bool = False) -> Floats:
        """Decoder of a whole order.

        Parameters
        ----------
        order : int
        max_re : bool
            Energy gathered around the source, fewer sounds from behind: for rooms and domes with many seats.

        Returns
        -------
        ndarray of float64, shape (C, (order + 1)²)
            For ACN, SN3D. A plane wave has power 1 on average over all directions, as BS.2127 has it.
        """
        n, m = degrees(order)
        return self.matrix_of(n, m, max_re=max_re)

    def matrix_of(
        self, n: Indices, m: Indices, *, normalization: str = "SN3D", max_re: bool = False
    ) -> Floats:
        """Decoder of any list of harmonics, as ADM content names them one by one.

        Parameters
        ----------
        n, m : ndarray of int, shape (H,)
            Degree, and index with its sign.
        normalization : {"SN3D", "N3D", "FuMa"}
            Of the content.
        max_re : bool

        Returns
        -------
        ndarray of float64, shape (C, H)

        Raises
        ------
        ValueError
            An index beyond its degree, an unknown normalization, FuMa above order 3.
        """
        n, m = np.asarray(n, np.int64), np.asarray(m, np.int64)
        if n.size and (int(n.min()) < 0 or bool(np.any(np.abs(m) > n))):
            raise ValueError("a harmonic's index lies between -degree and degree")
        weights = weights_over_sn3d(normalization, n, m)
        order = int(n.max(initial=0))
        wanted = harmonics(self._points, order, "n3d")[:, n * n + n + m]
        decoded: Floats = (self._panned * self._weights[:, None]).T @ wanted
        if max_re:
            decoded *= max_re_weights(order)[n]
        played = wanted @ decoded.T
        power = float(self._weights @ np.einsum("pc,pc->p", played, played))
        decoded /= math.sqrt(power) if power > 0 else 1.0
        # The content's harmonics are N3D's times SN3D / N3D times its own weight.
        scaled: Floats = decoded * np.sqrt(2.0 * n + 1) / weights
        return scaled
