"""The market canal: shop houses on both banks, strings of lanterns, a humped bridge ahead."""

from __future__ import annotations

from ..bridge import arch_bridge
from ..carp import carp
from ..figures import figure
from ..ground import far_house, hills, quay
from ..horizon import surroundings
from ..house import shop_house
from ..lantern import lantern, string
from ..mesh import Mesh, Vec3
from ..noise import rng
from ..palette import HILL_FAR
from ..stage import Stage
from ..street import clutter, lotus_lamps, moored, people, posts
from ..trees import willow

QUAY_Z = 1.1
FRONT = 9.6
# y of the house's middle, width, storeys, characters; houses behind the guest are few.
LEFT = (
    (-3.0, 10.0, 1, ""),
    (9.5, 11.5, 2, "酒"),
    (21.0, 8.5, 1, "布"),
    (32.5, 11.0, 2, "春"),
    (43.5, 8.5, 1, ""),
    (54.5, 11.0, 2, ""),
    (65.5, 9.0, 1, ""),
)
RIGHT = (
    (-4.0, 10.0, 2, ""),
    (7.5, 9.0, 1, "灯"),
    (18.5, 10.5, 2, "茶"),
    (29.5, 8.5, 1, "米"),
    (40.0, 10.0, 1, ""),
    (51.5, 10.5, 2, ""),
    (63.5, 10.0, 1, ""),
)
WAKE: tuple[Vec3, ...] = (
    (-4.5, 14.0, 3.2),
    (4.5, 22.0, 3.2),
    (-4.5, 30.0, 3.2),
    (4.5, 38.0, 3.2),
    (-4.5, 46.0, 3.2),
)


def houses(
    mesh: Mesh,
    rows: tuple[tuple[float, float, int, str], ...],
    side: float,
    seed: int,
    *,
    near_to: float = 58.0,
) -> None:
    """Line one bank with houses; those beyond `near_to` are simpler."""
    for k, (y, width, storeys, text) in enumerate(rows):
        detail = 2 if 4.0 < y < near_to - 12 else 1
        set_back = 0.35 * ((k * 5) % 3)
        house = shop_house(
            seed + k, width=width, storeys=storeys, bays=3 if width < 11 else 4, detail=detail, text=text
        )
        mesh.add(house, (side * (FRONT + set_back), y, QUAY_Z), turn_deg=-90.0 * side)


def stage() -> Stage:
    """Build the stage."""
    mesh = Mesh()
    houses(mesh, LEFT, -1.0, 300)
    houses(mesh, RIGHT, 1.0, 340)
    for side, steps in ((-1.0, (19.0, 52.0)), (1.0, (33.0, 60.0))):
        bank = quay(86.0, 4.4, 17 if side < 0 else 23, steps_at=steps)
        # The quay's own +X runs along the canal; its face looks at the water.
        if side > 0:
            mesh.add(bank, (6.0, 72.0, 0), turn_deg=-90)
        else:
            mesh.add(bank, (-6.0, -14.0, 0), turn_deg=90)
    mesh.add(arch_bridge(27.0, 8.0, 5.0), (0, 78.0, 0))
    for k, x in enumerate((-6.8, -3.2, -1.0, 0.4, 2.6, 5.2, 8.0)):
        z = 1.2 + 3.6 * 2.718 ** (-1.2 * (x / (0.36 * 27)) ** 2)
        mesh.add(
            figure(700 + k, ("lean", "point", "hold", "lean", "clasp", "wave", "hold")[k]),
            (x, 76.1, z),
            turn_deg=8.0 * (k % 3 - 1),
        )
    for k, x in enumerate((-4.4, -2.2, 0.0, 2.2, 4.4)):
        z = 1.2 + 3.6 * 2.718 ** (-1.2 * (x / (0.36 * 27)) ** 2)
        mesh.add(
            lantern(
                ("drum", "globe", "drum", "globe", "drum")[k],
                "red" if k % 2 else "orange",
                size=0.9,
                phase=k * 0.23,
            ),
            (x, 75.1, z - 0.05),
        )

    ropes = (
        (6.0, 5.4, 6),
        (13.0, 6.2, 6),
        (24.0, 5.8, 7),
        (34.0, 6.4, 6),
        (45.0, 5.9, 7),
        (56.0, 6.3, 6),
        (68.0, 6.0, 7),
    )
    for k, (y, z, count) in enumerate(ropes):
        slant = (2.5, -3.0, 1.5)[k % 3]
        mesh.add(
            string(
                (-9.4, y - slant, z + QUAY_Z - 0.4),
                (9.4, y + slant, z + QUAY_Z),
                count,
                500 + k,
                sag=1.3,
                size=1.0,
            )
        )
    # Two paper carp swim up the street towards the bridge.
    mesh.add(carp(phase=0.2), (1.2, 29.0, 5.7), turn_deg=62)
    mesh.add(carp(3.2, phase=0.7), (-1.4, 51.0, 5.9), turn_deg=-58)
    mesh.add(posts(41, -6.0, (4.0, 26.0, 38.0, 58.0), QUAY_Z))
    mesh.add(posts(47, 6.0, (0.5, 14.0, 27.0, 46.0, 66.0), QUAY_Z))
    for k, (x, y, pose, roofed) in enumerate(
        (
            (-4.5, 8.5, "", True),
            (4.6, 17.5, "sit", True),
            (-4.6, 36.5, "hold", False),
            (4.5, 43.0, "", True),
            (-4.5, 57.0, "", True),
            (4.4, 62.0, "", False),
        )
    ):
        mesh.add(moored(60 + k, x, y, roofed=roofed, crew=pose))
    mesh.add(willow(5, height=7.4, lean=(1.6, 0.0), strands=150), (-6.9, 16.2, QUAY_Z))
    mesh.add(willow(6, height=6.8, lean=(-1.4, 0.0), strands=130), (6.9, 35.5, QUAY_Z))
    mesh.add(willow(7, height=7.6, lean=(1.4, 0.0), strands=120), (-6.9, 49.0, QUAY_Z))
    mesh.add(willow(8, height=7.4, lean=(-1.6, 0.0), strands=110), (7.0, 57.0, QUAY_Z))
    for k, (a, b, count) in enumerate(((3, 15, 7), (20, 34, 9), (35, 48, 7), (52, 70, 7))):
        mesh.add(people(80 + k, -6.0, a, b, QUAY_Z, count))
    for k, (a, b, count) in enumerate(((4, 16, 8), (17, 30, 8), (38, 52, 8), (54, 70, 7))):
        mesh.add(people(90 + k, 6.0, a, b, QUAY_Z, count))
    for k, (x, y) in enumerate(
        ((-6.0, 12.0), (6.0, 10.5), (-6.0, 24.0), (6.0, 23.5), (-6.0, 34.5), (6.0, 49.5), (6.0, 31.0))
    ):
        mesh.add(clutter(130 + k * 3, x, y, QUAY_Z))
    mesh.add(lotus_lamps(9, 26, (-5.2, 5.2, 5.0, 72.0)))

    # Beyond the bridge: roofs, windows and strings close the view; hills far off.
    random = rng(12, 1)
    for k in range(5):
        for side in (-1.0, 1.0):
            mesh.add(
                far_house(20 + k + int(side), storeys=1 + (k + (side > 0)) % 2, width=9 + 2 * (k % 2)),
                (side * (9.5 + float(random.uniform(0, 1))), 90.0 + 11 * k, QUAY_Z),
                turn_deg=-90 * side,
            )
    for side in (-1.0, 1.0):
        mesh.add(
            far_house(44 + int(side), storeys=2, width=14),
            (side * 20, 72 + 6 * side, QUAY_Z),
            turn_deg=-60 * side,
        )
    mesh.add(far_house(51, storeys=3, width=18), (0.0, 150.0, 0.5))
    for k, y in enumerate((88.0, 98.0, 110.0, 124.0)):
        mesh.add(string((-8.5, y, 5.6), (8.5, y, 5.9), 6, 540 + k, sag=0.9, size=1.15))
    mesh.add(lotus_lamps(10, 10, (-3.4, 3.4, 74.0, 110.0), keep_clear=0.4))
    mesh.add(hills(3, radius=420, height=70, start_deg=75, end_deg=-75, coat=HILL_FAR))
    # Behind the guest: the street's far end across a basin, so that looking back finds no void.
    mesh.add(surroundings(42, (0.0, 0.0), 78.0, houses=5, lights=12, start_deg=110.0, end_deg=250.0))

    nodes: dict[str, tuple[Mesh, Vec3]] = {}
    for k, at in enumerate(WAKE, start=1):
        shape = ("globe", "drum", "melon", "globe", "drum")[k - 1]
        nodes[f"wake_{k}"] = (
            lantern(shape, "amber", size=1.25, group="c", power=3.5, phase=0.19 * k),
            (at[0], at[1], at[2] + 0.5),
        )
        mesh.points[f"wake_{k}"] = at
        # An arm from the quay carries it.
        side = 1.0 if at[0] > 0 else -1.0
        from ..mesh import beam, tube
        from ..palette import BAMBOO, LACQUER_DARK

        mesh.add(
            tube(
                [(side * 6.5, at[1], QUAY_Z), (side * 6.45, at[1], at[2] + 0.4)], 0.06, LACQUER_DARK, sides=6
            )
        )
        mesh.add(beam((side * 6.6, at[1], at[2] + 0.4), (at[0], at[1], at[2] + 0.52), 0.06, 0.06, BAMBOO))
    mist = [
        (x, y, 0.0, 14.0, 3.0)
        for x, y in (
            (-2.0, 30.0),
            (3.0, 44.0),
            (-3.0, 58.0),
            (2.0, 70.0),
            (-4.0, 82.0),
            (3.0, 92.0),
            (0.0, 104.0),
            (0.0, 120.0),
        )
    ]
    return Stage("market", mesh, nodes, mist)
