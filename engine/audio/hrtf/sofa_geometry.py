"""Where the sources, the listener and the ears of a SOFA file are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.hrtf.sofa_values import array_of, text_of

if TYPE_CHECKING:
    import h5py

Values = NDArray[np.float64]

MOST_KEPT = 5_000
_APART_DEG = 0.05
_FURTHEST_M = 1e6
_EVEN_DEG = 0.01
_LEAST_LIKENESS = 0.5
_METRES = ("metre", "metres", "meter", "meters", "m", "")
_DEGREES = ("degree", "degrees", "deg", "")


def sources_of(file: h5py.File, source: Values, measurements: int, found: list[str]) -> Values | None:
    """Places of the sources around the listener, in metres along SOFA's axes (x ahead, y left, z up), shape (M, 3)."""
    if source.shape != (measurements, 3):
        found.append(f"SourcePosition has shape {source.shape}, needed is ({measurements}, 3)")
        return None
    vectors = _places(file, "SourcePosition", source, found)
    if vectors is None:
        return None
    if "ListenerPosition" in file:
        listener = array_of(file, "ListenerPosition", 2, found)
        if listener is None:
            return None
        if listener.shape not in ((1, 3), (measurements, 3)):
            found.append(
                f"ListenerPosition has shape {listener.shape}, needed is (1, 3) or ({measurements}, 3)"
            )
            return None
        there = _places(file, "ListenerPosition", listener, found)
        if there is None:
            return None
        vectors = vectors - there
    inside = int(np.count_nonzero(np.linalg.norm(vectors, axis=1) <= 1e-3))
    if inside:
        found.append(f"has {inside} sources inside the head (distance 0)")
        return None
    return vectors


def _places(file: h5py.File, name: str, value: Values, found: list[str]) -> Values | None:
    """Cartesian metres of either kind of coordinates."""
    if not (np.abs(value) < _FURTHEST_M).all():
        found.append(f"{name} has NaN, infinity or places beyond all measure in it")
        return None
    kind = text_of(file[name], "Type").lower()
    if kind not in ("cartesian", "spherical"):
        found.append(f"{name} is of type {kind or 'unknown'}; needed is spherical or cartesian")
        return None
    units = [unit.strip() for unit in text_of(file[name], "Units").lower().split(",")]
    needed = [_METRES] * 3 if kind == "cartesian" else [_DEGREES, _DEGREES, _METRES]
    for unit, allowed in zip(units, needed, strict=False):  # one unit may stand for all three
        if unit not in allowed:
            found.append(f"{name} is in {unit}; needed is {allowed[0]}")
            return None
    if kind == "cartesian":
        return value
    steepest = float(value[np.argmax(np.abs(value[:, 1])), 1])
    if abs(steepest) > 90.0 + _EVEN_DEG:  # real files have 90 as the float next to it
        found.append(f"{name} has an elevation of {steepest:g} degrees, allowed -90 to 90")
        return None
    a, e = np.radians(value[:, 0]), np.radians(value[:, 1])
    unit_vectors = np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=1)
    return np.asarray(unit_vectors * value[:, 2:3])


def first_is_right(file: h5py.File, ears: Values, found: list[str]) -> bool | None:
    """Whether the first receiver is said to be the right ear; None where that is not said."""
    places = ears[..., None] if ears.ndim == 2 else ears
    if places.ndim != 3 or places.shape[:2] != (2, 3) or not np.isfinite(places).all():
        found.append(f"ReceiverPosition has shape {ears.shape}, needed are two ears of three coordinates")
        return None
    if np.ptp(places, axis=2).max() > 1e-6:
        found.append("ReceiverPosition changes from measurement to measurement; ears are where they are")
        return None
    places = places[:, :, 0]
    if text_of(file["ReceiverPosition"], "Type").lower() == "spherical":
        a, e = np.radians(places[:, 0]), np.radians(places[:, 1])
        left = np.cos(e) * np.sin(a) * np.maximum(places[:, 2], 1e-3)
    else:
        left = places[:, 1]
    if abs(left[0] - left[1]) < 1e-6:
        found.append("ReceiverPosition does not tell which ear is the left one (both have the same y)")
        return None
    return bool(left[0] < left[1])


def crossed(responses: Values, directions: Values, said: bool, found: list[str]) -> bool:
    """Whether the first channel is the right ear, by what it hears.

    What is on the left is louder in the left ear (0.98 of correlation between level and side in every measured head tried). Files of
    the makers' programs before 2016 say the first ear is the right one and hold the left one there: CIPIC, LISTEN, Cologne's KU100.
    The other way round there is no such habit, and such a file is refused.

    Parameters
    ----------
    responses : ndarray, shape (D, 2, N)
        Both ears hear something in each.
    directions : ndarray, shape (D, 3)
        In the engine's axes.
    said : bool
        What `first_is_right` found.
    """
    power = (responses**2).sum(axis=-1)
    level = np.log(power[:, 0] / power[:, 1])
    side = -directions[:, 0]
    spread = float(np.std(level) * np.std(side))
    alike = float(np.mean((level - level.mean()) * (side - side.mean())) / spread) if spread > 1e-9 else 0.0
    if abs(alike) < _LEAST_LIKENESS:
        found.append(
            f"is no head: neither ear hears its own side louder (likeness of level and side {alike:.2f}, at least {_LEAST_LIKENESS})"
        )
        return False
    if alike < 0 and not said:
        found.append(
            "says its first ear is the left one, and hears the right side louder with it: ears or azimuths (they grow to the left) are"
            " exchanged"
        )
    return alike < 0


def axes_of(file: h5py.File, found: list[str]) -> Values | None:
    """Matrix from SOFA's axes to the engine's, by the listener's view and up."""
    vectors = []
    for name, default in (("ListenerView", (1.0, 0.0, 0.0)), ("ListenerUp", (0.0, 0.0, 1.0))):
        if name not in file:
            vectors.append(np.array(default))
            continue
        value = array_of(file, name, None, found)
        if value is None:
            return None
        rows = value.reshape(-1, 3) if value.size % 3 == 0 else np.zeros((1, 3))
        one = rows[0]
        if text_of(file[name], "Type").lower() == "spherical":
            a, e = np.radians(one[0]), np.radians(one[1])
            one = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        if not (np.abs(rows) < _FURTHEST_M).all() or np.linalg.norm(one) < 1e-6:
            found.append(f"{name} is no direction: {one.tolist()}")
            return None
        if np.abs(rows - rows[0]).max() > 1e-6:
            found.append(
                f"{name} changes from measurement to measurement; a head that is turned instead of the source is not read"
            )
            return None
        vectors.append(one / np.linalg.norm(one))
    view, up = vectors
    if abs(float(view @ up)) > 0.1:
        found.append("ListenerView and ListenerUp are not at right angles")
        return None
    up = up - (up @ view) * view
    up /= np.linalg.norm(up)
    return np.stack([np.cross(view, up), view, up])


def distinct(directions: Values, distance_m: Values) -> NDArray[np.int64]:
    """One measurement of each direction, the furthest one, for near ones are rendered from it; the first of several.

    Of more than `MOST_KEPT` directions those closer to each other than the table's grid could tell are thinned out.
    """
    order = np.argsort(-np.round(distance_m, 3), kind="stable")
    apart = np.radians(_APART_DEG)
    while True:
        cells = np.round(directions[order] / apart).astype(np.int64)
        _, first = np.unique(cells, axis=0, return_index=True)
        if len(first) <= MOST_KEPT:
            return np.sort(order[first])
        apart = max(1.25 * apart, np.radians(0.5))


def surrounds(directions: Values) -> bool:
    """Whether the directions span a body with the origin in it (below, a hole is allowed: loudspeakers stand on the floor)."""
    spread = np.linalg.svd(directions - directions.mean(axis=0), compute_uv=False)
    if spread[-1] < 1e-3 * spread[0]:
        return False
    from scipy.spatial import ConvexHull

    return bool((ConvexHull(directions).equations[:, -1] < -1e-6).all())
