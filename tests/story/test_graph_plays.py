"""The two promises of the graph, held against random plays of random stories: a play takes only its edges, and keeps its limits."""

import random
from collections import Counter
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.story import Story, StoryGraph, build_graph, ink
from engine.story.compile import find_compiler
from engine.story.feasible import PathStep, feasible
from tests.story.plays import Play, broken_promises, play
from tests.story.stories import compiled_stories, shipped_stories

# A story that runs in a circle fails; finding it out need not take a second each time.
STEPS = 300


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ink, "MAX_STEPS_PER_SETTLE", STEPS)


@pytest.fixture(scope="module")
def shipped() -> list[tuple[int, str, StoryGraph]]:
    return [(seed, compiled, build_graph(compiled)) for seed, compiled in shipped_stories()]


def hold(
    seed: int, compiled: str, graph: StoryGraph, plays: int, options: int
) -> tuple[Counter[str], list[Play]]:
    """Play one story and hold every play against its graph."""
    made = [
        play(Story.load(compiled, seed=number), random.Random(f"{seed}/{number}"), options)
        for number in range(plays)
    ]
    broken = {number: said for number, one in enumerate(made) if (said := broken_promises(graph, one))}
    assert not broken, f"story {seed}: {broken}"
    return Counter(plays=plays, ways=sum(len(one.ways) for one in made), limits=len(graph.limits)), made


@pytest.mark.slow
def test_plays_of_shipped_stories_keep_to_the_graph(shipped) -> None:
    total: Counter[str] = Counter()
    plays: list[Play] = []
    for seed, compiled, graph in shipped:
        counted, made = hold(seed, compiled, graph, 2 if seed % 2 else 1, 8)
        total += counted
        plays += made
    # The stories are worth the trouble: most plays go on for a while, and limits are met.
    assert total["plays"] >= 150
    assert total["ways"] > 5 * total["plays"]
    assert total["limits"] > total["plays"]
    assert sum(one.limited for one in plays) > 10
    assert sum(not one.fault for one in plays) > total["plays"] // 2


def test_the_shipped_stories_hold_every_construct(shipped) -> None:
    found: Counter[str] = Counter()
    for _, compiled, graph in shipped:
        found.update(graph.counted().keys())
        for word, what in {
            '"->t->":': "tunnel",
            '"thread"': "thread",
            '"f()":': "function",
            '"flg":24': "fallback, once",
            '"flg":8': "fallback",
            '"->->"': "back from a tunnel",
        }.items():
            found[what] += word in compiled
        found["once"] += any(option.once for node in graph.scenes for option in node.options)
        found["several at once"] += any(limit.most > 1 for limit in graph.limits)
        found["visits"] += any(node.visits is not None for node in graph.scenes)
    wanted = {
        *(
            "tunnel",
            "thread",
            "function",
            "fallback",
            "back from a tunnel",
            "once",
            "visits",
            "condition",
            "sequence",
        ),
        *("shuffle", "conditional-option", "computed-divert", "computed-tunnel", "shared-scene"),
    }
    assert {what: found[what] for what in wanted if found[what] < 5} == {}
    assert found["fallback, once"] >= 5


@pytest.mark.long
def test_many_plays_of_shipped_stories_keep_to_the_graph(shipped) -> None:
    total = sum((hold(*story, 25, 20)[0] for story in shipped), Counter())
    assert total["plays"] == 25 * len(shipped)


@pytest.mark.long
def test_every_play_is_feasible(shipped) -> None:
    """What was played can be played again along its path, and not along one that leaves it."""
    tried = 0
    for seed, compiled, graph in shipped:
        for one in hold(seed, compiled, graph, 2, 8)[1]:
            if not one.ways:
                continue
            options = [option for _, _, option in one.ways[1:]]
            steps = [PathStep(way[1], option) for way, option in zip(one.ways, [*options, ""], strict=True)]
            found = feasible(compiled, steps)
            # The second play of each story has another seed; it may differ by the story's own dice.
            assert found.played or "RANDOM" in compiled or '"seq"' in compiled or '"rnd"' in compiled, (
                seed,
                found,
            )
            tried += found.played
            assert not feasible(compiled, [*steps[:-1], PathStep("nowhere")]).played
    assert tried > 150


@pytest.mark.long
def test_plays_of_fresh_stories_keep_to_the_graph(tmp_path: Path) -> None:
    try:
        find_compiler(tmp_path / "story.ink")
    except InputError as error:
        pytest.skip(f"the stories of this test are compiled here: {error}")
    for seed, _, compiled in compiled_stories(range(10_000, 10_150), tmp_path):
        hold(seed, compiled, build_graph(compiled), 8, 15)
