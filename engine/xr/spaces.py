"""Where the resting guest is in the runtime's space: choice of space, own recentring, a seat's calibration. Pure, no runtime.

Space chosen, documented fallbacks: LOCAL_FLOOR (floor known, recentred by the runtime), else STAGE (floor known; its yaw and place
are somebody's room set-up, so only the floor is believed), else LOCAL with the floor taken to be `assumed_eye_height_m` under its
origin. In all of them the guest is placed by our own recentring from the head's place and heading; the runtime's origin is never
trusted to be the seat, since runtimes move it (STAGE on recentring, LOCAL on wake-up).

``T_space_rest`` at an instant is ``T_space_neutral * T_neutral_rest``: the second factor is the seat's own motion at that instant
(`NO_MOTION` without compensation), so the resting guest's frame rides with the seat.

A runtime that moves its origin (`SpaceChanged`) does not move the guest: the placing is carried over from the instant given. Over
a lost session no pose of the old one means anything; the guest is taken to sit where they sat (`SeatPlace.carry`), for as long as
that is likely.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Set
from dataclasses import dataclass

from engine.xr.compensation import NO_MOTION
from engine.xr.poses import (
    between,
    composed,
    distance_m,
    heading_rad,
    inverted,
    is_sound,
    rotated,
    unit,
    yaw_turn,
)
from engine.xr.runtime import SpaceKind
from engine.xr.values import Located, Pose, SpaceChanged, Vector, View
from engine.xr.wearing import HeadsetSetup

LOWEST_EYE_M, HIGHEST_EYE_M = 0.4, 2.4
"""Eyes over the floor that are believed: a child on a low chair, a tall adult standing. Outside, the headset is in a hand."""
MOST_ROLL_DEG = 45.0
"""A head held further over is lying or in somebody's hand."""
STILL_PLACE_M, STILL_HEADING_RAD = 0.02, math.radians(4.0)
"""A seated guest who looks ahead sways by millimetres; somebody who looks round or settles down moves by more than this."""
CALIBRATION_NS = 1_000_000_000
CALIBRATION_LIMIT_NS = 15_000_000_000
CARRY_NS = 20_000_000_000
"""For so long after a loss the guest is taken to sit as they sat."""

_ORDER: tuple[SpaceKind, ...] = ("local_floor", "stage", "local")


def chosen_space(offered: Set[str]) -> SpaceKind:
    """The reference space to work in.

    Raises
    ------
    ValueError
        Where none of the three is offered (no conformant runtime: LOCAL is mandatory).
    """
    for kind in _ORDER:
        if kind in offered:
            return kind
    raise ValueError(
        f"the runtime offers {', '.join(sorted(offered)) or 'no space'}; one of {', '.join(_ORDER)} is needed"
    )


def as_reference(kind: str) -> SpaceKind:
    """A space's kind as one of those a guest is placed in.

    Raises
    ------
    ValueError
        For a space that is none of them.
    """
    for known in _ORDER:
        if kind == known:
            return known
    raise ValueError(f"'{kind}' is no space to place a guest in; allowed: {', '.join(_ORDER)}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a head pose is not taken to place a guest."""

    line: str
    line_zh: str


class SeatPlace:
    """Places the resting guest's frame in the space of a session.

    Parameters
    ----------
    setup : HeadsetSetup
    """

    def __init__(self, setup: HeadsetSetup) -> None:
        self._setup = setup
        self._scene_eye_height_m = setup.scene_eye_height_m
        self._kind: SpaceKind = "local"
        self._T_space_neutral: Pose | None = None
        self._changes: deque[SpaceChanged] = deque()
        self._head_in_rest: Pose | None = None
        self._head_at_ns = 0
        self._carried: Pose | None = None
        self._calibration: _StillHead | None = None

    @property
    def kind(self) -> SpaceKind:
        """The space it is placed in."""
        return self._kind

    @property
    def placed(self) -> bool:
        """Whether there is a place in this session's space."""
        return self._T_space_neutral is not None

    @property
    def calibrating(self) -> bool:
        """Whether a calibration is under way."""
        return self._calibration is not None

    @property
    def floor_z_m(self) -> float:
        """Height of the floor in the space; of LOCAL an assumption."""
        return 0.0 if self._kind != "local" else -self._setup.assumed_eye_height_m

    def begun(self, kind: SpaceKind, now_ns: int) -> None:
        """A new session, its space of this kind. What the old one said of places is void but for the guest's place in the seat."""
        self._kind = kind
        self._T_space_neutral = None
        self._changes.clear()
        self._calibration = None
        held = self._head_in_rest is not None and now_ns - self._head_at_ns <= CARRY_NS
        self._carried = self._head_in_rest if held else None

    def scene_eye(self, height_m: float) -> None:
        """Another scene, its resting eye at this height over its vehicle's floor: a standing guest's feet stay on the floor."""
        self._scene_eye_height_m = height_m
        placed = self._T_space_neutral
        if placed is not None:
            x, y, z = placed.position_m
            self._T_space_neutral = Pose((x, y, self._standing_z_m(z)), placed.turn)

    def forget(self) -> None:
        """Another guest: nothing of the one before is carried on."""
        self._head_in_rest = None
        self._carried = None

    def changed(self, change: SpaceChanged) -> None:
        """The runtime is about to move an origin; noted until its instant (in the order of instants, as events come)."""
        if change.space == self._kind:
            self._changes.append(change)

    def reached(self, xr_time: int) -> bool:
        """A frame displayed at `xr_time` is next: follow the origin where it has moved by then. Whether it had."""
        moved = False
        while self._changes and self._changes[0].xr_time <= xr_time:
            change = self._changes.popleft()
            moved = True
            if self._T_space_neutral is None:
                continue
            if change.pose_in_previous is not None and is_sound(change.pose_in_previous):
                T_new_old = inverted(change.pose_in_previous)
                self._T_space_neutral = composed(T_new_old, self._T_space_neutral)
            else:  # it does not say whither: the head has not jumped, the origin has
                self._T_space_neutral = None
                self._carried = self._head_in_rest
        return moved

    def T_space_rest(self, motion: Pose = NO_MOTION) -> Pose:
        """Where the resting guest's frame is, the seat having moved by `motion` from its neutral place.

        Raises
        ------
        RuntimeError
            Before it is `placed`.
        """
        if self._T_space_neutral is None:
            raise RuntimeError("the resting guest has no place yet; place it from a head pose first")
        return composed(self._T_space_neutral, motion)

    def place(self, head: Pose, motion: Pose = NO_MOTION) -> Refusal | None:
        """Put the resting guest where this head is, heading where it looks. A refused one changes nothing.

        Parameters
        ----------
        head : Pose
            `T_space_head`.
        motion : Pose
            The seat's at the same instant.
        """
        refusal = self.unfit(head)
        heading = heading_rad(head.turn)
        if refusal is not None or heading is None:
            return refusal or _NO_HEADING
        self._put(head.position_m, heading, motion)
        return None

    def settle(self, head: Pose, motion: Pose, now_ns: int) -> bool:
        """First head pose of a session: the place of a guest who was there before is carried over, else this one is taken.

        Unlike `place` this takes any head it can, since a picture from a doubtful place is better than none; whether it was carried.
        """
        carried, self._carried = self._carried, None
        heading = heading_rad(head.turn)
        if carried is not None and heading is not None:
            in_neutral = composed(motion, carried)
            before = heading_rad(in_neutral.turn)
            if before is not None:
                turn = yaw_turn(heading - before)
                offset = rotated(turn, in_neutral.position_m)
                x, y, z = (head.position_m[axis] - offset[axis] for axis in range(3))
                self._T_space_neutral = Pose((x, y, self._standing_z_m(z)), turn)
                return True
        self._put(head.position_m, heading if heading is not None else 0.0, motion)
        return False

    def unfit(self, head: Pose) -> Refusal | None:
        """Why this head does not place a guest; None where it does."""
        if not is_sound(head):
            return Refusal("the headset does not know where it is", "头显暂时无法定位")
        if heading_rad(head.turn) is None:
            return _NO_HEADING
        right = rotated(unit(head.turn), (1.0, 0.0, 0.0))
        if abs(right[2]) > math.sin(math.radians(MOST_ROLL_DEG)):
            return Refusal(
                f"the head is held over by more than {MOST_ROLL_DEG:g} degrees; look straight ahead",
                f"头部侧倾超过 {MOST_ROLL_DEG:g} 度，请平视前方",
            )
        if self._kind != "local":
            eye_m = head.position_m[2]
            if not LOWEST_EYE_M <= eye_m <= HIGHEST_EYE_M:
                return Refusal(
                    f"the eyes are {eye_m:.2f} m over the floor, outside {LOWEST_EYE_M:g}..{HIGHEST_EYE_M:g}; "
                    "put the headset on, or set the runtime's floor anew",
                    f"眼睛离地 {eye_m:.2f} 米，不在 {LOWEST_EYE_M:g}～{HIGHEST_EYE_M:g} 米之间；请戴好头显，或重新设置地面高度",
                )
        return None

    def eye_height_m(self, head: Pose) -> float | None:
        """Of a head (`T_space_head`) over the floor; None where the floor is a guess."""
        return None if self._kind == "local" else head.position_m[2]

    def calibrate(self, now_ns: int) -> None:
        """Begin to average over a still head."""
        self._calibration = _StillHead(now_ns)

    def sample(self, located: Located, motion: Pose, at_ns: int) -> tuple[Pose | Refusal | None, bool]:
        """One more head pose for the calibration under way.

        Returns
        -------
        Pose, Refusal or None
            The mean head that the guest was placed by; why it was given up; or None while it goes on.
        bool
            Whether it has ended.
        """
        still = self._calibration
        if still is None:
            return None, False
        usable = located.turn_valid and located.position_valid and self.unfit(located.pose) is None
        if usable:
            # in the seat's neutral frame, so that a seat in motion does not smear the mean
            still.add(self._without(motion, located.pose), at_ns)
            mean = still.mean()
            if mean is not None:
                self._calibration = None
                heading = heading_rad(mean.turn)
                self._put(mean.position_m, heading if heading is not None else 0.0, NO_MOTION)
                return mean, True
        if at_ns - still.begun_ns < CALIBRATION_LIMIT_NS:
            return None, False
        self._calibration = None
        return (
            Refusal(
                "the seat was not calibrated: the head was not still for a second; the place found before stays",
                "座位校准未完成：头部未能保持静止一秒；沿用之前的位置",
            ),
            True,
        )

    def _without(self, motion: Pose, head: Pose) -> Pose:
        """A head in the space as it would be, had the seat not moved."""
        if self._T_space_neutral is None:
            return head
        T_neutral_head = composed(inverted(self._T_space_neutral), head)
        return composed(self._T_space_neutral, composed(inverted(motion), T_neutral_head))

    def note(self, head_in_rest: Pose, at_ns: int) -> None:
        """Where the head is in the resting guest's frame; kept to carry the guest over a loss."""
        self._head_in_rest, self._head_at_ns = head_in_rest, at_ns

    def _put(self, place_m: Vector, heading: float, motion: Pose) -> None:
        """The head at `place_m` is the resting eye (seated), or stands over its place on the floor (standing)."""
        # the neutral frame is upright; only its heading follows the seat's, exactly, since turns about Z add up
        turn = yaw_turn(heading - (heading_rad(motion.turn) or 0.0))
        shift = rotated(turn, motion.position_m)
        x, y, z = (place_m[axis] - shift[axis] for axis in range(3))
        self._T_space_neutral = Pose((x, y, self._standing_z_m(z - self._setup.lift_m)), turn)

    def _standing_z_m(self, seated_z_m: float) -> float:
        """Standing, the room's floor is the vehicle's, whatever the height of the guest; seated, `seated_z_m`."""
        setup = self._setup
        if setup.form == "seated":
            return seated_z_m
        return self.floor_z_m + self._scene_eye_height_m - setup.lift_m


class _StillHead:
    """Heads of the last second, for as long as they stay close together."""

    def __init__(self, now_ns: int) -> None:
        self.begun_ns = now_ns
        self._heads: list[tuple[int, Pose, float]] = []

    def add(self, head: Pose, at_ns: int) -> None:
        heading = heading_rad(head.turn)
        if heading is None:
            return
        if self._heads:
            first, first_heading = self._heads[0][1], self._heads[0][2]
            turned = abs(math.remainder(heading - first_heading, math.tau))
            if distance_m(first.position_m, head.position_m) > STILL_PLACE_M or turned > STILL_HEADING_RAD:
                self._heads.clear()
        self._heads.append((at_ns, head, heading))

    def mean(self) -> Pose | None:
        """Place and heading, once the head has been still for `CALIBRATION_NS` and was seen five times or more."""
        heads = self._heads
        if len(heads) < 5 or heads[-1][0] - heads[0][0] < CALIBRATION_NS:
            return None
        count = len(heads)
        x, y, z = (math.fsum(head.position_m[axis] for _, head, _ in heads) / count for axis in range(3))
        reference = heads[0][2]
        heading = reference + math.fsum(math.remainder(h - reference, math.tau) for _, _, h in heads) / count
        return Pose((x, y, z), yaw_turn(heading))


def seen_from(T_space_rest: Pose, eyes: tuple[View, View]) -> tuple[Pose, tuple[View, View]]:
    """The head (middle of the eyes) and the eyes, given in the space, in the resting guest's frame."""
    T_rest_space = inverted(T_space_rest)
    left, right = (View(composed(T_rest_space, eye.pose), eye.fov) for eye in eyes)
    return between(left.pose, right.pose), (left, right)


_NO_HEADING = Refusal(
    "the head looks straight up or down, so there is no telling where ahead is; look straight ahead",
    "头部正对上方或下方，无法判断前方；请平视前方",
)
