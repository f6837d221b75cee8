"""The timecode a show gives out, as a function of its transport.

It is the run time plus `start`: it goes on through branches and hold loops and stands in a hold. A seek does not move run time,
but whoever follows us has to know of it, so seeks are added up beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from engine.bus.timecode.ports import Playhead
from engine.time import NO_SCENE, FrameRate, SegmentKind, Transport, frames_per_day, ns_to_fl
from engine.time.publisher import Block

_FAR_NS = 1 << 62


@dataclass(frozen=True, slots=True)
class Sought:
    """What seeks have moved the show by: up to and with segment `index`, `by_fl` in all."""

    index: int = -1
    by_fl: int = 0


class SeekSum:
    """Adds up the seeks of a run, row by row, as rows come and go.

    Parameters
    ----------
    before : Sought
        What is known of rows that came before.
    """

    def __init__(self, before: Sought | None = None) -> None:
        self._base = before or Sought()
        self._seeks: dict[int, tuple[int, int]] = {}
        self._sequence = -1

    def take(self, transport: Transport) -> None:
        """Learn the rows of a newer snapshot."""
        if transport.sequence == self._sequence:
            return
        self._sequence = transport.sequence
        first_ns = transport.oldest_ns
        if first_ns is None:
            return
        rows = [segment for segment, _, _ in transport.pieces(first_ns, _FAR_NS)]
        in_force = {row.index for row in rows}
        for index in [index for index in self._seeks if index < transport.segments[0].index]:
            self._base = Sought(max(index, self._base.index), self._base.by_fl + self._seeks.pop(index)[1])
        for row in transport.segments:  # announced, and then superseded before its time
            if row.index not in in_force:
                self._seeks.pop(row.index, None)
        for before, row in pairwise(rows):
            if row.kind is SegmentKind.SEEK and row.index > self._base.index and row.scene == before.scene:
                self._seeks[row.index] = (row.from_ns, row.at_fl - before.at_fl_of(row.from_ns))

    def at(self, host_ns: int) -> Sought:
        """The seeks that have taken force by `host_ns`."""
        done = [(index, by_fl) for index, (from_ns, by_fl) in self._seeks.items() if from_ns <= host_ns]
        return Sought(
            max([index for index, _ in done] + [self._base.index]),
            self._base.by_fl + sum(by_fl for _, by_fl in done),
        )


class Leader:
    """Where one outgoing timecode stands, read from the transport.

    Parameters
    ----------
    block : Block
        Read by one thread alone.
    now_ns : callable
        Host time now, for the conductor's sign of life.
    rate : FrameRate
    start_index : int
        Frame sent at run time zero.
    offset_ns : int
        Added.
    silent_ns : int
        A conductor silent for longer than this has stopped.
    endless : bool
        The count does not wrap at midnight (edit units).
    before : Sought
        Seeks of the run so far, for a leader that comes late.
    """

    def __init__(
        self,
        block: Block,
        now_ns: Callable[[], int],
        *,
        rate: FrameRate,
        start_index: int = 0,
        offset_ns: int = 0,
        silent_ns: int = 500_000_000,
        endless: bool = False,
        before: Sought | None = None,
    ) -> None:
        self._block, self._now_ns = block, now_ns
        self._frame_fl = rate.flicks_per_frame
        self._start_index, self._offset_fl = start_index, ns_to_fl(offset_ns)
        self._silent_ns = silent_ns
        self._day = 0 if endless else frames_per_day(rate)
        self._seeks = SeekSum(before)

    def __call__(self, host_ns: int) -> Playhead:
        """Where the timecode stands at `host_ns`, which may lie a little ahead."""
        transport = self._block.read()
        self._seeks.take(transport)
        # Where a conductor that is gone was last known to be, there its timecode stands.
        known_ns = self._block.heartbeat_ns() + self._silent_ns
        alive = self._now_ns() <= known_ns
        at_ns = host_ns if alive else min(host_ns, known_ns)
        moment = transport.at(at_ns)
        running = (
            alive
            and moment.rate > 0
            and moment.scene != NO_SCENE
            and not transport.controls_at(at_ns).stopped
        )
        at_fl = moment.run_fl + self._seeks.at(at_ns).by_fl + self._offset_fl
        frames = self._start_index + Fraction(at_fl, self._frame_fl)
        return Playhead(frames % self._day if self._day else max(frames, Fraction(0)), running)
