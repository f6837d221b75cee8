"""Willows, osmanthus, reeds, lotus, grass: leaves are single sheets whose normals point out of the crown."""

# ruff: noqa: RUF005 - offsets are added to arrays here, not joined to lists
from __future__ import annotations

import math

import numpy as np

from .mesh import Floats, Mesh, Paint, ball, paint, raw, revolve, tube
from .noise import rng

BARK = paint("#4A3D33", "wood")
WILLOW = paint("#75905A", "leaf")
OSMANTHUS = paint("#54764E", "leaf")
BLOSSOM = paint("#FFC048", "leaf", 0.46)
REED = paint("#6B6A44", "leaf")
LOTUS_LEAF = paint("#4A7A5C", "leaf")
PETAL = paint("#E3A0AE", "leaf", 0.05)


def _limb(
    a: Floats, b: Floats, r0: float, r1: float, random: np.random.Generator, bend: float, sides: int = 6
) -> tuple[Mesh, Floats]:
    t = np.linspace(0, 1, 6)
    path = a + (b - a) * t[:, None]
    length = float(np.linalg.norm(b - a))
    wobble = random.normal(0, bend * length, 3) * np.array([1, 1, 0.4])
    path = (
        path + np.sin(t * math.pi)[:, None] * wobble + np.sin(t * 2 * math.pi)[:, None] * wobble[::-1] * 0.4
    )
    return Mesh().add(tube(path, np.linspace(r0, r1, 6).tolist(), BARK, sides=sides)), path


def willow(
    seed: int, *, height: float = 7.0, strands: int = 130, lean: tuple[float, float] = (0.0, 0.0)
) -> Mesh:
    """A weeping willow; `lean` moves its crown, m (over the water, say)."""
    random = rng(seed, 91)
    mesh = Mesh()
    top = np.array([lean[0] * 0.5, lean[1] * 0.5, height * 0.5])
    trunk, path = _limb(np.array([0, 0, -0.2]), top, 0.26, 0.15, random, 0.06, 8)
    mesh.add(trunk)
    tips: list[Floats] = []
    for k in range(7):
        a = 2 * math.pi * k / 7 + random.uniform(-0.3, 0.3)
        reach = random.uniform(0.22, 0.36) * height
        end = top + np.array(
            [
                math.cos(a) * reach + lean[0] * 0.5,
                math.sin(a) * reach + lean[1] * 0.5,
                random.uniform(0.25, 0.48) * height,
            ]
        )
        limb, line = _limb(path[-1 - (k % 2)], end, 0.09, 0.03, random, 0.08, 5)
        mesh.add(limb)
        tips += [line[i] * (1 - f) + line[i + 1] * f for i in range(2, 5) for f in (0.15, 0.6, 1.0)]
    crown = np.mean(tips, axis=0)
    pos, nrm, tri, sway, rgb = [], [], [], [], []
    base = 0
    joints = 7
    for _ in range(round(strands * 1.45)):
        root = tips[int(random.integers(len(tips)))] + random.normal(0, 0.22, 3)
        away = root - crown
        away[2] = 0
        flat = away / max(0.2, float(np.linalg.norm(away)))
        length = random.uniform(0.35, 0.8) * (root[2] - 0.25)
        s = np.linspace(0, 1, joints)
        out = flat * random.uniform(0.3, 0.9)
        line = root + out * (1 - (1 - s) ** 2)[:, None]
        line[:, 2] = root[2] + 0.2 * np.sin(s * 2.2) - length * s**1.3
        across = np.cross(flat, [0, 0, 1.0])
        spin = random.uniform(-1, 1)
        across = across * math.cos(spin) + flat * math.sin(spin)
        # Alternating width makes one zigzag sheet read as a row of leaves.
        wide = np.where(np.arange(joints) % 2 == 0, 0.015, 0.075) * (1 - 0.4 * s)
        shift = np.where(np.arange(joints) % 4 < 2, 0.03, -0.03)[:, None] * across
        pos.append(
            np.stack(
                [line - across * wide[:, None] + shift, line + across * wide[:, None] + shift], 1
            ).reshape(-1, 3)
        )
        n = flat * 0.8 + (line - crown) / height + [0, 0, 0.25]
        nrm.append(np.repeat(n, 2, axis=0))
        idx = np.arange(joints - 1)[:, None, None] * 2 + np.array([[0, 1, 3], [0, 3, 2]])[None] + base
        tri.append(idx.reshape(-1, 3))
        amount = 0.16 * s**1.4
        sway.append(np.repeat(np.stack([amount, np.full(joints, random.uniform())], 1), 2, axis=0))
        tone = random.uniform(0.7, 1.25)
        rgb.append(np.tile(np.clip(np.asarray(WILLOW.rgb) * tone, 0, 1), (joints * 2, 1)))
        base += joints * 2
    # Young shoots stand on the limbs and hide the bare wood against the sky.
    for _ in range(round(strands * 1.1)):
        root = tips[int(random.integers(len(tips)))] + random.normal(0, 0.12, 3)
        way = random.normal(0, 0.5, 3) + [0, 0, 0.55]
        way /= np.linalg.norm(way)
        size = random.uniform(0.25, 0.55)
        across = np.cross(way, random.normal(size=3))
        across *= 0.05 / max(0.05, float(np.linalg.norm(across)))
        end = root + way * size + [0, 0, -0.35 * size]
        pos.append(
            np.array([root - across * 0.4, root + across * 0.4, root + way * size * 0.6 + across, end])
        )
        nrm.append(np.tile((root - crown) / height + [0, 0, 0.4], (4, 1)))
        tri.append(np.array([[0, 1, 2], [0, 2, 3]]) + base)
        sway.append(np.tile([0.03, random.uniform()], (4, 1)))
        rgb.append(np.tile(np.clip(np.asarray(WILLOW.rgb) * random.uniform(0.7, 1.2), 0, 1), (4, 1)))
        base += 4
    leaves = raw(
        np.concatenate(pos), np.concatenate(nrm), np.concatenate(tri), WILLOW, rgb=np.concatenate(rgb)
    )
    leaves.parts[0].sway = np.concatenate(sway)
    return mesh.add(leaves)


def osmanthus(
    seed: int,
    *,
    height: float = 4.6,
    leaves: int = 900,
    lean: tuple[float, float] = (0.0, 0.0),
    blossom: float = 0.22,
) -> Mesh:
    """An osmanthus: forked trunk, four or five rounded crowns of leaves, gold blossom between them."""
    random = rng(seed, 92)
    mesh = Mesh()
    fork = np.array([lean[0] * 0.4, lean[1] * 0.4, height * 0.36])
    trunk, path = _limb(np.array([0, 0, -0.15]), fork, 0.19, 0.12, random, 0.07, 7)
    mesh.add(trunk)
    centres = []
    count = 5
    for k in range(count):
        a = 2 * math.pi * k / count + random.uniform(-0.35, 0.35)
        reach = (0.0 if k == count - 1 else random.uniform(0.22, 0.34)) * height
        c = fork + np.array(
            [
                math.cos(a) * reach + lean[0] * 0.6,
                math.sin(a) * reach + lean[1] * 0.6,
                random.uniform(0.28, 0.44) * height + (0.14 * height if k == count - 1 else 0),
            ]
        )
        limb, line = _limb(path[-1], c, 0.08, 0.025, random, 0.08, 5)
        mesh.add(limb)
        for _ in range(2):
            side = c + random.normal(0, 0.14 * height, 3)
            mesh.add(_limb(line[3], side, 0.03, 0.01, random, 0.06, 3)[0])
        centres.append((c, random.uniform(0.17, 0.24) * height))
    middle = np.mean([c for c, _ in centres], axis=0)
    which = random.integers(count, size=leaves)
    direction = random.normal(size=(leaves, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    r = random.uniform(0.35, 1.0, leaves) ** 0.45
    radius = np.array([x for _, x in centres])[which]
    at = np.array([c for c, _ in centres])[which] + direction * (r * radius)[:, None] * [1.15, 1.15, 0.72]
    normal = direction + (at - middle) / height * 1.2 + [0, 0, 0.15]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    # Each leaf a bent pair of triangles, at random angles round its stalk.
    axis = random.normal(size=(leaves, 3))
    axis -= normal * np.einsum("ij,ij->i", axis, normal)[:, None] * 0.6
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    side = np.cross(axis, normal)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
    golden = random.uniform(size=leaves) < blossom
    size = np.where(golden, random.uniform(0.06, 0.115, leaves), random.uniform(0.12, 0.2, leaves))[:, None]
    quad = np.stack([at - axis * size, at - side * size * 0.55, at + axis * size, at + side * size * 0.55], 1)
    colour = np.where(
        golden[:, None],
        np.asarray(BLOSSOM.rgb),
        np.asarray(OSMANTHUS.rgb) * random.uniform(0.7, 1.4, leaves)[:, None],
    )
    idx = np.arange(leaves)[:, None, None] * 4 + np.array([[0, 1, 2], [0, 2, 3]])[None]
    crown = raw(
        quad.reshape(-1, 3),
        np.repeat(normal, 4, axis=0),
        idx,
        OSMANTHUS,
        rgb=np.repeat(np.clip(colour, 0, 1), 4, axis=0),
    )
    crown.parts[0].glow = np.repeat(np.where(golden, BLOSSOM.glow, 0.0), 4)
    phases = random.uniform(size=leaves)
    crown.parts[0].sway = np.repeat(np.stack([np.full(leaves, 0.03), phases], 1), 4, axis=0)
    return mesh.add(crown)


def blades(
    seed: int, count: int, size: tuple[float, float], height: float, *, coat: Paint = REED, heads: float = 0.0
) -> Mesh:
    """Reeds or grass scattered over size (X, Y), growing from z = 0.

    `heads` is the share with a seed head.
    """
    random = rng(seed, 93)
    x, y = random.uniform(-0.5, 0.5, count) * size[0], random.uniform(-0.5, 0.5, count) * size[1]
    h = random.uniform(0.55, 1.1, count) * height
    a = random.uniform(0, 2 * math.pi, count)
    bend = random.uniform(0.1, 0.4, count) * h
    root = np.stack([x, y, np.full(count, -0.25)], 1)
    way = np.stack([np.cos(a), np.sin(a), np.zeros(count)], 1)
    across = np.stack([-np.sin(a), np.cos(a), np.zeros(count)], 1) * (0.018 + 0.008 * height)
    mid = root + way * bend[:, None] * 0.3 + np.stack([0 * h, 0 * h, h * 0.6], 1)
    tip = root + way * bend[:, None] + np.stack([0 * h, 0 * h, h], 1)
    pos = np.stack([root - across, root + across, mid - across * 0.8, mid + across * 0.8, tip], 1)
    n = np.repeat(way * 0.4 + [0, -0.5, 0.6], 5, axis=0)
    idx = np.arange(count)[:, None, None] * 5 + np.array([[0, 1, 3], [0, 3, 2], [2, 3, 4]])[None]
    tones = np.repeat(
        np.clip(np.asarray(coat.rgb) * random.uniform(0.7, 1.3, count)[:, None], 0, 1), 5, axis=0
    )
    mesh = raw(pos.reshape(-1, 3), n, idx, coat, rgb=tones)
    amount = np.tile([0, 0, 0.4, 0.4, 1.0], count) * np.repeat(0.05 * h, 5)
    mesh.parts[0].sway = np.stack([amount, np.repeat(random.uniform(size=count), 5)], 1)
    for k in range(count):
        if random.uniform() < heads:
            head = tube(
                [tip[k] - [0, 0, 0.02], tip[k] + [0, 0, 0.22]],
                [0.028, 0.02],
                paint("#5A4028", "leaf"),
                sides=4,
            )
            mesh.add(head.swayed(float(0.05 * h[k]), float(random.uniform())))
    return mesh


def lotus_bed(seed: int, count: int, size: tuple[float, float], *, flowers: float = 0.25) -> Mesh:
    """Lotus: floating and standing leaves with a notch, buds and open flowers, over size (X.

    Y) on the water.
    """
    random = rng(seed, 94)
    mesh = Mesh()
    for _ in range(count):
        x, y = random.uniform(-0.5, 0.5) * size[0], random.uniform(-0.5, 0.5) * size[1]
        r = random.uniform(0.22, 0.48)
        z = 0.015 + random.uniform(0, 0.008) if random.uniform() < 0.6 else random.uniform(0.25, 0.65)
        sides = 11
        a = np.linspace(0.18, 2 * math.pi - 0.18, sides)
        rim = 1 + 0.06 * np.sin(a * 4 + random.uniform(0, 6))
        lift = 0.0 if z < 0.1 else 0.25 * r
        ring = np.stack(
            [np.cos(a) * r * rim, np.sin(a) * r * rim, np.full(sides, lift) + 0.02 * np.sin(a * 5)], 1
        )
        half = ring * [0.5, 0.5, 0.3]
        pos = np.concatenate([[[0, 0, 0.0]], half, ring])
        tri = [[0, 1 + k, 2 + k] for k in range(sides - 1)]
        for k in range(sides - 1):
            tri += [[1 + k, 1 + sides + k, 2 + sides + k], [1 + k, 2 + sides + k, 2 + k]]
        tone = LOTUS_LEAF.toned(float(random.uniform(0.75, 1.3)))
        pad = raw(pos, np.tile([0, 0, 1.0], (len(pos), 1)), tri, tone)
        pad.parts[0].rgb[0] *= 1.35
        phase = float(random.uniform())
        turn = float(random.uniform(0, 360))
        mesh.add(
            pad.swayed(0.02 if z > 0.1 else 0.008, phase),
            (x, y, z),
            turn_deg=turn,
            tilt_deg=float(random.uniform(-10, 10)) if z > 0.1 else 0,
        )
        if z > 0.1:
            mesh.add(tube([(x, y, -0.1), (x + 0.03, y, z * 0.6), (x, y, z)], 0.012, tone, sides=3))
        if random.uniform() < flowers:
            fx, fy = x + random.uniform(-0.4, 0.4), y + random.uniform(-0.4, 0.4)
            h = random.uniform(0.4, 0.95)
            mesh.add(
                tube([(fx, fy, -0.1), (fx + 0.04, fy, h * 0.5), (fx, fy, h)], 0.012, LOTUS_LEAF, sides=3)
            )
            mesh.add(
                lotus_flower(int(random.integers(1 << 30)), bud=bool(random.uniform() < 0.35)),
                (fx, fy, h),
                scale=float(random.uniform(0.8, 1.25)),
            )
    return mesh


def lotus_flower(seed: int, *, bud: bool = False) -> Mesh:
    """A lotus flower or bud on a stalk that ends at the origin."""
    random = rng(seed, 95)
    if bud:
        return revolve([(0.01, 0), (0.055, 0.06), (0.045, 0.12), (0.0, 0.2)], PETAL, sides=6).swayed(
            0.02, float(random.uniform())
        )
    pos: list[list[float]] = []
    nrm: list[list[float]] = []
    rgb: list[Floats] = []
    tri: list[list[int]] = []
    for count, reach, top in ((8, 0.19, 0.06), (7, 0.15, 0.14), (5, 0.09, 0.18)):
        for k in range(count):
            a = 2 * math.pi * (k + 0.5 * (count % 2)) / count
            half = math.pi / count * 0.9
            b = len(pos)
            for r, da, z, tone in (
                (0.02, 0, 0.0, 0.85),
                (reach * 0.7, -half, top * 0.5, 1.0),
                (reach, 0, top, 1.15),
                (reach * 0.7, half, top * 0.5, 1.0),
            ):
                pos.append([r * math.cos(a + da), r * math.sin(a + da), z])
                nrm.append([math.cos(a) * 0.8, math.sin(a) * 0.8, 0.6])
                rgb.append(np.clip(np.asarray(PETAL.rgb) * tone, 0, 1))
            tri += [[b, b + 1, b + 2], [b, b + 2, b + 3]]
    mesh = raw(pos, nrm, tri, PETAL, rgb=rgb)
    mesh.add(ball((0, 0, 0.06), (0.035, 0.035, 0.03), paint("#D9B040", "leaf", 0.1), sides=6, rings=4))
    return mesh.swayed(0.02, float(random.uniform()))


def vines(seed: int, width: float, fall: float, *, strands: int = 40, coat: Paint = WILLOW) -> Mesh:
    """Creeper hanging over the top of a wall along X at z = 0, facing -Y."""
    random = rng(seed, 96)
    pos, nrm, tri, rgb, sway = [], [], [], [], []
    base = 0
    for _ in range(strands):
        x = random.uniform(-0.5, 0.5) * width
        length = fall * random.uniform(0.25, 1.0) * (0.6 + 0.4 * math.cos(x * 2.1))
        phase = random.uniform()
        for k in range(max(2, int(length / 0.11))):
            z = 0.1 - 0.11 * k
            c = np.array([x + random.normal(0, 0.05), -0.05 - 0.03 * random.uniform(), z])
            a = random.uniform(-0.9, 0.9)
            size = random.uniform(0.06, 0.11)
            side, down = np.array([math.cos(a), 0, math.sin(a)]), np.array([math.sin(a) * 0.5, -0.25, -1.0])
            pos.append(np.array([c - side * size * 0.6, c + side * size * 0.6, c + down * size * 1.4]))
            nrm.append(np.tile(np.array([0.3 * math.sin(a), -1.0, 0.35]), (3, 1)))
            tri.append(np.array([[0, 1, 2]]) + base)
            rgb.append(np.tile(np.clip(np.asarray(coat.rgb) * random.uniform(0.6, 1.3), 0, 1), (3, 1)))
            sway.append(np.tile([0.012 * k, phase], (3, 1)))
            base += 3
    mesh = raw(np.concatenate(pos), np.concatenate(nrm), np.concatenate(tri), coat, rgb=np.concatenate(rgb))
    mesh.parts[0].sway = np.clip(np.concatenate(sway), 0, 1)
    return mesh
