"""Everything that is wrong with a rig's platforms, all at once and at its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import RigError
from engine.experience import load_rig, resolve
from engine.experience.rig import Rig
from engine.motion.platforms.check import problems_of
from engine.show.rig_check import checked_devices
from engine.timeline.roles import RoleTable
from tests.motion.platforms.platforms import hexapod

SOUND = """\
sensorama_rig: 1
name: {en: Small}
seats:
  a: {}
devices:
  seat_a:
    driver: amc
    seat: a
    limits:
      surge: {range: [-40mm, 40mm], velocity: 200mm/s, acceleration: 1500mm/s2, jerk: 20m/s3}
      sway: {range: [-40mm, 40mm], velocity: 200mm/s, acceleration: 1500mm/s2, jerk: 20m/s3}
      heave: {range: [-50mm, 50mm], velocity: 250mm/s, acceleration: 2500mm/s2, jerk: 30m/s3}
      roll: {range: [-8deg, 8deg], velocity: 20deg/s, acceleration: 120deg/s2, jerk: 1500deg/s3}
      pitch: {range: [-8deg, 8deg], velocity: 20deg/s, acceleration: 120deg/s2, jerk: 1500deg/s3}
      yaw: {range: [-6deg, 6deg], velocity: 20deg/s, acceleration: 120deg/s2, jerk: 1500deg/s3}
    safe: {heave: -50mm}
    settings: {}
    platform:
      kind: hexapod
      home: 620mm
      pivot: [0, 0, 300mm]
      base: {radius: 0.7m, spread: 20deg}
      moving: {radius: 0.5m, spread: 20deg}
      actuators: {length: 650mm, stroke: [0, 200mm], velocity: 500mm/s, acceleration: 5m/s2}
"""
POSTS = """\
      kind: heave_pitch_roll
      at: [[0, 400mm], [-400mm, -300mm], [400mm, -300mm]]
      actuators: {stroke: [0, 200mm], velocity: 500mm/s, acceleration: 6m/s2}
"""


def rig_of(tmp_path: Path, text: str) -> Rig:
    path = tmp_path / "rig.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rig(path)


def said(tmp_path: Path, *changes: tuple[str, str], text: str = SOUND) -> list[str]:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return [f"{row.place.line}: {row.message}" for row in problems_of(rig_of(tmp_path, text))]


def test_a_sound_platform_has_no_problem(tmp_path: Path) -> None:
    assert said(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("home: 620mm", "home: 300mm", 18, "at home leg_1 is at"),
        ("home: 620mm", "home: 900mm", 18, "outside its stroke 0..200 mm"),
        ("moving: {radius: 0.5m, spread: 20deg}", "moving: {radius: 0.5m, spread: 0deg}", 23, "meet in one joint on the plate"),
        ("range: [-50mm, 50mm]", "range: [-50mm, 120mm]", 12, "heave of 120 mm cannot be reached: the stroke of leg_1"),
        ("range: [-6deg, 6deg]", "range: [-60deg, 6deg]", 15, "yaw of -60 deg cannot be reached"),
        ("velocity: 250mm/s", "velocity: 900mm/s", 12, "velocity of heave is 900 mm/s; leg_1 would need"),
        ("acceleration: 2500mm/s2", "acceleration: 9m/s2", 12, "acceleration of heave is 9000 mm/s2"),
        ("range: [-50mm, 50mm]", "range: [10mm, 50mm]", 12, "heave may run 10..50 mm, which leaves out the platform's home"),
        ("safe: {heave: -50mm}", "safe: {surge: -40mm, sway: 40mm, heave: -50mm, roll: 8deg, pitch: 8deg, yaw: 6deg}", 16, "its safe pose"),
        ("settings: {}", "settings: {park: {heave: 140mm}}", 17, "its park pose (heave 140 mm) is outside the workspace"),
    ],
)  # fmt: skip
def test_one_mistake_at_its_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    found = said(tmp_path, (old, new))
    assert any(row.startswith(f"{line}: ") and message in row for row in found), found


def test_reach_and_speed_are_said_in_figures(tmp_path: Path) -> None:
    (far,) = problems_of(rig_of(tmp_path, SOUND.replace("range: [-50mm, 50mm]", "range: [-50mm, 120mm]")))
    assert far.hint.startswith("allow no more than ")
    reach_mm = float(far.hint.split()[-2])
    assert far.message.endswith(f"ends at {reach_mm:.4g} mm")
    assert said(tmp_path, ("range: [-50mm, 50mm]", f"range: [-50mm, {reach_mm - 0.1}mm]")) == []
    (fast,) = problems_of(rig_of(tmp_path, SOUND.replace("velocity: 250mm/s", "velocity: 900mm/s")))
    most = fast.hint.removeprefix("allow no more than ").replace(" ", "")
    assert said(tmp_path, ("velocity: 250mm/s", f"velocity: {float(most[:-4]) - 0.1}mm/s")) == []


def test_equal_hexagons_cannot_hold_their_home(tmp_path: Path) -> None:
    hexagon = "{radius: 0.5m, angles: [0deg, 60deg, 120deg, 180deg, 240deg, 300deg]}"
    (row,) = said(
        tmp_path,
        ("{radius: 0.7m, spread: 20deg}", hexagon),
        ("{radius: 0.5m, spread: 20deg}", hexagon),
        ("length: 650mm", "length: 520mm"),
    )
    assert row.startswith("18: seat_a: the platform cannot hold its home")


def test_a_flat_platform_hardly_holds_its_home(tmp_path: Path) -> None:
    (row,) = said(tmp_path, ("home: 620mm", "home: 15mm"), ("length: 650mm", "length: 300mm"))
    assert "hardly holds its home" in row


def test_struts_that_are_one_are_told(tmp_path: Path) -> None:
    points = "[[0, 0.5], [0, 0.5], [-0.5, 0], [0, -0.5], [0.5, 0], [0.3, 0.3]]".replace("]", ", 0]").replace(
        "], 0]", "]]"
    )
    found = said(
        tmp_path, ("{radius: 0.7m, spread: 20deg}", points), ("{radius: 0.5m, spread: 20deg}", points)
    )
    assert any("leg_1 and leg_2 have both joints in common: they are one strut" in row for row in found), (
        found
    )


def test_joints_on_a_line_are_told(tmp_path: Path) -> None:
    points = str([[0.1 * number, 0.2 * number, 0] for number in range(6)])
    found = said(tmp_path, ("{radius: 0.7m, spread: 20deg}", points))
    assert any(row.startswith("22: ") and "`base` lie on one line" in row for row in found), found


def test_posts_on_a_line_or_in_one_place_are_told(tmp_path: Path) -> None:
    text = SOUND[: SOUND.index("      kind:")] + POSTS
    found = said(tmp_path, ("[400mm, -300mm]", "[-400mm, -300mm]"), text=text)
    assert any("post_2 and post_3 stand in one place" in row for row in found)
    assert any("all posts stand on one line" in row for row in found)


def test_axes_that_the_platform_does_not_move_are_told(tmp_path: Path) -> None:
    found = said(tmp_path, text=SOUND[: SOUND.index("      kind:")] + POSTS)
    assert [row.split(":")[0] for row in found] == ["10", "11", "15"]
    assert "surge may run -40..40 mm, but a heave_pitch_roll does not move it" in found[0]


def test_two_platforms_for_one_axis_are_told(tmp_path: Path) -> None:
    table = "{stroke: [-20deg, 20deg], velocity: 30deg/s, acceleration: 100deg/s2}"
    found = said(tmp_path, text=SOUND + f"      under: {{kind: yaw_base, actuators: {table}}}\n")
    assert found == ["25: seat_a: yaw_base and hexapod both move yaw; only one of them may"]


def test_a_singularity_inside_the_workspace_is_told(tmp_path: Path) -> None:
    """Strokes long enough to wind the plate up to where all struts lie in the sense of the twist."""
    found = said(
        tmp_path,
        ("range: [-6deg, 6deg]", "range: [-100deg, 100deg]"),
        ("length: 650mm, stroke: [0, 200mm]", "length: 100mm, stroke: [0, 2m]"),
    )
    (row,) = [row for row in found if "hardly holds" in row]
    assert row.startswith("9: ") and "yaw -100 deg" in row


def test_check_and_play_refuse(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, SOUND.replace("home: 620mm", "home: 300mm"))
    roles = RoleTable.of(())
    with pytest.raises(RigError, match=r"rig.yaml:18: seat_a: at home leg_1"):
        checked_devices(rig, resolve(rig, roles), roles)


def test_several_mistakes_are_told_in_one_go(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        ("range: [-50mm, 50mm]", "range: [-50mm, 120mm]"),
        ("velocity: 200mm/s", "velocity: 2m/s"),
        ("settings: {}", "settings: {park: {heave: 140mm}}"),
    )
    assert [row.split(":")[0] for row in found] == ["10", "11", "12", "17"]


def test_values_that_are_no_numbers_are_told() -> None:
    """They cannot come from a file; whoever builds a rig in a program hears of them too."""
    rig = load_rig("studio")
    spec = hexapod()
    broken = replace(
        spec, actuators=(replace(spec.actuators[0], base_m=(np.nan, 0.0, 0.0)), *spec.actuators[1:])
    )
    device = replace(rig.devices[0], platform=broken)
    (problem,) = problems_of(replace(rig, devices=(device,)))
    assert "leg_1 has a value that is no number" in problem.message
