"""What a platform's actuators can do at most while a pose stays inside a box: constants that cost nothing to use.

A governor that decides a thousand times a second for a thousand seats has no time for trigonometry. It needs
constants, computed once when the rig is loaded, that hold for every pose of a box of the six axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.motion.platforms.boxes import cut
from engine.motion.platforms.values import Platform
from engine.units import MOTION_AXES

Floats = NDArray[np.float64]

# Small boxes an axis by how many axes are moved: some thousands together.
_PIECES = (1, 64, 24, 12, 6, 5, 4)
_CHUNK = 512
# Small boxes for which nothing can be said are cut again, as often as this, and while there are not too many of them.
_AGAIN = 3
_MOST_WILD = 200
_TOO_LARGE = "a strut may have no length, or the plate stand on edge, within these limits; make them narrower"
# What rounding may add to positions of metres computed by some tens of operations, with room to spare.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class LegBounds:
    """Bounds on the actuators of a platform over a box of poses; L actuators, six axes (`engine.units.MOTION_AXES`).

    For every pose p (m, deg) of the box, with velocity v and acceleration a of the axes, actuator i has

    - position within ``home[i] + jacobian[i] . p`` plus or minus ``error[i]``,
    - speed of at most ``sum_j gain[i, j] |v_j|``,
    - acceleration of at most ``sum_j gain[i, j] |a_j| + sum_jk curve[i, j, k] |v_j| |v_k|``.

    Attributes
    ----------
    home : float64[L]
        Position at the pose zero, m (deg for a rotary one).
    jacobian : float64[L, 6]
        Per m and per deg.
    error : float64[L]
    gain : float64[L, 6]
    curve : float64[L, 6, 6]
        Symmetric.
    low, high : float64[L]
        Stroke.
    velocity, acceleration : float64[L]
        Largest magnitudes, per s and s^2.
    """

    home: Floats
    jacobian: Floats
    error: Floats
    gain: Floats
    curve: Floats
    low: Floats
    high: Floats
    velocity: Floats
    acceleration: Floats


def leg_bounds(platform: Platform, low: ArrayLike, high: ArrayLike) -> LegBounds:
    """Bounds that hold for every pose of a box, whatever it is made of.

    Parameters
    ----------
    platform : Platform
    low, high : float[6]
        The box, m and deg: the limits of the axes. What lies on axes that the platform does not move is ignored.

    Returns
    -------
    LegBounds

    Raises
    ------
    ValueError
        When the box is none (an end that is no number, high below low), or so large that an actuator may have no position in it.

    Notes
    -----
    Proof. Cut the box into small ones with middle c and half sides h. Let f be the position of an actuator, J and H its first and
    second derivatives at a place, and T a bound on all its third derivatives over a small box (`Platform.third_bound`, proven
    there). For p in a small box, |p_j - c_j| <= h_j, and Taylor's theorem with the remainder in Lagrange's form along the segment
    from c to p, which lies in the box, gives

    - of e(p) = f(p) - f(0) - J(0) p, whose first derivative is J - J(0) and whose others are f's:
      |e(p)| <= |e(c)| + sum_j |J_j(c) - J_j(0)| h_j + 1/2 sum_jk |H_jk(c)| h_j h_k + 1/6 sum_jkl T_jkl h_j h_k h_l,
    - |J_j(p)| <= |J_j(c)| + sum_k |H_jk(c)| h_k + 1/2 sum_kl T_jkl h_k h_l,
    - |H_jk(p)| <= |H_jk(c)| + sum_l T_jkl h_l.

    The small boxes cover the box, so the largest of each over them bounds it everywhere: `error`, `gain`, `curve`. With
    x(t) = f(p(t)): x' = sum_j J_j v_j and x'' = sum_j J_j a_j + sum_jk H_jk v_j v_k, which gives the inequalities of `LegBounds`.
    H is exact: `Platform.rates` with acceleration 0 gives v' H v, and H_jk = ((e_j + e_k)' H (e_j + e_k) - e_j' H e_j - e_k' H e_k) / 2.
    Rounding (about 1e-15 of a length) is covered by 1e-12.
    """
    lower, upper = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    if lower.shape != (6,) or upper.shape != (6,) or not np.isfinite([lower, upper]).all():
        raise ValueError("a box has six finite ends on either side")
    if (upper < lower).any():
        axis = MOTION_AXES[int(np.argmax(upper < lower))]
        raise ValueError(f"the box runs from {lower.max():g} down to {upper.min():g} on {axis}")
    columns = [MOTION_AXES.index(axis) for axis in platform.axes]
    still = np.setdiff1d(np.arange(6), columns)
    lower[still] = upper[still] = 0.0
    middles, half = cut(lower, upper, columns, _PIECES[len(columns)])
    origin = np.zeros(6)
    home, jacobian = platform.legs(origin), platform.jacobian(origin)
    count = len(home)
    error, gain, curve = np.zeros(count), np.zeros((count, 6)), np.zeros((count, 6, 6))
    boxes = [(middles, half)]
    for _ in range(_AGAIN):
        wild: list[tuple[Floats, Floats]] = []
        for middles, half in boxes:
            for begin in range(0, len(middles), _CHUNK):
                c = middles[begin : begin + _CHUNK]
                first, second = platform.jacobian(c), np.abs(_hessian(platform, c, columns))
                with np.errstate(all="ignore"):  # infinite where no bound is known: cut again
                    third = platform.third_bound(c - half, c + half)
                    by_one = third @ half
                    by_two = by_one @ half
                    missed = (
                        np.abs(platform.legs(c) - home - c @ jacobian.T) + np.abs(first - jacobian) @ half
                    )
                    missed = missed + 0.5 * (second @ half) @ half + by_two @ half / 6.0
                tame = np.isfinite(missed).all(axis=1)
                if not tame.all():
                    wild.extend(
                        cut(row - half, row + half, columns, 3 if len(columns) < 4 else 2) for row in c[~tame]
                    )
                if tame.any():
                    speed = np.abs(first) + second @ half + 0.5 * by_two
                    error = np.maximum(error, missed[tame].max(axis=0))
                    gain = np.maximum(gain, speed[tame].max(axis=0))
                    curve = np.maximum(curve, (second + by_one)[tame].max(axis=0))
        if not wild:
            break
        if len(wild) > _MOST_WILD:
            raise ValueError(_TOO_LARGE)
        boxes = wild
    else:
        raise ValueError(_TOO_LARGE)
    return LegBounds(
        home,
        jacobian,
        error + _ROUNDING,
        gain * (1.0 + _ROUNDING),
        curve * (1.0 + _ROUNDING),
        platform.low,
        platform.high,
        platform.velocity,
        platform.acceleration,
    )


def _hessian(platform: Platform, poses: Floats, columns: list[int]) -> Floats:
    """Second derivatives at each of n poses, float64[n, L, 6, 6]."""
    unit, nothing = np.eye(6), np.zeros(6)

    def along(direction: Floats) -> Floats:
        return platform.rates(poses, direction, nothing)[1]

    alone = {column: along(unit[column]) for column in columns}
    found = np.zeros((len(poses), len(platform.low), 6, 6))
    for place, j in enumerate(columns):
        found[:, :, j, j] = alone[j]
        for k in columns[place + 1 :]:
            mixed = 0.5 * (along(unit[j] + unit[k]) - alone[j] - alone[k])
            found[:, :, j, k] = found[:, :, k, j] = mixed
    return found
