"""The loudness meter of ITU-R BS.1770-5, with the time scales of EBU Tech 3341 and the range of EBU Tech 3342.

What is kept is the weighted power of every tenth of a second: a day of sound is 7 MB, and every figure follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.loudness.true_peak import TruePeak, dbtp

Samples = NDArray[np.float32]
Values = NDArray[np.float64]

STEP = SAMPLE_RATE_HZ // 10
SILENCE_LUFS = float("-inf")
_ABSOLUTE_LUFS = -70.0
_RELATIVE_LU = -10.0
_RANGE_RELATIVE_LU = -20.0
_OFFSET = -0.691
# BS.1770-5, tables 1 and 2: the head as a rigid sphere, and the RLB curve, at 48 kHz.
K_WEIGHTING = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585),
    (1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621),
)
_SIDE = 1.41


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a programme measures.

    Attributes
    ----------
    integrated_lufs : float
        Gated loudness of the whole; minus infinity for silence.
    range_lu : float
        Between the 10th and 95th percentile of the gated short-term loudness.
    momentary_lufs, short_term_lufs : float
        The highest over 0.4 s and over 3 s.
    peak_dbtp : float
        Highest true peak.
    """

    integrated_lufs: float
    range_lu: float
    momentary_lufs: float
    short_term_lufs: float
    peak_dbtp: float


def channel_weights(places: Sequence[tuple[float, float] | None]) -> tuple[float, ...]:
    """Weights of channels by where their loudspeakers are (BS.1770-5, table 4).

    Parameters
    ----------
    places : sequence of (azimuth_deg, elevation_deg), or None
        None: a low-frequency channel, which does not count.

    Returns
    -------
    tuple of float
        1.41 at the sides (60 to 120 degrees, below 30 degrees of elevation), else 1.
    """
    return tuple(
        0.0 if place is None else _SIDE if abs(place[1]) < 30.0 and 60.0 <= abs(place[0]) <= 120.0 else 1.0
        for place in places
    )


class LoudnessMeter:
    """Measures as it is fed.

    Parameters
    ----------
    weights : sequence of float
        One a channel (`channel_weights`); (1, 1) for stereo and headphones.
    """

    def __init__(self, weights: Sequence[float] = (1.0, 1.0)) -> None:
        self._weights = np.asarray(weights, np.float64)
        self._sos = np.asarray(K_WEIGHTING)
        self._state = np.zeros((2, 2, len(weights)))
        self._part = 0.0
        self._filled = 0
        self._powers: list[float] = []
        self._peak = TruePeak(len(weights))

    def add(self, samples: Samples) -> None:
        """Takes the next samples.

        Parameters
        ----------
        samples : ndarray of float32, shape (n, channels)
            At 48 kHz. NaN and infinity count as silence.
        """
        from scipy.signal import sosfilt

        if samples.shape[0] == 0:
            return
        clean = np.nan_to_num(samples.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        self._peak.add(clean)
        weighted, self._state = sosfilt(self._sos, clean, axis=0, zi=self._state)
        power = (weighted * weighted) @ self._weights
        at = 0
        while at < power.size:
            take = min(STEP - self._filled, power.size - at)
            self._part += float(power[at : at + take].sum())
            self._filled += take
            at += take
            if self._filled == STEP:
                self._powers.append(self._part / STEP)
                self._part, self._filled = 0.0, 0

    @property
    def momentary_lufs(self) -> float:
        """Of the last 0.4 s, to the last whole tenth."""
        return _lufs(float(np.mean(self._powers[-4:]))) if len(self._powers) >= 4 else SILENCE_LUFS

    @property
    def short_term_lufs(self) -> float:
        """Of the last 3 s, to the last whole tenth."""
        return _lufs(float(np.mean(self._powers[-30:]))) if len(self._powers) >= 30 else SILENCE_LUFS

    @property
    def integrated_lufs(self) -> float:
        """Of everything so far, gated."""
        blocks = _sliding(np.asarray(self._powers), 4)
        return _lufs(_gated_mean(blocks, _RELATIVE_LU))

    @property
    def range_lu(self) -> float:
        """Loudness range (EBU Tech 3342)."""
        blocks = _sliding(np.asarray(self._powers), 30)
        kept = _gated(blocks, _RANGE_RELATIVE_LU)
        if kept.size == 0:
            return 0.0
        low, high = np.percentile(_lufs_of(kept), [10.0, 95.0])
        return float(high - low)

    def result(self) -> Loudness:
        """All figures so far."""
        powers = np.asarray(self._powers)
        momentary, short = _sliding(powers, 4), _sliding(powers, 30)
        return Loudness(
            self.integrated_lufs,
            self.range_lu,
            _lufs(float(momentary.max(initial=0.0))),
            _lufs(float(short.max(initial=0.0))),
            dbtp(self._peak.peak),
        )


def _sliding(powers: Values, count: int) -> Values:
    if powers.size < count:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(powers)])
    return np.asarray((total[count:] - total[:-count]) / count)


def _gated(blocks: Values, relative_lu: float) -> Values:
    loud = blocks[_lufs_of(blocks) > _ABSOLUTE_LUFS]
    if loud.size == 0:
        return loud
    gate = _lufs(float(loud.mean())) + relative_lu
    return loud[_lufs_of(loud) > gate]


def _gated_mean(blocks: Values, relative_lu: float) -> float:
    kept = _gated(blocks, relative_lu)
    return float(kept.mean()) if kept.size else 0.0


def _lufs_of(powers: Values) -> Values:
    return _OFFSET + 10.0 * np.log10(np.maximum(powers, 1e-30))


def _lufs(power: float) -> float:
    return float(_OFFSET + 10.0 * np.log10(power)) if power > 1e-20 else SILENCE_LUFS
