"""A drawing context as the viewer has one: Panda3D's off-screen buffer, current in this thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from panda3d.core import (
    FrameBufferProperties,
    GraphicsEngine,
    GraphicsPipe,
    GraphicsPipeSelection,
    WindowProperties,
    load_prc_file_data,
)


@contextmanager
def context(graphics: str) -> Iterator[Any]:
    """A buffer of GLX (`glx`) or of EGL without any display (`egl`), its context current; taken away after."""
    load_prc_file_data("", "sync-video 0\naudio-library-name null")
    chooser = GraphicsPipeSelection.get_global_ptr()
    if graphics == "glx":
        pipe = chooser.make_pipe("glxGraphicsPipe", "pandagl")
    else:
        pipe = chooser.make_module_pipe("p3headlessgl")
    assert pipe is not None, f"no pipe for {graphics}"
    engine = GraphicsEngine(pipe)
    wanted = FrameBufferProperties()
    wanted.set_rgba_bits(8, 8, 8, 8)
    wanted.set_depth_bits(24)
    flags = GraphicsPipe.BF_refuse_window | GraphicsPipe.BF_fb_props_optional
    buffer = engine.make_output(pipe, "context", 0, wanted, WindowProperties.size(64, 64), flags)
    assert buffer is not None, f"no buffer of {graphics}"
    engine.open_windows()
    engine.render_frame()
    try:
        yield buffer
    finally:
        engine.remove_all_windows()
