"""What air takes from a sound on its way.

ISO 9613-1:1993: absorption in decibels a metre from temperature, humidity and pressure (equations 3 to 5, annex B for the vapour
pressure). It grows nearly with the square of the frequency; an object has one first-order low-pass, so the corner that comes nearest
from 500 Hz to 16 kHz is tabulated by distance once and looked up by every block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.acoustics.low_pass import NONE_HZ, fitted

Values = NDArray[np.float64]

_REFERENCE_K = 293.15
_TRIPLE_POINT_K = 273.16
_REFERENCE_KPA = 101.325
_NEAREST_M, _FURTHEST_M, _STEPS = 1.0, 2000.0, 96
_FIT_HZ = tuple(500.0 * 2.0 ** (k / 3.0) for k in range(16))


def absorption_db_per_m(
    hz: ArrayLike,
    temperature_c: float = 20.0,
    humidity_percent: float = 50.0,
    pressure_kpa: float = _REFERENCE_KPA,
) -> Values:
    """Absorption of pure tones by air.

    Parameters
    ----------
    hz : array_like
    temperature_c : float
        -20 to 50.
    humidity_percent : float
        Relative, 0 to 100.
    pressure_kpa : float

    Returns
    -------
    ndarray of float64
        dB/m; 0.0047 at 1 kHz, 0.105 at 8 kHz in a room of 20 degrees and 50 %.
    """
    f2 = np.square(np.asarray(hz, np.float64))
    kelvin = temperature_c + 273.15
    t, p = kelvin / _REFERENCE_K, pressure_kpa / _REFERENCE_KPA
    saturation = 10.0 ** (-6.8346 * (_TRIPLE_POINT_K / kelvin) ** 1.261 + 4.6151)
    h = humidity_percent * saturation / p
    oxygen_hz = p * (24.0 + 4.04e4 * h * (0.02 + h) / (0.391 + h))
    nitrogen_hz = p * t**-0.5 * (9.0 + 280.0 * h * math.exp(-4.170 * (t ** (-1.0 / 3.0) - 1.0)))
    relaxing = t**-2.5 * (
        0.01275 * math.exp(-2239.1 / kelvin) / (oxygen_hz + f2 / oxygen_hz)
        + 0.1068 * math.exp(-3352.0 / kelvin) / (nitrogen_hz + f2 / nitrogen_hz)
    )
    return np.asarray(8.686 * f2 * (1.84e-11 / p * math.sqrt(t) + relaxing))


@dataclass(frozen=True, slots=True, eq=False)
class Air:
    """Low-pass by distance, made by `air`."""

    log_m: Values
    octaves: Values

    def low_pass_hz(self, distance_m: ArrayLike) -> Values:
        """Corner of the first-order low-pass that comes nearest to so many metres of air.

        Parameters
        ----------
        distance_m : array_like
            0 and up; below a metre there is none.

        Returns
        -------
        ndarray of float64
            Up to 24000 (none), the shape of `distance_m`; falls without steps.
        """
        at = np.log(np.maximum(distance_m, _NEAREST_M))
        return np.exp2(np.interp(at, self.log_m, self.octaves))


def air(temperature_c: float = 20.0, humidity_percent: float = 50.0) -> Air:
    """Tabulates the low-pass of air from 1 m to 2 km; takes about a millisecond."""
    far_m = np.geomspace(_NEAREST_M, _FURTHEST_M, _STEPS)
    level_db = -far_m[:, None] * absorption_db_per_m(_FIT_HZ, temperature_c, humidity_percent)[None, :]
    _, corner_hz = fitted(_FIT_HZ, level_db, level=False)
    # The fit comes from a grid of corners; the straight pieces between its steps are what is kept, so that nothing moves in jumps.
    octaves = np.log2(np.minimum(corner_hz, NONE_HZ))
    keep = np.concatenate(([True], np.diff(octaves) < 0))
    keep[-1] = True
    log_m = np.log(far_m)
    return Air(log_m[keep], octaves[keep])
