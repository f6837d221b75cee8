"""What passes between a headset and whoever draws for it: poses, views, frame times, hands. Plain frozen values.

Axes are the engine's (`engine.units`): metres, right-handed, X right, Y forward, Z up. OpenXR's (Y up, -Z forward) end
inside the runtime's implementation. `T_a_b` maps a point given in b to a; a `Pose` named ``head_in_seat`` holds
`T_seat_head`: it takes (0, 0, 0) to where the head is.

Instants are host nanoseconds. `XrTime`, the runtime's own clock, dies with its instance and never leaves a frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""x, y, z, w; unit length."""

LEFT, RIGHT = 0, 1
"""Index of an eye or a hand."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A place and a turn.

    Attributes
    ----------
    position_m : tuple of float
    turn : tuple of float
        Quaternion x, y, z, w.
    """

    position_m: Vector = (0.0, 0.0, 0.0)
    turn: Quaternion = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Fov:
    """Angles of an eye's picture from its axis, radians; left and down are negative."""

    left_rad: float
    right_rad: float
    up_rad: float
    down_rad: float


@dataclass(frozen=True, slots=True)
class View:
    """One eye: where it is, in whatever frame the owner says, and what it sees."""

    pose: Pose
    fov: Fov


@dataclass(frozen=True, slots=True)
class Located:
    """A pose of something that a runtime was asked for.

    Attributes
    ----------
    pose : Pose
    turn_valid, position_valid : bool
        Whether these halves may be used at all. *Tracked* is not demanded: simulated and three-degree headsets never say so.
    tracked : bool
        Whether both are measured now rather than guessed.
    """

    pose: Pose
    turn_valid: bool = True
    position_valid: bool = True
    tracked: bool = True


@dataclass(frozen=True, slots=True)
class FrameTime:
    """One frame as the runtime paces it.

    Attributes
    ----------
    number : int
        Counts frames of this session from 0.
    xr_time : int
        Predicted display time on the runtime's clock; only for calls of the same session.
    display_ns : int
        The same instant on the host's monotonic clock: when the guest's eyes see this frame.
    period_ns : int
        Between two frames.
    woken_ns : int
        When the wait for this frame returned.
    should_render : bool
        False: begin and end the frame with nothing in it.
    """

    number: int
    xr_time: int
    display_ns: int
    period_ns: int
    woken_ns: int
    should_render: bool = True


class SessionState(Enum):
    """`XrSessionState`, by the specification's names (section 9.3)."""

    UNKNOWN = 0
    IDLE = 1
    READY = 2
    SYNCHRONIZED = 3
    VISIBLE = 4
    FOCUSED = 5
    STOPPING = 6
    LOSS_PENDING = 7
    EXITING = 8


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The session's state became another."""

    state: SessionState


@dataclass(frozen=True, slots=True)
class SpaceChanged:
    """The runtime moved the origin of a reference space (somebody recentred).

    Attributes
    ----------
    space : str
        "local", "local_floor" or "stage".
    xr_time : int
        From when on.
    pose_in_previous : Pose or None
        The new origin in the old one's frame, where the runtime knows it.
    """

    space: str
    xr_time: int
    pose_in_previous: Pose | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """Another interaction profile is in somebody's hands."""


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """XR_EXT_user_presence: somebody put the headset on, or took it off."""

    present: bool


@dataclass(frozen=True, slots=True)
class RefreshRateChanged:
    """XR_FB_display_refresh_rate."""

    hz: float


@dataclass(frozen=True, slots=True)
class MaskChanged:
    """XR_KHR_visibility_mask: an eye's hidden area is another now."""

    eye: int


@dataclass(frozen=True, slots=True)
class EventsLost:
    """The runtime dropped this many events."""

    count: int


@dataclass(frozen=True, slots=True)
class InstanceLossPending:
    """The runtime is about to go (`XrEventDataInstanceLossPending`)."""


XrEvent = (
    StateChanged
    | SpaceChanged
    | ProfileChanged
    | PresenceChanged
    | RefreshRateChanged
    | MaskChanged
    | EventsLost
    | InstanceLossPending
)


@dataclass(frozen=True, slots=True)
class Hand:
    """One hand or controller at a frame's display time, in the frame of the guest's seat.

    Attributes
    ----------
    kind : str
        "" nothing there, "controller", "hand" (tracked fingers or a hand-interaction profile).
    grip, aim : Pose or None
        Where it is held, and where its ray begins (+Y of the pose is along the ray).
    select_ratio : float
        0..1: trigger or pinch.
    selected : bool
        Pressed now (the runtime's boolean, or past the ratio's threshold).
    squeeze_ratio : float
        0..1.
    stick : tuple of float
        Right and up, -1..1.
    menu : bool
    joints : tuple of Pose
        The 26 joints of XR_EXT_hand_tracking, or none.
    joint_radii_m : tuple of float
        As many.
    """

    kind: str = ""
    grip: Pose | None = None
    aim: Pose | None = None
    select_ratio: float = 0.0
    selected: bool = False
    squeeze_ratio: float = 0.0
    stick: tuple[float, float] = (0.0, 0.0)
    menu: bool = False
    joints: tuple[Pose, ...] = ()
    joint_radii_m: tuple[float, ...] = ()


NO_HAND = Hand()


@dataclass(frozen=True, slots=True)
class Tracked:
    """A guest at an instant: what every source of tracking gives, OpenXR, simulator or a recorded track.

    All poses are in the frame of the *resting guest*: its origin is where the scene's resting eye is, the guest having been
    recentred there, and it rides with the vehicle.

    Attributes
    ----------
    at_ns : int
        The instant all this holds for (of display, not of asking).
    head : Pose
        Middle between the eyes.
    head_valid : bool
        False: the head is a guess (lost tracker); the picture is dimmed, never frozen.
    hands : tuple of Hand
        Left, right.
    gaze : Pose or None
        Eye tracker's ray (+Y), where there is one and the guest's profile allows it.
    present : bool or None
        Whether somebody wears it; None: unknown.
    """

    at_ns: int
    head: Pose = field(default_factory=Pose)
    head_valid: bool = True
    hands: tuple[Hand, Hand] = (NO_HAND, NO_HAND)
    gaze: Pose | None = None
    present: bool | None = None
