"""The chase against sources that drift, glitch, jump, stand, run backwards, are two, or are gone."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.time import LocalBlock, SegmentKind, TransportWriter, rate_named
from engine.time.chase import LATE_CATCH_UP, Chase
from engine.time.chase_line import TRAITS
from engine.time.chase_source import STAND_NS
from engine.time.chase_values import ChaseRules, ChaseState, Hold, Jump, Resume, SetRate
from engine.time.codes.word import CodeWord, Wire
from tests.time.chase_show import S_NS, STEP, Played, frame_ns, rules_for, words

WIRES = list(Wire)
MS = 1_000_000
U, G, L, F, J, H = (
    ChaseState.UNLOCKED,
    ChaseState.LOCKING,
    ChaseState.LOCKED,
    ChaseState.FREEWHEEL,
    ChaseState.JAM,
    ChaseState.HOLD,
)


def quarter_ns(rules: ChaseRules) -> float:
    return frame_ns(rules.rate) / 4


# ---- locking -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WIRES)
def test_it_locks_after_as_many_words_as_the_wire_needs_and_not_one_earlier(wire: Wire) -> None:
    rules = rules_for(wire)
    need = TRAITS[wire].words
    assert 2 <= need <= 5
    assert Played(rules).hear(words(rules, need - 1)).state is not L
    show = Played(rules).hear(words(rules, need))
    assert show.states == [G, L]
    assert show.now_ns - S_NS < 250 * MS, "a lock takes well under 250 ms"


@pytest.mark.parametrize("wire", WIRES)
def test_until_then_the_show_stands_and_afterwards_runs_with_the_source(wire: Wire) -> None:
    rules = rules_for(wire)
    said = words(rules, 300)
    show = Played(rules).hear(said)
    assert isinstance(show.said(Hold)[0], Hold) and len(show.said(Hold)) == 1
    assert show.run_ns(S_NS) < 50 * MS, "the show waited"
    assert show.said(Jump) == []
    assert abs(show.error_ns(said[-1])) < quarter_ns(rules)


def test_a_late_lock_is_caught_up_without_leaving_out_the_beginning() -> None:
    show = Played(rules_for()).hear(words(rules_for(), 100))
    (resume,) = show.said(Resume)
    assert isinstance(resume, Resume) and float(resume.rate) == pytest.approx(1.25)
    assert show.said(Jump) == []


@pytest.mark.parametrize(("wire", "ppm"), [(wire, ppm) for wire in WIRES for ppm in (-100, 100)])
def test_a_drifting_jittering_source_is_followed_by_slewing_alone(wire: Wire, ppm: int) -> None:
    rules = rules_for(wire)
    draw = random.Random(ppm)
    jitter_ns = int(TRAITS[wire].sigma_ns)
    said = words(rules, 4000, speed=1 + ppm * 1e-6, jitter=lambda k: draw.randrange(-jitter_ns, jitter_ns))
    show = Played(rules)
    for k, word in enumerate(said):
        show.hear([word])
        if k > 100 and not k % 10:
            assert abs(show.error_ns(word)) < quarter_ns(rules) + jitter_ns
    assert show.said(Jump) == []
    assert show.chase.quality.ppm == pytest.approx(ppm, abs=60)
    settled = show.rates[2:]
    assert all(abs(float(rate) - 1) <= rules.slew_ppm * 1e-6 for rate in settled)
    seconds = (show.now_ns - S_NS) / 1e9
    assert len(settled) <= seconds, "rows of the transport are few"


# ---- one bad word ------------------------------------------------------------------------------------------


@st.composite
def bad_words(draw: st.DrawFn) -> tuple[int, str, int, int]:
    kind = draw(st.sampled_from(["label", "instant", "again", "stream", "back", "locate", "rate", "repeat"]))
    return (
        draw(st.integers(0, 150)),
        kind,
        draw(st.integers(-200_000, 200_000)),
        draw(st.integers(-2000 * MS, 2000 * MS)),
    )


def spoilt(word: CodeWord, kind: str, frames: int, ns: int, before: CodeWord) -> CodeWord:
    match kind:
        case "label":
            return replace(word, index=max(0, word.index + frames))
        case "instant":
            return replace(word, at_ns=max(0, word.at_ns + ns))
        case "again":
            return replace(before, at_ns=word.at_ns)
        case "stream":
            return replace(word, stream="10.0.0.9", index=max(0, word.index + frames))
        case "back":
            return replace(word, direction=-1)
        case "locate":
            return replace(word, direction=0, index=max(0, word.index + frames))
        case "rate":
            return replace(word, rate=rate_named("24"), index=max(0, word.index + frames))
        case _:
            return before


@pytest.mark.parametrize("wire", WIRES)
@given(bad=bad_words())
@settings(max_examples=20, deadline=None)
def test_one_bad_word_anywhere_never_moves_the_show(wire: Wire, bad: tuple[int, str, int, int]) -> None:
    place, kind, frames, ns = bad
    rules = rules_for(wire)
    true = words(rules, 260)
    said = list(true)
    said[place] = spoilt(said[place], kind, frames, ns, said[max(0, place - 1)])
    show = Played(rules).hear(said, true)
    assert show.said(Jump) == []
    assert len(show.said(Hold)) == 1, "the one it began with"
    assert len(show.said(Resume)) == 1
    for rate in show.rates[2:]:
        assert abs(float(rate) - 1) <= rules.slew_ppm * 1e-6
    assert show.state is L
    assert abs(show.error_ns(said[-1])) < quarter_ns(rules)


@given(
    lost=st.lists(st.booleans(), min_size=300, max_size=300),
    wire=st.sampled_from(WIRES),
    seed=st.integers(0, 9),
)
@settings(max_examples=20, deadline=None)
def test_dropouts_never_move_the_show(lost: list[bool], wire: Wire, seed: int) -> None:
    rules = rules_for(wire, freewheel_ns=60 * S_NS)
    draw = random.Random(seed)
    said = words(rules, 40) + [
        word
        for word, gone in zip(words(rules, 340)[40:], lost, strict=True)
        if not gone and draw.random() < 0.8
    ]
    show = Played(rules).hear(said)
    assert show.said(Jump) == [] and len(show.said(Hold)) == 1
    assert abs(show.error_ns(said[-1])) < quarter_ns(rules)


@given(noise=st.lists(st.integers(0, 2_159_999), min_size=30, max_size=60), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_garbage_alone_never_locks(noise: list[int], seed: int) -> None:
    """Labels without any order, at the pace of a source."""
    rules = rules_for()
    draw = random.Random(seed)
    said = [
        CodeWord(Wire.LTC, S_NS + k * 40 * MS + draw.randrange(MS), index, rules.rate)
        for k, index in enumerate(noise)
        if k == 0 or abs(index - noise[k - 1]) > 20
    ]
    show = Played(rules).hear(said)
    assert show.said(Resume) == [] and show.said(Jump) == []
    assert show.run_ns(show.now_ns) < 50 * MS


# ---- jumps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("by_s", [100, -20, 0.5])
def test_a_jump_of_the_source_is_one_jump_of_the_show(wire: Wire, by_s: float) -> None:
    rules = rules_for(wire)
    first = words(rules, 1000)
    leap = round(by_s * float(rules.rate.fps)) // 2 * 2
    at_ns, index = first[-1].at_ns, first[-1].index
    step = STEP[wire]
    after = words(rules, 200, from_ns=at_ns + round(step * frame_ns(rules.rate)), index=index + step + leap)
    show = Played(rules).hear(first)
    assert show.said(Jump) == []
    begun_ns = show.now_ns
    show.hear(after)
    (jump,) = show.said(Jump)
    assert isinstance(jump, Jump)
    assert jump.by_fl == pytest.approx(leap * rules.rate.flicks_per_frame, abs=MS)
    (jumped_ns,) = [at_ns for at_ns, outcome in show.log if isinstance(outcome, Jump)]
    need = TRAITS[wire].words * step * frame_ns(rules.rate)
    assert need <= jumped_ns - begun_ns <= need + 10 * MS, "confirmed by as many words as a lock"
    assert abs(show.error_ns(after[-1])) < quarter_ns(rules)
    assert show.chase.quality.bias_ns == pytest.approx(-leap * frame_ns(rules.rate), abs=MS)


def test_a_small_step_of_the_source_is_slewed() -> None:
    rules = rules_for(slew_ppm=5000.0)
    first = words(rules, 500)
    after = words(rules, 1500, from_ns=first[-1].at_ns + 40 * MS, index=first[-1].index + 1 + 4)
    show = Played(rules).hear([*first, *after])
    assert show.said(Jump) == []
    assert max(float(rate) for rate in show.rates[2:]) == pytest.approx(1.005, abs=1e-4)
    assert abs(show.error_ns(after[-1])) < quarter_ns(rules)


def test_jumps_there_and_back_leave_no_bias() -> None:
    rules = rules_for()
    said = words(rules, 100)
    for k in range(6):
        leap = 1000 if k % 2 == 0 else -1000
        said += words(rules, 100, from_ns=said[-1].at_ns + 40 * MS, index=said[-1].index + 1 + leap)
    show = Played(rules).hear(said)
    assert len(show.said(Jump)) == 6
    assert abs(show.chase.quality.bias_ns) < 2 * MS


# ---- holds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WIRES)
def test_reverse_holds_and_forward_goes_on_from_there(wire: Wire) -> None:
    rules = rules_for(wire)
    first = words(rules, 500)
    step = STEP[wire]
    length_ns = frame_ns(rules.rate) * step
    back = [
        replace(first[-1], at_ns=first[-1].at_ns + round(k * length_ns), index=first[-1].index - k * step)
        for k in range(1, 100)
    ]
    told = [replace(word, direction=-1) for word in back]
    for said in (back, told):  # wires that tell the direction, and wires that do not
        show = Played(rules).hear([*first, *said])
        assert show.state is H and len(show.said(Hold)) == 2
        held_ns = show.run_ns(show.now_ns)
        assert held_ns - first[-1].index * frame_ns(rules.rate) < 600 * MS
        again = words(rules, 100, from_ns=said[-1].at_ns + round(length_ns), index=said[-1].index + step)
        show.hear(again)
        (jump,) = show.said(Jump)
        assert isinstance(jump, Jump) and jump.by_fl < 0
        assert show.state is L and abs(show.error_ns(again[-1])) < quarter_ns(rules)


def test_a_locate_without_words_after_it_holds() -> None:
    rules = rules_for(Wire.MTC)
    first = words(rules, 100)
    locate = replace(first[-1], direction=0, index=5000, at_ns=first[-1].at_ns + 66 * MS)
    show = Played(rules).hear([*first, locate])
    show.until(show.now_ns + STAND_NS)
    assert show.state is H and len(show.said(Hold)) == 2
    assert show.said(Jump) == [], "a single locate moves nothing"
    show.hear(words(rules, 20, from_ns=show.now_ns + S_NS, index=5000))
    (jump,) = show.said(Jump)
    assert isinstance(jump, Jump) and jump.to_run_fl >= 5000 * rules.rate.flicks_per_frame


def test_a_source_that_repeats_its_label_stands() -> None:
    rules = rules_for(Wire.ARTNET)
    first = words(rules, 100)
    still = [replace(first[-1], at_ns=first[-1].at_ns + k * 40 * MS) for k in range(1, 10)]
    show = Played(rules).hear([*first, *still])
    assert show.state is H and "stands" in show.chase.quality.why
    again = words(rules, 50, from_ns=still[-1].at_ns + 40 * MS, index=first[-1].index + 1)
    show.hear(again)
    assert show.said(Jump) == [], "a show a little ahead waits for the source"
    assert show.state is L and abs(show.error_ns(again[-1])) < quarter_ns(rules)


def test_before_the_start_the_show_waits_and_then_starts_with_it() -> None:
    rules = rules_for(start_index=90_000)
    said = words(rules, 200, index=90_000 - 50)
    show = Played(rules).hear(said)
    assert show.state is L
    assert show.run_ns(said[50].at_ns) < 25 * MS
    assert abs(show.run_ns(said[60].at_ns) - 10 * 40 * MS) < quarter_ns(rules)
    (resume,) = show.said(Resume)
    assert isinstance(resume, Resume) and resume.rate == 1


def test_joining_in_the_middle_is_a_jump() -> None:
    rules = rules_for(start_index=90_000, offset_ns=-80 * MS)
    said = words(rules, 20, index=90_000 + 250)
    show = Played(rules).hear(said)
    (jump,) = show.said(Jump)
    assert isinstance(jump, Jump)
    assert abs(show.error_ns(said[-1])) < quarter_ns(rules)
    assert jump.to_run_fl * 625 / 441 == pytest.approx(10 * S_NS - 80 * MS + 180 * MS, abs=MS)


def test_a_show_that_passes_midnight() -> None:
    rules = rules_for(start_index=2_160_000 - 100)
    said = [replace(word, index=word.index % 2_160_000) for word in words(rules, 400, index=2_160_000 - 100)]
    show = Played(rules).hear(said)
    assert show.said(Jump) == [] and show.state is L
    assert abs(show.run_ns(said[-1].at_ns) - 399 * 40 * MS) < quarter_ns(rules)


# ---- loss --------------------------------------------------------------------------------------------------


def test_freewheel_then_hold() -> None:
    rules = rules_for(freewheel_ns=2 * S_NS)
    first = words(rules, 100)
    show = Played(rules).hear(first)
    show.until(first[-1].at_ns + 1900 * MS)
    assert show.states == [G, L, F] and len(show.said(Hold)) == 1
    show.until(first[-1].at_ns + 2100 * MS)
    assert show.states == [G, L, F, H] and len(show.said(Hold)) == 2
    assert show.run_ns(show.now_ns + S_NS) == pytest.approx(99 * 40 * MS + 2 * S_NS, abs=40 * MS)


def test_back_within_the_freewheel_as_if_nothing_had_been() -> None:
    rules = rules_for(freewheel_ns=5 * S_NS)
    said = words(rules, 400)
    show = Played(rules).hear([*said[:100], *said[200:]])
    assert show.states == [G, L, F, L]
    assert show.said(Jump) == [] and len(show.said(Hold)) == 1
    assert abs(show.error_ns(said[-1])) < quarter_ns(rules)


def test_jam_runs_on_and_takes_the_source_again_only_when_coherent() -> None:
    rules = rules_for(freewheel_ns=S_NS, then="jam")
    first = words(rules, 100)
    show = Played(rules).hear(first)
    show.until(10 * S_NS)
    assert show.state is J and len(show.said(Hold)) == 1
    assert show.run_ns(10 * S_NS) == pytest.approx(9 * S_NS, abs=10 * MS)
    need = TRAITS[Wire.LTC].words
    again = words(rules, 100, from_ns=10 * S_NS, index=225 + 50)
    show.hear(again[: need - 1])
    assert show.state is J and show.said(Jump) == []
    show.hear(again[need - 1 :])
    assert show.state is L and len(show.said(Jump)) == 1
    assert abs(show.error_ns(again[-1])) < quarter_ns(rules)


@pytest.mark.parametrize("wire", WIRES)
def test_a_lock_after_a_loss_takes_well_under_250_ms(wire: Wire) -> None:
    rules = rules_for(wire)
    first = words(rules, 100)
    show = Played(rules).hear(first)
    show.until(20 * S_NS)
    assert show.state is H
    show.hear(words(rules, TRAITS[wire].words, from_ns=20 * S_NS, index=10_000))
    assert show.state is L and show.now_ns - 20 * S_NS <= 170 * MS


# ---- rivals ------------------------------------------------------------------------------------------------


def test_the_locked_stream_stays_and_the_rival_is_named() -> None:
    rules = rules_for(Wire.ARTNET)
    mine = words(rules, 400, stream="10.0.0.1")
    theirs = words(rules, 400, stream="10.0.0.2", index=50_000, from_ns=S_NS + 7 * MS)
    show = Played(rules).hear(mine[:50])
    show.hear(sorted([*mine[50:], *theirs[50:]], key=lambda word: word.at_ns))
    assert show.said(Jump) == [] and len(show.said(Hold)) == 1
    assert (show.chase.quality.stream, show.chase.quality.rival) == ("10.0.0.1", "10.0.0.2")
    assert abs(show.error_ns(mine[-1])) < quarter_ns(rules)


def test_the_rival_is_taken_when_the_first_has_been_away_for_the_freewheel() -> None:
    rules = rules_for(Wire.ARTNET, freewheel_ns=S_NS)
    mine = words(rules, 100, stream="a")
    theirs = words(rules, 300, stream="b", index=50_000)
    show = Played(rules).hear(sorted([*mine, *theirs], key=lambda word: word.at_ns))
    assert show.chase.quality.stream == "b"
    (jumped_ns,) = [at_ns for at_ns, outcome in show.log if isinstance(outcome, Jump)]
    assert mine[-1].at_ns + S_NS < jumped_ns < mine[-1].at_ns + S_NS + 400 * MS


def test_two_masters_on_one_wire_move_nothing() -> None:
    rules = rules_for()
    mine = words(rules, 300)
    theirs = words(rules, 300, index=50_000, from_ns=S_NS + 20 * MS)
    show = Played(rules).hear(mine[:50])
    show.hear(sorted([*mine[50:], *theirs[50:]], key=lambda word: word.at_ns))
    assert show.said(Jump) == [] and len(show.said(Hold)) == 1
    assert "another source" in show.chase.quality.rival
    nobody = Played(rules).hear(sorted([*mine, *theirs], key=lambda word: word.at_ns))
    assert nobody.said(Resume) == [] and nobody.said(Jump) == []


def test_a_source_that_counts_otherwise_is_named_and_not_followed() -> None:
    rules = rules_for(Wire.MTC)
    wrong = [replace(word, rate=rate_named("25")) for word in words(rules, 50)]
    show = Played(rules).hear(wrong)
    assert show.state is U and "counts 25" in show.chase.quality.why and "says 30" in show.chase.quality.why


# ---- speed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [Wire.LTC, Wire.ARTNET, Wire.CINEMA])
@pytest.mark.parametrize("speed", [0.5, 0.8, 0.97, 1.05, 1.5, 2.0])
def test_varispeed_is_followed_as_speed(wire: Wire, speed: float) -> None:
    rules = rules_for(wire)
    said = words(rules, 600, speed=speed)
    show = Played(rules).hear(said)
    assert show.state is L
    assert float(show.rates[-1]) == pytest.approx(speed, rel=2e-3)
    assert abs(show.error_ns(said[-1])) < 60 * MS, "what the search for the speed cost is slewed away"


def test_a_source_that_changes_its_speed_is_followed_without_a_jump() -> None:
    rules = rules_for()
    said = words(rules, 200)
    for speed in (0.9, 0.75, 1.0):
        said += words(rules, 300, from_ns=said[-1].at_ns + 40 * MS, index=said[-1].index + 1, speed=speed)
    show = Played(rules).hear(said)
    assert show.said(Jump) == []
    assert float(show.rates[-1]) == pytest.approx(1.0, rel=3e-3)


# ---- people and cues ---------------------------------------------------------------------------------------


def test_an_operators_hold_wins_and_the_show_catches_up_afterwards() -> None:
    rules = rules_for()
    said = words(rules, 700)
    show = Played(rules).hear(said[:200])
    before = len(show.log)
    show.writer.set_rate(show.now_ns + 20 * MS, 0)
    show.hear(said[200:400])
    assert show.log[before:] == [], "nothing is decided while a person holds"
    show.writer.set_rate(show.now_ns + 20 * MS, 1)
    show.hear(said[400:])
    (jump,) = show.said(Jump)
    assert isinstance(jump, Jump)
    assert jump.by_fl == pytest.approx(8 * 705_600_000, rel=0.01)
    assert abs(show.error_ns(said[-1])) < quarter_ns(rules)


def test_a_person_lets_the_show_go_on_while_the_source_is_lost() -> None:
    rules = rules_for()
    show = Played(rules).hear(words(rules, 100))
    show.until(20 * S_NS)
    assert show.state is H
    show.writer.set_rate(20 * S_NS + 20 * MS, 1)
    show.until(20 * S_NS)
    show.hear([])
    show.now_ns = 20 * S_NS + 30 * MS
    show._advance()
    assert show.state is J and len(show.said(Hold)) == 2
    show.hear(words(rules, 10, from_ns=30 * S_NS, index=10_000))
    assert show.state is L and len(show.said(Jump)) == 1


def test_what_is_not_jumped_is_run_up_to() -> None:
    rules = rules_for()
    first = words(rules, 200)
    after = words(rules, 400, from_ns=first[-1].at_ns + 40 * MS, index=first[-1].index + 1 + 100)
    show = Played(rules).hear([*first, *after[:3]])
    jumps = 0
    for word in after[3:]:
        before = len(show.said(Jump))
        show.hear([word])
        for jump in show.said(Jump)[before:]:
            assert isinstance(jump, Jump)
            jumps += 1
            # The conductor would not: undo what the test's show did, and say so.
            show.writer.append(
                from_ns=show.now_ns + 20 * MS,
                scene=0,
                at_fl=show.writer.transport.at(show.now_ns + 20 * MS).at_fl - jump.by_fl,
                kind=SegmentKind.SEEK,
            )
            show.chase.run_fast(jump.by_fl)
    assert jumps == 1
    fast = [rate for rate in show.rates if rate > 1.5]
    assert len(fast) == 1 and float(fast[0]) == pytest.approx(LATE_CATCH_UP, rel=1e-3)
    assert show.chase.quality.bias_ns == 0
    assert abs(show.error_ns(after[-1])) < quarter_ns(rules)
    assert isinstance(show.said(SetRate)[-1], SetRate)


def test_what_was_learnt_of_the_sources_crystal_outlives_a_jump() -> None:
    rules = rules_for()
    first = words(rules, 1000, speed=1.0001)
    after = words(rules, 10, from_ns=first[-1].at_ns + 40 * MS, index=first[-1].index + 2000, speed=1.0001)
    show = Played(rules).hear(first)
    show.hear(after)
    assert len(show.said(Jump)) == 1
    assert show.chase.quality.ppm == pytest.approx(100, abs=10)


def test_a_datagram_that_comes_twice_does_not_keep_it_from_locking() -> None:
    """A reader of Art-Net calls a repeated packet a place, not a run."""
    rules = rules_for(Wire.ARTNET)
    said = [
        twice
        for word in words(rules, 200)
        for twice in (word, replace(word, at_ns=word.at_ns + 200_000, direction=0))
    ]
    show = Played(rules).hear(said)
    assert show.state is L and len(show.said(Hold)) == 1 and show.said(Jump) == []
    assert abs(show.error_ns(said[-2])) < quarter_ns(rules)


@pytest.mark.parametrize("ppm", [-300, 300])
def test_a_show_that_runs_already_is_not_held_while_the_source_is_looked_for(ppm: int) -> None:
    chase = Chase(rules_for(), running=True)
    writer = TransportWriter(LocalBlock())
    writer.append(from_ns=0, scene=0)
    assert [o for o in chase.advance(S_NS, writer.transport) if isinstance(o, Hold)] == []
    assert chase.quality.state is J
    for word in words(rules_for(), 30, index=25, speed=1 + ppm * 1e-6):
        chase.word(word)
        for outcome in chase.advance(word.at_ns + 40 * MS, writer.transport):
            assert not isinstance(outcome, Hold | Jump)
    assert chase.quality.state is L


@st.composite
def doings(draw: st.DrawFn) -> list[tuple[str, int]]:
    kinds = st.sampled_from(
        ["run", "jump", "gap", "speed", "back", "still", "locate", "glitch", "hold", "go"]
    )
    return draw(st.lists(st.tuples(kinds, st.integers(1, 200)), max_size=8))


@pytest.mark.parametrize("wire", [Wire.LTC, Wire.MTC, Wire.ARTNET])
@given(what=doings(), missed=st.booleans(), then=st.sampled_from(["hold", "jam"]))
@settings(max_examples=10, deadline=None)
def test_whatever_a_source_did_a_steady_one_is_followed_in_the_end(
    wire: Wire, what: list[tuple[str, int]], missed: bool, then: str
) -> None:
    rules = rules_for(wire, then=then, slew_ppm=20_000.0)
    step, length = STEP[wire], frame_ns(rules.rate) * STEP[wire]
    show = Played(rules)
    now, index = [S_NS], [100_000]

    def say(count: int, *, by: int = step, speed: float = 1.0, direction: int = 1) -> None:
        for _ in range(count):
            show.hear([CodeWord(wire, now[0], index[0], rules.rate, direction)])
            now[0] += round(length / speed)
            index[0] = max(index[0] + by, 0)

    say(50)
    for kind, n in what:
        match kind:
            case "run":
                say(n)
            case "jump":
                index[0] += (n - 90) * 20 * step
                say(n // 2)
            case "gap":
                now[0] += n * 10 * MS
                index[0] += round(n * 10 * MS / length) * step
            case "speed":
                say(n, speed=0.5 + n / 150)
            case "back":
                say(n, by=-step, direction=-1 if n % 2 else 1)
            case "still":
                say(n, by=0)
            case "locate":
                say(1 + n % 3, by=0, direction=0)
                now[0] += n * MS
            case "glitch":
                right, index[0] = index[0], n * 1000
                say(1)
                index[0] = right + step
            case "hold":
                show.writer.set_rate(show.now_ns + rules.lead_ns, 0)
            case "go":
                show.writer.set_rate(show.now_ns + rules.lead_ns, 1)
    if show.writer.transport.at(show.now_ns + S_NS).rate == 0:
        show.writer.set_rate(show.now_ns + rules.lead_ns, 1)  # whoever held it, a person lets it go
    say(round(40 * S_NS / length))
    assert show.state is L
    word = CodeWord(wire, now[0] - round(length), index[0] - step, rules.rate)
    assert abs(show.error_ns(word)) < quarter_ns(rules)
