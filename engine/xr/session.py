"""One OpenXR session as a pure state machine: what the runtime says, what we did, and what is to be done next.

::

    IDLE -> READY --begin--> SYNCHRONIZED <-> VISIBLE <-> FOCUSED
      ^                          |                (any of them)
      +------ end <-- STOPPING --+          LOSS_PENDING, EXITING: the session is to be destroyed

Specification: OpenXR 1.1, section 9 "Session" (states and order of calls) and 10 "Frame" (wait, begin, end). Two rules are kept
whatever a runtime sends in whatever order: no frame call outside a running session, and one begin and one end for every wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from engine.xr.values import SessionState

STUCK_NS = 5_000_000_000
"""A session that neither runs nor sleeps this long is made anew. Ours: states follow each other within a frame or two."""


class Stage(Enum):
    """How far a frame is."""

    NONE = "none"
    WAITED = "waited"
    BEGUN = "begun"


class Did(Enum):
    """What was done, successfully."""

    SESSION_BEGUN = "session_begun"
    SESSION_ENDED = "session_ended"
    FRAME_WAITED = "frame_waited"
    FRAME_BEGUN = "frame_begun"
    FRAME_ENDED = "frame_ended"


class Next(Enum):
    """What is to be done."""

    CLOSE_FRAME = "close_frame"
    """Begin it if it was only waited for, and end it with nothing in it."""
    BEGIN_SESSION = "begin_session"
    END_SESSION = "end_session"
    DROP = "drop"
    """Destroy the session; another one may be made at once."""
    LEAVE = "leave"
    """Destroy the session; the runtime wants us gone, so wait a moment before the next."""


@dataclass(frozen=True, slots=True)
class SessionLife:
    """Where a session stands.

    Attributes
    ----------
    state : SessionState
        As the runtime said last.
    running : bool
        Between begin and end: frames may be waited for.
    frame : Stage
    since_ns : int
        When the state or `running` changed last.
    over : bool
        It was said to be destroyed; everything after that is ignored.
    """

    state: SessionState = SessionState.UNKNOWN
    running: bool = False
    frame: Stage = Stage.NONE
    since_ns: int = 0
    over: bool = False

    @property
    def may_wait(self) -> bool:
        """Whether a frame may be waited for now."""
        return self.running and not self.over and self.frame is Stage.NONE

    @property
    def visible(self) -> bool:
        """Whether the guest sees our picture."""
        return self.running and self.state in {SessionState.VISIBLE, SessionState.FOCUSED}


def heard(life: SessionLife, state: SessionState, now_ns: int) -> tuple[SessionLife, tuple[Next, ...]]:
    """The runtime says that the session is in `state` now.

    Returns
    -------
    SessionLife, tuple of Next
        In order; each is reported by `did` when done.
    """
    if life.over:
        return life, ()
    now = replace(life, state=state, since_ns=now_ns if state is not life.state else life.since_ns)
    close = () if life.frame is Stage.NONE else (Next.CLOSE_FRAME,)
    if state is SessionState.READY and not life.running:
        return now, (Next.BEGIN_SESSION,)
    if state is SessionState.STOPPING and life.running:
        return now, (*close, Next.END_SESSION)
    if state is SessionState.LOSS_PENDING:
        return replace(now, over=True), (*close, Next.DROP)
    if state is SessionState.EXITING:
        return replace(now, over=True), (*close, Next.LEAVE)
    if state is SessionState.IDLE and life.running:
        # a running session cannot be idle: the STOPPING before it got lost. What we believe of it is worth nothing
        return replace(now, over=True), (Next.DROP,)
    return now, ()


def missed_events(life: SessionLife, now_ns: int) -> tuple[SessionLife, tuple[Next, ...]]:
    """The runtime dropped events. One that runs goes on; of one that does not, the READY may have been among them."""
    if life.over or life.running:
        return life, ()
    return replace(life, over=True, since_ns=now_ns), (Next.DROP,)


def waited_out(life: SessionLife, now_ns: int) -> tuple[SessionLife, tuple[Next, ...]]:
    """Time passes: a session that hangs between sleeping and running is destroyed. Sleeping (IDLE) may last for days."""
    hangs = not life.over and not life.running and life.state is not SessionState.IDLE
    if not hangs or now_ns - life.since_ns < STUCK_NS:
        return life, ()
    return replace(life, over=True, since_ns=now_ns), (Next.DROP,)


def did(life: SessionLife, what: Did, now_ns: int) -> SessionLife:
    """Note something that was done.

    Raises
    ------
    RuntimeError
        For a call that breaks the order; it should not have been made.
    """
    if what is Did.SESSION_BEGUN and not life.running:
        return replace(life, running=True, since_ns=now_ns)
    if what is Did.SESSION_ENDED and life.running and life.frame is Stage.NONE:
        return replace(life, running=False, since_ns=now_ns)
    if what is Did.FRAME_WAITED and life.running and life.frame is Stage.NONE:
        return replace(life, frame=Stage.WAITED)
    if what is Did.FRAME_BEGUN and life.frame is Stage.WAITED:
        return replace(life, frame=Stage.BEGUN)
    if what is Did.FRAME_ENDED and life.frame is not Stage.NONE:
        return replace(life, frame=Stage.NONE)
    raise RuntimeError(
        f"{what.value} while the session is {'running' if life.running else 'not running'} and its frame {life.frame.value}; "
        "frames go wait, begin, end, inside a running session"
    )
