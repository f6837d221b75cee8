"""Ambisonic formats to our own (ACN, SN3D): Furse-Malham's letters and weights, N3D."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.audio.ambisonics.harmonics import channels_of, degrees, order_of

Floats = NDArray[np.float64]

_FUMA = (
    *(("W", 0, 0, 1 / math.sqrt(2)), ("X", 1, 1, 1.0), ("Y", 1, -1, 1.0), ("Z", 1, 0, 1.0)),
    *(("R", 2, 0, 1.0), ("S", 2, 1, 2 / math.sqrt(3)), ("T", 2, -1, 2 / math.sqrt(3))),
    *(("U", 2, 2, 2 / math.sqrt(3)), ("V", 2, -2, 2 / math.sqrt(3))),
    *(("K", 3, 0, 1.0), ("L", 3, 1, math.sqrt(45 / 32)), ("M", 3, -1, math.sqrt(45 / 32))),
    *(("N", 3, 2, 3 / math.sqrt(5)), ("O", 3, -2, 3 / math.sqrt(5))),
    *(("P", 3, 3, math.sqrt(8 / 5)), ("Q", 3, -3, math.sqrt(8 / 5))),
)
"""Letter, degree, index and weight over SN3D (Malham 2003, higher order Ambisonic systems; BS.2127-1, 9.2)."""
_FLAT = {3: "WXY", 5: "WXYUV", 7: "WXYUVPQ", 6: "WXYZUV", 8: "WXYZUVPQ", 11: "WXYZRSTUVPQ"}
"""Furse-Malham files that lack channels, by their count (Dobson's .amb)."""


def acn(degree: int, index: int) -> int:
    """Ambisonic channel number of a harmonic."""
    return degree * degree + degree + index


def from_fuma(channels: int) -> Floats:
    """Matrix from Furse-Malham channels to ACN, SN3D.

    Parameters
    ----------
    channels : int
        4, 9 or 16; 3, 5, 6, 7, 8 or 11 for files that left out height.

    Returns
    -------
    ndarray of float64, shape (whole order, channels)

    Raises
    ------
    ValueError
        When no such file is known.
    """
    letters = _FLAT.get(channels) or ("WXYZRSTUVKLMNOPQ"[:channels] if channels in (1, 4, 9, 16) else "")
    if not letters:
        raise ValueError(f"{channels} channels are no Furse-Malham file; 3 to 9, 11 or 16 are")
    known = {letter: (n, m, weight) for letter, n, m, weight in _FUMA}
    order = max(known[letter][0] for letter in letters)
    out = np.zeros((channels_of(order), channels))
    for column, letter in enumerate(letters):
        n, m, weight = known[letter]
        out[acn(n, m), column] = 1 / weight
    return out


def to_fuma(channels: int) -> Floats:
    """Matrix from ACN, SN3D (4, 9 or 16 channels) to Furse-Malham; the inverse of `from_fuma`."""
    inverse = np.asarray(np.linalg.inv(from_fuma(channels_of(order_of(channels)))), np.float64)
    return inverse


def from_n3d(channels: int) -> Floats:
    """Weights, shape (channels,), that turn N3D into SN3D."""
    n, _ = degrees(order_of(channels))
    return 1 / np.sqrt(2.0 * n + 1)


def weights_over_sn3d(name: str, n: NDArray[np.int64], m: NDArray[np.int64]) -> Floats:
    """What a format's channel is worth in SN3D's, for any list of harmonics (ADM names them one by one).

    Parameters
    ----------
    name : str
        ``SN3D``, ``N3D`` or ``FuMa``, as in BS.2076's ``normalization``.
    n, m : ndarray of int, shape (C,)

    Returns
    -------
    ndarray of float64, shape (C,)
        Divide a channel by it to have SN3D.

    Raises
    ------
    ValueError
        Another name, or FuMa above the third order.
    """
    if name == "SN3D":
        return np.ones(n.size)
    if name == "N3D":
        return np.sqrt(2.0 * n + 1)
    if name != "FuMa":
        raise ValueError(f"normalization {name!r} is none of SN3D, N3D, FuMa")
    known = {(degree, index): weight for _, degree, index, weight in _FUMA}
    if n.size and int(n.max()) > 3:
        raise ValueError(f"FuMa ends at the third order, this is {int(n.max())}")
    return np.array([known[int(a), int(b)] for a, b in zip(n, m, strict=True)])
