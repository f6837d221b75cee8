"""Which extensions an instance asks for: the binding's own is required, everything else is taken where it is offered. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.xr.faults import XrUnavailable
from engine.xr.runtime import GraphicsKind

OPENGL = "XR_KHR_opengl_enable"
EGL = "XR_MNDX_egl_enable"
HEADLESS = "XR_MND_headless"
TIMESPEC = "XR_KHR_convert_timespec_time"
PERFORMANCE_COUNTER = "XR_KHR_win32_convert_performance_counter_time"
DEPTH = "XR_KHR_composition_layer_depth"
MASK = "XR_KHR_visibility_mask"
REFRESH = "XR_FB_display_refresh_rate"
LOCAL_FLOOR = "XR_EXT_local_floor"
PRESENCE = "XR_EXT_user_presence"
DEBUG = "XR_EXT_debug_utils"
HAND_TRACKING = "XR_EXT_hand_tracking"
HAND_INTERACTION = "XR_EXT_hand_interaction"
EYE_GAZE = "XR_EXT_eye_gaze_interaction"
HAPTIC_PCM = "XR_FB_haptic_pcm"
HAPTIC_ENVELOPE = "XR_FB_haptic_amplitude_envelope"

REQUIRED: Mapping[GraphicsKind, tuple[str, ...]] = {
    "headless": (HEADLESS,),
    "glx": (OPENGL,),
    "wgl": (OPENGL,),
    "egl": (OPENGL, EGL),
}

WELCOME: tuple[str, ...] = (
    TIMESPEC,
    PERFORMANCE_COUNTER,
    DEPTH,
    MASK,
    REFRESH,
    LOCAL_FLOOR,
    PRESENCE,
    HAND_TRACKING,
    "XR_EXT_hand_tracking_data_source",
    HAND_INTERACTION,
    EYE_GAZE,
    HAPTIC_PCM,
    HAPTIC_ENVELOPE,
    "XR_EXT_hp_mixed_reality_controller",
    "XR_EXT_samsung_odyssey_controller",
    "XR_HTC_vive_cosmos_controller_interaction",
    "XR_HTC_vive_focus3_controller_interaction",
    "XR_FB_touch_controller_pro",
    "XR_META_touch_controller_plus",
    "XR_BD_controller_interaction",
    "XR_ML_ml2_controller_interaction",
    "XR_EXT_palm_pose",
)
"""Taken where offered. Controllers' own extensions stand here so that a table of profiles may name them."""

_NEEDS: Mapping[str, str] = {HAND_INTERACTION: "", "XR_EXT_hand_tracking_data_source": HAND_TRACKING}
_NOT_HEADLESS = frozenset({DEPTH, MASK})


def choose(graphics: GraphicsKind, offered: Collection[str], *, debug: bool = False) -> tuple[str, ...]:
    """The extensions to enable, in a fixed order.

    Parameters
    ----------
    graphics : {"headless", "glx", "wgl", "egl"}
    offered : collection of str
        By the runtime and the layers in use.
    debug : bool, default False
        Take debug messages too.

    Raises
    ------
    XrUnavailable
        The binding's own extension is missing.
    """
    missing = [name for name in REQUIRED[graphics] if name not in offered]
    if missing:
        raise XrUnavailable(
            f"the OpenXR runtime does not offer {', '.join(missing)}, which drawing by {graphics} needs. "
            f"Choose another runtime or another of: {', '.join(REQUIRED)}"
        )
    chosen = [*REQUIRED[graphics]]
    for name in (*WELCOME, *((DEBUG,) if debug else ())):
        needs = _NEEDS.get(name, "")
        if name not in offered or (needs and needs not in offered):
            continue
        if graphics == "headless" and name in _NOT_HEADLESS:
            continue
        chosen.append(name)
    return tuple(chosen)
