"""panda3d-openxr 0.1.2 (el-dee, Apache-2.0) under measurement, as its own documentation has it started.

Patched no further than to start at all and to be measured fairly:

- frame buffer properties with alpha, as without them it asks for GL_SRGB8, which Monado does not have;
- its debug callback, which decodes what pyopenxr 1.1 gives as text and would raise in every call;
- its logging is silenced: importing it sets the root logger to DEBUG, and writing that is no work of a frame.

What counts as drawing: `render_frame` (cull and draw calls), less its two Python callbacks, plus `upcall` within them.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from direct.showbase.ShowBase import ShowBase
from OpenGL import GL
from p3dopenxr import instance, p3dopenxr
from panda3d.core import FrameBufferProperties, load_prc_file_data

from engine.bench.xr_meter import FrameMeter
from engine.render.headset.boxes import box_scene
from tests.monado.peers.hooks import options, watch_frames


class TimedEngine:
    """Panda3D's graphics engine, its frames timed as drawing."""

    def __init__(self, engine: Any, meter: FrameMeter) -> None:
        self._engine = engine
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def renderFrame(self) -> None:
        """As ShowBase calls it."""
        self._meter.draw()
        self._engine.render_frame()
        self._meter.drawn()


class TimedCallback:
    """A callback's data: Panda3D's own drawing within it, until the pixels are there."""

    def __init__(self, data: Any, meter: FrameMeter) -> None:
        self._data = data
        self._meter = meter

    def upcall(self) -> None:
        """Draw."""
        self._meter.draw()
        self._data.upcall()
        GL.glFinish()
        self._meter.drawn()


def main() -> int:
    """Run so many frames, print them, end."""
    chosen = options(__doc__)
    meter = FrameMeter(chosen.warm, chosen.frames)
    logging.getLogger().setLevel(logging.CRITICAL)
    instance.Instance.debug_callback_py = lambda *_: False
    watch_frames(meter)

    plain_render = p3dopenxr.P3DOpenXR.render

    def timed_render(self: Any, index: int, last: bool, data: Any) -> None:
        meter.drawn()
        plain_render(self, index, last, TimedCallback(data, meter))
        meter.draw()

    p3dopenxr.P3DOpenXR.render = timed_render
    load_prc_file_data("", "audio-library-name null\nwin-size 64 64\nsync-video 0")
    base = ShowBase()
    for box in box_scene(chosen.nodes)[1]:
        box.reparent_to(base.render)
    properties = FrameBufferProperties(FrameBufferProperties.get_default())
    properties.set_back_buffers(0)
    properties.set_rgba_bits(8, 8, 8, 8)
    properties.set_srgb_color(True)
    properties.set_depth_bits(1)
    headset = p3dopenxr.P3DOpenXR(base)
    headset.init(fb_props=properties)
    base.graphicsEngine = TimedEngine(base.graphicsEngine, meter)
    while not meter.done:
        base.taskMgr.step()
    print(meter.line("panda3d_openxr"), flush=True)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Its own end leaves the instance alive on Linux and may crash; what was measured has been printed.
    os._exit(code)
