"""The transport's rules, against a model that looks at every nanosecond by itself."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.time import (
    BEFORE_START,
    NO_SCENE,
    ROOM,
    Controls,
    LocalBlock,
    Segment,
    SegmentKind,
    Transport,
    TransportWriter,
)
from engine.units import MODALITIES

SECOND_NS = 1_000_000_000
SECOND_FL = 705_600_000

rates = st.sampled_from(
    [Fraction(0), Fraction(1), Fraction(2), Fraction(1, 3), Fraction(999, 1000), Fraction(-1)]
)
forward_rates = rates.filter(lambda rate: rate >= 0)


def writer() -> TransportWriter:
    return TransportWriter(LocalBlock())


# One action of a conductor: when it decides (ns after the action before), how far ahead it publishes, and
# what.
actions = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.integers(0, 60),
        st.one_of(
            st.tuples(st.just("start"), st.integers(0, 2)),
            st.tuples(st.just("rate"), rates),
            st.tuples(st.just("loop"), st.integers(0, 30)),
            st.tuples(st.just("seek"), st.integers(0, 60)),
            st.tuples(st.just("react"), st.integers(0, 3)),
        ),
    ),
    max_size=12,
)


def perform(show: TransportWriter, from_ns: int, action: tuple) -> None:
    name, value = action
    moment = show.transport.at(from_ns)
    if name == "start":
        show.append(from_ns=from_ns, scene=value)
    elif name == "react":
        show.react(scene=0, reaction=value, seat=ROOM, from_ns=from_ns)
    elif moment.scene == NO_SCENE:
        show.append(from_ns=from_ns, scene=0)
    elif name == "rate":
        show.set_rate(from_ns, value)
    else:
        kind = SegmentKind.LOOP if name == "loop" else SegmentKind.SEEK
        show.append(from_ns=from_ns, scene=moment.scene, at_fl=value, kind=kind)


def model_segment(transport: Transport, host_ns: int) -> Segment:
    """The rule as stated: of the rows whose instant has come, the one with the highest index."""
    come = [segment for segment in transport.segments if segment.from_ns <= host_ns]
    return max(come, key=lambda segment: segment.index) if come else BEFORE_START


def model_fires(transport: Transport, to_ns: int) -> Counter:
    """How often each (scene, position) is run over, one nanosecond at a time."""
    fired: Counter = Counter()
    for host_ns in range(to_ns):
        segment = model_segment(transport, host_ns)
        if segment.scene != NO_SCENE:
            for at_fl in range(segment.at_fl_of(host_ns), segment.at_fl_of(host_ns + 1)):
                fired[segment.index, segment.scene, at_fl] += 1
    return fired


@given(actions)
def test_in_force_is_the_highest_index_whose_instant_has_come(history: list) -> None:
    show, now_ns = writer(), 0
    for wait_ns, ahead_ns, action in history:
        now_ns += wait_ns
        perform(show, now_ns + ahead_ns, action)
    transport = show.transport
    for host_ns in range(now_ns + 100):
        expected = model_segment(transport, host_ns)
        moment = transport.at(host_ns)
        assert moment.segment == expected
        assert (moment.scene, moment.rate) == (expected.scene, expected.rate)
        exact = expected.at_fl + Fraction((host_ns - expected.from_ns) * 441, 625) * expected.rate
        assert moment.at_fl == exact.__floor__()


@given(actions, st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_one_shots_fire_exactly_as_time_runs_over_them(history: list, steps: list[int]) -> None:
    """A follower that reads as it goes fires just what the model, knowing all, says was run over.

    Rows come in while the follower is under way, ahead of where it is; holds supersede starts already
    published.
    """
    show, fired, now_ns = writer(), Counter(), 0

    def follow(to_ns: int) -> None:
        nonlocal now_ns
        for span in show.transport.spans(now_ns, to_ns):
            for at_fl in range(span.a_fl, span.b_fl):  # empty when held or running backwards
                fired[span.segment.index, span.segment.scene, at_fl] += 1
        now_ns = to_ns

    turn = 0
    for wait_ns, ahead_ns, action in history:
        target_ns = now_ns + wait_ns
        while now_ns < target_ns:
            follow(min(now_ns + steps[turn % len(steps)], target_ns))
            turn += 1
        perform(show, now_ns + ahead_ns, action)
    follow(now_ns + 150)
    assert fired == model_fires(show.transport, now_ns)


@given(st.lists(st.tuples(st.integers(0, 50), forward_rates), max_size=20))
def test_hold_resume_and_speed_fire_every_position_exactly_once(changes: list) -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    at_ns = 0
    for wait_ns, rate in changes:
        at_ns += wait_ns
        show.set_rate(at_ns, rate)
    end_ns = at_ns + 40
    fired = Counter(
        at_fl for span in show.transport.spans(0, end_ns) for at_fl in range(span.a_fl, span.b_fl)
    )
    assert fired == Counter(range(show.transport.at(end_ns).at_fl))


def test_pause_at_a_cue_then_resume_fires_it_once() -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    show.set_rate(SECOND_NS, 0)
    show.set_rate(2 * SECOND_NS, 1)
    cue_fl = SECOND_FL
    before, held, after = show.transport.spans(0, 3 * SECOND_NS)
    assert (before.a_fl, before.b_fl) == (0, cue_fl)
    assert (held.a_fl, held.b_fl) == (cue_fl, cue_fl)
    assert (after.a_fl, after.b_fl) == (cue_fl, 2 * SECOND_FL)


def test_a_seek_fires_nothing_between() -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    show.append(from_ns=SECOND_NS, scene=0, at_fl=30 * SECOND_FL, kind=SegmentKind.SEEK)
    spans = show.transport.spans(0, 2 * SECOND_NS)
    assert [(span.a_fl, span.b_fl) for span in spans] == [(0, SECOND_FL), (30 * SECOND_FL, 31 * SECOND_FL)]


def test_a_hold_supersedes_a_commit_published_for_later() -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    commit = show.append(from_ns=10 * SECOND_NS, scene=1)
    assert show.transport.next_after(0) == commit
    hold = show.set_rate(4 * SECOND_NS, 0)
    assert show.transport.next_after(5 * SECOND_NS) is None
    assert show.transport.at(60 * SECOND_NS).segment == hold
    assert show.transport.at(60 * SECOND_NS).at_fl == 4 * SECOND_FL


@given(actions)
def test_run_time_is_the_integral_of_the_forward_rate(history: list) -> None:
    show, now_ns = writer(), 0
    for wait_ns, ahead_ns, action in history:
        now_ns += wait_ns
        perform(show, now_ns + ahead_ns, action)
    transport, end_ns = show.transport, now_ns + 100
    pieces = transport.pieces(0, end_ns)
    expected_fl = sum(
        max(segment.run_fl_of(to_ns) - segment.run_fl_of(from_ns), 0) for segment, from_ns, to_ns in pieces
    )
    assert transport.run_fl(end_ns) == expected_fl
    exact = sum(Fraction((to_ns - from_ns) * 441, 625) * max(s.rate, 0) for s, from_ns, to_ns in pieces)
    assert 0 <= exact - expected_fl <= len(pieces)
    readings = [transport.run_fl(host_ns) for host_ns in range(end_ns)]
    assert readings == sorted(readings)


def test_the_continuous_run_is_broken_by_all_but_continue() -> None:
    show = writer()
    show.append(from_ns=0, scene=0, at_fl=5)
    assert show.set_rate(100, 0).run_from_fl == 5
    assert show.set_rate(200, 1).run_from_fl == 5
    assert show.append(from_ns=300, scene=0, at_fl=40, kind=SegmentKind.LOOP).run_from_fl == 40
    assert show.append(from_ns=400, scene=0, at_fl=90, kind=SegmentKind.SEEK).run_from_fl == 90
    assert show.append(from_ns=500, scene=1).run_from_fl == 0


def test_continuing_another_scene_is_refused() -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    with pytest.raises(ValueError, match="only continue scene 0"):
        show.append(from_ns=10, scene=1, kind=SegmentKind.CONTINUE)


@given(
    st.integers(-(10**9), 10**12),
    st.integers(-(10**9), 10**12),
    rates.filter(bool),
)
def test_the_host_instant_of_a_position_is_the_first_one(at_fl: int, target_fl: int, rate: Fraction) -> None:
    segment = Segment(0, 5, 0, at_fl, rate.numerator, rate.denominator, SegmentKind.START, 0, 0, 0)
    host_ns = Transport(segments=(segment,)).host_ns_of(segment, target_fl)
    if rate > 0:
        assert segment.at_fl_of(host_ns) >= target_fl > segment.at_fl_of(host_ns - 1)
    else:
        assert segment.at_fl_of(host_ns) <= target_fl < segment.at_fl_of(host_ns - 1)


def test_a_held_segment_reaches_nothing() -> None:
    segment = Segment(3, 0, 0, 7, 0, 1, SegmentKind.CONTINUE, 0, 0, 0)
    with pytest.raises(ValueError, match="segment 3 is held at 7"):
        Transport().host_ns_of(segment, 9)


def test_nothing_plays_before_the_start_and_after_the_end() -> None:
    show = writer()
    assert show.transport.at(5).segment == BEFORE_START
    assert show.transport.oldest_ns is None
    show.append(from_ns=10, scene=2)
    show.finish(20)
    assert [span.segment.scene for span in show.transport.spans(0, 100)] == [2]
    assert show.transport.at(50).scene == NO_SCENE
    assert show.transport.oldest_ns == 10


# Reactions


def ten_flicks(_scene: int, _reaction: int) -> int:
    return 10


def test_a_reaction_stops_with_a_hold_and_outlives_a_branch() -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    row = show.react(scene=0, reaction=0, seat=2, from_ns=SECOND_NS)
    show.set_rate(2 * SECOND_NS, 0)
    show.set_rate(5 * SECOND_NS, 1)
    show.append(from_ns=6 * SECOND_NS, scene=1)
    transport = show.transport

    def sounding(host_s: float) -> list[int]:
        found = transport.overlays(int(host_s * SECOND_NS), lambda *_: 4 * SECOND_FL)
        assert all(overlay.row == row for overlay in found)
        return [overlay.at_fl for overlay in found]

    assert sounding(0.5) == []
    assert sounding(1) == [0]
    assert sounding(2) == sounding(4.9) == [SECOND_FL]
    assert sounding(7) == [3 * SECOND_FL]
    assert sounding(8) == []


def test_a_seek_ends_a_reaction_and_a_loop_does_not() -> None:
    for kind, expected in ((SegmentKind.SEEK, []), (SegmentKind.LOOP, [2 * SECOND_FL])):
        show = writer()
        show.append(from_ns=0, scene=0)
        show.react(scene=0, reaction=0, seat=ROOM, from_ns=SECOND_NS)
        show.append(from_ns=2 * SECOND_NS, scene=0, at_fl=9, kind=kind)
        found = show.transport.overlays(3 * SECOND_NS, lambda *_: 4 * SECOND_FL)
        assert [overlay.at_fl for overlay in found] == expected


@given(actions, st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_overlay_spans_run_from_nought_without_gap_or_overlap(history: list, steps: list[int]) -> None:
    show, now_ns = writer(), 0
    for wait_ns, ahead_ns, action in history:
        now_ns += wait_ns
        perform(show, now_ns + ahead_ns, action)
    transport, end_ns = show.transport, now_ns + 150
    passed: dict[int, list[int]] = {}
    host_ns, turn = 0, 0
    while host_ns < end_ns:
        next_ns = min(host_ns + steps[turn % len(steps)], end_ns)
        for span in transport.overlay_spans(host_ns, next_ns, ten_flicks):
            passed.setdefault(span.row.index, []).extend(range(span.a_fl, span.b_fl))
        host_ns, turn = next_ns, turn + 1
    for positions in passed.values():
        assert positions == list(range(len(positions)))
        assert len(positions) <= 10


def test_a_speed_change_published_after_a_reaction_does_not_swallow_its_first_cue() -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    row = show.react(scene=0, reaction=0, seat=ROOM, from_ns=1000)
    show.set_rate(500, 2)
    spans = show.transport.overlay_spans(0, 2000, lambda *_: 10**6)
    assert show.transport.run_fl(1000) > row.run_fl
    assert spans[0].a_fl == 0
    assert spans[0].from_ns == 1000


# Controls


def test_the_last_published_controls_whose_instant_has_come_hold() -> None:
    show = writer()
    show.control(from_ns=100, stopped=True)
    show.control(from_ns=50, language=1)
    show.control(from_ns=200, stopped=False, muted_roles_mask=0b101)
    controls = show.transport.controls_at
    assert (controls(0).stopped, controls(0).language) == (False, 0)
    assert (controls(60).stopped, controls(60).language) == (True, 1)  # published later: it knows of the stop
    assert not controls(200).stopped
    assert [controls(200).muted(role) for role in range(4)] == [True, False, True, False]


def test_old_controls_leave_and_the_oldest_kept_answers_for_the_past() -> None:
    show = writer()
    for turn in range(20):
        show.control(from_ns=turn * 100, intensities=[turn / 20] * len(MODALITIES))
    assert len(show.transport.controls) == 8
    assert show.transport.controls_at(0).intensity("wind") == 12 / 20
    assert show.transport.controls_at(10**9).intensity("wind") == 19 / 20


def test_intensities_are_checked() -> None:
    with pytest.raises(ValueError, match=r"intensity of haptic is 1\.5, allowed 0\.0 to 1\.0"):
        Controls(intensities=(1.0, 1.5, *(1.0,) * 7))
    with pytest.raises(ValueError, match="9 intensities needed"):
        Controls(intensities=(1.0,))


# The writer


def test_rows_kept_are_bounded_and_a_restart_goes_on_counting() -> None:
    show = writer()
    show.append(from_ns=0, scene=0)
    for turn in range(1, 200):
        show.set_rate(turn * 10, 1)
        show.react(scene=0, reaction=0, seat=ROOM, from_ns=turn * 10)
    transport = show.transport
    assert len(transport.segments) == len(transport.reactions) == 64
    again = TransportWriter(LocalBlock(), transport)
    assert again.set_rate(5000, 0).index == 200
    assert again.react(scene=0, reaction=0, seat=ROOM, from_ns=5000).index == 199


def test_every_change_is_published_with_a_higher_sequence() -> None:
    block = LocalBlock()
    show = TransportWriter(block)
    seen = [block.read().sequence]
    show.append(from_ns=0, scene=0)
    seen.append(block.read().sequence)
    show.set_candidates([3, 4])
    seen.append(block.read().sequence)
    show.set_generation(2)
    seen.append(block.read().sequence)
    assert seen == sorted(set(seen))
    assert (block.read().candidates, block.read().generation) == ((3, 4), 2)
    show.beat(77)
    assert block.heartbeat_ns() == 77
