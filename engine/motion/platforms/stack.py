"""A platform on a platform: a yaw base under a tilt table. Each moves axes of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.motion.platforms.actuated import Actuated
from engine.motion.platforms.values import Floats, Margins
from engine.units import MOTION_AXES


class Stack(Actuated):
    """Platforms on one another; see `engine.motion.platforms.values.Platform`.

    Parameters
    ----------
    parts : sequence of Actuated
        The lowest first.

    Raises
    ------
    ValueError
        When two of them move one axis: then it would not be known which of them is to.
    """

    def __init__(self, parts: Sequence[Actuated]) -> None:
        self._parts = tuple(parts)
        axes = [axis for part in parts for axis in part.axes]
        twice = [axis for axis in MOTION_AXES if axes.count(axis) > 1]
        if twice:
            kinds = " and ".join(part.kind for part in parts)
            raise ValueError(f"{kinds} both move {', '.join(twice)}; only one of them may")
        super().__init__(
            " on ".join(part.kind for part in reversed(self._parts)),
            axes,
            [name for part in parts for name in part.names],
            [unit for part in parts for unit in part.units],
            np.concatenate(
                [np.array([part.low, part.high, part.velocity, part.acceleration]) for part in parts], axis=1
            ),
            1.0,
        )

    def _legs(self, poses: Floats) -> Floats:
        return np.concatenate([part._legs(poses) for part in self._parts], axis=1)

    def _jacobian(self, poses: Floats) -> Floats:
        return np.concatenate([part._jacobian(poses) for part in self._parts], axis=1)

    def _rates(self, poses: Floats, velocities: Floats, accelerations: Floats) -> tuple[Floats, Floats]:
        rows = [part._rates(poses, velocities, accelerations) for part in self._parts]
        return np.concatenate([row[0] for row in rows], axis=1), np.concatenate(
            [row[1] for row in rows], axis=1
        )

    def third_bound(self, low: Floats, high: Floats) -> Floats:
        """See `Platform.third_bound`."""
        return np.concatenate([part.third_bound(low, high) for part in self._parts], axis=1)

    def margins(self, poses: object) -> Margins:
        """See `Platform.margins`; each part by itself, since no unit is common to them."""
        rows = [part.margins(poses) for part in self._parts]  # type: ignore[arg-type]
        return Margins(
            np.minimum.reduce([row.stroke for row in rows]), np.minimum.reduce([row.singular for row in rows])
        )
