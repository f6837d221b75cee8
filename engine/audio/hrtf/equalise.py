"""The part of a measured set that has no direction: the loudspeaker's, the microphone's and the ear canal's own.

Headphones have an ear canal behind them too, and no loudspeaker of 1994 in front. So what all directions have in common is taken out
(diffuse-field equalisation: Møller 1992, Applied Acoustics 36, 171), and below the loudspeaker's band, where a head is small
against the wave, both ears hear the same from everywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

FLAT_BELOW_HZ = 200.0
_FROM_HZ = 400.0
_MOST_DB = 20.0


def common_log_magnitude(log_magnitudes: Values, directions: Values) -> Values:
    """Diffuse-field average over both ears.

    Parameters
    ----------
    log_magnitudes : ndarray, shape (D, 2, F)
    directions : ndarray, shape (D, 3)

    Returns
    -------
    ndarray of float64, shape (F,)
        Half the logarithm of the mean power, each direction weighed by the sphere's area around it.
    """
    power = np.mean(np.exp(2.0 * log_magnitudes), axis=1)
    return np.asarray(0.5 * np.log(_areas(directions) @ power))


def equalised(log_magnitudes: Values, directions: Values, rate_hz: float) -> Values:
    """Directional part alone, flat where the head is too small to matter.

    Parameters
    ----------
    log_magnitudes : ndarray, shape (D, 2, F)
    directions : ndarray, shape (D, 3)
    rate_hz : float

    Returns
    -------
    ndarray of float64, shape (D, 2, F)
    """
    hz = np.linspace(0.0, rate_hz / 2.0, log_magnitudes.shape[-1])
    common = common_log_magnitude(log_magnitudes, directions)
    middle = float(np.mean(common[(hz > 500.0) & (hz < 8000.0)]))
    most = _MOST_DB / 20.0 * np.log(10.0)
    out = log_magnitudes - (middle + np.clip(common - middle, -most, most))
    # Between 200 and 400 Hz the measured differences between the ears are faded in; below they are noise and room.
    share = np.clip((hz - FLAT_BELOW_HZ) / (_FROM_HZ - FLAT_BELOW_HZ), 0.0, 1.0)
    near = (hz >= _FROM_HZ) & (hz <= 2 * _FROM_HZ)
    level = out[..., near].mean(axis=-1, keepdims=True)
    return out * share + level * (1.0 - share)


def _areas(directions: Values) -> Values:
    """Share of the sphere around each direction, from a fine grid's nearest neighbours."""
    count = 20_000
    k = np.arange(count) + 0.5
    z = 1.0 - 2.0 * k / count
    turn = np.pi * (1.0 + 5.0**0.5) * k
    flat = np.sqrt(1.0 - z * z)
    points = np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)
    nearest = np.concatenate(
        [np.argmax(points[start : start + 2000] @ directions.T, axis=1) for start in range(0, count, 2000)]
    )
    return np.bincount(nearest, minlength=len(directions)) / count
