"""Light baked per vertex: sky occlusion and three lantern groups.

Occlusion: cosine-weighted rays to 14 m, exponent 0.6. A lamp's part: power times a wrapped cosine over
squared distance, faded out at 16 m, 12 % where a ray to the lamp is blocked, weighted with occlusion. Groups
are stored as sqrt(L / 6), so that the picture multiplies the square by the show's gains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .mesh import Floats, Ints, Lamp
from .noise import rng

REACH_M = 14.0
LAMP_REACH_M = 16.0
SCALE = 6.0
BLOCKED = 0.12
_BATCH = 400_000


@dataclass(frozen=True, slots=True)
class Baked:
    """Per vertex: occlusion 0..1 and sqrt(L / 6) of the groups a, b, c, each 0..1."""

    occlusion: Floats
    groups: Floats


class _Rays:
    """Occlusion queries against a fixed set of triangles."""

    def __init__(self, pos: Floats, tri: Ints) -> None:
        # Needed at build time only, so that the shipped show does not depend on it.
        from embreex import rtcore_scene  # type: ignore[import-untyped]
        from embreex.mesh_construction import TriangleMesh  # type: ignore[import-untyped]

        self._scene = rtcore_scene.EmbreeScene()
        self._mesh = TriangleMesh(self._scene, pos.astype(np.float32), tri.astype(np.int32))

    def blocked(self, origins: Floats, directions: Floats, reach_m: Floats) -> np.ndarray:
        out = np.empty(len(origins), dtype=bool)
        for start in range(0, len(origins), _BATCH):
            part = slice(start, start + _BATCH)
            hit = self._scene.run(
                np.ascontiguousarray(origins[part], dtype=np.float32),
                np.ascontiguousarray(directions[part], dtype=np.float32),
                query="OCCLUDED",
                dists=np.ascontiguousarray(reach_m[part], dtype=np.float32),
            )
            out[part] = np.asarray(hit) >= 0
        return out


def bake(
    pos: Floats,
    samples: Floats,
    nrm: Floats,
    tri: Ints,
    lamps: Sequence[Lamp],
    *,
    rays: int = 24,
    seed: int = 1,
) -> Baked:
    """Bake light at vertices.

    Parameters
    ----------
    pos : (m, 3) vertices of the triangles
    samples, nrm : (n, 3) where light is measured, and the unit normals there
    tri : triangles that cast shadows
    lamps : sources
    rays : sky rays a vertex
    seed : of the ray directions
    """
    count = len(samples)
    scene = _Rays(pos, tri)
    origin = samples + nrm * 0.04
    random = rng(seed, 77)
    # One rotated low-discrepancy set for all vertices and a random turn for each: little noise from few rays.
    k = np.arange(rays)
    r, base = np.sqrt((k + 0.5) / rays), k * 2.399963229728653
    height = np.sqrt(1 - r * r)
    side = np.where(np.abs(nrm[:, 2:3]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    u = np.cross(nrm, side)
    u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-9)
    v = np.cross(nrm, u)
    turn = random.uniform(0, 2 * np.pi, count)
    open_sky = np.zeros(count)
    for i in range(rays):
        a = base[i] + turn
        d = u * (r[i] * np.cos(a))[:, None] + v * (r[i] * np.sin(a))[:, None] + nrm * height[i]
        open_sky += ~scene.blocked(origin, d, np.full(count, REACH_M))
    occlusion = (open_sky / rays) ** 0.6

    light = np.zeros((count, 3))
    if lamps:
        tree = cKDTree(samples)
        at = np.array([lamp.at for lamp in lamps])
        near = tree.query_ball_point(at, LAMP_REACH_M)
        which = np.repeat(np.arange(len(lamps)), [len(x) for x in near])
        vertex = np.concatenate([np.asarray(x, dtype=np.int64) for x in near]) if len(which) else which
        power = np.array([lamp.power for lamp in lamps])
        radius = np.array([lamp.radius_m for lamp in lamps])
        group = np.array(["abc".index(lamp.group) for lamp in lamps])
        for start in range(0, len(which), _BATCH):
            w, at_vertex = which[start : start + _BATCH], vertex[start : start + _BATCH]
            way = at[w] - samples[at_vertex]
            d = np.maximum(np.linalg.norm(way, axis=1), 1e-3)
            face = np.clip((np.einsum("ij,ij->i", nrm[at_vertex], way) / d + 0.25) / 1.25, 0, None)
            fade = np.clip(1 - (d / LAMP_REACH_M) ** 2, 0, 1) ** 2
            part = power[w] * face / (d * d + radius[w] ** 2) * fade
            keep = part > 0.004
            w, at_vertex, way, d, part = w[keep], at_vertex[keep], way[keep], d[keep], part[keep]
            shadow = scene.blocked(origin[at_vertex], way / d[:, None], np.maximum(d - radius[w] - 0.1, 0.01))
            part = part * np.where(shadow, BLOCKED, 1.0) * (0.35 + 0.65 * occlusion[at_vertex])
            np.add.at(light, (at_vertex, group[w]), part)
    return Baked(occlusion, np.sqrt(np.clip(light / SCALE, 0, 1)))
