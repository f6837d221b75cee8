"""Child processes of a live run: spawned, listened to, started again when they die, and never left behind."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Protocol

#: Starts of one child within `RESTART_WINDOW_NS` before it is given up.
MAX_STARTS = 5
RESTART_WINDOW_NS = 60_000_000_000


class _Process(Protocol):
    @property
    def sentinel(self) -> int: ...
    @property
    def exitcode(self) -> int | None: ...
    def is_alive(self) -> bool: ...
    def start(self) -> None: ...
    def join(self, timeout: float | None = None) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """What is started inside never sees Ctrl-C, from its first instruction on: the parent alone decides what follows.

    A terminal sends Ctrl-C to every process of its group, also to one that is still importing its modules and would answer
    with a traceback. The parent's own is only put off until the child is there. (Windows has no masks; its children catch
    the exception in their main functions.)
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Python's helper for shared memory unblocks the signal when it is started, which spawning does at the latest.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(slots=True)
class Child:
    """One child process and its pipe.

    Parameters
    ----------
    name : str
        For people.
    target : callable
        Module-level function ``(config, pipe)``.
    config : object
        Picklable.

    Notes
    -----
    The children end by themselves when their pipe does, so even a parent that is killed leaves none behind.
    """

    name: str
    target: Callable[[Any, Connection], None]
    config: Any
    ready: Any = None
    gone: bool = False
    _process: Any = None
    _pipe: Connection | None = None
    _starts_ns: list[int] = field(default_factory=list)

    def start(self, now_ns: int) -> None:
        """Spawn it. Never forked: forks of a process with threads and graphics break in ways that are hard to find."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=self.target, args=(self.config, theirs), name=f"sensorama-{self.name}", daemon=True
        )
        with _without_interrupts():
            process.start()
        theirs.close()
        self._process, self._pipe, self.ready = process, ours, None
        self._starts_ns = [at_ns for at_ns in self._starts_ns if now_ns - at_ns < RESTART_WINDOW_NS] + [
            now_ns
        ]

    @property
    def started(self) -> bool:
        """Whether it has been started and not let go of."""
        return self._process is not None

    def may_start_again(self, now_ns: int) -> bool:
        """Whether it has died seldom enough of late to be tried again."""
        return sum(now_ns - at_ns < RESTART_WINDOW_NS for at_ns in self._starts_ns) < MAX_STARTS

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def waitables(self) -> Sequence[Any]:
        """What to wait on for a message or its death."""
        return [] if self._process is None or self._pipe is None else [self._pipe, self._process.sentinel]

    def messages(self) -> list[tuple[str, Any]]:
        """Everything it has said since the last call; never blocks."""
        found: list[tuple[str, Any]] = []
        pipe = self._pipe
        if pipe is None:
            return found
        try:
            while pipe.poll(0):
                found.append(pipe.recv())
        except (EOFError, OSError):
            pass  # its end of the pipe is closed: `died` says so
        return found

    def tell(self, kind: str, payload: object) -> None:
        """Say something to it; a child that has just died does not hear it."""
        if self._pipe is None:
            return
        try:
            self._pipe.send((kind, payload))
        except (OSError, ValueError):
            pass  # it is dead; `died` says so at the next look

    def died(self) -> int | None:
        """Its exit code if it has ended since it was started, else None."""
        return None if self._process is None or self._process.is_alive() else self._process.exitcode

    def retire(self, timeout_s: float) -> bool:
        """Ask it to end, wait, and end it by force if it does not.

        Returns
        -------
        bool
            Whether it ended by itself.
        """
        if self._process is None:
            return True
        self.tell("retire", None)
        self._process.join(timeout_s)
        willing = not self._process.is_alive()
        for force in (self._process.terminate, self._process.kill):
            if self._process.is_alive():
                force()
                self._process.join(1.0)
        return willing

    def kill(self) -> None:
        """End it at once, without its consent: nothing more leaves it."""
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join(1.0)

    def inherit(self, other: Child, now_ns: int) -> None:
        """Take the place of `other`, which has died at `now_ns`: its starts count as ours."""
        self._starts_ns = [at_ns for at_ns in other._starts_ns if now_ns - at_ns < RESTART_WINDOW_NS] + [
            now_ns
        ]

    def close(self) -> None:
        """Let go of the pipe and the process object."""
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None
