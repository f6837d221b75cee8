"""Where what came in waits to be looked at: bounded, and fair to what happens once.

A fader that sends ten thousand times a second is worth its newest value; a button beside it is worth every press. So the first few
values of an address are kept as they came, whatever comes on top replaces the newest of them, and an address is only refused when
the whole mailbox is full. Nobody who puts something in ever waits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock

from engine.bus.source import Signal

KEPT_PER_ADDRESS = 8
"""Values of one address that wait at once. A press and its release, even twice, survive between two looks 5 ms apart."""

KEPT_IN_ALL = 4096
"""Values of one source that wait at once: eight full DMX universes."""


def _key(signal: Signal) -> Hashable:
    """What replaces what: a number replaces numbers of its address, a word only the same word."""
    first = signal.values[0] if signal.values else None
    if isinstance(first, float) or (isinstance(first, int) and not isinstance(first, bool)):
        return signal.address
    return (signal.address, signal.values)


class Mailbox:
    """Signals of one source between its thread and whoever takes them.

    Parameters
    ----------
    wake : callable or None
        Called after something was put in.

    Attributes
    ----------
    coalesced : int
        Values that were replaced by a newer one of the same address.
    dropped : int
        Values of further addresses for which there was no room.
    """

    def __init__(self, wake: Callable[[], None] | None = None) -> None:
        self._wake = wake
        self._lock = Lock()
        self._waiting: dict[Hashable, list[tuple[int, Signal]]] = {}
        self._count = 0
        self._order = 0
        self.coalesced = 0
        self.dropped = 0

    def __len__(self) -> int:
        return self._count

    def put(self, signal: Signal) -> None:
        """Leave a signal; never waits."""
        key = _key(signal)
        with self._lock:
            rows = self._waiting.get(key)
            if rows is not None and len(rows) >= KEPT_PER_ADDRESS:
                rows.pop()
                self._count -= 1
                self.coalesced += 1
            elif self._count >= KEPT_IN_ALL:
                if not rows:
                    self.dropped += 1
                    return
                rows.pop()
                self._count -= 1
                self.coalesced += 1
            if rows is None:
                rows = self._waiting[key] = []
            rows.append((self._order, signal))
            self._order += 1
            self._count += 1
        if self._wake is not None:
            self._wake()

    def take(self) -> list[Signal]:
        """Everything that waits, in the order in which it came."""
        with self._lock:
            waiting, self._waiting, self._count = self._waiting, {}, 0
        found = [row for rows in waiting.values() for row in rows]
        found.sort(key=lambda row: row[0])
        return [signal for _, signal in found]
