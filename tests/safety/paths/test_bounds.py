"""No path of thousands of small graphs exceeds its bound, witnesses are paths, and the first break is the first."""

import random
import statistics
from collections.abc import Iterator

import pytest

from engine.safety.paths.bounds import bound, value_along
from engine.safety.paths.flow import Flow
from engine.safety.paths.graph import OUTSIDE, PathGraph, Stop, Together, Unbounded, Way
from engine.safety.paths.values import Additive, Bound, Costs, Highest, PowerSum, Ratio, Windowed
from tests.safety.paths.brute import costs_of, graph_of, paths_of, value, whole


def cases(seed: int, count: int) -> Iterator[tuple[PathGraph, list[tuple[int, ...]], list[Costs]]]:
    rng = random.Random(seed)
    made = 0
    while made < count:
        graph = graph_of(rng)
        try:
            Flow(graph)
        except Unbounded:
            continue
        paths = paths_of(graph)
        if paths is None:
            continue
        made += 1
        yield graph, paths, list(costs_of(rng, graph))


def check(
    graph: PathGraph, paths: list[tuple[int, ...]], costs: Costs, limit: float | None
) -> tuple[float, Bound]:
    """Hold one bound against every path; gives what the most really is."""
    found = bound(graph, costs, limit)
    judged = [path for path in paths if whole(graph, path)] if isinstance(costs, Ratio) else paths
    most = max((value(graph, costs, path) for path in judged), default=0.0)
    assert found.value >= most * (1.0 - 1e-12), (graph, costs, most, found)
    witness = found.witness
    assert graph.allows(witness.ways)
    assert found.value >= witness.value
    if witness.ways and not isinstance(costs, Windowed):
        assert witness.value == pytest.approx(value(graph, costs, witness.ways))
        assert value_along(graph, costs, witness.ways) == pytest.approx(witness.value)
    if isinstance(costs, Windowed):
        assert value(graph, costs, witness.ways) >= witness.value * (1.0 - 1e-9) if witness.ways else True
    assert witness.stops == tuple(
        graph.ways[n].target for n in witness.ways if graph.ways[n].target != OUTSIDE
    )
    if limit is not None and not isinstance(costs, Ratio):
        breaking = [
            len([n for n in path if graph.ways[n].target != OUTSIDE])
            for path in judged
            if value(graph, costs, path) > limit
        ]
        if found.value <= limit:
            assert found.earliest is None and found.first is None and not breaking
        elif breaking:
            assert found.earliest is not None and found.earliest <= min(breaking), (
                graph,
                costs,
                limit,
                found,
            )
        if found.first is not None:
            assert graph.allows(found.first.ways) and value(graph, costs, found.first.ways) > limit
    return most, found


def measure(seed: int, count: int) -> dict[str, list[float]]:
    gaps: dict[str, list[float]] = {}
    for graph, paths, all_costs in cases(seed, count):
        for costs in all_costs:
            most, found = check(graph, paths, costs, None)
            if most > 0.0:
                gaps.setdefault(type(costs).__name__, []).append(found.value / most)
                check(graph, paths, costs, most * 0.7)
    return gaps


def test_no_path_exceeds_its_bound() -> None:
    gaps = measure(1, 40)
    for kind in (Additive, PowerSum, Highest, Ratio, Windowed):
        assert statistics.median(gaps[kind.__name__]) < 1.15, kind


@pytest.mark.long
def test_no_path_of_thousands_of_graphs_exceeds_its_bound() -> None:
    gaps = measure(2, 2000)
    for kind, rows in gaps.items():
        print(
            f"{kind}: {len(rows)} bounds, above the most by a factor of {statistics.median(rows):.6f} (median), {max(rows):.4f} (worst)"
        )
    assert statistics.median(gaps["Additive"]) < 1.0001


def test_a_loop_without_a_limit_is_named_once() -> None:
    stops = (Stop("a"), Stop("b"), Stop("c"), Stop("d", 3))
    ways = (Way(OUTSIDE, 0), Way(0, 1), Way(1, 0), Way(1, 2), Way(2, 2), Way(2, 3), Way(3, 3))
    with pytest.raises(Unbounded) as caught:
        bound(PathGraph(stops, ways), Additive("x", [1.0] * 4))
    assert sorted(map(sorted, caught.value.loops)) == [["a", "b"], ["c"]]
    assert "visits: N" in str(caught.value)


def test_once_only_ways_end_a_loop() -> None:
    stops = (Stop("a"), Stop("b"))
    ways = (Way(OUTSIDE, 0), Way(0, 1), Way(1, 0))
    found = bound(PathGraph(stops, ways, (Together((2,), 2),)), Additive("x", [1.0, 10.0]))
    assert found.value == pytest.approx(33.0) and found.witness.value == 33.0
    assert found.contributions == {0: 3.0, 1: 30.0}


def test_laps_are_counted_for_each_visit() -> None:
    stops = (Stop("a", 2), Stop("a/lap", 3, 0), Stop("b"))
    ways = (Way(OUTSIDE, 0), Way(0, 1), Way(1, 1), Way(0, 2), Way(1, 2), Way(2, 0))
    found = bound(PathGraph(stops, ways), Additive("x", [1.0, 10.0, 100.0]))
    assert found.value == pytest.approx(262.0) and found.witness.value == 262.0


def test_what_is_no_cost_is_refused() -> None:
    graph = PathGraph((Stop("a"),), (Way(OUTSIDE, 0),))
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="negative value or one that is not finite"):
            bound(graph, Additive("x", [wrong]))
    with pytest.raises(ValueError, match="asks for 1"):
        bound(graph, Additive("x", [1.0, 2.0]))
    with pytest.raises(ValueError, match="greater than 0"):
        bound(graph, Ratio("x", [1.0], [0.0]))
    with pytest.raises(ValueError, match="share"):
        bound(graph, PowerSum("x", 2.0, [1.0], [1.0], [1.5]))


def test_a_graph_of_nothing_costs_nothing() -> None:
    assert bound(PathGraph((), ()), Additive("x", [])).value == 0.0
    unreachable = PathGraph((Stop("a"), Stop("b")), (Way(OUTSIDE, 0), Way(1, 0)))
    assert bound(unreachable, Highest("x", [1.0, 9.0])).value == 1.0
    assert bound(unreachable, Additive("x", [1.0, 9.0])).value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("stops", "ways", "said"),
    [
        ((Stop("a"),), (Way(OUTSIDE, 1),), "runs from -1 to 1"),
        ((Stop("a", -1),), (), "may be visited -1 times"),
        ((Stop("a"), Stop("l", None, 0)), (), "needs a `most`"),
        ((Stop("a"), Stop("l", 1, 0)), (Way(OUTSIDE, 1),), "from outside its laps"),
    ],
)
def test_what_is_no_graph_is_refused(stops: tuple[Stop, ...], ways: tuple[Way, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PathGraph(stops, ways)
