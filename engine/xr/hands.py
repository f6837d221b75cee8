"""What a hand does, told from its joints, where a runtime tracks fingers and says no more. Pure.

With XR_EXT_hand_interaction the runtime itself says aim, pinch and grasp; without it only 26 joints come (XR_EXT_hand_tracking).
Then a pinch is the gap between the tips of thumb and index, a grasp is how far the other fingers are bent, and the ray leads from
the guest's shoulder through the knuckle: a ray taken from the hand's own turn would swing with every pinch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.xr.poses import (
    applied,
    conjugated,
    heading_rad,
    multiplied,
    rotated,
    unit,
    yaw_turn,
)
from engine.xr.profiles import is_hand
from engine.xr.values import LEFT, NO_HAND, Hand, Pose, Quaternion, Vector

JOINTS = 26
"""`XR_HAND_JOINT_COUNT_EXT`."""

PALM, WRIST, THUMB_TIP, INDEX_KNUCKLE, INDEX_TIP = 0, 1, 5, 7, 10
MIDDLE_KNUCKLE, MIDDLE_TIP, RING_TIP, LITTLE_TIP = 12, 15, 20, 25
"""Indices of `XrHandJointEXT`; a knuckle is the proximal joint."""

FINGERS: tuple[tuple[int, ...], ...] = (
    (1, 2, 3, 4, 5),
    (1, 6, 7, 8, 9, 10),
    (1, 11, 12, 13, 14, 15),
    (1, 16, 17, 18, 19, 20),
    (1, 21, 22, 23, 24, 25),
)
"""Chains of joints from the wrist to each tip, for whoever draws them."""

_OPEN_GAP_M = 0.035  # tips this far apart (skin to skin) are no pinch at all
_SELECTED_RATIO = 0.7
_BENT_M, _STRAIGHT_M = (
    0.055,
    0.095,
)  # tip to palm of a fist and of a flat hand; adults' hands, labelled arbitrary
_USUAL_RADIUS_M = 0.008

# From the middle between the eyes to a shoulder, seated or standing: 0.18 m to the side, 0.22 m down, 0.06 m back
# (half of the 50th percentile's shoulder breadth and eye-to-acromion height, DIN 33402-2).
_SHOULDER_M: Vector = (0.18, -0.06, -0.22)


@dataclass(frozen=True, slots=True)
class Reading:
    """One hand as the actions say it.

    Attributes
    ----------
    profile : str
        Interaction profile; "" for none.
    grip, aim : Pose or None
        None: not active or not valid.
    select : bool
    pull_ratio, squeeze_ratio : float
    stick : tuple of float
    menu : bool
    """

    profile: str = ""
    grip: Pose | None = None
    aim: Pose | None = None
    select: bool = False
    pull_ratio: float = 0.0
    squeeze_ratio: float = 0.0
    stick: tuple[float, float] = (0.0, 0.0)
    menu: bool = False


@dataclass(frozen=True, slots=True)
class Joints:
    """Fingers as a hand tracker says them.

    Attributes
    ----------
    poses : tuple of Pose
        26, in the order of `XrHandJointEXT`; +Y of a joint points to the tip.
    radii_m : tuple of float
    from_controller : bool
        The runtime only guesses them from a controller in the hand (XR_EXT_hand_tracking_data_source).
    """

    poses: tuple[Pose, ...]
    radii_m: tuple[float, ...]
    from_controller: bool = False


def hand_of(reading: Reading, joints: Joints | None) -> Hand:
    """A hand out of its actions and its fingers.

    Parameters
    ----------
    reading : Reading
    joints : Joints or None
        None: not tracked now.

    Returns
    -------
    Hand
        `NO_HAND` where nothing is there. A controller stays one although fingers are shown around it.
    """
    controller = reading.profile != "" and not is_hand(reading.profile)
    here = reading.grip is not None or reading.aim is not None
    if joints is None:
        if not here:
            return NO_HAND
        return _by_actions(reading, "controller" if controller else "hand")
    if controller and here:
        return _with_fingers(_by_actions(reading, "controller"), joints)
    if joints.from_controller:
        return NO_HAND
    if here:
        return _with_fingers(_by_actions(reading, "hand"), joints)
    pinch = pinch_ratio(joints)
    bare = Hand(
        "hand",
        grip=_grip(joints),
        aim=None,
        select_ratio=pinch,
        selected=pinch >= _SELECTED_RATIO,
        squeeze_ratio=grasp_ratio(joints),
    )
    return _with_fingers(bare, joints)


def _by_actions(reading: Reading, kind: str) -> Hand:
    ratio = _ratio(reading.pull_ratio)
    return Hand(
        kind,
        grip=reading.grip,
        aim=reading.aim,
        select_ratio=max(ratio, 1.0 if reading.select and ratio == 0.0 else 0.0),
        selected=reading.select or ratio >= _SELECTED_RATIO,
        squeeze_ratio=_ratio(reading.squeeze_ratio),
        stick=(_signed(reading.stick[0]), _signed(reading.stick[1])),
        menu=reading.menu,
    )


def _with_fingers(hand: Hand, joints: Joints) -> Hand:
    return replace(hand, joints=joints.poses, joint_radii_m=joints.radii_m)


def pinch_ratio(joints: Joints) -> float:
    """How far thumb and index are closed: 1 when their skins meet, 0 from 35 mm on."""
    thumb, index = joints.poses[THUMB_TIP].position_m, joints.poses[INDEX_TIP].position_m
    thick_m = (joints.radii_m[THUMB_TIP] or _USUAL_RADIUS_M) + (joints.radii_m[INDEX_TIP] or _USUAL_RADIUS_M)
    return _ratio(1.0 - (math.dist(thumb, index) - thick_m) / _OPEN_GAP_M)


def grasp_ratio(joints: Joints) -> float:
    """How far the fingers beside thumb and index are bent: 0 flat, 1 a fist."""
    palm = joints.poses[PALM].position_m
    tips = (joints.poses[tip].position_m for tip in (MIDDLE_TIP, RING_TIP, LITTLE_TIP))
    bent = [_ratio((_STRAIGHT_M - math.dist(tip, palm)) / (_STRAIGHT_M - _BENT_M)) for tip in tips]
    return sum(bent) / len(bent)


def _grip(joints: Joints) -> Pose:
    """Where a stick would be held: in the palm."""
    return joints.poses[PALM]


def with_aim(hand: Hand, side: int, head: Pose) -> Hand:
    """A hand with a ray: its own where it has one, else from the shoulder through the index's knuckle.

    Parameters
    ----------
    hand : Hand
    side : int
        `LEFT` or `RIGHT`.
    head : Pose
        In the same frame, whose Z is up.
    """
    if hand.aim is not None or len(hand.joints) != JOINTS:
        return hand
    knuckle = hand.joints[INDEX_KNUCKLE].position_m
    x, y, z = _SHOULDER_M
    heading = heading_rad(head.turn)
    body = Pose(head.position_m, yaw_turn(heading) if heading is not None else head.turn)
    shoulder = applied(body, (-x if side == LEFT else x, y, z))
    along = (knuckle[0] - shoulder[0], knuckle[1] - shoulder[1], knuckle[2] - shoulder[2])
    if math.hypot(*along) < 0.05:  # a hand on the shoulder points nowhere
        return hand
    return replace(hand, aim=Pose(knuckle, turn_along(along)))


def turn_along(along: Vector) -> Quaternion:
    """The turn that takes +Y to `along`, without roll: its X axis stays level.

    Raises
    ------
    ValueError
        For a vector without a length.
    """
    length = math.hypot(*along)
    if not (length > 0.0 and math.isfinite(length)):
        raise ValueError(f"a ray along {along} leads nowhere; give it a length")
    yaw = math.atan2(-along[0], along[1])
    pitch = math.asin(max(-1.0, min(1.0, along[2] / length)))
    return unit(multiplied(yaw_turn(yaw), (math.sin(pitch / 2.0), 0.0, 0.0, math.cos(pitch / 2.0))))


def direction(pose: Pose) -> Vector:
    """Where a pose's +Y points to."""
    return rotated(pose.turn, (0.0, 1.0, 0.0))


def angle_between_deg(a: Quaternion, b: Quaternion) -> float:
    """How far one turn is from another, 0..180 degrees."""
    x, y, z, w = multiplied(conjugated(a), b)
    return math.degrees(2.0 * math.atan2(math.sqrt(x * x + y * y + z * z), abs(w)))


def _ratio(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def _signed(value: float) -> float:
    return min(max(value, -1.0), 1.0) if math.isfinite(value) else 0.0
