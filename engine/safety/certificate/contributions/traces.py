"""What a report shows of a piece: doses as they grow, and spectra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.exposure.guest import GuestMotion
from engine.motion.exposure.norms import Norms
from engine.motion.exposure.weightings import response

Floats = NDArray[np.float64]

#: Third octaves as IEC 61260 has them, 0.1 Hz to 80 Hz.
BANDS_HZ: Floats = 10.0 ** (np.arange(-10, 20) / 10.0)
_SAMPLES_HZ = 5.0
_POWERS = {"x": 4.0, "y": 4.0, "z": 4.0, "sick": 2.0}
_WEIGHTINGS = {"x": "Wd", "y": "Wd", "z": "Wk"}


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A piece as it plays from rest.

    Attributes
    ----------
    times_s : float64[n]
        Ends of the steps, from the piece's beginning.
    grown : mapping of str to float64[n]
        Integral of the weighted acceleration's power so far: of the fourth for ``x``, ``y``, ``z``, of the square for ``sick``.
    bands : mapping of str to float64[len(BANDS_HZ)]
        Energy of the plain acceleration by third octave, (m/s^2)^2 s.
    """

    times_s: Floats
    grown: Mapping[str, Floats]
    bands: Mapping[str, Floats]


def trace_of(motion: GuestMotion, norms: Mapping[str, Norms]) -> Trace:
    """Thin out what a piece does."""
    count = motion.acceleration.shape[1]
    step = max(1, round(motion.rate_hz / _SAMPLES_HZ))
    ends = np.unique(np.append(np.arange(step, count + 1, step), count))
    grown = {}
    for name, norm in norms.items():
        summed = np.cumsum(np.abs(norm.output) ** _POWERS[name]) / motion.rate_hz
        grown[name] = summed[ends - 1]
    bands = {name: _bands(motion.acceleration[axis], motion.rate_hz) for axis, name in enumerate(_WEIGHTINGS)}
    return Trace(ends / motion.rate_hz, grown, bands)


def weighted(name: str, bands: Floats) -> Floats:
    """Band energies as the body is moved by them."""
    return np.asarray(bands * np.abs(response(_WEIGHTINGS[name], BANDS_HZ)) ** 2)


def _bands(signal: Floats, rate_hz: float) -> Floats:
    """Energy by third octave: Parseval, line by line of one spectrum over the whole piece."""
    lines = np.fft.rfft(signal)
    energy = np.abs(lines) ** 2 * (2.0 / len(signal) / rate_hz)
    f_hz = np.fft.rfftfreq(len(signal), 1.0 / rate_hz)
    edges = np.append(BANDS_HZ * 10.0**-0.05, BANDS_HZ[-1] * 10.0**0.05)
    places = np.searchsorted(f_hz, edges)
    grown = np.concatenate(([0.0], np.cumsum(energy)))
    return np.asarray(grown[places[1:]] - grown[places[:-1]])
