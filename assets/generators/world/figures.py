"""People of the street: robed figures with sleeves, hair, hats and poses; and a cat.

A figure stands on z = 0 facing -Y, 1.55-1.75 m tall at scale 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from .lantern import hand_lantern
from .mesh import Floats, Mesh, Paint, ball, beam, box, loft, paint, raw, revolve, ribbon, surface, tube
from .noise import rng
from .palette import BAMBOO, GOLD, HAIR, PLANK_DARK, PLANK_PALE, ROBES, SHAWLS, SKIN, SKIRTS

POSES = (
    "stand",
    "clasp",
    "walk",
    "wave",
    "point",
    "hold",
    "lean",
    "sit",
    "lift",
    "carry",
    "flute",
    "pipa",
    "drum",
    "fish",
)
_SIDES = 8


def _rings(rows: Sequence[tuple[float, float, float, float, float]]) -> Floats:
    """Elliptic rings from (z, x, y, rx, ry)."""
    a = np.linspace(0, 2 * math.pi, _SIDES, endpoint=False) + math.pi / _SIDES
    return np.array(
        [
            np.stack([x + rx * np.cos(a), y + ry * np.sin(a), np.full(_SIDES, z)], 1)
            for z, x, y, rx, ry in rows
        ]
    )


def _sleeve(shoulder: Floats, elbow: Floats, hand: Floats, coat: Paint, cuff: float, trim: Paint) -> Mesh:
    """Arm in a wide sleeve: the cuff opens downward, as heavy cloth hangs."""
    mesh = Mesh()
    path = np.array([shoulder, (shoulder + elbow) / 2 + [0, 0, 0.01], elbow, elbow * 0.45 + hand * 0.55])
    rings = []
    widths = (0.075, 0.085, 0.09, cuff)
    direction = np.gradient(path, axis=0)
    for p, r, d in zip(path, widths, direction, strict=True):
        d = d / np.linalg.norm(d)
        side = np.cross(d, [0, 0, 1.0])
        side = (
            side / max(1e-6, float(np.linalg.norm(side)))
            if np.linalg.norm(side) > 0.1
            else np.array([1.0, 0, 0])
        )
        up = np.cross(side, d)
        hang = 1.5 if r == cuff else 1.0
        a = np.linspace(0, 2 * math.pi, 6, endpoint=False)
        ring = (
            p
            + side * r * 0.75 * np.cos(a)[:, None]
            + up * (r * np.where(np.sin(a) < 0, hang, 0.8) * np.sin(a))[:, None]
        )
        rings.append(ring)
    rings[-1] = rings[-1] + [0, 0, -0.02]
    tones = np.array([coat.rgb, coat.rgb, coat.rgb, trim.rgb])
    mesh.add(loft(np.array(rings), coat, rgb=tones))
    mesh.add(tube([path[-1], hand], [0.035, 0.03], SKIN, sides=4))
    mesh.add(ball(hand, (0.04, 0.045, 0.045), SKIN, sides=5, rings=4))
    return mesh


def _head(random: np.random.Generator, woman: bool, child: bool, tilt: float, turn: float) -> Mesh:
    """Head with neck at the origin: oval face, hair, and one of the period's hats or buns."""
    mesh = Mesh()
    mesh.add(tube([(0, 0, -0.08), (0, 0.0, 0.06)], 0.045, SKIN, sides=5))
    mesh.add(ball((0, -0.012, 0.15), (0.085, 0.095, 0.118), SKIN, sides=9, rings=6))
    mesh.add(
        raw(
            [(0, -0.125, 0.135), (-0.016, -0.1, 0.13), (0.016, -0.1, 0.13), (0, -0.1, 0.18)],
            [(0, -1, -0.2), (-1, -0.3, 0), (1, -0.3, 0), (0, -1, 0.3)],
            [[0, 1, 3], [0, 3, 2], [0, 2, 1]],
            SKIN.toned(0.97),
        )
    )
    for x in (-0.035, 0.035):
        mesh.add(
            raw(
                [(x - 0.018, -0.105, 0.165), (x + 0.018, -0.105, 0.165), (x, -0.106, 0.175)],
                np.tile([0, -1.0, 0], (3, 1)),
                [[0, 1, 2]],
                HAIR,
            )
        )
    mesh.add(
        raw(
            [(-0.02, -0.1, 0.085), (0.02, -0.1, 0.085), (0, -0.104, 0.078)],
            np.tile([0, -1.0, 0], (3, 1)),
            [[0, 1, 2]],
            paint("#9A3A30", "skin"),
        )
    )
    # Hair: a cap open at the face.
    t = np.linspace(-0.15, math.pi / 2, 5)
    a = np.linspace(0, 2 * math.pi, 10, endpoint=False)
    front = np.clip(-np.sin(a), 0, 1)
    grid = np.stack(
        [
            np.stack(
                [
                    0.094 * np.cos(a) * math.cos(k),
                    0.012 + 0.1 * np.sin(a) * math.cos(k),
                    0.155 + 0.125 * math.sin(k) + front * 0.07 * math.cos(k) ** 1.0,
                ],
                1,
            )
            for k in t
        ]
    )
    mesh.add(loft(grid, HAIR))
    kind = int(random.integers(4))
    if woman:
        if kind == 0:  # one high knot leaning back
            mesh.add(ball((0, 0.03, 0.32), (0.06, 0.06, 0.075), HAIR, sides=7, rings=5))
            mesh.add(tube([(-0.11, 0.03, 0.3), (0.11, 0.03, 0.31)], 0.008, GOLD, sides=3))
        elif kind == 1:  # two loops
            for x in (-1, 1):
                loop = [
                    (x * 0.05 + x * 0.055 * math.sin(q), 0.02, 0.34 - 0.065 * math.cos(q))
                    for q in np.linspace(0, 2 * math.pi, 8)
                ]
                mesh.add(tube(loop, 0.024, HAIR, sides=4))
        elif kind == 2:  # a cloud-high coil with a flower
            mesh.add(
                tube(
                    [(0, 0.05, 0.24), (0.02, 0.04, 0.34), (0.03, -0.02, 0.37), (0.0, -0.05, 0.33)],
                    [0.07, 0.065, 0.05, 0.03],
                    HAIR,
                    sides=6,
                    caps=True,
                )
            )
            mesh.add(
                ball((0.07, -0.04, 0.27), (0.03, 0.025, 0.03), paint("#D85A6A", "cloth"), sides=5, rings=4)
            )
        else:  # side buns
            for x in (-1, 1):
                mesh.add(ball((x * 0.095, 0.02, 0.21), (0.05, 0.055, 0.055), HAIR, sides=6, rings=4))
            mesh.add(ball((0.0, -0.06, 0.275), (0.025, 0.02, 0.022), GOLD, sides=5, rings=3))
    elif child:
        for x in (-1, 1):
            mesh.add(ball((x * 0.065, 0.02, 0.275), (0.042, 0.042, 0.042), HAIR, sides=6, rings=4))
    elif kind in (0, 1):  # futou: black gauze cap with two tails
        mesh.add(
            loft(
                _rings(
                    [
                        (0.2, 0, 0.01, 0.098, 0.105),
                        (0.27, 0, 0.01, 0.09, 0.095),
                        (0.275, 0, 0.045, 0.07, 0.06),
                        (0.34, 0, 0.05, 0.062, 0.05),
                        (0.365, 0, 0.05, 0.02, 0.015),
                    ]
                ),
                HAIR,
            )
        )
        for x in (-1, 1):
            mesh.add(
                ribbon(
                    [(x * 0.03, 0.1, 0.27), (x * 0.09, 0.15, 0.22), (x * 0.12, 0.16, 0.12)],
                    (0.02, 0, 0.01),
                    HAIR,
                    normal=(0, 1, 0),
                )
            )
    elif kind == 2:  # straw hat
        mesh.add(revolve([(0.3, 0.19), (0.16, 0.26), (0.05, 0.33), (0.0, 0.345)], BAMBOO, sides=10))
        mesh.add(revolve([(0.0, 0.24), (0.29, 0.185)], BAMBOO.toned(0.5), sides=10))
    else:  # topknot with a pin
        mesh.add(ball((0, 0.02, 0.31), (0.045, 0.045, 0.06), HAIR, sides=6, rings=4))
        mesh.add(tube([(-0.08, 0.02, 0.3), (0.08, 0.02, 0.3)], 0.008, GOLD, sides=3))
    return Mesh().add(Mesh().add(mesh, tilt_deg=tilt), turn_deg=turn)


def figure(
    seed: int,
    pose: str = "stand",
    *,
    child: bool = False,
    woman: bool | None = None,
    colour: str = "orange",
    robe: str = "",
) -> Mesh:
    """One person.

    Parameters
    ----------
    seed : chooses build, colours, hair and small turns of head and body
    pose : one of POSES; "hold" and "lift" carry a lit lantern, "sit" needs a seat 0.42 m high behind
    colour : of the lantern held
    """
    random = rng(seed, 81)
    woman = bool(random.uniform() < 0.5) if woman is None else woman
    body = paint(robe or ROBES[int(random.integers(len(ROBES)))], "cloth").toned(
        float(random.uniform(0.9, 1.25))
    )
    skirt = (
        paint(SKIRTS[int(random.integers(len(SKIRTS)))], "cloth").toned(float(random.uniform(0.9, 1.2)))
        if woman
        else body
    )
    trim = paint(SHAWLS[int(random.integers(len(SHAWLS)))], "cloth")
    stout = float(random.uniform(0.92, 1.18))
    lean = {"walk": -0.07, "lean": -0.26, "carry": -0.14, "pipa": -0.04, "drum": -0.1}.get(pose, 0.0)
    hip = 0.47 if pose in ("sit", "pipa", "fish") else 0.88
    chest = hip + 0.42
    shoulder_z = hip + 0.52
    ly = lean
    mesh = Mesh()
    if pose in ("sit", "pipa", "fish"):
        knee = -0.42
        mesh.add(
            loft(
                np.array(
                    [
                        *_rings([(0.02, 0, knee - 0.02, 0.24, 0.12), (0.3, 0, knee, 0.23, 0.12)]),
                        *_rings([(0.5, 0, knee + 0.12, 0.24, 0.13)]),
                        *_rings([(0.56, 0, -0.08, 0.22 * stout, 0.16)]),
                        *_rings([(hip + 0.14, 0, ly * 0.4, 0.17 * stout, 0.13)]),
                    ]
                ),
                skirt,
            )
        )
        mesh.add(loft(_rings([(0.42, 0, -0.05, 0.22, 0.2), (0.34, 0, 0.0, 0.2, 0.18)]), skirt))
    else:
        step = 0.14 if pose == "walk" else float(random.uniform(-0.02, 0.03))
        flare = 0.27 if woman else 0.22
        rows = [
            (0.0, 0.0, -step * 0.7, flare * stout, flare * 0.82 + step * 0.5),
            (0.06, 0.0, -step * 0.6, flare * 0.98 * stout, flare * 0.8 + step * 0.45),
            (0.35, 0, -step * 0.25, 0.22 * stout, 0.175 + step * 0.2),
            (0.7, 0, ly * 0.2, 0.19 * stout, 0.145),
            (hip + 0.14, 0, ly * 0.45, 0.16 * stout, 0.12),
        ]
        grid = _rings(rows)
        # Folds at the hem.
        fold = 1 + 0.09 * np.array([1, -1] * (_SIDES // 2))
        for k in (0, 1, 2):
            centre = grid[k].mean(axis=0)
            grid[k] = centre + (grid[k] - centre) * (fold if k < 2 else 1 + (fold - 1) * 0.5)[:, None] ** 1.0
        tones = np.array(
            [trim.rgb if not woman else skirt.toned(0.7).rgb, skirt.rgb, skirt.rgb, skirt.rgb, skirt.rgb]
        )
        mesh.add(loft(grid, skirt, rgb=tones))
        mesh.add(ball((-0.07, -0.12 - step, 0.03), (0.05, 0.1, 0.04), HAIR, sides=5, rings=3))
        mesh.add(ball((0.07, -0.1 + step, 0.03), (0.05, 0.1, 0.04), HAIR, sides=5, rings=3))
    sash = hip + (0.34 if woman else 0.12)
    mesh.add(
        loft(
            _rings(
                [
                    (sash - 0.05, 0, ly * 0.5, 0.172 * stout, 0.135),
                    (sash + 0.04, 0, ly * 0.55, 0.17 * stout, 0.132),
                ]
            ),
            trim,
        )
    )
    mesh.add(
        loft(
            _rings(
                [
                    (hip + 0.1, 0, ly * 0.45, 0.168 * stout, 0.128),
                    (chest - 0.1, 0, ly * 0.75, 0.185 * stout, 0.125),
                    (chest + 0.05, 0, ly * 0.95, 0.2 * stout, 0.12),
                    (shoulder_z + 0.01, 0, ly, 0.165, 0.095),
                    (shoulder_z + 0.08, 0, ly, 0.06, 0.06),
                ]
            ),
            skirt if woman else body,
            rgb=np.array(
                [(skirt if woman else body).rgb, (skirt if woman else body).rgb, body.rgb, body.rgb, trim.rgb]
            ),
        )
    )
    # Crossed collar.
    for x in (-1, 1):
        mesh.add(
            ribbon(
                [
                    (x * 0.07, ly - 0.07, shoulder_z + 0.07),
                    (x * 0.02, ly - 0.125, chest + 0.0),
                    (-x * 0.05, ly - 0.13, chest - 0.12),
                ],
                (0.02, 0, 0.01),
                trim,
                normal=(0, -1, 0),
            )
        )

    def p(x: float, y: float, z: float) -> Floats:
        return np.array([x, ly + y, shoulder_z + z])

    right = (p(-0.19, 0, -0.03), p(-0.27, 0.02, -0.3), p(-0.22, -0.12, -0.5))
    left = (p(0.19, 0, -0.03), p(0.27, 0.02, -0.3), p(0.22, -0.12, -0.5))
    tilt, turn = float(random.uniform(-8, 6)), float(random.uniform(-28, 28))
    if pose in ("clasp", "sit"):
        right = (right[0], p(-0.28, -0.1, -0.26), p(-0.03, -0.3, -0.27))
        left = (left[0], p(0.28, -0.1, -0.26), p(0.03, -0.3, -0.25))
    elif pose == "walk":
        right = (right[0], p(-0.26, 0.08, -0.28), p(-0.22, 0.02, -0.5))
        left = (left[0], p(0.26, -0.1, -0.26), p(0.18, -0.28, -0.36))
    elif pose == "wave":
        right = (right[0], p(-0.38, -0.06, 0.02), p(-0.42, -0.1, 0.36))
        tilt = 4.0
    elif pose == "point":
        right = (right[0], p(-0.3, -0.22, -0.02), p(-0.3, -0.52, 0.08))
    elif pose in ("hold", "lift"):
        z = -0.2 if pose == "hold" else 0.32
        right = (right[0], p(-0.3, -0.16, -0.18 if pose == "hold" else 0.05), p(-0.22, -0.36, z))
        lamp = hand_lantern(colour, float(random.uniform()))
        if pose == "lift":
            other = (left[0], p(0.3, -0.14, 0.05), p(0.12, -0.38, z))
            left = other
            tilt = 16.0
        mesh.add(lamp, right[2])
    elif pose == "lean":
        right = (right[0], p(-0.26, -0.16, -0.22), p(-0.14, -0.3, -0.33))
        left = (left[0], p(0.26, -0.16, -0.22), p(0.14, -0.3, -0.33))
        tilt = -10.0
    elif pose == "carry":
        right = (right[0], p(-0.24, -0.18, -0.2), p(-0.14, -0.24, 0.04))
        mesh.add(
            tube([p(-0.14, -0.85, 0.02), p(-0.13, 0.0, 0.1), p(-0.14, 0.85, 0.02)], 0.022, BAMBOO, sides=5)
        )
        for y in (-0.82, 0.82):
            mesh.add(tube([p(-0.14, y, 0.02), p(-0.14, y, -0.55)], 0.01, BAMBOO, sides=3))
            mesh.add(
                revolve([(0.13, 0), (0.2, 0.22), (0.19, 0.22), (0.0, 0.17)], BAMBOO, sides=7),
                p(-0.14, y, -0.8),
            )
            mesh.add(ball(p(-0.14, y, -0.6), (0.15, 0.15, 0.1), paint("#C9762E", "cloth"), sides=6, rings=4))
        turn = 0.0
    elif pose == "flute":
        right = (right[0], p(-0.34, -0.12, -0.14), p(-0.3, -0.2, 0.14))
        left = (left[0], p(0.26, -0.16, -0.18), p(0.02, -0.24, 0.13))
        mesh.add(tube([p(0.1, -0.16, 0.2), p(-0.5, -0.26, 0.13)], 0.013, BAMBOO, sides=5))
        tilt, turn = -6.0, 12.0
    elif pose == "pipa":
        right = (right[0], p(-0.3, -0.12, -0.25), p(-0.06, -0.26, -0.24))
        left = (left[0], p(0.32, -0.14, -0.12), p(0.2, -0.26, 0.08))
        mesh.add(pipa(), p(-0.02, -0.2, -0.42), turn_deg=0, tilt_deg=0)
        tilt, turn = -12.0, -14.0
    elif pose == "drum":
        right = (right[0], p(-0.36, -0.1, 0.12), p(-0.3, -0.28, 0.38))
        left = (left[0], p(0.32, -0.16, -0.04), p(0.2, -0.44, 0.0))
        for hand, way in ((right[2], (0.0, -0.25, 0.3)), (left[2], (0.0, -0.38, 0.05))):
            mesh.add(tube([hand, hand + np.asarray(way)], 0.02, PLANK_PALE, sides=5))
        tilt = 5.0
    elif pose == "fish":
        right = (right[0], p(-0.26, -0.12, -0.24), p(-0.1, -0.34, -0.2))
        left = (left[0], p(0.24, -0.14, -0.24), p(0.02, -0.38, -0.16))
        mesh.add(
            tube(
                [p(-0.1, -0.2, -0.24), p(0.0, -1.2, 0.25), p(0.1, -2.4, 0.7)],
                [0.016, 0.012, 0.006],
                BAMBOO,
                sides=4,
            )
        )
        mesh.add(tube([p(0.1, -2.4, 0.7), p(0.12, -2.55, -1.0)], 0.004, PLANK_PALE, sides=3))
    cuff = float(random.uniform(0.12, 0.16)) if woman else float(random.uniform(0.10, 0.14))
    for arm in (right, left):
        mesh.add(_sleeve(arm[0], arm[1], arm[2], body, cuff, trim))
    if woman and pose in ("stand", "clasp", "walk", "hold") and random.uniform() < 0.7:
        # A long shawl over both arms.
        for x in (-1, 1):
            path = [
                p(x * 0.12, 0.1, -0.1),
                p(x * 0.26, 0.06, -0.2),
                p(x * 0.27, -0.08, -0.42),
                p(x * 0.26, -0.12, -0.75),
                p(x * 0.25, -0.1, -1.1),
            ]
            mesh.add(ribbon(path, (0.02, 0.035, 0), trim, normal=(x, -0.2, 0.2)))
    mesh.add(_head(random, woman, child, tilt, turn), p(0, 0, 0.12))
    size = (0.62 if child else 1.0) * float(random.uniform(0.94, 1.04))
    phase = float(random.uniform())
    out = Mesh().add(mesh, scale=(size * (1.15 if child else 1.0), size * (1.1 if child else 1.0), size))
    return out.swayed(lambda q: 0.014 * np.clip(q[:, 2] / 1.5, 0, 1) ** 2, phase)


def pipa() -> Mesh:
    """The lute: pear body, bent neck, standing on the lap at the origin, leaning left."""
    wood = paint("#8A5A30", "lacquer")
    mesh = Mesh()
    profile = [(0.02, 0.0), (0.13, 0.08), (0.16, 0.2), (0.12, 0.36), (0.05, 0.52), (0.03, 0.75)]
    mesh.add(revolve(profile, wood, sides=10, squash=0.35))
    mesh.add(tube([(0, 0, 0.74), (0, 0.06, 0.86), (0, 0.14, 0.9)], [0.03, 0.03, 0.02], PLANK_DARK, sides=5))
    mesh.add(box((0, -0.055, 0.12), (0.12, 0.02, 0.025), PLANK_DARK))
    tilted = Mesh().add(mesh, tilt_deg=8)
    c, s = math.cos(math.radians(-24)), math.sin(math.radians(-24))
    for part in tilted.parts:
        for column in ("pos", "nrm"):
            v = getattr(part, column)
            x, z = v[:, 0] * c - v[:, 2] * s, v[:, 0] * s + v[:, 2] * c
            v[:, 0], v[:, 2] = x, z
    return tilted


def cat(coat: Paint | None = None) -> Mesh:
    """A sitting cat, 0.42 m, facing -Y, tail round its feet."""
    fur = coat or paint("#C8803C", "cloth")
    mesh = Mesh()
    mesh.add(
        loft(
            _rings(
                [
                    (0.0, 0, 0.04, 0.11, 0.15),
                    (0.08, 0, 0.04, 0.125, 0.15),
                    (0.2, 0, 0.0, 0.09, 0.095),
                    (0.28, 0, -0.03, 0.06, 0.06),
                ]
            ),
            fur,
        )
    )
    mesh.add(ball((0, -0.06, 0.33), (0.068, 0.065, 0.06), fur, sides=8, rings=5))
    mesh.add(ball((0, -0.115, 0.315), (0.03, 0.025, 0.022), paint("#EAD9B8", "cloth"), sides=6, rings=4))
    for x in (-0.04, 0.04):
        mesh.add(
            raw(
                [(x - 0.025, -0.05, 0.37), (x + 0.025, -0.05, 0.37), (x, -0.045, 0.435), (x, -0.02, 0.37)],
                [(0, -1, 0), (0, -1, 0), (0, 0, 1), (0, 1, 0)],
                [[0, 1, 2], [0, 2, 3], [1, 3, 2]],
                fur,
            )
        )
        mesh.add(tube([(x, -0.06, 0.18), (x, -0.09, 0.0)], 0.028, fur, sides=5))
        mesh.add(
            ball(
                (x * 0.6, -0.12, 0.345),
                (0.012, 0.008, 0.012),
                paint("#E8C24A", "paper", 0.5),
                sides=4,
                rings=3,
            )
        )
    tail = [(0.06, 0.16, 0.04), (0.15, 0.08, 0.035), (0.15, -0.06, 0.035), (0.06, -0.14, 0.035)]
    mesh.add(tube(tail, [0.03, 0.03, 0.028, 0.018], fur, sides=5, caps=True))
    return mesh


def stool() -> Mesh:
    """A drum stool 0.42 m high."""
    return Mesh().add(
        revolve([(0.18, 0), (0.23, 0.2), (0.18, 0.4), (0.0, 0.42)], paint("#5E7F78", "lacquer"), sides=10)
    )


def bench(width: float) -> Mesh:
    """A plain bench along X, 0.42 m high."""
    mesh = Mesh().add(box((0, 0, 0.4), (width, 0.32, 0.05), PLANK_PALE))
    for x in (-width * 0.42, width * 0.42):
        mesh.add(beam((x, -0.1, 0), (x, -0.1, 0.4), 0.05, 0.05, PLANK_DARK))
        mesh.add(beam((x, 0.1, 0), (x, 0.1, 0.4), 0.05, 0.05, PLANK_DARK))
    return mesh


def crowd_row(seed: int, count: int) -> Mesh:
    """Simple people for beyond 40 m: body, head and hair, 40 triangles each, along X with 0.6 m between."""
    random = rng(seed, 82)
    mesh = Mesh()
    for k in range(count):
        coat = paint(ROBES[int(random.integers(len(ROBES)))], "cloth").toned(float(random.uniform(0.8, 1.2)))
        x, y = (k - count / 2) * 0.6 + random.uniform(-0.15, 0.15), random.uniform(-0.25, 0.25)
        h = float(random.uniform(0.9, 1.06))
        one = Mesh().add(revolve([(0.26, 0), (0.17, 0.8), (0.22, 1.25), (0.07, 1.42)], coat, sides=5))
        one.add(ball((0, 0, 1.53), (0.09, 0.095, 0.12), SKIN, sides=5, rings=4))
        one.add(ball((0, 0.02, 1.61), (0.1, 0.1, 0.09), HAIR, sides=5, rings=3))
        mesh.add(
            Mesh()
            .add(one, scale=h)
            .swayed(lambda q: 0.02 * np.clip(q[:, 2], 0, 1.6), float(random.uniform())),
            (x, y, 0),
        )
    return mesh


def _hanging(height: float) -> Callable[[Floats], Floats]:
    return lambda p: 0.06 * np.clip((-p[:, 2] - 0.2) / height, 0, 1)


def laundry(width: float, seed: int) -> Mesh:
    """A line with washing along X at z = 0, hanging down."""
    random = rng(seed, 83)
    t = np.linspace(0, 1, 9)
    line = np.stack([(t - 0.5) * width, np.zeros(9), -0.25 * 4 * t * (1 - t)], 1)
    mesh = Mesh().add(tube(line, 0.012, BAMBOO, sides=3))
    x = -width / 2 + 0.4
    while x < width / 2 - 0.5:
        w, h = float(random.uniform(0.5, 0.9)), float(random.uniform(0.6, 1.2))
        coat = paint(
            ("#C9BFA8", "#7A8AA0", "#A85A4A", "#B9A57C", "#5E7A78")[int(random.integers(5))], "cloth"
        )
        u, v = np.meshgrid(np.linspace(0, w, 4), np.linspace(0, 1, 4))
        top = np.interp(x + u, line[:, 0], line[:, 2])
        shape = np.stack([x + u, 0.05 * np.sin(u * 9 + random.uniform(0, 6)) * v, top - v * h], 2)
        mesh.add(surface(shape, coat, outward=(0, -1, 0)).swayed(_hanging(h), float(random.uniform())))
        x += w + float(random.uniform(0.1, 0.4))
    return mesh
