"""Where guests' heads are: told by who draws for them, read by who mixes for them.

The rings of `engine.motion.seat_poses` carry them, a row a viewer; the six numbers are x, y, z in metres (right, ahead, up of the resting
head) and roll, pitch, yaw in degrees (right ear down, up, left). A pose is told for the instant at which its picture is seen, so it
lies ahead already; `HeadPredictor` carries it on to the instant at which a block of sound is heard.
"""

from __future__ import annotations

import math

from engine.motion.seat_poses import AT_REST, Axes, PoseSample, SeatPoseBlock, SeatRow

FURTHEST_NS = 60_000_000
"""Longest way a head is carried on: it does not turn evenly for longer, and listeners notice 73 ms of lag (Brungart et al. 2006)."""
STALE_NS = 250_000_000
FADE_NS = 500_000_000
_PAIR_NS = 100_000_000
_MOST_DEG_PER_S = 1000.0
_MOST_MPS = 5.0


def heads_name(transport_name: str) -> str:
    """Name of the heads' block of a run, beside the transport's."""
    return f"{transport_name}-heads"


class HeadTelling:
    """Tells the head of one seat's guest.

    Parameters
    ----------
    block : SeatPoseBlock
        An attachment of the viewer's own.
    seat : int
    """

    def __init__(self, block: SeatPoseBlock, seat: int = 0) -> None:
        self._block = block
        self._last_ns = -1
        block.claim([SeatRow(seat, "head", 0, 0, 0)])

    def tell(self, at_ns: int, pose: Axes) -> None:
        """The head is there at an instant; what is not newer than the last is left out."""
        if at_ns > self._last_ns and all(math.isfinite(value) for value in pose):
            self._last_ns = at_ns
            self._block.publish(0, at_ns, at_ns, pose)


class HeadPredictor:
    """Where a seat's head is at an instant.

    Parameters
    ----------
    block : SeatPoseBlock
        An attachment of the reader's own.
    seat : int
    """

    def __init__(self, block: SeatPoseBlock, seat: int = 0) -> None:
        self._block = block
        self._seat = seat
        self._table = 0
        self._number = 0
        self._before: PoseSample | None = None
        self._newest: PoseSample | None = None

    def pose_at(self, host_ns: int) -> Axes:
        """The head at a host instant; at rest while nobody tells of it.

        Parameters
        ----------
        host_ns : int
            Some ten milliseconds around the newest pose.

        Returns
        -------
        tuple of 6 float
            See the module. Carried on at the speed of the last two poses, by at most `FURTHEST_NS`; when nothing new has come for
            `STALE_NS` it goes back to rest within `FADE_NS`.
        """
        self._take()
        newest = self._newest
        if newest is None:
            return AT_REST
        ahead_ns = host_ns - newest.at_ns
        pose = self._carried(newest, min(max(ahead_ns, -FURTHEST_NS), FURTHEST_NS))
        if ahead_ns <= STALE_NS:
            return pose
        share = max(0.0, 1.0 - (ahead_ns - STALE_NS) / FADE_NS)
        x, y, z, roll, pitch, yaw = (value * share for value in pose)
        return (x, y, z, roll, pitch, yaw)

    def _take(self) -> None:
        if self._block.table_number != self._table:
            self._table = self._block.table_number
            self._number, self._before, self._newest = 0, None, None
        rows = self._block.rows
        row = next((number for number, one in enumerate(rows) if one.seat == self._seat), None)
        if row is None:
            return
        for sample in self._block.read(row, self._number):
            self._before, self._newest = self._newest, sample
            self._number = sample.number

    def _carried(self, newest: PoseSample, by_ns: int) -> Axes:
        before = self._before
        if before is None or not 0 < newest.at_ns - before.at_ns <= _PAIR_NS:
            return newest.pose
        spent = newest.at_ns - before.at_ns
        out = []
        for axis, (was, now) in enumerate(zip(before.pose, newest.pose, strict=True)):
            moved = now - was if axis < 3 else math.remainder(now - was, 360.0)
            most = (_MOST_MPS if axis < 3 else _MOST_DEG_PER_S) * spent * 1e-9
            out.append(now + min(max(moved, -most), most) * by_ns / spent)
        x, y, z, roll, pitch, yaw = out
        return (x, y, z, roll, pitch, yaw)
