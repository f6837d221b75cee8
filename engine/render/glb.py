"""Read plain GLB files straight into numpy arrays.

Why our own reader beside panda3d-gltf: that loader walks every vertex in Python (tangents, texture
coordinates), about ten seconds for a street of 250,000 triangles, while the street needs neither tangents nor
textures. This module reads the subset that our world generators write (static meshes, vertex colours,
factors-only materials) at memory speed, and says clearly when a file needs the full loader
(`needs_full_loader`).

Axes: glTF is Y up and -Z forward; the engine is Z up and Y forward. Points map as (x, y, z) -> (x, -z, y).
The V of every texture coordinate is flipped (1 - v), as panda3d-gltf does, so that both loaders agree.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import InputError

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]
IndexArray = npt.NDArray[np.uint32]

# glTF 2.0 section 3.6.2.2: component types.
_COMPONENTS: Mapping[int, str] = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS: Mapping[str, int] = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_INTEGER_SCALE: Mapping[str, float] = {"i1": 127.0, "u1": 255.0, "<i2": 32767.0, "<u2": 65535.0}

# Extensions that change nothing about how static, untextured geometry is read.
_HARMLESS_EXTENSIONS = frozenset({"KHR_mesh_quantization", "KHR_materials_emissive_strength"})

# (x, y, z) -> (x, -z, y), as a matrix on column vectors.
_T_ENGINE_GLTF = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Surface:
    """Material factors of a mesh part.

    Attributes
    ----------
    base : tuple of float
        Linear base colour factor, RGBA 0..1.
    metallic, roughness : float
        0..1. glTF's default metallic is 1; see `stated`.
    emission : tuple of float
        Linear emission, RGB.
    two_sided : bool
        Draw back faces too.
    blend : bool
        The material asks for alpha blending.
    stated : bool
        The file itself gave metallic or roughness. Files of baked geometry often say nothing, and glTF's
        default (a pure metal) would turn plaster black.
    """

    base: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    metallic: float = 0.0
    roughness: float = 0.8
    emission: tuple[float, float, float] = (0.0, 0.0, 0.0)
    two_sided: bool = False
    blend: bool = False
    stated: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Triangles with one material.

    Attributes
    ----------
    vertex, normal : ndarray, shape (n, 3), float32
        Engine axes, metres.
    color : ndarray, shape (n, 4), uint8
        Albedo and, in baked files, emission in the fourth.
    bake : ndarray or None, shape (n, 4), uint8
        Occlusion, lantern groups A, B, C; None in a file without TEXCOORD_1.
    sway : ndarray, shape (n, 2), float32
        Sway amplitude in metres and phase 0..1.
    uv : ndarray or None, shape (n, 2), float32
        Where a picture on it goes, from the lower left; None in a file without TEXCOORD_0.
    index : ndarray, shape (m,), uint32
        Three per triangle.
    """

    vertex: FloatArray
    normal: FloatArray
    color: ByteArray
    bake: ByteArray | None
    sway: FloatArray
    uv: FloatArray | None
    index: IndexArray
    surface: Surface


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A named node: matrix on column vectors in engine axes (`T_parent_node`), parts, children."""

    name: str
    matrix: npt.NDArray[np.float64]
    parts: tuple[Part, ...]
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """A parsed GLB: its JSON and its binary chunk."""

    path: str
    tree: Mapping[str, Any]
    binary: memoryview


def open_glb(path: Path) -> Container:
    """Split a GLB file into its JSON tree and binary chunk.

    Raises
    ------
    InputError
        When the file is missing, cut short or no GLB 2.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Check stage.model in the scene file"
        ) from error
    if len(raw) < 20 or raw[:4] != b"glTF":
        raise InputError(
            f"{path}: not a GLB file (starts with {raw[:4]!r}, expected b'glTF'). Export as binary glTF 2.0"
        )
    version, length = struct.unpack_from("<II", raw, 4)
    if version != 2 or length > len(raw):
        raise InputError(
            f"{path}: GLB version {version}, {len(raw)} of {length} bytes; "
            "expected version 2, complete. Export it again"
        )
    tree: Mapping[str, Any] | None = None
    binary = memoryview(b"")
    offset = 12
    while offset + 8 <= length:
        size, kind = struct.unpack_from("<I4s", raw, offset)
        chunk = memoryview(raw)[offset + 8 : offset + 8 + size]
        if kind == b"JSON":
            tree = json.loads(bytes(chunk))
        elif kind == b"BIN\0":
            binary = chunk
        offset += 8 + size
    if tree is None:
        raise InputError(f"{path}: GLB without a JSON chunk. Export it again")
    return Container(str(path), tree, binary)


def needs_full_loader(glb: Container) -> str:
    """Why this file must go through panda3d-gltf; empty when our reader is enough."""
    tree = glb.tree
    for key in ("skins", "animations", "textures", "lights"):
        if tree.get(key):
            return f"it has {key}"
    unknown = set(tree.get("extensionsUsed", ())) - _HARMLESS_EXTENSIONS
    if unknown:
        return f"it uses {', '.join(sorted(unknown))}"
    for mesh in tree.get("meshes", ()):
        for primitive in mesh["primitives"]:
            if primitive.get("targets"):
                return "it has morph targets"
            if primitive.get("mode", 4) != 4:
                return f"mesh {mesh.get('name', '?')} is not triangles"
            if "NORMAL" not in primitive["attributes"]:
                return f"mesh {mesh.get('name', '?')} has no normals"
    for buffer in tree.get("buffers", ()):
        if "uri" in buffer:
            return "its buffers lie in other files"
    return ""


def is_baked(glb: Container) -> bool:
    """Whether any primitive carries our baked light (TEXCOORD_1 and _2 beside COLOR_0)."""
    wanted = {"TEXCOORD_1", "TEXCOORD_2", "COLOR_0"}
    return any(wanted <= set(p["attributes"]) for m in glb.tree.get("meshes", ()) for p in m["primitives"])


def read_nodes(glb: Container) -> tuple[Node, ...]:
    """All nodes of the default scene, in engine axes."""
    tree = glb.tree
    parts = [
        tuple(_part(glb, primitive) for primitive in mesh["primitives"]) for mesh in tree.get("meshes", ())
    ]

    def node(number: int) -> Node:
        item = tree["nodes"][number]
        own = parts[item["mesh"]] if "mesh" in item else ()
        matrix = _T_ENGINE_GLTF @ _local_matrix(item) @ _T_ENGINE_GLTF.T
        return Node(
            item.get("name", f"node_{number}"), matrix, own, tuple(node(c) for c in item.get("children", ()))
        )

    scenes = tree.get("scenes", ())
    roots = scenes[tree.get("scene", 0)].get("nodes", ()) if scenes else range(len(tree.get("nodes", ())))
    return tuple(node(number) for number in roots)


def _local_matrix(item: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    if "matrix" in item:
        return np.array(item["matrix"], dtype=np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = item.get("rotation", (0.0, 0.0, 0.0, 1.0))
    matrix[:3, :3] = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ) * np.array(item.get("scale", (1.0, 1.0, 1.0)))
    matrix[:3, 3] = item.get("translation", (0.0, 0.0, 0.0))
    return matrix


def _accessor(glb: Container, number: int) -> npt.NDArray[Any]:
    """An accessor's values, shape (n, width), in its stored component type."""
    accessor = glb.tree["accessors"][number]
    kind = np.dtype(_COMPONENTS[accessor["componentType"]])
    width = _WIDTHS[accessor["type"]]
    count = accessor["count"]
    if "bufferView" not in accessor:
        return np.zeros((count, width), dtype=kind)
    view = glb.tree["bufferViews"][accessor["bufferView"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride", 0) or kind.itemsize * width
    end = start + stride * (count - 1) + kind.itemsize * width if count else start
    if end > len(glb.binary):
        raise InputError(
            f"{glb.path}: accessor {number} ends at byte {end} of {len(glb.binary)}. Export it again"
        )
    return np.ndarray(
        (count, width), dtype=kind, buffer=glb.binary, offset=start, strides=(stride, kind.itemsize)
    )


def _floats(glb: Container, number: int) -> FloatArray:
    """An accessor as float32, integers normalised where the file says so."""
    values = _accessor(glb, number)
    accessor = glb.tree["accessors"][number]
    result = values.astype(np.float32)
    if accessor.get("normalized"):
        result /= _INTEGER_SCALE[_COMPONENTS[accessor["componentType"]]]
        np.maximum(result, -1.0, out=result)
    return result


def _to_engine(values: FloatArray) -> FloatArray:
    return np.stack([values[:, 0], -values[:, 2], values[:, 1]], axis=1)


def _unit_bytes(values: FloatArray) -> ByteArray:
    return np.rint(np.clip(values, 0.0, 1.0) * 255.0).astype(np.uint8)


def _part(glb: Container, primitive: Mapping[str, Any]) -> Part:
    attributes = primitive["attributes"]
    vertex = _to_engine(_floats(glb, attributes["POSITION"]))
    normal = _to_engine(_floats(glb, attributes["NORMAL"]))
    count = len(vertex)
    color = np.full((count, 4), 255, dtype=np.uint8)
    if "COLOR_0" in attributes:
        given = _unit_bytes(_floats(glb, attributes["COLOR_0"]))
        color[:, : given.shape[1]] = given
    bake = None
    if "TEXCOORD_1" in attributes and "TEXCOORD_2" in attributes:
        pairs = np.concatenate(
            [_flipped(glb, attributes["TEXCOORD_1"]), _flipped(glb, attributes["TEXCOORD_2"])], axis=1
        )
        bake = _unit_bytes(pairs)
        if "COLOR_0" not in attributes or glb.tree["accessors"][attributes["COLOR_0"]]["type"] == "VEC3":
            color[:, 3] = 0  # no emission said
    sway = (
        _flipped(glb, attributes["TEXCOORD_3"])
        if "TEXCOORD_3" in attributes
        else np.zeros((count, 2), dtype=np.float32)
    )
    uv = _flipped(glb, attributes["TEXCOORD_0"]) if "TEXCOORD_0" in attributes else None
    if "indices" in primitive:
        index = _accessor(glb, primitive["indices"]).reshape(-1).astype(np.uint32)
    else:
        index = np.arange(count, dtype=np.uint32)
    if index.size and int(index.max()) >= count:
        raise InputError(
            f"{glb.path}: an index {int(index.max())} points past {count} vertices. Export it again"
        )
    return Part(vertex, normal, color, bake, sway, uv, index, _surface(glb, primitive.get("material")))


def _flipped(glb: Container, number: int) -> FloatArray:
    values = _floats(glb, number)
    values[:, 1] = 1.0 - values[:, 1]
    return values


def _surface(glb: Container, number: int | None) -> Surface:
    if number is None:
        return Surface()
    item = glb.tree["materials"][number]
    pbr = item.get("pbrMetallicRoughness", {})
    stated = "metallicFactor" in pbr or "roughnessFactor" in pbr
    strength = (
        item.get("extensions", {}).get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0)
    )
    red, green, blue = item.get("emissiveFactor", (0.0, 0.0, 0.0))
    base = tuple(float(v) for v in pbr.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0)))
    return Surface(
        base=(base[0], base[1], base[2], base[3]),
        metallic=float(pbr.get("metallicFactor", 1.0)) if stated else 0.0,
        roughness=float(pbr.get("roughnessFactor", 1.0)) if stated else 0.8,
        emission=(red * strength, green * strength, blue * strength),
        two_sided=bool(item.get("doubleSided", False)),
        blend=item.get("alphaMode") == "BLEND",
        stated=stated,
    )
