"""Vibration and sickness of a recorded or commanded course: ISO 2631-1:1997, per axis and combined.

Weighted r.m.s. (clause 6.1), running r.m.s. and its highest value MTVV (6.3.1), fourth-power vibration dose VDV (6.3.2), motion sickness
dose MSDV (9.3), the ratios that say when r.m.s. is not enough (6.3.3), the vibration total value (6.5) and what comfort usually makes of it
(annex C.2.3). None of it is a statement of compliance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.motion.exposure.weightings import sos

Floats = NDArray[np.float64]

#: Seat surface, x y z (6.5): health weighs what shakes sideways more, comfort does not.
HEALTH_K = (1.4, 1.4, 1.0)
COMFORT_K = (1.0, 1.0, 1.0)
#: Percent of unadapted mixed adults that vomit per unit of MSDV, m/s^1.5: annex D, approximately.
SICK_PER_DOSE = 1.0 / 3.0

#: Annex C.2.3; bands overlap on purpose. Upper ends, m/s^2.
_COMFORT = (
    (0.315, "not uncomfortable"),
    (0.63, "a little uncomfortable"),
    (1.0, "fairly uncomfortable"),
    (1.6, "uncomfortable"),
    (2.5, "very uncomfortable"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Vibration:
    """Of weighted accelerations, float64[...] each: one value a row.

    Attributes
    ----------
    rms : float64[...]
        m/s^2.
    mtvv : float64[...]
        Highest running r.m.s. over 1 s, m/s^2; of less than a second, the mean over a second all the same.
    vdv : float64[...]
        m/s^1.75.
    dose : float64[...]
        Square root of the integral of the square, m/s^1.5: MSDV when weighted by Wf.
    crest : float64[...]
        Highest magnitude over r.m.s.; 0 where nothing moves.
    jolting : bool[...]
        Whether r.m.s. alone would say too little: crest factor above 9, ``MTVV / rms > 1.5`` or ``VDV / (rms T^1/4) > 1.75`` (6.3.3).
    """

    rms: Floats
    mtvv: Floats
    vdv: Floats
    dose: Floats
    crest: Floats
    jolting: NDArray[np.bool_]


def vibration(acceleration: ArrayLike, weighting: str, rate_hz: float) -> Vibration:
    """Measure accelerations from rest.

    Parameters
    ----------
    acceleration : float64[..., n]
        m/s^2.
    weighting : str
        Of `engine.motion.exposure.weightings.WEIGHTINGS`.
    rate_hz : float
        500 or more; 2000 for half a percent up to 80 Hz.

    Raises
    ------
    ValueError
        No sample, a value that is no number, an unknown weighting or too slow a rate.
    """
    from scipy.signal import sosfilt

    rows = np.asarray(acceleration, dtype=np.float64)
    if rows.ndim == 0 or rows.shape[-1] == 0:
        raise ValueError("an acceleration without a sample has no vibration")
    if not np.isfinite(rows).all():
        raise ValueError(
            f"{int((~np.isfinite(rows)).sum())} samples of the acceleration are no numbers; mend them first"
        )
    return measured(sosfilt(sos(weighting, rate_hz), rows, axis=-1), rate_hz)


def measured(weighted: Floats, rate_hz: float) -> Vibration:
    """The same of what is weighted already, float64[..., n]."""
    count = weighted.shape[-1]
    length_s = count / rate_hz
    square = weighted * weighted
    energy = square.sum(axis=-1) / rate_hz
    rms = np.sqrt(energy / length_s)
    mtvv = np.sqrt(running_mean_square(square, rate_hz).max(axis=-1))
    vdv = ((square * square).sum(axis=-1) / rate_hz) ** 0.25
    moving = rms > 0.0
    divisor = np.where(moving, rms, 1.0)
    crest = np.where(moving, np.abs(weighted).max(axis=-1) / divisor, 0.0)
    jolting = moving & ((crest > 9.0) | (mtvv / divisor > 1.5) | (vdv / (divisor * length_s**0.25) > 1.75))
    return Vibration(rms, mtvv, vdv, np.sqrt(energy), crest, jolting)


def running_mean_square(square: Floats, rate_hz: float, window_s: float = 1.0) -> Floats:
    """Mean of the last `window_s` at every sample, float64[..., n]; before the first sample there was nothing."""
    step = max(1, round(window_s * rate_hz))
    grown = np.cumsum(square, axis=-1)
    found = grown.copy()
    found[..., step:] -= grown[..., :-step]
    return np.asarray(np.maximum(found, 0.0) / step)


def total_value(rms: Sequence[ArrayLike], k: Sequence[float] = COMFORT_K) -> Floats:
    """Vibration total value of x, y and z: ``sqrt(sum (k a_w)^2)``, m/s^2."""
    return np.sqrt(
        sum((factor * np.asarray(value, dtype=np.float64)) ** 2 for factor, value in zip(k, rms, strict=True))
    )


def predicted_sickness(msdv: ArrayLike) -> Floats:
    """Percent of unadapted mixed adults that vomit, for up to some hours: 0 to 100."""
    return np.minimum(100.0, SICK_PER_DOSE * np.asarray(msdv, dtype=np.float64))


def comfort(total_mps2: float) -> str:
    """What passengers usually call a vibration total value."""
    for most, words in _COMFORT:
        if total_mps2 < most:
            return words
    return "extremely uncomfortable"
