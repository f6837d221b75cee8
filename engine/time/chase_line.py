"""The line through a source's words: what time it has, and how fast that goes. And when words make such a line.

*Coherence.* A line is begun only by several words in a row that lie on one: at the speed 1 within the wire's own
jitter, or, with a few words more, at any speed a tape or a player runs at.

*The filter* is the least-squares line through all words so far while there are few of them, and turns into one with a
fading memory later (the expanding-memory polynomial filter of first degree and its steady state, the alpha-beta filter:
Morrison, *Introduction to Sequential Smoothing and Prediction*, 1969). A word's pull is bounded by
three standard deviations, so that one that is wrong but near moves next to nothing.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.time.codes.word import Wire

#: A source at speed 1 is believed to be a crystal: its first words say less about its speed than this many would.
_CRYSTAL_WORDS = 48
#: That many words in a row at their bound on one side (or twice as many on one side while the line is young): the filter
#: forgets most of what it knew.
_LEANING = 8
SLOWEST, FASTEST = 0.4, 2.2
_HISTORY = 8


@dataclass(frozen=True, slots=True)
class WireTraits:
    """What is known of a wire beforehand.

    Parameters
    ----------
    words : int
        Coherent words for a lock at speed 1.
    extra : int
        More of them for a lock at another speed.
    tolerance_ns : float
        How far a word may lie from the line. At most 0.45 frames are used.
    sigma_ns : float
        Its usual jitter, to begin with.
    frames_a_word : int
        Frames between words, for the time after which one is missing.
    memory : int
        Words after which the filter's memory fades.
    """

    words: int
    extra: int
    tolerance_ns: float
    sigma_ns: float
    frames_a_word: int
    memory: int


# Words: facts on good devices, 3 to 5 LTC frames, 2 MTC cycles. Jitter: LTC and cinema sync are samples of a sound
# device, MIDI ports add a millisecond, datagrams wait in queues on both sides. Memory: 10 s of what is steady, 25 s of what is not.
TRAITS: Mapping[Wire, WireTraits] = MappingProxyType(
    {
        Wire.LTC: WireTraits(4, 1, 5e6, 0.3e6, 1, 256),
        Wire.MTC: WireTraits(2, 4, 15e6, 1e6, 2, 256),
        Wire.ARTNET: WireTraits(3, 2, 20e6, 3e6, 1, 768),
        Wire.CINEMA: WireTraits(3, 1, 4e6, 0.15e6, 1, 256),
    }
)


@dataclass(slots=True)
class Line:
    """Source time `at_ns` (of the source) at the host instant `ref_ns`, and its speed.

    Parameters
    ----------
    ref_ns : int
        Host instant.
    at_ns : float
        Source time then, ns.
    speed : float
        Source time per host time.
    sigma_ns : float
        Standard deviation of a word.
    tolerance_ns : float
        Beyond this a word does not belong.
    period_ns : float
        Host time between words.
    count, rate_count : int
        Words the place, and the speed, rest on.
    memory : int
        Words after which what was heard begins to fade.
    lean : int
        Words in a row on one side, signed; those at their bound count twice. A source that changes its speed leans, jitter does not.
    turns : int
        How often it was found to run at another speed than believed.
    """

    ref_ns: int
    at_ns: float
    speed: float
    sigma_ns: float
    tolerance_ns: float
    period_ns: float
    count: int
    rate_count: int
    memory: int
    lean: int = 0
    turns: int = 0

    def at(self, host_ns: int) -> float:
        """Source time at `host_ns`, ns."""
        return self.at_ns + self.speed * (host_ns - self.ref_ns)

    def when(self, source_ns: float) -> int:
        """Host instant of a source time."""
        return self.ref_ns + math.ceil((source_ns - self.at_ns) / self.speed)

    def take(self, host_ns: int, source_ns: float) -> bool:
        """Take a word in; False, and nothing changed, when it does not belong."""
        elapsed_ns = host_ns - self.ref_ns
        predicted_ns = self.at_ns + self.speed * elapsed_ns
        off_ns = source_ns - predicted_ns
        far_ns = off_ns if off_ns >= 0 else -off_ns
        # What was not heard for a while may have drifted; 200 ppm is more than any crystal does.
        slack_ns = self.tolerance_ns + (
            2e-4 * (elapsed_ns - self.period_ns) if elapsed_ns > self.period_ns else 0.0
        )
        if elapsed_ns <= 0 or far_ns > slack_ns:
            return False
        bound_ns = 3.0 * self.sigma_ns
        if far_ns > bound_ns:
            self._lean(2 if off_ns > 0 else -2)
            off_ns = bound_ns if off_ns > 0 else -bound_ns
        elif self.rate_count < self.memory:
            self._lean(1 if off_ns > 0 else -1)
        elif self.lean:
            self.lean = 0
        if self.count < self.memory:
            self.count += 1
        if self.rate_count < self.memory:
            self.rate_count += 1
        k, m = self.count, self.rate_count
        self.ref_ns = host_ns
        self.at_ns = predicted_ns + off_ns * (4 * k - 2) / (k * (k + 1))
        wait_ns = elapsed_ns if elapsed_ns > self.period_ns else self.period_ns
        self.speed += off_ns * 6 / (m * (m + 1) * wait_ns)
        self.sigma_ns = math.sqrt(self.sigma_ns * self.sigma_ns * 0.98 + off_ns * off_ns * 0.02) + 1.0
        return True

    def _lean(self, sign: int) -> None:
        self.lean = self.lean + sign if self.lean * sign >= 0 else sign
        if abs(self.lean) >= 2 * _LEANING:
            self.lean = 0
            self.count = self.rate_count = min(self.count, _LEANING)
            self.turns += 1


@dataclass(slots=True)
class Candidates:
    """The last words of one stream that are on no line yet.

    Parameters
    ----------
    traits : WireTraits
    frame_ns : float
        Length of a frame.
    """

    traits: WireTraits
    frame_ns: float
    words: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_HISTORY))

    def add(self, host_ns: int, source_ns: float) -> None:
        """One more word; after a gap, or back in time, the count begins again."""
        if self.words:
            elapsed_ns = host_ns - self.words[-1][0]
            if not 0 < elapsed_ns < 6 * self.frame_ns * self.traits.frames_a_word:
                self.words.clear()
        self.words.append((host_ns, source_ns))

    def line(self, *, crystal: bool = True) -> Line | None:
        """The line of the last words, if they make one.

        Parameters
        ----------
        crystal : bool
            Whether a source that seems to run at speed 1 is taken to do so; not when that was just found wrong.
        """
        n = self.traits.words
        if len(self.words) < n:
            return None
        tolerance_ns = min(self.traits.tolerance_ns, 0.45 * self.frame_ns)
        last = list(self.words)[-n:]
        if crystal and _fits(last, 1.0, tolerance_ns):
            drift_ns = (_slope(last) - 1.0) * (last[-1][0] - last[0][0])
            if abs(drift_ns) <= 4 * self.traits.sigma_ns:
                return self._line(last, 1.0, tolerance_ns, n + _CRYSTAL_WORDS)
        n += self.traits.extra
        if len(self.words) < n:
            return None
        last = list(self.words)[-n:]
        speed = _slope(last)
        # A player that keeps the pace of the pieces and repeats labels is a frame off at times.
        if self.traits.frames_a_word > 1 and abs(speed - 1.0) > 0.1:
            tolerance_ns = 1.1 * self.frame_ns
        if SLOWEST <= speed <= FASTEST and _fits(last, speed, tolerance_ns):
            return self._line(last, speed, tolerance_ns, n)
        return None

    def runs_back(self) -> bool:
        """Whether the last words agree that the source runs backwards."""
        n = self.traits.words + self.traits.extra
        if len(self.words) < n:
            return False
        last = list(self.words)[-n:]
        speed = _slope(last)
        return -FASTEST <= speed <= -SLOWEST and _fits(last, speed, 0.45 * self.frame_ns)

    def _line(
        self, last: Sequence[tuple[int, float]], speed: float, tolerance_ns: float, rate_count: int
    ) -> Line:
        at_ns = last[-1][0]
        mean_ns = sum(source_ns + speed * (at_ns - host_ns) for host_ns, source_ns in last) / len(last)
        sigma_ns = self.traits.sigma_ns if tolerance_ns < self.frame_ns else self.frame_ns / 2
        period_ns = (at_ns - last[0][0]) / (len(last) - 1)
        return Line(
            at_ns,
            mean_ns,
            speed,
            sigma_ns,
            tolerance_ns,
            period_ns,
            len(last),
            rate_count,
            self.traits.memory,
        )


def _fits(words: Sequence[tuple[int, float]], speed: float, tolerance_ns: float) -> bool:
    """Whether all words lie within twice the tolerance of each other on a line of this speed, and none stands still."""
    offs = [source_ns - speed * host_ns for host_ns, source_ns in _from_first(words)]
    return max(offs) - min(offs) <= 2 * tolerance_ns and words[-1][1] != words[0][1]


def _slope(words: Sequence[tuple[int, float]]) -> float:
    """Least-squares speed."""
    rows = _from_first(words)
    n = len(rows)
    mean_t, mean_x = sum(t for t, _ in rows) / n, sum(x for _, x in rows) / n
    spread = sum((t - mean_t) ** 2 for t, _ in rows)
    return sum((t - mean_t) * (x - mean_x) for t, x in rows) / spread


def _from_first(words: Sequence[tuple[int, float]]) -> list[tuple[float, float]]:
    """Relative to the first word, so that hours of nanoseconds cost no digits."""
    host_ns, source_ns = words[0]
    return [(float(t - host_ns), x - source_ns) for t, x in words]
