"""Where the picture goes: a headset, a window or off-screen, each with its next best, and one line that says why."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Literal

from engine.errors import UsageError

View = Literal["xr", "window", "headless"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen.

    Attributes
    ----------
    view : {"xr", "window", "headless"}
    say : str
        One line for people; "" when nothing was fallen back from.
    """

    view: View
    say: str = ""


def has_display() -> bool:
    """Whether a window could be opened: always assumed on Windows and macOS, elsewhere if a display is named."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def choose_view(
    wanted: str, *, no_headset: str, display: bool, require_xr: bool, windows: bool, recorded: bool = False
) -> Choice:
    """Take the first of headset, window, off-screen that can be had, beginning with what was asked for.

    Parameters
    ----------
    wanted : {"auto", "xr", "window", "headless"}
    no_headset : str
        Why there can be no headset; "" when there may be one (`engine.xr.outlook`).
    display : bool
        Whether a window can be opened.
    require_xr : bool
        Fail rather than fall back.
    recorded : bool
        Whether a recorded head stands in for the guest's: a headset shows nobody else's head.
    windows : bool
        Whether a headset needs no display of its own here (Windows); elsewhere its graphics context comes from one.

    Raises
    ------
    UsageError
        A headset or window was insisted on and cannot be had.
    """
    if require_xr and wanted in ("window", "headless"):
        raise UsageError(f"--require-xr and --view {wanted} exclude each other; leave one out")
    if require_xr and no_headset:
        raise UsageError(f"--require-xr: {no_headset}")
    if recorded and (wanted == "xr" or require_xr):
        raise UsageError(
            "--poses plays a recorded head in a window or off-screen; leave it or the headset out"
        )
    if recorded and wanted == "auto":
        wanted = "window" if display else "headless"
    if wanted == "headless":
        return Choice("headless")
    if wanted == "window":
        if not display:
            raise UsageError(
                "--view window: there is no display (DISPLAY and WAYLAND_DISPLAY are unset); "
                "leave --view out to render off-screen"
            )
        return Choice("window")
    if wanted == "xr" or require_xr:
        if not no_headset:
            return Choice("xr")
        why = f"no headset: {no_headset}"
    else:
        # By itself a headset is looked for only where its failure would cost nothing: with a window to fall back on.
        if not no_headset and (display or windows):
            return Choice("xr")
        why = (
            f"no headset: {no_headset}"
            if no_headset
            else "no headset is looked for without a display (--xr does)"
        )
    if display:
        return Choice("window", f"{why}; a window instead")
    return Choice("headless", f"{why}; no display either: rendering off-screen")
