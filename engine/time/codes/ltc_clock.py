"""From edges to words: a bit clock that follows the speed, and the two sync words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.time.codes.ltc import WORD_BITS

_FORWARD, _REVERSE = 0x3FFD, 0xBFFC
"""The last 16 bits sent, newest lowest: sync forward, and sync backward. Neither can appear in the data of the other, for
only sync has twelve ones in a row."""
_TOLERANCE = 0.3
_SHORTEST = 0.18
_GAIN = 0.08
_TRUSTED_RUN = 24
_LOST_AFTER = 12
_PAUSE = 4.0
"""In bits; after a longer one nothing is wrong with the clock."""
_KEPT = 4 * WORD_BITS

# Least squares of a parabola through the 81 instants of a word: start, end, mean length of a bit. A straight line would be off
# by 60 us at the ends while the speed doubles within a second.
_PLACES = np.arange(WORD_BITS + 1)
_FIT = np.linalg.pinv(np.stack([np.ones(WORD_BITS + 1), _PLACES, _PLACES**2], axis=1).astype(float))
_AT_START = _FIT[0]
_AT_END = _FIT[0] + WORD_BITS * _FIT[1] + WORD_BITS**2 * _FIT[2]
_WEIGHTS = np.stack([_AT_START, _AT_END])


@dataclass(frozen=True, slots=True)
class Heard:
    """Eighty bits with a sync word.

    Parameters
    ----------
    data : bytes
        Ten bytes, in the order of a forward word.
    start, end : float
        Instants of the word's first and last edge in the order they passed.
    reverse : bool
    """

    data: bytes
    start: float
    end: float
    reverse: bool


class BitClock:
    """Reads edges.

    Parameters
    ----------
    bit : float
        Length of a bit, in the unit of the edges, within a quarter.
    """

    def __init__(self, bit: float) -> None:
        self.bit = bit
        self.last_good = float("-inf")
        """Instant of the last bit within a run that can be trusted."""
        self._last = float("-inf")
        self._middle = float("-inf")
        self._in_middle = False
        self._recent = 0
        self._bits = bytearray()
        self._starts: list[float] = []
        self._due = 0
        self._misses = 0

    @property
    def lost(self) -> bool:
        """Whether what comes in has not been timecode at about this speed for a while."""
        return self._misses >= _LOST_AFTER

    def feed(self, edges: Sequence[float]) -> list[Heard]:
        """Read on; gives the words that are complete."""
        found: list[Heard] = []
        bits, starts = self._bits, self._starts
        bit, last, middle, in_middle = self.bit, self._last, self._middle, self._in_middle
        recent, due = self._recent, self._due
        # `last` is the last edge; in the middle of a 1, the bit began at `middle`.
        for edge in edges:
            length = edge - last
            ratio = length / bit
            if in_middle:
                whole = edge - middle
                in_middle = False
                if abs(whole / bit - 1.0) < _TOLERANCE:
                    bits.append(49)
                    starts.append(middle)
                    recent = (recent << 1 | 1) & 0xFFFF
                    bit += _GAIN * (whole - bit)
                    last = edge
                elif abs(ratio - 1.0) < _TOLERANCE:
                    # Half a bit too many or too few before: but this one was whole, so the clock is in step again.
                    self._misses += 1
                    bits.clear()
                    starts.clear()
                    bits.append(48)
                    starts.append(last)
                    recent, due, last = 0, 0, edge
                    continue
                else:
                    if ratio < _PAUSE:
                        self._misses += 1
                    elif len(bits) >= WORD_BITS - 1 and recent & 0x7FFF == _FORWARD >> 1:
                        found.append(_completed(bits, starts, middle, bit))
                    bits.clear()
                    starts.clear()
                    recent, due, last = 0, 0, edge
                    continue
            elif abs(ratio - 1.0) < _TOLERANCE:
                bits.append(48)
                starts.append(last)
                recent = recent << 1 & 0xFFFF
                bit += _GAIN * (length - bit)
                last = edge
            elif _SHORTEST < ratio < 1.0:
                middle, last, in_middle = last, edge, True
                continue
            else:
                if ratio < _PAUSE:
                    self._misses += 1
                bits.clear()
                starts.clear()
                recent, due, last = 0, 0, edge
                continue
            known = len(bits)
            if known >= _TRUSTED_RUN:
                self._misses = 0
                self.last_good = edge
            if recent == _FORWARD:
                if known >= WORD_BITS:
                    found.append(_heard(bits, starts, edge, reverse=False))
            elif recent == _REVERSE:
                due = known + WORD_BITS - 16
            if known == due:
                found.append(_heard(bits, starts, edge, reverse=True))
                due = 0
            if known >= _KEPT:
                gone = known - WORD_BITS
                del bits[:gone], starts[:gone]
                due = max(0, due - gone)
        self.bit, self._last, self._middle, self._in_middle = bit, last, middle, in_middle
        self._recent, self._due = recent, due
        return found

    def finish(self) -> list[Heard]:
        """The end of the sound: a forward word that wants nothing but the last edge of its sync word is complete.

        A line that delays its edges cuts that one off at the end of a recording.
        """
        bits, starts = self._bits, self._starts
        if len(bits) < WORD_BITS - 1 or self._recent & 0x7FFF != _FORWARD >> 1:
            return []
        begun = self._middle if self._in_middle else self._last
        found = [_completed(bits, starts, begun, self.bit)]
        bits.clear()
        starts.clear()
        self._recent = self._due = 0
        self._in_middle = False
        return found


def _completed(bits: bytearray, starts: list[float], begun: float, bit: float) -> Heard:
    """A forward word whose last bit, a 1, began at `begun` and was never seen to end."""
    bits.append(49)
    starts.append(begun)
    return _heard(bits, starts, begun + bit, reverse=False)


def _heard(bits: bytearray, starts: list[float], end: float, *, reverse: bool) -> Heard:
    """The last eighty bits."""
    row = bytes(bits[-WORD_BITS:])
    instants = np.array(starts[-WORD_BITS:])
    first = instants[0]
    instants -= first
    begun, ended = _WEIGHTS[:, :-1] @ instants + _WEIGHTS[:, -1] * (end - first)
    word = int(row if reverse else row[::-1], 2)
    return Heard(word.to_bytes(10, "little"), first + float(begun), first + float(ended), reverse)
