"""The recovery ladder, pure: from what stands and what fell, what is tried next and when. No rung gives up.

::

    nothing  --OPEN-->  instance  --LOOK-->  system  --MAKE-->  session
       ^                   |                   |                   |
       +--- instance lost, or a rung above that will not hold -----+

A first fall is answered at once. Whoever falls again before having run soundly for `SOUND_NS` waits 0.5 s, then twice as long
each time, up to 5 s. Where a cheap look (`engine.xr.watch`) sees a runtime come back, the wait is cut short.

`exhausted` says that this process has tried long enough: it *had* a headset, and what stands in the way may be the process
itself (a client library that does not start twice, a broken graphics context). Whoever owns the process replaces it; until
then the ladder is climbed on. A process that never had a headset is no better replaced, so it never says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, IntEnum, StrEnum

FIRST_WAIT_NS = 500_000_000
LONGEST_WAIT_NS = 5_000_000_000
SOUND_NS = 3_000_000_000
"""A session that has run this long has recovered; the next fall is a first one."""

SEEN_WAIT_NS = 100_000_000
"""Between attempts while a runtime is seen to be starting: a socket is there before the service answers."""
SEEN_ATTEMPTS = 10

FALLS_TO_INSTANCE = 3
"""So many sessions lost or refused in a row: the instance is made anew as well."""
LOOKS_TO_INSTANCE = 3
"""So many looks without a headset: the instance is made anew; runtimes exist that list devices once, at their start."""
FALLS_TO_EXHAUSTED = 8
SEEN_TO_EXHAUSTED_NS = 20_000_000_000
DOWN_TO_EXHAUSTED_NS = 300_000_000_000


class Rung(StrEnum):
    """What stands, as an operator is told."""

    NO_RUNTIME = "no_runtime"
    NO_HEADSET = "no_headset"
    NO_SESSION = "no_session"
    ASLEEP = "asleep"
    """A session is there and not running: the headset is off somebody's head, or starting."""
    RUNNING = "running"
    """Frames are asked for, nothing is shown (the guest's view is the runtime's own)."""
    SHOWN = "shown"
    """Our picture is seen, input goes elsewhere (a menu is open)."""
    FOCUSED = "focused"


class Stands(IntEnum):
    """How much stands, from the ground."""

    NOTHING = 0
    INSTANCE = 1
    SYSTEM = 2
    SESSION = 3


class Do(Enum):
    """What the ladder asks for."""

    OPEN_INSTANCE = "open_instance"
    LOOK_FOR_HEADSET = "look_for_headset"
    MAKE_SESSION = "make_session"
    DROP_SESSION = "drop_session"
    DROP_INSTANCE = "drop_instance"


class Happened(Enum):
    """What it is told."""

    TICK = "tick"
    """Time passes."""
    DONE = "done"
    """The attempt that was asked for has succeeded."""
    ABSENT = "absent"
    """The attempt found nothing there (`XrUnavailable`)."""
    REFUSED = "refused"
    """The attempt was refused (`XrRefused`)."""
    RAN = "ran"
    """The session runs: it was begun and gives frames."""
    SESSION_LOST = "session_lost"
    SESSION_LEFT = "session_left"
    """The runtime asked us to go (EXITING)."""
    INSTANCE_LOST = "instance_lost"
    INSTANCE_LEAVING = "instance_leaving"
    """The runtime says that it is about to go (an update)."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where we stand on it.

    Attributes
    ----------
    stands : Stands
    due_ns : int
        When the next attempt may be made.
    misses : int
        Attempts in a row that found nothing.
    falls : int
        Sessions and instances lost or refused since one ran soundly.
    headset_missing : bool
        Whether what was missed last was a headset, the runtime being there.
    seen : bool or None
        What the cheap look said last.
    seen_since_ns : int or None
        Since when the cheap look has said that there is a runtime.
    quick : int
        Attempts left at `SEEN_WAIT_NS`.
    running_since_ns, down_since_ns : int or None
        Since when the session runs, or since when there is none that does.
    has_run : bool
        Whether one ever ran in this process.
    exhausted : bool
    """

    stands: Stands = Stands.NOTHING
    due_ns: int = 0
    misses: int = 0
    falls: int = 0
    headset_missing: bool = False
    seen: bool | None = None
    seen_since_ns: int | None = None
    quick: int = 0
    running_since_ns: int | None = None
    down_since_ns: int | None = None
    has_run: bool = False
    exhausted: bool = False


_ATTEMPT = {
    Stands.NOTHING: Do.OPEN_INSTANCE,
    Stands.INSTANCE: Do.LOOK_FOR_HEADSET,
    Stands.SYSTEM: Do.MAKE_SESSION,
}
_LOSSES = {
    Happened.SESSION_LOST,
    Happened.SESSION_LEFT,
    Happened.INSTANCE_LOST,
    Happened.INSTANCE_LEAVING,
}


def wait_ns(times: int) -> int:
    """How long to wait after that many failures in a row: 0, 0.5 s, 1 s, 2 s, 4 s, 5 s, 5 s ..."""
    if times <= 0:
        return 0
    return min(LONGEST_WAIT_NS, FIRST_WAIT_NS << min(times - 1, 8))


def step(
    ladder: Ladder, happened: Happened, now_ns: int, *, seen: bool | None = None
) -> tuple[Ladder, tuple[Do, ...]]:
    """What follows from something that happened.

    Parameters
    ----------
    ladder : Ladder
    happened : Happened
    now_ns : int
        Host instant; never before the one of the last step.
    seen : bool or None
        With TICK: what a cheap look for a runtime says; None: it cannot tell.

    Returns
    -------
    Ladder, tuple of Do
        To be done in this order; an attempt (OPEN, LOOK, MAKE) is to be answered by DONE, ABSENT or REFUSED before the next TICK.
    """
    if happened is Happened.TICK:
        return _tick(ladder, now_ns, seen)
    if happened is Happened.DONE:
        if ladder.stands is Stands.SESSION:
            return ladder, ()
        up = Stands(ladder.stands + 1)
        # whoever has found a headset again starts to count anew; refused sessions are counted as falls
        misses = 0 if up >= Stands.SYSTEM else ladder.misses
        missing = ladder.headset_missing and up < Stands.SYSTEM
        return replace(ladder, stands=up, due_ns=now_ns, misses=misses, headset_missing=missing), ()
    if happened is Happened.RAN:
        if ladder.stands is not Stands.SESSION or ladder.running_since_ns is not None:
            return ladder, ()
        return replace(ladder, running_since_ns=now_ns, down_since_ns=None, has_run=True), ()
    if happened in _LOSSES:
        return _fallen(ladder, happened, now_ns)
    return _missed(ladder, happened, now_ns)


def _tick(ladder: Ladder, now_ns: int, seen: bool | None) -> tuple[Ladder, tuple[Do, ...]]:
    if ladder.stands is Stands.SESSION:
        since_ns = ladder.running_since_ns
        if since_ns is not None and now_ns - since_ns >= SOUND_NS and (ladder.falls or ladder.exhausted):
            ladder = replace(ladder, falls=0, misses=0, exhausted=False)
        return ladder, ()
    if ladder.down_since_ns is None:
        ladder = replace(ladder, down_since_ns=now_ns)
    ladder = replace(ladder, seen=seen)
    if not seen:
        ladder = replace(ladder, seen_since_ns=None)
    elif ladder.seen_since_ns is None:
        ladder = replace(ladder, seen_since_ns=now_ns)
        # only of one that was seen to be away: a runtime that stays and refuses us is not stormed. One that comes back is
        # another one, the falls with the old one say nothing of it
        if ladder.stands is Stands.NOTHING:
            ladder = replace(ladder, due_ns=now_ns, quick=SEEN_ATTEMPTS, falls=0)
    ladder = replace(ladder, exhausted=ladder.exhausted or _is_exhausted(ladder, seen, now_ns))
    if now_ns < ladder.due_ns:
        return ladder, ()
    return ladder, (_ATTEMPT[ladder.stands],)


def _is_exhausted(ladder: Ladder, seen: bool | None, now_ns: int) -> bool:
    if not ladder.has_run or ladder.down_since_ns is None or seen is False:
        return False  # where no runtime is, no process helps
    if ladder.falls >= FALLS_TO_EXHAUSTED:
        return True
    if ladder.seen_since_ns is not None:
        if ladder.headset_missing:
            return False  # a missing headset is not the process' fault
        since_ns = max(ladder.seen_since_ns, ladder.down_since_ns)
        return now_ns - since_ns >= SEEN_TO_EXHAUSTED_NS
    return now_ns - ladder.down_since_ns >= DOWN_TO_EXHAUSTED_NS


def _missed(ladder: Ladder, happened: Happened, now_ns: int) -> tuple[Ladder, tuple[Do, ...]]:
    """An attempt came to nothing."""
    if ladder.stands is Stands.SESSION:
        return ladder, ()
    refused = happened is Happened.REFUSED
    misses = ladder.misses + 1
    # a session that cannot be made is a fall, too: the look before it begins to count its misses anew each time
    falls = ladder.falls + 1 if refused or ladder.stands is Stands.SYSTEM else ladder.falls
    if ladder.stands is Stands.NOTHING and ladder.quick > 0:
        wait = SEEN_WAIT_NS
    else:
        wait = wait_ns(max(misses, falls))
    changed = replace(
        ladder,
        misses=misses,
        falls=falls,
        due_ns=now_ns + wait,
        quick=max(ladder.quick - 1, 0),
        headset_missing=ladder.stands is not Stands.NOTHING and not refused,
    )
    give_up_instance = (
        (ladder.stands is Stands.INSTANCE and (misses % LOOKS_TO_INSTANCE == 0 or refused))
        or (ladder.stands is Stands.SYSTEM and falls % FALLS_TO_INSTANCE == 0)
    )  # fmt: skip
    if give_up_instance:
        return replace(changed, stands=Stands.NOTHING), (Do.DROP_INSTANCE,)
    if ladder.stands is Stands.SYSTEM and not refused:
        return replace(
            changed, stands=Stands.INSTANCE
        ), ()  # the headset went between the look and the session
    return changed, ()


def _fallen(ladder: Ladder, happened: Happened, now_ns: int) -> tuple[Ladder, tuple[Do, ...]]:
    """Something that stood is void."""
    since_ns = ladder.running_since_ns
    sound = since_ns is not None and now_ns - since_ns >= SOUND_NS
    before = 0 if sound else ladder.falls
    wait = wait_ns(before)
    if happened in {Happened.SESSION_LEFT, Happened.INSTANCE_LEAVING}:
        wait = max(wait, FIRST_WAIT_NS)  # they asked us to go: not in their way at once
    falls = before + 1
    had_session = ladder.stands is Stands.SESSION
    of_session = happened in {Happened.SESSION_LOST, Happened.SESSION_LEFT}
    if of_session and not had_session:
        return ladder, ()
    actions: list[Do] = [Do.DROP_SESSION] if had_session else []
    if of_session and falls % FALLS_TO_INSTANCE:
        stands = Stands.INSTANCE  # is the headset still there?
    else:
        stands = Stands.NOTHING
        if ladder.stands is not Stands.NOTHING:
            actions.append(Do.DROP_INSTANCE)
    if not actions:
        return ladder, ()
    return (
        replace(
            ladder,
            stands=stands,
            due_ns=now_ns + wait,
            falls=falls,
            misses=0,
            quick=0,
            headset_missing=False,
            running_since_ns=None,
            down_since_ns=now_ns if ladder.down_since_ns is None else ladder.down_since_ns,
            exhausted=ladder.exhausted and not sound,
        ),
        tuple(actions),
    )
