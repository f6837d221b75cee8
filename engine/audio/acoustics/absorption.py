"""What walls take, and how long a room rings: each from the other.

Eyring 1930 (JASA 1, 217): ``T = 0.161 V / (-S ln(1 - a) + 4 m V)``, a the mean absorption of the walls by area, m the air's in nepers of
energy a metre. Exact for no room of openings and hard walls, and as near as one number an octave can be.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics.air import absorption_db_per_m
from engine.timeline.acoustics import OCTAVES_HZ, WALLS

Values = NDArray[np.float64]

SABINE_S_PER_M = 0.161
_DB_PER_NEPER = 4.3429
_LEAST, _MOST = 0.005, 0.95
_SHORTEST_S, _LONGEST_S = 0.1, 30.0


def reverberation_s(
    size_m: Values, absorption: Values, temperature_c: float = 20.0, humidity_percent: float = 50.0
) -> Values:
    """Reverberation time of a box by octave.

    Parameters
    ----------
    size_m : ndarray, shape (3,)
    absorption : ndarray, shape (6, 7)
        By wall of `WALLS` and octave.
    temperature_c, humidity_percent : float

    Returns
    -------
    ndarray of float64, shape (7,)
        Seconds, 0.1 to 30.
    """
    areas = _areas(size_m)
    mean = np.clip(areas @ absorption / areas.sum(), 0.0, 0.999)
    area = -areas.sum() * np.log1p(-mean) + _air_area(size_m, temperature_c, humidity_percent)
    return np.clip(SABINE_S_PER_M * np.prod(size_m) / area, _SHORTEST_S, _LONGEST_S)


def walls_of(
    size_m: Values, rt60_s: Values, temperature_c: float = 20.0, humidity_percent: float = 50.0
) -> Values:
    """Absorption of walls, all alike, that give a box its reverberation time; shape (6, 7), 0.005 to 0.95."""
    areas = _areas(size_m)
    area = SABINE_S_PER_M * np.prod(size_m) / rt60_s - _air_area(size_m, temperature_c, humidity_percent)
    mean = -np.expm1(-np.maximum(area, 0.0) / areas.sum())
    return np.broadcast_to(np.clip(mean, _LEAST, _MOST), (len(WALLS), len(OCTAVES_HZ))).copy()


def _areas(size_m: Values) -> Values:
    x, y, z = size_m
    return np.array([y * z, y * z, x * z, x * z, x * y, x * y])


def _air_area(size_m: Values, temperature_c: float, humidity_percent: float) -> Values:
    per_m = absorption_db_per_m(OCTAVES_HZ, temperature_c, humidity_percent) / _DB_PER_NEPER
    return np.asarray(4.0 * per_m * np.prod(size_m))
