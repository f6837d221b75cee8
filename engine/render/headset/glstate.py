"""OpenGL's state put back as it was found: Panda3D keeps its own idea of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.render.headset import gl as GL
from engine.render.headset.gl import Gl

# What a blit obeys (OpenGL 4.6, 18.3.1).
_BLIT_CAPS = (GL.SCISSOR_TEST, GL.FRAMEBUFFER_SRGB)
# What may spoil a full-screen pass besides.
_DRAW_CAPS = (
    *_BLIT_CAPS,
    GL.DEPTH_TEST,
    GL.BLEND,
    GL.CULL_FACE,
    GL.STENCIL_TEST,
    GL.SAMPLE_ALPHA_TO_COVERAGE,
    GL.COLOR_LOGIC_OP,
    GL.RASTERIZER_DISCARD,
    GL.CLIP_DISTANCE0,
)


def is_core(gl: Gl) -> bool:
    """Whether the context is without OpenGL's old parts."""
    return bool(gl.integer(GL.CONTEXT_PROFILE_MASK) & GL.CONTEXT_CORE_PROFILE_BIT)


@contextmanager
def kept_state(gl: Gl, *, drawing: bool, core: bool) -> Iterator[None]:
    """Switch off what would spoil a copy; put everything back at the end.

    Parameters
    ----------
    gl : Gl
    drawing : bool
        A program will draw: keep program, vertex array, texture unit 0, masks and viewport too. A blit touches none of these.
    core : bool
        See `is_core`; a compatible context has an alpha test, which Panda3D leaves on.
    """
    caps = _DRAW_CAPS if drawing else _BLIT_CAPS
    if drawing and not core:
        caps = (*caps, GL.ALPHA_TEST)
    on = [cap for cap in caps if gl.glIsEnabled(cap)]
    reads, draws = gl.integer(GL.READ_FRAMEBUFFER_BINDING), gl.integer(GL.DRAW_FRAMEBUFFER_BINDING)
    for cap in on:
        gl.glDisable(cap)
    try:
        if drawing:
            with _kept_drawing(gl):
                yield
        else:
            yield
    finally:
        gl.glBindFramebuffer(GL.READ_FRAMEBUFFER, reads)
        gl.glBindFramebuffer(GL.DRAW_FRAMEBUFFER, draws)
        for cap in caps:
            if cap in on:
                gl.glEnable(cap)
            else:
                gl.glDisable(cap)


@contextmanager
def _kept_drawing(gl: Gl) -> Iterator[None]:
    program = gl.integer(GL.CURRENT_PROGRAM)
    vertices = gl.integer(GL.VERTEX_ARRAY_BINDING)
    unit = gl.integer(GL.ACTIVE_TEXTURE)
    gl.glActiveTexture(GL.TEXTURE0)
    texture = gl.integer(GL.TEXTURE_BINDING_2D)
    sampler = gl.integer(GL.SAMPLER_BINDING)
    viewport = gl.integers(GL.VIEWPORT, 4)
    colors = gl.flags(GL.COLOR_WRITEMASK, 4)
    depths, compare = gl.flags(GL.DEPTH_WRITEMASK, 1), gl.integer(GL.DEPTH_FUNC)
    mode = gl.integer(GL.POLYGON_MODE)
    gl.glBindSampler(0, 0)
    gl.glPolygonMode(GL.FRONT_AND_BACK, GL.FILL)
    try:
        yield
    finally:
        gl.glUseProgram(program)
        gl.glBindVertexArray(vertices)
        gl.glBindTexture(GL.TEXTURE_2D, texture)
        gl.glBindSampler(0, sampler)
        gl.glActiveTexture(unit)
        gl.glViewport(*viewport)
        gl.glColorMask(*colors)
        gl.glDepthMask(*depths)
        gl.glDepthFunc(compare)
        gl.glPolygonMode(GL.FRONT_AND_BACK, mode)
