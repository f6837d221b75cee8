"""A session's states: a table of every state heard in every situation, and storms of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.xr.session import STUCK_NS, Did, Next, SessionLife, Stage, did, heard, missed_events, waited_out
from engine.xr.values import SessionState as S

AT_REST = SessionLife(S.IDLE)
RUNS = SessionLife(S.FOCUSED, running=True)
WAITED = SessionLife(S.FOCUSED, running=True, frame=Stage.WAITED)
BEGUN = SessionLife(S.FOCUSED, running=True, frame=Stage.BEGUN)
OVER = SessionLife(S.LOSS_PENDING, over=True)

NOTHING: tuple[Next, ...] = ()
END = (Next.END_SESSION,)
CLOSE_END = (Next.CLOSE_FRAME, Next.END_SESSION)

TABLE: dict[S, tuple[tuple[Next, ...], tuple[Next, ...], tuple[Next, ...], tuple[Next, ...]]] = {
    # heard            at rest                 running             waited                            begun
    S.UNKNOWN: (NOTHING, NOTHING, NOTHING, NOTHING),
    S.IDLE: (NOTHING, (Next.DROP,), (Next.DROP,), (Next.DROP,)),
    S.READY: ((Next.BEGIN_SESSION,), NOTHING, NOTHING, NOTHING),
    S.SYNCHRONIZED: (NOTHING, NOTHING, NOTHING, NOTHING),
    S.VISIBLE: (NOTHING, NOTHING, NOTHING, NOTHING),
    S.FOCUSED: (NOTHING, NOTHING, NOTHING, NOTHING),
    S.STOPPING: (NOTHING, END, CLOSE_END, CLOSE_END),
    S.LOSS_PENDING: (
        (Next.DROP,),
        (Next.DROP,),
        (Next.CLOSE_FRAME, Next.DROP),
        (Next.CLOSE_FRAME, Next.DROP),
    ),
    S.EXITING: ((Next.LEAVE,), (Next.LEAVE,), (Next.CLOSE_FRAME, Next.LEAVE), (Next.CLOSE_FRAME, Next.LEAVE)),
}


@pytest.mark.parametrize("state", list(S))
def test_every_state_in_every_situation(state: S) -> None:
    for life, expected in zip((AT_REST, RUNS, WAITED, BEGUN), TABLE[state], strict=True):
        after, steps = heard(life, state, 5)
        assert steps == expected, (life, state)
        assert after.state is state
        assert after.running is life.running, "only what was done changes it"
    assert heard(OVER, state, 5) == (OVER, ())


def test_frames_go_in_order_and_only_while_running() -> None:
    life = did(AT_REST, Did.SESSION_BEGUN, 1)
    assert life.may_wait
    life = did(life, Did.FRAME_WAITED, 2)
    assert not life.may_wait
    with pytest.raises(RuntimeError, match="wait, begin, end"):
        did(life, Did.FRAME_WAITED, 3)
    with pytest.raises(RuntimeError, match="session_ended"):
        did(life, Did.SESSION_ENDED, 3)
    life = did(life, Did.FRAME_BEGUN, 3)
    life = did(life, Did.FRAME_ENDED, 4)
    life = did(life, Did.SESSION_ENDED, 5)
    assert not life.running
    for what in (Did.FRAME_WAITED, Did.FRAME_BEGUN, Did.FRAME_ENDED, Did.SESSION_ENDED):
        with pytest.raises(RuntimeError):
            did(life, what, 6)
    with pytest.raises(RuntimeError):
        did(RUNS, Did.SESSION_BEGUN, 6)


def test_visible_is_only_said_of_a_running_session() -> None:
    assert RUNS.visible
    assert not SessionLife(S.VISIBLE).visible
    assert not SessionLife(S.SYNCHRONIZED, running=True).visible


def test_a_session_that_hangs_is_dropped_and_one_that_sleeps_is_not() -> None:
    assert waited_out(SessionLife(S.IDLE), 1000 * STUCK_NS)[1] == ()
    assert waited_out(RUNS, 1000 * STUCK_NS)[1] == ()
    for state in (S.UNKNOWN, S.READY, S.STOPPING, S.SYNCHRONIZED):
        hanging = SessionLife(state)
        assert waited_out(hanging, STUCK_NS - 1)[1] == ()
        after, steps = waited_out(hanging, STUCK_NS)
        assert steps == (Next.DROP,) and after.over
        assert waited_out(after, 9 * STUCK_NS)[1] == ()


def test_a_state_said_twice_does_not_start_the_wait_again() -> None:
    life, _ = heard(SessionLife(S.UNKNOWN), S.STOPPING, 10)
    again, _ = heard(life, S.STOPPING, STUCK_NS)
    assert again.since_ns == 10


def test_dropped_events_matter_to_a_session_that_waits_for_one() -> None:
    assert missed_events(AT_REST, 1)[1] == (Next.DROP,)
    assert missed_events(RUNS, 1) == (RUNS, ())
    assert missed_events(OVER, 1) == (OVER, ())


@given(
    st.lists(
        st.one_of(st.sampled_from(list(S)), st.sampled_from(["wait", "begin", "end", "lost"])), max_size=60
    )
)
@settings(max_examples=60, deadline=None)
def test_no_storm_leads_outside_the_rules(storm: list[S | str]) -> None:
    """Whoever does what is asked, and frames where `may_wait` allows, never breaks the order; nothing stays undone."""
    life = SessionLife()
    for index, item in enumerate(storm):
        steps: tuple[Next, ...] = ()
        if isinstance(item, S):
            life, steps = heard(life, item, index)
        elif item == "lost":
            life, steps = missed_events(life, index)
        elif item == "wait" and life.may_wait:
            life = did(life, Did.FRAME_WAITED, index)
        elif item == "begin" and life.frame is Stage.WAITED:
            life = did(life, Did.FRAME_BEGUN, index)
        elif item == "end" and life.frame is Stage.BEGUN:
            life = did(life, Did.FRAME_ENDED, index)
        for step in steps:
            if step is Next.CLOSE_FRAME:
                life = did(life, Did.FRAME_ENDED, index)
            elif step is Next.BEGIN_SESSION:
                life = did(life, Did.SESSION_BEGUN, index)
            elif step is Next.END_SESSION:
                life = did(life, Did.SESSION_ENDED, index)
            else:
                assert life.over
                life = SessionLife(since_ns=index)
                break
        assert life.running or life.frame is Stage.NONE
        assert not life.over, "what is over was said to be dropped"
    assert life.running or waited_out(life, len(storm) + STUCK_NS)[1] == (Next.DROP,) or life.state is S.IDLE
