"""The point source panner of ITU-R BS.2127-1, 6.1: from which loudspeakers a direction is heard.

Standard layouts have the standard's regions, also where a venue's loudspeakers stand a little off; layouts of one's own have the
regions of their convex hull, closed by imaginary loudspeakers where nothing stands.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.speakers import hull
from engine.audio.speakers.layouts import LAYOUTS, Layout, Loudspeaker, directions
from engine.audio.speakers.regions import Quad, Regions, Triplets
from engine.errors import InputError

Floats = NDArray[np.float64]

_LAYERS = ((-30.0, -70.0, -10.0), (30.0, 10.0, 70.0))
"""Nominal elevation, lowest and highest, of the layers that are completed (BS.2127-1, 6.1.3)."""
_LAYER_MARGIN_DEG = 40.0
_OPEN = 0.2
"""A facet of a free layout nearer to its middle than this is a hole (some 157 degrees wide) and gets an imaginary loudspeaker."""


class PointSourcePanner:
    """Gains of a layout's loudspeakers for directions.

    Parameters
    ----------
    layout : Layout

    Raises
    ------
    InputError
        Screen loudspeakers (M±SC) between 25 and 35 degrees, where the standard's order of regions is not defined.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._heard = np.flatnonzero(~layout.lfe())
        inner = layout.without_lfe()
        self._stereo: PointSourcePanner | None = None
        if inner.name == "0+2+0":
            self._stereo = PointSourcePanner(LAYOUTS["0+5+0"])
            self._vertices, self._mix = 0, np.zeros((2, 0))
            self._regions = Regions(Triplets([], np.zeros((0, 3))), [])
            return
        if inner.standard:
            points, triplets, quads, self._mix = _standard_regions(inner)
        else:
            points, triplets, quads, self._mix = _free_regions(inner)
        self._vertices = len(points)
        self._regions = Regions(Triplets(triplets, points), [Quad(quad, points) for quad in quads])

    @property
    def channels(self) -> int:
        """Channels of the layout, LFE included."""
        return len(self.layout.speakers)

    def gains(self, at: ArrayLike) -> Floats:
        """Gains for directions.

        Parameters
        ----------
        at : array_like, shape (..., 3)
            Of any length; what has none is heard from straight ahead.

        Returns
        -------
        ndarray of float64, shape (..., channels)
            Of power 1 (a stereo pair: 0.5 behind); 0 for LFE.
        """
        places = np.asarray(at, np.float64)
        flat = places.reshape(-1, 3)
        length = np.sqrt(np.einsum("pk,pk->p", flat, flat))
        good = np.isfinite(length) & (length > 0)
        unit = np.zeros_like(flat)
        unit[:, 1] = 1.0
        unit[good] = flat[good] / length[good, None]
        out = np.zeros((len(flat), self.channels))
        out[:, self._heard] = self._pair(unit) if self._stereo is not None else self._pan(unit)
        return out.reshape(*places.shape[:-1], self.channels)

    def _pan(self, unit: Floats) -> Floats:
        mixed: Floats = self._regions.gains(unit, self._vertices) @ self._mix.T
        mixed /= np.sqrt(np.einsum("pc,pc->p", mixed, mixed))[:, None]
        return mixed

    def _pair(self, unit: Floats) -> Floats:
        """Stereo: five loudspeakers mixed to two, 3 dB quieter behind (BS.2127-1, 6.1.2)."""
        assert self._stereo is not None
        five = self._stereo.gains(unit)[:, [0, 1, 2, 4, 5]]
        centre, back = math.sqrt(3) / 3, math.sqrt(0.5)
        two = five @ np.array([[1, 0], [0, 1], [centre, centre], [back, 0], [0, back]])
        two /= np.sqrt(np.einsum("pc,pc->p", two, two))[:, None]
        ahead, behind = five[:, :3].max(axis=1), five[:, 3:].max(axis=1)
        swapped = self.layout.without_lfe().names == ("M-030", "M+030")
        scaled: Floats = two * 0.5 ** (0.5 * behind / (ahead + behind))[:, None]
        return scaled[:, ::-1] if swapped else scaled


_Found = tuple[Floats, list[list[int]], list[list[int]], Floats]
"""Points (V, 3), triplets, quads in ring order, mix (C, V)."""


def _screen_nominal(speaker: Loudspeaker) -> float:
    """Nominal azimuth of a screen loudspeaker: on which side of M±030 it stands (BS.2127-1, 6.1.3)."""
    if speaker.name not in ("M+SC", "M-SC"):
        return speaker.nominal_azimuth_deg
    wide = abs(speaker.azimuth_deg)
    if not (5 <= wide <= 25 or 35 <= wide <= 60):
        raise InputError(
            f"{speaker.name} stands at azimuth {speaker.azimuth_deg:g} deg; a screen loudspeaker stands at 5 to 25 or 35 to 60 deg"
        )
    return math.copysign(45.0 if wide > 30 else 15.0, speaker.azimuth_deg)


def _standard_regions(layout: Layout) -> _Found:
    """BS.2127-1, 6.1.3: loudspeakers above and below the middle layer's are added where a layer has none and mixed down to these;
    a virtual one at the nadir, and at the zenith unless one is there, is mixed to its neighbours.
    """
    count = len(layout.speakers)
    nominal_azimuth = np.array([_screen_nominal(speaker) for speaker in layout.speakers])
    nominal_elevation = np.array([speaker.nominal_elevation_deg for speaker in layout.speakers])
    azimuth = np.array([speaker.azimuth_deg for speaker in layout.speakers])
    elevation = np.array([speaker.elevation_deg for speaker in layout.speakers])
    middle = np.flatnonzero(np.abs(nominal_elevation) <= 10)
    nominal = [directions(nominal_azimuth, nominal_elevation)]
    real = [layout.directions()]
    mix = [np.eye(count)]
    for layer_nominal, lowest, highest in _LAYERS:
        layer = (nominal_elevation >= lowest) & (nominal_elevation <= highest)
        reach, layer_real = 0.0, layer_nominal
        if layer.any():
            reach = float(np.abs(nominal_azimuth[layer]).max()) + _LAYER_MARGIN_DEG
            layer_real = float(elevation[layer].mean())
        added = middle[np.abs(nominal_azimuth[middle]) >= reach - 1e-5]
        nominal.append(directions(nominal_azimuth[added], layer_nominal))
        real.append(directions(azimuth[added], layer_real))
        mix.append(np.eye(count)[:, added])
    ends = [[0.0, 0.0, -1.0]]
    if not {"T+000", "UH+180"} & set(layout.names):
        ends.append([0.0, 0.0, 1.0])
    first_end = sum(len(part) for part in nominal)
    outline = np.concatenate([*nominal, np.array(ends)])
    points = np.concatenate([*real, np.array(ends)])
    to_real = np.concatenate([*mix, np.zeros((count, len(ends)))], axis=1)
    found = [vertices for vertices, _, _ in hull.facets(outline)]
    triplets: list[list[int]] = []
    quads: list[list[int]] = []
    for end in range(first_end, len(points)):
        around = sorted(set().union(*(vertices for vertices in found if end in vertices)) - {end})
        order = [around[k] for k in hull.ring(points[around])]
        triplets += [[one, other, end] for one, other in zip(order, order[1:] + order[:1], strict=True)]
        to_real[:, end] = to_real[:, around].sum(axis=1) / math.sqrt(len(around))
    for vertices in found:
        if max(vertices) >= first_end:
            continue
        corners = sorted(vertices)
        order = [corners[k] for k in hull.ring(points[corners])]
        (triplets if len(order) == 3 else quads).append(order)
    return points, triplets, quads, to_real


def _free_regions(layout: Layout) -> _Found:
    """Regions of loudspeakers that stand anywhere.

    Where the hull leaves a hole, an imaginary loudspeaker closes it (Zotter and Frank 2012, 3.2); its power goes in equal parts to its
    neighbours, and from those that are imaginary too on to theirs.
    """
    count = len(layout.speakers)
    standing = layout.directions()
    # Two loudspeakers in one direction are one to the panner, and share its power.
    alike = np.array([int(np.flatnonzero(standing @ row > 1 - 1e-9)[0]) for row in standing])
    own, twin = np.unique(alike, return_inverse=True)
    to_real = np.zeros((count, len(own)))
    to_real[np.arange(count), twin] = 1.0
    to_real /= np.sqrt(to_real.sum(axis=0))
    points = standing[own]
    _, sizes, axes = np.linalg.svd(points)
    flat = [axis for size, axis in zip([*sizes, 0.0, 0.0], axes, strict=False) if size < 1e-3]
    for axis in flat:
        points = np.concatenate([points, [axis], [-axis]])
    while True:
        found = hull.facets(points)
        if not found:
            # All in one plane beside the middle: close it from the other side.
            points = np.concatenate([points, [-_middle(points)]])
            continue
        _, normal, distance = min(found, key=lambda facet: facet[2])
        if distance >= _OPEN:
            break
        points = np.concatenate([points, [normal]])
    real = len(own)
    mix = np.concatenate([to_real, np.zeros((count, len(points) - real))], axis=1)
    if len(points) > real:
        mix[:, real:] = to_real @ _absorbed([vertices for vertices, _, _ in found], real, len(points))
    triplets: list[list[int]] = []
    quads: list[list[int]] = []
    for vertices, _, _ in found:
        corners = sorted(vertices)
        order = [corners[k] for k in hull.ring(points[corners])]
        if len(order) == 4 and max(order) < real:
            quads.append(order)
            continue
        # A flat facet of more corners is cut from an imaginary one, if it has one.
        start = order.index(max(order))
        order = order[start:] + order[:start]
        triplets += [[order[0], one, other] for one, other in itertools.pairwise(order[1:])]
    return points, triplets, quads, mix


def _middle(points: Floats) -> Floats:
    mean: Floats = points.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > 1e-9 else np.array([0.0, 0.0, 1.0])


def _absorbed(found: list[frozenset[int]], real: int, vertices: int) -> Floats:
    """Gains with which imaginary vertices are heard from real ones, shape (real, imaginary).

    Power walks in equal parts to all neighbours until it meets real ones: (1 - Q)⁻¹ R of an absorbing chain.
    """
    beside = np.zeros((vertices, vertices))
    for facet in found:
        corners = sorted(facet)
        beside[np.ix_(corners, corners)] = 1.0
    np.fill_diagonal(beside, 0.0)
    step = beside[real:] / beside[real:].sum(axis=1, keepdims=True)
    power = np.linalg.solve(np.eye(vertices - real) - step[:, real:], step[:, :real])
    gains: Floats = np.sqrt(power.T)
    return gains
