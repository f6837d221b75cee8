"""The platform of a device and arrays of seats, as rigs write them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine.errors import RigError
from engine.experience import load_rig
from engine.experience.platform import ActuatorSpec, PlatformSpec
from engine.experience.rig import Rig

HEAD = """\
sensorama_rig: 1
name: {en: Small}
seats:
  a: {}
devices:
  seat_a:
    driver: amc
    seat: a
    platform:
"""
HEXAPOD = """\
      kind: hexapod
      home: 620mm
      base: {radius: 700mm, spread: 20deg}
      moving: {radius: 0.5m, spread: 20deg, height: -50mm}
      actuators: {length: 650mm, stroke: [0, 200mm], velocity: 500mm/s, acceleration: 0.5g}
"""
TABLE = """\
      kind: tilt_table
      convention: RxRyRz
      actuators: {stroke: [-20deg, 20deg], velocity: 30deg/s, acceleration: 100deg/s2}
      under:
        kind: yaw_base
        actuators: {stroke: [-170deg, 170deg], velocity: 60deg/s, acceleration: 90deg/s2, home: 5deg}
"""
POSTS = """\
      kind: heave_pitch_roll
      pivot: [0, 0, 400mm]
      posts_on: seat
      height: 350mm
      at: [[0, 400mm], [-40cm, -0.3m], [0.4, -0.3]]
      actuators:
        - {name: front, stroke: [0, 200mm], velocity: 500mm/s, acceleration: 6m/s2}
        - {name: left, stroke: [0, 200mm], velocity: 500mm/s, acceleration: 6m/s2, home: 80mm}
        - {name: right, stroke: [0, 180mm], velocity: 400mm/s, acceleration: 6m/s2}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rig.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def platform_of(tmp_path: Path, text: str) -> PlatformSpec:
    spec = load_rig(written(tmp_path, HEAD + text)).device("seat_a").platform
    assert spec is not None
    return spec


def mistakes(path: Path) -> list[str]:
    with pytest.raises(RigError) as told:
        load_rig(path)
    return [f"{problem.place.line}: {problem.message}" for problem in told.value.problems]


def test_a_device_has_no_platform_unless_it_says_so() -> None:
    assert load_rig("studio").device("seat_a").platform is None


def test_a_hexapod_of_circles_and_pairs_is_the_one_of_six_joints(tmp_path: Path) -> None:
    short = platform_of(tmp_path, HEXAPOD)
    assert (short.kind, short.convention, short.home_m, short.pivot_m) == (
        "hexapod",
        "RzRyRx",
        (0.0, 0.0, 0.62),
        (0.0, 0.0, 0.0),
    )
    assert [row.name for row in short.actuators] == [f"leg_{number}" for number in range(1, 7)]
    first = short.actuators[0]
    assert (first.low, first.high, first.velocity, first.length_m) == (0.0, 0.2, 0.5, 0.65)
    assert first.acceleration == pytest.approx(4.903325)
    # Left of the front on the base, forward left on the plate.
    assert first.base_m == pytest.approx((-0.1215537, 0.6893654, 0.0))
    assert first.moving_m == pytest.approx((-0.3830222, 0.3213938, -0.05))
    by_angles = platform_of(
        tmp_path,
        HEXAPOD.replace(
            "spread: 20deg}", "angles: [10deg, 110deg, 130deg, 230deg, 250deg, 350deg]}", 1
        ).replace("spread: 20deg,", "angles: [50deg, 70deg, 170deg, 190deg, 290deg, 310deg],"),
    )
    for one, other in zip(short.actuators, by_angles.actuators, strict=True):
        assert one.base_m == pytest.approx(other.base_m)
        assert one.moving_m == pytest.approx(other.moving_m)
    joints = [list(row.base_m) for row in short.actuators]
    listed = platform_of(tmp_path, HEXAPOD.replace("{radius: 700mm, spread: 20deg}", str(joints)))
    assert [row.base_m for row in listed.actuators] == [row.base_m for row in short.actuators]


def test_posts_and_each_of_their_actuators(tmp_path: Path) -> None:
    spec = platform_of(tmp_path, POSTS)
    assert (spec.posts_on, spec.pivot_m) == ("seat", (0.0, 0.0, 0.4))
    assert spec.home_m == pytest.approx((0.0, 0.0, 0.35))
    at = (-0.4, -0.3, 0.0)
    assert spec.actuators[1] == ActuatorSpec("left", at, at, 0.0, 0.2, 0.5, 6.0, home=0.08)
    assert spec.actuators[2].home == 0.09  # the middle


def test_a_table_on_a_yaw_base_is_in_degrees(tmp_path: Path) -> None:
    spec = platform_of(tmp_path, TABLE)
    assert [row.name for row in spec.actuators] == ["pitch", "roll"]
    assert (spec.convention, spec.actuators[0].high, spec.actuators[0].acceleration) == (
        "RxRyRz",
        20.0,
        100.0,
    )
    assert spec.under is not None
    assert (spec.under.kind, spec.under.actuators[0].low, spec.under.actuators[0].home) == (
        "yaw_base",
        -170.0,
        5.0,
    )
    assert pickle.loads(pickle.dumps(spec)) == spec


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "message"),
    [
        (HEXAPOD, "kind: hexapod", "kind: octopod", 10, "octopod"),
        (HEXAPOD, "      home: 620mm\n", "", 9, "a hexapod needs its home"),
        (HEXAPOD, "stroke: [0, 200mm]", "stroke: [200mm, 0]", 14, "the stroke runs from 200mm to 0"),
        (HEXAPOD, "stroke: [0, 200mm]", "stroke: [0, 200deg]", 14, "'200deg' is an angle, not a length"),
        (HEXAPOD, "velocity: 500mm/s", "velocity: 0", 14, "velocity of an actuator is 0; it must be above 0"),
        (HEXAPOD, "velocity: 500mm/s", "velocity: .nan", 14, "nan"),
        (HEXAPOD, "home: 620mm", "home: .inf", 11, "inf"),
        (HEXAPOD, "{radius: 700mm, spread: 20deg}", "[[0, 1, 0]]", 12, "six joints on the base; 1 given"),
        (HEXAPOD, "radius: 700mm, spread: 20deg", "radius: 700mm", 12, "by `angles` or by `spread`"),
        (HEXAPOD, "radius: 700mm", "radius: 0", 12, "base"),
        (HEXAPOD, "home: 620mm", "home: 620mm\n      at: [[0, 0]]", 12, "`at` says nothing of a hexapod"),
        (POSTS, "at: [[0, 400mm], ", "at: [", 14, "has 3 posts; 2 given"),
        (POSTS, "      height: 350mm\n", "", 9, "posts on the seat need its height"),
        (POSTS, "name: left", "name: front", 17, "two actuators are named front"),
        (TABLE, "velocity: 30deg/s", "velocity: 30mm/s", 12, "speed, not"),
        (TABLE, "stroke: [-20deg, 20deg]", "stroke: [-20deg, 20deg], length: 1m", 12, "`length` says nothing of a tilt_table"),
    ],
)  # fmt: skip
def test_one_mistake_at_its_line(
    tmp_path: Path, text: str, old: str, new: str, line: int, message: str
) -> None:
    assert old in text
    found = mistakes(written(tmp_path, HEAD + text.replace(old, new, 1)))
    assert any(row.startswith(f"{line}: ") and message in row for row in found), found


def test_several_mistakes_are_told_in_one_go(tmp_path: Path) -> None:
    text = HEXAPOD.replace("      home: 620mm\n", "").replace("velocity: 500mm/s", "velocity: 0")
    assert len(mistakes(written(tmp_path, HEAD + text.replace("[0, 200mm]", "[1m, 200mm]")))) == 3


ARRAY = """\
sensorama_rig: 1
name: {en: Hall}
seats:
  front: {at: [0, 5, 0], phase: 40ms}
devices:
  fan: {driver: artnet, rate_hz: 40}
arrays:
  bank:
    rows: 2
    columns: 3
    names: "s{row}_{column}"
    spacing: {row: [0, -1.2m, 300mm], column: [0.7m, 0, 0]}
    phase: {row: 40ms, column: 5ms}
    seat: {at: [-1, 2, 0], heading: 10deg, phase: 10ms}
    devices:
      motion:
        driver: amc
        port: udp://10.0.{row}.{column+100}:5000
        limits:
          heave: {range: [-50mm, 50mm], velocity: 250mm/s, acceleration: 2500mm/s2, jerk: 30000mm/s3}
      lamp: {driver: artnet, settings: {universe: "{index+9}", note: "row {row} of {array}"}}
    roles:
      seat.motion: [{device: motion}, none]
      air.wind: [{device: fan}, {device: lamp, gain: 0.5}]
roles:
  seat.motion: [{device: fan}, none]
"""


def hall(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = ARRAY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return written(tmp_path, text)


def test_an_array_is_rows_and_columns_of_seats(tmp_path: Path) -> None:
    rig: Rig = load_rig(hall(tmp_path))
    assert [seat.name for seat in rig.seats] == ["front", "s1_1", "s1_2", "s1_3", "s2_1", "s2_2", "s2_3"]
    last = rig.seats[6]
    assert last.at_m == pytest.approx((0.4, 0.8, 0.3))
    assert last.heading_deg == 10.0
    assert [seat.phase_ns // 1_000_000 for seat in rig.seats] == [40, 10, 15, 20, 50, 55, 60]


def test_its_devices_belong_to_their_seats(tmp_path: Path) -> None:
    rig = load_rig(hall(tmp_path))
    motion, lamp = rig.device("s2_3_motion"), rig.device("s2_3_lamp")
    assert (motion.seat, motion.port) == (6, "udp://10.0.2.103:5000")
    assert lamp.settings == {"universe": 15, "note": "row 2 of bank"}
    assert motion.place.line == 16 and motion.place_of("limits", "heave", "velocity").line == 20


def test_its_roles_come_before_none_and_after_the_rigs_own(tmp_path: Path) -> None:
    rig = load_rig(hall(tmp_path))
    motion = rig.roles["seat.motion"]
    assert [target.device for target in motion] == [
        "fan", "s1_1_motion", "s1_2_motion", "s1_3_motion", "s2_1_motion", "s2_2_motion", "s2_3_motion", None,
    ]  # fmt: skip
    wind = rig.roles["air.wind"]
    assert [target.device for target in wind][:2] == ["fan", "s1_1_lamp"]
    assert {target.gain for target in wind[1:]} == {0.5}
    assert wind[1].place is not None and wind[1].place.line == 24


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("velocity: 250mm/s", "velocity: 0", 20, "velocity of heave is 0"),
        ("range: [-50mm, 50mm]", "range: [50mm, -50mm]", 20, "runs from 0.05 down to -0.05"),
        ("columns: 3", "columns: 0", 10, "columns"),
        ('"s{row}_{column}"', '"s{row}"', 11, "gives two seats one name"),
        ('"s{row}_{column}"', '"S{row}_{column}"', 14, "is not a name"),
        ("  front:", "  s1_2:", 11, "seats has a s1_2 already"),
        ("rows: 2", "rowz: 2", 9, "rowz"),
        ("heading: 10deg", "heading: 10mm", 14, "angle"),
        ("{device: lamp, gain: 0.5}", "{device: lantern}", 24, "the device 'lantern', which the rig does not have"),
        ("phase: {row: 40ms, column: 5ms}", "phase: {row: 40s, column: 5ms}", 14, "phase"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_template_is_told_once_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    found = mistakes(hall(tmp_path, (old, new)))
    hits = [row for row in found if row.startswith(f"{line}: ") and message in row]
    assert hits, found
    assert len(set(found)) == len(found)


def test_a_rig_of_arrays_alone_has_seats_enough(tmp_path: Path) -> None:
    path = hall(tmp_path, ("seats:\n  front: {at: [0, 5, 0], phase: 40ms}\n", ""))
    assert len(load_rig(path).seats) == 6
    text = "sensorama_rig: 1\nname: {en: Nobody}\n"
    assert mistakes(written(tmp_path, text)) == ["1: the rig has no seat"]


def test_phases_are_at_most_ten_seconds(tmp_path: Path) -> None:
    (row,) = mistakes(hall(tmp_path, ("phase: 40ms}", "phase: 11s}")))
    assert row.startswith("4: ")


@pytest.mark.slow
def test_hundreds_of_seats_are_read(tmp_path: Path) -> None:
    path = hall(
        tmp_path, ("rows: 2", "rows: 20"), ("columns: 3", "columns: 25"), ("{column+100}", "{column}")
    )
    rig = load_rig(path)
    assert (len(rig.seats), len(rig.devices)) == (501, 1001)
    assert rig.seats[500].phase_ns == (10 + 19 * 40 + 24 * 5) * 1_000_000
