"""Loops without a limit: found, each once, and only those."""

import random
from itertools import pairwise

import pytest

from engine.story.graph import START, Edge, Limit, SceneNode, StoryGraph, build_graph
from engine.story.loops import endless_loops, with_loop_warnings


def drawn(ways: str, *, visits: str = "", once: str = "") -> StoryGraph:
    """A graph from ``"ab bc"``; scenes with a limit; ways that need a once-only option."""
    names = sorted(set(ways) - {" "})
    edges = [
        Edge(START, names[0]),
        *(Edge(source, target, source + target) for source, target in ways.split()),
    ]
    limits = tuple(Limit((edge,), 1, "x") for edge in edges if edge.option in once.split())
    nodes = tuple(SceneNode(name, name, (), 2 if name in visits else None) for name in names)
    return StoryGraph(nodes, tuple(edges), (), limits)


@pytest.mark.parametrize(
    ("ways", "visits", "once", "loops"),
    [
        ("ab bc", "", "", []),
        ("ab ba", "", "", ["ab"]),
        ("ab ba", "b", "", []),
        ("ab ba", "", "ba", []),
        ("ab bb bc ca", "", "", ["abc", "b"]),
        ("ab bc cb ca", "", "", ["abc", "bc"]),
        ("ab bc cb ca", "", "ca", ["bc"]),
        ("ab cd dc", "", "", []),
        ("ab ba bc cd dc", "a", "", ["cd"]),
    ],
)
def test_loops_by_name(ways: str, visits: str, once: str, loops: list[str]) -> None:
    found = endless_loops(drawn(ways, visits=visits, once=once))
    assert sorted("".join(loop) for loop in found) == loops


@pytest.mark.parametrize("seed", range(30))
def test_taking_one_way_of_each_loop_out_again_and_again_ends_them_all(seed: int) -> None:
    """Every loop that is named is one, and where none is named an order of the scenes exists."""
    draw = random.Random(seed)
    names = "abcdefg"
    ways = {f"{draw.choice(names)}{draw.choice(names)}" for _ in range(12)} | {"ab"}
    for _ in range(len(ways) + 1):
        graph = drawn(" ".join(sorted(ways)))
        found = endless_loops(graph)
        assert len(set(map(frozenset, found))) <= len(found) == len(set(found))
        for loop in found:
            assert all(source + target in ways for source, target in pairwise((*loop, loop[0])))
        if not found:
            break
        ways.discard(found[0][-1] + found[0][0])
    left = {way for way in ways if way[0] in graph.reachable()}
    while left:
        ends = {way for way in left if not any(other[0] == way[1] for other in left)}
        assert ends, f"a loop is left in {left}"
        left -= ends


def test_a_loop_is_a_warning_that_names_its_scenes(data) -> None:
    graph = build_graph((data / "hall.ink.json").read_text(encoding="utf-8"))
    assert [str(problem) for problem in with_loop_warnings(graph, "story.ink").problems] == [
        "story.ink: warning: loop of scene 'hall' (hall -> stay_cold -> hall) has no limit; a certificate will refuse it. "
        "give one of its scenes '# visits: N', or make an option in it once-only ('*')"
    ]
    assert graph.problems == ()


@pytest.mark.parametrize("name", ["first_light", "lantern_street"])
def test_the_shipped_stories_end(name: str, request: pytest.FixtureRequest) -> None:
    path = request.config.rootpath / "experiences" / name / "story.ink.json"
    assert endless_loops(build_graph(path.read_text(encoding="utf-8"))) == ()
