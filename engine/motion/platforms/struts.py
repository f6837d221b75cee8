"""Six struts between a base and a plate: Gough and Stewart's platform.

With t the shift of a pose, R its turn about the pivot c, a_i the joints of the plate and b_i those of the base, strut i is

    d_i = home + c + t + R (a_i - c) - b_i,    length |d_i|

(D. Stewart, A platform with six degrees of freedom, Proc. IMechE 180, 1965; with c in the middle of the plate and c = 0 it is
LinuxCNC's genhexkins.)
"""

from __future__ import annotations

import numpy as np

from engine.experience.platform import PlatformSpec
from engine.motion.platforms.actuated import Actuated
from engine.motion.platforms.turns import (
    RAD_PER_DEG,
    SHIFTS,
    Turn,
    matrices,
    turn_axes,
    turn_of,
    turn_rates,
)
from engine.motion.platforms.values import Floats
from engine.units import MOTION_AXES


class Struts(Actuated):
    """A hexapod; see `engine.motion.platforms.values.Platform`.

    Parameters
    ----------
    spec : PlatformSpec
        Of kind ``hexapod``. Any number of struts is computed; only six hold a plate.
    """

    def __init__(self, spec: PlatformSpec) -> None:
        actuators = spec.actuators
        pivot = np.array(spec.pivot_m)
        self._arm = np.array([actuator.moving_m for actuator in actuators]) - pivot
        base = np.array([actuator.base_m for actuator in actuators])
        self._foot = base - np.array(spec.home_m) - pivot
        self._length = np.array([actuator.length_m for actuator in actuators])
        self._convention = spec.convention
        self._radius = np.linalg.norm(self._arm, axis=1)
        super().__init__(
            spec.kind,
            MOTION_AXES,
            [actuator.name for actuator in actuators],
            ["m"] * len(actuators),
            np.array([(row.low, row.high, row.velocity, row.acceleration) for row in actuators]).T,
            float(np.sqrt(np.mean(self._radius**2))),
        )

    def _legs(self, poses: Floats) -> Floats:
        # By coordinate, struts in rows: whole arrays of neighbouring poses, so nothing is moved about and nothing depends on how many
        # poses are asked for at once.
        rows = turn_of(poses, self._convention).rows
        arm, foot = self._arm, self._foot
        square = None
        for axis, shift in enumerate((poses[:, 1], poses[:, 0], poses[:, 2])):
            row = rows[axis]
            part = arm[:, 0, None] * row[0]
            part += arm[:, 1, None] * row[1]
            part += arm[:, 2, None] * row[2]
            part += shift
            part -= foot[:, axis, None]
            part *= part
            square = part if square is None else square + part
        assert square is not None
        return np.sqrt(square).T - self._length

    def _parts(self, poses: Floats) -> tuple[Turn, Floats, Floats, Floats]:
        """Turn, turned arms [n, L, 3], struts [n, L, 3], lengths [n, L]."""
        turn = turn_of(poses, self._convention)
        arms = np.einsum("nij,lj->nli", matrices(turn), self._arm)
        struts = arms + (poses[:, :3] @ SHIFTS)[:, None, :] - self._foot
        return turn, arms, struts, np.sqrt((struts * struts).sum(axis=2))

    def _jacobian(self, poses: Floats) -> Floats:
        turn, arms, struts, lengths = self._parts(poses)
        with np.errstate(invalid="ignore", divide="ignore"):
            unit = struts / lengths[..., None]
        found = np.empty((*lengths.shape, 6))
        found[..., :3] = unit @ SHIFTS.T
        # unit . (axis x arm) = axis . (arm x unit)
        found[..., 3:] = np.cross(arms, unit) @ turn_axes(turn).swapaxes(1, 2) * RAD_PER_DEG
        return found

    def _rates(self, poses: Floats, velocities: Floats, accelerations: Floats) -> tuple[Floats, Floats]:
        turn, arms, struts, lengths = self._parts(poses)
        omega, alpha = turn_rates(turn, velocities, accelerations)
        swept = np.cross(omega[:, None, :], arms)
        speed = (velocities[:, :3] @ SHIFTS)[:, None, :] + swept
        gain = (accelerations[:, :3] @ SHIFTS)[:, None, :] + np.cross(alpha[:, None, :], arms)
        gain = gain + np.cross(omega[:, None, :], swept)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = (struts * speed).sum(axis=2) / lengths
            change = ((speed * speed).sum(axis=2) + (struts * gain).sum(axis=2) - rate * rate) / lengths
        return rate, change

    def third_bound(self, low: Floats, high: Floats) -> Floats:
        """See `Platform.third_bound`.

        Notes
        -----
        With u = d/|d| and P = 1 - u u': D_jk |d| = (d_j . P d_k) / |d| + u . d_jk. Once more by l, with |d_l u| = |P d_l| / |d|
        <= m_l / |d| and so ||D_l P|| <= m_l / |d|:

            |D_jkl| <= (s_jl m_k + s_kl m_j + s_jk m_l) / |d| + 2 m_j m_k m_l / |d|^2 + q_jkl

        where m_j = |d_j|: 1 for a shift, at most |a - c| pi/180 for an angle; s_jk = |d_jk| and q_jkl = |d_jkl| are at most
        |a - c| times as many pi/180 where all are angles, and 0 else. |d| is at least its value in the middle of the box less half
        the box's sides times m.
        """
        m = self._first(self._radius)
        least = self._legs(0.5 * (low + high)) + self._length - (0.5 * (high - low)) @ m.T
        angular = np.arange(6) >= 3
        both = angular[:, None] & angular[None, :]
        all_three = both[:, :, None] & angular
        s = np.where(both, self._radius[:, None, None] * RAD_PER_DEG**2, 0.0)
        q = np.where(all_three, self._radius[:, None, None, None] * RAD_PER_DEG**3, 0.0)
        inverse = np.full(least.shape, np.inf)
        np.divide(1.0, least, out=inverse, where=least > 0.0)
        inverse = inverse[:, :, None, None, None]
        mixed = s[:, :, None, :] * m[:, None, :, None] + s[:, None, :, :] * m[:, :, None, None]
        mixed = mixed + s[:, :, :, None] * m[:, None, None, :]
        product = m[:, :, None, None] * m[:, None, :, None] * m[:, None, None, :]
        return inverse * (mixed + 2.0 * product * inverse) + q

    @staticmethod
    def _first(radius: Floats) -> Floats:
        m = np.ones((len(radius), 6))
        m[:, 3:] = radius[:, None] * RAD_PER_DEG
        return m
