"""What all platforms have in common once one knows where the actuators of a pose are: the way back, and the workspace."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from engine.motion.platforms.values import Flags, Floats, Margins
from engine.units import MOTION_AXES

#: Poses worked on at a time: their arrays stay in the processor's cache, twice as fast as all at once.
_CHUNK = 2048
_SOLVED = 1e-12  # m or deg of an actuator; rounding leaves about 1e-15 at one metre
_NONE = 1e-9  # no pose has these positions
_STEPS = 60
_HALVINGS = 30
_RAY = 16
_BISECTIONS = 52
_REACH_M = 0.05  # least radius that turns an angle into a length: for plates whose joints meet at the pivot


class Actuated(ABC):
    """A platform whose actuators' positions are known in closed form. See `engine.motion.platforms.values.Platform`.

    Parameters
    ----------
    kind : str
    axes : sequence of str
        What it moves.
    names, units : sequence of str
        Of the actuators.
    limits : float64[4, L]
        Low, high, velocity, acceleration.
    reach_m : float
        Root mean square distance of the moving joints from the pivot.
    """

    def __init__(
        self,
        kind: str,
        axes: Sequence[str],
        names: Sequence[str],
        units: Sequence[str],
        limits: Floats,
        reach_m: float,
    ) -> None:
        self.kind = kind
        self.axes = tuple(axis for axis in MOTION_AXES if axis in axes)
        self.names = tuple(names)
        self.units = tuple(units)
        self.low, self.high, self.velocity, self.acceleration = (_frozen(row) for row in limits)
        self._columns = [MOTION_AXES.index(axis) for axis in self.axes]
        self._mask = np.isin(np.arange(6), self._columns)
        angular = np.array(self._columns) >= 3
        # Columns of a Jacobian without a unit: per m, and per rad at the plate's radius.
        self._column_scale = np.where(angular, 180.0 / np.pi / max(reach_m, _REACH_M), 1.0)
        if set(self.units) == {"deg"}:
            self._column_scale = np.ones(len(self._columns))

    # -- to be given -----------------------------------------------------------------------------------------

    @abstractmethod
    def _legs(self, poses: Floats) -> Floats:
        """Of float64[n, 6] the positions, float64[n, L]."""

    @abstractmethod
    def _jacobian(self, poses: Floats) -> Floats:
        """Of float64[n, 6] the derivatives, float64[n, L, 6]."""

    @abstractmethod
    def _rates(self, poses: Floats, velocities: Floats, accelerations: Floats) -> tuple[Floats, Floats]:
        """Of float64[n, 6] each, float64[n, L] each."""

    @abstractmethod
    def third_bound(self, low: Floats, high: Floats) -> Floats:
        """See `Platform.third_bound`."""

    # -- from there on ---------------------------------------------------------------------------------------

    def legs(self, poses: ArrayLike) -> Floats:
        """See `Platform.legs`."""
        given = np.asarray(poses, dtype=np.float64)
        flat = given.reshape(-1, 6)
        found = np.empty((len(flat), len(self.low)))
        with np.errstate(invalid="ignore"):
            for begin in range(0, len(flat), _CHUNK):
                found[begin : begin + _CHUNK] = self._legs(flat[begin : begin + _CHUNK])
        return found.reshape(*given.shape[:-1], len(self.low))

    def jacobian(self, poses: ArrayLike) -> Floats:
        """See `Platform.jacobian`."""
        given = np.asarray(poses, dtype=np.float64)
        return self._jacobian(given.reshape(-1, 6)).reshape(*given.shape[:-1], len(self.low), 6)

    def rates(
        self, poses: ArrayLike, velocities: ArrayLike, accelerations: ArrayLike
    ) -> tuple[Floats, Floats]:
        """See `Platform.rates`."""
        given = np.broadcast_arrays(
            *(np.asarray(rows, dtype=np.float64) for rows in (poses, velocities, accelerations))
        )
        shape = (*given[0].shape[:-1], len(self.low))
        speed, gain = self._rates(*(rows.reshape(-1, 6) for rows in given))
        return speed.reshape(shape), gain.reshape(shape)

    def poses(self, legs: ArrayLike, *, start: ArrayLike | None = None) -> Floats:
        """See `Platform.poses`.

        Notes
        -----
        Newton's steps with the exact Jacobian, halved for as long as they would not lead nearer; of more actuators than axes,
        Gauss and Newton's.
        """
        wanted = np.asarray(legs, dtype=np.float64)
        flat = wanted.reshape(-1, len(self.low))
        found = np.zeros((len(flat), 6))
        if start is not None:
            found[:] = np.broadcast_to(np.asarray(start, dtype=np.float64), (*wanted.shape[:-1], 6)).reshape(
                -1, 6
            )
            found[:, ~self._mask] = 0.0
        for begin in range(0, len(flat), _CHUNK):
            self._solve(flat[begin : begin + _CHUNK], found[begin : begin + _CHUNK])
        return found.reshape(*wanted.shape[:-1], 6)

    def _solve(self, wanted: Floats, found: Floats) -> None:
        """Fill in `found`, where the search begins."""
        left = np.flatnonzero(np.isfinite(wanted).all(axis=1) & np.isfinite(found).all(axis=1))
        found[np.setdiff1d(np.arange(len(found)), left)] = np.nan
        square = len(self.low) == len(self._columns)
        for _ in range(_STEPS):
            if not len(left):
                break
            error = wanted[left] - self._legs(found[left])
            size = np.abs(error).max(axis=1)
            keep = size > _SOLVED
            left, error = left[keep], error[keep]
            if not len(left):
                break
            step = self._step(found[left], error, square=square)
            still = np.abs(step).max(axis=1) <= _SOLVED
            moved = self._nearer(wanted[left], found[left], step, error)
            found[left] = moved
            # Where no part of a step leads nearer that is as near as rounding, or the nearest pose to what no pose has, gets.
            left = left[~still]
        if square:
            with np.errstate(invalid="ignore"):
                found[np.abs(wanted - self._legs(found)).max(axis=1) > _NONE] = np.nan
        else:
            found[left] = np.nan

    def _step(self, poses: Floats, error: Floats, *, square: bool) -> Floats:
        jacobian = self._jacobian(poses)[:, :, self._columns] * self._column_scale
        if not square:
            transposed = jacobian.swapaxes(1, 2)
            jacobian, error = transposed @ jacobian, (transposed @ error[..., None])[..., 0]
        try:
            step = np.linalg.solve(jacobian, error[..., None])[..., 0]
        except (
            np.linalg.LinAlgError
        ):  # one of them stands where it cannot be held: a least squares step leads on
            step = (np.linalg.pinv(jacobian) @ error[..., None])[..., 0]
        full = np.zeros((len(poses), 6))
        full[:, self._columns] = step * self._column_scale
        return full

    def _nearer(self, wanted: Floats, poses: Floats, step: Floats, error: Floats) -> Floats:
        before = (error * error).sum(axis=1)
        moved = poses + step
        share = 1.0
        open_rows = np.arange(len(poses))
        for _ in range(_HALVINGS):
            miss = wanted[open_rows] - self._legs(moved[open_rows])
            after = (miss * miss).sum(axis=1)
            open_rows = open_rows[~(after < before[open_rows])]
            if not len(open_rows):
                break
            share *= 0.5
            moved[open_rows] = poses[open_rows] + share * step[open_rows]
        else:
            moved[open_rows] = poses[open_rows]
        return moved

    def fits(self, poses: ArrayLike) -> Flags:
        """See `Platform.fits`."""
        positions = self.legs(poses)
        with np.errstate(invalid="ignore"):
            inside = (positions >= self.low) & (positions <= self.high)
        number = np.isfinite(np.asarray(poses, dtype=np.float64)).all(axis=-1)
        return np.asarray(inside.all(axis=-1) & number)

    def clip(self, poses: ArrayLike) -> Floats:
        """See `Platform.clip`.

        Notes
        -----
        The first of 16 steps along the ray that does not fit, then bisection before it: what lies behind a gap is not gone to.
        """
        given = np.asarray(poses, dtype=np.float64)
        found = given.reshape(-1, 6).copy()
        found[~np.isfinite(found).all(axis=1)] = 0.0
        beyond = np.flatnonzero(~self.fits(found))
        if not len(beyond):
            return found.reshape(given.shape)
        target = found[beyond]
        shares = np.arange(1, _RAY + 1) / _RAY
        fit = self.fits(shares[:, None, None] * target[None])
        first = np.argmin(fit, axis=0)
        low, high = first / _RAY, (first + 1) / _RAY
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            inside = self.fits(middle[:, None] * target)
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        found[beyond] = low[:, None] * target
        return found.reshape(given.shape)

    def margins(self, poses: ArrayLike) -> Margins:
        """See `Platform.margins`."""
        given = np.asarray(poses, dtype=np.float64)
        flat = given.reshape(-1, 6)
        positions = self.legs(flat)
        half = np.maximum(0.5 * (self.high - self.low), np.finfo(float).tiny)
        stroke = (np.minimum(positions - self.low, self.high - positions) / half).min(axis=1)
        with np.errstate(invalid="ignore"):
            scaled = self._jacobian(flat)[:, :, self._columns] * self._column_scale
        number = np.isfinite(scaled).all(axis=(1, 2))
        singular = np.full(len(flat), np.nan)
        if number.any():
            singular[number] = np.linalg.svd(scaled[number], compute_uv=False)[:, -1]
        return Margins(stroke.reshape(given.shape[:-1]), singular.reshape(given.shape[:-1]))


def _frozen(row: Floats) -> Floats:
    kept = np.array(row, dtype=np.float64)
    kept.setflags(write=False)
    return kept
