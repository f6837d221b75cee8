"""The frequency weightings of ISO 2631-1, as responses and as digital filters.

Each is a cascade (ISO 2631-1:1997, annex A): a Butterworth high-pass and low-pass that limit the band, a transition from acceleration to
velocity, and for some an upward step. With ``s = j 2 pi f`` and ``w = 2 pi f_i``::

    Hh = 1 / (1 + sqrt2 w1/s + (w1/s)^2)             Hl = 1 / (1 + sqrt2 s/w2 + (s/w2)^2)
    Ht = (1 + s/w3) / (1 + s/(Q4 w4) + (s/w4)^2)     Hs = (1 + s/(Q5 w5) + (s/w5)^2) / (1 + s/(Q6 w6) + (s/w6)^2) (w5/w6)^2
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Section = tuple[tuple[float, float, float], tuple[float, float, float], float]
"""Numerator and denominator in descending powers of s, and the frequency, Hz, at which the digital section is exact."""

#: Slowest sampling at which a whole weighting is within 6 % up to 80 Hz; below 0.5 % from `EXACT_HZ` on.
LEAST_HZ, EXACT_HZ = 500.0, 2000.0

_STRAIGHT = 6


@dataclass(frozen=True, slots=True)
class Weighting:
    """Corner frequencies, Hz, and resonant quality factors; None where a part is absent."""

    f1: float
    f2: float
    f3: float | None = None
    f4: float | None = None
    q4: float | None = None
    f5: float | None = None
    q5: float | None = None
    f6: float | None = None
    q6: float | None = None


WEIGHTINGS: dict[str, Weighting] = {
    "Wk": Weighting(0.4, 100.0, 12.5, 12.5, 0.63, 2.37, 0.91, 3.35, 0.91),
    "Wd": Weighting(0.4, 100.0, 2.0, 2.0, 0.63),
    "Wf": Weighting(0.08, 0.63, None, 0.25, 0.86, 0.0625, 0.80, 0.1, 0.80),
    "Wc": Weighting(0.4, 100.0, 8.0, 8.0, 0.63),
    "We": Weighting(0.4, 100.0, 1.0, 1.0, 0.63),
    "Wj": Weighting(0.4, 100.0, None, None, None, 3.75, 0.91, 5.32, 0.91),
}
"""Wk: seat, vertical; Wd: seat, horizontal; Wf: motion sickness, vertical; Wc: backrest; We: rotations; Wj: head of who lies."""


def sections(name: str) -> tuple[Section, ...]:
    """The cascade of a weighting in s.

    Raises
    ------
    ValueError
        There is no such weighting.
    """
    if name not in WEIGHTINGS:
        raise ValueError(f"there is no weighting {name!r}; ISO 2631-1 has {', '.join(WEIGHTINGS)}")
    row = WEIGHTINGS[name]
    w1, w2 = math.tau * row.f1, math.tau * row.f2
    found: list[Section] = [
        ((1.0, 0.0, 0.0), (1.0, math.sqrt(2.0) * w1, w1 * w1), row.f1),
        ((0.0, 0.0, w2 * w2), (1.0, math.sqrt(2.0) * w2, w2 * w2), row.f2),
    ]
    if row.f4 is not None and row.q4 is not None:
        w4 = math.tau * row.f4
        rise = 0.0 if row.f3 is None else w4 * w4 / (math.tau * row.f3)
        found.append(((0.0, rise, w4 * w4), (1.0, w4 / row.q4, w4 * w4), row.f4))
    if row.f5 is not None and row.f6 is not None and row.q5 is not None and row.q6 is not None:
        w5, w6 = math.tau * row.f5, math.tau * row.f6
        # (1 + ..s/w5..) (w5/w6)^2 over (1 + ..s/w6..) is (s^2 + ..w5..) over (s^2 + ..w6..).
        found.append(((1.0, w5 / row.q5, w5 * w5), (1.0, w6 / row.q6, w6 * w6), math.sqrt(row.f5 * row.f6)))
    return tuple(found)


def response(name: str, f_hz: ArrayLike) -> NDArray[np.complex128]:
    """The analogue weighting at frequencies above 0, complex128[...]: gain without a unit and phase."""
    s = 2j * np.pi * np.asarray(f_hz, dtype=np.float64)
    total = np.ones(s.shape, dtype=np.complex128)
    for above, below, _ in sections(name):
        total *= np.polyval(above, s) / np.polyval(below, s)
    return total


def sos(name: str, rate_hz: float) -> Floats:
    """The weighting as a digital filter, second-order sections float64[n, 6] as scipy has them.

    Parameters
    ----------
    name : str
    rate_hz : float
        At least `LEAST_HZ`. Each section goes through the bilinear transform prewarped at its own corner; what is left is the warping near
        half the rate: Wk is 0.35 % low at 80 Hz for 2 kHz, 1.4 % for 1 kHz, 5.7 % for 500 Hz.

    Raises
    ------
    ValueError
        An unknown name, or too slow a rate for more than a rough figure.
    """
    if not rate_hz >= LEAST_HZ:
        raise ValueError(
            f"{name} at {rate_hz:g} Hz would be more than 6 % wrong at 80 Hz; sample at {LEAST_HZ:g} Hz or more"
        )
    return np.array([_bilinear(above, below, rate_hz, exact_hz) for above, below, exact_hz in sections(name)])


def sos_slow(name: str, rate_hz: float) -> tuple[Floats, float]:
    """The weighting at the rate of a bus, for doses at run time, and how wrong it is.

    A corner above two fifths of the rate cannot be had and is left out: what such a signal holds is below it anyway.

    Returns
    -------
    float64[n, 6], float
        Sections, and the largest relative error of the gain from 0.1 Hz up to a quarter of the rate, at most to 80 Hz.
    """
    rows = [
        _bilinear(above, below, rate_hz, exact_hz)
        for above, below, exact_hz in sections(name)
        if exact_hz < 0.4 * rate_hz
    ]
    made = np.array(rows)
    f_hz = np.geomspace(0.1, min(rate_hz / 4.0, 80.0), 400)
    wanted = np.abs(response(name, f_hz))
    heard = wanted > 1e-3 * wanted.max()
    error = np.abs(gain(made, f_hz, rate_hz) / wanted - 1.0)[heard]
    return made, float(error.max())


def straightener(name: str, rate_hz: float) -> Floats:
    """Taps that undo what the bilinear transform bends in `sos_slow`, float64[13], symmetric: they delay by six samples.

    Least squares of the relative error of the gain, from 0 to two fifths of the rate, at most to 100 Hz: after them a weighting is within
    1.3 % there, whatever the rate.
    """
    made, _ = sos_slow(name, rate_hz)
    f_hz = np.linspace(0.0, min(0.4 * rate_hz, 100.0), 401)[1:]
    wanted = np.abs(response(name, f_hz))
    heard = wanted > 1e-3 * wanted.max()
    shapes = np.cos(math.tau * np.outer(f_hz, np.arange(_STRAIGHT + 1)) / rate_hz)
    share = gain(made, f_hz, rate_hz)[heard] / wanted[heard]
    # A little is charged for large taps: where the gain is straight already they would be noise.
    rows = np.vstack((shapes[heard] * share[:, None], 1e-4 * np.eye(_STRAIGHT + 1)))
    goal = np.concatenate((np.ones(len(share)), 1e-4 * np.eye(_STRAIGHT + 1)[0]))
    half = np.linalg.lstsq(rows, goal, rcond=None)[0]
    return np.concatenate((half[:0:-1] / 2.0, half[:1], half[1:] / 2.0))


def gain(made: Floats, f_hz: ArrayLike, rate_hz: float) -> Floats:
    """Magnitude of a digital filter at some frequencies, float64[...]."""
    z = np.exp(-2j * np.pi * np.asarray(f_hz, dtype=np.float64) / rate_hz)
    total = np.ones(z.shape, dtype=np.complex128)
    for b0, b1, b2, a0, a1, a2 in made:
        total *= (b0 + b1 * z + b2 * z * z) / (a0 + a1 * z + a2 * z * z)
    return np.abs(total)


def _bilinear(
    above: tuple[float, float, float], below: tuple[float, float, float], rate_hz: float, exact_hz: float
) -> list[float]:
    """One section: ``s = k (1 - 1/z) / (1 + 1/z)`` with k such that `exact_hz` falls where it belongs."""
    k = math.tau * exact_hz / math.tan(math.pi * exact_hz / rate_hz)
    rows = []
    for c2, c1, c0 in (above, below):
        rows.append((c2 * k * k + c1 * k + c0, 2.0 * (c0 - c2 * k * k), c2 * k * k - c1 * k + c0))
    (b0, b1, b2), (a0, a1, a2) = rows
    return [b0 / a0, b1 / a0, b2 / a0, 1.0, a1 / a0, a2 / a0]
