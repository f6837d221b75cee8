"""The terminal's view of a running show: where it is, what comes next, how the devices are.

One live block on a terminal; one line a beat anywhere else (a log file, a pipe). It is refreshed by the loop that runs
the show and has no thread of its own, so it can never hold anything up behind its back.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TextIO

from engine.time import RATES, timecode_from_fl


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """Health of one device, as the bus says it."""

    name: str
    health: str
    late_p99_us: float | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What is shown."""

    title: str
    scene: str
    at_fl: int
    run_fl: int
    next_scene: str
    next_commit_fl: int | None
    held: bool
    window: str = ""
    devices: Sequence[DeviceLine] = ()
    progress_ratio: float | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[str] = ()


def show_timecode(at_fl: int) -> str:
    """Show time as the screens give it: 25 fps timecode."""
    return str(timecode_from_fl(max(0, at_fl), RATES["25"]))


def status_lines(status: Status) -> list[str]:
    """The block's lines, without colour."""
    state = "HOLD" if status.held else "PLAY"
    commit = (
        ""
        if status.next_commit_fl is None
        else f"   next commit in {status.next_commit_fl / 705_600_000:5.1f} s"
    )
    lines = [
        f"{status.title}   {state}   {show_timecode(status.run_fl)}",
        f"scene {status.scene or '-'}  {show_timecode(status.at_fl)}{commit}{'  -> ' + status.next_scene if status.next_scene else ''}",
    ]
    if status.window:
        lines.append(status.window)
    for device in status.devices:
        late = "" if device.late_p99_us is None else f"   late p99 {device.late_p99_us / 1000:.2f} ms"
        lines.append(f"  {device.name:16} {device.health}{late}")
    lines.extend(f"  {line}" for line in status.parts)
    lines.extend(f"  {name}: {text}" for name, text in status.notes.items())
    return lines


class StatusView:
    """Shows a status, on a terminal as a live block, elsewhere as a line when the scene changes.

    Parameters
    ----------
    stream : text stream
        Standard output by default.
    quiet : bool
        Show nothing at all; `say` still prints.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self._quiet = quiet
        self._live: Any = None
        self._scene = ""

    def __enter__(self) -> StatusView:
        if not self._quiet and self._stream.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=self._stream), auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def loading(self, step: int, steps: int, text: str) -> None:
        """Bring the loading bar up to date: `step` of `steps` are done, `text` comes next."""
        if self._live is None:
            return
        from rich.text import Text

        done = 40 * step // max(1, steps)
        self._live.update(Text(f"  {'━' * done}{'·' * (40 - done)} {text}"), refresh=True)

    def say(self, text: str) -> None:
        """Print one line above the live block; it stays."""
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self._stream, flush=True)

    def show(self, status: Status) -> None:
        """Bring the block up to date."""
        if self._quiet:
            return
        if self._live is None:
            if status.scene and status.scene != self._scene:
                self._scene = status.scene
                self.say(f"{show_timecode(status.run_fl)}  scene {status.scene}")
            return
        from rich.text import Text

        lines = status_lines(status)
        if status.progress_ratio is not None:
            done = int(40 * min(1.0, max(0.0, status.progress_ratio)))
            lines.append("  " + "━" * done + "·" * (40 - done) + f" {100 * status.progress_ratio:3.0f} %")
        self._live.update(Text("\n".join(lines)), refresh=True)
