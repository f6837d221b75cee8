"""Small random graphs, every path of them, and what costs give along each: the plain definition, against which bounds are held."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from engine.safety.paths.graph import OUTSIDE, PathGraph, Stop, Together, Way
from engine.safety.paths.values import Additive, Costs, Highest, PowerSum, Ratio, Windowed

MOST_PATHS = 20_000


def graph_of(rng: random.Random) -> PathGraph:
    """Up to five scenes, some with laps, bounded in every way there is."""
    scenes = rng.randint(1, 5)
    stops = [Stop(f"s{number}", rng.choice([None, None, 1, 2])) for number in range(scenes)]
    ways = [Way(OUTSIDE, rng.randrange(scenes)) for _ in range(rng.randint(1, 2))]
    for source in range(scenes):
        for _ in range(rng.randint(0, 3)):
            target = rng.choice([OUTSIDE, *range(scenes)])
            ways.append(Way(source, target, rng.choice([None, None, None, 1, 2])))
    for head in range(scenes):
        if rng.random() < 0.3:
            lap = len(stops)
            stops.append(Stop(f"s{head}/lap", rng.randint(1, 2), head))
            ways += [Way(head, lap), Way(lap, lap)]
            ways += [Way(lap, way.target) for way in ways if way.source == head and way.target != lap]
    together = []
    if rng.random() < 0.5:
        members = tuple(sorted(rng.sample(range(len(ways)), min(len(ways), rng.randint(1, 3)))))
        together.append(Together(members, rng.randint(1, 2)))
    return PathGraph(tuple(stops), tuple(ways), tuple(together))


def paths_of(graph: PathGraph) -> list[tuple[int, ...]] | None:
    """Every path, also those that are broken off; None where there are too many."""
    found: list[tuple[int, ...]] = []
    waiting = [(number,) for number in graph.beginning if graph.allows((number,))]
    while waiting:
        path = waiting.pop()
        found.append(path)
        if len(found) > MOST_PATHS:
            return None
        at = graph.ways[path[-1]].target
        if at != OUTSIDE:
            waiting += [(*path, number) for number in graph.outgoing[at] if graph.allows((*path, number))]
    return found


def costs_of(rng: random.Random, graph: PathGraph) -> Iterator[Costs]:
    """One of each kind."""
    stops, ways = len(graph.stops), len(graph.ways)

    def values(count: int, most: float = 4.0) -> list[float]:
        return [rng.choice([0.0, rng.uniform(0.0, most)]) for _ in range(count)]

    yield Additive("sum", values(stops), rng.choice([[], values(ways)]))
    for power in (2.0, 4.0):
        yield PowerSum(
            "norm", power, values(stops), values(stops, 1.0), [rng.uniform(0.0, 0.9) for _ in range(stops)]
        )
    yield Highest("peak", values(stops), rng.choice([[], values(ways)]))
    yield Ratio("mean", values(stops), [rng.uniform(0.5, 3.0) for _ in range(stops)])
    inside, total = values(stops), []
    for most in inside:
        total.append(most + rng.uniform(0.0, 2.0))
    lengths = [rng.choice([0.3, 0.6, 1.5, 4.0]) for _ in range(stops)]
    head = [rng.uniform(0.0, most) for most in inside]
    tail = [rng.uniform(0.0, most) for most in inside]
    yield Windowed("count", 1.0, inside, head, tail, total, lengths, rng.choice([[], values(ways, 1.0)]))


def value(graph: PathGraph, costs: Costs, path: Sequence[int]) -> float:
    """What costs give along a path, by their definition."""
    ways = [graph.ways[number] for number in path]
    stops = [way.target for way in ways if way.target != OUTSIDE]
    if isinstance(costs, Additive):
        along = sum(costs.ways[number] for number in path) if len(costs.ways) else 0.0
        return sum(costs.stops[stop] for stop in stops) + along
    if isinstance(costs, PowerSum):
        ringing, total = 0.0, 0.0
        for stop in stops:
            total += (costs.own[stop] + ringing) ** costs.power
            ringing = costs.tail[stop] + costs.decay[stop] * ringing
        return total ** (1.0 / costs.power)
    if isinstance(costs, Highest):
        along = max((costs.ways[number] for number in path), default=0.0) if len(costs.ways) else 0.0
        return max([along, *(costs.stops[stop] for stop in stops)])
    if isinstance(costs, Ratio):
        return sum(costs.above[stop] for stop in stops) / sum(costs.below[stop] for stop in stops)
    most = max((costs.inside[stop] for stop in stops), default=0.0)
    for first in range(len(stops)):
        count, spent_s = costs.tail[stops[first]], 0.0
        for place in range(first + 1, len(stops)):
            count += costs.seam[path[place]] if len(costs.seam) else 0.0
            most = max(most, count + costs.head[stops[place]])
            count += costs.total[stops[place]]
            spent_s += costs.duration_s[stops[place]]
            if spent_s >= costs.window_s:
                break
    return most


def whole(graph: PathGraph, path: Sequence[int]) -> bool:
    """Whether a path has ended, or can go no further: nothing leads out of its last stop."""
    last = graph.ways[path[-1]].target
    return last == OUTSIDE or not graph.outgoing[last]
