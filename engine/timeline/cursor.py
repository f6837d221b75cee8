"""One-shots: what time ran across, with the host instant at which each was due.

A one-shot at p fires if and only if a stretch of running time [a, b) with positive rate has a <= p < b.
Pausing on p and going on fires it once; a seek never does. Windows of host time that follow each other share
their ends, so each one-shot fires in exactly one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.time.segments import NO_SCENE, ROOM, Transport
from engine.timeline.media import FireCue
from engine.timeline.program import Program


@dataclass(frozen=True, slots=True)
class Fired:
    """A one-shot that time ran across.

    Attributes
    ----------
    host_ns
        The first host instant at which its position was reached.
    cue
        What it is.
    scene
        Scene index.
    reaction
        Index of the reaction it belongs to, or -1 for the scene itself.
    seat
        Seat of the reaction; -1 for the room.
    beat
        Ordinal of the story's beat.
    """

    host_ns: int
    cue: FireCue
    scene: int
    reaction: int = -1
    seat: int = ROOM
    beat: int = 0


def fired_between(programs: Sequence[Program], transport: Transport, from_ns: int, to_ns: int) -> list[Fired]:
    """One-shots due in the half-open host interval [from_ns, to_ns), in order of their instants.

    Parameters
    ----------
    programs
        Compiled scenes of the package.
    transport
        A snapshot whose rows cover the interval.
    from_ns, to_ns
        Host instants.
    """
    found: list[Fired] = []
    for span in transport.spans(from_ns, to_ns):
        segment = span.segment
        if segment.rate_num <= 0 or segment.scene == NO_SCENE:
            continue
        for cue in programs[segment.scene].events.crossed(span.a_fl, span.b_fl):
            due_ns = max(transport.host_ns_of(segment, cue.at_fl), span.from_ns)
            found.append(Fired(due_ns, cue, segment.scene, beat=segment.beat))
    if transport.reactions:
        found.extend(_reactions_between(programs, transport, from_ns, to_ns))
    found.sort(
        key=lambda fired: (fired.host_ns, fired.reaction, fired.cue.at_fl, fired.cue.track, fired.cue.cue)
    )
    return found


def _reactions_between(
    programs: Sequence[Program], transport: Transport, from_ns: int, to_ns: int
) -> list[Fired]:
    def duration_fl(scene: int, reaction: int) -> int:
        return programs[scene].reactions[reaction].duration.nominal_fl

    found: list[Fired] = []
    for span in transport.overlay_spans(from_ns, to_ns, duration_fl):
        row, segment = span.row, span.segment
        if segment.rate_num <= 0:
            continue
        for cue in programs[row.scene].reactions[row.reaction].events.crossed(span.a_fl, span.b_fl):
            # Run time and position advance together while time runs: the instant is that of the position.
            position_fl = segment.at_fl + (row.run_fl + cue.at_fl - segment.run_fl)
            due_ns = max(transport.host_ns_of(segment, position_fl), span.from_ns)
            found.append(Fired(due_ns, cue, row.scene, row.reaction, row.seat, segment.beat))
    return found


class Cursor:
    """Walks along host time and hands out one-shots, each exactly once.

    Parameters
    ----------
    programs
        Compiled scenes of the package.
    start_ns
        Host instant from which it looks.

    Notes
    -----
    It holds nothing but the instant it has reached. A row published for an instant already passed cannot take
    back what was handed out; publishers write ahead.
    """

    def __init__(self, programs: Sequence[Program], start_ns: int) -> None:
        self._programs = tuple(programs)
        self._reached_ns = start_ns

    @property
    def reached_ns(self) -> int:
        """Everything before this instant has been handed out."""
        return self._reached_ns

    def advance(self, transport: Transport, to_ns: int) -> list[Fired]:
        """One-shots from where the cursor is up to, not including, ``to_ns``.

        Raises
        ------
        ValueError
            When ``to_ns`` lies before the instant already reached.
        """
        if to_ns < self._reached_ns:
            raise ValueError(f"a cursor only goes forward: at {self._reached_ns} ns, asked for {to_ns} ns")
        found = fired_between(self._programs, transport, self._reached_ns, to_ns)
        self._reached_ns = to_ns
        return found
