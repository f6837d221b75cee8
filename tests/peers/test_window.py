"""A real window of a real X server, worked with a mouse and keys that are not ours."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from engine.cli import main
from engine.story.journal import read_journal
from engine.time import MonotonicClock
from tests.peers.programs import needed
from tests.show.runs import Started

pytestmark = pytest.mark.peer

WORDS = (
    "play",
    "first_light",
    "--view",
    "window",
    "--size",
    "640x360",
    "--no-sound",
    "--quiet",
    "--out",
    "run",
)


@pytest.fixture
def display() -> Iterator[str]:
    """An X server without a screen, on a number of its own choice."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        # Without -noreset the server starts over when its last client leaves, and refuses the next one meanwhile.
        [needed("Xvfb", "xvfb"), "-displayfd", str(theirs), "-screen", "0", "800x450x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(theirs,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    try:
        with os.fdopen(ours) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


class Person:
    """Sits before the window: presses, moves, clicks, and waits until the journal has it."""

    def __init__(self, display: str, folder: Path, started: Started) -> None:
        self._display, self._folder, self._started = display, folder, started
        self._program = needed("xdotool", "xdotool")
        self._clock = MonotonicClock()
        started.wait_for(lambda: bool(self.tool("search", "--name", "Sensorama", check=False)), limit_s=30)
        started.wait_for(lambda: bool(self.events("beat")), limit_s=30)
        self.window = ""
        self.focus()

    def focus(self) -> None:
        """Find the window that is there now, and give it the keyboard: there is no window manager to do so."""
        self.window = self.tool("search", "--onlyvisible", "--name", "Sensorama").split()[-1]
        self.tool("windowfocus", self.window)

    def tool(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            [self._program, *words],
            env={**os.environ, "DISPLAY": self._display},
            capture_output=True,
            text=True,
            check=check,
        )
        return done.stdout.strip()

    def events(self, event: str, /, **fields: Any) -> list[dict[str, Any]]:
        path = self._folder / "journal.jsonl"
        if not path.is_file() or b"\n" not in path.read_bytes():  # made, but its header is still to come
            return []
        rows = [dict(row.fields) for row in read_journal(path).of_kind(event)]
        return [row for row in rows if all(row.get(name) == value for name, value in fields.items())]

    def until(self, found: Callable[[], bool]) -> None:
        self._started.wait_for(found, limit_s=15)

    def key(self, name: str) -> None:
        self.tool("key", name)

    def point(self, x_px: int, y_px: int) -> None:
        """Move the pointer to a place of the picture."""
        self.tool("mousemove", "--window", self.window, str(x_px), str(y_px))

    def click(self) -> None:
        self.tool("click", "1")

    def targets(self) -> list[str | None]:
        """What was looked at, in order."""
        return [
            event["input"]["target"] for event in self.events("input") if event["input"]["type"] == "look"
        ]


def seated(display: str, tmp_path: Path, *words: str) -> tuple[Person, Started]:
    started = Started([*WORDS, *words], tmp_path, env={"DISPLAY": display})
    return Person(display, tmp_path / "run", started), started


def panel(person: Person, option: str) -> tuple[int, int]:
    """Move the pointer over the picture until it meets an option's panel."""
    for y in (281, 260, 300, 240, 180):
        for x in range(40, 620, 24):
            person.point(x, y)
            MonotonicClock().sleep_until_ns(MonotonicClock().now_ns() + 60_000_000)
            if person.targets()[-1:] == [f"option:{option}"]:
                return x, y
    raise AssertionError(f"no panel of {option!r} was met; looked at {person.targets()}")


def test_keys_hold_scrub_choose_and_stop(display: str, tmp_path: Path) -> None:
    person, started = seated(display, tmp_path, "--from", "shore@4s")
    person.key("space")
    person.until(lambda: bool(person.events("rate", rate=[0, 1])))
    print("space: held")
    person.key("space")
    person.until(lambda: bool(person.events("rate", rate=[1, 1])))
    print("space again: runs on")
    person.key("Right")
    person.until(lambda: len(person.events("segment", kind="seek")) == 2)  # the first is --from's own
    before, after = person.events("segment", kind="seek")
    print(f"right: from {before['at_fl'] / 705_600_000:.1f} s to {after['at_fl'] / 705_600_000:.1f} s")
    assert after["at_fl"] - before["at_fl"] > 4 * 705_600_000
    person.until(lambda: bool(person.events("window", state="open")))
    person.key("2")
    person.until(lambda: bool(person.events("commit")))
    (commit,) = person.events("commit")
    assert commit["option"] == "wait" and {"type": "pick", "seat": 0, "option": "wait", "by": "key"} in [
        event["input"] for event in person.events("input")
    ]
    print("2: chose 'wait', the second option on show")
    person.key("Left")
    person.until(lambda: len(person.events("segment", kind="seek")) == 3)
    print("left: scrubbed back, the decision is open again:", bool(person.events("window", state="reopened")))
    person.key("Escape")
    run = started.finish(tmp_path / "run")
    assert run.status == 4, run.text + run.errors
    assert "stopped by a person" in run.text and run.journal.of_kind("end")[0].fields["how"] == "stopped"
    assert not started.left_behind()
    print("escape: stopped with exit status 4, nothing left running")
    assert main(["replay", str(run.folder)]) == 0


def test_the_mouse_looks_and_a_rested_look_chooses(display: str, tmp_path: Path) -> None:
    person, started = seated(display, tmp_path, "--from", "shore@7.5s")
    person.until(lambda: bool(person.events("window", state="open")))
    x, y = panel(person, "wait")
    print(f"the pointer at {x}, {y} looks at 'wait'")
    person.until(lambda: bool(person.events("commit")))
    (commit,) = person.events("commit")
    assert commit["option"] == "wait"
    print("its dwell became a vote:", commit["reason"])
    person.key("Escape")
    run = started.finish(tmp_path / "run")
    assert run.status == 4 and not started.left_behind()
    assert any((run.folder / "frames").iterdir()) and "<img" in run.report
    assert main(["replay", str(run.folder)]) == 0


def test_a_click_chooses_at_once(display: str, tmp_path: Path) -> None:
    person, started = seated(display, tmp_path, "--from", "shore@7.5s")
    person.until(lambda: bool(person.events("window", state="open")))
    panel(person, "moon")
    person.click()
    person.until(lambda: bool(person.events("commit")))
    (commit,) = person.events("commit")
    picks = [event["input"] for event in person.events("input") if event["input"]["type"] == "pick"]
    print("clicked:", picks, "->", commit["option"], commit["reason"])
    assert commit["option"] == "moon" and picks and picks[0]["by"] == "mouse"
    person.key("Escape")
    assert started.finish(tmp_path / "run").status == 4


def test_closing_the_window_stops_the_show(display: str, tmp_path: Path) -> None:
    person, started = seated(display, tmp_path)
    ask_to_close(display, int(person.window))
    run = started.finish(tmp_path / "run")
    assert run.status == 4, run.text + run.errors
    assert "Traceback" not in run.text + run.errors and not started.left_behind()
    print("closed:", run.text.splitlines()[-1])


def test_a_viewer_that_loses_its_display_connection_comes_back(display: str, tmp_path: Path) -> None:
    """A crash of the picture: the show goes on meanwhile, the new viewer rejoins it, and it can be stopped from there."""
    person, started = seated(display, tmp_path)
    person.tool("windowkill", person.window)
    person.until(
        lambda: any("viewer ended unexpectedly" in row.get("text", "") for row in person.events("notice"))
    )
    person.until(lambda: bool(person.tool("search", "--onlyvisible", "--name", "Sensorama", check=False)))
    person.focus()

    def held() -> bool:
        """A window is there before its viewer listens to keys, by seconds on a busy machine: so press as a person would, again."""
        person.key("space")
        MonotonicClock().sleep_until_ns(MonotonicClock().now_ns() + 1_000_000_000)
        return bool(person.events("rate", rate=[0, 1]))

    person.until(held)
    print("the viewer's connection was cut; another has taken over and takes keys")
    person.key("Escape")
    run = started.finish(tmp_path / "run")
    assert run.status == 4, run.text + run.errors
    assert "viewer ended unexpectedly" in run.report and not started.left_behind()
    assert main(["replay", str(run.folder)]) == 0


def ask_to_close(display: str, window: int) -> None:
    """Send what a window manager sends when its close button is pressed: WM_DELETE_WINDOW."""
    xlib = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XInternAtom.restype = ctypes.c_ulong
    xlib.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    xlib.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    xlib.XFlush.argtypes = xlib.XCloseDisplay.argtypes = [ctypes.c_void_p]
    server = xlib.XOpenDisplay(display.encode())
    assert server
    event = ClientMessage(33, 0, 1, server, window, xlib.XInternAtom(server, b"WM_PROTOCOLS", 0), 32)
    event.data[0] = xlib.XInternAtom(server, b"WM_DELETE_WINDOW", 0)
    assert xlib.XSendEvent(server, window, 0, 0, ctypes.byref(event))
    xlib.XFlush(server)
    xlib.XCloseDisplay(server)


class ClientMessage(ctypes.Structure):
    """XClientMessageEvent, padded to the size of XEvent."""

    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 24),
    ]
