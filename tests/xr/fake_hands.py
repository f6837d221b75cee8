"""A fake runtime with hands: actions, profiles, fingers and actuators behind the same table of functions as `fake_openxr`.

What is not here: bindings that are resolved (a test says what an action's state is), locating by base space.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import xr

from tests.xr.fake_openxr import EXTENSIONS, FakeOpenXr

HAND_EXTENSIONS = (
    *EXTENSIONS,
    "XR_EXT_hand_tracking",
    "XR_EXT_hand_tracking_data_source",
    "XR_EXT_hand_interaction",
    "XR_EXT_eye_gaze_interaction",
)


@dataclass
class Played:
    """One `xrApplyHapticFeedback`, read out of memory while it was valid."""

    kind: str
    hand: str
    duration_ns: int = 0
    amplitude: float = 0.0
    frequency_hz: float = 0.0
    values: tuple[float, ...] = ()
    rate_hz: float = 0.0
    append: bool = False


@dataclass
class FakeHands(FakeOpenXr):
    """Set `states`, `held` and the rest; look at `sets`, `suggested`, `played`.

    Attributes
    ----------
    states : dict
        By (action, hand path), with "" for no hand: its value; missing: not active.
    held : dict
        By hand path, the interaction profile.
    focused : bool
    room : int
        Samples that the queue of an actuator takes a call.
    """

    offered: tuple[str, ...] = HAND_EXTENSIONS
    states: dict[tuple[str, str], Any] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    focused: bool = True
    pcm_rate_hz: float = 0.0
    room: int = 1 << 30
    unknown_profiles: tuple[str, ...] = ()
    finger_flags: int = 15
    fingers: dict[int, float] = field(default_factory=dict)
    """By hand (1 left, 2 right): where its joints are along OpenXR's x; missing: not seen."""
    from_controller: bool = False
    sensor: bool = True
    tracker_result: int = 0
    sets: dict[str, int] = field(default_factory=dict)
    actions: dict[int, str] = field(default_factory=dict)
    suggested: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    synced: list[tuple[str, ...]] = field(default_factory=list)
    played: list[Played] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    _paths: list[str] = field(default_factory=lambda: [""])
    _spaces: dict[int, tuple[str, str]] = field(default_factory=dict)
    _trackers: dict[int, int] = field(default_factory=dict)

    def _number(self, handle: Any) -> int:
        return ctypes.cast(handle, ctypes.c_void_p).value or 0

    def _xrStringToPath(self, _instance: Any, text: bytes, pointer: Any) -> None:
        name = text.decode()
        if name not in self._paths:
            self._paths.append(name)
        pointer[0] = self._paths.index(name)

    def __post_init__(self) -> None:
        # pyopenxr's prototype takes a c_char_p, of which a callback sees a copy that cannot be written to.
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint32,
            ctypes.POINTER(ctypes.c_uint32),
            ctypes.c_void_p,
        )
        self._kept["xrPathToString"] = kind(self._path_to_string)

    def _path_to_string(self, _instance: Any, path: int, capacity: int, count: Any, buffer: int) -> int:
        text = self._paths[path].encode() + b"\0"
        count[0] = len(text)
        if capacity < len(text):
            return int(xr.Result.ERROR_SIZE_INSUFFICIENT)
        ctypes.memmove(buffer, text, len(text))
        return 0

    def _xrCreateActionSet(self, _instance: Any, info: Any, pointer: Any) -> int:
        name = info.contents.action_set_name.decode()
        if name in self.sets and self.sets[name] in self.alive:
            return int(xr.Result.ERROR_NAME_DUPLICATED)
        self._make(pointer, "ActionSet")
        self.sets[name] = self._next_handle
        return 0

    def _xrDestroyActionSet(self, handle: Any) -> int:
        return self._destroy(handle, "ActionSet")

    def _xrCreateAction(self, _set: Any, info: Any, pointer: Any) -> None:
        self._make(pointer, "Action")
        self.actions[self._next_handle] = info.contents.action_name.decode()
        paths = [
            self._paths[info.contents._subaction_paths[n]] for n in range(info.contents.count_subaction_paths)
        ]
        self.made[f"paths of {self.actions[self._next_handle]}"] = tuple(paths)

    def _xrDestroyAction(self, handle: Any) -> int:
        return self._destroy(handle, "Action")

    def _xrSuggestInteractionProfileBindings(self, _instance: Any, info: Any) -> int:
        wish = info.contents
        profile = self._paths[wish.interaction_profile]
        if profile in self.unknown_profiles:
            return int(xr.Result.ERROR_PATH_UNSUPPORTED)
        rows = [wish._suggested_bindings[n] for n in range(wish.count_suggested_bindings)]
        self.suggested[profile] = [
            (self.actions[self._number(row.action)], self._paths[row.binding]) for row in rows
        ]
        return 0

    def _xrAttachSessionActionSets(self, _session: Any, info: Any) -> None:
        names = {handle: name for name, handle in self.sets.items()}
        wish = info.contents
        self.attached = [names[self._number(wish._action_sets[n])] for n in range(wish.count_action_sets)]

    def _xrCreateActionSpace(self, _session: Any, info: Any, pointer: Any) -> None:
        self._make(pointer, "Space")
        wish = info.contents
        self._spaces[self._next_handle] = (
            self.actions[self._number(wish.action)],
            self._paths[wish.subaction_path],
        )

    def _xrSyncActions(self, _session: Any, info: Any) -> int:
        names = {handle: name for name, handle in self.sets.items()}
        rows = [info.contents._active_action_sets[n] for n in range(info.contents.count_active_action_sets)]
        self.synced.append(tuple(names[self._number(row.action_set)] for row in rows))
        return 0 if self.focused else int(xr.Result.SESSION_NOT_FOCUSED)

    def _state(self, info: Any, pointer: Any) -> Any:
        wish = info.contents
        value = self.states.get((self.actions[self._number(wish.action)], self._paths[wish.subaction_path]))
        pointer.contents.is_active = int(value is not None)
        return value

    def _xrGetActionStateBoolean(self, _session: Any, info: Any, pointer: Any) -> None:
        pointer.contents.current_state = int(self._state(info, pointer) or False)

    def _xrGetActionStateFloat(self, _session: Any, info: Any, pointer: Any) -> None:
        pointer.contents.current_state = self._state(info, pointer) or 0.0

    def _xrGetActionStateVector2f(self, _session: Any, info: Any, pointer: Any) -> None:
        x, y = self._state(info, pointer) or (0.0, 0.0)
        pointer.contents.current_state.x, pointer.contents.current_state.y = x, y

    def _xrGetCurrentInteractionProfile(self, _session: Any, path: int, pointer: Any) -> None:
        name = self.held.get(self._paths[path], "")
        if name not in self._paths:
            self._paths.append(name)
        pointer.contents.interaction_profile = self._paths.index(name)

    def _xrLocateSpace(self, space: Any, _base: Any, _time: int, pointer: Any) -> None:
        place = self.states.get(self._spaces.get(self._number(space), ("", "")))
        location = pointer.contents
        location._location_flags = 0 if place is None else self.location_flags
        if place is not None:
            location.pose.position.x, location.pose.position.y, location.pose.position.z = place
            location.pose.orientation.w = 1.0

    # fingers

    def _xrGetSystemProperties(self, instance: Any, system: int, pointer: Any) -> None:
        super()._xrGetSystemProperties(instance, system, pointer)
        link = pointer.contents._next
        while link:
            more = xr.SystemHandTrackingPropertiesEXT.from_address(link)
            if more._type == int(xr.StructureType.SYSTEM_HAND_TRACKING_PROPERTIES_EXT):
                more.supports_hand_tracking = int(self.sensor)
            link = more._next

    def _xrCreateHandTrackerEXT(self, _session: Any, info: Any, pointer: Any) -> int:
        if self.tracker_result:
            return self.tracker_result
        if info.contents._next:
            more = xr.HandTrackingDataSourceInfoEXT.from_address(info.contents._next)
            self.made["sources"] = tuple(
                more._requested_data_sources[n] for n in range(more.requested_data_source_count)
            )
        self._make(pointer, "HandTracker")
        self._trackers[self._next_handle] = info.contents._hand
        return 0

    def _xrDestroyHandTrackerEXT(self, handle: Any) -> int:
        return self._destroy(handle, "HandTracker")

    def _xrLocateHandJointsEXT(self, tracker: Any, _info: Any, pointer: Any) -> None:
        found = pointer.contents
        x = self.fingers.get(self._trackers[self._number(tracker)])
        found.is_active = int(x is not None)
        if found._next:
            source = xr.HandTrackingDataSourceStateEXT.from_address(found._next)
            source.is_active, source._data_source = 1, 2 if self.from_controller else 1
        for number in range(found.joint_count if x is not None else 0):
            joint = found._joint_locations[number]
            joint._location_flags = self.finger_flags
            joint.pose.position.x, joint.pose.position.y, joint.pose.position.z = x, 1.0, -0.01 * number
            joint.pose.orientation.x, joint.pose.orientation.w = 0.6, 0.8
            joint.radius = 0.01

    # haptics

    def _target(self, info: Any) -> str:
        if self.actions[self._number(info.contents.action)] != "haptic":
            self.log.append("BAD haptic action")
        return self._paths[info.contents.subaction_path].rpartition("/")[2]

    def _xrGetDeviceSampleRateFB(self, _session: Any, _info: Any, pointer: Any) -> None:
        pointer.contents.sample_rate = self.pcm_rate_hz

    def _xrStopHapticFeedback(self, _session: Any, info: Any) -> None:
        self.stopped.append(self._target(info))

    def _xrApplyHapticFeedback(self, _session: Any, info: Any, pointer: Any) -> None:
        hand = self._target(info)
        kind = pointer.contents._type
        if kind == int(xr.StructureType.HAPTIC_VIBRATION):
            plain = ctypes.cast(pointer, ctypes.POINTER(xr.HapticVibration)).contents
            self.played.append(Played("simple", hand, plain.duration, plain.amplitude, plain.frequency))
        elif kind == int(xr.StructureType.HAPTIC_AMPLITUDE_ENVELOPE_VIBRATION_FB):
            envelope = ctypes.cast(pointer, ctypes.POINTER(xr.HapticAmplitudeEnvelopeVibrationFB)).contents
            values = tuple(envelope._amplitudes[n] for n in range(envelope.amplitude_count))
            self.played.append(Played("envelope", hand, envelope.duration, values=values))
        else:
            pcm = ctypes.cast(pointer, ctypes.POINTER(xr.HapticPcmVibrationFB)).contents
            values = tuple(pcm.buffer[n] for n in range(pcm.buffer_size))
            pcm.samples_consumed[0] = min(self.room, len(values))
            self.played.append(
                Played("pcm", hand, values=values, rate_hz=pcm.sample_rate, append=bool(pcm.append))
            )
