"""SMPTE timecode: labels for frames, at the edges only (files, wires, screens).

Inside, a frame is an integer index at an exact rate. A label is a way to write that index down.

Drop-frame: at the start of every minute whose number is not a multiple of ten, labels 0..d-1 do not exist (d
= 2 at 29.97, 4 at 59.94, 8 at 119.88). Labels are dropped, never frames. A label that does not exist is
refused; mapping it silently to a neighbour is how two machines come to disagree.

Source: SMPTE ST 12-1:2014 clause 5.2; ST 12-3 for rates above 30.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.time.rates import FrameRate

_LABEL = re.compile(r"(\d{2}):(\d{2}):(\d{2})([:;.])(\d{2,3})\Z")


@dataclass(frozen=True, slots=True)
class Timecode:
    """A timecode label that exists at its rate.

    Parameters
    ----------
    hours : int
        0..23.
    minutes, seconds : int
        0..59.
    frames : int
        0..rate.count-1.
    rate : FrameRate
        The exact rate the label counts.

    Raises
    ------
    ValueError
        For a part out of range, or a label that drop-frame counting leaves out.
    """

    hours: int
    minutes: int
    seconds: int
    frames: int
    rate: FrameRate

    def __post_init__(self) -> None:
        limits = (("hours", 23), ("minutes", 59), ("seconds", 59), ("frames", self.rate.count - 1))
        for name, last in limits:
            value = getattr(self, name)
            if not 0 <= value <= last:
                raise ValueError(f"timecode {name} {value} outside 0..{last} at {self.rate.label} fps")
        if self.seconds == 0 and self.frames < self.rate.drop and self.minutes % 10:
            raise ValueError(
                f"timecode {self} does not exist: {self.rate.label} drops frames 0..{self.rate.drop - 1} "
                f"at this minute; the first one is frame {self.rate.drop}"
            )

    def to_index(self) -> int:
        """Frame index since 00:00:00:00."""
        minutes = 60 * self.hours + self.minutes
        nominal = self.rate.count * (60 * minutes + self.seconds) + self.frames
        return nominal - self.rate.drop * (minutes - minutes // 10)

    def to_fl(self) -> int:
        """Flick at which the labelled frame starts."""
        return self.rate.frame_fl(self.to_index())

    def __str__(self) -> str:
        mark = ";" if self.rate.drop else ":"
        digits = 3 if self.rate.count > 100 else 2
        return f"{self.hours:02d}:{self.minutes:02d}:{self.seconds:02d}{mark}{self.frames:0{digits}d}"


def frames_per_day(rate: FrameRate) -> int:
    """Number of labels in 24 hours: 2 589 408 at 29.97 drop-frame, 2 160 000 at 25."""
    return 24 * 3600 * rate.count - rate.drop * (24 * 60 - 24 * 6)


def timecode_from_index(index: int, rate: FrameRate) -> Timecode:
    """Label of frame `index`.

    Raises
    ------
    ValueError
        For an index outside one day; whoever wraps at midnight does so on purpose, with `frames_per_day`.
    """
    day = frames_per_day(rate)
    if not 0 <= index < day:
        raise ValueError(f"frame index {index} outside 0..{day - 1}, one day at {rate.label} fps")
    if rate.drop:
        ten_minutes = 600 * rate.count - 9 * rate.drop
        one_minute = 60 * rate.count - rate.drop
        tens, rest = divmod(index, ten_minutes)
        index += 9 * rate.drop * tens
        if rest >= rate.drop:
            index += rate.drop * ((rest - rate.drop) // one_minute)
    seconds, frames = divmod(index, rate.count)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return Timecode(hours, minutes, seconds, frames, rate)


def timecode_from_fl(at_fl: int, rate: FrameRate) -> Timecode:
    """Label of the frame on show at `at_fl`."""
    return timecode_from_index(rate.frame_index(at_fl), rate)


def parse_timecode(text: str, rate: FrameRate) -> Timecode:
    """Read ``hh:mm:ss:ff``; a semicolon or full stop before the frames marks drop-frame and must fit.

    Raises
    ------
    ValueError
        For a wrong form, a mark that contradicts the rate, or a label that does not exist.
    """
    match = _LABEL.match(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a timecode; write hh:mm:ss:ff, or hh:mm:ss;ff for drop-frame")
    hours, minutes, seconds, mark, frames = match.groups()
    if (mark != ":") != bool(rate.drop):
        kind = "drop-frame, written with ';'" if rate.drop else "not drop-frame, written with ':'"
        raise ValueError(f"'{text}' does not fit the rate {rate.label}, which is {kind} before the frames")
    return Timecode(int(hours), int(minutes), int(seconds), int(frames), rate)
