"""What else is looked at before a measurement is believed: the noise of the room, and whether the device loses or invents samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.commission.link import SoundLink
from engine.audio.commission.signals import TONE_HZ, tone

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

_FRAME = 1024
_SLIP_SAMPLES = 0.5
_CLICK_DB = -50.0
_CLICK_OVER = 8.0
_GAUSS_MAD = 1.4826
_EDGE = 960


@dataclass(frozen=True, slots=True)
class Noise:
    """What the microphone hears while nothing is played.

    Attributes
    ----------
    rms_dbfs, peak_dbfs : float
    hum_hz : float
        Of the mains (50 or 60), where it and its harmonics stand out by 10 dB; 0: none.
    """

    rms_dbfs: float
    peak_dbfs: float
    hum_hz: float


@dataclass(frozen=True, slots=True)
class Steadiness:
    """What became of a steady tone.

    Attributes
    ----------
    heard : bool
        Whether the tone arrived at all.
    clicks_s : tuple of float
        Instants of impulses that are none of the tone's.
    slips : tuple of (float, float)
        Instant, and by how many samples the tone was torn there: + lost, - repeated.
    """

    heard: bool
    clicks_s: tuple[float, ...]
    slips: tuple[tuple[float, float], ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is to be said."""
        return self.heard and not self.clicks_s and not self.slips


def noise_floor(link: SoundLink, seconds: float = 1.0) -> Noise:
    """Listen to the room."""
    heard = link.play(np.zeros((round(seconds * SAMPLE_RATE_HZ), link.channels), np.float32))
    return judge_noise(heard)


def judge_noise(heard: Samples) -> Noise:
    """Level of a recording, and whether it hums."""
    clean = np.nan_to_num(np.asarray(heard, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    clean = clean - clean.mean() if clean.size else clean
    rms = math.sqrt(float(np.mean(clean**2))) if clean.size else 0.0
    return Noise(_db(rms), _db(float(np.max(np.abs(clean), initial=0.0))), _hum(clean))


def steadiness(link: SoundLink, channel: int, level_dbfs: float, seconds: float = 2.0) -> Steadiness:
    """Play a tone on a channel (from 1) and look at what came back."""
    sound = np.zeros((round((seconds + 0.5) * SAMPLE_RATE_HZ), link.channels), np.float32)
    played = tone(seconds, level_dbfs)
    sound[: played.size, channel - 1] = played
    return judge_tone(link.play(sound))


def judge_tone(heard: Samples) -> Steadiness:
    """Find what does not belong into a recording of a 997 Hz tone.

    Notes
    -----
    The tone's phase is followed over frames of 21 ms: a sample that is lost or repeated is a step of 7.48 deg that stays. A click is what
    stands out of the rest once the tone is taken away, by 8 robust
    deviations (Gaussian noise reaches 5 in two seconds), and is above -50 dB of the tone.
    """
    signal = np.nan_to_num(np.asarray(heard, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    count = signal.size // _FRAME
    omega = 2 * np.pi * TONE_HZ / SAMPLE_RATE_HZ
    carrier = np.exp(-1j * omega * np.arange(count * _FRAME)).reshape(count, _FRAME)
    window = np.hanning(_FRAME)
    frames = signal[: count * _FRAME].reshape(count, _FRAME)
    phasors = 2 * np.sum(frames * carrier * window, axis=1) / window.sum()
    size = np.abs(phasors)
    typical = float(np.median(size)) if count else 0.0
    rest = float(np.sqrt(np.mean(signal**2))) if signal.size else 0.0
    steady = np.flatnonzero(size > 0.7 * typical)
    # A frame's phasor must hold most of what there is; noise has its energy everywhere.
    if steady.size < 8 or typical < 1e-5 or typical / math.sqrt(2) < 0.5 * rest:
        return Steadiness(False, (), ())
    first, last = (
        int(steady[0]) + 2,
        int(steady[-1]) - 2,
    )  # the fades and the room's filling up are none of the tone's middle
    phase = np.unwrap(np.angle(phasors[first:last]))
    moved = phase[2:] - phase[:-2]
    slips: list[tuple[float, float]] = []
    taken = -3
    for index in np.flatnonzero(np.abs(moved) > omega * _SLIP_SAMPLES):
        if index - taken >= 3:
            window_moved = moved[index : index + 3]
            most = float(window_moved[int(np.argmax(np.abs(window_moved)))])
            slips.append(((first + int(index) + 1.5) * _FRAME / SAMPLE_RATE_HZ, most / omega))
            taken = int(index)
    return Steadiness(
        True, _clicks(signal[first * _FRAME : last * _FRAME], first * _FRAME, typical), tuple(slips)
    )


def _clicks(signal: Floats, start: int, typical: float) -> tuple[float, ...]:
    """Instants where something short stands out of what is left above 4 kHz."""
    ramp = np.minimum(np.arange(1, signal.size + 1) / _EDGE, 1.0)
    faded = signal * ramp * ramp[::-1]
    spectrum = np.fft.rfft(faded)
    hz = np.fft.rfftfreq(signal.size, 1 / SAMPLE_RATE_HZ)
    # The ramps' own corners lie in the edges, which are not looked at.
    left = np.abs(np.fft.irfft(spectrum * np.clip((hz - 4000.0) / 1000.0, 0.0, 1.0), signal.size))
    left = left[_EDGE + 240 : -_EDGE - 240]
    start += _EDGE + 240
    robust = _GAUSS_MAD * float(np.median(left))
    level = max(_CLICK_OVER * robust, typical * 10 ** (_CLICK_DB / 20))
    found: list[float] = []
    for index in np.flatnonzero(left > level):
        at_s = (start + int(index)) / SAMPLE_RATE_HZ
        if not found or at_s - found[-1] > 0.02:
            found.append(at_s)
    return tuple(found)


def _hum(clean: Floats) -> float:
    if clean.size < SAMPLE_RATE_HZ // 2:
        return 0.0
    power = np.abs(np.fft.rfft(clean * np.hanning(clean.size))) ** 2
    step = SAMPLE_RATE_HZ / clean.size
    around = float(np.median(power[round(40 / step) : round(400 / step)]))
    best_hz, best = 0.0, 10.0
    for mains_hz in (50.0, 60.0):
        lines = [
            float(power[round(k * mains_hz / step) - 1 : round(k * mains_hz / step) + 2].max())
            for k in (1, 2, 3)
        ]
        over_db = 10 * math.log10(max(sorted(lines)[1], 1e-30) / max(around, 1e-30))
        # Two of the first three: one line alone is a fan, or somebody's note. The median of noise lies 1.6 dB below its mean.
        if over_db > best + 1.6:
            best_hz, best = mains_hz, over_db
    return best_hz


def _db(value: float) -> float:
    return 20 * math.log10(max(value, 1e-10))
