"""What cueing passes around: courses of felt motion, what a seat may do, and what came out of a fit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRAVITY_MPS2 = 9.80665
"""Standard gravity, exact by definition (3rd CGPM, 1901)."""

FORCE_AXES = ("right", "forward", "up")
"""Components of a specific force: the guest's X, Y, Z."""

TURN_AXES = ("pitch", "roll", "yaw")
"""Components of an angular rate: about the guest's X (nose up), Y (right side down), Z (to the left)."""

KNOT_HZ = 50
"""Knots a second of a fitted course: its cubic pieces are 20 ms long, and it follows up to some 10 Hz."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Motion as the inner ear has it, at a fixed rate.

    Attributes
    ----------
    rate_hz : float
        Samples a second; sample k is at k / rate_hz.
    force_mps2 : float64[N, 3]
        Specific force f = a - g in the guest's frame (`FORCE_AXES`), m/s^2: (0, 0, 9.81) at rest.
    turn_dps : float64[N, 3]
        Angular rate in the guest's frame (`TURN_AXES`), deg/s.
    """

    rate_hz: float
    force_mps2: Floats
    turn_dps: Floats

    def __post_init__(self) -> None:
        if self.force_mps2.shape != self.turn_dps.shape or self.force_mps2.shape[1:] != (3,):
            raise ValueError(
                f"a course needs force and turning of one shape [N, 3], got {self.force_mps2.shape} and {self.turn_dps.shape}"
            )
        if not self.rate_hz > 0.0:
            raise ValueError(f"a course of {self.rate_hz} samples a second; it must be above 0")
        for name, rows in (("specific force", self.force_mps2), ("angular rate", self.turn_dps)):
            bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
            if bad.size:
                at_s = bad[0] / self.rate_hz
                raise ValueError(
                    f"the {name} is not finite at {at_s:.3f} s ({bad.size} of {len(rows)} samples)"
                )

    def __len__(self) -> int:
        return len(self.force_mps2)

    def scaled(self, force: float, turn: float) -> Course:
        """Less or more of it: ``force`` of what is felt beyond gravity, ``turn`` of the turning."""
        rest = np.array([0.0, 0.0, GRAVITY_MPS2])
        return Course(self.rate_hz, rest + force * (self.force_mps2 - rest), turn * self.turn_dps)


@dataclass(frozen=True, slots=True)
class Legs:
    """Actuators of a platform near its home, linear: position ``home + jacobian . pose``, which is out by ``error`` at most.

    L actuators; m or deg and per s, `jacobian` per m and per deg of `engine.units.MOTION_AXES`.
    """

    home: tuple[float, ...]
    jacobian: tuple[tuple[float, ...], ...]
    error: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    velocity: tuple[float, ...]
    acceleration: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a seat may do: six axes in the order of `engine.units.MOTION_AXES`, m and deg.

    Attributes
    ----------
    low, high : 6 floats
        Range; both 0: the seat does not have the axis. Home (0) lies within.
    velocity, acceleration, jerk : 6 floats
        Largest magnitudes per s, s^2, s^3.
    head_m : 3 floats
        The guest's head from the centre of rotation, X right, Y forward, Z up.
    legs : tuple of Legs
        Platforms whose actuators must keep inside their stroke and speed as well.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    velocity: tuple[float, ...]
    acceleration: tuple[float, ...]
    jerk: tuple[float, ...]
    head_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    legs: tuple[Legs, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("low", "high", "velocity", "acceleration", "jerk"):
            values = getattr(self, name)
            if len(values) != 6 or not np.isfinite(values).all():
                raise ValueError(f"a workspace needs six finite values of {name}, got {values}")

    @property
    def moving(self) -> tuple[int, ...]:
        """Axes that can move: room on both sides of home, and some of every rate."""
        return tuple(
            axis
            for axis in range(6)
            if self.low[axis] < 0.0 < self.high[axis]
            and min(self.velocity[axis], self.acceleration[axis], self.jerk[axis]) > 0.0
        )


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A course of a seat that breaks no limit, as a uniform cubic spline.

    Attributes
    ----------
    control : float64[K + 1, 6]
        Control points of the spline, one a knot, in the order of `engine.units.MOTION_AXES`; before the first and after the last the seat
        is at home.
    rate_hz : float
        Knots a second.
    steps : int
        Steps the solver took; 0 where there was nothing to solve.
    gap : float
        What is left to gain at most, as a share of the cost (duality gap).
    scale : float
        By how much the solution was shrunk towards home for the exact check; 1: not at all.
    """

    control: Floats
    rate_hz: float
    steps: int = 0
    gap: float = 0.0
    scale: float = 1.0
