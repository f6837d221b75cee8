"""From what every piece adds to what no path exceeds: the findings of a certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.safety.certificate.contributions.values import Measured
from engine.safety.certificate.findings import Finding, Step, Witness
from engine.safety.certificate.pieces import Pieces
from engine.safety.certificate.routes import steps_of
from engine.safety.paths.bounds import bound
from engine.safety.paths.flow import Flow
from engine.safety.paths.graph import PathGraph
from engine.safety.paths.values import Additive, Bound, Costs, PowerSum, Ratio

Played = Callable[[tuple[Step, ...]], bool]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding, and the pieces that its witness passes."""

    finding: Finding
    stops: tuple[int, ...]


def judge(
    measured: Sequence[Measured],
    graph: PathGraph,
    pieces: Pieces,
    names: Sequence[str],
    limits: Mapping[str, float],
    played: Played,
    *,
    flow: Flow | None = None,
) -> tuple[Judgement, ...]:
    """Bound every measure over every path.

    Parameters
    ----------
    measured : sequence of Measured
    graph : PathGraph
        Of the pieces, as `engine.safety.certificate.routes.path_graph` makes it.
    pieces : Pieces
    names : sequence of str
        Scene ids by index.
    limits : mapping of str to float
        By measure, as people read it.
    played : callable
        Whether the story really goes along some steps.
    flow : Flow or None
        Of the graph, where it is known already.

    Returns
    -------
    tuple of Judgement
        In the order of `measured`.

    Raises
    ------
    Unbounded
        A loop of the story has no limit.
    """
    flow = Flow(graph) if flow is None else flow
    known: dict[tuple[Step, ...], bool] = {}
    asked: dict[tuple[int, float | None], Bound] = {}

    def really(steps: tuple[Step, ...]) -> bool:
        if steps not in known:
            known[steps] = played(steps)
        return known[steps]

    found: list[Judgement] = []
    for row in measured:
        limit = limits.get(row.measure)
        cost = None if limit is None else row.reading.cost(limit) * (1.0 + 1e-8)
        key = (id(row.costs), cost)
        if key not in asked:
            asked[key] = bound(graph, row.costs, cost, flow=flow)
        answer = asked[key]
        steps = steps_of(pieces, names, answer.witness.ways)
        broken = answer.first is not None or (cost is not None and answer.value > cost)
        path = answer.first if answer.first is not None else answer.witness
        finding = Finding(
            measure=row.measure,
            unit=row.unit,
            seats=row.seats,
            bound=row.reading.told(answer.value),
            limit=limit,
            witness=Witness(row.reading.told(answer.witness.value), steps, really(steps)),
            first=steps_of(pieces, names, path.ways) if broken else (),
            contributions=_by_scene(row, answer, pieces, names),
        )
        found.append(Judgement(finding, answer.witness.stops))
    return tuple(found)


def _by_scene(row: Measured, answer: Bound, pieces: Pieces, names: Sequence[str]) -> dict[str, float]:
    """What a scene would give alone, in the measure's own unit: its part of a sum, of a norm, or the highest value in it."""
    summed = _is_summed(row.costs)
    parts: dict[str, float] = {}
    for stop, part in answer.contributions.items():
        scene = names[pieces.pieces[stop].scene]
        parts[scene] = parts.get(scene, 0.0) + part if summed else max(parts.get(scene, 0.0), part)
    power = row.costs.power if isinstance(row.costs, PowerSum) else 1.0
    # A mean is made up of what each scene adds to it, over the length of the whole.
    over = (
        sum(row.costs.below[stop] for stop in answer.witness.stops) if isinstance(row.costs, Ratio) else 1.0
    )
    told = {scene: row.reading.told((part / over) ** (1.0 / power)) for scene, part in parts.items()}
    return dict(sorted(told.items(), key=lambda pair: (-pair[1], pair[0])))


def _is_summed(costs: Costs) -> bool:
    return isinstance(costs, Additive | PowerSum | Ratio)
