"""What a `Headset` is told at its making and what it says back: setup, status, events, what was seen. Plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from engine.xr.actions import ActionTable
from engine.xr.ladder import Rung
from engine.xr.runtime import Space, Views
from engine.xr.values import (
    MaskChanged,
    Pose,
    ProfileChanged,
    RefreshRateChanged,
    SessionState,
    Vector,
    View,
)

Form = Literal["seated", "standing"]
RecentreCause = Literal["first", "operator", "arrival", "calibrated", "recovered", "runtime"]


@dataclass(frozen=True, slots=True)
class HeadsetSetup:
    """How a seat's headset is used; the rig's `headset:` and `guests:` say it.

    Attributes
    ----------
    actions : ActionTable
        From `engine.xr.profiles`; empty: no hands.
    form : {"seated", "standing"}
        Seated: recentring puts the head where the scene's resting eye is. Standing: it puts the guest there on the floor and
        turns them, the height stays their own.
    lift_m : float, default 0
        Added to the height of the guest's eyes in the picture.
    eye_height_m : float or None
        Where the head is taken to be over the floor, for a runtime that knows no floor. None: 1.2 seated, 1.6 standing.
    scene_eye_height_m : float, default 1.2
        Height of the scene's resting eye over the vehicle's floor, m; only standing guests need it.
    pivot_m : tuple of float
        Centre of rotation of the seat's platform as seen from the resting eye.
    refresh_hz : float or None
        Display rate asked for, the nearest offered is taken; None: the highest.
    compensate : bool
        Take the seat's own motion out of the head pose, where a `seat` is given.
    on_arrival : tuple of str
        Out of these, "recentre" and "calibrate" are done here when a guest comes; others are for the show.
    settle_ns, gone_ns : int
        How long a headset must have been worn before it is a guest, and off before the guest is gone.
    still_ns : int
        How long a head may be stiller than any living one before the headset counts as laid down; only used where the runtime
        does not tell by XR_EXT_user_presence. 0: never.
    """

    actions: ActionTable = field(default_factory=lambda: ActionTable(()))
    form: Form = "seated"
    lift_m: float = 0.0
    eye_height_m: float | None = None
    scene_eye_height_m: float = 1.2
    pivot_m: Vector = (0.0, 0.0, -0.9)
    refresh_hz: float | None = None
    compensate: bool = True
    on_arrival: tuple[str, ...] = ("recentre", "calibrate")
    settle_ns: int = 1_500_000_000
    gone_ns: int = 4_000_000_000
    still_ns: int = 20_000_000_000

    @property
    def assumed_eye_height_m(self) -> float:
        """Height of the head over the floor where nobody knows the floor."""
        if self.eye_height_m is not None:
            return self.eye_height_m
        return 1.2 if self.form == "seated" else 1.6


@dataclass(frozen=True, slots=True)
class HeadsetStatus:
    """How far up the ladder we are.

    Attributes
    ----------
    rung : Rung
        What stands now; a str, see there.
    state : SessionState
        As the runtime said last; UNKNOWN without a session.
    line, line_zh : str
        One line for the operator, English and Chinese.
    since_ns : int
        When it became so.
    runtime, headset : str
        Their own names; empty while unknown.
    recoveries : int
        Sessions that began after the first one.
    exhausted : bool
        Nothing that this process can do has helped: replace it. It goes on trying meanwhile.
    """

    rung: Rung
    state: SessionState
    line: str
    line_zh: str
    since_ns: int
    runtime: str = ""
    headset: str = ""
    recoveries: int = 0
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The headset came, went, or stands on another rung."""

    at_ns: int
    status: HeadsetStatus


@dataclass(frozen=True, slots=True)
class GuestArrived:
    """Somebody has put the headset on and kept it on for `HeadsetSetup.settle_ns`; to be taken as a new guest."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class GuestLeft:
    """The headset has been off for `HeadsetSetup.gone_ns`."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Recentred:
    """The resting guest's frame was placed anew.

    Attributes
    ----------
    at_ns : int
    cause : str
        "first" (a first guess from the first head pose), "operator", "arrival", "calibrated" (mean of a still head),
        "recovered" (kept where the guest was, over a new session), "runtime" (somebody recentred the runtime; we stay).
    eye_height_m : float or None
        Of the guest's eyes over the floor; None where the floor is a guess.
    """

    at_ns: int
    cause: RecentreCause
    eye_height_m: float | None = None


@dataclass(frozen=True, slots=True)
class RecentreRefused:
    """A recentring or calibration was not done; `line` and `line_zh` say why. The old place stays."""

    at_ns: int
    line: str
    line_zh: str


HeadsetEvent = (
    StatusChanged
    | GuestArrived
    | GuestLeft
    | Recentred
    | RecentreRefused
    | ProfileChanged
    | RefreshRateChanged
    | MaskChanged
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the eyes are for one frame, in the scene's terms and in the runtime's.

    Attributes
    ----------
    head : Pose
        Middle of the eyes in the resting guest's frame, the seat's motion taken out.
    eyes : tuple of View
        In the resting guest's frame: draw with these.
    raw : Views
        In `space`: submit a projection layer with these.
    space : Space
        Of this session; layers name it.
    T_space_rest : Pose
        Takes a point of the resting guest's frame to `space` at this display time: `T_space_rest * panel` places a quad layer.
    turn_valid, position_valid, tracked : bool
        As the runtime says; an invalid half holds the last one that was valid, so draw on, dimmed.
    live : bool
        False: the session went during this frame. Draw for the mirror if you like; nothing can be submitted.
    """

    head: Pose
    eyes: tuple[View, View]
    raw: Views
    space: Space
    T_space_rest: Pose
    turn_valid: bool = True
    position_valid: bool = True
    tracked: bool = True
    live: bool = True
