"""The seat's motion taken out of tracking: the numbers of the page, riding heads, recentring, and what the picture adds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.motion.seat_model import SeatPose
from engine.render import eye
from engine.xr.compensation import NO_MOTION, SeatCompensation, seat_motion, seat_turn
from engine.xr.poses import angle_rad, applied, composed, conjugated, inverted, multiplied, rotated, yaw_turn
from engine.xr.values import Pose

PIVOT_M = (0.0, 0.0, -0.9)
_M = st.floats(-0.1, 0.1)
_DEG = st.floats(-15.0, 15.0)
poses = st.builds(SeatPose, _M, _M, _M, _DEG, _DEG, st.floats(-180.0, 180.0))


class Told:
    """A seat that is where it was told."""

    def __init__(self, *poses: SeatPose) -> None:
        self._poses = list(poses)
        self.asked: list[int] = []

    def pose_at(self, display_ns: int) -> SeatPose:
        self.asked.append(display_ns)
        return self._poses.pop(0) if len(self._poses) > 1 else self._poses[0]


def apart(a: Pose, b: Pose) -> tuple[float, float]:
    """Metres and radians."""
    return math.dist(a.position_m, b.position_m), angle_rad(multiplied(conjugated(a.turn), b.turn))


def test_the_example_of_the_page() -> None:
    moved = applied(seat_motion(SeatPose(pitch_deg=10.0), PIVOT_M), (0.0, 0.0, 0.0))
    assert moved == pytest.approx((0.0, -0.1563, -0.0137), abs=5e-5)
    wrong = applied(seat_motion(SeatPose(pitch_deg=10.0), (0.0, 0.0, -0.8)), (0.0, 0.0, 0.0))
    assert math.dist(moved, wrong) == pytest.approx(0.017, abs=5e-4)


@pytest.mark.parametrize(
    ("pose", "of_the_bow"),
    [
        (SeatPose(surge_m=0.05), (0.0, 1.05, 0.0)),
        (SeatPose(sway_m=0.05), (0.05, 1.0, 0.0)),
        (SeatPose(heave_m=0.05), (0.0, 1.0, 0.05)),
        (SeatPose(yaw_deg=90.0), (-1.0, 0.0, 0.0)),
        (SeatPose(pitch_deg=90.0), (0.0, 0.0, 1.0)),
    ],
)
def test_every_axis_goes_the_way_the_units_say(
    pose: SeatPose, of_the_bow: tuple[float, float, float]
) -> None:
    assert applied(seat_motion(pose, (0.0, 0.0, 0.0)), (0.0, 1.0, 0.0)) == pytest.approx(
        of_the_bow, abs=1e-12
    )


def test_roll_is_right_side_down() -> None:
    right = applied(seat_motion(SeatPose(roll_deg=90.0), (0.0, 0.0, 0.0)), (1.0, 0.0, 0.0))
    assert right == pytest.approx((0.0, 0.0, -1.0), abs=1e-12)


@given(poses, st.tuples(_M, _M, _M))
def test_it_turns_in_the_order_of_the_pictures_vehicle(
    pose: SeatPose, point: tuple[float, float, float]
) -> None:
    vehicle = eye.Pose(heading_deg=pose.yaw_deg, pitch_deg=pose.pitch_deg, roll_deg=pose.roll_deg).matrix()
    assert rotated(seat_turn(pose), point) == pytest.approx(
        tuple(vehicle[:3, :3] @ np.array(point)), abs=1e-12
    )


@given(poses, poses, st.tuples(_M, _M, st.floats(-1.2, -0.5)))
def test_a_head_that_rides_stays_where_it_is_in_the_seat(
    seated_in: SeatPose, now: SeatPose, pivot_m: tuple[float, float, float]
) -> None:
    T_space_neutral = Pose((0.4, -1.2, 1.1), yaw_turn(0.7))
    T_rest_head = Pose((0.02, 0.05, -0.01), yaw_turn(-0.3))
    compensation = SeatCompensation(Told(seated_in, now), pivot_m)
    for display_ns in (0, 11_000_000):
        motion = compensation.motion_at(display_ns)
        T_space_head = composed(composed(T_space_neutral, motion), T_rest_head)  # the guest is on the seat
        seen = composed(inverted(composed(T_space_neutral, motion)), T_space_head)
        off_m, off_rad = apart(seen, T_rest_head)
        assert off_m < 1e-12 and off_rad < 1e-7
    # Recentred while the seat was tilted: the neutral place found is the one the seat rests in.
    T_space_rest = composed(T_space_neutral, seat_motion(seated_in, pivot_m))
    found = composed(T_space_rest, inverted(seat_motion(seated_in, pivot_m)))
    off_m, off_rad = apart(found, T_space_neutral)
    assert off_m < 1e-12 and off_rad < 1e-7


def test_what_is_shown_is_what_the_picture_shows_and_no_more() -> None:
    """The seat pitches by 8 degrees; the picture shows 1.5 of it at most, and the guest's eye in the world moves by that alone."""
    felt = SeatPose(pitch_deg=8.0, heave_m=0.04)
    shown = eye.shown_motion(felt.heave_m, felt.roll_deg, felt.pitch_deg)
    motion = seat_motion(felt, PIVOT_M)
    head_in_room = motion  # a guest who sits still, recentred at rest
    in_seat = composed(inverted(motion), head_in_room)
    T_vehicle_head = np.eye(4)
    T_vehicle_head[:3, 3] = in_seat.position_m
    T_world_head = shown.matrix() @ T_vehicle_head
    pitch_deg = math.degrees(math.asin(T_world_head[2, 1]))
    assert pitch_deg == pytest.approx(shown.pitch_deg, abs=1e-9) and 1.4 < pitch_deg < 1.5
    assert T_world_head[:3, 3] == pytest.approx((0.0, 0.0, shown.z_m), abs=1e-12)


def test_one_frame_has_one_anchor() -> None:
    seat = Told(SeatPose(heave_m=0.01), SeatPose(heave_m=0.02))
    compensation = SeatCompensation(seat, PIVOT_M)
    assert [compensation.motion_at(at_ns).position_m[2] for at_ns in (5, 5, 5, 6)] == pytest.approx(
        [0.01] * 3 + [0.02]
    )
    assert seat.asked == [5, 6]


def test_what_is_no_number_leaves_the_anchor_where_it_was() -> None:
    compensation = SeatCompensation(Told(SeatPose(heave_m=0.01), SeatPose(heave_m=math.nan)), PIVOT_M)
    assert compensation.motion_at(0) == compensation.motion_at(1)


def test_without_a_seat_nothing_moves() -> None:
    assert SeatCompensation(None, PIVOT_M).motion_at(5) == NO_MOTION == Pose()
