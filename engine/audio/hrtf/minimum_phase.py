"""Minimum phase from magnitude, by the cepstrum.

A head-related response is, within what ears tell apart, a minimum-phase response and a delay (Kulkarni, Isabelle and Colburn 1999, JASA
105, 2821). Blending minimum-phase responses of neighbouring directions is blending spectra that are in time, which neither combs nor
whispers; the delay is blended by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

FLOOR_DB = -80.0
"""Below the loudest bin a magnitude means nothing; its logarithm would rule the cepstrum."""
CEPSTRUM = 1024
"""Points of the transform: at 512 the cepstra of measured heads alias by a tenth of a dB."""


def log_magnitude(responses: Values, length: int = CEPSTRUM) -> Values:
    """Natural logarithm of the magnitude.

    Parameters
    ----------
    responses : ndarray, shape (..., N)
        N at most `length`.
    length : int
        Of the transform.

    Returns
    -------
    ndarray of float64, shape (..., length // 2 + 1)
        Not below `FLOOR_DB` of each response's loudest bin.
    """
    magnitude = np.abs(np.fft.rfft(responses, length, axis=-1))
    floor = magnitude.max(axis=-1, keepdims=True) * 10.0 ** (FLOOR_DB / 20.0)
    return np.log(np.maximum(magnitude, np.maximum(floor, 1e-12)))


def minimum_phase(log_magnitudes: Values, taps: int) -> NDArray[np.float32]:
    """The minimum-phase responses of magnitudes.

    Parameters
    ----------
    log_magnitudes : ndarray, shape (..., length // 2 + 1)
        Natural logarithm.
    taps : int
        Kept of each; the last quarter fades by half a cosine, so that nothing is cut off.

    Returns
    -------
    ndarray of float32, shape (..., taps)

    Notes
    -----
    Oppenheim and Schafer, Discrete-Time Signal Processing, 3rd ed., 13.5: fold the cepstrum onto its causal half.
    """
    length = 2 * (log_magnitudes.shape[-1] - 1)
    cepstrum = np.fft.irfft(log_magnitudes, length, axis=-1)
    cepstrum[..., 1 : length // 2] *= 2.0
    cepstrum[..., length // 2 + 1 :] = 0.0
    responses = np.fft.irfft(np.exp(np.fft.rfft(cepstrum, axis=-1)), length, axis=-1)[..., :taps]
    tail = max(1, taps // 4)
    responses[..., taps - tail :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(tail) + 0.5) / tail)
    return np.asarray(responses, np.float32)
