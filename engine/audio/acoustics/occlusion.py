"""What stands between a source and the guest, over the time of a scene.

Computed when a package is opened, along the guest's path and the source's, and read live as two numbers: so occlusion is a pure function
of scene time and costs nothing while it is heard.

At each step nine parallel rays, a tube of 35 cm around the line of sight, say how much of it is open, which makes every edge soft. What
is hidden is heard by three ways, added by energy in each octave: through what stands in the way (the author's loss), and around it, by
the shortest detour over one corner that rays find, weakened as by a thin screen (Kurze and Anderson 1971, Applied Acoustics 4: the curve
through Maekawa's measurements). The sum is fitted by a gain and a first-order low-pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.audio.acoustics.doppler import SOUND_MPS
from engine.audio.acoustics.low_pass import fitted, response_db
from engine.audio.acoustics.rays import Obstacles
from engine.timeline.acoustics import OCTAVES_HZ

Places = NDArray[np.float64]
Values = NDArray[np.float64]

TUBE_M = 0.35
SOURCE_M = 0.25
"""What is nearer to a source than this is the source itself: a door that creaks, a bell in its frame."""
STEP_S = 0.1
"""Between two steps of a track: linear in between, so nothing comes or goes in less."""
_RIM = 8
_DETOUR_EVERY = 4
_DETOUR_M = (0.6, 1.5, 3.0, 6.0)
_DETOUR_AT = (0.25, 0.5, 0.75)
_MOST_SCREEN_DB = 25.0
"""No screen takes more: beyond, sound comes by ways that are not computed (ISO 9613-2:1996, 7.4, has 20 to 25 dB)."""
_SILENT_DB = -90.0


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """How much of a source gets through, over scene time.

    Attributes
    ----------
    step_fl : int
    gain : tuple of float
        Linear, 0..1, one a step.
    octaves : tuple of float
        Binary logarithm of the low-pass in hertz, one a step.
    """

    step_fl: int
    gain: tuple[float, ...]
    octaves: tuple[float, ...]

    def __call__(self, scene_fl: int) -> tuple[float, float]:
        """Gain and low-pass in hertz at a scene time; the last ones from the end on."""
        step, rest = divmod(max(0, scene_fl), self.step_fl)
        if step >= len(self.gain) - 1:
            return self.gain[-1], 2.0 ** self.octaves[-1]
        x = rest / self.step_fl
        gain = self.gain[step] + (self.gain[step + 1] - self.gain[step]) * x
        return gain, 2.0 ** (self.octaves[step] + (self.octaves[step + 1] - self.octaves[step]) * x)


def screen_db(detour_m: Values, hz: Sequence[float] = OCTAVES_HZ) -> Values:
    """What a thin screen leaves of a sound that goes around it.

    Parameters
    ----------
    detour_m : ndarray, shape (...)
        How much longer the way around is; infinite: there is none.
    hz : sequence of float

    Returns
    -------
    ndarray of float64, shape (..., len(hz))
        dB; -5 on the edge of the shadow, -25 at most, `_SILENT_DB` where there is no way.
    """
    fresnel = 2.0 * np.asarray(detour_m, np.float64)[..., None] * np.asarray(hz) / SOUND_MPS
    known = np.isfinite(fresnel)
    x = np.sqrt(2.0 * math.pi * np.where(known, np.maximum(fresnel, 1e-6), 1.0))
    loss_db = 5.0 + 20.0 * np.log10(x / np.tanh(x))
    return np.where(known, -np.minimum(loss_db, _MOST_SCREEN_DB), _SILENT_DB)


def openness(obstacles: Obstacles, source_m: Places, listener_m: Places) -> Values:
    """Share of the line of sight that is open.

    Parameters
    ----------
    obstacles : Obstacles
    source_m, listener_m : ndarray, shape (T, 3)

    Returns
    -------
    ndarray of float64, shape (T,)
        0..1 in ninths. A ray whose end lies behind a wall beside the source or the listener does not count: a source that hangs close
        over the ground is not half hidden by it.
    """
    steps = len(source_m)
    across, up = _axes(listener_m - source_m)
    turn = 2.0 * math.pi * np.arange(_RIM) / _RIM
    rim = TUBE_M * (np.cos(turn)[:, None, None] * across + np.sin(turn)[:, None, None] * up)  # (RIM, T, 3)
    ends = [np.broadcast_to(place, rim.shape).reshape(-1, 3) for place in (source_m, listener_m)]
    offset = rim.reshape(-1, 3)
    free = np.ones(len(offset), bool)
    for end in ends:
        free &= ~obstacles.between(end, end + offset)
    clear = np.zeros(len(offset), bool)
    clear[free] = ~obstacles.between(
        ends[0][free] + offset[free], ends[1][free] + offset[free], near_m=SOURCE_M
    )
    counted = 1 + free.reshape(_RIM, steps).sum(axis=0)
    seen = ~obstacles.between(source_m, listener_m, near_m=SOURCE_M) + clear.reshape(_RIM, steps).sum(axis=0)
    return np.asarray(seen / counted)


def detours_m(obstacles: Obstacles, source_m: Places, listener_m: Places) -> Values:
    """How much longer the shortest way over one corner is.

    Parameters
    ----------
    obstacles : Obstacles
    source_m, listener_m : ndarray, shape (T, 3)

    Returns
    -------
    ndarray of float64, shape (T,)
        Metres; infinite where none of the 96 corners that are tried is free on both sides.
    """
    straight = listener_m - source_m
    direct = np.sqrt(np.einsum("ti,ti->t", straight, straight))
    across, up = _axes(straight)
    turn = 2.0 * math.pi * np.arange(_RIM) / _RIM
    best = np.full(len(source_m), np.inf)
    for radius in _DETOUR_M:  # near ones first: what they find, farther ones do not better
        asked = np.flatnonzero(np.isinf(best))
        if not asked.size:
            break
        ring = radius * (
            np.cos(turn)[:, None, None] * across[asked] + np.sin(turn)[:, None, None] * up[asked]
        )
        corner = np.concatenate(
            [source_m[asked] + straight[asked] * share + ring for share in _DETOUR_AT]
        )  # (3 RIM, A, 3)
        flat = corner.reshape(-1, 3)
        source = np.broadcast_to(source_m[asked], corner.shape).reshape(-1, 3)
        listener = np.broadcast_to(listener_m[asked], corner.shape).reshape(-1, 3)
        way = np.linalg.norm(flat - source, axis=1) + np.linalg.norm(listener - flat, axis=1)
        way[obstacles.between(source, flat, near_m=SOURCE_M)] = np.inf
        left = np.flatnonzero(np.isfinite(way))
        way[left[obstacles.between(flat[left], listener[left])]] = np.inf
        best[asked] = np.min(way.reshape(-1, asked.size), axis=0) - direct[asked]
    return best


def heard_through(
    obstacles: Obstacles, source_m: Places, listener_m: Places, loss_db: float, loss_hz: float
) -> tuple[Values, Values]:
    """Gain and low-pass of a source along its path and the listener's.

    Parameters
    ----------
    obstacles : Obstacles
    source_m, listener_m : ndarray, shape (T, 3)
        In the scene, at the same instants, evenly spaced.
    loss_db, loss_hz : float
        What comes straight through.

    Returns
    -------
    gain, octaves : ndarray of float64, shape (T,)
        Linear; binary logarithm of the low-pass in hertz.
    """
    open_share = openness(obstacles, source_m, listener_m)
    around_db = np.full((len(source_m), len(OCTAVES_HZ)), _SILENT_DB)
    hidden = open_share < 1.0
    if np.any(hidden):
        coarse = np.arange(0, len(source_m) + _DETOUR_EVERY - 1, _DETOUR_EVERY).clip(max=len(source_m) - 1)
        # Also the neighbours of what is hidden: between two of them levels are interpolated.
        wanted = np.array([hidden[max(0, i - _DETOUR_EVERY) : i + _DETOUR_EVERY + 1].any() for i in coarse])
        way = np.zeros(len(coarse))
        way[wanted] = detours_m(obstacles, source_m[coarse[wanted]], listener_m[coarse[wanted]])
        level_db = screen_db(np.maximum(way, 0.0))
        at = np.arange(len(source_m))
        for octave in range(len(OCTAVES_HZ)):
            around_db[:, octave] = np.interp(at, coarse, level_db[:, octave])
    through_db = loss_db + response_db(OCTAVES_HZ, loss_hz)
    hidden_share = (1.0 - open_share)[:, None]
    energy = open_share[:, None] + hidden_share * (10.0 ** (around_db / 10.0) + 10.0 ** (through_db / 10.0))
    gain, low_pass_hz = fitted(OCTAVES_HZ, 10.0 * np.log10(np.minimum(energy, 1.0)))
    return np.minimum(_smooth(gain), 1.0), _smooth(np.log2(low_pass_hz))


def _smooth(values: Values) -> Values:
    """Over three steps, so that no corner of the course is sharp."""
    if len(values) < 3:
        return values
    padded = np.concatenate((values[:1], values, values[-1:]))
    return 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]


def _axes(way: Places) -> tuple[Places, Places]:
    """Two unit vectors across each way, without a leap as the way turns but where it is vertical."""
    length = np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9)
    along = way / length
    across = np.stack((along[..., 1], -along[..., 0], np.zeros(along.shape[:-1])), axis=-1)
    flat = np.linalg.norm(across, axis=-1, keepdims=True)
    across = np.where(flat > 1e-6, across / np.maximum(flat, 1e-6), np.array([1.0, 0.0, 0.0]))
    return across, np.cross(across, along)
