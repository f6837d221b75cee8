"""Solves the fit: a primal-dual interior-point method on banded matrices.

Mehrotra's predictor and corrector (SIAM J. Optimization 2, 1992; for quadratic programmes: Nocedal & Wright, Numerical Optimization, 2nd
ed., section 16.6), begun at home, which lies strictly within every limit, and with one step length for everything. Slacks are computed
from the point itself, never carried along, so *every* iterate keeps every limit: a solver that is stopped early has a worse course, not a
forbidden one. A step costs one banded Cholesky factorisation, linear in the length of the scene; 15 to 30 steps do.

The part of an angular rate that nobody notices costs nothing: ``min over |u| <= threshold of (e - u)^2``, with u eliminated by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.motion.cueing.problem import Limit
from engine.motion.cueing.values import Floats

_MOST_STEPS = 60
_TO_THE_WALL = 0.99
"""Share of the way to the nearest limit that a step may go."""


@dataclass(frozen=True, slots=True, eq=False)
class Tolerated:
    """An error ``stencil * c_axis - wanted`` of which `free` either way costs nothing.

    Attributes
    ----------
    axis
        Position among the unknown axes.
    stencil
        Convolved with the control points.
    wanted
        float64[rows].
    weight
        Of the squared rest.
    free
        What goes unnoticed, > 0.
    """

    axis: int
    stencil: Floats
    wanted: Floats
    weight: float
    free: float

    def limit(self) -> Limit:
        """The same rows, for their products."""
        return Limit((self.axis,), (1.0,), self.stencil, -1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Quadratic:
    """A cost ``1/2 c^T H c - b^T c + constant`` of control points c, with H banded.

    Attributes
    ----------
    band : float64[bands, n * A]
        Lower band of H, knots outermost.
    linear : float64[n, A]
        b.
    constant : float
    """

    band: Floats
    linear: Floats
    constant: float


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Control points float64[n, A], steps taken, and the duality gap as a share of the cost."""

    control: Floats
    steps: int
    gap: float


@dataclass(slots=True, eq=False)
class _Rows:
    """Two-sided rows and their multipliers."""

    low: Floats | float
    high: Floats | float
    value: Floats
    up: Floats
    down: Floats

    def slacks(self) -> tuple[Floats, Floats]:
        return self.high - self.value, self.value - self.low

    def gap(self) -> float:
        over, under = self.slacks()
        return _dot(self.up, over) + _dot(self.down, under)

    def stiffness(self) -> Floats:
        over, under = self.slacks()
        return self.up / over + self.down / under

    def pull(self, aim: float, change: tuple[Floats, Floats, Floats] | None) -> Floats:
        """Right side's part of these rows: where their multipliers are to go, minus where they are."""
        over, under = self.slacks()
        first: Floats | float = aim
        second: Floats | float = aim
        if change is not None:  # the second-order part of the predictor's step
            moved, up, down = change
            first = aim + moved * up
            second = aim - moved * down
        return first / over - self.up - second / under + self.down

    def change(
        self, moved: Floats, aim: float, before: tuple[Floats, Floats, Floats] | None
    ) -> tuple[Floats, Floats, Floats]:
        """How value and multipliers change when the value moves."""
        over, under = self.slacks()
        first: Floats | float = aim
        second: Floats | float = aim
        if before is not None:
            first = aim + before[0] * before[1]
            second = aim - before[0] * before[2]
        up = first / over - self.up + self.up / over * moved
        down = second / under - self.down - self.down / under * moved
        return moved, up, down

    def room(self, change: tuple[Floats, Floats, Floats]) -> float:
        """Largest step until a slack or a multiplier is 0."""
        moved, up, down = change
        over, under = self.slacks()
        most = np.inf
        for there, step in ((over, -moved), (under, moved), (self.up, up), (self.down, down)):
            falling = step < 0.0
            if falling.any():
                most = min(most, float((-there[falling] / step[falling]).min()))
        return most


def _dot(a: Floats, b: Floats) -> float:
    """Inner product, summed the same way whatever the number of cores."""
    return float((a * b).sum())


def band_product(band: Floats, control: Floats) -> Floats:
    """H c for a lower band of H; both float64[n, A]."""
    flat = control.ravel()
    found = band[0] * flat
    size = len(flat)
    for lag in range(1, min(len(band), size)):
        row = band[lag, : size - lag]
        found[lag:] += row * flat[: size - lag]
        found[: size - lag] += row * flat[lag:]
    return found.reshape(control.shape)


def solve(
    cost: Quadratic, limits: Sequence[Limit], tolerated: Sequence[Tolerated], *, tolerance: float = 1e-4
) -> Solution:
    """Find the control points of least cost within the limits.

    Parameters
    ----------
    cost
        The quadratic part; strictly convex.
    limits
        Bounds around home.
    tolerated
        Errors with a free part.
    tolerance
        Stop when no more than this share of the cost is left to gain.

    Returns
    -------
    Solution
        Strictly within every limit. Deterministic: the same input gives the same bits on the same machine and libraries.
    """
    from scipy.linalg import cho_solve_banded, cholesky_banded

    shape = cost.linear.shape
    n, width = shape
    control = np.zeros(shape)
    errors = [item.limit() for item in tolerated]
    free = [np.zeros(len(item.wanted)) for item in tolerated]
    counts = [n + len(limit.stencil) - 1 for limit in limits]
    # Multipliers begin where complementarity is about as much as the cost of standing still.
    total = 2 * (sum(counts) + sum(map(len, free)))
    at_rest = cost.constant + sum(0.5 * item.weight * float(item.wanted @ item.wanted) for item in tolerated)
    begin = max(at_rest, 1e-12) / total
    rows = [
        _Rows(
            limit.low,
            limit.high,
            np.zeros(count),
            np.zeros(count) + begin / limit.high,
            np.zeros(count) - begin / limit.low,
        )
        for limit, count in zip(limits, counts, strict=True)
    ]
    rows += [
        _Rows(
            -item.free, item.free, u, np.full(len(u), begin / item.free), np.full(len(u), begin / item.free)
        )
        for item, u in zip(tolerated, free, strict=True)
    ]
    fixed, loose = rows[: len(limits)], rows[len(limits) :]
    relative = 1.0
    steps = 0
    while steps < _MOST_STEPS:
        # Gradient of the cost, and of the free parts.
        product = band_product(cost.band, control)
        gradient = product - cost.linear
        left: list[Floats] = []
        for item, error, row in zip(tolerated, errors, loose, strict=True):
            rest = item.weight * (error.of(control) - item.wanted - row.value)
            error.add_transposed(rest, gradient)
            left.append(rest)
        value = cost.constant + _dot(control, 0.5 * product - cost.linear)
        value += sum(0.5 * _dot(rest, rest) / item.weight for item, rest in zip(tolerated, left, strict=True))
        gap = sum(row.gap() for row in rows)
        residual = gradient.copy()
        for limit, row in zip(limits, fixed, strict=True):
            limit.add_transposed(row.up - row.down, residual)
        relative = gap / max(value, 1e-9)
        # A residual of the gradient can still buy its product with the course itself.
        slip = abs(_dot(residual, control)) / max(value, 1e-9)
        if relative < tolerance and slip < 10.0 * tolerance:
            break
        steps += 1
        mu = gap / total
        band = cost.band.copy()
        for limit, row in zip(limits, fixed, strict=True):
            limit.add_square(row.stiffness(), band, n, width)
        softness: list[Floats] = []
        for item, error, row in zip(tolerated, errors, loose, strict=True):
            stiff = row.stiffness()
            error.add_square(item.weight * stiff / (item.weight + stiff), band, n, width)
            softness.append(item.weight + stiff)
        factor = cholesky_banded(band, lower=True, overwrite_ab=True, check_finite=False)

        def towards(
            aim: float,
            before: list[tuple[Floats, Floats, Floats]] | None,
            residual: Floats = residual,
            left: list[Floats] = left,
            softness: list[Floats] = softness,
            factor: Floats = factor,
        ) -> tuple[Floats, list[tuple[Floats, Floats, Floats]]]:
            right = -residual
            for number, (limit, row) in enumerate(zip(limits, fixed, strict=True)):
                pull = row.pull(aim, None if before is None else before[number])
                limit.add_transposed(-pull, right)
            own: list[Floats] = []
            for number, (item, error, row) in enumerate(zip(tolerated, errors, loose, strict=True)):
                known = None if before is None else before[len(limits) + number]
                # Gradient with respect to u is -left + up - down; pull brings the multipliers.
                side = left[number] - (row.up - row.down) - row.pull(aim, known)
                own.append(side)
                error.add_transposed(item.weight * side / softness[number], right)
            move = cho_solve_banded((factor, True), right.ravel(), check_finite=False).reshape(shape)
            changes = []
            for number, (limit, row) in enumerate(zip(limits, fixed, strict=True)):
                changes.append(row.change(limit.of(move), aim, None if before is None else before[number]))
            for number, (item, error, row) in enumerate(zip(tolerated, errors, loose, strict=True)):
                known = None if before is None else before[len(limits) + number]
                moved = (own[number] + item.weight * error.of(move)) / softness[number]
                changes.append(row.change(moved, aim, known))
            return move, changes

        _, guess = towards(0.0, None)
        reach = min(1.0, _room(rows, guess))
        left_over = sum(_gap_after(row, change, reach) for row, change in zip(rows, guess, strict=True))
        centring = (max(left_over, 0.0) / gap) ** 3
        move, changes = towards(centring * mu, guess)
        step = min(1.0, _TO_THE_WALL * _room(rows, changes))
        control += step * move
        for limit, row in zip(limits, fixed, strict=True):
            row.value = limit.of(control)
        for row, change in zip(loose, changes[len(limits) :], strict=True):
            row.value = row.value + step * change[0]
        for row, change in zip(rows, changes, strict=True):
            row.up = row.up + step * change[1]
            row.down = row.down + step * change[2]
        if step < 1e-10:  # as far as rounding lets it
            break
    return Solution(control, steps, relative)


def _room(rows: Sequence[_Rows], changes: Sequence[tuple[Floats, Floats, Floats]]) -> float:
    return min((row.room(change) for row, change in zip(rows, changes, strict=True)), default=np.inf)


def _gap_after(row: _Rows, change: tuple[Floats, Floats, Floats], step: float) -> float:
    moved, up, down = change
    over, under = row.slacks()
    return _dot(row.up + step * up, over - step * moved) + _dot(row.down + step * down, under + step * moved)
