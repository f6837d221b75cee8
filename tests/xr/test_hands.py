"""Hands out of actions and fingers."""

import math

import pytest

from engine.xr.hands import (
    INDEX_KNUCKLE,
    INDEX_TIP,
    JOINTS,
    LITTLE_TIP,
    MIDDLE_TIP,
    PALM,
    RING_TIP,
    THUMB_TIP,
    Joints,
    Reading,
    direction,
    grasp_ratio,
    hand_of,
    pinch_ratio,
    turn_along,
    with_aim,
)
from engine.xr.poses import rotated, yaw_turn
from engine.xr.profiles import HAND, INDEX
from engine.xr.values import LEFT, NO_HAND, RIGHT, Hand, Pose, Vector

GRIP = Pose((0.2, 0.4, -0.3))


def fingers(
    gap_m: float = 0.06, bend_m: float = 0.1, *, at: Vector = (0.0, 0.4, -0.2), guessed: bool = False
) -> Joints:
    """A hand with this gap between thumb and index, skin to skin, and tips this far from the palm."""
    x, y, z = at
    poses = [Pose(at)] * JOINTS
    poses[THUMB_TIP] = Pose((x, y + 0.1, z))
    poses[INDEX_TIP] = Pose((x, y + 0.1, z + gap_m + 0.016))
    for tip in (MIDDLE_TIP, RING_TIP, LITTLE_TIP):
        poses[tip] = Pose((x, y + bend_m, z))
    return Joints(tuple(poses), (0.008,) * JOINTS, guessed)


@pytest.mark.parametrize(
    ("gap_m", "ratio"), [(0.0, 1.0), (-0.004, 1.0), (0.0175, 0.5), (0.035, 0.0), (0.2, 0.0)]
)
def test_a_pinch_is_the_gap_between_two_tips(gap_m: float, ratio: float) -> None:
    assert pinch_ratio(fingers(gap_m)) == pytest.approx(ratio)


@pytest.mark.parametrize(("bend_m", "ratio"), [(0.1, 0.0), (0.075, 0.5), (0.04, 1.0)])
def test_a_grasp_is_how_far_fingers_are_bent(bend_m: float, ratio: float) -> None:
    assert grasp_ratio(fingers(bend_m=bend_m)) == pytest.approx(ratio)


def test_nothing_is_no_hand() -> None:
    assert hand_of(Reading(), None) is NO_HAND
    assert hand_of(Reading(INDEX), None) is NO_HAND


def test_a_controller_says_what_its_actions_say() -> None:
    hand = hand_of(Reading(INDEX, GRIP, GRIP, True, 0.5, 0.25, (0.1, -0.2), True), None)
    assert hand == Hand("controller", GRIP, GRIP, 0.5, True, 0.25, (0.1, -0.2), True)


def test_a_button_without_a_way_counts_as_all_the_way() -> None:
    assert hand_of(Reading(INDEX, GRIP, select=True), None).select_ratio == 1.0


def test_values_out_of_range_are_brought_back() -> None:
    hand = hand_of(Reading(INDEX, GRIP, pull_ratio=7.0, squeeze_ratio=math.nan, stick=(math.inf, -3.0)), None)
    assert (hand.select_ratio, hand.squeeze_ratio, hand.stick) == (1.0, 0.0, (0.0, -1.0))


def test_fingers_around_a_controller_leave_it_one() -> None:
    hand = hand_of(Reading(INDEX, GRIP), fingers(guessed=True))
    assert hand.kind == "controller"
    assert len(hand.joints) == JOINTS


def test_a_bare_hand_by_the_runtime_s_own_pinch() -> None:
    hand = hand_of(Reading(HAND, GRIP, GRIP, pull_ratio=0.8), fingers())
    assert (hand.kind, hand.select_ratio, hand.selected, hand.aim) == ("hand", 0.8, True, GRIP)


def test_a_bare_hand_by_its_fingers_alone() -> None:
    joints = fingers(gap_m=-0.001)
    hand = hand_of(Reading(), joints)
    assert (hand.kind, hand.select_ratio, hand.selected) == ("hand", 1.0, True)
    assert hand.grip == joints.poses[PALM]
    assert hand.joint_radii_m == joints.radii_m


def test_fingers_guessed_from_a_controller_that_is_not_there_are_nothing() -> None:
    assert hand_of(Reading(), fingers(guessed=True)) is NO_HAND


def test_a_hand_beside_a_controller_that_was_put_down() -> None:
    assert hand_of(Reading(INDEX), fingers()).kind == "hand"


@pytest.mark.parametrize("side", [LEFT, RIGHT])
@pytest.mark.parametrize("yaw", [0.0, 2.0])
def test_a_ray_leads_from_the_shoulder_through_the_knuckle(side: int, yaw: float) -> None:
    head = Pose((0.1, -0.2, 0.3), yaw_turn(yaw))
    sign = -1.0 if side == LEFT else 1.0
    shoulder = rotated(head.turn, (sign * 0.18, -0.06, -0.22))
    reach = rotated(head.turn, (0.0, 0.5, 0.0))  # straight ahead of the shoulder
    at = tuple(h + s + r for h, s, r in zip(head.position_m, shoulder, reach, strict=True))
    hand = with_aim(hand_of(Reading(), fingers(at=at)), side, head)  # type: ignore[arg-type]
    assert hand.aim is not None
    assert hand.aim.position_m == hand.joints[INDEX_KNUCKLE].position_m
    assert direction(hand.aim) == pytest.approx(rotated(head.turn, (0.0, 1.0, 0.0)))


def test_a_ray_of_its_own_is_kept() -> None:
    hand = Hand("hand", aim=GRIP, joints=fingers().poses)
    assert with_aim(hand, LEFT, Pose()) is hand


def test_without_fingers_there_is_no_ray() -> None:
    hand = Hand("hand", grip=GRIP)
    assert with_aim(hand, LEFT, Pose()) is hand


@pytest.mark.parametrize(
    "along", [(0.0, 1.0, 0.0), (0.0, -2.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0), (-0.3, 0.2, -5.0)]
)
def test_a_turn_along_a_ray(along: Vector) -> None:
    turn = turn_along(along)
    length = math.hypot(*along)
    assert rotated(turn, (0.0, 1.0, 0.0)) == pytest.approx(tuple(part / length for part in along), abs=1e-9)
    assert rotated(turn, (1.0, 0.0, 0.0))[2] == pytest.approx(0.0, abs=1e-9)


def test_a_ray_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        turn_along((0.0, 0.0, 0.0))
