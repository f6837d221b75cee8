"""Stills for the report of what a guest in a headset sees: one flat view from the middle of the head, texts included.

The eyes' own pictures will not do: where a compositor draws captions and choices itself, they are not in them. So a still is a
drawing of its own, small, in the time that a headset's frame leaves.
"""

from __future__ import annotations

from pathlib import Path

from panda3d.core import (
    Camera,
    FrameBufferProperties,
    GraphicsOutput,
    GraphicsPipe,
    NodePath,
    PerspectiveLens,
    Texture,
    WindowProperties,
)

from engine.errors import OutputError
from engine.render.headset.mirror_draw import draw_alone, raw
from engine.render.output import Output
from engine.render.picture import FAR_M, NEAR_M
from engine.render.stage import Stage
from engine.render.stills import png_bytes

SIZE_PX = (960, 540)
FOV_DEG = 85.0
"""Wider than a window's: a headset's picture is."""


class Stills:
    """Writes them.

    Parameters
    ----------
    output : Output
        Whose context the eyes are drawn in.
    stage : Stage
        As it was prepared and looked at last.
    """

    def __init__(self, output: Output, stage: Stage) -> None:
        self._output = output
        self._stage = stage
        lens = PerspectiveLens()
        lens.set_near_far(NEAR_M, FAR_M)
        lens.set_film_size(1.0, SIZE_PX[1] / SIZE_PX[0])
        lens.set_fov(FOV_DEG)
        self._camera: NodePath = stage.picture.camera.attach_new_node(Camera("report", lens))
        self._pixels = Texture("report")
        self._buffer: GraphicsOutput | None = None

    def write(self, path: Path, at_ns: int) -> None:
        """Write what the head sees as PNG.

        Raises
        ------
        OutputError
            When it cannot be drawn or written.
        """
        if self._buffer is None:
            self._buffer = self._make()
        in_world = self._stage.panels.are_in_world
        self._stage.panels.in_world(True)
        try:
            draw_alone(self._output, [self._buffer])
        finally:
            self._stage.panels.in_world(in_world)
        drawn = raw(self._pixels, at_ns)
        if drawn is None:
            raise OutputError(f"{path}: the graphics card gave no picture back. Update its driver")
        try:
            path.write_bytes(png_bytes(drawn.rgb()))
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written ({error.strerror}). Choose another folder or free some space"
            ) from error

    def _make(self) -> GraphicsOutput:
        properties = FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(24)
        properties.set_multisamples(4)
        host = self._output.buffer
        made = self._output.engine.make_output(
            host.get_pipe(),
            "report",
            60,
            properties,
            WindowProperties.size(*SIZE_PX),
            GraphicsPipe.BF_refuse_window | GraphicsPipe.BF_fb_props_optional,
            host.get_gsg(),
            host,
        )
        if made is None:
            raise OutputError(f"no stills of {SIZE_PX[0]}x{SIZE_PX[1]} pixels on {self._output.renderer}")
        made.add_render_texture(self._pixels, GraphicsOutput.RTM_copy_ram)
        region = made.make_display_region()
        region.set_camera(self._camera)
        region.set_clear_depth_active(True)
        made.set_active(False)
        return made

    def close(self) -> None:
        """Let the buffer go."""
        if self._buffer is not None:
            self._output.engine.remove_window(self._buffer)
            self._buffer = None
        self._camera.remove_node()
