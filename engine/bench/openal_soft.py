"""OpenAL Soft on its loopback device, to measure beside: the library of the wheel ``cyal``, called by ctypes.

Loopback: ALC_SOFT_loopback, the application asks for samples and no device is opened. Constants: AL/alext.h and efx.h of version 1.23.1.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FREQUENCY, _MONO_SOURCES, _STEREO_SOURCES = 0x1007, 0x1010, 0x1011
_CHANNELS, _TYPE, _HRTF, _HRTF_STATUS = 0x1990, 0x1991, 0x1992, 0x1993
_STEREO, _FLOAT = 0x1501, 0x1406
_POSITION, _VELOCITY, _LOOPING, _BUFFER, _AIR_ABSORPTION = 0x1004, 0x1006, 0x1007, 0x1009, 0x20007
_MONO16, _VERSION = 0x1101, 0xB002


def library() -> Path | None:
    """Where the wheel's library lies; None without the wheel."""
    found = find_spec("cyal")
    if found is None or found.origin is None:
        return None
    return next(iter(sorted(Path(found.origin).parent.glob("libopenal.so*"))), None)


class OpenAlSoft:
    """A listener with a measured head and moving sources around.

    Parameters
    ----------
    path : Path
        From `library`.
    files : ndarray of float32, shape (S, samples)
        One loop a source, 48 kHz.
    """

    def __init__(self, path: Path, files: NDArray[np.float32]) -> None:
        os.environ["ALSOFT_CONF"] = os.devnull  # nobody's own settings
        self._al = ctypes.CDLL(str(path))
        self._find = self._function("alcGetProcAddress", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
        pointer, number, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_float
        self._device = self._extension("alcLoopbackOpenDeviceSOFT", pointer, ctypes.c_char_p)(None)
        self._render = self._extension("alcRenderSamplesSOFT", None, pointer, pointer, number)
        count = files.shape[0]
        wanted = (
            _FREQUENCY,
            48_000,
            _CHANNELS,
            _STEREO,
            _TYPE,
            _FLOAT,
            _HRTF,
            1,
            _MONO_SOURCES,
            count,
            _STEREO_SOURCES,
            0,
            0,
        )
        attributes = (number * len(wanted))(*wanted)
        create = self._function("alcCreateContext", pointer, pointer, ctypes.POINTER(number))
        self._context = create(self._device, attributes)
        if not self._context:
            raise RuntimeError(f"OpenAL Soft makes no context for {count} sources")
        self._function("alcMakeContextCurrent", ctypes.c_char, pointer)(self._context)
        status = number()
        self._function("alcGetIntegerv", None, pointer, number, number, ctypes.POINTER(number))(
            self._device, _HRTF_STATUS, 1, ctypes.byref(status)
        )
        if status.value != 1:
            raise RuntimeError(f"OpenAL Soft has no HRTF here (status {status.value})")
        self._vector = self._function("alSource3f", None, ctypes.c_uint, number, real, real, real)
        self._suspend = self._function("alcSuspendContext", None, pointer)
        self._resume = self._function("alcProcessContext", None, pointer)
        self._sources = (ctypes.c_uint * count)()
        self._start(files)
        self.version = self._function("alGetString", ctypes.c_char_p, number)(_VERSION).decode()
        self._out = np.zeros((4096, 2), np.float32)

    def _start(self, files: NDArray[np.float32]) -> None:
        unsigned, number = ctypes.c_uint, ctypes.c_int
        self._function("alGenSources", None, number, ctypes.POINTER(unsigned))(
            len(self._sources), self._sources
        )
        if error := self._function("alGetError", number)():
            raise RuntimeError(f"OpenAL Soft refuses {len(self._sources)} sources (error {error:#x})")
        buffers = (unsigned * len(self._sources))()
        self._function("alGenBuffers", None, number, ctypes.POINTER(unsigned))(len(buffers), buffers)
        fill = self._function("alBufferData", None, unsigned, number, ctypes.c_void_p, number, number)
        whole = self._function("alSourcei", None, unsigned, number, number)
        real = self._function("alSourcef", None, unsigned, number, ctypes.c_float)
        play = self._function("alSourcePlay", None, unsigned)
        for source, buffer, file in zip(self._sources, buffers, files, strict=True):
            samples = np.clip(file * 32767.0, -32768, 32767).astype(np.int16)
            fill(buffer, _MONO16, samples.ctypes.data, samples.nbytes, 48_000)
            whole(source, _BUFFER, buffer)
            whole(source, _LOOPING, 1)
            real(source, _AIR_ABSORPTION, 1.0)
            play(source)

    def move(self, at_m: Iterable[list[float]], speed_mps: Iterable[list[float]]) -> None:
        """Places and velocities of all sources; x right, y up, z behind."""
        self._suspend(self._context)
        for source, (x, y, z), (u, v, w) in zip(self._sources, at_m, speed_mps, strict=True):
            self._vector(source, _POSITION, x, y, z)
            self._vector(source, _VELOCITY, u, v, w)
        self._resume(self._context)

    def render(self, frames: int) -> NDArray[np.float32]:
        """The next samples, shape (frames, 2)."""
        self._render(self._device, self._out.ctypes.data, frames)
        return self._out[:frames]

    def close(self) -> None:
        """Gives everything back."""
        self._function("alcMakeContextCurrent", ctypes.c_char, ctypes.c_void_p)(None)
        self._function("alcDestroyContext", None, ctypes.c_void_p)(self._context)
        self._function("alcCloseDevice", ctypes.c_char, ctypes.c_void_p)(self._device)

    def _function(self, name: str, gives: Any, *takes: Any) -> Callable[..., Any]:
        found = getattr(self._al, name)
        found.restype, found.argtypes = gives, takes
        done: Callable[..., Any] = found
        return done

    def _extension(self, name: str, gives: Any, *takes: Any) -> Callable[..., Any]:
        address = self._find(None, name.encode())
        if not address:
            raise RuntimeError(f"this OpenAL has no {name}")
        done: Callable[..., Any] = ctypes.CFUNCTYPE(gives, *takes)(address)
        return done
