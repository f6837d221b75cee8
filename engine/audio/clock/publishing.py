"""What an output knows of its clock and the follower of its trim, put together and told to whoever looks."""

from __future__ import annotations

from engine.audio.clock.meter import Load
from engine.audio.clock.shared import ClockBlock, ClockReading
from engine.audio.clock.values import ClockQuality

_EVERY_NS = 40_000_000


class ClockMeter:
    """Gathers readings of one output after another.

    Parameters
    ----------
    block : ClockBlock, optional
        Where to tell; without one it only counts.

    Attributes
    ----------
    reading : ClockReading
        The last one.
    load : Load
        Of all devices so far.
    trim_ppm, error_ns : float
        Set by who reads the mix (`Pace`).

    Notes
    -----
    All in the thread that asks for sound.
    """

    def __init__(self, block: ClockBlock | None = None) -> None:
        self._block = block
        self._told_ns = -_EVERY_NS
        self._opened = 0
        self.reading = ClockReading()
        self.load = Load()
        self.trim_ppm = 0.0
        self.error_ns = 0.0

    def opened(self) -> None:
        """Another device asks from here on."""
        self._opened += 1

    def take(
        self,
        now_ns: int,
        frame: int,
        heard_ns: int,
        rate_hz: float,
        quality: ClockQuality,
        *,
        took_ns: int,
        lasts_ns: float,
    ) -> None:
        """One block.

        Parameters
        ----------
        now_ns : int
            Host time.
        frame, heard_ns : int
            Its first frame, and when that reaches the converter.
        rate_hz : float
            Of the device, as measured.
        quality : ClockQuality
        took_ns : int
            What making it took.
        lasts_ns : float
            Its length.
        """
        self.load.take(took_ns, lasts_ns)
        if now_ns - self._told_ns < _EVERY_NS:
            return
        self._told_ns = now_ns
        self.reading = ClockReading(
            now_ns, frame, heard_ns, rate_hz, quality, self.trim_ppm, self.error_ns, self._opened, self.load
        )
        if self._block is not None:
            self._block.publish(self.reading)
