"""Bells, chimes and drums.

Partial ratios are published ones (bianzhong: ten bells of the Shanghai Museum; Pan 2009 for their short
decay) or design values, as the README says; the drums are the Bessel modes of a circular membrane with air
load.
"""

from __future__ import annotations

import numpy as np
from scipy import signal, special

from .core import FS, Signal, add, arrivals, burst, causal, generator, samples, slow, soft_limit, times
from .places import paper_flame

# The five tones (Pythagorean, D gong), octave 3.
TONES_HZ = {"D": 146.83, "E": 165.18, "F#": 185.83, "A": 220.25, "B": 247.78}


def pitch_hz(name: str) -> float:
    """`F#5` -> Hz, in the scale of the score (octaves start at D here: D5 < E5 < F#5 < A5 < B5 < D6)."""
    tone, octave = name[:-1], int(name[-1])
    return TONES_HZ[tone] * 2.0 ** (octave - 3)


_SUI = (
    (1, 1, 2.4),
    (2.62, 0.75, 1.5),
    (2.9, 0.3, 1.3),
    (4.1, 0.5, 1.0),
    (5.7, 0.34, 0.7),
    (7.3, 0.22, 0.5),
    (9.6, 0.15, 0.35),
    (12.2, 0.1, 0.25),
)


def bianzhong(
    rng: np.random.Generator, frequency_hz: float, velocity: float = 0.7, stretch: float = 1.0
) -> Signal:
    """One stroke of a two-tone bell: its own family of partials and 5 % of the other one, a third above.

    Parameters
    ----------
    velocity : float
        0..1: louder and brighter.
    stretch : float
        Multiplies the decay times; larger bells ring longer.
    """
    n = samples(2.9 * stretch)
    t = times(n)
    out = np.zeros(n)
    for family, leak in ((1.0, 1.0), (1.1852, 0.05)):
        for index, (ratio, level, t60) in enumerate(_SUI):
            f = frequency_hz * ratio * (family if index == 0 else 1 + (family - 1) * 0.3)
            if f > 15_000:
                continue
            tilt = ratio ** (-0.9 * (1 - velocity))
            spread = 1 + rng.normal(0, 0.0006)
            out += (
                leak
                * level
                * tilt
                * np.sin(2 * np.pi * f * spread * t + rng.uniform(-0.4, 0.4))
                * np.exp(-6.91 * t / (t60 * stretch))
            )
    mallet = burst(rng, 0.06, 1500, 7000, 0.006)
    out[:72] *= np.linspace(0, 1, 72)
    add(out, 0, 0.5 * velocity**1.4 * mallet)
    out[-2400:] *= np.linspace(1, 0, 2400)
    return np.asarray(out * (0.25 + 0.75 * velocity**1.3))


_GREAT = (1, 1.90, 2.66, 3.05, 3.92, 5.05, 6.26, 7.4, 8.9, 10.3, 12.1)
_GREAT_LEVEL = (0.55, 0.8, 0.75, 0.5, 0.55, 0.42, 0.32, 0.24, 0.18, 0.12, 0.08)
_GREAT_T60_S = (16, 10, 7.5, 6, 4.8, 3.6, 2.7, 2.1, 1.6, 1.2, 0.9)


def great_bell(name: str, n: int, *, velocity: float = 1.0) -> Signal:
    """The gate's great bell, hum on D: doublets that beat slowly low down and fast high up, struck by a
    beam.
    """
    rng = generator(name)
    t = times(n)
    out = np.zeros(n)
    for index, (ratio, level, t60) in enumerate(zip(_GREAT, _GREAT_LEVEL, _GREAT_T60_S, strict=True)):
        split = 0.45 + (7 - 0.45) * index / (len(_GREAT) - 1)
        level = level * ratio ** (-0.9 * (1 - velocity))
        for side, gain in ((-0.5, 0.62), (0.5, 0.38)):
            f = TONES_HZ["D"] * ratio + side * split
            out += (
                level * gain * np.sin(2 * np.pi * f * t + rng.uniform(0, 2 * np.pi)) * np.exp(-6.91 * t / t60)
            )
    attack = samples(0.006)
    out[:attack] *= np.linspace(0, 1, attack)
    add(out, 0, 0.9 * velocity * burst(rng, 0.25, 120, 1400, 0.018))
    fade = samples(1.5)
    out[-fade:] *= np.linspace(1, 0, fade) ** 2
    return out


def far_bell(name: str, n: int) -> Signal:
    """The same bell from beyond the town: the air and the roofs have taken what is above 700 Hz."""
    return causal(great_bell(name, n, velocity=0.6), 60, 700)


def chime_tone(rng: np.random.Generator, frequency_hz: float, velocity: float) -> Signal:
    """One tube of a wind chime: a free bar's partials and a noisy strike (without it the ear cannot place
    it).
    """
    n = samples(3.4)
    t = times(n)
    out = np.zeros(n)
    for ratio, level, t60 in ((1, 1, 3.2), (2.756, 0.55, 1.5), (5.404, 0.3, 0.6), (8.933, 0.14, 0.25)):
        f = frequency_hz * ratio
        if f < 16_000:
            out += (
                level
                * velocity ** (0.3 * (ratio - 1) / 2)
                * np.sin(2 * np.pi * f * t + rng.uniform(0, 6.28))
                * np.exp(-6.91 * t / t60)
            )
    out[:30] *= np.linspace(0, 1, 30)
    add(out, 0, 0.35 * burst(rng, 0.03, 2500, 11_000, 0.003))
    out[-4800:] *= np.linspace(1, 0, 4800)
    return np.asarray(out * velocity)


def wind_chime(
    name: str, n: int, *, per_s: float = 0.9, gust: Signal | None = None, loop: bool = True
) -> Signal:
    """Strikes as the wind has it, on the scale, two octaves up."""
    rng = generator(name)
    if gust is None:
        gust = np.exp(0.9 * slow(rng, n, 0.4))
    out = np.zeros(n)
    tones = [f * 8 for f in TONES_HZ.values()]
    for at in arrivals(rng, n, per_s, gust):
        velocity = float(np.clip(0.25 + 0.35 * rng.random() + 0.1 * gust[at], 0.1, 1))
        add(
            out,
            int(at),
            chime_tone(rng, tones[int(rng.integers(5))] * rng.uniform(0.999, 1.001), velocity),
            loop=loop,
        )
    return out


def chime_burst(name: str, n: int) -> Signal:
    """A gust takes the chime: many strikes at once, dying."""
    t = times(n)
    gust = np.where(t < 0.05, 0.0, np.exp(-((t - 0.45) ** 2) / 0.12) + 0.25 * np.exp(-t / 0.7))
    return wind_chime(name, n, per_s=3.4, gust=gust, loop=False)


def lantern_chime(name: str, n: int) -> Signal:
    """A lantern wakes: paper, a flame catching, and its tone with the fifth or fourth above it."""
    rng = generator(name)
    tone, second = {
        "1": ("D6", "A6"),
        "2": ("E6", "B6"),
        "3": ("F#6", "B6"),
        "4": ("A6", "D7"),
        "5": ("B6", "E7"),
    }[name[-1]]
    out = 0.16 * paper_flame(name + ":paper", n)
    add(out, samples(0.34), 0.8 * chime_tone(rng, pitch_hz(tone), 0.8))
    add(out, samples(0.34 + 0.47), 0.45 * chime_tone(rng, pitch_hz(second), 0.5))
    add(out, samples(0.34), 0.5 * bianzhong(rng, pitch_hz(tone) / 2, 0.3, 1.2))
    return out


_MODES = [(m, k, float(special.jn_zeros(m, 5)[k])) for m in range(7) for k in range(5 if m == 0 else 4)]


def dagu(
    rng: np.random.Generator, velocity: float, *, f01_hz: float = 62.0, rho: float | None = None
) -> Signal:
    """One stroke of a big drum.

    Parameters
    ----------
    velocity : float
        0..1; also moves the strike from the edge (soft) to the centre (loud) unless `rho` is given.
    f01_hz : float
        Its lowest mode.
    rho : float, optional
        Strike radius relative to the skin's, 0 centre .. 1 rim.
    """
    n = samples(2.4)
    t = times(n)
    rho = 0.55 - 0.25 * velocity if rho is None else rho
    glide = 1 + 0.09 * velocity * np.exp(-t / 0.075)
    phase = 2 * np.pi * np.cumsum(glide) / FS
    out = np.zeros(n)
    z01 = _MODES[0][2]
    for m, k, z in _MODES:
        q = z / z01
        frequency = f01_hz * q * (0.93 if q < 2.5 else 1.0)
        if frequency > 1600:
            continue
        level = abs(special.jv(m, z * rho)) / abs(special.jv(m + 1, z)) * q ** -(0.1 + 0.6 * (1 - velocity))
        t60 = 1.7 / q**0.95 * (0.55 if (m, k) == (0, 0) else 1.0)
        out += level * np.sin(frequency * phase + rng.uniform(-0.2, 0.2)) * np.exp(-6.91 * t / t60)
    out /= np.max(np.abs(out))
    for shell_hz, t60, gain in ((182, 0.22, 0.12), (311, 0.16, 0.10), (527, 0.11, 0.08), (905, 0.07, 0.06)):
        out += gain * velocity * np.sin(2 * np.pi * shell_hz * t) * np.exp(-6.91 * t / t60)
    out[:48] *= np.linspace(0, 1, 48)
    add(out, 0, (0.28 + 0.5 * velocity) * velocity * burst(rng, 0.06, 500, 4500, 0.007))
    out[-2400:] *= np.linspace(1, 0, 2400)
    return np.asarray(np.tanh(1.6 * out) / np.tanh(1.6) * (0.2 + 0.8 * velocity**1.2))


def rim(rng: np.random.Generator, velocity: float) -> Signal:
    """The stick on the drum's rim: a dry wooden click."""
    n = samples(0.5)
    t = times(n)
    out = np.zeros(n)
    for f, t60, gain in (
        (905, 0.07, 1),
        (1480, 0.05, 0.8),
        (2350, 0.035, 0.5),
        (3900, 0.02, 0.3),
        (311, 0.12, 0.4),
    ):
        out += gain * np.sin(2 * np.pi * f * t) * np.exp(-6.91 * t / t60)
    add(out, 0, 0.8 * burst(rng, 0.04, 1200, 7000, 0.004))
    out[:16] *= np.linspace(0, 1, 16)
    return np.asarray(out / np.max(np.abs(out)) * velocity)


def drum_room(x: Signal, name: str) -> Signal:
    """The square's answer behind a drum: one wall, and a short low tail."""
    rng = generator(name + ":square")
    m = samples(1.1)
    tail = causal(rng.standard_normal(m), 70, 1800) * np.exp(-6.91 * times(m) / 1.0)
    tail[: samples(0.03)] = 0
    tail[samples(0.031)] += 2.0 * np.max(np.abs(tail))
    wet = signal.fftconvolve(x, tail / np.sqrt(np.sum(tail**2)))[: x.size]
    return np.asarray(x + 0.16 * wet)


def drum_hit(name: str, n: int, velocity: float) -> Signal:
    """A stroke as a file of its own, with the square's answer."""
    rng = generator(name)
    out = np.zeros(n)
    add(out, 0, dagu(rng, velocity))
    return soft_limit(drum_room(out, name), 24.0)


def drum_rim(name: str, n: int) -> Signal:
    """The rim click as a file of its own."""
    rng = generator(name)
    out = np.zeros(n)
    add(out, 0, rim(rng, 1.0))
    return drum_room(out, name)
