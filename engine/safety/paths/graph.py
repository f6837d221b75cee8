"""The graph that paths run through, its declared limits, and how often each stop can be visited at most.

A stop is whatever a path passes: a scene or a piece of one. Costs know nothing of scenes; neither does this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.errors import InputError

OUTSIDE = -1
"""Source of the ways that begin a path, target of those that end one."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A node.

    Parameters
    ----------
    name : str
        For messages.
    most : int or None
        How often a path may visit it; None: no limit of its own.
    per : int or None
        Index of another stop: `most` then counts for each visit of that one. Ways into this stop come only from there, from itself
        and from others with the same `per`: the laps of a scene, not a scene.
    """

    name: str
    most: int | None = None
    per: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """An edge.

    Parameters
    ----------
    source, target : int
        Indices of stops; -1 as a source for the beginning, as a target for the end.
    most : int or None
        How often one path may take it.
    """

    source: int
    target: int
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Ways that a path may take at most `most` times, all counted together (a once-only option that leads to several scenes)."""

    ways: tuple[int, ...]
    most: int = 1


class Unbounded(InputError):
    """A loop that no declared limit ends.

    Attributes
    ----------
    loops : tuple of tuple of str
        Names of the stops of each such loop, each loop once, in its order.
    """

    def __init__(self, loops: Sequence[Sequence[str]]) -> None:
        self.loops = tuple(tuple(loop) for loop in loops)
        said = "; ".join(" -> ".join((*loop, loop[0])) for loop in self.loops)
        super().__init__(
            f"{len(self.loops)} loop(s) without a limit: {said}. Nothing can be proven over endless paths; give a scene of each "
            "loop '# visits: N', or make an option in it once-only ('*')"
        )


@dataclass(frozen=True, slots=True)
class PathGraph:
    """Stops, ways and limits.

    Parameters
    ----------
    stops : tuple of Stop
    ways : tuple of Way
    together : tuple of Together

    Raises
    ------
    ValueError
        An index or a limit out of range, or a `per` that other stops lead into.
    """

    stops: tuple[Stop, ...]
    ways: tuple[Way, ...]
    together: tuple[Together, ...] = ()
    outgoing: tuple[tuple[int, ...], ...] = field(init=False, repr=False, compare=False)
    beginning: tuple[int, ...] = field(init=False, repr=False, compare=False)
    laps: dict[int, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        count = len(self.stops)
        out: list[list[int]] = [[] for _ in self.stops]
        first: list[int] = []
        for number, way in enumerate(self.ways):
            if (
                not (-1 <= way.source < count and -1 <= way.target < count)
                or way.source == way.target == OUTSIDE
            ):
                raise ValueError(
                    f"way {number} runs from {way.source} to {way.target}; there are {count} stops"
                )
            (first if way.source == OUTSIDE else out[way.source]).append(number)
            if way.target != OUTSIDE and self.stops[way.target].per is not None:
                head = self.stops[way.target].per
                if way.source != head and (way.source == OUTSIDE or self.stops[way.source].per != head):
                    raise ValueError(
                        f"way {number} leads into '{self.stops[way.target].name}' from outside its laps"
                    )
        for number, stop in enumerate(self.stops):
            if stop.most is not None and stop.most < 0:
                raise ValueError(f"stop '{stop.name}' may be visited {stop.most} times")
            if stop.per is not None and (
                stop.most is None or not 0 <= stop.per < count or self.stops[stop.per].per is not None
            ):
                raise ValueError(
                    f"stop {number} '{stop.name}' needs a `most` and a `per` that is no lap itself"
                )
        for limit in self.together:
            if limit.most < 0 or any(not 0 <= way < len(self.ways) for way in limit.ways):
                raise ValueError(
                    f"a limit of {limit.most} over ways {limit.ways}; there are {len(self.ways)} ways"
                )
        laps: dict[int, tuple[int, ...]] = {}
        for number, stop in enumerate(self.stops):
            if stop.per is not None:
                laps[stop.per] = (*laps.get(stop.per, ()), number)
        object.__setattr__(self, "laps", laps)
        object.__setattr__(self, "outgoing", tuple(map(tuple, out)))
        object.__setattr__(self, "beginning", tuple(first))

    def allows(self, path: Sequence[int]) -> bool:
        """Whether this sequence of ways is a path from the beginning that keeps every limit; it may stop anywhere."""
        at = OUTSIDE
        visits = [0] * len(self.stops)
        since: list[int] = [0] * len(self.stops)  # laps since their stop was visited last
        used: dict[int, int] = {}
        for place, number in enumerate(path):
            way = self.ways[number]
            if way.source != at or (at == OUTSIDE and place > 0):
                return False
            used[number] = used.get(number, 0) + 1
            if way.most is not None and used[number] > way.most:
                return False
            at = way.target
            if at == OUTSIDE:
                if place != len(path) - 1:
                    return False
                break
            visits[at] += 1
            stop = self.stops[at]
            if stop.per is not None and stop.most is not None:
                since[at] += 1
                if since[at] > stop.most:
                    return False
            elif stop.most is not None and visits[at] > stop.most:
                return False
            if stop.per is None:
                for lap in self.laps.get(at, ()):
                    since[lap] = 0
        return all(sum(used.get(way, 0) for way in limit.ways) <= limit.most for limit in self.together)


@dataclass(frozen=True, slots=True)
class Caps:
    """How often each stop can be visited at most, and which stops can follow each other round.

    Parameters
    ----------
    visits : tuple of int
        Per stop; 0 where no path leads.
    component : tuple of int
        Per stop: number of its strongly connected component, laps with the stop they belong to; ways only lead from lower to higher
        numbers or stay.
    cyclic : tuple of bool
        Per component: whether a path can come back inside it.
    """

    visits: tuple[int, ...]
    component: tuple[int, ...]
    cyclic: tuple[bool, ...]


def caps_of(graph: PathGraph) -> Caps:
    """Bound the visits of every stop.

    Notes
    -----
    Laps are one with the stop they belong to (nothing else leads into them). A path enters a strongly connected component once. Take the
    limited stops and ways out of it: what remains has no circle, or a loop is unbounded. Limited passages cut the path's part inside the
    component into at most ``1 + sum of limits`` runs, and a run visits each remaining stop once at most.

    Raises
    ------
    Unbounded
        Some loop has no limit at all.
    """
    count = len(graph.stops)
    head = [number if stop.per is None else stop.per for number, stop in enumerate(graph.stops)]
    reached = _reached(graph)
    limited_way = {number: way.most for number, way in enumerate(graph.ways) if way.most is not None}
    for limit in graph.together:
        for number in limit.ways:
            limited_way[number] = min(limited_way.get(number, limit.most), limit.most)
    links: list[
        tuple[int, int, int]
    ] = []  # way, from head, to head; ways inside one stop's laps are no circle
    for number, way in enumerate(graph.ways):
        if way.source < 0 or way.target < 0 or not reached[way.source] or not reached[way.target]:
            continue
        if graph.stops[way.target].per is None:
            links.append((number, head[way.source], way.target))
    component, total = components(count, [(source, target) for _, source, target in links])
    cyclic = [False] * total
    for _, source, target in links:
        if component[source] == component[target]:
            cyclic[component[source]] = True
    free = [
        (source, target)
        for number, source, target in links
        if number not in limited_way
        and graph.stops[source].most is None
        and graph.stops[target].most is None
        and component[source] == component[target]
    ]
    loops = _loops(count, free)
    if loops:
        raise Unbounded([[graph.stops[number].name for number in loop] for loop in loops])
    runs = [1] * total
    for number, stop in enumerate(graph.stops):
        if stop.per is None and stop.most is not None and reached[number]:
            runs[component[number]] += stop.most
    grouped = {number for limit in graph.together for number in limit.ways}
    inside = {number for number, source, target in links if component[source] == component[target]}
    for number in inside:
        way = graph.ways[number]
        if number in limited_way and number not in grouped and way.most is not None:
            runs[component[head[way.source]]] += way.most
    for limit in graph.together:
        for part in {component[head[graph.ways[number].source]] for number in limit.ways if number in inside}:
            runs[part] += limit.most
    visits = [0] * count
    for number, stop in enumerate(graph.stops):
        if stop.per is None and reached[number]:
            most = runs[component[number]] if cyclic[component[number]] else 1
            visits[number] = most if stop.most is None else min(most, stop.most)
    for number, stop in enumerate(graph.stops):
        if stop.per is not None and stop.most is not None and reached[number]:
            visits[number] = stop.most * visits[stop.per]
    return Caps(tuple(visits), tuple(component[head[number]] for number in range(count)), tuple(cyclic))


def _reached(graph: PathGraph) -> list[bool]:
    reached = [False] * len(graph.stops)
    waiting = [graph.ways[number].target for number in graph.beginning]
    while waiting:
        at = waiting.pop()
        if at < 0 or reached[at] or graph.stops[at].most == 0:
            continue
        reached[at] = True
        waiting += [
            graph.ways[number].target for number in graph.outgoing[at] if graph.ways[number].most != 0
        ]
    return reached


def components(count: int, links: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """Strongly connected components, numbered so that links never lead to a lower number.

    Source: R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1 (1972); without recursion.
    """
    out: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        out[source].append(target)
    order = [-1] * count
    low = [0] * count
    component = [-1] * count
    stack: list[int] = []
    clock = total = 0
    for root in range(count):
        if order[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, place = work.pop()
            if place == 0:
                order[node] = low[node] = clock
                clock += 1
                stack.append(node)
            elif component[out[node][place - 1]] < 0:
                low[node] = min(low[node], low[out[node][place - 1]])
            while place < len(out[node]):
                following = out[node][place]
                place += 1
                if order[following] < 0:
                    work.append((node, place))
                    work.append((following, 0))
                    break
                if component[following] < 0:
                    low[node] = min(low[node], order[following])
            else:
                if low[node] == order[node]:
                    while True:
                        member = stack.pop()
                        component[member] = total
                        if member == node:
                            break
                    total += 1
    return [total - 1 - number for number in component], total


def _loops(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """One loop of every component that has one."""
    component, total = components(count, links)
    out: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        if component[source] == component[target]:
            out[source].append(target)
    done = [False] * total
    loops: list[list[int]] = []
    for start in range(count):
        if not out[start] or done[component[start]]:
            continue
        done[component[start]] = True
        trail, seen = [start], {start: 0}
        while True:
            following = out[trail[-1]][0]  # inside a component something always follows
            if following in seen:
                loops.append(trail[seen[following] :])
                break
            seen[following] = len(trail)
            trail.append(following)
    return loops
