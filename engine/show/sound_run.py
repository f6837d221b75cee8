"""A show on the manual clock for the sake of its sound alone: no picture, no journal, no folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.bus.inline import InlineBus
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Operator
from engine.show.conduct.rehearsal import Rehearsal
from engine.show.guests.seating import Seating
from engine.show.history import TransportHistory
from engine.show.inline import TAIL_NS, InlineRun
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.setup import Phases, Production, produce
from engine.show.sound_check import refuse_broken
from engine.time import ManualClock, Transport, TransportWriter


class _Nowhere:
    """A journal that nobody will read."""

    def append(self, kind: str, at_ns: int | None = None, /, **fields: Any) -> None:
        """Forgotten."""


@dataclass(frozen=True, slots=True)
class SoundRun:
    """A run that is over.

    Attributes
    ----------
    production : Production
    at : callable
        The transport that was seen at a host instant.
    end_ns : int
        When its last sound has rung out; it began at 0.
    """

    production: Production
    at: Callable[[int], Transport]
    end_ns: int


def run_for_sound(options: PlayOptions) -> SoundRun:
    """Plays once, as `play --headless` would with the same choices.

    Parameters
    ----------
    options : PlayOptions
        Experience, rig, seed, choices, start and language count.

    Raises
    ------
    InputError
        Something given is wrong; of sound files, all that are.
    """
    clock = ManualClock(0)
    production = produce(options, Phases(clock))
    refuse_broken(production.package.path)
    history = TransportHistory(clock)
    writer = TransportWriter(history)
    record = RunRecord(_Nowhere(), 0)
    rehearse = (
        Rehearsal(options.seed, options.choices) if options.seed is not None or options.choices else None
    )
    conductor = Conductor(
        package=production.package,
        story=production.story,
        writer=writer,
        record=record,
        guests=len(production.rig.seats),
        rehearse=rehearse,
        seating=Seating.of(production.rig, production.package.languages),
    )
    rig = production.rig
    bus = InlineBus(
        production.devices, production.evaluator(), history, epoch_ns=0, tick_hz=rig.tick_hz, sink=record.bus
    )
    start = options.start
    conductor.start(0, from_ns=0, scene=start[0] if start else None, at_fl=start[1] if start else 0)
    index = production.package.languages.index(production.language)
    if index:
        conductor.handle(Operator("language", index), 0)
    ended = InlineRun(conductor, writer, clock, bus).run()
    return SoundRun(production, history.at, ended.at_ns + TAIL_NS)
