"""The lake of lanterns: boats gather, arms lift lights, the drum tower burns small on the far shore."""

from __future__ import annotations

import math

import numpy as np

from ..boat import sampan
from ..carp import carp
from ..figures import figure
from ..ground import bank, far_house, hills
from ..horizon import shore_mist, surroundings
from ..lantern import lantern, lotus_lamp, sky_lantern
from ..mesh import Mesh, Vec3, tube
from ..noise import rng
from ..palette import BAMBOO, HILL, HILL_FAR
from ..stage import Stage
from ..tower import hall, masonry, pagoda
from ..trees import blades, lotus_bed, willow


def stage() -> Stage:
    """Build the stage."""
    random = rng(81, 2)
    mesh = Mesh()
    # Boats in two loose arcs that leave a lane to the tower; each has its people and its light.
    spots = [
        (-4.9, 8.5, 14),
        (5.2, 13.0, -20),
        (-6.6, 19.5, 38),
        (4.6, 24.0, 8),
        (-4.2, 29.5, -16),
        (8.4, 31.0, -40),
        (-9.6, 31.0, 22),
        (4.0, 37.5, -10),
        (-5.0, 41.0, 12),
        (11.0, 20.5, -70),
        (-12.0, 12.0, 64),
        (12.5, 42.0, -30),
        (-12.5, 45.0, 34),
        (3.4, 49.0, 6),
        (-4.0, 53.0, -8),
    ]
    for k, (x, y, turn) in enumerate(spots):
        one = Mesh().add(sampan(90 + k, length=6.2 + 0.5 * (k % 3), roofed=k % 3 == 1, lamp=True))
        crew = (
            (("lift", 1.0), ("hold", -1.2)) if k % 3 == 1 else (("lift", 1.6), ("wave", -0.4), ("lift", -1.7))
        )
        for j, (pose, along) in enumerate(crew[: 3 if k < 9 else 2]):
            child = j == 1 and k % 2 == 0
            ground = 0.58 if abs(along) > 1.4 else 0.18
            if k % 3 == 1 and abs(along) < 1.4:
                along, ground = math.copysign(2.15, along), 0.62
            one.add(
                figure(1900 + 10 * k + j, pose, child=child, colour=("orange", "amber", "red")[(k + j) % 3]),
                (0.1 * (j - 1), along, ground),
                turn_deg=float(random.uniform(-70, 70)) + (180.0 if k % 2 else 0.0),
            )
        mesh.add(one, (x, y, 0), turn_deg=float(turn))
    for k in range(14):
        a = math.radians(float(random.uniform(-58, 58)))
        r = float(random.uniform(58, 98))
        mesh.add(
            Mesh().add(sampan(120 + k, length=6.0, roofed=k % 2 == 0)),
            (r * math.sin(a), r * math.cos(a), 0),
            turn_deg=float(random.uniform(0, 360)),
        )
    # Paper lanterns about to leave: on poles and in hands they stand over the water between the boats.
    for k in range(9):
        x, y, _ = spots[k]
        side = 1.0 if x > 0 else -1.0
        mesh.add(
            tube(
                [
                    (x + side * 0.5, y + 0.5, 0.4),
                    (x + side * 0.5, y + 0.5, 2.9),
                    (x + side * 0.2, y + 0.5, 3.05),
                ],
                0.03,
                BAMBOO,
                sides=5,
            )
        )
        mesh.add(
            lantern(
                ("globe", "drum", "melon", "box")[k % 4],
                ("amber", "orange", "red", "cream")[k % 4],
                size=0.95,
                power=3.2,
                phase=0.11 * k,
            ),
            (x + side * 0.2, y + 0.5, 3.05),
        )
    # The festival's carp rides on a raft of its own, turned towards the tower.
    raft = Mesh().add(sampan(150, length=6.4, roofed=False, lamp=False))
    for y in (-1.6, 1.6):
        raft.add(tube([(0, y, 0.3), (0, y, 3.9)], 0.05, BAMBOO, sides=6))
    raft.add(carp(4.2, phase=0.4, hang=0.3), (0, 0, 3.6))
    mesh.add(raft, (-7.6, 25.2, 0), turn_deg=-18)
    k = 0
    while k < 90:
        y = 4.0 + 74.0 * float(random.uniform()) ** 1.2
        x = float(random.normal(0, 5.0 + 0.16 * y))
        if abs(x) < 1.9 and y < 26:
            continue
        mesh.add(lotus_lamp(2000 + k, size=float(random.uniform(0.9, 1.35))), (x, y, 0))
        k += 1
    # Far shore: terrace, drum tower, pagoda, a necklace of houses; willows and reeds close the sides.
    tower = (
        Mesh()
        .add(masonry(30.0, 18.0, 7.0, 0.08, 5, arch=2.6))
        .add(hall(20.0, 11.0, 3, 7, 71, detail=1), (0, 5.0, 7.2))
    )
    mesh.add(tower, (0.0, 132.0, 1.2))
    mesh.points["tower"] = (0.0, 138.0, 18.0)
    for x in (-92.0, -31.0, 30.0):
        mesh.add(bank(62.0, 34.0, int(300 + x), height=1.3, grain=4.0), (x, 121.0, 0))
    for k, (x, y) in enumerate(
        (
            (-70.0, 128.0),
            (-58.0, 126.0),
            (-46.0, 129.0),
            (-35.0, 127.0),
            (-25.0, 130.0),
            (26.0, 130.0),
            (36.0, 127.0),
            (47.0, 129.0),
            (59.0, 126.0),
            (71.0, 129.0),
        )
    ):
        mesh.add(far_house(2100 + k, storeys=1 + (k * 3) % 2, width=9.0 + 2 * (k % 2)), (x, y, 1.2))
    mesh.add(pagoda(9, 5, 10.0), (-84.0, 148.0, 2.0))
    for k, (x, y, lean) in enumerate(
        ((-15.0, 9.0, 2.0), (15.5, 10.0, -2.0), (-17.5, 24.0, 2.0), (18.5, 28.0, -1.8))
    ):
        mesh.add(willow(2150 + k, height=8.2, lean=(lean, 0.0), strands=120), (x, y, 0.4))
    mesh.add(bank(60.0, 20.0, 61, grain=2.2), (-13.6, -10.0, 0), turn_deg=98).add(
        bank(60.0, 20.0, 62, grain=2.2), (22.0, 50.0, 0), turn_deg=-98
    )
    for k in range(10):
        side = -1.0 if k % 2 else 1.0
        mesh.add(
            blades(2160 + k, 34, (3.0, 6.0), 1.7, heads=0.25), (side * (13.0 + 0.5 * k), 3.0 + 4.5 * k, 0.05)
        )
        mesh.add(lotus_bed(2180 + k, 9, (3.0, 5.0)), (side * (10.4 + 0.4 * k), 4.0 + 4.5 * k, 0))
    mesh.add(hills(51, radius=300, height=50, start_deg=85, end_deg=12, coat=HILL)).add(
        hills(52, radius=320, height=54, start_deg=-10, end_deg=-85, coat=HILL)
    ).add(hills(53, radius=540, height=110, start_deg=75, end_deg=-75, coat=HILL_FAR))
    mist = [
        (float(x), float(y), 0.0, 30.0, 3.0)
        for x, y in zip(random.uniform(-18, 18, 10), np.linspace(46, 118, 10), strict=True)
    ]
    # Lanterns that fly are nodes: the scene lets them go one by one, and the water mirrors them. The guest's first.
    nodes: dict[str, tuple[Mesh, Vec3]] = {
        "sky_0": (sky_lantern("amber", size=1.15, ribbon=True), (0.0, 6.0, 1.5))
    }
    for k in range(10):
        x, y, _ = spots[k]
        side = -1.0 if x > 0 else 1.0
        body = sky_lantern(("orange", "amber", "cream", "orange", "red")[k % 5], size=0.95 + 0.1 * (k % 3))
        nodes[f"sky_{k + 1}"] = (body, (x + 0.7 * side, y + 0.9 - 0.5 * (k % 3), 2.05 + 0.1 * (k % 3)))
    mesh.add(
        surroundings(59, (0.0, 16.0), 92.0, start_deg=88.0, end_deg=272.0, houses=9, lights=26, trees=6.5)
    )
    mist += shore_mist(9, (0.0, 16.0), 92.0, 88.0, 272.0, 9)
    return Stage("lake", mesh, nodes, mist)
