"""The Cartesian (allocentric) panner and its sizes: ITU-R BS.2127-1, 7.3.

A room is a cube with loudspeakers on its walls. Their gains are products of three balances: between two layers, between two rows of a
layer, between two loudspeakers of a row.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.speakers.coordinates import to_cartesian
from engine.audio.speakers.layouts import Layout, Loudspeaker

Floats = NDArray[np.float64]

_LEFT_PLACES: dict[str, tuple[float, float, float]] = {
    **{"M+000": (0, 1, 0), "M+030": (-1, 1, 0), "M+060": (-1, 0.414214, 0), "M+090": (-1, 0, 0)},
    **{"M+110": (-1, -1, 0), "M+135": (-1, -1, 0), "M+180": (0, -1, 0)},
    **{"U+000": (0, 1, 1), "U+030": (-1, 1, 1), "U+045": (-1, 1, 1), "U+090": (-1, 0, 1)},
    **{"U+110": (-1, -1, 1), "U+135": (-1, -1, 1), "U+180": (0, -1, 1), "UH+180": (0, -1, 1)},
    **{"T+000": (0, 0, 1), "B+000": (0, 1, -1), "B+045": (-1, 1, -1), "LFE1": (-1, 1, -1)},
}
_POINTS = 40
_FAINT_EXPONENT = 6.5
_FAINT = 10.0**-_FAINT_EXPONENT


def cube_place(speaker: Loudspeaker) -> tuple[float, float, float]:
    """Where a loudspeaker of BS.2051 stands in the cube (BS.2127-1, table of allocentric positions).

    Raises
    ------
    KeyError
        For a label that the standard has not.
    """
    if speaker.name in ("M+SC", "M-SC"):
        x, y, _ = to_cartesian(abs(speaker.azimuth_deg), 0.0, 1.0)
        # Rounding must not make a row of their own of them.
        x, y = (-1.0 if abs(x + 1) < 1e-10 else x), (1.0 if abs(y - 1) < 1e-10 else y)
        return math.copysign(1.0, speaker.azimuth_deg) * x, y, 0.0
    if speaker.name == "LFE2":
        return 1.0, 1.0, -1.0
    x, y, z = _LEFT_PLACES[speaker.name.replace("-", "+")]
    return (-x if "-" in speaker.name else x), y, z


class CartesianPanner:
    """Gains of places in the cube, of a size or none.

    Parameters
    ----------
    places : array_like, shape (C, 3)
        Of the loudspeakers; -1 to 1.
    """

    def __init__(self, places: ArrayLike) -> None:
        self.places = np.asarray(places, np.float64).reshape(-1, 3)
        p = self.places
        self._layers = _groups(p[:, 2], np.zeros((len(p), 0)))
        self._rows = _groups(p[:, 1], p[:, 2:])
        self._columns = _groups(p[:, 0], p[:, 1:])
        self._deep = np.unique(p[:, 2]).size >= 3
        self._grid = np.linspace(-1.0, 1.0, _POINTS)
        self._grid_z = self._grid if self._deep else np.linspace(0.0, 1.0, _POINTS // 2)
        self._on_grid = self._balances(self._grid, self._grid, self._grid_z)

    def _balances(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Each loudspeaker's share along each axis, of any number of coordinates; (C, X), (C, Y), (C, Z)."""
        return _balance(self._columns, x), _balance(self._rows, y), _balance(self._layers, z)

    def point(self, at: ArrayLike) -> Floats:
        """Gains of points.

        Parameters
        ----------
        at : array_like, shape (P, 3)
            -1 to 1; what is outside is heard from the wall.

        Returns
        -------
        ndarray of float64, shape (P, C)
        """
        place = np.asarray(at, np.float64).reshape(-1, 3)
        x, y, z = self._balances(place[:, 0], place[:, 1], place[:, 2])
        gains: Floats = (x * y * z).T
        return gains

    def gains(self, at: ArrayLike, size_x: float = 0.0, size_y: float = 0.0, size_z: float = 0.0) -> Floats:
        """Gains of one place with a size.

        Parameters
        ----------
        at : array_like, shape (3,)
        size_x, size_y, size_z : float
            0 to 1.

        Returns
        -------
        ndarray of float64, shape (C,)
        """
        point: Floats = self.point(at)[0]
        if not (size_x or size_y or size_z):
            return point
        place = np.asarray(at, np.float64).copy()
        if not self._deep:
            place[2] = max(0.0, place[2])
        sizes = np.array(
            [
                max(_scaled(size), 2.0 / (count - 1))
                for size, count in zip(
                    (size_x, size_y, size_z), (_POINTS, _POINTS, self._grid_z.size), strict=True
                )
            ]
        )
        overall = self._overall(sizes)
        power = 6.0 if overall <= 0.5 else 6.0 - 4.0 * (overall - 0.5) / (2.8 - 0.5)
        weights = _weights(place, sizes, self._grid, self._grid_z)
        along = [(share * weight) ** power for share, weight in zip(self._on_grid, weights, strict=True)]
        summed = [np.where(total < _FAINT, 0.0, total) for total in (axis.sum(axis=1) for axis in along)]
        inside = _unit(summed[0] * summed[1] * summed[2])
        ends = [axis[:, 0] + axis[:, -1] for axis in along]
        wall = (
            ends[0] * summed[1] * summed[2]
            + summed[0] * ends[1] * summed[2]
            + summed[0] * summed[1] * ends[2]
        )
        wide = _unit((wall + self._inner_share(sizes, place) * inside) ** (1 / power))
        fade = 0.2
        turn = math.pi / 2 * min(1.0, overall / fade)
        return _unit(
            (math.cos(turn) if overall < fade else 0.0) * self.point(place)[0] + math.sin(turn) * wide
        )

    def _overall(self, sizes: Floats) -> float:
        """One size of three, weighted by rank, among the axes along which loudspeakers differ."""
        p = self.places
        if np.all(p[:, 1:] == p[0, 1:]):
            return float(sizes[0])
        if np.all(p[:, 2] == p[0, 2]):
            small, large = sorted(sizes[:2])
            return float(0.75 * large + 0.25 * small)
        small, middle, large = sorted(sizes)
        return float((6 * large + 2 * middle + small) / 9)

    def _inner_share(self, sizes: Floats, place: Floats) -> float:
        """How much is heard from within the cube, against its walls."""
        dimensions = int(np.sum(np.any(self.places != self.places[0], axis=0)))
        used = max(1, dimensions) if dimensions < 3 else 3
        to_wall = float(np.min(1 - np.abs(place[: 3 if used == 3 else used])))
        product = math.prod(_reach(float(size), to_wall) for size in sizes[:used])
        return float(product ** (3.0 / used))


_Group = tuple[Floats, NDArray[np.intp], NDArray[np.intp]]
"""Sorted levels, which loudspeakers are balanced between them, and on which level each stands."""


def _groups(own: Floats, among: Floats) -> list[_Group]:
    """Loudspeakers that share the coordinates `among`, and so are balanced against each other along an axis."""
    found: list[_Group] = []
    for key in np.unique(among, axis=0):
        rows = np.flatnonzero((among == key).all(axis=1))
        levels, level = np.unique(own[rows], return_inverse=True)
        found.append((levels, rows, level.reshape(-1)))
    return found


def _balance(groups: list[_Group], value: Floats) -> Floats:
    """Each loudspeaker's share for coordinates (N,): cosine and sine between neighbours, all at the ends. Shape (C, N)."""
    out = np.ones((sum(rows.size for _, rows, _ in groups), value.size))
    every = np.arange(value.size)
    for levels, rows, level in groups:
        if levels.size == 1:
            continue
        clipped = np.clip(value, levels[0], levels[-1])
        lower = np.minimum(np.searchsorted(levels, clipped, side="right") - 1, levels.size - 2)
        turn = (clipped - levels[lower]) / (levels[lower + 1] - levels[lower]) * (math.pi / 2)
        share = np.zeros((levels.size, value.size))
        share[lower, every] = np.cos(turn)
        share[lower + 1, every] = np.sin(turn)
        out[rows] = share[level]
    return out


def _scaled(size: float) -> float:
    return float(np.interp(min(size, 1.0), [0.0, 0.2, 0.5, 0.75, 1.0], [0.0, 0.3, 1.0, 1.8, 2.8]))


def _weights(place: Floats, sizes: Floats, grid: Floats, grid_z: Floats) -> tuple[Floats, Floats, Floats]:
    """Of the grid's points along each axis."""

    def along(points: Floats, middle: float, reach: float) -> Floats:
        fall: Floats = 10.0 ** -np.minimum((1.5 * (points - middle) / reach) ** 4, _FAINT_EXPONENT)
        return fall

    return (
        along(grid, float(place[0]), 2 * float(sizes[0])),
        along(grid, float(place[1]), 2 * float(sizes[1])),
        # The ceiling counts less the higher a point lies.
        along(grid_z, float(place[2]), float(sizes[2])) * np.cos(grid_z * math.pi * 3 / 7),
    )


def _reach(size: float, to_wall: float) -> float:
    if to_wall >= 2 * size and to_wall >= 0.4:
        return float((max(2 * size, 0.4) ** 3 / (0.16 * 2 * size)) ** (1 / 3))
    return float((to_wall / 2 * (to_wall / 0.4) ** 2) ** (1 / 3))


def _unit(gains: Floats) -> Floats:
    length = float(np.linalg.norm(gains))
    return gains / length if length > 1e-16 else np.zeros_like(gains)


def without(places: Floats, excluded: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What else must be left out so that rows stay whole: with a side loudspeaker its row goes. All of them: none."""
    out = excluded.copy()
    for row in np.flatnonzero(excluded):
        x, y, z = places[row]
        if abs(x) == 1 and abs(y) != 1:
            out |= (places[:, 1] == y) & (places[:, 2] == z)
    return np.zeros_like(out) if out.all() else out


def cube_places(layout: Layout) -> Floats:
    """Of all of a layout's loudspeakers, shape (C, 3).

    Raises
    ------
    KeyError
        See `cube_place`.
    """
    return np.array([cube_place(speaker) for speaker in layout.speakers], np.float64)
