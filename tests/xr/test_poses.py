"""Poses as maths, against numbers that can be drawn on paper, and as properties."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.xr.angles import turn_of_deg
from engine.xr.poses import (
    angle_rad,
    applied,
    between,
    composed,
    conjugated,
    heading_rad,
    inverted,
    is_sound,
    multiplied,
    rotated,
    unit,
    yaw_turn,
)
from engine.xr.values import Pose

NUMBERS = st.floats(-10, 10)
TURNS = st.builds(turn_of_deg, st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180))
POSES = st.builds(Pose, st.tuples(NUMBERS, NUMBERS, NUMBERS), TURNS)


def test_a_seat_that_heads_left_has_its_front_there() -> None:
    T_room_seat = Pose((1.0, 0.0, 0.0), yaw_turn(math.pi / 2))
    assert applied(T_room_seat, (0, 2, 0)) == pytest.approx((-1, 0, 0))
    assert applied(inverted(T_room_seat), (-1, 0, 0)) == pytest.approx((0, 2, 0))


def test_the_second_turn_is_done_first() -> None:
    first = multiplied(yaw_turn(math.pi / 2), turn_of_deg(0, 90))
    assert rotated(first, (0, 1, 0)) == pytest.approx((0, 0, 1))  # up, then about Z: still up
    other = multiplied(turn_of_deg(0, 90), yaw_turn(math.pi / 2))
    assert rotated(other, (0, 1, 0)) == pytest.approx((-1, 0, 0))


@given(POSES, POSES, st.tuples(NUMBERS, NUMBERS, NUMBERS))
@settings(max_examples=40, deadline=None)
def test_composing_is_applying_twice_and_inverting_goes_back(
    a: Pose, b: Pose, point: tuple[float, float, float]
) -> None:
    assert applied(composed(a, b), point) == pytest.approx(applied(a, applied(b, point)), abs=1e-9)
    assert applied(inverted(a), applied(a, point)) == pytest.approx(point, abs=1e-9)
    assert angle_rad(multiplied(conjugated(a.turn), a.turn)) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("yaw_deg", [-179.0, -90.0, 0.0, 45.0, 180.0])
@pytest.mark.parametrize("pitch_deg", [-65.0, -44.0, 0.0, 46.0, 69.0])
@pytest.mark.parametrize("roll_deg", [0.0, 10.0])
def test_headings(yaw_deg: float, pitch_deg: float, roll_deg: float) -> None:
    heading = heading_rad(turn_of_deg(yaw_deg, pitch_deg, roll_deg))
    assert heading is not None
    off_deg = math.degrees(math.remainder(heading - math.radians(yaw_deg), math.tau))
    assert abs(off_deg) < (1e-6 if roll_deg == 0.0 or abs(pitch_deg) < 45 else 15.0)


def test_straight_up_or_down_has_no_heading() -> None:
    assert heading_rad(turn_of_deg(10, 75)) is None
    assert heading_rad(turn_of_deg(10, -80)) is None


def test_the_middle_of_two_eyes_whichever_sign_their_quaternions_have() -> None:
    turn = turn_of_deg(20, 5)
    flipped = (-turn[0], -turn[1], -turn[2], -turn[3])
    middle = between(Pose((-1, 0, 0), turn), Pose((1, 2, 0), flipped))
    assert middle.position_m == (0, 1, 0)
    assert angle_rad(multiplied(conjugated(turn), middle.turn)) == pytest.approx(0, abs=1e-7)


def test_what_is_no_pose() -> None:
    assert is_sound(Pose())
    assert not is_sound(Pose((math.nan, 0, 0)))
    assert not is_sound(Pose((0, 0, 0), (0.0, 0.0, 0.0, 0.0)))
    assert not is_sound(Pose((0, 0, 0), (math.inf, 0.0, 0.0, 1.0)))
    assert unit((0.0, 0.0, 0.0, 0.98)) == (0, 0, 0, 1)
    with pytest.raises(ValueError, match="no direction"):
        unit((0.0, 0.0, 0.0, 0.0))
