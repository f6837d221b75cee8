"""Events of an instance, decoded out of one buffer that is used again and again."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

from engine.xr.openxr import convert, results
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import number_of
from engine.xr.values import (
    EventsLost,
    InstanceLossPending,
    MaskChanged,
    PresenceChanged,
    ProfileChanged,
    RefreshRateChanged,
    SessionState,
    SpaceChanged,
    StateChanged,
    XrEvent,
)

SPACE_NAMES: Mapping[int, str] = {1: "view", 2: "local", 3: "stage", 1000426000: "local_floor"}
"""`XrReferenceSpaceType` (openxr.h)."""

_MOST = 256
"""Events of dead sessions and of kinds unknown that one `poll` passes over before it lets the frame go on."""


def decode(xr: Any, buffer: Any) -> tuple[XrEvent | None, int]:
    """What the buffer holds.

    Returns
    -------
    event : XrEvent or None
        None: of a kind that we do not use.
    session : int
        Handle of the session it is about; 0 for none.
    """
    reader = _READERS.get(buffer._type)
    if reader is None:
        return None, 0
    struct, read = reader
    data = getattr(xr, struct).from_buffer(buffer)
    session = getattr(data, "session", None)
    return read(data), number_of(session)


class EventReader:
    """Polls one instance.

    Parameters
    ----------
    calls : Calls
    live : callable
        Whether a session of this handle lives; events of those destroyed are passed over.
    """

    def __init__(self, calls: Calls, live: Callable[[int], bool]) -> None:
        self._calls = calls
        self._live = live
        self._buffer = calls.xr.EventDataBuffer()
        self._fresh = int(self._buffer._type)
        self._reference = ctypes.byref(self._buffer)

    def poll(self) -> XrEvent | None:
        """The next event that matters, or None."""
        for _ in range(_MOST):
            self._buffer._type = self._fresh
            self._buffer._next = None
            if self._calls("xrPollEvent", self._calls.instance, self._reference) == results.EVENT_UNAVAILABLE:
                return None
            event, session = decode(self._calls.xr, self._buffer)
            if event is not None and (not session or self._live(session)):
                return event
        return None


def _state(data: Any) -> XrEvent:
    try:
        return StateChanged(SessionState(data._state))
    except ValueError:
        return StateChanged(SessionState.UNKNOWN)


def _space(data: Any) -> XrEvent:
    pose = convert.pose(data.pose_in_previous_space) if data.pose_valid else None
    name = SPACE_NAMES.get(data._reference_space_type, str(data._reference_space_type))
    return SpaceChanged(name, data.change_time, pose)


_READERS: Mapping[int, tuple[str, Callable[[Any], XrEvent]]] = {
    17: ("EventDataInstanceLossPending", lambda _data: InstanceLossPending()),
    18: ("EventDataSessionStateChanged", _state),
    49: ("EventDataEventsLost", lambda data: EventsLost(data.lost_event_count)),
    40: ("EventDataReferenceSpaceChangePending", _space),
    52: ("EventDataInteractionProfileChanged", lambda _data: ProfileChanged()),
    1000031001: ("EventDataVisibilityMaskChangedKHR", lambda data: MaskChanged(data.view_index)),
    1000101000: (
        "EventDataDisplayRefreshRateChangedFB",
        lambda data: RefreshRateChanged(data.to_display_refresh_rate),
    ),
    1000470000: (
        "EventDataUserPresenceChangedEXT",
        lambda data: PresenceChanged(bool(data.is_user_present)),
    ),
}
"""By `XrStructureType` (openxr.h)."""
