"""A guest who does what was done least, and now and then something nobody would think of.

What a guest does in a scene is drawn when it is entered and kept: the same play can be given again, to write its journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from engine.show.conduct.inputs import External, Guest, Input, Key, Look, Operator, Pick, Touch
from engine.show.conduct.window import OPTION, TARGET
from engine.show.monkey.coverage import NOBODY, Coverage
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.program import Program, TriggerSpec, WindowSpec
from engine.units import MODALITIES

Doing = tuple[int, Input]

_LEAST_VISITED = 0.75
_TRIGGER = 0.5
_SEEK, _INTENSITY, _LEAVE = 0.02, 0.03, 0.02


@dataclass(slots=True)
class MonkeyGuest:
    """All the guests of one play, for `Conductor(rehearse=...)`.

    Parameters
    ----------
    play : str
        Draws everything; the same play with the same coverage does the same.
    coverage : Coverage
        Looked at, and told what is offered.
    seats : int
    """

    play: str
    coverage: Coverage
    seats: int = 1
    done: list[tuple[Doing, ...]] = field(default_factory=list)
    """By beat, what was done: enough to do it again (`SameAgain`)."""

    def __call__(
        self, program: Program, options: tuple[str, ...], beat: int, from_fl: int = 0
    ) -> Iterator[Doing]:
        """What is done in the scene that is entered now."""
        draw = Random(f"{self.play}/{beat}/{program.id}")
        for option in options:
            self.coverage.offered[program.id, option] += 1
        found: list[Doing] = []
        if options and program.window is not None:
            found += self._choose(program, program.window, options, draw)
        for trigger in program.triggers:
            if draw.random() < _TRIGGER:
                found += self._set_off(program, trigger, draw)
        found += self._strange(program, draw)
        rows = tuple(sorted((row for row in found if row[0] >= from_fl), key=lambda row: row[0]))
        self.done.append(rows)
        yield from rows

    def _choose(
        self, program: Program, window: WindowSpec, options: Sequence[str], draw: Random
    ) -> list[Doing]:
        if draw.random() < _LEAST_VISITED:
            wanted = self.coverage.least(program.id, options)
        else:
            wanted = draw.choice([*options, NOBODY])
        self.coverage.taken[program.id, wanted] += wanted == NOBODY
        open_fl, close_fl = window.open_fl, window.close_fl
        if wanted == NOBODY or close_fl <= open_fl:
            return []
        found: list[Doing] = []
        for seat in range(self.seats):
            # Some are early, some at the last moment, some change their mind.
            at_fl = open_fl + int((close_fl - open_fl - 1) * draw.choice([0.0, draw.random(), 0.999]))
            if self.seats > 1 and draw.random() < 0.3:
                found.append((at_fl, Pick(seat, draw.choice(options), by="vote")))
            if "gaze" in window.inputs and draw.random() < 0.5 and at_fl + window.dwell_fl < close_fl:
                found.append((at_fl, Look(seat, OPTION + wanted)))
                found.append(
                    (min(at_fl + window.dwell_fl + FLICKS_PER_SECOND // 4, close_fl - 1), Look(seat, None))
                )
            else:
                found.append(
                    (
                        at_fl,
                        Pick(seat, wanted, by=draw.choice(list(window.inputs)) if window.inputs else "mouse"),
                    )
                )
        return found

    def _set_off(self, program: Program, trigger: TriggerSpec, draw: Random) -> list[Doing]:
        seat = draw.randrange(self.seats)
        at_fl = trigger.from_fl + int((trigger.to_fl - trigger.from_fl) * draw.random())
        self.coverage.triggers[program.id, trigger.id] += 1
        if trigger.on == "key":
            return [(at_fl, Key(seat, trigger.key))]
        if trigger.on == "external":
            return [(at_fl, External(trigger.name))]
        if trigger.target < 0:
            return []
        target = program.targets[trigger.target].id
        if trigger.on == "touch":
            return [(at_fl, Touch(seat, target))]
        return [
            (at_fl, Look(seat, TARGET + target)),
            (at_fl + trigger.dwell_fl + FLICKS_PER_SECOND // 4, Look(seat, None)),
        ]

    def _strange(self, program: Program, draw: Random) -> list[Doing]:
        end_fl = program.duration.nominal_fl
        at_fl = int(end_fl * draw.random())
        roll = draw.random()
        if roll < _SEEK:
            return [(at_fl, Operator("seek_by", round(draw.uniform(-10.0, 10.0) * FLICKS_PER_SECOND)))]
        if roll < _SEEK + _INTENSITY:
            return [(at_fl, Operator("intensity", draw.randrange(0, 1001), draw.choice(MODALITIES)))]
        if roll < _SEEK + _INTENSITY + _LEAVE:
            seat = draw.randrange(self.seats)
            return [
                (at_fl, Guest(seat, "left")),
                (min(end_fl - 1, at_fl + 5 * FLICKS_PER_SECOND), Guest(seat, "arrived")),
            ]
        return []


@dataclass(slots=True)
class SameAgain:
    """Does what was done, scene by scene."""

    done: Sequence[tuple[Doing, ...]]
    _beat: int = 0

    def __call__(
        self, program: Program, options: tuple[str, ...], beat: int, from_fl: int = 0
    ) -> Iterator[Doing]:
        """What was done in this scene the first time."""
        rows = self.done[self._beat] if self._beat < len(self.done) else ()
        self._beat += 1
        yield from rows
