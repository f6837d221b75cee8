"""The camera of a run without a window: draws the wanted pictures and keeps them."""

from __future__ import annotations

from engine.experience import Package
from engine.render.jpeg import Pixels, jpeg_bytes, shrink
from engine.render.viewer import Viewer
from engine.show.conduct.choice import live_view
from engine.show.conduct.conductor import Conductor
from engine.show.folder import RunFolder
from engine.show.pictures import Wanted
from engine.show.record import RunRecord
from engine.show.report import Still
from engine.time import Transport

#: Width of a contact sheet's pictures.
SHEET_WIDTH_PX = 320


class StillCamera:
    """Takes the pictures of a run on the manual clock.

    Parameters
    ----------
    viewer : Viewer
        Without a window.
    """

    def __init__(
        self,
        package: Package,
        viewer: Viewer,
        folder: RunFolder,
        record: RunRecord,
        language: str,
        second: str | None,
    ) -> None:
        self._package = package
        self._viewer = viewer
        self._folder = folder
        self._record = record
        self._language = language
        self._second = second
        self._number = 0

    def take(self, wanted: Wanted, transport: Transport, host_ns: int, conductor: Conductor) -> None:
        """Draw the show as it is at `host_ns` and keep the picture."""
        live = live_view(self._package, conductor, host_ns, self._language, self._second)
        self._viewer.draw(transport, host_ns, None, live)
        at_s = (host_ns - self._record.epoch_ns) / 1e9
        scene = conductor.program.id if conductor.program is not None else ""
        pixels = self._viewer.grab()
        if wanted.kind != "sheet":
            self._number += 1
            self._folder.write(
                self._folder.frames / still_name(self._number, at_s, wanted), self._viewer.png()
            )
        self._record.stills.append(small_still(pixels, at_s, wanted, scene))


def still_name(number: int, at_s: float, wanted: Wanted) -> str:
    """File name of a kept picture: order, time and what it shows."""
    return f"{number:03d}-{int(at_s // 60)}m{int(at_s % 60):02d}s-{wanted.caption.replace(': ', '-')}.png"


def small_still(pixels: Pixels, at_s: float, wanted: Wanted, scene: str) -> Still:
    """The picture as the report shows it."""
    width = SHEET_WIDTH_PX if wanted.kind == "sheet" else 2 * SHEET_WIDTH_PX
    return Still(jpeg_bytes(shrink(pixels, width)), at_s, wanted.caption or scene, wanted.kind)
