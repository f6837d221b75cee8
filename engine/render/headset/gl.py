"""The few OpenGL functions that copies into a runtime's images need, straight from the driver.

PyOpenGL would do, at some ten microseconds a call even with its checks off; a frame has a hundred calls and eleven milliseconds.
These are plain ctypes functions, which let other threads run while they wait for the driver. Names, values and signatures are
the OpenGL registry's (gl.xml); everything here is in OpenGL 3.3.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

from engine.errors import OutputError

_U, _I, _F, _B, _P, _S = (
    ctypes.c_uint,
    ctypes.c_int,
    ctypes.c_float,
    ctypes.c_ubyte,
    ctypes.c_void_p,
    ctypes.c_char_p,
)

# Result and arguments by name.
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "glActiveTexture": (None, _U),
    "glAttachShader": (None, _U, _U),
    "glBindFramebuffer": (None, _U, _U),
    "glBindSampler": (None, _U, _U),
    "glBindTexture": (None, _U, _U),
    "glBindVertexArray": (None, _U),
    "glBlitFramebuffer": (None, _I, _I, _I, _I, _I, _I, _I, _I, _U, _U),
    "glCheckFramebufferStatus": (_U, _U),
    "glColorMask": (None, _B, _B, _B, _B),
    "glCompileShader": (None, _U),
    "glCreateProgram": (_U,),
    "glCreateShader": (_U, _U),
    "glDeleteFramebuffers": (None, _I, _P),
    "glDeleteProgram": (None, _U),
    "glDeleteShader": (None, _U),
    "glDeleteTextures": (None, _I, _P),
    "glDeleteVertexArrays": (None, _I, _P),
    "glDepthFunc": (None, _U),
    "glDepthMask": (None, _B),
    "glDisable": (None, _U),
    "glDrawArrays": (None, _U, _I, _I),
    "glDrawBuffer": (None, _U),
    "glEnable": (None, _U),
    "glFinish": (None,),
    "glFramebufferTexture2D": (None, _U, _U, _U, _U, _I),
    "glGenFramebuffers": (None, _I, _P),
    "glGenTextures": (None, _I, _P),
    "glGenVertexArrays": (None, _I, _P),
    "glGetBooleanv": (None, _U, _P),
    "glGetError": (_U,),
    "glGetIntegerv": (None, _U, _P),
    "glGetProgramInfoLog": (None, _U, _I, _P, _P),
    "glGetProgramiv": (None, _U, _U, _P),
    "glGetTexImage": (None, _U, _I, _U, _U, _P),
    "glGetUniformLocation": (_I, _U, _S),
    "glIsEnabled": (_B, _U),
    "glLinkProgram": (None, _U),
    "glPolygonMode": (None, _U, _U),
    "glShaderSource": (None, _U, _I, _P, _P),
    "glTexImage2D": (None, _U, _I, _I, _I, _I, _I, _U, _U, _P),
    "glTexParameteri": (None, _U, _U, _I),
    "glUniform1f": (None, _I, _F),
    "glUniform1i": (None, _I, _I),
    "glUniform2i": (None, _I, _I, _I),
    "glUseProgram": (None, _U),
    "glViewport": (None, _I, _I, _I, _I),
}

ACTIVE_TEXTURE = 0x84E0
ALPHA_TEST = 0x0BC0
ALWAYS = 0x0207
BLEND = 0x0BE2
CLIP_DISTANCE0 = 0x3000
COLOR_ATTACHMENT0 = 0x8CE0
COLOR_BUFFER_BIT = 0x4000
COLOR_LOGIC_OP = 0x0BF2
COLOR_WRITEMASK = 0x0C23
CONTEXT_CORE_PROFILE_BIT = 0x0001
CONTEXT_PROFILE_MASK = 0x9126
CULL_FACE = 0x0B44
CURRENT_PROGRAM = 0x8B8D
DEPTH_ATTACHMENT = 0x8D00
DEPTH_COMPONENT = 0x1902
DEPTH_FUNC = 0x0B74
DEPTH_STENCIL = 0x84F9
DEPTH_STENCIL_ATTACHMENT = 0x821A
DEPTH_TEST = 0x0B71
DEPTH_WRITEMASK = 0x0B72
DRAW_FRAMEBUFFER = 0x8CA9
DRAW_FRAMEBUFFER_BINDING = 0x8CA6
FILL = 0x1B02
FLOAT = 0x1406
FRAGMENT_SHADER = 0x8B30
FRAMEBUFFER_COMPLETE = 0x8CD5
FRAMEBUFFER_SRGB = 0x8DB9
FRONT_AND_BACK = 0x0408
LINK_STATUS = 0x8B82
MULTISAMPLE = 0x809D
NEAREST = 0x2600
NONE = 0
POLYGON_MODE = 0x0B40
RASTERIZER_DISCARD = 0x8C89
READ_FRAMEBUFFER = 0x8CA8
READ_FRAMEBUFFER_BINDING = 0x8CAA
RGBA = 0x1908
SAMPLER_BINDING = 0x8919
SAMPLE_ALPHA_TO_COVERAGE = 0x809E
SCISSOR_BOX = 0x0C10
SCISSOR_TEST = 0x0C11
STENCIL_TEST = 0x0B90
TEXTURE0 = 0x84C0
TEXTURE_2D = 0x0DE1
TEXTURE_BINDING_2D = 0x8069
TEXTURE_MIN_FILTER = 0x2801
TRIANGLES = 0x0004
UNSIGNED_BYTE = 0x1401
UNSIGNED_INT_24_8 = 0x84FA
VERTEX_ARRAY_BINDING = 0x85B5
VERTEX_SHADER = 0x8B31
VIEWPORT = 0x0BA2


class Gl:
    """OpenGL's functions by name, of the context that is current in this thread.

    Raises
    ------
    OutputError
        When the driver lacks one, or no context is current.
    """

    def __init__(self) -> None:
        find = _finder()
        for name, (result, *arguments) in _FUNCTIONS.items():
            address = find(name.encode())
            if not address:
                raise OutputError(
                    f"OpenGL has no {name} here; 3.3 or later is needed, and its context must be current. "
                    "Update the graphics driver"
                )
            setattr(self, name, _kind()(result, *arguments)(address))
        self._four = (ctypes.c_int * 4)()
        self._bytes = (ctypes.c_ubyte * 4)()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is not among the functions of engine.render.headset.gl")

    def integer(self, what: int) -> int:
        """A value of OpenGL's state."""
        self.glGetIntegerv(what, self._four)
        return self._four[0]

    def integers(self, what: int, count: int) -> tuple[int, ...]:
        """Up to four of them."""
        self.glGetIntegerv(what, self._four)
        return tuple(self._four[:count])

    def flags(self, what: int, count: int) -> tuple[int, ...]:
        """Up to four yes or no."""
        self.glGetBooleanv(what, self._bytes)
        return tuple(self._bytes[:count])

    def new(self, function: str, count: int = 1) -> tuple[int, ...]:
        """Names from one of the `glGen...` functions."""
        names = (ctypes.c_uint * count)()
        getattr(self, function)(count, names)
        return tuple(names)

    def delete(self, function: str, *names: int) -> None:
        """Give names back by one of the `glDelete...` functions."""
        getattr(self, function)(len(names), (ctypes.c_uint * len(names))(*names))

    def program(self, vertex: str, fragment: str) -> int:
        """A linked program of two shaders' source.

        Raises
        ------
        OutputError
            With the driver's own words, when it refuses it.
        """
        program = int(self.glCreateProgram())
        for kind, text in ((VERTEX_SHADER, vertex), (FRAGMENT_SHADER, fragment)):
            shader = self.glCreateShader(kind)
            self.glShaderSource(shader, 1, (ctypes.c_char_p * 1)(text.encode()), None)
            self.glCompileShader(shader)
            self.glAttachShader(program, shader)
            self.glDeleteShader(shader)
        self.glLinkProgram(program)
        linked = ctypes.c_int()
        self.glGetProgramiv(program, LINK_STATUS, ctypes.byref(linked))
        if not linked.value:
            words = ctypes.create_string_buffer(2000)
            self.glGetProgramInfoLog(program, len(words), None, words)
            raise OutputError(
                f"the driver refuses a shader: {words.value.decode(errors='replace').strip()}. Update the graphics driver"
            )
        return program


def _kind() -> Any:
    """The maker of function types: OpenGL's own calling convention."""
    if sys.platform == "win32":
        return ctypes.WINFUNCTYPE
    return ctypes.CFUNCTYPE


def _finder() -> Callable[[bytes], int | None]:
    """What gives the address of an OpenGL function in the current context."""
    if sys.platform == "win32":
        library = ctypes.WinDLL("opengl32")
        kernel = ctypes.WinDLL("kernel32")
        find = library.wglGetProcAddress
        find.restype, find.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
        old = kernel.GetProcAddress
        old.restype, old.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_char_p)

        def windows(name: bytes) -> int | None:
            # What OpenGL 1.1 had is found in the library itself, and only there; some drivers say so by a small number.
            address = find(name)
            if address is None or address in (0, 1, 2, 3, ctypes.c_void_p(-1).value):
                address = old(library._handle, name)
            return None if address is None else int(address)

        return windows
    tried: list[str] = []
    found: Any
    for file, function in (
        ("libGL.so.1", "glXGetProcAddressARB"),
        ("libEGL.so.1", "eglGetProcAddress"),
    ):
        try:
            found = getattr(ctypes.CDLL(file), function)
        except (OSError, AttributeError) as error:
            tried.append(str(error))
            continue
        found.restype, found.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
        address_of: Callable[[bytes], int | None] = found
        return address_of
    raise OutputError(f"no OpenGL library: {'; '.join(tried)}. Install Mesa or the card's driver")
