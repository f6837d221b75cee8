"""River's end: open water under the moon, a woman with a lantern on the jetty, a fisherman.

Lamps drifting away.
"""

from __future__ import annotations

import math

import numpy as np

from ..boat import sampan
from ..figures import figure
from ..garden_parts import cottage, jetty
from ..ground import bank, far_house, hills, rock
from ..horizon import shore_mist, surroundings
from ..lantern import lantern, lotus_lamp
from ..mesh import Lamp, Mesh, tube
from ..noise import rng
from ..palette import GLOW_AMBER, HILL, HILL_FAR, PLANK_DARK
from ..stage import Stage
from ..tower import pagoda
from ..trees import blades, lotus_bed, osmanthus, willow


def stage() -> Stage:
    """Build the stage."""
    random = rng(51, 2)
    mesh = Mesh()
    # Banks swing outward: the river opens as the guest comes out.
    mesh.add(bank(46.0, 22.0, 11, height=0.6, grain=1.8), (-7.8, -12.0, 0), turn_deg=101)
    mesh.add(bank(40.0, 22.0, 12, height=0.6, grain=1.8), (24.0, 25.0, 0), turn_deg=-112)
    mesh.add(bank(70.0, 22.0, 13, height=0.7, grain=2.4), (-17.5, 31.0, 0), turn_deg=118)
    mesh.add(bank(60.0, 26.0, 14, height=0.8, grain=2.6), (64.0, 76.0, 0), turn_deg=-140)
    mesh.add(jetty(7.6), (-11.7, 33.4, 0))
    mesh.add(
        figure(501, "hold", woman=True, colour="orange", robe="#C9B08A"),
        (-5.3, 33.4, 0.66),
        turn_deg=-24,
        scale=1.04,
    )
    mesh.lamps.append(Lamp((-4.7, 32.0, 2.1), 0.2, GLOW_AMBER, "c", 7.0, False))
    mesh.points["woman"] = (-5.3, 33.4, 1.9)
    mesh.add(tube([(-4.3, 34.0, -0.6), (-4.3, 34.0, 2.5), (-3.9, 33.9, 2.6)], 0.05, PLANK_DARK, sides=6))
    mesh.add(lantern("drum", "amber", size=0.8, group="c", power=5.5, phase=0.4), (-3.9, 33.9, 2.58))
    mesh.add(cottage(9, width=7.0, lit=True, door_at=0.6), (-23.0, 45.0, 0.5), turn_deg=34)
    # The fisherman with his lamp, right of the moon's road.
    mesh.add(Mesh().add(sampan(33, length=6.8, roofed=True)), (8.6, 42.0, 0), turn_deg=62)
    mesh.add(figure(502, "fish", woman=False, robe="#4A4A3A"), (6.6, 43.0, 0.28), turn_deg=58)
    mesh.add(lantern("globe", "orange", size=0.8, group="c", power=3.0, phase=0.7), (10.8, 40.8, 1.9))
    mesh.add(tube([(11.0, 40.7, 0.6), (11.0, 40.7, 2.0), (10.8, 40.8, 1.95)], 0.03, PLANK_DARK, sides=5))
    mesh.add(Mesh().add(sampan(35, length=6.0, roofed=True, lamp=True)), (-13.0, 62.0, 0), turn_deg=80)
    mesh.add(Mesh().add(sampan(36, length=6.0, roofed=False, lamp=True)), (19.0, 78.0, 0), turn_deg=110)
    # Reeds and trees frame left and right, near ones tall.
    for k, (x, y, n) in enumerate(
        (
            (-6.2, 9.0, 30),
            (6.6, 10.5, 26),
            (-7.6, 17.0, 34),
            (9.2, 17.0, 30),
            (-9.6, 27.0, 30),
            (13.5, 24.0, 34),
            (-12.0, 36.0, 26),
            (19.0, 30.0, 26),
        )
    ):
        mesh.add(blades(510 + k, n, (3.0, 4.5), 1.9, heads=0.3), (x, y, 0.05))
        mesh.add(lotus_bed(520 + k, 10, (3.0, 4.0), flowers=0.2), (x * 0.82, y + 2.5, 0))
    mesh.add(osmanthus(53, height=6.4, leaves=1000, lean=(1.2, 0)), (-10.2, 19.0, 0.4))
    mesh.add(osmanthus(54, height=5.8, leaves=800, lean=(-1.0, 0)), (15.8, 22.5, 0.4))
    mesh.add(willow(55, height=8.0, lean=(2.0, 0.4), strands=150), (-9.4, 11.0, 0.35))
    mesh.add(willow(56, height=7.0, lean=(-1.4, 0), strands=100), (12.6, 15.0, 0.4))
    mesh.add(willow(57, height=7.2, lean=(1.4, 0), strands=90), (-17.0, 44.0, 0.5))
    for k in range(16):
        side = -1.0 if k % 2 else 1.0
        s = float(random.uniform(0.3, 0.8))
        y = float(random.uniform(2, 32))
        x = side * (7.4 + 0.28 * y * (1.5 if side > 0 else 0.55)) + float(random.uniform(-0.5, 0.5))
        mesh.add(rock(530 + k, (s * 1.4, s, s * 0.7)), (x, y, 0.05))
    # Lamps drift away towards the moon in a loosening file.
    for k in range(64):
        t = (k + 0.5) / 64
        y = 6.0 + 88.0 * t**1.25
        spread = 2.4 + 7.0 * t
        x = 3.0 * math.sin(y * 0.06) * t + float(random.normal(0, spread * 0.5))
        if y < 34 and abs(x) < 2.2:
            x = math.copysign(2.2 + float(random.uniform(0, 2.0)), x)
        mesh.add(lotus_lamp(600 + k, size=float(random.uniform(0.9, 1.3)) * (1 + 0.4 * t)), (x, y, 0.0))
    # Far shore: a tower and a village on the left third, hills in two ranges, a low saddle under the moon.
    mesh.add(pagoda(7, 5, 11.0), (-44.0, 128.0, 2.0))
    for k, (x, y, w) in enumerate(
        (
            (-62.0, 120.0, 12.0),
            (-52.0, 116.0, 9.0),
            (-33.0, 118.0, 10.0),
            (-24.0, 126.0, 9.0),
            (38.0, 132.0, 10.0),
            (49.0, 128.0, 9.0),
        )
    ):
        mesh.add(
            far_house(540 + k, storeys=1 + k % 2, width=w),
            (x, y, 1.0),
            turn_deg=math.degrees(math.atan2(-x, y)) * -0.5,
        )
    shore = np.linspace(-88, 88, 3)
    for x in shore:
        mesh.add(bank(90.0, 40.0, int(200 + x), height=1.4, grain=5.0), (x - 45.0, 116.0 + abs(x) * 0.1, 0))
    mesh.add(hills(15, radius=330, height=64, start_deg=85, end_deg=4, coat=HILL))
    mesh.add(hills(26, radius=360, height=46, start_deg=-12, end_deg=-85, coat=HILL))
    mesh.add(hills(17, radius=560, height=92, start_deg=70, end_deg=-70, coat=HILL_FAR))
    mist = [
        (float(x), float(y), 0.0, 30.0, 3.4)
        for x, y in zip(random.uniform(-20, 20, 10), np.linspace(48, 110, 10), strict=True)
    ]
    mesh.add(
        surroundings(53, (0.0, 8.0), 84.0, start_deg=86.0, end_deg=274.0, houses=6, lights=16, trees=7.0)
    )
    mist += shore_mist(9, (0.0, 8.0), 84.0, 86.0, 274.0, 9)
    return Stage("river", mesh, {}, mist)
