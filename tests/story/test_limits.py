"""What once-only options bound, and what they do not."""

import pytest

from engine.story.graph import StoryGraph, build_graph


@pytest.fixture
def found(data) -> StoryGraph:
    return build_graph((data / "limits.ink.json").read_text(encoding="utf-8"))


def test_every_once_only_option_that_certainly_holds_is_a_limit(found: StoryGraph) -> None:
    limits = {
        (limit.path, limit.most): {(edge.source, edge.target, edge.option) for edge in limit.edges}
        for limit in found.limits
    }
    assert limits == {
        ("hall.0.c-0", 1): {("hall", "left", "left")},
        # Offered by a thread, and in a tunnel that two places call: one option, taken once, wherever it leads.
        ("menu.0.c-0", 1): {("right", "hall", "menu")},
        ("ask.0.c-0", 1): {("ask", "right", "yes"), ("ask", "hall", "yes")},
        # One option, two ways: together once.
        ("ways.0.c-1", 1): {("ways", "right", "split"), ("ways", "left", "split")},
        # Two options of one id in two branches, each once: twice in all.
        ("ways.0.6.b.c-0", 2): {("ways", "hall", "same")},
        # A once-only fallback leads on without a word.
        ("spare.0.c-0", 1): {("spare", "spare", "one")},
        ("spare.0.c-1", 1): {("spare", "spent", "")},
    }


def test_an_option_of_the_same_id_that_stays_leaves_the_way_open(found: StoryGraph) -> None:
    assert all(edge.option != "sometimes" for limit in found.limits for edge in limit.edges)
    assert [option.once for option in found.scene("ways").options if option.id == "sometimes"] == [
        True,
        False,
    ]


def test_each_limit_is_of_edges_of_the_graph(found: StoryGraph) -> None:
    assert all(edge in found.edges for limit in found.limits for edge in limit.edges)


def test_a_scene_in_a_tunnel_goes_back_to_each_caller_and_not_on(found: StoryGraph) -> None:
    ways = {(edge.source, edge.target) for edge in found.edges}
    assert {("hall", "ask"), ("asked", "ask"), ("ask", "right"), ("ask", "hall")} <= ways
    assert not {("asked", "hall"), ("asked", "right")} & ways
    assert found.counted()["shared-scene"] == 1


def test_a_target_whose_visits_nobody_counts_gives_no_limit() -> None:
    """By hand: the same story with and without the flag that makes ink count."""
    story = (
        '{"inkVersion": 21, "root": [[{"->": "a"}, null], "done", {"a": [["#", "^scene: a", "/#", "^A.", "\\n", '
        '"ev", "str", "^Go", "#", "^id: go", "/#", "/str", "/ev", {"*": ".^.c-0", "flg": 20}, '
        '{"c-0": ["\\n", {"->": "a"}, FLAGS]}], null]}]}'
    )
    for flags, limits in (('{"#f": 5}', 1), ('{"#f": 1}', 0), ("null", 0)):
        assert len(build_graph(story.replace("FLAGS", flags)).limits) == limits
