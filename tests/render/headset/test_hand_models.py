"""Hands as capsules: every finger has its bones, a pulled trigger moves, and the shader has room for all of them."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

from engine.render.headset.hand_models import BONES, capsule_node, finger_capsules, held_capsules
from engine.render.shading import shader_source
from engine.xr.hands import FINGERS, JOINTS
from engine.xr.values import Hand, Pose

JOINTED = Hand(
    "hand",
    joints=tuple(Pose((0.01 * number, 0.0, 0.0)) for number in range(JOINTS)),
    joint_radii_m=tuple(0.001 * (number + 1) for number in range(JOINTS)),
)


def test_bones_join_what_the_extension_calls_neighbours() -> None:
    for finger in FINGERS:
        for pair in pairwise(finger):
            assert pair in BONES, pair
    used = {joint for bone in BONES for joint in bone}
    assert used == set(range(1, JOINTS))  # all but the palm, which lies inside


def test_a_capsule_spans_two_joints_with_their_radii() -> None:
    capsules = finger_capsules(JOINTED)
    at = BONES.index((9, 10))
    assert capsules[at] == (
        pytest.approx((0.09, 0.0, 0.0)),
        pytest.approx(0.010),
        pytest.approx((0.10, 0.0, 0.0)),
        pytest.approx(0.011),
    )


def test_a_tracker_that_knows_no_radii_still_shows_fingers() -> None:
    bare = Hand("hand", joints=JOINTED.joints)
    assert all(a_m > 0.0 and b_m > 0.0 for _a, a_m, _b, b_m in finger_capsules(bare))


def test_a_pulled_trigger_moves_towards_the_palm() -> None:
    rest = held_capsules(Hand("controller", grip=Pose()))
    pulled = held_capsules(Hand("controller", grip=Pose(), select_ratio=1.0))
    moved = [a for a, b in zip(rest, pulled, strict=True) if a != b]
    assert len(moved) == 1
    assert held_capsules(Hand("hand", grip=Pose(), select_ratio=1.0)) == held_capsules(
        Hand("hand", grip=Pose())
    )


def test_the_shader_has_room_for_every_capsule() -> None:
    sizes = re.findall(r"u_(?:from|to)\[(\d+)\]", shader_source("hand.vert"))
    assert {int(size) for size in sizes if int(size) > 1} == {len(BONES)}


def test_capsules_are_closed_and_round() -> None:
    node = capsule_node("one", 2)
    data = node.get_geom(0).get_vertex_data()
    rows = np.frombuffer(data.get_array(0).get_handle().get_data(), dtype=np.float32).reshape(-1, 7)
    assert np.linalg.norm(rows[:, :3], axis=1) == pytest.approx(1.0, abs=1e-6)
    ends = rows[:, 4]
    assert (rows[ends == 0.0, 2] <= 1e-6).all()
    assert (rows[ends == 1.0, 2] >= -1e-6).all()
    assert set(rows[:, 3]) == {0.0, 1.0}
    index = np.frombuffer(
        node.get_geom(0).get_primitive(0).get_vertices().get_handle().get_data(), dtype=np.uint16
    )
    one = rows[index.reshape(-1, 3)][:, :, :3]
    whole = rows[index.reshape(-1, 3)][:, :, 4].any(axis=1)
    normal = np.cross(one[:, 1] - one[:, 0], one[:, 2] - one[:, 0])
    # Faces look outwards: Panda3D culls what is clockwise.
    facing = (normal * one.mean(axis=1)).sum(axis=1)[whole]
    assert (facing >= -1e-6).all()
