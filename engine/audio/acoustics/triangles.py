"""The triangles of a scene that sound does not go through.

A small reader of glTF 2.0 geometry (sections 3.6 and 3.7 of the specification, and KHR_mesh_quantization): positions and indices of the
nodes asked for, in the engine's axes. Compressed geometry is refused by name, since what cannot be read would silently stand in nobody's
way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.experience.glb import Glb, open_glb
from engine.timeline.acoustics import BlockSpec

Triangles = NDArray[np.float32]

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_COMPRESSED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_MOST_VALUES = 30_000_000
# From glTF (x right, y up, z towards the viewer) to the engine (x right, y ahead, z up).
_TO_ENGINE = np.array(
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)


def model_triangles(paths: Sequence[Path], nodes: Sequence[str]) -> Triangles:
    """Triangles of some nodes of some models.

    Parameters
    ----------
    paths : sequence of Path
        GLB files; together they are the scene's model.
    nodes : sequence of str
        Names, which may hold ``*``; with everything below them.

    Returns
    -------
    ndarray of float32, shape (T, 3, 3)
        Corners in the scene, metres.

    Raises
    ------
    InputError
        A file cannot be read or its geometry is compressed; a name fits no node of any model.
    """
    found: list[Triangles] = []
    missing, known = set(nodes), set[str]()
    for path in paths:
        glb = open_glb(path)
        names = glb.node_names()
        known.update(names)
        missing -= {pattern for pattern in missing if any(fnmatchcase(name, pattern) for name in names)}
        try:
            found += _of_scene(glb, tuple(nodes))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(
                f"{path}: its geometry cannot be read ({type(error).__name__}: {error}); export it again"
            ) from error
    if missing:
        there = ", ".join(sorted(known)[:12]) or "none"
        raise InputError(
            f"acoustics.occluders: no node is called {', '.join(sorted(missing))}; the models have {there}"
        )
    return np.concatenate(found) if found else np.zeros((0, 3, 3), np.float32)


def block_triangles(block: BlockSpec) -> Triangles:
    """The twelve triangles of a box."""
    heading = math.radians(block.heading_deg)
    cos, sin = math.cos(heading), math.sin(heading)
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
    corners = (
        signs
        * np.asarray(block.size_m)
        / 2.0
        @ np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    )
    corners += np.asarray(block.center_m)
    quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return corners[np.asarray(faces)].astype(np.float32)


def _of_scene(glb: Glb, patterns: tuple[str, ...]) -> list[Triangles]:
    tree = glb.tree
    nodes, scenes = tree.get("nodes", []), tree.get("scenes", [])
    roots = scenes[int(tree.get("scene", 0))].get("nodes", []) if scenes else list(range(len(nodes)))
    found: list[Triangles] = []
    waiting: list[tuple[int, NDArray[np.float64], bool]] = [(int(root), _TO_ENGINE, False) for root in roots]
    seen: set[int] = set()
    while waiting:
        number, above, wanted = waiting.pop()
        if number in seen:
            raise ValueError(f"node {number} hangs in two places")
        seen.add(number)
        node = nodes[number]
        here = above @ _matrix(node)
        wanted = wanted or any(fnmatchcase(str(node.get("name", "")), pattern) for pattern in patterns)
        if wanted and "mesh" in node:
            for primitive in tree["meshes"][int(node["mesh"])]["primitives"]:
                found.append(_of_primitive(glb, primitive, here))
        waiting += [(int(child), here, wanted) for child in node.get("children", ())]
    return found


def _matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    if "matrix" in node:
        return np.asarray(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = (float(value) for value in node.get("rotation", (0.0, 0.0, 0.0, 1.0)))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ) * np.asarray(node.get("scale", (1.0, 1.0, 1.0)), np.float64)
    matrix[:3, 3] = np.asarray(node.get("translation", (0.0, 0.0, 0.0)), np.float64)
    return matrix


def _of_primitive(glb: Glb, primitive: dict[str, Any], matrix: NDArray[np.float64]) -> Triangles:
    for name in _COMPRESSED:
        if name in primitive.get("extensions", {}):
            raise InputError(
                f"{glb.path}: its geometry is compressed by {name}; export it without, or write `blocks` instead of `occluders`"
            )
    mode = int(primitive.get("mode", _TRIANGLES))
    if mode not in (_TRIANGLES, _STRIP, _FAN):
        return np.zeros((0, 3, 3), np.float32)  # points and lines stand in nobody's way
    corners = _accessor(glb, int(primitive["attributes"]["POSITION"]), 3) @ matrix[:3, :3].T + matrix[:3, 3]
    count = len(corners)
    order = (
        _accessor(glb, int(primitive["indices"]), 1)[:, 0].astype(np.int64)
        if "indices" in primitive
        else np.arange(count)
    )
    if order.size and int(order.max()) >= count:
        raise ValueError(f"index {int(order.max())} of {count} corners")
    if mode == _STRIP:
        order = np.stack((order[:-2], order[1:-1], order[2:]), axis=1)
    elif mode == _FAN:
        order = np.stack((np.full(max(len(order) - 2, 0), order[0]), order[1:-1], order[2:]), axis=1)
    else:
        order = order[: len(order) // 3 * 3].reshape(-1, 3)
    made: Triangles = corners[order].astype(np.float32)
    return made[np.all(np.isfinite(made), axis=(1, 2))]


def _accessor(glb: Glb, number: int, width: int) -> NDArray[np.float64]:
    """Values of an accessor as numbers, shape (count, width)."""
    accessor = glb.tree["accessors"][number]
    if "sparse" in accessor:
        raise ValueError(f"accessor {number} is sparse, which is not read; export without morph targets")
    count, dtype = int(accessor["count"]), np.dtype(_TYPES[int(accessor["componentType"])])
    if not 0 <= count <= _MOST_VALUES:
        raise ValueError(f"accessor {number} has {count} values; at most {_MOST_VALUES} are read")
    if "bufferView" not in accessor:
        return np.zeros((count, width))
    if any("uri" in buffer for buffer in glb.tree.get("buffers", ())):
        raise ValueError("its buffers lie in other files")
    view = glb.tree["bufferViews"][int(accessor["bufferView"])]
    item = dtype.itemsize * width
    stride = int(view.get("byteStride", item))
    start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
    end = start + stride * (count - 1) + item
    if start < 0 or stride < item or (count and end > len(glb.binary)):
        raise ValueError(f"accessor {number} ends at byte {end} of {len(glb.binary)}")
    if count == 0:
        return np.zeros((0, width))
    raw = np.ndarray((count, width), dtype, glb.binary, start, (stride, dtype.itemsize))
    values = raw.astype(np.float64)
    if accessor.get("normalized", False) and dtype.kind in "iu":
        values = np.maximum(values / np.iinfo(dtype).max, -1.0)
    return values
