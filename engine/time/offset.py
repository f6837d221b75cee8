"""Two machines' clocks: how far apart they are, and one seen through the other.

The exchange is that of the Network Time Protocol (RFC 5905, clause 8): a question leaves at ``asked``, is met at ``heard`` and answered
at ``told`` on the other machine's clock, and the answer is here at ``got``. The offset ``((heard - asked) + (told - got)) / 2`` is wrong
by at most half the round trip, so the exchange with the shortest round trip of the last few is believed. Pure; nobody reads a clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from engine.time.clocks import Clock
from engine.time.publisher import Block
from engine.time.segments import Transport

#: Exchanges looked back on: at one a second long enough to meet a quiet moment of the network, and short enough for two clocks
#: 100 ppm apart to have parted by less than a millisecond.
KEPT = 8


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer, in ns: `asked` and `got` on our clock, `heard` and `told` on the other's."""

    asked_ns: int
    heard_ns: int
    told_ns: int
    got_ns: int

    @property
    def round_trip_ns(self) -> int:
        """Time on the way, both ways."""
        return (self.got_ns - self.asked_ns) - (self.told_ns - self.heard_ns)

    @property
    def ahead_ns(self) -> int:
        """How far the other clock is ahead of ours."""
        return ((self.heard_ns - self.asked_ns) + (self.told_ns - self.got_ns)) // 2


class OffsetEstimator:
    """Believes the quickest of the last exchanges."""

    def __init__(self) -> None:
        self._kept: deque[Exchange] = deque(maxlen=KEPT)

    def add(self, exchange: Exchange) -> bool:
        """Take one exchange; False for one that cannot have happened (it came back before it left)."""
        if exchange.round_trip_ns < 0 or exchange.told_ns < exchange.heard_ns:
            return False
        self._kept.append(exchange)
        return True

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def best(self) -> Exchange | None:
        """The exchange that is believed, None before the first."""
        return min(self._kept, key=lambda exchange: exchange.round_trip_ns, default=None)

    @property
    def ahead_ns(self) -> int:
        """How far the other clock is ahead of ours; 0 before the first exchange."""
        return 0 if self.best is None else self.best.ahead_ns

    @property
    def error_ns(self) -> int | None:
        """The most by which `ahead_ns` can be wrong; None before the first exchange."""
        return None if self.best is None else self.best.round_trip_ns // 2


class AheadClock:
    """Another machine's clock, through ours.

    Parameters
    ----------
    clock : Clock
        Ours.
    ahead_ns : int
        How far the other is ahead.
    """

    def __init__(self, clock: Clock, ahead_ns: int) -> None:
        self._clock = clock
        self.ahead_ns = ahead_ns

    def now_ns(self) -> int:
        """The other machine's time."""
        return self._clock.now_ns() + self.ahead_ns

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Sleep until it is `deadline_ns` there."""
        self._clock.sleep_until_ns(deadline_ns - self.ahead_ns)


class AheadBlock:
    """A block whose writer thinks in another machine's time than its readers.

    Parameters
    ----------
    block : Block
        What the readers read, in this machine's time.
    ahead_ns : int
        How far the writer's time is ahead.
    """

    def __init__(self, block: Block, ahead_ns: int) -> None:
        self._block = block
        self._ahead_ns = ahead_ns
        self._last = block.read()

    @property
    def ahead_ns(self) -> int:
        """How far the writer's time is ahead of the readers'."""
        return self._ahead_ns

    def set_ahead(self, ahead_ns: int) -> None:
        """Put the same rows on show again, by a better estimate."""
        self._ahead_ns = ahead_ns
        self._block.publish(moved(self._last, -ahead_ns))

    def publish(self, transport: Transport) -> None:
        """Put on show."""
        self._last = transport
        self._block.publish(moved(transport, -self._ahead_ns))

    def read(self) -> Transport:
        """What was published last, in the writer's time."""
        return self._last

    def beat(self, now_ns: int) -> None:
        """Sign of life at `now_ns` of the writer's time."""
        self._block.beat(now_ns - self._ahead_ns)

    def heartbeat_ns(self) -> int:
        """The last sign of life, in the writer's time; 0 before the first."""
        beat_ns = self._block.heartbeat_ns()
        return beat_ns + self._ahead_ns if beat_ns else 0


def moved(transport: Transport, by_ns: int) -> Transport:
    """The same transport with every instant later by `by_ns`."""
    if by_ns == 0:
        return transport
    return replace(
        transport,
        segments=tuple(replace(row, from_ns=row.from_ns + by_ns) for row in transport.segments),
        reactions=tuple(replace(row, from_ns=row.from_ns + by_ns) for row in transport.reactions),
        controls=tuple(replace(row, from_ns=row.from_ns + by_ns) for row in transport.controls),
    )
