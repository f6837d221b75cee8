"""Which ray of a guest points at things, and when something is pressed. Pure: a guest and what was before give rays and presses.

One ray at a time *looks*: what it rests on fills the dwell of a choice. Normally that is the eye tracker's, where the guest allows
it, else the head's. A hand takes over as soon as it presses, or when it is raised into view and moves: so somebody who points sees
their pointing count, and a controller that lies in a lap does not choose. It gives back when it is lowered, lost or still.

A press counts once, at its beginning, by any hand; it needs to have been seen open before, so that a trigger held while the headset
is put on chooses nothing. Its ray is the one from when the fingers began to close: the pinch itself drags the ray along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from engine.xr.hands import INDEX_TIP, JOINTS, angle_between_deg, direction, with_aim
from engine.xr.values import Hand, Pose, Tracked, Vector

Source = Literal["head", "eye", "hand", "controller"]
HeldBy = Literal["hand", "controller"]

NOBODY = -1
"""In the place of a hand: the gaze leads."""

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where one thing turns into another; two of a pair never meet, so nothing flickers.

    Attributes
    ----------
    press_ratio, release_ratio : float
        Of trigger or pinch.
    closing_ratio : float
        From here on the ray is remembered for the press.
    closing_ns : int
        For this long at most.
    rearm_ns : int
        Between two presses of a hand.
    raise_deg, lower_deg : float
        Between a hand's ray and the head's: within the first it may lead, beyond the second it stops.
    raised_m : float
        A leading hand is at most this far below the eyes; a lap is further.
    take_ns, drop_ns : int
        For this long before it leads, and before it stops.
    lost_ns : int
        A hand, or an eye, may be away for this long (a blink lasts 0.1 to 0.2 s).
    eye_back_ns : int
        An eye that was lost is seen for this long before it leads again.
    still_ns : int
        A hand that has not moved for this long stops leading.
    moved_m, moved_deg : float
        What counts as a movement.
    """

    press_ratio: float = 0.7
    release_ratio: float = 0.4
    closing_ratio: float = 0.25
    closing_ns: int = 300 * _MS
    rearm_ns: int = 200 * _MS
    raise_deg: float = 40.0
    lower_deg: float = 60.0
    raised_m: float = 0.45
    take_ns: int = 300 * _MS
    drop_ns: int = 500 * _MS
    lost_ns: int = 250 * _MS
    eye_back_ns: int = 200 * _MS
    still_ns: int = 5_000 * _MS
    moved_m: float = 0.015
    moved_deg: float = 3.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.closing_ratio < self.release_ratio < self.press_ratio <= 1.0:
            raise ValueError(
                f"closing, release and press at {self.closing_ratio:g}, {self.release_ratio:g}, {self.press_ratio:g}: "
                "they must rise, within 0..1"
            )
        if not 0.0 < self.raise_deg <= self.lower_deg:
            raise ValueError(
                f"a hand is raised within {self.raise_deg:g} deg and lowered beyond {self.lower_deg:g} deg: "
                "the first must be above 0 and not beyond the second"
            )


DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True)
class PointerRay:
    """A ray in the frame of `Tracked`.

    Attributes
    ----------
    source : {"head", "eye", "hand", "controller"}
    hand : int
        `LEFT`, `RIGHT`, or `NOBODY`.
    start_m, along : tuple of float
        `along` has length 1.
    """

    source: Source
    hand: int
    start_m: Vector
    along: Vector


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed, now."""

    by: HeldBy
    hand: int
    ray: PointerRay


@dataclass(frozen=True, slots=True)
class Pointing:
    """What a guest points at things with, at an instant.

    Attributes
    ----------
    look : PointerRay or None
        The ray whose rest is a look; None: nobody knows where the guest looks.
    rays : tuple of PointerRay
        Of the hands that are there, to be drawn.
    presses : tuple of Press
        New ones.
    menus : tuple of int
        Hands whose menu button went down.
    tips : tuple of (int, Vector)
        Tips of the index fingers that are seen: what they reach into is touched.
    """

    look: PointerRay | None
    rays: tuple[PointerRay, ...] = ()
    presses: tuple[Press, ...] = ()
    menus: tuple[int, ...] = ()
    tips: tuple[tuple[int, Vector], ...] = ()


@dataclass(frozen=True, slots=True)
class HandMemory:
    """What of a hand counts on; instants are `Tracked.at_ns`.

    Attributes
    ----------
    seen_ns : int or None
        When it was there last.
    armed : bool
        Seen open since it came.
    pressed, menu : bool
    pressed_ns : int or None
        Of its last press.
    closing : PointerRay or None
        Its ray when it began to close, at `closing_ns`.
    raised_ns : int or None
        Since when it could lead.
    lowered_ns : int or None
        Since when it should not.
    rest : Pose or None
        Where it last counted as moved, at `moved_ns`.
    ray : PointerRay or None
        Its last ray.
    """

    seen_ns: int | None = None
    armed: bool = False
    pressed: bool = False
    menu: bool = False
    pressed_ns: int | None = None
    closing: PointerRay | None = None
    closing_ns: int = 0
    raised_ns: int | None = None
    lowered_ns: int | None = None
    rest: Pose | None = None
    moved_ns: int | None = None
    ray: PointerRay | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What was before; a new guest begins with a new one."""

    at_ns: int | None = None
    hands: tuple[HandMemory, HandMemory] = field(default_factory=lambda: (HandMemory(), HandMemory()))
    leader: int = NOBODY
    eye: PointerRay | None = None
    eye_seen_ns: int | None = None
    eye_since_ns: int | None = None
    eye_leads: bool = False


def point(tracked: Tracked, before: Memory, thresholds: Thresholds = DEFAULTS) -> tuple[Pointing, Memory]:
    """Rays and presses of an instant.

    Parameters
    ----------
    tracked : Tracked
    before : Memory
        What the call before gave. An instant before the last one (a track begins again) starts anew.
    thresholds : Thresholds

    Returns
    -------
    Pointing
    Memory
        For the next call.
    """
    now_ns = tracked.at_ns
    if before.at_ns is not None and now_ns < before.at_ns:
        before = Memory()
    gaze, eyes = _gaze(tracked, before, thresholds)
    hands = (
        with_aim(tracked.hands[0], 0, tracked.head),
        with_aim(tracked.hands[1], 1, tracked.head),
    )
    memories: list[HandMemory] = []
    presses: list[Press] = []
    menus: list[int] = []
    for number, hand in enumerate(hands):
        memory, press = _press(hand, number, before.hands[number], gaze, now_ns, thresholds)
        memory = _raised(hand, tracked, memory, now_ns, thresholds)
        if hand.menu and not before.hands[number].menu:
            menus.append(number)
        if press is not None:
            presses.append(press)
        memories.append(replace(memory, menu=hand.menu))
    after = (memories[0], memories[1])
    leader = _leader(before.leader, presses, after, now_ns, thresholds)
    led = after[leader].ray if leader != NOBODY else None
    here = (_ray(hand, number) for number, hand in enumerate(hands))
    result = Pointing(
        look=led if led is not None else gaze,
        rays=tuple(ray for ray in here if ray is not None),
        presses=tuple(presses),
        menus=tuple(menus),
        tips=tuple(
            (number, hand.joints[INDEX_TIP].position_m)
            for number, hand in enumerate(hands)
            if len(hand.joints) == JOINTS
        ),
    )
    return result, replace(eyes, at_ns=now_ns, hands=after, leader=leader)


def _gaze(tracked: Tracked, before: Memory, thresholds: Thresholds) -> tuple[PointerRay | None, Memory]:
    """The eye's ray, through blinks; else the head's."""
    now_ns = tracked.at_ns
    head = (
        PointerRay("head", NOBODY, tracked.head.position_m, direction(tracked.head))
        if tracked.head_valid
        else None
    )
    if tracked.gaze is None:
        seen_ns = before.eye_seen_ns
        if before.eye_leads and seen_ns is not None and now_ns - seen_ns <= thresholds.lost_ns:
            return before.eye, replace(before, eye_since_ns=None)
        return head, replace(before, eye_leads=False, eye_since_ns=None)
    eye = PointerRay("eye", NOBODY, tracked.gaze.position_m, direction(tracked.gaze))
    since_ns = before.eye_since_ns if before.eye_since_ns is not None else now_ns
    never = before.eye_seen_ns is None
    leads = before.eye_leads or never or now_ns - since_ns >= thresholds.eye_back_ns
    after = replace(before, eye=eye, eye_seen_ns=now_ns, eye_since_ns=since_ns, eye_leads=leads)
    return (eye if leads else head), after


def _ray(hand: Hand, number: int) -> PointerRay | None:
    if not hand.kind or hand.aim is None:
        return None
    return PointerRay(_by(hand), number, hand.aim.position_m, direction(hand.aim))


def _by(hand: Hand) -> HeldBy:
    return "controller" if hand.kind == "controller" else "hand"


def _press(
    hand: Hand,
    number: int,
    before: HandMemory,
    gaze: PointerRay | None,
    now_ns: int,
    thresholds: Thresholds,
) -> tuple[HandMemory, Press | None]:
    """Follow a hand's trigger or pinch. A press without a ray of its own (a button whose place is unknown) uses the gaze."""
    if not hand.kind:
        away = before.seen_ns is None or now_ns - before.seen_ns > thresholds.lost_ns
        return (HandMemory(pressed_ns=before.pressed_ns) if away else before), None
    ray = _ray(hand, number)
    # A controller's button is a fact. Whether fingers are pinched each runtime sees differently: there the ratio decides.
    fact = hand.selected and (hand.kind == "controller" or hand.select_ratio == 0.0)
    if before.pressed:
        pressed = fact or hand.select_ratio > thresholds.release_ratio
    else:
        pressed = fact or hand.select_ratio >= thresholds.press_ratio
    closing, closing_ns = before.closing, before.closing_ns
    if hand.select_ratio < thresholds.closing_ratio and not pressed:
        closing = None
    elif closing is None and not pressed:
        closing, closing_ns = ray, now_ns
    after = replace(
        before,
        seen_ns=now_ns,
        armed=before.armed or not pressed,
        pressed=pressed,
        closing=closing,
        closing_ns=closing_ns,
        ray=ray if ray is not None else before.ray,
    )
    begins = pressed and not before.pressed and before.armed
    if before.pressed_ns is not None and now_ns - before.pressed_ns < thresholds.rearm_ns:
        begins = False
    if not begins:
        return after, None
    aimed = ray if ray is not None else gaze
    if closing is not None and now_ns - closing_ns <= thresholds.closing_ns:
        aimed = closing
    if aimed is None:
        return after, None
    return replace(after, pressed_ns=now_ns), Press(_by(hand), number, aimed)


def _raised(
    hand: Hand, tracked: Tracked, before: HandMemory, now_ns: int, thresholds: Thresholds
) -> HandMemory:
    """Follow whether a hand is held up to point with."""
    if not hand.kind or hand.aim is None:  # a ray that is gone counts as lowered
        since_ns = before.lowered_ns if before.lowered_ns is not None else now_ns
        return replace(before, raised_ns=None, lowered_ns=since_ns)
    rest, moved_ns = before.rest, before.moved_ns
    if rest is None or _moved(rest, hand.aim, thresholds):
        # Where it came into view it has not moved yet.
        moved_ns = moved_ns if rest is None else now_ns
        rest = hand.aim
    along, ahead = direction(hand.aim), direction(tracked.head)
    off_deg = math.degrees(
        math.acos(max(-1.0, min(1.0, sum(a * b for a, b in zip(along, ahead, strict=True)))))
    )
    high = tracked.head.position_m[2] - hand.aim.position_m[2] <= thresholds.raised_m
    raised = off_deg <= thresholds.raise_deg and high
    lowered = off_deg > thresholds.lower_deg or not high
    return replace(
        before,
        rest=rest,
        moved_ns=moved_ns,
        raised_ns=(before.raised_ns if before.raised_ns is not None else now_ns) if raised else None,
        lowered_ns=(before.lowered_ns if before.lowered_ns is not None else now_ns) if lowered else None,
    )


def _moved(rest: Pose, now: Pose, thresholds: Thresholds) -> bool:
    return (
        math.dist(rest.position_m, now.position_m) > thresholds.moved_m
        or angle_between_deg(rest.turn, now.turn) > thresholds.moved_deg
    )


def _leader(
    before: int,
    presses: list[Press],
    hands: tuple[HandMemory, HandMemory],
    now_ns: int,
    thresholds: Thresholds,
) -> int:
    """Who leads: the hand that pressed; the one that leads, while it may; one that was raised; else the gaze."""
    for press in presses:
        if press.ray.source not in {"head", "eye"}:
            return press.hand
    if before != NOBODY and _may_go_on(hands[before], now_ns, thresholds):
        return before
    ready = [
        (memory.raised_ns, number)
        for number, memory in enumerate(hands)
        if memory.raised_ns is not None
        and now_ns - memory.raised_ns >= thresholds.take_ns
        and memory.moved_ns is not None
        and now_ns - memory.moved_ns <= thresholds.still_ns
    ]
    return min(ready)[1] if ready else NOBODY


def _may_go_on(memory: HandMemory, now_ns: int, thresholds: Thresholds) -> bool:
    if memory.seen_ns is None or now_ns - memory.seen_ns > thresholds.lost_ns:
        return False
    if memory.lowered_ns is not None and now_ns - memory.lowered_ns >= thresholds.drop_ns:
        return False
    last_ns = max(
        (ns for ns in (memory.moved_ns, memory.pressed_ns) if ns is not None), default=memory.seen_ns
    )
    return now_ns - last_ns <= thresholds.still_ns
