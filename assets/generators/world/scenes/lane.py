"""Home: a narrow canal between low white houses, laundry, a cat, one lit window, a door.

A lantern that waits.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..figures import bench, cat, figure, laundry
from ..garden_parts import cottage
from ..ground import coursed_wall, far_house, hills
from ..horizon import surroundings
from ..house import jar, lattice, lit_sheet
from ..lantern import lantern
from ..mesh import Mesh, Vec3, beam, box, paint, panel, surface, tube
from ..noise import rng
from ..palette import HILL, HILL_FAR, LACQUER_DARK, PLANK, PLANK_DARK, STONE, STONE_DARK, STONE_PALE
from ..roof import Roof, tiled_roof
from ..stage import Stage
from ..street import moored
from ..trees import blades, lotus_bed, osmanthus, vines, willow

EDGE, TOP = 4.0, 0.85
WEED = paint("#56704A", "leaf")


def strip(side: float, y0: float, y1: float, seed: int, steps: tuple[float, ...]) -> Mesh:
    """A low quay of the lane with steps down to the water."""
    mesh = Mesh()
    length = y1 - y0
    wall = coursed_wall(length, TOP - 0.14, seed, course=0.34, stone=0.8, coat=STONE)
    mesh.add(wall, (side * EDGE, y1 if side > 0 else y0, 0), turn_deg=-90.0 if side > 0 else 90.0)
    mesh.add(
        box(
            (side * (EDGE + 0.2), (y0 + y1) / 2, TOP - 0.07),
            (0.46, length, 0.14),
            STONE_PALE,
            faces="xXzZ",
            grain=0.9,
        )
    )
    x0 = EDGE + 0.4 if side > 0 else -(EDGE + 3.4)
    u, v = np.meshgrid(np.linspace(x0, x0 + 3.0, 5), np.linspace(y0, y1, int(length / 0.9)))
    floor = surface(np.stack([u, v, np.full_like(u, TOP - 0.01)], 2), STONE_DARK, outward=(0, 0, 1))
    floor.parts[0].rgb *= rng(seed, 7).uniform(0.8, 1.3, (u.size, 1))
    mesh.add(floor)
    for y in steps:
        for k in range(4):
            mesh.add(
                box(
                    (side * (EDGE - 0.15 - 0.26 * k), y, TOP - 0.2 - 0.22 * k - 0.4),
                    (0.3, 1.7, 0.8),
                    STONE_PALE.toned(0.95 - 0.05 * k),
                    faces="xXyYZ",
                    grain=0.9,
                )
            )
    return mesh


def stage() -> Stage:
    """Build the stage."""
    random = rng(91, 2)
    mesh = Mesh()
    mesh.add(strip(-1.0, -14.0, 62.0, 91, (9.0, 22.6))).add(strip(1.0, -14.0, 62.0, 92, (4.0, 31.0)))
    # Left bank: home stands at y = 24, lit; its neighbours sleep.
    home = cottage(900, width=8.6, lit=True, door_at=0.4, height=3.1)
    # Its window belongs to the guest's own flame (c): one light at both ends of the way.
    home.lamps[:] = [replace(lamp, group="c") for lamp in home.lamps]
    mesh.add(home, (-5.9, 25.0, TOP), turn_deg=90)
    mesh.points["door"] = (-5.8, 25.4, 2.0)
    mesh.points["window"] = (-5.8, 22.2, 2.4)
    for k, (y, w, h, back) in enumerate(
        (
            (-8.0, 8.0, 2.9, 0.0),
            (1.0, 7.6, 2.7, 0.3),
            (9.8, 8.0, 3.0, 0.0),
            (34.0, 8.0, 2.8, 0.4),
            (43.0, 7.6, 3.0, 0.0),
            (52.0, 8.4, 2.8, 0.3),
        )
    ):
        mesh.add(
            cottage(910 + k, width=w, door_at=1.2 - 0.5 * k, height=h), (-5.9 - back, y, TOP), turn_deg=90
        )
    for k, (y, w, h, back, lit) in enumerate(
        (
            (-6.0, 8.2, 2.8, 0.2, False),
            (3.4, 8.4, 3.0, 0.0, False),
            (13.0, 7.8, 2.7, 0.5, False),
            (22.5, 8.6, 2.9, 0.1, False),
            (37.0, 8.0, 2.8, 0.3, False),
            (46.5, 8.2, 3.0, 0.0, True),
            (56.0, 8.0, 2.8, 0.2, False),
        )
    ):
        mesh.add(
            cottage(930 + k, width=w, door_at=-1.0 + 0.4 * k, height=h, lit=lit),
            (5.9 + back, y, TOP),
            turn_deg=-90,
        )
    # A garden gap on each side where trees lean out.
    mesh.add(osmanthus(94, height=5.0, leaves=720, lean=(1.6, 0.0), blossom=0.3), (-6.0, 17.2, TOP))
    mesh.add(willow(95, height=6.8, lean=(-1.8, 0.0), strands=140), (5.6, 29.6, TOP))
    mesh.add(osmanthus(96, height=4.6, leaves=500, lean=(-1.0, 0.0)), (6.2, 8.4, TOP))
    mesh.add(panel((-5.9, 14.2, TOP), (0, 6.0, 0), (0, 0, 1.7), STONE_PALE.toned(1.1), grain=0.9))
    # The garden wall beside home: tiled coping, two pierced windows, creeper, pots before it.
    coping = Roof(6.2, 1.1, 0.4, 5.8, 1.0, 0.1, 1)
    mesh.add(tiled_roof(coping, soffit_inset=0.4, soffit_drop=-0.08), (-6.0, 17.2, TOP + 1.8), turn_deg=90)
    for y in (15.6, 18.6):
        window = (
            Mesh()
            .add(lit_sheet(0.9, 0.8, 0.0, 5, coat=STONE_DARK.toned(0.4)))
            .add(lattice(0.9, 0.8, "square", STONE_DARK))
        )
        mesh.add(window, (-5.87, y, TOP + 0.6), turn_deg=90)
    mesh.add(vines(7, 3.2, 1.3, strands=46), (-5.84, 17.4, TOP + 1.75), turn_deg=90)
    mesh.add(vines(8, 1.6, 1.0, strands=22), (-5.84, 19.8, TOP + 1.7), turn_deg=90)
    for k, y in enumerate((15.0, 15.7, 18.9)):
        mesh.add(jar(975 + k), (-5.5, y, TOP), scale=1.3)
        mesh.add(blades(976 + k, 12, (0.25, 0.25), 0.6, coat=WEED), (-5.5, y, TOP + 0.5))
    # Laundry over the water and along the walls.
    for k, (y, z, w) in enumerate(((6.6, 3.9, 9.6), (14.4, 4.1, 10.0), (40.0, 3.9, 10.0))):
        line = laundry(w, 950 + k)
        mesh.add(line, (0.0, y, z), turn_deg=float(random.uniform(-8, 8)))
    mesh.add(laundry(4.6, 960), (5.4, 21.0, 3.2), turn_deg=90)
    # Home's things: bench, cat, jars, a net, an oar; grandmother in the doorway with a hand on the post.
    mesh.add(bench(1.8), (-5.3, 22.3, TOP), turn_deg=90)
    mesh.add(cat(), (-4.35, 23.4, TOP), turn_deg=60)
    mesh.add(figure(970, "wave", woman=True, robe="#6A5A4A"), (-5.15, 25.8, TOP), turn_deg=58)
    mesh.add(figure(971, "stand", child=True, robe="#A8332A"), (-4.9, 26.6, TOP), turn_deg=50)
    for k, (y, s) in enumerate(((27.7, 1.3), (28.3, 1.0), (20.9, 1.2), (11.2, 1.2), (2.2, 1.0))):
        mesh.add(jar(980 + k), (-5.35, y, TOP), scale=s)
    for k, y in enumerate((5.2, 12.0, 24.0, 34.0)):
        mesh.add(jar(990 + k), (5.4, y, TOP), scale=1.2)
        mesh.add(blades(990 + k, 14, (0.3, 0.3), 0.6), (5.4, y, TOP + 0.5))
    mesh.add(tube([(-5.75, 28.9, TOP), (-5.6, 28.4, TOP + 2.6)], 0.035, PLANK, sides=5))
    mesh.add(moored(97, 2.9, 12.5, roofed=False, length=5.4)).add(
        moored(98, -2.9, 31.0, roofed=True, length=5.6)
    ).add(moored(99, 2.8, 43.0, roofed=False, length=5.4))
    # A flat plank bridge ahead, with somebody's lantern left on it, closes the lane.
    for x in (-1.3, 1.3):
        mesh.add(tube([(x, 50.0, -0.5), (x, 50.0, 2.1)], 0.13, STONE_DARK, sides=6))
    mesh.add(box((0, 50.0, 2.15), (9.4, 1.6, 0.2), PLANK, faces="xXyYzZ", grain=0.8))
    for x in np.linspace(-4.4, 4.4, 7):
        mesh.add(box((float(x), 49.3, 2.7), (0.1, 0.1, 1.0), PLANK_DARK, faces="xXyY"))
    mesh.add(beam((-4.5, 49.3, 3.15), (4.5, 49.3, 3.15), 0.09, 0.09, PLANK_DARK))
    mesh.add(lantern("tall", "red", size=0.8, group="b", power=2.2, phase=0.6), (2.2, 49.2, 3.1))
    for k, (x, y) in enumerate(((-3.2, 5.5), (3.3, 18.5), (-3.0, 15.5), (3.2, 34.0), (-3.2, 38.5))):
        mesh.add(lotus_bed(995 + k, 7, (1.0, 4.0), flowers=0.2), (x, y, 0))
    for k in range(14):
        side = -1.0 if k % 2 else 1.0
        mesh.add(
            blades(1005 + k, 8, (0.15, 1.6), 0.4, coat=STONE_DARK if k % 5 == 4 else WEED),
            (side * 4.0, 1.0 + 3.6 * k, 0.5),
        )
    for k, (x, y) in enumerate(((-9.0, 70.0), (6.0, 74.0), (-2.0, 84.0), (15.0, 82.0))):
        mesh.add(far_house(1030 + k, storeys=1, width=9.0), (x, y, 1.0))
    for k in range(6):
        mesh.add(
            osmanthus(1040 + k, height=5.4, leaves=320),
            ((-13.0, 12.5, -12.5, 13.5, -6.0, 5.0)[k], (6.0, 16.0, 40.0, 48.0, 66.0, 68.0)[k], 1.0),
        )
    mesh.add(hills(61, radius=260, height=56, start_deg=80, end_deg=-70, coat=HILL)).add(
        hills(62, radius=480, height=90, start_deg=80, end_deg=-80, coat=HILL_FAR)
    )

    # The lantern that waits under the eave by the door; its iron arm stays, the node is the lantern alone.
    hang: Vec3 = (-4.75, 24.1, 3.55)
    mesh.add(
        tube(
            [(-5.9, 24.1, 3.45), (-5.3, 24.1, 3.68), (hang[0], hang[1], hang[2] + 0.04)],
            0.03,
            LACQUER_DARK,
            sides=5,
        )
    )
    nodes: dict[str, tuple[Mesh, Vec3]] = {
        "home_lantern": (lantern("globe", "orange", size=1.05, group="a", power=7.0, phase=0.3), hang)
    }
    mesh.points["home_lantern"] = (hang[0], hang[1], hang[2] - 0.4)
    # The neighbours' lanterns (group b) stay dark until home has its light.
    eaves = ((-1.0, 34.2), (-1.0, 42.6), (-1.0, 51.4), (1.0, 27.6), (1.0, 36.4), (1.0, 45.6), (1.0, 55.0))
    for k, (side, y) in enumerate((*eaves, (-1.0, 11.2), (1.0, 14.2), (1.0, 4.2), (-1.0, 2.0))):
        x = side * 4.85
        mesh.add(
            tube([(side * 5.9, y, 3.2), (side * 5.3, y, 3.42), (x, y, 3.3)], 0.025, LACQUER_DARK, sides=4)
        )
        shape, colour = ("globe", "tall", "drum", "melon")[k % 4], ("red", "orange", "amber")[k % 3]
        mesh.add(lantern(shape, colour, size=0.85, group="b", power=3.4, phase=0.13 * k), (x, y, 3.28))
    mist = [(0.0, float(y), 0.0, 8.0, 1.6) for y in (10.0, 18.0, 27.0, 36.0, 46.0, 56.0)]
    mesh.add(
        surroundings(61, (0.0, 2.0), 62.0, start_deg=108.0, end_deg=252.0, houses=4, lights=9, group="b")
    )
    return Stage("lane", mesh, nodes, mist)
