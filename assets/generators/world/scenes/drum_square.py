"""The drum tower: symmetric square, crowd on the steps, braziers below, the great drum on its terrace."""

from __future__ import annotations

import math

import numpy as np

from ..figures import crowd_row, figure
from ..ground import coursed_wall, far_house, hills, quay
from ..horizon import surroundings
from ..house import bay_infill, bracket, shop_house
from ..lantern import lantern, lotus_lamp, string
from ..mesh import Lamp, Mesh, Vec3, box, tube
from ..noise import rng
from ..palette import GLOW_ORANGE, HILL_FAR, LACQUER, LACQUER_DARK, STONE, STONE_DARK, STONE_PALE
from ..signs import banner, board
from ..stage import Stage
from ..street import lotus_lamps, moored, people, posts
from ..tower import brazier, drum_stand, drum_tower, great_drum

QUAY_Z = 1.1


def stage() -> Stage:
    """Build the stage."""
    random = rng(31, 1)
    mesh = Mesh()
    # The tower: terrace foot at y = 64.5 on a platform 2.2 m up; its parapet carries the drum's stand in
    # front.
    mesh.add(drum_tower(), (0, 66.0, 2.2))
    # A lower terrace thrusts forward and lifts the drum to (0, 62, 9).
    mesh.add(box((0, 62.4, 4.55), (8.4, 5.2, 4.1), STONE, faces="xXy", grain=0.9))
    mesh.add(box((0, 62.4, 6.5), (9.0, 5.8, 0.3), STONE_PALE, faces="xXyzZ", grain=0.9))
    # Its face in separate stones, a studded gate in the middle under a gilded board.
    mesh.add(coursed_wall(8.4, 6.4, 15, bottom=2.2, course=0.46, stone=1.0), (-4.2, 59.76, 0.0))
    mesh.add(bay_infill("door", 3.2, 3.1, 1.0, 77, LACQUER), (0, 59.66, 2.05))
    for x in (-1.75, 1.75):
        mesh.add(tube([(x, 59.55, 2.05), (x, 59.55, 5.2)], 0.17, LACQUER, sides=8))
    mesh.add(box((0, 59.5, 5.3), (4.2, 0.34, 0.32), LACQUER, faces="xXyzZ", grain=0.9))
    for x in (-1.4, 0.0, 1.4):
        mesh.add(bracket(0.7), (x, 59.5, 5.45))
    mesh.add(board("春月", 0.5), (0, 59.2, 5.62))
    for x in (-3.0, 3.0):
        mesh.add(banner(1.5, 3.4, "#9E2A20", 80 + int(x), text="春" if x < 0 else "月"), (x, 59.72, 6.3))
    mesh.add(drum_stand(1.75), (0, 62.0, 9.0))
    from ..bridge import rail_post

    for x in np.linspace(-4.2, 4.2, 7):
        if abs(x) > 1.0:
            mesh.add(rail_post(0.8), (float(x), 59.7, 6.65))
    mesh.add(box((-2.75, 59.7, 7.2), (3.0, 0.12, 0.14), STONE_PALE, faces="yYzZ", grain=1.0))
    mesh.add(box((2.75, 59.7, 7.2), (3.0, 0.12, 0.14), STONE_PALE, faces="yYzZ", grain=1.0))
    mesh.add(figure(5, "drum", woman=False, robe="#A8332A"), (-0.5, 60.35, 6.65), turn_deg=180, scale=1.12)
    for x in (-3.4, 3.4):
        mesh.add(figure(7 + int(x), "clasp", woman=False, robe="#7E2A22"), (x, 60.6, 6.65), turn_deg=0)
        mesh.add(brazier(1.3, power=10.0), (x * 0.86, 63.6, 6.65))
    # Stairs from the landing to the platform, full of people.
    for k in range(7):
        z = 1.1 + 0.16 * (k + 1)
        mesh.add(
            box(
                (0, 51.2 + 0.9 * k + 8.0, z / 2),
                (30.0 - 0.6 * k, 17.8, z),
                STONE_PALE.toned(0.8 + 0.03 * (k % 2)),
                faces="yZ",
                grain=1.2,
            )
        ) if k < 6 else None
    # Landing at the end of the basin, with steps into the water.
    for k in range(5):
        mesh.add(
            box(
                (0, 46.3 + 0.45 * k, -0.2 + 0.13 * k),
                (24.0, 0.5, 1.2 + 0.26 * k),
                STONE_PALE.toned(0.86 + 0.03 * (k % 2)),
                faces="yZxX",
                grain=1.2,
            )
        )
    mesh.add(box((0, 50.0, 0.6), (40.0, 4.6, 1.0), STONE, faces="yZ", grain=1.2))
    # Candles in lotus bowls on the steps leave a lane up the middle: the eye climbs them to the drum.
    for k in range(5):
        for side in (-1.0, 1.0):
            for j in range(5):
                x = side * (2.0 + 1.9 * j + 0.35 * (k % 2)) + float(random.uniform(-0.15, 0.15))
                at = (x, 46.28 + 0.45 * k, 0.42 + 0.26 * k)
                mesh.add(lotus_lamp(5000 + 100 * k + 10 * j + int(side), size=0.8, group="c"), at)
    for side in (-1.0, 1.0):
        bank = quay(62.0, 5.0, 51 + int(side), steps_at=(30.0,))
        if side > 0:
            mesh.add(bank, (8.5, 48.0, 0), turn_deg=-90)
            mesh.add(box((24.0, 48.0, 0.5), (31.0, 1.0, 1.2), STONE, faces="y", grain=1.2))
        else:
            mesh.add(bank, (-8.5, -14.0, 0), turn_deg=90)
            mesh.add(box((-24.0, 48.0, 0.5), (31.0, 1.0, 1.2), STONE, faces="y", grain=1.2))
        # Square paving beside the stairs.
        u = np.linspace(8.5 if side > 0 else -34, 34 if side > 0 else -8.5, 20)
        v = np.linspace(47.5, 75, 18)
        gx, gy = np.meshgrid(u, v)
        from ..mesh import surface

        floor = surface(np.stack([gx, gy, np.full_like(gx, QUAY_Z)], 2), STONE_DARK, outward=(0, 0, 1))
        floor.parts[0].rgb *= random.uniform(0.85, 1.2, (20 * 18, 1))
        mesh.add(floor)
        mesh.add(brazier(1.9, power=20.0), (side * 9.0, 52.0, QUAY_Z))
        mesh.add(brazier(1.9, power=14.0), (side * 13.5, 61.0, 2.0))
        # Tall flag poles.
        for k, y in enumerate((50.4, 57.0)):
            mesh.add(
                tube(
                    [(side * (12.0 + 2 * k), y, QUAY_Z), (side * (12.0 + 2 * k), y, 11.5)],
                    [0.11, 0.06],
                    LACQUER,
                    sides=6,
                    caps=True,
                )
            )
            mesh.add(
                tube(
                    [
                        (side * (12.0 + 2 * k) - 0.9, y - 0.1, 11.0),
                        (side * (12.0 + 2 * k) + 0.9, y - 0.1, 11.0),
                    ],
                    0.04,
                    LACQUER_DARK,
                    sides=5,
                )
            )
            mesh.add(
                banner(1.3, 6.5, ("#9E2A20", "#C58B2E")[k], 90 + k + int(side), text="吉"),
                (side * (12.0 + 2 * k), y - 0.05, 11.0),
            )
        for k, (y, storeys, text) in enumerate(
            ((6.0, 1, ""), (17.5, 2, "灯"), (29.0, 1, "酒"), (40.0, 2, "茶"))
        ):
            house = shop_house(
                1200 + 10 * k + int(side),
                width=10.4,
                storeys=storeys,
                detail=2 if 10 < y < 35 else 1,
                text=text,
            )
            mesh.add(house, (side * 13.4, y, QUAY_Z), turn_deg=-90.0 * side)
        for k in range(3):
            mesh.add(
                far_house(1260 + k, storeys=1 + k % 2, width=11),
                (side * (25.0 + 2 * k), 62.0 + 13 * k, QUAY_Z),
                turn_deg=-70 * side,
            )
        mesh.add(posts(140 + int(side), side * 8.5, (10.0, 20.0, 30.0, 40.0), QUAY_Z))
        mesh.add(people(150 + int(side), side * 8.5, 4.0, 46.0, QUAY_Z, 15, depth=3.2))
        for k, (y, roofed) in enumerate(((13.0, True), (24.5, True), (37.0, False))):
            mesh.add(
                moored(160 + k + int(side) * 4, side * 7.0, y, roofed=roofed, crew=("", "wave", "hold")[k])
            )
    for x in (-7.5, -5.0, 5.0, 7.5):
        mesh.lamps.append(Lamp((x, 58.5, 4.2), 0.6, GLOW_ORANGE, "c", 7.0, False))
    # The crowd: backs to the guest, in broken rows up the stairs, lanterns among them; a lane stays open in
    # the middle.
    seed = 0
    for row, y in enumerate((49.6, 50.8, 52.0, 53.3, 54.4, 55.6)):
        z = QUAY_Z + max(0.0, 0.16 * math.floor((y - 50.3) / 0.9))
        for k in range(13):
            x = (k - 6) * 1.25 + float(random.uniform(-0.4, 0.4))
            if abs(x) < 1.3 or random.uniform() < 0.12:
                continue
            seed += 1
            if row < 4:
                pose = ("stand", "clasp", "lift", "stand", "wave", "hold", "stand")[int(random.integers(7))]
                turn = (
                    180.0 + float(random.uniform(-40, 40))
                    if random.uniform() < 0.8
                    else float(random.uniform(-60, 60))
                )
                mesh.add(
                    figure(
                        3000 + seed,
                        pose,
                        child=bool(random.uniform() < 0.1),
                        colour=("orange", "red", "amber")[seed % 3],
                    ),
                    (x, y + float(random.uniform(-0.3, 0.3)), z),
                    turn_deg=turn,
                )
            else:
                mesh.add(crowd_row(3000 + seed, 1), (x, y + float(random.uniform(-0.3, 0.3)), z))
    for side in (-1, 1):
        for k in range(4):
            mesh.add(
                crowd_row(3300 + k + 9 * side, 8),
                (side * (12.0 + 1.5 * k), 54.0 + 2.2 * k, QUAY_Z),
                turn_deg=6.0 * side,
            )
    # Heads along the tower's parapet.
    mesh.add(crowd_row(3400, 9), (-9.0, 67.4, 9.3)).add(crowd_row(3401, 9), (9.0, 67.4, 9.3))

    for k, (y, z, count) in enumerate(((9.0, 7.4, 8), (22.0, 7.8, 8), (34.0, 7.2, 8))):
        mesh.add(string((-13.0, y, z), (13.0, y + 1.0, z), count, 1300 + k, sag=1.6, size=1.1))
    for side in (-1.0, 1.0):
        mesh.add(
            string(
                (side * 13.0, 47.0, 8.0), (side * 12.0, 66.5, 11.5), 7, 1320 + int(side), sag=1.4, size=1.05
            )
        )
        mesh.add(
            string((side * 13.5, 41.0, 8.5), (side * 4.5, 60.0, 8.0), 7, 1330 + int(side), sag=1.8, size=1.0)
        )
    mesh.add(lotus_lamps(19, 26, (-7.5, 7.5, 8.0, 45.0), keep_clear=1.9))
    for x in (-3.9, 3.9):
        mesh.add(lantern("drum", "red", size=1.8, group="c", power=3.0, phase=0.3), (x, 59.6, 8.6))
    mesh.add(hills(18, radius=420, height=75, start_deg=75, end_deg=-75, coat=HILL_FAR))
    # Behind the guest: the street's far end across a basin, so that looking back finds no void.
    mesh.add(surroundings(77, (0.0, 0.0), 78.0, houses=5, lights=12, start_deg=115.0, end_deg=245.0))
    nodes: dict[str, tuple[Mesh, Vec3]] = {"drum": (great_drum(1.75, 1.9), (0.0, 62.0, 9.0))}
    mesh.points["drum"] = (0.0, 62.0, 9.0)
    mist = [
        (x, y, 0.0, 16.0, 2.6)
        for x, y in (
            (-4.0, 20.0),
            (4.0, 32.0),
            (-6.0, 44.0),
            (6.0, 46.0),
            (0.0, 58.0),
            (-14.0, 62.0),
            (14.0, 62.0),
        )
    ]
    return Stage("drum_square", mesh, nodes, mist)
