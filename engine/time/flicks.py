"""Show time: integer flicks, and the only conversions to and from other forms of time.

A flick is 1/705 600 000 s: whole for every frame of 23.976 to 120 fps with their 1000/1001 forms and for
every sample of 44.1, 48, 96 and 192 kHz audio. 2**53 flicks are 147 days, so a position also survives JSON.
Nothing in here rounds silently: each function says what it does with a remainder.

Source: the flick unit as published by Oculus VR, 2018 (github.com/facebookarchive/flicks).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NewType

FLICKS_PER_SECOND = 705_600_000
NS_PER_SECOND = 1_000_000_000

# 705 600 000 flicks are 1 000 000 000 ns; divided by their greatest common divisor (1 600 000).
FL_PER_NS_NUM = 441
FL_PER_NS_DEN = 625

Flicks = NewType("Flicks", int)
"""Show time in flicks, for signatures where a plain int would not say so."""


def seconds_to_fl(seconds: Fraction | int | Decimal | str) -> int:
    """Flicks nearest to an exact number of seconds; halves round to even.

    Parameters
    ----------
    seconds : Fraction, int, Decimal or str
        ``"0.1"`` and ``"1/24"`` are exact. A float is refused: 0.1 is not a tenth.

    Raises
    ------
    TypeError
        For a float.
    ValueError
        For a text that is not a number.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, Fraction | int | Decimal | str):
        raise TypeError(
            f"seconds must be exact (Fraction, int, Decimal or str), got {type(seconds).__name__} {seconds!r}"
        )
    try:
        exact = Fraction(seconds)
    except (ValueError, ZeroDivisionError, OverflowError, InvalidOperation):
        raise ValueError(f"'{seconds}' is not a number of seconds; write for example 1.5 or 1/24") from None
    return round(exact * FLICKS_PER_SECOND)


def fl_to_seconds(at_fl: int) -> float:
    """Seconds as a float: for printing and for drawing, never for arithmetic on time."""
    return at_fl / FLICKS_PER_SECOND


def ns_to_fl(time_ns: int) -> int:
    """Whole flicks that have passed after `time_ns` nanoseconds (floor)."""
    return time_ns * FL_PER_NS_NUM // FL_PER_NS_DEN


def fl_to_ns(time_fl: int) -> int:
    """First nanosecond at which `ns_to_fl` reaches `time_fl` (ceiling).

    A nanosecond is shorter than a flick, so ``ns_to_fl(fl_to_ns(x)) == x`` for every x.
    """
    return -(-time_fl * FL_PER_NS_DEN // FL_PER_NS_NUM)


_PARTS = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ms|us|min|fl|h|s)\s*")
_PART_SECONDS = {
    "h": Fraction(3600),
    "min": Fraction(60),
    "s": Fraction(1),
    "ms": Fraction(1, 1000),
    "us": Fraction(1, 1_000_000),
    "fl": Fraction(1, FLICKS_PER_SECOND),
}
_PART_ORDER = ("h", "min", "s", "ms", "us", "fl")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)\Z")
_FRAMES = re.compile(r"(\d+)\s*frames?\s*@\s*(\S+)\Z")
_LARGEST_PLAIN = 10**15
_EXAMPLES = "for example 18s, 250ms, 1min30s, 00:01:12.500, 00:01:02:03@25 or 3 frames@24"


def parse_duration_fl(value: object, *, signed: bool = False) -> int:
    """Read an authored instant or duration.

    Parameters
    ----------
    value : str or int
        ``"18s"``, ``"250ms"``, ``"1min30s"``, ``"1.5h"``; clock form ``"[hh:]mm:ss[.fff]"``; timecode with
        its rate ``"00:01:02:03@25"``, ``"00:01:00;02@29.97df"``; frames ``"3 frames@24"``; or plain 0. Any
        other number without a unit is refused.
    signed : bool, default False
        Allow a leading minus.

    Returns
    -------
    int
        Flicks; a remainder below one flick rounds half to even.

    Raises
    ------
    ValueError
        Naming the value and what may be written instead.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is not a time; write a number with its unit, {_EXAMPLES}")
    if isinstance(value, int | float):
        if value == 0:
            return 0
        if (
            isinstance(value, int) and abs(value) > _LARGEST_PLAIN
        ):  # too large for the float that `:g` makes of it
            raise ValueError(f"a number of {len(str(abs(value)))} digits is not a time; {_EXAMPLES}")
        raise ValueError(f"{value:g} has no unit; write {value:g}s or {value:g}ms")
    text = value.strip()
    negative = text.startswith("-")
    if negative:
        if not signed:
            raise ValueError(f"'{value}' is negative; a time here must be 0 or more")
        text = text[1:].lstrip()
    magnitude_fl = _parse_positive_fl(text, value)
    return -magnitude_fl if negative else magnitude_fl


def _parse_positive_fl(text: str, shown: str) -> int:
    if "@" in text:
        return _parse_rated_fl(text, shown)
    clock = _CLOCK.match(text)
    if clock is not None:
        hours, minutes, seconds = clock.groups()
        if int(minutes) >= 60 or Fraction(seconds) >= 60:
            raise ValueError(
                f"'{shown}' has minutes or seconds of 60 or more; write 00:00:00 to 23:59:59.999"
            )
        return seconds_to_fl(int(hours or 0) * 3600 + int(minutes) * 60 + Fraction(seconds))
    if re.fullmatch(r"0+(\.0*)?", text):
        return 0
    total = Fraction(0)
    position, last_order = 0, -1
    while position < len(text):
        part = _PARTS.match(text, position)
        if part is None:
            if re.fullmatch(r"\d+(\.\d+)?|\.\d+", text):
                raise ValueError(f"'{shown}' has no unit; write {text}s or {text}ms")
            if ":" in text:
                raise ValueError(f"'{shown}' needs its frame rate; write {text}@25 or another rate")
            raise ValueError(f"'{shown}' is not a time; write a number with its unit, {_EXAMPLES}")
        number, unit = part.groups()
        order = _PART_ORDER.index(unit)
        if order <= last_order:
            raise ValueError(
                f"'{shown}' has its parts out of order; write hours, minutes, seconds, milliseconds"
            )
        total += Fraction(number) * _PART_SECONDS[unit]
        position, last_order = part.end(), order
    if last_order < 0:
        raise ValueError(f"a time is missing; write a number with its unit, {_EXAMPLES}")
    return seconds_to_fl(total)


def _parse_rated_fl(text: str, shown: str) -> int:
    # Imported here: rates and timecode stand above this module and import it.
    from engine.time.rates import rate_named
    from engine.time.timecode import parse_timecode

    frames = _FRAMES.match(text)
    if frames is not None:
        return rate_named(frames.group(2)).frame_fl(int(frames.group(1)))
    label, _, rate = text.partition("@")
    if ":" not in label:
        raise ValueError(f"'{shown}' is not a timecode; write 00:01:02:03@25 or 3 frames@24")
    return parse_timecode(label, rate_named(rate.strip())).to_fl()


def format_fl(at_fl: int) -> str:
    """``"00:01:12.500"``: hours, minutes, seconds and milliseconds, rounded down, for people to read."""
    sign = "-" if at_fl < 0 else ""
    total_ms = abs(at_fl) * 1000 // FLICKS_PER_SECOND
    seconds, milliseconds = divmod(total_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"
