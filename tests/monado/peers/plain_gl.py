"""pyopenxr's plain OpenGL loop under measurement: `xr.utils.gl.ContextObject`, as its `color_cube` example uses it.

What counts as drawing: what is drawn for each view, here a clear, until the pixels are there. PyOpenGL's checks are off, as anybody
would have them who measures.
"""

from __future__ import annotations

import os
import sys

from engine.bench.xr_meter import FrameMeter
from tests.monado.peers.hooks import options, watch_frames


def main() -> int:
    """Run so many frames, print them, end."""
    import OpenGL

    OpenGL.ERROR_CHECKING = False  # read when OpenGL.GL is imported

    import xr
    from OpenGL import GL
    from xr.utils.gl import ContextObject
    from xr.utils.gl.glfw_util import GLFWOffscreenContextProvider

    chosen = options(__doc__)
    meter = FrameMeter(chosen.warm, chosen.frames)
    watch_frames(meter)
    with ContextObject(
        context_provider=GLFWOffscreenContextProvider(),
        instance_create_info=xr.InstanceCreateInfo(
            enabled_extension_names=[xr.KHR_OPENGL_ENABLE_EXTENSION_NAME]
        ),
    ) as context:
        for frame in context.frame_loop():
            for _view in context.view_loop(frame):
                meter.draw()
                GL.glClearColor(1, 0.7, 0.7, 1)
                GL.glClear(GL.GL_COLOR_BUFFER_BIT | GL.GL_DEPTH_BUFFER_BIT)
                GL.glFinish()
                meter.drawn()
            if meter.done:
                break
    print(meter.line("pyopenxr_plain"), flush=True)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
