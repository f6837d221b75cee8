"""The graphics context that a headset is drawn in: off screen, and of a kind that OpenXR can bind to.

A runtime takes GLX on X11 and WGL on Windows (XR_KHR_opengl_enable), and on some runtimes EGL (XR_MNDX_egl_enable). The
context without a display that other headless pictures use is EGL, so here the window system's own interface comes first.
"""

from __future__ import annotations

import os
import sys

from engine.errors import OutputError
from engine.render.output import Output, open_output
from engine.xr.runtime import GraphicsKind

# The host buffer only lends its context; nobody looks at it.
_HOST_PX = (16, 16)
# NVIDIA's driver waits for a display's refresh whatever the program asks for, unless told so here: `xrWaitFrame` alone paces a
# headset. Mesa keeps to what the program asks for.
_NO_WAITING = {"__GL_SYNC_TO_VBLANK": "0"}

# Panda3D's names of its interfaces, in lower case.
_KINDS: dict[str, GraphicsKind] = {
    "glx": "glx",
    "wgl": "wgl",
    "egl": "egl",
    "opengl": "glx",
    "windowsgl": "wgl",
}


def open_context(*, prefer: GraphicsKind | None = None) -> Output:
    """Open a context for a headset, with a small buffer nobody sees.

    Parameters
    ----------
    prefer : {"glx", "wgl", "egl"}, optional
        "egl" takes EGL without a display (Linux); everything else the window system's own interface, and EGL where that
        is not to be had.

    Raises
    ------
    OutputError
        When neither can be opened; says what was tried.

    Notes
    -----
    The context is current in the calling thread when this returns, and after every frame; windows made with this output as
    their host share it. Sets the variable of the environment by which NVIDIA's driver is told not to wait for a display.
    """
    os.environ.update(_NO_WAITING)
    ways = (False, True) if prefer == "egl" else (True, False)
    tried: list[str] = []
    for native in ways:
        try:
            output = open_output(
                size=_HOST_PX, headless=True, samples=0, vsync=False, title="headset", native=native
            )
        except OutputError as error:
            tried.append(str(error))
            continue
        # The first frame makes the context current and everything of Panda3D's ready.
        output.draw()
        return output
    raise OutputError(f"no graphics context for a headset: {'; '.join(tried)}")


def graphics_kind(output: Output) -> GraphicsKind:
    """Which of OpenXR's graphics bindings an output's context is for.

    Raises
    ------
    OutputError
        When it is for none (a Mac's).
    """
    name = str(output.buffer.get_pipe().get_type().get_name()).lower()
    for word, kind in _KINDS.items():
        if word in name:
            return kind
    raise OutputError(
        f"a picture on {name} ({sys.platform}) cannot go to an OpenXR headset; GLX, WGL or EGL is needed"
    )
