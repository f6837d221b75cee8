"""The tea house: an open hall on the right with a pipa player, a kettle over coals.

Left a flute player's boat.
"""

from __future__ import annotations

from ..bridge import arch_bridge
from ..figures import cat, figure, stool
from ..garden_parts import kettle_fire
from ..ground import far_house, hills, quay
from ..horizon import surroundings
from ..house import shop_house
from ..lantern import lantern, string
from ..mesh import Mesh
from ..palette import HILL_FAR
from ..stage import Stage
from ..street import clutter, lotus_lamps, moored, people, posts
from ..tea_hall import tea_hall
from ..trees import osmanthus, willow

QUAY_Z = 1.1


def stage() -> Stage:
    """Build the stage."""
    mesh = Mesh()
    mesh.add(quay(84.0, 5.0, 71, steps_at=(52.0, 63.5), gaps=((36.0, 54.0),)), (6.0, 70.0, 0), turn_deg=-90)
    mesh.add(quay(84.0, 5.0, 72, steps_at=(40.0,)), (-6.0, -14.0, 0), turn_deg=90)
    mesh.add(tea_hall(), (8.6, 24.0, QUAY_Z), turn_deg=-90)
    mesh.add(kettle_fire(), (7.5, 21.0, QUAY_Z))
    mesh.points["kettle"] = (7.5, 21.0, 2.0)
    mesh.points["pipa"] = (11.0, 27.0, 2.6)
    mesh.points["flute"] = (-3.6, 23.0, 1.8)
    mesh.add(stool(), (7.7, 19.8, QUAY_Z))
    mesh.add(figure(301, "sit", woman=False, robe="#6B5A3A"), (7.7, 19.8, QUAY_Z), turn_deg=170)
    mesh.add(figure(302, "hold", woman=True, robe="#7A3A4A"), (7.0, 24.6, QUAY_Z), turn_deg=-110)
    mesh.add(cat(), (7.1, 19.7, QUAY_Z), turn_deg=-70)
    mesh.add(people(303, 6.0, 26.0, 33.5, QUAY_Z, 6, depth=1.8, poses=["stand", "clasp", "lean", "wave"]))
    # Neighbours and the other bank.
    for k, (y, storeys, text) in enumerate(((2.0, 1, "灯"), (41.5, 1, "布"), (52.5, 2, "酒"), (63.5, 1, ""))):
        mesh.add(
            shop_house(1400 + k, width=10.4, storeys=storeys, detail=2 if k < 2 else 1, text=text),
            (9.8, y, QUAY_Z),
            turn_deg=-90,
        )
    for k, (y, storeys, text) in enumerate(
        ((0.0, 2, ""), (11.5, 1, "米"), (22.5, 2, "春"), (34.0, 1, "古"), (45.0, 2, ""), (56.5, 1, ""))
    ):
        mesh.add(
            shop_house(1420 + k, width=10.6, storeys=storeys, detail=2 if 1 < k < 4 else 1, text=text),
            (-10.0, y, QUAY_Z),
            turn_deg=90,
        )
    mesh.add(arch_bridge(27.0, 8.0, 5.0), (0, 72.0, 0))
    for k, x in enumerate((-5.0, -1.5, 2.0, 6.0)):
        z = 1.2 + 3.6 * 2.718 ** (-1.2 * (x / 9.72) ** 2)
        mesh.add(figure(320 + k, ("lean", "hold", "point", "clasp")[k]), (x, 70.1, z))
    # The flute player on his boat, between the guest and the left bank.
    mesh.add(moored(81, -3.9, 24.5, roofed=True), (0, 0, 0))
    mesh.add(figure(331, "flute", woman=False, robe="#3A4E6A"), (-3.8, 21.9, 0.62), turn_deg=35)
    mesh.add(moored(82, -4.7, 38.0, roofed=True, crew="sit")).add(
        moored(83, 4.7, 40.0, roofed=False, crew="hold")
    ).add(moored(84, 4.9, 8.5, roofed=True))
    mesh.add(willow(83, height=7.2, lean=(-1.8, 0.0), strands=140), (7.2, 12.6, QUAY_Z))
    mesh.add(willow(84, height=7.0, lean=(1.6, 0.0), strands=120), (-7.0, 31.0, QUAY_Z))
    mesh.add(osmanthus(85, height=5.0, leaves=700), (7.6, 36.3, QUAY_Z))
    for k, (y, z, count) in enumerate(
        ((7.0, 5.8, 6), (16.5, 6.8, 6), (33.0, 6.4, 7), (44.0, 6.0, 7), (55.0, 6.3, 6), (64.0, 6.0, 6))
    ):
        mesh.add(string((-9.4, y + 2, z + 0.6), (9.0, y - 1.5, z + 0.9), count, 1500 + k, sag=1.3))
    mesh.add(posts(88, -6.0, (8.0, 20.0, 34.0, 48.0), QUAY_Z)).add(posts(89, 6.0, (11.0, 36.5, 50.0), QUAY_Z))
    mesh.add(people(86, -6.0, 6, 30, QUAY_Z, 10)).add(people(87, -6.0, 32, 58, QUAY_Z, 9)).add(
        people(88, 6.0, 36, 58, QUAY_Z, 8)
    )
    mesh.add(people(89, 6.0, 1, 12, QUAY_Z, 4))
    for k, (x, y) in enumerate(((-6.0, 15.0), (-6.0, 27.5), (6.0, 8.0), (6.0, 38.6))):
        mesh.add(clutter(1510 + k * 3, x, y, QUAY_Z))
    mesh.add(lotus_lamps(90, 22, (-5.2, 5.2, 6.0, 66.0), keep_clear=3.0))
    for k, y in enumerate((14.6, 18.6, 29.4, 33.4)):
        mesh.add(
            lantern(("melon", "globe")[k % 2], "red", size=1.05, power=2.4, phase=0.21 * k), (7.3, y, 6.4)
        )
    for k in range(4):
        for side in (-1.0, 1.0):
            mesh.add(
                far_house(1540 + k + int(side), storeys=1 + (k + (side > 0)) % 2, width=10),
                (side * 10.0, 84.0 + 12 * k, QUAY_Z),
                turn_deg=-90 * side,
            )
    mesh.add(far_house(1560, storeys=3, width=18), (0, 138.0, 0.5))
    for k, y in enumerate((82.0, 96.0, 112.0)):
        mesh.add(string((-8.5, y, 5.6), (8.5, y, 5.9), 6, 1570 + k, sag=0.9, size=1.15))
    mesh.add(hills(28, radius=420, height=72, start_deg=75, end_deg=-85, coat=HILL_FAR))
    # Behind the guest: the street's far end across a basin, so that looking back finds no void.
    mesh.add(surroundings(63, (0.0, 4.0), 78.0, houses=6, lights=14, start_deg=80.0, end_deg=262.0))
    mist = [
        (x, y, 0.0, 13.0, 2.6)
        for x, y in ((-3.0, 26.0), (2.0, 40.0), (-3.0, 52.0), (2.0, 64.0), (0.0, 80.0), (0.0, 96.0))
    ]
    return Stage("tea_house", mesh, {}, mist)
