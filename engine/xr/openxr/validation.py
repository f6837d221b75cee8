"""The core validation layer's and the runtime's own messages (XR_EXT_debug_utils): errors become ours."""

from __future__ import annotations

import ctypes
from typing import Any

from engine.xr.faults import XrRefused
from engine.xr.openxr.library import Calls

LAYER = "XR_APILAYER_LUNARG_core_validation"

_ERROR = 0x1000
_GENERAL, _VALIDATION, _PERFORMANCE, _CONFORMANCE = 1, 2, 4, 8


class Messenger:
    """Collects what is reported; between calls of `heed` nothing is lost, whichever thread it came from.

    Attributes
    ----------
    errors : list of str
        All so far, oldest first. Kept after `close`, so that what destroying says is seen too.
    """

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._heeded = 0
        self._callback: Any = None
        self._handle: Any = None
        self._info: Any = None

    def create_info(self, xr: Any) -> Any:
        """`XrDebugUtilsMessengerCreateInfoEXT`; chained to the instance's own it hears what creating and destroying say."""
        if self._info is None:
            # our own shim and not pyopenxr's: that one turns each number into an enum and prints what goes wrong
            self._callback = xr.PFN_xrDebugUtilsMessengerCallbackEXT(self._heard)
            info = xr.DebugUtilsMessengerCreateInfoEXT()
            info._message_severities = _ERROR
            info._message_types = _VALIDATION | _CONFORMANCE
            info._user_callback = self._callback
            self._info = info
        return self._info

    def open(self, calls: Calls) -> None:
        """Begin to listen, and make each error an exception of the call that caused it."""
        handle = calls.xr.DebugUtilsMessengerEXT()
        calls(
            "xrCreateDebugUtilsMessengerEXT",
            calls.instance,
            ctypes.byref(self.create_info(calls.xr)),
            ctypes.byref(handle),
        )
        self._handle = handle
        calls.heed = self.heed

    def heed(self, call: str) -> None:
        """Raise what was reported since the last call.

        Raises
        ------
        XrRefused
        """
        if len(self.errors) > self._heeded:
            new = self.errors[self._heeded :]
            self._heeded = len(self.errors)
            raise XrRefused(call, "VALIDATION", "; ".join(new))

    def close(self, calls: Calls) -> None:
        """Stop listening; the callback lives on, since destroying the instance is heard by the one chained to its making."""
        calls.heed = None
        if self._handle is not None:
            calls.quietly("xrDestroyDebugUtilsMessengerEXT", self._handle)
            self._handle = None

    def forget(self) -> None:
        """The instance is gone: nothing calls back any more."""
        self._callback = self._info = None

    def _heard(self, _severity: int, _types: int, data: Any, _user: Any) -> int:
        message = data.contents
        texts = [
            (raw or b"").decode("utf-8", "replace")
            for raw in (message._message_id, message._function_name, message._message)
        ]
        self.errors.append(" ".join(text for text in texts if text))
        return 0


def layer_offered(calls: Calls) -> bool:
    """Whether the core validation layer is installed here."""
    layers = calls.enumerate("xrEnumerateApiLayerProperties", of=calls.xr.ApiLayerProperties)
    return LAYER.encode() in {bytes(layer.layer_name) for layer in layers}
