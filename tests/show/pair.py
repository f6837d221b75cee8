"""A leader and its standby in one process on a manual clock, with a wire between them that can be cut."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.bus.inline import InlineBus
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Input
from engine.show.conduct.rehearsal import Rehearsal
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.replay import STORY_EVENTS
from engine.show.setup import Phases, Production, header_of, produce
from engine.show.standby.digest import digest
from engine.show.standby.follower import Follower
from engine.show.standby.leader import Leading
from engine.show.standby.wire import VERSION, Row, RowReader, encode_row
from engine.time import LocalBlock, ManualClock, TransportWriter

STEP_NS = 10_000_000
EPOCH_NS = 5_000_000_000


class Wire:
    """One end of a connection in memory; what is said is encoded, cut into pieces and decoded as on a real one."""

    def __init__(self) -> None:
        self.other: Wire | None = None
        self.clock: ManualClock | None = None
        self.closed = False
        self.why = ""
        self._reader = RowReader()
        self._rows: deque[Row] = deque()

    def say(self, say: str, **fields: Any) -> None:
        line = encode_row(say, **fields)
        if not self.closed and self.other is not None:
            for piece in (line[: len(line) // 2], line[len(line) // 2 :]):
                self.other._rows.extend(self.other._reader.feed(piece))

    def take(self) -> list[tuple[Row, int]]:
        now_ns = 0 if self.clock is None else self.clock.now_ns()
        found = [(row, now_ns) for row in self._rows]
        self._rows.clear()
        return found

    def put_back(self, row: Row, at_ns: int) -> None:
        self._rows.appendleft(row)

    def close(self, timeout_s: float = 0.0) -> None:
        self.closed = True
        if self.other is not None:
            self.other.closed, self.other.why = True, "the other end hung up"


def wire() -> tuple[Wire, Wire]:
    a, b = Wire(), Wire()
    a.other, b.other = b, a
    return a, b


class Ear:
    """Stands for the leader's listening socket."""

    def __init__(self) -> None:
        self.calls: list[Wire] = []
        self.closed = False

    def take(self) -> list[Wire]:
        found, self.calls = self.calls, []
        return found

    def close(self) -> None:
        self.closed = True


class Memory:
    """A journal in memory."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, dict[str, Any]]] = []

    def append(self, kind: str, at_ns: int | None = None, /, **fields: Any) -> None:
        assert at_ns is not None
        self.rows.append((kind, at_ns, fields))

    def story(self) -> list[tuple[str, int, dict[str, Any]]]:
        return [row for row in self.rows if row[0] in (*STORY_EVENTS, "input", "start")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [fields for name, _, fields in self.rows if name == kind]


def load(experience: str, seed: int, rig: Path | None = None) -> Production:
    return produce(PlayOptions(experience=experience, rig=rig, seed=seed), Phases(ManualClock()))


@dataclass
class Side:
    """One conductor with its bus."""

    production: Production
    clock: ManualClock
    rehearse: Rehearsal | None = None
    journal: Memory = field(default_factory=Memory)
    block: LocalBlock = field(default_factory=LocalBlock)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.record = RunRecord(self.journal, EPOCH_NS)
        self.writer = TransportWriter(self.block)
        self.conductor = Conductor(
            package=self.production.package,
            story=self.production.story,
            writer=self.writer,
            record=self.record,
            guests=len(self.production.rig.seats),
            speed=Fraction(1),
            rehearse=self.rehearse,
        )
        self.bus = InlineBus(
            self.production.devices, self.production.evaluator(), self.block, epoch_ns=EPOCH_NS
        )
        self._evaluator = self.production.evaluator()

    def state(self, at_ns: int) -> str:
        seats = len(self.production.rig.seats)
        return digest(
            self.writer.transport, self.conductor, self.production.story, self._evaluator, seats, at_ns
        )


@dataclass
class Pair:
    """Both, stepped together."""

    experience: str
    seed: int
    clock: ManualClock = field(default_factory=lambda: ManualClock(EPOCH_NS))
    rig: Path | None = None
    take_over_ns: int = 400_000_000

    def __post_init__(self) -> None:
        self.leader = Side(load(self.experience, self.seed, self.rig), self.clock, Rehearsal(self.seed))
        self.standby = Side(load(self.experience, self.seed, self.rig), self.clock)
        self.ear = Ear()
        self.leading = Leading(self.ear, self.clock, self.take_over_ns, self.leader.said.append)  # type: ignore[arg-type]
        self.follower: Follower | None = None
        self.end: Wire | None = None
        self.leads = False
        header = header_of(
            PlayOptions(experience=self.experience, seed=self.seed), self.leader.production, "11aa", "manual"
        )
        self.leading.begin(header, EPOCH_NS, self.leader.record, self.leader.state)
        self.leader.record.listen = self.leading.told
        self.leader.record("start", EPOCH_NS, from_ns=100_000_000, scene=None, at_fl=0)
        self.leader.conductor.start(EPOCH_NS, from_ns=EPOCH_NS + 100_000_000, epoch_ns=EPOCH_NS)

    def join(self) -> None:
        """The standby calls."""
        theirs, self.end = wire()
        self.ear.calls.append(theirs)
        self.end.say("join", version=VERSION, session="22bb")
        self.follower = Follower(
            self.standby.conductor,
            EPOCH_NS,
            self.take_over_ns,
            self.standby.state,
            self.standby.record,
            self._tell,
            self.clock.now_ns(),
        )
        self.standby.record.listen = self.follower.made

    def _tell(self, state: str, text: str, now_ns: int) -> None:
        self.standby.said.append(text)
        assert self.end is not None
        self.end.say("state", state=state, text=text)

    def step(self, *, leader: bool = True, heard: bool = True, given: Input | None = None) -> None:
        """One turn of both loops."""
        self.clock.advance_ns(STEP_NS)
        now_ns = self.clock.now_ns()
        if leader and self.leading.may_go_on(now_ns):
            if given is not None:
                self.leader.conductor.handle(given, now_ns)
            self.leader.conductor.advance(now_ns)
            self.leading.advance(now_ns)
        follower = self.follower
        if follower is None or self.end is None:
            return
        if self.leads:
            self.standby.conductor.advance(now_ns)
            return
        if heard:
            for row, _ in self.end.take():
                if row["say"] != "hello":
                    follower.take(row, now_ns)
        if follower.leader_gone(now_ns):
            self.leads = True
            self.standby.record.listen = None
            self.standby.conductor.advance(now_ns)
            self.end.say("claim", session="22bb", silent_ns=follower.silent_ns(now_ns))
