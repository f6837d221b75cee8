"""Sources that face somewhere: quieter and duller from behind."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.acoustics.low_pass import NONE_HZ

Values = NDArray[np.float64]

_ANGLES = 64


def all_round(pattern: float, sharpness: float) -> float:
    """Level a source gives off on the mean of all sides, against that ahead; 1 for an omnidirectional one, 0.577 for a cardioid."""
    cos = (np.arange(_ANGLES) + 0.5) * (2.0 / _ANGLES) - 1.0  # equal parts of the sphere
    return float(np.sqrt(np.mean(np.abs(1.0 - pattern + pattern * cos) ** (2.0 * sharpness))))


def facing_cos(
    source_m: NDArray[np.float64], facing: NDArray[np.float64], listener_m: ArrayLike = (0.0, 0.0, 0.0)
) -> Values:
    """Cosine of the angle between where a source faces and where the listener is.

    Parameters
    ----------
    source_m : ndarray, shape (..., 3)
    facing : ndarray, shape (..., 3)
        Any length, in the same frame; all 0: it faces the listener.
    listener_m : array_like, shape (..., 3)

    Returns
    -------
    ndarray of float64, shape (...)
        1 where it faces the listener, or both are at one place.
    """
    way = np.asarray(listener_m, np.float64) - source_m
    length = np.sqrt(np.einsum("...i,...i->...", way, way) * np.einsum("...i,...i->...", facing, facing))
    along = np.einsum("...i,...i->...", way, facing)
    return np.where(length > 1e-9, along / np.maximum(length, 1e-9), 1.0)


def directivity(
    cos: ArrayLike, pattern: ArrayLike, sharpness: ArrayLike = 1.0, behind_hz: ArrayLike = NONE_HZ
) -> tuple[Values, Values]:
    """Gain and low-pass by the angle a source is heard from.

    Parameters
    ----------
    cos : array_like
        From `facing_cos`.
    pattern : array_like
        0 omnidirectional, 0.5 cardioid, 0.75 hypercardioid, 1 figure of eight.
    sharpness : array_like
        Power the pattern is raised to; above 0.
    behind_hz : array_like
        Corner of the low-pass straight behind; `NONE_HZ`: none. Half way round it is half way there in octaves.

    Returns
    -------
    gain : ndarray of float64
        0..1, 1 in front.
    low_pass_hz : ndarray of float64

    Notes
    -----
    The first-order family of microphones, used for sources: ``|1 - p + p cos|^s``. What real sources have in common, and this family has
    not, is that they beam more the higher the frequency (a talker: some 5 dB at 500 Hz and 15 dB at 4 kHz from front to back; Chu and
    Warnock 2002, NRC-IRC RR-104); `behind_hz` does that.
    """
    c = np.clip(cos, -1.0, 1.0)
    p = np.asarray(pattern, np.float64)
    gain = np.abs(1.0 - p + p * c) ** np.asarray(sharpness, np.float64)
    octaves = np.log2(np.minimum(behind_hz, NONE_HZ) / NONE_HZ)
    return gain, NONE_HZ * np.exp2(octaves * (1.0 - c) / 2.0)
