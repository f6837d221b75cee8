"""A run on the manual clock: what it plays, what it leaves, and that it is the same every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli import main
from engine.experience.package import load_package
from engine.show.conduct.inputs import Look
from engine.show.conduct.rehearsal import Rehearsal
from engine.story.journal import EVENT_KINDS, SCHEMA
from tests.show.runs import OFFLINE, Run, play_offline, rows_of

REFERENCE = re.compile(r"""(?:src|href|poster|data|action|srcset)\s*=\s*["']?\s*([^"'\s>]+)""", re.IGNORECASE)


def test_first_light_plays_as_scripted(first_light: Run) -> None:
    assert first_light.status == 0
    assert first_light.beats() == [("shore", 0.0), ("away", 20.0)]
    (end,) = first_light.journal.of_kind("end")
    assert (end.fields["how"], end.fields["scene"], end.at_ns) == ("ending", "away", 32_000_000_000)
    assert [event.fields["state"] for event in first_light.journal.of_kind("window")] == ["shown", "open"]


def test_a_new_package_plays_as_scripted(scaffold_run: Run) -> None:
    assert scaffold_run.status == 0
    assert scaffold_run.beats() == [("quay", 0.0), ("water", 18.0)]
    (commit,) = scaffold_run.journal.of_kind("commit")
    assert (commit.fields["scene"], commit.fields["option"], commit.fields["votes"]) == (
        "quay",
        "stay",
        {"stay": 1.0},
    )


def test_the_journal_is_complete_and_versioned(first_light: Run) -> None:
    journal = first_light.journal
    header = rows_of(first_light.folder / "journal.jsonl")[0]
    package = load_package("first_light")
    assert header["schema"] == SCHEMA == "sensorama.journal/1"
    assert (header["package"], header["package_hash"], header["seed"], header["clock"]) == (
        "first_light",
        package.hash,
        1,
        "manual",
    )
    assert {"sensorama", "python", "panda3d", "numpy", "inkpython"} <= set(header["versions"])
    assert header["session"] and header["rig_hash"] and header["started"]
    assert not journal.torn
    assert {event.kind for event in journal.events} <= set(EVENT_KINDS)
    assert {
        "start",
        "input",
        "vote",
        "window",
        "commit",
        "beat",
        "segment",
        "adopt",
        "frames",
        "device",
        "end",
    } <= {event.kind for event in journal.events}
    kinds = [event.kind for event in journal.events]
    assert kinds[0] == "start" and kinds.count("end") == 1


def test_every_input_is_in_the_journal(first_light: Run) -> None:
    inputs = [event.fields["input"] for event in first_light.journal.of_kind("input")]
    assert inputs[0] == {"type": "look", "seat": 0, "target": "option:moon"}
    assert inputs[-1] == {"type": "look", "seat": 0, "target": None}


def test_every_device_is_checked_each_second_and_parked_at_the_end(first_light: Run) -> None:
    journal = first_light.journal
    by_device: dict[str, list[int]] = {}
    for event in journal.of_kind("frames"):
        by_device.setdefault(event.fields["device"], []).append(event.fields["second"])
    assert set(by_device) == {"seat_a", "shaker_a", "lights", "air", "haze", "scents"}
    assert all(seconds == list(range(1, 35)) for seconds in by_device.values())
    parked = {
        event.fields["device"] for event in journal.of_kind("device") if event.fields["what"] == "parked"
    }
    assert parked == set(by_device)


def test_the_report_is_one_page_that_asks_nobody_for_anything(first_light: Run, scaffold_run: Run) -> None:
    for run in (first_light, scaffold_run):
        page = run.report
        for reference in REFERENCE.findall(page):
            assert reference.startswith(("data:", "#")), reference
        assert "<script" not in page.lower() and "url(" not in page.lower() and "@import" not in page.lower()
        assert "<!doctype html>" in page[:100].lower()


def test_the_report_tells_the_run(first_light: Run) -> None:
    page = first_light.report
    for words in ("First Light", "初光", "The show played to its ending", "shore", "away", "moon", "seat_a"):
        assert words in page, words
    assert page.count("<svg") >= 3  # the graph, curves, lateness


def test_nothing_else_is_left(first_light: Run) -> None:
    assert sorted(path.name for path in first_light.folder.iterdir()) == [
        "frames",
        "journal.jsonl",
        "report.html",
    ]


def test_the_same_seed_plays_the_same_show(first_light: Run, tmp_path: Path) -> None:
    again = play_offline(tmp_path / "again", "first_light", "--seed", "1")
    assert again.story() == first_light.story()
    assert again.journal.header.session != first_light.journal.header.session


def test_seeds_reach_every_option(scaffold: Path, tmp_path: Path) -> None:
    quay = load_package(scaffold).scene("quay")
    drawn = {
        seed: next(
            event.target
            for _, event in Rehearsal(seed)(quay, ("follow", "stay"), 0)
            if isinstance(event, Look)
        )
        for seed in range(20)
    }
    assert set(drawn.values()) == {"option:follow", "option:stay"}
    stays = next(seed for seed, target in drawn.items() if target == "option:stay")
    assert play_offline(tmp_path / "run", str(scaffold), "--seed", str(stays)).beats()[-1][0] == "water"


def test_without_a_guest_the_default_is_taken(scaffold: Path, tmp_path: Path) -> None:
    run = play_offline(tmp_path / "run", str(scaffold))
    assert run.beats()[-1][0] == "lamp"
    (commit,) = run.journal.of_kind("commit")
    assert commit.fields["votes"] == {} and not run.journal.of_kind("input")


def test_a_dash_leaves_a_choice_to_its_default(scaffold: Path, tmp_path: Path) -> None:
    assert (
        play_offline(tmp_path / "run", str(scaffold), "--choices", "-", "--seed", "3").beats()[-1][0]
        == "lamp"
    )


def test_from_begins_inside_a_scene(scaffold: Path, tmp_path: Path) -> None:
    run = play_offline(tmp_path / "run", str(scaffold), "--from", "quay@10s", "--choices", "stay")
    assert run.status == 0
    first = run.journal.of_kind("segment")[0]
    assert (first.fields["kind"], first.fields["at_fl"]) == ("seek", 10 * 705_600_000)
    assert run.beats() == [("quay", 0.0), ("water", 8.0)]
    assert run.journal.of_kind("start")[0].fields["scene"] == "quay"


def test_from_after_the_close_takes_the_default_at_once(scaffold: Path, tmp_path: Path) -> None:
    run = play_offline(tmp_path / "run", str(scaffold), "--from", "quay@15s", "--choices", "stay")
    assert run.status == 0 and run.beats() == [("quay", 0.0), ("lamp", 3.0)]


def test_from_inside_the_last_scene(scaffold: Path, tmp_path: Path) -> None:
    run = play_offline(tmp_path / "run", str(scaffold), "--from", "lamp")
    assert [scene for scene, _ in run.beats()] == ["lamp"] and run.status == 0


def test_the_language_is_an_input_of_the_run(scaffold: Path, tmp_path: Path) -> None:
    run = play_offline(tmp_path / "run", str(scaffold), "--language", "zh")
    (chosen,) = run.journal.of_kind("input")
    assert chosen.at_ns == 0
    assert chosen.fields["input"] == {"type": "operator", "action": "language", "value": 1, "name": ""}


def test_speed_max_is_the_manual_clock(tmp_path: Path, scaffold: Path, scaffold_run: Run) -> None:
    run = play_offline(tmp_path / "run", str(scaffold), "--choices", "stay", "--speed", "max")
    assert run.story() == scaffold_run.story()


def test_the_last_line_names_the_end_and_the_report(
    scaffold: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play_offline(tmp_path / "run", str(scaffold), "--choices", "stay")
    last = capsys.readouterr().out.splitlines()[-1]
    assert "ended at 'water'" in last and str(tmp_path / "run" / "report.html") in last


def test_without_out_a_folder_of_its_own_is_made(
    scaffold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["play", str(scaffold), *OFFLINE, "--from", "lamp@11s"]) == 0
    made = sorted((tmp_path / "runs").iterdir())
    assert len(made) == 2 and all((folder / "journal.jsonl").is_file() for folder in made)


@pytest.mark.parametrize("name", ["first_light", "scaffold"])
def test_a_packages_hash_follows_its_content(
    name: str, scaffold: Path, copy_of: Callable[[Path | str], Path]
) -> None:
    folder = copy_of(name if name != "scaffold" else scaffold)
    before = load_package(folder).hash
    captions = folder / "captions" / "en.yaml"
    captions.write_text(captions.read_text(encoding="utf-8") + "# a word more\n", encoding="utf-8")
    assert load_package(folder).hash != before
