"""Under the bridge: the market's last lights behind, a long dark vault, a curtain of water.

The cold night beyond.
"""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import math

import numpy as np

from ..bridge import lion, rail_post, vault
from ..figures import figure
from ..ground import bank, coursed_wall, far_house, hills, quay, rock
from ..horizon import treeline
from ..house import shop_house
from ..lantern import lantern, stone_lantern, string
from ..mesh import Lamp, Mesh, Paint, box, panel, surface, tube
from ..noise import rng
from ..palette import GLOW_ORANGE, HILL, HILL_FAR, IRON, MORTAR, STONE, STONE_DARK, STONE_PALE
from ..signs import board
from ..stage import Stage
from ..street import clutter, lotus_lamps, moored, people, posts
from ..trees import blades, lotus_bed, osmanthus, willow

Y0, Y1, RADIUS, SPRING = 14.0, 28.0, 4.0, 0.0
QUAY_Z = 1.1


def facade(y: float, out: float, top: float, half: float) -> Mesh:
    """Bridge front of coursed stone with the arch cut out, voussoirs, cornice and posts.

    Out is -1 towards the guest.
    """
    from ..bridge import _voussoirs

    mesh = Mesh()
    x = np.concatenate(
        [
            np.linspace(-half, -RADIUS, 9)[:-1],
            np.linspace(-RADIUS, RADIUS, 25),
            np.linspace(RADIUS, half, 9)[1:],
        ]
    )
    crown = top + 0.9 * np.exp(-((x / 7.0) ** 2))
    low = np.where(np.abs(x) < RADIUS, SPRING + np.sqrt(np.clip(RADIUS**2 - x**2, 0, None)), -0.6)
    rows = 10
    f = np.linspace(0, 1, rows)
    z = low[None] + (crown - low)[None] * f[:, None]
    face = surface(
        np.stack([np.broadcast_to(x, z.shape), np.full_like(z, y), z], 2), STONE, outward=(0, out, 0)
    )
    shade = 0.8 + 0.34 * (((np.arange(rows)[:, None] * 13 + np.arange(len(x))[None] // 2 * 7) % 11) / 11)
    face.parts[0].rgb = np.asarray(STONE.rgb) * shade.reshape(-1, 1)
    mesh.add(face)
    mesh.add(_voussoirs(RADIUS, y, out, 23, SPRING, 0.6))
    edge = np.stack([x, np.full_like(x, y + out * 0.14), crown], 1)
    mesh.add(surface(np.stack([edge - [0, 0, 0.26], edge + [0, 0, 0.06]]), STONE_PALE, outward=(0, out, 0)))
    mesh.add(
        surface(np.stack([edge - [0, 0, 0.26], edge - [0, out * 0.2, 0.26]]), STONE_DARK, outward=(0, 0, -1))
    )
    at = np.linspace(-half + 0.4, half - 0.4, 13)
    for k, px in enumerate(at):
        pz = top + 0.9 * math.exp(-((px / 7.0) ** 2))
        mesh.add(rail_post(0.9), (float(px), y, pz))
        if k + 1 < len(at):
            t = np.linspace(px + 0.1, at[k + 1] - 0.1, 3)
            tz = top + 0.9 * np.exp(-((t / 7.0) ** 2))
            for a, b in ((0.08, 0.55), (0.68, 0.82)):
                for side in (-1, 1):
                    mesh.add(
                        surface(
                            np.stack([np.stack([t, np.full(3, y + side * 0.07), tz + h], 1) for h in (a, b)]),
                            STONE_PALE,
                            outward=(0, side, 0),
                        )
                    )
    return mesh


def icicle_roots(seed: int) -> Mesh:
    """Ferns and roots that hang from the far lip, where the water falls."""
    random = rng(seed, 141)
    mesh = Mesh()
    for k in range(26):
        a = math.pi * (k + 0.5) / 26
        x, z = -4.05 * math.cos(a), 4.05 * math.sin(a)
        h = float(random.uniform(0.3, 0.9))
        line = [(x, Y1 - 0.1, z + 0.2), (x + 0.04, Y1 + 0.12, z - h * 0.4), (x, Y1 + 0.16, z - h)]
        mesh.add(
            tube(line, [0.02, 0.012, 0.004], Paint((0.26, 0.34, 0.2), "leaf"), sides=3).swayed(
                0.03, float(random.uniform())
            )
        )
    return mesh


def stage() -> Stage:
    """Build the stage."""
    random = rng(61, 2)
    mesh = Mesh()
    # The street the guest leaves: houses, quays and people up to the bridge, and behind.
    for side in (-1.0, 1.0):
        bank_quay = quay(44.0, 5.0, 201 + int(side), steps_at=(30.0,))
        if side > 0:
            mesh.add(bank_quay, (6.0, Y0, 0), turn_deg=-90)
        else:
            mesh.add(bank_quay, (-6.0, Y0 - 44.0, 0), turn_deg=90)
        for k, (y, storeys, text) in enumerate(((-18.0, 2, ""), (-6.0, 1, "酒"), (6.0, 2, "灯"))):
            mesh.add(
                shop_house(
                    1600 + k + 5 * int(side),
                    width=10.6,
                    storeys=storeys if side < 0 else 3 - storeys,
                    detail=2 if k == 2 else 1,
                    text=text,
                ),
                (side * 9.9, y, QUAY_Z),
                turn_deg=-90.0 * side,
            )
        mesh.add(people(160 + int(side), side * 6.0, -6.0, 12.5, QUAY_Z, 8))
        mesh.add(posts(170 + int(side), side * 6.0, (-4.0, 11.6), QUAY_Z))
        mesh.add(clutter(1620 + int(side), side * 6.0, 8.4, QUAY_Z))
        mesh.add(coursed_wall(16.0, 2.6, 13 + int(side), bottom=-0.6), (side * 12.0 - 8.0, Y0 - 0.02, 0))
    mesh.add(moored(71, -4.6, 5.0)).add(moored(72, 4.5, 9.0, roofed=False, crew="lift"))
    mesh.add(string((-9.0, 1.0, 6.8), (9.0, 2.0, 6.6), 7, 1640, sag=1.3)).add(
        string((-9.0, 9.5, 6.6), (9.0, 8.5, 7.0), 7, 1641, sag=1.2)
    )
    mesh.add(string((-9.0, -8.0, 6.8), (9.0, -9.0, 6.6), 7, 1642, sag=1.3))
    mesh.add(willow(74, height=7.4, lean=(1.4, 0.6), strands=120), (-6.9, 11.0, QUAY_Z))

    # The bridge: 14 m of vault, two fronts, people and a lantern at the keystone.
    mesh.add(facade(Y0, -1.0, 4.7, 15.0)).add(facade(Y1, 1.0, 4.7, 15.0))
    mesh.add(vault(RADIUS, Y1 - Y0, SPRING, rings=15), (0, (Y0 + Y1) / 2, 0))
    deck_x = np.linspace(-15, 15, 31)
    deck_z = 4.7 + 0.9 * np.exp(-((deck_x / 7.0) ** 2))
    mesh.add(
        surface(
            np.stack([np.stack([deck_x, np.full(31, y), deck_z], 1) for y in np.linspace(Y0, Y1, 8)]),
            STONE_DARK,
            outward=(0, 0, 1),
        )
    )
    for k, (x, pose) in enumerate(
        ((-6.4, "hold"), (-3.8, "lean"), (-2.9, "lean"), (1.6, "wave"), (2.6, "point"), (5.6, "lift"))
    ):
        mesh.add(
            figure(650 + k, pose, child=k == 4),
            (x, Y0 + 0.55, 4.7 + 0.9 * math.exp(-((x / 7.0) ** 2))),
            turn_deg=-6.0 + 4 * k,
        )
    for k, x in enumerate((-8.2, -4.4, 4.4, 8.2)):
        mesh.add(
            lantern(("drum", "globe")[k % 2], "red" if k in (1, 2) else "orange", size=1.0, phase=0.2 * k),
            (x, Y0 - 0.35, 4.75 + 0.9 * math.exp(-((x / 7.0) ** 2))),
        )
    mesh.add(board("古月", 0.62), (0, Y0 - 0.32, 5.05))
    for x in (-4.9, 4.9):
        mesh.add(lion(), (x, Y0 - 0.1, QUAY_Z + 0.0), scale=1.3)
    # In the vault: an iron lamp bracket at each third (the hero light), chains, seams that drip, a ledge with
    # offerings.
    for k, (y, side) in enumerate(((17.2, -1.0), (24.4, 1.0))):
        x = side * 3.55
        mesh.add(
            tube([(x + side * 0.25, y, 2.3), (x - side * 0.35, y, 2.45)], 0.03, IRON.toned(1.4), sides=5)
        )
        mesh.add(
            lantern(
                "box",
                "red" if k else "orange",
                size=0.7,
                group="c",
                power=3.2,
                phase=0.3 + 0.4 * k,
                sway_m=0.02,
            ),
            (x - side * 0.35, y, 2.45),
        )
    for side in (-1.0, 1.0):
        mesh.add(
            box(
                (side * 3.72, 21.0, 0.42), (0.55, 14.0, 0.18), STONE_PALE.toned(0.8), faces="xXyYZ", grain=0.9
            )
        )
        t = np.linspace(0, 1, 25)
        sag = 1.55 - 0.2 * np.abs(np.sin(t * math.pi * 4))
        mesh.add(
            tube(
                np.stack([np.full(25, side * 3.66), Y0 + 0.6 + t * 12.8, sag], 1),
                0.03,
                IRON.toned(1.4),
                sides=4,
            )
        )
    niche = Mesh().add(box((0, 0, 0), (0.7, 0.3, 0.9), MORTAR, faces="y"))
    mesh.add(niche, (3.7, 21.0, 1.4), turn_deg=-90)
    mesh.add(figure(690, "sit", woman=True, robe="#8A8880"), (3.62, 21.0, 0.55), turn_deg=-90, scale=0.42)
    mesh.lamps.append(Lamp((3.2, 21.0, 0.9), 0.1, GLOW_ORANGE, "c", 1.6, True, 0.5))
    mesh.add(icicle_roots(3))
    # A gutter stone over the far arch pours the curtain.
    mesh.add(box((0, Y1 + 0.35, 4.62), (7.6, 0.6, 0.18), STONE_PALE, faces="xXyYzZ", grain=0.9))
    mesh.points["curtain"] = (0.0, 27.0, 2.2)

    # Beyond: banks, willows, one stone lantern, the moonlit bend.
    mesh.add(bank(60.0, 24.0, 21, grain=1.8), (-6.6, Y1, 0), turn_deg=92).add(
        bank(60.0, 24.0, 22, grain=1.8), (6.8, Y1 + 60.0, 0), turn_deg=-88
    )
    for side in (-1.0, 1.0):
        mesh.add(coursed_wall(6.0, 2.2, 31, bottom=-0.6), (side * 6.6, Y1 + 3.0, 0), turn_deg=-90.0 * side)
        mesh.add(
            panel(
                (side * 7.0 if side > 0 else -15.0, Y1 + 0.02, 2.15),
                (8.0, 0, 0),
                (0, 3.0, 0),
                STONE_DARK,
                grain=1.2,
            )
        )
    for k, (x, y, h, lean) in enumerate(
        (
            (-7.2, 35.0, 7.6, 2.2),
            (7.6, 39.0, 7.2, -2.0),
            (-7.8, 48.0, 7.4, 2.0),
            (8.2, 54.0, 7.0, -1.6),
            (-9.0, 63.0, 7.2, 1.4),
            (6.0, 72.0, 7.4, -0.6),
            (-3.0, 84.0, 7.6, 0.6),
        )
    ):
        mesh.add(willow(660 + k, height=h, lean=(lean, 0.0), strands=140 if k < 3 else 90), (x, y, 0.45))
    for k in range(10):
        side = -1.0 if k % 2 else 1.0
        mesh.add(
            osmanthus(670 + k, height=5.0, leaves=300),
            (side * float(random.uniform(11, 19)), 34.0 + 5.0 * k, 0.6),
        )
    for k, (x, y) in enumerate(((6.4, 34.5), (-6.6, 42.5), (6.9, 47.0), (-7.4, 56.0))):
        mesh.add(stone_lantern(680 + k, group="a"), (x, y, 0.4))
    # The bend keeps a few lights of its own: on the willows, and at a house on the left bank.
    for k, (x, y) in enumerate(((-5.9, 36.0), (6.5, 40.0), (-6.6, 49.0), (7.2, 55.0), (-7.8, 64.0))):
        mesh.add(
            lantern(("globe", "tall", "drum")[k % 3], "amber", size=0.8, power=3.6, phase=0.2 * k),
            (x, y, 3.2),
        )
    mesh.add(far_house(681, storeys=1, width=8.0), (-13.0, 58.0, 0.8), turn_deg=24)
    for k in range(22):
        side = -1.0 if k % 2 else 1.0
        s = float(random.uniform(0.35, 0.9))
        mesh.add(
            rock(690 + k, (1.3 * s, s, 0.75 * s)),
            (side * float(random.uniform(5.7, 6.9)), float(random.uniform(30, 64)), 0.06),
        )
        mesh.add(blades(700 + k, 20, (1.4, 4.0), 1.1, heads=0.1), (side * 6.6, 30.0 + 1.7 * k, 0.1))
    mesh.add(lotus_bed(9, 16, (2.0, 8.0)), (-4.4, 40.0, 0)).add(lotus_bed(10, 14, (2.0, 8.0)), (4.5, 50.0, 0))
    mesh.add(lotus_lamps(64, 8, (-3.4, 3.4, 2.0, 13.0), keep_clear=1.6)).add(
        lotus_lamps(65, 16, (-4.8, 4.8, 31.0, 66.0), keep_clear=1.8)
    )
    mesh.add(treeline(63, (0.0, 40.0), 36.0, 7.0, 100.0, 48.0, base=0.5)).add(
        treeline(64, (0.0, 40.0), 36.0, 7.0, -48.0, -100.0, base=0.5)
    )
    mesh.add(far_house(66, storeys=2, width=10), (-22.0, 92.0, 1.0), turn_deg=14)
    mesh.add(hills(31, radius=240, height=52, start_deg=80, end_deg=-80, coat=HILL)).add(
        hills(32, radius=460, height=100, start_deg=80, end_deg=-80, coat=HILL_FAR)
    )
    mist = [
        (0.0, 29.5, 0.0, 8.0, 3.2),
        (0.0, 34.0, 0.0, 14.0, 2.6),
        *[(float(random.uniform(-4, 4)), 38.0 + 6 * k, 0.0, 15.0, 2.6) for k in range(7)],
        *[(float(x), 44.0 + 5.0 * k, 0.0, 22.0, 3.4) for k, x in enumerate((-12.0, 12.0, -10.0, 11.0, 0.0))],
        (0.0, 12.0, 0.0, 10.0, 2.0),
    ]
    return Stage("bridge", mesh, {}, mist)
