"""A desk and a mirror on a real X server, worked with a mouse and keys that are not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest

from engine.render.stills import read_png
from engine.time import MonotonicClock
from tests.peers.programs import needed
from tests.peers.test_window import ask_to_close
from tests.peers.virtual_screen import pixels_of, virtual_screen

pytestmark = pytest.mark.peer

LIMIT_NS = 20_000_000_000


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An X server without a screen and the file that its pixels are in."""
    folder = tmp_path / "screen"
    folder.mkdir()
    with virtual_screen(folder, (800, 450)) as running:
        yield running.display, running.pixels


class Worked:
    """A program with a window, and hands on it."""

    def __init__(self, display: str, program: subprocess.Popen[str]) -> None:
        self._environ = {**os.environ, "DISPLAY": display}
        self._xdotool = needed("xdotool", "xdotool")
        self._clock = MonotonicClock()
        self._lines: Queue[dict[str, Any]] = Queue()
        self.state: dict[str, Any] = {}
        self._program = program
        Thread(target=self._read, daemon=True).start()
        self.until(lambda row: "ready" in row)
        self.window = self.tool("search", "--sync", "--onlyvisible", "--name", "Sensorama").split()[-1]
        self.tool("windowfocus", "--sync", self.window)

    def _read(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            self._lines.put(json.loads(line))

    def tool(self, *words: str) -> str:
        done = subprocess.run(
            [self._xdotool, *words], env=self._environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def until(self, found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first row that is so; rows with the guest's state gather in `state`."""
        seen: list[dict[str, Any]] = []
        deadline_ns = self._clock.now_ns() + LIMIT_NS
        while self._clock.now_ns() < deadline_ns:
            try:
                row = self._lines.get(timeout=0.5)
            except Empty:
                assert self._program.poll() is None, f"the program ended with {self._program.returncode}"
                continue
            seen.append(row)
            if "head_m" in row:
                self.state = row
            if found(row):
                return row
        raise AssertionError(f"it never came; the last ones were {seen[-5:]}")

    def rest(self) -> None:
        """As long as a hand does between two things: some frames of the program."""
        self._clock.sleep_until_ns(self._clock.now_ns() + 100_000_000)

    def point(self, x_px: int, y_px: int) -> None:
        self.tool("mousemove", "--window", self.window, str(x_px), str(y_px))


@contextmanager
def worked(kind: str, display: str, folder: Path) -> Iterator[Worked]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.peers.desk_shown", kind, str(folder)],
        env={**os.environ, "DISPLAY": display}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield Worked(display, program)
    finally:
        assert program.stdin is not None
        program.stdin.close()
        try:
            program.wait(20)
        finally:
            program.kill()


def test_mouse_and_keys_move_head_and_hands(screen: tuple[str, Path], tmp_path: Path) -> None:
    with worked("desk", screen[0], tmp_path) as desk:
        desk.point(320, 180)
        desk.until(lambda row: row.get("gaze") is True)
        desk.tool("keydown", "w")
        desk.until(lambda row: row.get("held") == ["w"])
        desk.until(lambda row: row.get("head_m", [0, 0])[1] > 0.2)
        desk.tool("keyup", "w")
        desk.until(lambda row: row.get("held") == [])
        stood_m = desk.state["head_m"]
        print("W: moved to", stood_m)
        desk.tool("keydown", "q")
        desk.until(lambda row: row.get("yaw_deg", 0) > 20)
        desk.tool("keyup", "q")
        print("Q: turned")
        before_deg = desk.state["yaw_deg"]
        desk.tool("mousedown", "3")
        desk.rest()
        desk.point(420, 180)
        desk.until(lambda row: row.get("pointer") is not None and row["pointer"][0] > 0.3)
        desk.tool("mouseup", "3")
        turned_deg = desk.state["yaw_deg"]
        assert turned_deg == pytest.approx(
            before_deg - 12.0, abs=2.0
        )  # 100 pixels to the right, 0.12 degrees each
        desk.point(320, 180)
        desk.tool("key", "Home")
        desk.until(lambda row: row.get("head_m") == [0.0, 0.0, 0.0] and row["yaw_deg"] == 0.0)
        print("right-drag turned from", before_deg, "to", turned_deg, "; Home is back at rest")
        desk.tool("keydown", "ctrl")
        desk.until(lambda row: row.get("hands") == ["", "controller"] and row["gaze"] is False)
        desk.tool("click", "4")
        desk.until(lambda row: row.get("reach_m", [0, 0])[1] > 0.45)
        desk.tool("click", "1")
        assert desk.until(lambda row: "click" in row)["click"] == 1
        desk.tool("keyup", "ctrl")
        desk.until(lambda row: row.get("gaze") is True)
        print("Ctrl: the right hand followed, reached further by the wheel, and clicked")
        for key in ("space", "Left", "1", "x", "F9"):
            desk.tool("key", key)
        assert [desk.until(lambda row: "key" in row)["key"] for _ in range(5)] == [
            "space", "arrow_left", "1", "x", "f9",
        ]  # fmt: skip
        print("keys of the show, of a trigger and of the operator came through")


def test_a_window_that_loses_the_keyboard_lets_go_of_its_keys(
    screen: tuple[str, Path], tmp_path: Path
) -> None:
    with worked("desk", screen[0], tmp_path) as desk:
        desk.tool("keydown", "d")
        desk.until(lambda row: row.get("held") == ["d"])
        root = desk.tool("search", "--maxdepth", "0", ".*").split()[0]
        desk.tool("windowfocus", root)
        desk.until(lambda row: row.get("held") == [])
        desk.tool("keyup", "d")
        print("focus lost while D was down: the head stands still")


def test_the_mirror_is_on_the_screen_and_keeps_stills_and_clips(
    screen: tuple[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with worked("mirror", screen[0], folder) as mirror:
        counted = mirror.until(lambda row: "shown" in row)
        print("mirror frames:", counted)
        assert counted["shown"] >= 5
        pixels = pixels_of(screen[1])
        place = mirror.tool("getwindowgeometry", "--shell", mirror.window)
        at = dict(line.split("=") for line in place.splitlines())
        x, y = int(at["X"]), int(at["Y"])
        left, right = pixels[y + 250, x + 160], pixels[y + 250, x + 480]
        assert left.tolist() == [200, 0, 0] and right.tolist() == [0, 0, 200]
        assert pixels[y : y + 60, x : x + 300].std() > 1  # the operator's lines
        mirror.tool("key", "F9")
        assert mirror.until(lambda row: "said" in row)["said"].startswith("still of the mirror")
        (still,) = folder.glob("mirror-still-*.png")
        assert read_png(still.read_bytes())[100, [10, 500]].tolist() == [[200, 0, 0], [0, 0, 200]]
        mirror.tool("key", "F10")
        assert mirror.until(lambda row: "said" in row)["said"].startswith("clip of the mirror")
        assert [path.read_bytes()[8:12] for path in folder.glob("mirror-clip-*.avi")] == [b"AVI "]
        ask_to_close(screen[0], int(mirror.window))
        mirror.until(lambda row: row.get("closed") is True)
        print("left red, right blue on the screen; F9 and F10 wrote files; closing the window is noticed")
