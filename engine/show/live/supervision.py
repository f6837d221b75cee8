"""Supervision of a live run's children: started, awaited, heard, started again when they die, and ended.

It knows nothing of shows. A death wakes the loop at once, through the process' own sentinel; what it means is for the run to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

from engine.show.live.children import Child
from engine.time import Clock

#: How long the children get to come up before the show begins without those that have not.
READY_LIMIT_NS = 20_000_000_000
_AWAIT_STEP_S = 0.2


class Supervisor:
    """The children of one run.

    Parameters
    ----------
    clock : Clock
    children : callable
        Gives the children there are now; parts may come and go.
    hear : callable
        Called with ``(child, kind, payload)`` for everything a child says.
    """

    def __init__(
        self,
        clock: Clock,
        children: Callable[[], Iterable[Child]],
        hear: Callable[[Child, str, Any], None],
    ) -> None:
        self._clock = clock
        self._children = children
        self._hear = hear

    def start(self) -> None:
        """Start every child that does not run yet."""
        for child in self._children():
            if not child.started:
                child.start(self._clock.now_ns())

    def await_ready(
        self,
        *,
        each: Callable[[], None],
        lost: Callable[[Child], None],
        late: Callable[[Child], None],
    ) -> None:
        """Wait until every child has said what it has.

        Parameters
        ----------
        each : callable
            Called several times a second, and after each message; may raise.
        lost : callable
            Called with a child that ended instead of becoming ready; may raise.
        late : callable
            Called, after `READY_LIMIT_NS`, with a child that has said nothing; may raise.
        """
        begun_ns = self._clock.now_ns()
        waiting = list(self._children())
        while waiting:
            each()
            wait([thing for child in waiting for thing in child.waitables], timeout=_AWAIT_STEP_S)
            # Those that are ready speak on: a bus that nobody hears while the sound loads would be taken for dead.
            for child in self._children():
                self._take(child)
            for child in list(waiting):
                if child.ready is not None:
                    waiting.remove(child)
                elif child.gone or child.died() is not None:
                    waiting.remove(child)
                    lost(child)
            each()
            if self._clock.now_ns() - begun_ns > READY_LIMIT_NS:
                for child in waiting:
                    late(child)
                return

    def listen(self, most_ns: int) -> None:
        """Sleep until something is said, a child dies, or `most_ns` are over; then hear everybody out."""
        # A dead child's end would be reported at once for ever; its last words are read below all the same.
        living = [child for child in self._children() if not child.gone and child.died() is None]
        wait([thing for child in living for thing in child.waitables], timeout=max(0, most_ns) / 1e9)
        for child in self._children():
            self._take(child)

    def dead(self) -> Iterator[tuple[Child, int]]:
        """Children that have ended and are not given up, with their exit codes."""
        for child in list(self._children()):
            code = child.died()
            if not child.gone and code is not None:
                yield child, code

    def revive(self, child: Child) -> None:
        """Start a dead child again."""
        child.close()
        child.start(self._clock.now_ns())

    def end(self, timeout_s: float) -> None:
        """Ask all of them to end, and see to it."""
        children = list(self._children())
        for child in children:
            child.tell("retire", None)
        for child in children:
            child.retire(timeout_s)
            child.close()

    def _take(self, child: Child) -> None:
        for kind, payload in child.messages():
            self._hear(child, kind, payload)
