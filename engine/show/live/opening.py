"""How a run comes to its first moment: from the story's beginning, from a journal, or behind a leader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from engine.bus.loop import DeviceNote
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Operator
from engine.show.record import RunRecord
from engine.story.journal import JournalHeader
from engine.time import Block, Clock, Transport

#: From the last child's word to the first frame of the show.
COUNT_IN_NS = 150_000_000


class Opening(Protocol):
    """What differs between the ways to begin. Instants are the run's own, which on a standby are its leader's."""

    @property
    def clock(self) -> Clock:
        """The run's."""
        ...

    @property
    def epoch_ns(self) -> int | None:
        """Tick 0 of the bus' grid and zero of the journal; None: the bus says."""
        ...

    @property
    def muted(self) -> bool:
        """Whether the bus computes only and sends nothing."""
        ...

    @property
    def rehearsed(self) -> bool:
        """Whether a rehearsing guest (``--seed``, ``--choices``) may play along."""
        ...

    @property
    def ahead_ns(self) -> int:
        """Run time minus this machine's."""
        ...

    @property
    def given(self) -> Sequence[DeviceNote]:
        """What guests and room have had already, of kind ``given``."""
        ...

    def publish_to(self, block: Block) -> Block:
        """Where the conductor publishes, given the block its followers read."""
        ...

    def header(self, header: JournalHeader) -> JournalHeader:
        """What the journal's first line says beside the usual."""
        ...

    def begin(self, conductor: Conductor, record: RunRecord, now_ns: int) -> None:
        """Bring the conductor to where it conducts from."""
        ...


class HeldBackBlock:
    """Keeps publications back until it is opened, so that followers see a rebuilt run only as a whole.

    Parameters
    ----------
    block : Block
        What followers read.
    """

    def __init__(self, block: Block) -> None:
        self._block = block
        self._last: Transport | None = None
        self._open = False

    def publish(self, transport: Transport) -> None:
        """Put on show, or keep for `open`."""
        if self._open or not transport.segments:  # a run that has not begun has nothing to hide
            self._block.publish(transport)
        else:
            self._last = transport

    def open(self) -> None:
        """Put the newest on show, and every later one as it comes."""
        self._open = True
        if self._last is not None:
            self._block.publish(self._last)
            self._last = None

    def read(self) -> Transport:
        """The newest, on show or not."""
        return self._block.read() if self._last is None else self._last

    def beat(self, now_ns: int) -> None:
        """Signs of life are never kept back."""
        self._block.beat(now_ns)

    def heartbeat_ns(self) -> int:
        """Host instant of the last sign of life."""
        return self._block.heartbeat_ns()


@dataclass(slots=True)
class FromTheBeginning:
    """An ordinary run.

    Parameters
    ----------
    clock : Clock
    start : (str, int) or None
        Scene and position to begin at instead of the story's beginning.
    language : int
        Index of the language played in.
    phases_ms : mapping
        What the start took so far, for the journal.
    """

    clock: Clock
    start: tuple[str, int] | None
    language: int
    phases_ms: dict[str, float]
    epoch_ns: int | None = None
    muted: bool = False
    rehearsed: bool = True
    ahead_ns: int = 0
    given: Sequence[DeviceNote] = ()

    def publish_to(self, block: Block) -> Block:
        """Straight into the block."""
        return block

    def header(self, header: JournalHeader) -> JournalHeader:
        """Nothing beside the usual."""
        return header

    def begin(self, conductor: Conductor, record: RunRecord, now_ns: int) -> None:
        """Count in."""
        from_ns = now_ns + COUNT_IN_NS
        scene, at_fl = self.start if self.start else (None, 0)
        record("start", now_ns, from_ns=from_ns - record.epoch_ns, scene=scene, at_fl=at_fl)
        record(
            "notice", now_ns, text="", phases_ms={name: round(ms, 2) for name, ms in self.phases_ms.items()}
        )
        conductor.start(now_ns, from_ns=from_ns, scene=scene, at_fl=at_fl, epoch_ns=record.epoch_ns)
        if self.language:
            conductor.handle(Operator("language", self.language), self.clock.now_ns())


def with_extra(header: JournalHeader, **extra: Any) -> JournalHeader:
    """A header that says more."""
    return replace(header, extra={**header.extra, **extra})
