"""Signals from outside become what people do: crossings, presses, floods; never more than one input a cue and gap."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bus.source import Signal, Value
from engine.experience.rig import load_rig
from engine.experience.venue import Action, CueIn
from engine.show.conduct.inputs import External, Guest, Input, Operator, Pick
from engine.show.signals.cue_in import LEAST_GAP_NS, CueMatcher, describe_cue, rearm_gap, start_cues
from engine.time import FLICKS_PER_SECOND

BELL = Action("external", "bell")
SECOND = 1_000_000_000


def signal(address: str, *values: Value, at: float = 0.0, source: str = "desk") -> Signal:
    return Signal(source, address, values, round(at * SECOND))


def cue(address: str = "/go", action: Action = BELL, **more: object) -> CueIn:
    return CueIn("desk", address, action, **more)  # type: ignore[arg-type]


def went_off(spec: CueIn, *values: Value, step: float = 1.0, address: str = "/go") -> list[int]:
    """At which of the values, a second apart, the cue goes off."""
    matcher = CueMatcher([spec])
    return [i for i, value in enumerate(values) if matcher.take(signal(address, value, at=i * step))]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (BELL, External("bell")),
        (Action("vote", "flute"), Pick(2, "flute", by="vote")),
        (Action("operator", "hold"), Operator("hold")),
        (Action("operator", "start"), Operator("start")),
        (Action("seek_by", value=-5), Operator("seek_by", -5)),
        (Action("language", "zh"), Operator("language", 1)),
        (Action("comfort", value=1), Guest(2, "comfort", 1)),
        (Action("photosensitive", value=1), Guest(2, "photosensitive", 1)),
        (Action("guest", "left"), Guest(2, "left")),
        (Action("intensity", "wind"), Operator("intensity", 250, "wind")),
    ],
)
def test_every_action_becomes_its_input(action: Action, expected: Input) -> None:
    matcher = CueMatcher([cue(action=action, seat=2)], ["en", "zh"])
    assert matcher.take(signal("/go", 0.25)) == [expected]


def test_only_its_input_and_its_address_set_a_cue_off() -> None:
    matcher = CueMatcher([cue("/go/*"), cue("/stop", Action("operator", "stop"))])
    assert matcher.wanted == (("desk", "/go/*"), ("desk", "/stop"))
    assert matcher.take(signal("/go/a/b")) == [External("bell")]
    assert matcher.take(signal("/gone")) == []
    assert matcher.take(signal("/stop", source="other")) == []
    assert matcher.take(signal("/stop")) == [Operator("stop")]


def test_a_language_of_another_package_is_ignored() -> None:
    assert CueMatcher([cue(action=Action("language", "fr"))], ["en"]).take(signal("/go")) == []


def test_a_threshold_counts_crossings_and_the_first_value_only_arms() -> None:
    above = cue(above=0.5)
    assert went_off(above, 0.9, 0.95, 0.2, 0.7, 0.8, 0.0, 0.6) == [3, 6]
    below = cue(below=0.5)
    assert went_off(below, 0.1, 0.9, 0.3, 0.2, 0.9, 0.1) == [2, 5]


def test_trembling_around_a_threshold_counts_once() -> None:
    assert went_off(cue(above=0.5), 0.0, 0.501, 0.499, 0.502, 0.498, 0.505, 0.47, 0.51) == [1, 7]
    assert went_off(cue(below=0.5), 1.0, 0.499, 0.501, 0.498, 0.53, 0.49) == [1, 5]


def test_a_band_goes_off_when_it_is_entered() -> None:
    assert went_off(cue(above=0.4, below=0.6), 0.0, 0.5, 0.55, 0.9, 0.5, 0.0) == [1, 4]


def test_a_note_begins_at_rest_and_its_release_is_no_go() -> None:
    note = "/note/1/60"
    assert went_off(cue(note, above=0), 0.8, 0.0, 0.7, 0.0, address=note) == [0, 2]
    assert went_off(cue(note), 0.8, 0.0, 0.7, 0.0, address=note) == [0, 2]


def test_a_threshold_at_zero_or_near_it_can_be_armed_again() -> None:
    assert rearm_gap(0.0) == 0.0 and rearm_gap(0.01) == 0.005
    assert went_off(cue(above=0.01), 0.0, 1.0, 0.0, 1.0) == [1, 3]


def test_equals_compares_words_numbers_and_contacts() -> None:
    assert went_off(cue(equals=1), 1, 0, 1.0, 1.0000001, 2, True) == [0, 2, 3, 5]
    assert went_off(cue(equals="GO"), "GO", "go", b"GO\r\n", 1) == [0, 2]
    assert went_off(cue(equals=True), True, 1, "true") == [0, 1]


def test_a_polled_contact_counts_when_it_changes() -> None:
    coil = "/coil/3"
    assert went_off(cue(coil, equals=True), True, True, False, True, address=coil) == [3]
    assert went_off(cue(coil, equals=True), False, True, True, False, True, address=coil) == [1, 4]


def test_what_was_learnt_sets_nothing_off_and_makes_the_first_change_count() -> None:
    for spec in (cue("/coil/1", equals=True), cue("/coil/1", above=0.5)):
        matcher = CueMatcher([spec])
        matcher.learn(signal("/coil/1", False))
        assert matcher.take(signal("/coil/1", True, at=1)) == [External("bell")]
        matcher = CueMatcher([spec])
        matcher.learn(signal("/coil/1", True))
        assert matcher.take(signal("/coil/1", True, at=1)) == []


def test_values_that_are_no_numbers_cross_nothing() -> None:
    assert went_off(cue(above=0.5), 0.0, "high", math.nan, math.inf, b"1", 0.6) == [5]


def test_two_addresses_of_one_pattern_do_not_arm_each_other() -> None:
    matcher = CueMatcher([cue("/1/*", above=0.5)])
    found = [
        matcher.take(signal(f"/1/{i}", v, at=t)) for t, (i, v) in enumerate([(1, 0.0), (2, 0.9), (1, 0.9)])
    ]
    assert found == [[], [], [External("bell")]]


def test_the_cooldown_makes_deaf() -> None:
    spec = cue(cooldown_ns=3 * SECOND)
    assert went_off(spec, *[1.0] * 8) == [0, 3, 6]


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), min_size=1, max_size=300))
def test_a_flood_cannot_flood_the_conductor(rows: list[tuple[int, float]]) -> None:
    """Whatever comes and how fast: one input a cue in each gap, and the intensity ends where its fader does."""
    matcher = CueMatcher([cue(), cue(action=Action("intensity", "wind"))])
    at_ns, seen = 0, {External: [], Operator: []}  # type: ignore[var-annotated]
    for gap_ms, value in rows:
        at_ns += gap_ms * 1_000_000
        for event in matcher.take(Signal("desk", "/go", (value,), at_ns)) + matcher.advance(at_ns):
            seen[type(event)].append((at_ns, event))
    while (due_ns := matcher.next_due_ns()) is not None:
        seen[Operator] += [(due_ns, event) for event in matcher.advance(due_ns)]
    for times in ([at for at, _ in events] for events in seen.values()):
        assert all(b - a >= LEAST_GAP_NS for a, b in pairwise(times))
    assert seen[Operator][-1][1].value == round(1000 * rows[-1][1])


def test_an_intensity_stays_within_its_range_and_is_not_said_twice() -> None:
    matcher = CueMatcher([cue(action=Action("intensity", "wind"))])
    said = [
        matcher.take(signal("/go", value, at=i)) for i, value in enumerate([2.0, 1.5, -1.0, math.nan, 0.5])
    ]
    assert [[event.value for event in events] for events in said] == [[1000], [], [0], [], [500]]  # type: ignore[union-attr]


def test_cues_describe_themselves() -> None:
    start = cue(action=Action("operator", "start"), equals=1)
    assert start_cues([cue(), start]) == (start,)
    assert describe_cue(start) == "desk /go = 1"


RIG = """
inputs: {desk: {source: sample, port: "udp://127.0.0.1:9100"}}
triggers:
  - {input: desk, address: /a, equals: true, do: {operator: hold}}
  - {input: desk, address: /a, equals: 1, do: {external: one}}
  - {input: desk, address: /a, equals: GO, do: {vote: left}, seat: a}
  - {input: desk, address: "/b*", above: 0.5, do: {seek_by: -5s}, cooldown: 1s}
"""


def test_a_rigs_file_becomes_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(load_rig("studio").path.read_text(encoding="utf-8") + RIG, encoding="utf-8")
    cues = load_rig(path).venue.cues
    matcher = CueMatcher(cues)
    assert matcher.take(signal("/a", True)) == [Operator("hold"), External("one")]
    assert matcher.take(signal("/a", "GO")) == [Pick(0, "left", by="vote")]
    values = [(0.0, 0), (0.6, 0.1), (0.0, 0.2), (0.6, 0.3), (0.0, 1.2), (0.6, 1.3)]
    found = [event for value, at in values for event in matcher.take(signal("/bar", value, at=at))]
    assert found == [Operator("seek_by", -5 * FLICKS_PER_SECOND)] * 2
    assert matcher.muted == 1
