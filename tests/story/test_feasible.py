"""Paths of the graph against the story itself."""

import random

import pytest

from engine.story.feasible import Feasible, NearPlay, PathStep, feasible, nearby, steps_of
from engine.story.graph import END, START, Edge, build_graph


@pytest.fixture
def text(data):
    def read(name: str) -> str:
        return (data / f"{name}.ink.json").read_text(encoding="utf-8")

    return read


def path(written: str) -> list[PathStep]:
    """``"hall/stay stay_cold hall"``: scenes, each with the option by which it is left; ``.`` for the end."""
    pairs = [step.partition("/") for step in written.split()]
    return [PathStep(END if scene == "." else scene, option) for scene, _, option in pairs]


@pytest.mark.parametrize(
    "written",
    ["hall", "hall/stay stay_cold hall", "hall/follow lift .", "hall/stay stay_cold hall/shout lift .", ""],
)
def test_what_can_be_played_is(text, written: str) -> None:
    found = feasible(text("hall"), path(written))
    assert (found.played, found.reason, found.certain) == (True, "", True)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "hall/shout lift",
            Feasible(False, 0, "hall", ("follow", "stay"), "'shout' is not offered; offered: follow, stay"),
        ),
        (
            "hall lift",
            Feasible(
                False, 0, "hall", ("follow", "stay"), "the story waits for a choice; offered: follow, stay"
            ),
        ),
        (
            "hall/stay stay_cold/follow lift",
            Feasible(False, 1, "stay_cold", (), "'follow' is not offered; offered: nothing"),
        ),
        (
            "hall/follow hall",
            Feasible(False, 1, "lift", (), "the story comes to 'lift', where the path has 'hall'"),
        ),
        ("hall/follow lift hall", Feasible(False, 2, END, (), "the story ends, where the path has 'hall'")),
        ("hall/follow .", Feasible(False, 1, "lift", (), "the story comes to 'lift', where the path ends")),
    ],
)
def test_where_a_path_breaks_off_is_told(text, written: str, expected: Feasible) -> None:
    assert feasible(text("hall"), path(written)) == expected


def test_a_fault_on_the_way_is_told(text) -> None:
    found = feasible(text("faults"), path("hub/divide out"))
    assert (found.played, found.step, found.scene) == (False, 0, "hub")
    assert "divides by zero" in found.reason


def test_variables_that_guests_set_open_ways(text) -> None:
    written = path("hall/shout lift .")
    assert not feasible(text("hall"), written).played
    found = feasible(text("hall"), written, settings={"hall": [("lit", 1), ("nobody", 2)]})
    assert (found.played, found.settings) == (False, ()), "the options stand when the scene begins"
    late = path("hall/stay stay_cold hall/shout lift .")
    assert feasible(text("hall"), late, settings={"hall": [("lit", -1)]}).played
    # opening -> lake needs the variable before the first line: nobody can set it in time.
    lake = feasible(text("shapes"), path("opening lake/row ."), settings={"opening": [("known", True)]})
    assert not lake.played
    stitch = path("pier/tunnel lake/wave garden/smell .")
    assert not feasible(text("shapes"), [PathStep("opening"), *stitch]).played
    found = feasible(text("shapes"), [PathStep("opening"), *stitch], settings={"lake": [("known", True)]})
    assert (found.played, found.settings) == (True, ((2, "known", True),))


def test_a_budget_that_ends_the_search_is_told(text) -> None:
    found = feasible(text("hall"), path("hall/stay stay_cold hall/stay stay_cold hall/follow lift"), budget=1)
    assert (found.played, found.certain) == (False, False)


def test_limits_of_visits_are_kept(text) -> None:
    assert feasible(text("visits"), path("gate/round gate/shed shed cellar/up shed .")).played
    found = feasible(text("visits"), path("gate/round gate/round gate"))
    assert (found.step, found.offered) == (1, ("yard", "shed"))


def test_steps_of_edges() -> None:
    edges = [Edge(START, "a"), Edge("a", "b", "go"), Edge("b", END)]
    assert steps_of(edges) == (PathStep("a", "go"), PathStep("b", ""), PathStep(END, ""))
    with pytest.raises(ValueError, match="edge 1 leads from 'c', the path is at 'a'"):
        steps_of([Edge(START, "a"), Edge("c", "b")])


def test_the_play_that_is_found_is_the_heaviest_of_a_small_story(text) -> None:
    """The visits story is small: every play of it is tried here, and none weighs more."""
    weights = {"gate": 2.0, "yard": 1.0, "shed": 3.0, "cellar": 0.5}
    best = 0.0
    waiting = [[PathStep("gate")]]
    ways = build_graph(text("visits")).edges
    while waiting:
        tried = waiting.pop()
        if not feasible(text("visits"), tried).played:
            continue
        best = max(best, sum(weights.get(step.scene, 0.0) for step in tried))
        last = tried[-1]
        for edge in ways:
            if edge.source == last.scene and edge.target != END:
                waiting.append([*tried[:-1], PathStep(last.scene, edge.option), PathStep(edge.target)])
    found = nearby(text("visits"), weights, budget=200)
    assert found.value == best
    assert feasible(text("visits"), found.steps).played


@pytest.mark.parametrize("seed", range(2))
def test_what_is_found_can_be_played_and_is_found_again(text, seed: int) -> None:
    draw = random.Random(seed)
    names = [node.id for node in build_graph(text("limits")).scenes]
    weights = {name: draw.random() for name in names}
    found = nearby(text("limits"), weights, budget=40)
    assert found == nearby(text("limits"), weights, budget=40)
    assert feasible(text("limits"), found.steps).played
    assert found.value == pytest.approx(sum(weights.get(step.scene, 0.0) for step in found.steps))
    assert found.taken <= 40


def test_the_search_begins_along_the_path_as_far_as_that_can_be_played(text) -> None:
    along = path("hall/stay stay_cold hall/shout nowhere")
    found = nearby(text("hall"), {}, path=along, budget=10)
    assert found == NearPlay(tuple(path("hall/stay stay_cold hall/shout lift .")), 0.0, True, found.taken)
