"""Between the scene and the resting listener's frame, for many places at once. Listeners are rows of x, y, z in metres and a heading."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


def scene_from_listener(poses: ArrayLike, at_m: Values) -> Values:
    """Places in the scene.

    Parameters
    ----------
    poses : array_like, shape (E, 4)
        Of the listener, at E instants: x, y, z, heading in degrees (`engine.audio.sounds.Pose`).
    at_m : ndarray, shape (E, ..., 3)
        In the listener's frame.

    Returns
    -------
    ndarray of float64, shape (E, ..., 3)
    """
    pose = np.asarray(poses, np.float64)
    return _turned(at_m, pose[:, 3]) + _wide(pose[:, :3], at_m.ndim)


def listener_from_scene(poses: ArrayLike, at_m: Values) -> Values:
    """The inverse of `scene_from_listener`."""
    pose = np.asarray(poses, np.float64)
    return _turned(at_m - _wide(pose[:, :3], at_m.ndim), -pose[:, 3])


def _wide(rows: Values, dimensions: int) -> Values:
    return rows.reshape(rows.shape[0], *(1,) * (dimensions - 2), rows.shape[1])


def _turned(at_m: Values, heading_deg: Values) -> Values:
    heading = np.radians(heading_deg).reshape(-1, *(1,) * (at_m.ndim - 2))
    cos, sin = np.cos(heading), np.sin(heading)
    x, y, z = at_m[..., 0], at_m[..., 1], at_m[..., 2]
    return np.stack((x * cos - y * sin, x * sin + y * cos, z), axis=-1)
