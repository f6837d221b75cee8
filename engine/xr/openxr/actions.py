"""Hands, eyes and haptics of one OpenXR session: the `InputPort` of `engine.xr.runtime`.

Everything is made once; reading a frame makes no structures. Eyes are an action set of their own, so that a guest's eye tracker is
not read at all unless they said so, and asking costs no new session.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection
from typing import Any, Protocol

from engine.xr.actions import ActionSpec, ActionTable, InputState
from engine.xr.faults import XrError, XrRefused
from engine.xr.hands import Joints, Reading, hand_of
from engine.xr.openxr import convert, results
from engine.xr.openxr.hand_tracking import HandTrackers
from engine.xr.openxr.haptic_output import HapticOutput
from engine.xr.openxr.library import Calls
from engine.xr.openxr.memory import pointing
from engine.xr.poses import is_sound
from engine.xr.profiles import AIM, GAZE, GRIP, HAPTIC, MENU, PULL, SELECT, SQUEEZE, STICK, is_hand, offered
from engine.xr.runtime import HapticForm, HapticPulse, SystemInfo
from engine.xr.values import NO_HAND, FrameTime, Hand, Located, Pose

SIDES = ("left", "right")
_TURN_VALID, _PLACE_VALID, _TURN_TRACKED, _PLACE_TRACKED = 1, 2, 4, 8
_BOTH_TRACKED = _TURN_TRACKED | _PLACE_TRACKED
_KINDS = {"bool": 1, "float": 2, "vector2": 3, "pose": 4, "haptic": 100}  # XrActionType


class OwnsCalls(Protocol):
    """An instance, as far as input needs it."""

    @property
    def calls(self) -> Calls:
        """Its functions."""
        ...

    @property
    def extensions(self) -> frozenset[str]:
        """In use."""
        ...

    def system(self) -> SystemInfo:
        """What the headset can do."""
        ...


class OwnsHandle(Protocol):
    """A session or a space, as far as input needs it."""

    @property
    def handle(self) -> Any:
        """Its XrSession or XrSpace."""
        ...


def input_port(
    instance: OwnsCalls,
    session: OwnsHandle,
    table: ActionTable,
    *,
    say: Callable[[str], None] | None = None,
) -> OpenXrInput:
    """Make the actions of a table, suggest its bindings and attach them to a session.

    Parameters
    ----------
    instance, session
    table : ActionTable
        From `engine.xr.profiles.action_table`; profiles whose extension is not in use are left out. May be empty.
    say : callable, optional
        Takes a line for people where a runtime does not know a profile that it should.

    Raises
    ------
    XrRefused
        The runtime took no profile at all, or refused the actions.
    """
    # Asked first: a runtime may write an error of its own where a tracker is wanted that the headset has no sensor for.
    fingers = instance.system().has_hand_tracking
    return OpenXrInput(instance.calls, instance.extensions, session.handle, table, say, fingers=fingers)


class OpenXrInput:
    """See `engine.xr.runtime.InputPort`; made by `input_port`. One thread, the session's."""

    def __init__(
        self,
        calls: Calls,
        extensions: Collection[str],
        session: Any,
        table: ActionTable,
        say: Callable[[str], None] | None = None,
        *,
        fingers: bool = True,
    ) -> None:
        self._calls = calls
        self._fingers = fingers
        self._session = session
        self._say = say or (lambda line: None)
        self._table = offered(table, extensions)
        self._sets: list[Any] = []
        self._spaces: list[Any] = []
        self._actions: dict[str, Any] = {}
        self._closed = False
        self._eyes_allowed = False
        self._hand_paths: tuple[int, ...] = ()
        self._profile_names: dict[int, str] = {0: ""}
        self._taken: tuple[str, ...] = ()
        self._haptics: HapticOutput | None = None
        self._trackers: HandTrackers | None = None
        self._last_profiles = ("", "")
        self._hands: list[_HandReader] = []
        try:
            self._make(extensions)
        except BaseException:
            self.close()
            raise

    # ---- making

    def _make(self, extensions: Collection[str]) -> None:
        self._hand_paths = tuple(self._path(f"/user/hand/{side}") for side in SIDES)
        hands = [spec for spec in self._table.actions if spec.hands]
        eyes = [spec for spec in self._table.actions if not spec.hands]
        self._hand_set = self._set("guest", "Guest", hands) if hands else None
        self._eye_set = self._set("eyes", "Guest's eyes", eyes) if eyes else None
        if self._sets:
            self._suggest()
            self._attach()
        if hands:
            self._hands = [_HandReader(self, path) for path in self._hand_paths]
        self._gaze_space = self._space(GAZE, 0) if GAZE in self._actions else None
        if HAPTIC in self._actions:
            self._haptics = HapticOutput(
                self._calls, self._session, self._actions[HAPTIC], self._hand_paths, extensions
            )
        if self._fingers:
            self._trackers = HandTrackers(self._calls, self._session, extensions)
        xr = self._calls.xr
        self._profile_state = xr.InteractionProfileState()
        self._location = xr.SpaceLocation()
        self._sync_hands, self._kept_hands = self._sync(self._hand_set)
        self._sync_all, self._kept_all = self._sync(self._hand_set, self._eye_set)

    def _path(self, text: str) -> int:
        path = self._calls.xr.Path(0)
        self._calls("xrStringToPath", self._calls.instance, text.encode(), ctypes.byref(path))
        return int(path.value)

    def _set(self, name: str, title: str, actions: list[ActionSpec]) -> Any:
        xr = self._calls.xr
        made = xr.ActionSet()
        wanted = xr.ActionSetCreateInfo(action_set_name=name, localized_action_set_name=title)
        self._calls("xrCreateActionSet", self._calls.instance, ctypes.byref(wanted), ctypes.byref(made))
        self._sets.append(made)
        for spec in actions:
            self._actions[spec.name] = self._action(made, spec)
        return made

    def _action(self, into: Any, spec: ActionSpec) -> Any:
        xr = self._calls.xr
        made = xr.Action()
        paths = [self._hand_paths[SIDES.index(side)] for side in spec.hands]
        array = (xr.Path * len(paths))(*paths)
        wanted = xr.ActionCreateInfo(
            action_name=spec.name,
            action_type=xr.ActionType(_KINDS[spec.kind]),
            localized_action_name=spec.title,
        )
        wanted.count_subaction_paths = len(paths)
        if paths:
            wanted._subaction_paths = pointing(ctypes.POINTER(xr.Path), array)
        self._calls("xrCreateAction", into, ctypes.byref(wanted), ctypes.byref(made))
        return made

    def _suggest(self) -> None:
        """Suggest every profile; one that this runtime does not know although it should costs that profile alone."""
        xr = self._calls.xr
        refused: list[XrError] = []
        for profile, (_, bindings) in self._table.profiles.items():
            rows = [(self._actions[name], self._path(below)) for name, below in bindings]
            array = (xr.ActionSuggestedBinding * len(rows))()
            for row, (action, path) in zip(array, rows, strict=True):
                row.action = action
                row.binding = path
            number = self._path(profile)
            wanted = xr.InteractionProfileSuggestedBinding(interaction_profile=number)
            wanted.count_suggested_bindings = len(rows)
            wanted._suggested_bindings = pointing(ctypes.POINTER(xr.ActionSuggestedBinding), array)
            try:
                self._calls("xrSuggestInteractionProfileBindings", self._calls.instance, ctypes.byref(wanted))
            except XrRefused as error:
                refused.append(error)
                self._say(f"the runtime does not take the bindings of {profile} ({error.result})")
                continue
            self._profile_names[number] = profile
            self._taken += (profile,)
        if refused and len(refused) == len(self._table.profiles):
            raise refused[0]

    def _attach(self) -> None:
        xr = self._calls.xr
        array = (xr.ActionSet * len(self._sets))(*self._sets)
        wanted = xr.SessionActionSetsAttachInfo()
        wanted.count_action_sets = len(self._sets)
        wanted._action_sets = pointing(ctypes.POINTER(xr.ActionSet), array)
        self._calls("xrAttachSessionActionSets", self._session, ctypes.byref(wanted))

    def _space(self, name: str, hand_path: int) -> Any:
        xr = self._calls.xr
        made = xr.Space()
        wanted = xr.ActionSpaceCreateInfo(action=self._actions[name], subaction_path=hand_path)
        wanted.pose_in_action_space.orientation.w = 1.0
        self._calls("xrCreateActionSpace", self._session, ctypes.byref(wanted), ctypes.byref(made))
        self._spaces.append(made)
        return made

    def _sync(self, *sets: Any) -> tuple[Any, Any]:
        """What `xrSyncActions` is given, and the array it points into."""
        xr = self._calls.xr
        active = [one for one in sets if one is not None]
        array = (xr.ActiveActionSet * max(1, len(active)))()
        for row, one in zip(array, active, strict=False):
            row.action_set = one
        info = xr.ActionsSyncInfo()
        info.count_active_action_sets = len(active)
        info._active_action_sets = pointing(ctypes.POINTER(xr.ActiveActionSet), array)
        return info, array

    # ---- every frame

    def read(self, frame: FrameTime, base: Any) -> InputState:
        """Sync the actions and locate hands and eyes at the frame's display time, in `base`, a space of this session."""
        focused = self._synced()
        profiles = self._profiles()
        if not focused:
            return InputState(profiles=profiles, focused=False)
        handle, xr_time = base.handle, frame.xr_time
        hands = (
            self._hand(0, profiles[0], handle, xr_time),
            self._hand(1, profiles[1], handle, xr_time),
        )
        gaze = None
        if self._gaze_space is not None and self._eyes_allowed:
            gaze = self._located(self._gaze_space, handle, xr_time)
        return InputState(hands, gaze, profiles, focused)

    def _synced(self) -> bool:
        """Bring the actions up to date; False while the runtime gives its input to somebody else."""
        if not self._sets:
            return True
        info = self._sync_all if self._eyes_allowed else self._sync_hands
        result = self._calls("xrSyncActions", self._session, ctypes.byref(info))
        return result != results.SESSION_NOT_FOCUSED

    def _hand(self, number: int, profile: str, base: Any, xr_time: int) -> Hand:
        reading = self._hands[number].read(profile, base, xr_time) if self._hands else Reading()
        joints: Joints | None = None
        # Fingers around a controller are not asked for: 60 us a hand, and the picture shows the controller.
        held = (
            bool(profile) and not is_hand(profile) and (reading.grip is not None or reading.aim is not None)
        )
        if not held and self._trackers is not None and self._trackers.working:
            joints = self._trackers.joints(number, base, xr_time)
        if joints is None and not profile:
            return NO_HAND
        return hand_of(reading, joints)

    def _profiles(self) -> tuple[str, str]:
        if not self._sets:
            return ("", "")
        left, right = (self._profile(path) for path in self._hand_paths)
        found = (left, right)
        if found != self._last_profiles:
            self._last_profiles = found
            if self._haptics is not None:
                self._haptics.forget_devices()
        return found

    def _profile(self, hand_path: int) -> str:
        state = self._profile_state
        self._calls("xrGetCurrentInteractionProfile", self._session, hand_path, ctypes.byref(state))
        number = int(state.interaction_profile)
        if number not in self._profile_names:
            self._profile_names[number] = self._text(number)
        return self._profile_names[number]

    def _text(self, path: int) -> str:
        """An XrPath as text."""
        xr = self._calls.xr
        count = ctypes.c_uint32(0)
        buffer = ctypes.create_string_buffer(xr.MAX_PATH_LENGTH)
        self._calls(
            "xrPathToString",
            self._calls.instance,
            path,
            xr.MAX_PATH_LENGTH,
            ctypes.byref(count),
            buffer,
        )
        return buffer.value.decode("utf-8", errors="replace")

    def _located(self, space: Any, base: Any, xr_time: int) -> Located | None:
        location = self._location
        self._calls("xrLocateSpace", space, base, xr_time, ctypes.byref(location))
        flags = location._location_flags
        if not flags & _TURN_VALID:
            return None
        pose = convert.pose(location.pose)
        if not is_sound(pose):
            return None
        return Located(pose, True, bool(flags & _PLACE_VALID), flags & _BOTH_TRACKED == _BOTH_TRACKED)

    def _pose(self, space: Any, base: Any, xr_time: int) -> Pose | None:
        """Where an action space is, if its place and its turn may both be used."""
        found = self._located(space, base, xr_time)
        return found.pose if found is not None and found.position_valid else None

    @property
    def taken_profiles(self) -> tuple[str, ...]:
        """Interaction profiles whose bindings the runtime took."""
        return self._taken

    # ---- haptics and consent

    def haptic_form(self, hand: int) -> HapticForm:
        """The best form this runtime plays on this hand."""
        return self._haptics.form(hand) if self._haptics is not None else "simple"

    def pcm_rate_hz(self, hand: int) -> float:
        """Samples a second it takes; 0 where it takes none."""
        return self._haptics.pcm_rate_hz(hand) if self._haptics is not None else 0.0

    def play(self, pulse: HapticPulse) -> None:
        """Begin a pulse; nothing where there is no haptic action."""
        if self._haptics is not None:
            self._haptics.play(pulse)

    def stop(self, hand: int) -> None:
        """End what is playing."""
        if self._haptics is not None:
            self._haptics.stop(hand)

    def allow_eyes(self, allowed: bool) -> None:
        """Whether the eye tracker may be read."""
        self._eyes_allowed = allowed

    def close(self) -> None:
        """Destroy what belongs to the session and the instance; before the session is destroyed. Never raises.

        Action sets are children of the instance: left behind, the next session's would be refused for their names.
        """
        if self._closed:
            return
        self._closed = True
        self._hands = []  # they know this port: left tied, both would wait for the cyclic collector
        if self._trackers is not None:
            self._trackers.close()
        # A set's actions go with it; yet core validation (1.1.47) keeps theirs and refuses a later handle of the same number.
        actions = list(self._actions.values())
        for name, things in (
            ("xrDestroySpace", self._spaces),
            ("xrDestroyAction", actions),
            ("xrDestroyActionSet", self._sets),
        ):
            while things:
                self._end(name, things.pop())

    def _end(self, name: str, handle: Any) -> None:
        try:
            self._calls.ask(name, handle)
        except XrError:
            pass  # the connection has been closed before: the runtime has let go of everything itself


class _HandReader:
    """One hand's states and spaces; structures made once."""

    def __init__(self, port: OpenXrInput, path: int) -> None:
        xr = port._calls.xr
        self._port = port
        self._calls = port._calls
        self._session = port._session
        self._spaces = {name: port._space(name, path) for name in (GRIP, AIM) if name in port._actions}
        self._asked = {
            name: xr.ActionStateGetInfo(action=action, subaction_path=path)
            for name, action in port._actions.items()
            if name in (SELECT, PULL, SQUEEZE, STICK, MENU)
        }
        self._bool = xr.ActionStateBoolean()
        self._float = xr.ActionStateFloat()
        self._vector = xr.ActionStateVector2f()

    def read(self, profile: str, base: Any, xr_time: int) -> Reading:
        """What the actions of this hand say now."""
        if not profile:
            return Reading()
        return Reading(
            profile,
            grip=self._pose(GRIP, base, xr_time),
            aim=self._pose(AIM, base, xr_time),
            select=self._truth(SELECT),
            pull_ratio=self._number(PULL),
            squeeze_ratio=self._number(SQUEEZE),
            stick=self._pair(STICK),
            menu=self._truth(MENU),
        )

    def _pose(self, name: str, base: Any, xr_time: int) -> Pose | None:
        space = self._spaces.get(name)
        return None if space is None else self._port._pose(space, base, xr_time)

    def _ask(self, function: str, name: str, state: Any) -> bool:
        asked = self._asked.get(name)
        if asked is None:
            return False
        self._calls(function, self._session, ctypes.byref(asked), ctypes.byref(state))
        return bool(state.is_active)

    def _truth(self, name: str) -> bool:
        state = self._bool
        return self._ask("xrGetActionStateBoolean", name, state) and bool(state.current_state)

    def _number(self, name: str) -> float:
        state = self._float
        return float(state.current_state) if self._ask("xrGetActionStateFloat", name, state) else 0.0

    def _pair(self, name: str) -> tuple[float, float]:
        state = self._vector
        if not self._ask("xrGetActionStateVector2f", name, state):
            return (0.0, 0.0)
        return (float(state.current_state.x), float(state.current_state.y))
