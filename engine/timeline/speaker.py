"""From which side a sound or a line comes, for whoever shows it: the same place the mixer puts it at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.timeline.program import VEHICLE

if TYPE_CHECKING:
    from engine.timeline.media import MediaCue
    from engine.timeline.program import Program


def azimuth_deg(
    cue: MediaCue,
    program: Program,
    cue_fl: int,
    vehicle: tuple[float, float, float],
    eye_m: tuple[float, float, float],
) -> float | None:
    """Where a cue is heard, seen from the guest's resting head.

    Parameters
    ----------
    cue : MediaCue
    program : Program
        The scene's or reaction's, whose cue it is.
    cue_fl : int
        Time since the cue began.
    vehicle : tuple of float
        x and y in metres and heading in degrees of the guest's vehicle.
    eye_m : tuple of float
        The resting head in the vehicle.

    Returns
    -------
    float or None
        Degrees, + = left; None for what has no place (captions, beds).
    """
    if cue.kind not in ("line", "audio") or cue.bed:
        return None
    if cue.move_channel is not None:
        levels = program.bank.evaluate(cue.at_fl + cue_fl)[cue.move_channel : cue.move_channel + 2]
        x, y = float(levels[0]), float(levels[1])
    elif cue.position_m is not None:
        x, y = cue.position_m[:2]
    else:
        return cue.azimuth_deg
    if cue.node == VEHICLE:
        # Places that ride with the guest are told from the resting head.
        return math.degrees(math.atan2(-x, y))
    at_x, at_y, heading_deg = vehicle
    cos, sin = math.cos(math.radians(heading_deg)), math.sin(math.radians(heading_deg))
    x -= at_x + eye_m[0] * cos - eye_m[1] * sin
    y -= at_y + eye_m[0] * sin + eye_m[1] * cos
    return math.remainder(math.degrees(math.atan2(-x, y)) - heading_deg, 360.0)
