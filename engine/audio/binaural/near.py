"""What changes at the ears as a source comes nearer than arm's length.

A rigid sphere for a head: Duda and Martens, "Range dependence of the response of a spherical head model", J. Acoust. Soc. Am. 104(5),
1998, eq. 1-3. Only the difference to the same direction at 1 m is used, at each ear by its own angle to the source; the measured
responses keep all else. Level and delay by distance are the mixer's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex64]

HEAD_RADIUS_M = 0.0875
NEAR_M = 1.0
"""From here on inwards: at 1 m the difference is nothing, so nothing is heard of the border."""
IN_HEAD_FROM_M, IN_HEAD_AT_M = 0.5, 0.1
SPEED_OF_SOUND_MPS = 343.0
_TERMS = 60
_DISTANCES_M = np.array([0.15, 0.18, 0.22, 0.27, 0.33, 0.42, 0.55, 0.75, 1.0])
_ANGLE_STEP_DEG = 10.0


def sphere_gain(distance_m: Floats, angle_deg: Floats, hz: Floats) -> Floats:
    """Pressure at a point of the sphere over that at its centre's place without it, magnitude.

    Parameters
    ----------
    distance_m : ndarray, shape (R,)
        From the centre, 0.15 or more.
    angle_deg : ndarray, shape (A,)
        Between the source and the point.
    hz : ndarray, shape (F,)
        Above 0.

    Returns
    -------
    ndarray of float64, shape (R, A, F)
    """
    mu = 2.0 * np.pi * hz * HEAD_RADIUS_M / SPEED_OF_SOUND_MPS
    rho = distance_m / HEAD_RADIUS_M
    surface = _hankel(mu)
    slope = np.stack(
        [
            (surface[m - 1] if m else -surface[1]) - ((m + 1) / mu if m else 0.0) * surface[m]
            for m in range(_TERMS)
        ]
    )
    far = _hankel(mu[None, :] * rho[:, None])
    order = np.arange(_TERMS)
    legendre = np.polynomial.legendre.legvander(np.cos(np.radians(angle_deg)), _TERMS - 1) * (2 * order + 1)
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = far[:_TERMS] / slope[:, None, :]
    ratio[~np.isfinite(ratio)] = 0.0  # terms that small have run out of the numbers' range
    total = np.einsum("am,mrf->raf", legendre, ratio)
    return np.asarray(np.abs(total) * (rho[:, None] / mu)[:, None, :])


def _hankel(x: Floats) -> NDArray[np.complex128]:
    """Spherical Hankel functions of the first kind, orders 0 to `_TERMS`, by recursion upwards, in which they are the stable ones."""
    made = np.empty((_TERMS + 1, *x.shape), np.complex128)
    made[0] = -1j * np.exp(1j * x) / x
    made[1] = made[0] * (1.0 / x - 1j)
    with np.errstate(invalid="ignore", over="ignore"):
        for m in range(1, _TERMS):
            made[m + 1] = (2 * m + 1) / x * made[m] - made[m - 1]
    return made


def minimum_phase(magnitude: Floats) -> NDArray[np.complex128]:
    """The minimum-phase spectrum of a magnitude, by the folded cepstrum (Oppenheim and Schafer, Discrete-Time Signal Processing, 12).

    Parameters
    ----------
    magnitude : ndarray, shape (..., length // 2 + 1)
    """
    length = 2 * (magnitude.shape[-1] - 1)
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, 1e-6)), length)
    cepstrum[..., 1 : length // 2] *= 2.0
    cepstrum[..., length // 2 + 1 :] = 0.0
    return np.asarray(np.exp(np.fft.rfft(cepstrum, length)))


class NearField:
    """Filters by which a near source differs from one at 1 m.

    Parameters
    ----------
    length : int
        Of the transform.
    """

    def __init__(self, length: int) -> None:
        self._table = _near_table(length)

    def spectra(self, distance_m: Floats, angle_deg: Floats) -> Spectra:
        """By distance from the head's centre and angle to the ear; below 0.15 m as there.

        Parameters
        ----------
        distance_m : ndarray, shape (R,)
        angle_deg : ndarray, shape (R, 2)
            Between each ear and the source, seen from the centre.

        Returns
        -------
        ndarray of complex64, shape (R, 2, length // 2 + 1)
        """
        at = np.interp(distance_m, _DISTANCES_M, np.arange(_DISTANCES_M.size))
        row = np.minimum(at.astype(np.intp), _DISTANCES_M.size - 2)
        across = (at - row).astype(np.float32)[:, None, None]
        turn = np.clip(angle_deg, 0.0, 180.0) / _ANGLE_STEP_DEG
        column = np.minimum(turn.astype(np.intp), self._table.shape[1] - 2)
        along = (turn - column).astype(np.float32)[..., None]
        row = row[:, None]
        near = self._table[row, column] * (1 - along) + self._table[row, column + 1] * along
        far = self._table[row + 1, column] * (1 - along) + self._table[row + 1, column + 1] * along
        return np.asarray(near * (1 - across) + far * across)


@lru_cache(maxsize=4)
def _near_table(length: int) -> Spectra:
    hz = np.arange(1, length // 2 + 1) * SAMPLE_RATE_HZ / length
    angles = np.arange(0.0, 180.0 + _ANGLE_STEP_DEG, _ANGLE_STEP_DEG)
    gain = sphere_gain(_DISTANCES_M, angles, hz)
    gain /= gain[-1:]
    gain = np.concatenate([gain[..., :1], gain], axis=-1)
    # The sphere's shadow has ripples and nulls that no head has: no more than 20 dB either way.
    return minimum_phase(np.clip(gain, 0.1, 10.0)).astype(np.complex64)


def in_head_share(distance_m: Floats) -> Floats:
    """How much of a source is heard in the middle of the head: 0 from 0.5 m on, 1 within 0.1 m; smooth."""
    x = np.clip((IN_HEAD_FROM_M - distance_m) / (IN_HEAD_FROM_M - IN_HEAD_AT_M), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))
