"""A set of measured head-related impulse responses, in the engine's axes and at its rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredHead:
    """Responses of one pair of ears.

    Attributes
    ----------
    name : str
        Of the set and its head.
    licence : str
        As the set has it.
    directions : ndarray of float64, shape (D, 3)
        Unit vectors in the head's frame (x right, y ahead, z up), D at least 16, no two alike.
    responses : ndarray of float64, shape (D, 2, N)
        Left and right at 48 kHz, delays in them.
    distance_m : float
        Of the loudspeaker, about.
    """

    name: str
    licence: str
    directions: Values
    responses: Values
    distance_m: float
