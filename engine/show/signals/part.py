"""Inputs from outside as a part of a live run: the listening process, the matcher, and the wait for the operator's go.

A rig whose triggers contain ``operator: start`` has its show wait: it is held at its first frame, with every device where that frame
wants it, until the go comes. Where the show follows a timecode, the timecode decides when it begins and nobody waits here.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

from engine.bus.listen import Heard, ListenConfig, make_sources
from engine.bus.listen import main as listen_main
from engine.bus.listen_reader import InputState
from engine.bus.source import Signal
from engine.show.conduct.conductor import Conductor
from engine.show.conduct.inputs import Input, Operator
from engine.show.live.children import Child
from engine.show.record import RunRecord
from engine.show.setup import Production
from engine.show.signals.cue_in import CueMatcher, describe_cue, start_cues
from engine.time import Clock

AHEAD_LIMIT_NS = 60_000_000_000
"""How far ahead an OSC time tag may lie; what is meant for later is a mistake of the sender's clock and is taken at once."""

AHEAD_MOST = 1024
"""Signals that may wait for their instant at once."""


def inputs_part(production: Production, clock: Clock) -> InputsPart | None:
    """The part that listens, or None for a rig without inputs.

    Raises
    ------
    RigError
        With every mistake of every input.
    """
    venue = production.rig.venue
    if not venue.inputs or not venue.cues:
        return None
    make_sources(venue.inputs)  # every mistake now, before anything has moved; the process makes its own
    return InputsPart(production, clock)


class InputsPart:
    """See `engine.show.live.part.Part`.

    Parameters
    ----------
    production : Production
    clock : Clock
        The run's.
    """

    def __init__(self, production: Production, clock: Clock) -> None:
        venue = production.rig.venue
        self._clock = clock
        self._matcher = CueMatcher(venue.cues, production.package.languages)
        self._child = Child(
            "inputs", listen_main, ListenConfig(inputs=venue.inputs, wanted=self._matcher.wanted)
        )
        self._starts = start_cues(venue.cues)
        self._waiting = bool(self._starts) and venue.follow is None
        self._go_ns: int | None = None
        self._first_frame_ns = 0
        self._ahead: list[tuple[int, int, Signal]] = []
        self._order = 0
        self._states: tuple[InputState, ...] = ()
        self._conductor: Conductor | None = None
        self._record: RunRecord | None = None

    @property
    def children(self) -> Sequence[Child]:
        """The process that listens."""
        return (self._child,)

    def begin(self, conductor: Conductor, record: RunRecord) -> None:
        """Hold the show at its first frame, if somebody is to start it."""
        self._conductor, self._record = conductor, record
        now_ns = self._clock.now_ns()
        begin_ns = conductor.next_deadline_ns()
        if not self._waiting:
            return
        if conductor.program is not None or begin_ns is None:
            # Taken over from another conductor: that one had been told to go, unless it still waited.
            moment = conductor.moment(now_ns)
            self._waiting = moment.rate == 0 and moment.at_fl == 0 and len(conductor.beats) == 1
            self._first_frame_ns = now_ns
            return
        self._first_frame_ns = begin_ns
        conductor.handle(Operator("hold", name="start"), now_ns)
        record("notice", now_ns, text="", waiting_for=[describe_cue(cue) for cue in self._starts])

    def hear(self, child: Child, kind: str, payload: Any, now_ns: int) -> None:
        """Take what the listening process says."""
        match kind:
            case "signals":
                self._signals(payload, now_ns)
            case "source":
                self._source_changed(*payload, now_ns=now_ns)
            case "health":
                self._states = payload

    def advance(self, now_ns: int) -> None:
        """Take signals whose instant has come, faders that rest, and the go that came before the first frame."""
        while self._ahead and self._ahead[0][0] <= now_ns:
            self._match(heapq.heappop(self._ahead)[2], now_ns)
        for event in self._matcher.advance(now_ns):
            self._act(event, now_ns)
        self._go(now_ns)

    def next_due_ns(self) -> int | None:
        """The next of those instants."""
        dues = [self._ahead[0][0] if self._ahead else None, self._matcher.next_due_ns(), self._go_ns]
        return min((due for due in dues if due is not None), default=None)

    def lines(self) -> Sequence[str]:
        """Each source, and what is waited for."""
        found = []
        if self._waiting:
            found.append(f"waiting for start: {', '.join(describe_cue(cue) for cue in self._starts)}")
        for state in self._states:
            lost = state.coalesced + state.dropped
            note = f"  {state.note}" if state.state == "gone" else f"  {state.signals} signals"
            found.append(
                f"input {state.name}: {state.state}{note}"
                + (f", {state.refused} not understood" if state.refused else "")
                + (f", {lost} left out" if lost else "")
            )
        return found

    def end(self) -> None:
        """The run is over. The run itself ends the process."""
        self._conductor = None

    # -- inside ----------------------------------------------------------------------------------------------

    def _signals(self, heard: Heard, now_ns: int) -> None:
        if self._conductor is None:
            # Nothing can be set off yet, but contacts and faders are told once: where they stand is remembered.
            for signal in heard.signals:
                self._matcher.learn(signal)
            return
        for signal in heard.signals:
            delay_ns = signal.at_ns - heard.sent_ns
            if 0 < delay_ns <= AHEAD_LIMIT_NS and len(self._ahead) < AHEAD_MOST:
                self._order += 1
                heapq.heappush(self._ahead, (now_ns + delay_ns, self._order, signal))
            else:
                self._match(signal, now_ns)

    def _match(self, signal: Signal, now_ns: int) -> None:
        # Cooldowns count on the run's own clock, at which the conductor takes what follows.
        at_hand = Signal(signal.source, signal.address, signal.values, now_ns)
        for event in self._matcher.take(at_hand):
            self._act(event, now_ns)

    def _act(self, event: Input, now_ns: int) -> None:
        if event == Operator("start"):
            if self._waiting:
                self._waiting = False
                # Before its first frame a show cannot go on; it is let go at that frame.
                self._go_ns = max(now_ns, self._first_frame_ns)
                self._go(now_ns)
            return
        if self._waiting and event in (Operator("resume"), Operator("toggle_hold")):
            return  # only the go starts a waiting show
        self._give(event, now_ns)

    def _go(self, now_ns: int) -> None:
        if self._go_ns is not None and now_ns >= self._go_ns:
            self._go_ns = None
            self._give(Operator("resume", name="start"), now_ns)
        elif self._waiting and self._conductor is not None and now_ns >= self._first_frame_ns:
            # Somebody at the screen let it go: then nobody waits any more.
            self._waiting = self._conductor.moment(now_ns).rate == 0

    def _give(self, event: Input, now_ns: int) -> None:
        if self._conductor is not None and self._conductor.ended is None:
            self._conductor.handle(event, now_ns)

    def _source_changed(self, name: str, state: str, text: str, *, now_ns: int) -> None:
        if self._record is None:
            return
        text = text.removeprefix(f"{name}: ")
        said = f"input {name}: {text}" if state == "gone" else f"input {name}: back"
        self._record("notice", now_ns, text=said if state == "gone" else "", input=name, state=state)
