"""The parts of a live run beside bus, sound and viewer, and the wall around them: a part that fails is said and left out.

What each part is stands in :mod:`engine.show.live.part`; which ones a run has follows from its rig and options alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.errors import SensoramaError
from engine.show.adm_osc.part import adm_osc_parts
from engine.show.conduct.conductor import Conductor
from engine.show.live.children import Child
from engine.show.live.part import Part
from engine.show.live.sounds import by_device
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.setup import Production
from engine.show.signals.part import inputs_part
from engine.show.sound_clock.part import sound_clock_parts
from engine.show.timecode.part import timecode_parts
from engine.time import Clock


def parts_for(production: Production, options: PlayOptions, clock: Clock, block_name: str) -> list[Part]:
    """The parts this run needs, not started; none for a rig without timecode, inputs, ADM-OSC and sound.

    Raises
    ------
    InputError
        Something the rig asks for cannot be had.
    """
    inputs = inputs_part(production, clock)
    return [
        *timecode_parts(production, options, block_name, clock),
        *([] if inputs is None else [inputs]),
        *adm_osc_parts(production, block_name, clock),
        *sound_clock_parts(production, options, block_name, len(by_device(production.rig))),
    ]


class Parts:
    """All parts of one run, each on its own: a fault in one is told and that part is left out.

    Parameters
    ----------
    parts : sequence of Part
    tell : callable
        Called with one line for the operator and the journal.
    """

    def __init__(self, parts: Sequence[Part], tell: Callable[[str], None]) -> None:
        self._parts = list(parts)
        self._tell = tell

    @property
    def children(self) -> list[Child]:
        """Processes of all parts."""
        return [child for part in self._parts for child in part.children]

    def of(self, child: Child) -> Part | None:
        """The part a child belongs to; None for the run's own."""
        return next((part for part in self._parts if any(one is child for one in part.children)), None)

    def begin(self, conductor: Conductor, record: RunRecord) -> None:
        """The conductor has started."""
        self._each(lambda part: part.begin(conductor, record))

    def hear(self, child: Child, kind: str, payload: Any, now_ns: int) -> bool:
        """Hand on what a part's child said; False when the child belongs to none of them."""
        part = self.of(child)
        if part is None:
            return False
        self._guarded(part, lambda part: part.hear(child, kind, payload, now_ns))
        return True

    def advance(self, now_ns: int) -> None:
        """Do what is due."""
        self._each(lambda part: part.advance(now_ns))

    def next_due_ns(self) -> int | None:
        """The next instant at which one of them has something to do."""
        dues = [due for part in self._parts if (due := part.next_due_ns()) is not None]
        return min(dues, default=None)

    def lines(self) -> list[str]:
        """What an operator should see of them now."""
        return [line for part in self._parts for line in part.lines()]

    def end(self) -> None:
        """Let go of everything."""
        self._each(lambda part: part.end())

    def _each(self, do: Callable[[Part], None]) -> None:
        for part in list(self._parts):
            self._guarded(part, do)

    def _guarded(self, part: Part, do: Callable[[Part], None]) -> None:
        try:
            do(part)
        except SensoramaError as error:
            self._drop(part, str(error))
        except Exception as error:
            # A fault of ours in a part must not take the show with it; it is said like any other.
            self._drop(part, f"{type(error).__name__}: {error}")

    def _drop(self, part: Part, why: str) -> None:
        if part not in self._parts:
            return
        self._parts.remove(part)
        name = type(part).__name__
        for child in part.children:
            child.retire(0.5)
            child.close()
        self._tell(f"{name} failed and was left out: {why}; the show goes on without it")
