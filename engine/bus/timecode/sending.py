"""A thread that asks what is due, sends it, and sleeps until the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from engine.time.clocks import Clock

Poll = Callable[[int], tuple[Sequence[bytes], int]]
"""Host instant -> (messages due now, instant at which to ask again)."""

_LONGEST_SLEEP_NS = 20_000_000


class SendingThread:
    """Sends until it is told to stop, or the line fails.

    Parameters
    ----------
    name : str
        Of the thread.
    poll : Poll
    send : function of a message
    clock : Clock
    """

    def __init__(self, name: str, poll: Poll, send: Callable[[bytes], None], clock: Clock) -> None:
        self.failure: Exception | None = None
        self._poll, self._send, self._clock = poll, send, clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No message leaves after this has returned."""
        self._ended.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                now_ns = self._clock.now_ns()
                messages, next_ns = self._poll(now_ns)
                for message in messages:
                    self._send(message)
                # In short sleeps, so that `stop` is obeyed.
                while not self._ended.is_set() and (now_ns := self._clock.now_ns()) < next_ns:
                    self._clock.sleep_until_ns(min(next_ns, now_ns + _LONGEST_SLEEP_NS))
        except Exception as error:  # anything at all: it must not be lost in this thread, see `failure`
            self.failure = error
