"""The state of a show at many instants at once: row for row what `Evaluator.levels` gives, for averages over time.

A hundred instants cost about what ten single calls do: every segment and every reaction is evaluated once, over all instants that
fall into it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.time.segments import NO_SCENE, ROOM, Segment, Transport

if TYPE_CHECKING:
    from engine.timeline.evaluate import OverlayPart, Step
    from engine.timeline.program import Program

Floats = NDArray[np.float64]

RunFrom = Callable[[Segment], int]


def scene_states(
    programs: Sequence[Program],
    plans: Sequence[tuple[Step, ...]],
    instants_ns: Sequence[int],
    segments: Sequence[Segment],
    run_from: RunFrom,
    rest: Floats,
) -> Floats:
    """States without reactions: float64[len(instants_ns), len(rest)]; `segments` are those in force at each."""
    states = np.tile(rest, (len(instants_ns), 1))
    of_segment: dict[int, list[int]] = {}
    for place, segment in enumerate(segments):
        if segment.scene != NO_SCENE:
            of_segment.setdefault(segment.index, []).append(place)
    for places in of_segment.values():
        segment = segments[places[0]]
        at_fl = np.array([segment.at_fl_of(instants_ns[place]) for place in places], dtype=np.int64)
        values = programs[segment.scene].bank.evaluate_many(at_fl, run_from(segment))
        found = states[places]
        _apply(plans[segment.scene], values, found)
        states[places] = found
    return states


def states_along(
    program: Program, plan: tuple[Step, ...], at_fl: NDArray[np.int64], run_from_fl: int, rest: Floats
) -> Floats:
    """States at many positions of one scene, without reactions: float64[len(at_fl), len(rest)]."""
    states = np.tile(rest, (len(at_fl), 1))
    _apply(plan, program.bank.evaluate_many(at_fl, run_from_fl), states)
    return states


def near_reactions(
    transport: Transport, instants_ns: Sequence[int], duration_fl: Callable[[int, int], int]
) -> Transport:
    """The same transport without the reactions that sound at none of these instants; most have long rung out."""
    last_ns = instants_ns[-1]
    runs_fl = [transport.run_fl(host_ns) for host_ns in instants_ns]
    first_fl, last_fl = min(runs_fl), max(runs_fl)
    near = tuple(
        row
        for row in transport.reactions
        if row.from_ns <= last_ns
        and row.run_fl <= last_fl
        and first_fl - row.run_fl < duration_fl(row.scene, row.reaction)
    )
    return transport if len(near) == len(transport.reactions) else replace(transport, reactions=near)


def lay_reactions_over(
    states: Floats,
    programs: Sequence[Program],
    parts: Sequence[Sequence[Sequence[OverlayPart]]],
    transport: Transport,
    instants_ns: Sequence[int],
    segments: Sequence[Segment],
    seat: int,
    duration_fl: Callable[[int, int], int],
    never_fl: int,
) -> None:
    """Lay the reactions over the states, in place and in the order in which they were published."""
    transport = near_reactions(transport, instants_ns, duration_fl)
    if not transport.reactions:
        return
    sounding: dict[int, list[tuple[int, int]]] = {}
    for place, host_ns in enumerate(instants_ns):
        for overlay in transport.overlays(host_ns, duration_fl):
            sounding.setdefault(overlay.row.index, []).append((place, overlay.at_fl))
    for row in transport.reactions:
        found = sounding.get(row.index, ())
        reaction = programs[row.scene].reactions[row.reaction]
        for held in (False, True):
            group = [(place, at_fl) for place, at_fl in found if segments[place].held == held]
            if not group:
                continue
            places = [place for place, _ in group]
            at = np.array([at_fl for _, at_fl in group], dtype=np.int64)
            values = reaction.bank.evaluate_many(at, never_fl if held else 0)
            laid = states[places]
            for part in parts[row.scene][row.reaction]:
                if not part.seat_only or row.seat in (ROOM, seat):
                    _meet(part, values[:, part.of], laid)
            states[places] = laid


def _apply(plan: tuple[Step, ...], values: Floats, states: Floats) -> None:
    """As `engine.timeline.evaluate` does for one row, in the same order of operations, so that the bits are the same."""
    for step in plan:
        of, to = step.of, step.to
        match step.how:
            case "set":
                states[:, to] = values[:, of]
            case "sum":
                total = np.zeros_like(states)
                for channel, component in zip(of.tolist(), to.tolist(), strict=True):
                    total[:, component] += values[:, channel]
                states += total
            case "peak":
                pairs = values[:, of].reshape(len(values), -1, 2)
                states[:, to] = pairs[np.arange(len(pairs)), pairs[:, :, 0].argmax(axis=1)]
            case "max":
                states[:, to] = np.maximum(states[:, to], values[:, of])
            case "add":
                states[:, to] += values[:, of]
            case "multiply":
                states[:, to] *= values[:, of]


def _meet(part: OverlayPart, values: Floats, states: Floats) -> None:
    to = part.to
    now = states[:, to]
    if part.peak:
        states[:, to] = np.where(values[:, :1] > now[:, :1], values, now)
        return
    match part.contribution.mix:
        case "max":
            states[:, to] = np.fmax(now, values)
        case "add":
            states[:, to] = now + np.nan_to_num(values)
        case "multiply":
            states[:, to] = now * np.nan_to_num(values, nan=1.0)
        case "replace":
            states[:, to] = np.where(np.isnan(values), now, values)
