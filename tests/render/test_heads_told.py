"""What a viewer's guest looks at is where the ears of that guest are."""

from __future__ import annotations

import pytest

from engine.experience.package import Package
from engine.motion.head_poses import HeadPredictor, HeadTelling
from engine.motion.seat_poses import SeatPoseBlock
from engine.render.live import HeadPose
from engine.render.viewer import Viewer
from engine.render.watching import GuestWatch
from tests.render.show import held


def test_a_drawn_head_is_told_for_the_instant_it_is_seen(package: Package, viewer: Viewer) -> None:
    poses = SeatPoseBlock.local()
    quiet = viewer._watch
    viewer._watch = GuestWatch(viewer.stage, HeadTelling(poses))
    try:
        for at_ns, yaw_deg in ((1_000_000_000, 10.0), (1_020_000_000, 14.0)):
            head = HeadPose(x_m=0.02, yaw_deg=yaw_deg, pitch_deg=-5.0, roll_deg=3.0)
            viewer.draw(held(package, "quay", 6.0), at_ns, head)
    finally:
        viewer._watch = quiet
    told = HeadPredictor(poses).pose_at(1_030_000_000)
    assert told == pytest.approx((0.02, 0.0, 0.0, 3.0, -5.0, 16.0), abs=1e-6)
