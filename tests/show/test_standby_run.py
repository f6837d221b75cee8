"""The standby's link on two clocks that disagree: following, a wire that breaks, taking over, and claiming afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import SensoramaError, UsageError
from engine.show.live.opening import HeldBackBlock
from engine.show.standby.leader import Leading, lead
from engine.show.standby.run import Standby
from engine.show.standby.wire import VERSION
from engine.show.status import StatusView
from engine.time import LocalBlock, ManualClock, TransportWriter
from engine.time.offset import AheadClock, Exchange, OffsetEstimator
from tests.show.pair import EPOCH_NS, STEP_NS, Pair, wire


class Bell:
    """Stands for the thread that dials: it reaches the leader when there is one to reach."""

    def __init__(self, pair: Pair, local: ManualClock) -> None:
        self.local = local
        self.pair, self.wanted, self.reachable, self.rung = pair, False, True, 0

    def take(self) -> Any:
        if not self.wanted or not self.reachable:
            return None
        self.wanted = False
        self.rung += 1
        theirs, ours = wire()
        ours.clock = self.local
        self.pair.ear.calls.append(theirs)
        return ours

    def again(self) -> None:
        self.wanted = True

    def close(self) -> None:
        self.wanted = False


class Quiet(StatusView):
    """Keeps what it is told to say."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


class Both:
    """A leader, and a standby through its real link, on clocks that were started at different times."""

    def __init__(self) -> None:
        self.pair = pair = Pair("first_light", 1)
        self.local = ManualClock(10**12)
        self.ahead_ns = pair.clock.now_ns() - self.local.now_ns()
        self.view = Quiet()
        self.bell = Bell(pair, self.local)
        self.bell.again()
        link = self.bell.take()
        link.say("join", version=VERSION, session="22bb")
        pair.step()
        rows = link.take()
        assert rows[0][0]["say"] == "hello"
        self.local.advance_ns(STEP_NS)
        estimator = OffsetEstimator()
        now_ns = self.local.now_ns()
        estimator.add(Exchange(now_ns, now_ns + self.ahead_ns, now_ns + self.ahead_ns, now_ns))
        self.standby = Standby(
            local=self.local,
            dialer=self.bell,  # type: ignore[arg-type]
            link=link,
            hello=rows[0][0],
            estimator=estimator,
            waiting=rows[1:],
            session="22bb",
            view=self.view,
            clock=AheadClock(self.local, estimator.ahead_ns),
            epoch_ns=EPOCH_NS,
        )
        self.shown = LocalBlock()
        side = pair.standby
        self.standby.prepare(side.production)
        side.writer = TransportWriter(self.standby.publish_to(self.shown))
        side.conductor._writer = side.writer
        self.standby.begin(side.conductor, side.record, self.standby.clock.now_ns())

    def step(self, *, leader: bool = True) -> str:
        self.pair.step(leader=leader)
        self.local.advance_ns(STEP_NS)
        now_ns = self.standby.clock.now_ns()
        if self.standby.leading:
            self.pair.standby.conductor.advance(now_ns)
            self.standby.claim(now_ns)
            return ""
        return self.standby.advance(now_ns)


def test_both_are_the_same_though_their_clocks_are_not() -> None:
    both = Both()
    for _ in range(2400):
        assert both.step() == ""
    follower = both.standby.follower
    assert follower is not None and (follower.state, follower.difference) == ("same", "")
    assert both.pair.standby.journal.story() == both.pair.leader.journal.story()
    # What the standby's devices read is in the standby's own time, to the nanosecond.
    theirs = both.pair.leader.block.read().at(both.pair.clock.now_ns())
    ours = both.shown.read().at(both.local.now_ns())
    assert (ours.scene, ours.at_fl, ours.run_fl) == (theirs.scene, theirs.at_fl, theirs.run_fl)
    assert ours.scene >= 0
    assert any("the same state" in line for line in both.standby.lines())


def test_a_wire_that_breaks_for_a_moment_takes_nothing_over() -> None:
    both = Both()
    for _ in range(300):
        both.step()
    both.standby.link.close()
    for _ in range(300):
        assert both.step() == ""
    assert both.bell.rung == 2
    follower = both.standby.follower
    assert follower is not None and follower.state == "same"
    assert both.pair.standby.journal.story() == both.pair.leader.journal.story()
    states = [fields["state"] for fields in both.pair.leader.journal.of("standby")]
    assert states[:3] == ["joined", "same", "left"] and states[3] == "joined"
    assert any("broke and stands again" in line for line in both.view.lines)


def test_a_leader_out_of_reach_is_followed_up_and_told_when_it_can_be_reached_again() -> None:
    both = Both()
    for _ in range(300):
        both.step()
    both.bell.reachable = False
    both.standby.link.close()
    why = ""
    steps = 0
    while not why and steps < 100:
        why = both.step(leader=False)
        steps += 1
    assert "silent" in why and both.standby.leading and steps * STEP_NS <= 450_000_000
    for _ in range(50):
        both.step(leader=False)
    assert not both.pair.leading.superseded
    both.bell.reachable = True
    for _ in range(5):
        both.step(leader=False)
    before = both.pair.leader.writer.transport
    both.pair.step()
    assert "22bb has taken over" in both.pair.leading.superseded
    assert both.pair.leader.writer.transport is before


def test_another_leader_is_not_followed_in_the_middle() -> None:
    both = Both()
    both.step()
    row = {**both.standby.hello, "header": {**both.standby.hello["header"], "session": "99ff"}}
    both.standby.waiting.append((row, 0))
    with pytest.raises(SensoramaError, match="another run leads"):
        both.step()


def test_clocks_that_part_are_taken_up_and_said() -> None:
    both = Both()
    for _ in range(100):
        both.step()
    for _ in range(8):
        now_ns = both.local.now_ns()
        heard_ns = now_ns + both.ahead_ns + 5_000_000
        row = {"say": "pong", "asked_ns": now_ns, "heard_ns": heard_ns, "told_ns": heard_ns}
        both.standby.waiting.append((row, now_ns))
        both.step()
    assert both.standby.ahead_ns == both.ahead_ns + 5_000_000
    assert any("parted by 5.0 ms" in line for line in both.view.lines)
    (clock,) = [f for f in both.pair.standby.journal.of("standby") if f["state"] == "clock"]
    assert "time server" in clock["text"]


def test_a_leader_does_not_start_where_a_standby_leads() -> None:
    pair = Pair("first_light", 1)
    theirs, ours = wire()
    pair.ear.calls.append(theirs)
    ours.say("claim", session="22bb", silent_ns=400_000_000)
    leading = Leading(pair.ear, ManualClock(), 400_000_000, [].append)  # type: ignore[arg-type]
    assert "22bb has taken over and leads" in leading.claimed_at_start()
    alone = Leading(type(pair.ear)(), ManualClock(), 400_000_000, [].append)  # type: ignore[arg-type]
    assert alone.claimed_at_start() == ""


def test_the_refusal_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair("first_light", 1)
    theirs, ours = wire()
    pair.ear.calls.append(theirs)
    ours.say("claim", session="22bb", silent_ns=400_000_000)
    monkeypatch.setattr("engine.show.standby.leader.Listener", lambda listen, clock: pair.ear)
    spec = pair.leader.production.rig.venue.standby
    with pytest.raises(UsageError, match="must not be two leaders"):
        lead(spec, ManualClock(), Quiet())
    assert pair.ear.closed


def test_a_past_that_is_rebuilt_is_shown_whole_or_not_at_all() -> None:
    shown = LocalBlock()
    block = HeldBackBlock(shown)
    writer = TransportWriter(block)
    assert shown.read().sequence == 1  # an empty run hides nothing
    for index in range(5):
        writer.append(from_ns=index, scene=index)
    assert shown.read().segments == () and len(block.read().segments) == 5
    writer.beat(7)
    assert shown.heartbeat_ns() == block.heartbeat_ns() == 7
    block.open()
    assert shown.read() == writer.transport
    writer.append(from_ns=9, scene=0)
    assert shown.read() == writer.transport == block.read()
