"""A cheap look whether a runtime is there, so that coming back need not wait for the back-off nor load a library each time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

MONADO_SOCKET = "monado_comp_ipc"
"""Name of the service's socket in XDG_RUNTIME_DIR (Monado 25.0.0, `ipc_shared.h`); WiVRn, which is built on it, has `wivrn/comp_ipc`."""
WIVRN_SOCKET = "wivrn/comp_ipc"
_LISTENS = 0x10000
"""SO_ACCEPTCON in the flags of /proc/net/unix: somebody listens. The file of a killed service stays, its line there does not."""


class RuntimeWatch(Protocol):
    """Looks for a runtime."""

    def look(self) -> bool | None:
        """Whether one is there to be connected to; None where it cannot be told. Well under a millisecond."""
        ...


class NoWatch:
    """Cannot tell."""

    def look(self) -> bool | None:
        """None."""
        return None


class SocketWatch:
    """Looks whether somebody listens on one of these Unix sockets, without connecting: the service would log each visitor.

    Parameters
    ----------
    paths : tuple of str
    table : Callable
        Gives the kernel's table of Unix sockets as text (proc(5), /proc/net/unix).
    """

    def __init__(self, paths: tuple[str, ...], table: Callable[[], str]) -> None:
        self._paths = frozenset(paths)
        self._table = table

    def look(self) -> bool | None:
        """Whether one is listened on; None without the table."""
        try:
            text = self._table()
        except OSError:
            return None
        for line in text.splitlines()[1:]:
            parts = line.split(maxsplit=7)  # Num RefCount Protocol Flags Type St Inode Path
            if len(parts) == 8 and parts[7] in self._paths and int(parts[3], 16) & _LISTENS:
                return True
        return False


def watch_for(environment: Mapping[str, str], platform: str) -> RuntimeWatch:
    """The look that fits this machine's runtime.

    Parameters
    ----------
    environment : mapping
        `os.environ`: XR_RUNTIME_JSON, XDG_CONFIG_HOME, HOME, XDG_RUNTIME_DIR.
    platform : str
        `sys.platform`.

    Notes
    -----
    The active runtime's manifest is found as the loader does on Linux (OpenXR loader specification, "Linux Active Runtime Location").
    Only of Monado and its kin is it known where they listen; other runtimes start on demand, and opening an instance is the look.
    """
    if not platform.startswith("linux"):
        return NoWatch()
    folder = environment.get("XDG_RUNTIME_DIR", "")
    manifest = _manifest(environment)
    if not folder or manifest is None:
        return NoWatch()
    try:
        text = manifest.read_text(encoding="utf-8", errors="replace").lower()
    except OSError:
        return NoWatch()
    if "wivrn" in text:
        name = WIVRN_SOCKET
    elif "monado" in text:
        name = MONADO_SOCKET
    else:
        return NoWatch()
    return SocketWatch((os.path.join(folder, name),), _unix_sockets)


def _manifest(environment: Mapping[str, str]) -> Path | None:
    given = environment.get("XR_RUNTIME_JSON", "")
    if given:
        return Path(given)
    home = environment.get("XDG_CONFIG_HOME", "") or os.path.join(environment.get("HOME", ""), ".config")
    for folder in (home, "/etc/xdg", "/usr/local/etc", "/etc"):
        candidate = Path(folder) / "openxr" / "1" / "active_runtime.json"
        if candidate.is_file():
            return candidate
    return None


def _unix_sockets() -> str:
    return Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")
