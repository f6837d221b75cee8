"""People without words: the murmur of a street, vendors' calls, a crowd's cheer, and a cat."""

from __future__ import annotations

import numpy as np
from scipy import signal

from .core import (
    FS,
    OCTAVES_HZ,
    Signal,
    add,
    band,
    burst,
    causal,
    edges,
    filtered,
    generator,
    noise,
    peak,
    samples,
    slow,
    soft_limit,
    swell,
    times,
)

# Vowels as four formants (Hz); /a e i o u/ and two in between.
_VOWELS = (
    (730, 1090, 2440, 3400),
    (530, 1840, 2480, 3500),
    (300, 2200, 2950, 3600),
    (500, 900, 2400, 3300),
    (330, 800, 2250, 3200),
    (640, 1190, 2390, 3300),
    (480, 1400, 2450, 3400),
)
# The four shapes of a tone language, semitones at equal steps through the syllable.
_TONES = ((0.0, 0.0), (-2.0, 3.0), (-3.0, -5.0, 0.0), (4.0, -4.0))
# Long-term average speech spectrum, octaves 125..8000 Hz, dB re total (Byrne et al. 1994).
SPEECH_OCTAVES_DB = (-8.0, -5.0, -3.0, -10.0, -15.0, -19.0, -21.0)


def voiced(
    f0: Signal, formants: Signal, rng: np.random.Generator, *, slope: float, gains: tuple[float, ...]
) -> Signal:
    """A sung or spoken line: harmonics k^-slope shaped by gliding formants, by additive synthesis.

    Parameters
    ----------
    f0 : Signal
        Fundamental, Hz, per sample.
    formants : Signal, shape (4, n)
        Formant centres, Hz.
    """
    n = f0.size
    step = 240
    coarse = np.arange(0, n + step, step)
    phase = 2 * np.pi * np.cumsum(f0) / FS
    out = np.zeros(n)
    f0_coarse = np.interp(coarse, np.arange(n), f0)
    centres = np.stack([np.interp(coarse, np.arange(n), row) for row in formants])
    widths = np.array([90.0, 110.0, 170.0, 250.0])[:, None]
    for k in range(1, int(5200 / max(float(np.min(f0)), 60)) + 1):
        f = k * f0_coarse
        level = sum(g / (1 + ((f - c) / w) ** 2) for g, c, w in zip(gains, centres, widths, strict=True))
        level = (level + 0.02) * k**-slope * (f < 6000)
        out += np.interp(np.arange(n), coarse, level) * np.sin(k * phase + rng.uniform(0, 2 * np.pi))
    return out


def _syllable(
    rng: np.random.Generator, base_hz: float, length: int, *, slope: float, gains: tuple[float, ...]
) -> Signal:
    shape = _TONES[int(rng.integers(4))]
    x = np.linspace(0, 1, length)
    pitch = np.interp(x, np.linspace(0, 1, len(shape)), shape)
    f0 = base_hz * 2 ** (pitch / 12)
    a, b = rng.choice(len(_VOWELS), 2)
    glide = np.clip(x * 1.6 - 0.3, 0, 1)
    size = 1.0 if base_hz < 160 else 1.15
    formants = size * (np.array(_VOWELS[a])[:, None] * (1 - glide) + np.array(_VOWELS[b])[:, None] * glide)
    out = voiced(f0, formants, rng, slope=slope, gains=gains)
    rise = samples(0.025)
    out[:rise] *= np.linspace(0, 1, rise)
    out[-rise:] *= np.linspace(1, 0, rise)
    top = np.max(np.abs(out))
    out = out / top
    consonant = burst(rng, 0.05, rng.uniform(800, 2500), rng.uniform(4500, 8000), 0.018)
    add(out, 0, 0.28 * consonant)
    return np.asarray(out)


def to_speech_spectrum(x: Signal, *, loop: bool) -> Signal:
    """Equalises to the long-term average speech spectrum, octave by octave."""
    out = x
    for _ in range(2):
        power = np.abs(np.fft.rfft(out)) ** 2
        f = np.fft.rfftfreq(out.size, 1 / FS)
        have = np.array([power[(f >= c / 2**0.5) & (f < c * 2**0.5)].sum() for c in OCTAVES_HZ])
        have_db = 10 * np.log10(have / have.sum())
        gain_db = np.array(SPEECH_OCTAVES_DB) - have_db
        log_f = np.log2(np.array(OCTAVES_HZ))

        def shape(g: Signal, gain_db: Signal = gain_db, log_f: Signal = log_f) -> Signal:
            wanted = np.interp(np.log2(np.maximum(g, 1.0)), log_f, gain_db)
            return np.asarray(10 ** (wanted / 20) * band(80, 11_000)(g))

        out = filtered(out, shape, loop=loop)
    return out


def crowd(name: str, n: int, *, voices: int, effort: float) -> Signal:
    """Many people talking at once, further and nearer, in phrases with pauses; no words.

    Parameters
    ----------
    effort : float
        0 at ease .. 1 shouting: higher pitch, brighter source, fewer pauses.
    """
    out = np.zeros(n)
    slope = 1.25 - 0.4 * effort
    gains = (1.0, 0.6 + 0.4 * effort, 0.3 + 0.5 * effort, 0.15 + 0.4 * effort)
    for voice in range(voices):
        rng = generator(f"{name}:{voice}")
        male = rng.random() < 0.6
        base = rng.uniform(95, 140) if male else rng.uniform(170, 250)
        base *= 1 + 0.45 * effort
        near = rng.uniform(0.35, 1.0)
        at = int(rng.integers(0, n))
        end = at + n
        while at < end:
            phrase_gain = near * rng.uniform(0.6, 1.0)
            for k in range(int(rng.integers(3, 11))):
                length = samples(rng.uniform(0.11, 0.24) * (1 + 0.5 * effort))
                sound = _syllable(rng, base * (1 - 0.012 * k), length, slope=slope, gains=gains)
                if at + length > end:
                    break
                add(out, at, sound * phrase_gain, loop=True)
                at += length + samples(rng.uniform(0, 0.03))
            at += samples(rng.uniform(0.3, 1.9) * (1 - 0.6 * effort))
    out = to_speech_spectrum(out, loop=True)
    # A street is not dry: a short diffuse answer joins the voices into one place.
    rng = generator(name + ":street")
    m = samples(0.7)
    tail = rng.standard_normal(m) * np.exp(-6.91 * times(m) / 0.6)
    answer = np.zeros(n)
    answer[:m] = tail / np.sqrt(np.sum(tail**2))
    wet = np.fft.irfft(np.fft.rfft(out) * np.fft.rfft(answer), n)
    return soft_limit(to_speech_spectrum(out + 0.8 * wet, loop=True), 16.0)


def roar(name: str, n: int) -> Signal:
    """The drum square's crowd: many raised voices and the breath of a mass of people."""
    rng = generator(name + ":mass")
    voices = crowd(name, n, voices=22, effort=0.75)
    mass = noise(rng, n, peak(620, 0.9)) * np.exp(0.35 * slow(rng, n, 2))
    out = voices / np.std(voices) + 0.7 * mass
    return soft_limit(filtered(out, band(110, 8000), loop=True), 15.0)


def cheer(name: str, n: int) -> Signal:
    """A crowd answering: one long open shout that rises and falls away."""
    out = np.zeros(n)
    for voice in range(26):
        rng = generator(f"{name}:{voice}")
        male = rng.random() < 0.55
        base = rng.uniform(150, 230) if male else rng.uniform(260, 380)
        start = samples(0.08 + abs(rng.normal(0, 0.16)))
        length = samples(rng.uniform(1.2, 2.9))
        x = np.linspace(0, 1, length)
        f0 = base * 2 ** ((3.0 * np.sin(np.pi * np.minimum(1, x * 1.3)) - 4 * x**2) / 12)
        f0 *= 2 ** (0.25 * slow(rng, length, 6, low_hz=1) / 12)
        vowel = (
            np.array(_VOWELS[0 if rng.random() < 0.6 else 3])[:, None]
            * np.ones(length)
            * (1.0 if male else 1.15)
        )
        tone = voiced(f0, vowel, rng, slope=0.85, gains=(0.9, 1.0, 0.8, 0.5))
        envelope = np.minimum(1, x / 0.08) * (1 - x) ** 1.3
        add(out, start, tone / np.max(np.abs(tone)) * envelope * rng.uniform(0.4, 1))
    rng = generator(name + ":breath")
    wind = noise(rng, n, peak(1500, 1.0)) * np.interp(times(n), [0, 0.1, 0.5, 1.8, 4.6], [0, 0.1, 1, 0.5, 0])
    out = out / np.max(np.abs(out)) + 0.05 * wind
    m = samples(1.2)
    tail = rng.standard_normal(m) * np.exp(-6.91 * times(m) / 1.1)
    out = out + 0.5 * signal.fftconvolve(out, tail / np.sqrt(np.sum(tail**2)))[:n]
    return soft_limit(filtered(out, band(120, 8000)), 16.0)


# Each call is four sung notes of the five-tone scale, short short short long, the last one falling.
_CALLS: dict[str, tuple[float, tuple[float, ...], float]] = {
    "1": (1.0, (220.25, 247.78, 220.25, 293.66), 1.0),
    "2": (1.15, (330.37, 371.66, 330.37, 440.5), 1.15),
    "3": (0.97, (165.18, 146.83, 165.18, 220.25), 0.97),
    "4": (1.2, (371.66, 440.5, 371.66, 495.56), 1.22),
}


def vendor(name: str, n: int) -> Signal:
    """A vendor's call on scale tones, with effort in the voice, and the houses' answer."""
    rng = generator(name)
    _, notes, size = _CALLS[name[-1]]
    out = np.zeros(n)
    at = 0.06
    vowels = [_VOWELS[int(rng.integers(len(_VOWELS)))] for _ in notes]
    vowels[-1] = _VOWELS[0] if name[-1] in "13" else _VOWELS[5]
    for k, (note, length_s) in enumerate(zip(notes, (0.22, 0.2, 0.24, 1.15), strict=True)):
        length = samples(length_s)
        x = np.linspace(0, 1, length)
        bend = -0.6 * np.exp(-x / 0.06)
        if k == 3:
            bend = (
                bend
                + 0.25 * np.sin(2 * np.pi * 5.4 * x * length_s) * (x > 0.25)
                - 8 * np.clip((x - 0.62) / 0.38, 0, 1) ** 1.6
            )
        f0 = note * 2 ** (bend / 12)
        nxt = vowels[min(k + 1, 3)]
        glide = np.clip((x - 0.5) * 1.4, 0, 1) * (0.6 if k < 3 else 0.0)
        formants = size * (np.array(vowels[k])[:, None] * (1 - glide) + np.array(nxt)[:, None] * glide)
        tone = voiced(f0, formants, rng, slope=0.75, gains=(0.8, 1.0, 0.9, 0.6))
        tone *= np.minimum(1, x * length_s / 0.03) * np.minimum(
            1, (1 - x) * length_s / (0.04 if k < 3 else 0.3)
        )
        add(out, samples(at), tone / np.max(np.abs(tone)) * (0.75 if k < 3 else 1.0))
        add(out, samples(at) - samples(0.02), 0.12 * burst(rng, 0.06, 1500, 7000, 0.015))
        at += length_s + (0.03 if k < 2 else 0.06)
    m = samples(1.0)
    tail = rng.standard_normal(m) * np.exp(-6.91 * times(m) / 0.8)
    wet = signal.fftconvolve(out, tail / np.sqrt(np.sum(tail**2)))[:n]
    return causal(out + 0.22 * wet, 110, 9000)


def cat(name: str, n: int) -> Signal:
    """A cat says one thing: a rising and falling tone through opening and closing formants."""
    rng = generator(name)
    length = samples(0.85)
    x = np.linspace(0, 1, length)
    f0 = 480 + 260 * np.sin(np.pi * x**0.75) - 60 * x
    f0 *= 1 + 0.01 * np.sin(2 * np.pi * 7 * x)
    open_mouth = np.sin(np.pi * x) ** 0.8
    formants = np.stack(
        [600 + 700 * open_mouth, 1900 - 300 * open_mouth, 3300 + 200 * open_mouth, 4600 + 0 * x]
    )
    tone = voiced(f0, formants, rng, slope=0.8, gains=(1.0, 0.7, 0.5, 0.3))
    tone *= np.minimum(1, x / 0.1) * (1 - x) ** 0.6
    out = np.zeros(n)
    add(out, samples(0.05), edges(tone / np.max(np.abs(tone)), 0.01, 0.05))
    hiss = noise(rng, length, band(1500, 8000)) * swell(length)
    add(out, samples(0.05), 0.01 * hiss)
    return out
