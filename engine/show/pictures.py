"""Which pictures a run keeps: a still at each beat and at each choice, and a contact sheet of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.time import FLICKS_PER_SECOND
from engine.timeline.program import Program

#: Distance of the contact sheet's pictures in run time.
SHEET_FL = 15 * FLICKS_PER_SECOND // 2
#: First of them; halfway between multiples, since scenes cut (and fade) on musical bars, which are such multiples.
FIRST_SHEET_FL = SHEET_FL // 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to take when the scene has reached a position."""

    at_fl: int
    kind: str
    caption: str


@dataclass(slots=True)
class PicturePlan:
    """Keeps track of what is still to be taken. Told where the show is, says what to take now."""

    _scene: list[Wanted] = field(default_factory=list)
    _next_sheet_fl: int = FIRST_SHEET_FL
    _beat: int = -1

    def enter(self, program: Program, beat: int, has_choice: bool) -> None:
        """A beat begins."""
        if beat == self._beat:
            return
        self._beat = beat
        nominal_fl = program.duration.nominal_fl
        self._scene = [Wanted(nominal_fl * 2 // 5, "beat", program.id)]
        window = program.window
        if has_choice and window is not None:
            self._scene.append(
                Wanted((window.open_fl + window.close_fl) // 2, "choice", f"{program.id}: choice")
            )
        self._scene.sort(key=lambda wanted: wanted.at_fl)

    def next_positions(self, at_fl: int, run_fl: int) -> list[int]:
        """How far ahead, in flicks of show time, the next pictures lie."""
        ahead = [max(0, self._next_sheet_fl - run_fl)]
        ahead.extend(max(0, wanted.at_fl - at_fl) for wanted in self._scene[:1])
        return ahead

    def due(self, at_fl: int, run_fl: int) -> list[Wanted]:
        """The pictures to take now."""
        taken: list[Wanted] = []
        if run_fl >= self._next_sheet_fl:
            self._next_sheet_fl = ((run_fl - FIRST_SHEET_FL) // SHEET_FL + 1) * SHEET_FL + FIRST_SHEET_FL
            taken.append(Wanted(at_fl, "sheet", ""))
        while self._scene and self._scene[0].at_fl <= at_fl:
            taken.append(self._scene.pop(0))
        return taken
