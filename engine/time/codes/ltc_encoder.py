"""Linear timecode as sound, made from a position.

The number of ones in a word is even, so every word begins with the same edge and the level at any instant is a pure function of
the position in frames: forward, backward, faster, slower and after a jump, at any sample rate, with nothing carried over but
what the caller knows anyway. Positions are fractions: a bit is exactly 1/80 of a frame after four days as well.

Source: SMPTE ST 12-1:2014 clause 9 (biphase mark: an edge at every bit's start, one more in the middle of a 1; rise time
40 +- 10 us between 10 % and 90 %).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engine.time.codes.ltc import NO_USER_BITS, pack_ltc
from engine.time.rates import FrameRate
from engine.time.timecode import frames_per_day, timecode_from_index

Samples = NDArray[np.float32]
SAMPLE_RATES_HZ = (8_000, 192_000)

_RISE_S = 40e-6
_HALF_BITS = 160
_RAISED_COSINE_10_90 = 0.5903
"""Share of a raised-cosine edge that lies between 10 % and 90 % of its height: (acos(-0.8) - acos(0.8)) / pi."""


class LtcEncoder:
    """Makes the sound of positions.

    Parameters
    ----------
    rate : FrameRate
        Counting 24, 25 or 30.
    sample_rate_hz : int
        8000 to 192000.
    level_db : float, default -6.0
        Peak level in dBFS, -60 to 0.
    user_bits : bytes or function of a frame index
        Eight nibbles, user group 1 first; the same for all words, or what the function says for each.
    binary_group_flags : int, default 0

    Raises
    ------
    ValueError
        For a value out of range.
    """

    def __init__(
        self,
        rate: FrameRate,
        sample_rate_hz: int = 48_000,
        *,
        level_db: float = -6.0,
        user_bits: bytes | Callable[[int], bytes] = NO_USER_BITS,
        binary_group_flags: int = 0,
    ) -> None:
        low, high = SAMPLE_RATES_HZ
        if not low <= sample_rate_hz <= high:
            raise ValueError(f"sample rate is {sample_rate_hz} Hz; allowed {low} to {high}")
        if not (math.isfinite(level_db) and -60.0 <= level_db <= 0.0):
            raise ValueError(f"level is {level_db} dBFS; allowed -60 to 0")
        self.rate = rate
        self.sample_rate_hz = sample_rate_hz
        self.step = rate.fps / sample_rate_hz
        """Frames per sample at nominal speed, exact."""
        self._amplitude = 10.0 ** (level_db / 20.0)
        self._user_bits = user_bits
        self._flags = binary_group_flags
        self._day = frames_per_day(rate)
        self._known: dict[int, NDArray[np.int8]] = {}
        self._levels_of(0)  # refuses a rate or user bits now rather than at the first block

    def block(self, start: Fraction, samples: int, step: Fraction | None = None) -> Samples:
        """Sound of the positions ``start + n * step`` for n = 0..samples-1.

        Parameters
        ----------
        start : Fraction
            Position in frames since 00:00:00:00; beyond a day it wraps at midnight.
        samples : int
            0 or more.
        step : Fraction, default the nominal one
            Frames per sample; negative backwards, 0 a standstill: a steady level, which is no timecode.

        Returns
        -------
        float32 array
        """
        if samples <= 0:
            return np.zeros(0, dtype=np.float32)
        step = self.step if step is None else step
        first = math.floor(min(start, start + (samples - 1) * step)) - 1
        last = math.floor(max(start, start + (samples - 1) * step)) + 1
        levels = np.concatenate([self._levels_of(index % self._day) for index in range(first, last + 1)])
        # In half bits from the first frame's start: small numbers, so float64 is exact to 1e-10 of a sample.
        half = float((start - first) * _HALF_BITS) + float(step * _HALF_BITS) * np.arange(samples)
        edge = np.rint(half).astype(np.int64)
        before, after = levels[edge - 1], levels[edge]
        width = self._edge_width(abs(float(step)))
        ramp = np.clip((half - edge) / width, -0.5, 0.5)
        height = 0.5 + 0.5 * np.sin(np.pi * ramp)
        sound = (before + (after - before) * height) * self._amplitude
        return np.asarray(sound, dtype=np.float32)

    def _edge_width(self, frames_per_sample: float) -> float:
        """Whole length of an edge in half bits: the standard's rise time, but one sample at least and half a bit at most."""
        half_bits_per_sample = frames_per_sample * _HALF_BITS
        wanted = _RISE_S / _RAISED_COSINE_10_90 * self.sample_rate_hz
        return min(1.0, max(half_bits_per_sample * max(wanted, 1.0), 1e-9))

    def _levels_of(self, index: int) -> NDArray[np.int8]:
        """Levels (+1 or -1) of a frame's 160 half bits; the last ones made are kept."""
        made = self._known.get(index)
        if made is None:
            chosen = self._user_bits if isinstance(self._user_bits, bytes) else self._user_bits(index)
            word = pack_ltc(timecode_from_index(index, self.rate), chosen, binary_group_flags=self._flags)
            ones = np.unpackbits(np.frombuffer(word, dtype=np.uint8), bitorder="little")
            edges = np.ones(_HALF_BITS, dtype=np.int64)
            edges[1::2] = ones
            made = (1 - 2 * ((np.cumsum(edges) - 1) % 2)).astype(np.int8)
            if len(self._known) >= 64:
                self._known.clear()
            self._known[index] = made
        return made
