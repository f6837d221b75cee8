"""The osmanthus garden.

A slow S between trees in flower, a lit pavilion on the right, stone lanterns, lotus, rocks.
"""

from __future__ import annotations

import numpy as np

from ..figures import figure
from ..garden_parts import chime, moon_gate, pavilion, zigzag_bridge
from ..ground import bank, hills, rock, scholar_rock
from ..horizon import shore_mist, surroundings, treeline
from ..lantern import lantern, stone_lantern, string
from ..mesh import Lamp, Mesh, Vec3, paint
from ..noise import rng
from ..palette import GLOW_AMBER, HILL, HILL_FAR
from ..stage import Stage
from ..street import lotus_lamps
from ..tower import pagoda
from ..trees import blades, lotus_bed, osmanthus, willow

LEFT_X, RIGHT_X = -6.6, 6.2


def stage() -> Stage:
    """Build the stage."""
    random = rng(41, 2)
    mesh = Mesh()
    mesh.add(bank(96.0, 26.0, 3, grain=1.6), (LEFT_X, -14.0, 0), turn_deg=90)
    # The right bank in two runs: a bay opens where the pavilion stands in the water.
    mesh.add(bank(46.0, 26.0, 5, grain=1.6), (RIGHT_X, 32.0, 0), turn_deg=-90)
    mesh.add(bank(46.0, 24.0, 6, grain=1.6), (RIGHT_X + 4.6, 84.0, 0), turn_deg=-90)
    mesh.add(bank(60.0, 24.0, 7, grain=2.2), (-30.0, 62.0, 0), turn_deg=0)
    mesh.add(pavilion(), (7.0, 40.0, 0.15), turn_deg=40)
    # The chime's cord reaches up to the eave.
    nodes: dict[str, tuple[Mesh, Vec3]] = {"chime": (chime(), (4.5, 36.0, 4.05))}
    mesh.points["chime"] = (4.5, 36.0, 3.4)
    mesh.add(figure(401, "clasp", woman=True, robe="#A55A5E"), (6.4, 39.2, 0.63), turn_deg=-10)
    mesh.add(figure(402, "flute", woman=False, robe="#2E4A63"), (7.6, 39.9, 0.63), turn_deg=35)
    mesh.add(zigzag_bridge(((9.8, 41.8), (13.0, 44.0), (12.5, 48.0), (17.0, 50.0))))
    mesh.add(
        zigzag_bridge(
            ((-6.8, 50.5), (-2.2, 50.0), (-1.4, 53.4), (4.0, 53.0), (4.8, 50.4), (9.5, 50.0)), z=0.75
        )
    )
    mesh.add(figure(403, "hold", woman=True, colour="amber"), (-1.9, 51.6, 0.85), turn_deg=10)

    # Osmanthus: near ones hang over the water and frame the picture, far ones thin into mist.
    near = (
        (-7.6, 6.0, 5.6, 1100, 2.0),
        (7.4, 9.5, 5.4, 1050, -2.0),
        (-7.8, 17.0, 5.2, 950, 1.8),
        (7.3, 20.5, 5.8, 1050, -2.2),
        (-8.2, 28.0, 5.4, 900, 2.2),
        (8.4, 28.5, 4.8, 700, -1.2),
    )
    for k, (x, y, h, n, lean) in enumerate(near):
        mesh.add(osmanthus(50 + k, height=h, leaves=n, lean=(lean, 0.0), blossom=0.34), (x, y, 0.45))
        mesh.add(
            lantern(
                ("globe", "tall", "drum")[k % 3],
                "amber" if k % 2 else "orange",
                size=0.85,
                power=4.4,
                phase=0.17 * k,
            ),
            (x + lean * 0.75, y - 0.4, 3.3),
        )
    for k in range(16):
        side = -1.0 if k % 2 else 1.0
        x, y = side * float(random.uniform(10, 21)), float(random.uniform(2, 60))
        if side > 0 and 33 < y < 48 and x < 14:
            x += 7
        mesh.add(
            osmanthus(70 + k, height=float(random.uniform(4.2, 5.8)), leaves=340, blossom=0.2), (x, y, 0.6)
        )
    for k, (x, y) in enumerate(((-11.0, 40.0), (-8.4, 44.0), (12.0, 56.0), (-4.0, 64.0), (4.0, 66.0))):
        mesh.add(osmanthus(90 + k, height=5.2, leaves=480, lean=(-0.1 * x, 0)), (x, y, 0.5))
    mesh.add(willow(44, height=6.6, lean=(1.5, 0), strands=90), (-7.6, 37.0, 0.4))

    for k, (x, y, h) in enumerate(
        (
            (-6.9, 11.5, 2.0),
            (6.8, 15.0, 1.8),
            (-7.0, 23.5, 1.7),
            (6.9, 25.6, 2.0),
            (-7.4, 33.0, 2.0),
            (10.2, 33.8, 1.7),
            (-6.6, 47.5, 1.8),
            (3.0, 60.0, 2.1),
        )
    ):
        mesh.add(stone_lantern(60 + k, height=h), (x, y, 0.35))
    for k in range(34):
        side = -1.0 if k % 2 else 1.0
        y = float(random.uniform(0, 60))
        x = side * float(random.uniform(5.6, 7.4)) + (3.5 if side > 0 and y > 34 else 0)
        s = float(random.uniform(0.35, 1.0))
        mesh.add(
            rock(300 + k, (s * 1.3, s, s * 0.75)),
            (x, y, 0.05 + 0.1 * s),
            turn_deg=float(random.uniform(0, 360)),
        )
    mesh.add(scholar_rock(7, 2.6), (-8.0, 20.6, 0.4)).add(scholar_rock(8, 3.0), (11.6, 37.0, 0.4)).add(
        scholar_rock(9, 2.2), (8.2, 13.0, 0.45)
    )
    for k, (x, y, w, d, n) in enumerate(
        (
            (-4.6, 8.0, 2.2, 7.0, 20),
            (4.3, 13.0, 2.2, 6.0, 18),
            (-4.4, 21.0, 2.6, 6.0, 18),
            (4.4, 24.0, 2.0, 6.0, 16),
            (-4.6, 32.0, 2.8, 8.0, 22),
            (1.6, 44.0, 3.0, 5.0, 16),
            (-3.6, 43.0, 3.4, 5.0, 16),
            (4.6, 33.5, 2.4, 3.0, 9),
        )
    ):
        mesh.add(lotus_bed(40 + k, n, (w, d), flowers=0.32), (x, y, 0))
    grass = paint("#4F6448", "leaf")
    for k in range(16):
        side = -1.0 if k % 2 else 1.0
        y = -2.0 + 4.0 * k
        mesh.add(
            blades(80 + k, 60, (3.4, 6.0), 0.5, coat=grass),
            (side * 8.4 + (3.0 if side > 0 and y > 34 else 0), y, 0.55),
        )
        mesh.add(
            blades(180 + k, 16, (0.9, 4.0), 1.25, heads=0.15),
            (side * 6.2 + (3.6 if side > 0 and y > 34 else 0), y + 1.5, 0.05),
        )
    # The pavilion is the light of the garden: a lamp under its ceiling, and a string from it across the water.
    mesh.lamps.append(Lamp((7.0, 40.0, 3.0), 0.3, GLOW_AMBER, "b", 11.0, False))
    mesh.lamps.append(Lamp((5.4, 37.0, 1.6), 0.3, GLOW_AMBER, "b", 5.0, False))
    mesh.add(string((-7.2, 39.6, 4.9), (3.6, 40.6, 4.5), 7, 77, sag=0.9, size=0.8, group="b"))
    mesh.add(moon_gate(14.0), (-2.5, 66.5, 0.5), turn_deg=0)
    mesh.add(pagoda(5, 4, 8.0), (-26.0, 118.0, 6.0))
    mesh.add(lotus_lamps(42, 22, (-5.2, 5.2, 9.0, 52.0), keep_clear=2.5))
    mesh.add(hills(5, radius=260, height=52, start_deg=80, end_deg=-30, coat=HILL))
    mesh.add(hills(6, radius=480, height=110, start_deg=60, end_deg=-90, coat=HILL_FAR))
    mist = [
        (float(x), float(y), 0.0, 14.0, 2.4)
        for x, y in zip(random.uniform(-8, 8, 16), np.linspace(8, 70, 16), strict=True)
    ]
    mesh.add(
        surroundings(49, (0.0, 24.0), 44.0, start_deg=58.0, end_deg=296.0, houses=3, lights=12, trees=6.0)
    )
    mist += shore_mist(9, (0.0, 24.0), 44.0, 58.0, 296.0, 9)
    mist += [(side * 13.0, 8.0 + 9.0 * k, 0.2, 20.0, 3.6) for k in range(6) for side in (-1.0, 1.0)]
    # A middle layer between the near banks and the hills.
    mesh.add(treeline(50, (0.0, 24.0), 66.0, 6.5, 56.0, -62.0, base=0.4))
    return Stage("garden", mesh, nodes, mist)
