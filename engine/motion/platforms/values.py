"""What every platform can be asked, whatever moves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """How far poses are from what a platform cannot do.

    Attributes
    ----------
    stroke : float64[...]
        Smallest distance of an actuator to an end of its stroke, as a share of half that stroke: 1 in the middle, 0 at an end,
        negative beyond.
    singular : float64[...]
        Smallest singular value of the Jacobian over the axes the platform moves, without a unit: columns of angles are per radian
        and divided by the root mean square distance of the moving joints from the pivot, rows of rotary actuators are deg per deg.
        0: the platform cannot hold the pose. Of a stack, the smallest of its parts.
    """

    stroke: Floats
    singular: Floats


class Platform(Protocol):
    """Actuators under a seat. L of them; poses are float64[..., 6] in the order of `engine.units.MOTION_AXES`, m and deg, from home.

    Attributes
    ----------
    kind : str
    axes : tuple of str
        The motion axes it moves, in the order of `MOTION_AXES`; others of a pose are ignored.
    names : tuple of str
        Of the actuators.
    units : tuple of str
        ``"m"`` or ``"deg"`` for each actuator.
    low, high : float64[L]
        Stroke, in those units.
    velocity, acceleration : float64[L]
        Largest magnitudes, per s and s^2.

    Notes
    -----
    Pure; no method keeps anything. NaN in, NaN out, unless a method says otherwise.
    """

    @property
    def kind(self) -> str: ...
    @property
    def axes(self) -> tuple[str, ...]: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def units(self) -> tuple[str, ...]: ...
    @property
    def low(self) -> Floats: ...
    @property
    def high(self) -> Floats: ...
    @property
    def velocity(self) -> Floats: ...
    @property
    def acceleration(self) -> Floats: ...

    def legs(self, poses: ArrayLike) -> Floats:
        """Positions of the actuators, float64[..., L]; inverse kinematics."""
        ...

    def poses(self, legs: ArrayLike, *, start: ArrayLike | None = None) -> Floats:
        """The poses in which the actuators are there, float64[..., 6]; forward kinematics from `start` (home).

        NaN where none is found. Of more actuators than axes, the pose that fits them best.
        """
        ...

    def jacobian(self, poses: ArrayLike) -> Floats:
        """Derivatives, float64[..., L, 6]: actuator units per m and per deg."""
        ...

    def rates(
        self, poses: ArrayLike, velocities: ArrayLike, accelerations: ArrayLike
    ) -> tuple[Floats, Floats]:
        """Exact velocities and accelerations of the actuators, float64[..., L] each, from those of the axes."""
        ...

    def fits(self, poses: ArrayLike) -> Flags:
        """Whether every actuator is within its stroke, bool[...]; False for a pose that is no number."""
        ...

    def clip(self, poses: ArrayLike) -> Floats:
        """Poses that fit: each drawn back along the straight line to home as far as it must, never actuator by actuator.

        One that fits is given back untouched; one that is no number becomes home.
        """
        ...

    def margins(self, poses: ArrayLike) -> Margins:
        """How far poses are from the ends of the strokes and from a singularity."""
        ...

    def third_bound(self, low: Floats, high: Floats) -> Floats:
        """Upper bounds of all third derivatives over n boxes, float64[n, L, 6, 6, 6], symmetric, per m and deg.

        Parameters
        ----------
        low, high : float64[n, 6]

        Notes
        -----
        Infinite or NaN where there is none: in such a box a strut may have no length, or the plate stand on edge.
        """
        ...
