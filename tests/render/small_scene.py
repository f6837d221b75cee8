"""A small canal scene made of numpy arrays and written as GLB in the world generators' layout."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

Mesh = dict[str, np.ndarray]

LANTERNS = [
    (-4.4, 8.0, 3.2),
    (4.4, 11.0, 3.0),
    (-4.4, 17.0, 3.2),
    (4.4, 21.0, 3.1),
    (0.0, 26.0, 5.2),
    (-4.5, 30.0, 3.2),
]
LAMP = (1.0, 0.42, 0.12)


def box(
    low: Sequence[float], high: Sequence[float], color: tuple[int, int, int], *, step: float = 1.0
) -> Mesh:
    """A box of subdivided faces, so that baked light has vertices to live on."""
    low_a, high_a = np.array(low, float), np.array(high, float)
    vertex, normal, index = [], [], []
    total = 0
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        nu = max(1, int((high_a[u] - low_a[u]) / step))
        nv = max(1, int((high_a[v] - low_a[v]) / step))
        for side in (-1, 1):
            gu, gv = np.meshgrid(
                np.linspace(low_a[u], high_a[u], nu + 1),
                np.linspace(low_a[v], high_a[v], nv + 1),
                indexing="ij",
            )
            points = np.zeros((gu.size, 3))
            points[:, u], points[:, v] = gu.ravel(), gv.ravel()
            points[:, axis] = high_a[axis] if side > 0 else low_a[axis]
            facing = np.zeros((gu.size, 3))
            facing[:, axis] = side
            cell = np.arange(gu.size).reshape(nu + 1, nv + 1)
            a, b, c, d = (
                cell[:-1, :-1].ravel(),
                cell[1:, :-1].ravel(),
                cell[1:, 1:].ravel(),
                cell[:-1, 1:].ravel(),
            )
            faces = np.stack([a, b, c, a, c, d] if side > 0 else [a, c, b, a, d, c], axis=1).ravel()
            vertex.append(points)
            normal.append(facing)
            index.append(faces + total)
            total += gu.size
    count = total
    return {
        "vertex": np.concatenate(vertex),
        "normal": np.concatenate(normal),
        "color": np.tile(np.array([*color, 0], np.uint8), (count, 1)),
        "bake": np.tile(np.array([1.0, 0.0, 0.0, 0.0]), (count, 1)),
        "sway": np.zeros((count, 2)),
        "index": np.concatenate(index),
    }


def lantern(at: Sequence[float], radius: float, phase: float) -> Mesh:
    """A squashed sphere of glowing paper, swaying."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 17), np.linspace(0.12, np.pi - 0.12, 9), indexing="ij")
    normal = np.stack([np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)], axis=2).reshape(-1, 3)
    vertex = normal * radius * np.array([1.0, 1.0, 0.85]) + np.array(at)
    cell = np.arange(17 * 9).reshape(17, 9)
    a, b, c, d = cell[:-1, :-1].ravel(), cell[1:, :-1].ravel(), cell[1:, 1:].ravel(), cell[:-1, 1:].ravel()
    count = len(vertex)
    glow = 0.65 + 0.35 * (1.0 - np.abs(normal[:, 2]))
    color = np.tile(np.array([255, 106, 28, 0], np.uint8), (count, 1))
    color[:, 3] = (255 * glow).astype(np.uint8)
    return {
        "vertex": vertex,
        "normal": normal,
        "color": color,
        "bake": np.tile(np.array([0.9, 0.9, 0.0, 0.0]), (count, 1)),
        "sway": np.tile(np.array([0.04, phase]), (count, 1)),
        "index": np.stack([a, d, c, a, c, b], axis=1).ravel(),
    }


def joined(parts: Sequence[Mesh]) -> Mesh:
    """Several meshes as one."""
    offset, index = 0, []
    for part in parts:
        index.append(part["index"] + offset)
        offset += len(part["vertex"])
    whole = {key: np.concatenate([part[key] for part in parts]) for key in parts[0] if key != "index"}
    whole["index"] = np.concatenate(index)
    return whole


def lit(mesh: Mesh, lamps: Sequence[Sequence[float]]) -> Mesh:
    """Bake group A: unshadowed lamps, as sqrt(L / 6)."""
    light = np.zeros(len(mesh["vertex"]))
    for lamp in lamps:
        to = np.array(lamp) - mesh["vertex"]
        d2 = (to**2).sum(axis=1)
        d = np.sqrt(d2)
        facing = np.clip(((to / d[:, None]) * mesh["normal"]).sum(axis=1) + 0.25, 0.0, None) / 1.25
        light += 3.4 * facing / (d2 + 0.16) * np.clip(1.0 - d / 16.0, 0.0, 1.0) ** 2
    own = mesh["color"][:, 3] > 0
    mesh["bake"][:, 1] = np.where(own, mesh["bake"][:, 1], np.sqrt(np.clip(light / 6.0, 0.0, 1.0)))
    return mesh


def write_glb(
    path: Path,
    nodes: Mapping[str, Mesh],
    *,
    baked: bool = True,
    emission: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Path:
    """Write named meshes as one GLB: Y up, V flipped, light in TEXCOORD_1 and _2, sway in TEXCOORD_3.

    A mesh may have `uv` for a picture on it, from the lower left.
    """
    blob = bytearray()
    views, accessors, meshes, items = [], [], [], []

    def accessor(values: np.ndarray, kind: str, component: int, *, normalized: bool = False) -> int:
        while len(blob) % 4:
            blob.append(0)
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": values.nbytes})
        blob.extend(values.tobytes())
        item = {"bufferView": len(views) - 1, "componentType": component, "count": len(values), "type": kind}
        if kind == "VEC3":
            item |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        if normalized:
            item["normalized"] = True
        accessors.append(item)
        return len(accessors) - 1

    def upright(values: np.ndarray) -> np.ndarray:
        return np.stack([values[:, 0], values[:, 2], -values[:, 1]], axis=1).astype("<f4")

    def turned(pair: np.ndarray) -> np.ndarray:
        return np.stack([pair[:, 0], 1.0 - pair[:, 1]], axis=1).astype("<f4")

    for name, mesh in nodes.items():
        attributes = {
            "POSITION": accessor(upright(mesh["vertex"]), "VEC3", 5126),
            "NORMAL": accessor(upright(mesh["normal"]), "VEC3", 5126),
            "COLOR_0": accessor(mesh["color"], "VEC4", 5121, normalized=True),
        }
        if baked:
            bake, sway = mesh["bake"], mesh["sway"]
            # panda3d-gltf counts the sets and turns over the first so many: without set 0 it would miss the
            # last.
            attributes["TEXCOORD_0"] = accessor(
                turned(mesh.get("uv", np.zeros((len(sway), 2)))), "VEC2", 5126
            )
            for number, pair in ((1, bake[:, :2]), (2, bake[:, 2:]), (3, sway)):
                attributes[f"TEXCOORD_{number}"] = accessor(turned(pair), "VEC2", 5126)
        elif "uv" in mesh:
            attributes["TEXCOORD_0"] = accessor(turned(mesh["uv"]), "VEC2", 5126)
        index = accessor(mesh["index"].astype("<u4").reshape(-1), "SCALAR", 5125)
        meshes.append(
            {"name": name, "primitives": [{"attributes": attributes, "indices": index, "material": 0}]}
        )
        items.append({"name": name, "mesh": len(meshes) - 1})
    material = {
        "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.7},
        "emissiveFactor": list(emission),
    }
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(items)))}],
        "nodes": items,
        "meshes": meshes,
        "materials": [material],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    blob.extend(b"\0" * (-len(blob) % 4))
    total = 12 + 8 + len(text) + 8 + len(blob)
    head = struct.pack("<4sII", b"glTF", 2, total)
    path.write_bytes(
        head
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(blob), b"BIN\0")
        + bytes(blob)
    )
    return path


def build(folder: Path) -> tuple[Path, Path]:
    """The canal and the boat; returns both files. Writes the canal's sidecar too."""
    stone, plaster, wood, tile = (139, 136, 128), (201, 183, 149), (112, 42, 32), (58, 64, 72)
    parts = []
    for side in (-1, 1):
        parts.append(box((min(6 * side, 14 * side), 0, -1), (max(6 * side, 14 * side), 60, 1.1), stone))
        for y in (6, 18, 30, 44):
            wall = sorted((7.5 * side, 13 * side))
            roof = sorted((6.6 * side, 13.6 * side))
            parts.append(box((wall[0], y, 1.1), (wall[1], y + 9, 4.4), plaster))
            parts.append(box((roof[0], y - 0.6, 4.4), (roof[1], y + 9.6, 4.9), tile))
            for post in range(4):
                x = sorted((7.2 * side, 7.45 * side))
                parts.append(box((x[0], y + 3 * post - 0.12, 1.1), (x[1], y + 3 * post + 0.12, 4.4), wood))
    parts.append(box((-6, 40, 3.4), (6, 43, 4.4), stone))
    nodes = {
        "street": lit(joined(parts), LANTERNS),
        "gate": lit(box((-1, 34, 0.2), (1, 34.3, 2.6), wood, step=0.5), LANTERNS),
        "lanterns": joined([lantern(at, 0.32, i / 6) for i, at in enumerate(LANTERNS)]),
    }
    canal = write_glb(folder / "canal.glb", nodes)
    lamps = [[*at, 0.32, *LAMP, 0, i / 6] for i, at in enumerate(LANTERNS)]
    mist = [[x, y, 0.0, 9.0, 2.6] for x, y in ((-2, 24), (2, 34), (0, 50))]
    sidecar = {"lamps": lamps, "mist": mist, "points": {"bell": [4, 20, 4]}}
    (folder / "canal.stage.json").write_text(json.dumps(sidecar), encoding="utf-8")
    hull = joined(
        [
            box((-0.7, -2.6, 0.12), (0.7, 2.8, 0.2), (84, 64, 47), step=0.5),
            box((-0.85, -2.6, 0.05), (-0.7, 2.8, 0.55), (112, 42, 32), step=0.5),
            box((0.7, -2.6, 0.05), (0.85, 2.8, 0.55), (112, 42, 32), step=0.5),
            box((-0.8, 2.5, 0.05), (0.8, 2.8, 0.75), (112, 42, 32), step=0.5),
        ]
    )
    boat = write_glb(folder / "boat.glb", {"hull": lit(hull, [(0.0, 2.4, 1.8)])})
    return canal, boat


STAGE = {
    "model": "models/canal.glb",
    "vehicle": "models/boat.glb",
    "eye": [0.0, -1.2, 1.62],
    "sky": {
        "zenith": "#08112a",
        "horizon": "#22345c",
        "moon": {"azimuth": -14.0, "elevation": 17.0},
        "stars": 200,
        "clouds": 0.3,
    },
    "fog": {"density": 0.012, "falloff": 0.12, "warm": "#5a3a28", "cool": "#31466e"},
    "water": {"height": 0.0, "ripple": 1.0, "flow": [0.0, 0.4], "color": "#0a1424"},
    "gains": {"a": {"role": "light.street"}},
    "lights": [
        {"at": [0.0, 2.4, 1.8], "color": "#ff9550", "intensity": 1.6, "radius": 0.3, "node": "vehicle"}
    ],
    "particles": [
        {
            "kind": "sparks",
            "count": 40,
            "at": [0, 20, 4],
            "size": [10, 30, 6],
            "color": "#ffb060",
            "rate": 1.0,
        },
        {
            "kind": "petals",
            "count": 40,
            "at": [0, 12, 4],
            "size": [10, 20, 7],
            "color": "#ffd890",
            "rate": 1.0,
        },
    ],
}
