"""Sounds that are wide: the polar extent panner of ITU-R BS.2127-1, 7.3.

A weight over the sphere, 1 inside the sound's outline and fading to 0 over ten degrees around it, sums the gains of some 1600 points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.speakers.layouts import angles, directions
from engine.audio.speakers.table import GainTable, SphereGrid

Floats = NDArray[np.float64]
Samples = NDArray[np.float32]
Gains = Callable[[Floats], Floats]

_ROWS = 37
_FADE_DEG = 10.0
_LEAST_SIZE = 0.2
_ROUNDED = 1e-9
"""A direction turned into a vector and back is this near 1: it has no size of its own, and is a hundred times cheaper so."""
_AT_ONCE = 64
_SPREADS_DEG = (0.0, 5.0, 12.0, 25.0, 45.0, 70.0, 100.0, 140.0, 180.0)
_TABLE_STEP_DEG = 6.0


def even_points(rows: int = _ROWS) -> Floats:
    """Points spread evenly over the sphere in rows of elevation, shape (K, 3)."""
    found = []
    for elevation in np.linspace(-90, 90, rows):
        count = max(1, round(float(np.cos(np.radians(elevation))) * 2 * (rows - 1)))
        found.append(directions(np.arange(count) * 360 / count, elevation))
    return np.concatenate(found)


def size_at(size_deg: ArrayLike, distance: ArrayLike) -> Floats:
    """How wide something is that is so wide at distance 1, seen from another distance; 360 in its midst.

    Parameters
    ----------
    size_deg, distance : array_like
        0 to 360; 0 or more.
    """
    size, away = np.broadcast_arrays(np.asarray(size_deg, float), np.asarray(distance, float))
    opposite = _LEAST_SIZE + (1 - _LEAST_SIZE) * np.clip(size, 0, 360) / 360
    at_one = 4 * np.degrees(np.arctan2(opposite, 1.0))
    seen = 4 * np.degrees(np.arctan2(opposite, away))
    inner = size * seen / at_one
    outer = size + (360 - size) * (seen - at_one) / (360 - at_one)
    return np.where(seen <= at_one, inner, outer)


class PolarExtent:
    """Gains of objects with a size.

    Parameters
    ----------
    gains : callable
        The point source panner: from unit vectors, shape (P, 3), to gains, shape (P, C).
    """

    def __init__(self, gains: Gains) -> None:
        self._point = gains
        self._points = even_points()
        self._panned = np.asarray(gains(self._points), np.float64)

    def gains(
        self, at: ArrayLike, width_deg: ArrayLike, height_deg: ArrayLike, depth: ArrayLike = 0.0
    ) -> Floats:
        """Gains for places.

        Parameters
        ----------
        at : array_like, shape (P, 3)
            Distance 1 is where the loudspeakers stand; what is nearer is wider.
        width_deg, height_deg : array_like, shape (P,)
            0 to 360, from edge to edge.
        depth : array_like, shape (P,)
            0 to 1.

        Returns
        -------
        ndarray of float64, shape (P, C)
        """
        place = np.asarray(at, np.float64).reshape(-1, 3)
        distance = np.linalg.norm(place, axis=1)
        width, height, deep = (
            np.broadcast_to(np.asarray(v, float), distance.shape) for v in (width_deg, height_deg, depth)
        )
        sized = np.flatnonzero((width != 0) | (height != 0) | (deep != 0) | (distance < 1 - _ROUNDED))
        unit = np.where(
            distance[:, None] > 1e-10, place / np.maximum(distance, 1e-10)[:, None], [0.0, 1.0, 0.0]
        )
        out = np.asarray(self._point(unit), np.float64)
        for start in range(0, sized.size, _AT_ONCE):
            rows = sized[start : start + _AT_ONCE]
            ends = [
                np.maximum(distance[rows] + side * deep[rows] / 2, 0.0)
                for side in ((1, -1) if deep[rows].any() else (0,))
            ]
            power = [
                self._spread(unit[rows], size_at(width[rows], end), size_at(height[rows], end), out[rows])
                for end in ends
            ]
            out[rows] = np.sqrt(np.mean(power, axis=0))
        return out

    def round_gains(self, unit: Floats, spreads_deg: Sequence[float]) -> Floats:
        """`gains` of round sounds at distance 1, in single precision and many times faster.

        Parameters
        ----------
        unit : ndarray, shape (P, 3)
        spreads_deg : sequence of float
            Half the opening angle, 5 or more.

        Returns
        -------
        ndarray of float64, shape (len(spreads_deg), P, C)
        """
        points, panned = self._points.T.astype(np.float32), self._panned.astype(np.float32)
        out = np.empty((len(spreads_deg), len(unit), panned.shape[1]))
        for start in range(0, len(unit), _AT_ONCE):
            part = np.asarray(unit[start : start + _AT_ONCE], np.float32)
            # How many fades a point lies away from the middle.
            away = np.arccos(np.clip(part @ points, -1.0, 1.0)) * np.float32(180 / np.pi / _FADE_DEG)
            for row, spread in enumerate(spreads_deg):
                weight = np.clip(np.float32(1 + spread / _FADE_DEG) - away, 0.0, 1.0)
                out[row, start : start + _AT_ONCE] = weight @ panned
        out /= np.sqrt(np.einsum("lpc,lpc->lp", out, out))[..., None]
        return out

    def _spread(self, unit: Floats, width_deg: Floats, height_deg: Floats, point: Floats) -> Floats:
        """Power of each channel; below the fade's width a blend of the point and the smallest outline."""
        share = np.clip(np.maximum(width_deg, height_deg) / _FADE_DEG, 0.0, 1.0)[:, None]
        power: Floats = (1 - share) * point**2
        wide = np.flatnonzero(share[:, 0] > 1e-10)
        if wide.size:
            weights = self.weights(
                unit[wide],
                np.maximum(width_deg[wide], _FADE_DEG / 2),
                np.maximum(height_deg[wide], _FADE_DEG / 2),
            )
            total = weights @ self._panned
            power[wide] += share[wide] * total**2 / np.einsum("pc,pc->p", total, total)[:, None]
        return power

    def weights(self, unit: Floats, width_deg: Floats, height_deg: Floats) -> Floats:
        """Weight of every point of the sphere, shape (P, K).

        The outline is a rectangle of azimuth and elevation around the source whose shorter sides are half circles; when it is
        higher than wide, the axes are turned.
        """
        azimuth, elevation, _ = angles(unit)
        azimuth = np.where(np.abs(elevation) > 90 - 1e-5, 0.0, azimuth)
        axes = np.stack(
            [
                directions(azimuth - 90, 0.0),
                directions(azimuth, elevation),
                directions(azimuth, elevation + 90),
            ],
            axis=1,
        )
        tall = height_deg > width_deg
        axes[tall] = axes[tall][:, ::-1]
        long = np.radians(np.maximum(width_deg, height_deg)) / 2
        short = np.radians(np.minimum(width_deg, height_deg)) / 2
        radius = short
        # So that the two ends meet behind when it is 360 degrees wide.
        closed = np.where(
            long > np.pi / 2, np.pi / 2 + (long - np.pi / 2) * (np.pi / 2 + short) / (np.pi / 2), long
        )
        closing = np.clip((np.pi / 2 - short) / (np.pi / 4), 0.0, 1.0)
        middle = (closing * closed + (1 - closing) * long - radius)[:, None]
        right, ahead = (axes[:, axis] @ self._points.T for axis in (0, 1))
        level = np.sqrt(right * right + ahead * ahead)
        # Beside the middle part the nearer half circle's centre counts, else the height over the flat: one arc cosine for both.
        corner = np.cos(middle) * ahead + np.abs(np.sin(middle) * right)
        nearness = np.where(ahead >= np.cos(middle) * level, level, corner)
        away = np.arccos(np.clip(nearness, -1.0, 1.0)) - radius[:, None]
        weight: Floats = np.clip(1 - away / np.radians(_FADE_DEG), 0.0, 1.0)
        return weight


class SpreadTable:
    """`GainTable` for points and for round sounds of any width, for blocks that must not wait.

    Parameters
    ----------
    gains : callable
        The point source panner.
    step_deg : float
        Of the points' table; wide sounds change slowly and have one of 6 degrees.
    """

    def __init__(self, gains: Gains, step_deg: float = 2.0) -> None:
        self._point = GainTable(gains, step_deg)
        self._grid = SphereGrid(_TABLE_STEP_DEG)
        extent = PolarExtent(gains)
        self._cells = len(self._grid.points)
        power = extent.round_gains(self._grid.points, _SPREADS_DEG[1:]) ** 2
        self._wide_power = power.reshape(-1, power.shape[2]).astype(np.float32)

    @property
    def channels(self) -> int:
        """Columns of `gains`."""
        return self._point.channels

    def gains(self, at: Floats, spread_deg: NDArray[np.float32] | None = None) -> Samples:
        """Gains for directions.

        Parameters
        ----------
        at : ndarray, shape (S, 3)
            Of any length.
        spread_deg : ndarray, shape (S,), optional
            Half the opening angle: 0 a point, 180 all around.

        Returns
        -------
        ndarray of float32, shape (S, channels)
        """
        out = self._point.gains(at)
        if spread_deg is None:
            return out
        wide = np.flatnonzero(spread_deg > 0)
        if not wide.size:
            return out
        level = np.interp(spread_deg[wide], _SPREADS_DEG, np.arange(len(_SPREADS_DEG)))
        lower = np.minimum(level.astype(np.intp), len(_SPREADS_DEG) - 2)
        share = (level - lower).astype(np.float32)
        corner, weight = self._grid.corners(at[wide])
        corner += lower * self._cells
        power = np.einsum("ks,ksc->sc", weight * share, self._wide_power[corner])
        # Level 0 is the point, which has a finer table.
        corner = np.maximum(corner - self._cells, 0)
        below = np.einsum("ks,ksc->sc", weight * (1 - share), self._wide_power[corner])
        narrow = lower == 0
        below[narrow] = (1 - share[narrow, None]) * out[wide[narrow]] ** 2
        out[wide] = np.sqrt(power + below)
        return out
