"""Leader and standby on a manual clock: the same state all along, differences found at once, hand-over without a jump."""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine.show.conduct.inputs import Clock, Guest, Input, Operator, Pick
from engine.time import FLICKS_PER_SECOND
from tests.show.pair import STEP_NS, Pair, wire

S_NS = 1_000_000_000


def doings(draw: random.Random, step: int) -> Input | None:
    """What an operator or a guest might do: rarely, anything."""
    if step % 90 != 89:
        return None
    return draw.choice(
        [
            Operator("hold"),
            Operator("resume"),
            Operator("seek_by", draw.randrange(-2, 3) * FLICKS_PER_SECOND),
            Operator("intensity", draw.randrange(0, 1001), "motion"),
            Operator("language", draw.randrange(2)),
            Guest(0, draw.choice(("left", "arrived"))),
            Guest(0, "comfort", draw.randrange(3)),
            Guest(0, "photosensitive", draw.randrange(2)),
            Clock("rate", 10_000_000 + draw.randrange(-2000, 2001), 10_000_000),
            Clock("jump", 1, 1, draw.randrange(-1, 2) * FLICKS_PER_SECOND // 2, "skip"),
            Clock("hold"),
            Clock("resume", 1, 1),
        ]
    )


def play(pair: Pair, steps: int, seed: int, join_at: int = 0) -> None:
    draw = random.Random(seed)
    for step in range(steps):
        if step == join_at:
            pair.join()
        # The standby hears late and in gulps, as over a network.
        pair.step(heard=draw.random() < 0.4, given=doings(draw, step))
        if pair.leader.conductor.ended is not None:
            break
        if pair.leader.conductor.moment(pair.clock.now_ns()).rate == 0 and step % 90 == 60:
            pair.step(given=Operator("resume"))
    pair.step()


@pytest.mark.parametrize(
    ("experience", "seed", "join_at", "steps"),
    [("first_light", 1, 0, 6000), ("first_light", 2, 1234, 6000), ("lantern_street", 5, 300, 4000)],
)
def test_the_states_are_the_same_over_a_whole_run(
    experience: str, seed: int, join_at: int, steps: int
) -> None:
    pair = Pair(experience, seed)
    play(pair, steps, seed, join_at)
    assert pair.follower is not None
    if experience == "first_light":  # the street is walked for its first forty seconds
        assert pair.leader.conductor.ended is not None and pair.standby.conductor.ended is not None
    assert (pair.follower.state, pair.follower.difference) == ("same", "")
    assert pair.follower.compared > (steps - join_at) // 200
    assert pair.standby.journal.story() == pair.leader.journal.story()
    assert pair.standby.said == ["the same state as the leader"]
    assert [fields["state"] for fields in pair.leader.journal.of("standby")] == ["joined", "same"]


def test_a_standby_that_differs_is_told_to_both_operators_once() -> None:
    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(150):
        pair.step()
    # Something this standby alone believes, as a fault of its memory would make it.
    story: Any = pair.standby.production.story
    name = story.variables()[0] if story.variables() else None
    if name is not None:
        value = story.get_variable(name)
        story.set_variable(name, not value if isinstance(value, bool) else 4711)
    else:
        pair.standby.writer.control(from_ns=pair.clock.now_ns(), language=1)
    for _ in range(250):
        pair.step()
    assert pair.follower is not None and pair.follower.state == "differs"
    assert len(pair.standby.said) == 2 and pair.standby.said[1].startswith("state at ")
    assert any(text.startswith("STANDBY DIFFERS") for text in pair.leader.said)
    assert pair.leader.journal.of("standby")[-1]["state"] == "differs"


def test_an_event_only_one_of_them_had_is_named() -> None:
    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(50):
        pair.step()
    assert pair.follower is not None
    pair.standby.conductor.handle(Operator("hold"), pair.clock.now_ns())
    pair.step()
    pair.step()
    assert pair.follower.state == "differs"
    assert "only this standby had 'segment'" in pair.follower.difference


@pytest.mark.parametrize("lost_at", [150, 777, 1412, 1999])
def test_a_take_over_is_quick_and_no_device_jumps(lost_at: int) -> None:
    """The standby's bus goes on where its governors stand; what the device is told obeys its limits across the hand-over."""
    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(lost_at):
        pair.step()
        pair.leader.bus.run_until(pair.clock.now_ns())
        pair.standby.bus.run_until(pair.clock.now_ns())
    core, ours = pair.leader.bus.core, pair.standby.bus.core
    wanted = {driver.name: core.values(driver.name) for driver in core.drivers}
    silent = 0
    before = {driver.name: ours.values(driver.name) for driver in ours.drivers}
    for name, values in wanted.items():
        assert before[name] == pytest.approx(values, abs=1e-9), name
    worst: dict[str, float] = {}
    limits = {driver.name: driver.channels for driver in ours.drivers}
    while not pair.leads or silent < 300:
        pair.step(leader=False)
        silent += 1
        while (due_ns := ours.next_due_ns()) <= pair.clock.now_ns():
            pair.standby.bus.run_until(due_ns)
            for driver in ours.drivers:
                now = ours.values(driver.name)
                for channel, a, b in zip(limits[driver.name], before[driver.name], now, strict=True):
                    if channel.velocity is not None:
                        dt_s = 1 / driver.rate_hz
                        share = abs(b - a) / (channel.velocity * dt_s * 1.001)
                        worst[f"{driver.name}/{channel.name}"] = max(
                            worst.get(f"{driver.name}/{channel.name}", 0.0), share
                        )
                before[driver.name] = now
        if not pair.leads:
            assert silent * STEP_NS <= pair.take_over_ns + 2 * STEP_NS
    assert worst and max(worst.values()) <= 1.0, worst
    # It conducts on: the show reaches its end without the leader.
    for _ in range(4000):
        pair.step(leader=False)
        if pair.standby.conductor.ended is not None:
            break
    assert pair.standby.conductor.ended is not None and pair.standby.conductor.ended.how == "ending"


def test_a_leader_that_was_frozen_finds_itself_superseded_before_it_moves_anything() -> None:
    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(100):
        pair.step()
    for _ in range(60):  # the leader's process is stopped
        pair.step(leader=False)
    assert pair.leads
    before = pair.leader.writer.transport
    pair.step()
    assert "has taken over and leads" in pair.leading.superseded
    assert pair.leader.writer.transport is before
    assert pair.leader.journal.of("standby")[-1]["state"] == "superseded"


def test_a_bad_goodbye_is_taken_over_at_once_and_a_good_one_ends_both() -> None:
    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(100):
        pair.step()
    pair.leading.end("bad", "the disk is full")
    pair.step(leader=False)
    assert pair.leads and pair.standby.conductor.ended is None

    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(100):
        pair.step()
    pair.step(given=Operator("stop"))
    ended = pair.leader.conductor.ended
    assert ended is not None
    pair.leading.end(ended.how, ended.reason)
    for _ in range(100):
        pair.step(leader=False)
    assert pair.standby.conductor.ended is not None and not pair.leads
    assert pair.standby.conductor.ended.how == "stopped"


def test_the_standbys_own_standstill_is_not_the_leaders_silence() -> None:
    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(50):
        pair.step()
    follower = pair.follower
    assert follower is not None
    now_ns = pair.clock.now_ns()
    assert follower.leader_gone(now_ns + S_NS)
    follower.excuse(S_NS)
    assert not follower.leader_gone(now_ns + S_NS)


def test_a_second_standby_and_another_version_are_refused() -> None:
    pair = Pair("first_light", 1)
    pair.join()
    pair.step()
    for version, session, why in ((1, "33cc", "follows already"), (99, "44dd", "version 1")):
        theirs, ours = wire()
        pair.ear.calls.append(theirs)
        ours.say("join", version=version, session=session)
        pair.step()
        (row,) = [row for row, _ in ours.take()]
        assert row["say"] == "refused" and why in row["why"]
    assert pair.leading.has_standby


def test_a_vote_reaches_both() -> None:
    pair = Pair("first_light", 1)
    pair.join()
    for _ in range(1000):
        pair.step()
    window = pair.leader.conductor.window_view(pair.clock.now_ns())
    assert window is not None
    pair.step(given=Pick(0, window.options[-1]))
    pair.step()
    assert pair.standby.conductor.window_view(pair.clock.now_ns()) is not None
    assert pair.standby.journal.of("input")[-1] == pair.leader.journal.of("input")[-1]
