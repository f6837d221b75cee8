"""Whole shows in a headset, as a venue starts them: ``sensorama play ... --xr --require-xr`` on a real runtime.

In real time, with every process, under the core validation layer: one complaint of it ends the session and the test.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.render import layout
from engine.time.clocks import MonotonicClock
from engine.xr.angles import turn_of_deg
from engine.xr.values import Pose
from tests.monado.remote import Remote
from tests.monado.service import Service

pytestmark = pytest.mark.monado

_LOOK_NS = 20_000_000
_MS = 1_000_000
Event = dict[str, Any]
CLOCK = MonotonicClock()


class Play:
    """One run of the command.

    Parameters
    ----------
    folder : Path
        Of the run; made by it.
    *arguments : str
        After ``sensorama play``.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._log = folder.with_suffix(".log")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "engine",
                    "play",
                    *arguments,
                    "--xr",
                    "--require-xr",
                    "--out",
                    str(folder),
                ],
                env={**os.environ, "SENSORAMA_XR_VALIDATE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    def events(self, kind: str = "") -> list[Event]:
        """What was journalled so far, of one kind."""
        if not self.journal.exists():
            return []
        lines = self.journal.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [json.loads(line) for line in lines if line.endswith("\n")]
        return [event for event in whole if event.get("event") == kind or not kind]

    def rungs(self) -> list[str]:
        """What became of the headset, in order."""
        return [event["headset"] for event in self.events("notice") if "headset" in event]

    def scenes(self) -> list[str]:
        """Scenes that were entered."""
        return [event["scene"] for event in self.events("beat")]

    def until(self, what: Callable[[], object], *, seconds: float) -> None:
        """Wait for something in the run.

        Raises
        ------
        AssertionError
            It ended before, or the time is over; with the end of what it said.
        """
        until_ns = CLOCK.now_ns() + round(seconds * 1e9)
        while not what():
            assert self.process.poll() is None, f"the show ended:\n{self.said()}"
            assert CLOCK.now_ns() < until_ns, f"not within {seconds} s:\n{self.said()}"
            CLOCK.sleep_until_ns(CLOCK.now_ns() + _LOOK_NS)

    def said(self) -> str:
        """The end of what the command wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-8000:]

    def ended(self, *, seconds: float) -> None:
        """Wait for its good end, and replay its journal: the same frames to every device, to the bit."""
        assert self.process.wait(timeout=seconds) == 0, self.said()
        assert [event["how"] for event in self.events("end")] == ["ending"], self.said()
        assert (self.folder / "report.html").stat().st_size > 0
        replayed = subprocess.run(
            [sys.executable, "-m", "engine", "replay", str(self.journal)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr

    def close(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def play(tmp_path: Path, display: str) -> Iterator[Callable[..., Play]]:
    started: list[Play] = []

    def start(*arguments: str) -> Play:
        started.append(Play(tmp_path / f"run-{len(started)}", *arguments))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_first_light_plays_whole_and_a_controller_chooses(
    remote_service: Service, play: Callable[..., Play]
) -> None:
    """The option on the right, and not what silence would have chosen, by a controller of the runtime's remote driver."""
    with Remote() as remote:
        remote.head = Pose((0.0, 0.0, 1.6))
        remote.right.active = True
        remote.right.grip = Pose((0.1, 0.2, 1.5), turn_of_deg(60.0, -11.0, 0.0))  # at nothing yet
        remote.send()
        show = play("first_light")
        show.until(lambda: any(event["state"] == "open" for event in show.events("window")), seconds=60)
        # Raised, and from the eye: wherever the panel hangs on that line, this ray meets it.
        right = turn_of_deg(-layout.CHOICE_SPREAD_DEG / 2.0, layout.CHOICE_ELEVATION_DEG, 0.0)
        remote.right.grip = Pose((0.0, 0.0, 1.6), right)
        remote.send()
        show.until(lambda: looks_at(show, "option:wait"), seconds=5)
        remote.right.trigger, remote.right.trigger_click = 1.0, True
        remote.send()
        show.until(lambda: show.events("commit"), seconds=5)
        commit = show.events("commit")[0]
        assert (commit["scene"], commit["option"], commit["votes"]) == ("shore", "wait", {"wait": 1.0}), (
            commit
        )
        show.ended(seconds=90)
    assert show.rungs()[-1] == "focused", show.rungs()
    assert show.scenes() == ["shore", "away"]
    guests = [event["input"]["action"] for event in show.events("input") if event["input"]["type"] == "guest"]
    assert guests == ["arrived"], "somebody put the headset on, and nobody took it off"


def looks_at(show: Play, target: str) -> bool:
    """Whether the guest's leading ray has come to rest on something."""
    looks = [event["input"] for event in show.events("input") if event["input"]["type"] == "look"]
    return any(look["target"] == target for look in looks)


def test_a_branch_of_lantern_street_plays_to_its_ending(
    service: Service, play: Callable[..., Play], tmp_path: Path
) -> None:
    """The garden, its lantern let go, and that branch's ending; four times as fast."""
    # A software renderer needs a third of a second for this scene at the size that the runtime recommends.
    rig = tmp_path / "small.yaml"
    studio = Path(__file__).parents[2] / "engine" / "experience" / "rigs" / "studio.yaml"
    text = studio.read_text(encoding="utf-8")
    rig.write_text(text + "\nheadset: {scale: 0.25, samples: 1}\n", encoding="utf-8")
    show = play(
        "lantern_street", "--from", "garden@30s", "--choices", "release", "--speed", "4", "--rig", str(rig)
    )
    show.ended(seconds=120)
    assert show.scenes() == ["garden", "end_lanterns"]
    assert show.rungs()[-1] == "focused", show.rungs()


def test_the_runtime_killed_mid_scene_leaves_the_show_going_and_comes_back_into_it(
    service: Service, play: Callable[..., Play]
) -> None:
    show = play("first_light", "--seed", "1")
    show.until(lambda: "focused" in show.rungs(), seconds=40)
    show.until(lambda: any(event["second"] >= 3 for event in show.events("frames")), seconds=20)
    service.kill()
    before = len(show.rungs())
    show.until(lambda: len(show.rungs()) > before, seconds=5)
    assert show.rungs()[-1] != "focused"
    seconds = show.events("frames")[-1]["second"]
    show.until(lambda: show.events("frames")[-1]["second"] >= seconds + 2, seconds=6)
    lost = len(show.rungs())
    service.start()
    back_ns = CLOCK.now_ns()
    show.until(lambda: "focused" in show.rungs()[lost:], seconds=10)
    taken_ms = (CLOCK.now_ns() - back_ns) / _MS
    print(f"focused again {taken_ms:.0f} ms after the service could be connected to")
    assert taken_ms < 1000.0
    assert show.scenes() == ["shore"], "it came back into the scene that it was lost in"
    show.ended(seconds=90)
    assert show.rungs()[-1] == "focused"
    assert show.said().count("picture: headset by OpenXR") == 1, (
        "the same process came back; no new one was needed"
    )
