"""The most that a cost per way can add up to: a flow of one unit through the graph, and the path that the flow draws.

A path gives a whole-numbered flow: how often it takes each way. Every such flow satisfies

- one unit leaves the beginning, every stop sends on what it gets, what stays is where the path stops;
- visits of a stop, laps of a stop, uses of a way and of ways together stay within their limits;
- a strongly connected component is entered once at most, and a stop v inside is visited ``cap(v)`` times for it at most;
- a set of stops S that the path visits was entered: ``visits(v) <= cap(v) * ways into S`` for each v in S (added where a solution
  breaks it: circles that hang in the air).

So the maximum over the flows is never below the maximum over the paths. The linear programme's bound is not taken from the solver's
word but from its multipliers: by weak duality *any* multipliers give a bound, and it is computed here with the remaining reduced costs
times the ways' own limits added. Source: A. Neumaier, O. Shcherbina, Safe bounds in linear and mixed-integer linear programming, Math.
Program. 99 (2004). Where the solution is not whole, branch and bound (HiGHS, a fixed number of nodes, no clock: the same bits on every
run) closes the gap; its bound is widened by its tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.safety.paths.graph import OUTSIDE, Caps, PathGraph, caps_of

Values = NDArray[np.float64]

CUT_ROUNDS = 12
BRANCH_NODES = 200
_WHOLE = 1e-6
_SOLVER_TOLERANCE = 1e-6  # HiGHS: primal and dual feasibility 1e-7, integrality 1e-6


@dataclass(frozen=True, slots=True)
class Best:
    """An upper bound, and a path near it.

    Parameters
    ----------
    value : float
        No path's cost is higher.
    path : tuple of int
        Ways of a path that keeps every limit; empty where the solver found none.
    flow : float64[way]
        The solution that gave the bound.
    """

    value: float
    path: tuple[int, ...]
    flow: Values


class Flow:
    """The constraints of a graph, built once and asked for several costs.

    Raises
    ------
    Unbounded
        Some loop has no limit.
    """

    def __init__(self, graph: PathGraph) -> None:
        self.graph = graph
        self.caps: Caps = caps_of(graph)
        self._ways = len(graph.ways)
        self._stops = len(graph.stops)
        self._incoming: list[list[int]] = [[] for _ in graph.stops]
        for number, way in enumerate(graph.ways):
            if way.target != OUTSIDE:
                self._incoming[way.target].append(number)
        self._upper = self._upper_limits()
        self._equal = self._conservation()
        self._rows: list[tuple[dict[int, float], float]] = self._limits()

    def best(self, costs: Sequence[float] | Values, *, anywhere: bool = True) -> Best:
        """The most that `costs` can add up to along a path.

        Parameters
        ----------
        costs : float[way]
            Of taking each way once; any sign, finite.
        anywhere : bool, default True
            Whether a path may break off after any stop; otherwise it goes on to an end or a stop without ways out.
        """
        objective = np.concatenate([np.asarray(costs, float), np.zeros(self._stops)])
        upper = self._upper.copy()
        if not anywhere:
            for stop, out in enumerate(self.graph.outgoing):
                if out:
                    upper[self._ways + stop] = 0.0
        bound, solution = np.inf, None
        whole: Values | None = None
        for _ in range(CUT_ROUNDS):
            found, solution = self._relaxed(objective, upper)
            bound = min(bound, found)
            if solution is None:
                return Best(bound, (), np.zeros(self._ways))
            is_whole = bool(np.all(np.abs(solution - np.round(solution)) < _WHOLE))
            if is_whole:
                whole = np.round(solution)
            if not self._cut(solution):
                break
        assert solution is not None
        if whole is None or not np.all(np.abs(solution - np.round(solution)) < _WHOLE):
            found, better = self._branched(objective, upper)
            bound = min(bound, found)
            whole = better if better is not None else whole
        path = () if whole is None else self._trail(whole)
        return Best(float(bound), path, solution[: self._ways])

    def possible(self, way: int) -> bool:
        """Whether some path may take a way: one that leads from where paths come, and is not forbidden by its limits."""
        return bool(self._upper[way] > 0.0)

    def complete(self, path: Sequence[int]) -> bool:
        """Whether a path is over where it ends: outside, or at a stop that nothing leads out of."""
        if not path:
            return False
        last = self.graph.ways[path[-1]].target
        return last == OUTSIDE or not self.graph.outgoing[last]

    def _upper_limits(self) -> Values:
        upper = np.zeros(self._ways + self._stops)
        for number, way in enumerate(self.graph.ways):
            ends = [self.caps.visits[stop] for stop in (way.source, way.target) if stop != OUTSIDE]
            most = min(ends)
            if (
                OUTSIDE in (way.source, way.target)
                or self.caps.component[way.source] != self.caps.component[way.target]
            ):
                most = min(most, 1)
            upper[number] = most if way.most is None else min(most, way.most)
        upper[self._ways :] = [min(1, visits) for visits in self.caps.visits]
        return upper

    def _conservation(self) -> tuple[Any, Values]:
        from scipy.sparse import csr_matrix

        rows, columns, values = [], [], []
        for number, way in enumerate(self.graph.ways):
            for row, value in ((way.target, 1.0), (way.source, -1.0)):
                if row != OUTSIDE:
                    rows.append(row)
                    columns.append(number)
                    values.append(value)
        for stop in range(self._stops):
            rows.append(stop)
            columns.append(self._ways + stop)
            values.append(-1.0)
        for number in self.graph.beginning:
            rows.append(self._stops)
            columns.append(number)
            values.append(1.0)
        shape = (self._stops + 1, self._ways + self._stops)
        right = np.zeros(self._stops + 1)
        right[-1] = 1.0
        return csr_matrix((values, (rows, columns)), shape=shape), right

    def _limits(self) -> list[tuple[dict[int, float], float]]:
        """Rows ``sum(coefficient * way) <= right``."""
        rows: list[tuple[dict[int, float], float]] = []
        into: dict[int, list[int]] = {}
        for number, way in enumerate(self.graph.ways):
            if way.target == OUTSIDE:
                continue
            inner = (
                way.source != OUTSIDE and self.caps.component[way.source] == self.caps.component[way.target]
            )
            if not inner:
                into.setdefault(self.caps.component[way.target], []).append(number)
        for stop, node in enumerate(self.graph.stops):
            cap = self.caps.visits[stop]
            if cap == 0 or not self._incoming[stop]:
                continue
            row = dict.fromkeys(self._incoming[stop], 1.0)
            if node.per is not None:
                for number in self._incoming[node.per]:
                    row[number] = row.get(number, 0.0) - float(node.most or 0)
                rows.append((row, 0.0))
                again = [number for number in self._incoming[stop] if self.graph.ways[number].source == stop]
                if again and all(
                    self.graph.ways[number].source in (stop, node.per) for number in self._incoming[stop]
                ):
                    # Whoever comes into the laps goes round so often less one: laps of one visit are not run in another.
                    each = {
                        number: 1.0 if number in again else 1.0 - float(node.most or 0)
                        for number in self._incoming[stop]
                    }
                    rows.append((each, 0.0))
            elif self.caps.cyclic[self.caps.component[stop]]:
                rows.append((dict(row), float(cap)))
                for number in into.get(self.caps.component[stop], []):
                    row[number] = row.get(number, 0.0) - float(cap)
                rows.append((row, 0.0))
        rows += [(dict.fromkeys(limit.ways, 1.0), float(limit.most)) for limit in self.graph.together]
        return rows

    def _matrix(self) -> tuple[Any, Values]:
        from scipy.sparse import csr_matrix

        starts, columns, values = [0], [], []
        for row, _ in self._rows:
            columns += list(row)
            values += list(row.values())
            starts.append(len(columns))
        shape = (len(self._rows), self._ways + self._stops)
        return csr_matrix((values, columns, starts), shape=shape), np.array(
            [right for _, right in self._rows]
        )

    def _relaxed(self, objective: Values, upper: Values) -> tuple[float, Values | None]:
        """A rigorous bound, and the solution of the linear programme."""
        from scipy.optimize import linprog

        equal, equal_right = self._equal
        scale = float(np.max(np.abs(objective))) or 1.0
        settings: dict[str, Any] = {"A_eq": equal, "b_eq": equal_right}
        if self._rows:
            below, below_right = self._matrix()
            settings |= {"A_ub": below, "b_ub": below_right}
        found = linprog(
            -objective / scale,
            bounds=np.column_stack([np.zeros_like(upper), upper]),
            method="highs",
            **settings,
        )
        if found.x is None or found.status != 0:
            # Without a solution there are no multipliers; every way as often as it can be is a bound all the same.
            return float(np.sum(np.maximum(objective, 0.0) * upper)), None
        prices = -np.asarray(found.eqlin.marginals) * scale
        reduced = objective - equal.T @ prices
        terms = prices * equal_right
        size = float(np.sum(np.abs(terms)) + np.sum(np.abs(equal.T) @ np.abs(prices) * upper))
        value = float(np.sum(terms))
        if self._rows:
            charges = np.maximum(-np.asarray(found.ineqlin.marginals) * scale, 0.0)
            reduced = reduced - below.T @ charges
            value += float(charges @ below_right)
            size += float(np.sum(charges * np.abs(below_right)) + np.sum((np.abs(below.T) @ charges) * upper))
        value += float(np.sum(np.maximum(reduced, 0.0) * upper))
        # Rounding of the sums above, by their terms' sizes: a few thousand roundings of 2^-53 at the most.
        return value + size * 1e-13, np.asarray(found.x)

    def _branched(self, objective: Values, upper: Values) -> tuple[float, Values | None]:
        """Bound and whole solution by branch and bound, with further cuts where circles hang in the air."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        equal, equal_right = self._equal
        scale = float(np.max(np.abs(objective))) or 1.0
        bound: float = np.inf
        whole: Values | None = None
        for _ in range(CUT_ROUNDS):
            constraints = [LinearConstraint(equal, equal_right, equal_right)]
            if self._rows:
                below, below_right = self._matrix()
                constraints.append(LinearConstraint(below, -np.inf, below_right))
            found = milp(
                -objective / scale,
                integrality=np.ones_like(objective),
                bounds=Bounds(np.zeros_like(upper), upper),
                constraints=constraints,
                options={"node_limit": BRANCH_NODES, "mip_rel_gap": 1e-9},
            )
            if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
                proven = -float(found.mip_dual_bound) * scale
                bound = min(bound, proven + _SOLVER_TOLERANCE * (abs(proven) + scale))
            if found.x is None:
                break
            whole = np.round(np.asarray(found.x))
            if not self._cut(whole):
                break
        return bound, whole

    def _cut(self, solution: Values) -> bool:
        """Add what forbids circles that the beginning does not feed; whether there were any."""
        graph = self.graph
        taken = np.flatnonzero(solution[: self._ways] > _WHOLE).tolist()
        out: dict[int, list[int]] = {}
        for number in taken:
            out.setdefault(graph.ways[number].source, []).append(graph.ways[number].target)
        fed: set[int] = set()
        waiting = [OUTSIDE]
        while waiting:
            for target in out.get(waiting.pop(), []):
                if target != OUTSIDE and target not in fed:
                    fed.add(target)
                    waiting.append(target)
        loose = {stop for stop in out if stop != OUTSIDE and stop not in fed}
        added = False
        while loose:
            part: set[int] = set()
            waiting = [min(loose)]
            while waiting:
                at = waiting.pop()
                if at in part:
                    continue
                part.add(at)
                waiting += [target for target in out.get(at, []) if target in loose]
            loose -= part
            entering = [
                number
                for stop in sorted(part)
                for number in self._incoming[stop]
                if graph.ways[number].source not in part
            ]
            visited = {
                stop: sum(solution[number] for number in self._incoming[stop])
                / max(self.caps.visits[stop], 1)
                for stop in sorted(part)
            }
            stop = max(visited, key=lambda member: visited[member])
            row = dict.fromkeys(self._incoming[stop], 1.0)
            for number in entering:
                row[number] = row.get(number, 0.0) - float(max(self.caps.visits[stop], 1))
            self._rows.append((row, 0.0))
            added = True
        return added

    def _trail(self, whole: Values) -> tuple[int, ...]:
        """The path that a whole-numbered flow draws: an Euler trail of what hangs together with the beginning."""
        left = {number: int(whole[number]) for number in np.flatnonzero(whole[: self._ways] > 0.5).tolist()}
        out: dict[int, list[int]] = {
            OUTSIDE: [number for number in left if self.graph.ways[number].source == OUTSIDE]
        }
        for number in left:
            if self.graph.ways[number].source != OUTSIDE:
                out.setdefault(self.graph.ways[number].source, []).append(number)
        # The end is a place of its own: nothing leaves it.
        stack: list[tuple[int, int]] = [(OUTSIDE, -1)]
        trail: list[int] = []
        while stack:
            at, came = stack[-1]
            ways = out.get(at, []) if not (at == OUTSIDE and came >= 0) else []
            while ways and left[ways[-1]] == 0:
                ways.pop()
            if ways:
                left[ways[-1]] -= 1
                stack.append((self.graph.ways[ways[-1]].target, ways[-1]))
            else:
                stack.pop()
                if came >= 0:
                    trail.append(came)
        trail.reverse()
        path = self._spread_laps(trail)
        return tuple(path) if self.graph.allows(path) else tuple(self._as_far_as_allowed(path))

    def _spread_laps(self, trail: list[int]) -> list[int]:
        """Give each visit its own laps: the trail may run all of them at the first."""
        graph = self.graph
        spare: dict[int, list[int]] = {}
        kept: list[int] = []
        for number in trail:
            way = graph.ways[number]
            if way.source == way.target and way.source != OUTSIDE and graph.stops[way.source].per is not None:
                spare.setdefault(way.source, []).append(number)
            else:
                kept.append(number)
        path: list[int] = []
        for number in kept:
            path.append(number)
            at = graph.ways[number].target
            if at in spare:
                most = (graph.stops[at].most or 1) - 1
                path += spare[at][:most]
                del spare[at][:most]
        return path

    def _as_far_as_allowed(self, path: Sequence[int]) -> list[int]:
        low, high = 0, len(path)
        while low < high:
            middle = (low + high + 1) // 2
            if self.graph.allows(path[:middle]):
                low = middle
            else:
                high = middle - 1
        return list(path[:low])
