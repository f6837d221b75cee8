"""The great carp lantern of the festival: paper scales over hoops, three flames inside."""

from __future__ import annotations

import math

import numpy as np

from .mesh import Lamp, Mesh, Paint, ball, loft, paint, revolve, surface, tube
from .palette import BAMBOO, FLAME, GLOW_ORANGE, GOLD, INK, ROPE, TASSEL

_BODY = Paint((1.0, 0.42, 0.12), "paper", 0.7)


def carp(length: float = 3.6, *, phase: float = 0.0, power: float = 3.2, hang: float = 1.2) -> Mesh:
    """A carp swimming along +Y, its back 0.6 m below the origin; ropes of `hang` m lead up from the back."""
    rows, sides = 17, 14
    t = np.linspace(0, 1, rows)
    girth = np.interp(t, [0, 0.06, 0.2, 0.42, 0.7, 0.88, 1.0], [0.10, 0.28, 0.46, 0.52, 0.33, 0.15, 0.10])
    y = (0.5 - t) * length
    x = 0.22 * np.sin(t * 4.2 + 0.6) * t
    z = -0.62 + 0.08 * np.sin(t * 3.1)
    a = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    scale = length / 3.6
    rings = np.stack(
        [
            np.stack(
                [
                    (x[k] + girth[k] * 0.62 * np.cos(a)) * scale,
                    np.full(sides, y[k]),
                    (z[k] + girth[k] * np.sin(a)) * scale,
                ],
                1,
            )
            for k in range(rows)
        ]
    )
    body = loft(rings, _BODY)
    up = np.sin(a)[None, :]
    scales = (np.arange(rows)[:, None] + np.arange(sides)[None, :]) % 2
    back, side, belly = np.array([0.86, 0.12, 0.05]), np.array([1.0, 0.46, 0.12]), np.array([1.0, 0.72, 0.36])
    blend = np.clip(up, 0, 1)[..., None] * back + np.clip(1 - np.abs(up), 0, 1)[..., None] * side
    blend = blend + np.clip(-up, 0, 1)[..., None] * belly
    tones = np.clip(blend * (0.82 + 0.3 * scales[..., None]), 0, 1)
    head = (t < 0.2)[:, None, None]
    tones = np.where(head, np.clip(tones * [1.1, 1.25, 1.3], 0, 1), tones)
    body.parts[0].rgb = tones.reshape(-1, 3)
    warm = 0.40 + 0.22 * np.cos(np.clip((t - 0.4) * 3, -1.5, 1.5))
    body.parts[0].glow = (warm[:, None] * (0.86 + 0.16 * scales)).ravel()
    mesh = Mesh().add(body)

    fin = Paint((0.95, 0.22, 0.08), "paper", 0.46)

    def sheet(points: list[list[tuple[float, float, float]]], out: tuple[float, float, float]) -> None:
        mesh.add(surface(np.array(points) * scale, fin, outward=out))

    end = float(x[-1])
    tail_y = -0.5 * 3.6
    sheet(
        [
            [(end, tail_y + 0.1, -0.52), (end, tail_y + 0.1, -0.62), (end, tail_y + 0.1, -0.72)],
            [
                (end - 0.05, tail_y - 0.35, -0.25),
                (end, tail_y - 0.2, -0.62),
                (end + 0.05, tail_y - 0.35, -0.99),
            ],
            [
                (end - 0.2, tail_y - 0.85, 0.0),
                (end, tail_y - 0.42, -0.62),
                (end - 0.12, tail_y - 0.85, -1.24),
            ],
        ],
        (1, 0, 0),
    )
    sheet(
        [
            [(0.0, 0.75, -0.18), (0.03, 0.2, -0.1), (0.02, -0.5, -0.24)],
            [(0.0, 0.55, 0.08), (0.08, 0.0, 0.22), (0.0, -0.75, -0.02)],
        ],
        (1, 0, 0),
    )
    for s in (-1.0, 1.0):
        sheet(
            [
                [(s * 0.26, 0.95, -0.72), (s * 0.28, 0.7, -0.8), (s * 0.26, 0.5, -0.86)],
                [(s * 0.62, 0.6, -0.86), (s * 0.6, 0.36, -1.02), (s * 0.46, 0.2, -1.06)],
            ],
            (0, 0, 1),
        )
        eye = np.array([s * 0.21, 1.5, -0.46]) * scale
        mesh.add(ball(eye, (0.07 * scale,) * 3, GOLD, sides=8, rings=5))
        mesh.add(ball(eye + np.array([s * 0.035, 0.03, 0.01]), (0.045 * scale,) * 3, INK, sides=7, rings=4))
        barb = np.array([(s * 0.08, 1.8, -0.7), (s * 0.2, 1.95, -0.86), (s * 0.3, 1.86, -1.05)]) * scale
        mesh.add(tube(barb, [0.02, 0.014, 0.006], paint("#D8722C", "cloth"), sides=4))
    mesh.add(
        ball(
            np.array([0.0, 1.78, -0.64]) * scale, np.array([0.11, 0.1, 0.09]) * scale, FLAME, sides=7, rings=4
        )
    )
    for along in (0.7, -0.1, -0.9):
        mesh.add(
            revolve([(0.05, 0.0), (0.03, 0.26), (0.01, 0.3)], TASSEL, sides=5),
            np.array([0.02, along, -1.45]) * scale,
        )
        mesh.lamps.append(
            Lamp((0.0, along * scale, -0.66 * scale), 0.42 * scale, GLOW_ORANGE, "a", power, True, phase)
        )
    mesh = mesh.swayed(lambda p: 0.10 * np.clip(0.4 - p[:, 1] / length, 0, 1), phase)
    for along in (0.9, -0.8):
        mesh.add(tube([(0, along * scale, -0.2), (0, along * scale * 0.6, hang)], 0.014, ROPE, sides=3))
    mesh.add(tube([(-0.1, -1.0 * scale, hang), (-0.1, 1.0 * scale, hang)], 0.03, BAMBOO, sides=5))
    return mesh
