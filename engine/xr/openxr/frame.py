"""Wait, begin, end: the frame loop's three calls, by structures that are made once."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from engine.time.clocks import Clock
from engine.xr.openxr import results
from engine.xr.openxr.hosttime import HostTime
from engine.xr.openxr.layers import LayerWriter
from engine.xr.openxr.library import Calls
from engine.xr.runtime import Layer
from engine.xr.values import FrameTime


class Pacer(Protocol):
    """Frames of one session, by its handle."""

    def wait(self, session: Any) -> FrameTime:
        """See `Session.wait_frame`."""
        ...

    def begin(self, session: Any) -> bool:
        """See `Session.begin_frame`."""
        ...

    def end(self, session: Any, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """See `Session.end_frame`."""
        ...


class RuntimePacer:
    """Frames of a session that draws: the runtime paces them.

    Parameters
    ----------
    calls : Calls
    host_time : HostTime
    clock : Clock
    blend_mode : int
        `XrEnvironmentBlendMode` to end frames with.
    writer : LayerWriter
    tidy : callable, optional
        Called after each end, for runtimes that leave something behind.
    """

    def __init__(
        self,
        calls: Calls,
        host_time: HostTime,
        clock: Clock,
        blend_mode: int,
        writer: LayerWriter,
        tidy: Callable[[], None] | None = None,
    ) -> None:
        xr = calls.xr
        self._calls = calls
        self._host_time = host_time
        self._clock = clock
        self._writer = writer
        self._tidy = tidy
        self._number = 0
        self._state = xr.FrameState()
        self._wait_info = xr.FrameWaitInfo()
        self._begin_info = xr.FrameBeginInfo()
        self._end_info = xr.FrameEndInfo()
        self._end_info._environment_blend_mode = blend_mode
        self._state_reference = ctypes.byref(self._state)
        self._wait_reference = ctypes.byref(self._wait_info)
        self._begin_reference = ctypes.byref(self._begin_info)
        self._end_reference = ctypes.byref(self._end_info)

    def wait(self, session: Any) -> FrameTime:
        """`xrWaitFrame`. A pending loss of the session is a success; its event follows."""
        self._calls("xrWaitFrame", session, self._wait_reference, self._state_reference)
        woken_ns = self._clock.now_ns()
        state = self._state
        xr_time = state.predicted_display_time
        period_ns = state.predicted_display_period
        frame = FrameTime(
            self._number,
            xr_time,
            self._host_time.display_ns(xr_time, woken_ns, period_ns),
            period_ns,
            woken_ns,
            bool(state.should_render),
        )
        self._number += 1
        return frame

    def begin(self, session: Any) -> bool:
        """`xrBeginFrame`; False when a frame before was discarded."""
        return self._calls("xrBeginFrame", session, self._begin_reference) != results.FRAME_DISCARDED

    def end(self, session: Any, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """`xrEndFrame`."""
        info = self._end_info
        info.display_time = frame.xr_time
        info.layer_count, info._layers = self._writer.write(layers)
        self._calls("xrEndFrame", session, self._end_reference)
        if self._tidy is not None:
            self._tidy()


_HEADLESS_PERIOD_NS = 1_000_000_000 // 90


class HeadlessPacer:
    """Frames of a session without graphics, which has none by its extension (XR_MND_headless: "may skip" them; Monado's wait
    returns at once with display time 0 and its begin fails). Input and poses still want a beat and a time: 90 a second by the
    host's clock, seen one period after they wake.

    Parameters
    ----------
    host_time : HostTime
    clock : Clock
    """

    def __init__(self, host_time: HostTime, clock: Clock) -> None:
        self._host_time = host_time
        self._clock = clock
        self._number = 0
        self._next_ns: int | None = None

    def wait(self, session: Any) -> FrameTime:
        """Sleep until the next beat; beats that were missed are left out."""
        now_ns = self._clock.now_ns()
        due_ns = now_ns if self._next_ns is None else self._next_ns
        if due_ns < now_ns:
            due_ns += -((due_ns - now_ns) // _HEADLESS_PERIOD_NS) * _HEADLESS_PERIOD_NS
        self._clock.sleep_until_ns(due_ns)
        woken_ns = self._clock.now_ns()
        self._next_ns = due_ns + _HEADLESS_PERIOD_NS
        display_ns = self._next_ns
        xr_time = self._host_time.xr_time(display_ns)
        frame = FrameTime(self._number, xr_time, display_ns, _HEADLESS_PERIOD_NS, woken_ns, False)
        self._number += 1
        return frame

    def begin(self, session: Any) -> bool:
        """Nothing to begin."""
        return True

    def end(self, session: Any, frame: FrameTime, layers: Sequence[Layer]) -> None:
        """Nothing is shown."""
