"""Guests who are not there: a script of choices, or a seed, that plays the part of a person in a rehearsal.

They use the same inputs as people do (a look, a touch), so a rehearsed run exercises dwell, windows and triggers and its
journal replays like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from engine.errors import UsageError
from engine.show.conduct.inputs import Input, Look, Pick, Touch
from engine.show.conduct.window import OPTION, TARGET
from engine.time import FLICKS_PER_SECOND
from engine.timeline.program import Program, WindowSpec

#: Word in a script of choices that leaves a window to its default.
NOBODY = "-"


@dataclass(slots=True)
class Rehearsal:
    """A guest on seat 0 who follows a script, or a seed, or both (the seed then only draws the looks around).

    Parameters
    ----------
    seed : int or None
        Draws choices and instants; the same seed plays the same show. None with a script means seed 0.
    script : sequence of str
        Option ids in the order of the windows met; ``-`` leaves one to its default. After its end the seed draws.
    """

    seed: int | None
    script: Sequence[str] = ()
    _left: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._left = list(self.script)

    def __call__(
        self, program: Program, options: tuple[str, ...], beat: int, from_fl: int = 0
    ) -> Iterator[tuple[int, Input]]:
        """What this guest does in the scene that is entered at `from_fl` now, as ``(position_fl, input)``."""
        draw = Random(f"{self.seed or 0}/{beat}/{program.id}")
        end_fl = program.duration.nominal_fl
        if options and program.window is not None:
            end_fl = program.window.open_fl
            yield from self._choose(program, program.window, options, draw, from_fl)
        yield from self._look_around(program, end_fl, draw, from_fl)

    def _choose(
        self, program: Program, window: WindowSpec, options: tuple[str, ...], draw: Random, from_fl: int
    ) -> Iterator[tuple[int, Input]]:
        drawn = options[draw.randrange(len(options))]
        share = draw.uniform(0.15, 0.6)
        if self._left:
            option = self._left.pop(0)
            if option == NOBODY:
                return
            if option not in options:
                raise UsageError(
                    f"--choices: scene {program.id!r} offers {', '.join(options)}, not {option!r}"
                )
        elif self.seed is None:
            return
        else:
            option = drawn
        dwell_fl = window.dwell_fl
        # A guest who comes in the middle of a window (--from) still has the rest of it.
        open_fl = max(window.open_fl, from_fl)
        if open_fl >= window.close_fl:
            return
        room_fl = max(0, window.close_fl - open_fl - dwell_fl)
        at_fl = open_fl + int(room_fl * share)
        if "gaze" in window.inputs:
            yield at_fl, Look(0, OPTION + option)
            yield min(at_fl + dwell_fl + FLICKS_PER_SECOND // 4, window.close_fl - 1), Look(0, None)
        else:
            yield at_fl, Pick(0, option, by=window.inputs[0])

    def _look_around(
        self, program: Program, end_fl: int, draw: Random, from_fl: int
    ) -> Iterator[tuple[int, Input]]:
        free_fl = from_fl
        for trigger in sorted(program.triggers, key=lambda t: t.from_fl):
            if trigger.target < 0 or trigger.on not in ("gaze", "touch"):
                continue
            target = program.targets[trigger.target].id
            need_fl = trigger.dwell_fl if trigger.on == "gaze" else 0
            first_fl = max(trigger.from_fl, free_fl)
            last_fl = min(trigger.to_fl, end_fl) - need_fl - FLICKS_PER_SECOND // 2
            if last_fl <= first_fl:
                continue
            at_fl = first_fl + int((last_fl - first_fl) * draw.uniform(0.0, 0.35))
            if trigger.on == "touch":
                yield at_fl, Touch(0, target)
                free_fl = at_fl + FLICKS_PER_SECOND
            else:
                yield at_fl, Look(0, TARGET + target)
                free_fl = at_fl + need_fl + FLICKS_PER_SECOND // 2
                yield free_fl, Look(0, None)
