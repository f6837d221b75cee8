"""MIDI timecode's sender: which bytes go out at which instant.

Pieces leave evenly, a quarter of a nominal frame apart, whatever the speed: consoles lose lock when the pace is scaled, and do
not when labels repeat or skip. Piece 0 leaves at the instant its label begins, which is even, as the standard wants. A start
and a locate send a full frame and begin again at piece 0; a stop sends nothing more; what is late is never made up in a burst.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

from engine.time.codes.mtc import PIECES, QUARTER_FRAME, full_frame, quarter_frames, rate_code
from engine.time.rates import FrameRate
from engine.time.timecode import frames_per_day, timecode_from_index

_NS = 1_000_000_000
_POLL_NS = 4_000_000
_LOCATES_APART_NS = 50_000_000
_LOST_NS = 500_000_000
"""A sender silent for so long has lost its listeners: they are told anew where it stands."""
_LARGEST_PULL = Fraction(1, 100)
"""Of two frames: what one cycle's length may give to follow a clock that is slewed."""


class Head(Protocol):
    """Where the clock stands; see `engine.bus.timecode.ports.Playhead`."""

    @property
    def frames(self) -> Fraction:
        """Position in frames."""
        ...

    @property
    def running(self) -> bool:
        """Whether it runs."""
        ...

    @property
    def direction(self) -> int:
        """1 or -1."""
        ...


class MtcSender:
    """Turns a clock into messages; the caller sleeps and sends.

    Parameters
    ----------
    rate : FrameRate
        Counting 24, 25 or 30.
    """

    def __init__(self, rate: FrameRate) -> None:
        rate_code(rate)  # refuses what the wire cannot count
        self._rate = rate
        self._day = frames_per_day(rate)
        self._frame_ns = _NS / rate.fps
        self._seen: tuple[int, Head] | None = None
        self._located: tuple[int, int] | None = None  # instant and index of the last full frame
        self._cycle_ns: Fraction | None = None
        self._sent = 0
        self._pieces: tuple[int, ...] = ()

    def poll(self, lead: Callable[[int], Head], now_ns: int) -> tuple[list[bytes], int]:
        """What is to be sent now, and the instant at which to ask again.

        Parameters
        ----------
        lead : function of a host instant
        now_ns : int
            Never less than before.
        """
        head = lead(now_ns)
        jumped = self._jumped(head, now_ns)
        self._seen = (now_ns, head)
        if not head.running:
            self._cycle_ns = None
            return self._standing(head, now_ns)
        if self._cycle_ns is None or jumped or self._late_ns(now_ns) > _LOST_NS:
            out = [self._full(head, now_ns)]
            self._begin(head, now_ns)
            return out, self._due_ns()
        if self._late_ns(now_ns) > self._frame_ns / 2:
            # More than two pieces behind: a burst would help nobody, and a full frame would say that the clock stands. Whoever
            # listens freewheels over the gap and has a whole cycle from the next even frame on.
            self._begin(head, now_ns)
            return [], self._due_ns()
        if now_ns < self._due_ns():
            return [], self._due_ns()
        out = [self._piece(lead)]
        if self._sent == PIECES:
            self._next_cycle(lead, head.direction)
        return out, self._due_ns()

    def _jumped(self, head: Head, now_ns: int) -> bool:
        """Whether the clock is elsewhere than it would have run to, at up to twice the speed and a bit."""
        if self._seen is None:
            return False
        then_ns, before = self._seen
        if before.running != head.running:
            return False  # a start sends a full frame anyway
        if before.running and before.direction != head.direction:
            return True
        elapsed = Fraction(now_ns - then_ns) / self._frame_ns if head.running else Fraction(0)
        return abs(head.frames - before.frames - head.direction * elapsed) > 1 + 2 * elapsed

    def _late_ns(self, now_ns: int) -> int:
        """How far behind the next piece is: the machine stood still."""
        return now_ns - self._due_ns()

    def _standing(self, head: Head, now_ns: int) -> tuple[list[bytes], int]:
        """A clock that stands is announced where it stands, once, and at most twenty times a second while it is moved."""
        index = math.floor(head.frames) % self._day
        known = self._located
        if known is not None and (known[1] == index or now_ns - known[0] < _LOCATES_APART_NS):
            return [], now_ns + _POLL_NS
        return [self._full(head, now_ns)], now_ns + _POLL_NS

    def _full(self, head: Head, now_ns: int) -> bytes:
        index = math.floor(head.frames) % self._day
        self._located = (now_ns, index)
        return full_frame(timecode_from_index(index, self._rate))

    def _begin(self, head: Head, now_ns: int) -> None:
        """Wait for the next even frame: piece k of label L belongs to the position L + k/4, in both directions."""
        if head.direction > 0:
            ahead = -head.frames % 2
        else:
            ahead = (head.frames - Fraction(7, 4)) % 2
        self._cycle_ns = now_ns + ahead * self._frame_ns
        self._sent = 0

    def _due_ns(self) -> int:
        assert self._cycle_ns is not None
        return math.ceil(self._cycle_ns + self._sent * self._frame_ns / 4)

    def _piece(self, lead: Callable[[int], Head]) -> bytes:
        due_ns = self._due_ns()
        head = lead(due_ns)
        if self._sent == 0:
            # Frozen here for all eight.
            place = head.frames - (Fraction(7, 4) if head.direction < 0 else 0)
            label = timecode_from_index(2 * round(place / 2) % self._day, self._rate)
            pieces = quarter_frames(label)
            self._pieces = pieces if head.direction > 0 else pieces[::-1]
        data = self._pieces[self._sent]
        self._sent += 1
        # Where it stands when it stops need not be said twice.
        self._located = (due_ns, math.floor(head.frames) % self._day)
        return bytes((QUARTER_FRAME, data))

    def _next_cycle(self, lead: Callable[[int], Head], direction: int) -> None:
        assert self._cycle_ns is not None
        nominal = self._cycle_ns + 2 * self._frame_ns
        head = lead(round(nominal))
        place = head.frames - (Fraction(7, 4) if direction < 0 else 0)
        off = (2 * round(place / 2) - place) * direction  # frames still to go
        most = 2 * _LARGEST_PULL
        self._cycle_ns = nominal + min(max(off, -most), most) * self._frame_ns
        self._sent = 0
