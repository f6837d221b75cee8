"""The dizi: a bamboo flute with a buzzing membrane.

A line, not notes: pitch glides, the breath swells, and the membrane answers the breath with odd harmonics in
two bands at 4-6 and 10-14 kHz (Tsai). Vibrato begins late; from the first instant it would sound synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from .core import FS, Signal, band, filtered, noise, samples, times

_HARMONICS = (1.0, 0.42, 0.2, 0.07)


@dataclass(frozen=True, slots=True)
class Blown:
    """One note of a line.

    Parameters
    ----------
    start_s, length_s : float
        When.
    hertz : float
        Which.
    loud : float
        0..1.
    tongued : bool
        Starts with a tongue stroke (a dip and a chiff), otherwise it glides from the note before.
    """

    start_s: float
    length_s: float
    hertz: float
    loud: float
    tongued: bool


def dizi(rng: np.random.Generator, n: int, line: list[Blown]) -> Signal:
    """A line of the flute, dry, about unit peak."""
    t = times(n)
    pitch = np.full(n, np.log2(line[0].hertz))
    breath = np.zeros(n)
    vibrato = np.zeros(n)
    chiff = np.zeros(n)
    for index, note in enumerate(line):
        a, b = samples(note.start_s), min(n, samples(note.start_s + note.length_s))
        pitch[a:] = np.log2(note.hertz)
        x = (np.arange(a, b) - a) / max(1, b - a)
        shape = note.loud * (0.86 + 0.18 * np.sin(np.pi * np.minimum(1, 0.25 + 0.8 * x)) - 0.12 * x)
        if note.tongued:
            rise = samples(0.045)
            shape[:rise] *= np.linspace(0, 1, min(rise, shape.size)) ** 0.8
            end = min(n, a + samples(0.03))
            chiff[a:end] = 0.8
        follows = index + 1 < len(line) and line[index + 1].start_s - (note.start_s + note.length_s) < 0.02
        if not follows or line[index + 1].tongued:
            fall = min(shape.size, samples(0.11 if not follows else 0.03))
            shape[-fall:] *= np.linspace(1, 0.0 if not follows else 0.25, fall)
        breath[a:b] = shape
        since = t[a:b] - note.start_s
        vibrato[a:b] = np.clip((since - 0.4) / 0.4, 0, 1)
    b_lp, a_lp = signal.butter(1, 14 / (FS / 2))
    pitch = signal.lfilter(b_lp, a_lp, pitch - pitch[0]) + pitch[0]
    b_br, a_br = signal.butter(1, 30 / (FS / 2))
    breath = np.maximum(signal.lfilter(b_br, a_br, breath), 0)
    vibrato = signal.lfilter(b_br, a_br, vibrato)
    wander = noise(rng, n, band(0.3, 4)) * 2.5
    cents = 14 * vibrato * np.sin(2 * np.pi * 5.2 * t + 0.4 * noise(rng, n, band(0.1, 0.8))) + wander
    f0 = 2 ** (pitch + cents / 1200)
    phase = 2 * np.pi * np.cumsum(f0) / FS
    tone = np.zeros(n)
    for k, level in enumerate(_HARMONICS, 1):
        # Overtones come with breath: a soft note is almost a sine.
        tone += level * breath ** (0.25 * (k - 1)) * np.sin(k * phase + 0.7 * k)
    tone /= sum(_HARMONICS)
    blown = 2.6 * breath * tone * (1 + 0.12 * vibrato * np.sin(2 * np.pi * 5.2 * t))
    bent = np.tanh(blown)
    linear = float(np.dot(bent, blown) / max(1e-12, float(np.dot(blown, blown))))
    buzz = bent - linear * blown
    membrane = 1.1 * filtered(buzz, band(3600, 6400)) + 0.35 * filtered(buzz, band(10_000, 14_000))
    hiss = (
        noise(rng, n, band(700, 9000)) * 10 ** (-29 / 20) * breath * (1 + 0.5 * np.sin(phase)) * (1 + chiff)
    )
    out = breath * tone + 1.6 * membrane + 0.9 * hiss
    return np.asarray(filtered(out, band(180, 16_000)))
