"""How loud a source is from afar."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

REFERENCE_M = 1.0
FURTHEST_M = 150.0


def distance_gain(
    distance_m: ArrayLike,
    reference_m: ArrayLike = REFERENCE_M,
    furthest_m: ArrayLike = FURTHEST_M,
    rolloff: ArrayLike = 1.0,
) -> Values:
    """Gain by distance: ``reference / (reference + rolloff (d - reference))``, the inverse law where `rolloff` is 1.

    Parameters
    ----------
    distance_m : array_like
        0 and up.
    reference_m : array_like
        Up to here the level is full; above 0.
    furthest_m : array_like
        It gets no quieter than there.
    rolloff : array_like
        0: distance does not matter; 2: twice as fast as in the open.

    Returns
    -------
    ndarray of float64
        0..1; arguments broadcast.

    Notes
    -----
    The clamped inverse law of OpenAL 1.1, section 3.4.2; with `rolloff` 1 it is the spherical spreading of a point source.
    """
    reference = np.asarray(reference_m, np.float64)
    d = np.minimum(np.maximum(distance_m, reference), np.maximum(furthest_m, reference))
    return np.asarray(reference / (reference + np.asarray(rolloff, np.float64) * (d - reference)))


def distances_m(at_m: NDArray[np.float64]) -> Values:
    """Distance of places from the origin, which is the listener. Shape (..., 3) in, (...) out."""
    return np.sqrt(np.einsum("...i,...i->...", at_m, at_m))
