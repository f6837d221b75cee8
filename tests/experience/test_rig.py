"""Rig files: the ones we ship, quantities and their units, and every mistake with its line in one go."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine.errors import RigError, UsageError
from engine.experience import bundled_rigs, load_rig
from engine.experience.rig import DEFAULT_RIG, AxisLimits, quantity
from engine.units import MOTION_AXES

SMALL = """\
sensorama_rig: 1
name: {en: Small}
bus: {tick_hz: 500, watchdog: 400ms}
seats:
  a: {at: [0, 1, 0], heading: 10deg}
devices:
  seat_a:
    driver: amc
    port: twin
    seat: a
    rate_hz: 200
    latency: {dead: 20ms, lag: 30ms}
    limits:
      heave: {range: [-50mm, 5cm], velocity: 250mm/s, acceleration: 2.5m/s2, jerk: 30000mm/s3}
    safe: {heave: -50mm}
    settings: {baud: 250000, axes: [heave, {name: roll}]}
  lights: {driver: artnet, rate_hz: 40}
roles:
  seat.motion: [{device: seat_a}, none]
  light.street: [{device: lights, group: street, gain: 0.5}]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rig.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def lines_of(error: RigError) -> list[str]:
    return [f"{problem.place.line}: {problem.message}" for problem in error.problems]


def test_the_default_is_the_studio_on_software_twins() -> None:
    rig = load_rig()
    assert rig.path.stem == DEFAULT_RIG
    assert {device.port for device in rig.devices} == {"twin"}
    assert [seat.name for seat in rig.seats] == ["a"]
    limits = rig.device("seat_a").limits
    assert tuple(limits) == MOTION_AXES
    assert limits["heave"] == AxisLimits(-0.05, 0.05, 0.25, 2.5, 30.0)
    assert limits["roll"].velocity == 20.0


@pytest.mark.parametrize("name", bundled_rigs())
def test_every_rig_that_comes_with_the_engine_loads(name: str) -> None:
    rig = load_rig(name)
    assert set(rig.name) >= {"en", "zh"}
    assert rig.watchdog_ns > 0


def test_the_cinema_has_two_seats_with_devices_of_their_own() -> None:
    rig = load_rig("cinema4d")
    assert [seat.name for seat in rig.seats] == ["a", "b"]
    assert {device.seat for device in rig.devices if device.driver == "amc"} == {0, 1}


def test_quantities_become_metres_degrees_and_nanoseconds(tmp_path: Path) -> None:
    rig = load_rig(written(tmp_path, SMALL))
    seat = rig.device("seat_a")
    assert seat.limits["heave"] == AxisLimits(-0.05, 0.05, 0.25, 2.5, 30.0)
    assert (seat.latency.dead_ns, seat.latency.lag_ns, seat.latency.lead_ns) == (
        20_000_000,
        30_000_000,
        50_000_000,
    )
    assert seat.safe == {"heave": -0.05}
    assert seat.seat == 0 and rig.device("lights").seat == -1
    assert (rig.tick_hz, rig.watchdog_ns) == (500, 400_000_000)
    assert rig.seats[0].heading_deg == 10.0 and rig.seats[0].at_m == (0.0, 1.0, 0.0)


def test_settings_reach_the_driver_as_written_and_keep_their_places(tmp_path: Path) -> None:
    seat = load_rig(written(tmp_path, SMALL)).device("seat_a")
    assert seat.settings == {"baud": 250000, "axes": ["heave", {"name": "roll"}]}
    assert seat.place.line == 7
    assert seat.place_of("driver").line == 8
    assert seat.place_of("settings", "axes", 1, "name").line == 16
    assert seat.place_of("limits", "heave", "jerk").line == 14
    assert seat.place_of("no", "such", "thing") == seat.place


def test_a_rig_crosses_a_process_border_unchanged(tmp_path: Path) -> None:
    rig = load_rig(written(tmp_path, SMALL))
    assert pickle.loads(pickle.dumps(rig)) == rig


def test_the_hash_follows_the_bytes(tmp_path: Path) -> None:
    first = load_rig(written(tmp_path, SMALL)).hash
    assert load_rig(written(tmp_path, SMALL)).hash == first
    assert load_rig(written(tmp_path, SMALL + "# a note\n")).hash != first


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("tick_hz: 500", "tick_hz: fast", 3, "not a whole number"),
        ("400ms", "400", 3, "has no unit"),
        ("heading: 10deg", "heading: 10mm", 5, "10mm"),
        ("  a: {at", "  A a: {at", 5, "small letters"),
        ("    port: twin", "    prot: twin", 9, "prot"),
        ("    seat: a", "    seat: z", 10, "no seat 'z'"),
        ("rate_hz: 200", "rate_hz: 0", 11, "greater than 0"),
        ("{dead: 20ms", "{daed: 20ms", 12, "daed"),
        ("[-50mm, 5cm]", "[-50mm, 5]", 14, "has no unit"),
        ("[-50mm, 5cm]", "[50mm, -5cm]", 14, "runs from 0.05 down to -0.05"),
        ("250mm/s", "250mm", 14, "not a speed"),
        ("250mm/s", "-250mm/s", 14, "must be above 0"),
        (", jerk: 30000mm/s3", "", 14, "heave has no limit of jerk"),
        ("{heave: -50mm}", "{heave: low}", 15, "not a length"),
        ("{device: seat_a}", "{device: seat_b}", 19, "'seat_b'"),
        ("[{device: seat_a}, none]", "[none, {device: seat_a}]", 19, "ends the list"),
        ("[{device: seat_a}, none]", "[seat_a]", 19, "{device: seat_a}"),
        ("gain: 0.5", "gain: 5", 20, "less than or equal to 1"),
        ("light.street:", "street:", 20, "family.name"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in SMALL
    with pytest.raises(RigError) as caught:
        load_rig(written(tmp_path, SMALL.replace(old, new, 1)))
    assert [problem.place.line for problem in caught.value.problems] == [line], str(caught.value)
    assert said in str(caught.value)
    assert caught.value.exit_status == 2


def test_mistakes_of_shape_and_of_sense_come_together(tmp_path: Path) -> None:
    text = SMALL
    for old, new in (
        ("tick_hz: 500", "tick_hz: fast"),
        ("    port: twin", "    prot: twin"),
        ("{device: lights,", "{device: lamps,"),
        ("lights: {driver: artnet, rate_hz: 40}", "lights: {driver: artnet, seat: z}"),
    ):
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(RigError) as caught:
        load_rig(written(tmp_path, text))
    assert [problem.place.line for problem in caught.value.problems] == [3, 9, 17, 20], lines_of(caught.value)


def test_a_file_that_is_no_yaml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(RigError) as caught:
        load_rig(written(tmp_path, SMALL.replace("[{device: seat_a}, none]", "[{device: seat_a, none]")))
    assert "not valid YAML" in str(caught.value)


def test_an_unknown_name_lists_the_rigs_there_are() -> None:
    with pytest.raises(UsageError, match=r"'cinema9d'.*cinema4d, studio"):
        load_rig("cinema9d")


@pytest.mark.parametrize(
    ("value", "axis", "order", "expected"),
    [
        ("8mm", "heave", 0, 0.008),
        ("-30deg", "yaw", 0, -30.0),
        ("250mm/s", "surge", 1, 0.25),
        ("120deg/s2", "roll", 2, 120.0),
        ("50%", "wind", 0, 0.5),
        (0.25, "wind", 1, 0.25),
        (0, "heave", 0, 0.0),
    ],
)
def test_units_follow_the_axis(value: float | str, axis: str, order: int, expected: float) -> None:
    assert quantity(value, axis, order) == pytest.approx(expected, abs=1e-12)
