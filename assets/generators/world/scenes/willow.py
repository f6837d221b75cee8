"""The willow bend: moonlit green on both sides.

At the end the water parts, left a moon gate, right the open river.
"""

from __future__ import annotations

import numpy as np

from ..figures import figure
from ..garden_parts import cottage, jetty, moon_gate
from ..ground import bank, far_house, hills, rock
from ..horizon import shore_mist, surroundings, treeline
from ..lantern import lantern, stone_lantern
from ..mesh import Mesh, paint, tube
from ..noise import rng
from ..palette import HILL, HILL_FAR, PLANK_DARK
from ..stage import Stage
from ..street import lotus_lamps, moored
from ..trees import blades, lotus_bed, osmanthus, willow


def stage() -> Stage:
    """Build the stage."""
    random = rng(71, 2)
    mesh = Mesh()
    # Banks follow the S: out to the left, back to the middle; then the fork with an islet between two arms.
    mesh.add(bank(34.0, 26.0, 41, grain=1.7), (-5.6, -14.0, 0), turn_deg=100).add(
        bank(40.0, 26.0, 42, grain=1.7), (-9.0, 16.0, 0), turn_deg=86
    )
    mesh.add(bank(26.0, 30.0, 43, grain=2.0), (-7.2, 49.0, 0), turn_deg=122)
    mesh.add(bank(34.0, 26.0, 44, grain=1.7), (3.8, 20.0, 0), turn_deg=-82).add(
        bank(26.0, 26.0, 45, grain=1.7), (7.2, 43.0, 0), turn_deg=-100
    )
    mesh.add(bank(40.0, 30.0, 46, grain=2.4), (30.0, 72.0, 0), turn_deg=-128)
    # The islet: its near point faces the guest at y = 58.
    for turn, at in ((-62.0, (-5.6, 84.0)), (-118.0, (6.4, 58.5))):
        mesh.add(
            bank(28.0, 9.0, 47, grain=1.8), (at[0], at[1], 0), turn_deg=turn + 180.0 if turn < -100 else turn
        )
    mesh.add(rock(1, (2.6, 1.8, 1.1)), (0.2, 58.6, 0.0)).add(rock(2, (1.6, 1.2, 0.9)), (-1.9, 59.6, 0.1)).add(
        rock(3, (1.4, 1.4, 1.4)), (2.3, 60.2, 0.2)
    )
    mesh.add(stone_lantern(4, height=2.4, group="c"), (0.2, 60.4, 0.9))
    mesh.add(willow(70, height=9.0, lean=(0.0, -1.6), strands=200), (0.8, 63.5, 0.5))
    mesh.points["fork"] = (0.2, 60.0, 2.0)

    # Left arm: the garden's wall and gate, lit from within.
    mesh.add(moon_gate(13.0, 3.8, 1.6), (-12.0, 58.0, 0.6), turn_deg=24)
    mesh.add(lantern("globe", "amber", size=1.0, group="c", power=3.4, phase=0.2), (-9.2, 57.6, 3.6)).add(
        lantern("globe", "amber", size=1.0, group="c", power=3.4, phase=0.7), (-14.6, 55.2, 3.6)
    )
    for k, (x, y) in enumerate(((-16.0, 62.5), (-11.0, 64.0), (-19.5, 57.5), (-8.0, 66.0))):
        mesh.add(osmanthus(710 + k, height=5.6, leaves=700, blossom=0.3), (x, y, 0.6))
    mesh.add(stone_lantern(5), (-8.8, 52.6, 0.45))
    mesh.points["garden_gate"] = (-12.0, 58.0, 2.2)
    # Right: low lights of home on the bank, then open water.
    for k, (x, y, lit) in enumerate(((14.5, 50.5, True), (20.5, 46.0, False), (21.0, 55.0, True))):
        mesh.add(cottage(720 + k, width=7.0, lit=lit, door_at=-0.8), (x, y, 0.75), turn_deg=-118.0 + 10 * k)
    mesh.add(jetty(4.2), (8.2, 47.6, 0), turn_deg=158)
    mesh.add(tube([(7.0, 48.8, -0.5), (7.0, 48.8, 2.4), (6.6, 48.6, 2.5)], 0.05, PLANK_DARK, sides=6))
    mesh.add(lantern("drum", "orange", size=0.85, power=3.0, phase=0.5), (6.6, 48.6, 2.48))
    mesh.add(figure(730, "hold", woman=False, colour="orange"), (6.2, 48.3, 0.64), turn_deg=-60)
    mesh.points["home"] = (14.0, 50.0, 2.0)
    mesh.add(moored(74, 9.6, 51.0, roofed=True), (0, 0, 0))

    # Willows on both sides; near ones trail over the boat's way and part like curtains.
    rows = (
        (-6.9, 5.0, 8.2, 2.4),
        (5.4, 8.0, 7.6, -2.2),
        (-9.4, 13.0, 7.8, 2.6),
        (4.2, 17.5, 8.2, -2.4),
        (-9.6, 21.5, 7.4, 2.2),
        (4.4, 26.0, 7.4, -1.8),
        (-8.6, 30.5, 7.8, 2.4),
        (6.0, 34.5, 7.8, -2.0),
        (-8.6, 40.0, 7.4, 2.0),
        (7.4, 42.5, 7.2, -1.4),
    )
    for k, (x, y, h, lean) in enumerate(rows):
        mesh.add(willow(740 + k, height=h, lean=(lean, 0.0), strands=150 if k < 6 else 120), (x, y, 0.45))
    for k in range(16):
        side = -1.0 if k % 2 else 1.0
        x = side * float(random.uniform(12, 22)) - 2.0
        mesh.add(
            willow(760 + k, height=float(random.uniform(6, 8)), strands=60)
            if k % 3 == 0
            else osmanthus(760 + k, height=5.2, leaves=280),
            (x, 4.0 + 2.9 * k, 0.6),
        )
    for k, (x, y) in enumerate(((3.6, 12.4), (-7.6, 18.0), (4.0, 22.5), (-7.2, 35.0), (6.0, 39.0))):
        mesh.add(stone_lantern(780 + k, height=1.9), (x, y, 0.4))
    grass = paint("#5A7350", "leaf")
    for k in range(18):
        side = -1.0 if k % 2 else 1.0
        y = 1.0 + 2.6 * k
        x = (-8.6 if side < 0 else 5.2) + (2.0 if y > 38 else 0.0) * side
        mesh.add(blades(800 + k, 55, (3.4, 5.0), 0.5, coat=grass), (x + side * 1.6, y, 0.5))
        mesh.add(blades(830 + k, 22, (1.0, 4.0), 1.3, heads=0.15), (x + side * -0.9, y + 1.2, 0.05))
    for k in range(24):
        side = -1.0 if k % 2 else 1.0
        y = float(random.uniform(2, 48))
        s = float(random.uniform(0.35, 0.95))
        mesh.add(
            rock(860 + k, (1.3 * s, s, 0.75 * s)),
            ((-7.6 if side < 0 else 4.4) + float(random.uniform(-0.6, 0.6)), y, 0.05),
        )
    for k, (x, y, w, d, n) in enumerate(
        (
            (2.4, 9.0, 1.8, 7.0, 16),
            (-6.0, 20.0, 2.0, 8.0, 18),
            (2.2, 28.0, 2.4, 7.0, 18),
            (-5.4, 38.0, 2.4, 8.0, 16),
            (4.0, 52.0, 4.0, 6.0, 14),
            (-5.0, 54.0, 4.0, 6.0, 16),
        )
    ):
        mesh.add(lotus_bed(880 + k, n, (w, d), flowers=0.25), (x, y, 0))
    mesh.add(lotus_lamps(73, 10, (-7.0, 6.0, 40.0, 74.0), keep_clear=1.0)).add(
        lotus_lamps(75, 9, (2.2, 4.4, 9.0, 38.0), keep_clear=1.0)
    )
    for k, (x, y) in enumerate(((36.0, 104.0), (47.0, 98.0))):
        mesh.add(far_house(890 + k, storeys=1, width=9), (x, y, 1.2), turn_deg=-24)
    mesh.add(hills(41, radius=230, height=48, start_deg=85, end_deg=6, coat=HILL)).add(
        hills(42, radius=440, height=84, start_deg=60, end_deg=-80, coat=HILL_FAR)
    )
    mist = [
        (float(x), float(y), 0.0, 15.0, 2.2)
        for x, y in zip(random.uniform(-6, 5, 14), np.linspace(8, 80, 14), strict=True)
    ]
    mesh.add(
        surroundings(47, (0.0, 22.0), 44.0, start_deg=66.0, end_deg=292.0, houses=3, lights=9, trees=6.5)
    )
    mist += shore_mist(9, (0.0, 22.0), 44.0, 66.0, 292.0, 9)
    mist += [(side * 12.0 - 1.5, 6.0 + 8.0 * k, 0.2, 18.0, 3.4) for k in range(6) for side in (-1.0, 1.0)]
    for k, (x, y) in enumerate(
        ((-5.2, 9.0), (3.6, 14.0), (-7.4, 20.5), (3.2, 25.0), (-6.8, 31.0), (4.6, 36.0))
    ):
        mesh.add(
            lantern(("tall", "globe")[k % 2], "amber", size=0.75, power=3.6, phase=0.15 * k), (x, y, 3.3)
        )
    # A middle layer between the near banks and the hills.
    mesh.add(treeline(48, (0.0, 30.0), 74.0, 7.0, 62.0, -66.0, base=0.2))
    return Stage("willow", mesh, {}, mist)
