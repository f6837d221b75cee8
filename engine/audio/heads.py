"""Guests' heads as the mixer takes them, from the poses that their viewers tell (`engine.motion.head_poses`)."""

from __future__ import annotations

import math

from engine.audio.block import Head
from engine.motion.head_poses import HeadPredictor
from engine.motion.seat_poses import Axes, SeatPoseBlock


def head_of(pose: Axes) -> Head:
    """A head from offset and angles: turned left, then up, then to the right ear.

    Parameters
    ----------
    pose : tuple of 6 float
        x, y, z in metres; roll, pitch, yaw in degrees.
    """
    x, y, z, roll_deg, pitch_deg, yaw_deg = pose
    cy, sy = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    cp, sp = math.cos(math.radians(pitch_deg)), math.sin(math.radians(pitch_deg))
    cr, sr = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    return Head(
        (x, y, z),
        (
            cy * cr - sy * sp * sr, -sy * cp, cy * sr + sy * sp * cr,
            sy * cr + cy * sp * sr, cy * cp, sy * sr - cy * sp * cr,
            -cp * sr, sp, cp * cr,
        ),
    )  # fmt: skip


class TrackedHead:
    """The head of one seat, foretold to when a block is heard.

    Parameters
    ----------
    block : SeatPoseBlock
    seat : int
    """

    def __init__(self, block: SeatPoseBlock, seat: int) -> None:
        self._predictor = HeadPredictor(block, seat)

    def __call__(self, host_ns: int) -> Head:
        """Where it is at a host instant."""
        return head_of(self._predictor.pose_at(host_ns))
