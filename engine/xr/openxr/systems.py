"""What a runtime says of its headset."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

from engine.xr.faults import XrUnavailable
from engine.xr.openxr import extensions
from engine.xr.openxr.library import Calls
from engine.xr.runtime import SystemInfo

HEAD_MOUNTED = 1
PRIMARY_STEREO = 2

BLEND_MODES: Mapping[int, str] = {1: "opaque", 2: "additive", 3: "alpha"}
"""`XrEnvironmentBlendMode` (openxr.h)."""

_CAPABILITIES: tuple[tuple[str, str, str, str], ...] = (
    (
        "has_hand_tracking",
        extensions.HAND_TRACKING,
        "SystemHandTrackingPropertiesEXT",
        "supports_hand_tracking",
    ),
    (
        "has_eye_gaze",
        extensions.EYE_GAZE,
        "SystemEyeGazeInteractionPropertiesEXT",
        "supports_eye_gaze_interaction",
    ),
    ("has_presence", extensions.PRESENCE, "SystemUserPresencePropertiesEXT", "supports_user_presence"),
)
"""Field of `SystemInfo`, extension, structure, its field."""


def system_id(calls: Calls) -> int:
    """The headset's identifier.

    Raises
    ------
    XrUnavailable
        There is none now.
    """
    info = calls.xr.SystemGetInfo()
    info._form_factor = HEAD_MOUNTED
    found = ctypes.c_uint64(0)
    calls("xrGetSystem", calls.instance, ctypes.byref(info), ctypes.byref(found))
    return found.value


def describe(calls: Calls, system: int, enabled: frozenset[str]) -> SystemInfo:
    """Everything of it.

    Raises
    ------
    XrUnavailable
        It shows no pair of eyes.
    """
    xr = calls.xr
    properties = xr.SystemProperties()
    chained: list[tuple[str, Any, str]] = []
    link = properties
    for field, extension, struct, flag in _CAPABILITIES:
        if extension in enabled:
            more = getattr(xr, struct)()
            link._next = ctypes.addressof(more)
            link = more
            chained.append((field, more, flag))
    calls("xrGetSystemProperties", calls.instance, system, ctypes.byref(properties))
    views = calls.enumerate(
        "xrEnumerateViewConfigurationViews",
        calls.instance,
        system,
        PRIMARY_STEREO,
        of=xr.ViewConfigurationView,
    )
    if len(views) != 2:
        raise XrUnavailable(f"the headset shows {len(views)} views; the engine draws exactly 2")
    modes = calls.enumerate(
        "xrEnumerateEnvironmentBlendModes", calls.instance, system, PRIMARY_STEREO, of=ctypes.c_int
    )
    view = views[0]
    graphics = properties.graphics_properties
    has = {field: bool(getattr(more, flag)) for field, more, flag in chained}
    return SystemInfo(
        name=bytes(properties.system_name).split(b"\0")[0].decode("utf-8", "replace"),
        recommended_px=(view.recommended_image_rect_width, view.recommended_image_rect_height),
        max_px=(
            min(view.max_image_rect_width, graphics.max_swapchain_image_width),
            min(view.max_image_rect_height, graphics.max_swapchain_image_height),
        ),
        recommended_samples=view.recommended_swapchain_sample_count,
        max_layers=graphics.max_layer_count,
        blend_modes=tuple(BLEND_MODES[mode] for mode in modes if mode in BLEND_MODES) or ("opaque",),
        **has,
    )
