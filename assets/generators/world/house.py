"""Shop houses of one and two storeys: plinth, columns, bays, brackets, roofs, goods and signs.

A house stands on z = 0 with its front at y = 0 facing -Y, centred on x = 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .lantern import COLOURS, lantern
from .mesh import Lamp, Mesh, Paint, ball, beam, box, paint, panel, raw, revolve, surface, tube
from .noise import rng
from .palette import (
    BAMBOO,
    GLOW_WINDOW,
    GOLD,
    INTERIOR,
    LACQUER,
    LACQUER_DARK,
    MALACHITE,
    PLANK,
    PLANK_DARK,
    PLANK_PALE,
    PLASTER,
    STONE,
    STONE_DARK,
    VERDIGRIS,
    WINDOW,
)
from .roof import Roof, tiled_roof
from .signs import CLOTH, board, cloth_sign

BAY_KINDS = ("lattice", "mullion", "shop", "door", "goods")


def rectangles(rows: Sequence[tuple[float, float, float, float]], y: float, coat: Paint) -> Mesh:
    """Flat bars (x0, z0, x1, z1) in one plane facing -Y."""
    q = np.asarray(rows, dtype=float)
    corners = np.stack(
        [q[:, [0, 1]], q[:, [2, 1]], q[:, [2, 3]], q[:, [0, 3]]],
        axis=1,
    )
    pos = np.stack([corners[..., 0], np.full(corners.shape[:2], y), corners[..., 1]], axis=2).reshape(-1, 3)
    idx = np.arange(len(q))[:, None, None] * 4 + np.array([[0, 1, 2], [0, 2, 3]])[None]
    return raw(pos, np.tile([0.0, -1.0, 0.0], (len(pos), 1)), idx, coat)


def lit_sheet(width: float, height: float, level: float, seed: int, *, coat: Paint = WINDOW) -> Mesh:
    """Window paper lit by a lamp standing low inside: brightness falls off with distance from it."""
    random = rng(seed, 31)
    cols, rows = max(4, int(width / 0.45) + 1), max(4, int(height / 0.45) + 1)
    x, z = np.linspace(-width / 2, width / 2, cols), np.linspace(0, height, rows)
    gx, gz = np.meshgrid(x, z)
    lamp = random.uniform(-0.25, 0.25) * width, random.uniform(0.2, 0.45) * height
    d2 = ((gx - lamp[0]) / (0.62 * width)) ** 2 + ((gz - lamp[1]) / (0.75 * height)) ** 2
    glow = level * coat.glow * (0.34 + 0.80 * np.exp(-1.5 * d2))
    grid = np.stack([gx, np.zeros_like(gx), gz], axis=2)
    return surface(grid, coat, outward=(0, -1, 0), glow=glow)


def lattice(width: float, height: float, pattern: str, coat: Paint, y: float = -0.04) -> Mesh:
    """Bars of a window: "grid", "mullion" (upright slats, the old Tang form) or "square"."""
    w, t = width / 2, 0.022
    rows: list[tuple[float, float, float, float]] = []
    if pattern == "mullion":
        count = max(4, int(width / 0.16))
        for k in range(1, count):
            x = -w + width * k / count
            rows.append((x - t, 0, x + t, height))
        rows.append((-w, height * 0.5 - t, w, height * 0.5 + t))
    else:
        nx, nz = max(2, round(width / 0.36)), max(2, round(height / 0.36))
        for k in range(1, nx):
            x = -w + width * k / nx
            rows.append((x - t, 0, x + t, height))
        for k in range(1, nz):
            z = height * k / nz
            rows.append((-w, z - t, w, z + t))
        if pattern == "square":
            for f in (0.28, 0.5):
                rows += [(-w * f, height * (0.5 - f / 2) - t, w * f, height * (0.5 - f / 2) + t)]
                rows += [(-w * f, height * (0.5 + f / 2) - t, w * f, height * (0.5 + f / 2) + t)]
    f = 0.05
    rows += [(-w, 0, -w + f, height), (w - f, 0, w, height), (-w, 0, w, f), (-w, height - f, w, height)]
    return rectangles(rows, y, coat)


def jar(seed: int) -> Mesh:
    """A glazed jar, 0.3-0.5 m."""
    random = rng(seed, 41)
    coat = paint(("#5A3B2A", "#6E5436", "#3E5A50", "#8A6A45", "#2E3F52")[int(random.integers(5))], "lacquer")
    h = random.uniform(0.3, 0.52)
    r = random.uniform(0.12, 0.19)
    return revolve(
        [(r * 0.6, 0), (r, h * 0.45), (r * 0.8, h * 0.8), (r * 0.45, h * 0.9), (r * 0.55, h)], coat, sides=6
    )


def umbrella(seed: int) -> Mesh:
    """An open oil-paper umbrella, tip at the origin, hanging open towards -Y."""
    random = rng(seed, 42)
    coat = paint(
        ("#C2412C", "#D99A3C", "#3F7A74", "#C96A7A", "#D8C08A")[int(random.integers(5))], "paper", 0.10
    )
    cone = revolve([(0.48, -0.2), (0.25, -0.08), (0.0, 0.0)], coat, sides=12, ribs=0.04)
    return Mesh().add(cone, tilt_deg=float(random.uniform(60, 100)), turn_deg=float(random.uniform(-25, 25)))


def goods(width: float, depth: float, seed: int) -> Mesh:
    """A counter with wares, from x = -width/2, its front at y = 0, top at 0.85 m."""
    random = rng(seed, 43)
    mesh = Mesh()
    drape = paint(CLOTH[int(random.integers(len(CLOTH)))], "cloth")
    mesh.add(box((0, depth / 2, 0.42), (width, depth, 0.85), PLANK, faces="xXZ"))
    mesh.add(panel((-width / 2, -0.01, 0.1), (width, 0, 0), (0, 0, 0.76), drape, grain=0.8))
    kind = int(random.integers(5))
    x = -width / 2 + 0.25
    while x < width / 2 - 0.2:
        if kind == 0:
            mesh.add(jar(int(random.integers(1 << 30))), (x, depth * random.uniform(0.3, 0.7), 0.85))
            x += 0.36
        elif kind == 1:
            for layer in range(int(random.integers(2, 5))):
                bolt = paint(CLOTH[int(random.integers(len(CLOTH)))], "cloth").toned(random.uniform(1.0, 1.4))
                mesh.add(
                    tube(
                        [(x, 0.08, 0.93 + 0.13 * layer), (x, depth - 0.05, 0.93 + 0.13 * layer)],
                        0.075,
                        bolt,
                        sides=6,
                        caps=True,
                    )
                )
            x += 0.2
        elif kind == 2:
            mesh.add(
                revolve([(0.1, 0), (0.2, 0.14), (0.2, 0.16), (0.02, 0.12)], BAMBOO, sides=8),
                (x, depth / 2, 0.85),
            )
            fruit = paint(("#D9762B", "#B83A2A", "#C9B23E", "#6E8A3A")[int(random.integers(4))], "lacquer")
            for k in range(5):
                a = k * 1.26
                r = 0.0 if k == 4 else 0.1
                mesh.add(
                    ball(
                        (x + r * math.cos(a), depth / 2 + r * math.sin(a), 1.03 + (0.06 if k == 4 else 0)),
                        (0.07, 0.07, 0.065),
                        fruit,
                        sides=5,
                        rings=4,
                    )
                )
            x += 0.46
        elif kind == 3:
            for layer in range(int(random.integers(2, 4))):
                mesh.add(
                    revolve([(0.2, 0), (0.2, 0.12), (0.17, 0.13), (0.0, 0.14)], BAMBOO.toned(1.1), sides=8),
                    (x, depth / 2, 0.85 + 0.13 * layer),
                )
            x += 0.5
        else:
            mesh.add(umbrella(int(random.integers(1 << 30))), (x, depth * 0.4, 1.1))
            x += 0.7
    return mesh


def bay_infill(kind: str, width: float, height: float, level: float, seed: int, frame: Paint) -> Mesh:
    """Infill between two columns, centred on x = 0, front plane y = 0."""
    random = rng(seed, 51)
    mesh = Mesh()
    if kind in ("lattice", "mullion"):
        sill = 0.0 if random.uniform() < 0.35 else 0.85
        top = height - 0.12
        if sill:
            mesh.add(panel((-width / 2, 0, 0), (width, 0, 0), (0, 0, sill), frame, grain=1.0))
            mesh.add(box((0, -0.05, sill), (width, 0.14, 0.09), LACQUER_DARK, faces="yzZ"))
        low = sill + 0.05 if sill else 0.55
        if not sill:
            mesh.add(panel((-width / 2, 0, 0), (width, 0, 0), (0, 0, 0.55), frame, grain=1.0))
            rows = [
                (-width / 2 + 0.1 + k * width / 4, 0.12, -width / 2 + k * width / 4 + width / 4 - 0.1, 0.45)
                for k in range(4)
            ]
            mesh.add(rectangles(rows, -0.02, LACQUER_DARK))
        tall = top - low
        mesh.add(lit_sheet(width, tall, level, seed), (0, 0.02, low))
        pattern = "mullion" if kind == "mullion" else ("grid", "square")[int(random.integers(2))]
        mesh.add(lattice(width, tall, pattern, frame), (0, 0, low))
        n = 2 if width < 2.2 else 4
        mesh.add(
            rectangles(
                [
                    (-width / 2 + k * width / n - 0.045, low, -width / 2 + k * width / n + 0.045, top)
                    for k in range(1, n)
                ],
                -0.06,
                frame,
            )
        )
        mesh.lamps.append(Lamp((0, -0.5, low + tall * 0.4), 0.5, GLOW_WINDOW, "b", 1.9 * level, False))
    elif kind in ("shop", "goods"):
        deep = 1.7
        mesh.add(panel((-width / 2, deep, 0), (width, 0, 0), (0, 0, height), INTERIOR, grain=0.7))
        for x, along in ((-width / 2, (0, -deep, 0)), (width / 2, (0, deep, 0))):
            start = (x, deep, 0) if x < 0 else (x, 0, 0)
            mesh.add(panel(start, (along[0], along[1], 0), (0, 0, height), INTERIOR.toned(0.8), grain=0.8))
        mesh.add(
            panel((-width / 2, 0, height - 0.02), (0, deep, 0), (width, 0, 0), PLANK.toned(0.8), grain=0.9)
        )
        mesh.add(panel((-width / 2, 0, 0.02), (width, 0, 0), (0, deep, 0), PLANK_PALE, grain=0.8))
        for shelf, z in enumerate((1.25, 1.85)):
            mesh.add(box((0, deep - 0.18, z), (width * 0.92, 0.3, 0.04), PLANK_PALE, faces="yzZ"))
            for k in range(int(width / 0.5)):
                x = -width * 0.42 + k * 0.47
                if random.uniform() < 0.7:
                    mesh.add(jar(seed * 31 + k + 9 * shelf), (x, deep - 0.18, z + 0.02), scale=0.8)
        if kind == "goods":
            mesh.add(goods(width * 0.92, 0.6, seed), (0, -0.35, 0))
        else:
            mesh.add(box((0, 0.15, 0.5), (width * 0.96, 0.4, 1.0), frame, faces="yZ", grain=1.0))
            mesh.add(
                rectangles(
                    [
                        (
                            -width * 0.4 + k * width * 0.27,
                            0.25,
                            -width * 0.4 + k * width * 0.27 + width * 0.22,
                            0.75,
                        )
                        for k in range(3)
                    ],
                    -0.07,
                    GOLD.toned(0.6),
                )
            )
        mesh.lamps.append(Lamp((0, 0.8, height - 0.7), 0.3, GLOW_WINDOW, "b", 4.4 * level, False))
        mesh.add(
            lantern(
                "globe", "amber", size=0.75, group="b", power=0.1, phase=float(random.uniform()), sway_m=0.0
            ),
            (random.uniform(-0.3, 0.3) * width, 0.8, height - 0.05),
        )
        # A valance of cloth along the top of the opening.
        n = max(3, int(width / 0.5))
        drape = paint(CLOTH[int(random.integers(len(CLOTH)))], "cloth")
        across = np.linspace(-width / 2, width / 2, n * 2 + 1)
        fall = np.where(np.arange(n * 2 + 1) % 2 == 0, 0.34, 0.46)
        y = np.where(np.arange(n * 2 + 1) % 2 == 0, -0.06, -0.12)
        grid = np.stack(
            [
                np.stack([across, y * 0.4 - 0.03, np.full_like(across, height - 0.02)], 1),
                np.stack([across, y, height - fall], 1),
            ]
        )
        mesh.add(
            surface(grid, drape, outward=(0, -1, 0)).swayed(
                lambda p: np.where(p[:, 2] < height - 0.2, 0.03, 0.0), float(random.uniform())
            )
        )
    else:
        mesh.add(panel((-width / 2, 0.03, 0), (width, 0, 0), (0, 0, height), PLANK_DARK, grain=1.0))
        leaf = min(0.9, width / 2 - 0.15)
        for sign in (-1, 1):
            mesh.add(
                box((sign * (leaf / 2 + 0.02), -0.03, 1.15), (leaf, 0.1, 2.2), frame, faces="xXyZ", grain=1.1)
            )
            studs = [
                (sign * (leaf / 2 + 0.02) + dx * leaf * 0.3, z)
                for dx in (-1, 0, 1)
                for z in (0.5, 0.95, 1.4, 1.85)
            ]
            mesh.add(
                rectangles([(x - 0.035, z - 0.035, x + 0.035, z + 0.035) for x, z in studs], -0.09, GOLD)
            )
        mesh.add(box((0, -0.05, 2.32), (width, 0.2, 0.12), LACQUER_DARK, faces="yzZ"))
        if height > 2.9:
            mesh.add(lit_sheet(width - 0.2, height - 2.5, level * 0.8, seed), (0, 0.0, 2.4))
            mesh.add(lattice(width - 0.2, height - 2.5, "grid", frame), (0, -0.02, 2.4))
        mesh.add(box((0, -0.35, 0.08), (width * 0.8, 0.7, 0.16), STONE, faces="xXyZ"))
    return mesh


def bracket(scale: float = 1.0, *, far: bool = False) -> Mesh:
    """One dougong set: block, two arms growing outward, gilded bearing blocks.

    Springs from z = 0 towards -Y.
    """
    mesh = Mesh()
    mesh.add(box((0, -0.06, 0.1), (0.3, 0.26, 0.2), LACQUER, faces="xXyz"))
    if far:
        mesh.add(box((0, -0.3, 0.34), (0.8, 0.5, 0.18), VERDIGRIS, faces="xXyz"))
        return Mesh().add(mesh, scale=scale)
    mesh.add(box((0, -0.1, 0.29), (0.8, 0.15, 0.15), VERDIGRIS, faces="xXyz"))
    mesh.add(box((0, -0.36, 0.29), (0.15, 0.5, 0.15), VERDIGRIS, faces="xXyz"))
    mesh.add(box((0, -0.52, 0.52), (1.1, 0.15, 0.15), VERDIGRIS, faces="xXyz"))
    for x in (-0.34, 0.34):
        mesh.add(box((x, -0.1, 0.42), (0.17, 0.19, 0.11), GOLD, faces="xXyz"))
    for x in (-0.46, 0.0, 0.46):
        mesh.add(box((x, -0.52, 0.65), (0.17, 0.19, 0.11), GOLD, faces="xXyz"))
    mesh.add(box((0, -0.52, 0.41), (0.18, 0.19, 0.1), GOLD, faces="xXyz"))
    return Mesh().add(mesh, scale=scale)


def storey(
    width: float,
    depth: float,
    height: float,
    bays: int,
    kinds: Sequence[str],
    levels: Sequence[float],
    seed: int,
    *,
    frame: Paint = LACQUER,
    wall: Paint = PLASTER,
    detail: int = 2,
    sides_lit: bool = False,
) -> Mesh:
    """Columns, bays, beams and brackets of one storey; the wall head stands at `height` + 0.78."""
    mesh = Mesh()
    bay = width / bays
    for k in range(bays + 1):
        x = -width / 2 + k * bay
        mesh.add(tube([(x, 0, 0.18), (x, 0, height)], [0.17, 0.15], LACQUER, sides=7 if detail else 5))
        if detail:
            mesh.add(revolve([(0.28, 0.0), (0.28, 0.08), (0.2, 0.2)], STONE, sides=8), (x, 0, 0))
            for sign in (-1, 1):
                if -bays / 2 <= (x + sign * 0.3) / bay <= bays / 2:
                    mesh.add(
                        raw(
                            [(x, -0.06, height - 0.5), (x + sign * 0.55, -0.06, height), (x, -0.06, height)],
                            np.tile([0, -1.0, 0], (3, 1)),
                            [[0, 1, 2]],
                            MALACHITE,
                        )
                    )
    for k in range(bays):
        x = -width / 2 + (k + 0.5) * bay
        mesh.add(
            bay_infill(
                kinds[k % len(kinds)],
                bay - 0.3,
                height - 0.25,
                levels[k % len(levels)],
                seed * 101 + k,
                frame,
            ),
            (x, 0.06, 0.12),
        )
    mesh.add(box((0, 0, height + 0.02), (width + 0.7, 0.3, 0.34), LACQUER, faces="xXyz", grain=1.2))
    mesh.add(
        rectangles(
            [
                (-width / 2 + (k + 0.15) * bay, height - 0.08, -width / 2 + (k + 0.85) * bay, height + 0.12)
                for k in range(bays)
            ],
            -0.155,
            MALACHITE,
        )
    )
    mesh.add(
        panel(
            (-width / 2, 0.02, height + 0.15), (width, 0, 0), (0, 0, 0.72), MALACHITE.toned(0.75), grain=1.2
        )
    )
    sets = 2 * bays + 1 if detail == 2 else bays + 1
    for k in range(sets):
        x = -width / 2 + k * width / (sets - 1)
        mesh.add(bracket(far=detail < 2), (x, -0.02, height + 0.18))
    mesh.add(box((0, -0.54, height + 0.9), (width + 1.2, 0.16, 0.14), LACQUER, faces="xXyz", grain=1.4))
    low, high = 0.9, height + 0.85
    for sign in (-1, 1):
        x = sign * width / 2
        start, along = ((x, depth, 0), (0, -depth, 0)) if sign < 0 else ((x, 0, 0), (0, depth, 0))
        mesh.add(panel((start[0], start[1], low), along, (0, 0, high - low), wall, grain=1.1))
        mesh.add(panel(start, along, (0, 0, low), STONE_DARK, grain=1.1))
        for y in (depth * 0.5, depth * 0.98):
            mesh.add(box((x + sign * 0.04, y, high / 2), (0.1, 0.24, high), LACQUER, faces="xXyY"))
        mesh.add(box((x + sign * 0.05, depth / 2, height), (0.12, depth, 0.26), LACQUER, faces="xXzZ"))
        if sides_lit:
            window = (
                Mesh()
                .add(lit_sheet(1.6, 1.5, 0.85, seed + 7 + sign), (0, 0.0, 0))
                .add(lattice(1.6, 1.5, "mullion", frame))
            )
            mesh.add(window, (x + sign * 0.03, depth * 0.25, 1.3), turn_deg=90 * sign)
            mesh.lamps.append(Lamp((x + sign * 0.6, depth * 0.25, 2.0), 0.4, GLOW_WINDOW, "b", 1.2, False))
    if detail:
        mesh.add(panel((width / 2, depth, 0), (-width, 0, 0), (0, 0, high), wall.toned(0.8), grain=2.5))
    return mesh


def balcony(width: float, out: float) -> Mesh:
    """Gallery floor and railing in front of an upper storey; the floor's top at z = 0."""
    mesh = Mesh()
    mesh.add(box((0, -out / 2, -0.08), (width, out, 0.16), PLANK, faces="xXyzZ", grain=1.2))
    rows: list[tuple[float, float, float, float]] = []
    n = max(2, round(width / 1.5))
    for k in range(n + 1):
        x = -width / 2 + width * k / n
        mesh.add(box((x, -out + 0.06, 0.5), (0.1, 0.1, 1.0), LACQUER, faces="xXy"))
        if k < n:
            step = width / n
            mid = x + step / 2
            rows += [
                (x, 0.28, x + step, 0.33),
                (x, 0.62, x + step, 0.67),
                (mid - 0.025, 0.33, mid + 0.025, 0.62),
            ]
            rows += [
                (x + step * 0.25 - 0.02, 0.1, x + step * 0.25 + 0.02, 0.3),
                (x + step * 0.75 - 0.02, 0.1, x + step * 0.75 + 0.02, 0.3),
            ]
    mesh.add(rectangles(rows, -out + 0.04, LACQUER))
    mesh.add(
        beam((-width / 2 - 0.1, -out + 0.06, 0.92), (width / 2 + 0.1, -out + 0.06, 0.92), 0.11, 0.09, LACQUER)
    )
    mesh.add(rectangles([(-width / 2 + 0.05, -0.14, width / 2 - 0.05, -0.04)], -out - 0.01, MALACHITE))
    return mesh


def shop_house(
    seed: int,
    *,
    width: float = 9.0,
    depth: float = 6.5,
    storeys: int = 1,
    bays: int = 3,
    detail: int = 2,
    kinds: Sequence[str] | None = None,
    text: str = "",
    lanterns: bool = True,
    hip: bool | None = None,
    dim: float = 1.0,
) -> Mesh:
    """A house of the street.

    Parameters
    ----------
    seed : chooses bays, brightness, goods, roof and lanterns
    detail : 2 near, 1 middle, 0 far
    kinds : bay infills of the ground floor, see BAY_KINDS
    text : characters of the board over the door
    dim : factor on the light of its windows
    """
    random = rng(seed, 61)
    plinth = 0.35
    high = random.uniform(3.0, 3.4)
    if kinds is None:
        options = ["goods", "lattice", "shop", "mullion", "door", "goods", "lattice"]
        kinds = [options[(int(random.integers(7)) + k * 2) % 7] for k in range(bays)]
    levels = [
        dim * float(random.uniform(0.6, 1.05)) if random.uniform() < 0.86 else dim * 0.22 for _ in range(bays)
    ]
    frame = (LACQUER, PLANK_DARK, MALACHITE, LACQUER)[int(random.integers(4))]
    mesh = Mesh()
    mesh.add(
        box(
            (0, depth / 2 - 0.4, plinth / 2),
            (width + 1.0, depth + 1.2, plinth),
            STONE,
            faces="xXyZ",
            grain=1.1,
        )
    )
    mesh.add(
        storey(
            width, depth, high, bays, kinds, levels, seed, frame=frame, detail=detail, sides_lit=detail == 2
        ),
        (0, 0, plinth),
    )
    head = plinth + high + 0.95
    over = 1.15
    hip = bool(random.uniform() < 0.45) if hip is None else hip
    if storeys == 1:
        rise = random.uniform(2.0, 2.7)
        ridge = width - depth * 0.35 if not hip else max(1.0, width + 2 * over - (depth + 2 * over) * 0.95)
        roof = Roof(
            width + 2 * over,
            depth + 2 * over,
            rise,
            ridge,
            1.0 if hip else 0.55,
            random.uniform(0.7, 1.0),
            detail,
        )
        mesh.add(tiled_roof(roof, soffit_inset=over, soffit_drop=-0.1), (0, depth / 2, head + 0.12))
    else:
        skirt = Roof(
            width + 2 * over,
            depth + 2 * over,
            3.0,
            width - depth + 0.01 if width > depth else 0.5,
            1.0,
            0.6,
            detail,
            cut=0.34,
        )
        mesh.add(tiled_roof(skirt, soffit_inset=over, soffit_drop=-0.1), (0, depth / 2, head + 0.12))
        top = head + 0.12 + float(skirt.height(np.array(0.0), np.array(0.34))) + 0.16
        inset = 0.5
        w2, d2 = width - 2 * inset, depth - 2 * inset
        # Behind the gallery the wall has to reach down to the skirt roof.
        mesh.add(panel((-w2 / 2, inset, head), (w2, 0, 0), (0, 0, top - head + 0.2), LACQUER_DARK, grain=1.4))
        mesh.add(balcony(w2 + 0.8, 0.95), (0, inset + 0.05, top))
        upper = random.uniform(2.5, 2.8)
        lit = [
            dim * float(random.uniform(0.55, 1.0)) if random.uniform() < 0.8 else dim * 0.2
            for _ in range(bays)
        ]
        look = ("lattice", "mullion")[int(random.integers(2))]
        mesh.add(
            storey(
                w2, d2, upper, bays, [look], lit, seed + 5, frame=frame, detail=detail, sides_lit=detail == 2
            ),
            (0, inset, top),
        )
        over2 = 1.05
        rise = random.uniform(2.0, 2.6)
        ridge = w2 - d2 * 0.3 if not hip else max(1.0, w2 + 2 * over2 - (d2 + 2 * over2) * 0.95)
        roof = Roof(
            w2 + 2 * over2,
            d2 + 2 * over2,
            rise,
            ridge,
            1.0 if hip else 0.55,
            random.uniform(0.75, 1.1),
            detail,
        )
        mesh.add(
            tiled_roof(roof, soffit_inset=over2, soffit_drop=-0.1), (0, inset + d2 / 2, top + upper + 1.07)
        )
    if lanterns:
        n = bays + 1 if detail == 2 else bays
        colour = str(random.choice(list(COLOURS)[:4]))
        shape = str(random.choice(["globe", "drum", "tall", "box"]))
        for k in range(n):
            x = -width / 2 + (k + 0.5) * width / n
            mesh.add(
                lantern(shape, colour, size=0.85, power=2.6, phase=float(random.uniform())),
                (x, -0.95, head + 0.0),
            )
        if storeys == 2 and detail == 2:
            for k in range(2):
                mesh.add(
                    lantern("melon", "red", size=0.9, power=2.4, phase=float(random.uniform())),
                    ((k - 0.5) * (width - 1.0), -0.35, top + upper + 0.95),
                )
    if text:
        mesh.add(board(text, 0.55), (random.uniform(-0.1, 0.1) * width, -0.36, plinth + high + 0.30))
    if detail == 2 and random.uniform() < 0.9:
        sign = -1 if random.uniform() < 0.5 else 1
        x = sign * (width / 2 - 0.2)
        mesh.add(beam((x, 0, plinth + 2.75), (x, -1.25, plinth + 2.85), 0.05, 0.05, PLANK_DARK))
        words = ("茶", "酒", "灯", "米布", "吉", "春", "古月", "酒家"[:1], "山茶")
        mesh.add(
            cloth_sign(str(words[int(random.integers(len(words)))]), seed),
            (x, -0.85, plinth + 2.75),
            turn_deg=90 * sign,
        )
    return mesh
