"""``# visits: N``: declared beside a scene, kept by every play, said in the log."""

import pytest

from engine.errors import InputError, StoryError
from engine.story import Story
from engine.story.graph import END, build_graph
from engine.story.tags import split_tag


def test_limits_are_read_from_the_tags_beside_a_scene(data) -> None:
    graph = build_graph((data / "visits.ink.json").read_text(encoding="utf-8"))
    assert {node.id: node.visits for node in graph.scenes} == {
        "gate": 2,
        "yard": 1,
        "shed": None,
        "cellar": 1,
    }
    assert graph.problems == ()
    # A play may end wherever a limited scene would be next.
    assert set(graph.endings()) == {"gate", "yard", "shed", "cellar"}
    assert ("shed", END, "") in {(edge.source, edge.target, edge.option) for edge in graph.edges}


def test_nonsense_is_refused_with_its_place(data, load) -> None:
    text = (data / "nonsense.ink.json").read_text(encoding="utf-8")
    said = {problem.message for problem in build_graph(text).problems if problem.code == "visits"}
    assert said == {
        "scene 'a' has '# visits: often'; allowed: a whole number from 1 on",
        "scene 'b' declares several limits of visits: 2 and 3",
        "scene 'c' has '# visits: 0'; allowed: a whole number from 1 on",
        "the visits tag at c.15 stands beside no scene tag, so it limits nothing",
    }
    with pytest.raises(
        InputError, match=r"nonsense\.ink\.json.*'# visits: often'.*'# visits: 0'.*several limits"
    ):
        load("nonsense")


def test_an_option_into_a_full_scene_is_withdrawn(load) -> None:
    story = load("visits")
    assert [option.id for option in story.settle().options] == ["round", "yard", "shed"]
    again = story.choose("round")
    assert [option.id for option in again.options] == ["yard", "shed"]
    assert again.withdrawn == ("round",)
    assert again.said == (
        "option 'round' is withdrawn: scene 'gate' has been visited as often as it may be (2)",
    )
    with pytest.raises(StoryError, match=r"no option 'round' here; offered: 'yard', 'shed'"):
        story.choose("round")
    yard = story.choose("yard")
    assert [option.id for option in yard.options] == ["on"], "the default among the remaining"
    assert [option.is_default for option in yard.options] == [True]


def test_a_divert_into_a_full_scene_ends_the_story(load) -> None:
    story = load("visits")
    story.settle()
    below = story.choose("shed")
    assert [beat.scene for beat in below.beats] == ["shed", "cellar"]
    # Up leads to the shed, which is free, and from there by itself into the cellar, which is full.
    end = story.choose("up")
    assert [beat.scene for beat in end.beats] == ["shed"]
    assert (end.ended, end.over, end.options) == (True, "cellar", ())
    assert end.said == (
        "the story ends here: scene 'cellar' has been visited as often as it may be (1), and it leads there again",
    )


def test_with_no_option_left_the_story_ends() -> None:
    story = Story.load(
        '{"inkVersion": 21, "listDefs": {}, "root": [[{"->": "a"}, null], "done", {"a": [["#", "^scene: a", "/#", "#", '
        '"^visits: 1", "/#", "^A.", "\\n", "ev", "str", "^Go", "#", "^id: go", "/#", "/str", "/ev", {"*": ".^.c-0", "flg": 4}, '
        '{"c-0": ["\\n", {"->": "a"}, {"#f": 5}]}], null]}]}'
    )
    end = story.settle()
    assert (end.ended, end.options, end.withdrawn, end.over) == (True, (), ("go",), "a")
    assert end.said[-1] == "the story ends here: no option is left"


def test_looking_ahead_and_going_back_count_nothing(load) -> None:
    story = load("visits")
    story.settle()
    for _ in range(3):
        assert [beat.scene for beat in story.peek("round").beats] == ["gate"]
    mark = story.snapshot()
    first = story.choose("round")
    story.restore(mark)
    assert story.choose("round") == first
    fresh = load("visits")
    fresh.restore(story.snapshot())
    assert fresh.present() == first
    assert fresh.choose("yard").withdrawn == ("back",)


def test_two_scenes_on_one_line_are_two_beats() -> None:
    """A scene that says nothing and diverts at once: ink puts both tags on the next line that has words."""
    story = Story.load(
        '{"inkVersion": 21, "listDefs": {}, "root": [[{"->": "a"}, null], "done", {"a": ["#", "^scene: a", "/#", {"->": "b"}, null], '
        '"b": ["#", "^scene: b", "/#", "^Words.", "\\n", "end", null]}]}'
    )
    beats = story.settle().beats
    assert [(beat.scene, [line.text for line in beat.lines]) for beat in beats] == [
        ("a", []),
        ("b", ["Words."]),
    ]
    assert [split_tag(tag) for tag in beats[1].lines[0].tags] == [("scene", "a"), ("scene", "b")]
