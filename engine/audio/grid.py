"""The mixer's samples on host time.

Sample i lies at ``epoch_ns + i / 48 kHz``, exactly, unless the show follows a clock: then its rate is 1 but for some parts per million,
and the grid bends with it. A show that runs 50 ppm fast has 48002.4 samples of sound to a second of the host; the device's read
position follows that (`engine.audio.clock`), which nobody hears, and every voice lies still on the grid.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from engine.audio.clips import SAMPLE_RATE_HZ
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import NO_SCENE, Segment, Transport

FL_PER_SAMPLE = FLICKS_PER_SECOND // SAMPLE_RATE_HZ
FOREVER = 1 << 60
FAR_NS = 1 << 62
MOST_BEND = 1e-3
"""Furthest from speed 1 at which the grid follows: 1.7 cents, which no ear tells apart. Beyond, a clock is being caught up with."""
_PER_NS = 3 / 62_500
_KEPT_BENDS = 64


def bends_the_grid(segment: Segment) -> bool:
    """Whether a segment's rate is beside 1, and near enough for the grid to follow it."""
    off = segment.rate_num - segment.rate_den
    return segment.scene != NO_SCENE and off != 0 and abs(off) <= segment.rate_den * MOST_BEND


@dataclass(frozen=True, slots=True)
class Bend:
    """From host instant `from_ns`, which is grid place `place`, the grid has `rate` times 48000 samples a second."""

    from_ns: int
    place: float
    rate: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Where samples lie.

    Parameters
    ----------
    epoch_ns : int
        Host instant of sample 0, before any bend.
    bends : tuple of Bend
        In order; each holds until the next.
    """

    epoch_ns: int
    bends: tuple[Bend, ...] = ()

    def ns(self, sample: int) -> int:
        """First whole nanosecond not before a sample."""
        bend = self._at_place(sample)
        if bend is None:
            return self.epoch_ns - (-sample * 62_500 // 3)
        return bend.from_ns - int(-(sample - bend.place) / (bend.rate * _PER_NS) // 1)

    def place(self, host_ns: int) -> float:
        """Where on the grid an instant lies."""
        bend = self._at_ns(host_ns)
        if bend is None:
            return (host_ns - self.epoch_ns) * 3 / 62_500
        return bend.place + (host_ns - bend.from_ns) * bend.rate * _PER_NS

    def first(self, host_ns: int) -> int:
        """First sample not before an instant."""
        if host_ns >= FAR_NS:
            return FOREVER
        if self._at_ns(host_ns) is None:
            return -(-(host_ns - self.epoch_ns) * 3 // 62_500)
        # A seam is at one sample, whichever side asks: the place is rounded at a thousandth of a sample first.
        return int(-(-round(self.place(host_ns), 3) // 1))

    def moved(self, by_ns: int) -> Grid:
        """The same grid, later by some time."""
        bends = tuple(Bend(bend.from_ns + by_ns, bend.place, bend.rate) for bend in self.bends)
        return Grid(self.epoch_ns + by_ns, bends)

    def following(self, transport: Transport, from_ns: int) -> Grid:
        """The grid as a transport bends it from an instant on; the past stays as it was.

        Parameters
        ----------
        transport : Transport
        from_ns : int
            Host instant of the next sample to be made.

        Returns
        -------
        Grid
            The same object where nothing is different.
        """
        coming = [piece for piece in transport.pieces(from_ns, FAR_NS) if piece[2] > from_ns]
        wanted: list[tuple[int, float]] = []
        for segment, begin_ns, _ in coming:
            rate = segment.rate_num / segment.rate_den if bends_the_grid(segment) else 1.0
            if not wanted or wanted[-1][1] != rate:
                wanted.append((max(begin_ns, from_ns), rate))
        if not wanted:
            return self
        here = self._at_ns(from_ns)
        rate_now = here.rate if here is not None else 1.0
        if wanted[0][1] == rate_now:
            wanted = wanted[1:]
        there = [(bend.from_ns, bend.rate) for bend in self.bends if bend.from_ns > from_ns]
        if wanted == there:
            return self
        bends = [bend for bend in self.bends if bend.from_ns <= from_ns][-_KEPT_BENDS:]
        for at_ns, rate in wanted:
            place = Grid(self.epoch_ns, tuple(bends)).place(at_ns)
            bends.append(Bend(at_ns, place, rate))
        return Grid(self.epoch_ns, tuple(bends))

    def _at_ns(self, host_ns: int) -> Bend | None:
        if not self.bends:
            return None
        number = bisect_right(self.bends, host_ns, key=lambda bend: bend.from_ns)
        return self.bends[number - 1] if number else None

    def _at_place(self, sample: int) -> Bend | None:
        if not self.bends:
            return None
        number = bisect_right(self.bends, float(sample), key=lambda bend: bend.place)
        return self.bends[number - 1] if number else None
