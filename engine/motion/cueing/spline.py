"""Uniform cubic splines: what makes a fitted course exact in the bank's cubic pieces, and its limits provable.

A course is ``p(t) = sum_k c_k B(t/h - k)`` with the cubic B-spline B on knots h apart (de Boor, A Practical Guide to Splines, chapter IX).

- Between two knots it is one cubic: a piece of the bank, without loss.
- It is twice continuously differentiable, so its jerk is bounded: constant between knots, the third difference of c over h^3.
- Its derivatives are splines in the differences of c, and a spline lies in the convex hull of its coefficients (variation diminishing
  property). Hence for *every* t, not only at samples: ``min c <= p <= max c``, ``|p'| <= max |c_k+1 - c_k| / h``,
  ``|p''| <= max |second difference| / h^2``, ``|p'''| <= max |third difference| / h^3``. The same holds for any linear function of the
  six axes, such as the length of a leg near home.
"""

from __future__ import annotations

import numpy as np

from engine.motion.cueing.values import Floats

POSITION = np.array([1.0, 4.0, 1.0]) / 6.0
"""Weights of three neighbouring control points in the position at the middle one's knot."""

VELOCITY = np.array([1.0, 0.0, -1.0]) / 2.0
"""As a convolution kernel: next minus previous, times 1/h."""

ACCELERATION = np.array([1.0, -2.0, 1.0])
"""Times 1/h^2."""


def _padded(control: Floats, by: int) -> Floats:
    zeros = np.zeros((by, *control.shape[1:]))
    return np.concatenate((zeros, control, zeros))


def at_knots(control: Floats, rate_hz: float) -> tuple[Floats, Floats, Floats]:
    """Position, velocity and acceleration at every knot, each float64[K + 1, ...] for control points float64[K + 1, ...]."""
    c = _padded(control, 1)
    before, here, after = c[:-2], c[1:-1], c[2:]
    return (
        (before + 4.0 * here + after) / 6.0,
        (after - before) * (rate_hz / 2.0),
        (before - 2.0 * here + after) * rate_hz**2,
    )


def bounds(control: Floats, rate_hz: float) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Lowest and highest position, largest speed, acceleration and jerk at any time, by the convex hull; each float64[...]."""
    c = _padded(control, 3)
    d1 = np.diff(c, axis=0)
    d2 = np.diff(d1, axis=0)
    d3 = np.diff(d2, axis=0)
    return (
        c.min(axis=0),
        c.max(axis=0),
        np.abs(d1).max(axis=0) * rate_hz,
        np.abs(d2).max(axis=0) * rate_hz**2,
        np.abs(d3).max(axis=0) * rate_hz**3,
    )


def pieces(control: Floats) -> Floats:
    """Coefficients of the cubic of each interval, float64[K, ..., 4] as in `engine.timeline.bank.LevelBank.coef` (u from 0 to 1).

    Knot k to knot k + 1 for k = 0..K-1.
    """
    c = _padded(control, 1)
    a, b, d, e = c[:-3], c[1:-2], c[2:-1], c[3:]
    return np.stack(
        (
            (a + 4.0 * b + d) / 6.0,
            (d - a) / 2.0,
            (a - 2.0 * b + d) / 2.0,
            (e - 3.0 * d + 3.0 * b - a) / 6.0,
        ),
        axis=-1,
    )


def sampled(control: Floats, rate_hz: float, per_piece: int) -> tuple[Floats, Floats, Floats]:
    """Position, velocity and acceleration at ``per_piece`` equidistant instants of each interval and at the last knot.

    Each float64[K * per_piece + 1, ...], exact.
    """
    coef = pieces(control)
    u = np.arange(per_piece) / per_piece
    one, none = np.ones_like(u), np.zeros_like(u)
    found = []
    for powers, scale, last in zip(
        (
            np.stack((one, u, u**2, u**3)),
            np.stack((none, one, 2.0 * u, 3.0 * u**2)),
            np.stack((none, none, 2.0 * one, 6.0 * u)),
        ),
        (1.0, rate_hz, rate_hz**2),
        at_knots(control, rate_hz),
        strict=True,
    ):
        rows = np.moveaxis(coef @ powers, -1, 1).reshape(-1, *control.shape[1:]) * scale
        found.append(np.concatenate((rows, last[-1:])))
    return found[0], found[1], found[2]
