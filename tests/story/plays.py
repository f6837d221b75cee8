"""Random plays of a story, held against its graph."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from engine.errors import StoryError
from engine.story import Settled, Story, StoryGraph
from engine.story.ways import END, START

Way = tuple[str, str, str]


@dataclass
class Play:
    """The ways taken in one play, in order."""

    ways: list[Way] = field(default_factory=list)
    fault: str = ""
    limited: bool = False


def play(story: Story, draw: random.Random, most: int) -> Play:
    """Take up to `most` options at random."""
    made = Play()
    here, option = START, ""

    def pass_on(settled: Settled) -> None:
        nonlocal here, option
        for beat in settled.beats:
            made.ways.append((here, beat.scene, option))
            here, option = beat.scene, ""
        made.limited = made.limited or bool(settled.withdrawn or settled.over)
        if settled.ended:
            made.ways.append((here, END, option))

    try:
        settled = story.settle()
        pass_on(settled)
        for _ in range(most):
            if settled.ended:
                break
            option = draw.choice(settled.options).id
            settled = story.choose(option)
            pass_on(settled)
    except StoryError as error:
        made.fault = str(error)
    return made


def broken_promises(graph: StoryGraph, made: Play) -> list[str]:
    """Ways taken that are no edges, limits that were not kept, scenes visited too often."""
    keys = {(edge.source, edge.target, edge.option) for edge in graph.edges}
    found = [f"took {way}" for way in made.ways if way not in keys and way != (START, END, "")]
    counts = Counter(made.ways)
    for limit in graph.limits:
        taken = sum(counts[key] for key in {(edge.source, edge.target, edge.option) for edge in limit.edges})
        if taken > limit.most:
            found.append(f"{limit.path}: {taken} times, {limit.most} allowed")
    visited = Counter(target for _, target, _ in made.ways)
    for node in graph.scenes:
        if node.visits is not None and visited[node.id] > node.visits:
            found.append(f"{node.id} visited {visited[node.id]} times, {node.visits} allowed")
    return found
