"""The tea house: an open hall with a pipa player, guests at low tables, a gallery storey above."""

from __future__ import annotations

import math

import numpy as np

from .figures import bench, figure, stool
from .house import balcony, bracket, goods, jar, lattice, lit_sheet, rectangles, storey
from .lantern import lantern
from .mesh import Lamp, Mesh, beam, box, paint, panel, raw, revolve, tube
from .noise import rng
from .palette import (
    BAMBOO,
    GLOW_WINDOW,
    INTERIOR,
    LACQUER,
    LACQUER_DARK,
    MALACHITE,
    PLANK,
    PLANK_PALE,
    PLASTER,
    STONE,
    STONE_PALE,
)
from .roof import Roof, tiled_roof
from .signs import board


def low_table(seed: int) -> Mesh:
    """A low table with tea things, 0.45 m high."""
    random = rng(seed, 132)
    mesh = Mesh().add(box((0, 0, 0.43), (1.1, 0.7, 0.06), LACQUER))
    for x in (-0.46, 0.46):
        for y in (-0.26, 0.26):
            mesh.add(box((x, y, 0.2), (0.07, 0.07, 0.4), LACQUER_DARK, faces="xXyY"))
    celadon = paint("#8FB09A", "lacquer")
    mesh.add(
        revolve(
            [(0.05, 0), (0.1, 0.05), (0.07, 0.12), (0.02, 0.15), (0.0, 0.16)],
            paint("#6A3E2C", "lacquer"),
            sides=9,
        ),
        (float(random.uniform(-0.2, 0.2)), 0, 0.46),
    )
    for k in range(4):
        mesh.add(
            revolve([(0.02, 0), (0.04, 0.045), (0.0, 0.03)], celadon, sides=7),
            (-0.4 + 0.26 * k, -0.2 + 0.4 * (k % 2), 0.46),
        )
    mesh.add(revolve([(0.04, 0), (0.13, 0.02), (0.0, 0.012)], celadon, sides=9), (0.35, 0.0, 0.46))
    return mesh


def tea_hall(width: float = 20.0, depth: float = 8.0) -> Mesh:
    """The tea house: an open hall between lacquer columns, pipa player on a dais, guests.

    Gallery storey and roof.

    Front at y = 0 facing -Y, centred, on z = 0. The player sits at x = -3.
    """
    mesh = Mesh()
    floor, high = 0.4, 3.5
    bays = 5
    bay = width / bays
    mesh.add(
        box(
            (0, depth / 2 - 0.5, floor / 2), (width + 1.2, depth + 1.6, floor), STONE, faces="xXyZ", grain=1.0
        )
    )
    mesh.add(box((0, -1.15, 0.12), (6.0, 0.7, 0.24), STONE_PALE, faces="xXyZ", grain=1.0))
    mesh.add(
        panel((-width / 2, 0.1, floor + 0.01), (width, 0, 0), (0, depth - 1.4, 0), PLANK_PALE, grain=0.75)
    )
    mesh.add(
        panel(
            (-width / 2, 0.1, floor + high), (0, depth - 1.4, 0), (width, 0, 0), PLANK.toned(1.1), grain=1.0
        )
    )
    for k in range(12):
        x = -width / 2 + (k + 0.5) * width / 12
        mesh.add(
            beam(
                (x, 0.1, floor + high - 0.08),
                (x, depth - 1.3, floor + high - 0.08),
                0.12,
                0.16,
                LACQUER_DARK,
                ends=False,
            )
        )
    back = depth - 1.3
    for k in range(bays):
        x = -width / 2 + (k + 0.5) * bay
        if k == 3:
            # A painted screen: hills in ink under a moon.
            mesh.add(
                panel(
                    (x - bay / 2, back, floor),
                    (bay, 0, 0),
                    (0, 0, high),
                    paint("#D8C69A", "plaster"),
                    grain=0.8,
                )
            )
            moon = [
                (x + 0.9 + 0.35 * math.cos(q), back - 0.02, floor + 2.6 + 0.35 * math.sin(q))
                for q in np.linspace(0, 2 * math.pi, 18)
            ]
            mesh.add(
                raw(
                    moon,
                    np.tile([0, -1.0, 0], (18, 1)),
                    [[0, j, j + 1] for j in range(1, 17)],
                    paint("#F2E6C0", "plaster", 0.25),
                )
            )
            for hill, (cx, w, h, tone) in enumerate(
                ((-0.9, 1.3, 1.9, "#5A6A72"), (0.2, 1.1, 1.3, "#42535C"), (1.0, 0.9, 0.9, "#33424A"))
            ):
                peak = [
                    (x + cx - w, back - 0.03 - 0.005 * hill, floor + 0.4),
                    (x + cx + w, back - 0.03 - 0.005 * hill, floor + 0.4),
                    (x + cx + 0.1 * w, back - 0.03 - 0.005 * hill, floor + 0.4 + h),
                ]
                mesh.add(raw(peak, np.tile([0, -1.0, 0], (3, 1)), [[0, 1, 2]], paint(tone, "plaster")))
        else:
            mesh.add(panel((x - bay / 2, back, floor), (bay, 0, 0), (0, 0, high), INTERIOR, grain=0.8))
            mesh.add(lit_sheet(bay - 1.2, 1.5, 0.55, 70 + k), (x, back - 0.04, floor + 1.1))
            mesh.add(lattice(bay - 1.2, 1.5, "square", LACQUER_DARK, y=-0.06), (x, back - 0.04, floor + 1.1))
        mesh.add(
            box((x, back - 0.25, floor + 0.5), (bay * 0.7, 0.4, 1.0), PLANK, faces="xXyZ", grain=1.0)
        ) if k in (0, 4) else None
        if k in (0, 4):
            for j in range(5):
                mesh.add(jar(80 + k * 5 + j), (x - 1.1 + 0.5 * j, back - 0.25, floor + 1.0), scale=0.9)
    for side in (-1.0, 1.0):
        start, along = (
            ((-width / 2, back, floor), (0, -back, 0)) if side < 0 else ((width / 2, 0, floor), (0, back, 0))
        )
        mesh.add(panel(start, along, (0, 0, high + 0.9), PLASTER, grain=1.0))
        inner, way = (
            ((-width / 2 + 0.04, 0, floor), (0, back, 0))
            if side < 0
            else ((width / 2 - 0.04, back, floor), (0, -back, 0))
        )
        mesh.add(panel(inner, way, (0, 0, high), INTERIOR, grain=0.9))
    for k in range(bays + 1):
        x = -width / 2 + k * bay
        for y in (0.0, 3.4):
            mesh.add(tube([(x, y, floor), (x, y, floor + high)], [0.19, 0.17], LACQUER, sides=9))
            mesh.add(revolve([(0.3, 0.0), (0.3, 0.1), (0.21, 0.22)], STONE_PALE, sides=9), (x, y, floor))
        if k < bays and k not in (1, 2):
            # A low rail between columns, open where guests enter.
            mid = x + bay / 2
            mesh.add(beam((x + 0.2, 0, floor + 0.72), (x + bay - 0.2, 0, floor + 0.72), 0.09, 0.09, LACQUER))
            mesh.add(
                rectangles(
                    [(x + 0.2, floor + 0.36, x + bay - 0.2, floor + 0.41)]
                    + [
                        (x + 0.3 + j * 0.4, floor + 0.02, x + 0.34 + j * 0.4, floor + 0.68)
                        for j in range(int((bay - 0.5) / 0.4))
                    ],
                    -0.02,
                    LACQUER,
                )
            )
            del mid
        if k < bays:
            # Rolled bamboo blinds under the lintel.
            mesh.add(
                tube(
                    [(x + 0.25, -0.02, floor + high - 0.28), (x + bay - 0.25, -0.02, floor + high - 0.28)],
                    0.13,
                    BAMBOO,
                    sides=7,
                    caps=True,
                )
            )
            mesh.add(
                rectangles(
                    [(x + 0.3, floor + high - 0.3, x + bay - 0.3, floor + high)], -0.04, BAMBOO.toned(0.75)
                )
            )
    top = floor + high
    mesh.add(box((0, 0, top + 0.18), (width + 0.8, 0.34, 0.36), LACQUER, faces="xXyz", grain=1.0))
    mesh.add(
        rectangles(
            [
                (-width / 2 + (k + 0.12) * bay, top + 0.08, -width / 2 + (k + 0.88) * bay, top + 0.28)
                for k in range(bays)
            ],
            -0.18,
            MALACHITE,
        )
    )
    mesh.add(
        panel((-width / 2, 0.03, top + 0.3), (width, 0, 0), (0, 0, 0.75), MALACHITE.toned(0.75), grain=1.2)
    )
    for k in range(2 * bays + 1):
        mesh.add(bracket(), (-width / 2 + k * bay / 2, -0.02, top + 0.34))
    mesh.add(box((0, -0.54, top + 1.06), (width + 1.2, 0.16, 0.14), LACQUER, faces="xXyz", grain=1.4))
    mesh.add(board("茶", 1.0), (-1.0, -0.75, top + 0.55))
    head = top + 1.1
    skirt = Roof(width + 2.6, depth + 2.6, 3.4, width - depth, 1.0, 0.8, 2, cut=0.34)
    mesh.add(tiled_roof(skirt, soffit_inset=1.3, soffit_drop=-0.1), (0, depth / 2, head + 0.12))
    upper = head + 0.12 + float(skirt.height(np.array(0.0), np.array(0.34))) + 0.18
    w2, d2 = width - 1.2, depth - 1.2
    mesh.add(panel((-w2 / 2, 0.6, head), (w2, 0, 0), (0, 0, upper - head + 0.2), LACQUER_DARK, grain=1.4))
    mesh.add(balcony(w2 + 0.8, 1.1), (0, 0.65, upper))
    mesh.add(
        storey(
            w2,
            d2,
            2.7,
            6,
            ["lattice", "mullion"],
            [0.95, 0.8, 0.25, 1.0, 0.7, 0.9],
            77,
            frame=LACQUER,
            sides_lit=True,
        ),
        (0, 0.6, upper),
    )
    mesh.add(
        tiled_roof(
            Roof(w2 + 2.5, d2 + 2.5, 2.9, w2 - 2.8, 0.55, 1.15, 2), soffit_inset=1.25, soffit_drop=-0.1
        ),
        (0, 0.6 + d2 / 2, upper + 2.7 + 1.05),
    )

    # Life: the player on a dais, guests at tables, a waiter, people in the gallery.
    mesh.add(box((-3.0, 2.1, floor + 0.27), (3.0, 2.2, 0.54), PLANK.toned(1.15), faces="xXyZ", grain=0.7))
    rug = paint("#8E2F2A", "cloth")
    mesh.add(box((-3.0, 2.1, floor + 0.555), (2.3, 1.6, 0.02), rug, faces="xXyZ", grain=0.6))
    mesh.add(stool(), (-3.0, 2.3, floor + 0.56))
    mesh.add(
        figure(202, "pipa", woman=True, robe="#2F6A66"), (-3.0, 2.25, floor + 0.56), turn_deg=40, scale=1.05
    )
    mesh.lamps.append(Lamp((-3.6, 0.6, floor + 2.6), 0.3, GLOW_WINDOW, "b", 6.5, False))
    for k, (x, y) in enumerate(((-8.0, 1.8), (-5.9, 3.6), (0.9, 2.0), (3.4, 3.6), (6.2, 1.7), (8.4, 3.8))):
        mesh.add(low_table(k), (x, y, floor))
        for s in (-1, 1):
            mesh.add(stool(), (x + s * 0.85, y, floor))
            mesh.add(
                figure(210 + 2 * k + s, "sit"), (x + s * 0.85, y, floor), turn_deg=-s * 78.0 + 8 * k - 20
            )
    mesh.add(figure(231, "hold", woman=False, robe="#37506A"), (2.0, 0.9, floor), turn_deg=-30)
    mesh.add(figure(232, "clasp", woman=True), (4.4, 0.6, floor), turn_deg=20)
    for k, x in enumerate((-7.5, -4.0, -3.2, 2.5, 5.6)):
        mesh.add(
            figure(240 + k, ("lean", "lean", "clasp", "point", "lean")[k]),
            (x, 0.1, upper),
            turn_deg=(-12.0 + 7 * k),
        )
    for k in range(6):
        x = -width / 2 + 1.6 + k * (width - 3.2) / 5
        mesh.add(
            lantern(
                ("globe", "drum")[k % 2],
                "amber",
                size=0.95,
                group="b",
                power=5.2,
                phase=0.13 * k,
                sway_m=0.01,
            ),
            (x, 1.9, floor + high - 0.1),
        )
        mesh.lamps.append(Lamp((x, 4.8, floor + 2.4), 0.4, GLOW_WINDOW, "b", 4.0, False))
    for k in range(7):
        x = -width / 2 + 0.9 + k * (width - 1.8) / 6
        mesh.add(
            lantern(("tall", "globe")[k % 2], ("red", "orange")[k % 2], size=0.95, power=2.8, phase=0.11 * k),
            (x, -1.0, head),
        )
    mesh.add(goods(1.8, 0.5, 92), (8.2, 0.4, floor))
    mesh.add(bench(2.2), (6.5, -0.75, floor - 0.36))
    return mesh
