"""When the mirror may draw: every n-th frame, in the time that the headset leaves, never at its expense. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_LEARN_RATIO = 0.2
_FORGET_RATIO = 0.9
_MARGIN = 1.5
_KEPT = 240
_METER_NS = 1_000_000_000


@dataclass(slots=True)
class MirrorStats:
    """What mirroring costs.

    Attributes
    ----------
    frames : int
        Frames of the headset that were offered.
    shown : int
        Frames of the mirror.
    skipped_late : int
        Due, but the headset's frame left no time.
    spent_ns : int
        Over all of them.
    costs_ns : list of int
        Of the last mirror frames.
    """

    frames: int = 0
    shown: int = 0
    skipped_late: int = 0
    spent_ns: int = 0
    costs_ns: list[int] = field(default_factory=list)

    @property
    def per_headset_frame_ns(self) -> float:
        """Cost spread over all frames of the headset."""
        return self.spent_ns / self.frames if self.frames else 0.0

    @property
    def median_ns(self) -> int:
        """Of the last mirror frames; 0 without one."""
        return sorted(self.costs_ns)[len(self.costs_ns) // 2] if self.costs_ns else 0


class MirrorPace:
    """Decides, frame by frame.

    Parameters
    ----------
    every : int, default 2
        Show every so many frames of the headset.
    at_least_ns : int, default 1 s
        A mirror that found no time for so long is shown once all the same: an operator must not take a frozen picture for the
        show. At its usual cost that is a thousandth of the headset's time. 0: never.

    Attributes
    ----------
    stats : MirrorStats
    """

    def __init__(self, every: int = 2, at_least_ns: int = 1_000_000_000) -> None:
        if every < 1:
            raise ValueError(f"the mirror every {every} frames; expected 1 or more")
        self._every = every
        self._at_least_ns = at_least_ns
        self._expected_ns = 0.0
        self._waited = every  # the very first frame is shown
        self._shown_ns: int | None = None
        self.stats = MirrorStats()

    def wants(self, now_ns: int, until_ns: int) -> bool:
        """Whether to draw now.

        Parameters
        ----------
        now_ns : int
        until_ns : int
            When the headset needs this thread again: the wake-up of its next frame.
        """
        self.stats.frames += 1
        self._waited += 1
        if self._shown_ns is None:
            self._shown_ns = now_ns
        if self._waited < self._every:
            return False
        if self._at_least_ns and now_ns - self._shown_ns >= self._at_least_ns:
            return True
        if until_ns - now_ns > self._expected_ns * _MARGIN and until_ns > now_ns:
            return True
        self.stats.skipped_late += 1
        # One dear frame (a new font page, a window moved) must not keep the mirror away for good.
        self._expected_ns *= _FORGET_RATIO
        return False

    def drew(self, begun_ns: int, ended_ns: int) -> None:
        """Say what a frame cost."""
        cost_ns = ended_ns - begun_ns
        self._waited = 0
        self._shown_ns = ended_ns
        self._expected_ns = (
            float(cost_ns)
            if cost_ns > self._expected_ns
            else self._expected_ns + (cost_ns - self._expected_ns) * _LEARN_RATIO
        )
        stats = self.stats
        stats.shown += 1
        stats.spent_ns += cost_ns
        stats.costs_ns.append(cost_ns)
        del stats.costs_ns[:-_KEPT]


class FrameMeter:
    """Frames of the headset over the last second, for the overlay."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, bool]] = deque()

    def add(self, at_ns: int, *, late: bool) -> None:
        """One more frame."""
        self._frames.append((at_ns, late))
        while at_ns - self._frames[0][0] > _METER_NS:
            self._frames.popleft()

    @property
    def fps(self) -> float:
        """Frames a second between the first and the last of them."""
        if len(self._frames) < 2:
            return 0.0
        return (len(self._frames) - 1) * 1e9 / max(self._frames[-1][0] - self._frames[0][0], 1)

    @property
    def late(self) -> int:
        """How many of them were late."""
        return sum(late for _at_ns, late in self._frames)
