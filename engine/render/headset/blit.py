"""Copies of a resolved picture into textures that an OpenXR runtime owns, by plain OpenGL between Panda3D's frames.

Design remarks
--------------
The picture's shaders write display-encoded values. OpenXR (1.1, "Swapchain Image Management"): images of an sRGB format are
taken as encoded, all other formats as linear. So into an sRGB format the codes go as they are, by a framebuffer blit with
GL_FRAMEBUFFER_SRGB off (OpenGL 4.6, 18.3.1: no conversion then); into any other format a shader decodes them, once, by the
sRGB curve (IEC 61966-2-1) that a compositor would have applied.

Panda3D knows nothing of this, so everything touched is put back: it keeps its own idea of OpenGL's state.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import OutputError
from engine.render.headset import gl as GL
from engine.render.headset.gl import Gl
from engine.render.headset.glstate import is_core, kept_state

# Internal formats that a compositor decodes itself (OpenGL registry): SRGB, SRGB8, SRGB_ALPHA, SRGB8_ALPHA8.
_SRGB_FORMATS = frozenset({0x8C40, 0x8C41, 0x8C42, 0x8C43})
# Depth formats that carry stencil: DEPTH24_STENCIL8, DEPTH32F_STENCIL8.
_WITH_STENCIL = frozenset({0x88F0, 0x8CAD})

_TRIANGLE = """#version 330
void main() {  // one triangle over the whole viewport
    gl_Position = vec4(vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0), 0.0, 1.0);
}
"""
_DECODE = """#version 330
uniform sampler2D u_source;
uniform ivec2 u_shift;
out vec4 o_color;
void main() {
    vec3 c = texelFetch(u_source, ivec2(gl_FragCoord.xy) + u_shift, 0).rgb;
    vec3 low = c / 12.92;
    vec3 high = pow((max(c, vec3(0.0)) + 0.055) / 1.055, vec3(2.4));
    o_color = vec4(mix(high, low, lessThanEqual(c, vec3(0.04045))), 1.0);
}
"""
_LAYER = """#version 330
uniform sampler2D u_source;
uniform ivec2 u_shift;
uniform float u_encode;          // 1: the target's codes are sRGB
out vec4 o_color;
vec3 curve(vec3 c, vec3 low, vec3 high, float edge) { return mix(high, low, lessThanEqual(c, vec3(edge))); }
void main() {
    vec4 s = texelFetch(u_source, ivec2(gl_FragCoord.xy) + u_shift, 0);
    vec3 c = s.a > 0.0 ? clamp(s.rgb / s.a, 0.0, 1.0) : vec3(0.0);
    c = curve(c, c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), 0.04045) * s.a;
    if (u_encode > 0.5) c = curve(c, c * 12.92, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, 0.0031308);
    o_color = vec4(c, s.a);
}
"""
_DEPTH = """#version 330
uniform sampler2D u_source;
uniform ivec2 u_shift;
void main() {
    gl_FragDepth = texelFetch(u_source, ivec2(gl_FragCoord.xy) + u_shift, 0).r;
}
"""


def is_srgb(gl_format: int) -> bool:
    """Whether a compositor decodes images of this internal format itself."""
    return gl_format in _SRGB_FORMATS


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of a texture, pixels from the lower left."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


class Blitter:
    """Makes the copies; keeps two framebuffers and two small programs in the graphics context.

    Notes
    -----
    Every call needs that context current, which it is after a frame of Panda3D's in the same thread.
    """

    def __init__(self) -> None:
        self._gl: Gl | None = None
        self._core = False
        self._from = 0
        self._to = 0
        self._vertices = 0
        self._programs: dict[str, tuple[int, int, int]] = {}
        self._checked: set[tuple[int, int]] = set()

    def color(
        self, source: int, part: Part, target: int, gl_format: int, at_px: tuple[int, int] = (0, 0)
    ) -> None:
        """Copy a part of a display-encoded texture into another of any colour format.

        Parameters
        ----------
        source, target : int
            OpenGL names of 2D textures.
        part : Part
            Of the source.
        gl_format : int
            Internal format of the target.
        at_px : tuple of int
            Lower left corner in the target.

        Raises
        ------
        OutputError
            When OpenGL cannot draw into the target.
        """
        gl = self._open()
        if is_srgb(gl_format):
            self._copy(gl, source, part, target, gl_format, at_px)
        else:
            self._draw(gl, _DECODE, source, part, target, gl_format, at_px, GL.COLOR_ATTACHMENT0)

    def layer(
        self, source: int, part: Part, target: int, gl_format: int, at_px: tuple[int, int] = (0, 0)
    ) -> None:
        """Copy a part of a display-encoded texture with premultiplied alpha.

        A compositor multiplies and adds linear light, so the colour is divided by its alpha, decoded, and multiplied again;
        into an sRGB format it is encoded after that.

        Raises
        ------
        OutputError
            When OpenGL cannot draw into the target.
        """
        gl = self._open()
        self._draw(gl, _LAYER, source, part, target, gl_format, at_px, GL.COLOR_ATTACHMENT0)

    def depth(
        self, source: int, part: Part, target: int, gl_format: int, at_px: tuple[int, int] = (0, 0)
    ) -> None:
        """Copy a part of a depth texture into one of any depth format.

        Raises
        ------
        OutputError
            When OpenGL cannot draw into the target.
        """
        gl = self._open()
        point = GL.DEPTH_STENCIL_ATTACHMENT if gl_format in _WITH_STENCIL else GL.DEPTH_ATTACHMENT
        self._draw(gl, _DEPTH, source, part, target, gl_format, at_px, point)

    def finish(self) -> None:
        """Wait until the graphics card has done everything; for benchmarks."""
        self._open().glFinish()

    def close(self) -> None:
        """Give framebuffers and programs back; the context must be current if anything was copied. Idempotent."""
        if self._gl is not None:
            for program, *_places in self._programs.values():
                self._gl.glDeleteProgram(program)
            self._gl.delete("glDeleteVertexArrays", self._vertices)
            self._gl.delete("glDeleteFramebuffers", self._from, self._to)
        self._programs.clear()
        self._checked.clear()
        self._gl = None

    # ---- inside

    def _open(self) -> Gl:
        if self._gl is None:
            gl = Gl()
            self._core = is_core(gl)
            self._from, self._to = gl.new("glGenFramebuffers", 2)
            (self._vertices,) = gl.new("glGenVertexArrays")
            self._gl = gl
        return self._gl

    def _copy(
        self, gl: Gl, source: int, part: Part, target: int, gl_format: int, at_px: tuple[int, int]
    ) -> None:
        with kept_state(gl, drawing=False, core=self._core):
            gl.glBindFramebuffer(GL.READ_FRAMEBUFFER, self._from)
            gl.glFramebufferTexture2D(GL.READ_FRAMEBUFFER, GL.COLOR_ATTACHMENT0, GL.TEXTURE_2D, source, 0)
            self._aim(gl, target, gl_format, GL.COLOR_ATTACHMENT0)
            (x, y), (across, up) = at_px, (part.width_px, part.height_px)
            ours = (part.x_px, part.y_px, part.x_px + across, part.y_px + up)
            gl.glBlitFramebuffer(*ours, x, y, x + across, y + up, GL.COLOR_BUFFER_BIT, GL.NEAREST)
            self._let_go(gl, GL.COLOR_ATTACHMENT0)
            gl.glFramebufferTexture2D(GL.READ_FRAMEBUFFER, GL.COLOR_ATTACHMENT0, GL.TEXTURE_2D, 0, 0)

    def _draw(
        self,
        gl: Gl,
        code: str,
        source: int,
        part: Part,
        target: int,
        gl_format: int,
        at_px: tuple[int, int],
        point: int,
    ) -> None:
        depth = code is _DEPTH
        with kept_state(gl, drawing=True, core=self._core):
            program, shift, encode = self._program(gl, code)
            self._aim(gl, target, gl_format, point)
            x, y = at_px
            gl.glViewport(x, y, part.width_px, part.height_px)
            gl.glColorMask(*(not depth,) * 4)
            gl.glDepthMask(depth)
            if depth:  # depth is written only while it is tested
                gl.glEnable(GL.DEPTH_TEST)
                gl.glDepthFunc(GL.ALWAYS)
            gl.glUseProgram(program)
            gl.glUniform2i(shift, part.x_px - x, part.y_px - y)
            if code is _LAYER:
                gl.glUniform1f(encode, float(is_srgb(gl_format)))
            gl.glBindTexture(GL.TEXTURE_2D, source)
            gl.glBindVertexArray(self._vertices)
            gl.glDrawArrays(GL.TRIANGLES, 0, 3)
            self._let_go(gl, point)

    def _aim(self, gl: Gl, target: int, gl_format: int, point: int) -> None:
        """Draw into a texture from here on."""
        gl.glBindFramebuffer(GL.DRAW_FRAMEBUFFER, self._to)
        gl.glFramebufferTexture2D(GL.DRAW_FRAMEBUFFER, point, GL.TEXTURE_2D, target, 0)
        gl.glDrawBuffer(GL.COLOR_ATTACHMENT0 if point == GL.COLOR_ATTACHMENT0 else GL.NONE)
        if (gl_format, point) not in self._checked:
            status = gl.glCheckFramebufferStatus(GL.DRAW_FRAMEBUFFER)
            if status != GL.FRAMEBUFFER_COMPLETE:
                self._let_go(gl, point)
                raise OutputError(
                    f"a texture of internal format 0x{gl_format:04x} takes no picture (framebuffer status "
                    f"0x{status:04x}). Choose another swapchain format"
                )
            self._checked.add((gl_format, point))

    def _let_go(self, gl: Gl, point: int) -> None:
        # A texture stays alive while something holds it; the runtime wants to be able to free its own.
        gl.glFramebufferTexture2D(GL.DRAW_FRAMEBUFFER, point, GL.TEXTURE_2D, 0, 0)

    def _program(self, gl: Gl, code: str) -> tuple[int, int, int]:
        if code not in self._programs:
            program = gl.program(_TRIANGLE, code)
            gl.glUseProgram(program)
            gl.glUniform1i(gl.glGetUniformLocation(program, b"u_source"), 0)
            shift, encode = (gl.glGetUniformLocation(program, name) for name in (b"u_shift", b"u_encode"))
            self._programs[code] = (program, shift, encode)
        return self._programs[code]
