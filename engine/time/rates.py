"""Exact frame rates: one table, looked up by label.

Every rate here has a whole number of flicks per frame, so a frame's start is exact and adding frames never
drifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from engine.time.flicks import FLICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class FrameRate:
    """A frame rate and how its timecode counts.

    Parameters
    ----------
    label : str
        Name in files and on screens: ``"25"``, ``"29.97df"``.
    fps : Fraction
        Frames a second, exact: 30000/1001 for 29.97.
    count : int
        Frame labels in one timecode second: 30 for 29.97.
    drop : int
        Labels dropped at each minute not divisible by ten; 0 for non-drop.
    """

    label: str
    fps: Fraction
    count: int
    drop: int = 0

    @property
    def flicks_per_frame(self) -> int:
        """Length of one frame in flicks, exact."""
        return FLICKS_PER_SECOND * self.fps.denominator // self.fps.numerator

    def frame_fl(self, index: int) -> int:
        """Flick at which frame `index` starts."""
        return index * self.flicks_per_frame

    def frame_index(self, at_fl: int) -> int:
        """Index of the frame on show at `at_fl` (frames are half open)."""
        return at_fl // self.flicks_per_frame

    def __str__(self) -> str:
        return self.label


def _ntsc(label: str, count: int, drop: int = 0) -> FrameRate:
    return FrameRate(label, Fraction(count * 1000, 1001), count, drop)


def _whole(count: int) -> FrameRate:
    return FrameRate(str(count), Fraction(count), count)


# Source: SMPTE ST 12-1 (24, 25, 30 and the 1000/1001 forms, drop-frame), ST 12-3 (48 to 120).
RATES: Mapping[str, FrameRate] = MappingProxyType(
    {
        rate.label: rate
        for rate in (
            _ntsc("23.976", 24),
            _whole(24),
            _whole(25),
            _ntsc("29.97", 30),
            _ntsc("29.97df", 30, 2),
            _whole(30),
            _ntsc("47.952", 48),
            _whole(48),
            _whole(50),
            _ntsc("59.94", 60),
            _ntsc("59.94df", 60, 4),
            _whole(60),
            _whole(72),
            _whole(80),
            _whole(90),
            _whole(96),
            _whole(100),
            _ntsc("119.88", 120),
            _ntsc("119.88df", 120, 8),
            _whole(120),
        )
    }
)


def rate_named(label: str) -> FrameRate:
    """The rate with this label.

    Raises
    ------
    ValueError
        For an unknown label, listing the known ones.
    """
    rate = RATES.get(label.lower())
    if rate is None:
        raise ValueError(f"'{label}' is not a known frame rate; allowed: {', '.join(RATES)}")
    return rate
