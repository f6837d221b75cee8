"""From a frame to what every tile shows: relative luminance and the red measure, from samples of its pixels.

Relative luminance is WCAG's and BT.709's, ``0.2126 R + 0.7152 G + 0.0722 B`` of linear light; the red measure is
WCAG's ``(R - G - B) * 320``, negative values as 0. Both are linear or taken pixel by pixel before they are averaged,
and what is averaged is light: a fine pattern of black and white is as bright as it looks.

Every tile is sampled in cells of a grid, one pixel at a fixed random place in each (stratified; cells side by side
share the row): the pixels of an even grid could fall in step with a pattern and miss all of its light. The places never
change, so a still picture never flashes; what moves and is finer than a cell adds noise, of a standard deviation of
``0.5 / n`` of the contrast at most for ``n * n`` cells (more where it consists of rows that are finer than a cell).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.safety.flash.view import EyeView, TileGrid

Indices = NDArray[np.intp]
Values = NDArray[np.float32]

LUMINANCE = (0.2126, 0.7152, 0.0722)
RED_SCALE = 320.0
_BUDGET = 60_000
_SEED = 20_231


@dataclass(frozen=True, slots=True)
class TileValues:
    """What every tile shows, each of shape (tiles,): luminance (1 is the display's white), the red measure (0 to 320)
    and the share of its light samples that are saturated red."""

    luminance: Values
    red: Values
    saturated: Values


def srgb_table() -> Values:
    """Linear light of the 256 codes of sRGB (IEC 61966-2-1), shape (256,)."""
    code = np.arange(256) / 255.0
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear, dtype=np.float32)


def samples_a_side(grid: TileGrid) -> int:
    """Cells of a tile either way so that a frame costs about sixty thousand pixels: 3 to 8."""
    tiles = grid.rows * grid.columns
    return int(np.clip(np.floor(np.sqrt(_BUDGET / tiles)), 3, 8))


@dataclass(frozen=True, slots=True)
class Sampling:
    """Where the samples of a frame lie.

    Parameters
    ----------
    rows : ndarray of intp, shape (picked,)
        Rows of the frame that hold samples. They are copied first, one after the other, which the memory likes six times
        better than samples all over the frame.
    index : ndarray of intp, shape (samples a tile, 3, tiles)
        Where in those rows, flattened, every sample's red, green and blue lie; tile by tile along the last axis so that sums
        run over whole rows.
    """

    rows: Indices
    index: Indices

    def of(self, frame: NDArray[Any]) -> NDArray[Any]:
        """The samples of a frame (height, width, 3), shape (samples a tile, 3, tiles)."""
        return np.asarray(frame.take(self.rows, axis=0).reshape(-1).take(self.index))


def sampling(
    grid: TileGrid, view: EyeView, height: int, width: int, a_side: int, order: Literal["rgb", "bgr"]
) -> Sampling:
    """Choose the samples of frames of one size: `a_side` rows of every row of tiles, and in each of them `a_side` columns
    of every tile, every row with columns of its own."""
    random = np.random.default_rng(_SEED)
    left = (grid.edges_x - view.left) / (view.right - view.left) * width
    top = ((view.up - grid.edges_y) / (view.up - view.down) * height)[::-1]
    cell = np.arange(a_side)
    down = (cell[:, None] + random.random((a_side, grid.rows))) / a_side
    row = (top[:-1] + down * np.diff(top)).astype(np.intp)
    across = (cell[None, :, None, None] + random.random((a_side, a_side, grid.rows, grid.columns))) / a_side
    column = np.clip((left[:-1] + across * np.diff(left)).astype(np.intp), 0, width - 1)
    # Picked row `i` of a row of tiles `r` is copied to place `r * a_side + i`.
    place = np.arange(grid.rows)[None, None, :, None] * a_side + cell[:, None, None, None]
    first = ((place * width + column) * 3).reshape(a_side * a_side, 1, -1)
    channel = np.array([0, 1, 2] if order == "rgb" else [2, 1, 0], dtype=np.intp).reshape(1, 3, 1)
    rows = np.clip(row.T.reshape(-1), 0, height - 1)
    return Sampling(np.asarray(rows, dtype=np.intp), np.asarray(first + channel, dtype=np.intp))


def tile_values(linear: Values, saturation: float) -> TileValues:
    """Tiles from samples.

    Parameters
    ----------
    linear : ndarray of float32, shape (samples, 3, tiles)
        Linear red, green and blue; 1 is full.
    saturation : float
        ``R / (R + G + B)`` from which a sample is saturated red.
    """
    samples = linear.shape[0]
    red, others = linear[:, 0], linear[:, 1] + linear[:, 2]
    mean = linear.mean(axis=0)
    luminance = LUMINANCE[0] * mean[0] + LUMINANCE[1] * mean[1] + LUMINANCE[2] * mean[2]
    measure = np.maximum(red - others, 0.0).mean(axis=0) * np.float32(RED_SCALE)
    # R / (R + G + B) >= s is R (1 - s) >= s (G + B); black is not red.
    saturated = (red * np.float32(1.0 - saturation) >= others * np.float32(saturation) - 1e-7) & (red > 1e-4)
    share = np.count_nonzero(saturated, axis=0).astype(np.float32) / np.float32(samples)
    return TileValues(luminance.astype(np.float32), measure.astype(np.float32), share)
