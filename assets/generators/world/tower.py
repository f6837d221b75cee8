"""Towers: the drum tower on its terrace, far pagodas, the great drum."""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .house import balcony, bracket, lattice, lit_sheet, rectangles, storey
from .lantern import lantern
from .mesh import Floats, Lamp, Mesh, ball, beam, box, loft, paint, panel, revolve, surface, tube
from .noise import rng
from .palette import (
    FLAME,
    GLOW_ORANGE,
    GLOW_WINDOW,
    GOLD,
    INK,
    IRON,
    LACQUER,
    LACQUER_DARK,
    MALACHITE,
    PLASTER,
    STONE,
    STONE_DARK,
    STONE_PALE,
)
from .roof import Roof, tiled_roof
from .signs import banner, board


def great_drum(radius: float = 1.7, depth: float = 1.9) -> Mesh:
    """The hero drum: barrel with its axis along Y, skins at both ends, studs, rings.

    Centred on the origin.
    """
    mesh = Mesh()
    t = np.linspace(-1, 1, 9)
    a = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    r = radius * (1.16 - 0.16 * t**2)
    grid = np.stack(
        [
            np.stack([x * np.cos(a), np.full(28, y * depth / 2), x * np.sin(a)], 1)
            for x, y in zip(r, t, strict=True)
        ]
    )
    body = loft(grid, LACQUER)
    stripe = np.where(np.arange(28) % 4 == 0, 0.72, 1.0)
    body.parts[0].rgb *= np.tile(stripe, 9)[:, None]
    mesh.add(body)
    skin = paint("#E2C592", "plaster")
    for out in (-1.0, 1.0):
        rings = []
        tones = []
        for f, tone in (
            (0.0, (0.52, 0.16, 0.10)),
            (0.18, (0.52, 0.16, 0.10)),
            (0.2, skin.rgb),
            (0.45, skin.rgb),
            (0.47, (0.62, 0.22, 0.14)),
            (0.52, (0.62, 0.22, 0.14)),
            (0.54, skin.rgb),
            (0.8, skin.rgb),
            (0.98, (0.72, 0.60, 0.42)),
            (1.0, (0.6, 0.48, 0.32)),
        ):
            q = max(f, 0.001) * radius
            rings.append(
                np.stack(
                    [q * np.cos(a), np.full(28, out * (depth / 2 + 0.03 * (1 - f * f))), q * np.sin(a)], 1
                )
            )
            tones.append(tone)
        face = surface(np.array(rings), skin, closed=True, outward=(0, out, 0))
        face.parts[0].rgb = np.repeat(np.array(tones), 28, axis=0)
        mesh.add(face)
        for k in range(36):
            q = 2 * math.pi * k / 36
            mesh.add(
                ball(
                    (radius * 1.015 * math.cos(q), out * (depth / 2 - 0.1), radius * 1.015 * math.sin(q)),
                    (0.055, 0.055, 0.055),
                    GOLD,
                    sides=5,
                    rings=3,
                )
            )
        rim = [
            (radius * 1.0 * math.cos(q), out * depth / 2, radius * 1.0 * math.sin(q))
            for q in np.linspace(0, 2 * math.pi, 33)
        ]
        mesh.add(tube(rim, 0.05, GOLD, sides=5))
    return mesh


def drum_stand(radius: float = 1.7) -> Mesh:
    """Lacquer cradle for the drum, whose axis passes the origin along Y."""
    mesh = Mesh()
    for x in (-1, 1):
        for y in (-0.7, 0.7):
            mesh.add(
                beam(
                    (x * radius * 1.25, y, -radius * 1.45),
                    (x * radius * 0.75, y, -radius * 0.78),
                    0.22,
                    0.26,
                    LACQUER_DARK,
                )
            )
            mesh.add(
                tube(
                    [(x * radius * 1.35, y, -radius * 1.45), (x * radius * 1.35, y, radius * 1.5)],
                    0.11,
                    LACQUER,
                    sides=7,
                    caps=True,
                )
            )
            mesh.add(ball((x * radius * 1.35, y, radius * 1.55), (0.15, 0.15, 0.17), GOLD, sides=8, rings=5))
        mesh.add(
            beam(
                (x * radius * 1.35, -0.9, -radius * 1.4),
                (x * radius * 1.35, 0.9, -radius * 1.4),
                0.26,
                0.22,
                LACQUER_DARK,
            )
        )
    for y in (-0.7, 0.7):
        mesh.add(
            beam((-radius * 1.6, y, radius * 1.42), (radius * 1.6, y, radius * 1.42), 0.16, 0.2, LACQUER)
        )
        mesh.add(
            beam((-radius * 1.4, y, -radius * 1.2), (radius * 1.4, y, -radius * 1.2), 0.16, 0.2, LACQUER_DARK)
        )
    return mesh


def _flicker(height: float) -> Callable[[Floats], Floats]:
    return lambda p: 0.07 * np.clip(p[:, 2] / height, 0, 1) ** 1.5


def fire(scale: float = 1.0) -> Mesh:
    """Flames: bent tongues, each swelling low and licking to a point, brightest at the root."""
    mesh = Mesh()
    a = np.linspace(0, 2 * math.pi, 7, endpoint=False)
    for k in range(9):
        turn = k * 2.4
        reach = 0.0 if k == 0 else 0.12 + 0.03 * k
        h = (1.25, 0.85, 1.0, 0.7, 0.9, 0.55, 0.75, 0.5, 0.6)[k]
        t = np.linspace(0, 1, 7)
        r = 0.17 * np.sin(np.clip(t * 1.05 + 0.22, 0, 1) * math.pi) ** 0.9 * (1 - 0.55 * t) * (0.7 + 0.3 * h)
        bend = 0.16 * h * np.sin(t * 2.6 + k) * t
        x = reach * math.cos(turn) * (1 - 0.6 * t) + bend * math.cos(turn + 1.2)
        y = reach * math.sin(turn) * (1 - 0.6 * t) + bend * math.sin(turn + 1.2)
        rings = np.stack(
            [
                np.stack([x[i] + r[i] * np.cos(a), y[i] + r[i] * np.sin(a), np.full(7, h * t[i])], 1)
                for i in range(7)
            ]
        )
        tongue = loft(rings, FLAME)
        tongue.parts[0].glow = np.repeat(np.interp(t, [0, 0.4, 1], [1.0, 0.85, 0.4]), 7)
        red = np.interp(t, [0.0, 0.5, 1.0], [0.0, 0.35, 1.0])[:, None]
        tones = np.asarray(FLAME.rgb) * (1 - red) + np.array([1.0, 0.36, 0.10]) * red
        tongue.parts[0].rgb = np.repeat(tones, 7, axis=0)
        mesh.add(tongue.swayed(_flicker(h), k * 0.17))
    return Mesh().add(mesh, scale=scale)


def brazier(height: float = 1.9, *, power: float = 16.0, group: str = "c") -> Mesh:
    """Iron bowl on three legs with a fire; the fire stands at `height`."""
    mesh = Mesh()
    mesh.add(
        revolve(
            [
                (0.1, height - 0.5),
                (0.45, height - 0.3),
                (0.66, height),
                (0.6, height),
                (0.3, height - 0.18),
                (0.0, height - 0.2),
            ],
            IRON.toned(1.5),
            sides=12,
        )
    )
    for k in range(3):
        a = k * 2.0944 + 0.5
        mesh.add(
            tube(
                [
                    (0.62 * math.cos(a), 0.62 * math.sin(a), 0),
                    (0.2 * math.cos(a), 0.2 * math.sin(a), height - 0.45),
                ],
                0.05,
                IRON.toned(1.4),
                sides=5,
            )
        )
    mesh.add(fire(1.0), (0, 0, height - 0.15))
    mesh.lamps.append(Lamp((0, 0, height + 0.4), 0.4, GLOW_ORANGE, group, power, True, 0.37))
    return mesh


def masonry(
    width: float, depth: float, height: float, batter: float, seed: int, *, arch: float = 0.0
) -> Mesh:
    """Terrace of coursed stone with battered faces, a dark arch in front, a parapet cap.

    Front centre at the origin.
    """
    random = rng(seed, 121)
    mesh = Mesh()
    rows, cols = max(4, int(height / 0.6)), max(8, int(width / 1.0))
    for which in ("front", "left", "right"):
        span = width if which == "front" else depth
        n = cols if which == "front" else max(6, int(depth / 1.4))
        u, v = np.meshgrid(np.linspace(-0.5, 0.5, n), np.linspace(0, 1, rows + 1))
        shrink = 1 - 2 * batter * height * v / span
        x, y, z = u * span * shrink, batter * height * v, height * v
        if which == "front":
            p = np.stack([x, y, z], 2)
        elif which == "right":
            p = np.stack([width / 2 - y, depth / 2 + x, z], 2)
        else:
            p = np.stack([-width / 2 + y, depth / 2 - x, z], 2)
        out = {"front": (0, -1, 0.1), "right": (1, 0, 0.1), "left": (-1, 0, 0.1)}[which]
        face = surface(p, STONE, outward=out)
        face.parts[0].rgb *= random.uniform(0.75, 1.2, (p.shape[0] * p.shape[1], 1))
        mesh.add(face)
        if which == "front":
            # Courses as thin dark lines.
            for k in range(1, rows):
                zz = height * k / rows
                w = width - 2 * batter * zz
                mesh.add(
                    rectangles(
                        [(-w / 2, zz - 0.025, w / 2, zz + 0.025)], batter * zz - 0.015, STONE_DARK.toned(0.7)
                    )
                )
    if arch:
        t = np.linspace(0, math.pi, 13)
        ring = np.stack([-np.cos(t) * arch, np.zeros(13), arch * 0.9 + np.sin(t) * arch], 1)
        ring = np.concatenate([[[-arch, 0, 0]], ring, [[arch, 0, 0]]])
        lean = ring[:, 2:] * batter * [[0, 1, 0]]
        front = ring + lean + [0, -0.06, 0]
        back = ring + [0, 5.0, 0]
        centre = np.array([0, 0, arch * 0.8])
        mesh.add(
            surface(
                np.stack([front, front * 0.4 + back * 0.6, back]),
                STONE_DARK,
                outward=np.broadcast_to(centre - ring, (3, 15, 3)),
            )
        )
        mesh.add(panel((-arch, 4.95, 0), (2 * arch, 0, 0), (0, 0, arch * 1.95), LACQUER_DARK, grain=1.0))
        big = np.stack([-np.cos(t) * (arch + 0.5), np.zeros(13), arch * 0.9 + np.sin(t) * (arch + 0.5)], 1)
        big = np.concatenate([[[-arch - 0.5, 0, 0]], big, [[arch + 0.5, 0, 0]]])
        mesh.add(
            surface(
                np.stack([front + [0, -0.02, 0], big + big[:, 2:] * batter * [[0, 1, 0]] + [0, -0.1, 0]]),
                STONE_PALE,
                outward=(0, -1, 0),
            )
        )
        # The hole itself hides the wall behind it: a dark sheet a finger in front.
        dark = np.concatenate([front + [0, 0.03, 0], [[0, 0.0, arch * 0.8]]])
        fan = [[k, k + 1, len(front)] for k in range(len(front) - 1)]
        from .mesh import raw

        mesh.add(raw(dark, np.tile([0, -1.0, 0], (len(dark), 1)), fan, INK))
        mesh.add(
            lantern("globe", "red", size=1.5, group="c", power=5.0, phase=0.1), (0, -0.5, arch * 1.9 + 0.2)
        )
    top = width - 2 * batter * height
    mesh.add(
        box(
            (0, batter * height + (depth - batter * height) / 2 - 0.1, height + 0.1),
            (top + 0.5, depth - batter * height + 0.2, 0.24),
            STONE_PALE,
            faces="xXyZ",
            grain=1.2,
        )
    )
    return mesh


def parapet(width: float, height: float = 0.9) -> Mesh:
    """Railing of stone along X, centred, facing -Y."""
    from .bridge import rail_post

    mesh = Mesh()
    n = max(4, round(width / 1.9))
    for k in range(n + 1):
        x = -width / 2 + width * k / n
        mesh.add(rail_post(height), (x, 0, 0))
        if k < n:
            mid, w = x + width / n / 2, width / n - 0.2
            mesh.add(box((mid, 0, 0.3), (w, 0.1, 0.6), STONE, faces="yZ", grain=1.0))
            mesh.add(box((mid, 0, height - 0.1), (w, 0.16, 0.14), STONE_PALE, faces="yzZ", grain=1.0))
    return mesh


def hall(
    width: float, depth: float, levels: int, bays: int, seed: int, *, detail: int = 2, dim: float = 1.0
) -> Mesh:
    """The timber part of a tower: storeys with skirt roofs, galleries, a great roof.

    Front at y = 0, floor z = 0.
    """
    random = rng(seed, 122)
    mesh = Mesh()
    z, w, d, y = 0.0, width, depth, 0.0
    for level in range(levels):
        high = 3.3 - 0.35 * level
        lit = [dim * float(random.uniform(0.65, 1.0)) for _ in range(bays)]
        kinds = ["lattice", "mullion"] if level else ["lattice"]
        if level == 0 and bays % 2:
            kinds = ["lattice"] * (bays // 2) + ["door"] + ["lattice"] * (bays // 2)
        mesh.add(
            storey(
                w, d, high, bays, kinds, lit, seed + level * 11, frame=LACQUER, detail=detail, sides_lit=True
            ),
            (0, y, z),
        )
        head = z + high + 0.98
        over = 1.5
        last = level == levels - 1
        if last:
            roof = Roof(w + 2 * over, d + 2 * over, 3.4, w * 0.62, 0.55 if level % 2 else 0.6, 1.25, detail)
            mesh.add(tiled_roof(roof, soffit_inset=over, soffit_drop=-0.12), (0, y + d / 2, head + 0.1))
        else:
            roof = Roof(w + 2 * over, d + 2 * over, 3.4, max(0.4, w - d), 1.0, 1.0, detail, cut=0.36)
            mesh.add(tiled_roof(roof, soffit_inset=over, soffit_drop=-0.12), (0, y + d / 2, head + 0.1))
        n = bays + 3
        for k in range(n):
            x = (k - (n - 1) / 2) * (w + 1.2) / (n - 1)
            mesh.add(
                lantern(
                    "globe" if level % 2 == 0 else "tall",
                    "orange" if level % 2 == 0 else "amber",
                    size=0.95,
                    power=2.6,
                    phase=float(random.uniform()),
                ),
                (x, y - 1.15, head),
            )
        if not last:
            z = head + 0.1 + float(roof.height(np.array(0.0), np.array(0.36))) + 0.2
            mesh.add(
                panel(
                    (-w / 2 + 0.7, y + 0.7, head),
                    (w - 1.4, 0, 0),
                    (0, 0, z - head + 0.3),
                    LACQUER_DARK,
                    grain=1.5,
                )
            )
            w, d, y = w - 1.6, d - 1.6, y + 0.8
            mesh.add(balcony(w + 1.2, 1.1), (0, y + 0.05, z))
    mesh.points["top"] = (0.0, y + d / 2, head + 3.5)
    return mesh


def pagoda(seed: int, storeys: int = 4, width: float = 9.0) -> Mesh:
    """A far tower: shrinking boxes with curved roofs and windows, base at z = 0, centred."""
    random = rng(seed, 123)
    mesh = Mesh()
    z, w = 0.0, width
    for level in range(storeys):
        h = 3.6 - 0.3 * level
        mesh.add(box((0, 0, z + h / 2), (w, w, h), PLASTER.toned(0.6), faces="xXyY", grain=2.0))
        for turn in (0.0, 90.0, -90.0):
            n = 3
            for k in range(n):
                x = (k - 1) * w / n
                sheet = Mesh().add(
                    lit_sheet(w / n - 0.8, h - 1.6, float(random.uniform(0.6, 1.0)), seed * 9 + k + level)
                )
                sheet.add(lattice(w / n - 0.8, h - 1.6, "grid", LACQUER))
                one = Mesh().add(sheet, (x, -w / 2 - 0.04, z + 1.0))
                mesh.add(one, turn_deg=turn)
            mesh.lamps.append(Lamp((0, -w / 2 - 1.0, z + 1.8), 0.5, GLOW_WINDOW, "b", 2.0, False))
        mesh.add(box((0, 0, z + h - 0.15), (w + 0.5, w + 0.5, 0.3), LACQUER, faces="xXyY"))
        last = level == storeys - 1
        roof = Roof(
            w + 3.2,
            w + 3.2,
            4.0 if last else 2.6,
            0.0 if last else 0.4,
            1.0,
            0.9,
            0,
            cut=1.0 if last else 0.42,
        )
        mesh.add(tiled_roof(roof, soffit_inset=1.6), (0, 0, z + h + 0.05))
        z += h + (4.0 if last else float(roof.height(np.array(0.0), np.array(0.42)))) + 0.05
        w *= 0.86
    mesh.add(tube([(0, 0, z - 0.3), (0, 0, z + 2.2)], [0.16, 0.03], GOLD, sides=6))
    for k in range(4):
        mesh.add(ball((0, 0, z + 0.3 + 0.42 * k), (0.3 - 0.05 * k,) * 2 + (0.1,), GOLD, sides=8, rings=4))
    return mesh


def drum_tower() -> Mesh:
    """The hero: terrace 30 m wide and 7.4 m high with an arch, banners and parapet.

    Hall of three storeys above.

    Front foot centre at the origin; the terrace's edge is set back for the drum.
    """
    mesh = Mesh().add(masonry(30.0, 20.0, 7.0, 0.08, 5, arch=2.6))
    mesh.add(parapet(28.2), (0, 0.75, 7.2))
    for k, x in enumerate((-12.0, -9.2, -6.4, 6.4, 9.2, 12.0)):
        mesh.add(
            banner(1.5, 5.0, "#9E2A20" if k % 2 == 0 else "#7E1A14", 60 + k, text="鼓"[:0]), (x, 0.28, 6.6)
        )
    mesh.add(hall(20.0, 11.0, 3, 7, 71), (0, 6.0, 7.3))
    mesh.add(board("山月", 1.1), (0, 5.4, 7.3 + 4.0))
    for x in (-10.9, 10.9):
        mesh.add(bracket(far=True), (x, 6.0, 10.0))
    for x in (-7.6, -4.6, 4.6, 7.6):
        mesh.lamps.append(Lamp((x, -2.2, 1.4), 0.6, GLOW_ORANGE, "c", 26.0, False))
        mesh.lamps.append(Lamp((x * 1.1, 3.2, 8.2), 0.6, GLOW_ORANGE, "c", 20.0, False))
        # The fires reach up under every eave.
        mesh.lamps.append(Lamp((x, 4.6, 13.4), 0.6, GLOW_ORANGE, "c", 9.0, False))
        mesh.lamps.append(Lamp((x * 0.8, 5.4, 18.6), 0.6, GLOW_ORANGE, "c", 6.0, False))
    mesh.add(rectangles([(-14.0, 7.2, 14.0, 7.32)], 0.5, MALACHITE))
    return mesh
