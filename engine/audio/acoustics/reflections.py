"""Early reflections: mirror images of a source in the walls of a box.

Each image is a source of its own, further away and later, whose samples are read from the same file at an earlier place. Nothing is
delayed in a line, so moving, seeking and branching are as exact for reflections as for what they reflect. Allen and Berkley 1979
(JASA 65, 943); images nearer than the source cannot be, so a reflection never comes first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.audio.acoustics.doppler import SOUND_MPS
from engine.audio.acoustics.room import Room

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Mirror images of S sources, R each.

    Attributes
    ----------
    at_m : ndarray, shape (..., S, R, 3)
        In the scene. Distance law, air and direction follow from it as for any source.
    delay_samples : ndarray, shape (..., S, R)
        Later than the source itself is heard; 0 and up.
    gain : ndarray, shape (..., S, R)
        What the walls leave, and how far both are inside the room. Distance is not in it.
    low_pass_hz : ndarray, shape (R,)
        Of the walls.
    """

    at_m: Values
    delay_samples: Values
    gain: Values
    low_pass_hz: Values


def image_sources(
    room: Room,
    source_m: ArrayLike,
    listener_m: ArrayLike,
    *,
    hears: Values | None = None,
    rate_hz: int = 48_000,
) -> Images:
    """The early reflections of sources in a room.

    Parameters
    ----------
    room : Room
    source_m : array_like, shape (..., S, 3)
        In the scene.
    listener_m : array_like, shape (..., 3)
        In the scene. Leading axes (the two ends of a block) are the same for both.
    hears : ndarray, shape (...), optional
        How far the listener is inside, where that is known.
    rate_hz : int

    Returns
    -------
    Images
        The same R for every source of a room, in the same order: row r of a source is the same reflection from block to block.
    """
    source = np.asarray(source_m, np.float64)
    listener = np.asarray(listener_m, np.float64)
    within = (source - room.center_m) @ room.rotation
    placed = room.image_shift_m + room.image_flip * within[..., None, :]
    # As one product: NumPy would go through leading axes matrix by matrix.
    at_m = (placed.reshape(-1, 3) @ room.rotation.T + room.center_m).reshape(placed.shape)
    near = _length(source - listener[..., None, :])
    far = _length(at_m - listener[..., None, None, :])
    inside = room.inside(source) * (room.inside(listener) if hears is None else hears)[..., None]
    return Images(
        at_m=at_m,
        delay_samples=np.maximum(far - near[..., None], 0.0) * (rate_hz / SOUND_MPS),
        gain=inside[..., None] * room.image_gain,
        low_pass_hz=room.image_low_pass_hz,
    )


def _length(way: Values) -> Values:
    return np.sqrt(np.einsum("...i,...i->...", way, way))
