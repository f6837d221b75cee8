"""Courses over scene time that follow from the guest's path and a sound's: what stands between them, how near they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics import cache
from engine.audio.acoustics.doppler import nearest_of
from engine.audio.acoustics.occlusion import STEP_S, Sight, heard_through
from engine.audio.acoustics.rays import Obstacles, near
from engine.audio.acoustics.triangles import block_triangles, model_triangles
from engine.time.flicks import FLICKS_PER_SECOND

if TYPE_CHECKING:
    from engine.audio.sounds import Pose, Vec3
    from engine.timeline.acoustics import AcousticsSpec, SoundSpace

Places = NDArray[np.float64]

STEP_FL = round(STEP_S * FLICKS_PER_SECOND)
# Detours are looked for up to 6 m beside the line of sight; what lies farther off stands in nobody's way.
_MARGIN_M = 7.0
_OPEN = 0.999
_OPEN_OCTAVES = math.log2(23_000.0)


class Courses:
    """Computes the courses of one scene's sounds.

    Parameters
    ----------
    spec : AcousticsSpec or None
    models : sequence of Path
        The scene's models; read when the first sound asks.
    pose : callable
        The listener's pose at a scene time in flicks.
    duration_fl : int
        Of the scene.
    """

    def __init__(
        self,
        spec: AcousticsSpec | None,
        models: Sequence[Path],
        pose: Callable[[int], Pose],
        duration_fl: int,
    ) -> None:
        self._spec = spec
        self._models = models
        self._steps = duration_fl // STEP_FL + 2
        self._pose = pose
        self._listener: Places | None = None
        self._triangles: NDArray[np.float32] | None = None
        self._known: dict[bytes, Sight | None] = {}

    def of(
        self, space: SoundSpace, place: Callable[[int], Vec3], at_fl: int | None, end_fl: int, *, rides: bool
    ) -> tuple[Sight | None, float]:
        """The courses of one sound that has a place.

        Parameters
        ----------
        space : SoundSpace
        place : callable
            Where it is, by the time of its cue in flicks.
        at_fl, end_fl : int
            When it sounds, in scene time; `at_fl` None: a reaction's, at any time.
        rides : bool
            Its place is in the vehicle's frame: nothing comes between, and its way is its own.

        Returns
        -------
        sight : Sight or None
            None where nothing ever stands in between.
        nearest_m : float
            The nearest it comes to the listener; 0 where its Doppler does not ask.

        Raises
        ------
        InputError
            A model that is needed cannot be read, or has no node of an occluder's name.
        """
        wants_nearest = space.doppler == "pitch"
        wants_sight = (
            space.occlude
            and not rides
            and self._spec is not None
            and bool(self._spec.occluders or self._spec.blocks)
        )
        if not (wants_nearest or wants_sight):
            return None, 0.0
        first = 0 if at_fl is None else min(max(at_fl // STEP_FL, 0), self._steps - 1)
        last = self._steps if at_fl is None else min(max(-(-end_fl // STEP_FL) + 1, first + 1), self._steps)
        times = np.arange(first, last) * STEP_FL
        source = np.array([place(max(0, int(t) - (at_fl or 0))) for t in times], np.float64).reshape(-1, 3)
        if at_fl is None and not np.allclose(source, source[0]):
            wants_sight = (
                False  # where it is depends on when the reaction began, which nobody knows beforehand
            )
        listener = np.zeros_like(source) if rides else self._path()[first:last]
        nearest_m = nearest_of(np.linalg.norm(source - listener, axis=1)) if wants_nearest else 0.0
        return (self._sight(source, listener, first) if wants_sight else None), nearest_m

    def _path(self) -> Places:
        if self._listener is None:
            poses = [self._pose(step * STEP_FL) for step in range(self._steps)]
            self._listener = np.array([(p.x_m, p.y_m, p.z_m) for p in poses])
        return self._listener

    def _sight(self, source: Places, listener: Places, first: int) -> Sight | None:
        key = source.tobytes() + first.to_bytes(4, "big")
        if key not in self._known:
            self._known[key] = self._computed(source, listener, first)
        return self._known[key]

    def _computed(self, source: Places, listener: Places, first: int) -> Sight | None:
        spec = self._spec
        if spec is None:
            return None
        triangles = near(self._all_triangles(spec), np.concatenate((source, listener)), _MARGIN_M)
        loss = np.array([spec.loss_db, spec.loss_hz])
        name = cache.name_of(triangles, source, listener, loss)
        found = cache.load(name)
        if found is None:
            found = heard_through(Obstacles(triangles), source, listener, spec.loss_db, spec.loss_hz)
            cache.save(name, *found)
        gain, octaves = found
        if np.all(gain > _OPEN) and np.all(octaves > _OPEN_OCTAVES):
            return None
        after = max(0, self._steps - first - gain.size)
        return Sight(
            STEP_FL,
            tuple(np.pad(gain, (first, after), "edge").tolist()),
            tuple(np.pad(octaves, (first, after), "edge").tolist()),
        )

    def _all_triangles(self, spec: AcousticsSpec) -> NDArray[np.float32]:
        if self._triangles is None:
            parts = [block_triangles(block) for block in spec.blocks]
            if spec.occluders:
                parts.append(model_triangles(self._models, spec.occluders))
            self._triangles = np.concatenate(parts)
        return self._triangles
