"""The time sound takes, and the pitch its changing gives.

A sound is read from its file at another place, so a delay that glides is all there is to Doppler: no delay line, and a seek lands in the
very sample that playing would have reached.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

SOUND_MPS = 343.2
"""Speed of sound in air of 20 degrees (ISO 9613-1, 331.3 (1 + t / 273.15)^0.5)."""


def delay_samples(distance_m: ArrayLike, nearest_m: ArrayLike, *, rate_hz: int = 48_000) -> Values:
    """How much later a sound is heard than the picture says.

    Parameters
    ----------
    distance_m : array_like
        Now.
    nearest_m : array_like
        Distance at which sound and picture are in step: the nearest it comes, for the pitch alone (`nearest_of`); 0 for the whole
        time of travel.
    rate_hz : int

    Returns
    -------
    ndarray of float64
        Samples, 0 and up where `nearest_m` is the nearest. Where it falls by v metres a second the pitch is ``1 + v / 343``.

    Notes
    -----
    Ten metres are 29 ms: beyond what ITU-R BT.1359 and EBU R 37 allow between picture and sound, so the whole time of travel is for thunder
    and fireworks. A ship that passes at 5 m is in step as it passes, when all eyes are on it, and at 60 m 160 ms late, when none can tell.
    """
    return (np.asarray(distance_m, np.float64) - np.asarray(nearest_m, np.float64)) * (rate_hz / SOUND_MPS)


def nearest_of(distances_m: NDArray[np.float64]) -> float:
    """The nearest of the distances along a sound's path; 0 where there is none."""
    return float(distances_m.min()) if distances_m.size else 0.0
