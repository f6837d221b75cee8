"""A stage: static mesh, named nodes, lamps, mist and points.

Baked and written as GLB files with a sidecar.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from .bake import bake
from .glb import VERTEX, Node, Primitive, to_ushort, weld, write_glb
from .mesh import MATERIALS, Floats, Lamp, Mesh, Vec3
from .noise import value_noise

CELL_M = 20.0  # width of a cell of the street, so that culling works
FILE_LIMIT_BYTES = 4_000_000
GENERATOR = "sensorama assets/generators/world"
# Materials that show the grain of weather and wear; lamps, skin and paper stay clean.
_WEATHERED = frozenset({"stone", "wet", "wood", "lacquer", "tile", "plaster", "earth", "cloth"})


@dataclass(slots=True)
class Stage:
    """What a scene module returns.

    Parameters
    ----------
    name : file stem
    world : the static mesh with its lamps and points
    nodes : named movable parts: mesh in its own frame, and where that frame stands
    mist : cards (x, y, z, width, height), m
    waterline : darken and green what stands within 0.9 m above z = 0
    """

    name: str
    world: Mesh = field(default_factory=Mesh)
    nodes: dict[str, tuple[Mesh, Vec3]] = field(default_factory=dict)
    mist: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    waterline: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """Files of a stage, name to bytes, and its triangle count."""

    files: dict[str, bytes]
    triangles: int


@dataclass(slots=True)
class _Soup:
    pos: Floats
    nrm: Floats
    rgb: Floats
    glow: Floats
    sway: Floats
    tri: np.ndarray[Any, Any]
    material: np.ndarray[Any, Any]  # per triangle, index into the sorted material names


_NAMES = sorted(MATERIALS)


def _soup(mesh: Mesh) -> _Soup:
    offset, tris, mats = 0, [], []
    for p in mesh.parts:
        tris.append(p.tri + offset)
        mats.append(np.full(len(p.tri), _NAMES.index(p.material)))
        offset += len(p.pos)

    def column(name: str) -> Floats:
        return np.concatenate([getattr(p, name) for p in mesh.parts])

    return _Soup(
        column("pos"),
        column("nrm"),
        column("rgb"),
        column("glow"),
        column("sway"),
        np.concatenate(tris),
        np.concatenate(mats),
    )


def _weather(soup: _Soup, *, waterline: bool) -> None:
    worn = np.zeros(len(soup.pos), dtype=bool)
    for name in _WEATHERED:
        worn[soup.tri[soup.material == _NAMES.index(name)].ravel()] = True
    grain = 1 + 0.30 * (value_noise(soup.pos, 5.0) - 0.5) + 0.26 * (value_noise(soup.pos, 0.8) - 0.5)
    soup.rgb[worn] *= grain[worn, None]
    if waterline:
        wet = np.clip((0.9 - soup.pos[:, 2]) / 0.9, 0, 1) * worn
        green = np.array([0.42, 0.55, 0.46])
        soup.rgb *= 1 + wet[:, None] * (green - 1)
    soup.rgb = np.clip(soup.rgb, 0, 1)


def _samples(soup: _Soup) -> Floats:
    """Where light is measured: vertices drawn up to 0.15 m into their faces.

    A panel's corner often touches the next post; measured right there it would be black, and interpolation would
    spread the black over the whole panel.
    """
    middle = soup.pos[soup.tri].mean(axis=1)
    total = np.zeros_like(soup.pos)
    count = np.zeros(len(soup.pos))
    for k in range(3):
        np.add.at(total, soup.tri[:, k], middle)
        np.add.at(count, soup.tri[:, k], 1.0)
    inward = total / np.maximum(count, 1.0)[:, None] - soup.pos
    inward[count == 0] = 0.0
    length = np.linalg.norm(inward, axis=1, keepdims=True)
    return soup.pos + inward * np.minimum(0.4, 0.15 / np.maximum(length, 1e-6))


def _own_light(soup: _Soup, groups: Floats, lamps: list[Lamp]) -> Floats:
    """Tie glowing paper to the group of the lamp inside it.

    The picture dims it together with the light it gives.

    Paper faces away from its own flame, so that the bake alone would show it in its neighbours' groups.
    """
    shown = [lamp for lamp in lamps if lamp.halo]
    bright = np.flatnonzero(soup.glow > 0.3)
    if not shown or not len(bright):
        return groups
    away, nearest = cKDTree(np.array([lamp.at for lamp in shown])).query(soup.pos[bright])
    inside = away < np.array([max(0.35, 2.2 * lamp.radius_m) for lamp in shown])[nearest]
    out = groups.copy()
    out[bright[inside]] = 0.0
    out[bright[inside], np.array(["abc".index(lamp.group) for lamp in shown])[nearest[inside]]] = 0.6
    return out


def _vertices(soup: _Soup, occlusion: Floats, groups: Floats) -> np.ndarray[Any, Any]:
    v = np.zeros(len(soup.pos), VERTEX)
    # Rounding makes welding and compression work; a tenth of a millimetre and one part in 255 are invisible.
    v["pos"] = np.round(soup.pos, 4)
    nrm = soup.nrm / np.maximum(np.linalg.norm(soup.nrm, axis=1, keepdims=True), 1e-9)
    v["nrm"][:, :3] = np.round(nrm * 127)
    v["rgba"][:, :3] = np.round(soup.rgb * 255)
    v["rgba"][:, 3] = np.round(np.clip(soup.glow, 0, 1) * 255)
    # 8 bits are enough for light and pack better than 16.
    light = np.round(np.column_stack([occlusion, groups]) * 255) / 255
    v["uv1"], v["uv2"] = to_ushort(light[:, :2]), to_ushort(light[:, 2:])
    v["uv3"] = to_ushort(np.round(soup.sway, 3))
    return v


def _primitives(
    v: np.ndarray[Any, Any], tri: np.ndarray[Any, Any], material: np.ndarray[Any, Any]
) -> tuple[Primitive, ...]:
    out = []
    for index in np.unique(material):
        name = _NAMES[int(index)]
        chosen = tri[material == index]
        own = v.copy()
        own["uv0"] = to_ushort(np.asarray(MATERIALS[name]))
        vertices, triangles = weld(own, chosen)
        out.append(Primitive(vertices, triangles, name))
    return tuple(out)


def _size(primitives: tuple[Primitive, ...]) -> int:
    return sum(len(p.vertices) * VERTEX.itemsize + p.tri.size * 2 + 900 for p in primitives)


def build(stage: Stage, *, rays: int = 24, seed: int = 1) -> Written:
    """Bake and serialise a stage: `<name>.glb` (then `<name>_2.glb`, ...) and `<name>.stage.json`."""
    everything = Mesh().add(stage.world)
    spans: list[tuple[str, int, int, Vec3]] = []
    count = sum(len(p.pos) for p in everything.parts)
    for name, (mesh, at) in stage.nodes.items():
        everything.add(mesh, at)
        end = sum(len(p.pos) for p in everything.parts)
        spans.append((name, count, end, at))
        count = end
    soup = _soup(everything)
    _weather(soup, waterline=stage.waterline)
    casts = soup.tri[soup.glow[soup.tri].max(axis=1) < 0.3]
    light = bake(soup.pos, _samples(soup), soup.nrm, casts, everything.lamps, rays=rays, seed=seed)
    # Leaves shade each other far less than closed sheets would: light comes through and round them.
    leaf = np.zeros(len(soup.pos), dtype=bool)
    leaf[soup.tri[soup.material == _NAMES.index("leaf")].ravel()] = True
    occlusion = np.where(leaf, 0.45 + 0.55 * light.occlusion, light.occlusion)
    v = _vertices(soup, occlusion, _own_light(soup, light.groups, everything.lamps))

    owner = np.zeros(len(v), dtype=np.int64)
    for k, (_, a, b, _at) in enumerate(spans, start=1):
        owner[a:b] = k
    of_tri = owner[soup.tri[:, 0]]
    nodes: list[Node] = []
    for k, (name, _, _, at) in enumerate(spans, start=1):
        chosen = of_tri == k
        own = v.copy()
        own["pos"] -= np.asarray(at, dtype=np.float32)
        nodes.append(Node(name, at, _primitives(own, soup.tri[chosen], soup.material[chosen])))
    cell = np.floor(soup.pos[soup.tri].mean(axis=1)[:, 1] / CELL_M).astype(np.int64)
    for index in np.unique(cell[of_tri == 0]):
        chosen = (of_tri == 0) & (cell == index)
        name = f"cell_{index:+03d}"
        nodes.append(Node(name, (0.0, 0.0, 0.0), _primitives(v, soup.tri[chosen], soup.material[chosen])))

    # First fit, largest first: the fewest files under the limit; within a file the cells keep their order.
    room: list[tuple[int, list[int]]] = []
    sizes = [_size(node.primitives) for node in nodes]
    for k in sorted(range(len(nodes)), key=lambda k: (-sizes[k], k)):
        for i, (used, members) in enumerate(room):
            if used + sizes[k] <= FILE_LIMIT_BYTES - 60_000:
                members.append(k)
                room[i] = (used + sizes[k], members)
                break
        else:
            room.append((sizes[k], [k]))
    files: dict[str, bytes] = {}
    for number, (_, members) in enumerate(room, start=1):
        name = f"{stage.name}.glb" if number == 1 else f"{stage.name}_{number}.glb"
        files[name] = write_glb([nodes[k] for k in sorted(members)], generator=GENERATOR)
    models = [f"models/{name}" for name in files]
    files[f"{stage.name}.stage.json"] = _sidecar(stage, everything, models)
    return Written(files, len(soup.tri))


def _sidecar(stage: Stage, everything: Mesh, models: list[str]) -> bytes:
    def row(lamp: Lamp) -> list[float]:
        numbers = (*lamp.at, lamp.radius_m, *lamp.rgb)
        return [*(round(float(x), 3) for x in numbers), "abc".index(lamp.group), round(lamp.phase, 3)]

    document = {
        "models": models,
        "lamps": [row(lamp) for lamp in everything.lamps if lamp.halo],
        "mist": [[round(float(x), 2) for x in card] for card in stage.mist],
        "points": {k: [round(float(x), 3) for x in p] for k, p in sorted(everything.points.items())},
    }
    body = ",\n".join(
        f" {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in document.items()
    )
    return ("{\n" + body + "\n}\n").encode()


def save(written: Written, folder: Path, stem: str) -> None:
    """Write the files of a stage and remove parts it no longer has."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{stem}_[0-9].glb"):
        if old.name not in written.files:
            old.unlink()
    for name, data in written.files.items():
        (folder / name).write_bytes(data)
