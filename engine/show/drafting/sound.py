"""What of a sound can be felt: the level of its lowest octaves, and its beats.

Low band: 20 to 120 Hz, Butterworth of fourth order run both ways, so that nothing is late; its r.m.s. over a raised cosine of 100 ms.
Beats: spectral flux (Bello et al., A tutorial on onset detection in music signals, IEEE TSAP 13, 2005), half-wave rectified
on a logarithmic magnitude; a peak that stands out from its surroundings by their median and deviation; put where the power
rises fastest, which is some milliseconds more exact than the spectrum's own step.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from engine.errors import InputError, Place
from engine.show.drafting.values import Floats, Onset, SoundShape

LOW_HZ, HIGH_HZ = 20.0, 120.0
ENVELOPE_HZ = 100
MOST_ONSETS_HZ = 5.0
"""Beats a second that are kept at most, the strongest ones: a seat that knocks without end tells nothing."""

_ANALYSIS_HZ = 22_050
_WINDOW, _HOP = 1024, 256
_SILENCE_DB = -70.0
_LONGEST_S = 4 * 3600.0


def sound_shape(path: Path, *, sensitivity: float = 1.0) -> SoundShape:
    """Analyse a sound.

    Parameters
    ----------
    path : Path
        Anything libsndfile reads; all channels are added.
    sensitivity : float, 0.1..10, default 1
        Twice as much finds beats that stand out half as far.

    Raises
    ------
    InputError
        A file that is no sound, is empty, or holds values that are not finite.
    """
    if not 0.1 <= sensitivity <= 10.0:
        raise InputError(f"--sensitivity {sensitivity:g}: 0.1 to 10; 1 is usual")
    samples, rate_hz = _read(path)
    return shape_of(samples, rate_hz, sensitivity=sensitivity)


def shape_of(samples: Floats, rate_hz: int, *, sensitivity: float = 1.0) -> SoundShape:
    """`sound_shape` of samples: float64[N], full scale 1."""
    duration_s = len(samples) / rate_hz
    times_s, rms, hz = _low_band(samples, rate_hz)
    loudest = float(rms.max(initial=0.0))
    low_db = 20.0 * math.log10(max(loudest, 1e-10))
    levels = rms / loudest if low_db > _SILENCE_DB else np.zeros_like(rms)
    return SoundShape(
        duration_s,
        times_s,
        levels,
        hz if low_db > _SILENCE_DB else 0.0,
        low_db,
        onsets_of(samples, rate_hz, sensitivity=sensitivity),
    )


def onsets_of(samples: Floats, rate_hz: int, *, sensitivity: float = 1.0) -> tuple[Onset, ...]:
    """Beats of a sound: where they begin to be heard, best where the sound before is 10 dB weaker."""
    from scipy.ndimage import maximum_filter1d, median_filter

    sound, rate_hz = _resampled(samples, rate_hz, _ANALYSIS_HZ)
    if len(sound) < _WINDOW or float(np.abs(sound).max()) < 10 ** (_SILENCE_DB / 20):
        return ()
    padded = np.concatenate((np.zeros(_WINDOW), sound, np.zeros(_WINDOW)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW)
    flux = np.zeros(len(frames))
    bright = np.zeros(len(frames))
    before: Floats | None = None
    hz = np.fft.rfftfreq(_WINDOW, 1.0 / rate_hz)
    for first in range(0, len(frames), 4096):  # an hour at once would be gigabytes
        size = np.abs(np.fft.rfft(frames[first : first + 4096] * window, axis=1)) / (_WINDOW / 4)
        loud = np.log1p(1000.0 * size)
        early = loud[:1] if before is None else before[None]
        rise = np.clip(np.diff(np.concatenate((early, loud)), axis=0), 0.0, None)
        flux[first : first + len(size)] = rise.mean(axis=1)
        bright[first : first + len(size)] = (rise * hz).sum(axis=1) / np.maximum(rise.sum(axis=1), 1e-12)
        before = loud[-1]
    around = max(3, round(0.5 * rate_hz / _HOP) | 1)
    usual = median_filter(flux, around, mode="nearest")
    spread = median_filter(np.abs(flux - usual), around, mode="nearest")
    least = usual + (3.0 * spread + 0.04) / sensitivity
    highest = maximum_filter1d(flux, max(3, round(0.1 * rate_hz / _HOP) | 1), mode="nearest")
    peaks = np.flatnonzero((flux == highest) & (flux > least))
    strength = flux[peaks] - usual[peaks]
    top = float(strength.max(initial=0.0))
    power = _power(sound, rate_hz)
    found: list[Onset] = []
    for peak, height in zip(peaks, strength, strict=True):
        # A frame's flux is greatest when the beat is in its middle.
        at_s = _steepest(power, (peak * _HOP - _WINDOW / 2) / rate_hz)
        sharp = math.log(max(float(bright[peak]), 65.0) / 65.0) / math.log(8000.0 / 65.0)
        one = Onset(round(at_s, 4), round(math.sqrt(height / top), 3), round(min(sharp, 1.0), 3))
        if not found or at_s - found[-1].at_s > 0.05:
            found.append(one)
    return _strongest(found, len(sound) / rate_hz)


def _strongest(found: list[Onset], duration_s: float) -> tuple[Onset, ...]:
    most = max(1, math.ceil(MOST_ONSETS_HZ * duration_s))
    kept = sorted(found, key=lambda one: (-one.intensity, one.at_s))[:most]
    return tuple(sorted(kept, key=lambda one: one.at_s))


def _power(sound: Floats, rate_hz: int) -> Floats:
    """Power every millisecond, over 3 ms."""
    edges = np.round(np.arange(0.0, len(sound) / rate_hz, 1e-3) * rate_hz).astype(int)
    total = np.concatenate(([0.0], np.cumsum(sound**2)))
    half = max(1, round(1.5e-3 * rate_hz))
    high, low = np.minimum(edges + half, len(sound)), np.maximum(edges - half, 0)
    return (total[high] - total[low]) / np.maximum(high - low, 1)


def _steepest(power: Floats, near_s: float) -> float:
    """Where the level rises most within 40 ms of an instant."""
    first = max(0, round(near_s * 1000) - 40)
    # The highest of the last 25 ms: a low tone's own waves rise too, and are no beats.
    begin = max(0, first - 25)
    held = np.array(
        [
            power[max(0, at - 25) : at + 1].max()
            for at in range(begin, min(len(power), round(near_s * 1000) + 41))
        ]
    )
    part = held[first - begin :]
    if len(part) < 4:
        return max(near_s, 0.0)
    # Against 5 ms before, with a floor at a thousandth of the highest, so that silence does not rise infinitely.
    level = np.log(part + 1e-3 * part.max() + 1e-12)
    rise = level - np.concatenate((np.full(5, level[0]), level[:-5]))
    rise[0] += level[0] - math.log(1e-3 * part.max() + 1e-12) if first == 0 else 0.0
    at = int(np.argmax(rise))
    return max(0.0, (first + max(at - 2, 0)) / 1000.0)


def _low_band(samples: Floats, rate_hz: int) -> tuple[Floats, Floats, float]:
    from scipy.signal import butter, sosfiltfilt

    sound, rate_hz = _resampled(samples, rate_hz, 1000)
    if len(sound) < 64:
        return np.zeros(1), np.zeros(1), 0.0
    bands = butter(4, (LOW_HZ, HIGH_HZ), "bandpass", fs=rate_hz, output="sos")
    low = sosfiltfilt(bands, sound, padlen=min(len(sound) - 1, 200))
    half = round(0.05 * rate_hz)
    window = 1.0 + np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
    smooth = np.convolve(low**2, window / window.sum(), mode="full")[half : half + len(low)]
    step = round(rate_hz / ENVELOPE_HZ)
    size = np.abs(np.fft.rfft(low)) ** 2
    hz = np.fft.rfftfreq(len(low), 1.0 / rate_hz)
    mean_hz = float((size * hz).sum() / max(float(size.sum()), 1e-30))
    return np.arange(0, len(low), step) / rate_hz, np.sqrt(np.clip(smooth[::step], 0.0, None)), mean_hz


def _resampled(samples: Floats, rate_hz: int, to_hz: int) -> tuple[Floats, int]:
    from scipy.signal import resample_poly

    if rate_hz == to_hz:
        return samples, rate_hz
    shared = math.gcd(rate_hz, to_hz)
    return resample_poly(samples, to_hz // shared, rate_hz // shared), to_hz


def _read(path: Path) -> tuple[Floats, int]:
    import soundfile

    try:
        with soundfile.SoundFile(str(path)) as file:
            rate_hz = int(file.samplerate)
            if file.frames > _LONGEST_S * rate_hz:
                raise InputError(
                    f"a sound of {file.frames / rate_hz / 3600:.1f} h; up to 4 h are read", Place(str(path))
                )
            blocks = [block.mean(axis=1) for block in file.blocks(1 << 20, dtype="float64", always_2d=True)]
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"this sound cannot be read: {error}", Place(str(path))) from error
    samples = np.concatenate(blocks) if blocks else np.zeros(0)
    if not samples.size:
        raise InputError("this sound is empty", Place(str(path)))
    if not np.isfinite(samples).all():
        bad = int(np.flatnonzero(~np.isfinite(samples))[0])
        raise InputError(f"this sound is not finite at {bad / rate_hz:.3f} s", Place(str(path)))
    return samples, rate_hz
