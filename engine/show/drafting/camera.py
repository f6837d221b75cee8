"""A camera's motion from what moves in its picture: a robust fit of the motion field of a rigid scene.

The motion of a point (x, y) of the picture, in focal lengths from its centre, x right, y down, of a camera that moves by T and turns
by w (x right, y down, z ahead) before a scene of depth Z is (Longuet-Higgins and Prazdny, The interpretation of a moving retinal
image, Proc. R. Soc. B 208, 1980)::

    u = (-Tx + x Tz) / Z + x y wx - (1 + x^2) wy + y wz
    v = (-Ty + y Tz) / Z + (1 + y^2) wx - x y wy - x wz

Depth is not known. Two scenes are tried for every shot: one that is as far everywhere, before which sideways motion cannot be told from
turning and is taken as turning, and ground that comes nearer towards the picture's lower edge, 1/Z = 1 + s y, before which it
can. The one that explains more of the shot is taken. Iteratively reweighted least squares with Tukey's biweight leaves out what
moves by itself (persons, cars): it may fill some 40 % of the picture. It is not an average of what all pixels do.
"""

from __future__ import annotations

import numpy as np

from engine.show.drafting.values import Floats

GROUNDS = (0.0, 1.0, 2.0)
"""Slopes s of 1/Z = 1 + s y (y in focal lengths); 0: as far everywhere, without sideways motion."""

PARTS = ("Tx", "Ty", "Tz", "wx", "wy", "wz")

_STEPS = 8
_TUKEY = 4.685  # 95 % efficiency for normal errors (Holland and Welsch, 1977)
_GROUND_GAIN = 0.85
"""Ground is believed in where it leaves less than this share of the error."""


def design(x: Floats, y: Floats, slope: float) -> Floats:
    """The motion field's linear parts.

    Parameters
    ----------
    x, y : float64[K]
        Points in focal lengths from the centre, right and down.
    slope : float
        Of the ground; 0 leaves Tx and Ty out (their columns are zero).

    Returns
    -------
    float64[2 K, 6]
        Rows: u of all points, then v; columns as in `PARTS`.
    """
    near = np.clip(1.0 + slope * y, 0.0, None)
    zero = np.zeros_like(x)
    sideways = -near if slope else zero
    u = np.stack((sideways, zero, x * near, x * y, -(1.0 + x * x), y), axis=1)
    v = np.stack((zero, sideways, y * near, 1.0 + y * y, -x * y, -x), axis=1)
    return np.concatenate((u, v))


def fit(parts: Floats, moved: Floats, least: float) -> tuple[Floats, Floats, float]:
    """Robust least squares.

    Parameters
    ----------
    parts : float64[2 K, 6]
        From `design`.
    moved : float64[2 K]
        How far the points moved between two pictures, focal lengths; u of all, then v.
    least : float
        Scale of errors below which all points count in full, focal lengths: what the measurement of motion is good for.

    Returns
    -------
    float64[6]
        As in `PARTS`, per picture; a part whose column is zero is 0.
    float64[K]
        Error of each point, focal lengths.
    float
        Mean of Tukey's loss with the scale `least` x 4, 0..1: comparable between scenes.
    """
    count = len(moved) // 2
    used = np.flatnonzero(np.any(parts, axis=0))
    weights = np.ones(count)
    found = np.zeros(parts.shape[1])
    errors = np.hypot(moved[:count], moved[count:])
    for _ in range(_STEPS):
        both = np.concatenate((weights, weights))
        weighted = parts[:, used] * both[:, None]
        normal = weighted.T @ parts[:, used]
        normal[np.diag_indices_from(normal)] += 1e-9 * count
        found[used] = np.linalg.solve(normal, weighted.T @ moved)
        rest = moved - parts @ found
        errors = np.hypot(rest[:count], rest[count:])
        # The median of a Rayleigh distribution is 1.177 of its scale.
        scale = max(float(np.median(errors)) / 1.177, least)
        share = np.clip(1.0 - (errors / (_TUKEY * scale)) ** 2, 0.0, None)
        weights = share**2
    loss = 1.0 - np.clip(1.0 - (errors / (4.0 * least)) ** 2, 0.0, None) ** 3
    return found, errors, float(loss.mean())


def rates_of(parts: Floats, step_s: Floats) -> Floats:
    """Motion between pictures as rates in the engine's axes.

    Parameters
    ----------
    parts : float64[N, 6]
        As in `PARTS`, per picture: depths and radians.
    step_s : float64[N]
        Time between the pictures.

    Returns
    -------
    float64[N, 6]
        Surge, sway, heave in depths a second, roll, pitch, yaw in degrees a second.
    """
    tx, ty, tz, wx, wy, wz = (parts / step_s[:, None]).T
    # Down is y: heave goes against it, and a turn about it goes to the right. A turn about "ahead" lowers the right side.
    return np.stack((tz, tx, -ty, np.degrees(wz), np.degrees(wx), -np.degrees(wy)), axis=1)


def best_ground(losses: Floats) -> int:
    """Which of `GROUNDS` a shot shows; float64[N, len(GROUNDS)] losses of its pictures."""
    mean = losses.mean(axis=0)
    best = int(np.argmin(mean[1:])) + 1
    return best if mean[best] < _GROUND_GAIN * mean[0] else 0
