"""Timecode in a live run: the clock the show follows, and all those it leads with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from engine.experience.venue import FollowSpec, Venue
from engine.show.conduct.conductor import Conductor
from engine.show.live.children import Child
from engine.show.options import PlayOptions
from engine.show.record import RunRecord
from engine.show.setup import Production
from engine.show.timecode.following import Following, rules_of
from engine.show.timecode.leading import SeekSum
from engine.show.timecode.process import LeadConfig, ListenConfig, lead_main, listen_main
from engine.time import Clock
from engine.time.chase_values import ChaseState
from engine.time.codes.word import CodeWord
from engine.time.offset import AheadClock

# Seeks so long ago are in every row that is kept.
_SETTLED_NS = 1_000_000_000


def timecode_parts(
    production: Production, options: PlayOptions, block_name: str, clock: Clock | None = None
) -> list[TimecodePart]:
    """The timecode part of a live run, if its rig has timecode; else nothing.

    Parameters
    ----------
    production : Production
    options : PlayOptions
    block_name : str
        Of the transport in shared memory.
    clock : Clock, optional
        The run's. Where that is another machine's, words are moved into its time.
    """
    venue = production.rig.venue
    if venue.follow is None and not venue.send:
        return []
    follows = options.speed is None or options.speed == Fraction(1)
    return [
        TimecodePart(
            venue,
            block_name,
            silent_ns=production.rig.watchdog_ns,
            follows=follows,
            ahead_ns=clock.ahead_ns if isinstance(clock, AheadClock) else 0,
        )
    ]


class TimecodePart:
    """A `engine.show.live.part.Part`.

    Parameters
    ----------
    venue : Venue
        Of the rig.
    block_name : str
        Of the transport in shared memory.
    silent_ns : int
        A conductor silent for longer than this leads nobody any more.
    follows : bool
        False: `follow` is left aside (the show runs at a speed of its own), and said.
    ahead_ns : int
        How far the run's time is ahead of this machine's clock.
    """

    def __init__(
        self,
        venue: Venue,
        block_name: str,
        *,
        silent_ns: int = 500_000_000,
        follows: bool = True,
        ahead_ns: int = 0,
    ) -> None:
        self._ahead_ns = ahead_ns
        self._follow: FollowSpec | None = venue.follow if follows else None
        self._left_aside = venue.follow is not None and not follows
        self._following: Following | None = None
        self._conductor: Conductor | None = None
        self._seeks = SeekSum()
        self._in: Child | None = None
        self._out: Child | None = None
        if self._follow is not None:
            self._in = Child("timecode in", listen_main, listen_config(self._follow))
        if venue.send:
            self._out = Child("timecode out", lead_main, LeadConfig(block_name, venue.send, silent_ns))

    @property
    def children(self) -> Sequence[Child]:
        """The processes that listen and send."""
        return [child for child in (self._in, self._out) if child is not None]

    def begin(self, conductor: Conductor, record: RunRecord) -> None:
        """The conductor has started; with a source to follow the show waits for it from here on."""
        self._conductor = conductor
        if self._follow is not None:
            self._following = Following(rules_of(self._follow), self._follow.missed, conductor, record)
        if self._left_aside:
            record.warn("the rig's timecode is not followed: the show runs at a speed of its own (--speed)")

    def hear(self, child: Child, kind: str, payload: Any, now_ns: int) -> None:
        """Words of the source."""
        if child is self._in and kind == "words" and self._following is not None:
            words: list[CodeWord] = payload
            if self._ahead_ns:
                words = [replace(word, at_ns=word.at_ns + self._ahead_ns) for word in words]
            self._following.hear(words, now_ns)

    def advance(self, now_ns: int) -> None:
        """Follow; and keep what a new sending process would have to know."""
        if self._following is not None:
            self._following.advance(now_ns)
        if self._out is not None and self._conductor is not None:
            self._seeks.take(self._conductor.transport)
            before = self._seeks.at(now_ns - _SETTLED_NS)
            if before != self._out.config.before:
                self._out.config = replace(self._out.config, before=before)

    def next_due_ns(self) -> int | None:
        """When the chase wants to be asked again."""
        return None if self._following is None else self._following.next_due_ns()

    def lines(self) -> Sequence[str]:
        """State of the chase."""
        if self._following is None or self._follow is None:
            return []
        quality = self._following.quality
        text = f"timecode {self._follow.wire}: {quality.state.value}"
        if quality.state in (ChaseState.LOCKED, ChaseState.FREEWHEEL):
            text += (
                f"  {quality.ppm:+.1f} ppm  jitter {quality.jitter_ns / 1e6:.2f} ms  "
                f"error {quality.error_ns / 1e6:+.2f} ms"
            )
        else:
            text += f"  ({quality.why})"
        return [text + (f"  rival: {quality.rival}" if quality.rival else "")]

    def end(self) -> None:
        """Nothing is held here; the run ends the processes."""


def listen_config(follow: FollowSpec) -> ListenConfig:
    """What the listening process has to know: the rate only where the wire does not tell it exactly."""
    told = follow.wire == "cinema" or (follow.wire != "ltc" and follow.rate.fps.denominator == 1)
    return ListenConfig(follow.wire, follow.port, None if told else follow.rate)
