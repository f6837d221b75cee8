"""A run in real time with processes of its own: it replays, and it goes on when one of them dies."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

import engine
from engine.cli import main
from engine.experience.bundled import find_package
from engine.story.journal import Journal
from tests.show.runs import LIVE, Run, Started

pytestmark = pytest.mark.slow


def said_devices(journal: Journal, *what: str) -> list[str]:
    return [
        event.fields.get("device", "") for event in journal.of_kind("device") if event.fields["what"] in what
    ]


def started_show(folder: Path, *words: str) -> Started:
    """Start `first_light` in real time and wait for its first scene."""
    started = Started(["play", "first_light", *LIVE, "--seed", "1", "--out", "run", *words], folder)
    journal = folder / "run" / "journal.jsonl"
    started.wait_for(lambda: journal.is_file() and b'"event":"beat"' in journal.read_bytes())
    return started


def kill(started: Started, word: str) -> int:
    """End the run's process with this word in its command line, as a crash would."""
    (pid,) = [pid for pid, command in started.processes().items() if word in command]
    os.kill(pid, signal.SIGKILL)
    return pid


def well_ended(started: Started, folder: Path) -> Run:
    run = started.finish(folder / "run")
    assert run.status == 0, run.text + run.errors
    assert "Traceback" not in run.text + run.errors
    assert run.beats()[-1][0] == "away"
    assert "ended at 'away'" in run.text.splitlines()[-1]
    assert not started.left_behind(), started.left_behind()
    return run


@pytest.mark.long
def test_a_run_in_real_time_replays_and_leaves_nothing_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = started_show(tmp_path)
    commands = list(started.processes().values())
    assert any("spawn_main" in command for command in commands)
    assert any("devices.sim" in command for command in commands)
    run = well_ended(started, tmp_path)
    assert run.errors == "" and [scene for scene, _ in run.beats()] == ["shore", "away"]
    assert run.journal.header.clock == "monotonic"
    assert sorted(said_devices(run.journal, "parked")) == sorted(
        ["seat_a", "shaker_a", "lights", "air", "haze", "scents"]
    )
    for word in ("<svg", "seat_a", "lights", "monotonic, real time"):
        assert word in run.report
    # What each twin received and when lies beside the journal.
    assert {"seat_a.jsonl", "lights.jsonl", "shaker_a.jsonl"} <= {
        path.name for path in (run.folder / "twins").iterdir()
    }
    assert main(["replay", str(run.folder)]) == 0
    assert "the same" in capsys.readouterr().out


@pytest.mark.long
def test_a_bus_that_dies_is_started_again_on_the_same_grid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = started_show(tmp_path, "--speed", "10")
    kill(started, "spawn_main")
    run = well_ended(started, tmp_path)
    (again,) = [event for event in run.journal.of_kind("device") if event.fields["what"] == "restart"]
    said = run.text.partition("bus ended unexpectedly (exit status -9); ")[2]
    assert said.startswith(("nothing is lost, the other one goes on", "it is started again"))
    assert "held up" not in run.text
    # It rejoins: it takes up the present transport and later ones, and every device is parked by it.
    adopted = [event for event in run.journal.of_kind("adopt") if event.at_ns > again.at_ns]
    assert len(adopted) >= 2
    assert all(event.at_ns % 1_000_000 == 0 for event in run.journal.of_kind("frames"))
    assert len(said_devices(run.journal, "parked")) == 6
    assert "bus ended unexpectedly" in run.report
    assert main(["replay", str(run.folder)]) == 0
    assert "the same" in capsys.readouterr().out


@pytest.mark.long
def test_devices_that_vanish_mid_show_are_said_and_the_show_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All twins at once: a power cut on the rig."""
    started = started_show(tmp_path, "--speed", "10", "--from", "away")
    kill(started, "devices.sim")
    run = well_ended(started, tmp_path)
    gone = said_devices(run.journal, "gone")
    assert {"seat_a", "shaker_a", "lights"} <= set(gone)
    (seat,) = [line for line in run.text.splitlines() if line.startswith("device seat_a")]
    assert "went away" in seat and "the show goes on without it" in seat
    assert "seat_a went away" in run.report
    assert main(["replay", str(run.folder)]) == 0
    assert "the same" in capsys.readouterr().out


@pytest.mark.long
def test_a_headset_that_is_insisted_on_and_not_there_ends_the_run_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "runtime.json"
    manifest.write_text(
        '{"file_format_version": "1.0.0", "runtime": {"library_path": "/nowhere/librt.so"}}', encoding="utf-8"
    )
    monkeypatch.setenv("XR_RUNTIME_JSON", str(manifest))
    monkeypatch.delenv("DISPLAY", raising=False)
    out = tmp_path / "out"
    assert main(["play", "first_light", "--require-xr", "--quiet", "--out", str(out)]) == 1
    said = capfd.readouterr()
    assert "--require-xr: " in said.err
    assert "scene shore" not in said.out


@pytest.mark.long
def test_what_the_sound_says_is_in_the_journal(tmp_path: Path) -> None:
    """A file that was cut off by a full disk: silent, said, and found again weeks later."""
    package = tmp_path / "package"
    shutil.copytree(find_package("first_light"), package)
    (package / "audio").mkdir()
    (package / "audio" / "gull.flac").write_bytes(b"fLaC\x00\x00\x00\x22")
    with (package / "experience.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write(
            "assets:\n  audio/gull.flac: {source: this test, licence: CC0-1.0, made_by: generator}\n"
        )
    scene = package / "scenes" / "shore.yaml"
    text = scene.read_text(encoding="utf-8")
    cue = "  - {kind: audio, cues: [{at: 1s, file: audio/gull.flac}]}\n"
    scene.write_text(text.replace("tracks:\n", "tracks:\n" + cue), encoding="utf-8")
    rig = tmp_path / "rig.yaml"
    studio = Path(str(engine.__file__)).parent / "experience" / "rigs" / "studio.yaml"
    rig.write_text(
        re.sub(r"(?m)^audio: .*", "audio: {device: none}", studio.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    started = Started(
        ["play", str(package), "--rig", str(rig), "--view", "headless", "--speed", "10", "--no-picture",
         "--quiet", "--seed", "1", "--out", "run"],
        tmp_path,
    )  # fmt: skip
    run = well_ended(started, tmp_path)
    told = [event.fields.get("text", "") for event in run.journal.of_kind("notice")]
    assert any("gull.flac" in line and "stays silent" in line for line in told), (told, run.text)
