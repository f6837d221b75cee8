"""The lock: cold wet walls, one keeper's lantern, a bell, and gates that open on a slit of gold.

The chamber (x = +-3, y = -9..12) holds the guest at 1.5 m above the street's water; its walls stand 4 m above
the lower water. Beyond the gates the canal widens to the first lights of the market.
"""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import math

import numpy as np

from ..figures import cat, figure
from ..ground import coursed_wall, far_house, hills, quay
from ..horizon import treeline
from ..house import shop_house
from ..lantern import lantern, post, string
from ..mesh import Lamp, Mesh, Paint, Vec3, ball, beam, box, paint, panel, revolve, tube
from ..noise import rng
from ..palette import (
    FLAME,
    GLOW_ORANGE,
    HILL_FAR,
    IRON,
    LACQUER_DARK,
    MORTAR,
    PLANK,
    PLANK_DARK,
    ROPE,
    STONE,
    STONE_DARK,
    STONE_PALE,
)
from ..roof import Roof, tiled_roof
from ..stage import Stage
from ..street import lotus_lamps, moored, people
from ..trees import blades, vines, willow

WALL_Z = 4.0
GATE_Y = 12.0
BELL: Vec3 = (4.15, 8.4, 6.1)  # where it hangs
WET = paint("#748290", "wet")  # the chamber's stone, which the water has just left
BELL_BRONZE = paint("#A3935A", "lacquer")  # worn: more skin of bronze than mirror
SEAM = Paint((1.0, 0.62, 0.24), "paper", 0.8)


def gate_leaf(side: float) -> Mesh:
    """One leaf: 3 m wide, 4.3 m tall, planked, with iron straps.

    Its hinge on the Z axis, closing towards the middle.
    """
    mesh = Mesh()
    way = -side
    for k in range(9):
        a, b = 0.04 + k * 0.328, 0.04 + (k + 1) * 0.328 - 0.012
        tone = PLANK.toned(0.78 + 0.06 * ((k * 5) % 4))
        mesh.add(box((way * (a + b) / 2, 0, 1.5), (b - a, 0.16 + 0.02 * (k % 2), 4.6), tone, grain=0.75))
    for z in (-0.2, 0.9, 2.0, 3.2):
        mesh.add(box((way * 1.5, -0.12, z), (2.94, 0.08, 0.2), PLANK_DARK.toned(1.2), grain=0.8))
        mesh.add(box((way * 1.5, -0.165, z), (2.9, 0.02, 0.07), IRON))
        for k in range(8):
            mesh.add(
                ball(
                    (way * (0.2 + 0.37 * k), -0.18, z),
                    (0.035, 0.025, 0.035),
                    IRON.toned(1.4),
                    sides=5,
                    rings=3,
                )
            )
    mesh.add(beam((way * 0.1, -0.1, -0.4), (way * 2.85, -0.1, 3.5), 0.1, 0.16, PLANK_DARK, grain=0.8))
    mesh.add(box((way * 1.5, 0, 3.86), (3.0, 0.3, 0.14), PLANK_DARK))
    mesh.add(tube([(0, 0, -0.8), (0, 0, 4.3)], 0.13, IRON, sides=7, caps=True))
    # The street's gold on the edge where the leaves meet, and through two warped joints.
    for along, wide, low, high in (
        (2.985, 0.03, -0.7, 3.75),
        (1.996, 0.014, 0.5, 2.7),
        (1.012, 0.011, 1.3, 3.4),
    ):
        mesh.add(
            panel(
                (way * along - 0.5 * wide, -0.105, low),
                (wide, 0, 0),
                (0, 0, high - low),
                SEAM,
            )
        )
    # A ring and a rope to pull it by.
    ring = [
        (way * 2.6 + 0.12 * math.cos(a), -0.2, 2.6 + 0.12 * math.sin(a)) for a in np.linspace(0, 6.2832, 11)
    ]
    mesh.add(tube(ring, 0.022, IRON, sides=4))
    return mesh


def great_bell() -> Mesh:
    """A bronze bell 1.6 m tall hanging from the origin, with bosses and bands, its mouth open."""
    profile = [
        (0.62, -1.75),
        (0.66, -1.7),
        (0.58, -1.4),
        (0.52, -1.0),
        (0.48, -0.6),
        (0.42, -0.35),
        (0.28, -0.2),
        (0.0, -0.16),
    ]
    mesh = Mesh().add(revolve(profile, BELL_BRONZE, sides=20))
    mesh.add(revolve([(0.5, -1.2), (0.56, -1.4), (0.6, -1.72)][::-1], BELL_BRONZE.toned(0.35), sides=16))
    for z, r in ((-1.58, 0.635), (-1.18, 0.56), (-0.55, 0.485)):
        ring = [(r * math.cos(a), r * math.sin(a), z) for a in np.linspace(0, 6.2832, 21)]
        mesh.add(tube(ring, 0.022, BELL_BRONZE.toned(1.3), sides=4))
    for row, (z, r) in enumerate(((-0.7, 0.5), (-0.85, 0.52), (-1.0, 0.535))):
        for k in range(12):
            a = 2 * math.pi * (k + 0.5 * (row % 2)) / 12
            mesh.add(
                ball(
                    (r * math.cos(a), r * math.sin(a), z),
                    (0.045, 0.045, 0.045),
                    BELL_BRONZE.toned(1.25),
                    sides=5,
                    rings=3,
                )
            )
    loop = [(0.16 * math.cos(a), 0, -0.16 + 0.2 * math.sin(a)) for a in np.linspace(0, math.pi, 9)]
    mesh.add(tube(loop, 0.05, BELL_BRONZE, sides=6))
    return mesh


def bell_frame(foot: float) -> Mesh:
    """Four posts, beams and a small tiled roof; the bell's hanging point is at the origin, `foot` m above ground."""
    mesh = Mesh()
    for x in (-1.15, 1.15):
        for y in (-1.05, 1.05):
            mesh.add(
                tube(
                    [(x * 1.12, y * 1.15, -foot), (x, y, 0.5)], [0.13, 0.11], LACQUER_DARK.toned(1.3), sides=7
                )
            )
            mesh.add(
                revolve([(0.25, 0), (0.25, 0.1), (0.16, 0.22)], STONE, sides=8), (x * 1.12, y * 1.15, -foot)
            )
        mesh.add(beam((x, -1.25, 0.42), (x, 1.25, 0.42), 0.14, 0.2, LACQUER_DARK))
        mesh.add(beam((x * 1.08, -1.08, -1.7), (x * 1.08, 1.08, -1.7), 0.1, 0.12, LACQUER_DARK))
    mesh.add(beam((-1.5, 0, 0.2), (1.5, 0, 0.2), 0.2, 0.24, LACQUER_DARK))
    for y in (-1.05, 1.05):
        mesh.add(beam((-1.5, y, 0.5), (1.5, y, 0.5), 0.12, 0.18, LACQUER_DARK))
    mesh.add(
        tiled_roof(
            Roof(3.9, 3.5, 1.2, 1.2, 1.0, 0.5, 2), soffit_inset=0.75, soffit_drop=-0.05, round_about=True
        ),
        (0, 0, 0.66),
    )
    # The striking beam on two ropes.
    mesh.add(tube([(-0.2, -1.0, -1.45), (-1.9, -1.35, -1.45)], 0.09, PLANK, sides=7, caps=True))
    for x in (-0.5, -1.6):
        y = -1.0 - 0.35 * (-x - 0.2) / 1.7
        mesh.add(tube([(x, y, -1.4), (x * 0.85, -0.75, 0.45)], 0.014, ROPE, sides=3))
    return mesh


def windlass() -> Mesh:
    """The capstan that works the sluice."""
    mesh = Mesh()
    for x in (-0.55, 0.55):
        mesh.add(beam((x, -0.35, 0), (x, 0, 1.0), 0.09, 0.09, PLANK_DARK))
        mesh.add(beam((x, 0.35, 0), (x, 0, 1.0), 0.09, 0.09, PLANK_DARK))
    mesh.add(tube([(-0.75, 0, 0.92), (0.75, 0, 0.92)], 0.14, PLANK, sides=8, caps=True))
    mesh.add(tube([(-0.4, 0, 0.92), (0.35, 0, 0.92)], 0.19, ROPE, sides=8, caps=True))
    for k in range(3):
        a = k * math.pi / 3 + 0.3
        d = np.array([0, math.cos(a), math.sin(a)]) * 0.7
        mesh.add(tube([(0.68, 0, 0.92) - d, (0.68, 0, 0.92) + d], 0.03, PLANK_DARK, sides=5))
    return mesh


def chamber(mesh: Mesh) -> None:
    """Walls with chains, ladders, ferns and the copings; behind the guest the upper gate."""
    random = rng(3, 4)
    for side in (-1.0, 1.0):
        wall = coursed_wall(
            23.0, WALL_Z - 0.2, 5 if side < 0 else 6, bottom=-0.8, course=0.5, stone=1.3, coat=WET
        )
        at, turn = ((-3.0, -10.0, 0.0), 90.0) if side < 0 else ((3.0, 13.0, 0.0), -90.0)
        mesh.add(wall, at, turn_deg=turn)
        mesh.add(
            box(
                (side * 3.35, 1.5, WALL_Z - 0.1),
                (0.8, 23.0, 0.2),
                STONE_PALE.toned(0.85),
                faces="xXzZ",
                grain=0.9,
            )
        )
        mesh.add(
            panel(
                (side * 3.7 if side > 0 else -9.0, -10.0, WALL_Z - 0.03),
                (5.3, 0, 0),
                (0, 23.0, 0),
                STONE_DARK,
                grain=1.1,
            )
        )
        # Chains in loops along the wall, a ladder of iron rungs.
        for k in range(5):
            y = -4.0 + 3.6 * k
            t = np.linspace(0, 1, 8)
            line = np.stack([np.full(8, side * 2.93), y + 3.0 * t, 3.1 - 0.55 * 4 * t * (1 - t) * 0.8], 1)
            mesh.add(tube(line, 0.03, IRON.toned(1.5), sides=4))
            mesh.add(ball((side * 2.94, y, 3.12), (0.07, 0.09, 0.09), IRON, sides=6, rings=4))
        y = 2.4 if side < 0 else 4.9
        for k in range(11):
            z = 0.1 + 0.36 * k
            mesh.add(
                tube([(side * 2.9, y - 0.22, z), (side * 2.9, y + 0.22, z)], 0.024, IRON.toned(1.5), sides=4)
            )
        for edge in (-0.24, 0.24):
            mesh.add(
                tube(
                    [(side * 2.9, y + edge, -0.2), (side * 2.9, y + edge, 4.3), (side * 3.2, y + edge, 4.5)],
                    0.026,
                    IRON.toned(1.4),
                    sides=4,
                )
            )
        # Ferns in the joints.
        for k in range(8):
            y, z = float(random.uniform(-3, 11)), float(random.uniform(1.8, 3.6))
            mesh.add(
                blades(60 + k + int(side), 9, (0.08, 0.3), 0.35, coat=paint("#4E6A3C", "leaf")),
                (side * 2.88, y, z + 0.1),
            )
        for k, (y, w, fall) in enumerate(((-1.5, 2.2, 1.1), (4.6, 1.6, 0.9), (9.6, 1.8, 1.4))):
            creeper = vines(80 + k + int(side), w, fall, strands=26)
            mesh.add(creeper, (side * 2.94, y + side, WALL_Z + 0.02), turn_deg=-90.0 * side)
        # Quoins where the gates hang.
        mesh.add(
            box((side * 3.22, GATE_Y, 2.0), (0.46, 1.0, 5.2), STONE_PALE.toned(0.9), faces="xXyY", grain=0.9)
        )
        mesh.add(box((side * 3.3, GATE_Y, 4.75), (0.8, 1.3, 0.3), STONE_PALE, faces="xXyYzZ"))
        mesh.add(
            panel(
                (side * 3.0 if side > 0 else -9.0, 13.0 - 0.01, -0.8) if side > 0 else (-9.0, 13.0, -0.8),
                (6.0, 0, 0),
                (0, 0, 4.8),
                STONE_DARK,
                grain=1.2,
            )
        )
    mesh.add(box((0, -10.0, 1.8), (6.4, 0.4, 5.0), PLANK_DARK, faces="Y", grain=0.9))
    mesh.add(box((0, -9.75, 3.4), (6.0, 0.2, 0.3), PLANK, faces="Yz", grain=0.9))
    # The gate bridge: a beam over the gates, so the slit of gold has a frame.
    for z, h in ((5.9, 0.34), (5.35, 0.2)):
        mesh.add(box((0, GATE_Y + 0.2, z), (7.6, 0.34, h), LACQUER_DARK.toned(1.2), grain=0.9))
    for x in (-3.3, 3.3):
        mesh.add(
            tube([(x, GATE_Y + 0.2, 4.6), (x, GATE_Y + 0.2, 6.2)], 0.2, LACQUER_DARK.toned(1.2), sides=7)
        )
    mesh.add(
        tiled_roof(
            Roof(9.6, 2.8, 1.2, 7.4, 1.0, 0.6, 2), soffit_inset=0.9, soffit_drop=-0.05, round_about=True
        ),
        (0, GATE_Y + 0.2, 6.2),
    )
    from ..signs import board

    mesh.add(board("灯山", 0.62), (0, GATE_Y - 0.05, 5.65))
    mesh.add(chamber_floor())


def chamber_floor() -> Mesh:
    """The chamber's floor, dark under the water."""
    return panel((-3.0, -10.0, -0.8), (6.0, 0, 0), (0, 23.0, 0), MORTAR, grain=3.0)


def stage() -> Stage:
    """Build the stage."""
    mesh = Mesh()
    chamber(mesh)
    # The keeper with the one lantern; his hut, barrels and a cat behind him.
    mesh.add(
        figure(11, "lift", woman=False, colour="orange", robe="#4A5A6A"), (-3.75, 6.2, WALL_Z), turn_deg=75
    )
    keeper = (-2.7, 6.35, WALL_Z + 1.5)
    mesh.lamps.append(Lamp(keeper, 0.2, GLOW_ORANGE, "c", 8.5, False))
    hut = shop_house(
        21,
        width=4.6,
        depth=3.6,
        storeys=1,
        bays=2,
        kinds=["door", "mullion"],
        lanterns=False,
        hip=True,
        dim=0.7,
    )
    mesh.add(hut, (-7.2, 4.0, WALL_Z), turn_deg=90)
    mesh.add(windlass(), (-4.4, 9.6, WALL_Z), turn_deg=80)
    mesh.add(cat(), (-3.3, 3.2, WALL_Z), turn_deg=60)
    for k, (x, y) in enumerate(((-4.6, 2.4), (-5.1, 2.9), (-4.5, 1.7))):
        mesh.add(
            revolve([(0.24, 0), (0.3, 0.35), (0.24, 0.7), (0.0, 0.68)], PLANK.toned(0.9 + 0.1 * k), sides=9),
            (x, y, WALL_Z),
        )
    # The bell on the right wall, where the guest has it before the eyes; its lamp and its ringer beside it.
    x, y, z = BELL
    mesh.add(bell_frame(z - WALL_Z), BELL, turn_deg=90)
    mesh.points["bell"] = (x, y, z - 0.95)
    mesh.add(figure(31, "clasp", woman=False, robe="#6B5A3A"), (x + 0.75, y - 1.75, WALL_Z), turn_deg=75)
    mesh.add(
        lantern("tall", "amber", size=0.85, group="c", power=4.6, phase=0.3), (x - 1.0, y - 1.15, z + 0.25)
    )
    mesh.add(
        lantern("tall", "amber", size=0.7, group="c", power=2.4, phase=0.8), (x - 1.0, y + 1.15, z + 0.25)
    )
    # Niche lamps low in both walls, at the old water line: they light wet stone as the chamber empties.
    for side, at in ((-1.0, 9.4), (1.0, 1.6), (1.0, 10.4), (-1.0, -3.2), (1.0, -5.0)):
        mesh.add(box((side * 2.99, at, 2.62), (0.1, 0.5, 0.62), MORTAR, faces="xX"))
        mesh.add(box((side * 2.86, at, 2.27), (0.26, 0.6, 0.08), STONE_PALE, faces="xXyYzZ"))
        mesh.add(ball((side * 2.88, at, 2.42), (0.07, 0.07, 0.11), FLAME, sides=6, rings=4))
        mesh.lamps.append(Lamp((side * 2.8, at, 2.5), 0.08, GLOW_ORANGE, "c", 1.5, True, 0.2 + 0.1 * at))
    mesh.add(box((5.4, 16.0, 0.4), (4.8, 6.0, 2.0), STONE, faces="xXyZ", grain=1.0))
    mesh.add(coursed_wall(6.0, 1.4, 9), (3.0 - 0.02, 19.0, 0), turn_deg=-90)

    # Beyond: the canal opens, gold ahead in the slit.
    for side in (-1.0, 1.0):
        bank = quay(62.0, 4.4, 33 + int(side), steps_at=(20.0,))
        if side > 0:
            mesh.add(bank, (6.0, 81.0, 0), turn_deg=-90)
        else:
            mesh.add(bank, (-6.0, 19.0 - 6.0, 0), turn_deg=90)
    for k, (side, y, storeys) in enumerate(
        ((-1, 24, 2), (1, 29, 1), (-1, 36, 1), (1, 41, 2), (-1, 48, 2), (1, 53, 1), (-1, 60, 1), (1, 65, 2))
    ):
        detail = 2 if k < 2 else 1 if k < 5 else 0
        house = (
            shop_house(
                900 + k,
                width=10.5,
                storeys=storeys,
                detail=max(detail, 1),
                text="灯酒茶吉"[k] if k < 4 else "",
            )
            if detail
            else far_house(900 + k, storeys=storeys, width=10.5)
        )
        mesh.add(house, (side * 9.8, float(y), 1.1), turn_deg=-90.0 * side)
    for k, y in enumerate((22.0, 30.0, 38.0, 47.0, 57.0, 68.0)):
        mesh.add(string((-9.0, y + 1, 6.4), (9.0, y - 1, 6.8), 7 - k // 3, 940 + k, sag=1.3, size=1.05))
    mesh.add(far_house(960, storeys=3, width=20), (0, 96.0, 0.6))
    mesh.add(willow(61, height=7.2, lean=(1.6, 0), strands=110), (-6.9, 28.5, 1.1))
    mesh.add(moored(77, -4.6, 33.0), (0, 0, 0))
    mesh.add(moored(78, 4.5, 25.0, roofed=True), (0, 0, 0))
    mesh.add(people(70, -6.0, 22, 40, 1.1, 8)).add(people(71, 6.0, 24, 44, 1.1, 8))
    mesh.add(lotus_lamps(72, 14, (-5.0, 5.0, 20.0, 60.0), keep_clear=1.6))
    mesh.add(post(3.0, "drum", "amber", seed=1), (-6.4, 20.0, 1.1))
    # Above the upper gate: two lanterns, the wood round the upper pool, roofs among it.
    for x in (-2.1, 2.1):
        mesh.add(post(1.5, "globe", "amber", seed=7), (x, -9.9, 4.1))
    mesh.add(treeline(19, (0.0, 6.0), 30.0, 7.5, 118.0, 242.0, base=3.6))
    for k, (x, y) in enumerate(((-11.0, -13.0), (9.0, -17.0))):
        mesh.add(
            far_house(970 + k, storeys=1 + k, width=9.0), (x, y, 3.6), turn_deg=180.0 - 30.0 * (1 - 2 * k)
        )
    mesh.add(hills(9, radius=300, height=60, start_deg=120, end_deg=240, coat=HILL_FAR))
    mesh.add(hills(8, radius=420, height=80, start_deg=70, end_deg=-70, coat=HILL_FAR))
    nodes: dict[str, tuple[Mesh, Vec3]] = {
        "gate_left": (gate_leaf(-1.0), (-3.0, GATE_Y, 0.6)),
        "gate_right": (gate_leaf(1.0), (3.0, GATE_Y, 0.6)),
        "bell": (great_bell(), (BELL[0], BELL[1], BELL[2] + 0.06)),
    }
    mist = [
        (0.0, 8.0, 0.0, 6.0, 2.2),
        (0.0, 22.0, 0.0, 14.0, 3.5),
        (0.0, 34.0, 0.0, 14.0, 3.5),
        (-2.0, 46.0, 0.0, 14.0, 4.0),
        (2.0, 60.0, 0.0, 16.0, 4.0),
    ]
    return Stage("lock", mesh, nodes, mist)
