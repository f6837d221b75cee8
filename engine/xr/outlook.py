"""Whether a headset may be had at all, told without loading anything: for choosing a view before a process is started.

A runtime registers itself with the OpenXR loader by a manifest; where there is none, no call could succeed. Where there is one,
only the runtime itself can say whether a headset is there, and that is left to the viewer.

Source: OpenXR 1.1, loader specification, "OpenXR Runtime Discovery" (Linux, Windows, macOS).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

_LEAF = Path("openxr/1/active_runtime.json")


def outlook(environment: Mapping[str, str] | None = None) -> str:
    """Why no headset can be had here; "" when one may be.

    Parameters
    ----------
    environment : mapping, optional
        Environment variables; default the process' own.
    """
    environ = os.environ if environment is None else environment
    if find_spec("xr") is None:
        return "the headset library is not installed (pip install 'sensorama[xr]')"
    named = environ.get("XR_RUNTIME_JSON")
    if named:
        return "" if Path(named).is_file() else f"XR_RUNTIME_JSON names {named}, which is not there"
    if sys.platform == "win32":
        return (
            ""
            if _windows_runtime()
            else "no OpenXR runtime is registered (start the headset's own software once)"
        )
    places = list(manifest_places(environ))
    if any(place.is_file() for place in places):
        return ""
    return f"no OpenXR runtime: XR_RUNTIME_JSON is unset and there is no {places[0]} nor its like in the system's folders"


def manifest_places(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where the loader looks for the active runtime's manifest, in its order; not on Windows."""
    home = Path(environ.get("HOME") or "/")
    if sys.platform == "darwin":
        yield Path("/usr/local/share") / _LEAF
        yield Path("/etc") / _LEAF
        return
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / _LEAF
    for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        if folder:
            yield Path(folder) / _LEAF
    for folder in ("/usr/local/etc", "/etc"):
        yield Path(folder) / _LEAF


def _windows_runtime() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    for hive in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
        try:
            with winreg.OpenKey(hive, r"SOFTWARE\Khronos\OpenXR\1") as key:
                winreg.QueryValueEx(key, "ActiveRuntime")
                return True
        except OSError:
            continue
    return False
