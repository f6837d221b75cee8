"""The ink adapter: ordered beats, options by id, look-ahead without a trace, faults that name their place."""

import json
import random

import pytest

from engine.errors import InputError, StoryError
from engine.story import Beat, Line, Option, Settled, Story, ink


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stories here are small; the bound on a story that runs in a circle is made so too."""
    monkeypatch.setattr(ink, "MAX_STEPS_PER_SETTLE", 2000)


def scenes(settled: Settled) -> list[str]:
    return [beat.scene for beat in settled.beats]


def line_ids(beat: Beat) -> list[str]:
    return [line.id for line in beat.lines]


def test_settling_gives_lines_and_options_by_id(load) -> None:
    settled = load("hall").settle()
    assert settled.beats == (
        Beat(
            "hall",
            (
                Line("hall_A1", "The lift doors open.", ("title: Demo", "scene: hall", "id: hall_A1")),
                Line("hall_A2", "It hums.", ("id:hall_A2", "speaker: lift")),
            ),
        ),
    )
    assert settled.options == (
        Option("follow", "Follow", ("id: follow",)),
        Option("stay", "Stay", ("id: stay", "default"), is_default=True),
    )
    assert not settled.ended
    assert settled.beats[0].lines[1].tag("speaker") == "lift"
    assert settled.beats[0].lines[1].tag("mood") is None


def test_one_settle_across_several_scenes_keeps_their_order(load) -> None:
    story = load("hall")
    story.settle()
    settled = story.choose("stay")
    assert scenes(settled) == ["stay_cold", "hall"]
    assert line_ids(settled.beats[0]) == ["stay_1"]
    assert line_ids(settled.beats[1]) == ["hall_A1", "hall_A2"]


def test_options_under_a_condition_come_when_it_holds(load) -> None:
    story = load("hall")
    assert [option.id for option in story.settle().options] == ["follow", "stay"]
    assert [option.id for option in story.choose("stay").options] == ["follow", "stay", "shout"]


def test_lines_before_a_scene_belong_to_the_beat_that_follows(load) -> None:
    story = load("hall")
    story.settle()
    story.choose("stay")
    settled = story.choose("shout")
    assert scenes(settled) == ["lift"]
    assert line_ids(settled.beats[0]) == ["shout", "echo_1", "lift_1"]
    assert settled.ended
    assert settled.options == ()


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("id: stay", ("id", "stay")),
        ("id:stay", ("id", "stay")),
        ("note: at 10:30", ("note", "at 10:30")),
        (" default ", ("default", "")),
    ],
)
def test_tags_are_split_at_the_first_colon(tag: str, expected: tuple[str, str]) -> None:
    assert ink.split_tag(tag) == expected


def test_looking_ahead_leaves_no_trace(load) -> None:
    story = load("hall")
    here = story.settle()
    before = story.snapshot()
    assert scenes(story.peek("stay")) == ["stay_cold", "hall"]
    assert scenes(story.peek("follow")) == ["lift"]
    assert story.snapshot() == before
    assert story.present() == here
    assert story.get_variable("lit") == 0


def test_looking_ahead_into_a_fault_leaves_no_trace_either(load) -> None:
    story = load("faults")
    here = story.settle()
    for option in ("run_out", "divide", "recurse", "mirror", "twins", "nameless", "menu"):
        with pytest.raises(StoryError):
            story.peek(option)
    assert story.present() == here
    assert scenes(story.choose("fine")) == ["fine"]


def test_a_snapshot_goes_on_in_another_story_object(load) -> None:
    first = load("hall")
    first.settle()
    settled = first.choose("stay")
    second = load("hall")
    second.restore(first.snapshot())
    assert second.present() == settled
    assert second.get_variable("lit") == 1
    assert second.choose("shout") == first.choose("shout")


def test_a_wrong_snapshot_is_refused(load) -> None:
    story = load("hall")
    with pytest.raises(InputError, match=r"hall\.ink\.json: not a snapshot of this story"):
        story.restore("nothing")
    with pytest.raises(InputError, match=r"schema 'other/1', expected 'sensorama\.story/1'"):
        story.restore(json.dumps({"schema": "other/1"}))


@pytest.mark.parametrize("name", ["hall", "shapes"])
@pytest.mark.parametrize("seed", range(4))
def test_the_same_choices_give_the_same_story_from_any_snapshot(load, name: str, seed: int) -> None:
    rng, story = random.Random(seed), load(name)
    told, marks, taken = [story.settle()], [story.snapshot()], []
    while not told[-1].ended and len(told) < 8:
        taken.append(rng.choice(told[-1].options).id)
        told.append(story.choose(taken[-1]))
        marks.append(story.snapshot())
    for begin, mark in enumerate(marks):
        again = load(name)
        again.restore(mark)
        assert [again.present(), *(again.choose(option) for option in taken[begin:])] == told[begin:]
        assert again.snapshot() == marks[-1]


def test_present_settles_a_fresh_story(load) -> None:
    story = load("hall")
    assert story.present() is story.present()
    assert scenes(story.present()) == ["hall"]


def test_variables(load) -> None:
    story = load("hall")
    assert story.variables() == ("lit", "name", "mood")
    assert (story.get_variable("lit"), story.get_variable("name"), story.get_variable("mood")) == (
        0,
        "Ada",
        "merry",
    )
    story.set_variable("lit", 3)
    assert story.get_variable("lit") == 3
    assert [option.id for option in story.settle().options] == ["follow", "stay", "shout"]
    for use in (lambda: story.get_variable("lamp"), lambda: story.set_variable("lamp", 1)):
        with pytest.raises(StoryError, match="declares no variable 'lamp'; there are 'lit', 'name', 'mood'"):
            use()


def test_knots(load) -> None:
    assert load("hall").knots() == ("hall", "lift")


def test_jumping_to_a_scene(load) -> None:
    story = load("shapes")
    story.jump("garden")
    assert scenes(story.settle()) == ["garden"]
    story.jump("attic")
    assert scenes(story.settle()) == ["attic"]
    with pytest.raises(InputError, match="no scene 'cellar' begins a knot; allowed: 'opening', 'pier'"):
        story.jump("cellar")


def test_an_unknown_option_lists_those_on_offer(load) -> None:
    story = load("hall")
    with pytest.raises(StoryError, match="no option 'run' here; offered: 'follow', 'stay'"):
        story.choose("run")
    story.choose("follow")
    with pytest.raises(StoryError, match="offered: none, the story has ended"):
        story.choose("stay")


@pytest.mark.parametrize(
    ("option", "says", "path"),
    [
        ("run_out", "ran out of content", "hub"),
        ("divide", "divides by zero", "hub"),
        ("recurse", "runs in a circle: 2000 steps without a choice or an end", "endless"),
        ("mirror", "calls itself without end; check for a divert that passes a 'ref'", "mirror"),
        ("menu", "offers 'right_after' without a scene to show them in", "menu"),
        ("twins", "two options share the id 'door'", "twins"),
        ("nameless", "option 'Left' has no id; write: Left # id: a_name", "nameless"),
    ],
)
def test_faults_of_the_story_say_what_and_where(load, option: str, says: str, path: str) -> None:
    story = load("faults")
    story.settle()
    with pytest.raises(StoryError, match=says) as caught:
        story.choose(option)
    assert caught.value.ink_path.startswith(path)
    assert "onError" not in str(caught.value)
    assert "RUNTIME" not in str(caught.value)


def test_a_story_that_runs_in_a_circle_is_stopped(load) -> None:
    story = load("faults")
    story.settle()
    with pytest.raises(StoryError, match="runs in a circle: 2000 steps without a choice or an end"):
        story.peek("circle")
    assert scenes(story.choose("fine")) == ["fine"]


def test_after_a_fault_a_snapshot_brings_the_story_back(load) -> None:
    story = load("faults")
    story.settle()
    mark = story.snapshot()
    with pytest.raises(StoryError):
        story.choose("divide")
    story.restore(mark)
    assert scenes(story.choose("fine")) == ["fine"]


def test_random_numbers_follow_the_seed(load) -> None:
    def rolled(seed: int) -> str:
        return load("dice", seed=seed).settle().beats[0].lines[0].text

    assert rolled(1) == rolled(1)
    assert len({rolled(seed) for seed in range(5)}) > 1


def test_an_external_is_called_once_though_the_runtime_reads_ahead(load) -> None:
    calls: list[str] = []

    class Weather:
        def at(self, place: str) -> int:  # a bound method: the runtime's own binding miscounts its arguments
            calls.append(place)
            return 7

    story = load("external")
    story.bind("weather", Weather().at)
    settled = story.settle()
    assert [line.text for line in settled.beats[0].lines] == ["First.", "Rain 7."]
    assert calls == ["street"]


def test_an_external_without_a_body_is_named(load) -> None:
    with pytest.raises(StoryError, match="weather"):
        load("external").settle()


def test_an_exception_in_an_external_is_a_fault_of_the_story(load) -> None:
    def broken(_: str) -> int:
        raise KeyError("no sensor")

    story = load("external")
    story.bind("weather", broken)
    with pytest.raises(StoryError, match="no sensor"):
        story.settle()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not compiled ink: .* at line 1"),
        ("[]", "has no inkVersion"),
        ('{"inkVersion": 17, "root": []}', "version 17, this engine reads 18 to 21; compile the story again"),
        ('{"inkVersion": 22, "root": []}', "version 22"),
        ('{"inkVersion": 21}', "without a root"),
        ('{"inkVersion": 21, "root": [{"bogus": 1}, null]}', "cannot be read"),
    ],
)
def test_what_is_not_compiled_ink_is_bad_input(text: str, says: str) -> None:
    with pytest.raises(InputError, match=f"(?s)broken.json: .*{says}"):
        Story.load(text, "broken.json")


def test_a_byte_order_mark_does_no_harm(data) -> None:
    text = (data / "hall.ink.json").read_text(encoding="utf-8")
    assert scenes(Story.load("\ufeff" + text).settle()) == ["hall"]
