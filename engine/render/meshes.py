"""numpy arrays to Panda3D geometry, without a Python loop over vertices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from panda3d.core import (
    Geom,
    GeomEnums,
    GeomNode,
    GeomTriangles,
    GeomVertexArrayFormat,
    GeomVertexData,
    GeomVertexFormat,
    InternalName,
)

# Columns by name: components, numeric type, contents. C_other bytes reach the shader as 0..255.
_COLUMNS: Mapping[str, tuple[int, int, int]] = {
    "vertex": (3, GeomEnums.NT_float32, GeomEnums.C_point),
    "normal": (3, GeomEnums.NT_float32, GeomEnums.C_normal),
    "color": (4, GeomEnums.NT_uint8, GeomEnums.C_color),
    "texcoord": (2, GeomEnums.NT_float32, GeomEnums.C_texcoord),
    "bake": (4, GeomEnums.NT_uint8, GeomEnums.C_other),
    "sway": (2, GeomEnums.NT_float32, GeomEnums.C_other),
    "glow": (4, GeomEnums.NT_float32, GeomEnums.C_other),
}


def _dtype(names: tuple[str, ...]) -> np.dtype[np.void]:
    fields = []
    for name in names:
        components, kind, _contents = _COLUMNS[name]
        fields.append((name, "u1" if kind == GeomEnums.NT_uint8 else "<f4", (components,)))
    return np.dtype(fields)


def make_geom(columns: Mapping[str, npt.NDArray[np.generic]], index: npt.NDArray[np.uint32]) -> Geom:
    """A static Geom of triangles.

    Parameters
    ----------
    columns : mapping of str to ndarray
        One row per vertex; names as in the table above. "vertex" is required.
    index : ndarray of uint32
        Three per triangle.
    """
    names = tuple(name for name in _COLUMNS if name in columns)
    layout = GeomVertexArrayFormat()
    for name in names:
        components, kind, contents = _COLUMNS[name]
        layout.add_column(InternalName.make(name), components, kind, contents)
    table = np.empty(len(columns["vertex"]), dtype=_dtype(names))
    for name in names:
        table[name] = columns[name]
    data = GeomVertexData("mesh", GeomVertexFormat.register_format(GeomVertexFormat(layout)), Geom.UH_static)
    data.unclean_set_num_rows(len(table))
    memoryview(data.modify_array(0)).cast("B")[:] = table.tobytes()
    primitive = GeomTriangles(Geom.UH_static)
    small = len(table) < 65536
    primitive.set_index_type(GeomEnums.NT_uint16 if small else GeomEnums.NT_uint32)
    rows = primitive.modify_vertices()
    rows.unclean_set_num_rows(len(index))
    memoryview(rows).cast("B")[:] = index.astype("<u2" if small else "<u4").tobytes()
    geom = Geom(data)
    geom.add_primitive(primitive)
    return geom


def make_quads(
    centres: npt.NDArray[np.float32],
    glow: npt.NDArray[np.float32],
    colors: npt.NDArray[np.uint8] | None = None,
    *,
    corners: tuple[tuple[float, float], ...] = ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    name: str = "quads",
) -> GeomNode:
    """A node of quads that a vertex shader spreads around their centres.

    Parameters
    ----------
    centres : ndarray, shape (n, 3)
    glow : ndarray, shape (n, 4)
        Whatever the shader wants per quad.
    colors : ndarray, shape (n, 4), optional
    corners : four pairs
        What each corner finds in its texture coordinate.
    """
    count = len(centres)
    columns: dict[str, npt.NDArray[np.generic]] = {
        "vertex": np.repeat(centres.astype(np.float32), 4, axis=0),
        "glow": np.repeat(glow.astype(np.float32), 4, axis=0),
        "texcoord": np.tile(np.asarray(corners, dtype=np.float32), (count, 1)),
    }
    if colors is not None:
        columns["color"] = np.repeat(colors, 4, axis=0)
    first = np.arange(count, dtype=np.uint32)[:, None] * 4
    index = (first + np.array([0, 1, 2, 0, 2, 3], dtype=np.uint32)[None, :]).reshape(-1)
    node = GeomNode(name)
    if count:
        node.add_geom(make_geom(columns, index))
    return node
