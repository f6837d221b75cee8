"""What a guest is given: known rides, and derivatives against differences."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.motion.cueing.specific_force import (
    bank_derivatives,
    course_of_path,
    course_of_poses,
    felt,
    of_path,
)
from engine.motion.cueing.values import GRAVITY_MPS2, Course
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.compile import load_scene
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable

SURGE, SWAY, HEAVE, ROLL, PITCH, YAW = range(6)
NONE = np.zeros(6)


def one(axis: int, value: float) -> np.ndarray:
    row = np.zeros(6)
    row[axis] = value
    return row


def scene(tmp_path: Path, text: str) -> Program:
    file = tmp_path / "ride.yaml"
    file.write_text(text, encoding="utf-8")
    program = load_scene(file, RoleTable.of([]))
    assert program is not None
    return program


def test_at_rest_the_seat_carries_the_guest() -> None:
    force, turn = felt(NONE, NONE, NONE)
    assert force.tolist() == [0.0, 0.0, GRAVITY_MPS2]
    assert turn.tolist() == [0.0, 0.0, 0.0]


def test_nose_up_feels_like_speeding_up() -> None:
    force, _ = felt(one(PITCH, 10.0), NONE, NONE)
    np.testing.assert_allclose(
        force,
        [0.0, GRAVITY_MPS2 * math.sin(math.radians(10)), GRAVITY_MPS2 * math.cos(math.radians(10))],
        atol=1e-12,
    )
    faster, _ = felt(NONE, NONE, one(SURGE, 1.0))
    assert faster[1] == 1.0


def test_the_right_side_down_feels_like_a_bend_to_the_right() -> None:
    """Down on the right, gravity pulls to the right: the seat pushes to the left, as it does in a bend to the left."""
    force, _ = felt(one(ROLL, 10.0), NONE, NONE)
    assert force[0] == pytest.approx(-GRAVITY_MPS2 * math.sin(math.radians(10)))
    assert felt(NONE, NONE, one(SWAY, 1.0))[0][0] == 1.0


def test_rising_is_heavy_and_turning_left_is_yaw() -> None:
    assert felt(NONE, NONE, one(HEAVE, 1.0))[0][2] == GRAVITY_MPS2 + 1.0
    assert felt(NONE, one(YAW, 5.0), NONE)[1].tolist() == [0.0, 0.0, 5.0]
    assert felt(NONE, one(PITCH, 5.0), NONE)[1].tolist() == [5.0, 0.0, 0.0]
    assert felt(NONE, one(ROLL, 5.0), NONE)[1].tolist() == [0.0, 5.0, 0.0]


def test_a_head_on_a_carousel_is_pulled_outwards() -> None:
    """2 m ahead of the centre at 90 deg/s: w^2 r = 4.93 m/s^2 towards the centre."""
    force, _ = felt(NONE, one(YAW, 90.0), NONE, head_m=(0.0, 2.0, 0.0))
    assert force[1] == pytest.approx(-2.0 * (math.pi / 2) ** 2)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_the_closed_form_is_what_a_point_on_a_rigid_body_does(seed: int) -> None:
    """Positions of the head in the room, differentiated twice by differences, turned into the body: an independent way there."""
    rng = np.random.default_rng(seed)
    amplitude = rng.uniform(-1, 1, 6) * [0.3, 0.3, 0.3, 25.0, 25.0, 60.0]
    omega = rng.uniform(0.5, 4.0, 6)
    phase = rng.uniform(0, 6, 6)
    arm = rng.uniform(-1, 1, 3)

    def pose(t: float) -> np.ndarray:
        return amplitude * np.sin(omega * t + phase)

    def turned(p: np.ndarray) -> np.ndarray:
        f, th, ps = np.radians(p[3:])
        z = np.array([[np.cos(ps), -np.sin(ps), 0], [np.sin(ps), np.cos(ps), 0], [0, 0, 1]])
        x = np.array([[1, 0, 0], [0, np.cos(th), -np.sin(th)], [0, np.sin(th), np.cos(th)]])
        y = np.array([[np.cos(f), 0, np.sin(f)], [0, 1, 0], [-np.sin(f), 0, np.cos(f)]])
        return np.asarray(z @ x @ y)

    def head(t: float) -> np.ndarray:
        p = pose(t)
        return np.array([p[1], p[0], p[2]]) + turned(p) @ arm

    t, h = 0.7, 1e-4
    acceleration = (head(t + h) - 2 * head(t) + head(t - h)) / h**2
    body = turned(pose(t))
    expected = body.T @ (acceleration + np.array([0, 0, GRAVITY_MPS2]))
    skew = body.T @ (turned(pose(t + h)) - turned(pose(t - h))) / (2 * h)
    rate = np.degrees([skew[2, 1], skew[0, 2], skew[1, 0]])
    force, turn = felt(
        pose(t),
        amplitude * omega * np.cos(omega * t + phase),
        -amplitude * omega**2 * np.sin(omega * t + phase),
        arm,
    )
    np.testing.assert_allclose(force, expected, atol=2e-5)
    np.testing.assert_allclose(turn, rate, atol=1e-5)


def test_a_path_is_felt_exactly_as_its_cubics_have_it(tmp_path: Path) -> None:
    """`smooth` from 0 to 18 m in 6 s: x = 18 (3 u^2 - 2 u^3), so x'' = 18 (6 - 12 u) / 36."""
    program = scene(
        tmp_path,
        "duration: 6s\ntracks:\n  - {kind: path, shape: smooth, keys: [[0s, [0, 0, 0]], [6s, [0, 18, 0]]]}\n",
    )
    at_s = np.array([0.0, 1.5, 3.0, 4.5])
    force, turn = of_path(program, np.rint(at_s * FLICKS_PER_SECOND).astype(np.int64))
    np.testing.assert_allclose(force[:, 1], 18.0 * (6.0 - 12.0 * at_s / 6.0) / 36.0, atol=1e-12)
    np.testing.assert_allclose(force[:, 2], GRAVITY_MPS2)
    assert not turn.any()


def test_derivatives_of_a_bank_are_those_of_its_values(tmp_path: Path) -> None:
    program = scene(
        tmp_path,
        "duration: 8s\ntracks:\n  - {kind: path, shape: catmull, keys:"
        " [[0s, [0, 0, 0], 0deg], [3s, [1, 9, 1], 30deg, 5deg], [5s, [4, 12, 0], 10deg, 0deg, 9deg], [8s, [0, 20, 2], 0deg]]}\n",
    )
    at_fl = np.arange(1, 80) * (FLICKS_PER_SECOND // 10) + 200_000
    at_fl = at_fl[at_fl < 8 * FLICKS_PER_SECOND]
    value, rate, bend = bank_derivatives(program.bank, range(6), at_fl)
    np.testing.assert_array_equal(value, program.bank.evaluate_many(at_fl)[:, :6])
    h_fl = 70_560
    before = program.bank.evaluate_many(at_fl - h_fl)[:, :6]
    after = program.bank.evaluate_many(at_fl + h_fl)[:, :6]
    h_s = h_fl / FLICKS_PER_SECOND
    np.testing.assert_allclose(rate, (after - before) / (2 * h_s), atol=1e-5)
    assert np.abs(bend).max() < 100.0


def test_riding_on_at_one_speed_is_not_felt_not_even_at_the_ends(tmp_path: Path) -> None:
    program = scene(
        tmp_path,
        "duration: 4s\ntracks:\n  - {kind: path, shape: linear, keys: [[0s, [0, 0, 0]], [4s, [0, 40, 0]]]}\n",
    )
    course, poses = course_of_path(program, rate_hz=50, count=201, smooth_fl=FLICKS_PER_SECOND // 4)
    np.testing.assert_allclose(course.force_mps2, np.tile([0, 0, GRAVITY_MPS2], (201, 1)), atol=1e-8)
    np.testing.assert_allclose(poses[:, SURGE], np.arange(201) * 0.2, atol=1e-6)


def test_a_corner_is_averaged_over_the_window_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    """Two straight lines: 10 m/s, then none. The force over time is the change of speed, whatever the window."""
    program = scene(
        tmp_path,
        "duration: 4s\ntracks:\n  - {kind: path, shape: linear, keys: [[0s, [0, 0, 0]], [2s, [0, 20, 0]], [4s, [0, 20, 0]]]}\n",
    )
    for smooth_fl in (0, FLICKS_PER_SECOND // 4, FLICKS_PER_SECOND):
        course, _ = course_of_path(program, rate_hz=50, count=201, smooth_fl=smooth_fl)
        assert course.force_mps2[:, 1].sum() / 50 == pytest.approx(-10.0, abs=1e-6)
    assert np.abs(course.force_mps2[:, 1]).max() < 25.0
    half, _ = course_of_path(
        program, rate_hz=50, count=101, from_fl=2 * FLICKS_PER_SECOND, smooth_fl=smooth_fl
    )
    np.testing.assert_allclose(half.force_mps2[1:], course.force_mps2[101:], atol=1e-6)


def test_a_course_says_where_it_is_no_number() -> None:
    rows = np.zeros((10, 3))
    rows[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"specific force is not finite at 0\.400 s \(1 of 10"):
        Course(10.0, rows, np.zeros((10, 3)))
    with pytest.raises(ValueError, match="one shape"):
        Course(10.0, np.zeros((10, 3)), np.zeros((9, 3)))


def test_without_a_path_nothing_is_derived_from_it(tmp_path: Path) -> None:
    program = scene(tmp_path, "duration: 4s\ntracks: []\n")
    with pytest.raises(ValueError, match="has no path"):
        of_path(program, np.zeros(1, np.int64))


def test_poses_by_differences_agree_with_the_closed_form() -> None:
    t = np.arange(-1, 202) / 50.0
    poses = np.zeros((203, 6))
    poses[:, HEAVE] = 0.1 * np.sin(2 * t)
    course = course_of_poses(poses, 50.0)
    np.testing.assert_allclose(course.force_mps2[:, 2] - GRAVITY_MPS2, -0.4 * np.sin(2 * t[1:-1]), atol=2e-4)
