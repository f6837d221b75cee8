"""Poses, rays and comfort limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render import eye
from engine.render.live import HeadPose


def test_the_example_of_the_docstring() -> None:
    T_world_vehicle = eye.Pose(y_m=10.0, heading_deg=90.0).matrix()
    np.testing.assert_allclose(T_world_vehicle @ (0, 3, 0, 1), (-3, 10, 0, 1), atol=1e-12)


@pytest.mark.parametrize(
    ("pose", "point", "expected"),
    [
        (eye.Pose(heading_deg=90.0), (0, 1, 0), (-1, 0, 0)),  # + heading: to the left
        (eye.Pose(pitch_deg=90.0), (0, 1, 0), (0, 0, 1)),  # + pitch: nose up
        (eye.Pose(roll_deg=90.0), (1, 0, 0), (0, 0, -1)),  # + roll: right side down
    ],
)
def test_signs(pose: eye.Pose, point: tuple[float, ...], expected: tuple[float, ...]) -> None:
    np.testing.assert_allclose(pose.matrix()[:3, :3] @ point, expected, atol=1e-12)


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(-180, 180))
def test_panda_builds_the_same_rotation(heading: float, pitch: float, roll: float) -> None:
    from panda3d.core import LPoint3, NodePath

    node = NodePath("n")
    node.set_hpr(heading, pitch, roll)
    ours = eye.Pose(heading_deg=heading, pitch_deg=pitch, roll_deg=roll).matrix()
    for axis in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        theirs = node.get_mat().xform_vec(LPoint3(*axis))
        np.testing.assert_allclose(ours[:3, :3] @ axis, (theirs.x, theirs.y, theirs.z), atol=1e-5)


@given(st.floats(-1e3, 1e3), st.floats(0.1, 10))
def test_shown_motion_stays_within_its_limit(value: float, limit: float) -> None:
    shown = eye.soft_limit(value, limit)
    assert abs(shown) <= limit
    assert math.copysign(1, shown) == math.copysign(1, value) or shown == 0.0


def test_small_motion_is_shown_as_it_is() -> None:
    shown = eye.shown_motion(0.008, 0.1, 0.1)
    assert shown.z_m == pytest.approx(0.008, rel=0.01)
    assert shown.roll_deg == pytest.approx(0.1, rel=0.01)
    assert eye.shown_motion(1.0, 30.0, 30.0) == eye.Pose(
        z_m=pytest.approx(0.15, rel=0.01), pitch_deg=pytest.approx(1.5), roll_deg=pytest.approx(1.0)
    )


def test_head_ray_turns_with_vehicle_and_head() -> None:
    ray = eye.head_ray(eye.Pose(heading_deg=30.0).matrix(), (0.0, 0.0, 1.6), HeadPose(yaw_deg=60.0))
    np.testing.assert_allclose(ray.along, (-1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(ray.start, (0, 0, 1.6), atol=1e-12)


def test_the_pointer_at_the_edge_lies_at_half_the_angle() -> None:
    ray = eye.pointer_ray(np.eye(4), (0, 0, 0), HeadPose(), x_ratio=1.0, y_ratio=0.0, fov_deg=(75.0, 45.0))
    assert math.degrees(math.atan2(ray.along[0], ray.along[1])) == pytest.approx(37.5)


def test_sphere_hits() -> None:
    ray = eye.Ray((0, 0, 0), (0, 1, 0))
    assert eye.sphere_distance(ray, (0, 5, 0), 1.0) == pytest.approx(4.0)
    assert eye.sphere_distance(ray, (0.99, 5, 0), 1.0) is not None
    assert eye.sphere_distance(ray, (1.01, 5, 0), 1.0) is None
    assert eye.sphere_distance(ray, (0, -5, 0), 1.0) is None
    assert eye.sphere_distance(ray, (0, 0.5, 0), 1.0) == 0.0


def test_rectangle_hits() -> None:
    ray = eye.Ray((0, 0, 0), (0, 1, 0))
    assert eye.rectangle_hit(ray, (0.4, 2, 0), (1, 0, 0), (0, 0, 1), 0.5, 0.2) == pytest.approx(2.0)
    assert eye.rectangle_hit(ray, (0.6, 2, 0), (1, 0, 0), (0, 0, 1), 0.5, 0.2) is None
    assert eye.rectangle_hit(ray, (0, -2, 0), (1, 0, 0), (0, 0, 1), 0.5, 0.2) is None
    assert eye.rectangle_hit(ray, (0, 2, 0), (0, 1, 0), (0, 0, 1), 0.5, 0.2) is None
