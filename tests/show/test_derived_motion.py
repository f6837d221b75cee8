"""Motion from a log, end to end: `check` tells what is odd about the log with its line, a run plays it, the report shows it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.cli import main
from engine.errors import PackageError
from engine.experience.package import load_package
from engine.experience.rig import load_rig
from engine.motion.cueing.apply import fit_problems, fitted
from tests.experience.packages import good_package, replace

HEAD = "time [s],acc_x [m/s2],acc_y [m/s2],acc_z [m/s2],mood\n"
TRACK = "tracks:\n  - {role: seat.motion, kind: motion, from: {telemetry: data/ride.csv}, made_by: machine}\n"
REACTION = """
reactions:
  bump:
    duration: 2s
    tracks:
      - {role: seat.motion, kind: motion, from: {telemetry: data/bump.csv}}
triggers:
  - {id: bump_key, on: key, key: b, do: {reaction: bump}, cooldown: 3s}
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSORAMA_CACHE", str(tmp_path / "cache"))


def ride(seconds: float) -> str:
    rows = [
        f"{n / 20:.2f},{0.4 * math.sin(n / 25):.4f},{0.8 * math.sin(n / 15):.4f},9.80665,good"
        for n in range(round(seconds * 20))
    ]
    return HEAD + "\n".join(rows) + "\n"


def package(folder: Path, ride_csv: str, bump_csv: str) -> Path:
    made = good_package(folder)
    replace("scenes/lamp.yaml", "tracks:\n", TRACK)(made)
    path = made / "scenes/lamp.yaml"
    path.write_text(path.read_text() + REACTION)
    (made / "data").mkdir(exist_ok=True)
    (made / "data/ride.csv").write_text(ride_csv)
    (made / "data/bump.csv").write_text(bump_csv)
    return made


def test_check_tells_what_was_assumed_in_a_log_once_and_where(tmp_path: Path) -> None:
    made = load_package(package(tmp_path, ride(10), ride(2)), hashed=False)
    notices = [str(problem) for problem in fit_problems(made, load_rig("cinema4d"))]
    assert len([text for text in notices if "columns that are not used: mood" in text]) == 2  # one a log
    assert any("ride.csv:1" in text for text in notices)
    assert any("bump.csv:1" in text for text in notices)


def test_mistakes_of_all_logs_are_told_together_with_their_lines(tmp_path: Path) -> None:
    bad = ride(2).replace("0.30,", "0.30,x", 1)
    made = load_package(package(tmp_path, bad, HEAD.replace("acc", "smell") + "0,1,2,3,4\n"), hashed=False)
    told = [problem for problem in fit_problems(made, load_rig("cinema4d")) if problem.severity == "error"]
    assert any("ride.csv:8" in str(problem) for problem in told)
    assert any("bump.csv" in str(problem) for problem in told)
    with pytest.raises(PackageError) as caught:
        fitted(made, load_rig("cinema4d"))
    assert "ride.csv:8" in str(caught.value) and "bump.csv" in str(caught.value)


def test_a_run_plays_a_log_and_its_report_shows_wanted_and_given(tmp_path: Path) -> None:
    made = package(tmp_path, ride(10), ride(2))
    words = ["--rig", "cinema4d", "--headless", "--no-picture", "--no-sound", "--quiet", "--choices", "-"]
    assert main(["play", str(made), *words, "--out", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "Seat motion: wanted and given" in page and "座椅运动：期望与实际" in page
    assert page.count('<figure class="cueing">') == 2  # the scene's track and its reaction's
    assert "felt error" in page and "可感误差" in page
    assert "Machine-made tracks" in page and "机器生成的轨道" in page
    assert main(["replay", str(tmp_path / "run/journal.jsonl")]) == 0


def test_a_report_without_derived_motion_says_nothing_of_it(tmp_path: Path) -> None:
    made = good_package(tmp_path)
    words = ["--headless", "--no-picture", "--no-sound", "--quiet", "--choices", "-"]
    assert main(["play", str(made), *words, "--out", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "wanted and given" not in page and "Machine-made" not in page
