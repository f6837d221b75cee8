"""Gains of every direction, laid out beforehand, for blocks that must not wait for a panner."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.speakers.layouts import directions

Floats = NDArray[np.float64]
Samples = NDArray[np.float32]


class GainTable:
    """A panner's gains on a grid of azimuth and elevation, bilinear in between and brought back to the power of what is around.

    Parameters
    ----------
    gains : callable
        From unit vectors, shape (P, 3), to gains, shape (P, C).
    step_deg : float
        180 must be a whole number of steps. At 2 degrees the error of 4+7+0 is at most 0.03 (-30 dB), on the edges of regions.
    """

    def __init__(self, gains: Callable[[Floats], Floats], step_deg: float = 2.0) -> None:
        self._rows = round(180 / step_deg) + 1
        self._columns = 2 * (self._rows - 1)
        self._per_rad = (self._rows - 1) / np.pi
        azimuth = np.arange(self._columns) * step_deg
        elevation = np.linspace(-90, 90, self._rows)
        at = directions(azimuth[None, :], elevation[:, None])
        # At the poles all azimuths are one direction.
        at[0], at[-1] = (0.0, 0.0, -1.0), (0.0, 0.0, 1.0)
        found = gains(at.reshape(-1, 3))
        self.channels = int(found.shape[1])
        self._power = np.einsum("pc,pc->p", found, found).astype(np.float32)
        self._gains = np.ascontiguousarray(found, np.float32)

    def gains(self, at: ArrayLike) -> Samples:
        """Gains for directions.

        Parameters
        ----------
        at : array_like, shape (S, 3)
            Of any length; what has none, or is no number, is heard from straight ahead.

        Returns
        -------
        ndarray of float32, shape (S, channels)
        """
        v = np.asarray(at, np.float64)
        flat = np.hypot(v[:, 0], v[:, 1])
        with np.errstate(invalid="ignore"):
            column = np.nan_to_num(np.arctan2(-v[:, 0], v[:, 1]) * self._per_rad) % self._columns
            row = np.nan_to_num(
                (np.arctan2(v[:, 2], flat) + np.pi / 2) * self._per_rad, nan=(self._rows - 1) / 2
            )
        left = np.minimum(column.astype(np.intp), self._columns - 1)
        low = np.minimum(row.astype(np.intp), self._rows - 2)
        across, up = column - left, row - low
        right = (left + 1) % self._columns
        corner = np.stack([low * self._columns + left, low * self._columns + right])
        corner = np.concatenate([corner, corner + self._columns])
        weight = np.stack(
            [(1 - across) * (1 - up), across * (1 - up), (1 - across) * up, across * up]
        ).astype(np.float32)
        mixed: Samples = np.einsum("ks,ksc->sc", weight, self._gains[corner])
        wanted = np.einsum("ks,ks->s", weight, self._power[corner])
        here = np.einsum("sc,sc->s", mixed, mixed)
        mixed *= np.sqrt(wanted / np.maximum(here, 1e-20))[:, None]
        return mixed
