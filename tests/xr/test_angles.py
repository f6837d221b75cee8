"""Angles of a head and quaternions, against the matrices that the picture uses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render.eye import Pose as EyePose
from engine.xr.angles import angles_deg, turn_of_deg, turn_to_tangents
from engine.xr.poses import rotated

ANGLE = st.floats(-179.0, 179.0)


@given(ANGLE, st.floats(-89.0, 89.0), ANGLE)
def test_the_quaternion_is_the_matrix_of_the_flat_picture(yaw: float, pitch: float, roll: float) -> None:
    turn = turn_of_deg(yaw, pitch, roll)
    columns = [rotated(turn, axis) for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))]
    matrix = EyePose(heading_deg=yaw, pitch_deg=pitch, roll_deg=roll).matrix()[:3, :3]
    assert np.abs(np.array(columns).T - matrix).max() < 1e-12


@given(ANGLE, st.floats(-89.0, 89.0), ANGLE)
def test_angles_come_back(yaw: float, pitch: float, roll: float) -> None:
    assert angles_deg(turn_of_deg(yaw, pitch, roll)) == pytest.approx((yaw, pitch, roll), abs=1e-6)


@pytest.mark.parametrize("pitch", [90.0, -90.0])
def test_straight_up_or_down_all_of_the_turn_is_yaw(pitch: float) -> None:
    yaw, up, roll = angles_deg(turn_of_deg(25.0, pitch, 0.0))
    assert (yaw, up, roll) == pytest.approx((25.0, pitch, 0.0), abs=1e-6)


def test_signs_are_the_engines() -> None:
    assert rotated(turn_of_deg(90.0), (0.0, 1.0, 0.0)) == pytest.approx((-1.0, 0.0, 0.0))  # left
    assert rotated(turn_of_deg(0.0, 90.0), (0.0, 1.0, 0.0)) == pytest.approx((0.0, 0.0, 1.0))  # up
    assert rotated(turn_of_deg(0.0, 0.0, 90.0), (1.0, 0.0, 0.0)) == pytest.approx((0.0, 0.0, -1.0))


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_a_ray_through_a_point_of_the_picture(right: float, up: float) -> None:
    ahead = rotated(turn_to_tangents(right, up), (0.0, 1.0, 0.0))
    length = math.hypot(right, 1.0, up)
    assert ahead == pytest.approx((right / length, 1.0 / length, up / length), abs=1e-12)
