"""Frames in which things are located, and locating."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

from engine.xr.faults import SessionLost
from engine.xr.openxr import convert
from engine.xr.openxr.events import SPACE_NAMES
from engine.xr.openxr.library import Calls
from engine.xr.runtime import Space
from engine.xr.values import Located, Pose

_TYPES: Mapping[str, int] = {name: number for number, name in SPACE_NAMES.items()}

ORIENTATION_VALID, POSITION_VALID, ORIENTATION_TRACKED, POSITION_TRACKED = 1, 2, 4, 8
"""`XrSpaceLocationFlags` and `XrViewStateFlags`, which are the same bits."""
_TRACKED = ORIENTATION_TRACKED | POSITION_TRACKED


class OpenXrSpace:
    """See `engine.xr.runtime.Space`.

    Parameters
    ----------
    calls : Calls
    handle : xr.Space
    kind : str
    closed : callable, optional
        Told when it closes.
    """

    def __init__(
        self, calls: Calls, handle: Any, kind: str, closed: Callable[[OpenXrSpace], None] | None = None
    ) -> None:
        self._calls = calls
        self._handle = handle
        self._kind = kind
        self._closed = closed

    @property
    def kind(self) -> str:
        """A `SpaceKind`, or the name of the action pose it follows."""
        return self._kind

    @property
    def handle(self) -> Any:
        """The runtime's, for the modules of this package.

        Raises
        ------
        SessionLost
            It has been closed.
        """
        if self._handle is None:
            raise SessionLost(
                f"the space '{self._kind}' has been closed; make a new one in the session that lives"
            )
        return self._handle

    def close(self) -> None:
        """Destroy it; never raises."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if self._closed is not None:
            self._closed(self)
        self._calls.quietly("xrDestroySpace", handle)


def handle_of(space: Space) -> Any:
    """The runtime's handle of a space of ours.

    Raises
    ------
    TypeError
        It is another runtime's.
    """
    if not isinstance(space, OpenXrSpace):
        raise TypeError(f"a space of this session is wanted, not {type(space).__name__}")
    return space.handle


def offered_kinds(calls: Calls, session: Any) -> frozenset[str]:
    """The reference spaces on offer, by our names; those we do not know are left out."""
    numbers = calls.enumerate("xrEnumerateReferenceSpaces", session, of=ctypes.c_int)
    return frozenset(SPACE_NAMES[number] for number in numbers if number in SPACE_NAMES)


def reference_space(
    calls: Calls,
    session: Any,
    kind: str,
    pose: Pose | None = None,
    closed: Callable[[OpenXrSpace], None] | None = None,
) -> OpenXrSpace:
    """Make one, its origin at `pose` of the runtime's own."""
    info = calls.xr.ReferenceSpaceCreateInfo()
    info._reference_space_type = _TYPES[kind]
    convert.write_pose(info.pose_in_reference_space, pose or Pose())
    handle = calls.xr.Space()
    calls("xrCreateReferenceSpace", session, ctypes.byref(info), ctypes.byref(handle))
    return OpenXrSpace(calls, handle, kind, closed)


class Locator:
    """Asks where spaces are, by one structure used again and again."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._location = calls.xr.SpaceLocation()
        self._reference = ctypes.byref(self._location)

    def locate(self, space: Any, base: Any, xr_time: int) -> Located:
        """Where the space (a handle) is in the base (a handle)."""
        self._calls("xrLocateSpace", space, base, xr_time, self._reference)
        return located(self._location._location_flags, self._location.pose)


def located(flags: int, pose: Any) -> Located:
    """A pose with its flags; what is not valid is left at its neutral value, never at what a runtime left there."""
    turn_valid = bool(flags & ORIENTATION_VALID)
    position_valid = bool(flags & POSITION_VALID)
    if turn_valid and position_valid:
        found = convert.pose(pose)
    else:
        guess = convert.pose(pose)
        found = Pose(
            guess.position_m if position_valid else (0.0, 0.0, 0.0),
            guess.turn if turn_valid else (0.0, 0.0, 0.0, 1.0),
        )
    return Located(found, turn_valid, position_valid, (flags & _TRACKED) == _TRACKED)
