"""Both eyes' picture in one buffer of our own: multisampled where wanted, half floats where wanted, resolved into textures.

Drawing straight into a runtime's images would rule out multisampling (a single-sample texture beside multisampled depth is
an incomplete framebuffer) and more than eight bits. So the eyes are drawn side by side into a buffer that Panda3D owns, which
resolves it at the end of the frame, and `engine.render.headset.blit` copies the result.
"""

from __future__ import annotations

from panda3d.core import (
    FrameBufferProperties,
    GraphicsBuffer,
    GraphicsOutput,
    GraphicsPipe,
    SamplerState,
    Texture,
    WindowProperties,
)

from engine.errors import OutputError
from engine.render.output import Output

# After shadow maps (-10), before the windows that show this buffer (0).
_SORT = -5


class EyeBuffer:
    """A double-wide buffer, left eye left.

    Parameters
    ----------
    output : Output
        Whose graphics context draws it.
    size_px : tuple of int
        Width and height of one eye.
    samples : int
        Multisamples wanted; 0 or 1 for none.
    hdr : bool
        Half floats instead of bytes.
    depth : bool
        Keep the depth as a texture too.

    Attributes
    ----------
    color : Texture
        Both eyes as drawn, display-encoded, alpha 1; valid after each frame.
    depth : Texture or None
    samples : int
        Really given.

    Raises
    ------
    OutputError
        When the graphics card makes no such buffer.
    """

    def __init__(
        self, output: Output, *, size_px: tuple[int, int], samples: int, hdr: bool, depth: bool
    ) -> None:
        width_px, height_px = size_px
        wanted = FrameBufferProperties()
        wanted.set_rgb_color(True)
        if hdr:
            wanted.set_float_color(True)
            wanted.set_rgba_bits(16, 16, 16, 16)
        else:
            wanted.set_rgba_bits(8, 8, 8, 8)
        wanted.set_depth_bits(24)
        if samples > 1:
            wanted.set_multisamples(samples)
        host = output.buffer
        made = output.engine.make_output(
            host.get_pipe(),
            "eyes",
            _SORT,
            wanted,
            WindowProperties.size(2 * width_px, height_px),
            GraphicsPipe.BF_refuse_window,
            host.get_gsg(),
            host,
        )
        if not isinstance(made, GraphicsBuffer):
            raise OutputError(
                f"no buffer of {2 * width_px}x{height_px} with {samples} samples on {output.renderer}. "
                "Lower headset.scale or headset.samples in the rig"
            )
        self.buffer = made
        self.color = _texture("eyes")
        made.add_render_texture(self.color, GraphicsOutput.RTM_bind_or_copy, GraphicsOutput.RTP_color)
        self.depth = _texture("eyes depth") if depth else None
        if self.depth is not None:
            made.add_render_texture(self.depth, GraphicsOutput.RTM_bind_or_copy, GraphicsOutput.RTP_depth)
        # Cleared whole, once: the hidden area is drawn between this and the picture.
        made.set_clear_color((0.0, 0.0, 0.0, 1.0))
        made.set_clear_color_active(True)
        made.set_clear_depth_active(True)
        self._output = output

    @property
    def samples(self) -> int:
        """Multisamples really given, once a frame was drawn; 1 for none."""
        return max(int(self.buffer.get_fb_properties().get_multisamples()), 1)

    def name_of(self, texture: Texture) -> int:
        """OpenGL's name of a texture of this context's; after it was drawn once, with the context current."""
        gsg = self.buffer.get_gsg()
        context = texture.prepare_now(0, gsg.get_prepared_objects(), gsg)
        return int(context.get_native_id())

    def depth_texture(self) -> Texture:
        """The depth, for those who need it.

        Raises
        ------
        OutputError
            When it is not kept.
        """
        if self.depth is None:
            raise OutputError("this buffer keeps no depth. Make the StereoRig with depth=True")
        return self.depth

    def close(self) -> None:
        """Let the buffer go."""
        self._output.engine.remove_window(self.buffer)


def _texture(name: str) -> Texture:
    texture = Texture(name)
    texture.set_wrap_u(SamplerState.WM_clamp)
    texture.set_wrap_v(SamplerState.WM_clamp)
    texture.set_minfilter(SamplerState.FT_linear)
    texture.set_magfilter(SamplerState.FT_linear)
    return texture
