"""The conductor on a manual clock: beats, windows, holds, seeks, ends; and that late calls change nothing."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.show.conduct.conductor import LEAD_NS, Conductor
from engine.show.conduct.inputs import Input, Look, Operator, Pick, Touch
from engine.time import LocalBlock, TransportWriter
from engine.timeline.bars import BarGrid
from tests.show.fakes import (
    S_FL,
    FakeStory,
    make_action,
    make_package,
    make_scene,
    make_trigger,
    make_window,
    seconds_ns,
)

KNOTS = {
    "start": (["lock", "market"], {"flute": "tea", "drum": "tower"}, "flute"),
    "tea": (["tea"], {}, None),
    "tower": (["tower"], {}, None),
}


def conduct(
    window: Any = None,
    *,
    knots: dict[str, Any] | None = None,
    triggers: tuple[Any, ...] = (),
    reactions: tuple[Any, ...] = (),
    speed: Fraction = Fraction(1),
    bars: BarGrid | None = None,
    **options: Any,
) -> tuple[Conductor, TransportWriter, list[tuple[str, int, dict[str, Any]]]]:
    package = make_package(
        make_scene("lock", 0, seconds=5),
        make_scene("market", 1, window=window, triggers=triggers, reactions=reactions, minimum=6, bars=bars),
        make_scene("tea", 2, seconds=4),
        make_scene("tower", 3, seconds=4),
    )
    log: list[tuple[str, int, dict[str, Any]]] = []
    writer = TransportWriter(LocalBlock())
    conductor = Conductor(
        package=package,
        story=FakeStory(knots or KNOTS),
        writer=writer,
        speed=speed,
        record=lambda kind, now_ns, /, **fields: log.append((kind, now_ns, fields)),
        **options,
    )
    conductor.start(0, from_ns=0)
    return conductor, writer, log


def run(conductor: Conductor, inputs: list[tuple[float, Input]] = (), until: float = 200) -> None:  # type: ignore[assignment]
    for at, event in inputs:
        conductor.handle(event, seconds_ns(at))
    conductor.advance(seconds_ns(until))


def scenes_of(conductor: Conductor) -> list[tuple[str, float]]:
    return [(scene, at_ns / 1e9) for scene, at_ns in conductor.beats]


def test_beats_follow_each_other_and_the_default_is_taken_when_nobody_chooses() -> None:
    conductor, _, _ = conduct(make_window())
    run(conductor)
    assert scenes_of(conductor) == [("lock", 0), ("market", 5), ("tea", 13)]
    assert conductor.ended is not None and (conductor.ended.how, conductor.ended.scene) == ("ending", "tea")
    assert conductor.ended.at_ns == seconds_ns(17)


def test_a_dwell_becomes_a_vote_at_its_exact_instant() -> None:
    conductor, _, log = conduct(make_window())
    run(conductor, [(9.0, Look(0, "option:drum"))])
    assert [scene for scene, _ in scenes_of(conductor)] == ["lock", "market", "tower"]
    votes = [(at_ns, fields) for kind, at_ns, fields in log if kind == "vote"]
    assert votes == [(seconds_ns(10.0), {"guest": 0, "option": "drum"})]


def test_a_look_that_began_before_the_window_counts_from_its_opening() -> None:
    conductor, _, log = conduct(make_window())
    run(conductor, [(5.5, Look(0, "option:drum"))])
    assert [at_ns for kind, at_ns, _ in log if kind == "vote"] == [seconds_ns(5 + 3 + 1)]


def test_a_look_away_in_time_is_no_vote() -> None:
    conductor, _, _ = conduct(make_window())
    run(conductor, [(9.0, Look(0, "option:drum")), (9.9, Look(0, None))])
    assert scenes_of(conductor)[-1][0] == "tea"


@pytest.mark.parametrize("at", [7.9, 11.0, 12.5])
def test_votes_outside_the_open_window_change_nothing(at: float) -> None:
    conductor, _, _ = conduct(make_window())
    run(conductor, [(at, Pick(0, "drum"))])
    assert scenes_of(conductor)[-1] == ("tea", 13)


def test_every_segment_is_published_before_it_takes_force() -> None:
    conductor, _, log = conduct(make_window())
    run(conductor, [(9.0, Pick(0, "drum"))])
    for kind, at_ns, fields in log:
        if kind == "segment" and fields["index"] > 0:
            assert fields["from_ns"] > at_ns


@pytest.mark.parametrize("event", [Operator("hold"), Operator("seek_by", -S_FL), Touch(0, "drum")])
def test_what_people_do_takes_force_ahead_of_now(event: Input) -> None:
    """A follower must read a hold, a seek or a reaction before it holds, or it could only jump."""
    strike = make_trigger("drum", "touch", target=1, do=make_action(0))
    conductor, writer, _ = conduct(make_window(), triggers=(strike,), reactions=(SimpleNamespace(id="ring"),))
    run(conductor, until=6.0)
    known = len(writer.transport.segments)
    conductor.handle(event, seconds_ns(7.0))
    made = [*writer.transport.segments[known:], *writer.transport.reactions]
    assert made and all(row.from_ns >= seconds_ns(7.0) + 10_000_000 for row in made)


def test_leaving_early_keeps_the_minimum_and_the_lead() -> None:
    conductor, _, _ = conduct(make_window(leave="early"))
    run(conductor, [(8.1, Pick(0, "drum"))])
    assert scenes_of(conductor)[-1] == ("tower", 5 + 6)  # market's minimum
    conductor, _, _ = conduct(make_window(leave="early"))
    run(conductor, [(10.0, Pick(0, "drum"))])
    assert scenes_of(conductor)[-1] == ("tower", 5 + 5 + 2)  # decision plus the window's own lead


@pytest.mark.parametrize(
    ("bar_s", "speed", "left_s"),
    [(1.5, 1, 7.5), (7.0, 1, 7.0), (5.0, 1, 8.0), (1.5, 2, 7.5)],
    ids=["next bar", "on a bar", "no bar before the commit", "fast"],
)
def test_music_waits_for_its_bar_and_never_beyond_the_commit(bar_s: float, speed: int, left_s: float) -> None:
    bars = BarGrid(Fraction(bar_s) * S_FL)
    conductor, writer, _ = conduct(make_window(leave="early"), bars=bars, speed=Fraction(speed))
    # Decided at scene second 5 (of market, which begins at show second 5): it would leave 2 s later, at 7.
    run(conductor, [(10.0 / speed, Pick(0, "drum"))])
    scene, at_s = scenes_of(conductor)[-1]
    assert (scene, at_s) == ("tower", (5 + left_s) / speed)
    before, after = writer.transport.segments[1:3]
    assert (after.from_ns - before.from_ns) * speed == seconds_ns(left_s)


def test_a_held_show_leaves_at_the_same_bar() -> None:
    conductor, _, _ = conduct(make_window(leave="early"), bars=BarGrid(Fraction(3, 2) * S_FL))
    run(conductor, [(10.0, Pick(0, "drum")), (11.0, Operator("hold")), (14.0, Operator("resume"))])
    assert scenes_of(conductor)[-1] == ("tower", pytest.approx(5 + 7.5 + 3.0))


def test_a_hold_loop_goes_round_until_somebody_decides() -> None:
    conductor, _writer, log = conduct(make_window(hold=(3, 6, 2)))
    run(conductor, [(5 + 6 + 1.5, Pick(0, "drum"))])
    laps = [fields for kind, _, fields in log if kind == "window" and fields["state"] == "lap"]
    assert [lap["lap"] for lap in laps] == [1]
    assert scenes_of(conductor)[-1] == ("tower", 5 + 8 + 3)


def test_a_hold_loop_is_bounded() -> None:
    conductor, _, log = conduct(make_window(hold=(3, 6, 2)))
    run(conductor)
    assert sum(1 for kind, _, fields in log if kind == "window" and fields["state"] == "lap") == 2
    assert scenes_of(conductor)[-1] == ("tea", 5 + 8 + 6)
    assert conductor.ended is not None and conductor.ended.how == "ending"


def test_hold_and_resume_move_everything_by_the_time_held() -> None:
    conductor, _writer, _ = conduct(make_window())
    run(
        conductor,
        [
            (2.0, Operator("hold")),
            (7.0, Operator("resume")),
            (12.0, Operator("toggle_hold")),
            (15.0, Operator("toggle_hold")),
        ],
    )
    assert scenes_of(conductor) == [("lock", 0), ("market", 10), ("tea", 21)]


def test_a_hold_just_before_a_commit_holds_the_scene_that_begins() -> None:
    conductor, writer, _ = conduct(make_window())
    run(conductor, [(5.0 - LEAD_NS / 2e9, Operator("hold")), (9.0, Operator("resume"))])
    moment = writer.transport.at(seconds_ns(8))
    assert (moment.scene, moment.rate) == (1, 0)
    assert scenes_of(conductor)[:2] == [("lock", 0), ("market", 5)]
    assert scenes_of(conductor)[-1][0] == "tea"


def test_scrubbing_back_over_the_close_reopens_the_decision() -> None:
    conductor, _, log = conduct(make_window())
    run(conductor, [(9.0, Pick(0, "drum")), (11.5, Operator("seek_by", -3 * S_FL)), (12.0, Pick(0, "flute"))])
    assert scenes_of(conductor)[-1][0] == "tea"
    assert any(fields.get("state") == "reopened" for kind, _, fields in log if kind == "window")
    assert [choice[1] for choice in conductor.choices] == ["flute"]


def test_scrubbing_never_jumps_over_an_open_decision() -> None:
    conductor, writer, _ = conduct(make_window())
    run(conductor, [(6.0, Operator("seek_by", 100 * S_FL))], until=6.1)
    assert writer.transport.at(seconds_ns(6.1)).scene == 1
    run(conductor, until=100)
    assert scenes_of(conductor)[-1][0] == "tea"


def test_stop_latches_and_ends() -> None:
    conductor, writer, log = conduct(make_window())
    run(conductor, [(2.0, Operator("stop")), (3.0, Pick(0, "drum"))])
    assert conductor.ended is not None and conductor.ended.how == "stopped"
    assert writer.transport.controls_at(seconds_ns(2.1)).stopped
    assert writer.transport.at(seconds_ns(60)).rate == 0
    assert log[-1][0] == "end"


def test_a_broken_story_ends_in_an_orderly_way_with_its_path() -> None:
    conductor, writer, _log = conduct(make_window(), knots={**KNOTS, "tea": (["boom"], {}, None)})
    run(conductor, [(9.0, Look(0, None))])
    assert conductor.ended is not None and conductor.ended.how == "failed"
    assert "tea.0.7" in conductor.ended.reason
    assert writer.transport.at(conductor.ended.at_ns + LEAD_NS).scene == -1


def test_a_story_that_asks_for_an_unknown_scene_fails_before_it_is_played() -> None:
    conductor, _, _ = conduct(make_window(), knots={**KNOTS, "tower": (["nowhere"], {}, None)})
    run(conductor, [(9.0, Pick(0, "drum"))])
    assert (
        conductor.ended is not None
        and conductor.ended.how == "failed"
        and "nowhere" in conductor.ended.reason
    )


def test_candidates_are_published_when_the_choice_is_shown() -> None:
    conductor, writer, _ = conduct(make_window())
    conductor.advance(seconds_ns(7.0))
    assert writer.transport.candidates == (2, 3)
    conductor.handle(Pick(0, "drum"), seconds_ns(9.0))
    assert writer.transport.candidates == (3,)


def test_a_gaze_trigger_starts_a_reaction_once_a_look() -> None:
    bell = make_trigger("bell", "gaze", target=0, do=make_action(0, rung=1))
    conductor, writer, log = conduct(make_window(), triggers=(bell,), reactions=(SimpleNamespace(id="ring"),))
    run(conductor, [(6.0, Look(0, "target:bell")), (10.0, Look(0, None)), (10.5, Look(0, "target:bell"))])
    fired = [at_ns for kind, at_ns, _ in log if kind == "reaction"]
    assert fired == [seconds_ns(7.0), seconds_ns(11.5)]
    assert [row.from_ns for row in writer.transport.reactions] == [at_ns + LEAD_NS for at_ns in fired]


def test_a_cooldown_bounds_a_trigger() -> None:
    once = make_trigger("a", "touch", target=1, cooldown_fl=1000 * S_FL, do=make_action(0))
    cool = make_trigger("b", "touch", target=2, cooldown_fl=2 * S_FL, do=make_action(0))
    conductor, _, log = conduct(make_window(), triggers=(once, cool), reactions=(SimpleNamespace(id="ring"),))
    run(
        conductor,
        [
            (6, Touch(0, "drum")),
            (7, Touch(0, "drum")),
            (8, Touch(0, "gong")),
            (9, Touch(0, "gong")),
            (10.1, Touch(0, "gong")),
        ],
    )
    assert [fields["trigger"] for kind, _, fields in log if kind == "trigger"] == ["a", "b", "b"]


def test_speed_stretches_host_time_only() -> None:
    conductor, _, _ = conduct(make_window(), speed=Fraction(4))
    run(conductor)
    assert scenes_of(conductor) == [("lock", 0), ("market", 1.25), ("tea", 3.25)]


INPUTS = st.sampled_from(
    [
        Look(0, "option:drum"),
        Look(0, "option:flute"),
        Look(0, None),
        Pick(0, "drum"),
        Pick(0, "flute"),
        Operator("toggle_hold"),
        Operator("seek_by", -2 * S_FL),
        Operator("seek_by", 3 * S_FL),
        Look(0, "target:bell"),
        Operator("hold"),
        Operator("resume"),
    ]
)


@given(
    st.lists(st.tuples(st.integers(0, 30_000), INPUTS), max_size=12),
    st.lists(st.integers(0, 40_000), max_size=20),
)
def test_when_it_is_called_does_not_matter_only_what_it_is_told(
    events: list[tuple[int, Input]], wakes: list[int]
) -> None:
    """A late or often woken conductor publishes the same rows: the basis of replay."""
    events = sorted(events, key=lambda event: event[0])
    bell = make_trigger("bell", "gaze", target=0, do=make_action(0))

    def play(wake_ms: list[int]) -> list[tuple[str, int, dict[str, Any]]]:
        conductor, _, log = conduct(
            make_window(hold=(3, 6, 2)), triggers=(bell,), reactions=(SimpleNamespace(id="ring"),)
        )
        pending = sorted(wake_ms)
        for at_ms, event in events:
            while pending and pending[0] <= at_ms:
                conductor.advance(pending.pop(0) * 1_000_000)
            conductor.handle(event, at_ms * 1_000_000)
        conductor.advance(seconds_ns(300))
        return log

    assert play([]) == play(wakes)


@given(st.lists(st.tuples(st.integers(0, 60_000), INPUTS), max_size=16))
def test_no_sequence_of_inputs_makes_it_hang(events: list[tuple[int, Input]]) -> None:
    conductor, _, _ = conduct(make_window(hold=(3, 6, 2)))
    for at_ms, event in sorted(events, key=lambda event: event[0]):
        conductor.handle(event, at_ms * 1_000_000)
    conductor.handle(Operator("resume"), seconds_ns(61))
    conductor.advance(seconds_ns(400))
    assert conductor.ended is not None and conductor.ended.how == "ending"
