"""numpy arrays to Panda3D geometry, without a Python loop over vertices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class PackedMesh:
    """Triangles as the bytes that Panda3D wants, made without touching Panda3D.

    Attributes
    ----------
    names : tuple of str
        Columns, in the order of the table above.
    rows : bytes
        Interleaved vertices.
    row_count : int
    index : bytes
        16 or 32 bits each.
    index_count : int
    wide : bool
        The index has 32 bits.
    """

    names: tuple[str, ...]
    rows: bytes
    row_count: int
    index: bytes
    index_count: int
    wide: bool

    @property
    def size_bytes(self) -> int:
        """Of vertices and index together."""
        return len(self.rows) + len(self.index)


def pack_mesh(columns: Mapping[str, npt.NDArray[np.generic]], index: npt.NDArray[np.uint32]) -> PackedMesh:
    """Interleave columns; any thread may do this.

    Parameters
    ----------
    columns : mapping of str to ndarray
        One row per vertex; names as in the table above. "vertex" is required.
    index : ndarray of uint32
        Three per triangle.
    """
    names = tuple(name for name in _COLUMNS if name in columns)
    table = np.empty(len(columns["vertex"]), dtype=_dtype(names))
    for name in names:
        table[name] = columns[name]
    wide = len(table) >= 65536
    packed = index.astype("<u4" if wide else "<u2").tobytes()
    return PackedMesh(names, table.tobytes(), len(table), packed, len(index), wide)


def build_geom(mesh: PackedMesh) -> Geom:
    """A static Geom of triangles. Only the thread that draws may do this."""
    layout = GeomVertexArrayFormat()
    for name in mesh.names:
        components, kind, contents = _COLUMNS[name]
        layout.add_column(InternalName.make(name), components, kind, contents)
    data = GeomVertexData("mesh", GeomVertexFormat.register_format(GeomVertexFormat(layout)), Geom.UH_static)
    data.unclean_set_num_rows(mesh.row_count)
    memoryview(data.modify_array(0)).cast("B")[:] = mesh.rows
    primitive = GeomTriangles(Geom.UH_static)
    primitive.set_index_type(GeomEnums.NT_uint32 if mesh.wide else GeomEnums.NT_uint16)
    rows = primitive.modify_vertices()
    rows.unclean_set_num_rows(mesh.index_count)
    memoryview(rows).cast("B")[:] = mesh.index
    geom = Geom(data)
    geom.add_primitive(primitive)
    return geom


def make_geom(columns: Mapping[str, npt.NDArray[np.generic]], index: npt.NDArray[np.uint32]) -> Geom:
    """`pack_mesh` and `build_geom` at once."""
    return build_geom(pack_mesh(columns, index))


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
