"""Plain OpenGL between two frames of Panda3D's: PyOpenGL without its checks, and OpenGL's state as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.errors import MissingExtra

# Whatever may spoil a full-screen pass, and must be as it was afterwards.
_CAPS = (
    "GL_SCISSOR_TEST",
    "GL_FRAMEBUFFER_SRGB",
    "GL_DEPTH_TEST",
    "GL_BLEND",
    "GL_CULL_FACE",
    "GL_STENCIL_TEST",
    "GL_SAMPLE_ALPHA_TO_COVERAGE",
    "GL_COLOR_LOGIC_OP",
    "GL_RASTERIZER_DISCARD",
)
# What a blit obeys (OpenGL 4.6, 18.3.1).
_BLIT_CAPS = _CAPS[:2]


def open_gl() -> Any:
    """The module of OpenGL's functions.

    PyOpenGL asks for errors after every call unless told otherwise before its first import; that would make the driver wait
    hundreds of times a frame.

    Raises
    ------
    MissingExtra
        When PyOpenGL is not installed.
    """
    try:
        import OpenGL
    except ImportError as error:
        raise MissingExtra("xr", "pictures in a headset (PyOpenGL)") from error
    OpenGL.ERROR_CHECKING = False
    OpenGL.ERROR_LOGGING = False
    OpenGL.CONTEXT_CHECKING = False
    from OpenGL import GL

    return GL


@contextmanager
def kept_state(gl: Any, *, programs: bool) -> Iterator[None]:
    """Switch off what would spoil a copy; put everything back at the end.

    Parameters
    ----------
    gl : module
        Of `open_gl`.
    programs : bool
        A program will draw: keep program, vertex array, texture unit 0, masks and viewport too. A blit touches none of these.
    """
    caps = [getattr(gl, name) for name in (_CAPS if programs else _BLIT_CAPS)]
    if programs and not gl.glGetIntegerv(gl.GL_CONTEXT_PROFILE_MASK) & gl.GL_CONTEXT_CORE_PROFILE_BIT:
        caps.append(gl.GL_ALPHA_TEST)  # Panda3D leaves it on in a compatible context
    on = [cap for cap in caps if gl.glIsEnabled(cap)]
    reads, draws = (
        gl.glGetIntegerv(gl.GL_READ_FRAMEBUFFER_BINDING),
        gl.glGetIntegerv(gl.GL_DRAW_FRAMEBUFFER_BINDING),
    )
    for cap in on:
        gl.glDisable(cap)
    try:
        if programs:
            with _kept_drawing(gl):
                yield
        else:
            yield
    finally:
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, int(reads))
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, int(draws))
        for cap in caps:
            if cap in on:
                gl.glEnable(cap)
            else:
                gl.glDisable(cap)


@contextmanager
def _kept_drawing(gl: Any) -> Iterator[None]:
    program = int(gl.glGetIntegerv(gl.GL_CURRENT_PROGRAM))
    vertices = int(gl.glGetIntegerv(gl.GL_VERTEX_ARRAY_BINDING))
    unit = int(gl.glGetIntegerv(gl.GL_ACTIVE_TEXTURE))
    gl.glActiveTexture(gl.GL_TEXTURE0)
    texture = int(gl.glGetIntegerv(gl.GL_TEXTURE_BINDING_2D))
    sampler = int(gl.glGetIntegerv(gl.GL_SAMPLER_BINDING))
    viewport = [int(v) for v in gl.glGetIntegerv(gl.GL_VIEWPORT)]
    colors = [bool(v) for v in gl.glGetBooleanv(gl.GL_COLOR_WRITEMASK)]
    depths, compare = bool(gl.glGetBooleanv(gl.GL_DEPTH_WRITEMASK)), int(gl.glGetIntegerv(gl.GL_DEPTH_FUNC))
    modes = [int(v) for v in gl.glGetIntegerv(gl.GL_POLYGON_MODE)]
    gl.glBindSampler(0, 0)
    gl.glPolygonMode(gl.GL_FRONT_AND_BACK, gl.GL_FILL)
    try:
        yield
    finally:
        gl.glUseProgram(program)
        gl.glBindVertexArray(vertices)
        gl.glBindTexture(gl.GL_TEXTURE_2D, texture)
        gl.glBindSampler(0, sampler)
        gl.glActiveTexture(unit)
        gl.glViewport(*viewport)
        gl.glColorMask(*colors)
        gl.glDepthMask(depths)
        gl.glDepthFunc(compare)
        gl.glPolygonMode(gl.GL_FRONT_AND_BACK, modes[0])
