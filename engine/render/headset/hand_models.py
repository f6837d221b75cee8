"""The guest's own hands in the picture: fingers where a tracker sees them, a plain handle where a controller is held.

Everything is made of capsules whose two ends are shader inputs, so that a moving hand rebuilds no geometry: a frame costs some
sixty numbers a hand. No likeness is wanted; hands of smooth dark glass suit every scene and every guest.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from panda3d.core import (
    GeomNode,
    LVecBase3f,
    LVecBase4f,
    NodePath,
    OmniBoundingVolume,
    PTA_float,
    PTA_LVecBase4f,
    TransparencyAttrib,
)

from engine.render import meshes
from engine.render.eye import Matrix
from engine.render.headset.poses import pose_matrix
from engine.render.picture import Picture, panda_matrix
from engine.render.shading import load_shader
from engine.xr.pointing import PointerRay, Pointing
from engine.xr.values import Hand

# Joints of XR_EXT_hand_tracking (XrHandJointEXT): 0 palm, 1 wrist, 2-5 thumb, then five each of index, middle, ring, little.
_FINGERS = ((2, 3, 4, 5), (6, 7, 8, 9, 10), (11, 12, 13, 14, 15), (16, 17, 18, 19, 20), (21, 22, 23, 24, 25))
_KNUCKLES = ((7, 12), (12, 17), (17, 22), (2, 6))
BONES: tuple[tuple[int, int], ...] = (
    *((1, finger[0]) for finger in _FINGERS),
    *(pair for finger in _FINGERS for pair in pairwise(finger)),
    *_KNUCKLES,
)
"""Which two joints each capsule of a hand spans."""

_USUAL_RADIUS_M = 0.009
_RAY_LENGTH_M = 0.9
_RAY_RADIUS_M = 0.0022

Capsule = tuple[tuple[float, float, float], float, tuple[float, float, float], float]
"""Beginning, its radius, end, its radius; metres."""

# A handle along the grip pose's +Y (OpenXR's -Z: out of the fist on the thumb's side), +Z away from the palm's heel.
_HANDLE: tuple[Capsule, ...] = (
    ((0.0, -0.060, 0.0), 0.016, (0.0, 0.030, 0.0), 0.018),
    ((0.0, 0.030, 0.0), 0.018, (0.0, 0.055, 0.004), 0.027),
)
# Its trigger at rest, and how far it moves when pulled.
_TRIGGER: Capsule = ((0.0, 0.040, -0.022), 0.007, (0.0, 0.048, -0.034), 0.006)
_TRIGGER_TRAVEL_M = 0.009
# A hand of which only the grip is known: a mitten.
_MITTEN: tuple[Capsule, ...] = (
    ((-0.025, -0.035, 0.0), 0.018, (-0.025, 0.045, 0.0), 0.013),
    ((0.0, -0.040, 0.0), 0.019, (0.0, 0.055, 0.0), 0.013),
    ((0.025, -0.035, 0.0), 0.018, (0.025, 0.045, 0.0), 0.013),
)


def finger_capsules(hand: Hand) -> list[Capsule]:
    """Capsules of a hand with joints, in their frame."""
    radii = hand.joint_radii_m or (_USUAL_RADIUS_M,) * len(hand.joints)
    found: list[Capsule] = []
    for first, second in BONES:
        a, b = hand.joints[first], hand.joints[second]
        found.append((a.position_m, radii[first], b.position_m, radii[second]))
    return found


def held_capsules(hand: Hand) -> list[Capsule]:
    """Capsules of a controller or mitten, in the grip's frame."""
    if hand.kind != "controller":
        return list(_MITTEN)
    (ax, ay, az), a_m, (bx, by, bz), b_m = _TRIGGER
    pulled = _TRIGGER_TRAVEL_M * min(max(hand.select_ratio, 0.0), 1.0)
    return [*_HANDLE, ((ax, ay, az + pulled), a_m, (bx, by, bz + pulled), b_m)]


class HandModels:
    """Both hands and their rays.

    Parameters
    ----------
    picture : Picture
        Whose light and fog they take.
    """

    def __init__(self, picture: Picture) -> None:
        self._root = picture.root.attach_new_node("hands")
        self._root.set_shader(load_shader("hand.vert", "hand.frag", eyes=True))
        self._hands = [_Capsules(self._root, f"hand_{side}", len(BONES)) for side in (0, 1)]
        self._rays = [_Capsules(self._root, f"ray_{side}", 1) for side in (0, 1)]
        for ray in self._rays:
            ray.path.set_shader_input("u_ray", 1.0)
            ray.path.set_transparency(TransparencyAttrib.M_alpha)
            ray.path.set_depth_write(False)
            ray.path.set_bin("fixed", 90)
        self._root.set_shader_input("u_ray", 0.0)

    def show(self, hands: tuple[Hand, Hand], T_world_rest: Matrix, pointing: Pointing | None = None) -> None:
        """Put the hands where they are.

        Parameters
        ----------
        hands : tuple of Hand
            Left and right, in the rest frame, as in `Tracked`.
        T_world_rest : ndarray, shape (4, 4)
            The resting guest's frame in the world.
        pointing : Pointing, optional
            Its rays are drawn; None draws none.
        """
        self._root.set_mat(panda_matrix(T_world_rest))
        rays: Sequence[PointerRay] = pointing.rays if pointing is not None else ()
        leads = pointing.look.hand if pointing is not None and pointing.look is not None else None
        for side, hand in enumerate(hands):
            self._show_hand(self._hands[side], hand)
            mine = [ray for ray in rays if ray.hand == side]
            if mine and hand.kind:
                start, along = np.array(mine[0].start_m), np.array(mine[0].along)
                end = start + along * _RAY_LENGTH_M
                self._rays[side].set([_capsule(start, _RAY_RADIUS_M, end, _RAY_RADIUS_M * 0.4)], np.eye(4))
                # The ray that leads is brighter, and a press brighter still.
                self._rays[side].glow(
                    (0.55 if leads == side else 0.2) + 0.45 * min(max(hand.select_ratio, 0.0), 1.0)
                )
            else:
                self._rays[side].hide()

    def hide(self) -> None:
        """No guest: no hands."""
        for model in (*self._hands, *self._rays):
            model.hide()

    def _show_hand(self, model: _Capsules, hand: Hand) -> None:
        if hand.kind and hand.joints:
            model.set(finger_capsules(hand), np.eye(4))
        elif hand.kind and hand.grip is not None:
            model.set(held_capsules(hand), pose_matrix(hand.grip))
        else:
            model.hide()
            return
        model.glow(min(max(hand.select_ratio, 0.0), 1.0))

    def close(self) -> None:
        """Let the nodes go."""
        self._root.remove_node()


class _Capsules:
    """One node of so many capsules; those not used have no size."""

    def __init__(self, parent: NodePath, name: str, count: int) -> None:
        node = capsule_node(name, count)
        self.path = parent.attach_new_node(node)
        self._count = count
        self._from = PTA_LVecBase4f([LVecBase4f(0.0)] * len(BONES))
        self._to = PTA_LVecBase4f([LVecBase4f(0.0)] * len(BONES))
        self._glow = PTA_float([0.0])
        self.path.set_shader_input("u_from", self._from)
        self.path.set_shader_input("u_to", self._to)
        self.path.set_shader_input("u_glow", self._glow)
        self.path.set_shader_input("u_tint", LVecBase3f(0.20, 0.23, 0.28))
        self.path.hide()

    def set(self, capsules: Sequence[Capsule], T_rest_frame: Matrix) -> None:
        """Show these capsules, given in a frame of the rest frame."""
        self.path.set_mat(panda_matrix(T_rest_frame))
        for row in range(self._count):
            if row < len(capsules):
                a, a_m, b, b_m = capsules[row]
                self._from[row] = LVecBase4f(*a, a_m)
                self._to[row] = LVecBase4f(*b, b_m)
            else:
                self._from[row] = self._to[row] = LVecBase4f(0.0)
        self.path.show()

    def glow(self, ratio: float) -> None:
        """How strongly it shines, 0..1."""
        self._glow[0] = ratio

    def hide(self) -> None:
        """Show nothing."""
        self.path.hide()


def _capsule(a: npt.NDArray[np.float64], a_m: float, b: npt.NDArray[np.float64], b_m: float) -> Capsule:
    return (float(a[0]), float(a[1]), float(a[2])), a_m, (float(b[0]), float(b[1]), float(b[2])), b_m


def capsule_node(name: str, count: int, *, around: int = 12, rings: int = 3) -> GeomNode:
    """Unit capsules for the hand's shader: a point of the unit sphere each, and which capsule and which end it belongs to."""
    half = np.linspace(0.0, np.pi / 2.0, rings + 1)
    polar = np.concatenate(
        [np.pi - half, half[::-1]]
    )  # from the far pole to the equator, and from there to the near one
    ends = np.repeat([0.0, 1.0], rings + 1)
    turn = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    unit = np.stack(
        [
            np.outer(np.sin(polar), np.cos(turn)),
            np.outer(np.sin(polar), np.sin(turn)),
            np.outer(np.cos(polar), np.ones(around)),
        ],
        axis=2,
    ).reshape(-1, 3)
    rows = len(polar)
    cell = np.arange(rows * around).reshape(rows, around)
    a, b = cell[:-1], np.roll(cell, -1, axis=1)[:-1]
    c, d = cell[1:], np.roll(cell, -1, axis=1)[1:]
    one = np.stack([a, b, d, a, d, c], axis=2).reshape(-1)
    vertex = np.tile(unit, (count, 1)).astype(np.float32)
    glow = np.zeros((len(vertex), 4), dtype=np.float32)
    glow[:, 0] = np.repeat(np.arange(count), len(unit))
    glow[:, 1] = np.tile(np.repeat(ends, around), count)
    index = (one[None, :] + (np.arange(count) * len(unit))[:, None]).reshape(-1).astype(np.uint32)
    node = GeomNode(name)
    node.add_geom(meshes.make_geom({"vertex": vertex, "glow": glow}, index))
    node.set_bounds(OmniBoundingVolume())
    node.set_final(True)
    return node
