"""What goes into a chase and what comes out of it: rules, decisions, states, quality. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Literal, Protocol

from engine.time.codes.word import Wire
from engine.time.rates import FrameRate
from engine.time.segments import Moment


class ChaseState(Enum):
    """Where a chase stands with its source."""

    UNLOCKED = "unlocked"
    """Nothing is heard, or nothing that makes sense."""
    LOCKING = "locking"
    """Words come; not yet enough of them agree."""
    LOCKED = "locked"
    """The source's time is known; the show follows."""
    FREEWHEEL = "freewheel"
    """The source is silent or garbled; the show goes on as the source went last."""
    JAM = "jam"
    """The source has been away for too long (or a person let the show go); it runs by the host's own clock."""
    HOLD = "hold"
    """The show stands: the source stands, runs backwards, lies before the start, or has been away for too long."""


@dataclass(frozen=True, slots=True)
class ChaseRules:
    """How a source is followed.

    Parameters
    ----------
    wire : Wire
    rate : FrameRate
        What the source counts. Words that count otherwise are not believed.
    start_index : int
        Frame at which the show's run time is zero.
    offset_ns : int
        Added to the source's time.
    freewheel_ns : int
        How long the show goes on alone, counted from the last word that fitted.
    then : {"hold", "jam"}
        What follows after that.
    slew_ppm : float
        Largest change of speed that takes up an error.
    jump_over_ns : int
        An error above this is a jump.
    lead_ns : int
        How far after a decision the show obeys it (the conductor's own lead).
    """

    wire: Wire
    rate: FrameRate
    start_index: int = 0
    offset_ns: int = 0
    freewheel_ns: int = 1_000_000_000
    then: Literal["hold", "jam"] = "hold"
    slew_ppm: float = 2000.0
    jump_over_ns: int = 250_000_000
    lead_ns: int = 20_000_000


@dataclass(frozen=True, slots=True)
class ChaseQuality:
    """How well the source is known and followed, for people and for the journal.

    Parameters
    ----------
    state : ChaseState
    why : str
        What led to it, in a few words.
    ppm : float
        The source's speed against the host's clock: 100 is 1.0001. 0 while unknown.
    jitter_ns : float
        Standard deviation of the words around the line through them.
    error_ns : int
        Source minus show, bias taken off, when last looked at.
    bias_ns : int
        What jumps have put between the source's time and the show's run time.
    stream : str
        The one that is followed.
    rival : str
        Another one that wants to be; empty for none.
    strays : int
        Words that did not fit, so far.
    """

    state: ChaseState = ChaseState.UNLOCKED
    why: str = ""
    ppm: float = 0.0
    jitter_ns: float = 0.0
    error_ns: int = 0
    bias_ns: int = 0
    stream: str = ""
    rival: str = ""
    strays: int = 0


@dataclass(frozen=True, slots=True)
class SetRate:
    """Run at another speed from now on."""

    rate: Fraction


@dataclass(frozen=True, slots=True)
class Hold:
    """Stand still."""

    why: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on, at this speed."""

    rate: Fraction


@dataclass(frozen=True, slots=True)
class Jump:
    """Move the place in the show by `by_fl` and run at `rate` from there; `to_run_fl` is the run time the source stands for."""

    by_fl: int
    to_run_fl: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Change:
    """The state changed, or its reason, or who else wants to be followed."""

    quality: ChaseQuality


Outcome = SetRate | Hold | Resume | Jump | Change


class ShowTime(Protocol):
    """What a chase has to know of the show; `engine.time.segments.Transport` is one."""

    def at(self, host_ns: int) -> Moment:
        """Where the show is, or will be, at `host_ns`."""
        ...
