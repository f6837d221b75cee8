"""Which cells a field of 10 degrees holds, wherever in the view it is laid, and how much of it each one fills.

Cells are the tiles of the picture and, behind them, the lamps. A field is laid on the middle of every tile (of every other
one, either way, in views of more than 4,000 tiles) and on every lamp whose direction is known. A tile belongs to a field
when its middle does: at tiles of 1 degree a compact area of 0.006 sr is found to within 10 % wherever it lies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.lamps import LampTrack
from engine.safety.flash.profiles import FIELD_DEG, FlashProfile
from engine.safety.flash.view import TileGrid

Floats = NDArray[np.float64]

FIELD_SR = 2.0 * math.pi * (1.0 - math.cos(math.radians(FIELD_DEG / 2)))
"""A whole field of 10 degrees: 0.0239 sr."""
_MANY = 4_000


class Fields:
    """The fields of a view.

    Parameters
    ----------
    profile : FlashProfile
        Whether areas are solid angles of fields or shares of the picture.
    grid : TileGrid or None
        The picture; None where there is none.
    lamps : sequence of LampTrack
        Lamps that the guest sees beside it.
    """

    def __init__(self, profile: FlashProfile, grid: TileGrid | None, lamps: Sequence[LampTrack] = ()) -> None:
        tiles = 0 if grid is None else grid.solid_sr.size
        self.cells = tiles + len(lamps)
        self.limit = profile.area_limit
        weights = np.zeros(self.cells)
        by_share = profile.area == "share"
        if grid is not None:
            weights[:tiles] = grid.share if by_share else grid.solid_sr
        whole_sr = float(grid.solid_sr.sum()) if grid is not None else FIELD_SR
        for at, lamp in enumerate(lamps, start=tiles):
            if by_share:
                weights[at] = (
                    lamp.field_share if lamp.field_share is not None else (lamp.solid_sr or 0.0) / whole_sr
                )
            else:
                weights[at] = (
                    lamp.solid_sr if lamp.solid_sr is not None else (lamp.field_share or 0.0) * FIELD_SR
                )
        self.weights: Floats = weights
        made = self._one_field() if by_share else self._all_fields(grid, lamps, tiles)
        # Single precision halves what has to be read; areas of some hundred tiles are good to a millionth.
        self._matrix = made.astype(np.float32)
        self.fields: int = self._matrix.shape[0]

    def _one_field(self) -> Any:
        from scipy.sparse import csr_matrix

        return csr_matrix(self.weights[None, :])

    def _all_fields(self, grid: TileGrid | None, lamps: Sequence[LampTrack], tiles: int) -> Any:
        from scipy.sparse import csr_matrix
        from scipy.spatial import cKDTree

        placed = [(at, lamp.direction()) for at, lamp in enumerate(lamps, start=tiles)]
        known = [(at, where) for at, where in placed if where is not None]
        everywhere = [at for at, where in placed if where is None]
        points = [grid.directions] if grid is not None else []
        centres = [_centres(grid)] if grid is not None else []
        if known:
            lamps_at = np.array([where for _, where in known])
            points.append(lamps_at)
            centres.append(lamps_at)
        if not points:
            return self._one_field()
        cell_of = np.concatenate([np.arange(tiles), np.array([at for at, _ in known], dtype=np.intp)]).astype(
            np.intp
        )
        reach = 2.0 * math.sin(math.radians(FIELD_DEG / 4)) + 1e-9
        found = cKDTree(np.concatenate(points)).query_ball_point(np.concatenate(centres), reach)
        rows = [np.concatenate([cell_of[one], np.array(everywhere, dtype=np.intp)]) for one in found]
        columns = np.concatenate(rows).astype(np.intp)
        starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
        return csr_matrix((self.weights[columns], columns, starts), shape=(len(rows), self.cells))

    def areas(self, cells: NDArray[np.bool_]) -> Floats:
        """Area of the marked cells in every field, shape (fields,)."""
        return np.asarray(self._matrix @ cells.astype(np.float32), dtype=np.float64)

    def total(self, cells: NDArray[np.bool_]) -> float:
        """Area of the marked cells together: no field can hold more."""
        return float(self.weights[cells].sum())


def _centres(grid: TileGrid) -> Floats:
    if grid.rows * grid.columns <= _MANY:
        return grid.directions
    return np.asarray(grid.directions.reshape(grid.rows, grid.columns, 3)[::2, ::2].reshape(-1, 3))
