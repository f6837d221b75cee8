"""MIDI timecode's receiver: which pieces make a word.

Only eight pieces, one after another in one direction and at a plausible pace, make one. All of them carry the label that was
true at piece 0, which is the instant the word is stamped with: two frames before the next piece 0. In reverse the pieces come
as a tape played backward would bring them, 7 to 0, so that piece 0 comes last and is again the instant of its label.
"""

from __future__ import annotations

from fractions import Fraction

from engine.time.codes.mtc import PIECES, Full, MtcError, Quarter, read_label, read_pieces
from engine.time.codes.word import CodeWord, Wire
from engine.time.rates import FrameRate

_LONGEST_GAP_NS = 50_000_000
"""Five nominal pieces: slower than a quarter of the speed is a stop."""


class MtcReceiver:
    """Makes words of quarter frames and full frames.

    Parameters
    ----------
    given : FrameRate or None
        The source's rate, if it is known.
    stream : str, default ""
        Name of the source in its words.

    Attributes
    ----------
    refused : int
        Labels that cannot be, and rates other than the given one.
    broken : int
        Runs of pieces that ended before the eighth: missing or out of order.
    """

    def __init__(self, given: FrameRate | None = None, stream: str = "") -> None:
        self.refused = 0
        self.broken = 0
        self._given = given
        self._stream = stream
        self._pieces: list[tuple[int, int, int]] = []  # number, nibble, instant
        self._direction = 0
        self._before: CodeWord | None = None

    def feed(self, message: Quarter | Full, at_ns: int) -> CodeWord | None:
        """One message and the host instant it arrived at; a word when it completes one."""
        if isinstance(message, Full):
            return self._located(message, at_ns)
        number, nibble = message.data >> 4 & 7, message.data & 15
        if not self._continues(number, at_ns):
            self.broken += bool(self._pieces)
            self._pieces.clear()
            self._direction = 0
        if not self._pieces and number not in (0, 7):
            return None  # in the middle of a label
        self._pieces.append((number, nibble, at_ns))
        if len(self._pieces) == 1:
            # A 7 after a complete forward word cannot begin anything but a reverse one, and the other way round.
            self._direction = 1 if number == 0 else -1
        if len(self._pieces) < PIECES:
            return None
        pieces, self._pieces = self._pieces, []
        return self._complete(pieces)

    def _continues(self, number: int, at_ns: int) -> bool:
        if not self._pieces:
            return True
        last, _, last_ns = self._pieces[-1]
        return number == last + self._direction and 0 <= at_ns - last_ns <= _LONGEST_GAP_NS

    def _located(self, message: Full, at_ns: int) -> CodeWord | None:
        self._pieces.clear()
        self._before = None
        try:
            label = read_label(
                message.hours_and_rate, message.minutes, message.seconds, message.frames, self._given
            )
        except MtcError:
            self.refused += 1
            return None
        return CodeWord(Wire.MTC, at_ns, label.to_index(), label.rate, direction=0, stream=self._stream)

    def _complete(self, pieces: list[tuple[int, int, int]]) -> CodeWord | None:
        ordered = sorted(pieces)
        try:
            label = read_pieces([nibble for _, nibble, _ in ordered], self._given)
        except MtcError:
            self.refused += 1
            self._before = None
            return None
        at_ns, index = ordered[0][2], label.to_index()
        speed = self._speed(index, at_ns, label.rate)
        word = CodeWord(Wire.MTC, at_ns, index, label.rate, self._direction, speed, self._stream)
        self._before = word
        return word

    def _speed(self, index: int, at_ns: int, rate: FrameRate) -> float:
        """From two neighbouring words; senders may change the pace of the pieces or repeat labels, this sees both."""
        before = self._before
        if before is None or before.direction != self._direction or at_ns <= before.at_ns:
            return 1.0
        moved = (index - before.index) * self._direction
        elapsed_ns = at_ns - before.at_ns
        if not 0 < moved <= 16 or elapsed_ns > 8 * _LONGEST_GAP_NS:
            return 1.0
        return float(Fraction(moved * 1_000_000_000, elapsed_ns) / rate.fps)
