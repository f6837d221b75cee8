"""``sensorama play EXP --standby``: a second conductor that follows muted, and leads when the first is no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from engine.bus.loop import DeviceNote
from engine.errors import InputError, SensoramaError, UsageError
from engine.show.conduct.conductor import Conductor
from engine.show.live.opening import HeldBackBlock, with_extra
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.setup import Production, checked_rig
from engine.show.standby.follower import Follower
from engine.show.standby.link import Dialer, Link
from engine.show.standby.wire import VERSION, Row
from engine.show.status import StatusView
from engine.story.journal import JournalHeader
from engine.time import Block, Clock
from engine.time.offset import AheadBlock, AheadClock, Exchange, OffsetEstimator

#: Exchanges before the first estimate of the leader's clock is believed, and from then on one a second.
_FIRST_PINGS = 8
_PING_NS = 1_000_000_000
_STEP_NS = 5_000_000
#: An error of the clock above this is taken up (and said): more would be seen in a picture shown by both.
_CLOCK_LIMIT_NS = 2_000_000
#: Between two looks of its own loop; beyond it a standby blames itself, not the leader.
_OWN_GAP_NS = 100_000_000
#: How long a joiner waits for the leader's past; it is some thousand rows at most.
_PAST_LIMIT_NS = 15_000_000_000


@dataclass(slots=True)
class Standby:
    """What a run that follows keeps; the `Opening` of its `LiveRun`.

    Parameters
    ----------
    local : Clock
        This machine's.
    dialer : Dialer
    link : Link
        To the leader, answered with ``hello``.
    hello : mapping
        That row.
    estimator : OffsetEstimator
        With its first exchanges.
    waiting : list
        Rows that have come after ``hello``.
    session : str
        Of this run.
    """

    local: Clock
    dialer: Dialer
    link: Link
    hello: Mapping[str, Any]
    estimator: OffsetEstimator
    waiting: list[tuple[Row, int]]
    session: str
    view: StatusView
    clock: AheadClock
    epoch_ns: int | None
    muted: bool = True
    rehearsed: bool = False
    given: Sequence[DeviceNote] = ()
    leading: bool = False
    follower: Follower | None = None
    _block: AheadBlock | None = None
    _held_back: HeldBackBlock | None = None
    _record: RunRecord | None = None
    _production: Production | None = None
    _ping_due_ns: int = 0
    silent_ns: int = 0
    _skip: int = 0
    _looked_ns: int = 0
    _claimed: bool = False

    @property
    def ahead_ns(self) -> int:
        """The leader's time minus this machine's."""
        return self.clock.ahead_ns

    @property
    def leader(self) -> str:
        """Session of the leader's run."""
        return str(self.hello["header"].get("session", ""))

    # ---- opening ---------------------------------------------------------------------------------------------

    def publish_to(self, block: Block) -> Block:
        """Kept back until the past is conducted; then in this machine's time."""
        self._block = AheadBlock(block, self.ahead_ns)
        self._held_back = HeldBackBlock(self._block)
        return self._held_back

    def header(self, header: JournalHeader) -> JournalHeader:
        """Whom it follows; what the leader's run was started with."""
        theirs = self.hello["header"]
        return replace(
            with_extra(
                header,
                follows=str(theirs.get("session", "")),
                **{name: theirs[name] for name in ("speed", "start", "guests") if name in theirs},
            ),
            seed=int(theirs.get("seed", 0)),
        )

    def prepare(self, production: Production) -> None:
        """What is compared each second is made from this production."""
        self._production = production

    def begin(self, conductor: Conductor, record: RunRecord, now_ns: int) -> None:
        """Conduct the leader's past, then show the whole of it at once."""
        from engine.show.standby.digest import digest

        production = self._production
        assert production is not None and self._held_back is not None
        evaluator, seats, held_back = production.evaluator(), len(production.rig.seats), self._held_back

        def state(at_ns: int) -> str:
            return digest(held_back.read(), conductor, production.story, evaluator, seats, at_ns)

        self._record = record
        follower = self.follower = Follower(
            conductor, record.epoch_ns, int(self.hello["take_over_ns"]), state, record, self._tell, now_ns
        )
        record.listen = follower.made
        until_ns = now_ns + _PAST_LIMIT_NS
        while not follower.live:
            self._hear()
            if not follower.live and (self.link.closed or self.clock.now_ns() > until_ns):
                raise SensoramaError(
                    f"the leader was lost before it had told its past ({self.link.why or 'it fell silent'}); "
                    "start the standby again"
                )
            if not follower.live:
                self.clock.sleep_until_ns(self.clock.now_ns() + _STEP_NS)
        held_back.open()
        record(
            "standby",
            self.clock.now_ns(),
            state="following",
            text=f"follows {self.hello['header'].get('session', '')!s:.8}",
            ahead_ns=self.ahead_ns,
            error_ns=self.estimator.error_ns,
        )
        self.view.say(
            f"standby: follows the leader, muted; clock {self.ahead_ns / 1e6:+.3f} ms, "
            f"known to {(self.estimator.error_ns or 0) / 1e6:.3f} ms"
        )

    # ---- following -------------------------------------------------------------------------------------------

    def advance(self, now_ns: int) -> str:
        """Hear the leader; give the reason when this standby has to lead from now on, else ""."""
        follower = self.follower
        assert follower is not None
        stood_ns, self._looked_ns = (now_ns - self._looked_ns if self._looked_ns else 0), now_ns
        if stood_ns > _OWN_GAP_NS:
            follower.excuse(stood_ns)  # it was this machine that stood still
        self._hear()
        if self.link.closed and not follower.bye:
            # Lost, but perhaps only the wire: dial at once. Whether it was the leader shows within the rig's `take_over`.
            self._dial(now_ns)
        if not self.link.closed and now_ns >= self._ping_due_ns:
            self._ping_due_ns = now_ns + _PING_NS
            self.link.say("ping", asked_ns=self.local.now_ns())
        why = follower.leader_gone(now_ns)
        if why:
            self.silent_ns = follower.silent_ns(now_ns)
            self.leading = True
        return why

    def claim(self, now_ns: int) -> None:
        """Tell whoever still believes to lead; to be called while leading, again and again."""
        if self.link.closed:
            self._claimed = False
            link = self.dialer.take()
            if link is None:
                self.dialer.again()
                return
            self.link = link
        if not self._claimed:
            self._claimed = True
            self.link.say("claim", session=self.session, silent_ns=self.silent_ns)
        self.link.take()  # what a superseded leader still says is of no interest

    def lines(self) -> list[str]:
        """For the status view."""
        follower = self.follower
        if self.leading:
            return ["standby: LEADS since the leader fell silent"]
        if follower is None or not follower.state:
            return ["standby: follows, muted; nothing compared yet"]
        words = {
            "same": f"the same state as the leader, {follower.compared} comparisons",
            "differs": f"DIFFERS FROM THE LEADER: {follower.difference}",
        }
        return [f"standby: follows, muted; {words[follower.state]}"]

    def end(self) -> None:
        """Hang up."""
        self.dialer.close()
        self.link.close()

    # ---- inside ----------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        follower = self.follower
        assert follower is not None
        rows, self.waiting = [*self.waiting, *self.link.take()], []
        for row, at_ns in rows:
            if row["say"] == "pong":
                self._clocked(row, at_ns)
            elif row["say"] == "refused":
                raise SensoramaError(f"the leader refuses this standby: {row['why']}")
            elif row["say"] == "hello":
                if row["header"].get("session", "") != self.leader:
                    raise SensoramaError("another run leads now; start this standby again to follow it")
                self._skip = follower.told
            elif row["say"] == "event" and self._skip:
                self._skip -= 1
            else:
                follower.take(row, at_ns + self.ahead_ns)

    def _clocked(self, row: Row, at_ns: int) -> None:
        if not self.estimator.add(Exchange(row["asked_ns"], row["heard_ns"], row["told_ns"], at_ns)):
            return
        error_ns = self.estimator.ahead_ns - self.ahead_ns
        if abs(error_ns) > _CLOCK_LIMIT_NS:
            self.clock.ahead_ns = self.estimator.ahead_ns
            if self._block is not None:
                self._block.set_ahead(self.ahead_ns)
            self._tell(
                "clock",
                f"the clocks of leader and standby have parted by {error_ns / 1e6:.1f} ms; taken up. "
                "Keep both on one time server (chrony, PTP)",
                self.clock.now_ns(),
            )

    def _dial(self, now_ns: int) -> None:
        link = self.dialer.take()
        if link is None:
            self.dialer.again()
            return
        # The same leader is there again (another one would have to be another run); it tells its whole past once more.
        self.link = link
        link.say("join", version=VERSION, session=self.session)
        self._tell("rejoined", "the wire to the leader broke and stands again", now_ns)

    def _tell(self, state: str, text: str, now_ns: int) -> None:
        self.view.say(f"STANDBY DIFFERS: {text}" if state == "differs" else f"standby: {text}")
        if self._record is not None:
            # Stamped when it is said: what is told of the past is found out now.
            self._record("standby", max(now_ns, self.clock.now_ns()), state=state, text=text)
        if state in ("same", "differs") and not self.link.closed:
            self.link.say("state", state=state, text=text)


def join(options: PlayOptions, clock: Clock, view: StatusView, session: str) -> tuple[Standby, PlayOptions]:
    """Wait for a leader and be told what is played.

    Returns
    -------
    Standby
    PlayOptions
        As given, with what the leader's run was started with.

    Raises
    ------
    InputError
        The leader refuses, or plays something else.
    KeyboardInterrupt
        Somebody lost patience.
    """
    # What is wrong here is said now, not to nobody when a leader has come.
    listen = checked_rig(options).venue.standby.listen
    dialer = Dialer(listen, clock)
    try:
        view.say(f"standby: waits for a leader on {listen}")
        link, hello, waiting, estimator = _meet(dialer, clock, session)
    except BaseException:
        dialer.close()
        raise
    header = hello["header"]
    speed = Fraction(str(header.get("speed", "1")))
    start = header.get("start")
    told = replace(
        options,
        seed=int(header.get("seed", 0)) if options.seed is None else options.seed,
        speed=speed,
        start=(str(start[0]), int(start[1])) if start else None,
    )
    ahead_ns = estimator.ahead_ns
    standby = Standby(
        local=clock,
        dialer=dialer,
        link=link,
        hello=hello,
        estimator=estimator,
        waiting=waiting,
        session=session,
        view=view,
        clock=AheadClock(clock, ahead_ns),
        epoch_ns=int(hello["epoch_ns"]),
    )
    return standby, told


def same_show(standby: Standby, production: Production) -> None:
    """Make sure both play the same package on the same rig.

    Raises
    ------
    InputError
        They do not; nothing has moved.
    """
    standby.prepare(production)
    header = standby.hello["header"]
    for name, theirs, ours in (
        ("package", header.get("package_hash", ""), production.package.hash),
        ("rig", header.get("rig_hash", ""), production.rig.hash),
    ):
        if theirs != ours:
            raise InputError(
                f"the leader plays another {name} ({theirs!s:.12}; here it is {ours:.12}); "
                f"bring the same files to both machines"
            )


def _meet(
    dialer: Dialer, clock: Clock, session: str
) -> tuple[Link, Row, list[tuple[Row, int]], OffsetEstimator]:
    while True:
        link = dialer.take()
        if link is None:
            clock.sleep_until_ns(clock.now_ns() + 4 * _STEP_NS)
            continue
        met = _greet(link, clock, session)
        if met is not None:
            return (link, *met)
        dialer.again()  # it hung up: a leader that did not start after all


def _greet(
    link: Link, clock: Clock, session: str
) -> tuple[Row, list[tuple[Row, int]], OffsetEstimator] | None:
    estimator, hello, waiting = OffsetEstimator(), None, list[tuple[Row, int]]()
    link.say("join", version=VERSION, session=session)
    link.say("ping", asked_ns=clock.now_ns())
    while hello is None or len(estimator) < _FIRST_PINGS:
        for row, at_ns in link.take():
            if row["say"] == "pong":
                estimator.add(Exchange(row["asked_ns"], row["heard_ns"], row["told_ns"], at_ns))
                if len(estimator) < _FIRST_PINGS:
                    link.say("ping", asked_ns=clock.now_ns())
            elif row["say"] == "refused":
                raise UsageError(f"the leader refuses this standby: {row['why']}")
            elif row["say"] == "hello":
                hello = row
            else:
                waiting.append((row, at_ns))
        if link.closed and hello is None:
            return None
        if link.closed:
            break
        clock.sleep_until_ns(clock.now_ns() + _STEP_NS // 5)
    assert hello is not None
    return hello, waiting, estimator
