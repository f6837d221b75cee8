"""The fit as a quadratic programme with bands: a seat's course, its limits and what the guest would feel of it.

Unknown are the control points of the cubic splines of the axes that can move, interleaved by knot. The felt motion is linear in them
near home (small angles, the head on its arm r from the centre of rotation)::

    f_right   = x'' - g roll  + (roll'' r_z - yaw'' r_y)          f_forward = y'' + g pitch + (yaw'' r_x - pitch'' r_z)
    f_up      = z'' + (pitch'' r_y - roll'' r_x)                  omega     = (pitch', roll', yaw')

and every limit is a bound on a difference of control points (`engine.motion.cueing.spline`), so all matrices have a few diagonals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.motion.cueing.spline import ACCELERATION, POSITION, VELOCITY
from engine.motion.cueing.values import GRAVITY_MPS2, Floats, Workspace

_RAD = np.pi / 180.0
_SURGE, _SWAY, _HEAVE, _ROLL, _PITCH, _YAW = range(6)
TURN_AXIS = (_PITCH, _ROLL, _YAW)
"""The axis of a pose behind each component of the angular rate."""


def force_stencils(head_m: Sequence[float], rate_hz: float) -> Floats:
    """Weights of the control points in the felt specific force: float64[3 components, 6 axes, 3 taps], convolution order."""
    rx, ry, rz = head_m
    acceleration = ACCELERATION * rate_hz**2
    found = np.zeros((3, 6, 3))
    for component, axis in enumerate((_SWAY, _SURGE, _HEAVE)):
        found[component, axis] = acceleration
    g = GRAVITY_MPS2 * _RAD * POSITION
    found[0, _ROLL] = -g + rz * _RAD * acceleration
    found[0, _YAW] = -ry * _RAD * acceleration
    found[1, _PITCH] = g - rz * _RAD * acceleration
    found[1, _YAW] = rx * _RAD * acceleration
    found[2, _PITCH] = ry * _RAD * acceleration
    found[2, _ROLL] = -rx * _RAD * acceleration
    return found


def turn_stencil(rate_hz: float) -> Floats:
    """Weights of an angle's control points in its rate."""
    return VELOCITY * rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """Rows ``low <= sum_a weight_a (stencil * c_a) <= high``, one a step of the course.

    Attributes
    ----------
    axes
        Positions among the axes that move.
    weights
        One an axis.
    stencil
        Convolved with the control points, all of it: len + n - 1 rows.
    low, high
        Bounds, low < 0 < high; one for all rows, or one each.
    """

    axes: tuple[int, ...]
    weights: tuple[float, ...]
    stencil: Floats
    low: float | Floats
    high: float | Floats

    def of(self, control: Floats) -> Floats:
        """The rows of float64[n, A] control points."""
        mixed = np.zeros(len(control))
        for axis, weight in zip(self.axes, self.weights, strict=True):
            mixed += weight * control[:, axis]
        return np.convolve(mixed, self.stencil)

    def add_transposed(self, rows: Floats, out: Floats) -> None:
        """Adds the transpose's product with float64[rows] to float64[n, A]."""
        back = np.correlate(rows, self.stencil, mode="valid")
        for axis, weight in zip(self.axes, self.weights, strict=True):
            out[:, axis] += weight * back

    def add_square(self, diagonal: Floats, band: Floats, n: int, width: int) -> None:
        """Adds ``K^T diag K`` to a lower band of ``n * width`` columns (as `scipy.linalg.cholesky_banded` has it)."""
        taps = len(self.stencil)
        for lag in range(taps):
            column = np.zeros(n - lag)
            for i in range(lag, taps):
                column += (self.stencil[i] * self.stencil[i - lag]) * diagonal[i : i + n - lag]
            for a, weight_a in zip(self.axes, self.weights, strict=True):
                for b, weight_b in zip(self.axes, self.weights, strict=True):
                    row = lag * width + b - a
                    if row < 0 or (lag == 0 and b < a):
                        continue
                    band[row, a : (n - lag) * width : width] += (weight_a * weight_b) * column


def limits_of(
    workspace: Workspace,
    axes: Sequence[int],
    rate_hz: float,
    keep: float,
    bent: Sequence[Floats] | None = None,
) -> list[Limit]:
    """Every limit of these axes.

    Parameters
    ----------
    workspace
        What the seat may do.
    axes
        Axes of `engine.units.MOTION_AXES` that are unknown.
    rate_hz
        Knots a second.
    keep
        Share of each limit to stay within, a hair below 1.
    bent
        What actuators are beyond their linear position at each unknown knot, float64[n, L] a platform, where a course is known already
        about which the next is sought; then their `error` is not left free.
    """
    found: list[Limit] = []
    differences = [np.array([1.0]), np.array([1.0, -1.0]), np.array([1.0, -2.0, 1.0])]
    third = np.array([1.0, -3.0, 3.0, -1.0])
    for place, axis in enumerate(axes):
        lows = (
            workspace.low[axis],
            -workspace.velocity[axis],
            -workspace.acceleration[axis],
            -workspace.jerk[axis],
        )
        highs = (
            workspace.high[axis],
            workspace.velocity[axis],
            workspace.acceleration[axis],
            workspace.jerk[axis],
        )
        for order, (stencil, low, high) in enumerate(zip([*differences, third], lows, highs, strict=True)):
            found.append(Limit((place,), (1.0,), stencil * rate_hz**order, keep * low, keep * high))
    places = {axis: place for place, axis in enumerate(axes)}
    for number, legs in enumerate(workspace.legs):
        for leg in range(len(legs.home)):
            used = [axis for axis in axes if legs.jacobian[leg][axis] != 0.0]
            if not used:
                continue
            at = tuple(places[axis] for axis in used)
            weights = tuple(legs.jacobian[leg][axis] for axis in used)
            low, high = legs.low[leg] - legs.home[leg], legs.high[leg] - legs.home[leg]
            if low < 0.0 < high:
                found.append(
                    _stroke(
                        at,
                        weights,
                        low,
                        high,
                        legs.error[leg],
                        None if bent is None else bent[number][:, leg],
                    )
                )
            speed, bend = keep * legs.velocity[leg], keep * legs.acceleration[leg]
            if np.isfinite(speed) and speed > 0.0:
                found.append(Limit(at, weights, differences[1] * rate_hz, -speed, speed))
            if np.isfinite(bend) and bend > 0.0:
                found.append(Limit(at, weights, differences[2] * rate_hz**2, -bend, bend))
    return found


_LEAST_ROOM = 0.02
"""Of a stroke, so much stays free on either side of home whatever the linear model is out by: home is a solution always."""


def _stroke(
    axes: tuple[int, ...],
    weights: tuple[float, ...],
    low: float,
    high: float,
    error: float,
    bent: Floats | None,
) -> Limit:
    one, least = np.array([1.0]), _LEAST_ROOM * (high - low)
    if bent is None:
        return Limit(axes, weights, one, min(low + error, -least), max(high - error, least))
    hair = 1e-3 * (high - low)
    return Limit(
        axes, weights, one, np.minimum(low - bent + hair, -least), np.maximum(high - bent - hair, least)
    )


def coupled_axes(workspace: Workspace) -> list[tuple[int, ...]]:
    """Axes that move, in groups that share nothing: neither a component of the felt force nor a leg."""
    moving = workspace.moving
    stencils = force_stencils(workspace.head_m, 1.0)
    shared = [{axis for axis in moving if np.any(stencils[component, axis])} for component in range(3)]
    for legs in workspace.legs:
        shared += [{axis for axis in moving if row[axis] != 0.0} for row in legs.jacobian]
    groups = [{axis} for axis in moving]
    for together in shared:
        touched = [group for group in groups if group & together]
        groups = [group for group in groups if not group & together]
        if touched:
            groups.append(set().union(*touched))
    return sorted(tuple(sorted(group)) for group in groups)
