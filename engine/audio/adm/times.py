"""Times of the ADM: text, exact fractions of a second, samples."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,30}))?(?:S(\d{1,9}))?\Z", re.ASCII)


@lru_cache(maxsize=1 << 14)
def parse_time(text: str) -> Fraction:
    """Seconds of ``hh:mm:ss.zzzzz``, or of ``hh:mm:ss.zzzzzSfffff``: z of f parts of a second (BS.2076-2, 5.12).

    Raises
    ------
    ValueError

    Notes
    -----
    Remembered: the objects of a master mostly bend at the same times.
    """
    found = _TIME.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time; write hh:mm:ss.zzzzz")
    hours, minutes, seconds = (int(part) for part in found.group(1, 2, 3))
    digits, parts = found.group(4) or "0", found.group(5)
    whole = (hours * 60 + minutes) * 60 + seconds
    if parts is None:
        return whole + Fraction(int(digits), 10 ** len(digits))
    if not int(parts) or int(digits) >= int(parts):
        raise ValueError(f"{text!r}: {digits} of {parts} parts is no fraction of a second")
    return whole + Fraction(int(digits), int(parts))


def time_of_samples(samples: int, rate_hz: int, *, exact: bool = False) -> str:
    """Text of a number of samples.

    Parameters
    ----------
    samples, rate_hz : int
    exact : bool
        True: in fractions of the rate, which BS.2076-2 knows. False: in decimals, 9 of them, which everybody reads; they round to
        the same sample at any rate below 100 MHz.
    """
    seconds, rest = divmod(samples, rate_hz)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    clock = f"{hours:02d}:{minute:02d}:{second:02d}"
    if exact:
        return f"{clock}.{rest}S{rate_hz}"
    # Rounded down, so that a time written is never after the sample: its first whole sample is that one again.
    return f"{clock}.{rest * 10**9 // rate_hz:09d}"
