"""The two wires that are sound, made: from a clock to samples for their instants."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.bus.timecode.ports import Lead
from engine.time.codes.cinema import SAMPLE_RATE_HZ, CinemaEncoder
from engine.time.codes.ltc_encoder import LtcEncoder
from engine.time.codes.word import Wire
from engine.time.rates import FrameRate

Samples = NDArray[np.float32]

_NS = 1_000_000_000
_STRETCH = 128
"""Samples over which the clock's speed is taken as even; a stop or a jump is heard this late at most (2.7 ms)."""
_FASTEST = 4
"""A clock that moves faster than this many times nominal within a stretch has jumped."""


class Shape(Protocol):
    """Sound of positions."""

    def at(self, start: Fraction, samples: int, step: Fraction) -> Samples:
        """Samples at the positions ``start + n * step``, in frames."""
        ...


class LtcShape:
    """Linear timecode."""

    def __init__(self, encoder: LtcEncoder) -> None:
        self._encoder = encoder

    def at(self, start: Fraction, samples: int, step: Fraction) -> Samples:
        """Samples at the positions."""
        return self._encoder.block(start, samples, step)


class CinemaShape:
    """Digital-cinema synchronisation, which knows one direction and one speed: the little a slewed clock is off is interpolated."""

    def __init__(self, encoder: CinemaEncoder) -> None:
        self._encoder = encoder

    def at(self, start: Fraction, samples: int, step: Fraction) -> Samples:
        """Samples at the positions; silence in reverse."""
        if step <= 0:
            return np.zeros(samples, dtype=np.float32)
        first = math.floor(start)
        last = math.floor(start + samples * step) + 1
        units = np.concatenate([self._encoder.unit(index) for index in range(first, last + 1)])
        length = self._encoder.unit_samples
        place = float((start - first) * length) + float(step * length) * np.arange(samples)
        # A place within a thousandth of a sample is that sample: interpolating would only blunt it.
        whole = np.rint(place)
        place = np.where(np.abs(place - whole) < 1e-3, whole, place)
        return np.asarray(np.interp(place, np.arange(len(units)), units), dtype=np.float32)


class Voice:
    """Sound of a clock, block by block.

    Parameters
    ----------
    shape : Shape
    rate : FrameRate
    sample_rate_hz : int
    """

    def __init__(self, shape: Shape, rate: FrameRate, sample_rate_hz: int) -> None:
        self._shape = shape
        self._nominal = rate.fps / sample_rate_hz
        self.sample_rate_hz = sample_rate_hz

    def block(self, lead: Lead, at_ns: int, samples: int) -> Samples:
        """The samples that begin at the host instant `at_ns`; silence where the clock does not run."""
        out = np.zeros(samples, dtype=np.float32)
        here = lead(at_ns)
        for start in range(0, samples, _STRETCH):
            count = min(_STRETCH, samples - start)
            there = lead(at_ns + (start + count) * _NS // self.sample_rate_hz)
            if here.running and there.running:
                step = (there.frames - here.frames) / count
                if abs(step) > _FASTEST * self._nominal:
                    step = self._nominal * here.direction
                out[start : start + count] = self._shape.at(here.frames, count, step)
            here = there
        return out


def voice_for(
    wire: Wire, rate: FrameRate, *, uuid: str = "", level_db: float = -6.0, user_bits: bytes = bytes(8)
) -> Voice:
    """The voice of a wire that is sound, at 48 kHz. Raises ValueError for a rate, level or UUID it cannot use."""
    if wire is Wire.LTC:
        encoder = LtcEncoder(rate, SAMPLE_RATE_HZ, level_db=level_db, user_bits=user_bits)
        return Voice(LtcShape(encoder), rate, SAMPLE_RATE_HZ)
    return Voice(CinemaShape(CinemaEncoder(rate, uuid)), rate, SAMPLE_RATE_HZ)
