"""A play once more, with devices and a journal, so that `sensorama replay` shows what went wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.bus.inline import InlineBus
from engine.errors import SensoramaError
from engine.show.conduct.conductor import Conductor
from engine.show.folder import RunFolder
from engine.show.guests.seating import Seating
from engine.show.inline import InlineRun
from engine.show.monkey.guest import SameAgain
from engine.show.monkey.play import Play
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.setup import Production, header_of
from engine.story.ink import Story
from engine.story.journal import JournalWriter
from engine.time import LocalBlock, ManualClock, TransportWriter


def write_journal(production: Production, options: PlayOptions, play: Play, folder: Path) -> Path:
    """Do a play again with every device inline, and keep its journal.

    Parameters
    ----------
    production : Production
    options : PlayOptions
        With which it was produced.
    play : Play
    folder : Path
        Of the run; made here.

    Returns
    -------
    Path
        The journal. A run that breaks off is written up to there.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    package = production.package
    run = RunFolder(folder, package.id)
    clock = ManualClock(0)
    options = replace(options, seed=play.number, picture=False, sound=False)
    header = header_of(options, production, f"monkey-{play.seed}-{play.number}", "manual")
    with JournalWriter(run.journal, header, clock, epoch_ns=0) as journal:
        record = RunRecord(journal, 0)
        block = LocalBlock()
        writer = TransportWriter(block)
        conductor = Conductor(
            package=package,
            story=Story.load(package.story_json, str(package.story_path), seed=play.number),
            writer=writer,
            record=record,
            guests=len(production.rig.seats),
            rehearse=SameAgain(play.done),
            seating=Seating.of(production.rig, package.languages),
        )
        bus = InlineBus(
            production.devices,
            production.evaluator(),
            block,
            epoch_ns=0,
            tick_hz=production.rig.tick_hz,
            sink=record.bus,
        )
        record("start", 0, from_ns=0, scene=None, at_fl=0)
        conductor.start(0, from_ns=0)
        try:
            InlineRun(conductor, writer, clock, bus).run()
        except SensoramaError as error:
            record("notice", clock.now_ns(), text=f"the run broke off: {error}")
    return run.journal
