"""A show that follows a timecode, end to end: chase, conductor, transport, one-shots, journal."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import JournalError
from engine.show.conduct.inputs import Clock, Operator, Pick, from_json, to_json
from engine.show.timecode.following import Following
from engine.time import LocalBlock, SegmentKind, TransportWriter
from engine.time.codes.word import Wire
from tests.show.followed import BRANCHING, LINEAR, WINDOW, Followed, make_conductor, scene
from tests.time.chase_show import S_NS, rules_for, words

MS = 1_000_000
RULES = rules_for()
FRAME_NS = 40 * MS


def linear(missed: Any = "skip", at: tuple[float, ...] = (0, 2, 5, 8), **rules: Any) -> Followed:
    programs = [scene(name, i, at=at) for i, name in enumerate(("one", "two", "three"))]
    return Followed(rules_for(**rules), programs, LINEAR, missed)


def branching(missed: Any = "skip", window: dict[str, Any] | None = None) -> Followed:
    programs = [
        scene("choice", 0, window=window or WINDOW, at=(0, 2, 14)),
        scene("one", 1, at=(0, 2)),
        scene("two", 2, at=(0, 2)),
    ]
    return Followed(RULES, programs, BRANCHING, missed)


def leap(show_words: list[Any], frames: int, count: int = 300) -> list[Any]:
    last = show_words[-1]
    return words(RULES, count, from_ns=last.at_ns + FRAME_NS, index=last.index + 1 + frames)


# ---- start, beats, branches --------------------------------------------------------------------------------


def test_the_show_waits_for_the_source_and_every_cue_fires_once() -> None:
    show = linear()
    show.until(3 * S_NS)
    assert show.at_s(3 * S_NS) == 0 and show.fired == []
    said = words(RULES, 1600, from_ns=3 * S_NS)
    show.hear(said)
    assert show.conductor.ended is not None and show.conductor.ended.how == "ending"
    assert show.names == [f"{name}_{s}" for name in ("one", "two", "three") for s in (0, 2, 5, 8)]
    lateness = [
        at_s - 3 - due
        for (_, at_s), due in zip(
            show.fired, [20 * k + s for k in range(3) for s in (0, 2, 5, 8)], strict=True
        )
    ]
    assert lateness[0] < 0.25, "the first waits for the lock"
    assert all(abs(late) < 0.01 for late in lateness[1:])
    states = [event["state"] for event in show.events("chase")]
    assert states[:2] == ["locking", "locked"]


@pytest.mark.parametrize("ppm", [-100, 100])
def test_a_branch_on_a_drifting_source_stays_with_the_source(ppm: int) -> None:
    show = branching()
    draw = random.Random(ppm)
    said = words(RULES, 800, speed=1 + ppm * 1e-6, jitter=lambda k: draw.randrange(-300_000, 300_000))
    show.hear(said[:200])
    show.handle(Pick(0, "right"))
    for word in said[200:]:
        show.hear([word])
        assert show.conductor.ended is not None or abs(show.error_ns(word)) < FRAME_NS / 4
    assert show.names == ["choice_0", "choice_2", "choice_14", "two_0", "two_2"]
    assert show.events("jump") == []


def test_a_hold_loop_goes_round_while_the_rate_changes() -> None:
    """A change of speed announced beside a lap must not swallow it."""
    window = {**WINDOW, "hold": {"from": "6s", "to": "7.985s", "laps": 5}, "rule": {"type": "first"}}
    show = branching(window=window)
    draw = random.Random(3)
    draw = random.Random(3)
    said = words(RULES, 900, speed=1.0003, jitter=lambda k: draw.randrange(-MS, MS))
    furthest_s = 0.0
    laps: list[dict[str, Any]] = []
    for word in said:
        show.hear([word])
        laps = [event for event in show.events("window") if event["state"] == "lap"]
        if len(laps) < 5:
            show.handle(Clock("rate", 10_000 + len(show.log) % 7, 10_000))  # a chase gone wild
            furthest_s = max(furthest_s, show.at_s(show.now_ns))
    assert len(laps) == 5
    assert furthest_s == pytest.approx(7.985, abs=0.06), "no lap was overrun"
    (_, begun_ns), (name, left_ns) = show.conductor.beats
    assert name == "one"
    assert (left_ns - begun_ns) / S_NS == pytest.approx(1 + 16 + 5 * 1.985, abs=0.1), (
        "each lap was played once, whole"
    )


# ---- jumps -------------------------------------------------------------------------------------------------


def test_skip_leaves_the_cues_in_between_out_for_good() -> None:
    show = linear("skip")
    first = words(RULES, 100)  # 4 s
    show.hear([*first, *leap(first, 125, 200)])  # to 9 s and on
    (jump,) = show.events("jump")
    assert (jump["how"], jump["policy"], jump["owed_fl"]) == ("seek", "skip", 0)
    assert [cue["name"] for cue in jump["cues"]] == ["one_5", "one_8"] and jump["missed"] == 2
    assert {"at_fl", "kind", "track", "cue"} <= set(jump["cues"][0])
    assert show.names == ["one_0", "one_2"]


def test_late_runs_fast_through_them_so_that_each_fires_once() -> None:
    show = linear("late")
    first = words(RULES, 100)
    after = leap(first, 125, 200)
    show.hear([*first, *after])
    (jump,) = show.events("jump")
    assert jump["how"] == "fast" and [cue["name"] for cue in jump["cues"]] == ["one_5", "one_8"]
    assert show.names == ["one_0", "one_2", "one_5", "one_8"]
    rates = [n / d for n, d in (event["rate"] for event in show.events("rate"))]
    assert max(rates) == pytest.approx(2.0, rel=1e-3)
    assert not any(row.kind is SegmentKind.SEEK for row in show.writer.transport.segments)
    assert show.following.quality.bias_ns == 0
    assert abs(show.error_ns(after[-1])) < FRAME_NS / 4, "caught up with the source"


def test_late_jumps_where_nothing_is_missed() -> None:
    show = linear("late", at=(0, 2))
    first = words(RULES, 100)
    show.hear([*first, *leap(first, 100)])
    (jump,) = show.events("jump")
    assert (jump["how"], jump["missed"]) == ("seek", 0)


def gust(show: Followed, host_ns: int) -> float:
    return float(show.evaluator.levels(show.writer.transport, host_ns)[0])


@pytest.mark.parametrize(("missed", "blows"), [("skip", 0.0), ("chase", 1.0)])
def test_chase_enters_what_is_still_going_and_skip_does_not(missed: str, blows: float) -> None:
    show = linear(missed)
    first = words(RULES, 100)
    after = leap(first, 7 * 25)  # from 4 s to 11 s, in the gust of 10 s to 14 s
    show.hear([*first, *after[:20]])
    (jump,) = show.events("jump")
    assert {"at_fl": 10 * 705_600_000, "kind": "pulse"} in jump["cues"]
    assert jump["entered_fl"] == (10 * 705_600_000 if missed == "chase" else None)
    assert gust(show, show.now_ns) == blows
    show.hear(after[20:100])
    assert gust(show, show.now_ns) == 0.0, "it ends where it ends"
    assert show.names == ["one_0", "one_2"]


def test_a_jump_back_plays_again() -> None:
    show = linear()
    first = words(RULES, 150)  # 6 s
    show.hear([*first, *leap(first, -100)])  # to 2 s: after the cue at 2
    assert show.names == ["one_0", "one_2", "one_5", "one_5", "one_8"]


def test_a_run_of_scenes_is_joined_at_its_place() -> None:
    show = linear()
    said = words(RULES, 200, index=45 * 25)  # 45 s into a show of three times 20 s
    show.hear(said)
    assert [name for name, _ in show.conductor.beats] == ["one", "two", "three"]
    assert [jump["how"] for jump in show.events("jump")] == ["clamped", "clamped", "seek"]
    assert show.events("jump")[-1]["owed_fl"] == 0
    place_s = show.at_s(said[150].at_ns)
    assert place_s == pytest.approx(45 + 6 - 40, abs=0.01)
    assert "three_8" in show.names and "one_8" not in show.names and "two_8" not in show.names


def test_no_jump_goes_over_an_open_decision_and_what_is_owed_is_forgiven() -> None:
    show = branching()
    said = words(RULES, 150)  # 6 s: open
    after = leap(said, 60 * 25, 700)
    show.hear([*said, *after])
    first, forgiven = show.events("jump")
    assert first["how"] == "clamped" and first["to_fl"] < 12 * 705_600_000 and first["owed_fl"] > 0
    assert (forgiven["how"], forgiven["owed_fl"]) == ("forgiven", first["owed_fl"])
    assert [name for name, _ in show.conductor.beats] == ["choice", "one"]
    assert len([one for _, one in show.inputs() if one.get("action") == "jump"]) == 1, "never for ever"
    assert show.conductor.ended is not None


def test_a_jump_back_after_a_clamped_one_comes_back_to_the_place() -> None:
    show = branching()
    said = words(RULES, 150)
    there = leap(said, 60 * 25, 8)
    back = leap(there, -60 * 25, 30)
    show.hear([*said, *there, *back])
    jumps = show.events("jump")
    assert [jump["how"] for jump in jumps] == ["clamped", "seek"]
    assert jumps[-1]["owed_fl"] == 0
    assert show.at_s(back[-1].at_ns) == pytest.approx(back[-1].index / 25, abs=0.02)


# ---- people ------------------------------------------------------------------------------------------------


def test_an_operators_hold_outlasts_the_clock_and_the_show_rejoins_after_it() -> None:
    show = linear()
    said = words(RULES, 1000)
    show.hear(said[:100])
    show.handle(Operator("hold"))
    show.hear(said[100:150])
    assert show.at_s(show.now_ns) == pytest.approx(show.at_s(show.now_ns - 2 * S_NS), abs=0.1)
    show.until(show.now_ns + 2 * S_NS)  # the source is lost meanwhile: the clock holds as well
    again = words(RULES, 300, from_ns=show.now_ns, index=said[150].index)
    show.hear(again[:100])
    held = show.conductor.moment(show.now_ns)
    assert held.rate == 0, "the source runs, the operator holds"
    show.handle(Operator("resume"))
    show.hear(again[100:])
    assert show.conductor.moment(show.now_ns).rate > 0
    assert abs(show.error_ns(again[-1])) < FRAME_NS / 4
    place_s = show.at_s(again[-1].at_ns)
    assert place_s == pytest.approx(again[-1].index / 25, abs=0.02), "where the timecode is"


def test_a_resume_by_hand_lets_the_show_go_when_the_source_is_lost() -> None:
    show = linear()
    show.hear(words(RULES, 100))
    show.until(10 * S_NS)
    assert show.conductor.moment(show.now_ns).rate == 0
    show.handle(Operator("resume"))
    show.until(12 * S_NS)
    assert show.conductor.moment(show.now_ns).rate == 1
    assert show.events("chase")[-1]["state"] == "jam"


def test_an_operators_seek_stays() -> None:
    show = linear()
    said = words(RULES, 300)
    show.hear(said[:100])
    show.handle(Operator("seek_by", 3 * 705_600_000))
    show.hear(said[100:])
    assert show.events("jump") == []
    assert show.at_s(said[-1].at_ns) == pytest.approx(said[-1].index / 25 + 3, abs=0.01)


def test_a_stop_is_a_stop_whatever_the_source_says() -> None:
    show = linear()
    said = words(RULES, 300)
    show.hear(said[:100])
    show.handle(Operator("stop"))
    before = len(show.log)
    show.hear(said[100:])
    assert show.log[before:] == []
    assert show.writer.transport.controls_at(show.now_ns).stopped


# ---- journal -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missed", ["skip", "late", "chase"])
def test_the_journalled_inputs_alone_reproduce_a_chased_run(missed: Any) -> None:
    """Drift, jitter, glitches, a jump, a loss, an operator's hold and a choice: the same rows come out of the inputs."""
    show = branching(missed)
    draw = random.Random(5)
    said = words(RULES, 150, speed=1.0001, jitter=lambda k: draw.randrange(-MS, MS))
    show.hear(said[:60])
    show.hear([words(RULES, 1, from_ns=said[60].at_ns, index=99_999)[0]])
    show.hear(said[61:])
    show.handle(Operator("hold"))
    show.until(show.now_ns + S_NS)
    show.handle(Operator("resume"))
    show.handle(Pick(0, "right"))
    after = words(RULES, 100, from_ns=show.now_ns + 3 * S_NS, index=260)
    show.hear(after)
    show.hear(leap(after, 30, 700))
    rows = [(at_ns, json.loads(json.dumps(event))) for at_ns, event in show.inputs()]
    assert {row["type"] for _, row in rows} == {"clock", "operator", "pick"}

    log: list[tuple[str, int, dict[str, Any]]] = []
    writer = TransportWriter(LocalBlock())
    again = make_conductor(show.programs, BRANCHING, writer, log)
    again.start(0, from_ns=100_000_000)
    for at_ns, row in rows:
        again.handle(from_json(row), at_ns)
    again.advance(show.now_ns)
    assert [row for row in log if row[0] != "chase"] == [row for row in show.log if row[0] != "chase"]
    assert writer.transport == show.writer.transport


@pytest.mark.parametrize(
    "event", [Clock("rate", 10001, 10000), Clock("hold"), Clock("jump", 1, 1, -705_600_000, "late")]
)
def test_clock_inputs_survive_the_journal(event: Clock) -> None:
    assert from_json(json.loads(json.dumps(to_json(event)))) == event


@pytest.mark.parametrize(
    "row", [{"action": "leap"}, {"action": "rate", "rate_num": 0}, {"action": "rate", "rate_den": -1}]
)
def test_a_clock_input_that_cannot_be_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(JournalError):
        from_json({"type": "clock", **row})


@pytest.mark.parametrize("wire", list(Wire))
def test_every_wire_starts_a_show(wire: Wire) -> None:
    rules = rules_for(wire)
    show = Followed(rules, [scene("one", 0, at=(0, 2))], {"start": (["one"], {}, None)})
    show.hear(words(rules, 400))
    assert show.names == ["one_0", "one_2"]


def test_a_show_that_is_taken_over_goes_on_and_takes_the_source_without_a_jump() -> None:
    """A standby, or a restart from the journal, has the inputs and a show that runs; not the chase's memory."""
    show = linear()
    said = words(RULES, 100)
    after = leap(said, 75, 100)
    show.hear([*said, *after])
    assert show.following.quality.bias_ns != 0
    taken = linear()
    taken.log.clear()
    taken.writer = TransportWriter(LocalBlock())
    taken.conductor = make_conductor(taken.programs, LINEAR, taken.writer, taken.log)
    taken.conductor.start(0, from_ns=100_000_000)
    for at_ns, row in show.inputs():
        taken.conductor.handle(from_json(json.loads(json.dumps(row))), at_ns)
    taken.now_ns = show.now_ns
    taken.following = Following(RULES, "skip", taken.conductor, taken._record)
    known = len(taken.inputs())
    more = words(RULES, 60, from_ns=after[-1].at_ns + FRAME_NS, index=after[-1].index + 1)
    taken.hear(more)
    assert {row["action"] for _, row in taken.inputs()[known:]} <= {"rate"}
    assert taken.following.quality.state.value == "locked"
    assert abs(taken.error_ns(more[-1])) < FRAME_NS / 4


CLOCKS = st.one_of(
    st.just(Clock("hold")),
    st.builds(Clock, st.sampled_from(["rate", "resume"]), st.integers(5_000, 20_000), st.just(10_000)),
    st.builds(
        Clock,
        st.just("jump"),
        st.integers(9_990, 10_010),
        st.just(10_000),
        st.integers(-60 * 705_600_000, 60 * 705_600_000),
        st.sampled_from(["late", "skip", "chase"]),
    ),
)
PEOPLE = st.one_of(
    st.builds(Operator, st.sampled_from(["hold", "resume", "toggle_hold"])),
    st.builds(Operator, st.just("seek_by"), st.integers(-20 * 705_600_000, 20 * 705_600_000)),
    st.builds(Pick, st.just(0), st.sampled_from(["left", "right"])),
)
LOOPED = {**WINDOW, "hold": {"from": "6s", "to": "8s", "laps": 2}}
PROGRAMS = (
    scene("choice", 0, window=LOOPED, at=(0, 2, 14)),
    scene("one", 1, at=(0, 2)),
    scene("two", 2, at=(0, 2)),
)
CHAINED = {**BRANCHING, "left": (["one", "two"], {}, None)}


@given(
    events=st.lists(st.tuples(st.integers(0, 60_000), st.one_of(CLOCKS, PEOPLE)), max_size=12),
    wakes=st.lists(st.integers(0, 90_000), max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_whatever_clock_and_people_ask_no_run_hangs_and_waking_changes_nothing(
    events: list[tuple[int, Any]], wakes: list[int]
) -> None:
    events = sorted(events, key=lambda event: event[0])

    def play(wake_ms: list[int]) -> tuple[list[Any], TransportWriter]:
        log: list[tuple[str, int, dict[str, Any]]] = []
        writer = TransportWriter(LocalBlock())
        conductor = make_conductor(PROGRAMS, CHAINED, writer, log)
        conductor.start(0, from_ns=100_000_000)
        pending = sorted(wake_ms)
        for at_ms, event in events:
            while pending and pending[0] <= at_ms:
                conductor.advance(pending.pop(0) * MS)
            conductor.handle(event, at_ms * MS)
        conductor.handle(Operator("resume"), 61 * S_NS)
        conductor.handle(Clock("resume"), 61 * S_NS)
        conductor.advance(600 * S_NS)
        assert conductor.ended is not None and conductor.ended.how == "ending"
        return log, writer

    log, writer = play([])
    log_again, writer_again = play(wakes)
    assert log == log_again and writer.transport == writer_again.transport
    for kind, at_ns, fields in log:
        if kind == "segment" and fields["index"] > 0:
            assert fields["from_ns"] > at_ns, "rows are published ahead"
