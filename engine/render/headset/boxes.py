"""A field of boxes before two eyes, and the ways of others to draw it: for the benchmarks of the headset's picture."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from panda3d.core import (
    ClockObject,
    DisplayRegionDrawCallbackData,
    GeomNode,
    NodePath,
    PythonCallbackObject,
)

from engine.render import meshes
from engine.render.eye import Matrix
from engine.render.headset import gl as GL
from engine.render.headset.gl import Gl
from engine.render.headset.stereo import StereoRig
from engine.render.picture import Picture
from engine.render.shading import load_shader
from engine.xr.values import Fov, Pose, View

SRGB8_ALPHA8 = 0x8C43
"""The format that most runtimes like best (OpenGL registry)."""

_HALF_IPD_M = 0.0315


def box_scene(nodes: int, *, around: bool = False) -> tuple[Picture, list[NodePath]]:
    """A picture of nothing but boxes of one colour each.

    Parameters
    ----------
    nodes : int
    around : bool, default False
        All around the guest, as a scene in a headset is; else every one of them in sight of `eyes_apart`.

    Returns
    -------
    tuple
        The picture, and every box's node.
    """
    picture = Picture(grain=0.0, dither=False, twin=False)
    for furniture in picture.root.get_children():
        if furniture != picture.camera:
            furniture.detach_node()
    rng = np.random.default_rng(4)
    field = picture.root.attach_new_node("boxes")
    field.set_shader(load_shader("flat.vert", "flat.frag", eyes=True))
    field.set_shader_input("u_glyphs", 0.0)
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32) * 0.1
    one = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)]
    two = [(2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
    index = np.array([*one, *two], dtype=np.uint32).reshape(-1)
    paths = []
    for number in range(nodes):
        color = np.tile((rng.random(4) * 255).astype(np.uint8), (8, 1))
        color[:, 3] = 255
        node = GeomNode(f"box_{number}")
        uv = np.zeros((8, 2), dtype=np.float32)
        node.add_geom(meshes.make_geom({"vertex": corners, "color": color, "texcoord": uv}, index))
        path = field.attach_new_node(node)
        away_m = rng.uniform(3.0, 20.0)
        if around:
            bearing, rise = rng.uniform(-math.pi, math.pi), rng.uniform(-0.6, 0.6)
            place = (away_m * math.sin(bearing), away_m * math.cos(bearing), away_m * rise)
        else:
            place = (rng.uniform(-0.6, 0.6) * away_m, away_m, rng.uniform(-0.6, 0.6) * away_m)
        path.set_pos_hpr(*place, *(rng.random(3) * 360.0))
        paths.append(path)
    return picture, paths


HEAD: tuple[Matrix, Pose] = (np.eye(4), Pose())
"""The resting guest's frame in the vehicle, and the head in it."""


def eyes_apart() -> tuple[View, View]:
    """Two eyes with a headset's usual angles, wider outwards than inwards."""
    outer, inner, up, down = (math.radians(angle) for angle in (47.0, 42.0, 44.0, 46.0))
    return (
        View(Pose((-_HALF_IPD_M, 0.0, 0.0)), Fov(-outer, inner, up, -down)),
        View(Pose((_HALF_IPD_M, 0.0, 0.0)), Fov(-inner, outer, up, -down)),
    )


def image_for(size_px: tuple[int, int]) -> int:
    """OpenGL's name of a texture for both eyes of such a size, side by side, as a runtime would give; context current."""
    gl = Gl()
    (name,) = gl.new("glGenTextures")
    gl.glBindTexture(GL.TEXTURE_2D, name)
    gl.glTexImage2D(
        GL.TEXTURE_2D, 0, SRGB8_ALPHA8, 2 * size_px[0], size_px[1], 0, GL.RGBA, GL.UNSIGNED_BYTE, None
    )
    gl.glBindTexture(GL.TEXTURE_2D, 0)
    return name


def upcalls(rig: StereoRig) -> Callable[[], None]:
    """Let a Python callback draw each eye by `upcall()`, as panda3d-openxr 0.1.2 does; gives what takes it away again."""

    def drawn(data: DisplayRegionDrawCallbackData) -> None:
        data.upcall()

    for region in rig.regions:
        region.set_draw_callback(PythonCallbackObject(drawn))

    def undo() -> None:
        for region in rig.regions:
            region.clear_draw_callback()

    return undo


def tick() -> None:
    """Count a frame: a clock in slave mode does not, and shaders take their inputs anew only in a new frame."""
    clock = ClockObject.get_global_clock()
    clock.set_mode(ClockObject.M_slave)
    clock.set_frame_count(clock.get_frame_count() + 1)
