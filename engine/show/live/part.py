"""A part of a live run beside bus, sound and viewer: timecode, inputs from outside, the link to a standby.

`engine.show.live.play` knows parts by this protocol only, so that a rig without them runs nothing of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from engine.show.conduct.conductor import Conductor
from engine.show.live.children import Child
from engine.show.record import RunRecord


class Part(Protocol):
    """One part. All methods are called from the run's own thread and must not block."""

    @property
    def children(self) -> Sequence[Child]:
        """Processes the run has to start, listen to, start again and end."""
        ...

    def begin(self, conductor: Conductor, record: RunRecord) -> None:
        """The conductor has started."""
        ...

    def hear(self, child: Child, kind: str, payload: Any, now_ns: int) -> None:
        """One of `children` said something that the run itself does not understand; this may come before `begin`."""
        ...

    def advance(self, now_ns: int) -> None:
        """Do what is due."""
        ...

    def next_due_ns(self) -> int | None:
        """The next instant at which `advance` has something to do, or None."""
        ...

    def lines(self) -> Sequence[str]:
        """What an operator should see of it now, one short line each."""
        ...

    def end(self) -> None:
        """The run is over; let go of everything."""
        ...
