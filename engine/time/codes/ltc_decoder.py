"""Linear timecode out of sound, as it comes in.

::

    sound -> FrontEnd (near 48 kHz) -> find_edges (filter, comparator) -> BitClock (bits, sync) -> labels

Nothing is known at first: the length of a bit is guessed from the first 40 ms of sound that could be timecode, which are then
read like the rest, so that the first word counts. From then on the clock follows the speed; when nothing fits any more, the
guessing begins again where it was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.time.codes.ltc import LtcError, LtcWord, unpack_ltc
from engine.time.codes.ltc_clock import BitClock, Heard
from engine.time.codes.ltc_edges import FLOOR, find_edges, reach
from engine.time.codes.ltc_encoder import SAMPLE_RATES_HZ
from engine.time.codes.ltc_front import FrontEnd
from engine.time.codes.ltc_guess import guess_half_bit
from engine.time.codes.ltc_rate import RateFinder
from engine.time.rates import FrameRate
from engine.time.timecode import Timecode

Signal = NDArray[np.float32]

_FASTEST_S = 1.0 / (160 * 30 * 2.1)
_SLOWEST_S = 1.0 / (160 * 24 * 0.47)
_PIECE = 1 << 16
_HOP_S = 0.17
_LOOKS_S = (0.04, 0.08, 0.16)
"""Lengths of sound from which a bit's length is guessed. The shortest holds a sync word at nominal speed, the longest two at
half speed."""
_RESTING_S = 0.02
"""The mean over a period of 50 Hz, and over a sync word and more at most speeds, is what the signal swings about."""
_STILL_S = 0.0015
"""Longer than a bit at half speed: timecode does not stand still for so long."""
_KEPT_S = 0.12
"""Sound kept behind, to be read once more when the speed turns out to be another."""


@dataclass(frozen=True, slots=True)
class LtcFrame:
    """One frame's word, with its place in the sound.

    Parameters
    ----------
    label : Timecode
    word : LtcWord
        User bits and flags.
    direction : int
        1 forward, -1 reverse.
    speed : float
        Against the nominal rate.
    at_sample : float
        Where the source's position was exactly the label: the beginning of the word forward, its end in reverse. Samples from
        the start of the sound.
    start_sample, end_sample : float
        First and last edge of the word as it passed.
    """

    label: Timecode
    word: LtcWord
    direction: int
    speed: float
    at_sample: float
    start_sample: float
    end_sample: float

    @property
    def index(self) -> int:
        """Frames since 00:00:00:00."""
        return self.label.to_index()


class LtcDecoder:
    """Reads linear timecode from one channel.

    Parameters
    ----------
    sample_rate_hz : int, default 48000
        8000 to 192000.
    rate : FrameRate or None
        The source's rate; None to find it (see `RateFinder`).

    Attributes
    ----------
    refused : int
        Words with a digit out of range, or a label that does not exist at the rate.
    flag_conflicts : int
        Words whose drop-frame flag contradicts the rate that was given. They are read at the rate given.
    """

    def __init__(self, sample_rate_hz: int = 48_000, rate: FrameRate | None = None) -> None:
        low, high = SAMPLE_RATES_HZ
        if not low <= sample_rate_hz <= high:
            raise ValueError(f"sample rate is {sample_rate_hz} Hz; allowed {low} to {high}")
        self.sample_rate_hz = sample_rate_hz
        self.refused = 0
        self.flag_conflicts = 0
        self._given = rate
        self._rates = RateFinder(rate)
        self._front = FrontEnd(sample_rate_hz)
        self._rate_hz = self._front.rate_hz
        self._hop = round(_HOP_S * self._rate_hz)
        self._held = np.zeros(0, dtype=np.float32)
        self._base = 0  # of `_held`, in samples behind the front end
        self._read_to = 0  # edges before this one have been read
        self._clock: BitClock | None = None
        self._look = 0
        self._begun = False
        self._edge_read = float("-inf")
        self._lost_at = 0

    def push(self, sound: ArrayLike) -> list[LtcFrame]:
        """Read on.

        Parameters
        ----------
        sound : float32 array
            Any number of samples of one channel; full scale is 1.0.

        Returns
        -------
        list of LtcFrame
            Words that are complete, in the order they passed. A word is known at its end, and given out a few milliseconds
            later.
        """
        samples = np.asarray(sound, dtype=np.float32).reshape(-1)
        found: list[LtcFrame] = []
        for start in range(0, len(samples), _PIECE):
            self._take(self._front.push(samples[start : start + _PIECE]))
            found.extend(self._read(final=False))
        return found

    def flush(self) -> list[LtcFrame]:
        """The end of the sound: the last words. Sound that is pushed afterwards follows a short silence."""
        self._take(self._front.finish())
        found: list[LtcFrame] = []
        if self._begin(final=True):
            pad = 2 * self._margin(1.0 / _SLOWEST_S)
            level = self._resting_level(self._held[: -round(_RESTING_S * self._rate_hz) - 1 : -1])
            self._take(np.full(pad, level, dtype=np.float32))
            found.extend(self._read(final=True))
            if self._clock is not None:
                found.extend(
                    frame for heard in self._clock.finish() if (frame := self._frame(heard)) is not None
                )
        return found

    def _take(self, sound: Signal) -> None:
        self._held = np.concatenate([self._held, sound])

    def _begin(self, *, final: bool) -> bool:
        """Whether enough is here to begin with."""
        look = round(_RESTING_S * self._rate_hz)
        if not self._begun and len(self._held) and (len(self._held) >= look or final):
            # What was before the first sample: the level the signal rests at, or its first edge would not be one.
            self._begun = True
            pad = 2 * self._margin(1.0 / _SLOWEST_S)
            before = np.full(pad, self._resting_level(self._held[:look]), dtype=np.float32)
            self._held, self._base = np.concatenate([before, self._held]), -pad
        return self._begun

    def _read(self, *, final: bool) -> Iterator[LtcFrame]:
        if not self._begin(final=final):
            return
        end = self._base + len(self._held)
        while True:
            if self._clock is None and not self._acquire(end, final=final):
                break
            clock = self._clock
            assert clock is not None
            half = clock.bit / 2
            margin = reach(half)
            upto = min(end - margin, self._read_to + self._hop)
            if upto <= self._read_to:
                break
            # One sample of overlap: an edge lies between two samples, and must not fall between two calls.
            overlap = round(2 * half) + 2
            since = max(self._read_to - overlap, self._base + margin)
            first = since - margin - self._base
            edges = find_edges(self._held[first : upto + margin - self._base], half, self._rate_hz)
            edges += since - margin
            fresh = edges[edges > self._edge_read + 0.2 * half]
            for heard in clock.feed(fresh.tolist()):
                frame = self._frame(heard)
                if frame is not None:
                    yield frame
            if len(fresh):
                self._edge_read = float(fresh[-1])
            self._read_to = upto
            if clock.lost:
                self._lose(clock)
        self._forget(end)

    def _acquire(self, end: int, *, final: bool) -> bool:
        """Guess the length of a bit from what has not been read yet; whether it is known now."""
        loud = self._skip_silence(end)
        while True:
            length = round(_LOOKS_S[self._look] * self._rate_hz)
            if end - loud < length and not final:
                return False
            sound = self._held[loud - self._base : loud - self._base + length]
            half = guess_half_bit(sound, self._rate_hz, _SLOWEST_S, _FASTEST_S)
            if half is not None:
                self._clock = BitClock(2 * half)
                self._look = 0
                self._read_to = max(loud, self._base + reach(half))
                self._edge_read = float("-inf")
                return True
            if self._look + 1 < len(_LOOKS_S) and end - loud > length:
                self._look += 1
                continue
            if self._look + 1 < len(_LOOKS_S) and not final:
                self._look += 1
                return False
            self._look = 0
            if end - loud <= length:
                self._read_to = max(self._read_to, end - length // 2 if not final else end)
                return False
            loud = self._read_to = loud + length // 2

    def _skip_silence(self, end: int) -> int:
        """First sample from which on there may be timecode; what comes before is not looked at again."""
        cell = round(0.0025 * self._rate_hz)
        start = max(self._read_to, self._base)
        sound = self._held[start - self._base :]
        cells = len(sound) // cell
        if not cells:
            return start
        rows = sound[: cells * cell].reshape(cells, cell)
        loud = np.flatnonzero(np.ptp(rows, axis=1) > 4.0 * FLOOR)
        skipped = (max(0, int(loud[0]) - 1) if len(loud) else max(0, cells - 1)) * cell
        self._read_to = start + skipped
        return self._read_to

    def _lose(self, clock: BitClock) -> None:
        """Begin to guess again, from the last bit that could be trusted."""
        self._clock = None
        self._look = 0
        oldest = self._base + self._margin(1.0 / _SLOWEST_S)
        if clock.last_good > oldest:
            oldest = round(clock.last_good)
        again = max(min(self._read_to, oldest), self._read_to - round(_KEPT_S * self._rate_hz))
        # Always a step on from where it was lost before, or sound that looks like timecode and is none would never end.
        self._read_to = self._lost_at = max(again, self._lost_at + round(0.02 * self._rate_hz))

    def _forget(self, end: int) -> None:
        """Let go of sound that will not be needed again: what is kept is bounded whatever comes in."""
        keep = self._read_to - round(_KEPT_S * self._rate_hz) - 2 * self._margin(1.0 / _SLOWEST_S)
        gone = min(max(0, keep - self._base), len(self._held))
        if gone:
            self._held = self._held[gone:].copy()
            self._base += gone

    def _margin(self, half_bits_per_s: float) -> int:
        return reach(self._rate_hz / half_bits_per_s)

    def _resting_level(self, sound: Signal) -> float:
        """What the signal rests at beyond the first of these samples: what it rests at there already, or their mean."""
        first = sound[: max(2, round(_STILL_S * self._rate_hz))]
        if len(first) and np.ptp(first) < 0.05 * np.ptp(sound):
            sound = first
        return float(np.mean(sound, dtype=np.float64)) if len(sound) else 0.0

    def _frame(self, heard: Heard) -> LtcFrame | None:
        """The word with its place; None, and counted, when its label cannot be."""
        bit_s = (heard.end - heard.start) / 80 / self._rate_hz
        direction = -1 if heard.reverse else 1
        words_per_s = 1.0 / (80 * bit_s)
        try:
            word = unpack_ltc(heard.data)
            rate = self._rates.rate(word, direction, words_per_s)
            label = word.label(rate)
        except (LtcError, ValueError):
            self.refused += 1
            return None
        if self._given is not None and word.drop != bool(self._given.drop):
            self.flag_conflicts += 1
        start = self._front.input_sample(heard.start)
        end = self._front.input_sample(heard.end)
        at = start if direction > 0 else end
        return LtcFrame(label, word, direction, words_per_s / float(rate.fps), at, start, end)
