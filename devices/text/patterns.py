"""Patterns for lines that come in: regular expressions of a kind that cannot be made to run for ever.

Python's matcher tries every way a pattern can be cut: ``(a+)+b`` takes longer than the universe on thirty characters. Lines come
from a network, so a pattern is allowed only when its cost is bounded: no repeated group that itself repeats or chooses, at most
three open-ended repeats, no references and look-arounds, no more than 512 characters of a line are looked at, and what else may
vary (``a?`` two ways, ``a{0,9}`` ten, ``x|y|z`` three) multiplies to 2**20 ways at most, 2**5 fewer for each open-ended repeat:
twenty ``a?`` in a row take 20 ms, thirty would take half a minute.
"""

from __future__ import annotations

import math
import re

MAX_PATTERN = 200
MAX_LINE = 1024
"""Bytes of a line; what is longer is cut off and counted."""
MAX_MATCHED = 512
_MOST_OPEN = 3
_MOST_TIMES = 64
_MOST_WAYS_BITS = 20.0
_OPEN_BITS = 5.0


class PatternError(ValueError):
    """A pattern that is wrong, or could run for ever."""


def compile_pattern(text: object) -> re.Pattern[str]:
    """A pattern for a whole line.

    Raises
    ------
    PatternError
        With what is allowed.
    """
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_PATTERN:
        raise PatternError(f"pattern is {text!r:.60}; allowed: 1 to {MAX_PATTERN} characters")
    _check_cost(text)
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"pattern {text!r} is not a regular expression: {error}") from None


def match(pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
    """Whether a whole line (its first 512 characters) fits."""
    return pattern.fullmatch(line[:MAX_MATCHED])


def _check_cost(text: str) -> None:
    """Go through a pattern once, keeping for every open group whether it repeats or chooses inside."""
    busy: list[bool] = [False]
    branches: list[int] = [1]  # of every open group
    ways_bits = 0.0
    open_ended = 0
    after_group: bool | None = None
    at = 0
    while at < len(text):
        sign = text[at]
        closed, after_group = after_group, None
        if sign == "\\":
            if text[at + 1 : at + 2].isdigit():
                raise PatternError(f"pattern {text!r}: references to groups are not allowed")
            at += 2
        elif sign == "[":
            at = _after_class(text, at)
        elif sign == "(":
            if text.startswith("(?", at) and not text.startswith("(?:", at):
                raise PatternError(
                    f"pattern {text!r}: {text[at : at + 3]!r} is not allowed; of (? only (?: is"
                )
            busy.append(False)
            branches.append(1)
            at += 3 if text.startswith("(?:", at) else 1
        elif sign == ")":
            if len(busy) == 1:
                raise PatternError(f"pattern {text!r}: a bracket is closed that was never opened")
            after_group = busy.pop()
            ways_bits += math.log2(branches.pop())
            busy[-1] = busy[-1] or after_group
            at += 1
        elif sign == "|":
            busy[-1] = True
            branches[-1] += 1
            at += 1
        elif sign in "*+?{" and (times := re.compile(r"[*+?]|\{(\d*)(?:,(\d*))?\}").match(text, at)):
            many = sign in "*+" or (sign == "{" and (times[2] == "" or int(times[2] or times[1] or 0) > 1))
            if sign == "{" and int(times[2] or times[1] or 0) > _MOST_TIMES:
                raise PatternError(f"pattern {text!r}: {times[0]!r} repeats more than {_MOST_TIMES} times")
            if many and closed:
                raise PatternError(
                    f"pattern {text!r}: a group that repeats or chooses inside is repeated; on some line that never ends"
                )
            ways_bits += _finite_bits(times)
            if sign in "*+" or times[2] == "":
                open_ended += 1
                if open_ended > _MOST_OPEN:
                    raise PatternError(f"pattern {text!r}: more than {_MOST_OPEN} open-ended repeats")
            # `?` chooses too: (a?)* is as bad as (a*)*.
            busy[-1] = True
            at = times.end()
            if text[at : at + 1] in ("?", "+"):
                at += 1  # lazy or possessive, which costs nothing more
        else:
            at += 1
    ways_bits += sum(map(math.log2, branches))
    allowed_bits = _MOST_WAYS_BITS - _OPEN_BITS * open_ended
    if ways_bits > allowed_bits:
        raise PatternError(
            f"pattern {text!r}: too much in it may vary (2**{ways_bits:.0f} ways, allowed 2**{allowed_bits:.0f}); write fewer "
            "?, {,} and |"
        )


def _finite_bits(times: re.Match[str]) -> float:
    """Ways in which a repeat that is not open-ended may end, as a power of two."""
    if times[0] == "?":
        return 1.0
    if times[1] is None or times[2] == "":
        return 0.0
    least = int(times[1] or 0)
    most = least if times[2] is None else int(times[2])
    return math.log2(max(most - least, 0) + 1)


def _after_class(text: str, at: int) -> int:
    at += 1
    if text[at : at + 1] == "^":
        at += 1
    first = at
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "]" and at > first:
            return at + 1
        at += 1
    raise PatternError(f"pattern {text!r}: a [ is never closed")


class LineCutter:
    """Cuts a byte stream into lines; carriage return, line feed or both end one, empty lines are left out.

    Attributes
    ----------
    cut : int
        Lines longer than 1 KiB, of which the rest was dropped.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._full = False
        self.cut = 0

    def feed(self, data: bytes) -> list[str]:
        """Take any cut of the stream; every line that has ended. Never raises."""
        found = []
        for part in re.split(rb"([\r\n])", data):
            if part in (b"\r", b"\n"):
                if self._line:
                    found.append(self._line.decode("utf-8", "replace"))
                self._line.clear()
                self._full = False
                continue
            room = MAX_LINE - len(self._line)
            self._line += part[:room]
            if len(part) > room and not self._full:
                self._full = True
                self.cut += 1
        return found
