"""Real spherical harmonics, as Ambisonics counts them: ACN order, SN3D (or N3D) weights.

Directions are the engine's (x right, y ahead, z up); Ambisonics' own axes are X ahead, Y left, Z up, so channel 1 rises towards the
left. Nachbar, Zotter, Deleflie and Sontacchi, "AmbiX: a suggested Ambisonics format", Ambisonics Symposium 2011, table 1.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Weights = Literal["sn3d", "n3d"]


def channels_of(order: int) -> int:
    """Channels of a whole sphere of this order, (order + 1)²."""
    return (order + 1) ** 2


def order_of(channels: int) -> int:
    """The order that has so many channels.

    Raises
    ------
    ValueError
        When there is none.
    """
    order = math.isqrt(max(channels, 0)) - 1
    if order < 0 or channels_of(order) != channels:
        raise ValueError(f"{channels} channels are no whole Ambisonic order; 1, 4, 9, 16, 25... are")
    return order


def degrees(order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Degree n and index m of every ACN channel, each of shape (channels,)."""
    acn = np.arange(channels_of(order))
    n = np.floor(np.sqrt(acn)).astype(np.int64)
    return n, acn - n * n - n


def harmonics(directions: ArrayLike, order: int, weights: Weights = "sn3d") -> Floats:
    """What a plane wave from each direction weighs in every channel.

    Parameters
    ----------
    directions : array_like, shape (..., 3)
        Of any length but 0; what has none is heard in the first channel only.
    order : int
        0 or more.
    weights : {"sn3d", "n3d"}

    Returns
    -------
    ndarray of float64, shape (..., (order + 1)²)

    Notes
    -----
    The horizontal part is Re and Im of (X + iY)^m, so that the poles need no case of their own. The vertical part is the associated
    Legendre function without the Condon-Shortley sign, divided by cos^m: three-term recursion in the degree, stable upwards.
    """
    given = np.asarray(directions, np.float64)
    x, y, z = given.reshape(-1, 3).T
    length = np.sqrt(x * x + y * y + z * z)
    there = length > 0
    somewhere = bool(there.all())
    short = 1 / (length if somewhere else np.where(there, length, 1.0))
    ahead, left, up = y * short, -x * short, z * short
    out = np.empty((channels_of(order), *length.shape))
    real, imaginary = np.ones_like(up), np.zeros_like(up)
    for m, (begin, degrees_of) in enumerate(_recursion(order, weights)):
        # The Legendre function of degree n over cos^m, scaled; and the one before.
        value, before = np.full_like(up, begin), np.zeros_like(up)
        for n, (by_up, by_before) in enumerate(degrees_of, m):
            if n > m:
                value, before = by_up * up * value - by_before * before, value
            middle = n * n + n
            np.multiply(value, real, out=out[middle + m])
            if m:
                np.multiply(value, imaginary, out=out[middle - m])
        real, imaginary = real * ahead - imaginary * left, real * left + imaginary * ahead
    if not somewhere:
        out[1:, ~there] = 0.0
    return out.T.reshape(*given.shape[:-1], len(out))


@lru_cache(maxsize=32)
def _recursion(order: int, weights: Weights) -> tuple[tuple[float, tuple[tuple[float, float], ...]], ...]:
    """For every m: the scaled function of degree m, and for every degree from m the factors of the two below it.

    (n - m) P_n = (2n - 1) z P_(n-1) - (n + m - 1) P_(n-2), with each P multiplied by its weight.
    """

    def weight(n: int, m: int) -> float:
        found = math.sqrt((1 if m == 0 else 2) * math.factorial(n - m) / math.factorial(n + m))
        return found * math.sqrt(2 * n + 1) if weights == "n3d" else found

    rows = []
    for m in range(order + 1):
        factors = [(0.0, 0.0)]
        for n in range(m + 1, order + 1):
            by_before = (n + m - 1) / (n - m) * weight(n, m) / weight(n - 2, m) if n - 2 >= m else 0.0
            factors.append(((2 * n - 1) / (n - m) * weight(n, m) / weight(n - 1, m), by_before))
        rows.append((float(math.prod(range(1, 2 * m, 2))) * weight(m, m), tuple(factors)))
    return tuple(rows)


def encode(
    directions: ArrayLike, order: int = 3, *, spread_deg: ArrayLike | None = None
) -> NDArray[np.float32]:
    """Gains that put mono objects into an Ambisonic bed (ACN, SN3D).

    Parameters
    ----------
    directions : array_like, shape (S, 3)
    order : int
    spread_deg : array_like, shape (S,), optional
        How wide each is, as half an opening angle: 0 a point, 180 all around. A point becomes a cap when each degree n is multiplied
        by the cap's zonal coefficient; its energy is kept, up to a gain of 2.

    Returns
    -------
    ndarray of float32, shape (S, (order + 1)²)
    """
    gains = harmonics(directions, order)
    if spread_deg is not None:
        share = cap_weights(spread_deg, order)
        n, _ = degrees(order)
        energy = np.sqrt(channels_of(order) / np.sum((2 * np.arange(order + 1) + 1) * share**2, axis=-1))
        # What surrounds the listener comes from everywhere in phase, so full compensation (4 at order 3) would put the bass
        # 12 dB above the point's at the best seat.
        gains = gains * share[..., n] * np.minimum(energy, 2.0)[..., None]
    return np.ascontiguousarray(gains, np.float32)


def cap_weights(spread_deg: ArrayLike, order: int) -> Floats:
    """Zonal coefficients of an evenly filled cap, 1 at degree 0.

    Parameters
    ----------
    spread_deg : array_like, shape (S,)
        Half the cap's opening angle, 0 to 180.
    order : int

    Returns
    -------
    ndarray of float64, shape (S, order + 1)

    Notes
    -----
    The integral of P_n over the cap: (P_(n-1)(c) - P_(n+1)(c)) / ((2 n + 1)(1 - c)), c the cosine.
    """
    spread = np.clip(np.asarray(spread_deg, np.float64), 0.0, 180.0)
    c = np.cos(np.radians(spread))
    polynomials = [np.ones_like(c), c]
    for n in range(1, order + 1):
        polynomials.append(((2 * n + 1) * c * polynomials[n] - n * polynomials[n - 1]) / (n + 1))
    out = np.ones((*c.shape, order + 1))
    narrow = 1 - c < 1e-9
    room = np.where(narrow, 1.0, 1 - c)
    for n in range(1, order + 1):
        out[..., n] = np.where(narrow, 1.0, (polynomials[n - 1] - polynomials[n + 1]) / ((2 * n + 1) * room))
    return out
