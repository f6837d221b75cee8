"""Murmured syllables of our own making: a voice without words, as long as the text would take.

A glottal source by its harmonics (falling 12 dB an octave), three formants that glide from vowel to vowel (Peterson and Barney 1952,
their men's means), a short noise for every consonant, a phrase's falling pitch. Seeded by the text: the same line murmurs the same.
"""

from __future__ import annotations

import re
import zlib

import numpy as np
from numpy.typing import NDArray

from engine.audio.clips import SAMPLE_RATE_HZ

Samples = NDArray[np.float32]

LATIN_SYLLABLE_S = 0.19
HANZI_SYLLABLE_S = 0.21
_PAUSE_S = 0.28
_LEVEL = 0.09
"""Root mean square while it murmurs: about -23 LUFS in the middle."""
# Formants of i, e, a, o, u in Hz.
_VOWELS = ((270, 2290, 3010), (530, 1840, 2480), (730, 1090, 2440), (570, 840, 2410), (300, 870, 2240))
_BANDWIDTHS_HZ = (70.0, 100.0, 140.0)
_HARMONICS = 32
_HANZI = re.compile(r"[\u3400-\u9fff]")
_VOWEL_GROUP = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôû]+", re.IGNORECASE)
_STOP = re.compile(r"[,.;:!?，。；：！？、—…]")


def syllables(text: str) -> list[int]:
    """Syllables of a text by phrase: one a hanzi, one a group of vowels; phrases end at punctuation.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of int
        At least one phrase of one syllable.
    """
    found = []
    for phrase in _STOP.split(text):
        hanzi = len(_HANZI.findall(phrase))
        words = re.findall(r"[^\W\d_]+", _HANZI.sub(" ", phrase))
        count = hanzi + sum(max(1, len(_VOWEL_GROUP.findall(word))) for word in words)
        count += sum(len(number) for number in re.findall(r"\d+", phrase))
        if count:
            found.append(count)
    return found or [1]


def length_s(text: str) -> float:
    """How long the murmur of a text is."""
    phrases = syllables(text)
    each = HANZI_SYLLABLE_S if _HANZI.search(text) else LATIN_SYLLABLE_S
    return sum(phrases) * each + (len(phrases) - 1) * _PAUSE_S


def murmur(text: str, *, pitch_hz: float = 120.0) -> Samples:
    """The murmur of a text.

    Parameters
    ----------
    text : str
    pitch_hz : float
        About which the voice moves.

    Returns
    -------
    ndarray of float32, shape (n,)
        48 kHz, mono.
    """
    rng = np.random.Generator(np.random.Philox(zlib.crc32(text.encode())))
    each_s = HANZI_SYLLABLE_S if _HANZI.search(text) else LATIN_SYLLABLE_S
    parts: list[Samples] = []
    for count in syllables(text):
        if parts:
            parts.append(np.zeros(round(_PAUSE_S * SAMPLE_RATE_HZ), np.float32))
        parts.append(_phrase(count, each_s, pitch_hz, rng))
    whole = np.concatenate(parts)
    loud = float(np.sqrt(np.mean(whole[whole != 0.0] ** 2)))
    return np.asarray(whole * np.float32(_LEVEL / max(loud, 1e-9)), np.float32)


def _phrase(count: int, each_s: float, pitch_hz: float, rng: np.random.Generator) -> Samples:
    n = round(count * each_s * SAMPLE_RATE_HZ)
    at = np.arange(n) / n * count  # in syllables
    vowels = np.array([_VOWELS[k] for k in rng.integers(0, len(_VOWELS), count + 1)], float)
    knots = np.arange(count + 1) + 0.35
    formants = np.stack([np.interp(at, knots, vowels[:, k]) for k in range(3)])
    accents = rng.normal(0.0, 1.5, count + 1)
    semitones = np.interp(at, knots, accents) + 2.0 - 5.0 * at / count
    f0_hz = pitch_hz * 2 ** (semitones / 12)
    phase = 2 * np.pi * np.cumsum(f0_hz) / SAMPLE_RATE_HZ
    voiced = np.zeros(n)
    for harmonic in range(1, _HARMONICS + 1):
        f_hz = harmonic * f0_hz
        tract = np.ones(n)
        for formant, bandwidth_hz in zip(formants, _BANDWIDTHS_HZ, strict=True):
            # A resonance's magnitude, 1 at 0 Hz.
            tract *= formant**2 / np.sqrt((formant**2 - f_hz**2) ** 2 + (bandwidth_hz * f_hz) ** 2)
        voiced += np.sin(harmonic * phase) * tract / harmonic**2 * (f_hz < 5000)
    inside = at - np.floor(at)
    opening = np.clip(inside / 0.25, 0, 1) * np.clip((1.02 - inside) / 0.2, 0, 1)
    breath = rng.standard_normal(n)
    breath = breath - np.concatenate([[0.0], breath[:-1]])  # consonants are bright
    consonant = breath * np.exp(-0.5 * ((inside - 0.08) / 0.05) ** 2) * 0.12 * np.std(voiced)
    edge = np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.01 * SAMPLE_RATE_HZ), 0, 1)
    return np.asarray((voiced * opening**1.5 + consonant) * edge, np.float32)
