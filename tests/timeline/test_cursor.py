"""One-shots: each fires exactly once per run across it, at its instant, whatever happens to time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.time import LocalBlock, SegmentKind, Transport, TransportWriter
from engine.time.flicks import FLICKS_PER_SECOND, NS_PER_SECOND
from engine.timeline.cursor import Cursor, fired_between
from engine.timeline.program import Program

Build = Callable[..., Program]
SECOND = FLICKS_PER_SECOND

SCENE: dict[str, Any] = {
    "duration": "20s",
    "tracks": [
        {"kind": "event", "cues": [{"at": f"{i}s", "name": f"e{i}"} for i in range(0, 20, 2)]},
        {"kind": "event", "cues": [{"at": "4s", "name": "double"}]},
        {"kind": "event", "cues": [{"at": "1ms", "name": "early", "value": "x"}]},
        {"kind": "haptic", "role": "seat.shaker", "cues": [{"at": "3s", "transient": {"intensity": 0.5}}]},
    ],
    "reactions": {
        "ring": {
            "duration": "3s",
            "tracks": [{"kind": "event", "cues": [{"at": "0s", "name": "r0"}, {"at": "2s", "name": "r2"}]}],
        }
    },
    "targets": {"bell": {"radius": "1m"}},
    "triggers": [{"on": "touch", "target": "bell", "do": {"reaction": "ring"}}],
}  # fmt: skip

operations = st.lists(
    st.tuples(
        # Waits that are often whole seconds, so that changes fall on cues.
        st.one_of(st.integers(1, 5_000_000_000), st.integers(1, 4).map(lambda s: s * NS_PER_SECOND)),
        st.one_of(
            st.tuples(st.just("rate"), st.sampled_from([0, 1, 2, Fraction(1, 2), Fraction(1001, 1000), -1])),
            st.tuples(st.just("seek"), st.integers(0, 10).map(lambda s: s * 2 * SECOND)),
            st.tuples(st.just("loop"), st.integers(0, 10 * SECOND)),
        ),
    ),
    max_size=12,
)


def perform(history: list[tuple[int, tuple[str, Any]]]) -> tuple[Transport, int, list[tuple[int, int]]]:
    """A transport, the instant it ends, and the stretches [a, b) of positions run forward."""
    writer = TransportWriter(LocalBlock())
    now_ns = 0
    writer.append(from_ns=0, scene=0)
    runs: list[list[int]] = [[0, 0]]
    for wait_ns, (what, argument) in [*history, (3 * NS_PER_SECOND, ("rate", 0))]:
        before = writer.transport.at(now_ns)
        now_ns += wait_ns
        after = writer.transport.at(now_ns)
        if before.rate > 0:
            runs[-1][1] = after.at_fl
        else:
            runs.append([after.at_fl, after.at_fl])
        if what == "rate":
            writer.set_rate(now_ns, argument)
            runs.append([after.at_fl, after.at_fl])
        else:
            kind = SegmentKind.SEEK if what == "seek" else SegmentKind.LOOP
            writer.append(from_ns=now_ns, scene=0, at_fl=argument, rate=after.rate, kind=kind)
            runs.append([argument, argument])
    return writer.transport, now_ns, [(a, b) for a, b in runs if a < b]


@pytest.mark.slow
@settings(max_examples=150)
@given(history=operations, cuts=st.lists(st.floats(0, 1), max_size=10))
def test_exactly_once_per_run_however_time_is_cut(
    build: Build, history: list[tuple[int, tuple[str, Any]]], cuts: list[float]
) -> None:
    program = build(SCENE)
    transport, end_ns, runs = perform(history)
    expected = Counter(cue.name for a, b in runs for cue in program.events.cues if a <= cue.at_fl < b)
    whole = fired_between([program], transport, 0, end_ns)
    assert Counter(fired.cue.name for fired in whole) == expected
    cursor = Cursor([program], 0)
    pieces = [
        fired
        for cut in [*sorted(int(cut * end_ns) for cut in cuts), end_ns]
        for fired in cursor.advance(transport, cut)
    ]
    # A cut within the very flick in which a cue is due hands it out with the next piece, which begins up to 2 ns later.
    assert [replace(fired, host_ns=0) for fired in pieces] == [replace(fired, host_ns=0) for fired in whole]
    assert all(0 <= cut.host_ns - uncut.host_ns <= 2 for cut, uncut in zip(pieces, whole, strict=True))
    for fired in whole:
        assert transport.at(fired.host_ns).at_fl >= fired.cue.at_fl
        assert transport.at(fired.host_ns).rate > 0
    assert [fired.host_ns for fired in whole] == sorted(fired.host_ns for fired in whole)


def test_pausing_on_a_cue_fires_it_once(build: Build) -> None:
    program = build(SCENE)
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=0)
    writer.set_rate(4 * NS_PER_SECOND, 0)
    writer.set_rate(9 * NS_PER_SECOND, 1)
    fired = fired_between([program], writer.transport, 0, 10 * NS_PER_SECOND)
    assert [(row.cue.name, row.host_ns) for row in fired if row.cue.at_fl >= 2 * SECOND] == [
        ("e2", 2 * NS_PER_SECOND),
        ("seat.shaker", 3 * NS_PER_SECOND),
        ("e4", 9 * NS_PER_SECOND),
        ("double", 9 * NS_PER_SECOND),
    ]


def test_a_seek_never_fires_but_what_it_lands_on_does(build: Build) -> None:
    program = build(SCENE)
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=0)
    writer.append(from_ns=NS_PER_SECOND, scene=0, at_fl=10 * SECOND, kind=SegmentKind.SEEK)
    fired = fired_between([program], writer.transport, 0, 2 * NS_PER_SECOND)
    assert [row.cue.name for row in fired] == ["e0", "early", "e10"]


@settings(max_examples=60)
@given(history=operations, start=st.integers(0, 6_000_000_000), cuts=st.lists(st.floats(0, 1), max_size=6))
def test_a_reactions_one_shots_fire_once(
    build: Build, history: list[tuple[int, tuple[str, Any]]], start: int, cuts: list[float]
) -> None:
    program = build(SCENE)
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=0)
    row = writer.react(scene=0, reaction=0, seat=2, from_ns=start)
    now_ns = start
    for wait_ns, (what, argument) in history:
        now_ns += wait_ns
        if what == "rate":
            writer.set_rate(now_ns, argument)
        else:
            kind = SegmentKind.SEEK if what == "seek" else SegmentKind.LOOP
            rate = writer.transport.at(now_ns).rate
            writer.append(from_ns=now_ns, scene=0, at_fl=argument, rate=rate, kind=kind)
    end_ns = now_ns + 4 * NS_PER_SECOND
    cursor = Cursor([program], 0)
    fired = [
        found
        for cut in [*sorted(int(cut * end_ns) for cut in cuts), end_ns]
        for found in cursor.advance(writer.transport, cut)
        if found.reaction == 0
    ]
    counts = Counter(found.cue.name for found in fired)
    assert max(counts.values(), default=0) <= 1
    assert all(found.seat == 2 and found.scene == 0 for found in fired)
    for found in fired:
        run_fl = writer.transport.run_fl(found.host_ns) - row.run_fl
        assert run_fl >= found.cue.at_fl
        assert run_fl - found.cue.at_fl < 5  # a few nanoseconds of the fastest rate
    sought = any(what == "seek" for _, (what, _) in history)
    if not sought and writer.transport.run_fl(end_ns) - row.run_fl > 2 * SECOND:
        assert counts == {"r0": 1, "r2": 1}


def test_a_cursor_only_goes_forward(build: Build) -> None:
    cursor = Cursor([build(SCENE)], 100)
    assert cursor.reached_ns == 100
    with pytest.raises(ValueError, match="only goes forward: at 100 ns, asked for 99 ns"):
        cursor.advance(Transport(), 99)


def test_events_carry_what_they_are(build: Build) -> None:
    cues = {cue.name: cue for cue in build(SCENE).events.cues}
    assert cues["early"].value == "x"
    knock = cues["seat.shaker"]
    assert (knock.kind, knock.value, knock.detail) == ("transient", 0.5, 0.5)
