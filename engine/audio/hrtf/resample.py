"""Responses at any rate, delays beside them, as responses at the engine's."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ

Values = NDArray[np.float64]

_FINEST_RATIO = 1000


def at_48k(responses: Values, delays: Values, rate_hz: float) -> Values:
    """Delays applied and resampled, by the transform: responses are finite and padded, so nothing wraps.

    Parameters
    ----------
    responses : ndarray, shape (D, 2, N)
    delays : ndarray, shape (D, 2)
        Samples at `rate_hz`, not negative.
    rate_hz : float

    Returns
    -------
    ndarray of float64, shape (D, 2, K)
    """
    count, _, length = responses.shape
    longest = int(np.ceil(delays.max()))
    # Both lengths are the same time to the sample: rounding one of them would stretch the head (by 0.5 % at 256 samples).
    ratio = Fraction(rate_hz / SAMPLE_RATE_HZ).limit_denominator(_FINEST_RATIO)
    times = 2 * int(np.ceil((length + longest + 64) / (2 * ratio.numerator)))
    padded, size = times * ratio.numerator, times * ratio.denominator
    spectra = np.fft.rfft(responses, padded, axis=-1)
    hz = np.arange(padded // 2 + 1) * rate_hz / padded
    spectra *= np.exp(-2j * np.pi * hz * (delays[..., None] / rate_hz))
    bins = min(padded, size) // 2 + 1
    out = np.zeros((count, 2, size // 2 + 1), np.complex128)
    out[..., :bins] = spectra[..., :bins]
    made = np.fft.irfft(out, size, axis=-1)  # as a filter: what it gives at each frequency stays
    return made[..., : round((length + longest + 32) / rate_hz * SAMPLE_RATE_HZ)]
