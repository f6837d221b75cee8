"""The two wires that are sound, heard: samples in, words with their sample out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.time.codes.cinema_decoder import CinemaDecoder, CinemaUnit
from engine.time.codes.ltc_decoder import LtcDecoder, LtcFrame
from engine.time.codes.word import CodeWord, Wire
from engine.time.rates import FrameRate

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sounded:
    """A word and where it lies in the sound.

    Parameters
    ----------
    at_sample : float
        Where the source's position was exactly the word's index, from the first sample.
    word : CodeWord
        With `at_ns` 0: whoever knows when the first sample was, knows when this was.
    """

    at_sample: float
    word: CodeWord


class Ear(Protocol):
    """A decoder of one channel."""

    @property
    def refused(self) -> int:
        """Words that cannot be."""
        ...

    def push(self, sound: Samples) -> Sequence[Sounded]:
        """Read on."""
        ...

    def flush(self) -> Sequence[Sounded]:
        """The end of the sound."""
        ...


EarMaker = Callable[[int], Ear]
"""Sample rate -> ear. The rate is known once a device or a file is open. Raises ValueError for one it cannot use."""


class LtcEar:
    """Linear timecode."""

    def __init__(self, sample_rate_hz: int, rate: FrameRate | None) -> None:
        self._decoder = LtcDecoder(sample_rate_hz, rate)

    @property
    def refused(self) -> int:
        """Words that cannot be."""
        return self._decoder.refused

    def push(self, sound: Samples) -> list[Sounded]:
        """Read on."""
        return [_ltc(frame) for frame in self._decoder.push(sound)]

    def flush(self) -> list[Sounded]:
        """The end of the sound."""
        return [_ltc(frame) for frame in self._decoder.flush()]


class CinemaEar:
    """Digital-cinema synchronisation."""

    def __init__(self, sample_rate_hz: int, rate: FrameRate | None) -> None:
        self._decoder = CinemaDecoder(sample_rate_hz, rate)

    @property
    def refused(self) -> int:
        """Packets that cannot be."""
        return self._decoder.refused + self._decoder.damaged

    def push(self, sound: Samples) -> list[Sounded]:
        """Read on."""
        return [_cinema(unit) for unit in self._decoder.push(sound)]

    def flush(self) -> list[Sounded]:
        """Nothing: a packet is known at its end."""
        return []


def _ltc(frame: LtcFrame) -> Sounded:
    word = CodeWord(
        Wire.LTC,
        0,
        frame.index,
        frame.label.rate,
        frame.direction,
        frame.speed,
        user_bits=frame.word.user_bits,
    )
    return Sounded(frame.at_sample, word)


def _cinema(unit: CinemaUnit) -> Sounded:
    return Sounded(unit.at_sample, CodeWord(Wire.CINEMA, 0, unit.unit, unit.rate, stream=unit.uuid))


def decoder_for(wire: Wire, rate: FrameRate | None) -> EarMaker:
    """How to make the ear for a wire that is sound."""
    if wire is Wire.LTC:
        return lambda sample_rate_hz: LtcEar(sample_rate_hz, rate)
    return lambda sample_rate_hz: CinemaEar(sample_rate_hz, rate)
