"""What a scene does on a role, as instants and straight pieces: how exporters read a scene, whatever form its cues have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.program import Program

TOLERANCE = 0.005
"""Largest error of a level by which a curve is drawn with straight pieces: half a percent of full."""

SHORTEST_FL = FLICKS_PER_SECOND // 1000
_DEEPEST = 12

ValueAt = Callable[[int], Sequence[float]]


def role_edges(program: Program, role: int) -> tuple[list[int], set[int]]:
    """Instants at which a piece of a role begins, the scene's ends among them; and those at which a cue begins.

    Parameters
    ----------
    program : Program
        The scene.
    role : int
        Index in the role table.
    """
    edges = {0, program.duration.nominal_fl}
    cues: set[int] = set()
    for contribution in program.contributions:
        if contribution.role != role:
            continue
        for channel in contribution.channels:
            first, last = program.bank.starts[channel], program.bank.starts[channel + 1]
            starts = program.bank.t0_fl[first:last]
            edges.update(starts.tolist())
            cues.update(starts[starts == program.bank.cue_at_fl[first:last]].tolist())
    return sorted(edge for edge in edges if 0 <= edge <= program.duration.nominal_fl), cues


def straight_parts(value: ValueAt, a_fl: int, b_fl: int, depth: int = 0) -> list[tuple[int, int]]:
    """Cut the piece [a, b) into parts, each straight within `TOLERANCE` and no shorter than some milliseconds."""
    if depth < _DEEPEST and b_fl - a_fl > 4 * SHORTEST_FL:
        first, last = value(a_fl), value(b_fl - 1)
        for share in (0.25, 0.5, 0.75):
            there = value(a_fl + int((b_fl - a_fl) * share))
            if any(
                abs(x - p - (q - p) * share) > TOLERANCE for x, p, q in zip(there, first, last, strict=True)
            ):
                # Cut at a whole millisecond, so that times stay whole ticks.
                middle = (a_fl + b_fl) // 2
                middle -= middle % SHORTEST_FL if middle - middle % SHORTEST_FL > a_fl else 0
                return [
                    *straight_parts(value, a_fl, middle, depth + 1),
                    *straight_parts(value, middle, b_fl, depth + 1),
                ]
    return [(a_fl, b_fl)]
