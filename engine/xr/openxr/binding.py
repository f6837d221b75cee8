"""What a session draws with: whatever OpenGL context is current in this thread, or nothing.

The binding reads handles and changes nothing; the context belongs to whoever draws. Headless sessions (XR_MND_headless) draw
nothing at all.
"""

from __future__ import annotations

import ctypes
from typing import Any, Protocol

from engine.xr.faults import XrUnavailable
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import number_of
from engine.xr.runtime import GraphicsKind

_NONE_CURRENT = "no {what} context is current in this thread. Open the drawing window or buffer first, and make the session in its thread"


class Binding(Protocol):
    """One way of drawing."""

    def prepare(self, calls: Calls, system: int) -> None:
        """Ask for the runtime's graphics requirements, as it demands before a session is made, and hold them."""
        ...

    def info(self, calls: Calls) -> Any:
        """The structure to chain to `XrSessionCreateInfo`; None for none."""
        ...

    def clear_errors(self) -> None:
        """Take away errors that a runtime left in OpenGL, so that whoever draws does not answer for them. Context current."""
        ...


def binding_for(graphics: GraphicsKind) -> Binding:
    """The binding of a kind."""
    kinds: dict[str, type[Binding]] = {"headless": Headless, "glx": Glx, "wgl": Wgl, "egl": Egl}
    return kinds[graphics]()


class Headless:
    """No graphics."""

    def prepare(self, calls: Calls, system: int) -> None:
        """Nothing is required."""

    def info(self, calls: Calls) -> Any:
        """Nothing is chained."""
        return None

    def clear_errors(self) -> None:
        """Nothing to clear."""


_MOST_ERRORS = 16
"""OpenGL keeps one flag for each kind of error (OpenGL 4.6, section 2.3.1); an endless stream means that there is no context."""


class _OpenGl:
    """What the three ways of OpenGL share: the requirements, and one function of OpenGL itself."""

    library = "libGL.so.1"
    _gl: Any = None

    def prepare(self, calls: Calls, system: int) -> None:
        """See `Binding.prepare`.

        The versions are not compared: drivers give what was asked for or better, and runtimes name maxima that lie below what they
        run with (SteamVR says 4.5). The runtime refuses by itself what it cannot use.
        """
        requirements = calls.xr.GraphicsRequirementsOpenGLKHR()
        calls("xrGetOpenGLGraphicsRequirementsKHR", calls.instance, system, ctypes.byref(requirements))

    def clear_errors(self) -> None:
        """See `Binding.clear_errors`."""
        if self._gl is None:
            self._gl = _library(self.library)
        for _ in range(_MOST_ERRORS):
            if not self._gl.glGetError():
                return


class Glx(_OpenGl):
    """X11, by XR_KHR_opengl_enable's Xlib structure."""

    def info(self, calls: Calls) -> Any:
        """See `Binding.info`.

        Raises
        ------
        XrUnavailable
            No GLX context is current here.
        """
        gl = _library("libGL.so.1")
        for name in ("glXGetCurrentDisplay", "glXGetCurrentContext"):
            getattr(gl, name).restype = ctypes.c_void_p
        gl.glXGetCurrentDrawable.restype = ctypes.c_ulong
        display, context = gl.glXGetCurrentDisplay(), gl.glXGetCurrentContext()
        drawable = gl.glXGetCurrentDrawable()
        if not display or not context:
            raise XrUnavailable(_NONE_CURRENT.format(what="GLX"))
        config, visual = _glx_config(gl, display, context)
        struct = calls.xr.GraphicsBindingOpenGLXlibKHR()
        _set(struct, x_display=display, glx_context=context, glx_fbconfig=config)
        struct.visualid = visual
        struct.glx_drawable = drawable
        return struct


class Wgl(_OpenGl):
    """Windows, by XR_KHR_opengl_enable's Win32 structure."""

    library = "opengl32"

    def info(self, calls: Calls) -> Any:
        """See `Binding.info`.

        Raises
        ------
        XrUnavailable
            No WGL context is current here.
        """
        if getattr(ctypes, "WinDLL", None) is None:
            raise XrUnavailable("drawing by wgl needs Windows; choose glx or egl here")
        gl = _library(self.library)
        for name in ("wglGetCurrentDC", "wglGetCurrentContext"):
            getattr(gl, name).restype = ctypes.c_void_p
        device, context = gl.wglGetCurrentDC(), gl.wglGetCurrentContext()
        if not device or not context:
            raise XrUnavailable(_NONE_CURRENT.format(what="WGL"))
        struct = calls.xr.GraphicsBindingOpenGLWin32KHR()
        _set(struct, h_dc=device, h_glrc=context)
        return struct


class Egl(_OpenGl):
    """Linux without X11, by XR_MNDX_egl_enable; experimental there and here (see README)."""

    def info(self, calls: Calls) -> Any:
        """See `Binding.info`.

        Raises
        ------
        XrUnavailable
            No EGL context is current here.
        """
        egl = _library("libEGL.so.1")
        for name in ("eglGetCurrentDisplay", "eglGetCurrentContext"):
            getattr(egl, name).restype = ctypes.c_void_p
        display, context = egl.eglGetCurrentDisplay(), egl.eglGetCurrentContext()
        if not display or not context:
            raise XrUnavailable(_NONE_CURRENT.format(what="EGL"))
        struct = calls.xr.GraphicsBindingEGLMNDX()
        address = number_of(egl.eglGetProcAddress)
        _set(struct, get_proc_address=address, display=display, context=context)
        _set(struct, config=_egl_config(egl, display, context))
        return struct


_GLX_SCREEN, _GLX_FBCONFIG_ID, _GLX_VISUAL_ID = 0x800C, 0x8013, 0x800B
_EGL_CONFIG_ID = 0x3028
_EGL_NONE = 0x3038


def _glx_config(gl: Any, display: int, context: int) -> tuple[int, int]:
    """The context's frame buffer configuration and its visual (0 where it has none: a pbuffer's need not)."""
    pointer = ctypes.c_void_p
    screen, identity, visual = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(0)
    gl.glXQueryContext.argtypes = [pointer, pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    gl.glXQueryContext(display, context, _GLX_SCREEN, ctypes.byref(screen))
    gl.glXQueryContext(display, context, _GLX_FBCONFIG_ID, ctypes.byref(identity))
    gl.glXChooseFBConfig.restype = ctypes.POINTER(pointer)
    gl.glXChooseFBConfig.argtypes = [pointer, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)]
    count = ctypes.c_int(0)
    wanted = (ctypes.c_int * 3)(_GLX_FBCONFIG_ID, identity.value, 0)
    found = gl.glXChooseFBConfig(display, screen.value, wanted, ctypes.byref(count))
    if not found or not count.value:
        raise XrUnavailable(
            f"the current GLX context's frame buffer configuration (id {identity.value}) is not known to its display"
        )
    config = int(found[0] or 0)
    gl.glXGetFBConfigAttrib.argtypes = [pointer, pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    gl.glXGetFBConfigAttrib(display, config, _GLX_VISUAL_ID, ctypes.byref(visual))
    x11 = _library("libX11.so.6")
    x11.XFree.argtypes = [pointer]
    x11.XFree(number_of(found))
    return config, visual.value


def _egl_config(egl: Any, display: int, context: int) -> int:
    """The context's configuration; 0 where it was made without one (EGL_KHR_no_config_context)."""
    pointer = ctypes.c_void_p
    identity = ctypes.c_int(0)
    egl.eglQueryContext.argtypes = [pointer, pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    if (
        not egl.eglQueryContext(display, context, _EGL_CONFIG_ID, ctypes.byref(identity))
        or not identity.value
    ):
        return 0
    egl.eglChooseConfig.argtypes = [
        pointer,
        pointer,
        ctypes.POINTER(pointer),
        ctypes.c_int,
        ctypes.POINTER(ctypes.c_int),
    ]
    wanted = (ctypes.c_int * 3)(_EGL_CONFIG_ID, identity.value, _EGL_NONE)
    config, count = pointer(), ctypes.c_int(0)
    egl.eglChooseConfig(display, wanted, ctypes.byref(config), 1, ctypes.byref(count))
    return int(config.value or 0) if count.value else 0


def _library(name: str) -> Any:
    loader: Any = getattr(ctypes, "WinDLL", ctypes.CDLL)
    try:
        return loader(name)
    except OSError as error:
        raise XrUnavailable(
            f"{name} cannot be loaded ({error}); it is part of the graphics driver"
        ) from error


def _set(struct: Any, **values: int) -> None:
    """Write pointers as numbers: pyopenxr declares these fields by PyOpenGL's types, which differ from version to version."""
    for name, value in values.items():
        offset = getattr(type(struct), name).offset
        ctypes.c_void_p.from_address(ctypes.addressof(struct) + offset).value = value
