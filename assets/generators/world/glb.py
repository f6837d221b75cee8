"""GLB 2.0 files: a small writer for our vertex layout and a reader for tests and previews.

Layout, 36 bytes a vertex: POSITION float3; NORMAL byte3 normalised (KHR_mesh_quantization); COLOR_0 ubyte4
normalised (sRGB albedo, emission in alpha); TEXCOORD_0..3 ushort2 normalised: (roughness, metalness),
(occlusion, group a), (groups b, c), (sway amplitude in m, sway phase). Floats would need 60 bytes and two
thirds more disk. Vertex buffers are interleaved, one buffer view a primitive. The second coordinate is stored
as 1 - v, because loaders that follow glTF's top-left origin turn it round again.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .mesh import MATERIALS, SHEETS

VERTEX = np.dtype(
    [
        ("pos", "<f4", 3),
        ("nrm", "i1", 4),  # the fourth is padding
        ("rgba", "u1", 4),
        ("uv0", "<u2", 2),
        ("uv1", "<u2", 2),
        ("uv2", "<u2", 2),
        ("uv3", "<u2", 2),
    ]
)
_ATTRIBUTES = (
    ("POSITION", "pos", 5126, "VEC3"),
    ("NORMAL", "nrm", 5120, "VEC3"),
    ("COLOR_0", "rgba", 5121, "VEC4"),
    ("TEXCOORD_0", "uv0", 5123, "VEC2"),
    ("TEXCOORD_1", "uv1", 5123, "VEC2"),
    ("TEXCOORD_2", "uv2", 5123, "VEC2"),
    ("TEXCOORD_3", "uv3", 5123, "VEC2"),
)
Array = np.ndarray[Any, Any]
_UV = ("uv0", "uv1", "uv2", "uv3")


def to_ushort(values: Array) -> Array:
    """0..1 to normalised 16 bits."""
    return np.round(np.clip(values, 0, 1) * 65535).astype("<u2")


def unit_normals(vertices: Array) -> Array:
    """Normals as floats, (n, 3)."""
    return vertices["nrm"][:, :3].astype(np.float64) / 127.0


@dataclass(frozen=True, slots=True)
class Primitive:
    """Vertices (VERTEX records, engine axes, plain v) and triangles with one material."""

    vertices: Array
    tri: Array
    material: str


@dataclass(frozen=True, slots=True)
class Node:
    """A named mesh at a place; positions of its vertices are relative to `at`."""

    name: str
    at: tuple[float, float, float]
    primitives: tuple[Primitive, ...]


def weld(vertices: Array, tri: Array) -> tuple[Array, Array]:
    """Merge vertices that are equal byte for byte and drop those no triangle uses.

    Keeping first-use order.
    """
    used = vertices[tri.ravel()]
    keys = np.ascontiguousarray(used).view(np.dtype((np.void, VERTEX.itemsize))).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return used[first[order]], rank[inverse.ravel()].reshape(-1, 3)


def _y_up(v: Array) -> Array:
    return np.stack([v[:, 0], v[:, 2], -v[:, 1]], axis=1)


def write_glb(
    nodes: Sequence[Node], *, generator: str, materials: Mapping[str, tuple[float, float]] = MATERIALS
) -> bytes:
    """Serialise nodes; the same nodes give the same bytes."""
    names = sorted({p.material for n in nodes for p in n.primitives})
    blob = bytearray()
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    meshes: list[dict[str, Any]] = []
    out_nodes: list[dict[str, Any]] = []

    def view(data: bytes, target: int, stride: int | None) -> int:
        while len(blob) % 4:
            blob.append(0)
        entry: dict[str, Any] = {
            "buffer": 0,
            "byteOffset": len(blob),
            "byteLength": len(data),
            "target": target,
        }
        if stride:
            entry["byteStride"] = stride
        views.append(entry)
        blob.extend(data)
        return len(views) - 1

    for node in nodes:
        primitives = []
        for p in node.primitives:
            v = p.vertices.copy()
            v["pos"], v["nrm"][:, :3] = _y_up(v["pos"]), _y_up(v["nrm"])
            for name in _UV:
                v[name][:, 1] = 65535 - v[name][:, 1]
            at = view(v.tobytes(), 34962, VERTEX.itemsize)
            fields = VERTEX.fields
            assert fields is not None
            attributes = {}
            for semantic, column, component, shape in _ATTRIBUTES:
                accessor: dict[str, Any] = {
                    "bufferView": at,
                    "byteOffset": int(fields[column][1]),
                    "componentType": component,
                    "count": len(v),
                    "type": shape,
                }
                if component != 5126:
                    accessor["normalized"] = True
                if semantic == "POSITION":
                    accessor["min"] = [float(x) for x in v["pos"].min(axis=0)]
                    accessor["max"] = [float(x) for x in v["pos"].max(axis=0)]
                attributes[semantic] = len(accessors)
                accessors.append(accessor)
            wide = len(v) > 65535
            index = p.tri.astype("<u4" if wide else "<u2")
            at = view(index.tobytes(), 34963, None)
            accessors.append(
                {
                    "bufferView": at,
                    "componentType": 5125 if wide else 5123,
                    "count": int(index.size),
                    "type": "SCALAR",
                }
            )
            primitives.append(
                {
                    "attributes": attributes,
                    "indices": len(accessors) - 1,
                    "material": names.index(p.material),
                    "mode": 4,
                }
            )
        meshes.append({"name": node.name, "primitives": primitives})
        entry: dict[str, Any] = {"name": node.name, "mesh": len(meshes) - 1}
        if any(node.at):
            x, y, z = node.at
            entry["translation"] = [x, z, -y]
        out_nodes.append(entry)

    table = []
    for name in names:
        roughness, metalness = materials[name]
        material: dict[str, Any] = {
            "name": name,
            "pbrMetallicRoughness": {"roughnessFactor": roughness, "metallicFactor": metalness},
        }
        if name in SHEETS:
            material["doubleSided"] = True
        if name == "paper":
            material["emissiveFactor"] = [0.9, 0.45, 0.15]
        table.append(material)
    document = {
        "asset": {"version": "2.0", "generator": generator},
        "extensionsUsed": ["KHR_mesh_quantization"],
        "extensionsRequired": ["KHR_mesh_quantization"],
        "scene": 0,
        "scenes": [{"nodes": list(range(len(out_nodes)))}],
        "nodes": out_nodes,
        "meshes": meshes,
        "materials": table,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    blob.extend(b"\0" * (-len(blob) % 4))
    total = 12 + 8 + len(text) + 8 + len(blob)
    return (
        struct.pack("<4sII", b"glTF", 2, total)
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(blob), b"BIN\0")
        + bytes(blob)
    )


def read_glb(data: bytes) -> tuple[dict[str, Any], list[Node]]:
    """Parse a file written here: its JSON and its nodes, in engine axes and plain v again.

    Raises
    ------
    ValueError
        When the container or an accessor is not what `write_glb` produces.
    """
    magic, version, total = struct.unpack_from("<4sII", data, 0)
    if magic != b"glTF" or version != 2 or total != len(data):
        raise ValueError(
            f"not a GLB 2.0 file: magic {magic!r}, version {version}, length {total} of {len(data)}"
        )
    length, kind = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + length])
    blob_length, blob_kind = struct.unpack_from("<I4s", data, 20 + length)
    if kind != b"JSON" or blob_kind != b"BIN\0":
        raise ValueError(f"chunks are {kind!r} and {blob_kind!r}, expected JSON and BIN")
    blob = data[28 + length : 28 + length + blob_length]
    nodes = []
    for entry in document["nodes"]:
        primitives = []
        for p in document["meshes"][entry["mesh"]]["primitives"]:
            first = document["accessors"][p["attributes"]["POSITION"]]
            where = document["bufferViews"][first["bufferView"]]
            v = np.frombuffer(blob, VERTEX, first["count"], where["byteOffset"]).copy()
            for name in ("pos", "nrm"):
                v[name][:, :3] = np.stack([v[name][:, 0], -v[name][:, 2], v[name][:, 1]], axis=1)
            for name in _UV:
                v[name][:, 1] = 65535 - v[name][:, 1]
            index = document["accessors"][p["indices"]]
            where = document["bufferViews"][index["bufferView"]]
            kind_of = "<u4" if index["componentType"] == 5125 else "<u2"
            tri = (
                np.frombuffer(blob, kind_of, index["count"], where["byteOffset"])
                .astype(np.int64)
                .reshape(-1, 3)
            )
            primitives.append(Primitive(v, tri, document["materials"][p["material"]]["name"]))
        x, y, z = entry.get("translation", (0.0, 0.0, 0.0))
        nodes.append(Node(entry["name"], (x, -z, y), tuple(primitives)))
    return document, nodes
