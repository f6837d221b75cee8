"""What a motion log holds, in the engine's axes, signs and units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import Problem

Floats = NDArray[np.float64]

GRAVITY_MPS2 = 9.80665
"""Standard gravity, exact by definition (3rd CGPM, 1901)."""


@dataclass(frozen=True, slots=True, eq=False)
class Telemetry:
    """A motion log. What the log does not have is None; what it has is finite in every row.

    Attributes
    ----------
    times_s : float64[N]
        Strictly rising, from 0 at the log's first sample; seconds.
    force_mps2 : float64[N, 3] or None
        Specific force (acceleration minus gravity's) along the guest's right, forward, up; m/s^2: (0, 0, 9.81) at rest.
    turn_dps : float64[N, 3] or None
        Angular rate about right, forward, up (nose up, right side down, to the left), deg/s.
    poses : float64[N, 6] or None
        Surge, sway, heave in metres, roll, pitch, yaw in degrees (`engine.units.MOTION_AXES`); yaw does not jump at 360.
    notices : tuple of Problem
        What was assumed or mended, with its line; all of them warnings.
    """

    times_s: Floats
    force_mps2: Floats | None = None
    turn_dps: Floats | None = None
    poses: Floats | None = None
    notices: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def rate_hz(self) -> float:
        """Samples a second, by the median of their distances; 0 for a single one."""
        return 0.0 if len(self) < 2 else float(1.0 / np.median(np.diff(self.times_s)))
