"""Motion from a log, end to end: `check` tells what is odd about the log with its line, a run plays it, the report shows it."""

from __future__ import annotations

import math
from dataclasses import replace as changed
from pathlib import Path

import pytest

from engine.cli import main
from engine.errors import InputError, PackageError, Place
from engine.experience.package import load_package
from engine.experience.rig import AxisLimits, DeviceSpec, load_rig
from engine.motion.cueing.apply import fit_problems, fitted, motion_fits
from engine.show import reporting
from engine.show.motion_figures import motion_figures, motion_rows
from tests.experience.packages import good_package, replace
from tests.motion.cueing.cases import hexapod

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
    assert page.count("<td>data/") == 2 and page.count("a machine") == 1
    assert page.index('<table class="fits">') < page.index('<figure class="cueing">')
    assert "Machine-made tracks" in page and "机器生成的轨道" in page
    assert main(["replay", str(tmp_path / "run/journal.jsonl")]) == 0


def test_the_command_says_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = package(tmp_path, ride(10), ride(2))
    assert main(["check", str(made), "--rig", "cinema4d"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "ride.csv:1: warning:" in line]
    assert any("columns that are not used: mood" in line for line in told)


def test_a_row_says_what_a_guest_feels_wrong_and_who_made_it(tmp_path: Path) -> None:
    loaded, rig = load_package(package(tmp_path, ride(10), ride(2)), hashed=False), load_rig("cinema4d")
    scene, bump = motion_rows(loaded, rig, ["lamp"])
    assert (scene.scene, scene.reaction, scene.role) == ("lamp", "", "seat.motion")
    assert (scene.source, scene.cueing, scene.machine_made) == ("data/ride.csv", "fit", True)
    assert (bump.reaction, bump.source, bump.machine_made) == ("bump", "data/bump.csv", False)
    (fit,) = (fit for fit in motion_fits(loaded, rig) if not fit.reaction)
    assert scene.force_mps2 == pytest.approx(math.hypot(*fit.error.force_rms_mps2))
    assert scene.turn_dps == pytest.approx(math.hypot(*fit.error.turn_rms_dps))
    assert scene.noticed == pytest.approx(fit.error.noticed)
    poses = abs(fit.fitted.control).max(axis=0) / fit.workspace.high
    assert 0.9 * poses.max() < scene.stroke <= min(poses.max(), 1.0)
    assert motion_rows(loaded, rig, ["elsewhere"]) == []


def _wide(device: DeviceSpec) -> dict[str, AxisLimits]:
    """Axes that would go ten times as far, if the legs let them."""
    return {
        axis: changed(limit, low=10 * limit.low, high=10 * limit.high)
        for axis, limit in device.limits.items()
    }


def test_legs_count_as_stroke(tmp_path: Path) -> None:
    loaded, rig = load_package(package(tmp_path, ride(4), ride(2)), hashed=False), load_rig("cinema4d")
    devices = tuple(
        changed(device, platform=hexapod(), limits=limits) if device.name.startswith("seat_") else device
        for device, limits in ((device, _wide(device)) for device in rig.devices)
    )
    legged = changed(rig, devices=devices)
    (fit,) = (fit for fit in motion_fits(loaded, legged) if not fit.reaction)
    axes = (abs(fit.fitted.control).max(axis=0) / fit.workspace.high).max()
    assert axes < motion_rows(loaded, legged, ["lamp"])[0].stroke <= 1.0


def test_where_no_seat_moves_nothing_was_given(tmp_path: Path) -> None:
    loaded, rig = load_package(package(tmp_path, ride(4), ride(2)), hashed=False), load_rig("cinema4d")
    rumble = tuple(target for target in rig.roles["seat.motion"] if target.rendered_as or not target.device)
    assert motion_figures(loaded, changed(rig, roles={**rig.roles, "seat.motion": rumble}), ["lamp"]) == []


def test_a_log_that_went_away_does_not_cost_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> list[str]:
        raise InputError("it is not there any more", Place("data/ride.csv"))

    monkeypatch.setattr(reporting, "motion_figures", gone)
    made = package(tmp_path, ride(10), ride(2))
    words = ["--rig", "cinema4d", "--headless", "--no-picture", "--no-sound", "--quiet", "--choices", "-"]
    assert main(["play", str(made), *words, "--out", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "cannot be shown: data/ride.csv: it is not there any more" in page


def test_a_report_without_derived_motion_says_nothing_of_it(tmp_path: Path) -> None:
    made = good_package(tmp_path)
    words = ["--headless", "--no-picture", "--no-sound", "--quiet", "--choices", "-"]
    assert main(["play", str(made), *words, "--out", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    assert "wanted and given" not in page and "Machine-made" not in page
