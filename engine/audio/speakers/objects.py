"""Gains of ADM objects on a layout, with all that the standard lets them carry: ITU-R BS.2127-1, 7.3."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.speakers.cartesian import CartesianPanner, cube_places, without
from engine.audio.speakers.coordinates import axes_at, size_to_polar, to_polar
from engine.audio.speakers.extent import PolarExtent
from engine.audio.speakers.layouts import Layout, angles, directions
from engine.audio.speakers.panner import PointSourcePanner
from engine.audio.speakers.screen import Screen, locked, scaled
from engine.audio.speakers.zones import Zone, ZoneExclusion

Floats = NDArray[np.float64]
Vec3 = tuple[float, float, float]

_AS_NEAR = 1e-5
_DEFAULT_RANGE_DEG = 45.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where and how an object is heard at one instant.

    Attributes
    ----------
    at : tuple of 3 float
        Polar: a vector (x right, y ahead, z up) whose length 1 is where loudspeakers stand. Cartesian: a place in the cube, -1 to 1.
    cartesian : bool
        Which panner; says also what `size` and `divergence_range` mean.
    size : tuple of 3 float
        ADM's width, height, depth, in this order: degrees, degrees, 0..1; Cartesian 0..1 each. (The reference takes the last two as
        sizes along Y and Z, though BS.2076 means Z and Y; so do we, or no master would sound as it was approved.)
    divergence : float
        0 one place, 0.5 three alike, 1 the two sides alone.
    divergence_range : float or None
        How far the sides are: degrees; Cartesian along X.
    lock : float or None
        Goes to the nearest loudspeaker within this distance (infinite: any).
    zones : tuple of Zone
    reference : Screen or None
        Of the mix; the place moves with the screen (``screenRef``).
    edge : pair of str
        Of the screen: ``left`` ``right`` or "", ``top`` ``bottom`` or "".
    """

    at: Vec3
    cartesian: bool = False
    size: Vec3 = (0.0, 0.0, 0.0)
    divergence: float = 0.0
    divergence_range: float | None = None
    lock: float | None = None
    zones: tuple[Zone, ...] = ()
    reference: Screen | None = None
    edge: tuple[str, str] = ("", "")

    @property
    def plain(self) -> bool:
        """Nothing but a place and a size."""
        return not (
            self.divergence or self.lock is not None or self.zones or self.reference or any(self.edge)
        )


class ObjectGains:
    """Gains of objects on one layout.

    Parameters
    ----------
    layout : Layout
        LFE channels stay silent.
    venue : Screen, optional
        Where there is none, places that are tied to one stay as they are.

    Notes
    -----
    In layouts of one's own there are no Cartesian places of loudspeakers; Cartesian objects are turned into polar ones there.
    """

    def __init__(self, layout: Layout, venue: Screen | None = None) -> None:
        self.layout = layout
        self._venue = venue
        self._heard = np.flatnonzero(~layout.lfe())
        self._inner = layout.without_lfe()
        self._panner = PointSourcePanner(self._inner)
        self._extent = PolarExtent(self._panner.gains)
        self._zones = ZoneExclusion(self._inner)
        self._standing = self._inner.directions()
        self._cube: Floats | None = cube_places(self._inner) if layout.standard else None
        self._cubes: dict[bytes, CartesianPanner] = {}
        azimuth = np.array([speaker.azimuth_deg for speaker in self._inner.speakers])
        elevation = np.array([speaker.elevation_deg for speaker in self._inner.speakers])
        # Of several as near, the lowest, then the one most ahead, then the right one is locked to.
        order = np.lexsort((azimuth, np.abs(azimuth), elevation, np.abs(elevation)))
        self._rank = np.empty(len(order), np.intp)
        self._rank[order] = np.arange(len(order))

    def gains(self, placed: Sequence[Placed]) -> Floats:
        """Gains of objects.

        Parameters
        ----------
        placed : sequence of Placed

        Returns
        -------
        ndarray of float64, shape (P, channels)
            Power 1 each, but for what the layout itself gives up (a stereo pair behind).
        """
        out = np.zeros((len(placed), len(self.layout.speakers)))
        # Most objects are plain, and many at once cost little more than one.
        polar: list[int] = []
        cube: list[int] = []
        others: list[int] = []
        for row, one in enumerate(placed):
            if one.plain and not one.cartesian:
                polar.append(row)
            elif one.plain and self._cube is not None and not any(one.size):
                cube.append(row)
            else:
                others.append(row)
        if polar:
            sizes = np.array([placed[row].size for row in polar])
            at = np.array([placed[row].at for row in polar])
            found = self._extent.gains(at, sizes[:, 0], sizes[:, 1], sizes[:, 2])
            out[np.array(polar)[:, None], self._heard] = found
        if cube:
            at = np.clip([placed[row].at for row in cube], -1.0, 1.0)
            everyone = self._panner_without(np.zeros(self._heard.size, bool))
            out[np.array(cube)[:, None], self._heard] = everyone.point(at)
        for row in others:
            out[row, self._heard] = self._one(placed[row])
        return np.nan_to_num(out)

    def _one(self, placed: Placed) -> Floats:
        in_cube = placed.cartesian and self._cube is not None
        at = np.array(placed.at, np.float64)
        if placed.cartesian:
            at = np.clip(at, -1.0, 1.0)
        if self._venue is not None and placed.reference is not None:
            at = scaled(at, placed.reference, self._venue, self._inner, cartesian=placed.cartesian)
        if self._venue is not None and any(placed.edge):
            at = locked(at, *placed.edge, self._venue, self._inner, cartesian=placed.cartesian)
        excluded = self._zones.excluded(placed.zones)
        if in_cube:
            assert self._cube is not None
            excluded = without(self._cube, excluded)
        if placed.lock is not None:
            at = self._locked(at, placed.lock, excluded if in_cube else np.zeros_like(excluded), in_cube)
        shares, places = diverged(at, placed.divergence, placed.divergence_range, cartesian=placed.cartesian)
        if in_cube:
            panner = self._panner_without(excluded)
            found = np.zeros((len(places), len(excluded)))
            sized = any(placed.size)
            found[:, ~excluded] = (
                [panner.gains(place, *placed.size) for place in places] if sized else panner.point(places)
            )
        elif placed.cartesian:
            found = self._as_polar(places, placed.size)
        else:
            found = self._extent.gains(places, *placed.size)
        total: Floats = np.sqrt(shares @ found**2)
        return total if in_cube else self._zones.apply(total, placed.zones)

    def _panner_without(self, excluded: NDArray[np.bool_]) -> CartesianPanner:
        assert self._cube is not None
        key = excluded.tobytes()
        found = self._cubes.get(key)
        if found is None:
            found = self._cubes[key] = CartesianPanner(self._cube[~excluded])
        return found

    def _as_polar(self, places: Floats, size: Vec3) -> Floats:
        """Cartesian places and size (width along X, height along Z, depth along Y) on a layout that has no cube."""
        polar = np.array([to_polar(float(x), float(y), float(z)) for x, y, z in places])
        sizes = np.array(
            [size_to_polar(azimuth, elevation, size[0], size[2], size[1]) for azimuth, elevation, _ in polar]
        )
        at = directions(polar[:, 0], polar[:, 1]) * polar[:, 2:]
        return self._extent.gains(at, sizes[:, 0], sizes[:, 1], sizes[:, 2])

    def _locked(self, at: Floats, within: float, excluded: NDArray[np.bool_], in_cube: bool) -> Floats:
        """The nearest loudspeaker's place, if one is near enough."""
        places = self._cube if in_cube and self._cube is not None else self._standing
        # Height counts most in the cube, and depth more than width, so that objects stay in their layer.
        weights = np.array([1 / 16, 4, 32]) if in_cube else np.ones(3)
        apart = places - at
        near = ~excluded & (np.linalg.norm(apart, axis=1) < within + _AS_NEAR)
        if not near.any():
            return at
        weighted = np.where(near, np.sqrt(apart**2 @ weights), np.inf)
        closest = np.flatnonzero(weighted < weighted.min() + _AS_NEAR)
        chosen: Floats = places[closest[np.argmin(self._rank[closest])]]
        return chosen


def diverged(at: ArrayLike, amount: float, reach: float | None, *, cartesian: bool) -> tuple[Floats, Floats]:
    """An object on three places.

    Parameters
    ----------
    at : array_like, shape (3,)
    amount : float
        0 to 1.
    reach : float or None
        Degrees to each side (45), or along X (0).
    cartesian : bool

    Returns
    -------
    shares : ndarray, shape (P,)
        Of the power; sum 1.
    places : ndarray, shape (P, 3)
        Left, middle, right; the one place alone when `amount` is 0.
    """
    place = np.asarray(at, np.float64)
    if not amount:
        return np.ones(1), place[None]
    side, middle = amount / (amount + 1), (1 - amount) / (amount + 1)
    shares = np.array([side, middle, side])
    if cartesian:
        step = np.array([reach or 0.0, 0.0, 0.0])
        return shares, np.clip([place + step, place, place - step], -1.0, 1.0)
    azimuth, elevation, distance = (float(part) for part in angles(place))
    turn = _DEFAULT_RANGE_DEG if reach is None else reach
    sides = directions([turn, -turn], 0.0) * distance @ axes_at(azimuth, elevation)
    return shares, np.stack([sides[0], place, sides[1]])


def split(gains: Floats, diffuse: float) -> tuple[Floats, Floats]:
    """Gains of the direct and of the decorrelated path, whose powers sum to what was given (BS.2127-1, 7.3)."""
    return gains * math.sqrt(1 - diffuse), gains * math.sqrt(diffuse)
