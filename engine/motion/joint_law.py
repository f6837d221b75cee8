"""The limits of axes and of the legs that they share, put together once: constants, sums and products.

What they are for, and why they suffice, is told in `engine.motion.joint`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.platforms.bounds import LegBounds
from engine.motion.trajectories import AxisLimits, canonical_stop, ramp_sum
from engine.units import MOTION_AXES

Floats = NDArray[np.float64]


PAD = 1e-6  # of the stroke, left by every test
_CLIP_PAD = 2e-6  # of the stroke, left by what is wanted: so that what is wanted passes the test
_RATE_PAD = 1e-5  # of speed and acceleration, likewise; more than followers allow themselves for rounding
_CURVE_SHARE = 0.5  # of a leg's acceleration, at most, for what curvature takes at full speed


@dataclass(frozen=True, slots=True, eq=False)
class LegLaw:
    """Legs and axes as the law takes them: per tick, with what tests leave for rounding taken off; n axes, L legs.

    Attributes
    ----------
    limits : tuple of AxisLimits
        Of the axes, no faster than a leg allows one of them alone, and with brakes that all may use at once.
    jacobian, gain : float64[L, n]
    bend : float64[L, n (n + 1) / 2]
        For the products of pairs ``m_j m_k``, j <= k, in the order of `engine.motion.joint.pairs`.
    above, below : float64[L]
        Farthest ``jacobian @ p`` and what bends may be up and down, for a test; both positive.
    clip_above, clip_below : float64[L]
        The same for what is wanted.
    speed, push : float64[L]
        For ``gain @ P`` and ``gain @ Q``, per tick and tick^2.
    speed_share, brake_share : float
        What is left of the axes' speeds (at worst), and their brakes, by the legs.
    """

    limits: tuple[AxisLimits, ...]
    jacobian: Floats
    gain: Floats
    bend: Floats
    above: Floats
    below: Floats
    clip_above: Floats
    clip_below: Floats
    speed: Floats
    push: Floats
    speed_share: float
    brake_share: float

    def clip(self, pose: Sequence[float]) -> tuple[float, ...]:
        """`pose` (finite), inside the ranges and the stroke: drawn in along its ray from the neutral pose."""
        wanted = [axis.clamp(value) for axis, value in zip(self.limits, pose, strict=True)]
        pairwise = products([abs(value) for value in wanted])
        share = 1.0
        for row, bend, above, below in zip(
            self.jacobian.tolist(),
            self.bend.tolist(),
            self.clip_above.tolist(),
            self.clip_below.tolist(),
            strict=True,
        ):
            way = bent = 0.0
            for factor, value in zip(row, wanted, strict=True):
                way += factor * value
            for factor, value in zip(bend, pairwise, strict=True):
                bent += factor * value
            # The largest share s with s way + s^2 bent <= above, and as much below.
            if way + bent > above:
                share = min(share, 2.0 * above / (way + math.sqrt(way * way + 4.0 * bent * above)))
            if bent - way > below:
                share = min(share, 2.0 * below / (math.sqrt(way * way + 4.0 * bent * below) - way))
        if share >= 1.0:
            return tuple(wanted)
        return tuple(axis.clamp(share * value) for axis, value in zip(self.limits, wanted, strict=True))


def pairs(count: int) -> list[tuple[int, int]]:
    """The pairs j <= k of so many axes, in the order of `LegLaw.bend`."""
    return [(one, other) for one in range(count) for other in range(one, count)]


def products(most: Sequence[float]) -> list[float]:
    """The products of these pairs."""
    return [most[one] * most[other] for one, other in pairs(len(most))]


def leg_law(
    limits: Sequence[AxisLimits],
    bounds: LegBounds,
    dt_s: float,
    *,
    axes: Sequence[int] = tuple(range(len(MOTION_AXES))),
    still: Sequence[float] = (0.0,) * len(MOTION_AXES),
) -> LegLaw:
    """Put the limits of axes and legs together.

    Parameters
    ----------
    limits : sequence of AxisLimits
        Of the axes that move. Their ranges must lie in the box for which `bounds` hold.
    bounds : LegBounds
    dt_s : float
        Time between samples, in s.
    axes : sequence of int, default all six
        Which of the motion axes these are.
    still : sequence of float
        Where the others stay; six values, m and deg.

    Raises
    ------
    ValueError
        The neutral pose zero is out of an axis' range or a leg's stroke, or a leg has no speed or acceleration to give.
    """
    count = len(bounds.home)
    columns = list(axes)
    rest = [index for index in range(len(MOTION_AXES)) if index not in columns]
    jacobian, gain = bounds.jacobian[:, columns], bounds.gain[:, columns]
    home = bounds.home.copy()
    for index in rest:
        home = home + bounds.jacobian[:, index] * still[index]
    for axis in limits:
        if not axis.low <= 0.0 <= axis.high:
            raise ValueError(
                f"an axis' range is {axis.low:g}..{axis.high:g}; with legs to look after it must hold the neutral pose, 0"
            )
    # What axes that stay where they are bend is the same always, and a part of the home; what they bend together with others is not.
    curve = bounds.curve
    fixed = np.abs(np.array([still[index] for index in rest]))
    held = 0.5 * np.einsum("ijk,j,k->i", curve[:, rest][:, :, rest], fixed, fixed)
    crossed = np.einsum("ijk,k->ij", curve[:, columns][:, :, rest], fixed)
    reach = np.array([max(-axis.low, axis.high) for axis in limits])
    held = held + crossed @ reach
    stroke = bounds.high - bounds.low
    ends = [
        end
        for pad in (PAD, _CLIP_PAD)
        for end in (bounds.high - held - pad * stroke - home, home - held - pad * stroke - bounds.low)
    ]
    above, below, clip_above, clip_below = ends
    for leg in range(count):
        if not (clip_above[leg] > 0.0 and clip_below[leg] > 0.0):
            raise ValueError(
                f"leg {leg + 1} is at {home[leg]:.6g} in the neutral pose, uncertain by {held[leg]:.3g}; its stroke is "
                f"{bounds.low[leg]:.6g}..{bounds.high[leg]:.6g}. Mend the geometry, or park the axes that stay nearer to 0"
            )
    if not ((bounds.velocity > 0.0).all() and (bounds.acceleration > 0.0).all()):
        raise ValueError("a leg has no speed or no acceleration to give; both must be above 0")
    wanted_v = np.array([axis.velocity for axis in limits])
    wanted_a = np.array([axis.acceleration for axis in limits])
    used = np.maximum(gain, 1e-300)
    # One axis alone never asks too much of a leg; and curvature takes no more than its share of the push.
    fastest = np.minimum(wanted_v, (bounds.velocity[:, None] * (1.0 - 2.0 * _RATE_PAD) / used).min(axis=0))
    curve = curve[:, columns][:, :, columns]
    bent = np.einsum("ijk,j,k->i", curve, fastest, fastest)
    tame = math.sqrt(min(1.0, float((_CURVE_SHARE * bounds.acceleration / np.maximum(bent, 1e-300)).min())))
    fastest = fastest * tame
    push = bounds.acceleration * (1.0 - _RATE_PAD) - bent * tame * tame
    hardest = np.minimum(wanted_a, (push[:, None] * (1.0 - 2.0 * _RATE_PAD) / used).min(axis=0))
    share = min(1.0, float((push * (1.0 - 2.0 * _RATE_PAD) / np.maximum(gain @ hardest, 1e-300)).min()))
    return LegLaw(
        limits=tuple(
            AxisLimits(axis.low, axis.high, float(v), float(a), axis.jerk, float(a * share))
            for axis, v, a in zip(limits, fastest, hardest, strict=True)
        ),
        jacobian=jacobian,
        gain=gain,
        bend=np.stack(
            [(0.5 if one == other else 1.0) * curve[:, one, other] for one, other in pairs(len(limits))],
            axis=1,
        )
        if limits
        else np.zeros((count, 0)),
        above=above,
        below=below,
        clip_above=clip_above,
        clip_below=clip_below,
        speed=bounds.velocity * (1.0 - _RATE_PAD) * dt_s,
        push=push * dt_s * dt_s,
        speed_share=float((fastest / wanted_v).min()),
        brake_share=float((hardest * share / wanted_a).min()),
    )


@dataclass(frozen=True, slots=True)
class Commitment:
    """What an axis will do at most, from a state to the end of its stop, per tick."""

    low: float
    high: float
    speed: float
    push: float


def commitment(p: float, v: float, a: float, brake: float, jerk: float) -> Commitment:
    """C, P and Q of the module for a state of one axis, per tick."""
    if v == 0.0 and a == 0.0:
        return Commitment(p, p, 0.0, 0.0)
    stop = canonical_stop(v, a, brake, brake, jerk)
    end, dip = p + stop.end, p + stop.dip
    let_go = v + ramp_sum(a, jerk) if a >= 0.0 else v - ramp_sum(-a, jerk)
    speed = max(abs(v), abs(let_go))
    push = max(abs(a), min(brake, math.sqrt(abs(v) * jerk + 0.5 * a * a) + 1.5 * jerk))
    return Commitment(min(p, end, dip), max(p, end, dip), speed, push)
