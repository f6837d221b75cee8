"""Parts of a street put together: people along a quay, goods left on it, willows over the water."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .boat import sampan
from .figures import figure
from .house import goods, jar, umbrella
from .lantern import lotus_lamp, post
from .mesh import Mesh, box, paint, revolve, tube
from .noise import rng
from .palette import BAMBOO, PLANK, PLANK_DARK, PLANK_PALE
from .signs import CLOTH


def people(
    seed: int,
    x: float,
    y0: float,
    y1: float,
    z: float,
    count: int,
    *,
    depth: float = 2.6,
    poses: Sequence[str] = (),
) -> Mesh:
    """Groups of people on a quay along Y at x (its water edge), spread inland by `depth`.

    Sign of x tells the side.
    """
    random = rng(seed, 111)
    side = 1.0 if x > 0 else -1.0
    mesh = Mesh()
    choice = list(poses) or [
        "stand",
        "clasp",
        "walk",
        "clasp",
        "hold",
        "lean",
        "point",
        "stand",
        "walk",
        "wave",
        "carry",
    ]
    placed: list[tuple[float, float]] = []
    k = 0
    tries = 0
    while k < count and tries < count * 30:
        tries += 1
        pose = choice[int(random.integers(len(choice)))]
        back = 0.62 if pose in ("lean", "wave", "point") else float(random.uniform(0.7, depth))
        px, py = x + side * back, float(random.uniform(y0, y1))
        if any((px - a) ** 2 + (py - b) ** 2 < 0.45 for a, b in placed):
            continue
        placed.append((px, py))
        # 0 turns the face to -Y; towards the water is -90 on the right bank (-X) and +90 on the left.
        to_water = -90.0 * side
        if pose in ("walk", "carry"):
            turn = float(random.choice([0.0, 180.0])) + float(random.uniform(-15, 15))
        elif pose in ("lean", "wave", "point", "hold"):
            turn = to_water + float(random.uniform(-25, 25))
        else:
            turn = to_water + float(random.uniform(-80, 80))
        child = bool(random.uniform() < 0.14) and pose != "carry"
        colour = str(random.choice(["orange", "red", "amber", "rose"]))
        mesh.add(figure(seed * 1000 + k, pose, child=child, colour=colour), (px, py, z), turn_deg=turn)
        # People come in pairs that face each other.
        if pose in ("clasp", "stand") and k + 1 < count:
            k += 1
            dy = 0.62
            placed.append((px, py + dy))
            mesh.add(
                figure(seed * 1000 + 500 + k, "clasp"),
                (px + float(random.uniform(-0.2, 0.2)), py + dy, z),
                turn_deg=float(random.uniform(-35, 35)),
            )
        k += 1
    return mesh


def clutter(seed: int, x: float, y: float, z: float) -> Mesh:
    """A small still life on the quay: baskets, jars, crates, a stall under an umbrella."""
    random = rng(seed, 112)
    side = 1.0 if x > 0 else -1.0
    mesh = Mesh()
    kind = int(random.integers(4))
    if kind == 0:
        turn = -90.0 * side
        stall = Mesh().add(goods(1.9, 0.7, seed))
        for px in (-0.9, 0.9):
            for py in (0.05, 0.65):
                stall.add(tube([(px, py, 0), (px, py, 2.25)], 0.03, BAMBOO, sides=5))
        roof = paint(CLOTH[int(random.integers(len(CLOTH)))], "cloth")
        from .mesh import surface

        u, v = np.meshgrid(np.linspace(-1.1, 1.1, 6), np.linspace(-0.35, 1.0, 4))
        sag = 2.3 + 0.22 * (v + 0.3) - 0.10 * np.cos(u * 2.8) * 0.5
        stall.add(surface(np.stack([u, v, sag], 2), roof, outward=(0, 0, 1)))
        stall.add(
            surface(
                np.stack([u[:2], v[:1].repeat(2, 0), np.stack([sag[0], sag[0] - 0.25])], 2),
                roof.toned(1.2),
                outward=(0, -1, 0),
            )
        )
        from .lantern import lantern

        stall.add(
            lantern("globe", "amber", size=0.7, power=3.0, phase=float(random.uniform())), (0.55, 0.2, 2.2)
        )
        mesh.add(stall, (x + side * 1.0, y, z), turn_deg=turn)
        mesh.add(figure(seed + 3, "clasp"), (x + side * 2.1, y, z), turn_deg=turn)
    elif kind == 1:
        for k in range(5):
            px, py = x + side * random.uniform(0.6, 1.3), y + random.uniform(-0.7, 0.7)
            mesh.add(jar(seed + k), (px, py, z), scale=1.7)
        mesh.add(umbrella(seed), (x + side * 1.0, y + 0.9, z + 0.75), turn_deg=90)
    elif kind == 2:
        for k in range(4):
            px, py = x + side * random.uniform(0.6, 1.4), y + random.uniform(-0.8, 0.8)
            mesh.add(revolve([(0.2, 0), (0.32, 0.3), (0.3, 0.3), (0.0, 0.24)], BAMBOO, sides=9), (px, py, z))
            mesh.add(
                revolve(
                    [(0.27, 0.22), (0.16, 0.38), (0.0, 0.43)],
                    paint(("#C96A2A", "#A8332A", "#7E9A4A", "#D8B25A")[k], "cloth"),
                    sides=7,
                ),
                (px, py, z),
            )
    else:
        for k in range(3):
            s = random.uniform(0.45, 0.7)
            tone = (PLANK, PLANK_PALE, PLANK_DARK)[k].toned(1.1)
            px, py = x + side * (0.9 + 0.1 * k), y + (k - 1) * 0.75
            mesh.add(box((px, py, z + s / 2), (s, s, s), tone, faces="xXyYZ"))
            for h in (0.08, s - 0.08):
                mesh.add(box((px, py, z + h), (s + 0.04, s + 0.04, 0.06), PLANK_DARK, faces="xXyYZ"))
        mesh.add(box((x + side * 1.0, y, z + 0.9), (0.5, 0.5, 0.45), PLANK_PALE, faces="xXyYZ"))
    return mesh


def posts(seed: int, x: float, ys: Sequence[float], z: float) -> Mesh:
    """Lantern posts on a quay edge, their arms over the water."""
    random = rng(seed, 113)
    side = 1.0 if x > 0 else -1.0
    mesh = Mesh()
    shapes, colours = ("drum", "globe", "tall", "box", "melon"), ("orange", "amber", "red", "cream")
    for k, y in enumerate(ys):
        shape, colour = shapes[int(random.integers(5))], colours[int(random.integers(4))]
        mesh.add(
            post(3.0 + float(random.uniform(-0.2, 0.3)), shape, colour, seed=seed + k),
            (x + side * 0.5, y, z),
            turn_deg=180.0 if side > 0 else 0.0,
        )
    return mesh


def moored(
    seed: int,
    x: float,
    y: float,
    *,
    roofed: bool = True,
    crew: str = "",
    turn: float = 0.0,
    length: float = 6.5,
) -> Mesh:
    """A boat at a quay with perhaps somebody aboard (a pose)."""
    random = rng(seed, 114)
    mesh = Mesh()
    mesh.add(
        sampan(seed, length=length, roofed=roofed),
        (x, y, 0),
        turn_deg=turn + float(random.uniform(-4, 4)) + (180.0 if random.uniform() < 0.4 else 0.0),
    )
    if crew:
        seat = 0.12 if crew in ("sit", "fish", "pipa") else 0.42
        mesh.add(
            figure(seed + 9, crew), (x, y - length * 0.33, seat), turn_deg=float(random.uniform(-40, 40))
        )
    return mesh


def lotus_lamps(
    seed: int, count: int, area: tuple[float, float, float, float], *, keep_clear: float = 1.9
) -> Mesh:
    """Floating lamps over x0, x1, y0, y1, leaving the boat's way (|x| < keep_clear) free."""
    random = rng(seed, 115)
    mesh = Mesh()
    x0, x1, y0, y1 = area
    k = 0
    while k < count:
        x, y = float(random.uniform(x0, x1)), float(random.uniform(y0, y1))
        if abs(x) < keep_clear:
            continue
        mesh.add(lotus_lamp(seed * 100 + k, size=float(random.uniform(0.8, 1.2))), (x, y, 0.0))
        k += 1
    return mesh
