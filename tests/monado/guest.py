"""A session without graphics, driven by hand until something has happened: for tests of what a runtime says of hands."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from engine.time.clocks import MonotonicClock
from engine.xr.actions import ActionTable, InputState
from engine.xr.openxr import OpenXrRuntime
from engine.xr.runtime import InputPort, InstanceWish
from engine.xr.values import SessionState, StateChanged

_PATIENCE_NS = 10_000_000_000
_RUNNING = (
    SessionState.READY,
    SessionState.SYNCHRONIZED,
    SessionState.VISIBLE,
    SessionState.FOCUSED,
)


class Guest:
    """A focused session under the core validation layer; a context manager that fails on any complaint of the layer's.

    Parameters
    ----------
    table : ActionTable

    Attributes
    ----------
    at_ns : int
        When the last frame began.
    """

    def __init__(self, table: ActionTable, *, validation: bool = True) -> None:
        self._clock = MonotonicClock()
        self.instance = OpenXrRuntime().open(InstanceWish("headless", validation=validation))
        try:
            self.instance.system()
            self.session = self.instance.session(table)
            self.base = self.session.space("local")
        except BaseException:
            self.instance.close()
            raise
        self.state = SessionState.UNKNOWN
        self.at_ns = self._clock.now_ns()
        self.input = InputState()

    @property
    def port(self) -> InputPort:
        """The session's input."""
        return self.session.input

    def frame(self) -> InputState | None:
        """One turn of the loop; None while the session gives no frames."""
        event = self.instance.poll()
        while event is not None:
            if isinstance(event, StateChanged):
                self.state = event.state
                if event.state is SessionState.READY:
                    self.session.begin()
            event = self.instance.poll()
        if self.state not in _RUNNING:
            self._clock.sleep_until_ns(self._clock.now_ns() + 1_000_000)
            return None
        frame = self.session.wait_frame()
        self.at_ns = frame.woken_ns
        self.session.begin_frame()
        try:
            self.input = self.port.read(frame, self.base)
        finally:
            self.session.end_frame(frame, [])
        return self.input

    def until(self, what: Callable[[InputState], object]) -> InputState:
        """Frames until something holds; the input that it holds of.

        Raises
        ------
        AssertionError
            It did not come within 10 s; says what came instead.
        """
        until_ns = self._clock.now_ns() + _PATIENCE_NS
        while self._clock.now_ns() < until_ns:
            found = self.frame()
            if found is not None and self.state is SessionState.FOCUSED and what(found):
                return found
        raise AssertionError(f"it did not come within 10 s; state {self.state.name}, last input {self.input}")

    def __enter__(self) -> Guest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.instance.close()
        if kind is None:
            assert self.instance.complaints == ()
