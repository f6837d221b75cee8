"""Quays of coursed stone with balusters and steps, banks, rocks, hills and far roofs."""

from __future__ import annotations

import math

import numpy as np

from .bridge import rail_post
from .house import lattice, lit_sheet
from .mesh import Floats, Lamp, Mesh, Paint, box, panel, raw, surface, tube
from .noise import rng, value_noise
from .palette import (
    EARTH,
    GLOW_WINDOW,
    GRASS,
    HILL,
    LACQUER,
    MORTAR,
    PLASTER,
    STONE,
    STONE_DARK,
    STONE_PALE,
)
from .roof import Roof, tiled_roof


def coursed_wall(
    length: float,
    top: float,
    seed: int,
    *,
    bottom: float = -0.5,
    course: float = 0.42,
    stone: float = 1.1,
    coat: Paint = STONE,
) -> Mesh:
    """Wall of separate stones along +X from the origin, facing -Y, from `bottom` to `top`.

    A dark slab behind.
    """
    random = rng(seed, 101)
    mesh = Mesh().add(panel((0, 0.05, bottom), (length, 0, 0), (0, 0, top - bottom), MORTAR, grain=2.0))
    pos: list[Floats] = []
    nrm: list[Floats] = []
    rgb: list[Floats] = []
    tri: list[Floats] = []
    rows = max(1, round((top - bottom) / course))
    h = (top - bottom) / rows
    base = 0
    for row in range(rows):
        x = -random.uniform(0, stone)
        while x < length:
            w = stone * random.uniform(0.75, 1.3)
            a, b = max(0.0, x + 0.018), min(length, x + w - 0.018)
            x += w
            if b - a < 0.06:
                continue
            z0, z1 = bottom + row * h + 0.016, bottom + (row + 1) * h - 0.016
            proud = random.uniform(0.0, 0.05)
            bevel = 0.028
            # Face with bevelled rim: inner rectangle proud, outer at the joint.
            outer = np.array([[a, 0.03, z0], [b, 0.03, z0], [b, 0.03, z1], [a, 0.03, z1]])
            inner = np.array(
                [
                    [a + bevel, -proud, z0 + bevel],
                    [b - bevel, -proud, z0 + bevel],
                    [b - bevel, -proud, z1 - bevel],
                    [a + bevel, -proud, z1 - bevel],
                ]
            )
            pos.append(np.concatenate([outer, inner]))
            n_out = np.array([[-0.6, -0.7, -0.6], [0.6, -0.7, -0.6], [0.6, -0.7, 0.6], [-0.6, -0.7, 0.6]])
            nrm.append(np.concatenate([n_out, np.tile([0, -1.0, 0], (4, 1))]))
            t = [[4, 5, 6], [4, 6, 7]]
            for k in range(4):
                j = (k + 1) % 4
                t += [[k, j, 4 + j], [k, 4 + j, 4 + k]]
            tri.append(np.array(t) + base)
            rgb.append(np.tile(np.clip(np.asarray(coat.rgb) * random.uniform(0.72, 1.16), 0, 1), (8, 1)))
            base += 8
    return mesh.add(
        raw(np.concatenate(pos), np.concatenate(nrm), np.concatenate(tri), coat, rgb=np.concatenate(rgb))
    )


def balustrade(
    length: float,
    seed: int,
    *,
    gap: float = 2.0,
    height: float = 0.78,
    openings: tuple[tuple[float, float], ...] = (),
) -> Mesh:
    """Stone posts with lotus-bud heads and pierced panels along +X; `openings` are left free."""
    mesh = Mesh()
    count = max(1, round(length / gap))
    step = length / count

    def free(x: float) -> bool:
        return any(a <= x <= b for a, b in openings)

    for k in range(count + 1):
        x = k * step
        if not free(x):
            mesh.add(rail_post(height), (x, 0, 0))
        if k < count and not free(x + step / 2):
            a, b = x + 0.1, x + step - 0.1
            mesh.add(box(((a + b) / 2, 0, 0.22), (b - a, 0.1, 0.44), STONE, faces="yY", grain=1.2))
            mesh.add(
                box(((a + b) / 2, 0, height - 0.08), (b - a, 0.15, 0.13), STONE_PALE, faces="yYZ", grain=1.2)
            )
            for f in (0.22, 0.5, 0.78):
                mesh.add(box((a + (b - a) * f, 0, 0.55), (0.13, 0.08, 0.24), STONE_PALE, faces="xXy"))
    return mesh


def quay(
    length: float,
    depth: float,
    seed: int,
    *,
    top: float = 1.1,
    rail: bool = True,
    steps_at: tuple[float, ...] = (),
    gaps: tuple[tuple[float, float], ...] = (),
    coat: Paint = STONE,
) -> Mesh:
    """A quay along +X from the origin, its face at y = 0 towards -Y, paved for `depth`.

    Steps go down to the water,
    `gaps` have no railing."""
    random = rng(seed, 102)
    mesh = Mesh()
    openings = (*((x - 1.1, x + 1.1) for x in steps_at), *gaps)
    mesh.add(coursed_wall(length, top - 0.16, seed, coat=coat))
    mesh.add(box((length / 2, 0.14, top - 0.08), (length, 0.52, 0.16), STONE_PALE, faces="yzZ", grain=1.1))
    # Paving slabs as colour on a fine grid.
    nx, ny = max(2, int(length / 1.0) + 1), max(2, int(depth / 1.0) + 1)
    gx, gy = np.meshgrid(np.linspace(0, length, nx), np.linspace(0.4, depth, ny))
    floor = surface(np.stack([gx, gy, np.full_like(gx, top - 0.01)], 2), STONE_DARK, outward=(0, 0, 1))
    floor.parts[0].rgb *= random.uniform(0.85, 1.25, (nx * ny, 1))
    mesh.add(floor)
    if rail:
        mesh.add(balustrade(length, seed, openings=openings), (0, 0.2, top))
    for x in steps_at:
        for k in range(5):
            z = top - 0.2 - 0.24 * k
            mesh.add(
                box(
                    (x, -0.16 - 0.28 * k, z - 0.4),
                    (1.9, 0.32, 0.8),
                    STONE_PALE.toned(0.95 - 0.04 * k),
                    faces="xXyZ",
                    grain=1.0,
                )
            )
    x = 3.0 + random.uniform(0, 2)
    while x < length - 1:
        # Iron rings and a slime line break the bare face.
        ring = [(0.1 * math.cos(a) + x, -0.1, 0.62 + 0.1 * math.sin(a)) for a in np.linspace(0, 6.2832, 9)]
        mesh.add(tube(ring, 0.018, STONE_DARK.toned(0.5), sides=3))
        x += random.uniform(5, 8)
    return mesh


def rock(seed: int, size: tuple[float, float, float], *, coat: Paint = STONE_DARK) -> Mesh:
    """A boulder with flattened facets, its middle at the origin."""
    random = rng(seed, 103)
    rings, sides = 7, 9
    t = np.linspace(-math.pi / 2, math.pi / 2, rings)
    a = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    unit = np.stack(
        [
            np.cos(t)[:, None] * np.cos(a),
            np.cos(t)[:, None] * np.sin(a),
            np.broadcast_to(np.sin(t)[:, None], (rings, sides)),
        ],
        2,
    )
    grow = (
        0.72
        + 0.55 * value_noise(unit + float(random.uniform(0, 50)), 0.8)
        + 0.22 * value_noise(unit + float(random.uniform(0, 50)), 0.35)
    )
    grid = unit * grow[:, :, None] * np.asarray(size)
    grid[0], grid[-1] = grid[0].mean(axis=0), grid[-1].mean(axis=0)
    mesh = surface(grid, coat, closed=True, outward=unit)
    mesh.parts[0].rgb *= random.uniform(0.8, 1.2, (rings * sides, 1))
    return mesh


def scholar_rock(seed: int, height: float) -> Mesh:
    """A tall pierced garden rock."""
    random = rng(seed, 104)
    mesh = Mesh()
    z = 0.0
    x = y = 0.0
    while z < height:
        r = height * random.uniform(0.16, 0.26) * (1.1 - 0.5 * z / height)
        mesh.add(rock(int(random.integers(1 << 30)), (r, r * 0.8, r * 1.2), coat=STONE), (x, y, z + r * 0.5))
        x += random.uniform(-0.16, 0.16) * height * 0.5
        y += random.uniform(-0.1, 0.1) * height * 0.5
        z += r * 1.15
    return mesh


def bank(
    length: float, depth: float, seed: int, *, height: float = 0.55, grain: float = 1.4, coat: Paint = GRASS
) -> Mesh:
    """An earth bank along +X; it rises from under the water at y = 0 and wanders."""
    nx, ny = int(length / grain) + 1, max(4, int(depth / (grain * 1.6)) + 2)
    f = np.linspace(0, 1, ny) ** 1.5
    gx, gf = np.meshgrid(np.linspace(0, length, nx), f)
    edge = 1.6 * (value_noise(np.stack([gx, np.full_like(gx, seed * 7.3), 0 * gx], 2), 6.0) - 0.5)
    gy = edge * (1 - gf) + gf * depth
    rise = -0.4 + (height + 0.4) * np.clip(gf * depth / 1.6, 0, 1) ** 0.7
    bumps = value_noise(np.stack([gx, gy, np.full_like(gx, seed * 3.1)], 2), 3.5) - 0.5
    gz = rise + bumps * 0.5 * np.clip(gf * depth / 2.5, 0, 1)
    mesh = surface(np.stack([gx, gy, gz], 2), coat, outward=(0, 0, 1))
    wet = np.clip((0.25 - gz.ravel()) / 0.3, 0, 1)[:, None]
    mesh.parts[0].rgb = mesh.parts[0].rgb * (1 - wet) + np.asarray(EARTH.rgb) * 0.8 * wet
    return mesh


def hills(
    seed: int,
    *,
    radius: float,
    height: float,
    start_deg: float,
    end_deg: float,
    coat: Paint = HILL,
    count: int = 40,
) -> Mesh:
    """A ridge on the horizon between two azimuths (0 ahead, left positive)."""
    random = rng(seed, 105)
    a = np.radians(np.linspace(start_deg, end_deg, count))
    k = np.linspace(0, 1, count)
    z = np.zeros(count)
    for octave, weight in ((2, 1.0), (5, 0.5), (11, 0.2), (23, 0.07)):
        z += weight * np.sin(k * octave * math.pi + random.uniform(0, 6.28))
    z = height * (0.45 + 0.32 * z) * np.clip(np.sin(k * math.pi), 0, 1) ** 0.4
    z = np.maximum(z, height * 0.05)
    rows = []
    for f, back in ((0.0, 0.0), (0.45, 0.10), (0.8, 0.2), (1.0, 0.3)):
        r = radius * (1 + back)
        rows.append(np.stack([-np.sin(a) * r, np.cos(a) * r, z * f - (1.0 if f == 0 else 0.0)], 1))
    return surface(np.stack(rows), coat, outward=(0, 0, 1))


def far_house(seed: int, *, storeys: int = 1, width: float = 9.0, lamp: bool = True) -> Mesh:
    """A house for beyond 60 m: box, window sheets, plain curved roofs; front at y = 0 facing -Y."""
    random = rng(seed, 106)
    mesh = Mesh()
    z, w, d = 0.0, width, 6.0
    for level in range(storeys):
        h = 3.3 - 0.4 * level
        mesh.add(box((0, d / 2, z + h / 2), (w, d, h), PLASTER.toned(0.7), faces="xXyY", grain=2.5))
        n = max(2, round(w / 2.6))
        for k in range(n):
            x = -w / 2 + (k + 0.5) * w / n
            if random.uniform() < 0.8:
                mesh.add(
                    lit_sheet(w / n - 0.7, h - 1.3, float(random.uniform(0.5, 1.0)), seed * 7 + k),
                    (x, -0.03, z + 0.9),
                )
                mesh.add(lattice(w / n - 0.7, h - 1.3, "grid", LACQUER, y=-0.08), (x, 0, z + 0.9))
        mesh.add(box((0, -0.05, z + h - 0.1), (w + 0.3, 0.2, 0.3), LACQUER, faces="xXyz"))
        last = level == storeys - 1
        roof = Roof(
            w + 2.2, d + 2.2, 2.4 if last else 2.0, max(1.0, w - 3.0), 1.0, 0.9, 0, cut=1.0 if last else 0.45
        )
        mesh.add(tiled_roof(roof, soffit_inset=1.1), (0, d / 2, z + h + 0.1))
        z += h + 0.1 + (0 if last else float(roof.height(np.array(0.0), np.array(0.45))))
        w, d = w - 1.4, d - 1.0
    if lamp:
        mesh.lamps.append(Lamp((0, -0.8, 1.8), 0.5, GLOW_WINDOW, "b", 3.0, False))
    return mesh
