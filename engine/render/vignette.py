"""The dark edge before a guest's eyes (`engine.render.comfort` says how far it comes in)."""

from __future__ import annotations

import math

from panda3d.core import (
    Geom,
    GeomNode,
    GeomTriangles,
    GeomVertexData,
    GeomVertexFormat,
    GeomVertexWriter,
    LVecBase2f,
    NodePath,
    OmniBoundingVolume,
    TransparencyAttrib,
)

from engine.render.comfort import edge_deg
from engine.render.shading import load_shader

_AROUND = 96
# Rings: a soft edge wants several, so that it is round in a picture that interpolates along triangles; the last is out of sight.
_RINGS = (0.0, 0.25, 0.5, 0.75, 1.0, 2.0)
# Over the scene with its sky, under hands (90) and panels (100): what a guest points with and reads is not darkened.
_BIN_SORT = 80
_LEAST = 0.004


class Vignette:
    """Hangs before a camera; shown only while it is needed.

    Notes
    -----
    Around the head, not around an eye: at 4 m the two see its soft edge half a degree apart. Under a camera below `Picture.root` it
    is drawn for both eyes like everything else.
    """

    def __init__(self) -> None:
        self.root = NodePath(_rings())
        self.root.set_shader(load_shader("vignette.vert", "vignette.frag", eyes=True))
        self.root.set_shader_input("u_edge_rad", LVecBase2f(math.pi, math.pi))
        self.root.set_depth_test(False)
        self.root.set_depth_write(False)
        self.root.set_two_sided(True)
        self.root.set_transparency(TransparencyAttrib.M_alpha)
        self.root.set_bin("fixed", _BIN_SORT)
        self.root.hide()

    def hang(self, camera: NodePath) -> None:
        """Put it before a camera."""
        self.root.reparent_to(camera)

    def show(self, ratio: float) -> None:
        """Set how far it has come in, 0..1 (`engine.render.comfort.vignette_ratio`); at 0 it is not drawn at all."""
        if ratio < _LEAST:
            self.root.hide()
            return
        inner_deg, outer_deg = edge_deg(ratio)
        edge = LVecBase2f(math.radians(inner_deg), math.radians(outer_deg))
        self.root.set_shader_input("u_edge_rad", edge)
        self.root.show()


def _rings() -> GeomNode:
    data = GeomVertexData("vignette", GeomVertexFormat.get_v3(), Geom.UH_static)
    writer = GeomVertexWriter(data, "vertex")
    for ring in _RINGS:
        for step in range(_AROUND):
            writer.add_data3(ring, 2.0 * math.pi * step / _AROUND, 0.0)
    faces = GeomTriangles(Geom.UH_static)
    for ring in range(len(_RINGS) - 1):
        for step in range(_AROUND):
            a, b = ring * _AROUND + step, ring * _AROUND + (step + 1) % _AROUND
            faces.add_vertices(a, b, a + _AROUND)
            faces.add_vertices(b, b + _AROUND, a + _AROUND)
    geom = Geom(data)
    geom.add_primitive(faces)
    node = GeomNode("vignette")
    node.add_geom(geom)
    node.set_bounds(OmniBoundingVolume())
    node.set_final(True)
    return node
