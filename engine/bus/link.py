"""The parent's end of the bus process: start it, hear from it, end it."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from types import TracebackType

from engine.bus.process import BusConfig, BusReady, main
from engine.errors import DeviceError

Message = tuple[str, object]


class BusProcess:
    """A bus in a process of its own.

    Parameters
    ----------
    config : BusConfig

    Notes
    -----
    Spawned, never forked: a fork would copy the picture's threads and locks in whatever state they are. One
    thread of the parent owns this object.
    """

    def __init__(self, config: BusConfig) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._pipe: Connection = ours
        self._process = context.Process(target=main, args=(config, theirs), name="sensorama-bus", daemon=True)
        self._process.start()
        # The child holds its own copy; with ours open the pipe would not end when the child does.
        theirs.close()
        self._open = True
        self._unread: list[Message] = []

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    @property
    def exit_status(self) -> int | None:
        """Exit status; negative for a signal, None while it runs."""
        return self._process.exitcode

    def poll(self, timeout_s: float = 0.0) -> list[Message]:
        """Messages that have arrived; waits up to `timeout_s` for the first.

        Returns
        -------
        list of (kind, payload)
            See `engine.bus.process`. Empty for ever after the process has ended.
        """
        found, self._unread = self._unread, []
        while self._open and self._pipe.poll(0.0 if found else timeout_s):
            try:
                found.append(self._pipe.recv())
            except (EOFError, OSError):
                self._open = False
        return found

    def await_ready(self, timeout_s: float = 15.0) -> tuple[BusReady, list[Message]]:
        """Wait for ``ready``; give it and what came before it.

        Raises
        ------
        DeviceError
            When the process fails or ends instead, with its own words.
        """
        earlier: list[Message] = []
        for _ in range(max(1, round(timeout_s / 0.1))):
            batch = self.poll(0.1)
            for index, (kind, payload) in enumerate(batch):
                if isinstance(payload, BusReady):
                    self._unread = batch[index + 1 :]
                    return payload, earlier
                if kind == "failed":
                    raise DeviceError(str(payload))
                earlier.append((kind, payload))
            if not self._open or not self.alive:
                break
        raise DeviceError(
            f"the device bus did not start within {timeout_s:g} s (exit status {self.exit_status}); "
            "run with --debug to see its own messages"
        )

    def retire(self) -> None:
        """Ask it to park every device and end."""
        if self._open:
            try:
                self._pipe.send(("retire", None))
            except OSError:
                self._open = False

    def join(self, timeout_s: float) -> list[Message]:
        """Wait for its end, then make sure of it; give the messages that came."""
        found: list[Message] = []
        for _ in range(max(1, round(timeout_s / 0.05))):
            found += self.poll(0.05)
            if not self._open or not self.alive:
                break
        self._process.join(0.5)
        if self._process.is_alive():
            # Its devices have gone safe by their own time-outs at the latest; a hung process must not stay
            # behind.
            self._process.kill()
            self._process.join(1.0)
        found += self.poll()
        self._pipe.close()
        self._open = False
        return found

    def __enter__(self) -> BusProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            self.retire()
            self.join(5.0)
