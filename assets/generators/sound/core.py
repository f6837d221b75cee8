"""Building blocks: seeded numbers, noise that loops, events, filters, levels and the FLAC writer.

Loops are loops by construction: noise comes from an inverse FFT (so it is periodic), events wrap around the
end, and
filters are applied in the frequency domain of the whole loop. No crossfade hides a join, because there is
none.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile
from numpy.typing import NDArray
from scipy import fft, signal

FS = 48_000
SEED_VERSION = 1

Signal = NDArray[np.float64]
Shape = Callable[[Signal], Signal]


def generator(name: str) -> np.random.Generator:
    """The random numbers of one stem: the same for the same name, on any machine.

    Parameters
    ----------
    name : str
        Stem name; parts of a stem add a suffix after a colon.

    Returns
    -------
    numpy.random.Generator
        Philox keyed by the name's CRC-32 and the version of this package.
    """
    return np.random.Generator(np.random.Philox(key=[zlib.crc32(name.encode()), SEED_VERSION]))


def samples(seconds: float) -> int:
    """Length in samples, nearest."""
    return round(seconds * FS)


def times(n: int) -> Signal:
    """Sample instants, seconds."""
    return np.arange(n) / FS


# ---- shapes over frequency (all take hertz, give amplitude)
# ------------------------------------------------------


def band(low_hz: float, high_hz: float, order: int = 2) -> Shape:
    """A band with soft Butterworth-like edges (a hard edge would ring and show as a brick in the
    spectrogram).
    """

    def shape(f: Signal) -> Signal:
        f = np.maximum(f, 1e-3)
        high_pass = 1 / np.sqrt(1 + (low_hz / f) ** (2 * order))
        return np.asarray(high_pass / np.sqrt(1 + (f / high_hz) ** (2 * order)))

    return shape


def peak(center_hz: float, octaves: float = 1.0) -> Shape:
    """A Gaussian hump in log frequency, `octaves` wide (standard deviation)."""

    def shape(f: Signal) -> Signal:
        return np.asarray(np.exp(-0.5 * (np.log2(np.maximum(f, 1e-3) / center_hz) / octaves) ** 2))

    return shape


def noise(rng: np.random.Generator, n: int, shape: Shape) -> Signal:
    """Unit-variance noise of period `n` with the spectrum `shape`."""
    f = fft.rfftfreq(n, 1 / FS)
    spectrum = (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size)) * shape(f)
    spectrum[0] = 0
    x = fft.irfft(spectrum, n)
    return np.asarray(x / np.std(x))


def slow(rng: np.random.Generator, n: int, top_hz: float, low_hz: float = 0.05) -> Signal:
    """Unit-variance 1/f noise from `low_hz` to `top_hz`, periodic in `n`: how gusts, waves and crowds
    wander.
    """

    def shape(f: Signal) -> Signal:
        inside = (f >= low_hz) & (f <= top_hz)
        return np.where(inside, 1 / np.sqrt(np.maximum(f, low_hz)), 0.0)

    if n / FS < 1 / low_hz:
        low_hz = FS / n
    return noise(rng, n, shape)


def filtered(x: Signal, shape: Shape, *, loop: bool = False) -> Signal:
    """`x` through a zero-phase filter; `loop` filters it as one period, otherwise with room for the ring."""
    pad = 0 if loop else 8192
    padded = np.pad(x, (pad, pad))
    f = fft.rfftfreq(padded.size, 1 / FS)
    y = fft.irfft(fft.rfft(padded) * shape(f), padded.size)
    return np.asarray(y[pad : pad + x.size])


def causal(x: Signal, low_hz: float | None, high_hz: float | None, order: int = 2) -> Signal:
    """`x` through a causal Butterworth band: for transients, where a zero-phase filter would ring ahead."""
    if low_hz and high_hz:
        sos = signal.butter(order, [low_hz, high_hz], "bandpass", fs=FS, output="sos")
    elif low_hz:
        sos = signal.butter(order, low_hz, "highpass", fs=FS, output="sos")
    else:
        sos = signal.butter(order, high_hz, "lowpass", fs=FS, output="sos")
    return np.asarray(signal.sosfilt(sos, x))


def resonators(x: Signal, modes: list[tuple[float, float, float]]) -> Signal:
    """`x` through a bank of two-pole resonators, each with an e^(-at) sin answer.

    Parameters
    ----------
    x : Signal
        Excitation.
    modes : list of (frequency_hz, t60_s, gain)
        The bank. A unity-gain peak filter would let the raw clicks through; these do not.
    """
    out = np.zeros_like(x)
    for frequency_hz, t60_s, gain in modes:
        r = 10 ** (-3 / (t60_s * FS))
        w = 2 * np.pi * frequency_hz / FS
        out += gain * signal.lfilter([0, r * np.sin(w)], [1, -2 * r * np.cos(w), r * r], x)
    return out


# ---- events
# -------------------------------------------------------------------------------------------------------


def add(target: Signal, at: int, x: Signal, *, loop: bool = False) -> None:
    """Adds `x` into `target` at sample `at`, wrapping round the end when `loop`, cut there otherwise."""
    n = target.size
    if loop:
        at %= n
        while x.size:
            part = x[: n - at]
            target[at : at + part.size] += part
            x, at = x[part.size :], 0
        return
    if at < 0:
        x, at = x[-at:], 0
    part = x[: max(0, n - at)]
    target[at : at + part.size] += part


def arrivals(
    rng: np.random.Generator, n: int, per_s: float, density: Signal | None = None
) -> NDArray[np.int64]:
    """Poisson instants (samples) at a mean rate, more often where `density` is larger."""
    count = int(rng.poisson(per_s * n / FS))
    if density is None:
        return np.sort(rng.integers(0, n, count))
    total = np.cumsum(np.maximum(density, 0))
    return np.searchsorted(total, np.sort(rng.random(count)) * total[-1]).astype(np.int64)


def decay(n: int, tau_s: float) -> Signal:
    """exp(-t / tau)."""
    return np.asarray(np.exp(-times(n) / tau_s))


def swell(n: int) -> Signal:
    """One sin² hump."""
    return np.asarray(np.sin(np.pi * np.arange(n) / n) ** 2)


def smoothstep(x: Signal) -> Signal:
    """0..1 with flat ends."""
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def burst(rng: np.random.Generator, seconds: float, low_hz: float, high_hz: float, tau_s: float) -> Signal:
    """A short band of noise that dies with `tau_s`, unit peak."""
    n = samples(seconds)
    x = causal(rng.standard_normal(n), low_hz, high_hz) * decay(n, tau_s)
    x[:24] *= np.linspace(0, 1, 24)
    return np.asarray(x / np.max(np.abs(x)))


def edges(x: Signal, fade_in_s: float = 0.002, fade_out_s: float = 0.03) -> Signal:
    """Raised-cosine fades on both ends: no file may start or end with a step."""
    y = x.copy()
    for count, side in (
        (samples(fade_in_s), slice(None, None, 1)),
        (samples(fade_out_s), slice(None, None, -1)),
    ):
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
        y[side][:count] *= ramp[:, None] if y.ndim == 2 else ramp
    return y


def fitted(x: Signal, n: int) -> Signal:
    """Cut or padded to `n` samples."""
    if x.shape[0] >= n:
        return x[:n]
    return np.pad(x, ((0, n - x.shape[0]),) + ((0, 0),) * (x.ndim - 1))


def rms(x: Signal) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(x * x)))


def soft_limit(x: Signal, crest_db: float) -> Signal:
    """Tames the peaks towards a crest factor without touching the body of the sound."""
    ceiling = rms(x) * 10 ** (crest_db / 20)
    knee = 0.6 * ceiling
    over = np.abs(x) - knee
    bent = knee + (ceiling - knee) * np.tanh(np.maximum(over, 0) / (ceiling - knee))
    return np.asarray(np.where(over > 0, np.sign(x) * bent, x))


# ---- rooms
# --------------------------------------------------------------------------------------------------------

OCTAVES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


def decaying_noise(rng: np.random.Generator, t60_s: tuple[float, ...], length_s: float) -> Signal:
    """Late reverberation: octave bands of noise, each with its own t60 (125..8000 Hz), unit energy."""
    n = samples(length_s)
    total = np.zeros(n)
    for center_hz, t60 in zip(OCTAVES_HZ, t60_s, strict=True):
        total += noise(rng, n, peak(center_hz, 0.32)) * np.sqrt(center_hz) * np.exp(-6.91 * times(n) / t60)
    total[: samples(0.004)] *= np.linspace(0, 1, samples(0.004))
    return np.asarray(total / np.sqrt(np.sum(total**2)))


def street(x: Signal, name: str, wet_db: float = -16.0) -> Signal:
    """A mono lead with the light answer of a street of wooden houses over water (dry enough to be placed)."""
    rng = generator(name + ":street")
    answer = decaying_noise(rng, (0.9, 0.95, 0.9, 0.8, 0.65, 0.45, 0.3), 1.1)
    wet = signal.fftconvolve(x, np.pad(answer, (samples(0.019), 0)))[: x.size]
    return np.asarray(x + wet * 10 ** (wet_db / 20))


def hall(x: Signal, name: str, *, wet_db: float = -11.0, pan: float = 0.0) -> Signal:
    """A stereo score stem: the dry sound slightly off the middle and a wide, soft room.

    Parameters
    ----------
    pan : float
        -1 right .. 1 left, equal power.
    """
    angle = (pan + 1) * np.pi / 4
    dry = np.stack([x * np.sin(angle), x * np.cos(angle)], axis=1)
    out = dry * np.sqrt(2)
    for channel in range(2):
        rng = generator(f"{name}:hall{channel}")
        answer = decaying_noise(rng, (2.0, 2.1, 1.9, 1.6, 1.2, 0.8, 0.5), 2.4)
        wet = signal.fftconvolve(x, np.pad(answer, (samples(0.028), 0)))[: x.size]
        out[:, channel] += wet * 10 ** (wet_db / 20)
    return out


# ---- levels and files
# ---------------------------------------------------------------------------------------------


def loudness_lufs(x: Signal) -> float:
    """Integrated loudness, ITU-R BS.1770, of a mono or stereo signal."""
    meter = pyloudnorm.Meter(FS)
    return float(meter.integrated_loudness(x))


def levelled(x: Signal, kind: str, value: float, *, loop: bool, fade_out_s: float = 0.03) -> Signal:
    """`x` without DC, at its catalogue level; never above -3 dBFS peak."""
    x = x - np.mean(x, axis=0)
    if not loop:
        x = edges(x, fade_out_s=fade_out_s)
    top = float(np.max(np.abs(x)))
    if kind == "peak":
        return np.asarray(x * (10 ** (value / 20) / top))
    gain = 10 ** ((value - loudness_lufs(x)) / 20)
    return np.asarray(x * min(gain, 10 ** (-3 / 20) / top))


def quantised(x: Signal, name: str) -> NDArray[np.int16]:
    """16-bit PCM with dither from the stem's own seed, one step wide (rectangular).

    Triangular dither, two steps wide, would cost a quarter of the set's size for a noise floor 3 dB higher;
    these sounds play at -20 dB and below under a river, and the gates find no distortion.
    """
    rng = generator(name + ":dither")
    dither = rng.random(x.shape) - 0.5
    return np.asarray(np.clip(np.round(x * 32767 + dither), -32768, 32767), dtype=np.int16)


def write_flac(path: Path, pcm: NDArray[np.int16]) -> None:
    """Writes one 48 kHz 16-bit FLAC file."""
    soundfile.write(path, pcm, FS, format="FLAC", subtype="PCM_16", compression_level=1.0)
