"""Loops of scenes that no declared limit ends.

A loop is bounded when one of its scenes has ``# visits: N`` or one of its ways needs a once-only option. What is left when those
scenes and ways are taken out has a loop if and only if the story has one without a limit: whatever goes on for ever passes
something unlimited for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.errors import Place, Problem
from engine.story.ways import StoryGraph


def endless_loops(graph: StoryGraph) -> tuple[tuple[str, ...], ...]:
    """Loops without a limit that a play may reach.

    Returns
    -------
    tuple of tuple of str
        Scene ids in order, from the one that comes first in the file; short loops, so many that every way which lies on some endless
        loop lies on one of them. Each once.
    """
    limited = {(edge.source, edge.target, edge.option) for limit in graph.limits for edge in limit.edges}
    reached = graph.reachable()
    open_scenes = {node.id for node in graph.scenes if node.visits is None and node.id in reached}
    after: dict[str, dict[str, None]] = {node.id: {} for node in graph.scenes if node.id in open_scenes}
    for edge in graph.edges:
        free = (edge.source, edge.target, edge.option) not in limited
        if free and edge.source in open_scenes and edge.target in open_scenes:
            after[edge.source].setdefault(edge.target)
    order = {node.id: number for number, node in enumerate(graph.scenes)}
    covered: set[tuple[str, str]] = set()
    found: dict[tuple[str, ...], None] = {}
    for part in _strong_parts(after):
        inside = set(part)
        for scene in sorted(part, key=order.__getitem__):
            for target in after[scene]:
                if target not in inside or (scene, target) in covered:
                    continue
                loop = _shortest(after, inside, target, scene)
                covered.update(zip(loop, (*loop[1:], loop[0]), strict=True))
                first = loop.index(min(loop, key=order.__getitem__))
                found.setdefault((*loop[first:], *loop[:first]))
    return tuple(found)


def with_loop_warnings(graph: StoryGraph, origin: str = "story.ink.json") -> StoryGraph:
    """The graph with a warning for each loop without a limit: it plays, and no certificate can be made of it."""
    said = [
        Problem(
            Place(origin),
            f"loop of scene '{loop[0]}' ({' -> '.join((*loop, loop[0]))}) has no limit; a certificate will refuse it",
            "give one of its scenes '# visits: N', or make an option in it once-only ('*')",
            "warning",
            "endless-loop",
        )
        for loop in endless_loops(graph)
    ]
    return replace(graph, problems=(*graph.problems, *said))


def _shortest(after: Mapping[str, Mapping[str, None]], inside: set[str], begin: str, end: str) -> list[str]:
    """The shortest way from one scene to another, within a part whose scenes all reach each other."""
    came: dict[str, str] = {begin: begin}
    waiting = deque([begin])
    while end not in came:
        scene = waiting.popleft()
        for target in after[scene]:
            if target in inside and target not in came:
                came[target] = scene
                waiting.append(target)
    back = [end]
    while back[-1] != begin:
        back.append(came[back[-1]])
    return back[::-1]


def _strong_parts(after: Mapping[str, Mapping[str, None]]) -> list[Sequence[str]]:
    """Sets of scenes that all reach each other, in Tarjan's way (1972), without recursion."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    parts: list[Sequence[str]] = []
    for root in after:
        if root in number:
            continue
        work = [(root, iter(after[root]))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while work:
            scene, targets = work[-1]
            for target in targets:
                if target not in number:
                    number[target] = low[target] = len(number)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(after[target])))
                    break
                if target in on_stack:
                    low[scene] = min(low[scene], number[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[scene])
                if low[scene] == number[scene]:
                    part: list[str] = []
                    while not part or part[-1] != scene:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    parts.append(part)
    return parts
