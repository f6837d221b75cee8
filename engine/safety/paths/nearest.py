"""The path with the fewest stops to each stop."""

from __future__ import annotations

from collections import deque

from engine.safety.paths.graph import OUTSIDE, PathGraph


def nearest_paths(graph: PathGraph) -> dict[int, tuple[int, ...]]:
    """Ways to each stop, fewest first (breadth first), and to the beginning (none); stops that no way reaches are left out.

    Notes
    -----
    Such a path visits no stop twice, so it keeps limits of visits; of those over ways together it knows nothing.
    """
    found: dict[int, tuple[int, ...]] = {OUTSIDE: ()}
    waiting = deque([OUTSIDE])
    while waiting:
        at = waiting.popleft()
        for number in graph.beginning if at == OUTSIDE else graph.outgoing[at]:
            way = graph.ways[number]
            if (
                way.target == OUTSIDE
                or way.target in found
                or way.most == 0
                or graph.stops[way.target].most == 0
            ):
                continue
            found[way.target] = (*found[at], number)
            waiting.append(way.target)
    return found
