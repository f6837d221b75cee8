"""High frame rates on wires that count no further than 30: a base rate's label and a phase.

At n times the base rate, frame ``base * n + k`` is the k-th picture of base frame `base`. The wire carries `base`; k comes from the
time since its word. Source: SMPTE ST 12-3:2016 pairs its high rates with base rates in the same way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from engine.time.rates import RATES, FrameRate

_PARTS = {48: 2, 50: 2, 60: 2, 72: 3, 90: 3, 96: 4, 100: 4, 120: 4}


@dataclass(frozen=True, slots=True)
class Phased:
    """A frame of a high rate.

    Parameters
    ----------
    base : int
        Frame of the base rate.
    phase : int
        Which of its pictures, 0..n-1.
    """

    base: int
    phase: int


def base_rate(rate: FrameRate) -> tuple[FrameRate, int]:
    """The rate a wire carries for `rate`, and how many pictures each of its frames has; a rate up to 30 is its own, with 1.

    Raises
    ------
    ValueError
        For a rate that is no multiple of a wire's.
    """
    if rate.count <= 30:
        return rate, 1
    parts = _PARTS.get(rate.count)
    if parts is not None:
        for base in RATES.values():
            if base.count <= 30 and base.fps * parts == rate.fps and base.drop * parts == rate.drop:
                return base, parts
    raise ValueError(f"{rate.label} is no whole multiple of 24, 25 or 30 frames a second; no wire carries it")


def split(index: int, parts: int) -> Phased:
    """Base frame and phase of a high-rate frame."""
    return Phased(*divmod(index, parts))


def joined(at: Phased, parts: int) -> int:
    """The high-rate frame. Raises ValueError for a phase outside 0..parts-1."""
    if not 0 <= at.phase < parts:
        raise ValueError(f"phase is {at.phase}; allowed 0 to {parts - 1}")
    return at.base * parts + at.phase


def recovered(
    base: int, since_ns: int, rate: FrameRate, *, direction: int = 1, speed: Fraction = Fraction(1)
) -> int:
    """The high-rate frame on show some time after a word.

    Parameters
    ----------
    base : int
        Index the word gave, at the base rate.
    since_ns : int
        Host time since the instant the word is stamped with; may be negative.
    rate : FrameRate
        The high rate.
    direction : int, default 1
    speed : Fraction, default 1
        Of the source, against nominal.
    """
    _, parts = base_rate(rate)
    moved = Fraction(since_ns, 1_000_000_000) * rate.fps * speed * direction
    return base * parts + math.floor(moved)
