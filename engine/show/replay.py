"""``sensorama replay``: the same beats and the same device frames from a journal, or the first difference.

Two passes. First the conductor alone, fed with the journalled inputs at their instants: it publishes every transport the run had, in
order. Then the bus, which adopts them at the very ticks at which the run's bus did. Nothing depends on how fast the machine was then
or is now.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.bus.loop import CATCH_UP_NS, BusCore, BusEvent, DeviceNote
from engine.errors import JournalError, PackageError
from engine.experience import bundled_rigs, find_package
from engine.show.certified_doses import doses_of
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import from_json
from engine.show.guests.seating import Seating
from engine.show.options import PlayOptions
from engine.show.record import CurveTap
from engine.show.report import Curve
from engine.show.setup import Phases, Production, produce
from engine.story.ink import Story
from engine.story.journal import Journal, JournalEvent, read_journal
from engine.time import ManualClock, Transport, TransportWriter

#: Events of the conductor that must come again, field by field.
STORY_EVENTS = (
    "beat",
    "segment",
    "vote",
    "commit",
    "window",
    "trigger",
    "reaction",
    "rate",
    "jump",
    "profile",
    "end",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay leaves the run."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was compared."""

    story_events: int
    checkpoints: int
    devices: int
    difference: Difference | None


class _Recording:
    """A block that keeps every transport by its sequence number."""

    def __init__(self) -> None:
        self.by_sequence: dict[int, Transport] = {}
        self._last = Transport()

    def publish(self, transport: Transport) -> None:
        self._last = self.by_sequence[transport.sequence] = transport

    def read(self) -> Transport:
        return self._last

    def beat(self, now_ns: int) -> None:
        """Nobody listens for signs of life here."""

    def heartbeat_ns(self) -> int:
        return 0


def replay(journal: Journal, production: Production) -> Replayed:
    """Run a journal again and compare.

    Parameters
    ----------
    journal : Journal
    production : Production
        The same package and rig, freshly loaded.
    """
    block = _Recording()
    again = _conduct(journal, production, block)
    difference = _compare_story(journal.of_kind(*STORY_EVENTS), again, journal.torn)
    story_events = len(again)
    checkpoints = journal.of_kind("frames")
    if difference is None:
        difference = _compare_frames(journal, production, block.by_sequence)
    return Replayed(
        story_events, len(checkpoints), len({event.fields["device"] for event in checkpoints}), difference
    )


def _conduct(
    journal: Journal, production: Production, block: _Recording
) -> list[tuple[str, int, Mapping[str, Any]]]:
    told: list[tuple[str, int, Mapping[str, Any]]] = []

    def record(kind: str, now_ns: int, /, **fields: Any) -> None:
        if kind in STORY_EVENTS:
            told.append((kind, now_ns, fields))

    extra = journal.header.extra
    conductor = Conductor(
        package=production.package,
        story=production.story,
        writer=TransportWriter(block),
        record=record,
        guests=int(extra.get("guests", 1)),
        speed=Fraction(str(extra.get("speed", "1"))),
        seating=Seating.of(production.rig, production.package.languages),
    )
    for event in journal.events:
        if event.kind == "start":
            conductor.start(
                event.at_ns,
                from_ns=int(event.fields["from_ns"]),
                scene=event.fields.get("scene"),
                at_fl=int(event.fields.get("at_fl", 0)),
                epoch_ns=0,
            )
        elif event.kind == "input":
            conductor.handle(from_json(event.fields["input"]), event.at_ns)
    last = [event.at_ns for event in journal.events if event.kind in STORY_EVENTS]
    if last:
        conductor.advance(max(last))
    return told


def _plain(value: Any) -> Any:
    """As JSON would give it back: tuples as lists, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _compare_story(
    was: Sequence[JournalEvent], now: Sequence[tuple[str, int, Mapping[str, Any]]], torn: bool
) -> Difference | None:
    for event, (kind, at_ns, fields) in zip(was, now, strict=False):
        if (event.kind, event.at_ns) != (kind, at_ns):
            return Difference(
                event.line,
                f"the run had '{event.kind}' at {event.at_ns / 1e9:.6f} s, "
                f"the replay '{kind}' at {at_ns / 1e9:.6f} s",
            )
        for name, value in fields.items():
            if event.fields.get(name) != _plain(value):
                return Difference(
                    event.line,
                    f"'{kind}' at {at_ns / 1e9:.6f} s: the run had {name} = {event.fields.get(name)!r}, "
                    f"the replay {_plain(value)!r}",
                )
    if len(was) > len(now):
        return Difference(
            was[len(now)].line, f"the run had '{was[len(now)].kind}' here, the replay nothing more"
        )
    if len(now) > len(was) and not torn and was and was[-1].kind == "end":
        kind, at_ns, _ = now[len(was)]
        return Difference(was[-1].line, f"the replay goes on with '{kind}' at {at_ns / 1e9:.6f} s")
    return None


def _compare_frames(
    journal: Journal, production: Production, transports: Mapping[int, Transport]
) -> Difference | None:
    found: list[Difference] = []
    for events in _bus_lives(journal):
        wanted = {
            (event.fields["device"], event.fields["tick"]): event
            for event in events
            if event.kind == "frames"
        }

        def sink(event: BusEvent, wanted: Mapping[tuple[str, int], JournalEvent] = wanted) -> None:
            if event.kind != "frames" or found:
                return
            was = wanted.get((event.device, event.tick))
            if was is not None and was.fields["hash"] != event.data["hash"]:
                found.append(
                    Difference(
                        was.line,
                        f"device {event.device}: the frames up to {event.at_ns / 1e9:.3f} s differ "
                        f"(run {was.fields['hash'][:12]}, replay {str(event.data['hash'])[:12]})",
                    )
                )

        core = BusCore(
            production.devices,
            production.evaluator(),
            epoch_ns=0,
            tick_hz=production.rig.tick_hz,
            watchdog_ns=production.rig.watchdog_ns,
            sink=sink,
        )
        last_tick = max((tick for _, tick in wanted), default=-1)
        for step in _steps(events, core, transports, last_tick):
            core.advance(step.now_ns, step.transport, step.heartbeat_ns, step.notes)
            if found:
                return found[0]
    return None


def _bus_lives(journal: Journal) -> list[list[JournalEvent]]:
    """The bus' events, one list for each time it was started: a restarted bus begins with empty hashes, parked."""
    lives: list[list[JournalEvent]] = [[]]
    for event in journal.of_kind("adopt", "device", "frames"):
        if event.fields.get("what") == "restart":
            lives.append([])
        else:
            lives[-1].append(event)
    return lives


def commanded_curves(path: Path, production: Production) -> Sequence[Curve]:
    """What the devices of a journalled run were commanded, by running its bus again.

    A live bus does not stop to write curves; since it can be replayed to the bit, it does not have to.
    """
    journal = read_journal(path)
    fresh = Story.load(
        production.package.story_json, str(production.package.story_path), seed=journal.header.seed
    )
    block = _Recording()
    _conduct(journal, dataclasses.replace(production, story=fresh), block)
    curves: list[Curve] = []
    for events in _bus_lives(journal):
        ticks = [int(event.fields["tick"]) for event in events if event.kind == "frames"]
        core = BusCore(
            production.devices,
            production.evaluator(),
            epoch_ns=0,
            tick_hz=production.rig.tick_hz,
            watchdog_ns=production.rig.watchdog_ns,
            sink=lambda event: None,
        )
        tap = CurveTap(core, 0)
        for step in _steps(events, core, block.by_sequence, max(ticks, default=-1)):
            core.advance(step.now_ns, step.transport, step.heartbeat_ns, step.notes)
            tap.sample(step.now_ns)
        curves.extend(tap.curves())
    return curves


@dataclass(frozen=True, slots=True)
class _Step:
    now_ns: int
    transport: Transport
    heartbeat_ns: int
    notes: tuple[DeviceNote, ...]


def _steps(
    events: Sequence[JournalEvent], core: BusCore, transports: Mapping[int, Transport], last_tick: int
) -> Iterator[_Step]:
    """One step a tick at which anything is due, with what the run's bus knew at that tick."""
    by_tick: dict[int, list[JournalEvent]] = {}
    for event in events:
        if event.kind == "frames":
            continue
        by_tick.setdefault(int(event.fields["tick"]), []).append(event)
    marks = sorted(by_tick)
    transport, stale, at = Transport(), False, 0
    while (due_ns := core.next_due_ns()) <= core.instant_ns(last_tick):
        notes: list[DeviceNote] = []
        now_ns = due_ns
        while at < len(marks) and core.instant_ns(marks[at]) <= now_ns:
            for event in by_tick[marks[at]]:
                what = event.fields.get("what", "")
                if event.kind == "adopt":
                    sequence = int(event.fields["sequence"])
                    if sequence not in transports:
                        raise JournalError(
                            f"the bus adopted transport {sequence}, which the replayed conductor never published"
                        )
                    transport = transports[sequence]
                elif what in ("gone", "back", "forbid", "permit"):
                    notes.append(DeviceNote(event.fields["device"], what, str(event.fields.get("text", ""))))
                elif what in ("felt", "given"):
                    values = tuple(float(value) for value in event.fields["values"])
                    notes.append(DeviceNote(event.fields["device"], what, values=values))
                elif what in ("stale", "fresh"):
                    stale = what == "stale"
                elif what == "retire":
                    core.retire()
                elif what == "overrun":
                    # The bus picks up the present only after more than CATCH_UP_NS; the tick it resumed at, rounded down,
                    # may lie a part of a tick before that.
                    now_ns = max(core.instant_ns(int(event.fields["resumed"])), due_ns + CATCH_UP_NS + 1)
            at += 1
        yield _Step(now_ns, transport, 1 if stale else now_ns, tuple(notes))


def package_of(journal: Journal) -> str:
    """Where the package of a run is: where it was, or, on another machine, under its name."""
    name = journal.header.package
    where = str(journal.header.extra.get("experience", name))
    if Path(where).exists():
        return where
    try:
        return str(find_package(name))
    except PackageError:
        raise JournalError(
            f"{journal.path} is of {name!r} from {where}, which is not there any more; "
            f"say where the package is with --experience"
        ) from None


def rig_of(journal: Journal) -> Path | None:
    """The rig of a run: the file it was, or the one of that name that comes with the engine."""
    text = str(journal.header.extra.get("rig") or "")
    if not text:
        return None
    where = Path(text)
    if where.exists():
        return where
    if where.stem in bundled_rigs():
        return Path(where.stem)
    raise JournalError(
        f"{journal.path} was played on the rig {where}, which is not there any more; say where it is with --rig"
    )


def replay_command(path: Path, *, experience: str | None, rig: str | None) -> int:
    """Replay a journal file and say how it went: exit status 0 when it is the same, 1 when it differs.

    Raises
    ------
    JournalError
        The journal is damaged, or belongs to another version of the package or rig.
    """
    if path.is_dir():
        path = path / "journal.jsonl"
    journal = read_journal(path)
    options = PlayOptions(
        experience=experience or package_of(journal),
        rig=Path(rig) if rig else rig_of(journal),
        seed=journal.header.seed,
        standby=bool(journal.header.extra.get("follows")),
        uncertified=True,
    )
    production = produce(options, Phases(ManualClock()), doses=doses_of(journal.header.extra))
    for name, was, now in (
        ("package", journal.header.package_hash, production.package.hash),
        ("rig", journal.header.rig_hash, production.rig.hash),
    ):
        if was and was != now:
            raise JournalError(
                f"{path} was played with another version of the {name} ({was[:12]}; here it is {now[:12]}); "
                f"replay it with that version (--experience, --rig)"
            )
    try:
        result = replay(journal, production)
    except KeyError as error:
        raise JournalError(
            f"{path}: an event has no field {error}; the file was changed, or written by another version"
        ) from error
    if journal.torn:
        print("the journal is torn at its end (the run was cut off); everything up to there is compared")
    if result.difference is not None:
        print(f"{path}: DIFFERENT at {result.difference}")
        return 1
    print(
        f"{path}: the same: {result.story_events} story events, {result.checkpoints} frame checkpoints of {result.devices} devices"
    )
    return 0
