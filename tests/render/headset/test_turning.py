"""Where snap turns put the guest: about the head, and out of what is recorded."""

from __future__ import annotations

import math

import pytest

from engine.render.headset.turning import Turning
from engine.xr.angles import angles_deg, turn_of_deg
from engine.xr.poses import composed, inverted
from engine.xr.values import Hand, Pose, Tracked

HEAD = Pose((0.3, -0.2, 0.1), turn_of_deg(10.0))


def test_a_turn_goes_to_the_left_about_the_guests_own_head() -> None:
    turning = Turning()
    turning.turn(math.radians(30.0), HEAD)
    seen = composed(turning.T_eye_rest, HEAD)
    assert seen.position_m == pytest.approx(HEAD.position_m)
    assert angles_deg(seen.turn)[0] == pytest.approx(40.0)
    back = composed(turning.T_rest_eye, seen)
    assert back.position_m == pytest.approx(HEAD.position_m)
    turning.reset()
    assert turning.T_eye_rest == Pose()


def test_what_is_recorded_holds_the_turn() -> None:
    turning = Turning()
    turning.turn(math.radians(90.0), Pose())
    ahead = Pose((0.0, 1.0, 0.0))
    hand = Hand("controller", ahead, ahead, joints=(ahead,))
    kept = turning.in_vehicle(Tracked(7, head=HEAD, hands=(Hand(), hand), gaze=ahead))
    assert kept.at_ns == 7 and kept.hands[0] == Hand()
    assert kept.gaze is not None
    for pose in (kept.gaze, kept.hands[1].grip, kept.hands[1].aim, kept.hands[1].joints[0]):
        assert pose is not None and pose.position_m == pytest.approx((-1.0, 0.0, 0.0))
    assert composed(inverted(turning.T_eye_rest), kept.head).position_m == pytest.approx(HEAD.position_m)


def test_who_has_not_turned_is_recorded_as_is() -> None:
    tracked = Tracked(7, head=HEAD)
    assert Turning().in_vehicle(tracked).head.position_m == pytest.approx(HEAD.position_m)
