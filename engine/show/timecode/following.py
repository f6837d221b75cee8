"""A chase and the conductor it speaks to: what was decided becomes journalled inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from engine.experience.venue import FollowSpec
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Clock
from engine.show.conduct.terms import LEAD_NS, Recorder
from engine.time import fl_to_ns
from engine.time.chase import Chase
from engine.time.chase_values import (
    Change,
    ChaseQuality,
    ChaseRules,
    Hold,
    Jump,
    Outcome,
    Resume,
    SetRate,
)
from engine.time.codes.word import CodeWord, Wire
from engine.time.flicks import FL_PER_NS_DEN, FL_PER_NS_NUM


def rules_of(follow: FollowSpec) -> ChaseRules:
    """The chase's rules for what a rig says."""
    return ChaseRules(
        wire=Wire(follow.wire),
        rate=follow.rate,
        start_index=follow.start_index,
        offset_ns=follow.offset_ns,
        freewheel_ns=follow.freewheel_ns,
        then=follow.then,
        slew_ppm=follow.slew_ppm,
        jump_over_ns=fl_to_ns(follow.jump_over_fl),
        lead_ns=LEAD_NS,
    )


def signed_ns(time_fl: int) -> int:
    """Nanoseconds of a positive or negative number of flicks, as the chase counts them."""
    return time_fl * FL_PER_NS_DEN // FL_PER_NS_NUM


class Following:
    """Lets a show follow a source.

    Parameters
    ----------
    rules : ChaseRules
    missed : {"late", "skip", "chase"}
        What becomes of one-shots that a jump forward leaves out.
    conductor : Conductor
        Started.
    record : Recorder
        Takes the ``chase`` events.
    """

    def __init__(
        self,
        rules: ChaseRules,
        missed: Literal["late", "skip", "chase"],
        conductor: Conductor,
        record: Recorder,
    ) -> None:
        pace = conductor.pace
        # A run that is taken up from its journal, or taken over, has a past with its source.
        self._chase = Chase(
            rules,
            bias_ns=signed_ns(pace.bias_fl),
            rate=pace.rate,
            held=pace.by_clock,
            running=conductor.program is not None and not pace.by_clock,
        )
        self._missed = missed
        self._conductor = conductor
        self._record = record

    @property
    def quality(self) -> ChaseQuality:
        """How well the source is known and followed."""
        return self._chase.quality

    def hear(self, words: Iterable[CodeWord], now_ns: int) -> None:
        """Take words, in the order of the wire, and do what follows from them."""
        for word in words:
            self._chase.word(word)
        self.advance(now_ns)

    def advance(self, now_ns: int) -> None:
        """Do what is due at `now_ns`."""
        conductor = self._conductor
        # Before the chase looks at the show, the show is where it belongs at this instant.
        conductor.advance(now_ns)
        if conductor.ended is not None:
            return
        for outcome in self._chase.advance(now_ns, conductor.transport):
            self._obey(outcome, now_ns)
        fast_fl = conductor.take_fast_fl()
        if fast_fl:
            self._chase.run_fast(fast_fl)
            for outcome in self._chase.advance(now_ns, conductor.transport):
                self._obey(outcome, now_ns)

    def next_due_ns(self) -> int | None:
        """When `advance` has something to do even if no word comes."""
        return self._chase.next_due_ns()

    def _obey(self, outcome: Outcome, now_ns: int) -> None:
        match outcome:
            case SetRate(rate):
                event = Clock("rate", rate.numerator, rate.denominator)
            case Hold():
                event = Clock("hold")
            case Resume(rate):
                event = Clock("resume", rate.numerator, rate.denominator)
            case Jump(by_fl, _, rate):
                event = Clock("jump", rate.numerator, rate.denominator, by_fl, self._missed)
            case Change(quality):
                self._record("chase", now_ns, **told(quality))
                return
        self._conductor.handle(event, now_ns)


def told(quality: ChaseQuality) -> dict[str, str | int | float]:
    """A quality as the journal has it."""
    return {
        "state": quality.state.value,
        "why": quality.why,
        "ppm": quality.ppm,
        "jitter_ns": quality.jitter_ns,
        "error_ns": quality.error_ns,
        "bias_ns": quality.bias_ns,
        "stream": quality.stream,
        "rival": quality.rival,
        "strays": quality.strays,
    }
