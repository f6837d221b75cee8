"""Where a limit breaks first: the path with the fewest stops that exceeds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.safety.paths.graph import OUTSIDE, PathGraph
from engine.safety.paths.values import PathWitness

MOST_LAYERS = 20_000
TRIED_PER_LAYER = 8

Values = NDArray[np.float64]


def first_over(
    graph: PathGraph,
    along: Values,
    cost_limit: float,
    witness: PathWitness,
    limit: float,
    judge: Callable[[Sequence[int]], PathWitness],
    most_stops: int,
) -> tuple[int, PathWitness | None]:
    """The earliest stop at which a sum can exceed a limit, and a path that does so soon.

    Parameters
    ----------
    along : float64[way]
        Cost of each way; the sum of a walk is never below what `judge` says of it.
    cost_limit : float
        In the unit of `along`.
    witness : PathWitness
        A path that may exceed it; its own beginning is taken where no shorter path does.
    limit : float
        In the unit of `judge`.
    judge : callable
        Path to witness.
    most_stops : int
        No path has more.

    Returns
    -------
    earliest : int
        Counted from 1. The best walks by their number of stops, limits of visits left aside: a walk may go where no path can, so no path
        exceeds the limit before it.
    first : PathWitness or None
    """
    known = _shortest_beginning(graph, witness, limit, judge)
    last = len(known.stops) if known is not None else most_stops
    inner = np.array(
        [n for n, way in enumerate(graph.ways) if OUTSIDE not in (way.source, way.target)], dtype=np.intp
    )
    sources = np.array([graph.ways[n].source for n in inner], dtype=np.intp)
    targets = np.array([graph.ways[n].target for n in inner], dtype=np.intp)
    # A way out costs too: it counts with the stop it leaves.
    out = np.zeros(len(graph.stops))
    for number, way in enumerate(graph.ways):
        if way.target == OUTSIDE:
            out[way.source] = max(out[way.source], along[number])
    best = np.full(len(graph.stops), -np.inf)
    came: list[NDArray[np.intp]] = [np.full(len(graph.stops), -1, dtype=np.intp)]
    for number in graph.beginning:
        target = graph.ways[number].target
        if target != OUTSIDE and along[number] > best[target]:
            best[target], came[0][target] = along[number], number
    earliest = 0
    for layer in range(1, min(last, most_stops, MOST_LAYERS) + 1):
        over = np.flatnonzero(best + out > cost_limit)
        if len(over):
            earliest = earliest or layer
            for stop in over[np.argsort(-best[over], kind="stable")][:TRIED_PER_LAYER]:
                path = _back(graph, came, int(stop))
                for ending in ((), *((n,) for n in graph.outgoing[stop] if graph.ways[n].target == OUTSIDE)):
                    if graph.allows((*path, *ending)) and (found := judge((*path, *ending))).value > limit:
                        return earliest, found
        following = np.full(len(graph.stops), -np.inf)
        reached = best[sources] + along[inner]
        np.maximum.at(following, targets, reached)
        parents = np.full(len(graph.stops), -1, dtype=np.intp)
        chosen = np.flatnonzero(np.isfinite(reached) & (reached == following[targets]))
        parents[targets[chosen[::-1]]] = inner[chosen[::-1]]
        came.append(parents)
        best = following
    return earliest or min(last, most_stops, MOST_LAYERS), known


def earliest_over(
    graph: PathGraph, paths: Sequence[tuple[int, ...]], judge: Callable[[Sequence[int]], PathWitness]
) -> tuple[int, PathWitness | None]:
    """The same where single places break a limit: of the shortest paths to each, the shortest, and the shortest that is allowed."""
    ordered = sorted(paths, key=lambda path: (len(path), path))
    earliest = min(max(1, sum(graph.ways[number].target != OUTSIDE for number in path)) for path in ordered)
    for path in ordered:
        if graph.allows(path):
            return earliest, judge(path)
    return earliest, None


def _shortest_beginning(
    graph: PathGraph, witness: PathWitness, limit: float, judge: Callable[[Sequence[int]], PathWitness]
) -> PathWitness | None:
    if witness.value <= limit:
        return None
    low, high = 1, len(witness.ways)
    while low < high:
        middle = (low + high) // 2
        if judge(witness.ways[:middle]).value > limit:
            high = middle
        else:
            low = middle + 1
    return judge(witness.ways[:low])


def _back(graph: PathGraph, came: Sequence[NDArray[np.intp]], stop: int) -> tuple[int, ...]:
    path: list[int] = []
    for parents in reversed(came):
        number = int(parents[stop])
        path.append(number)
        stop = graph.ways[number].source
    return tuple(reversed(path))
