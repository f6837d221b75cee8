"""The leader's side of a hot standby: tells everything its conductor takes and makes, and hears when it has been superseded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import UsageError
from engine.experience.venue import StandbySpec
from engine.show.replay import STORY_EVENTS
from engine.show.standby.link import Link, Listener
from engine.show.standby.wire import VERSION, Row
from engine.show.status import StatusView
from engine.story.journal import JournalHeader
from engine.time import Clock

#: What a standby needs to conduct the same show, and what it compares itself with.
TOLD = frozenset(("start", "input", *STORY_EVENTS))
#: Between two signs of life; several fit into the shortest silence worth a take-over.
NOW_NS = 20_000_000
DIGEST_NS = 1_000_000_000
#: How long a leader that starts waits for a standby that leads already: twice what that one takes to dial.
CLAIM_WAIT_NS = 500_000_000
#: A leader that stood still for longer asks before it goes on; and how long it waits for the answer.
ANSWER_WAIT_NS = 600_000_000


@dataclass(slots=True)
class Leading:
    """What a run with ``--lead`` keeps for its standby.

    Parameters
    ----------
    listener : Listener
    clock : Clock
        The run's.
    take_over_ns : int
        The rig's.
    say : callable
        One line for the operator.
    """

    listener: Listener
    clock: Clock
    take_over_ns: int
    say: Callable[[str], None]
    #: A standby has taken over: its words. This run must not move anything any more.
    superseded: str = ""
    _link: Link | None = None
    _joined: bool = False
    _callers: list[Link] = field(default_factory=list)
    _told: list[dict[str, Any]] = field(default_factory=list)
    _hello: dict[str, Any] | None = None
    _epoch_ns: int = 0
    _record: Callable[..., None] | None = None
    _digest: Callable[[int], str] | None = None
    _now_due_ns: int = 0
    _digest_due_ns: int = 0
    _last_ns: int = 0
    _standby_state: str = ""
    _session: str = ""
    _answered: bool = False

    def claimed_at_start(self, sleep_step_ns: int = 10_000_000) -> str:
        """Wait a moment for a standby that leads already; its words, or ""."""
        until_ns = self.clock.now_ns() + CLAIM_WAIT_NS
        while not self.superseded and self.clock.now_ns() < until_ns:
            self.poll(self.clock.now_ns())
            self.clock.sleep_until_ns(self.clock.now_ns() + sleep_step_ns)
        return self.superseded

    def begin(
        self,
        header: JournalHeader,
        epoch_ns: int,
        record: Callable[..., None],
        digest: Callable[[int], str],
    ) -> None:
        """The run has a journal; whoever waits is told what is played.

        Parameters
        ----------
        header : JournalHeader
        epoch_ns : int
        record : callable
            Takes journal events.
        digest : callable
            The state's hash at a host instant to which the conductor has been advanced.
        """
        self._hello = {"header": header.to_json(), "epoch_ns": epoch_ns, "take_over_ns": self.take_over_ns}
        self._epoch_ns, self._record, self._digest = epoch_ns, record, digest
        self._last_ns = self.clock.now_ns()

    def told(self, kind: str, at_ns: int, fields: Mapping[str, Any]) -> None:
        """The run records an event."""
        if kind not in TOLD:
            return
        row = {"kind": kind, "at_ns": at_ns - self._epoch_ns, "fields": dict(fields)}
        self._told.append(row)
        if self._link is not None:
            self._link.say("event", **row)

    @property
    def has_standby(self) -> bool:
        """Whether somebody follows now."""
        return self._link is not None and not self._link.closed

    def may_go_on(self, now_ns: int) -> bool:
        """Whether this run still leads; to be asked before anything is published or any sign of life given.

        A leader that stood still for longer than its standby waits is most likely one no more: it asks first, on the old
        connection or on a new one. The answer comes behind a claim, if there is one.
        """
        stood_ns = now_ns - self._last_ns
        link = self._link
        self.poll(now_ns)
        if link is not None and stood_ns > self.take_over_ns and not self.superseded:
            self._answered = False
            link.say("ping", asked_ns=now_ns)
            until_ns = self.clock.now_ns() + ANSWER_WAIT_NS
            while not self.superseded and not self._answered and self.clock.now_ns() < until_ns:
                self.clock.sleep_until_ns(self.clock.now_ns() + 2_000_000)
                self.poll(self.clock.now_ns())
        self._last_ns = self.clock.now_ns()
        return not self.superseded

    def advance(self, now_ns: int) -> None:
        """Give the sign of life, and the digest when it is time. The conductor has been advanced to `now_ns`."""
        if self._link is None:
            return
        if now_ns >= self._digest_due_ns and self._digest is not None:
            self._digest_due_ns = now_ns + DIGEST_NS
            self._link.say("digest", at_ns=now_ns - self._epoch_ns, hash=self._digest(now_ns))
        if now_ns >= self._now_due_ns:
            self._now_due_ns = now_ns + NOW_NS
            self._link.say("now", at_ns=now_ns - self._epoch_ns)

    def next_due_ns(self) -> int | None:
        """When `advance` has something to say."""
        return None if self._link is None else self._now_due_ns

    def poll(self, now_ns: int) -> None:
        """Hear whoever is there."""
        self._callers.extend(self.listener.take())
        for link in list(self._callers):
            for row, _ in link.take():
                self._greet(link, row, now_ns)
            if link.closed and link in self._callers:
                self._callers.remove(link)
        standby = self._link
        if standby is None:
            return
        for row, _ in standby.take():
            self._hear(row, now_ns)
        if standby.closed:
            self._link = None
            why = standby.why or "it hung up"
            self._tell("left", f"the standby is gone ({why}); nobody follows now", now_ns)

    def _greet(self, link: Link, row: Row, now_ns: int) -> None:
        if row["say"] == "claim":
            self._claimed(row, now_ns)
        elif row["say"] != "join":
            return
        elif row["version"] != VERSION:
            link.say("refused", why=f"the leader speaks version {VERSION}, the standby {row['version']}")
            link.close()
        elif self.has_standby and row["session"] != self._session:
            link.say("refused", why="another standby follows already")
            link.close()
        elif self._hello is not None:
            self._callers.remove(link)
            link.say("hello", **self._hello)
            for told in self._told:
                link.say("event", **told)
            link.say("live")
            if self._link is not None:
                self._link.close(0.0)  # the same standby, on a new wire
            self._link, self._session, self._standby_state = link, row["session"], ""
            self._now_due_ns = self._digest_due_ns = now_ns
            self._tell("joined", f"standby {row['session'][:8]} follows", now_ns)
        else:
            link.put_back(row, now_ns)  # the run has not begun; it is greeted when it has

    def _hear(self, row: Row, now_ns: int) -> None:
        if row["say"] == "claim":
            self._claimed(row, now_ns)
        elif row["say"] == "pong":
            self._answered = True
        elif row["say"] == "state" and row["state"] != self._standby_state:
            self._standby_state = str(row["state"])
            said = (
                "standby: the same state as here"
                if row["state"] == "same"
                else f"STANDBY DIFFERS: {row['text']}"
            )
            self._tell(self._standby_state, said, now_ns)

    def _claimed(self, row: Row, now_ns: int) -> None:
        if self.superseded:
            return
        self.superseded = (
            f"standby {row['session'][:8]} has taken over and leads "
            f"(it had heard nothing for {row['silent_ns'] / 1e6:.0f} ms)"
        )
        self._tell("superseded", self.superseded, now_ns)

    def _tell(self, state: str, text: str, now_ns: int) -> None:
        self.say(text)
        if self._record is not None:
            self._record("standby", now_ns, state=state, text=text)

    def lines(self) -> list[str]:
        """For the status view."""
        if self._link is None:
            return ["standby: none follows"]
        return [f"standby: follows, {self._standby_state or 'no digest compared yet'}"]

    def end(self, how: str, reason: str) -> None:
        """Say goodbye: `how` as in the journal's ``end``, or ``bad``."""
        self.listener.close()
        for link in (*self._callers, *([self._link] if self._link is not None else [])):
            link.say("bye", how=how, reason=reason)
            link.close()
        self._link = None


def lead(spec: StandbySpec, clock: Clock, view: StatusView) -> Leading:
    """Listen for a standby; refuse to lead where one leads already.

    Raises
    ------
    InputError
        The address cannot be listened on.
    UsageError
        A standby has taken this show over and leads.
    """
    leading = Leading(Listener(spec.listen, clock), clock, spec.take_over_ns, view.say)
    if leading.claimed_at_start():
        leading.listener.close()
        raise UsageError(
            f"{leading.superseded}. There must not be two leaders: end that run first, or start this one with --standby "
            "after it"
        )
    view.say(f"leader: a standby may follow on {spec.listen}")
    return leading
