"""Paper lanterns of several shapes, strings of them, posts, floating lotus lamps and stone lanterns."""

from __future__ import annotations

import math

import numpy as np

from .mesh import Lamp, Mesh, Paint, Vec3, ball, beam, box, raw, revolve, tube
from .noise import rng
from .palette import (
    AMBER,
    CREAM,
    FLAME,
    GLOW_AMBER,
    GLOW_LOTUS,
    GLOW_ORANGE,
    GLOW_RED,
    GOLD,
    LACQUER_DARK,
    ORANGE,
    PLANK_DARK,
    RED,
    ROPE,
    ROSE,
    STONE,
    TASSEL,
)

SHAPES = ("drum", "globe", "melon", "tall", "box", "lotus")
_BODIES: dict[str, tuple[Paint, Vec3]] = {
    "red": (RED, GLOW_RED),
    "orange": (ORANGE, GLOW_ORANGE),
    "amber": (AMBER, GLOW_AMBER),
    "cream": (CREAM, GLOW_AMBER),
    "rose": (ROSE, GLOW_LOTUS),
}
COLOURS = tuple(_BODIES)


def lantern(
    shape: str = "globe",
    colour: str = "orange",
    *,
    size: float = 1.0,
    group: str = "a",
    power: float = 3.5,
    phase: float = 0.0,
    fine: bool = False,
    sway_m: float = 0.04,
) -> Mesh:
    """A lantern hanging from the origin: 0.55-0.9 m tall at size 1.

    The emission is brightest low in the middle, where the flame stands: the body reads as lit paper and not as
    a lamp of plastic. `fine` is for lanterns within two metres.
    """
    coat, glow_rgb = _BODIES[colour]
    sides = 16 if fine else 9
    drop = 0.16
    ribs = 0.0
    if shape == "globe":
        t = np.linspace(-1.25, 1.25, 9 if fine else 7)
        profile = np.stack([0.28 * np.cos(t), 0.27 * np.sin(t)], 1)
    elif shape == "melon":
        t = np.linspace(-1.2, 1.2, 9 if fine else 6)
        profile = np.stack([0.34 * np.cos(t), 0.2 * np.sin(t)], 1)
        ribs = 0.05
    elif shape == "drum":
        t = np.linspace(-1, 1, 7 if fine else 5)
        profile = np.stack([0.24 - 0.05 * np.abs(t) ** 3, 0.3 * t], 1)
    elif shape == "tall":
        t = np.linspace(-1, 1, 7 if fine else 5)
        profile = np.stack([0.17 - 0.03 * np.abs(t) ** 4, 0.42 * t], 1)
    elif shape == "box":
        sides = 4
        t = np.linspace(-1, 1, 5)
        profile = np.stack([0.27 + 0.05 * t, 0.28 * t], 1)
    elif shape == "lotus":
        t = np.linspace(0, 1, 5)
        profile = np.stack([0.1 + 0.3 * t**0.7, -0.16 + 0.26 * t**1.4], 1)
        ribs = 0.16
    else:
        raise ValueError(f"lantern shape {shape!r}: known are {', '.join(SHAPES)}")
    low, high = float(profile[:, 1].min()), float(profile[:, 1].max())
    centre = -drop - high
    share = (profile[:, 1] - low) / (high - low)
    level = coat.glow * (0.80 + 0.28 * np.exp(-((share - 0.38) ** 2) / 0.08))
    body = revolve(profile, coat, sides=sides, glow=list(np.clip(level, 0, 1)), ribs=ribs)
    mesh = Mesh().add(body, (0, 0, centre), turn_deg=45 if shape == "box" else 0)
    r_top, r_low = float(profile[-1, 0]), float(profile[0, 0])
    if shape == "lotus":
        mesh.add(ball((0, 0, centre + 0.04), (0.12, 0.12, 0.12), FLAME, sides=6, rings=4))
        r_top = 0.05
    for r, z, h in ((r_top, high, 0.05), (r_low, low - 0.05, 0.06)):
        rim = [(r * 0.7, h + 0.01), (r + 0.015, h), (r + 0.015, 0.0), (r * 0.6, -0.01)][::-1]
        mesh.add(revolve(rim, LACQUER_DARK, sides=8 if fine else 6), (0, 0, centre + z))
    mesh.add(tube([(0, 0, 0.02), (0, 0, centre + high)], 0.012, ROPE, sides=3))
    tail = centre + low - 0.06
    mesh.add(tube([(0, 0, tail), (0, 0, tail - 0.1)], 0.015, GOLD, sides=4))
    mesh.add(revolve([(0.055, 0.0), (0.035, 0.22), (0.012, 0.26)], TASSEL, sides=5), (0, 0, tail - 0.36))
    mesh = Mesh().add(mesh, scale=size)
    middle = (0.0, 0.0, centre * size)
    mesh.swayed(lambda p: sway_m * np.clip(-p[:, 2] / (0.6 * size), 0, 1.5), phase)
    mesh.lamps.append(Lamp(middle, 0.27 * size, glow_rgb, group, power * size**1.5, True, phase))
    return mesh


def sky_lantern(colour: str = "orange", *, size: float = 1.0, ribbon: bool = False) -> Mesh:
    """A paper lantern that flies, 1 m tall at size 1, its mouth at the origin and no lamp in the sidecar: it moves."""
    coat, _ = _BODIES[colour]
    profile = [(0.27, 0.0), (0.33, 0.22), (0.37, 0.5), (0.36, 0.74), (0.24, 0.92), (0.0, 0.98)]
    glow = [coat.glow * share for share in (1.2, 1.1, 0.92, 0.8, 0.72, 0.68)]
    mesh = Mesh().add(revolve(profile, coat, sides=10, glow=list(np.clip(glow, 0, 1))))
    ring = [(0.27 * math.cos(a), 0.27 * math.sin(a), 0.0) for a in np.linspace(0, 2 * math.pi, 11)]
    mesh.add(tube(ring, 0.012, LACQUER_DARK, sides=3))
    mesh.add(ball((0, 0, 0.08), (0.07, 0.07, 0.1), FLAME, sides=6, rings=4))
    if ribbon:
        for turn in (0.0, 2.1, 4.2):
            x, y = 0.27 * math.cos(turn), 0.27 * math.sin(turn)
            mesh.add(tube([(x, y, 0), (x * 1.1, y * 1.1, -0.3), (x, y, -0.6)], 0.014, TASSEL, sides=3))
    return Mesh().add(mesh, scale=size)


def string(
    a: Vec3, b: Vec3, count: int, seed: int, *, sag: float = 1.0, size: float = 1.0, group: str = "a"
) -> Mesh:
    """A rope from a to b with lanterns of mixed shapes."""
    random = rng(seed, 11)
    p, q = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    t = np.linspace(0, 1, 17)
    line = p + (q - p) * t[:, None]
    line[:, 2] -= sag * 4 * t * (1 - t)
    mesh = Mesh().add(tube(line, 0.02, ROPE.toned(0.5), sides=3).swayed(0.01, float(random.uniform())))
    for k in range(count):
        s = (k + 0.5 + random.uniform(-0.15, 0.15)) / count
        at = p + (q - p) * s
        at[2] -= sag * 4 * s * (1 - s)
        shape = str(random.choice(["drum", "globe", "globe", "melon", "tall", "box", "lotus"]))
        colour = str(
            random.choice(
                ["red", "orange", "orange", "amber", "cream", "rose"], p=[0.22, 0.2, 0.2, 0.18, 0.14, 0.06]
            )
        )
        mesh.add(
            lantern(
                shape,
                colour,
                size=size * random.uniform(0.85, 1.2),
                group=group,
                phase=float(random.uniform()),
            ),
            at,
            turn_deg=float(random.uniform(0, 90)),
        )
    return mesh


def post(height: float, shape: str, colour: str, *, seed: int, arm: float = 0.8, group: str = "a") -> Mesh:
    """A quay post with an arm (towards +X) and a lantern."""
    mesh = Mesh()
    mesh.add(box((0, 0, 0.12), (0.34, 0.34, 0.24), STONE, faces="xXyYZ"))
    mesh.add(tube([(0, 0, 0.2), (0, 0, height)], [0.075, 0.055], LACQUER_DARK, sides=6, caps=True))
    mesh.add(beam((-0.15, 0, height - 0.2), (arm, 0, height - 0.05), 0.06, 0.08, LACQUER_DARK))
    mesh.add(beam((0.05, 0, height - 0.6), (arm * 0.6, 0, height - 0.1), 0.05, 0.05, LACQUER_DARK))
    mesh.add(
        lantern(shape, colour, size=1.1, group=group, phase=float(rng(seed, 5).uniform())),
        (arm - 0.05, 0, height - 0.1),
    )
    return mesh


def lotus_lamp(seed: int, *, size: float = 1.0, group: str = "a") -> Mesh:
    """A floating paper lotus with a candle, its underside at the water z = 0."""
    random = rng(seed, 3)
    coat = (AMBER, ROSE, CREAM, ORANGE)[int(random.integers(4))]
    pos: list[list[float]] = []
    nrm: list[list[float]] = []
    tri: list[list[int]] = []
    for ring, (count, reach, top) in enumerate(((7, 0.30, 0.15), (5, 0.2, 0.22))):
        for k in range(count):
            a = 2 * math.pi * (k + 0.5 * ring) / count
            half = math.pi / count * 0.95
            base = len(pos)
            for r, da, z in (
                (0.08, 0.0, 0.02),
                (reach * 0.75, -half, top * 0.55),
                (reach, 0.0, top),
                (reach * 0.75, half, top * 0.55),
            ):
                pos.append([r * math.cos(a + da), r * math.sin(a + da), z])
                nrm.append([math.cos(a + da), math.sin(a + da), 0.4])
            tri += [[base, base + 1, base + 2], [base, base + 2, base + 3]]
    petals = raw(pos, nrm, tri, Paint(coat.rgb, "paper", 0.52))
    mesh = Mesh().add(petals)
    mesh.add(revolve([(0.05, 0.02), (0.06, 0.12), (0.03, 0.2), (0.0, 0.25)], FLAME, sides=5))
    mesh.add(revolve([(0.0, 0.02), (0.3, 0.02)], paint_leaf(), sides=8))
    mesh = Mesh().add(mesh, scale=size)
    phase = float(random.uniform())
    mesh.swayed(0.03, phase)
    mesh.lamps.append(Lamp((0, 0, 0.2 * size), 0.14 * size, GLOW_LOTUS, group, 0.55, True, phase))
    return mesh


def paint_leaf() -> Paint:
    """The pad under a lotus lamp."""
    return Paint((0.16, 0.30, 0.22), "leaf", 0.0)


def stone_lantern(seed: int, *, height: float = 2.0, group: str = "a") -> Mesh:
    """Garden lantern: foot, shaft, light box with four openings, hat and finial."""
    s = height / 2.0
    mesh = Mesh()
    mesh.add(revolve([(0.42, 0), (0.42, 0.12), (0.3, 0.2), (0.2, 0.28)], STONE, sides=8))
    mesh.add(
        revolve(
            [(0.15, 0.24), (0.13, 0.6), (0.17, 0.62), (0.17, 0.68), (0.13, 0.7), (0.14, 1.02)], STONE, sides=8
        )
    )
    mesh.add(revolve([(0.14, 1.0), (0.34, 1.12), (0.34, 1.2), (0.2, 1.22)], STONE, sides=8))
    for k in range(4):
        a = math.pi / 4 + k * math.pi / 2
        mesh.add(box((0.23 * math.cos(a), 0.23 * math.sin(a), 1.38), (0.08, 0.08, 0.36), STONE, faces="xXyY"))
    mesh.add(revolve([(0.17, 1.21), (0.18, 1.38), (0.15, 1.55)], AMBER, sides=6, glow=[0.8, 0.9, 0.6]))
    mesh.add(
        revolve(
            [(0.1, 1.52), (0.55, 1.6), (0.52, 1.66), (0.26, 1.82), (0.12, 1.95), (0.0, 1.97)], STONE, sides=8
        )
    )
    mesh.add(ball((0, 0, 2.05), (0.1, 0.1, 0.13), STONE, sides=6, rings=4))
    mesh = Mesh().add(mesh, scale=s)
    mesh.lamps.append(
        Lamp((0, 0, 1.38 * s), 0.2 * s, GLOW_AMBER, group, 4.6, True, float(rng(seed, 9).uniform()))
    )
    return mesh


def hand_lantern(colour: str, phase: float) -> Mesh:
    """A small lantern on a stick, held at the origin and reaching forward (-Y)."""
    mesh = Mesh().add(tube([(0, 0.1, -0.05), (0, -0.55, 0.28)], 0.014, PLANK_DARK, sides=4))
    mesh.add(
        lantern("globe" if phase < 0.6 else "drum", colour, size=0.52, power=3.0, phase=phase),
        (0, -0.54, 0.28),
    )
    return mesh
