"""Brush-stroke characters, shop boards and hanging cloth."""

from __future__ import annotations

import numpy as np

from .mesh import Mesh, Paint, box, paint, raw, surface, tube
from .noise import rng
from .palette import BAMBOO, GOLD, INK, LACQUER_DARK

# Strokes as (x0, z0, x1, z1) in a unit square, by character.
GLYPHS: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "茶": (
        (0.08, 0.86, 0.92, 0.86), (0.33, 0.98, 0.33, 0.76), (0.67, 0.98, 0.67, 0.76), (0.5, 0.74, 0.06, 0.44),
        (0.5, 0.74, 0.94, 0.44), (0.22, 0.38, 0.78, 0.38), (0.5, 0.56, 0.5, 0.02), (0.46, 0.36, 0.18, 0.1),
        (0.54, 0.36, 0.82, 0.1),
    ),
    "酒": (
        (0.04, 0.92, 0.18, 0.8), (0.0, 0.66, 0.14, 0.54), (0.02, 0.08, 0.2, 0.4), (0.3, 0.92, 1.0, 0.92),
        (0.36, 0.7, 0.94, 0.7), (0.36, 0.7, 0.36, 0.04), (0.94, 0.7, 0.94, 0.04), (0.36, 0.06, 0.94, 0.06),
        (0.54, 0.92, 0.5, 0.46), (0.76, 0.92, 0.78, 0.46), (0.36, 0.28, 0.94, 0.28),
    ),
    "灯": (
        (0.12, 0.72, 0.05, 0.5), (0.4, 0.76, 0.32, 0.56), (0.22, 0.94, 0.2, 0.5), (0.2, 0.5, 0.02, 0.06),
        (0.2, 0.5, 0.42, 0.12), (0.5, 0.82, 1.0, 0.82), (0.75, 0.82, 0.75, 0.06), (0.75, 0.06, 0.6, 0.18),
    ),
    "米": (
        (0.04, 0.54, 0.96, 0.54), (0.5, 0.98, 0.5, 0.0), (0.2, 0.9, 0.36, 0.66), (0.8, 0.9, 0.64, 0.66),
        (0.46, 0.5, 0.06, 0.08), (0.54, 0.5, 0.94, 0.08),
    ),
    "布": (
        (0.06, 0.78, 0.94, 0.78), (0.45, 0.98, 0.06, 0.36), (0.25, 0.5, 0.25, 0.12), (0.25, 0.5, 0.8, 0.5),
        (0.8, 0.5, 0.8, 0.14), (0.52, 0.68, 0.52, 0.0),
    ),
    "山": ((0.5, 0.96, 0.5, 0.1), (0.08, 0.6, 0.08, 0.1), (0.92, 0.6, 0.92, 0.08), (0.08, 0.1, 0.92, 0.1)),
    "吉": (
        (0.06, 0.82, 0.94, 0.82), (0.5, 1.0, 0.5, 0.6), (0.18, 0.6, 0.82, 0.6), (0.2, 0.42, 0.8, 0.42),
        (0.2, 0.42, 0.2, 0.02), (0.8, 0.42, 0.8, 0.02), (0.2, 0.04, 0.8, 0.04),
    ),
    "春": (
        (0.14, 0.92, 0.86, 0.92), (0.2, 0.78, 0.8, 0.78), (0.04, 0.64, 0.96, 0.64), (0.46, 1.0, 0.04, 0.36),
        (0.54, 0.64, 0.98, 0.36), (0.3, 0.42, 0.7, 0.42), (0.3, 0.42, 0.3, 0.0), (0.7, 0.42, 0.7, 0.0),
        (0.3, 0.22, 0.7, 0.22), (0.3, 0.02, 0.7, 0.02),
    ),
    "月": (
        (0.26, 0.94, 0.26, 0.3), (0.26, 0.3, 0.08, 0.02), (0.26, 0.94, 0.8, 0.94), (0.8, 0.94, 0.8, 0.04),
        (0.28, 0.68, 0.8, 0.68), (0.28, 0.44, 0.8, 0.44),
    ),
    "古": (
        (0.06, 0.76, 0.94, 0.76), (0.5, 1.0, 0.5, 0.5), (0.2, 0.5, 0.8, 0.5), (0.2, 0.5, 0.2, 0.02),
        (0.8, 0.5, 0.8, 0.02), (0.2, 0.04, 0.8, 0.04),
    ),
}  # fmt: skip
CLOTH = ("#A2372A", "#2F4F6A", "#C58B2E", "#7B2B4A", "#3E6B58", "#B9A57C", "#5A2A22")


def character(char: str, size: float, coat: Paint) -> Mesh:
    """A character in the X-Z plane, centred, facing -Y."""
    pos: list[list[float]] = []
    tri: list[list[int]] = []
    for x0, z0, x1, z1 in GLYPHS[char]:
        a, b = np.array([x0 - 0.5, z0 - 0.5]), np.array([x1 - 0.5, z1 - 0.5])
        d = (b - a) / np.linalg.norm(b - a)
        n = np.array([-d[1], d[0]])
        # A brush stroke: full where it starts, thinner where it leaves the paper.
        corners = (
            a - d * 0.02 + n * 0.055,
            a - d * 0.02 - n * 0.055,
            b + d * 0.02 - n * 0.035,
            b + d * 0.02 + n * 0.035,
        )
        base = len(pos)
        pos += [[float(c[0]) * size, 0.0, float(c[1]) * size] for c in corners]
        tri += [[base, base + 1, base + 2], [base, base + 2, base + 3]]
    return raw(pos, np.tile([0.0, -1.0, 0.0], (len(pos), 1)), tri, coat)


def board(text: str, size: float = 0.6) -> Mesh:
    """A horizontal shop board with gilded characters, centred, facing -Y and leaning forward a little."""
    width = size * (len(text) * 1.15 + 0.4)
    height = size * 1.5
    mesh = Mesh().add(box((0, 0.04, 0), (width, 0.08, height), LACQUER_DARK, faces="xXyzZ"))
    for z in (-height / 2, height / 2):
        mesh.add(box((0, -0.01, z), (width + 0.08, 0.06, 0.06), GOLD, faces="xXyzZ"))
    for x in (-width / 2, width / 2):
        mesh.add(box((x, -0.01, 0), (0.06, 0.06, height), GOLD, faces="xXy"))
    for k, char in enumerate(text):
        x = (k - (len(text) - 1) / 2) * size * 1.15
        mesh.add(character(char, size, Paint(GOLD.rgb, "metal", 0.08)), (x, -0.012, 0))
    return Mesh().add(mesh, tilt_deg=8)


def cloth_sign(text: str, seed: int, *, width: float = 0.62) -> Mesh:
    """A cloth sign hanging from a pole at the origin, characters below each other, facing -Y on one side."""
    random = rng(seed, 21)
    coat = paint(CLOTH[int(random.integers(len(CLOTH)))], "cloth")
    length = width * (0.95 * len(text) + 0.7)
    rows = 3 * len(text) + 2
    z = -np.linspace(0.05, length, rows)
    x = np.array([-0.5, 0.0, 0.5]) * width
    wave = 0.05 * np.sin(z * 2.6 + random.uniform(0, 6)) * np.clip(-z, 0, 1)
    grid = np.stack(
        [
            np.broadcast_to(x, (rows, 3)),
            np.broadcast_to(wave[:, None], (rows, 3)),
            np.broadcast_to(z[:, None], (rows, 3)),
        ],
        2,
    )
    mesh = Mesh().add(surface(grid, coat, outward=(0, -1, 0)))
    for k, char in enumerate(text):
        at = -width * (0.6 + 0.95 * k)
        y = float(np.interp(-at, -z, wave)) - 0.035
        mesh.add(character(char, width * 0.72, paint("#F0DDB0", "cloth")), (0, y, at))
    phase = float(random.uniform())
    mesh.swayed(lambda p: 0.06 * np.clip(-p[:, 2] / length, 0, 1) ** 1.5, phase)
    mesh.add(tube([(-width * 0.65, 0, -0.02), (width * 0.65, 0, -0.02)], 0.022, BAMBOO, sides=4))
    return mesh


def banner(width: float, length: float, colour: str, seed: int, *, text: str = "") -> Mesh:
    """A long cloth hanging against a wall from the origin, facing -Y, with a pale border."""
    random = rng(seed, 22)
    rows = max(4, int(length / 0.9) + 1)
    z = -np.linspace(0, length, rows)
    u = np.array([-0.5, -0.42, -0.1, 0.1, 0.42, 0.5])
    fold = np.array([0, -0.05, 0.0, -0.07, 0.02, 0.0])
    wave = 0.08 * np.sin(z * 1.3 + random.uniform(0, 6)) * np.clip(-z / length, 0, 1)
    grid = np.stack(
        [
            np.broadcast_to(u * width, (rows, 6)),
            wave[:, None] + fold - 0.05,
            np.broadcast_to(z[:, None], (rows, 6)),
        ],
        axis=2,
    )
    mesh = Mesh().add(surface(grid, paint(colour, "cloth"), outward=(0, -1, 0)))
    border = paint("#D9A94E", "cloth")
    colours = mesh.parts[0].rgb.reshape(rows, 6, 3)
    colours[:, (0, 5)] = border.rgb
    for k, char in enumerate(text):
        at = -length * (k + 0.8) / (len(text) + 0.6)
        mesh.add(character(char, width * 0.6, INK if colour.upper() == "#C9B795" else border), (0, -0.2, at))
    return mesh.swayed(lambda p: 0.07 * np.clip(-p[:, 2] / length, 0, 1), float(random.uniform()))
