"""Plucked strings: the guqin (long, sliding) and the pipa (short, bright, tremolo).

A bank of stiff-string partials rather than a delay line: a slide then bends exactly, and the two-stage decay
of a silk string (after Penttinen 2006) is a sum of two exponentials.
"""

from __future__ import annotations

import numpy as np

from .core import FS, Signal, add, band, burst, causal, noise, samples, smoothstep, times

_GUQIN_BODY_HZ = (98, 190, 265, 410, 620, 980, 1500, 2400)
_PIPA_BODY_HZ = (220, 340, 480, 700, 1050, 1600, 2300, 3100)


def _body(f: float, peaks: tuple[int, ...], strongest: int) -> float:
    total = 0.4
    for center in peaks:
        total += (1.3 if center == strongest else 0.8) / (1 + ((f - center) / (0.14 * center)) ** 2)
    return total


def guqin(
    rng: np.random.Generator,
    path: list[tuple[float, float]],
    *,
    velocity: float,
    damp_after_s: float | None = None,
    harmonic: bool = False,
) -> Signal:
    """One pluck of the guqin, with the slides made before the string dies.

    Parameters
    ----------
    path : list of (seconds, hertz)
        The pitch from each instant on; the first at 0. Later ones are slides of 0.38 s.
    velocity : float
        0..1.
    damp_after_s : float, optional
        When the finger leaves the string; it rings out by itself otherwise.
    harmonic : bool
        A touched string: only few, even partials, like a small bell.
    """
    first = path[0][1]
    t60 = 6.5 / (1 + (first / 900) ** 1.05)
    n = samples(min(t60, 7.0) + path[-1][0])
    t = times(n)
    ratio = np.ones(n)
    speed = np.zeros(n)
    at = first
    for instant, hertz in path[1:]:
        x = smoothstep((t - instant) / 0.38)
        ratio = ratio * (1 - x) + (hertz / first) * x
        speed += np.abs(hertz - at) / at * np.exp(-(((t - instant - 0.19) / 0.12) ** 2))
        at = hertz
    vibrato_in = np.clip((t - path[-1][0] - 0.35) / 0.5, 0, 1) * np.exp(
        -np.maximum(t - path[-1][0] - 1.6, 0) / 0.9
    )
    depth = 0 if harmonic else 18
    ratio *= 2 ** (depth * vibrato_in * np.sin(2 * np.pi * 4.2 * t) / 1200)
    phase = 2 * np.pi * first * np.cumsum(ratio) / FS
    out = np.zeros(n)
    pluck = 0.12
    for k in range(1, 40):
        f = k * first * np.sqrt(1 + 8e-5 * k * k)
        if f > 7500:
            break
        level = abs(np.sin(np.pi * k * pluck)) / k * np.exp(-((k * first / (2200 + 1800 * velocity)) ** 1.2))
        if harmonic:
            level = (1.0 / k**1.6) if k in (1, 2, 3, 4) else 0.0
        level *= _body(f, _GUQIN_BODY_HZ, 265)
        if level < 2e-4:
            continue
        own_t60 = t60 / (1 + (k * first / 900) ** 1.05) * (1 + (first / 900) ** 1.05)
        m = min(n, samples(own_t60 * 1.1 + path[-1][0]))
        envelope = 0.55 * np.exp(-6.91 * t[:m] / (own_t60 / 4)) + 0.45 * np.exp(-6.91 * t[:m] / own_t60)
        out[:m] += level * envelope * np.sin(k * phase[:m] * np.sqrt(1 + 8e-5 * k * k))
    rise = samples(0.004 if not harmonic else 0.009)
    out[:rise] *= smoothstep(np.arange(rise) / rise)
    top = float(np.max(np.abs(out)))
    out /= top
    if len(path) > 1:
        friction = noise(rng, n, band(700, 3600)) * speed
        out += 0.012 * friction / max(float(np.max(speed)), 1e-6)
    if not harmonic:
        add(out, 0, 0.05 * velocity * burst(rng, 0.05, 500, 3500, 0.008))
    if damp_after_s is not None:
        out *= np.where(t < damp_after_s, 1.0, np.exp(-np.maximum(t - damp_after_s, 0) / 0.30))
    out[-960:] *= np.linspace(1, 0, 960)
    return np.asarray(out * velocity)


def pipa(
    rng: np.random.Generator, frequency_hz: float, *, velocity: float, damp_after_s: float | None = None
) -> Signal:
    """One pluck of the pipa: nail, short string, a body that is strongest at 700 Hz."""
    t60 = 1.6 / (1 + (frequency_hz / 1400) ** 0.9)
    n = samples(t60 * 1.15)
    t = times(n)
    out = np.zeros(n)
    drift = 1 + 0.0022 * velocity * np.exp(-t / 0.03)
    phase = 2 * np.pi * frequency_hz * np.cumsum(drift) / FS
    for k in range(1, 30):
        f = k * frequency_hz * np.sqrt(1 + 6e-5 * k * k)
        if f > 9000:
            break
        level = (
            abs(np.sin(np.pi * k * 0.09))
            / k
            * np.exp(-((f / (3000 + 3500 * velocity)) ** 1.3))
            * _body(f, _PIPA_BODY_HZ, 700)
        )
        own = t60 / (1 + (f / 1800) ** 0.9)
        out += level * np.sin(phase * k * np.sqrt(1 + 6e-5 * k * k)) * np.exp(-6.91 * t / own)
    out[:30] *= np.linspace(0, 1, 30)
    out /= np.max(np.abs(out))
    add(out, 0, 0.16 * velocity * burst(rng, 0.02, 1800, 8000, 0.0025))
    if damp_after_s is not None:
        out *= np.where(t < damp_after_s, 1.0, np.exp(-np.maximum(t - damp_after_s, 0) / 0.05))
    out[-480:] *= np.linspace(1, 0, 480)
    return np.asarray(out * velocity)


def pipa_tremolo(
    rng: np.random.Generator, frequency_hz: float, length_s: float, *, velocity: float
) -> Signal:
    """The rolling tremolo: fourteen plucks a second in an accent cycle of five, with a swell."""
    out = np.zeros(samples(length_s + 1.2))
    at, k = 0.0, 0
    accents = (1.0, 0.72, 0.8, 0.7, 0.85)
    while at < length_s - 0.03:
        x = at / length_s
        shape = 0.55 + 0.45 * np.sin(np.pi * min(1.0, x * 1.15)) ** 1.2
        loud = velocity * accents[k % 5] * shape
        add(
            out,
            samples(at),
            pipa(rng, frequency_hz * 2 ** (rng.normal(0, 2) / 1200), velocity=loud, damp_after_s=0.16),
        )
        at += 1 / 14 * (1 + 0.06 * rng.standard_normal())
        k += 1
    return causal(out, 120, None)
