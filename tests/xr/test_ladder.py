"""The ladder: what follows from what, how long it waits, and that it never ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.xr import ladder as ladders
from engine.xr.ladder import Do, Happened, Ladder, Stands, step, wait_ns

S_NS = 1_000_000_000


def climb(ladder: Ladder, now_ns: int) -> Ladder:
    """All attempts succeed."""
    for expected in (Do.OPEN_INSTANCE, Do.LOOK_FOR_HEADSET, Do.MAKE_SESSION)[ladder.stands :]:
        ladder, actions = step(ladder, Happened.TICK, now_ns)
        assert actions == (expected,)
        ladder, _ = step(ladder, Happened.DONE, now_ns)
    return ladder


def running(now_ns: int = 0) -> Ladder:
    ladder, _ = step(climb(Ladder(due_ns=now_ns), now_ns), Happened.RAN, now_ns)
    return ladder


def test_up_at_once() -> None:
    ladder = running()
    assert ladder.stands is Stands.SESSION
    assert ladder.has_run
    assert step(ladder, Happened.TICK, S_NS) == (ladder, ())


def test_the_waits() -> None:
    assert [wait_ns(times) / S_NS for times in range(8)] == [0, 0.5, 1, 2, 4, 5, 5, 5]
    assert wait_ns(10_000) == ladders.LONGEST_WAIT_NS


@pytest.mark.parametrize(
    ("happened", "stands", "drops", "wait_s"),
    [
        (Happened.SESSION_LOST, Stands.INSTANCE, (Do.DROP_SESSION,), 0.0),
        (Happened.SESSION_LEFT, Stands.INSTANCE, (Do.DROP_SESSION,), 0.5),
        (Happened.INSTANCE_LOST, Stands.NOTHING, (Do.DROP_SESSION, Do.DROP_INSTANCE), 0.0),
        (Happened.INSTANCE_LEAVING, Stands.NOTHING, (Do.DROP_SESSION, Do.DROP_INSTANCE), 0.5),
    ],
)
def test_a_first_fall(happened: Happened, stands: Stands, drops: tuple[Do, ...], wait_s: float) -> None:
    now_ns = 10 * S_NS
    ladder, actions = step(running(), happened, now_ns)
    assert (ladder.stands, actions) == (stands, drops)
    assert ladder.due_ns - now_ns == wait_s * S_NS
    assert ladder.running_since_ns is None


def test_who_falls_again_and_again_waits_longer_and_loses_the_instance_too() -> None:
    now_ns, waits, dropped = 0, [], 0
    ladder = running()
    for _ in range(6):
        ladder, actions = step(ladder, Happened.SESSION_LOST, now_ns)
        dropped += Do.DROP_INSTANCE in actions
        waits.append((ladder.due_ns - now_ns) / S_NS)
        now_ns = ladder.due_ns
        ladder, _ = step(climb(ladder, now_ns), Happened.RAN, now_ns)
    assert waits == [0, 0.5, 1, 2, 4, 5]
    assert dropped == 2


def test_a_sound_run_makes_the_next_fall_a_first_one() -> None:
    ladder, _ = step(running(), Happened.SESSION_LOST, 0)
    ladder, _ = step(climb(ladder, 0), Happened.RAN, 0)
    ladder, _ = step(ladder, Happened.TICK, ladders.SOUND_NS)
    assert ladder.falls == 0
    ladder, _ = step(ladder, Happened.SESSION_LOST, ladders.SOUND_NS)
    assert ladder.due_ns == ladders.SOUND_NS


def test_no_runtime_is_asked_ever_more_rarely_but_for_ever() -> None:
    ladder, now_ns, waits = Ladder(), 0, []
    for _ in range(40):
        ladder, actions = step(ladder, Happened.TICK, now_ns)
        assert actions == (Do.OPEN_INSTANCE,)
        ladder, _ = step(ladder, Happened.ABSENT, now_ns)
        assert step(ladder, Happened.TICK, ladder.due_ns - 1)[1] == ()
        waits.append((ladder.due_ns - now_ns) / S_NS)
        now_ns = ladder.due_ns
    assert waits[:6] == [0.5, 1, 2, 4, 5, 5]
    assert set(waits[5:]) == {5}


def test_a_look_that_sees_the_runtime_cuts_the_wait_short() -> None:
    ladder = Ladder(stands=Stands.NOTHING, due_ns=5 * S_NS, misses=9)
    assert step(ladder, Happened.TICK, S_NS, seen=False)[1] == ()
    ladder, actions = step(ladder, Happened.TICK, S_NS, seen=True)
    assert actions == (Do.OPEN_INSTANCE,)
    ladder, _ = step(ladder, Happened.ABSENT, S_NS)  # it listens and does not answer yet
    assert ladder.due_ns == S_NS + ladders.SEEN_WAIT_NS
    for _ in range(ladders.SEEN_ATTEMPTS - 1):
        ladder, _ = step(ladder, Happened.ABSENT, ladder.due_ns)
    before_ns = ladder.due_ns
    ladder, _ = step(ladder, Happened.ABSENT, before_ns)
    assert ladder.due_ns - before_ns == 5 * S_NS


def test_a_headset_that_stays_away_has_the_instance_made_anew_at_times() -> None:
    ladder = climb_to_instance()
    now_ns, drops = 0, []
    for attempt in range(9):
        ladder, actions = step(ladder, Happened.ABSENT, now_ns)
        if actions:
            assert actions == (Do.DROP_INSTANCE,)
            drops.append(attempt)
            ladder, _ = step(ladder, Happened.TICK, ladder.due_ns)
            ladder, _ = step(ladder, Happened.DONE, ladder.due_ns)
        now_ns = ladder.due_ns
    assert drops == [2, 5, 8]


def climb_to_instance() -> Ladder:
    ladder, _ = step(Ladder(), Happened.TICK, 0)
    ladder, _ = step(ladder, Happened.DONE, 0)
    return ladder


def test_a_session_refused_three_times_takes_the_instance_with_it() -> None:
    ladder = Ladder(stands=Stands.SYSTEM)
    ladder, first = step(ladder, Happened.REFUSED, 0)
    ladder, second = step(ladder, Happened.REFUSED, 1)
    ladder, third = step(ladder, Happened.REFUSED, 2)
    assert (first, second, third) == ((), (), (Do.DROP_INSTANCE,))
    assert ladder.stands is Stands.NOTHING


def test_a_headset_that_goes_between_look_and_session_is_looked_for_again() -> None:
    ladder, actions = step(Ladder(stands=Stands.SYSTEM), Happened.ABSENT, 0)
    assert (ladder.stands, actions) == (Stands.INSTANCE, ())


def test_exhausted_only_where_another_process_could_help() -> None:
    down = Ladder(has_run=True, down_since_ns=0, due_ns=1 << 62, seen_since_ns=0)
    late_ns = ladders.SEEN_TO_EXHAUSTED_NS
    assert not step(down, Happened.TICK, late_ns - 1, seen=True)[0].exhausted
    assert step(down, Happened.TICK, late_ns, seen=True)[0].exhausted
    just_back = Ladder(has_run=True, down_since_ns=0, due_ns=1 << 62)
    assert not step(just_back, Happened.TICK, late_ns, seen=True)[0].exhausted, "seen only now"
    assert not step(down, Happened.TICK, 1 << 60, seen=False)[0].exhausted, "no runtime: no process helps"
    assert not step(Ladder(down_since_ns=0), Happened.TICK, 1 << 60, seen=True)[0].exhausted, (
        "it never had one"
    )
    assert not step(down, Happened.TICK, late_ns, seen=None)[0].exhausted
    assert step(down, Happened.TICK, ladders.DOWN_TO_EXHAUSTED_NS, seen=None)[0].exhausted
    cable_out = Ladder(
        Stands.INSTANCE, has_run=True, down_since_ns=0, seen_since_ns=0, due_ns=1 << 62, headset_missing=True
    )
    assert not step(cable_out, Happened.TICK, late_ns, seen=True)[0].exhausted


def test_exhausted_goes_on_trying_and_ends_with_a_sound_run() -> None:
    ladder = Ladder(has_run=True, falls=ladders.FALLS_TO_EXHAUSTED, down_since_ns=0)
    ladder, actions = step(ladder, Happened.TICK, 1)
    assert ladder.exhausted
    assert actions == (Do.OPEN_INSTANCE,)
    ladder, _ = step(ladder, Happened.DONE, 1)
    ladder, _ = step(climb(ladder, 1), Happened.RAN, 1)
    assert ladder.exhausted
    ladder, _ = step(ladder, Happened.TICK, 1 + ladders.SOUND_NS)
    assert not ladder.exhausted


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Happened)), st.integers(0, 6 * S_NS), st.sampled_from([None, True, False])
        )
    )
)
@settings(max_examples=80, deadline=None)
def test_no_storm_ends_the_climbing(storm: list[tuple[Happened, int, bool | None]]) -> None:
    ladder, now_ns, has = Ladder(), 0, Stands.NOTHING
    for happened, passed_ns, seen in storm:
        now_ns += passed_ns
        before = ladder
        ladder, actions = step(ladder, happened, now_ns, seen=seen)
        for action in actions:
            if action is Do.DROP_SESSION:
                assert before.stands is Stands.SESSION
            if action is Do.DROP_INSTANCE:
                assert before.stands is not Stands.NOTHING
                assert ladder.stands is Stands.NOTHING
        if before.stands is Stands.SESSION and ladder.stands is not Stands.SESSION:
            assert Do.DROP_SESSION in actions
        if before.stands is not Stands.NOTHING and ladder.stands is Stands.NOTHING:
            assert Do.DROP_INSTANCE in actions
        assert ladder.due_ns <= now_ns + ladders.LONGEST_WAIT_NS, "never longer than the longest wait"
        has = ladder.stands
    if has is not Stands.SESSION:
        _, actions = step(ladder, Happened.TICK, now_ns + ladders.LONGEST_WAIT_NS)
        assert actions, "something is tried within the longest wait, whatever happened"
