"""Upright actuators under a plate: three for heave, pitch and roll, four at the corners, or two beside a ball joint.

With n = R z the plate's normal, c the pivot, t the heave and x_i the place of post i, all at rest on the plane z = 0:

- posts that stand on the floor, their heads sliding under the plate: where the plate's plane is above x_i,
  ``h_i = (n . (c + t - x_i) - c_z) / n_z``;
- posts fixed to the seat, their feet sliding on the floor H below the plate at rest: along their own axis down to the floor,
  ``h_i = (c_z + t_z + H + z . R (x_i - c)) / n_z - H``.

Both are quotients N / D with D = n_z = cos(pitch) cos(roll) in either order of turns, and that is how they are differentiated. Surge,
sway and yaw are held by the mechanism and ignored.
"""

from __future__ import annotations

import numpy as np

from engine.experience.platform import PlatformSpec
from engine.motion.platforms.actuated import Actuated
from engine.motion.platforms.turns import RAD_PER_DEG, matrices, turn_axes, turn_of, turn_rates
from engine.motion.platforms.values import Floats

_AXES = {
    "heave_pitch_roll": ("heave", "pitch", "roll"),
    "four_post": ("heave", "pitch", "roll"),
    "two_post": ("pitch", "roll"),
}
_HEAVE, _Z = 2, np.array([0.0, 0.0, 1.0])


class Posts(Actuated):
    """A plate on posts; see `engine.motion.platforms.values.Platform`.

    Parameters
    ----------
    spec : PlatformSpec
        Of kind ``heave_pitch_roll``, ``four_post`` or ``two_post``.
    """

    def __init__(self, spec: PlatformSpec) -> None:
        actuators = spec.actuators
        self._pivot = np.array(spec.pivot_m)
        self._at = np.array([(row.base_m[0], row.base_m[1], 0.0) for row in actuators])
        self._on_seat = spec.posts_on == "seat"
        self._height_m = spec.home_m[2]
        self._home = np.array([row.home for row in actuators])
        self._convention = spec.convention
        super().__init__(
            spec.kind,
            _AXES[spec.kind],
            [row.name for row in actuators],
            ["m"] * len(actuators),
            np.array([(row.low, row.high, row.velocity, row.acceleration) for row in actuators]).T,
            float(np.sqrt(np.mean(((self._at - self._pivot)[:, :2] ** 2).sum(axis=1)))),
        )

    def _moved(self, rows: Floats) -> Floats:
        return np.where(self._mask, rows, 0.0)

    def _quotient(self, poses: Floats) -> tuple[Floats, Floats, Floats]:
        """Matrices [n, 3, 3], N [n, L] and D [n] of moved poses."""
        turned = matrices(turn_of(poses, self._convention))
        normal = turned[:, :, 2]
        if self._on_seat:
            above = self._pivot[2] + self._height_m + poses[:, _HEAVE, None]
            # Not as a matrix product, whose bits depend on how many poses there are.
            return turned, above + (turned[:, None, 2] * (self._at - self._pivot)).sum(axis=2), normal[:, 2]
        return turned, (normal[:, None, :] * self._lever(poses)).sum(axis=2) - self._pivot[2], normal[:, 2]

    def _lever(self, poses: Floats) -> Floats:
        """c + t - x_i, [n, L, 3]."""
        return (self._pivot - self._at)[None] + poses[:, _HEAVE, None, None] * _Z

    def _legs(self, poses: Floats) -> Floats:
        _, top, bottom = self._quotient(self._moved(poses))
        return self._home + top / bottom[:, None] - (self._height_m if self._on_seat else 0.0)

    def _jacobian(self, poses: Floats) -> Floats:
        poses = self._moved(poses)
        turn = turn_of(poses, self._convention)
        turned, top, bottom = self._quotient(poses)
        axes = turn_axes(turn) * RAD_PER_DEG  # [n, 3 angles, 3]
        normal_by = np.cross(axes, turned[:, None, :, 2])
        ratio = top / bottom[:, None]
        found = np.zeros((*top.shape, 6))
        if self._on_seat:
            arms = np.einsum("nij,lj->nli", turned, self._at - self._pivot)
            top_by = np.cross(axes[:, None], arms[:, :, None])[..., 2]  # [n, L, 3]
            found[..., _HEAVE] = 1.0 / bottom[:, None]
        else:
            top_by = self._lever(poses) @ normal_by.swapaxes(1, 2)
            found[..., _HEAVE] = 1.0
        found[..., 3:] = (top_by - ratio[..., None] * normal_by[:, None, :, 2]) / bottom[:, None, None]
        return found * self._mask

    def _rates(self, poses: Floats, velocities: Floats, accelerations: Floats) -> tuple[Floats, Floats]:
        poses, velocities, accelerations = map(self._moved, (poses, velocities, accelerations))
        turn = turn_of(poses, self._convention)
        turned, top, bottom = self._quotient(poses)
        omega, alpha = turn_rates(turn, velocities, accelerations)
        normal = turned[:, :, 2]
        normal_rate = np.cross(omega, normal)
        normal_change = np.cross(alpha, normal) + np.cross(omega, normal_rate)
        heave_rate, heave_change = velocities[:, _HEAVE, None], accelerations[:, _HEAVE, None]
        if self._on_seat:
            arms = np.einsum("nij,lj->nli", turned, self._at - self._pivot)
            swept = np.cross(omega[:, None], arms)
            top_rate = heave_rate + swept[..., 2]
            top_change = (
                heave_change + (np.cross(alpha[:, None], arms) + np.cross(omega[:, None], swept))[..., 2]
            )
        else:
            lever = self._lever(poses)
            top_rate = (normal_rate[:, None] * lever).sum(axis=2) + normal[:, 2, None] * heave_rate
            top_change = (normal_change[:, None] * lever).sum(axis=2) + normal[:, 2, None] * heave_change
            top_change = top_change + 2.0 * normal_rate[:, 2, None] * heave_rate
        below, below_rate, below_change = bottom[:, None], normal_rate[:, 2, None], normal_change[:, 2, None]
        ratio = top / below
        rate = (top_rate - ratio * below_rate) / below
        change = (top_change - 2.0 * rate * below_rate - ratio * below_change) / below
        return rate, change

    def third_bound(self, low: Floats, high: Floats) -> Floats:
        """See `Platform.third_bound`.

        Notes
        -----
        f D = N, differentiated up to three times: f_j D = N_j - f D_j, and so on; every derivative of N and D is bounded, and so,
        step by step, are those of f. Each derivative by an angle of a turned vector is at most its length times pi/180. The
        length: |c + t - x_i| (floor) or |x_i - c| (seat); a derivative by heave is n_z <= 1 and has further ones (floor), or is 1 and
        has none (seat). D is at least cos(pitch) cos(roll) at the box's largest angles;
        where a plate may stand on edge the bound is NaN.
        """
        largest = self._moved(np.maximum(np.abs(low), np.abs(high)))
        tilt = largest[:, 3:5] * RAD_PER_DEG
        least = np.where((tilt < 0.5 * np.pi).all(axis=1), np.cos(tilt).prod(axis=1), np.nan)
        size = np.linalg.norm(self._at - self._pivot, axis=1) + np.zeros((len(low), 1))
        whole = np.abs(self._pivot[2]) + size
        if self._on_seat:
            whole = whole + abs(self._height_m)
        else:
            size = size + largest[:, _HEAVE, None]
        whole = whole + largest[:, _HEAVE, None]
        deg = np.where(np.arange(6) >= 3, RAD_PER_DEG, 0.0) * self._mask
        d1, d2 = deg, np.multiply.outer(deg, deg)
        d3 = np.multiply.outer(d2, deg)
        n1 = size[..., None] * d1
        n2 = size[..., None, None] * d2
        n3 = size[..., None, None, None] * d3
        if self._mask[_HEAVE]:
            n1[..., _HEAVE] = 1.0
            if not self._on_seat:
                n2[..., _HEAVE, :] = n2[..., :, _HEAVE] = d1
                n3[..., _HEAVE, :, :] = n3[..., :, _HEAVE, :] = n3[..., :, :, _HEAVE] = d2
        down = 1.0 / least[:, None]
        f0 = whole * down
        f1 = (n1 + f0[..., None] * d1) * down[..., None]
        cross = f1[..., :, None] * d1 + f1[..., None, :] * d1[:, None]
        f2 = (n2 + cross + f0[..., None, None] * d2) * down[..., None, None]
        total = n3 + f0[..., None, None, None] * d3
        total = total + f1[..., :, None, None] * d2 + f1[..., None, :, None] * d2[:, None, :]
        total = total + f1[..., None, None, :] * d2[:, :, None]
        total = total + f2[..., :, :, None] * d1 + f2[..., :, None, :] * d1[:, None]
        total = total + f2[..., None, :, :] * d1[:, None, None]
        return total * down[..., None, None, None]
