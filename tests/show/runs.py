"""Runs of whole shows for the tests: in this process on the manual clock, or as a person starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cli import main
from engine.story.journal import Journal, read_journal
from engine.time import MonotonicClock

#: A run without picture and sound, on the manual clock.
OFFLINE = ("--headless", "--no-picture", "--no-sound", "--quiet")
#: A run in real time, every device a twin in a process of its own.
LIVE = ("--view", "headless", "--speed", "20", "--no-picture", "--no-sound", "--quiet")


@dataclass(frozen=True)
class Run:
    """One finished run: where it is, how it ended, what it said."""

    folder: Path
    status: int
    text: str = ""
    errors: str = ""

    @property
    def journal(self) -> Journal:
        return read_journal(self.folder / "journal.jsonl")

    @property
    def report(self) -> str:
        return (self.folder / "report.html").read_text(encoding="utf-8")

    def story(self) -> list[tuple[str, int, dict[str, Any]]]:
        """Everything but what belongs to this one run: the header and notices about the machine."""
        return [
            (event.kind, event.at_ns, dict(event.fields))
            for event in self.journal.events
            if event.kind != "notice"
        ]

    def beats(self) -> list[tuple[str, float]]:
        return [(event.fields["scene"], event.at_ns / 1e9) for event in self.journal.of_kind("beat")]


def play_offline(out: Path, *words: str) -> Run:
    """`sensorama play` on the manual clock, in this process."""
    return Run(out, main(["play", *words, *OFFLINE, "--out", str(out)]))


def write_journal(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A journal with exactly these lines."""
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows),
        encoding="utf-8",
    )
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The lines of a journal; row i is line i + 1."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Started:
    """`sensorama ...` as a process in a session of its own, so that whatever it leaves behind can be found.

    Parameters
    ----------
    words : sequence of str
    cwd : Path
    env : mapping, optional
        Added to this process' own; the display is taken away, so that a run never opens a window by accident.
    prepare : callable, optional
        Run in the child before it starts.
    """

    def __init__(
        self,
        words: Sequence[str],
        cwd: Path,
        *,
        env: dict[str, str] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        around = {
            name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")
        }
        # A twin, a bus or a sound process of this very run is told from everybody else's by this variable.
        self._mark = f"SENSORAMA_TEST_RUN={os.getpid()}-{id(self)}"
        name, _, value = self._mark.partition("=")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine", *words],
            cwd=cwd,
            env={**around, **(env or {}), name: value, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - limits are per process
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def interrupt(self) -> None:
        """Ctrl-C as a terminal sends it: to every process of the group."""
        os.killpg(self._process.pid, signal.SIGINT)

    def wait_for(self, found: Callable[[], bool], limit_s: float = 20.0) -> None:
        """Wait until something has happened, or the process has ended."""
        clock = MonotonicClock()
        limit_ns = clock.now_ns() + round(limit_s * 1e9)
        while not found():
            if self._process.poll() is not None or clock.now_ns() >= limit_ns:
                self.kill()
                raise AssertionError(
                    f"it did not happen within {limit_s:g} s; it said:\n"
                    + "\n".join(self._process.communicate())
                )
            clock.sleep_until_ns(clock.now_ns() + 10_000_000)

    def finish(self, folder: Path, limit_s: float = 30.0) -> Run:
        """Wait for the end."""
        try:
            text, errors = self._process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            text, errors = self._process.communicate()
            raise AssertionError(f"still running after {limit_s:g} s; it said:\n{text}\n{errors}") from None
        return Run(folder, self._process.returncode, text, errors)

    def kill(self) -> None:
        """End whatever of it still runs; nothing a test started may outlive it."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def processes(self) -> dict[int, str]:
        """Its processes that still run, with their command lines."""
        found: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if self._mark.encode() not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has just ended, or is somebody else's
        return found

    def left_behind(self, patience_s: float = 2.0) -> dict[int, str]:
        """What still runs a little after its end: nothing, if all is well."""
        clock = MonotonicClock()
        limit_ns = clock.now_ns() + round(patience_s * 1e9)
        while (found := self.processes()) and clock.now_ns() < limit_ns:
            clock.sleep_until_ns(clock.now_ns() + 50_000_000)
        return found


ROOT = Path(__file__).resolve().parents[2]
