"""What is played into a room: sweeps, a steady tone, beeps to count. Every one begins and ends in silence and never exceeds its level."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.units import db_to_gain

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

FULL_BAND_HZ = (40.0, 20_000.0)
LOW_BAND_HZ = (20.0, 200.0)
"""Of an LFE: what lies above would only tell how its filter leaks."""
LOUDEST_DBFS = -6.0
"""Nothing in commissioning is louder, whatever is asked."""
TONE_HZ = 997.0
"""Prime to the sample rate, so that no two periods look alike (AES17)."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """An exponential sweep: equal time in every octave, and its distortion falls apart from its response.

    Attributes
    ----------
    low_hz, high_hz : float
    seconds : float
    level_dbfs : float
        Peak.

    Notes
    -----
    A. Farina, "Simultaneous measurement of impulse response and distortion with a swept-sine technique", AES 108 (2000), preprint 5093,
    equation 9. Half-cosine fades: 1/32 of its length at the beginning, 5 ms at the end.
    """

    low_hz: float = FULL_BAND_HZ[0]
    high_hz: float = FULL_BAND_HZ[1]
    seconds: float = 1.0
    level_dbfs: float = -30.0

    def __post_init__(self) -> None:
        if not 0 < self.low_hz < self.high_hz <= SAMPLE_RATE_HZ / 2:
            raise ValueError(f"a sweep from {self.low_hz:g} to {self.high_hz:g} Hz; 0 < low < high <= 24000")
        if not 0.05 <= self.seconds <= 30:
            raise ValueError(f"a sweep of {self.seconds:g} s; 0.05 to 30 s")
        if not self.level_dbfs <= LOUDEST_DBFS:
            raise ValueError(f"a sweep at {self.level_dbfs:g} dBFS; at most {LOUDEST_DBFS:g} dBFS")

    @property
    def frames(self) -> int:
        """Its length."""
        return round(self.seconds * SAMPLE_RATE_HZ)

    def samples(self) -> Samples:
        """Shape (frames,)."""
        rate = math.log(self.high_hz / self.low_hz)
        t = np.arange(self.frames) / SAMPLE_RATE_HZ
        phase = 2 * np.pi * self.low_hz * self.seconds / rate * np.expm1(t * rate / self.seconds)
        made = np.sin(phase) * db_to_gain(self.level_dbfs)
        return _faded(made, self.frames // 32, min(self.frames // 8, SAMPLE_RATE_HZ // 200))


def tone(seconds: float, level_dbfs: float, hz: float = TONE_HZ) -> Samples:
    """A steady sine, faded in and out over 20 ms; shape (n,).

    Raises
    ------
    ValueError
        Louder than `LOUDEST_DBFS`.
    """
    n = round(seconds * SAMPLE_RATE_HZ)
    made = np.sin(2 * np.pi * hz * np.arange(n) / SAMPLE_RATE_HZ) * _gain(level_dbfs)
    return _faded(made, min(960, n // 4), min(960, n // 4))


def beeps(count: int, level_dbfs: float, hz: float = 880.0) -> Samples:
    """So many beeps, 120 ms each with 120 ms between them: a channel's number in its group, to be counted by ear; shape (n,)."""
    one = tone(0.12, level_dbfs, hz)
    return np.concatenate([np.concatenate([one, np.zeros_like(one)]) for _ in range(max(1, count))])


def rumble(level_dbfs: float, hz: float = 50.0) -> Samples:
    """Three low notes, for what plays low frequencies only; shape (n,)."""
    one = tone(0.35, level_dbfs, hz)
    return np.concatenate([np.concatenate([one, np.zeros(one.size // 2, np.float32)]) for _ in range(3)])


def levelled(speech: Samples, level_dbfs: float) -> Samples:
    """Speech brought to a peak, without what is no number; shape as given."""
    sound = np.nan_to_num(np.asarray(speech, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(np.max(np.abs(sound), initial=0.0))
    return sound if peak == 0.0 else np.asarray(sound * np.float32(_gain(level_dbfs) / peak), np.float32)


def _gain(level_dbfs: float) -> float:
    if not level_dbfs <= LOUDEST_DBFS:
        raise ValueError(f"{level_dbfs:g} dBFS; at most {LOUDEST_DBFS:g} dBFS")
    return db_to_gain(level_dbfs)


def _faded(made: Floats, first: int, last: int) -> Samples:
    made[:first] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(first) / max(1, first))
    made[made.size - last :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(last) + 1) / max(1, last))
    return made.astype(np.float32)
