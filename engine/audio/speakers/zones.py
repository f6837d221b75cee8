"""Loudspeakers that an object is kept out of, and where its sound goes instead: ITU-R BS.2127-1, 7.3 (zone exclusion)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.speakers.coordinates import within
from engine.audio.speakers.layouts import Layout

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_TOUCH = 1e-6
# Bottom, middle, upper, top: the lower, the rather. Up is preferred to down.
_LAYER_RANK = np.array([[0, 1, 2, 3], [3, 0, 1, 2], [3, 2, 0, 1], [3, 2, 1, 0]])


@dataclass(frozen=True, slots=True)
class Zone:
    """Part of the room.

    Attributes
    ----------
    cartesian : bool
        Bounds of X, Y, Z; else of azimuth (right and left end) and elevation.
    low, high : tuple of float
    """

    cartesian: bool
    low: tuple[float, ...]
    high: tuple[float, ...]


class ZoneExclusion:
    """Which loudspeakers of a layout lie in zones, and the way around them.

    Parameters
    ----------
    layout : Layout
        Without LFE. Nominal places count.
    """

    def __init__(self, layout: Layout) -> None:
        self._at = layout.nominal_directions()
        self._azimuth = np.array([speaker.nominal_azimuth_deg for speaker in layout.speakers])
        self._elevation = np.array([speaker.nominal_elevation_deg for speaker in layout.speakers])
        layer = np.digitize(self._elevation, [-10.0, 10.0, 75.0])
        ahead = np.where(np.abs(self._at[:, 1]) < _TOUCH, 0.0, np.sign(self._at[:, 1]))
        # In this order: same layer, same half of the room, near, near along the room's length. Rounded, so that what is as good on
        # both sides is one group and shares the power.
        self._keys = np.stack(
            [
                _LAYER_RANK[layer[:, None], layer[None, :]].astype(np.float64),
                np.abs(ahead[:, None] - ahead[None, :]),
                np.linalg.norm(self._at[:, None] - self._at[None, :], axis=2),
                np.abs(self._at[:, None, 1] - self._at[None, :, 1]),
            ],
            axis=2,
        )

    def excluded(self, zones: Sequence[Zone]) -> Flags:
        """Loudspeakers inside any of the zones, shape (C,)."""
        out = np.zeros(len(self._at), bool)
        for zone in zones:
            if zone.cartesian:
                out |= np.all((self._at - _TOUCH < zone.high) & (self._at + _TOUCH > zone.low), axis=1)
                continue
            (right, lowest), (left, highest) = zone.low, zone.high
            across = np.array(
                [
                    abs(elevation) > 90 - _TOUCH or within(azimuth, right, left, _TOUCH)
                    for azimuth, elevation in zip(self._azimuth, self._elevation, strict=True)
                ]
            )
            out |= across & (self._elevation - _TOUCH < highest) & (self._elevation + _TOUCH > lowest)
        return out

    def around(self, excluded: Flags) -> Floats:
        """Matrix that moves power from excluded loudspeakers to the next best, shape (from, to); none or all excluded: stays."""
        count = len(self._at)
        if excluded.all() or not excluded.any():
            return np.eye(count)
        out = np.zeros((count, count))
        left = np.flatnonzero(~excluded)
        for one in range(count):
            keys = self._keys[one, left]
            best = keys[np.lexsort(np.round(keys, 6).T[::-1])[0]]
            group = left[(np.abs(keys - best) < _TOUCH).all(axis=1)]
            out[one, group] = 1 / group.size
        return out

    def apply(self, gains: Floats, zones: Sequence[Zone]) -> Floats:
        """Gains, shape (..., C), with the zones kept free."""
        if not zones:
            return gains
        moved: Floats = np.sqrt(gains**2 @ self.around(self.excluded(zones)))
        return moved
