"""What a microphone heard of one loudspeaker: its response, and from it when, how loud and which way round it arrives."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.commission.signals import Sweep

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

BEFORE = 4800
"""Samples of a response before its time zero: what comes there is noise, later (earlier in the file) the distortion of the sweep."""
_FINER = 2
_LATEST = round(0.6 * SAMPLE_RATE_HZ)
"""What comes later is taken for neither the device's latency nor the room: JACK's largest buffers are 0.17 s, 100 m of air 0.29 s."""
_LONGEST = round(1.2 * SAMPLE_RATE_HZ)
_NOISE_WINDOW = (-0.04, -0.005)
"""Seconds that hold noise alone: a sweep of half a second has its second harmonic at -55 ms (Farina 2000, equation 13)."""
_LOW_NOISE_WINDOW = (0.9, 1.15)
"""Before time zero low frequencies hold no noise: the sweep's beginning lies outside the recording there. So long after it the room is
30 dB down even where it takes two seconds for 60.
"""
_SHARED_NOISE_WINDOW = (0.4, 0.58)
LEVEL_BAND_HZ = (250.0, 4000.0)
LOW_LEVEL_BAND_HZ = (30.0, 80.0)
_TIMING_BAND_HZ = (500.0, 10_000.0)
_SIGN_BAND_HZ = (150.0, 2500.0)
_LOW_TIMING_BAND_HZ = (30.0, 120.0)
HEARD_DB = 20.0
"""Peak of a response over the noise before it, from which on it is believed to be one: of noise alone 14.5 dB were the most in 60 runs."""
_LOW_HEARD_DB = 18.0
"""The same in low bands, where a window holds fewer periods: 14.9 dB were the most."""
_DIRECT = 0.4
"""The direct sound is the first peak that has this share of the highest: a reflection may be the louder, by some 8 dB at most."""
_CLEAR_SIGN = 0.8
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Response:
    """What one loudspeaker does at the microphone.

    Attributes
    ----------
    heard : bool
        Whether there is more than noise. What follows means nothing otherwise.
    arrival_s : float
        From the first sample of the playing call; the device's own latency is in it, for all channels alike.
    level_db : float
        Mean of its band in equal shares an octave, as pink noise would show it: 0 is a wire from the output to the microphone's input.
    sign : int
        1 or -1: which way the microphone moved first; 0: not clear.
    clearance_db : float
        Peak over the noise.
    low : Response or None
        The same judged in the band of a subwoofer, 30 to 120 Hz.
    """

    heard: bool
    arrival_s: float
    level_db: float
    sign: int
    clearance_db: float
    low: Response | None = None


def impulse_response(heard: Samples, sweep: Sweep) -> Floats:
    """Divide a recording by the sweep that made it.

    Parameters
    ----------
    heard : ndarray, shape (n,)
        From the sweep's first sample on; what is no number counts as silence.
    sweep : Sweep

    Returns
    -------
    ndarray of float64
        Time zero at index `BEFORE`; a wire gives an impulse of 1 in the sweep's band.

    Notes
    -----
    Spectral division, regularised by 50 dB below the sweep's strongest frequency. Distortion ends up before time zero (Farina 2000).
    """
    played = sweep.samples()
    clean = np.nan_to_num(np.asarray(heard, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    length = fast_length(clean.size + played.size + BEFORE)
    x = np.fft.rfft(played, length)
    power = np.abs(x) ** 2
    made = np.fft.irfft(np.fft.rfft(clean, length) * np.conj(x) / (power + _EPSILON * power.max()), length)
    return np.asarray(np.roll(made, BEFORE)[: BEFORE + clean.size])


def judge(response: Floats, *, low: bool = False) -> Response:
    """Arrival, level and sign of a response.

    Parameters
    ----------
    response : ndarray of float64
        As `impulse_response` gives it.
    low : bool
        Of something that plays low frequencies only.

    Raises
    ------
    ValueError
        When the recording is too short to hold the noise it is judged against: 0.6 s after the sweep, 1.2 s when `low`.
    """
    least = BEFORE + (_LONGEST if low else _LATEST)
    if response.size < least:
        raise ValueError(f"a response of {response.size - BEFORE} samples; {least - BEFORE} are needed")
    low_hz = (_LOW_TIMING_BAND_HZ, LOW_LEVEL_BAND_HZ, _LOW_TIMING_BAND_HZ)
    if low:
        return _judged(response, *low_hz, _LOW_NOISE_WINDOW, _LOW_HEARD_DB)
    short = response[: BEFORE + _LATEST]
    whole = _judged(short, _TIMING_BAND_HZ, LEVEL_BAND_HZ, _SIGN_BAND_HZ, _NOISE_WINDOW, HEARD_DB)
    if not whole.heard:
        return whole
    return replace(whole, low=_judged(short, *low_hz, _SHARED_NOISE_WINDOW, _LOW_HEARD_DB))


def _judged(
    response: Floats,
    timing_hz: tuple[float, float],
    level_hz: tuple[float, float],
    sign_hz: tuple[float, float],
    noise_s: tuple[float, float],
    heard_db: float,
) -> Response:
    response = response[: BEFORE + _LONGEST]
    spectrum = np.fft.rfft(response, fast_length(response.size))
    envelope = np.abs(_analytic(spectrum, timing_hz, response.size))
    first, last = (BEFORE + round(at_s * SAMPLE_RATE_HZ) for at_s in noise_s)
    after = envelope[BEFORE * _FINER : (BEFORE + _LATEST) * _FINER]
    noise = math.sqrt(float(np.mean(envelope[first * _FINER : last * _FINER] ** 2)) / 2)
    peak = float(after.max(initial=0.0))
    clearance_db = 120.0 if noise <= peak * 1e-6 else 20 * math.log10(max(peak, 1e-12) / noise)
    if peak < 1e-7 or clearance_db < heard_db:
        return Response(False, 0.0, -200.0, 0, clearance_db)
    at = _first_peak(after, peak)
    arrival = BEFORE + at / _FINER
    return Response(
        True,
        at / _FINER / SAMPLE_RATE_HZ,
        _level_db(response, arrival, level_hz),
        _sign(spectrum, arrival, sign_hz, response.size),
        clearance_db,
    )


def fast_length(n: int) -> int:
    """A length that is no smaller and has small factors: a power of two, or three quarters of one."""
    whole = 1 << (n - 1).bit_length()
    return whole * 3 // 4 if whole * 3 // 4 >= n else whole


def _window(hz: Floats, band_hz: tuple[float, float]) -> Floats:
    """1 inside the band, with half-cosine edges of half an octave outside of it on a logarithmic axis."""
    octaves = np.log2(np.maximum(hz, 1e-3))
    low, high = math.log2(band_hz[0]), math.log2(band_hz[1])
    beyond = np.maximum(low - octaves, octaves - high) / 0.5
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip(beyond, 0.0, 1.0)))


def _analytic(spectrum: Spectrum, band_hz: tuple[float, float], n: int) -> NDArray[np.complex128]:
    """Analytic signal within a band, twice as fine."""
    length = 2 * (spectrum.size - 1)
    hz = np.arange(spectrum.size) * SAMPLE_RATE_HZ / length
    full = np.zeros(length * _FINER, complex)
    full[: spectrum.size] = 2 * _FINER * spectrum * _window(hz, band_hz)
    return np.asarray(np.fft.ifft(full)[: n * _FINER])


def _first_peak(envelope: Floats, peak: float) -> float:
    """Place of the first maximum that counts, refined by a parabola through its neighbours."""
    inner = envelope[1:-1]
    tops = np.flatnonzero((inner >= envelope[:-2]) & (inner > envelope[2:]) & (inner >= _DIRECT * peak)) + 1
    if not tops.size:
        return float(np.argmax(envelope))
    at = int(tops[0])
    left, middle, right = (float(value) for value in envelope[at - 1 : at + 2])
    curve = left - 2 * middle + right
    return at if curve == 0.0 else at + 0.5 * (left - right) / curve


def _level_db(response: Floats, arrival: float, band_hz: tuple[float, float]) -> float:
    """Mean power over a logarithmic axis, of the direct sound and half a second of the room's."""
    first = max(0, int(arrival) - 96)
    part = response[first : first + SAMPLE_RATE_HZ // 2]
    power = np.abs(np.fft.rfft(part, fast_length(part.size))) ** 2
    length = 2 * (power.size - 1)
    hz = np.arange(1, power.size) * SAMPLE_RATE_HZ / length
    weight = np.where((hz >= band_hz[0]) & (hz <= band_hz[1]), 1.0 / hz, 0.0)
    if not weight.any():  # it arrives at the very end of what was recorded
        return -200.0
    return 10 * math.log10(max(1e-20, float(np.sum(power[1:] * weight) / np.sum(weight))))


def _sign(spectrum: Spectrum, arrival: float, band_hz: tuple[float, float], n: int) -> int:
    """Which way it goes where it is strongest near its arrival; 0 where the other way is nearly as strong."""
    real = np.real(_analytic(spectrum, band_hz, n))
    reach = round(_FINER * SAMPLE_RATE_HZ * 0.25 / band_hz[0])
    middle = round(arrival * _FINER)
    near = real[max(0, middle - reach) : middle + reach]
    if not near.size:
        return 0
    up, down = float(near.max()), float(-near.min())
    if min(up, down) > _CLEAR_SIGN * max(up, down):
        return 0
    return 1 if up > down else -1
