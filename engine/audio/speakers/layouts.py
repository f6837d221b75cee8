"""Loudspeaker systems of ITU-R BS.2051-3, and how a venue's real ones differ from them.

Azimuth + = left, elevation + = up, in degrees, as seen from the resting listener; 1 is the distance all loudspeakers are brought to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import InputError
from engine.experience.loudspeakers import SHORT_NAMES, SYSTEMS, is_lfe, place_deg

Floats = NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Loudspeaker:
    """One channel of a layout.

    Attributes
    ----------
    name : str
        Label of BS.2051 (``M+030``), or the venue's own.
    azimuth_deg, elevation_deg : float
        Where it stands.
    nominal_azimuth_deg, nominal_elevation_deg : float
        Where the standard puts it; the panner's regions come from these.
    azimuth_range_deg, elevation_range_deg : pair of float
        What the standard allows; the first azimuth is the right-hand one.
    lfe : bool
        Low-frequency effects: takes no part in panning.
    """

    name: str
    azimuth_deg: float
    elevation_deg: float
    nominal_azimuth_deg: float
    nominal_elevation_deg: float
    azimuth_range_deg: Range
    elevation_range_deg: Range
    lfe: bool = False

    def stands(self, azimuth_deg: float, elevation_deg: float) -> Loudspeaker:
        """The same one, standing elsewhere."""
        return replace(self, azimuth_deg=azimuth_deg, elevation_deg=elevation_deg)


@dataclass(frozen=True, slots=True)
class Layout:
    """A set of loudspeakers, in the order of their channels.

    Attributes
    ----------
    name : str
        ``4+7+0``: upper, middle and bottom loudspeakers; another name when it is none of the standard's.
    speakers : tuple of Loudspeaker
    """

    name: str
    speakers: tuple[Loudspeaker, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Labels, in order."""
        return tuple(speaker.name for speaker in self.speakers)

    @property
    def standard(self) -> bool:
        """Whether it is one of BS.2051's."""
        return self.name in LAYOUTS

    def lfe(self) -> NDArray[np.bool_]:
        """Which channels are low-frequency effects, shape (C,)."""
        return np.array([speaker.lfe for speaker in self.speakers], bool)

    def without_lfe(self) -> Layout:
        """The channels that take part in panning."""
        return replace(self, speakers=tuple(speaker for speaker in self.speakers if not speaker.lfe))

    def directions(self) -> Floats:
        """Unit vectors to where they stand, shape (C, 3)."""
        return directions(
            [speaker.azimuth_deg for speaker in self.speakers],
            [speaker.elevation_deg for speaker in self.speakers],
        )

    def nominal_directions(self) -> Floats:
        """Unit vectors to where the standard puts them, shape (C, 3)."""
        return directions(
            [speaker.nominal_azimuth_deg for speaker in self.speakers],
            [speaker.nominal_elevation_deg for speaker in self.speakers],
        )

    def measured(self, places: Mapping[str, tuple[float, float]]) -> Layout:
        """The layout with its loudspeakers where a venue has them.

        Parameters
        ----------
        places : mapping of str to (azimuth_deg, elevation_deg)
            Those left out stand where they should.

        Raises
        ------
        InputError
            For a name that the layout has not.
        """
        strange = [name for name in places if name not in self.names]
        if strange:
            raise InputError(
                f"{self.name} has no loudspeaker {', '.join(strange)}; it has {', '.join(self.names)}"
            )
        return replace(
            self,
            speakers=tuple(
                speaker.stands(*places[speaker.name]) if speaker.name in places else speaker
                for speaker in self.speakers
            ),
        )

    def out_of_tolerance(self) -> tuple[str, ...]:
        """What the standard would not accept of where they stand, one sentence each; the panner copes with it."""
        found: list[str] = []
        for speaker in self.speakers:
            right, left = speaker.azimuth_range_deg
            low, high = speaker.elevation_range_deg
            # Straight up there is no azimuth to be wrong.
            if abs(speaker.elevation_deg) < 89 and not _between(speaker.azimuth_deg, right, left):
                found.append(
                    f"{speaker.name} stands at azimuth {speaker.azimuth_deg:g} deg; {self.name} allows {right:g} to {left:g}"
                )
            if not low - 0.5 <= speaker.elevation_deg <= high + 0.5:
                found.append(
                    f"{speaker.name} stands at elevation {speaker.elevation_deg:g} deg; {self.name} allows {low:g} to {high:g}"
                )
        return tuple(found)


def directions(azimuth_deg: ArrayLike, elevation_deg: ArrayLike) -> Floats:
    """Unit vectors (x right, y ahead, z up) of azimuths (+ = left) and elevations.

    Returns
    -------
    ndarray of float64, shape (..., 3)
    """
    azimuth, elevation = (
        np.radians(np.asarray(azimuth_deg, float)),
        np.radians(np.asarray(elevation_deg, float)),
    )
    flat = np.cos(elevation)
    x, y, z = np.broadcast_arrays(-np.sin(azimuth) * flat, np.cos(azimuth) * flat, np.sin(elevation))
    return np.stack([x, y, z], axis=-1)


def angles(at: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Azimuth and elevation in degrees, and distance, of vectors of shape (..., 3)."""
    v = np.asarray(at, np.float64)
    flat = np.hypot(v[..., 0], v[..., 1])
    return (
        np.degrees(np.arctan2(-v[..., 0], v[..., 1])),
        np.degrees(np.arctan2(v[..., 2], flat)),
        np.hypot(flat, v[..., 2]),
    )


def _between(azimuth_deg: float, right_deg: float, left_deg: float, tolerance_deg: float = 0.5) -> bool:
    """Whether an azimuth lies between two, going left from the right one."""
    width = left_deg - right_deg
    if width >= 360:
        return True
    return (azimuth_deg - right_deg + tolerance_deg) % 360 <= width + 2 * tolerance_deg


_ANYWHERE: tuple[Range, Range] = ((-180.0, 180.0), (-90.0, 90.0))
_TOP: Range = (30.0, 55.0)
_LIFTED: Range = (30.0, 45.0)
_EAR: Range = (0.0, 15.0)
_FLAT: Range = (0.0, 5.0)
_SUNK: Range = (-30.0, -15.0)
_Tolerances = dict[str, tuple[Range | None, Range | None]]
_WIDE_FRONT: _Tolerances = {
    "M+030": ((30.0, 45.0), None),
    "M+090": ((85.0, 110.0), None),
    "M+135": ((120.0, 150.0), None),
}
_CORNERS = {"U+045": ((30.0, 45.0), _TOP), "U+135": ((100.0, 150.0), _TOP)}
_FOUR_UP = {"M+110": ((100.0, 120.0), None), "U+030": ((30.0, 45.0), _TOP), "U+110": ((100.0, 135.0), _TOP)}
_SUBWOOFER = {"LFE1": ((30.0, 90.0), _SUNK)}
_TOLERANCES: dict[str, _Tolerances] = {
    "0+5+0": {"M+110": ((100.0, 120.0), _EAR)},
    "2+5+0": {"M+110": ((100.0, 120.0), _EAR), "U+030": ((30.0, 45.0), _TOP)},
    "4+5+0": {**_FOUR_UP},
    "4+5+1": {**_FOUR_UP, "B+000": (None, _SUNK)},
    "3+7+0": {
        **{"M+090": ((60.0, 150.0), None), "M+135": ((60.0, 150.0), None)},
        **{"U+045": ((30.0, 45.0), _LIFTED), "UH+180": (None, (45.0, 90.0)), **_SUBWOOFER},
    },
    "4+9+0": {**_WIDE_FRONT, **_CORNERS, "M+SC": ((5.0, 60.0), None)},
    "9+10+3": {
        **{"M+000": (None, _FLAT), "M+030": ((22.5, 30.0), _FLAT), "M+060": ((45.0, 60.0), _FLAT)},
        **{"M+090": (None, _EAR), "M+135": ((110.0, 135.0), _EAR), "M+180": (None, _EAR)},
        **{"U+000": (None, _LIFTED), "U+045": ((45.0, 60.0), _LIFTED), "U+090": (None, _LIFTED)},
        **{"U+135": ((110.0, 135.0), _LIFTED), "U+180": (None, _LIFTED)},
        **{"B+000": (None, _SUNK), "B+045": ((45.0, 60.0), _SUNK), **_SUBWOOFER},
    },
    "0+7+0": _WIDE_FRONT,
    "4+7+0": {**_WIDE_FRONT, **_CORNERS},
}
"""BS.2051-3, attachment 1 to annex 1: azimuths and elevations that are allowed, of the left-hand ones; None: as nominal. A subwoofer
that is not named may stand anywhere."""


def _one(
    name: str,
    azimuth: float,
    elevation: float,
    ranges: tuple[Range, Range] | None = None,
    *,
    lfe: bool = False,
) -> Loudspeaker:
    across, up = ranges or ((azimuth, azimuth), (elevation, elevation))
    return Loudspeaker(name, azimuth, elevation, azimuth, elevation, across, up, lfe)


def _of_system(system: str, label: str) -> Loudspeaker:
    place = place_deg(label)
    if place is None:
        raise ValueError(f"{label} is no label of BS.2051")
    azimuth, elevation = place
    right = azimuth < 0 or label == "LFE2"
    left_label = "LFE1" if label == "LFE2" else label.replace("-", "+")
    found = _TOLERANCES.get(system, {}).get(left_label)
    if found is None:
        return _one(label, azimuth, elevation, _ANYWHERE if is_lfe(label) else None, lfe=is_lfe(label))
    across = found[0] or (abs(azimuth), abs(azimuth))
    return _one(
        label,
        azimuth,
        elevation,
        ((-across[1], -across[0]) if right else across, found[1] or (elevation, elevation)),
        lfe=is_lfe(label),
    )


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        name: Layout(name, tuple(_of_system(name, label) for label in labels))
        for name, labels in SYSTEMS.items()
    }
)
"""The ten systems by name."""


def layout(name: str) -> Layout:
    """A system by its name (``4+7+0``) or what people call it (``7.1.4``).

    Raises
    ------
    InputError
        When there is none.
    """
    found = LAYOUTS.get(SHORT_NAMES.get(name, name))
    if found is None:
        raise InputError(
            f"no loudspeaker layout {name!r}; there are {', '.join(LAYOUTS)} ({', '.join(SHORT_NAMES)}), "
            "or list the loudspeakers themselves with `layout: free`"
        )
    return found


def free_layout(speakers: Sequence[tuple[str, float, float, bool]], name: str = "free") -> Layout:
    """A layout of one's own.

    Parameters
    ----------
    speakers : sequence of (name, azimuth_deg, elevation_deg, lfe)
    name : str

    Raises
    ------
    InputError
        Names twice, angles that are no angles, nothing but low-frequency channels; all of it at once.
    """
    wrong: list[str] = []
    names = [row[0] for row in speakers]
    wrong += [
        f"{one!r} is there {names.count(one)} times" for one in dict.fromkeys(names) if names.count(one) > 1
    ]
    for one, azimuth, elevation, _ in speakers:
        if not (math.isfinite(azimuth) and -360 <= azimuth <= 360):
            wrong.append(f"{one!r} has azimuth {azimuth}; -180 to 180 deg")
        if not (math.isfinite(elevation) and -90 <= elevation <= 90):
            wrong.append(f"{one!r} has elevation {elevation}; -90 to 90 deg")
    if all(row[3] for row in speakers):
        wrong.append("no loudspeaker that sound could come from; list at least one that is no LFE")
    if wrong:
        raise InputError(f"layout {name}: " + "; ".join(wrong))
    return Layout(
        name, tuple(_one(one, azimuth, elevation, lfe=lfe) for one, azimuth, elevation, lfe in speakers)
    )
