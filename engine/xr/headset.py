"""A guest's headset as the engine uses it: ladder, session, spaces, guests and compensation over a `Runtime`."""

from __future__ import annotations

from typing import Protocol

from engine.xr.runtime import Session, SystemInfo


class Canvas(Protocol):
    """Whoever draws: owns the swapchains of a session."""

    def open(self, session: Session, system: SystemInfo) -> None:
        """Make swapchains for a session just made, before it is begun; `XrError` counts as a refused session."""
        ...

    def close(self) -> None:
        """Let go of them, before the session is destroyed; graphics context current. Never raises; also after a loss."""
        ...
