"""Doses of many seats while the show runs, sample by sample at the bus' rate.

Coarser than the certificate's: filters run at the meter's own rate, and corners that such a rate cannot hold are left out
(`engine.motion.exposure.weightings.sos_slow` says how wrong that is; what a seat does lies far below).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.cueing.specific_force import felt
from engine.motion.cueing.values import GRAVITY_MPS2
from engine.motion.exposure.weightings import sos_slow

Floats = NDArray[np.float64]

_NAMES = ("Wd", "Wd", "Wk", "Wf")


@dataclass(frozen=True, slots=True, eq=False)
class Doses:
    """So far, float64[seats] each: VDV along x, y, z (m/s^1.75) and MSDV (m/s^1.5)."""

    vdv_x: Floats
    vdv_y: Floats
    vdv_z: Floats
    msdv_z: Floats


class DoseMeter:
    """Accumulates what guests are given by commanded poses.

    Parameters
    ----------
    seats : int
    rate_hz : float
        Of the samples that will be given.
    heads_m : float64[seats, 3]
        Guests' heads from the centre of rotation, X right, Y forward, Z up.

    Notes
    -----
    Pure arithmetic in a fixed order: the same samples give the same bits, so a replay has the same doses.
    """

    def __init__(self, seats: int, rate_hz: float, heads_m: Floats) -> None:
        self._rate_hz = rate_hz
        self._heads = np.asarray(heads_m, dtype=np.float64)
        self._poses: list[Floats] = []
        self._filters = [sos_slow(name, rate_hz)[0] for name in _NAMES]
        self._states = [np.zeros((len(made), 2, seats)) for made in self._filters]
        self._sums = np.zeros((4, seats))

    def push(self, poses: Floats) -> None:
        """Take the poses of one instant, float64[seats, 6], in the order of `engine.units.MOTION_AXES`."""
        self._poses.append(np.array(poses, dtype=np.float64))
        if len(self._poses) < 3:
            return
        before, here, after = self._poses
        velocity = (after - before) * (self._rate_hz / 2.0)
        acceleration = (after - 2.0 * here + before) * self._rate_hz**2
        force, _ = felt(here, velocity, acceleration, self._heads)  # type: ignore[arg-type]
        signals = (force[:, 1], -force[:, 0], force[:, 2] - GRAVITY_MPS2, force[:, 2] - GRAVITY_MPS2)
        for row, signal in enumerate(signals):
            output = _one_step(self._filters[row], self._states[row], signal)
            self._sums[row] += np.abs(output) ** (4.0 if row < 3 else 2.0) / self._rate_hz
        del self._poses[0]

    def doses(self) -> Doses:
        """What has come together."""
        vdv = self._sums[:3] ** 0.25
        return Doses(vdv[0], vdv[1], vdv[2], np.sqrt(self._sums[3]))

    def reset(self, seat: int) -> None:
        """A new guest sits down: nothing has been given."""
        self._sums[:, seat] = 0.0


def _one_step(made: Floats, state: Floats, signal: Floats) -> Floats:
    """One sample through the sections, transposed direct form II; `state` is float64[sections, 2, seats], changed in place."""
    value = signal
    for section, (b0, b1, b2, _, a1, a2) in enumerate(made):
        output = b0 * value + state[section, 0]
        state[section, 0] = b1 * value - a1 * output + state[section, 1]
        state[section, 1] = b2 * value - a2 * output
        value = output
    return value
