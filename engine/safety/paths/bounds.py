"""One question about every path, answered from above and from below."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.safety.paths.first import earliest_over, first_over
from engine.safety.paths.flow import Flow
from engine.safety.paths.graph import OUTSIDE, PathGraph
from engine.safety.paths.nearest import nearest_paths
from engine.safety.paths.values import Additive, Bound, Costs, Highest, PathWitness, PowerSum, Ratio, Windowed
from engine.safety.paths.windows import windowed_bound

Values = NDArray[np.float64]


def bound(graph: PathGraph, costs: Costs, limit: float | None = None, *, flow: Flow | None = None) -> Bound:
    """The most that any path can cost, a path that comes close, and where a limit breaks first.

    Parameters
    ----------
    graph : PathGraph
    costs : Additive, PowerSum, Highest, Windowed or Ratio
    limit : float or None
        Above it a path is forbidden; None asks for no first break.
    flow : Flow or None
        Of the same graph, where several costs are asked of it: what one question learned helps the next.

    Raises
    ------
    Unbounded
        A loop has no limit.
    ValueError
        A cost that is negative or not finite, or a table of another length than the graph's.
    """
    _check(graph, costs)
    flow = Flow(graph) if flow is None else flow
    if not graph.beginning:
        return Bound(costs.name, 0.0, PathWitness((), (), 0.0))
    if isinstance(costs, Additive | PowerSum):
        return _summed(graph, flow, costs, limit)
    if isinstance(costs, Highest):
        return _highest(graph, flow, costs, limit)
    if isinstance(costs, Windowed):
        return windowed_bound(graph, flow.caps, costs, limit)
    return _ratio(graph, flow, costs, limit)


def value_along(graph: PathGraph, costs: Additive | PowerSum | Ratio | Highest, path: Sequence[int]) -> float:
    """What the costs give along a path."""
    parts = _parts(graph, costs, path) if not isinstance(costs, Ratio) else []
    if isinstance(costs, Ratio):
        stops = stops_of(graph, path)
        below = math.fsum(costs.below[stop] for stop in stops)
        return math.fsum(costs.above[stop] for stop in stops) / below if below > 0.0 else 0.0
    if isinstance(costs, Highest):
        return max((part for _, part in parts), default=0.0)
    total = math.fsum(part for _, part in parts)
    return total ** (1.0 / costs.power) if isinstance(costs, PowerSum) else total


def stops_of(graph: PathGraph, path: Sequence[int]) -> tuple[int, ...]:
    """The stops that a path passes."""
    return tuple(graph.ways[number].target for number in path if graph.ways[number].target != OUTSIDE)


def _parts(
    graph: PathGraph, costs: Additive | PowerSum | Highest, path: Sequence[int]
) -> list[tuple[int, float]]:
    """Stop and what it gives, along a path; a way's cost goes to the stop it leads to (or leaves, at the end)."""
    parts: list[tuple[int, float]] = []
    ringing = 0.0
    for number in path:
        way = graph.ways[number]
        stop = way.target if way.target != OUTSIDE else way.source
        if isinstance(costs, PowerSum):
            if way.target != OUTSIDE:
                parts.append((stop, (costs.own[stop] + ringing) ** costs.power))
                ringing = costs.tail[stop] + costs.decay[stop] * ringing
            continue
        along = costs.ways[number] if len(costs.ways) else 0.0
        of_stop = costs.stops[stop] if way.target != OUTSIDE else 0.0
        parts.append((stop, max(along, of_stop) if isinstance(costs, Highest) else along + of_stop))
    return parts


def _witness(
    graph: PathGraph, costs: Additive | PowerSum | Ratio | Highest, path: Sequence[int]
) -> PathWitness:
    return PathWitness(tuple(path), stops_of(graph, path), value_along(graph, costs, path))


def _contributions(parts: Sequence[tuple[int, float]]) -> dict[int, float]:
    found: dict[int, float] = {}
    for stop, part in parts:
        found[stop] = found.get(stop, 0.0) + part
    return found


def ringing_in(graph: PathGraph, costs: PowerSum) -> Values:
    """The most that rings out of each stop into the next: a post-fixpoint, so never below the least fixpoint.

    Notes
    -----
    ``out = tail + decay * max(out of all stops before)`` is monotone. Iterated from nothing it comes near its least fixpoint from below;
    what is then widened and shown to be mapped below itself lies above (Knaster, Tarski).

    Raises
    ------
    ValueError
        A ringing that never decays goes round in a loop.
    """
    inner = [way for way in graph.ways if OUTSIDE not in (way.source, way.target)]
    sources = np.array([way.source for way in inner], dtype=np.intp)
    targets = np.array([way.target for way in inner], dtype=np.intp)
    tail, decay = np.asarray(costs.tail, float), np.asarray(costs.decay, float)

    def mapped(out: Values) -> Values:
        into = np.zeros(len(graph.stops))
        np.maximum.at(into, targets, out[sources])
        return tail + decay * into

    out = np.zeros(len(graph.stops))
    for _ in range(100_000):
        following = mapped(out)
        if np.all(following <= out * (1.0 + 1e-12)):
            break
        out = following
    # Something more everywhere decays everywhere: what is left to do at a stop is soon less than what was added there.
    for widening in (0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1e-1):
        wider = out * (1.0 + widening) + widening * float(out.max(initial=0.0))
        if np.all(mapped(wider) <= wider):
            return wider
    raise ValueError(
        f"'{costs.name}': a ringing never decays round some loop; `decay` has to be below 1 somewhere in it"
    )


def _way_costs(graph: PathGraph, costs: Additive | PowerSum) -> Values:
    ringing = ringing_in(graph, costs) if isinstance(costs, PowerSum) else None
    found = np.zeros(len(graph.ways))
    for number, way in enumerate(graph.ways):
        if isinstance(costs, PowerSum):
            if way.target != OUTSIDE and ringing is not None:
                before = 0.0 if way.source == OUTSIDE else float(ringing[way.source])
                found[number] = (costs.own[way.target] + before) ** costs.power
        else:
            found[number] = costs.ways[number] if len(costs.ways) else 0.0
            if way.target != OUTSIDE:
                found[number] += costs.stops[way.target]
    return found


def _summed(graph: PathGraph, flow: Flow, costs: Additive | PowerSum, limit: float | None) -> Bound:
    along = _way_costs(graph, costs)
    best = flow.best(along)
    path = best.path or _any_path(graph)
    power = costs.power if isinstance(costs, PowerSum) else 1.0
    value = max(best.value, 0.0) ** (1.0 / power)
    witness = _witness(graph, costs, path)
    parts = _contributions(_parts(graph, costs, path))
    value = max(value, witness.value)
    first, earliest = None, None
    if limit is not None and value > limit:
        earliest, first = first_over(
            graph,
            along,
            limit**power,
            witness,
            limit,
            lambda way: _witness(graph, costs, way),
            sum(flow.caps.visits),
        )
    return Bound(costs.name, value, witness, parts, first, earliest)


def _highest(graph: PathGraph, flow: Flow, costs: Highest, limit: float | None) -> Bound:
    candidates: list[tuple[float, int]] = []
    for number, way in enumerate(graph.ways):
        if flow.possible(number):
            of_stop = costs.stops[way.target] if way.target != OUTSIDE else 0.0
            candidates.append((max(of_stop, costs.ways[number] if len(costs.ways) else 0.0), number))
    candidates.sort(key=lambda row: (-row[0], row[1]))
    to = nearest_paths(graph)
    value = candidates[0][0] if candidates else 0.0
    path: tuple[int, ...] = ()
    for _, number in candidates:
        tried = (*to.get(graph.ways[number].source, ()), number)
        if graph.allows(tried):
            path = tried
            break
    witness = _witness(graph, costs, path)
    first, earliest = None, None
    if limit is not None and value > limit:
        over = [
            (*to.get(graph.ways[number].source, ()), number) for cost, number in candidates if cost > limit
        ]
        earliest, first = earliest_over(graph, over, lambda way: _witness(graph, costs, way))
    parts = dict.fromkeys(witness.stops, 0.0)
    for stop, part in _parts(graph, costs, path):
        parts[stop] = max(parts[stop], part)
    return Bound(costs.name, value, witness, parts, first, earliest)


def _ratio(graph: PathGraph, flow: Flow, costs: Ratio, limit: float | None) -> Bound:
    """Dinkelbach: the ratio r is a bound when ``above - r * below`` can nowhere add up to more than nothing.

    Source: W. Dinkelbach, On nonlinear fractional programming, Management Science 13 (1967).
    """
    above, below = np.zeros(len(graph.ways)), np.zeros(len(graph.ways))
    for number, way in enumerate(graph.ways):
        if way.target != OUTSIDE:
            above[number], below[number] = costs.above[way.target], costs.below[way.target]
    visited = [stop for stop, visits in enumerate(flow.caps.visits) if visits]
    highest = max((costs.above[stop] / costs.below[stop] for stop in visited), default=0.0)
    path: tuple[int, ...] = ()
    rate = 0.0
    for _ in range(50):
        best = flow.best(above - rate * below, anywhere=False)
        if best.path and flow.complete(best.path):
            found = value_along(graph, costs, best.path)
            if not path or found > value_along(graph, costs, path):
                path = best.path
        flowing = float(best.flow @ below)
        following = float(best.flow @ above) / flowing if flowing > 0.0 else rate
        if following <= rate * (1.0 + 1e-12):
            break
        rate = following
    value = highest
    for widening in (1e-12, 1e-9, 1e-7, 1e-5, 1e-3, 1e-1):
        wider = rate * (1.0 + widening) + highest * widening
        if flow.best(above - wider * below, anywhere=False).value <= 0.0:
            value = min(value, wider)
            break
    witness = _witness(graph, costs, path)
    value = max(value, witness.value)
    parts = _contributions([(stop, costs.above[stop]) for stop in witness.stops])
    over = limit is not None and value > limit
    first = witness if over and limit is not None and witness.value > limit else None
    return Bound(costs.name, value, witness, parts, first, 1 if over else None)


def _any_path(graph: PathGraph) -> tuple[int, ...]:
    for number in graph.beginning:
        if graph.allows((number,)):
            return (number,)
    return ()


def _check(graph: PathGraph, costs: Costs) -> None:
    stops, ways = len(graph.stops), len(graph.ways)
    tables: list[tuple[str, Sequence[float], int]] = []
    table: Sequence[float] | None
    for name in ("stops", "own", "tail", "decay", "above", "below", "inside", "head", "total", "duration_s"):
        if (table := getattr(costs, name, None)) is not None:
            tables.append((name, table, stops))
    for name in ("seam", "across") if isinstance(costs, Windowed) else ("ways",):
        table = getattr(costs, name, ())
        if table is not None and len(table):
            tables.append((name, table, ways))
    for name, table, length in tables:
        row = np.asarray(table, float)
        if row.shape != (length,):
            raise ValueError(f"'{costs.name}': {name} has {row.shape} values, the graph asks for {length}")
        if not np.all(np.isfinite(row)) or np.any(row < 0.0):
            raise ValueError(
                f"'{costs.name}': {name} holds a negative value or one that is not finite: {row.min()}"
            )
        if name in ("below", "duration_s") and np.any(row <= 0.0):
            raise ValueError(f"'{costs.name}': {name} has to be greater than 0, the least is {row.min()}")
        if name == "decay" and np.any(row > 1.0):
            raise ValueError(f"'{costs.name}': decay is a share, 0..1; the highest is {row.max()}")
    if isinstance(costs, PowerSum) and not costs.power >= 1.0:
        raise ValueError(f"'{costs.name}': a norm's power is 1 or more, not {costs.power}")
