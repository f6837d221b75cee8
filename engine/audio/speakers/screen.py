"""Places that are tied to a picture: ITU-R BS.2127-1, 7.3 (screen scaling, screen edge lock)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.speakers.coordinates import axes_at, to_cartesian, to_polar
from engine.audio.speakers.layouts import Layout, angles, directions
from engine.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen's edges as seen from the listener, in degrees.

    Attributes
    ----------
    left_deg, right_deg : float
        Azimuths, + = left.
    bottom_deg, top_deg : float
        Elevations.
    """

    left_deg: float
    right_deg: float
    bottom_deg: float
    top_deg: float


def screen(
    aspect: float = 1.78,
    *,
    centre: tuple[float, float, float] = (0.0, 0.0, 1.0),
    width_deg: float = 58.0,
    cartesian: bool = False,
    width_x: float = 0.0,
) -> Screen:
    """A screen from an ADM description; as it stands, the default reference screen of BS.2076.

    Parameters
    ----------
    aspect : float
        Width by height.
    centre : tuple of 3 float
        Azimuth, elevation, distance; X, Y, Z when `cartesian`.
    width_deg : float
        Seen from the listener; for polar screens.
    cartesian : bool
    width_x : float
        For Cartesian ones.

    Raises
    ------
    InputError
        A screen that reaches behind the listener or over the poles.
    """
    if cartesian:
        at = np.array(centre)
        half = width_x / 2
        across, up = np.array([half, 0, 0]), np.array([0, 0, half / aspect])
    else:
        at = directions(centre[0], centre[1]) * centre[2]
        half = centre[2] * math.tan(math.radians(width_deg / 2))
        frame = axes_at(centre[0], centre[1])
        across, up = frame[0] * half, frame[2] * half / aspect
    azimuth, elevation, _ = angles(np.stack([at - across, at + across, at - up, at + up]))
    if azimuth[1] > azimuth[0] or azimuth[2] - azimuth[3] > 1e-3:
        raise InputError(
            f"a screen of {width_deg:g} deg at {centre} reaches behind the listener or over the top; "
            "it must lie ahead, between the poles"
        )
    return Screen(float(azimuth[0]), float(azimuth[1]), float(elevation[2]), float(elevation[3]))


def scaled(at: Floats, reference: Screen, venue: Screen, layout: Layout, *, cartesian: bool) -> Floats:
    """A place moved as the venue's screen differs from the one it was mixed for, shape (3,)."""
    azimuth, elevation, distance = _polar(at, cartesian)
    new_azimuth = _between(
        azimuth,
        (-180, reference.right_deg, reference.left_deg, 180),
        (-180, venue.right_deg, venue.left_deg, 180),
    )
    new_elevation = _between(
        elevation,
        (-90, reference.bottom_deg, reference.top_deg, 90),
        (-90, venue.bottom_deg, venue.top_deg, 90),
    )
    return _back(new_azimuth, new_elevation, distance, layout, cartesian)


def locked(
    at: Floats, horizontal: str, vertical: str, venue: Screen, layout: Layout, *, cartesian: bool
) -> Floats:
    """A place moved to the venue's screen's edge, shape (3,).

    Parameters
    ----------
    at : ndarray, shape (3,)
    horizontal : {"", "left", "right"}
    vertical : {"", "top", "bottom"}
    venue : Screen
    layout : Layout
    cartesian : bool
    """
    azimuth, elevation, distance = _polar(at, cartesian)
    return _back(
        {"left": venue.left_deg, "right": venue.right_deg}.get(horizontal, azimuth),
        {"top": venue.top_deg, "bottom": venue.bottom_deg}.get(vertical, elevation),
        distance,
        layout,
        cartesian,
    )


def _polar(at: Floats, cartesian: bool) -> tuple[float, float, float]:
    if cartesian:
        return to_polar(float(at[0]), float(at[1]), float(at[2]))
    azimuth, elevation, distance = angles(at)
    return float(azimuth), float(elevation), float(distance)


def _back(azimuth: float, elevation: float, distance: float, layout: Layout, cartesian: bool) -> Floats:
    if not cartesian:
        return directions(azimuth, elevation) * distance
    if "U+045" in layout.names:
        # So that what goes straight up in the cube does so in this layout, whose upper loudspeakers stand wider.
        edge = float(np.interp(elevation, [0, 30, 90], [30, 20, 30]))
        azimuth = float(np.interp(azimuth, [-180, -30, 30, 180], [-180, -edge, edge, 180]))
    return np.array(to_cartesian(azimuth, elevation, distance))


def _between(value: float, points: tuple[float, ...], values: tuple[float, ...]) -> float:
    """Linear between points, which may coincide."""
    for low, high, start, stop in zip(points, points[1:], values, values[1:], strict=False):
        if value <= high:
            return start if high == low else start + (stop - start) * (value - low) / (high - low)
    return values[-1]
