"""What a lens hides of an eye's picture is drawn first, at depth 0, so that nothing behind it costs a fragment.

XR_KHR_visibility_mask gives the hidden triangles in the eye's tangent space (right and up at distance 1). They go straight
into clip space by the eye's angles; where they lie, later fragments fail the depth test.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from panda3d.core import (
    Camera,
    ColorWriteAttrib,
    CullFaceAttrib,
    DepthTestAttrib,
    GeomNode,
    GraphicsBuffer,
    LVecBase4f,
    NodePath,
    OmniBoundingVolume,
    OrthographicLens,
    PTA_LVecBase4f,
    Shader,
)

from engine.render import meshes
from engine.render.shading import load_shader
from engine.xr.runtime import Mask
from engine.xr.values import Fov

# Before the eyes' own regions.
_SORT = 0

Dimensions = Callable[[int], tuple[float, float, float, float]]
"""Left, right, bottom, top of an eye in the buffer, 0..1."""


class HiddenArea:
    """Regions before the eyes' that draw their masks; inactive where an eye has none.

    Parameters
    ----------
    buffer : GraphicsBuffer
        With both eyes; it is cleared as a whole before.
    dimensions : callable
        Where each eye lies in it.
    """

    def __init__(self, buffer: GraphicsBuffer, dimensions: Dimensions) -> None:
        self._buffer = buffer
        self._shader: Shader = load_shader("mask.vert", "mask.frag")
        self._tops: list[NodePath] = []
        self._windows: list[PTA_LVecBase4f] = []
        self._regions = []
        for eye in (0, 1):
            top = NodePath(f"hidden_{eye}")
            window = PTA_LVecBase4f([LVecBase4f(0.0)])
            top.set_shader(self._shader)
            top.set_shader_input("u_window", window)
            top.set_attrib(CullFaceAttrib.make(CullFaceAttrib.M_cull_none))
            top.set_attrib(ColorWriteAttrib.make(ColorWriteAttrib.C_off))
            top.set_attrib(DepthTestAttrib.make(DepthTestAttrib.M_always))
            region = buffer.make_mono_display_region(*dimensions(eye))
            region.set_sort(_SORT)
            region.set_scissor_enabled(False)
            region.set_camera(top.attach_new_node(Camera("hidden", OrthographicLens())))
            region.set_active(False)
            self._tops.append(top)
            self._windows.append(window)
            self._regions.append(region)

    def set(self, masks: tuple[Mask | None, Mask | None]) -> None:
        """Take these masks from now on; an empty one hides nothing."""
        for top, region, mask in zip(self._tops, self._regions, masks, strict=True):
            top.find_all_matches("mask").detach()
            drawn = mask is not None and len(mask.triangles) > 0
            region.set_active(drawn)
            if mask is not None and drawn:
                node = GeomNode("mask")
                places = np.zeros((len(mask.points), 3), dtype=np.float32)
                places[:, :2] = mask.points
                node.add_geom(
                    meshes.make_geom({"vertex": places}, np.ascontiguousarray(mask.triangles).reshape(-1))
                )
                node.set_bounds(OmniBoundingVolume())
                node.set_final(True)
                top.attach_new_node(node)

    def aim(self, fovs: tuple[Fov, Fov]) -> None:
        """Fit the masks to the eyes' angles."""
        for window, fov in zip(self._windows, fovs, strict=True):
            left, right, down, up = (
                math.tan(angle) for angle in (fov.left_rad, fov.right_rad, fov.down_rad, fov.up_rad)
            )
            window[0] = LVecBase4f(
                2.0 / (right - left),
                2.0 / (up - down),
                -(right + left) / (right - left),
                -(up + down) / (up - down),
            )

    def close(self) -> None:
        """Let the regions go."""
        for region in self._regions:
            self._buffer.remove_display_region(region)
        self._regions.clear()
