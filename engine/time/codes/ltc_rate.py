"""Which frame rate a linear timecode counts, where nobody says."""

from __future__ import annotations

from engine.time.codes.ltc import LtcWord
from engine.time.rates import RATES, FrameRate


class RateFinder:
    """Finds 24, 25, 29.97 drop-frame or 30.

    Parameters
    ----------
    given : FrameRate or None
        The rate, if it is known; then nothing is guessed.

    Notes
    -----
    A word does not say its rate. The drop-frame flag does, and so does the last frame before a new second; until one has
    passed the length of the bits must do, which is right while the source runs at nominal speed. 23.976 and 29.97 non-drop look
    like a slow 24 and 30: they have to be given.
    """

    def __init__(self, given: FrameRate | None) -> None:
        if given is not None and given.count not in (24, 25, 30):
            raise ValueError(f"LTC counts 24, 25 or 30 frames a second, not {given.label}")
        self._given = given
        self._counted: int | None = None
        self._before: tuple[int, LtcWord] | None = None

    def rate(self, word: LtcWord, direction: int, words_per_s: float) -> FrameRate:
        """The rate a word is to be read at.

        Parameters
        ----------
        word : LtcWord
        direction : int
            1 or -1.
        words_per_s : float
            As measured.
        """
        if self._given is not None:
            return self._given
        self._watch(word, direction)
        if word.drop:
            return RATES["29.97df"]
        if self._counted is not None and self._counted > word.frames:
            return RATES[str(self._counted)]
        fitting = [count for count in (24, 25, 30) if count > word.frames]
        return RATES[str(min(fitting, key=lambda count: abs(count - words_per_s)))]

    def _watch(self, word: LtcWord, direction: int) -> None:
        """A new second shows how many frames the old one had; seen in two neighbouring words it is believed."""
        before, self._before = self._before, (direction, word)
        if before is None or before[0] != direction:
            return
        early, late = (before[1], word) if direction > 0 else (word, before[1])
        if late.frames == 0 and _seconds(late) - _seconds(early) == 1 and early.frames + 1 in (24, 25, 30):
            self._counted = early.frames + 1


def _seconds(word: LtcWord) -> int:
    return 3600 * word.hours + 60 * word.minutes + word.seconds
