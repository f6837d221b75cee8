"""The moon's shadow map, for scenes without baked light that ask for one (`stage.shadows: true`).

One depth picture from the moon, over a square around the vehicle, drawn before the frame. The square moves in whole
texels, or the shadows' edges would crawl while the boat glides.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from panda3d.core import (
    Camera,
    ColorWriteAttrib,
    CullFaceAttrib,
    FrameBufferProperties,
    GraphicsOutput,
    GraphicsPipe,
    LMatrix4,
    LPoint3,
    LVector3,
    NodePath,
    OrthographicLens,
    PTA_LMatrix4f,
    SamplerState,
    Texture,
    UnalignedLMatrix4f,
    WindowProperties,
)

from engine.errors import OutputError
from engine.render.output import Output
from engine.render.shading import load_shader

REACH_M = 36.0
"""Half the side of the square that the map covers."""

_DEPTH_M = 160.0
# Clip space -1..1 to texture space 0..1, on row vectors.
_BIAS = LMatrix4(0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0.5, 0.5, 0.5, 1)
_OVERRIDE = 1000


class MoonShadow:
    """Keeps the map and the inputs that the world's shader reads.

    Parameters
    ----------
    output : Output
        Whose graphics context draws the map.
    root : NodePath
        Top of the picture; gets the shader inputs.
    side_px : int
        Of the map.
    """

    def __init__(self, output: Output, root: NodePath, *, side_px: int = 2048) -> None:
        self._root = root
        self._texel_m = 2.0 * REACH_M / side_px
        properties = FrameBufferProperties()
        properties.set_depth_bits(24)
        self._buffer = output.engine.make_output(
            output.buffer.get_pipe(),
            "moon",
            -10,
            properties,
            WindowProperties.size(side_px, side_px),
            GraphicsPipe.BF_refuse_window,
            output.buffer.get_gsg(),
            output.buffer,
        )
        if self._buffer is None:
            raise OutputError(
                f"no shadow map of {side_px} pixels on {output.renderer}. Leave stage.shadows out"
            )
        depth = Texture("moon")
        depth.set_wrap_u(SamplerState.WM_clamp)
        depth.set_wrap_v(SamplerState.WM_clamp)
        depth.set_minfilter(SamplerState.FT_nearest)
        depth.set_magfilter(SamplerState.FT_nearest)
        self._buffer.add_render_texture(depth, GraphicsOutput.RTM_bind_or_copy, GraphicsOutput.RTP_depth)
        self._lens = OrthographicLens()
        self._lens.set_film_size(2.0 * REACH_M, 2.0 * REACH_M)
        self._lens.set_near_far(1.0, _DEPTH_M)
        node = Camera("moon", self._lens)
        plain = NodePath("plain")
        plain.set_shader(load_shader("shadow.vert", "shadow.frag"), _OVERRIDE)
        plain.set_attrib(ColorWriteAttrib.make(ColorWriteAttrib.C_off), _OVERRIDE)
        plain.set_attrib(CullFaceAttrib.make(CullFaceAttrib.M_cull_none), _OVERRIDE)
        node.set_initial_state(plain.get_state())
        self._camera = root.attach_new_node(node)
        self._buffer.make_display_region().set_camera(self._camera)
        self._matrix = PTA_LMatrix4f([UnalignedLMatrix4f(LMatrix4.ident_mat())])
        root.set_shader_input("u_shadow_map", depth)
        root.set_shader_input("u_shadow_matrix", self._matrix)
        self._buffer.set_active(False)

    def rest(self) -> None:
        """Draw no map."""
        self._buffer.set_active(False)

    def follow(
        self, scene: NodePath, moon: tuple[float, float, float], centre: npt.NDArray[np.float64]
    ) -> None:
        """Draw the map of a scene around a point, seen from the moon."""
        self._buffer.set_active(True)
        self._camera.node().set_scene(scene)
        toward = LVector3(*moon)
        up = LVector3(0, 1, 0) if abs(moon[2]) > 0.95 else LVector3(0, 0, 1)
        right = up.cross(toward).normalized()
        above = toward.cross(right)
        point = LPoint3(float(centre[0]), float(centre[1]), float(centre[2]))
        # Whole texels along both axes of the map.
        shift_x = math.remainder(point.dot(right), self._texel_m)
        shift_y = math.remainder(point.dot(above), self._texel_m)
        point -= right * shift_x + above * shift_y
        self._camera.set_pos(point + toward * (_DEPTH_M * 0.6))
        self._camera.look_at(point, up)
        to_camera = self._root.get_mat(self._camera)
        self._matrix[0] = UnalignedLMatrix4f(to_camera * self._lens.get_projection_mat() * _BIAS)

    def close(self, output: Output) -> None:
        """Let the buffer go."""
        output.engine.remove_window(self._buffer)
