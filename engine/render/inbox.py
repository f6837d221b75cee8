"""A viewer's end of the pipe to its parent: the latest word in, events and figures out. Never blocks, whoever dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from engine.render.live import HeadPose, LiveView


@dataclass(frozen=True, slots=True)
class ViewerStats:
    """One second of drawing: frames, median and longest frame time in milliseconds, frames that came too late."""

    frames: int
    median_ms: float
    worst_ms: float
    late: int = 0


class StatsMeter:
    """Gathers a second of frame times.

    Parameters
    ----------
    now_ns : int
    """

    def __init__(self, now_ns: int) -> None:
        self._due_ns = now_ns + 1_000_000_000
        self._times_ms: list[float] = []
        self._late = 0

    def count(self, spent_ns: int, now_ns: int, *, late: bool = False) -> ViewerStats | None:
        """Take one frame; gives the second's figures when it is over."""
        self._times_ms.append(spent_ns * 1e-6)
        self._late += late
        if now_ns < self._due_ns:
            return None
        self._due_ns = now_ns + 1_000_000_000
        times = sorted(self._times_ms)
        stats = ViewerStats(len(times), times[len(times) // 2], times[-1], self._late)
        self._times_ms, self._late = [], 0
        return stats


@dataclass(slots=True)
class Inbox:
    """The parent's latest word, and the way back.

    Attributes
    ----------
    live : LiveView
    head : HeadPose or None
        Of a tracker outside; None: nobody has spoken yet.
    stills : list of str
        Paths of stills that are wanted.
    folder : str
        Where the run keeps what it leaves; "" until known.
    recentre : bool
        The operator asks for it; whoever does it takes it back.
    retired : bool
        The end, by the parent's word or its death.
    """

    pipe: Connection
    live: LiveView = field(default_factory=LiveView)
    head: HeadPose | None = None
    stills: list[str] = field(default_factory=list)
    folder: str = ""
    recentre: bool = False
    retired: bool = False

    def poll(self) -> None:
        """Take everything that waits."""
        try:
            while self.pipe.poll(0):
                kind, payload = self.pipe.recv()
                match kind:
                    case "live":
                        self.live = payload
                    case "head":
                        self.head = payload
                    case "still":
                        self.stills.append(payload)
                    case "folder":
                        self.folder = payload
                    case "recentre":
                        self.recentre = True
                    case "retire":
                        self.retired = True
        except (EOFError, OSError):
            self.retired = True  # the parent is gone

    def post(self, kind: str, payload: object) -> bool:
        """Say something; False when nobody hears it any more (the next `poll` notices by itself)."""
        try:
            self.pipe.send((kind, payload))
        except (OSError, ValueError):
            return False
        return True
