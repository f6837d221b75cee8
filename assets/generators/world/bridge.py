"""Stone arch bridges: the high market bridge and the low one with a vaulted passage.

A bridge spans X over the water, centred on the origin; the passage runs along Y.
"""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import itertools
import math

import numpy as np

from .mesh import Floats, Mesh, Paint, ball, box, loft, panel, surface, tube
from .noise import rng
from .palette import STONE, STONE_DARK, STONE_PALE


def _voussoirs(radius: float, y: float, out: float, count: int, spring: float, deep: float = 0.55) -> Mesh:
    """Ring of separate wedge stones round the arch at depth y, facing -Y when out < 0."""
    mesh = Mesh()
    for k in range(count):
        a0, a1 = math.pi * (k + 0.04) / count, math.pi * (k + 0.96) / count
        r1 = radius + deep + (0.12 if k == count // 2 else 0.0)
        arc = np.linspace(a0, a1, 3)
        inner = np.stack([-radius * np.cos(arc), np.full(3, y), spring + radius * np.sin(arc)], 1)
        outer = np.stack([-r1 * np.cos(arc), np.full(3, y), spring + r1 * np.sin(arc)], 1)
        tone = STONE_PALE.toned(0.86 + 0.16 * ((k * 37) % 10) / 10)
        face = np.stack([inner, outer]) + [0, out * 0.07, 0]
        mesh.add(surface(face, tone, outward=(0, out, 0)))
        middle = np.array([-math.cos((a0 + a1) / 2), 0, math.sin((a0 + a1) / 2)])
        mesh.add(surface(np.stack([outer, outer + [0, out * 0.07, 0]]), tone, outward=middle))
        mesh.add(surface(np.stack([inner, inner + [0, out * 0.07, 0]]), tone, outward=-middle))
        for edge, sign in ((0, -1.0), (2, 1.0)):
            side = np.array(
                [
                    [inner[edge], outer[edge]],
                    [inner[edge] + [0, out * 0.07, 0], outer[edge] + [0, out * 0.07, 0]],
                ]
            )
            mesh.add(
                surface(
                    side,
                    tone,
                    outward=(-sign * math.sin((a0 + a1) / 2) * -1, 0, -math.cos((a0 + a1) / 2) * sign),
                )
            )
    return mesh


def deck_height(x: Floats, span: float, base: float, rise: float) -> Floats:
    """Height of the walkway across the bridge."""
    return base + rise * np.exp(-1.2 * (x / (0.36 * span)) ** 2)


def rail_post(height: float = 1.0) -> Mesh:
    """Square post with a lotus-bud head."""
    mesh = Mesh().add(box((0, 0, height / 2), (0.2, 0.2, height), STONE, faces="xXyY"))
    mesh.add(box((0, 0, height + 0.03), (0.26, 0.26, 0.06), STONE, faces="xXyY"))
    mesh.add(ball((0, 0, height + 0.2), (0.12, 0.12, 0.17), STONE_PALE, sides=6, rings=4))
    return mesh


def arch_bridge(
    span: float = 26.0,
    arch_m: float = 8.0,
    width: float = 5.0,
    base: float = 1.2,
    rise: float = 3.6,
    spring: float = 0.2,
    *,
    lions: bool = True,
) -> Mesh:
    """A humped bridge with one semicircular arch."""
    mesh = Mesh()
    radius = arch_m / 2
    x = np.linspace(-span / 2, span / 2, 41)
    top = deck_height(x, span, base, rise)
    arch = spring + np.sqrt(np.clip(radius**2 - x**2, 0, None))
    low = np.where(np.abs(x) < radius, np.minimum(arch, top - 0.3), -0.6)
    for out in (-1.0, 1.0):
        y = out * width / 2
        # Spandrel walls in courses; joints come from colour and a set-back dark slab.
        rows = 9
        f = np.linspace(0, 1, rows)
        z = low[None] + (top - low)[None] * f[:, None]
        grid = np.stack([np.broadcast_to(x, z.shape), np.full_like(z, y), z], 2)
        wall = surface(grid, STONE, outward=(0, out, 0))
        shade = 0.82 + 0.3 * (((np.arange(rows)[:, None] * 13 + np.arange(41)[None] // 2 * 7) % 11) / 11)
        wall.parts[0].rgb = np.asarray(STONE.rgb) * shade.reshape(-1, 1)
        mesh.add(wall)
        mesh.add(_voussoirs(radius, y, out, 21, spring))
        # Cornice, then posts with panels between them.
        edge = np.stack([x, np.full_like(x, y + out * 0.12), top], 1)
        mesh.add(
            surface(np.stack([edge - [0, 0, 0.22], edge + [0, 0, 0.05]]), STONE_PALE, outward=(0, out, 0))
        )
        mesh.add(
            surface(
                np.stack([edge - [0, 0, 0.22], edge - [0, out * 0.2, 0.22]]), STONE_DARK, outward=(0, 0, -1)
            )
        )
        posts = np.linspace(-span / 2 + 0.4, span / 2 - 0.4, 15)
        for k, px in enumerate(posts):
            pz = float(deck_height(np.array(px), span, base, rise))
            mesh.add(rail_post(), (px, y, pz))
            if k + 1 < len(posts):
                qx = posts[k + 1]
                t = np.linspace(px + 0.1, qx - 0.1, 3)
                tz = deck_height(t, span, base, rise)
                for a, b, thick in ((0.12, 0.62, 0.1), (0.74, 0.86, 0.16)):
                    for side in (-1, 1):
                        face = np.stack(
                            [np.stack([t, np.full(3, y + side * thick / 2), tz + h], 1) for h in (a, b)]
                        )
                        mesh.add(surface(face, STONE if a < 0.5 else STONE_PALE, outward=(0, side, 0)))
                    cap = np.stack(
                        [np.stack([t, np.full(3, y + side * thick / 2), tz + b], 1) for side in (-1, 1)]
                    )
                    mesh.add(surface(cap, STONE_PALE, outward=(0, 0, 1)))
        if lions:
            for px in (-span / 2 + 0.4, span / 2 - 0.4):
                mesh.add(lion(), (px, y + out * 0.05, base + 1.0))
    deck = np.stack(
        [np.stack([x, np.full_like(x, s * width / 2), top], 1) for s in (-1, -0.5, 0, 0.5, 1)], axis=1
    )
    mesh.add(surface(deck, STONE_DARK, outward=(0, 0, 1)))
    mesh.add(vault(radius, width, spring))
    mesh.points["keystone"] = (0.0, -width / 2 - 0.1, spring + radius + 0.3)
    return mesh


def vault(radius: float, length: float, spring: float, *, rings: int | None = None) -> Mesh:
    """Barrel of stone rings over the water, centred on the origin.

    With its side walls below the springing.
    """
    mesh = Mesh()
    rings = rings or max(3, int(length / 0.9))
    random = rng(int(length * 10), 132)

    def shell(r: float, y0: float, y1: float, low: float, high: float, points: int, coat: Paint) -> Mesh:
        angle = np.linspace(low, high, points)
        arc = np.stack([-r * np.cos(angle), np.zeros(points), spring + r * np.sin(angle)], 1)
        grid = np.stack([arc + [0, y0, 0], arc + [0, y1, 0]])
        return surface(grid, coat, outward=np.broadcast_to(np.array([0, 0, spring]) - arc, grid.shape))

    joint = 0.012
    for k in range(rings):
        y0, y1 = -length / 2 + length * k / rings, -length / 2 + length * (k + 1) / rings
        mesh.add(shell(radius + 0.035, y0, y1, 0.0, math.pi, 17, STONE_DARK.toned(0.8)))
        # Blocks break joint from ring to ring, each with its own tone and a finger's width of its own.
        cuts = (np.arange(14) + 0.5 * (k % 2)) * math.pi / 13
        cuts = np.concatenate([[0.0], cuts[(cuts > 0.02) & (cuts < math.pi - 0.02)], [math.pi]])
        for low, high in itertools.pairwise(cuts):
            r = radius - float(random.uniform(0.0, 0.03))
            coat = STONE.toned(float(random.uniform(0.74, 1.16)))
            mesh.add(shell(r, y0 + joint, y1 - joint, low + joint / radius, high - joint / radius, 3, coat))
    for side in (-1, 1):
        start = (side * radius, side * length / 2, -0.6)
        mesh.add(panel(start, (0, -side * length, 0), (0, 0, 0.6 + spring), STONE_DARK, grain=1.0))
    return mesh


def lion() -> Mesh:
    """A small seated guardian, 0.75 m, facing -Y."""
    mesh = Mesh()
    rings = []
    for z, y, rx, ry in (
        (0.0, 0.05, 0.17, 0.24),
        (0.2, 0.06, 0.18, 0.22),
        (0.38, 0.0, 0.15, 0.16),
        (0.5, -0.04, 0.11, 0.11),
    ):
        a = np.linspace(0, 2 * math.pi, 8, endpoint=False)
        rings.append(np.stack([rx * np.cos(a), y + ry * np.sin(a), np.full(8, z)], 1))
    mesh.add(loft(np.array(rings), STONE_PALE))
    mesh.add(ball((0, -0.1, 0.6), (0.16, 0.16, 0.16), STONE_PALE, sides=8, rings=5))
    mesh.add(box((0, -0.24, 0.56), (0.14, 0.1, 0.12), STONE_PALE))
    for x in (-0.09, 0.09):
        mesh.add(tube([(x, -0.14, 0.32), (x, -0.19, 0.0)], 0.05, STONE_PALE, sides=5))
        mesh.add(ball((x, -0.05, 0.74), (0.05, 0.04, 0.06), STONE_PALE, sides=5, rings=3))
    mesh.add(
        tube([(0, 0.26, 0.05), (0, 0.34, 0.3), (0, 0.24, 0.45)], [0.05, 0.06, 0.03], STONE_PALE, sides=5)
    )
    return mesh
