"""The static graph: every way that a play can take is in it, and the walk agrees with plays."""

import random

import pytest

from engine.errors import InputError, StoryError
from engine.story.graph import END, START, Edge, StoryGraph, build_graph


@pytest.fixture
def graph(data):
    def build(name: str) -> StoryGraph:
        return build_graph((data / f"{name}.ink.json").read_text(encoding="utf-8"), f"{name}.ink.json")

    return build


def test_scenes_options_and_edges_of_a_small_story(graph) -> None:
    found = graph("hall")
    assert [node.id for node in found.scenes] == ["hall", "stay_cold", "lift"]
    assert [
        (option.id, option.text, option.is_default, option.conditional)
        for option in found.scene("hall").options
    ] == [
        ("follow", "Follow", False, False),
        ("stay", "Stay", True, False),
        ("shout", "Shout aloud", False, True),
    ]
    assert set(found.edges) == {
        Edge(START, "hall"),
        Edge("hall", "lift", "follow"),
        Edge("hall", "stay_cold", "stay", is_default=True),
        Edge("hall", "lift", "shout", conditional=True),
        Edge("stay_cold", "hall"),
        Edge("lift", END),
    }
    assert found.problems == ()
    assert found.endings() == ("lift",)


def test_every_shape_of_flow_is_followed(graph) -> None:
    """Conditions, a computed divert, a tunnel, stitches, nested choices, a gather, a thread, a fallback."""
    ways = {(edge.source, edge.target, edge.option) for edge in graph("shapes").edges}
    assert ways == {
        (START, "opening", ""),
        ("opening", "lake", ""),
        ("opening", "pier", ""),
        ("pier", "lake", "tunnel"),
        ("pier", "attic", "stitch"),
        ("pier", "nest", "nest"),
        ("nest", "garden", "deeper"),
        ("nest", END, "out"),
        ("house", "attic", ""),
        ("attic", END, ""),
        ("lake", END, "row"),
        ("lake", "garden", "wave"),
        ("garden", END, "smell"),
        ("garden", END, "look"),
        ("garden", "lost", ""),
        ("lost", END, ""),
        ("nowhere", END, ""),
    }


def test_scenes_that_no_way_leads_to(graph) -> None:
    found = graph("shapes")
    assert {node.id for node in found.scenes} - found.reachable() == {"house", "nowhere"}
    unreachable = [problem for problem in found.problems if problem.code == "unreachable"]
    assert [problem.message for problem in unreachable] == [
        "no way leads to scene 'house' (house.2)",
        "no way leads to scene 'nowhere' (nowhere.2)",
    ]
    assert all(problem.severity == "error" for problem in unreachable)


def test_a_fallback_makes_options_under_conditions_safe(graph) -> None:
    assert [problem.code for problem in graph("shapes").problems] == [
        "computed-divert",
        "unreachable",
        "no-default",
        "unreachable",
    ]


def test_what_is_read_conservatively_is_named_and_counted(graph) -> None:
    found = graph("shapes")
    assert found.counted() == {"computed-divert": 1, "condition": 1, "conditional-option": 3}
    assert [problem.message for problem in found.problems if problem.code == "computed-divert"] == [
        "computed divert at pier.0.c-0.1: may go to any of 1 targets"
    ]


def test_mistakes_of_form_are_all_found(graph) -> None:
    found = {(problem.code, problem.severity): problem.message for problem in graph("faults").problems}
    assert found == {
        ("option-without-scene", "warning"): (
            "option 'right_after' may be offered right after 'menu', without a scene in between"
        ),
        ("dead-end", "warning"): "after scene 'out' the story may run out of content (in 'hub.0.c-0')",
        ("option-id", "warning"): "scene 'twins' may offer two options with the id 'door'",
        ("option-id", "error"): "option 'Left' after scene 'nameless' has no id",
        ("no-default", "error"): "the choice after scene 'twins' has no default (door, door)",
    }


def test_what_an_earlier_scene_or_a_thread_left_behind_is_offered_where_the_turn_stops(graph) -> None:
    """Options of threads, a scene in a thread, options that may not be there at the end, tunnels that go elsewhere."""
    found = graph("turns")
    assert {node.id: {option.id for option in node.options} for node in found.scenes if node.options} == {
        "stairs": {"listen", "climb", "rest"},
        "silence": {"answer", "back"},
    }
    assert {(edge.source, edge.target, edge.option) for edge in found.edges} == {
        (START, "porch", ""),
        ("porch", "stairs", ""),
        ("stairs", END, ""),
        ("stairs", "stairs", "listen"),
        ("stairs", "hatch", "rest"),
        ("stairs", "loft", "climb"),
        ("hatch", "voices", ""),
        ("voices", "silence", ""),
        ("silence", "loft", "answer"),
        ("silence", "stairs", "back"),
        ("silence", "loft", "back"),
        ("loft", "visit", ""),
        ("visit", "porch", ""),
        ("visit", "visit", ""),
        ("visit", "stairs", ""),
    }
    assert [(limit.path, limit.most) for limit in found.limits] == [("resting.0.c-0", 1)]


def test_a_call_that_opens_itself_may_return_to_any_caller() -> None:
    found = build_graph(
        '{"inkVersion": 21, "root": [[{"->": "a"}, null], "done", {"a": ["#", "^scene: a", "/#", "^A.", "\\n", {"->t->": "t"}, '
        '"#", "^scene: b", "/#", "^B.", "\\n", "end", null], "t": ["#", "^scene: t", "/#", "^T.", "\\n", "ev", {"VAR?": "x"}, "/ev", '
        '{"->": ".^.on", "c": true}, "ev", "void", "/ev", "->->", {"on": [{"->t->": "t"}, "ev", "void", "/ev", "->->", null]}], '
        '"c": ["#", "^scene: c", "/#", "^C.", "\\n", {"->t->": "t"}, "#", "^scene: d", "/#", "^D.", "\\n", "end", null]}]}'
    )
    ways = {(edge.source, edge.target) for edge in found.edges}
    assert {("a", "t"), ("t", "t"), ("t", "b")} <= ways
    assert found.counted()["recursion"] == 1
    said = [problem.message for problem in found.problems if problem.code == "recursion"]
    assert said == ["the call at t.on.0 opens itself again: it may return to any place that calls"]


def test_a_computed_scene_may_be_any_and_is_an_error() -> None:
    found = build_graph(
        '{"inkVersion": 21, "root": [[{"->": "a"}, null], "done", {"a": ["#", "^scene: a", "/#", "^A.", "\\n", "#", "^scene: ", '
        '"ev", {"VAR?": "x"}, "out", "/ev", "/#", "^B.", "\\n", "end", null], "z": ["#", "^scene: z", "/#", "^Z.", "\\n", "end", null]}]}'
    )
    assert {(edge.source, edge.target) for edge in found.edges} >= {
        ("a", "a"),
        ("a", "z"),
        ("z", END),
        ("a", END),
    }
    assert [problem.code for problem in found.problems] == ["computed-scene"]
    assert found.problems[0].severity == "error"


def test_a_path_that_leads_nowhere_is_said() -> None:
    found = build_graph(
        '{"inkVersion": 21, "root": [[{"->": "a"}, null], "done", {"a": ["#", "^scene: a", "/#", "^A.", "\\n", {"->": "gone"}, null]}]}'
    )
    assert [problem.message for problem in found.problems if problem.code == "lost-divert"] == [
        "what stands at a.5 leads to 'gone', which does not exist"
    ]


@pytest.mark.parametrize("name", ["hall", "shapes", "turns", "visits", "limits"])
@pytest.mark.parametrize("seed", range(6))
def test_every_play_stays_on_the_graph(graph, load, name: str, seed: int) -> None:
    """The law that makes the graph worth having: a play never takes a way that is not drawn."""
    ways = {(edge.source, edge.target, edge.option) for edge in graph(name).edges}
    rng = random.Random(seed)
    story = load(name)
    settled, here, option = story.settle(), START, ""
    for _ in range(12):
        for beat in settled.beats:
            assert (here, beat.scene, option) in ways
            here, option = beat.scene, ""
        if settled.ended:
            assert (here, END, option) in ways
            break
        option = rng.choice(settled.options).id
        try:
            settled = story.choose(option)
        except StoryError:
            pytest.fail(f"{name}: option {option} after {here} fails")


def test_what_is_not_compiled_ink_is_refused() -> None:
    with pytest.raises(InputError, match=r"x\.json: not compiled ink"):
        build_graph("{", "x.json")


def test_a_story_without_scenes_is_said() -> None:
    found = build_graph(
        '{"inkVersion": 21, "root": [["^Hello.", "\\n", "end", null], "done", null]}', "x.json"
    )
    assert [problem.code for problem in found.problems] == ["no-scene"]
    with pytest.raises(KeyError):
        found.scene("hall")
