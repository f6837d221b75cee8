"""Makes instances: asks what is offered, chooses, connects."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from engine.time.clocks import Clock, MonotonicClock
from engine.xr.faults import XrUnavailable
from engine.xr.openxr import extensions, validation
from engine.xr.openxr.instance import OpenXrInstance
from engine.xr.openxr.library import Calls, load
from engine.xr.openxr.memory import pointing
from engine.xr.runtime import InstanceWish

_ENGINE = "Sensorama"
_API_VERSION = 1 << 48
"""1.0.0: every runtime knows it, and what we use of 1.1 are extensions there (facts, section 2)."""


class OpenXrRuntime:
    """`engine.xr.runtime.Runtime` on pyopenxr. Costs nothing before `open`.

    Parameters
    ----------
    clock : Clock, optional
        Host time of `FrameTime.woken_ns`; the machine's own unless given.
    library : callable, optional
        Gives the pyopenxr module; another for tests.
    """

    def __init__(self, clock: Clock | None = None, library: Callable[[], Any] = load) -> None:
        self._clock = clock or MonotonicClock()
        self._library = library

    def open(self, wish: InstanceWish) -> OpenXrInstance:
        """Connect.

        Raises
        ------
        MissingExtra
            pyopenxr is not installed.
        XrUnavailable
            No runtime, none that answers, or none that offers the wish's graphics; says what to do.
        XrRefused
            The runtime refuses for a reason of its own.
        """
        xr = self._library()
        calls = Calls(xr, opening=True)
        layers: tuple[str, ...] = ()
        if wish.validation:
            if not validation.layer_offered(calls):
                raise XrUnavailable(
                    f"the core validation layer ({validation.LAYER}) is not installed. Install openxr-layer-corevalidation, "
                    "name its folder in XR_API_LAYER_PATH, or leave validation off"
                )
            layers = (validation.LAYER,)
        offered = _offered(calls, layers)
        enabled = extensions.choose(wish.graphics, offered, debug=wish.validation)
        messenger = validation.Messenger() if wish.validation and extensions.DEBUG in enabled else None
        handle = _create(calls, wish, layers, enabled, messenger)
        return OpenXrInstance(
            Calls(xr, handle),
            wish,
            frozenset(enabled),
            self._clock,
            messenger,
        )


def _offered(calls: Calls, layers: tuple[str, ...]) -> frozenset[str]:
    names: set[str] = set()
    for layer in (None, *(layer.encode() for layer in layers)):
        found = calls.enumerate(
            "xrEnumerateInstanceExtensionProperties", layer, of=calls.xr.ExtensionProperties
        )
        names.update(bytes(each.extension_name).decode("ascii", "replace") for each in found)
    return frozenset(names)


def _create(
    calls: Calls,
    wish: InstanceWish,
    layers: tuple[str, ...],
    enabled: tuple[str, ...],
    messenger: validation.Messenger | None,
) -> Any:
    xr = calls.xr
    info = xr.InstanceCreateInfo()
    application = info.application_info
    application.application_name = wish.application.encode()[:127]
    application.application_version = 1
    application.engine_name = _ENGINE.encode()
    application.engine_version = 1
    application._api_version = _API_VERSION
    layer_names = _names(layers)
    extension_names = _names(enabled)
    info.enabled_api_layer_count = len(layers)
    info._enabled_api_layer_names = pointing(ctypes.POINTER(ctypes.c_char_p), layer_names)
    info.enabled_extension_count = len(enabled)
    info._enabled_extension_names = pointing(ctypes.POINTER(ctypes.c_char_p), extension_names)
    if messenger is not None:
        info._next = ctypes.addressof(messenger.create_info(xr))
    handle = xr.Instance()
    calls("xrCreateInstance", ctypes.byref(info), ctypes.byref(handle))
    return handle


def _names(names: tuple[str, ...]) -> Any:
    return (ctypes.c_char_p * max(len(names), 1))(*(name.encode() for name in names))
