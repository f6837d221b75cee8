"""The most counted in a window that slides over every path."""

from __future__ import annotations

from engine.safety.paths.first import earliest_over
from engine.safety.paths.graph import OUTSIDE, Caps, PathGraph
from engine.safety.paths.nearest import nearest_paths
from engine.safety.paths.values import Bound, PathWitness, Windowed


def windowed_bound(graph: PathGraph, caps: Caps, costs: Windowed, limit: float | None) -> Bound:
    """Bound of a windowed count.

    Notes
    -----
    A window lies within one stop (`inside`), or begins in one (at most `tail`), passes whole ones that are together shorter than the
    window (`total`), and ends in another (at most `head`), with `seam` added at each way; over one seam `across` may know better.
    Every such chain is looked at: longer ones only while they are shorter in time or higher in count than one already known to the
    same stop.
    """
    to = nearest_paths(graph)
    found: list[tuple[float, tuple[int, ...], int]] = [
        (float(costs.inside[stop]), path, stop)
        for stop, path in to.items()
        if stop != OUTSIDE and caps.visits[stop]
    ]
    # What of a chain counts belongs to the stop where it ends; the way to its first stop is the shortest one.
    for stop, path in to.items():
        if stop != OUTSIDE and caps.visits[stop]:
            found += [(value, (*path, *chain), stop) for value, chain in _chains(graph, caps, costs, stop)]
    found.sort(key=lambda row: (-row[0], len(row[1]), row[1]))
    value = found[0][0] if found else 0.0
    witness, parts = PathWitness((), (), 0.0), dict[int, float]()
    for count, path, _ in found:
        if graph.allows(path):
            stops = tuple(graph.ways[number].target for number in path)
            witness, parts = PathWitness(path, stops, count), {stops[-1]: count}
            break
    first, earliest = None, None
    if limit is not None and value > limit:
        over = {path: count for count, path, _ in reversed(found) if count > limit}
        earliest, first = earliest_over(
            graph,
            list(over),
            lambda path: PathWitness(
                tuple(path), tuple(graph.ways[number].target for number in path), over[tuple(path)]
            ),
        )
    return Bound(costs.name, value, witness, parts, first, earliest)


def _chains(graph: PathGraph, caps: Caps, costs: Windowed, start: int) -> list[tuple[float, tuple[int, ...]]]:
    """Count and ways of every window that begins in `start` and ends in a later stop."""
    found: list[tuple[float, tuple[int, ...]]] = []
    # What was counted before a stop, seconds spent in whole stops since the window's beginning, the ways.
    waiting: list[tuple[int, float, float, tuple[int, ...]]] = [(start, 0.0, float(costs.tail[start]), ())]
    known: dict[int, list[tuple[float, float]]] = {}
    while waiting:
        at, spent_s, count, chain = waiting.pop()
        for number in graph.outgoing[at]:
            target = graph.ways[number].target
            if target == OUTSIDE or not caps.visits[target] or graph.ways[number].most == 0:
                continue
            before = count + (float(costs.seam[number]) if len(costs.seam) else 0.0)
            value = before + float(costs.head[target])
            if not chain and len(costs.across):
                value = min(value, float(costs.across[number]))
            found.append((value, (*chain, number)))
            longer_s = spent_s + float(costs.duration_s[target])
            if longer_s >= costs.window_s:
                continue
            onward = before + float(costs.total[target])
            if any(s <= longer_s and c >= onward for s, c in known.get(target, [])):
                continue
            known.setdefault(target, []).append((longer_s, onward))
            waiting.append((target, longer_s, onward, (*chain, number)))
    return found
