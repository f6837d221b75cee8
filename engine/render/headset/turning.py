"""Where the resting guest is put in the vehicle: at the scene's resting eye, turned by what the guest has snapped round. Pure."""

from __future__ import annotations

from dataclasses import replace

from engine.xr.poses import composed, hand_in, inverted, yaw_turn
from engine.xr.values import Pose, Tracked


class Turning:
    """Keeps `T_eye_rest`: the resting guest's frame as seen from the scene's resting eye, axes of the vehicle.

    A snap turn goes about the guest's own head, or somebody who stands beside the seat's middle would be swung through the room.
    """

    def __init__(self) -> None:
        self.T_eye_rest = Pose()

    @property
    def T_rest_eye(self) -> Pose:
        """The vehicle's axes at its resting eye, in the resting guest's frame."""
        return inverted(self.T_eye_rest)

    def turn(self, left_rad: float, head: Pose) -> None:
        """Turn the guest to the left, about the head's place in the rest frame."""
        x, y, _z = head.position_m
        about = Pose((x, y, 0.0))
        turned = composed(composed(about, Pose(turn=yaw_turn(left_rad))), inverted(about))
        self.T_eye_rest = composed(self.T_eye_rest, turned)

    def in_vehicle(self, tracked: Tracked) -> Tracked:
        """Head, hands and gaze of the rest frame as seen from the resting eye: what a guest did, without the turns between."""
        T_eye_rest = self.T_eye_rest
        left, right = tracked.hands
        return replace(
            tracked,
            head=composed(T_eye_rest, tracked.head),
            hands=(hand_in(T_eye_rest, left), hand_in(T_eye_rest, right)),
            gaze=None if tracked.gaze is None else composed(T_eye_rest, tracked.gaze),
        )

    def reset(self) -> None:
        """Recentred: ahead is ahead again."""
        self.T_eye_rest = Pose()
