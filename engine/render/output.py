"""Where the picture goes: a window, or a buffer without a display. One seam, so the rest of the code path is
the same.

Headless takes EGL without a display (`p3headlessgl`) first; where that does not exist (Windows, macOS) it
takes an offscreen buffer of the window system's pipe. Which one was taken is said in `Output.notice`.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass

from panda3d.core import (
    FrameBufferProperties,
    GraphicsEngine,
    GraphicsOutput,
    GraphicsPipe,
    GraphicsPipeSelection,
    WindowProperties,
    load_prc_file_data,
)

from engine.errors import OutputError, SensoramaError

# Settings that must be in place before the first pipe is made. `gl-version 3 3` gives macOS a core context,
# without which GLSL 330 does not exist there; elsewhere drivers give their best compatible context anyway.
_PRC = """
audio-library-name null
notify-level-display error
notify-level-egldisplay fatal
notify-level-glgsg error
notify-level-text error
textures-power-2 none
text-rwmode off
gl-coordinate-system default
sync-video true
framebuffer-srgb false
model-cache-dir
"""


@dataclass(slots=True)
class Output:
    """An open output.

    Attributes
    ----------
    engine : GraphicsEngine
        Panda's engine; this output is its only one.
    buffer : GraphicsOutput
        Window or buffer.
    notice : str
        One line for people: pipe, renderer, real sample count.
    samples : int
        Multisamples really given.
    renderer : str
        The driver's own name of the renderer, "llvmpipe (LLVM 15...)" on software.
    is_window : bool
    """

    engine: GraphicsEngine
    buffer: GraphicsOutput
    notice: str
    samples: int
    renderer: str
    is_window: bool

    def draw(self) -> None:
        """Draw every graph of the engine. No collection meanwhile: `render_frame` lets other threads run, and one of theirs
        would free Panda3D's objects under it.
        """
        collecting = gc.isenabled()
        gc.disable()
        try:
            self.engine.render_frame()
            if self.is_window:  # else Panda3D shows it when the next frame begins, a whole period late
                self.engine.flip_frame()
        finally:
            if collecting:
                gc.enable()


def _window_pipe_names() -> tuple[str, ...]:
    if sys.platform == "darwin":
        return ("CocoaGLGraphicsPipe",)
    if sys.platform == "win32":
        return ("wglGraphicsPipe",)
    return ("glxGraphicsPipe",)


def _pipe(module: str, names: tuple[str, ...]) -> GraphicsPipe | None:
    selection = GraphicsPipeSelection.get_global_ptr()
    for name in names:
        pipe = selection.make_pipe(name, module)
        if pipe is not None and pipe.is_valid():
            return pipe
    return None


def open_output(
    *, size: tuple[int, int], headless: bool, samples: int, vsync: bool, title: str, native: bool = False
) -> Output:
    """Open a window or a buffer.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels.
    headless : bool
        A buffer without a window.
    samples : int
        Multisamples wanted (0 for none); what was given is in the result.
    vsync : bool
        Windows only: wait for the display.
    title : str
        Window title.
    native : bool, default False
        Headless, but on the window system's own interface: what OpenXR runtimes and windows of the same context take.

    Raises
    ------
    OutputError
        When no way to draw works; says what was tried.
    """
    load_prc_file_data("sensorama", _PRC + ("" if samples else "multisamples 0\nframebuffer-multisample 0\n"))
    if native:  # the headset's runtime paces, whatever a window of the same context would wait for
        load_prc_file_data("sensorama", "sync-video false\n")
    if sys.platform == "darwin":
        load_prc_file_data("sensorama", "gl-version 4 1\n")
    tried: list[str] = []
    ways: list[tuple[str, str, tuple[str, ...], bool]] = []
    if headless:
        if sys.platform.startswith("linux") and not native:
            ways.append(
                (
                    "EGL without a display",
                    "p3headlessgl",
                    ("eglGraphicsPipe", "HeadlessEglGraphicsPipe"),
                    False,
                )
            )
        ways.append(("offscreen buffer of the window system", "pandagl", _window_pipe_names(), False))
    else:
        ways.append(("window", "pandagl", _window_pipe_names(), True))
    graphics = GraphicsEngine.get_global_ptr()
    for label, module, names, is_window in ways:
        pipe = _pipe(module, names)
        if pipe is None:
            tried.append(f"{label}: no such pipe")
            continue
        buffer = _make(
            graphics,
            pipe,
            size=size,
            samples=samples,
            is_window=is_window,
            vsync=vsync,
            title=title,
            native=native,
        )
        if buffer is None:
            tried.append(f"{label}: it opens no output of {size[0]}x{size[1]}")
            continue
        gsg = buffer.get_gsg()
        given = int(buffer.get_fb_properties().get_multisamples()) if samples else 0
        renderer = str(gsg.get_driver_renderer())
        major, minor = gsg.get_driver_version_major(), gsg.get_driver_version_minor()
        if (major, minor) < (3, 3):
            tried.append(f"{label}: OpenGL {major}.{minor} on {renderer}, 3.3 needed")
            graphics.remove_window(buffer)
            continue
        asked = "" if given == samples else f" ({samples} asked)"
        version = f"OpenGL {major}.{minor}"
        notice = f"picture: {label}, {renderer}, {version}, {size[0]}x{size[1]}, {given} samples{asked}"
        return Output(graphics, buffer, notice, given, renderer, is_window)
    wanted = "headless picture" if headless else "window"
    hint = (
        "Install Mesa's EGL (Debian: libegl1 libgl1-mesa-dri)"
        if headless
        else "Start it in a desktop session with an OpenGL 3.3 driver, or add --headless"
    )
    raise OutputError(f"no {wanted}: {'; '.join(tried)}. {hint}")


def _make(
    graphics: GraphicsEngine,
    pipe: GraphicsPipe,
    *,
    size: tuple[int, int],
    samples: int,
    is_window: bool,
    vsync: bool,
    title: str,
    native: bool = False,
) -> GraphicsOutput | None:
    properties = FrameBufferProperties()
    properties.set_rgb_color(True)
    properties.set_rgba_bits(8, 8, 8, 8)
    properties.set_depth_bits(24)
    if samples:
        properties.set_multisamples(samples)
    # A window without a back buffer is never swapped: Mesa's software shows nothing of it at all, and nothing waits for the display.
    # Beside a native buffer lies a window (a headset's mirror) that is double-buffered, and its host must be so too.
    if is_window or native:
        properties.set_back_buffers(1)
    window = WindowProperties.size(*size)
    if is_window:
        window.set_title(title)
        window.set_fixed_size(False)
        load_prc_file_data("sensorama", f"sync-video {'true' if vsync else 'false'}\n")
        flags = GraphicsPipe.BF_require_window
    else:
        flags = GraphicsPipe.BF_refuse_window | GraphicsPipe.BF_fb_props_optional
    buffer = graphics.make_output(pipe, "sensorama", 0, properties, window, flags)
    if buffer is None:
        return None
    graphics.open_windows()
    if buffer.get_gsg() is None or not buffer.is_valid():
        graphics.remove_window(buffer)
        return None
    return buffer


def require_open(output: Output) -> None:
    """Raise when the output has gone (window closed by the system, device lost)."""
    if not output.buffer.is_valid():
        raise SensoramaError(
            "the picture's output is gone (window closed or graphics device lost). Start the viewer again"
        )
