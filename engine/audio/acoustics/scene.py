"""The acoustics of one scene, ready for a mixer: its air, its rooms, and what they send back of its sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics.air import Air, air
from engine.audio.acoustics.propagation import Spaces
from engine.audio.acoustics.reflections import image_sources
from engine.audio.acoustics.room import Room, room_of
from engine.timeline.acoustics import AcousticsSpec, RoomSpec

Values = NDArray[np.float64]

MOST_IMAGES = 24
"""Early reflections of a room of the second order."""


@dataclass(frozen=True, slots=True, eq=False)
class Reflections:
    """Early reflections of a block's sources, as K rows of their own.

    Attributes
    ----------
    parent : ndarray of int64, shape (K,)
        Which source.
    number : ndarray of int64, shape (K,)
        Which of its reflections, 0 to 47: the same from block to block.
    at_m : ndarray of float64, shape (2, K, 3)
        In the scene, at both ends of the block.
    delay : ndarray of float64, shape (2, K)
        Samples after its source.
    gain, low_pass_hz : ndarray of float64, shape (2, K)
        Of the walls; distance and air follow from `at_m` (`arrive`).
    """

    parent: NDArray[np.int64]
    number: NDArray[np.int64]
    at_m: Values
    delay: Values
    gain: Values
    low_pass_hz: Values

    @property
    def count(self) -> int:
        """Rows, K."""
        return int(self.parent.size)


@dataclass(frozen=True, slots=True, eq=False)
class SceneAcoustics:
    """How a scene sounds; made by `scene_acoustics`.

    Attributes
    ----------
    air : Air
    rooms : tuple of Room
    numbers : tuple of int
        Of each room among the package's (`Reverberation`).
    """

    air: Air
    rooms: tuple[Room, ...]
    numbers: tuple[int, ...]

    def heard(self, listener_m: Values) -> dict[int, tuple[float, float]]:
        """How loud the reverberation of each room is where the listener is.

        Parameters
        ----------
        listener_m : ndarray, shape (2, 3)
            In the scene, at both ends of the block.

        Returns
        -------
        dict of int to (float, float)
            By the package's number of the room.
        """
        found = {}
        for number, room in zip(self.numbers, self.rooms, strict=True):
            start, stop = room.heard(listener_m).tolist()
            found[number] = (start, stop)
        return found

    def sends(
        self, of: Spaces, source_m: Values, listener_m: Values, direct_gain: Values, count: int
    ) -> NDArray[np.float32]:
        """Share of each source's emission that goes into each room's reverberation.

        Parameters
        ----------
        of : Spaces
        source_m : ndarray, shape (2, S, 3)
            In the scene.
        listener_m : ndarray, shape (2, 3)
        direct_gain : ndarray, shape (2, S)
            From `Arrival`.
        count : int
            Rooms of the package.

        Returns
        -------
        ndarray of float32, shape (2, S, count)
        """
        found = np.zeros((*source_m.shape[:2], count), np.float32)
        for number, room in zip(self.numbers, self.rooms, strict=True):
            found[..., number] = room.send(source_m, listener_m, direct_gain) * of.reverb
        return found

    def reflections(self, of: Spaces, source_m: Values, listener_m: Values) -> Reflections:
        """Early reflections of sources, of the rooms the listener is in.

        Parameters
        ----------
        of : Spaces
        source_m : ndarray, shape (2, S, 3)
            In the scene, at both ends of the block.
        listener_m : ndarray, shape (2, 3)

        Returns
        -------
        Reflections
            Those that are heard at either end.
        """
        parts = []
        for place, room in enumerate(self.rooms):
            hears = room.inside(listener_m)
            if not len(room.images) or not hears.any():
                continue
            images = image_sources(room, source_m, listener_m, hears=hears)
            gain = images.gain * of.reverb[:, None]
            heard = np.any(gain > 0.0, axis=(0, 2))
            if heard.all():
                source, at, delay = np.arange(gain.shape[1]), images.at_m, images.delay_samples
            else:
                source = np.flatnonzero(heard)
                at, delay, gain = images.at_m[:, source], images.delay_samples[:, source], gain[:, source]
            count = source.size * len(room.images)
            parts.append(
                Reflections(
                    parent=np.repeat(source, len(room.images)),
                    number=np.tile(np.arange(len(room.images)) + MOST_IMAGES * (place % 2), source.size),
                    at_m=at.reshape(2, count, 3),
                    delay=delay.reshape(2, count),
                    gain=gain.reshape(2, count),
                    low_pass_hz=np.tile(images.low_pass_hz, (2, source.size)),
                )
            )
        return _joined(parts)


def scene_acoustics(
    specs: Sequence[AcousticsSpec | None],
) -> tuple[tuple[SceneAcoustics, ...], tuple[Room, ...]]:
    """Acoustics of every scene of a package, and all its rooms.

    Parameters
    ----------
    specs : sequence of AcousticsSpec or None
        By scene; None: in the open.

    Returns
    -------
    scenes : tuple of SceneAcoustics
    rooms : tuple of Room
        For `Reverberation`. A room that two scenes describe alike is one, so that its tail goes on from scene to scene.
    """
    rooms: dict[tuple[RoomSpec, float, float], Room] = {}
    airs: dict[tuple[float, float], Air] = {}
    scenes = []
    for given in specs:
        spec = given or AcousticsSpec()
        weather = (spec.temperature_c, spec.humidity_percent)
        keys = [(room, *weather) for room in spec.rooms]
        for key in keys:
            if key not in rooms:
                rooms[key] = room_of(*key)
        if weather not in airs:
            airs[weather] = air(*weather)
        order = list(rooms)
        scenes.append(
            SceneAcoustics(
                airs[weather], tuple(rooms[key] for key in keys), tuple(order.index(key) for key in keys)
            )
        )
    return tuple(scenes), tuple(rooms.values())


def _joined(parts: Iterable[Reflections]) -> Reflections:
    found = list(parts)
    if len(found) == 1:
        return found[0]
    if not found:
        none = np.zeros(0, np.int64)
        return Reflections(none, none, np.zeros((2, 0, 3)), *(np.zeros((2, 0)) for _ in range(3)))
    return Reflections(
        *(np.concatenate([getattr(part, name) for part in found]) for name in ("parent", "number")),
        *(
            np.concatenate([getattr(part, name) for part in found], axis=1)
            for name in ("at_m", "delay", "gain", "low_pass_hz")
        ),
    )
