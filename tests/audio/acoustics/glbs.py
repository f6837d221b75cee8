"""Small GLB files, written by hand."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np


def glb(tree: dict[str, Any], binary: bytes) -> bytes:
    """A GLB 2 file of a JSON tree and its binary chunk."""
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = (
        struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def quad_tree(
    corners: np.ndarray, index: np.ndarray | None = None, **primitive: Any
) -> tuple[dict[str, Any], bytes]:
    """A mesh of given corners (glTF axes) in a node ``wall`` below a node ``house``."""
    raw = np.ascontiguousarray(corners)
    component = {"float32": 5126, "int16": 5122}[raw.dtype.name]
    binary = raw.tobytes()
    views: list[dict[str, Any]] = [{"buffer": 0, "byteOffset": 0, "byteLength": len(binary)}]
    accessors: list[dict[str, Any]] = [
        {"bufferView": 0, "componentType": component, "count": len(raw), "type": "VEC3"}
    ]
    part: dict[str, Any] = {"attributes": {"POSITION": 0}, **primitive}
    if component == 5122:
        accessors[0]["normalized"] = True
    if index is not None:
        start = len(binary) + -len(binary) % 4
        binary = binary.ljust(start, b"\0") + index.astype("<u2").tobytes()
        views.append({"buffer": 0, "byteOffset": start, "byteLength": index.size * 2})
        accessors.append({"bufferView": 1, "componentType": 5123, "count": int(index.size), "type": "SCALAR"})
        part["indices"] = 1
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0, 2]}],
        "nodes": [
            {"name": "house", "children": [1]},
            {"name": "wall", "mesh": 0},
            {"name": "lawn", "mesh": 0, "translation": [0, -50, 0]},
        ],
        "meshes": [{"primitives": [part]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    return tree, binary
