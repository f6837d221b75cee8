"""Stills of a live run: asked of the viewer when the plan says so, kept until the report takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import SensoramaError
from engine.show.conduct.choice import live_view
from engine.show.conduct.conductor import Conductor
from engine.show.folder import RunFolder
from engine.show.guests.reception import Reception
from engine.show.live.children import Child
from engine.show.pictures import PicturePlan, Wanted
from engine.show.record import RunRecord
from engine.show.setup import Production
from engine.show.stills import small_still, still_name


class LivePictures:
    """Tells the viewer what a guest sees of the choice, and when a still is wanted.

    Parameters
    ----------
    production : Production
    folder : RunFolder
    """

    def __init__(self, production: Production, folder: RunFolder) -> None:
        self._production = production
        self._folder = folder
        self._plan = PicturePlan()
        self._stills = 0
        self._sheets = 0
        self._asked: dict[str, tuple[float, Wanted, str]] = {}
        self._kept: list[tuple[Path, float, Wanted, str]] = []
        self._sent_live: Any = None
        self._told_folder = False

    def forget(self) -> None:
        """The viewer was started again: it knows nothing."""
        self._sent_live = None
        self._told_folder = False

    def advance(
        self,
        viewer: Child | None,
        conductor: Conductor,
        epoch_ns: int,
        now_ns: int,
        reception: Reception | None = None,
    ) -> None:
        """Send what has changed, ask for what is wanted; a question is shown where no decision is."""
        if viewer is None or viewer.gone or conductor.program is None:
            return
        if not self._told_folder:
            viewer.tell("folder", str(self._folder.path))
            self._told_folder = True
        language = conductor.language_of(0, now_ns)
        live = live_view(self._production.package, conductor, now_ns, language)
        asked = None if reception is None else reception.live_view(0, language, now_ns)
        if asked is not None and not live.options:
            live = asked
        if live != self._sent_live:
            viewer.tell("live", live)
            self._sent_live = live
        moment = conductor.moment(now_ns)
        self._plan.enter(conductor.program, len(conductor.beats), conductor.next_is_choice)
        for wanted in self._plan.due(moment.at_fl, moment.run_fl):
            at_s = (now_ns - epoch_ns) / 1e9
            if wanted.kind == "sheet":
                self._sheets += 1
                name = f".sheet-{self._sheets:04d}.png"  # taken up by the report, then removed
            else:
                self._stills += 1
                name = still_name(self._stills, at_s, wanted)
            path = str(self._folder.frames / name)
            self._asked[path] = (at_s, wanted, conductor.program.id)
            viewer.tell("still", path)

    def taken(self, path: str) -> None:
        """The viewer has written a still."""
        known = self._asked.pop(path, None)
        if known is not None:
            self._kept.append((Path(path), *known))

    def gather(self, record: RunRecord) -> None:
        """Shrink the viewer's pictures for the report; those of the contact sheet alone are not kept in full."""
        from engine.render.stills import read_png

        for path, at_s, wanted, scene in self._kept:
            try:
                record.stills.append(small_still(read_png(path.read_bytes()), at_s, wanted, scene))
                if wanted.kind == "sheet":
                    path.unlink()
            except (OSError, SensoramaError) as error:
                record.warn(f"{path.name} is missing in the report: {error}")
