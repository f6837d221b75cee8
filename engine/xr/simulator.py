"""A head and two hands of somebody at a desk: from mouse, keyboard and gamepad to what a headset would say. Pure.

    simulator = Simulator()
    tracked = simulator.sample(desk.poll(), at_ns=display_ns, dt_s=1 / 60)

Whatever the hands at the desk do reaches everything above as `Tracked`, in the frame of the resting guest, exactly as from OpenXR.
The same inputs and steps give the same poses on every machine: nothing here reads a clock or a device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

from engine.xr.angles import turn_of_deg, turn_to_tangents
from engine.xr.poses import applied, composed, inverted, multiplied
from engine.xr.values import LEFT, NO_HAND, RIGHT, Hand, Pose, Tracked, Vector

MOVE_MPS: Final = 0.6
"""How fast keys and sticks move the head: a slow step."""
TURN_DPS: Final = 70.0
"""How fast they turn it: under what makes most people unwell on a flat screen."""
PITCH_MAX_DEG: Final = 70.0
REACH_M: Final = (-1.5, 1.5), (-1.5, 1.5), (-0.9, 0.6)
"""How far the head may go from where it rests, right, forward, up: a step and a half, down to sitting, up to tiptoe."""
HAND_NEAR_M, HAND_FAR_M = 0.15, 0.8
_HAND_REST_M = 0.45
_HAND_REST_TAN = ((-0.35, -0.3), (0.35, -0.3))
_HAND_TAN_PER_S = 1.2
_HAND_TAN_MAX = 1.2
_WHEEL_M = 0.04
_SELECTED_RATIO = 0.5
_STEP_MAX_S = 0.1  # a window that was held up must not throw the head across the room

MOVES: Final = {
    "w": (0.0, 1.0, 0.0),
    "s": (0.0, -1.0, 0.0),
    "a": (-1.0, 0.0, 0.0),
    "d": (1.0, 0.0, 0.0),
    "r": (0.0, 0.0, 1.0),
    "f": (0.0, 0.0, -1.0),
}
"""Keys that move the head: right, forward, up."""
TURNS: Final = {"q": 1.0, "e": -1.0}
"""Keys that turn it to the left."""
HOME: Final = "home"
"""The key that puts everything back."""
BODY_KEYS: Final = frozenset({*MOVES, *TURNS, HOME})

HELP: Final = (
    "right-drag or Q/E turn the head, W/A/S/D and R/F move it, Home puts it back; the pointer is the gaze, a click selects; "
    "Shift or Ctrl: the left or right hand follows the pointer (wheel: reach); a gamepad's sticks move and turn, its triggers select"
)
HELP_ZH: Final = (
    "右键拖动或 Q/E 转头，W/A/S/D 与 R/F 移动，Home 复位；指针即视线，单击选择；"
    "按住 Shift 或 Ctrl，左手或右手随指针移动（滚轮调远近）；手柄摇杆移动与转头，扳机选择"
)


@dataclass(frozen=True, slots=True)
class PadInput:
    """What a gamepad says now, dead zones already taken out.

    Attributes
    ----------
    move, turn : tuple of float
        Left and right stick: right and up, -1..1.
    rise : float
        -1..1, the cross up and down.
    trigger_ratios : tuple of float
        Left and right, 0..1.
    shoulders : tuple of bool
        Left and right; while one is held its stick steers that hand.
    select : bool
        The lower face button is down.
    home : bool
        The right face button went down.
    menu : bool
        Back or menu is down.
    """

    move: tuple[float, float] = (0.0, 0.0)
    turn: tuple[float, float] = (0.0, 0.0)
    rise: float = 0.0
    trigger_ratios: tuple[float, float] = (0.0, 0.0)
    shoulders: tuple[bool, bool] = (False, False)
    select: bool = False
    home: bool = False
    menu: bool = False


IDLE_PAD = PadInput()
"""No pad, or one that nobody touches."""


@dataclass(frozen=True, slots=True)
class DeskInput:
    """What happened at the desk since the last frame, and what is held now.

    Attributes
    ----------
    keys : tuple of str
        Keys gone down that mean something to the show or a scene's trigger, Panda3D's names.
    operator_keys : tuple of str
        Keys gone down that are the operator's (`engine.render.desk.OPERATOR_KEYS`).
    held : frozenset of str
        Those of `BODY_KEYS` that are down.
    clicked, pressed : bool
        The select button (left mouse, or the pad's) went down; is down.
    pointer : tuple of float or None
        In the picture, -1..1 right and up; None outside the window.
    pointer_tan : tuple of float or None
        The same as tangents from the head's axis, right and up.
    pointer_moved : bool
        Since the last frame.
    turned_deg : tuple of float
        By dragging with the right button: yaw (+ = left) and pitch (+ = up).
    wheel : int
        Clicks away from the user.
    hand : int or None
        The hand that the pointer steers now.
    pad : PadInput
    """

    keys: tuple[str, ...] = ()
    operator_keys: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()
    clicked: bool = False
    pressed: bool = False
    pointer: tuple[float, float] | None = None
    pointer_tan: tuple[float, float] | None = None
    pointer_moved: bool = False
    turned_deg: tuple[float, float] = (0.0, 0.0)
    wheel: int = 0
    hand: int | None = None
    pad: PadInput = IDLE_PAD


@dataclass(frozen=True, slots=True)
class Reach:
    """One simulated hand.

    Attributes
    ----------
    shown : bool
        It has been used; until then there is none.
    tangents : tuple of float
        Where it was last steered to, from the head's axis.
    length_m : float
        From the head.
    in_body : Pose
        `T_body_hand`; the body has the head's place and yaw, so a nod leaves the hands where they are.
    """

    shown: bool = False
    tangents: tuple[float, float] = (0.0, 0.0)
    length_m: float = _HAND_REST_M
    in_body: Pose = field(default_factory=Pose)


@dataclass(frozen=True, slots=True)
class Stance:
    """How the simulated guest sits now.

    Attributes
    ----------
    position_m : tuple of float
        Of the head, from where it rests.
    yaw_deg, pitch_deg : float
    hands : tuple of Reach
        Left, right.
    by_pad : bool
        The gamepad was used last: the head looks, not the pointer that lies about.
    """

    position_m: Vector = (0.0, 0.0, 0.0)
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    hands: tuple[Reach, Reach] = (Reach(tangents=_HAND_REST_TAN[LEFT]), Reach(tangents=_HAND_REST_TAN[RIGHT]))
    by_pad: bool = False

    @property
    def head(self) -> Pose:
        """`T_rest_head`."""
        return Pose(self.position_m, turn_of_deg(self.yaw_deg, self.pitch_deg))

    @property
    def body(self) -> Pose:
        """`T_rest_body`: place and yaw of the head."""
        return Pose(self.position_m, turn_of_deg(self.yaw_deg))


class Simulator:
    """Keeps a stance and moves it by what is done at the desk.

    Attributes
    ----------
    stance : Stance
        As of the last sample; may be set.
    """

    def __init__(self, stance: Stance | None = None) -> None:
        self.stance = stance or Stance()

    def sample(self, desk: DeskInput, at_ns: int, dt_s: float) -> Tracked:
        """Move on by one frame.

        Parameters
        ----------
        desk : DeskInput
        at_ns : int
            The instant that the result is for: of display.
        dt_s : float
            Since the sample before; more than 0.1 s counts as 0.1 s.

        Raises
        ------
        ValueError
            For a step that is negative or no number.
        """
        self.stance = moved(self.stance, desk, dt_s)
        return tracked(self.stance, desk, at_ns)


def moved(stance: Stance, desk: DeskInput, dt_s: float) -> Stance:
    """The stance one frame later."""
    if not (0.0 <= dt_s < math.inf):
        raise ValueError(f"a step of {dt_s} s; expected 0 or more")
    step_s = min(dt_s, _STEP_MAX_S)
    pad = desk.pad
    if HOME in desk.held or pad.home:
        return Stance(by_pad=pad.home)
    by_pad = (
        stance.by_pad and not (desk.pointer_moved or (desk.clicked and not pad.select))
    ) or pad != IDLE_PAD
    steering = pad.shoulders
    strafe, ahead = (0.0, 0.0) if steering[LEFT] else pad.move
    turn, tilt = (0.0, 0.0) if steering[RIGHT] else pad.turn
    yaw = stance.yaw_deg + desk.turned_deg[0]
    yaw += (sum(TURNS[key] for key in desk.held if key in TURNS) - turn) * TURN_DPS * step_s
    pitch = stance.pitch_deg + desk.turned_deg[1] + tilt * TURN_DPS * step_s
    pitch = min(max(pitch, -PITCH_MAX_DEG), PITCH_MAX_DEG)
    right, forward, up = strafe, ahead, pad.rise
    for key in desk.held:
        x, y, z = MOVES.get(key, (0.0, 0.0, 0.0))
        right, forward, up = right + x, forward + y, up + z
    length = math.hypot(right, forward, up)
    if length > 1.0:
        right, forward, up = right / length, forward / length, up / length
    far = MOVE_MPS * step_s
    # "Forward" is where the body faces; a look down does not make W sink into the floor.
    wanted = applied(Pose(stance.position_m, turn_of_deg(yaw)), (right * far, forward * far, up * far))
    x, y, z = (min(max(value, low), high) for value, (low, high) in zip(wanted, REACH_M, strict=True))
    after = replace(
        stance, position_m=(x, y, z), yaw_deg=math.remainder(yaw, 360.0), pitch_deg=pitch, by_pad=by_pad
    )
    hands = (_reached(after, LEFT, desk, pad.move, step_s), _reached(after, RIGHT, desk, pad.turn, step_s))
    return replace(after, hands=hands)


def _reached(stance: Stance, side: int, desk: DeskInput, stick: tuple[float, float], step_s: float) -> Reach:
    """One hand a frame later: steered by the pointer or by its stick, or staying with the body."""
    hand = stance.hands[side]
    by_pointer = desk.hand == side and desk.pointer_tan is not None
    by_stick = desk.pad.shoulders[side]
    if not (by_pointer or by_stick or (desk.pad.trigger_ratios[side] > 0.0 and not hand.shown)):
        return hand
    tangents, length_m = hand.tangents, hand.length_m
    if by_pointer and desk.pointer_tan is not None:
        tangents = desk.pointer_tan
        length_m = min(max(length_m + desk.wheel * _WHEEL_M, HAND_NEAR_M), HAND_FAR_M)
    elif by_stick:
        far = _HAND_TAN_PER_S * step_s
        tangents = (
            min(max(tangents[0] + stick[0] * far, -_HAND_TAN_MAX), _HAND_TAN_MAX),
            min(max(tangents[1] + stick[1] * far, -_HAND_TAN_MAX), _HAND_TAN_MAX),
        )
    # The hand lies on the ray from the head through the pointer and points along it, so that its own ray meets what is seen
    # under the pointer.
    in_rest = _along(stance.head, tangents, length_m)
    return Reach(True, tangents, length_m, composed(inverted(stance.body), in_rest))


def _along(head: Pose, tangents: tuple[float, float], length_m: float) -> Pose:
    ray = Pose(head.position_m, multiplied(head.turn, turn_to_tangents(*tangents)))
    return Pose(applied(ray, (0.0, length_m, 0.0)), ray.turn)


def tracked(stance: Stance, desk: DeskInput, at_ns: int) -> Tracked:
    """What a headset would say of a stance."""
    gaze = None
    if desk.pointer_tan is not None and desk.hand is None and not stance.by_pad:
        gaze = _along(stance.head, desk.pointer_tan, 0.0)
    left, right = (_hand(stance, side, desk) for side in (LEFT, RIGHT))
    return Tracked(at_ns=at_ns, head=stance.head, hands=(left, right), gaze=gaze, present=True)


def _hand(stance: Stance, side: int, desk: DeskInput) -> Hand:
    hand = stance.hands[side]
    if not hand.shown:
        return NO_HAND
    ratio = desk.pad.trigger_ratios[side]
    if desk.hand == side and desk.pressed:
        ratio = 1.0
    pose = composed(stance.body, hand.in_body)
    return Hand(
        kind="controller",
        grip=pose,
        aim=pose,
        select_ratio=ratio,
        selected=ratio >= _SELECTED_RATIO,
        menu=desk.pad.menu and side == LEFT,
    )
