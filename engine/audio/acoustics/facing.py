"""Where a sound faces at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

from engine.timeline.acoustics import SoundSpace

Vec3 = tuple[float, float, float]

THE_GUEST: Vec3 = (0.0, 0.0, 0.0)
"""Faces whoever listens."""
_STEP_FL = 705_600_000 // 20


def facing_at(space: SoundSpace, place: Callable[[int], Vec3] | None, cue_fl: int) -> Vec3:
    """Direction a sound faces.

    Parameters
    ----------
    space : SoundSpace
    place : callable or None
        Where the sound is at a time of its cue; None where it does not move.
    cue_fl : int

    Returns
    -------
    tuple of float
        In the frame of its place, of any length; `THE_GUEST` where it faces whoever listens. What faces ahead and stands still keeps to
        the way it came: the difference is taken over 50 ms on either side.
    """
    if space.facing_deg is not None:
        heading = math.radians(space.facing_deg)
        return -math.sin(heading), math.cos(heading), 0.0
    if not space.faces_ahead or place is None:
        return THE_GUEST
    for reach in (1, 10, 100):
        x0, y0, z0 = place(max(0, cue_fl - reach * _STEP_FL))
        x1, y1, z1 = place(cue_fl + reach * _STEP_FL)
        way = (x1 - x0, y1 - y0, z1 - z0)
        if math.hypot(*way) > 1e-4 * reach:
            return way
    return THE_GUEST
