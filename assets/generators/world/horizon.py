"""What stands behind and beside the guest: a shore with trees, lit houses, a row of lanterns, hills."""

from __future__ import annotations

import math

import numpy as np

from .ground import far_house, hills
from .mesh import Floats, Lamp, Mesh, Paint, ball, paint, surface, tube
from .noise import rng
from .palette import GLOW_AMBER, GLOW_ORANGE, GRASS, HILL, HILL_FAR, PLANK_DARK

TREES = paint("#33493C", "earth")
LIGHT = Paint((1.0, 0.60, 0.22), "paper", 0.85)


def _ring(centre: tuple[float, float], radius: Floats | float, turn: Floats, z: Floats | float) -> Floats:
    x = centre[0] - np.sin(turn) * radius
    y = centre[1] + np.cos(turn) * radius
    return np.stack([x, y, np.broadcast_to(z, x.shape)], -1)


def treeline(
    seed: int,
    centre: tuple[float, float],
    radius: float,
    height: float,
    start_deg: float,
    end_deg: float,
    *,
    base: float = 0.4,
    coat: Paint = TREES,
) -> Mesh:
    """A wood seen as one dark edge: rounded crowns of unlike height between two azimuths (0 ahead, left positive)."""
    random = rng(seed, 201)
    length = radius * math.radians(abs(end_deg - start_deg))
    count = max(12, int(length / 1.1))
    turn = np.radians(np.linspace(start_deg, end_deg, count))
    along = np.linspace(0, length, count)
    top = np.full(count, 0.25)
    for at in np.arange(0, length, 3.1):
        middle = at + random.uniform(-1.2, 1.2)
        wide, tall = random.uniform(2.0, 4.2), random.uniform(0.45, 1.0)
        top = np.maximum(top, tall * np.sqrt(np.clip(1 - ((along - middle) / wide) ** 2, 0, 1)))
    wander = radius + 2.5 * np.sin(along * 0.21 + seed) + 1.3 * np.sin(along * 0.47)
    rows = [
        _ring(centre, wander - 2.4, turn, base + 0.55),
        _ring(centre, wander - 2.0, turn, base + 0.6 + 0.42 * height * top),
        _ring(centre, wander - 0.6, turn, base + 0.85 * height * top),
        _ring(centre, wander + 1.0, turn, base + height * top),
    ]
    mesh = surface(np.stack(rows), coat, outward=(0, 0, 1))
    mesh.parts[0].rgb *= random.uniform(0.75, 1.3, (len(mesh.parts[0].rgb), 1))
    return mesh


def surroundings(
    seed: int,
    centre: tuple[float, float],
    radius: float,
    *,
    start_deg: float = 100.0,
    end_deg: float = 260.0,
    trees: float = 6.0,
    houses: int = 4,
    lights: int = 9,
    base: float = 0.5,
    group: str = "a",
    ridge: bool = True,
) -> Mesh:
    """A shore on a circle about the guest's way, from azimuth to azimuth (0 ahead, left positive).

    Parameters
    ----------
    trees : height of the wood in metres
    houses, lights : how many lit houses and hanging lanterns the shore has
    base : height of the ground
    group : light group of the lanterns
    ridge : two ranges of hills behind
    """
    random = rng(seed, 202)
    mesh = Mesh()
    turn = np.radians(np.linspace(start_deg, end_deg, max(14, int(abs(end_deg - start_deg) / 5))))
    ground = [
        _ring(centre, radius + out, turn, z)
        for out, z in ((-7.0, -0.5), (-5.6, base - 0.1), (2.0, base), (30.0, base + 0.8))
    ]
    mesh.add(surface(np.stack(ground), GRASS, outward=(0, 0, 1)))
    mesh.add(treeline(seed, centre, radius + 12.0, trees * 1.25, start_deg, end_deg, base=base))
    if ridge:
        mesh.add(
            hills(seed + 1, radius=300, height=46, start_deg=start_deg - 6, end_deg=end_deg + 6, coat=HILL)
        )
        mesh.add(
            hills(
                seed + 2, radius=500, height=86, start_deg=start_deg - 6, end_deg=end_deg + 6, coat=HILL_FAR
            )
        )
    span = end_deg - start_deg
    for k in range(houses):
        a = start_deg + span * (k + 0.5 + float(random.uniform(-0.25, 0.25))) / houses
        x, y, _ = _ring(centre, radius + 1.5, np.radians(np.array([a])), 0.0)[0]
        mesh.add(
            far_house(seed * 10 + k, storeys=1 + (k + seed) % 2, width=8.0 + 1.5 * (k % 2)),
            (float(x), float(y), base),
            turn_deg=a,
        )
    for k in range(lights):
        a = math.radians(start_deg + span * (k + 0.5 + float(random.uniform(-0.2, 0.2))) / lights)
        x, y, _ = _ring(centre, radius - 4.6, np.array([a]), 0.0)[0]
        z = base + 2.1 + 0.5 * float(random.uniform())
        mesh.add(tube([(x, y, base - 0.6), (x, y, z + 0.5)], 0.05, PLANK_DARK, sides=4))
        mesh.add(ball((float(x), float(y), z), (0.3, 0.3, 0.36), LIGHT, sides=7, rings=5))
        glow = GLOW_AMBER if k % 2 else GLOW_ORANGE
        mesh.lamps.append(Lamp((float(x), float(y), z), 0.3, glow, group, 5.0, True, 0.13 * k))
    return mesh


def shore_mist(
    seed: int, centre: tuple[float, float], radius: float, start_deg: float, end_deg: float, count: int
) -> list[tuple[float, float, float, float, float]]:
    """Mist cards before that shore."""
    random = rng(seed, 203)
    turn = np.radians(np.linspace(start_deg, end_deg, count))
    places = _ring(centre, radius * random.uniform(0.6, 0.9, count), turn, 0.0)
    return [(float(x), float(y), 0.0, 26.0, float(random.uniform(2.6, 3.8))) for x, y, _ in places]
