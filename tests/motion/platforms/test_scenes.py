"""Scenes whose motion the legs of a rig cannot follow, though every axis could by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.experience import load_package, load_rig
from engine.experience.scaffold import new_package
from engine.motion.platforms.check import problems_of
from engine.motion.platforms.scenes import scene_problems
from tests.bus.platform_rigs import cinema

OWN = "amplitude: {roll: 0.6deg, heave: 6mm}"


def told(tmp_path: Path, amplitude: str, hz: str = "0.18") -> list[str]:
    folder = new_package("small", tmp_path)
    scene = folder / "scenes" / "lamp.yaml"
    text = scene.read_text(encoding="utf-8").replace("hz: 0.18", f"hz: {hz}")
    scene.write_text(text.replace(OWN, f"amplitude: {{{amplitude}}}"), encoding="utf-8")
    rig = load_rig(cinema(tmp_path))
    assert problems_of(rig) == []
    found = scene_problems(load_package(folder), rig)
    assert all(problem.severity == "warning" and problem.code == "motion-legs" for problem in found)
    assert all(problem.place.path.endswith("lamp.yaml") for problem in found)
    return [problem.message for problem in found]


def test_gentle_motion_is_not_told_of(tmp_path: Path) -> None:
    assert told(tmp_path, "roll: 0.6deg, heave: 6mm") == []


def test_several_axes_at_once_may_be_out_of_stroke(tmp_path: Path) -> None:
    (message,) = told(
        tmp_path, "surge: 40mm, sway: 40mm, heave: 50mm, roll: 8deg, pitch: 8deg, yaw: 6deg", "0.05"
    )
    assert message.startswith("seat.motion: leg_")
    assert "the stroke of seat_a is 0..250 mm (rig cinema.yaml)" in message


def test_what_an_axis_does_too_far_by_itself_is_left_to_its_own_check(tmp_path: Path) -> None:
    assert told(tmp_path, "heave: 900mm", "0.05") == []


def test_legs_that_would_have_to_be_faster_are_told_of(tmp_path: Path) -> None:
    (message,) = told(tmp_path, "sway: 30mm, heave: 40mm, roll: 2deg", "2")
    assert "would move at" in message and "that of seat_a does 500 mm/s" in message


@pytest.mark.parametrize("rig", ["studio", "cinema4d"])
def test_rigs_without_platforms_say_nothing(tmp_path: Path, rig: str) -> None:
    assert scene_problems(load_package(new_package("small", tmp_path)), load_rig(rig)) == []
