"""What of a guest's view a picture fills: tiles of about a degree, their solid angles, and every field of 10 degrees.

A flat picture, on a screen or before one eye of a headset, is a rectangle in the plane at distance 1: its tangents.
The solid angle of a rectangle from the foot of the perpendicular to the corner ``(x, y)`` of that plane is
``atan(x y / sqrt(1 + x^2 + y^2))`` (van Oosterom and Strackee 1983 give the triangle; this is its closed form for
rectangles), signed, so that differences of corners give any rectangle exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EyeView:
    """The picture of one eye by the tangents of its half angles, as headsets give them.

    Parameters
    ----------
    left, right, down, up : float
        Tangents; left and down are negative where the picture reaches to both sides of straight ahead.
    """

    left: float
    right: float
    down: float
    up: float

    def __post_init__(self) -> None:
        values = (self.left, self.right, self.down, self.up)
        if not all(math.isfinite(value) for value in values):
            raise ValueError(f"a view has tangents {values}; all of them have to be finite")
        if not (self.left < self.right and self.down < self.up):
            raise ValueError(
                f"a view from {self.left:g} to {self.right:g} and from {self.down:g} to {self.up:g} is empty; "
                "left < right and down < up"
            )

    @property
    def solid_angle_sr(self) -> float:
        """The whole picture, steradians."""
        corners = _corner_sr(np.array([self.left, self.right]), np.array([self.down, self.up]))
        return float(corners[1, 1] - corners[0, 1] - corners[1, 0] + corners[0, 0])


def eye_view(left_deg: float, right_deg: float, down_deg: float, up_deg: float) -> EyeView:
    """The view of one eye from the angles of its frustum, degrees from straight ahead (left and down negative)."""
    return EyeView(*(math.tan(math.radians(one)) for one in (left_deg, right_deg, down_deg, up_deg)))


def flat_screen(width_m: float, height_m: float, distance_m: float) -> EyeView:
    """The view of a screen from a seat straight before its middle, metres.

    Both eyes see the same: the 32 mm from the middle of the head change no field of 10 degrees by a tile.

    Raises
    ------
    ValueError
        A length is not above 0.
    """
    for name, value in (("width", width_m), ("height", height_m), ("distance", distance_m)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"a screen's {name} is {value!r} m; it has to be above 0")
    across, up = width_m / 2 / distance_m, height_m / 2 / distance_m
    return EyeView(-across, across, -up, up)


def _corner_sr(x: Floats, y: Floats) -> Floats:
    """Signed solid angle from the axis to every corner, shape (rows of y, columns of x)."""
    across, up = np.meshgrid(x, y)
    return np.asarray(np.arctan(across * up / np.sqrt(1.0 + across * across + up * up)))


def _edges(low: float, high: float, tile_deg: float) -> Floats:
    """Edges of tiles of one angle each, as tangents."""
    first, last = math.degrees(math.atan(low)), math.degrees(math.atan(high))
    count = max(1, math.ceil((last - first) / tile_deg - 1e-9))
    edges = np.tan(np.radians(np.linspace(first, last, count + 1)))
    edges[0], edges[-1] = low, high
    return np.asarray(edges)


@dataclass(frozen=True, slots=True)
class TileGrid:
    """The tiles of a view.

    Parameters
    ----------
    rows, columns : int
        Tiles from the top down and from the left to the right; tile ``row * columns + column``.
    edges_x, edges_y : ndarray of float64
        Tangents of the tiles' edges, ascending: ``edges_y`` from below upwards.
    solid_sr : ndarray of float64, shape (rows * columns,)
        Steradians of every tile, exact.
    share : ndarray of float64, shape (rows * columns,)
        Share of the picture's area, which adds up to 1.
    directions : ndarray of float64, shape (rows * columns, 3)
        Unit vectors to the tiles' middles: X right, Y forward, Z up.
    """

    rows: int
    columns: int
    edges_x: Floats
    edges_y: Floats
    solid_sr: Floats
    share: Floats
    directions: Floats


def tile_grid(view: EyeView, tile_deg: float = 1.0) -> TileGrid:
    """Cut a view into tiles of one angle across and up.

    Parameters
    ----------
    view : EyeView
        What the picture fills.
    tile_deg : float
        Most that a tile spans either way, degrees, 0.25 to 5. A field of 10 degrees holds some 80 tiles of 1 degree and
        the limit of 0.006 sr some 20.

    Raises
    ------
    ValueError
        `tile_deg` is out of range.
    """
    if not 0.25 <= tile_deg <= 5.0:
        raise ValueError(f"tiles of {tile_deg!r} degrees; 0.25 to 5 are possible, 1 is usual")
    edges_x, edges_y = _edges(view.left, view.right, tile_deg), _edges(view.down, view.up, tile_deg)
    corners = _corner_sr(edges_x, edges_y)
    solid = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
    area = np.outer(np.diff(edges_y), np.diff(edges_x))
    x, y = np.meshgrid((edges_x[1:] + edges_x[:-1]) / 2, (edges_y[1:] + edges_y[:-1]) / 2)
    ahead = np.stack([x, np.ones_like(x), y], axis=-1)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    rows, columns = solid.shape
    # A picture's first row is its top one, tangents rise upwards.
    return TileGrid(
        rows,
        columns,
        edges_x,
        edges_y,
        np.maximum(solid[::-1], 0.0).ravel(),
        (area[::-1] / area.sum()).ravel(),
        ahead[::-1].reshape(-1, 3),
    )
