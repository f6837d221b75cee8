"""Projections of eyes, and the one frustum that both are culled by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panda3d.core import PerspectiveLens

from engine.render.headset.frustum import clip_around, clip_from_eye
from engine.render.headset.poses import pose_matrix
from engine.xr.values import Fov, Pose

NEAR_M, FAR_M = 0.06, 1200.0

angles = st.floats(min_value=math.radians(15.0), max_value=math.radians(60.0))
places = st.tuples(*(st.floats(min_value=-0.08, max_value=0.08),) * 3)
cants = st.floats(min_value=math.radians(-12.0), max_value=math.radians(12.0))


@st.composite
def eyes(draw: st.DrawFn) -> tuple[np.ndarray, Fov]:
    left, right, up, down = (draw(angles) for _ in range(4))
    half = draw(cants) / 2.0
    axis = draw(st.sampled_from(((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))))
    turn = (*(math.sin(half) * part for part in axis), math.cos(half))
    return pose_matrix(Pose(draw(places), turn)), Fov(-left, right, up, -down)


def corners_of_sight(T_head_eye: np.ndarray, fov: Fov) -> np.ndarray:
    """The eight corners of what an eye sees, in head space."""
    found = []
    for depth_m in (NEAR_M, FAR_M):
        for across in (fov.left_rad, fov.right_rad):
            for upward in (fov.down_rad, fov.up_rad):
                found.append((math.tan(across) * depth_m, depth_m, math.tan(upward) * depth_m, 1.0))
    return np.array(found) @ T_head_eye.T


def in_clip(clip: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Normalised device coordinates."""
    at = points @ clip.T
    assert (at[:, 3] > 0.0).all()
    return at[:, :3] / at[:, 3:]


@given(st.lists(eyes(), min_size=2, max_size=2))
def test_one_frustum_holds_both_eyes_whole(pair: list[tuple[np.ndarray, Fov]]) -> None:
    clip = clip_around([T for T, _ in pair], [fov for _, fov in pair], NEAR_M, FAR_M)
    for T_head_eye, fov in pair:
        assert (np.abs(in_clip(clip, corners_of_sight(T_head_eye, fov))) <= 1.0 + 1e-6).all()


def test_one_frustum_is_no_wider_than_it_must_be() -> None:
    """Two parallel eyes with the same angles: the tip lies half the distance of the eyes over the tangent behind them."""
    fov = Fov(-math.pi / 4, math.pi / 4, math.pi / 4, -math.pi / 4)
    both = [pose_matrix(Pose((x, 0.0, 0.0))) for x in (-0.03, 0.03)]
    clip = clip_around(both, [fov, fov], NEAR_M, FAR_M)
    edge = in_clip(clip, np.array([[1.03, 1.0, 0.0, 1.0], [0.0, 1.0, 1.03, 1.0]]))
    assert edge[0, 0] == pytest.approx(1.0)
    assert edge[1, 1] == pytest.approx(1.0)


def test_eyes_that_look_apart_are_culled_by_distance_alone() -> None:
    fov = Fov(-1.2, 0.6, 0.8, -0.8)
    outward = [
        pose_matrix(Pose((0.0, 0.0, 0.0), (0.0, 0.0, math.sin(a), math.cos(a)))) for a in (0.35, -0.35)
    ]
    clip = clip_around(outward, [fov, Fov(-0.6, 1.2, 0.8, -0.8)], NEAR_M, FAR_M)
    for T_head_eye, one in zip(outward, (fov, Fov(-0.6, 1.2, 0.8, -0.8)), strict=True):
        assert (np.abs(in_clip(clip, corners_of_sight(T_head_eye, one))) <= 1.0 + 1e-6).all()
    behind = in_clip(clip, np.array([[0.0, -10.0, 0.0, 1.0]]))
    assert (np.abs(behind) <= 1.0).all()


def test_an_eyes_angles_are_the_edges_of_its_picture() -> None:
    fov = Fov(math.radians(-50.0), math.radians(40.0), math.radians(30.0), math.radians(-45.0))
    clip = clip_from_eye(fov, NEAR_M, FAR_M)
    ends = np.array(
        [
            (math.tan(fov.left_rad) * 2.0, 2.0, 0.0, 1.0),
            (math.tan(fov.right_rad) * 2.0, 2.0, 0.0, 1.0),
            (0.0, 2.0, math.tan(fov.up_rad) * 2.0, 1.0),
            (0.0, 2.0, math.tan(fov.down_rad) * 2.0, 1.0),
            (0.0, NEAR_M, 0.0, 1.0),
            (0.0, FAR_M, 0.0, 1.0),
        ]
    )
    found = in_clip(clip, ends)
    assert found[0, 0] == pytest.approx(-1.0)
    assert found[1, 0] == pytest.approx(1.0)
    assert found[2, 1] == pytest.approx(1.0)
    assert found[3, 1] == pytest.approx(-1.0)
    assert found[4, 2] == pytest.approx(-1.0)
    assert found[5, 2] == pytest.approx(1.0)


def test_an_eyes_projection_is_panda3ds_own() -> None:
    """A lens of Panda3D's, set by film size and offset as its manual says, has the same matrix."""
    fov = Fov(-0.82, 0.70, 0.75, -0.80)
    left, right, up, down = (math.tan(a) for a in (fov.left_rad, fov.right_rad, fov.up_rad, fov.down_rad))
    lens = PerspectiveLens()
    lens.set_near_far(NEAR_M, FAR_M)
    lens.set_film_size(right - left, up - down)
    lens.set_focal_length(1.0)
    lens.set_film_offset((right + left) / 2.0, (up + down) / 2.0)
    rows = lens.get_projection_mat()
    panda = np.array([[rows.get_cell(row, column) for row in range(4)] for column in range(4)])
    assert panda == pytest.approx(clip_from_eye(fov, NEAR_M, FAR_M), abs=1e-6)


def test_a_pose_as_a_matrix() -> None:
    """A quarter turn to the left, half a metre up: what lies ahead of it lies to the left of its parent."""
    quarter = math.pi / 4
    matrix = pose_matrix(Pose((0.0, 0.0, 0.5), (0.0, 0.0, 2.0 * math.sin(quarter), 2.0 * math.cos(quarter))))
    assert matrix @ np.array([0.0, 3.0, 0.0, 1.0]) == pytest.approx([-3.0, 0.0, 0.5, 1.0])
