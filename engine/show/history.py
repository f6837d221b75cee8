"""Every transport a run on the manual clock published, by the instant from which it was seen."""

from __future__ import annotations

from bisect import bisect_right

from engine.time import ManualClock, Transport


class TransportHistory:
    """A block within one process that forgets nothing, so that sound can be mixed when the run is over.

    Parameters
    ----------
    clock : ManualClock
        The run's.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._instants: list[int] = []
        self._transports: list[Transport] = []
        self._last = Transport()

    def publish(self, transport: Transport) -> None:
        """Make `transport` what every reader sees from now on."""
        self._last = transport
        self._instants.append(self._clock.now_ns())
        self._transports.append(transport)

    def read(self) -> Transport:
        """The last transport."""
        return self._last

    def at(self, host_ns: int) -> Transport:
        """The transport readers saw at an instant."""
        place = bisect_right(self._instants, host_ns)
        return self._transports[place - 1] if place else Transport()

    def beat(self, now_ns: int) -> None:
        """Within one process nobody listens for signs of life."""

    def heartbeat_ns(self) -> int:
        """Never needed: the bus of such a run has no watchdog."""
        return 0
