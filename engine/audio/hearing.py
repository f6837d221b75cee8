"""Protection of guests' ears: a level that is never exceeded, and a dose that is counted.

Where the venue has measured how loud full scale is at the ear (`HearingSpec.full_scale_db_spl`), the A-weighted level with the time
constant *fast* is kept under its limit, before a sample of what would exceed it is heard. What a guest takes up is counted as a noise
dose (NIOSH 98-126, chapter 1: 85 dB(A) for 8 h is 100 %, every 3 dB halve the time); a guest whose day is used up hears no more
than the level that would have filled it. Without a measured level nobody knows decibels of sound: the ceiling of the limiter remains.

A-weighting and fast after IEC 61672-1:2013. Not a measuring instrument, and no claim of compliance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.experience.audio_rig import HearingSpec

Samples = NDArray[np.float32]

FAST_S = 0.125
EXCHANGE_DB = 3.0
_COUNTED_FROM_DB = 80.0
"""NIOSH integrates from 80 dB(A) up."""
_RECOVER_DB_PER_S = 6.0
_GLIDE_DB_PER_S = 20.0
_DOWN = SAMPLE_RATE_HZ // 2000
_LEAST = 1e-3
# IEC 61672-1, annex E: poles of the A curve, in hertz.
_POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)
_NONE = 1e-12


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one pair of ears has taken up.

    Attributes
    ----------
    dose_percent : float
        100: a day's worth.
    loudest_db : float
        Highest fast A-weighted level, dB SPL.
    held_back_db : float
        The most that was taken away.
    """

    dose_percent: float
    loudest_db: float
    held_back_db: float


class HearingGuard:
    """Stands between a mix and a pair of ears (or a room).

    Parameters
    ----------
    spec : HearingSpec
    channels : int
        Each is weighed alone, the loudest counts: two ears hear two channels.

    Notes
    -----
    One thread. Where `full_scale_db_spl` is not known, blocks pass as they are.
    """

    def __init__(self, spec: HearingSpec, channels: int) -> None:
        self._spec = spec
        # Where nobody knows decibels of sound nothing is weighed: scipy.signal takes seconds to import on a busy machine.
        self._sos = np.zeros((0, 6)) if spec.full_scale_db_spl is None else a_weighting()
        self._state = np.zeros((self._sos.shape[0], channels, 2))
        self._fast = np.zeros(channels)
        self._gain = 1.0
        self._limit_db = spec.most_db_spl
        self._dose = 0.0
        self._loudest = _NONE
        self._least_gain = 1.0

    @property
    def exposure(self) -> Exposure:
        """So far, since `begin_guest`."""
        full = self._spec.full_scale_db_spl or 0.0
        return Exposure(
            100.0 * self._dose,
            full + 10.0 * math.log10(2.0 * self._loudest),
            -20.0 * math.log10(self._least_gain),
        )

    def begin_guest(self) -> None:
        """Somebody else listens from here on: a dose is a person's."""
        self._dose, self._loudest, self._least_gain = 0.0, _NONE, 1.0

    def process(self, block: Samples) -> Samples:
        """The block, turned down where it has to be.

        Parameters
        ----------
        block : ndarray of float32, shape (channels, n)

        Returns
        -------
        ndarray of float32, shape (channels, n)
            The very block where nothing has to be done.
        """
        full = self._spec.full_scale_db_spl
        if full is None or block.shape[1] == 0:
            return block
        n = block.shape[1]
        weighted = self._weighted(block)
        keep = math.exp(-n / (SAMPLE_RATE_HZ * FAST_S))
        squared = weighted * weighted
        power = squared.mean(axis=1)
        # A full-scale sine has a power of one half. A limit that falls glides: nobody is cut off in the middle of a word.
        wanted_db = self._spec.most_db_spl
        if self._dose >= 1.0:
            wanted_db = min(wanted_db, self._spec.day_db_spl)
        step_db = _GLIDE_DB_PER_S * n / SAMPLE_RATE_HZ
        self._limit_db = max(wanted_db, self._limit_db - step_db) if self._limit_db > wanted_db else wanted_db
        limit = 0.5 * 10.0 ** ((self._limit_db - full) / 10.0)
        gain = self._allowed(power, squared[:, :_DOWN].sum(axis=1) / n, keep, limit)
        rise = 10.0 ** (_RECOVER_DB_PER_S * n / SAMPLE_RATE_HZ / 20.0)
        gain = min(gain, self._gain * rise, 1.0)
        self._fast = self._fast * keep + power * gain * gain * (1.0 - keep)
        self._count(full, n)
        before, self._gain = self._gain, gain
        self._least_gain = min(self._least_gain, gain)
        if before == 1.0 and gain == 1.0:
            return block
        # Down at once, over the first half millisecond; up along the whole block, which is less than was reckoned with.
        ramp = np.full(n, gain)
        if gain < before:
            steps = min(n, _DOWN)
            ramp[:steps] = before + (gain - before) * (np.arange(1, steps + 1) / steps)
        else:
            ramp = before + (gain - before) * (np.arange(1, n + 1) / n)
        return np.asarray(block * ramp.astype(np.float32))

    def _allowed(
        self, power: NDArray[np.float64], first: NDArray[np.float64], keep: float, limit: float
    ) -> float:
        """Gain at which the loudest channel's fast level ends at the limit; 1 where it stays below.

        While the gain comes down from b to g, the `first` part of the block's power is let through with (b^2 + b g + g^2) / 3.
        """
        room = np.maximum(limit - self._fast * keep, 0.0) / (1.0 - keep)
        over = power > room
        if not over.any():
            return 1.0
        p, f, r, b = power[over], first[over], room[over], self._gain
        steady = np.sqrt(r / p)
        square, line, rest = p - 2.0 / 3.0 * f, b * f / 3.0, b * b * f / 3.0 - r
        falling = (-line + np.sqrt(np.maximum(line * line - 4.0 * square * rest, 0.0))) / (2.0 * square)
        return max(_LEAST, float(np.where(steady < b, np.maximum(falling, 0.0), steady).min()))

    def _count(self, full: float, n: int) -> None:
        now = float(self._fast.max(initial=0.0))
        self._loudest = max(self._loudest, now)
        level_db = full + 10.0 * math.log10(max(2.0 * now, _NONE))
        if level_db >= _COUNTED_FROM_DB:
            allowed_s = self._spec.day_s / 2.0 ** ((level_db - self._spec.day_db_spl) / EXCHANGE_DB)
            self._dose += n / SAMPLE_RATE_HZ / allowed_s

    def _weighted(self, block: Samples) -> NDArray[np.float64]:
        from scipy.signal import sosfilt

        clean = np.nan_to_num(block.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        weighted, self._state = sosfilt(self._sos, clean, axis=1, zi=self._state)
        return np.asarray(weighted)


def a_weighting() -> NDArray[np.float64]:
    """The A curve as second-order sections at 48 kHz, by the bilinear transform; 0 dB at 1 kHz."""
    from scipy.signal import bilinear_zpk, sosfreqz, zpk2sos

    w1, w2, w3, w4 = (2.0 * np.pi * hz for hz in _POLES_HZ)
    zeros, poles = np.zeros(4), np.array([-w1, -w1, -w2, -w3, -w4, -w4])
    sos = zpk2sos(*bilinear_zpk(zeros, poles, 1.0, SAMPLE_RATE_HZ))
    _, at_1k = sosfreqz(sos, [2.0 * np.pi * 1000.0 / SAMPLE_RATE_HZ])
    sos[0, :3] /= abs(at_1k[0])
    return np.asarray(sos)
