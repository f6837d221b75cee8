"""Boats: the guest's own (near), sampans with awnings, a fisherman's boat, a festival boat.

A boat lies along +Y, its bow at +Y, the water at z = 0.
"""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import math

import numpy as np

from .lantern import lantern
from .mesh import Floats, Mesh, Paint, ball, beam, box, paint, raw, revolve, surface, tube
from .noise import rng
from .palette import (
    BAMBOO,
    GOLD,
    INK,
    IRON,
    LACQUER,
    LACQUER_DARK,
    PLANK,
    PLANK_DARK,
    PLANK_PALE,
    REED_MAT,
    ROPE,
)


def _half_width(u: Floats, beam_m: float) -> Floats:
    return beam_m / 2 * (0.18 + 0.82 * np.clip(1 - np.abs(2 * u - 1) ** 2.6, 0, 1) ** 0.6)


def _sheer(u: Floats, mid: float, rise: float) -> Floats:
    return mid + rise * np.abs(2 * u - 1) ** 3.2


def hull(
    length: float,
    beam_m: float,
    *,
    mid: float = 0.42,
    rise: float = 0.7,
    rows: int = 17,
    coat: Paint = PLANK,
    inner: Paint = PLANK_DARK,
) -> Mesh:
    """Planked hull, gunwale, inside, transoms and decks over bow and stern."""
    mesh = Mesh()
    u = np.linspace(0, 1, rows)
    y = (u - 0.5) * length
    w, top = _half_width(u, beam_m), _sheer(u, mid, rise)
    keel = -0.22 + 0.5 * np.abs(2 * u - 1) ** 3
    strakes = 6
    for sign in (-1, 1):
        # Lapped strakes: each a strip whose lower edge stands a little proud, so that lamplight draws the
        # planks.
        for k in range(strakes):
            a, b = k / strakes, (k + 1) / strakes
            low = np.stack([sign * w * (0.62 + 0.38 * a**0.7) + sign * 0.018, y, keel + (top - keel) * a], 1)
            high = np.stack([sign * w * (0.62 + 0.38 * b**0.7), y, keel + (top - keel) * b], 1)
            mesh.add(
                surface(
                    np.stack([low, high]), coat.toned(0.92 + 0.05 * ((k * 7) % 3)), outward=(sign, 0, 0.15)
                )
            )
        inside = np.stack(
            [
                np.stack([sign * (w - 0.05), y, top], 1),
                np.stack([sign * w * 0.7, y, np.maximum(keel, 0.04)], 1),
            ]
        )
        mesh.add(surface(inside, inner, outward=(-sign, 0, 0.3)))
        rail = np.stack([sign * (w - 0.01), y, top + 0.02], 1)
        mesh.add(tube(rail, 0.055, LACQUER_DARK if coat is PLANK else coat.toned(0.8), sides=6, squash=0.8))
    floor = np.stack([np.stack([s * w * 0.72, y, np.maximum(keel, 0.06)], 1) for s in (-1, 0, 1)], axis=1)
    mesh.add(surface(floor, inner, outward=(0, 0, 1)))
    for end, out in ((0, -1.0), (rows - 1, 1.0)):
        corners = [
            (-w[end], y[end], top[end] + 0.03),
            (w[end], y[end], top[end] + 0.03),
            (w[end] * 0.62, y[end], keel[end]),
            (-w[end] * 0.62, y[end], keel[end]),
        ]
        mesh.add(raw(corners, np.tile([0, out, 0.2], (4, 1)), [[0, 1, 2], [0, 2, 3]], coat.toned(0.85)))
        mesh.add(
            beam(
                (-w[end] * 1.1, y[end], top[end] + 0.05),
                (w[end] * 1.1, y[end], top[end] + 0.05),
                0.12,
                0.1,
                LACQUER_DARK,
            )
        )
    return mesh


def deck(
    length: float,
    beam_m: float,
    y0: float,
    y1: float,
    *,
    mid: float,
    rise: float,
    boards: int = 7,
    coat: Paint = PLANK,
    crown: float = 0.07,
    rows: int = 9,
) -> Mesh:
    """Boards along the boat from y0 to y1, each slightly rounded, with dark gaps."""
    mesh = Mesh()
    u = np.linspace(y0 / length + 0.5, y1 / length + 0.5, rows)
    y = (u - 0.5) * length
    w, top = _half_width(u, beam_m) - 0.05, _sheer(u, mid, rise) - 0.04
    under = np.stack(
        [np.stack([s * w, y, top - 0.035 + crown * (1 - s * s)], 1) for s in (-1.0, -0.5, 0.0, 0.5, 1.0)],
        axis=1,
    )
    mesh.add(surface(under, INK, outward=(0, 0, 1)))
    random = rng(int(length * 100), 71)
    for k in range(boards):
        a, b = -1 + 2 * k / boards + 0.012, -1 + 2 * (k + 1) / boards - 0.012
        tone = coat.toned(float(random.uniform(0.84, 1.12)))
        cols = []
        for f, lift in ((0.0, -0.012), (0.06, 0.0), (0.5, 0.006), (0.94, 0.0), (1.0, -0.012)):
            s = a + (b - a) * f
            cols.append(np.stack([s * w, y, top + crown * (1 - s * s) + lift], 1))
        mesh.add(surface(np.stack(cols, axis=1), tone, outward=(0, 0, 1)))
    return mesh


def awning(width: float, y0: float, y1: float, base: float, height: float, *, coat: Paint = REED_MAT) -> Mesh:
    """Arched mat of reed over bamboo hoops, with its overlapping lengths visible."""
    mesh = Mesh()
    angle = np.linspace(0, math.pi, 11)
    y = np.linspace(y0, y1, 7)
    arc = np.stack(
        [-np.cos(angle) * width / 2, np.zeros_like(angle), base + np.sin(angle) ** 0.8 * height], 1
    )
    for k in range(3):
        a, b = y0 + (y1 - y0) * k / 3, y0 + (y1 - y0) * (k + 1) / 3 + 0.06
        grow = 1.0 + 0.02 * (k == 1)
        rows = np.linspace(a, b, 3)
        grid = (
            arc[None] * [grow, 1, 1] + np.stack([np.zeros(3), rows, np.full(3, 0.02 * (k == 1))], 1)[:, None]
        )
        outward = np.broadcast_to(arc - [0, 0, base - 0.1], grid.shape)
        mesh.add(surface(grid, coat.toned(1 - 0.08 * (k % 2)), outward=outward))
        mesh.add(surface(grid * [0.97, 1, 0.985], coat.toned(0.6), outward=-outward))
    for at in (y[0], y[3], y[-1]):
        mesh.add(tube(arc + [0, at, 0.01], 0.03, BAMBOO, sides=5))
    return mesh


def coil(radius: float, turns: int, coat: Paint = ROPE) -> Mesh:
    """A coil of rope on a deck."""
    t = np.linspace(0, 2 * math.pi * turns, 14 * turns)
    r = radius * (1 - 0.55 * t / t[-1])
    line = np.stack([r * np.cos(t), r * np.sin(t), 0.025 + 0.03 * np.sin(t * 0.37) ** 2], 1)
    return Mesh().add(tube(line, 0.022, coat, sides=5))


def tea_tray() -> Mesh:
    """A low tray with a pot, three cups and a plate of cakes; 0.6 m wide, its underside at z = 0."""
    mesh = Mesh()
    mesh.add(box((0, 0, 0.02), (0.62, 0.4, 0.03), LACQUER_DARK))
    for x, y, sx, sy in (
        (0, 0.2, 0.62, 0.02),
        (0, -0.2, 0.62, 0.02),
        (0.31, 0, 0.02, 0.42),
        (-0.31, 0, 0.02, 0.42),
    ):
        mesh.add(box((x, y, 0.05), (sx, sy, 0.05), LACQUER))
    clay, celadon = paint("#5C3A2C", "lacquer"), paint("#8FB09A", "lacquer")
    pot = revolve(
        [(0.05, 0), (0.09, 0.03), (0.1, 0.07), (0.07, 0.115), (0.03, 0.12), (0.02, 0.14), (0.0, 0.15)],
        clay,
        sides=14,
    )
    mesh.add(pot, (-0.12, 0.03, 0.035))
    mesh.add(
        tube(
            [(-0.03, 0.03, 0.085), (0.03, 0.03, 0.115), (0.05, 0.03, 0.15)],
            [0.022, 0.015, 0.011],
            clay,
            sides=7,
        ),
        (0, 0, 0),
    )
    handle = [
        (-0.21 - 0.045 * math.sin(a), 0.03, 0.1 + 0.042 * math.cos(a))
        for a in np.linspace(0.1, math.pi - 0.1, 8)
    ]
    mesh.add(tube(handle, 0.01, clay, sides=6))
    cup = revolve(
        [(0.02, 0), (0.022, 0.01), (0.038, 0.035), (0.042, 0.05), (0.038, 0.05), (0.03, 0.03), (0.0, 0.025)],
        celadon,
        sides=12,
    )
    for x, y in ((0.14, -0.09), (0.22, 0.0), (0.12, 0.1)):
        mesh.add(cup, (x, y, 0.035))
    mesh.add(
        revolve([(0.03, 0), (0.075, 0.015), (0.08, 0.02), (0.0, 0.012)], celadon, sides=14),
        (-0.1, -0.12, 0.035),
    )
    cake = paint("#D6B06A", "cloth")
    for k in range(4):
        a = k * 1.57
        r = 0.0 if k == 3 else 0.032
        mesh.add(
            revolve([(0.026, 0), (0.028, 0.012), (0.022, 0.022), (0.0, 0.025)], cake, sides=8),
            (-0.1 + r * math.cos(a), -0.12 + r * math.sin(a), 0.05 + (0.022 if k == 3 else 0)),
        )
    return mesh


LENGTH, BEAM, MID, RISE = 7.6, 1.9, 0.44, 0.46


def own_boat() -> tuple[Mesh, Mesh, tuple[float, float, float]]:
    """The guest's boat: static mesh, the prow lantern (own node) and where it hangs.

    The guest's eye is at (0, -1.2, 1.62) in this frame: sitting on the stern bench, the bow deck ahead.
    """
    mesh = Mesh().add(hull(LENGTH, BEAM, mid=MID, rise=RISE, rows=33, coat=PLANK.toned(1.25), inner=PLANK))
    mesh.add(
        deck(LENGTH, BEAM, 0.95, LENGTH / 2 - 0.02, mid=MID, rise=RISE, boards=9, coat=PLANK_PALE, rows=15)
    )
    mesh.add(
        deck(LENGTH, BEAM, -LENGTH / 2 + 0.02, -2.3, mid=MID, rise=RISE, boards=9, coat=PLANK_PALE, rows=9)
    )
    # The well between the decks: floor boards, ribs, a thwart with a cushion, and the deck's end beam with
    # carving.
    for k in range(6):
        x = -0.55 + k * 0.22
        mesh.add(
            box(
                (x, -0.6, 0.12),
                (0.2, 3.2, 0.03),
                PLANK_PALE.toned(0.7 + 0.05 * (k % 3)),
                faces="xXZ",
                grain=0.8,
            )
        )
    for y in (-2.0, -1.3, -0.6, 0.1, 0.7):
        u = y / LENGTH + 0.5
        w = float(_half_width(np.array(u), BEAM))
        rib = [(s * w * f, y, z) for s in (-1,) for f, z in ((0.95, 0.44), (0.84, 0.28), (0.72, 0.12))]
        mesh.add(tube(rib, 0.03, PLANK_DARK, sides=5))
        mesh.add(tube([(-x, yy, z) for x, yy, z in rib], 0.03, PLANK_DARK, sides=5))
    w = float(_half_width(np.array(0.95 / LENGTH + 0.5), BEAM))
    mesh.add(box((0, 0.93, 0.3), (2 * w - 0.1, 0.05, 0.36), PLANK, grain=0.4))
    mesh.add(beam((-w, 0.93, 0.5), (w, 0.93, 0.5), 0.12, 0.09, LACQUER, grain=0.4))
    for k in range(7):
        x = (k - 3) * 0.22
        mesh.add(
            revolve([(0.055, 0), (0.06, 0.012), (0.02, 0.02), (0.0, 0.028)], GOLD, sides=8),
            (x, 0.9, 0.34),
            tilt_deg=90,
        )
    mesh.add(box((0, 0.15, 0.40), (1.66, 0.34, 0.05), PLANK_PALE, grain=0.4))
    mesh.add(box((0, 0.15, 0.36), (1.6, 0.06, 0.06), PLANK_DARK, faces="yYz"))
    cushion = paint("#8E2F2A", "cloth")
    for side in (-1, 1):
        mesh.add(ball((side * 0.52, 0.15, 0.45), (0.24, 0.18, 0.06), cushion, sides=14, rings=7))
        for a in np.linspace(0, 2 * math.pi, 4, endpoint=False) + math.pi / 4:
            mesh.add(
                tube(
                    [
                        (side * 0.52 + 0.2 * math.cos(a), 0.15 + 0.15 * math.sin(a), 0.44),
                        (side * 0.52 + 0.27 * math.cos(a), 0.15 + 0.2 * math.sin(a), 0.41),
                    ],
                    [0.012, 0.02],
                    paint("#D3A44E", "cloth"),
                    sides=5,
                )
            )
    mesh.add(
        tea_tray(), (0.02, 1.45, float(_sheer(np.array(1.45 / LENGTH + 0.5), MID, RISE)) + 0.03), turn_deg=8
    )
    mesh.add(coil(0.2, 4), (0.42, 2.35, 0.54))
    # A mooring line from the coil to the bow post.
    line = np.array([(0.5, 2.5, 0.57), (0.38, 2.9, 0.6), (0.15, 3.3, 0.72), (0.02, 3.55, 0.86)])
    mesh.add(tube(line, 0.02, ROPE, sides=5))
    mesh.add(tube([(0, 3.5, 0.6), (0, 3.5, 0.98)], [0.06, 0.05], LACQUER_DARK, sides=8, caps=True))
    mesh.add(ball((0, 3.5, 1.02), (0.065, 0.065, 0.06), GOLD, sides=10, rings=6))
    for z in (0.84, 0.87, 0.9):
        mesh.add(
            tube(
                [(0.066 * math.cos(a), 3.5 + 0.066 * math.sin(a), z) for a in np.linspace(0, 6.3, 13)],
                0.014,
                ROPE,
                sides=4,
            )
        )
    # Bow ornament: two curling clouds, lacquer and gold, left and right of the stem.
    for side in (-1, 1):
        t = np.linspace(0, 4.2, 16)
        r = 0.17 * (1 - t / 5.2)
        cloud = np.stack(
            [side * (0.15 + 0 * t), LENGTH / 2 - 0.12 - r * np.sin(t) * 0.8, 0.98 + r * np.cos(t)], 1
        )
        mesh.add(tube(cloud, np.linspace(0.04, 0.015, 16), GOLD.toned(0.8), sides=6))
    # A folded blanket and a pair of oars along the left side.
    cloth = paint("#5A2B23", "cloth")
    for k in range(3):
        mesh.add(
            box(
                (0.6, 1.62, 0.53 + 0.035 * k),
                (0.34 - 0.01 * k, 0.46 - 0.02 * k, 0.032),
                cloth.toned(1 + 0.12 * k),
            )
        )
    oar = [(-0.84, -1.6, 0.56), (-0.84, 1.2, 0.6), (-0.72, 2.3, 0.66)]
    mesh.add(tube(oar, 0.026, PLANK_PALE, sides=6))
    mesh.add(box((-0.70, 2.55, 0.67), (0.13, 0.6, 0.02), PLANK_PALE))
    # The lantern pole: a bamboo leaning out over the left gunwale, bound with cord, so that the way ahead
    # stays free.
    foot = np.array([-0.66, 2.1, 0.5])
    pole = foot + np.array(
        [(0, 0, 0), (-0.06, 0.06, 0.55), (-0.16, 0.16, 1.02), (-0.34, 0.3, 1.26), (-0.58, 0.42, 1.3)]
    )
    mesh.add(tube(pole, [0.024, 0.021, 0.018, 0.014, 0.01], BAMBOO, sides=8, caps=True))
    for f in (0.2, 0.45, 0.7, 0.9):
        at = foot + np.array([-0.06, 0.06, 0.55]) * f
        mesh.add(revolve([(0.028, 0), (0.028, 0.018)], BAMBOO.toned(0.6), sides=8), at)
    mesh.add(revolve([(0.036, 0), (0.04, 0.05), (0.036, 0.1)], ROPE, sides=8), foot + [0, 0, 0.05])
    prow = lantern("drum", "orange", size=0.56, group="c", power=1.6, fine=True, sway_m=0.0)
    hang = (-1.24, 2.52, 1.8)
    mesh.points["prow"] = (hang[0], hang[1], hang[2] - 0.35)
    return mesh, prow, hang


def sampan(seed: int, *, length: float = 6.5, roofed: bool = True, lamp: bool = True) -> Mesh:
    """A moored boat: hull, decks, an awning, cargo, a lantern."""
    random = rng(seed, 72)
    tone = PLANK.toned(float(random.uniform(0.8, 1.2)))
    wide = length * 0.27
    mesh = Mesh().add(hull(length, wide, mid=0.48, rise=0.75, rows=13, coat=tone))
    mesh.add(
        deck(
            length,
            wide,
            length * 0.24,
            length / 2 - 0.02,
            mid=0.48,
            rise=0.75,
            boards=5,
            coat=tone.toned(1.2),
            rows=5,
        )
    )
    mesh.add(
        deck(
            length,
            wide,
            -length / 2 + 0.02,
            -length * 0.28,
            mid=0.48,
            rise=0.75,
            boards=5,
            coat=tone.toned(1.2),
            rows=5,
        )
    )
    if roofed:
        mat = (REED_MAT, REED_MAT.toned(0.8), paint("#6A5B40", "cloth"), paint("#5E6A60", "cloth"))[
            int(random.integers(4))
        ]
        mesh.add(awning(wide * 0.92, -length * 0.2, length * 0.16, 0.5, 1.15, coat=mat))
        if lamp:
            mesh.add(
                lantern("globe", "amber", size=0.7, power=2.6, phase=float(random.uniform())),
                (0, length * 0.17, 1.6),
            )
    else:
        for _ in range(6):
            kind = int(random.integers(3))
            x, y = random.uniform(-0.3, 0.3) * wide, random.uniform(-0.2, 0.18) * length
            if kind == 0:
                mesh.add(
                    revolve(
                        [(0.2, 0), (0.28, 0.25), (0.22, 0.45), (0.1, 0.5)],
                        paint("#5A3B2A", "lacquer"),
                        sides=8,
                    ),
                    (x, y, 0.1),
                )
            elif kind == 1:
                mesh.add(
                    revolve([(0.2, 0), (0.3, 0.3), (0.26, 0.3), (0.0, 0.26)], BAMBOO, sides=8), (x, y, 0.1)
                )
            else:
                mesh.add(ball((x, y, 0.3), (0.3, 0.38, 0.26), paint("#9A8A68", "cloth"), sides=8, rings=5))
        if lamp:
            mesh.add(
                tube(
                    [(0, -length * 0.36, 0.6), (0, -length * 0.36, 2.3), (0, -length * 0.28, 2.45)],
                    0.03,
                    BAMBOO,
                    sides=5,
                )
            )
            mesh.add(
                lantern("drum", "orange", size=0.75, power=2.6, phase=float(random.uniform())),
                (0, -length * 0.28, 2.45),
            )
    mesh.add(
        tube(
            [
                (wide * 0.3, -length * 0.45, 0.9),
                (wide * 0.5, -length * 0.1, 0.8),
                (wide * 0.55, length * 0.2, 0.9),
            ],
            0.03,
            BAMBOO,
            sides=4,
        )
    )
    mesh.add(coil(0.2, 2), (0.1, length * 0.36, 0.75))
    mesh.add(tube([(0, length * 0.47, 0.9), (0, length * 0.47, 1.3)], 0.05, IRON, sides=5))
    return mesh
