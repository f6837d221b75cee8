"""Drives a session of the runtime alone, without the layers above: for tests of the runtime itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.time.clocks import Clock, MonotonicClock
from engine.xr.runtime import Instance, Layer, Session
from engine.xr.values import FrameTime, SessionState, StateChanged, XrEvent

_PATIENCE_NS = 10_000_000_000

Draw = Callable[[FrameTime], Sequence[Layer]]


class Driver:
    """Pumps events and frames.

    Parameters
    ----------
    instance : Instance
    session : Session
    clock : Clock, optional
    """

    def __init__(self, instance: Instance, session: Session, clock: Clock | None = None) -> None:
        self.instance = instance
        self.session = session
        self.clock = clock or MonotonicClock()
        self.state = SessionState.UNKNOWN
        self.states: list[SessionState] = []
        self.events: list[XrEvent] = []
        self.running = False

    def pump(self) -> None:
        """All events there are; begins and ends the session as they ask."""
        while (event := self.instance.poll()) is not None:
            self.events.append(event)
            if not isinstance(event, StateChanged):
                continue
            self.state = event.state
            self.states.append(event.state)
            if event.state is SessionState.READY:
                self.session.begin()
                self.running = True
            elif event.state is SessionState.STOPPING:
                self.session.end()
                self.running = False

    def frame(self, draw: Draw | None = None) -> FrameTime:
        """One frame, begun and ended."""
        frame = self.session.wait_frame()
        self.session.begin_frame()
        self.session.end_frame(frame, draw(frame) if draw is not None and frame.should_render else ())
        return frame

    def until(self, state: SessionState, draw: Draw | None = None) -> None:
        """Frames until the session is in this state; fails after ten seconds."""
        until_ns = self.clock.now_ns() + _PATIENCE_NS
        while self.state is not state:
            assert self.clock.now_ns() < until_ns, f"not {state} after 10 s, but: {self.states}"
            self.pump()
            if self.running and self.state is not state:
                self.frame(draw)
            elif not self.running:
                self.clock.sleep_until_ns(self.clock.now_ns() + 5_000_000)
