"""Rings of images that the runtime owns and we draw into."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

from engine.xr.faults import SessionLost, XrRefused
from engine.xr.openxr import results
from engine.xr.openxr.library import Calls
from engine.xr.runtime import Swapchain, SwapchainSpec

_COLOR_ATTACHMENT, _DEPTH_ATTACHMENT, _TRANSFER_DESTINATION, _SAMPLED = 0x01, 0x02, 0x10, 0x20
_USAGE = {
    "color": _COLOR_ATTACHMENT | _SAMPLED | _TRANSFER_DESTINATION,
    "depth": _DEPTH_ATTACHMENT | _SAMPLED | _TRANSFER_DESTINATION,
}
_STATIC_IMAGE = 0x02

_PATIENCE_NS = 1_000_000_000
"""A compositor that keeps an image for a whole second has hung; an endless wait would hang the picture with it."""


class OpenXrSwapchain:
    """See `engine.xr.runtime.Swapchain`."""

    def __init__(
        self, calls: Calls, session: Any, spec: SwapchainSpec, closed: Callable[[OpenXrSwapchain], None]
    ) -> None:
        xr = calls.xr
        self._calls = calls
        self._spec = spec
        self._closed = closed
        info = xr.SwapchainCreateInfo()
        info._create_flags = _STATIC_IMAGE if spec.static else 0
        info._usage_flags = _USAGE[spec.use]
        info.format = spec.format
        info.sample_count = spec.samples
        info.width, info.height = spec.size_px
        info.face_count = info.array_size = info.mip_count = 1
        handle = xr.Swapchain()
        calls("xrCreateSwapchain", session, ctypes.byref(info), ctypes.byref(handle))
        self._handle: Any = handle
        try:
            images = calls.enumerate("xrEnumerateSwapchainImages", handle, of=xr.SwapchainImageOpenGLKHR)
        except BaseException:
            self.close()
            raise
        self._images = tuple(int(image.image) for image in images)
        self._index = ctypes.c_uint32(0)
        self._acquire_info = xr.SwapchainImageAcquireInfo()
        self._wait_info = xr.SwapchainImageWaitInfo()
        self._wait_info.timeout = _PATIENCE_NS
        self._release_info = xr.SwapchainImageReleaseInfo()
        self._index_reference = ctypes.byref(self._index)
        self._acquire_reference = ctypes.byref(self._acquire_info)
        self._wait_reference = ctypes.byref(self._wait_info)
        self._release_reference = ctypes.byref(self._release_info)

    @property
    def spec(self) -> SwapchainSpec:
        """What it was made as."""
        return self._spec

    @property
    def images(self) -> Sequence[int]:
        """OpenGL texture names."""
        return self._images

    @property
    def handle(self) -> Any:
        """The runtime's, for the modules of this package.

        Raises
        ------
        SessionLost
            It has been closed.
        """
        if self._handle is None:
            raise SessionLost("this swapchain has been closed; make a new one for the session that lives")
        return self._handle

    def acquire(self) -> int:
        """See `Swapchain.acquire`.

        Raises
        ------
        XrRefused
            The compositor did not let go of an image within a second, or the image before was not released.
        """
        handle = self.handle
        self._calls("xrAcquireSwapchainImage", handle, self._acquire_reference, self._index_reference)
        result = self._calls("xrWaitSwapchainImage", handle, self._wait_reference)
        if result == results.TIMEOUT_EXPIRED:
            raise XrRefused(
                "xrWaitSwapchainImage", "TIMEOUT_EXPIRED", "The compositor has hung; make a new session"
            )
        return self._images[self._index.value]

    def release(self) -> None:
        """See `Swapchain.release`."""
        self._calls("xrReleaseSwapchainImage", self.handle, self._release_reference)

    def close(self) -> None:
        """See `Swapchain.close`."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._closed(self)
            self._calls.quietly("xrDestroySwapchain", handle)


def handle_of(swapchain: Swapchain) -> Any:
    """The runtime's handle of a swapchain of ours.

    Raises
    ------
    TypeError
        It is another runtime's.
    """
    if not isinstance(swapchain, OpenXrSwapchain):
        raise TypeError(f"a swapchain of this session is wanted, not {type(swapchain).__name__}")
    return swapchain.handle
