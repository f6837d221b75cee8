"""Doses of seats while the show runs, block by block at the bus' rate.

Coarser than the certificate's, which samples at 2 kHz: here the poses are those of the bus, nothing between them. Up to a quarter of
the rate what is measured is within `WITHIN` of the formula: accelerations are differences of eighth order (0.7 % low there, 12 % at two
fifths of the rate), and what the bilinear transform bends is straightened (`engine.motion.exposure.weightings.straightener`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.cueing.specific_force import felt
from engine.motion.cueing.values import GRAVITY_MPS2
from engine.motion.exposure.weightings import sos_slow, straightener

Floats = NDArray[np.float64]

WITHIN = 0.02
"""Largest relative error of a dose by a sine between 0.1 Hz and a quarter of the rate, at most 80 Hz."""

_NAMES = ("Wd", "Wd", "Wk", "Wf")
_POWERS = (4, 4, 4, 2)
# Central differences of eighth order (Fornberg 1988, table 1), for one sample a second.
_SLOPE = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0.0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
_BEND = np.array([-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560])
_REACH = len(_SLOPE) - 1


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
    Pure arithmetic in a fixed order: the same samples in the same blocks give the same bits, so a replay has the same doses. What is
    given counts ten samples later.
    """

    def __init__(self, seats: int, rate_hz: float, heads_m: Floats) -> None:
        self._rate_hz = rate_hz
        self._heads = np.asarray(heads_m, dtype=np.float64)
        self._poses = np.empty((0, seats, 6))
        self._filters = [sos_slow(name, rate_hz)[0] for name in _NAMES]
        self._taps = [straightener(name, rate_hz) for name in _NAMES]
        self._states = [np.zeros((len(made), 2, seats)) for made in self._filters]
        self._before = np.zeros((len(_NAMES), len(self._taps[0]) - 1, seats))
        self._sums = np.zeros((len(_NAMES), seats))

    def push(self, poses: Floats) -> None:
        """Take the poses of one instant or of several, float64[seats, 6] or float64[n, seats, 6], in the order of
        `engine.units.MOTION_AXES`.
        """
        from scipy.signal import sosfilt

        given = np.concatenate((self._poses, poses.reshape(-1, *self._poses.shape[1:])))
        self._poses = given[max(0, len(given) - _REACH) :]
        if len(given) <= _REACH:
            return
        velocity = _across(given, _SLOPE) * self._rate_hz
        acceleration = _across(given, _BEND) * self._rate_hz**2
        here = given[_REACH // 2 : -(_REACH // 2)]
        force, _ = felt(here, velocity, acceleration, self._heads)  # type: ignore[arg-type]
        along_z = force[..., 2] - GRAVITY_MPS2
        for row, signal in enumerate((force[..., 1], -force[..., 0], along_z, along_z)):
            whole = np.concatenate((self._before[row], signal))
            self._before[row] = whole[len(signal) :]
            weighted, self._states[row] = sosfilt(
                self._filters[row], _across(whole, self._taps[row]), axis=0, zi=self._states[row]
            )
            self._sums[row] += (weighted ** _POWERS[row]).sum(axis=0) / self._rate_hz

    def doses(self) -> Doses:
        """What has come together."""
        vdv = self._sums[:3] ** 0.25
        return Doses(vdv[0], vdv[1], vdv[2], np.sqrt(self._sums[3]))

    @property
    def sums(self) -> Floats:
        """What the doses are roots of, float64[4, seats]: three of fourth powers, one of squares."""
        return self._sums.copy()

    def resume(self, sums: Floats) -> None:
        """Go on from `sums` of another meter of the same guests, where those are more."""
        self._sums = np.maximum(self._sums, sums)

    def reset(self, seat: int) -> None:
        """A new guest sits down: nothing has been given."""
        self._sums[:, seat] = 0.0


def _across(rows: Floats, taps: Floats) -> Floats:
    """Each run of as many rows as there are taps, weighed by them: float64[len(rows) - len(taps) + 1, ...]."""
    count = len(rows) - len(taps) + 1
    found = taps[0] * rows[:count]
    for number in range(1, len(taps)):
        if taps[number]:
            found += taps[number] * rows[number : number + count]
    return np.asarray(found)
