"""One connection to a runtime."""

from __future__ import annotations

import ctypes
from typing import Any

from engine.time.clocks import Clock
from engine.xr.actions import ActionTable
from engine.xr.openxr import systems
from engine.xr.openxr.binding import binding_for
from engine.xr.openxr.events import EventReader
from engine.xr.openxr.hosttime import HostTime, host_time
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import number_of
from engine.xr.openxr.session import OpenXrSession
from engine.xr.openxr.validation import Messenger
from engine.xr.runtime import GraphicsKind, InstanceWish, SystemInfo
from engine.xr.values import XrEvent


class OpenXrInstance:
    """See `engine.xr.runtime.Instance`. Made by `OpenXrRuntime.open`.

    Attributes
    ----------
    calls : Calls
        Functions of this instance, for the modules of this package.
    clock : Clock
        Host time.
    host_time : HostTime
        From the runtime's clock to the host's.
    """

    def __init__(
        self,
        calls: Calls,
        wish: InstanceWish,
        enabled: frozenset[str],
        clock: Clock,
        messenger: Messenger | None,
    ) -> None:
        self.calls = calls
        self.clock = clock
        self._wish = wish
        self._extensions = enabled
        self._messenger = messenger
        self._sessions: dict[int, OpenXrSession] = {}
        self._system: SystemInfo | None = None
        self._closed = False
        try:
            if messenger is not None:
                messenger.open(calls)
            self._name = _runtime_name(calls)
            self.host_time: HostTime = host_time(calls, enabled)
        except BaseException:
            self.close()
            raise
        self._events = EventReader(calls, self._sessions.__contains__)

    @property
    def runtime_name(self) -> str:
        """As the runtime calls itself, with its version."""
        return self._name

    @property
    def extensions(self) -> frozenset[str]:
        """Extensions in use."""
        return self._extensions

    @property
    def graphics(self) -> GraphicsKind:
        """The binding that sessions are made with."""
        return self._wish.graphics

    @property
    def complaints(self) -> tuple[str, ...]:
        """Every error that validation reported, also while closing; empty without validation."""
        return () if self._messenger is None else tuple(self._messenger.errors)

    def system(self) -> SystemInfo:
        """See `Instance.system`; asks anew each time, since a headset comes and goes."""
        self._system = systems.describe(self.calls, systems.system_id(self.calls), self._extensions)
        return self._system

    def poll(self) -> XrEvent | None:
        """See `Instance.poll`."""
        return self._events.poll()

    def session(self, actions: ActionTable) -> OpenXrSession:
        """See `Instance.session`."""
        system = systems.system_id(self.calls)
        info = self._system or systems.describe(self.calls, system, self._extensions)
        binding = binding_for(self._wish.graphics)
        binding.prepare(self.calls, system)
        session = OpenXrSession(self, system, info, binding, actions, self._forget)
        self._sessions[number_of(session.handle)] = session
        return session

    def close(self) -> None:
        """See `Instance.close`."""
        if self._closed:
            return
        self._closed = True
        for session in list(self._sessions.values()):
            session.close()
        if self._messenger is not None:
            self._messenger.close(self.calls)
        self.calls.quietly("xrDestroyInstance", self.calls.instance)
        self.calls.close()
        if self._messenger is not None:
            self._messenger.forget()

    def _forget(self, session_handle: int) -> None:
        self._sessions.pop(session_handle, None)


def _runtime_name(calls: Calls) -> str:
    properties = calls.xr.InstanceProperties()
    calls("xrGetInstanceProperties", calls.instance, ctypes.byref(properties))
    version: Any = (
        properties._runtime_version if hasattr(properties, "_runtime_version") else properties.runtime_version
    )
    number = int(version)
    name = bytes(properties.runtime_name).split(b"\0")[0].decode("utf-8", "replace")
    return f"{name} {number >> 48 & 0xFFFF}.{number >> 32 & 0xFFFF}.{number & 0xFFFFFFFF}"
