"""Where there is no device: its pace, without its sound."""

from __future__ import annotations

from engine.audio.block import SAMPLE_RATE_HZ
from engine.audio.clock.publishing import ClockMeter
from engine.audio.clock.values import ClockQuality, ClockState
from engine.audio.output.values import Fill
from engine.time.clocks import Clock
from engine.time.flicks import NS_PER_SECOND

_STOOD_STILL_NS = NS_PER_SECOND
"""So late, the machine has slept or stood still."""


class SilentOutput:
    """Keeps the pace of a sound card and plays nothing.

    Parameters
    ----------
    clock : Clock
    reason : str
        Why there is no device, for the line that says so.
    block : int
        Samples it asks for at a time.
    meter : ClockMeter, optional
    """

    rate_hz = SAMPLE_RATE_HZ
    opened = 1

    def __init__(self, clock: Clock, reason: str, block: int, *, meter: ClockMeter | None = None) -> None:
        self._clock = clock
        self._reason = reason
        self._block = block
        self._meter = meter

    @property
    def description(self) -> str:
        """One line for people."""
        return f"no sound device ({self._reason}); the sound runs silently, in time"

    def run(self, fill: Fill) -> None:
        """Asks for a block whenever one would have been played."""
        quality = ClockQuality(ClockState.SILENT, self._reason)
        epoch_ns = self._clock.now_ns()
        if self._meter is not None:
            self._meter.opened()
        asked = 0
        while True:
            at_ns = epoch_ns + asked * NS_PER_SECOND // SAMPLE_RATE_HZ
            self._clock.sleep_until_ns(at_ns)
            begun_ns = self._clock.now_ns()
            if begun_ns - at_ns > _STOOD_STILL_NS:
                # What nobody has heard is not made afterwards: an hour would take minutes, in which nothing is in time.
                epoch_ns += begun_ns - at_ns
                at_ns = begun_ns
            if fill(at_ns, self._block) is None:
                return
            if self._meter is not None:
                now_ns = self._clock.now_ns()
                self._meter.take(
                    now_ns,
                    asked,
                    at_ns,
                    SAMPLE_RATE_HZ,
                    quality,
                    took_ns=now_ns - begun_ns,
                    lasts_ns=self._block * NS_PER_SECOND / SAMPLE_RATE_HZ,
                )
            asked += self._block
