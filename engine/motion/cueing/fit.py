"""The non-causal fit: the best a seat can do for a course, knowing all that comes.

What is minimised, over the whole scene at once: the squared error of the specific force in detection thresholds, and the squared error of
the angular rate beyond what goes unnoticed (3 deg/s and thereabouts, `engine.motion.cueing.perception`), also in thresholds. Nothing in
it knows of washout or of tilt coordination; both fall out: lasting forces are given by tilting as slowly as nobody notices, and the seat
drifts back to where there is room *before* the next cue, since the future is known.

Within: range, speed, acceleration and jerk of every axis and stroke, speed and acceleration of every actuator. No limit is broken at any
instant, not only at samples (`engine.motion.cueing.spline`), and every course begins and ends at home, at rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.motion.cueing.problem import (
    TURN_AXIS,
    Limit,
    coupled_axes,
    force_stencils,
    limits_of,
    turn_stencil,
)
from engine.motion.cueing.solver import Quadratic, Tolerated, solve
from engine.motion.cueing.specific_force import felt
from engine.motion.cueing.spline import POSITION, at_knots, bounds
from engine.motion.cueing.values import GRAVITY_MPS2, KNOT_HZ, Course, Fitted, Floats, Workspace

KEEP = 1.0 - 1e-5
"""Share of each limit that a course keeps: what is left is for rounding."""

QUANTUM = 2.0**-34
"""Control points are whole multiples of this, m or deg: the last bits of a solver's arithmetic are gone, and a jerk is out by 3e-5 of
its unit at most."""

_HOMESICK = 0.02
"""Cost of standing at the end of an axis, in squared thresholds: brings a seat home where nothing else is asked of it."""

_MOST_SHRINKS = 60
_SHY = 0.01
"""Weight of the part of an angular rate that goes unnoticed: enough not to tilt for nothing."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What an error costs.

    Attributes
    ----------
    force_mps2 : 3 floats
        Thresholds of the specific force, right, forward, up (Reid & Nahon 1985: 0.17, 0.17, 0.28).
    turn_dps : 3 floats
        Thresholds of the angular rate, pitch, roll, yaw; 3 deg/s for tilting (Groen & Bles 2004), 2.6 for yaw.
    turn_weight : float
        Of turning beyond its threshold against force, in squared thresholds. A false turn is felt at once and is not made good by a force
        that fits better, so it counts for more than one.
    relinearise : int
        How often the fit is repeated about what it found, which makes up for the small angles of its model.
    """

    force_mps2: tuple[float, float, float] = (0.17, 0.17, 0.28)
    turn_dps: tuple[float, float, float] = (3.0, 3.0, 2.6)
    turn_weight: float = 8.0
    relinearise: int = 1


def fit_course(
    wanted: Course,
    workspace: Workspace,
    weights: Weights | None = None,
    *,
    scale_to_fit: Callable[[Floats], float] | None = None,
    legs_of: Sequence[Callable[[Floats], Floats]] = (),
) -> Fitted:
    """Fit a course into what a seat may do.

    Parameters
    ----------
    wanted : Course
        At `KNOT_HZ` samples a second: of the knots 0..K.
    workspace : Workspace
        Limits; axes without room are left alone.
    weights : Weights, optional
    scale_to_fit : callable, optional
        The last, exact check: given control points float64[K + 1, 6], 1.0 where the whole course can be followed, else a share below 1
        to shrink it by and ask again (`engine.motion.cueing.workspace.shrink_to_legs`).
    legs_of : sequence of callables
        Of each of the workspace's platforms, poses float64[M, 6] to positions float64[M, L]: actuators are linear in a pose near the
        course that was found first, not near home alone.

    Returns
    -------
    Fitted

    Raises
    ------
    ValueError
        For a course of another rate.
    """
    weights = weights or Weights()
    if wanted.rate_hz != KNOT_HZ:
        raise ValueError(f"a course of {wanted.rate_hz:g} samples a second; the fit needs {KNOT_HZ}")
    knots = len(wanted)
    control = np.zeros((knots, 6))
    if knots < 5 or not workspace.moving:
        return Fitted(control, KNOT_HZ)
    force, turn = wanted.force_mps2, wanted.turn_dps
    steps, gap = 0, 0.0
    bent: list[Floats] | None = None
    for _ in range(1 + weights.relinearise):
        steps, gap = 0, 0.0
        for axes in coupled_axes(workspace):
            found, taken, left = _fit_axes(force, turn, workspace, axes, weights, bent)
            control[2:-2, list(axes)] = found
            steps, gap = max(steps, taken), max(gap, left)
        # What the small angles left out goes into the next round's wish.
        course = at_knots(control, KNOT_HZ)
        given_force, given_turn = felt(*course, head_m=workspace.head_m)
        linear_force, linear_turn = linear_felt(control, workspace)
        force = wanted.force_mps2 - (given_force - linear_force)
        turn = wanted.turn_dps - (given_turn - linear_turn)
        if legs_of:
            bent = [
                of(course[0][2:-2]) - np.asarray(legs.home) - course[0][2:-2] @ np.asarray(legs.jacobian).T
                for of, legs in zip(legs_of, workspace.legs, strict=True)
            ]
    return _within(Fitted(control, KNOT_HZ, steps, gap), workspace, scale_to_fit)


def fit_poses(
    wanted: Floats, workspace: Workspace, *, scale_to_fit: Callable[[Floats], float] | None = None
) -> Fitted:
    """Fit a course of poses (float64[K + 1, 6] at the knots) as closely as the seat may follow, axis by axis as shares of its range.

    Parameters and returns otherwise as `fit_course`.

    Raises
    ------
    ValueError
        For poses that are no numbers.
    """
    if wanted.ndim != 2 or wanted.shape[1] != 6 or not np.isfinite(wanted).all():
        raise ValueError(f"poses must be finite and of shape [knots, 6], got {wanted.shape}")
    knots = len(wanted)
    control = np.zeros((knots, 6))
    if knots < 5 or not workspace.moving:
        return Fitted(control, KNOT_HZ)
    steps, gap = 0, 0.0
    groups = coupled_axes(replace(workspace, head_m=(0.0, 0.0, 0.0)))
    for axes in groups:
        n, width = knots - 4, len(axes)
        band = np.zeros((3 * width + width, n * width))
        linear = np.zeros((n, width))
        constant = 0.0
        for place, axis in enumerate(axes):
            span = 0.5 * (workspace.high[axis] - workspace.low[axis])
            row = Limit((place,), (1.0,), POSITION, -1.0, 1.0)
            weight = 1e4 / span**2
            aim = wanted[1:-1, axis]
            row.add_square(np.full(len(aim), weight), band, n, width)
            row.add_transposed(weight * aim, linear)
            constant += 0.5 * weight * float(aim @ aim)
            band[0, place::width] += _HOMESICK / span**2
        cost = Quadratic(band, linear, constant)
        found = solve(cost, _normal(limits_of(workspace, axes, KNOT_HZ, KEEP)), ())
        control[2:-2, list(axes)] = found.control
        steps, gap = max(steps, found.steps), max(gap, found.gap)
    return _within(Fitted(control, KNOT_HZ, steps, gap), workspace, scale_to_fit)


def linear_felt(control: Floats, workspace: Workspace) -> tuple[Floats, Floats]:
    """What the fit takes a guest to feel: specific force and angular rate at the knots, near home."""
    stencils = force_stencils(workspace.head_m, KNOT_HZ)
    rate = turn_stencil(KNOT_HZ)
    force = np.zeros((len(control), 3))
    force[:, 2] = GRAVITY_MPS2
    turn = np.zeros((len(control), 3))
    for component in range(3):
        for axis in range(6):
            if np.any(stencils[component, axis]):
                force[:, component] += np.convolve(control[:, axis], stencils[component, axis])[1:-1]
        turn[:, component] = np.convolve(control[:, TURN_AXIS[component]], rate)[1:-1]
    return force, turn


def _fit_axes(
    force: Floats,
    turn: Floats,
    workspace: Workspace,
    axes: tuple[int, ...],
    weights: Weights,
    bent: list[Floats] | None,
) -> tuple[Floats, int, float]:
    """One group of axes that share nothing with the others: control points float64[K - 3, A]."""
    n, width = len(force) - 4, len(axes)
    band = np.zeros((3 * width + width, n * width))
    linear = np.zeros((n, width))
    constant = 0.0
    stencils = force_stencils(workspace.head_m, KNOT_HZ)
    for component in range(3):
        used = [place for place, axis in enumerate(axes) if np.any(stencils[component, axis])]
        if not used:
            continue
        weight = 1.0 / weights.force_mps2[component] ** 2
        aim = force[1:-1, component] - (GRAVITY_MPS2 if component == 2 else 0.0)
        for a in used:
            first = stencils[component, axes[a]]
            linear[:, a] += weight * np.correlate(aim, first, mode="valid")
            for b in used:
                second = stencils[component, axes[b]]
                for lag in range(3):
                    row = lag * width + a - b
                    if row < 0 or (lag == 0 and a < b):
                        continue
                    # Entry of control point (k + lag, a) with (k, b).
                    product = float(first[: 3 - lag] @ second[lag:])
                    band[row, b : (n - lag) * width : width] += weight * product
        constant += 0.5 * weight * float(aim @ aim)
    tolerated: list[Tolerated] = []
    rate = turn_stencil(KNOT_HZ)
    for component, axis in enumerate(TURN_AXIS):
        if axis not in axes:
            continue
        place = axes.index(axis)
        threshold = weights.turn_dps[component]
        weight = weights.turn_weight / threshold**2
        aim = turn[1:-1, component]
        tolerated.append(Tolerated(place, rate, aim, weight, threshold))
        turned = Limit((place,), (1.0,), rate, -1.0, 1.0)
        turned.add_square(np.full(len(aim), _SHY * weight), band, n, width)
        turned.add_transposed(_SHY * weight * aim, linear)
        constant += 0.5 * _SHY * weight * float(aim @ aim)
    for place, axis in enumerate(axes):
        span = 0.5 * (workspace.high[axis] - workspace.low[axis])
        band[0, place::width] += _HOMESICK / span**2
    limits = _normal(limits_of(workspace, axes, KNOT_HZ, KEEP, bent))
    found = solve(Quadratic(band, linear, constant), limits, tolerated)
    return found.control, found.steps, found.gap


def _normal(limits: list[Limit]) -> list[Limit]:
    """The same limits, each about one unit wide."""
    found = []
    for limit in limits:
        span = 0.5 * float(np.mean(limit.high - limit.low))
        found.append(
            replace(limit, stencil=limit.stencil / span, low=limit.low / span, high=limit.high / span)
        )
    return found


def excess(control: Floats, workspace: Workspace) -> float:
    """By what factor a course uses its axes' limits at any instant, at worst: at most 1 where it keeps them.

    Infinite where an axis without room moves at all.
    """
    low, high, speed, bend, jerk = bounds(control, KNOT_HZ)
    worst = 0.0
    for axis in range(6):
        if axis not in workspace.moving:
            if low[axis] != 0.0 or high[axis] != 0.0:
                return float("inf")
            continue
        worst = max(
            worst,
            low[axis] / workspace.low[axis],
            high[axis] / workspace.high[axis],
            speed[axis] / workspace.velocity[axis],
            bend[axis] / workspace.acceleration[axis],
            jerk[axis] / workspace.jerk[axis],
        )
    return worst


def _within(fitted: Fitted, workspace: Workspace, scale_to_fit: Callable[[Floats], float] | None) -> Fitted:
    """The same with round control points, and shrunk towards home until the exact check has nothing to say."""
    scale = 1.0
    for _ in range(_MOST_SHRINKS):
        control = np.rint(scale * fitted.control / QUANTUM) * QUANTUM
        worst = excess(control, workspace)
        factor = 1.0 if worst <= 1.0 else (1.0 - 1e-6) / worst
        if factor == 1.0 and scale_to_fit is not None:
            factor = scale_to_fit(control)
        if factor >= 1.0:
            return Fitted(control, fitted.rate_hz, fitted.steps, fitted.gap, scale)
        scale *= factor
    return Fitted(np.zeros_like(fitted.control), fitted.rate_hz, fitted.steps, fitted.gap, 0.0)
