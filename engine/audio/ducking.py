"""Buses that step back under speech, ahead of the voice.

A pure function of where somebody speaks: the plan knows every line before it is heard, so the step is down when the first word comes,
and a seek into a line finds it as playing does.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.units import db_to_gain

DOWN = SAMPLE_RATE_HZ * 150 // 1000
"""Samples before a voice in which the step is made (design value after the level plan of the score)."""
UP = SAMPLE_RATE_HZ * 600 // 1000
"""Samples after it in which the step is taken back."""

Stretch = tuple[int, int]
"""Grid samples [begin, end) in which somebody speaks."""


def near(speech: Iterable[Stretch], low: int, high: int) -> list[Stretch]:
    """Those stretches that are felt somewhere in grid samples [low, high]."""
    return [(begin, end) for begin, end in speech if begin < high + DOWN and end > low - UP]


def speech_at(speech: Iterable[Stretch], sample: int) -> float:
    """How far buses have stepped back at a grid sample.

    Parameters
    ----------
    speech : iterable of (int, int)
    sample : int

    Returns
    -------
    float
        0 where nobody speaks, 1 under speech, linear in decibels in between; of several the most.
    """
    most = 0.0
    for begin, end in speech:
        if sample < begin:
            most = max(most, 1 - (begin - sample) / DOWN)
        elif sample < end:
            return 1.0
        else:
            most = max(most, 1 - (sample - end) / UP)
    return most


def ducked(depth_db: float, speech: float) -> float:
    """Linear gain of a bus that steps back by `depth_db` (negative: quieter) where speech is `speech`, 0..1."""
    return db_to_gain(depth_db * speech)
