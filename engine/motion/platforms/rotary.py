"""Actuators that turn a table themselves: each is one angle of the pose."""

from __future__ import annotations

import numpy as np

from engine.experience.platform import PlatformSpec
from engine.motion.platforms.actuated import Actuated
from engine.motion.platforms.values import Floats
from engine.units import MOTION_AXES

_AXES = {"yaw_base": ("yaw",), "tilt_table": ("pitch", "roll")}


class Rotary(Actuated):
    """A yaw base or a tilt table; see `engine.motion.platforms.values.Platform`.

    Parameters
    ----------
    spec : PlatformSpec
        The order of its convention is that of its gimbals.
    """

    def __init__(self, spec: PlatformSpec) -> None:
        axes = _AXES[spec.kind]
        self._turned = [MOTION_AXES.index(axis) for axis in axes]
        self._home = np.array([row.home for row in spec.actuators])
        self._gains = np.zeros((len(axes), 6))
        self._gains[np.arange(len(axes)), self._turned] = 1.0
        super().__init__(
            spec.kind,
            axes,
            [row.name for row in spec.actuators],
            ["deg"] * len(axes),
            np.array([(row.low, row.high, row.velocity, row.acceleration) for row in spec.actuators]).T,
            1.0,
        )

    def _legs(self, poses: Floats) -> Floats:
        return self._home + poses[:, self._turned]

    def _jacobian(self, poses: Floats) -> Floats:
        found = np.tile(self._gains, (len(poses), 1, 1))
        found[~np.isfinite(poses).all(axis=1)] = np.nan
        return found

    def _rates(self, poses: Floats, velocities: Floats, accelerations: Floats) -> tuple[Floats, Floats]:
        return velocities[:, self._turned], accelerations[:, self._turned]

    def third_bound(self, low: Floats, high: Floats) -> Floats:
        """See `Platform.third_bound`: the actuators are linear."""
        return np.zeros((len(low), len(self.low), 6, 6, 6))
