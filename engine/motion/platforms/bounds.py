"""What a platform's actuators can do at most while a pose stays inside a box: constants that cost nothing to use.

A governor that decides a thousand times a second for a thousand seats has no time for trigonometry. It needs
constants, computed once when the rig is loaded, that hold for every pose of a box of the six axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
