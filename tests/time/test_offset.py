"""How far two clocks are apart, from questions and answers; and a block written in one's time and read in the other's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.time import Clock, LocalBlock, ManualClock, TransportWriter
from engine.time.offset import KEPT, AheadBlock, AheadClock, Exchange, OffsetEstimator

MS = 1_000_000
WAY = st.integers(0, 50 * MS)


@given(st.integers(-(10**15), 10**15), st.lists(st.tuples(WAY, WAY, WAY), min_size=1, max_size=30))
def test_the_estimate_is_wrong_by_half_the_quickest_round_trip_at_most(
    ahead_ns: int, ways: list[tuple[int, int, int]]
) -> None:
    estimator, now_ns = OffsetEstimator(), 0
    for there_ns, stay_ns, back_ns in ways:
        asked_ns = now_ns
        heard_ns = asked_ns + there_ns + ahead_ns
        told_ns = heard_ns + stay_ns
        now_ns = told_ns - ahead_ns + back_ns
        assert estimator.add(Exchange(asked_ns, heard_ns, told_ns, now_ns))
    quickest = min(there + back for there, _, back in ways[-KEPT:])
    assert estimator.error_ns == quickest // 2
    assert abs(estimator.ahead_ns - ahead_ns) <= quickest // 2 + 1


def test_an_answer_from_before_its_question_is_not_believed() -> None:
    estimator = OffsetEstimator()
    assert estimator.best is None and estimator.ahead_ns == 0 and estimator.error_ns is None
    assert not estimator.add(Exchange(100, 0, 50, 120))
    assert not estimator.add(Exchange(100, 60, 50, 120))
    assert len(estimator) == 0


def test_another_clock_through_ours() -> None:
    ours = ManualClock(1000)
    theirs = AheadClock(ours, 5_000)
    assert isinstance(theirs, Clock)
    assert theirs.now_ns() == 6_000
    theirs.sleep_until_ns(9_000)
    assert ours.now_ns() == 4_000


def test_rows_are_written_in_one_time_and_read_in_the_other() -> None:
    local = LocalBlock()
    block = AheadBlock(local, 1_000)
    writer = TransportWriter(block)
    writer.append(from_ns=5_000, scene=0)
    writer.control(from_ns=6_000, stopped=True)
    writer.react(scene=0, reaction=0, seat=0, from_ns=7_000)
    writer.beat(8_000)
    shown = local.read()
    assert (shown.segments[0].from_ns, shown.reactions[0].from_ns) == (4_000, 6_000)
    assert shown.controls_at(5_000).stopped and not shown.controls_at(4_999).stopped
    assert local.heartbeat_ns() == 7_000 and block.heartbeat_ns() == 8_000
    assert block.read() == writer.transport
    # Every question about an instant has the same answer, asked in either's time.
    assert shown.at(4_500).at_fl == writer.transport.at(5_500).at_fl
    block.set_ahead(2_000)
    assert local.read().segments[0].from_ns == 3_000 and block.ahead_ns == 2_000
