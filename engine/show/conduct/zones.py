"""When the guest's vehicle enters a zone: known from the scene's path alone, so that it replays and previews like a cue."""

from __future__ import annotations

import numpy as np

from engine.time import FLICKS_PER_SECOND
from engine.timeline.program import Program, TriggerSpec

#: Grid on which entries are looked for; a zone crossed in less than this is missed. At 2 m/s it is 4 cm.
STEP_FL = FLICKS_PER_SECOND // 50


def zone_entries(program: Program, trigger: TriggerSpec) -> list[int]:
    """Positions at which the vehicle comes into a trigger's zone, within the trigger's own span.

    Parameters
    ----------
    program : Program
        The scene; without a path nothing is ever entered.
    trigger : TriggerSpec
        Of kind ``zone``: a sphere, centre and radius in metres, scene coordinates.

    Returns
    -------
    list of int
        Scene positions in flicks, exact to the flick; a zone one begins in is entered at the trigger's beginning.
    """
    if program.path_channel is None:
        return []
    end_fl = min(trigger.to_fl, program.duration.nominal_fl)
    if end_fl <= trigger.from_fl:
        return []
    grid = np.arange(trigger.from_fl, end_fl, STEP_FL, dtype=np.int64)
    inside = _inside(program, trigger, grid)
    entries = [int(grid[0])] if inside[0] else []
    for i in np.flatnonzero(inside[1:] & ~inside[:-1]):
        out_fl, in_fl = int(grid[i]), int(grid[i + 1])
        while in_fl - out_fl > 1:
            middle_fl = (out_fl + in_fl) // 2
            if _inside(program, trigger, np.array([middle_fl], dtype=np.int64))[0]:
                in_fl = middle_fl
            else:
                out_fl = middle_fl
        entries.append(in_fl)
    return entries


def _inside(program: Program, trigger: TriggerSpec, at_fl: np.ndarray) -> np.ndarray:
    assert program.path_channel is not None
    poses = program.bank.evaluate_many(at_fl)[:, program.path_channel : program.path_channel + 3]
    distance_m = np.linalg.norm(poses - np.asarray(trigger.center_m), axis=1)
    inside: np.ndarray = distance_m <= trigger.radius_m
    return inside
