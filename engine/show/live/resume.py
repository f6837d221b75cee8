"""``sensorama play --resume RUN``: goes on with a run that was cut off, from its journal alone.

A run is a pure function of its package and its journalled inputs, so they are conducted again, at their instants and at once; then
the show stands where the journal ends, story state included. From there it is held until everything is up, and resumed: both are
ordinary inputs of the new journal, which holds the whole run from its first moment and replays like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from engine.bus.loop import DeviceNote
from engine.errors import JournalError
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Operator, from_json
from engine.show.live.opening import COUNT_IN_NS, HeldBackBlock, with_extra
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.replay import package_of, rig_of
from engine.show.setup import Production
from engine.story.journal import Journal, JournalHeader, read_journal
from engine.time import Block, Clock


def cut_off(run: Path) -> Journal:
    """The journal of a run that has something left to play.

    Raises
    ------
    JournalError
        It cannot be read, or the run came to an end.
    """
    journal = read_journal(run / "journal.jsonl" if run.is_dir() else run)
    ends = journal.of_kind("end")
    if ends:
        raise JournalError(
            f"{run}: this run came to its end ({ends[-1].fields.get('how')}); there is nothing to resume. "
            "Play it anew, or replay it"
        )
    if not journal.of_kind("start"):
        raise JournalError(f"{run}: this run was cut off before its first moment; play it anew")
    return journal


def as_before(options: PlayOptions, journal: Journal) -> PlayOptions:
    """The options with what the journal says was played, and how."""
    extra = journal.header.extra
    return replace(
        options,
        experience=package_of(journal),
        rig=options.rig if options.rig is not None else rig_of(journal),
        seed=journal.header.seed,
        speed=Fraction(str(extra.get("speed", "1"))),
    )


def same_as_before(journal: Journal, production: Production) -> None:
    """Make sure the package is the journal's; another rig may do, its devices move from park.

    Raises
    ------
    JournalError
        The package has changed.
    """
    was, now = journal.header.package_hash, production.package.hash
    if was != now:
        raise JournalError(
            f"{journal.path} was played with another version of the package ({was[:12]}; here it is {now[:12]}); "
            "a show cannot go on in another one"
        )


@dataclass(slots=True)
class FromAJournal:
    """Goes on where a journal ends; the `Opening` of its `LiveRun`.

    Parameters
    ----------
    clock : Clock
    journal : Journal
    now_ns : int
        Host instant that stands for the journal's last: the new run's time goes on from there, without the time in between.
    """

    clock: Clock
    journal: Journal
    now_ns: int
    muted: bool = False
    rehearsed: bool = False
    ahead_ns: int = 0
    _held_back: HeldBackBlock | None = None

    @property
    def given(self) -> Sequence[DeviceNote]:
        """As the last checkpoints of the devices say."""
        last = {
            str(event.fields["device"]): event.fields["given"]
            for event in self.journal.of_kind("frames")
            if "given" in event.fields
        }
        return [DeviceNote(name, "given", values=tuple(map(float, given))) for name, given in last.items()]

    @property
    def upto_ns(self) -> int:
        """The last the journal knows of, in ns of its run."""
        return max(event.at_ns for event in self.journal.events)

    @property
    def epoch_ns(self) -> int | None:
        """The instant from which both runs count."""
        return self.now_ns - self.upto_ns

    def publish_to(self, block: Block) -> Block:
        """Kept back until the past is conducted."""
        self._held_back = HeldBackBlock(block)
        return self._held_back

    def header(self, header: JournalHeader) -> JournalHeader:
        """Names the run that was cut off."""
        old = self.journal.header
        resumes = {"session": old.session, "journal": self.journal.path, "upto_ns": self.upto_ns}
        kept = {name: old.extra[name] for name in ("speed", "start", "guests") if name in old.extra}
        return replace(with_extra(header, resumes=resumes, **kept), seed=old.seed)

    def begin(self, conductor: Conductor, record: RunRecord, now_ns: int) -> None:
        """Conduct the past, hold, and go on after the count-in."""
        epoch_ns = record.epoch_ns
        for event in self.journal.of_kind("start", "input"):
            at_ns = epoch_ns + event.at_ns
            if event.kind == "input":
                conductor.handle(from_json(event.fields["input"]), at_ns)
                continue
            fields = {name: event.fields.get(name) for name in ("from_ns", "scene", "at_fl")}
            record("start", at_ns, **fields)
            conductor.start(
                at_ns,
                from_ns=epoch_ns + int(event.fields["from_ns"]),
                scene=event.fields.get("scene"),
                at_fl=int(event.fields.get("at_fl", 0)),
                epoch_ns=epoch_ns,
            )
        last_ns = epoch_ns + self.upto_ns
        conductor.advance(last_ns)
        if conductor.ended is None and conductor.moment(last_ns).rate != 0:
            conductor.handle(Operator("hold", name="resumed"), last_ns)
            conductor.handle(Operator("resume", name="resumed"), max(last_ns, now_ns) + COUNT_IN_NS)
        record(
            "resumed",
            now_ns,
            of=self.journal.header.session,
            journal=self.journal.path,
            upto_ns=self.upto_ns,
        )
        assert self._held_back is not None
        self._held_back.open()
