"""Garden and waterside buildings: pavilion, moon gate, jetty, chime, footbridge, kettle, lane cottage."""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .figures import stool
from .house import bracket, jar, lattice, lit_sheet, rectangles
from .lantern import lantern
from .mesh import Floats, Lamp, Mesh, ball, beam, box, paint, panel, raw, revolve, surface, tube
from .noise import rng
from .palette import (
    BAMBOO,
    BRONZE,
    GLOW_ORANGE,
    GLOW_WINDOW,
    GOLD,
    INK,
    IRON,
    LACQUER,
    LACQUER_DARK,
    MALACHITE,
    PLANK,
    PLANK_DARK,
    PLANK_PALE,
    PLASTER,
    ROPE,
    STONE,
    STONE_DARK,
    STONE_PALE,
)
from .roof import Roof, tiled_roof
from .signs import board, character


def pavilion(side_m: float = 5.2) -> Mesh:
    """An open pavilion with four clustered columns, a bench rail and a pyramid roof.

    Floor at z = 0.45, centred.
    """
    mesh = Mesh()
    h = side_m / 2
    mesh.add(box((0, 0, 0.0), (side_m + 1.2, side_m + 1.2, 0.9), STONE, faces="xXyYZ", grain=0.9))
    mesh.add(box((0, 0, 0.43), (side_m + 1.4, side_m + 1.4, 0.1), STONE_PALE, faces="xXyYzZ", grain=0.9))
    floor = 0.48
    for x in (-h, h):
        for y in (-h, h):
            mesh.add(tube([(x, y, floor), (x, y, floor + 3.2)], [0.17, 0.15], LACQUER, sides=9))
            mesh.add(revolve([(0.27, 0), (0.27, 0.1), (0.19, 0.2)], STONE_PALE, sides=9), (x, y, floor))
    head = floor + 3.1
    for turn in (0, 90, 180, 270):
        part = Mesh()
        part.add(beam((-h - 0.3, -h, head), (h + 0.3, -h, head), 0.22, 0.3, LACQUER, grain=0.9))
        part.add(
            rectangles(
                [
                    (
                        -h + 0.3 + k * (side_m - 0.6) / 4,
                        head - 0.1,
                        -h + 0.3 + (k + 0.86) * (side_m - 0.6) / 4,
                        head + 0.1,
                    )
                    for k in range(4)
                ],
                -h - 0.12,
                MALACHITE,
            )
        )
        # A pierced frieze under the beam and a rail with a seat, open in front.
        part.add(
            rectangles(
                [(-h + 0.2, head - 0.32, h - 0.2, head - 0.28)]
                + [
                    (-h + 0.3 + k * 0.42, head - 0.3, -h + 0.33 + k * 0.42, head - 0.12)
                    for k in range(int(side_m / 0.42) - 1)
                ],
                -h,
                LACQUER_DARK,
            )
        )
        for k in range(4):
            part.add(bracket(0.85), (-h + k * side_m / 3, -h, head + 0.14))
        if turn != 180:
            part.add(
                box((0, -h + 0.1, floor + 0.42), (side_m - 0.4, 0.42, 0.07), PLANK, faces="xXyYzZ", grain=0.9)
            )
            n = int(side_m / 0.36)
            for k in range(n):
                x = -h + 0.3 + (side_m - 0.6) * k / (n - 1)
                part.add(tube([(x, -h, floor + 0.45), (x, -h - 0.22, floor + 0.95)], 0.022, LACQUER, sides=4))
            part.add(
                beam(
                    (-h + 0.1, -h - 0.22, floor + 0.97),
                    (h - 0.1, -h - 0.22, floor + 0.97),
                    0.09,
                    0.06,
                    LACQUER,
                )
            )
            part.add(
                rectangles(
                    [
                        (-h + 0.2 + k * 0.5, floor + 0.05, -h + 0.28 + k * 0.5, floor + 0.4)
                        for k in range(int((side_m - 0.4) / 0.5))
                    ],
                    -h - 0.02,
                    LACQUER_DARK,
                )
            )
        mesh.add(part, turn_deg=turn)
    ceiling = [(-h, -h, head + 0.7), (h, -h, head + 0.7), (h, h, head + 0.7), (-h, h, head + 0.7)]
    mesh.add(raw(ceiling, np.tile([0, 0, -1.0], (4, 1)), [[0, 1, 2], [0, 2, 3]], LACQUER_DARK))
    mesh.add(
        tiled_roof(
            Roof(side_m + 3.4, side_m + 3.4, 3.4, 0.05, 1.0, 1.15, 2),
            soffit_inset=1.6,
            soffit_drop=-0.12,
            round_about=True,
        ),
        (0, 0, head + 0.95),
    )
    mesh.add(lantern("box", "amber", size=1.2, group="c", power=10.0, phase=0.2), (0, 0, head + 0.1))
    for x in (-h, h):
        mesh.add(
            lantern("tall", "orange", size=0.8, group="c", power=3.6, phase=0.4 + 0.1 * x),
            (x * 0.62, -h - 0.1, head - 0.15),
        )
    # A stone table with a pot and cups, two stools.
    mesh.add(
        revolve(
            [(0.22, 0), (0.14, 0.2), (0.14, 0.5), (0.45, 0.62), (0.45, 0.7), (0.0, 0.71)],
            STONE_PALE,
            sides=12,
        ),
        (0.4, 0.5, floor),
    )
    mesh.add(jar(4), (0.4, 0.5, floor + 0.71), scale=0.5)
    for x in (-0.5, 1.3):
        mesh.add(stool(), (x, 0.5, floor))
    return mesh


def chime() -> Mesh:
    """A wind chime hanging from the origin: bronze bell, tongue and a slip of paper."""
    mesh = Mesh().add(tube([(0, 0, 0), (0, 0, -0.2)], 0.01, ROPE, sides=4))
    mesh.add(
        revolve(
            [(0.17, -0.56), (0.18, -0.54), (0.15, -0.4), (0.12, -0.26), (0.05, -0.2), (0.0, -0.19)],
            BRONZE.toned(1.4),
            sides=12,
        )
    )
    mesh.add(revolve([(0.14, -0.55), (0.12, -0.3)], BRONZE.toned(0.4), sides=10))
    mesh.add(tube([(0, 0, -0.3), (0, 0, -0.72)], 0.007, ROPE, sides=3))
    mesh.add(ball((0, 0, -0.56), (0.04, 0.04, 0.04), GOLD, sides=6, rings=4))
    slip = surface(
        np.array(
            [
                [(-0.06, 0, -0.72), (0.06, 0, -0.72)],
                [(-0.06, 0.02, -0.9), (0.06, 0.02, -0.9)],
                [(-0.06, -0.02, -1.1), (0.06, -0.02, -1.1)],
            ]
        ),
        paint("#E6D6A8", "paper", 0.12),
        outward=(0, -1, 0),
    )
    mesh.add(slip).add(character("月", 0.1, INK), (0, -0.03, -0.86))
    return mesh.swayed(lambda p: 0.05 * np.clip(-p[:, 2], 0, 1), 0.6)


def moon_gate(width: float = 9.0, height: float = 3.6, radius: float = 1.45) -> Mesh:
    """A white garden wall along X with a round opening in the middle, tiled coping.

    Stands on z = 0, faces -Y.
    """
    mesh = Mesh()
    cz = radius + 0.25
    a = np.linspace(0, 2 * math.pi, 37)
    ring = np.stack([radius * np.cos(a), np.zeros(37), cz + radius * np.sin(a)], 1)

    def edge(angle: float) -> Floats:
        dx, dz = math.cos(angle), math.sin(angle)
        t = min((width / 2) / max(abs(dx), 1e-6), ((height - cz) if dz > 0 else cz) / max(abs(dz), 1e-6))
        return np.array([dx * t, 0, cz + dz * t])

    outer = np.array([edge(x) for x in a])
    for y, out in ((-0.18, -1.0), (0.18, 1.0)):
        rows = [ring * (1 - f) + outer * f + [0, y, 0] for f in (0.0, 0.12, 0.35, 0.65, 1.0)]
        mesh.add(surface(np.stack(rows), PLASTER.toned(1.08), outward=(0, out, 0)))
    mesh.add(
        surface(
            np.stack([ring + [0, -0.22, 0], ring + [0, 0.22, 0]]),
            STONE,
            outward=np.array([0, 0, cz]) - np.stack([ring, ring]),
        )
    )
    big = np.stack([(radius + 0.2) * np.cos(a), np.full(37, -0.23), cz + (radius + 0.2) * np.sin(a)], 1)
    mesh.add(surface(np.stack([ring + [0, -0.23, 0], big]), STONE_PALE, outward=(0, -1, 0)))
    mesh.add(
        surface(np.stack([big, big + [0, 0.06, 0]]), STONE_PALE, outward=np.stack([big, big]) - [0, 0, cz])
    )
    mesh.add(
        tiled_roof(Roof(width + 0.6, 1.5, 0.5, width, 1.0, 0.12, 1), soffit_inset=0.5, soffit_drop=-0.1),
        (0, 0, height + 0.1),
    )
    mesh.add(board("月", 0.5), (0, -0.3, cz + radius + 0.55))
    for side in (-1, 1):
        # Small lattice windows of other shapes.
        w = Mesh().add(lit_sheet(0.9, 0.9, 0.5, 3 + side)).add(lattice(0.9, 0.9, "square", STONE_DARK))
        mesh.add(w, (side * (radius + 1.6), -0.2, 1.3))
    mesh.lamps.append(Lamp((0, 1.2, 1.8), 0.4, GLOW_ORANGE, "c", 4.0, False))
    return mesh


def jetty(length: float, width: float = 1.5, *, top: float = 0.62) -> Mesh:
    """A plank jetty along +X from the origin on piles."""
    mesh = Mesh()
    n = int(length / 0.24)
    random = rng(int(length * 10), 131)
    for k in range(n):
        x = (k + 0.5) * length / n
        tone = PLANK_PALE.toned(float(random.uniform(0.7, 1.1)))
        mesh.add(
            box(
                (x, float(random.uniform(-0.04, 0.04)), top),
                (length / n - 0.02, width, 0.05),
                tone,
                faces="xXyYZ",
            )
        )
    for y in (-width * 0.42, width * 0.42):
        mesh.add(beam((0, y, top - 0.08), (length, y, top - 0.08), 0.08, 0.12, PLANK_DARK, grain=1.0))
        x = 0.6
        while x < length:
            mesh.add(
                tube(
                    [(x, y, -0.8), (x, y, top + (0.45 if y > 0 or x > length - 2 else 0.0))],
                    0.075,
                    PLANK_DARK,
                    sides=6,
                    caps=True,
                )
            )
            x += 1.9
    rope = [
        (
            0.6 + 1.9 * j + 0.95 * f,
            width * 0.42,
            top + 0.4 - 0.14 * math.sin(math.pi * (f / 2 if f < 2 else 0)),
        )
        for j in range(int(length / 1.9) - 1)
        for f in (0, 1)
    ]
    if len(rope) > 2:
        mesh.add(tube(rope, 0.018, ROPE, sides=4))
    return mesh


def zigzag_bridge(points: Sequence[tuple[float, float]], width: float = 1.4, z: float = 0.6) -> Mesh:
    """A low garden bridge of stone slabs that turns at each point."""
    mesh = Mesh()
    for (x0, y0), (x1, y1) in pairwise(points):
        a, b = np.array([x0, y0, z]), np.array([x1, y1, z])
        mesh.add(beam(a, b, width, 0.16, STONE, grain=1.0))
        d = (b - a) / np.linalg.norm(b - a)
        side = np.array([-d[1], d[0], 0])
        n = max(2, int(np.linalg.norm(b - a) / 1.3))
        for k in range(n + 1):
            p = a + (b - a) * k / n
            for s in (-1, 1):
                q = p + side * s * (width / 2 - 0.08)
                mesh.add(
                    box((float(q[0]), float(q[1]), z + 0.3), (0.12, 0.12, 0.6), STONE_PALE, faces="xXyYZ")
                )
            mesh.add(tube([p - [0, 0, 0.1], p - [0, 0, z + 0.6]], 0.12, STONE_DARK, sides=6))
        for s in (-1, 1):
            mesh.add(
                beam(
                    a + side * s * (width / 2 - 0.08) + [0, 0, 0.5],
                    b + side * s * (width / 2 - 0.08) + [0, 0, 0.5],
                    0.07,
                    0.08,
                    STONE_PALE,
                )
            )
    return mesh


def kettle_fire() -> Mesh:
    """A clay brazier with glowing coals; a kettle hangs over it from a tripod, steam rising later."""
    mesh = Mesh()
    clay = paint("#6A4030", "lacquer")
    mesh.add(
        revolve(
            [(0.22, 0), (0.34, 0.12), (0.38, 0.42), (0.34, 0.46), (0.28, 0.36), (0.0, 0.34)], clay, sides=14
        )
    )
    for k in range(9):
        a, r = k * 2.4, 0.08 + 0.02 * k
        mesh.add(
            ball(
                (r * math.cos(a), r * math.sin(a), 0.38),
                (0.07, 0.06, 0.05),
                paint("#FF7A28", "paper", 0.55 + 0.05 * (k % 3)),
                sides=5,
                rings=4,
            )
        )
    for k in range(3):
        a = k * 2.0944 + 0.4
        mesh.add(tube([(0.6 * math.cos(a), 0.6 * math.sin(a), 0), (0, 0, 1.75)], 0.026, BAMBOO, sides=5))
    mesh.add(tube([(0, 0, 1.72), (0, 0, 1.12)], 0.012, IRON, sides=4))
    pot = [
        (0.08, 0.0),
        (0.19, 0.05),
        (0.21, 0.14),
        (0.15, 0.24),
        (0.07, 0.27),
        (0.06, 0.29),
        (0.03, 0.32),
        (0.0, 0.34),
    ]
    mesh.add(revolve(pot, IRON.toned(1.5), sides=14), (0, 0, 0.68))
    mesh.add(
        tube(
            [(0.18, 0, 0.78), (0.3, 0, 0.88), (0.34, 0, 0.97)], [0.04, 0.03, 0.022], IRON.toned(1.5), sides=6
        )
    )
    handle = [(0.17 * math.cos(q), 0, 0.92 + 0.2 * math.sin(q)) for q in np.linspace(0.1, math.pi - 0.1, 9)]
    mesh.add(tube(handle, 0.016, IRON, sides=5))
    mesh.lamps.append(Lamp((0, 0, 0.55), 0.25, GLOW_ORANGE, "c", 5.0, True, 0.4))
    return mesh


def cottage(
    seed: int, *, width: float = 8.0, lit: bool = False, door_at: float = 0.0, height: float = 3.0
) -> Mesh:
    """A low whitewashed house of the lane: base of stone, a plank door, small windows, tiled roof.

    Front y = 0, -Y.
    """
    random = rng(seed, 133)
    mesh = Mesh()
    white = paint("#C8C2B2", "plaster").toned(float(random.uniform(0.85, 1.05)))
    depth = 5.0
    mesh.add(panel((-width / 2, 0, 0.5), (width, 0, 0), (0, 0, height - 0.5), white, grain=0.75))
    mesh.add(panel((-width / 2, -0.05, 0), (width, 0, 0), (0, 0, 0.5), STONE_DARK, grain=0.8))
    mesh.add(box((0, -0.03, 0.52), (width, 0.08, 0.06), STONE, faces="yZ", grain=1.0))
    for side in (-1.0, 1.0):
        start, along = (
            ((-width / 2, depth, 0), (0, -depth, 0)) if side < 0 else ((width / 2, 0, 0), (0, depth, 0))
        )
        mesh.add(panel(start, along, (0, 0, height), white.toned(0.92), grain=1.0))
        gable = [
            (side * width / 2, 0, height),
            (side * width / 2, depth, height),
            (side * width / 2, depth / 2, height + 1.7),
        ]
        mesh.add(raw(gable, np.tile([side, 0, 0.0], (3, 1)), [[0, 1, 2]], white.toned(0.92)))
    for x in (-width / 2 + 0.1, width / 2 - 0.1):
        mesh.add(box((x, -0.05, height / 2), (0.2, 0.12, height), PLANK_DARK, faces="xXy"))
    mesh.add(box((0, -0.06, height - 0.1), (width, 0.14, 0.2), PLANK_DARK, faces="yz", grain=1.0))
    # Door with a step, a charm of red paper on both sides.
    mesh.add(box((door_at, -0.06, 1.15), (1.5, 0.12, 2.3), PLANK_DARK, faces="xXyZ", grain=0.8))
    for s in (-1, 1):
        for j in range(3):
            mesh.add(
                box(
                    (door_at + s * (0.12 + 0.22 * j), -0.14, 1.05),
                    (0.2, 0.05, 2.0),
                    PLANK.toned(0.9 + 0.1 * (j % 2)),
                    faces="xXy",
                )
            )
        mesh.add(
            rectangles(
                [(door_at + s * 1.05 - 0.14, 0.75, door_at + s * 1.05 + 0.14, 2.05)],
                -0.02,
                paint("#A8281E", "cloth"),
            )
        )
        mesh.add(character("吉" if s < 0 else "春", 0.2, INK), (door_at + s * 1.05, -0.03, 1.75))
        mesh.add(character("月" if s < 0 else "山", 0.2, INK), (door_at + s * 1.05, -0.03, 1.25))
        mesh.add(ball((door_at + s * 0.1, -0.19, 1.05), (0.04, 0.03, 0.04), BRONZE, sides=6, rings=4))
    mesh.add(box((door_at, -0.35, 0.1), (1.7, 0.6, 0.2), STONE_PALE, faces="xXyZ"))
    for k, x in enumerate((-width * 0.32, width * 0.32)):
        if abs(x - door_at) < 1.9:
            continue
        level = (0.95 if k == 0 else 0.9) if lit else 0.06
        mesh.add(lit_sheet(1.3, 1.1, level, seed + k), (x, -0.03, 1.15))
        mesh.add(lattice(1.3, 1.1, ("mullion", "square")[k], PLANK_DARK, y=-0.07), (x, 0, 1.15))
        mesh.add(box((x, -0.1, 1.1), (1.6, 0.2, 0.08), PLANK, faces="xXyzZ"))
        if lit:
            mesh.lamps.append(Lamp((x, -0.5, 1.7), 0.35, GLOW_WINDOW, "b", 3.2, False))
    roof = Roof(width + 0.9, depth + 1.5, 1.9, width + 0.5, 0.5, 0.25, 2)
    mesh.add(tiled_roof(roof, soffit_inset=0.7, soffit_drop=-0.1), (0, depth / 2, height + 0.1))
    # Pots of plants, a broom, a basket.
    for k in range(int(random.integers(2, 5))):
        x = float(random.uniform(-width * 0.45, width * 0.45))
        if abs(x - door_at) > 1.1:
            mesh.add(jar(seed + k), (x, -0.35, 0), scale=0.9)
            from .trees import blades

            mesh.add(blades(seed + k, 10, (0.2, 0.2), 0.5, coat=paint("#4E6E44", "leaf")), (x, -0.35, 0.55))
    mesh.add(tube([(door_at + 1.5, -0.4, 0.05), (door_at + 1.6, -0.08, 1.5)], 0.02, BAMBOO, sides=4))
    mesh.add(
        revolve([(0.16, 0), (0.05, 0.3), (0.02, 0.34)], BAMBOO.toned(0.8), sides=6), (door_at + 1.5, -0.42, 0)
    )
    return mesh
