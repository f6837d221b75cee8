"""Fingers by XR_EXT_hand_tracking: 26 joints a hand. Structures are made once; joints are turned to our axes as arrays.

Sources: XR_EXT_hand_tracking; XR_EXT_hand_tracking_data_source (where offered, says whether fingers are seen or only guessed from
a controller).
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.xr.faults import XrError
from engine.xr.hands import JOINTS, Joints
from engine.xr.openxr.extensions import HAND_TRACKING
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import pointing
from engine.xr.values import Pose

DATA_SOURCE = "XR_EXT_hand_tracking_data_source"

_VALID = 1 | 2  # XR_SPACE_LOCATION_ORIENTATION_VALID_BIT, ..._POSITION_VALID_BIT
_UNSUPPORTED = frozenset(
    {-8}
)  # XR_ERROR_FEATURE_UNSUPPORTED: the extension is there, the headset has no such sensor
_ROW = np.dtype([("flags", "<u8"), ("turn", "<f4", 4), ("place", "<f4", 3), ("radius", "<f4")])


class HandTrackers:
    """Both hands' trackers of a session.

    Parameters
    ----------
    calls : Calls
    session : xr.Session
    extensions : collection of str
        In use.

    Raises
    ------
    XrRefused
        The runtime offers hand tracking, the headset has it, and yet a tracker was refused.
    """

    def __init__(self, calls: Calls, session: Any, extensions: Collection[str]) -> None:
        self._calls = calls
        self._trackers: list[Any] = []
        if HAND_TRACKING not in extensions:
            return
        xr = calls.xr
        self._with_source = DATA_SOURCE in extensions
        for side in (xr.HandEXT.LEFT, xr.HandEXT.RIGHT):
            wanted = xr.HandTrackerCreateInfoEXT(hand=side)
            if self._with_source:
                sources = (ctypes.c_int * 2)(
                    xr.HandTrackingDataSourceEXT.UNOBSTRUCTED.value,
                    xr.HandTrackingDataSourceEXT.CONTROLLER.value,
                )
                info = xr.HandTrackingDataSourceInfoEXT()
                info.requested_data_source_count = len(sources)
                info._requested_data_sources = pointing(ctypes.POINTER(ctypes.c_int), sources)
                wanted._next = ctypes.addressof(info)
            tracker = xr.HandTrackerEXT()
            result = calls.ask("xrCreateHandTrackerEXT", session, ctypes.byref(wanted), ctypes.byref(tracker))
            if result in _UNSUPPORTED:
                return
            if result < 0:
                raise calls.fault("xrCreateHandTrackerEXT", result)
            self._trackers.append(tracker)
        self._rows = [(xr.HandJointLocationEXT * JOINTS)() for _ in self._trackers]
        self._views = [np.frombuffer(rows, dtype=_ROW) for rows in self._rows]
        self._sources = [xr.HandTrackingDataSourceStateEXT() for _ in self._trackers]
        self._found = []
        for rows, source in zip(self._rows, self._sources, strict=True):
            found = xr.HandJointLocationsEXT()
            found.joint_count = JOINTS
            found._joint_locations = pointing(ctypes.POINTER(xr.HandJointLocationEXT), rows)
            if self._with_source:
                found._next = ctypes.addressof(source)
            self._found.append(found)
        self._wanted = xr.HandJointsLocateInfoEXT()
        self._controller = xr.HandTrackingDataSourceEXT.CONTROLLER.value

    @property
    def working(self) -> bool:
        """Whether there are trackers at all."""
        return len(self._trackers) == 2

    def joints(self, hand: int, base: Any, xr_time: int) -> Joints | None:
        """A hand's fingers in the space `base` (its handle); None while they are not seen."""
        if not self.working:
            return None
        found = self._found[hand]
        self._wanted.base_space = base
        self._wanted.time = xr_time
        self._calls(
            "xrLocateHandJointsEXT",
            self._trackers[hand],
            ctypes.byref(self._wanted),
            ctypes.byref(found),
        )
        if not found.is_active:
            return None
        source = self._sources[hand]
        guessed = bool(self._with_source and source.is_active and source._data_source == self._controller)
        return joints_of(self._views[hand], from_controller=guessed)

    def close(self) -> None:
        """Destroy the trackers; never raises."""
        while self._trackers:
            tracker = self._trackers.pop()
            try:
                self._calls.ask("xrDestroyHandTrackerEXT", tracker)
            except XrError:
                pass  # the connection has been closed before, and its trackers with it


def joints_of(rows: NDArray[np.void], *, from_controller: bool = False) -> Joints | None:
    """Joints out of the runtime's rows of flags, pose and radius (`XrHandJointLocationEXT`); None where any is not valid.

    Axes as in `engine.xr.openxr.convert`: (x, y, z) there is (x, -z, y) here, for places and for the turn's vector part.
    """
    if not np.all(rows["flags"] & _VALID == _VALID):
        return None
    places = rows["place"].astype(np.float64)[:, (0, 2, 1)]
    places[:, 1] *= -1.0
    turns = rows["turn"].astype(np.float64)[:, (0, 2, 1, 3)]
    turns[:, 1] *= -1.0
    lengths = np.linalg.norm(turns, axis=1, keepdims=True)
    sound = (
        np.all((lengths > 0.5) & (lengths < 2.0))
        and np.all(np.isfinite(places))
        and np.all(np.isfinite(rows["radius"]))
    )
    if not sound:  # some runtimes say NaN of a hand that they lose
        return None
    turns /= lengths
    poses = tuple(
        Pose((place[0], place[1], place[2]), (turn[0], turn[1], turn[2], turn[3]))
        for place, turn in zip(places.tolist(), turns.tolist(), strict=True)
    )
    return Joints(poses, tuple(rows["radius"].tolist()), from_controller)
