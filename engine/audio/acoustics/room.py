"""A room as the arrays its reflections and its reverberation are made of.

Diffuse field: a source of unit level at 1 m in the open gives a reverberant level of ``16 pi / A`` (energy), A the equivalent absorption
area, which by Sabine is ``0.161 V / T`` (Kuttruff, Room Acoustics, 6th ed., 5.1 and 5.4). So how wet a room is follows from its size
and its reverberation time; the author only moves it up or down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.acoustics.absorption import SABINE_S_PER_M, reverberation_s, walls_of
from engine.audio.acoustics.low_pass import fitted
from engine.timeline.acoustics import OCTAVES_HZ

if TYPE_CHECKING:
    from engine.timeline.acoustics import RoomSpec

Values = NDArray[np.float64]

# Openings let a thousandth through in the tables; what reflects less than -40 dB is not worth a row.
_LEAST_GAIN = 0.01
# Barron and Lee 1988 (JASA 84, 618): reflected energy falls with distance by exp(-0.04 r / T).
_BARRON_S_PER_M = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """A room, ready to be computed with; made by `room_of`.

    Attributes
    ----------
    spec : RoomSpec
    rotation : ndarray, shape (3, 3)
        From the room's axes to the scene's.
    center_m, half_m : ndarray, shape (3,)
    images : ndarray of int, shape (R, 3)
        Early reflections: which copy of the room the image lies in, along each axis.
    image_shift_m, image_flip : ndarray, shape (R, 3)
        In the room's axes an image lies at ``shift + flip * source``.
    image_gain, image_low_pass_hz : ndarray, shape (R,)
        What the walls leave.
    late_gain : float
        Linear, of the reverberation against a source's level at 1 m.
    rt60_s : ndarray, shape (7,)
    """

    spec: RoomSpec
    rotation: Values
    center_m: Values
    half_m: Values
    images: NDArray[np.int64]
    image_shift_m: Values
    image_flip: Values
    image_gain: Values
    image_low_pass_hz: Values
    late_gain: float
    rt60_s: Values

    @property
    def name(self) -> str:
        """The author's."""
        return self.spec.name

    @property
    def volume_m3(self) -> float:
        """Of the box."""
        return float(np.prod(2.0 * self.half_m))

    @property
    def free_path_m(self) -> float:
        """Mean way between two walls, ``4 V / S``."""
        x, y, z = (2.0 * self.half_m).tolist()
        return 2.0 * x * y * z / (x * y + y * z + z * x)

    def inside(self, at_m: ArrayLike) -> Values:
        """How far inside places are.

        Parameters
        ----------
        at_m : array_like, shape (..., 3)
            In the scene.

        Returns
        -------
        ndarray of float64, shape (...)
            1 well inside, 0 well outside, a smooth step of depth `edge_m` centred on each wall.
        """
        off = np.abs((np.asarray(at_m, np.float64) - self.center_m) @ self.rotation)
        x = np.minimum(np.maximum((self.half_m / self.spec.edge_m + 0.5) - off / self.spec.edge_m, 0.0), 1.0)
        x = x * x * (3.0 - 2.0 * x)
        return np.asarray(x[..., 0] * x[..., 1] * x[..., 2])

    def send(self, source_m: ArrayLike, listener_m: ArrayLike, direct_gain: ArrayLike) -> Values:
        """Share of an object's emission that goes into the reverberation.

        Parameters
        ----------
        source_m : array_like, shape (..., S, 3)
        listener_m : array_like, shape (..., 3)
            In the scene.
        direct_gain : array_like, shape (..., S)
            What the emission has lost by distance and by facing elsewhere, which the reverberation has not (`Arrival.direct_gain`).

        Returns
        -------
        ndarray of float64, shape (..., S)
            Linear, to be multiplied with what has `direct_gain` in it. 0 for a source outside the room.

        Notes
        -----
        The listener's own way in and out is the reverberation's output level (`heard`), not the send's, so that a tail still sounds as
        its room is left.
        """
        source = np.asarray(source_m, np.float64)
        way = source - np.asarray(listener_m, np.float64)[..., None, :]
        far_m = np.sqrt(np.einsum("...i,...i->...", way, way))
        middle_s = float(self.rt60_s[3])
        fall = np.exp(-0.5 * _BARRON_S_PER_M / middle_s * far_m)
        return np.asarray(self.late_gain * self.inside(source) * fall / np.maximum(direct_gain, 1e-6))

    def heard(self, listener_m: ArrayLike) -> Values:
        """Output level of the reverberation where the listener is, 0..1; shape (..., 3) in, (...) out."""
        return self.inside(listener_m)


def room_of(spec: RoomSpec, temperature_c: float = 20.0, humidity_percent: float = 50.0) -> Room:
    """Works out a room's reflections and its level.

    Parameters
    ----------
    spec : RoomSpec
        What it leaves out, the walls or the reverberation time, follows from the other.
    temperature_c, humidity_percent : float
        Of the air, which has its part in the reverberation time.
    """
    heading = math.radians(spec.heading_deg)
    cos, sin = math.cos(heading), math.sin(heading)
    size = np.asarray(spec.size_m, np.float64)
    images = _images(spec.order)
    if spec.rt60_s:
        rt60_s = np.asarray(spec.rt60_s, np.float64)
    else:
        rt60_s = reverberation_s(size, np.asarray(spec.absorption), temperature_c, humidity_percent)
    absorption = (
        np.asarray(spec.absorption)
        if spec.absorption
        else walls_of(size, rt60_s, temperature_c, humidity_percent)
    )
    energy = 1.0 - np.clip(absorption, 0.0, 0.9999)  # (6, 7)
    # Copy n along an axis has been mirrored |n| times, at the two walls in turn, beginning with the one it lies behind.
    n = np.abs(images)
    first, second = (n + 1) // 2, n // 2
    hits = np.stack(
        [np.where(images < 0, first, second), np.where(images < 0, second, first)], axis=-1
    ).reshape(-1, 6)
    level_db = 10.0 * hits @ np.log10(energy)  # (R, 7)
    gain, low_pass_hz = fitted(OCTAVES_HZ, level_db)
    worth = gain >= _LEAST_GAIN
    area_m2 = SABINE_S_PER_M * float(np.prod(size)) / float(rt60_s[3])
    return Room(
        spec=spec,
        rotation=np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]]),
        center_m=np.asarray(spec.center_m, np.float64),
        half_m=size / 2.0,
        images=images[worth],
        image_shift_m=images[worth] * size,
        image_flip=np.where(images[worth] % 2 == 0, 1.0, -1.0),
        image_gain=gain[worth] * 10.0 ** (spec.early_db / 20.0),
        image_low_pass_hz=low_pass_hz[worth],
        late_gain=math.sqrt(16.0 * math.pi / area_m2) * 10.0 ** (spec.wet_db / 20.0),
        rt60_s=rt60_s,
    )


def _images(order: int) -> NDArray[np.int64]:
    """Copies of the room up to so many reflections, without the room itself; nearest first, always in the same order."""
    reach = range(-order, order + 1)
    found = [(x, y, z) for x in reach for y in reach for z in reach if 0 < abs(x) + abs(y) + abs(z) <= order]
    found.sort(key=lambda i: (sum(map(abs, i)), i))
    return np.asarray(found, np.int64).reshape(-1, 3)
