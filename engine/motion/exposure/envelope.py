"""How much acceleration lasts how long: what ride standards tabulate, measured; the tables are the site's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EnvelopeRow:
    """The most acceleration along one axis that may be sustained for `for_s`.

    Attributes
    ----------
    axis : int
        0 forward, 1 left, 2 up.
    sign : int
        1, -1, or 0 for both directions.
    for_s : float
        0: the peak.
    most_g : float
    """

    axis: int
    sign: int
    for_s: float
    most_g: float


def sustained(signal: Floats, samples: int) -> float:
    """The highest level that a signal, float64[n], does not leave downwards for so many samples in a row; 0 for a shorter one.

    Parameters
    ----------
    signal : float64[n]
    samples : int
        1 or less: its highest value.
    """
    if len(signal) == 0 or samples > len(signal):
        return 0.0
    if samples <= 1:
        return max(0.0, float(signal.max()))
    from scipy.ndimage import minimum_filter1d

    lowest = minimum_filter1d(signal, samples, mode="nearest")
    half = samples // 2
    return max(0.0, float(lowest[half : len(signal) - (samples - 1 - half)].max()))


def low_passed(signal: Floats, rate_hz: float, corner_hz: float | None) -> Floats:
    """A signal, float64[..., n], through a four-pole Butterworth filter, as accelerations are measured on rides; None leaves it alone."""
    if corner_hz is None:
        return signal
    from scipy.signal import butter, sosfilt

    return np.asarray(sosfilt(butter(4, corner_hz, fs=rate_hz, output="sos"), signal, axis=-1))


def share(acceleration_g: Floats, rate_hz: float, rows: Sequence[EnvelopeRow]) -> float:
    """The largest share of any row's level that is sustained for as long as it names; 1 is at the limit.

    Parameters
    ----------
    acceleration_g : float64[3, n]
        x, y, z.
    rate_hz : float
    rows : sequence of EnvelopeRow
    """
    most = 0.0
    for row in rows:
        samples = math.floor(row.for_s * rate_hz + 1e-9)
        for sign in (row.sign,) if row.sign else (1, -1):
            most = max(most, sustained(sign * acceleration_g[row.axis], samples) / row.most_g)
    return most


def reversals(signal: Floats, least: float) -> int:
    """How often a signal, float64[n], swings from beyond `least` to beyond ``-least`` or back."""
    beyond = np.where(signal >= least, 1, np.where(signal <= -least, -1, 0))
    signs = beyond[beyond != 0]
    return int(np.count_nonzero(np.diff(signs)))
