"""The eight patterns of a rigid body motion: which way, how far, how long, how fast, and at rest in the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.experience.package import load_package
from engine.experience.sem.command import import_sem
from engine.experience.sem.moves import Move, move_over, move_within
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator

SURGE, SWAY, HEAVE, ROLL, PITCH, YAW = range(6)
HZ = 1000
HEAD = """<?xml version="1.0"?>
<sedl:SEM xmlns:sedl="urn:mpeg:mpeg-v:2010:01-SEDL-NS" xmlns:sev="urn:mpeg:mpeg-v:2010:01-SEV-NS"
 xmlns:si="urn:mpeg:mpeg21:2003:01-DIA-XSI-NS" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:mpeg7="urn:mpeg:mpeg7:schema:2004" si:timeScale="1000">
"""


class Played:
    """The seat's pose over time, and what can be measured of it."""

    def __init__(self, folder: Path, pattern: str, lasts_ms: int | None, seconds: float) -> None:
        lasts = "" if lasts_ms is None else f' duration="{lasts_ms}"'
        text = f'{HEAD}<sedl:Effect xsi:type="sev:RigidBodyMotionType" activate="true" si:pts="0"{lasts}>{pattern}</sedl:Effect>'
        (folder / "file.xml").write_text(text + "</sedl:SEM>", encoding="utf-8")
        made = import_sem(folder / "file.xml", folder / "made")
        self.notes = [notice.message for notice in made.notices]
        package = load_package(made.folder)
        show = Evaluator(package.scenes, package.roles)
        seat = package.roles.slice_of("seat.motion")
        end_fl = made.duration_fl
        rows = []
        for n in range(round(seconds * HZ) + 1):
            at_fl = n * FLICKS_PER_SECOND // HZ
            rows.append(
                show.levels_at(0, min(at_fl, end_fl))[seat].copy()
            )  # what the end of the scene leaves lasts
        self.pose = np.array(rows)

    def at(self, seconds: float) -> np.ndarray:
        """Pose at a time."""
        return self.pose[round(seconds * HZ)]

    def speed(self, axis: int) -> np.ndarray:
        """Speed of an axis, units a second, between samples."""
        return np.diff(self.pose[:, axis]) * HZ

    def acceleration(self, axis: int) -> np.ndarray:
        """Acceleration of an axis, units a second squared."""
        return np.diff(self.pose[:, axis], 2) * HZ * HZ


@pytest.fixture
def play(tmp_path: Path):  # type: ignore[no-untyped-def]
    def played(pattern: str, lasts_ms: int | None = 2000, seconds: float = 3.2) -> Played:
        return Played(tmp_path, pattern, lasts_ms, seconds)

    return played


def still(played: Played, axes: tuple[int, ...]) -> bool:
    """Whether all axes but some never move."""
    others = [axis for axis in range(6) if axis not in axes]
    return bool(np.abs(played.pose[:, others]).max() < 1e-9)


# ---- MoveToward ----------------------------------------------------------------------------------------------


def test_move_toward_keeps_its_speed_and_its_acceleration(play) -> None:  # type: ignore[no-untyped-def]
    move = play(
        '<sev:MoveToward distance="10" speed="20" acceleration="100"/>'
    )  # 0.2 s up, 0.3 s at speed, 0.2 s down
    assert still(move, (SURGE,))
    assert np.abs(move.speed(SURGE)).max() == pytest.approx(0.2, rel=1e-3)
    assert np.abs(move.acceleration(SURGE)).max() == pytest.approx(1.0, rel=1e-2)
    assert move.at(0.2)[SURGE] == pytest.approx(0.02, abs=1e-6)
    assert move.at(0.69)[SURGE] < 0.1 - 1e-6
    assert move.at(0.7)[SURGE] == pytest.approx(0.1, abs=1e-9)
    assert move.at(2.0)[SURGE] == pytest.approx(0.1, abs=1e-9)
    assert move.at(2.7)[SURGE] == pytest.approx(0.0, abs=1e-9)


def test_move_toward_that_is_too_short_for_its_speed_is_a_triangle(play) -> None:  # type: ignore[no-untyped-def]
    move = play('<sev:MoveToward distance="4" speed="90" acceleration="100"/>')
    assert np.abs(move.speed(SURGE)).max() == pytest.approx(0.2, rel=1e-2)
    assert np.abs(move.acceleration(SURGE)).max() == pytest.approx(1.0, rel=1e-2)
    assert move.at(0.4)[SURGE] == pytest.approx(0.04, abs=1e-9)


def test_move_toward_with_an_acceleration_alone_brakes_to_rest(play) -> None:  # type: ignore[no-untyped-def]
    move = play('<sev:MoveToward distance="9" acceleration="100"/>')
    assert np.abs(move.acceleration(SURGE)).max() == pytest.approx(1.0, rel=1e-2)
    assert move.at(0.3)[SURGE] == pytest.approx(0.045, abs=1e-6)
    assert move.at(0.6)[SURGE] == pytest.approx(0.09, abs=1e-9)
    assert move.speed(SURGE)[round(0.6 * HZ)] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "axes"),
    [
        ("", {SURGE: 1.0}),
        ('directionH="90"', {SWAY: -1.0}),
        ('directionH="180"', {SURGE: -1.0}),
        ('directionH="270"', {SWAY: 1.0}),
        ('directionV="90"', {HEAVE: 1.0}),
        ('directionV="270"', {HEAVE: -1.0}),
        ('directionH="45"', {SURGE: 0.5**0.5, SWAY: -(0.5**0.5)}),
    ],
)
def test_move_toward_goes_where_it_points(play, words: str, axes: dict[int, float]) -> None:  # type: ignore[no-untyped-def]
    move = play(f'<sev:MoveToward {words} distance="5" speed="10"/>', seconds=1.0)
    assert move.at(1.0) == pytest.approx([0.05 * axes.get(axis, 0.0) for axis in range(6)], abs=1e-9)


def test_a_move_without_a_distance_goes_as_far_as_it_gets(play) -> None:  # type: ignore[no-untyped-def]
    move = play('<sev:MoveToward speed="10" acceleration="20"/>')
    assert move.at(2.0)[SURGE] == pytest.approx(0.15, abs=1e-9)
    assert np.abs(move.speed(SURGE)).max() == pytest.approx(0.1, rel=1e-3)


def test_a_move_longer_than_its_effect_turns_back_and_says_so(play) -> None:  # type: ignore[no-untyped-def]
    move = play('<sev:MoveToward distance="50" speed="10"/>', seconds=4.2)
    assert move.at(2.0)[SURGE] == pytest.approx(0.19, abs=1e-9)
    assert move.pose[:, SURGE].max() <= 0.19 + 1e-9
    assert move.at(4.0)[SURGE] == pytest.approx(0.0, abs=1e-9)
    assert any("needs 5.1 s" in note for note in move.notes), move.notes


# ---- Incline, Turn, Spin -------------------------------------------------------------------------------------


def test_incline_keeps_the_pace_of_each_axis(play) -> None:  # type: ignore[no-untyped-def]
    move = play(
        '<sev:Incline pitch="10" pitchSpeed="20" pitchAcceleration="100" roll="-4" rollAcceleration="100" yaw="3"/>'
    )
    assert still(move, (PITCH, ROLL, YAW))
    assert np.abs(move.speed(PITCH)).max() == pytest.approx(20.0, rel=1e-3)
    assert np.abs(move.acceleration(PITCH)).max() == pytest.approx(100.0, rel=1e-2)
    assert move.at(0.7)[PITCH] == pytest.approx(10.0, abs=1e-6)
    assert np.abs(move.acceleration(ROLL)).max() == pytest.approx(100.0, rel=1e-2)
    assert move.at(0.4)[ROLL] == pytest.approx(-4.0, abs=1e-6)
    assert move.at(1.0)[YAW] == pytest.approx(3.0, abs=1e-6)
    assert move.at(3.0) == pytest.approx([0.0] * 6, abs=1e-9)


@pytest.mark.parametrize("angle", [30, -30])
def test_turn_turns_at_its_speed(play, angle: int) -> None:  # type: ignore[no-untyped-def]
    move = play(f'<sev:Turn direction="{angle}" speed="40"/>')
    assert still(move, (YAW,))
    assert np.abs(move.speed(YAW)).max() == pytest.approx(40.0, rel=1e-3)
    assert move.at(0.85)[YAW] == pytest.approx(angle, abs=1e-6)
    assert move.at(2.0)[YAW] == pytest.approx(angle, abs=1e-6)
    assert move.at(2.85)[YAW] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("word", "axis", "sign"),
    [("XF", PITCH, 1), ("XB", PITCH, -1), ("YF", ROLL, 1), ("YB", ROLL, -1), ("ZF", YAW, 1), ("ZB", YAW, -1)],
)
def test_spin_counts_its_turns_and_unwinds(play, word: str, axis: int, sign: int) -> None:  # type: ignore[no-untyped-def]
    move = play(
        f'<sev:Spin direction="urn:x-SpinDirectionCS-NS:{word}" count="2" interval="500"/>', lasts_ms=1500
    )
    assert still(move, (axis,))
    assert move.at(0.5)[axis] == pytest.approx(sign * 360.0, abs=1e-6)
    assert move.at(1.0)[axis] == pytest.approx(sign * 720.0, abs=1e-6)
    assert np.abs(move.speed(axis)).max() == pytest.approx(
        800.0, rel=1e-3
    )  # 0.1 s of each second to gather speed
    assert move.at(2.5)[axis] == pytest.approx(0.0, abs=1e-6)


# ---- Shake and Wave ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "axis"), [("heave", HEAVE), ("sway", SWAY), ("surge", SURGE)])
def test_shake_counts_and_keeps_its_distance(play, word: str, axis: int) -> None:  # type: ignore[no-untyped-def]
    move = play(
        f'<sev:Shake direction="urn:x-ShakeDirectionCS-NS:{word}" count="3" distance="4" interval="500"/>'
    )
    assert still(move, (axis,))
    assert np.ptp(move.pose[:, axis]) == pytest.approx(0.04, abs=1e-5)
    tops = [move.at(0.125 + 0.5 * n)[axis] for n in range(3)]
    assert tops == pytest.approx([0.02] * 3, abs=1e-5)
    assert np.abs(move.pose[round(1.5 * HZ) :]).max() < 1e-9
    assert abs(move.speed(axis)[0]) < 0.01  # rises from rest
    assert abs(move.speed(axis)[round(1.5 * HZ) - 1]) < 0.01


def test_a_shake_cut_short_settles_where_it_is_cut(play) -> None:  # type: ignore[no-untyped-def]
    move = play('<sev:Shake count="9" distance="4" interval="800"/>', lasts_ms=1000)
    assert np.abs(np.diff(move.pose[:, HEAVE])).max() < 0.02 * 2 * np.pi / 0.8 / HZ * 1.6
    assert np.abs(move.pose[HZ:]).max() < 1e-9


@pytest.mark.parametrize(
    ("word", "start", "axis", "heave_first", "tilt_first"),
    [
        ("left-right", "up", ROLL, 1, 1),  # the left side rises first: the seat rolls to the right
        ("right-left", "up", ROLL, 1, -1),
        ("front-rear", "up", PITCH, 1, 1),  # the front rises first: nose up
        ("rear-front", "up", PITCH, 1, -1),
        ("left-right", "down", ROLL, -1, -1),
        ("right-left", "down", ROLL, -1, 1),
        ("front-rear", "down", PITCH, -1, -1),
        ("rear-front", "down", PITCH, -1, 1),
    ],
)
def test_wave_runs_the_way_it_says(  # type: ignore[no-untyped-def]
    play, word: str, start: str, axis: int, heave_first: int, tilt_first: int
) -> None:
    move = play(
        f'<sev:Wave direction="urn:x-WaveDirectionCS-NS:{word}" startDirection="urn:x-WaveStartDirectionCS-NS:{start}"'
        ' count="2" distance="10" interval="1000"/>'
    )
    assert still(move, (HEAVE, axis))
    assert move.at(0.25)[HEAVE] == pytest.approx(0.05 * heave_first, abs=1e-5)
    assert move.at(0.75)[HEAVE] == pytest.approx(-0.05 * heave_first, abs=1e-5)
    assert move.at(0.1)[axis] * tilt_first > 0.1
    # The slope leads the crest by a quarter of a cycle; a metre from the centre it is worth the half distance.
    assert move.at(1.0)[axis] == pytest.approx(np.degrees(np.arctan(0.05)) * tilt_first, abs=1e-3)
    assert np.abs(move.pose[2 * HZ :]).max() < 1e-9


# ---- Collide and samples -------------------------------------------------------------------------------------


def test_collide_starts_at_the_speed_of_the_impact(play) -> None:  # type: ignore[no-untyped-def]
    move = play('<sev:Collide directionH="90" speed="60"/>', seconds=2.0)
    assert still(move, (SWAY,))
    assert move.speed(SWAY).min() == pytest.approx(-0.6, rel=1e-2)
    assert int(np.argmin(move.speed(SWAY))) == 0
    assert move.at(0.1)[SWAY] == pytest.approx(-0.03, abs=1e-6)
    assert move.at(0.3) == pytest.approx([0.0] * 6, abs=1e-9)


def test_a_hard_collision_stays_within_a_hand(play) -> None:  # type: ignore[no-untyped-def]
    move = play('<sev:Collide speed="400"/>', seconds=1.0)
    assert np.abs(move.pose[:, SURGE]).max() == pytest.approx(0.05, abs=1e-4)
    assert move.speed(SURGE).max() == pytest.approx(4.0, rel=0.05)


def test_samples_are_met_and_brought_back_to_rest(play) -> None:  # type: ignore[no-untyped-def]
    rows = "0 0 0 0 0 0  0.1 0 0.02 1 0 0  0.1 0 0 0 2 3"
    move = play(f'<sev:TrajectorySamples mpeg7:dim="3 6">{rows}</sev:TrajectorySamples>')
    assert move.at(1.0) == pytest.approx([0.1, 0, 0.02, 1, 0, 0], abs=1e-9)
    assert move.at(2.0) == pytest.approx([0.1, 0, 0, 0, 2, 3], abs=1e-3)
    assert move.at(2.5) == pytest.approx([0.0] * 6, abs=1e-9)


# ---- the arithmetic ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [None, 0.5, 3.0])
@pytest.mark.parametrize("acceleration", [None, 0.2, 40.0])
@pytest.mark.parametrize("distance", [0.001, 1.0, 30.0])
def test_the_farthest_move_in_the_time_of_a_move_is_that_move(
    speed: float | None, acceleration: float | None, distance: float
) -> None:
    move = move_over(distance, speed, acceleration, 1.0)
    assert move.distance == distance
    assert move.ramp_s > 0.0
    assert move.cruise_s >= 0.0
    assert speed is None or move.peak_speed <= speed * (1 + 1e-12)
    if acceleration is not None:
        assert move.peak_speed / move.ramp_s <= acceleration * (1 + 1e-12)
    if speed is not None or acceleration is not None:
        assert move_within(move.time_s, speed, acceleration).distance == pytest.approx(distance, rel=1e-9)


def test_nothing_to_do_takes_no_way() -> None:
    assert move_over(0.0, 1.0, 1.0, 2.0) == Move(0.0, 1.0, 0.0)
    assert move_within(1.0, None, None).distance == 0.0
