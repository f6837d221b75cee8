"""A sound device leads the show: the speed at which the show has to run to stay on its samples. A machine without a clock.

The audio process hands out one grid sample a frame, untouched, and says how fast the device is against the host and how far what is heard
has come away from what the show has (`engine.audio.clock`). What is asked of the show is that speed, and for an error beyond some samples
a little more or less of it. Few changes: each is a row of the transport and of the journal.

As with timecode (`engine.time.chase`), what is not known well is not followed: the device must have been open for four seconds, within
500 ppm, and be heard of within the last second. Without one the show goes on at the last speed for five seconds, then by the host's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from engine.audio.clock.shared import ClockReading
from engine.audio.clock.values import ClockState
from engine.time.chase_values import ChaseQuality, ChaseState

SETTLED_NS = 4_000_000_000
MOST_PPM = 500.0
STEER_NS = 2_000_000_000
_STALE_NS = 1_000_000_000
_FREEWHEEL_NS = 5_000_000_000
_TAKE_UP_S = 10.0
_MOST_CORRECTION = 200e-6
_DEAD_NS = 100_000.0
_ENOUGH = 0.5e-6
_RATE_STEPS = 10_000_000  # published rates are whole tenths of a ppm
_PPM = 1e-6


@dataclass(frozen=True, slots=True)
class Led:
    """What follows from a look at the device.

    Attributes
    ----------
    rate : Fraction or None
        The speed the show has to take now; None: as it is.
    told : ChaseQuality or None
        Where things stand, when that has changed.
    """

    rate: Fraction | None = None
    told: ChaseQuality | None = None


class DeviceLead:
    """Leads a show by one device.

    Parameters
    ----------
    rate : Fraction
        The show's present one.
    """

    def __init__(self, rate: Fraction = Fraction(1)) -> None:
        self._rate = rate
        self._rate_ns = -STEER_NS
        self._correcting = False
        self._opened = 0
        self._since_ns = 0
        self._good_ns: int | None = None
        self._state, self._why = ChaseState.UNLOCKED, "no sound device has been heard of"
        self._quality = ChaseQuality(self._state, self._why)

    @property
    def quality(self) -> ChaseQuality:
        """Where things stand."""
        return self._quality

    def look(self, now_ns: int, reading: ClockReading) -> Led:
        """What to do, given the newest reading."""
        doubt = self._doubt(now_ns, reading)
        if not doubt:
            self._good_ns = now_ns
            rate = self._steer(now_ns, reading)
            state, why = ChaseState.LOCKED, f"the sound device leads ({reading.quality.state.value})"
        elif self._good_ns is not None and now_ns - self._good_ns <= _FREEWHEEL_NS:
            rate = None
            state, why = ChaseState.FREEWHEEL, doubt
        else:
            rate = self._publish(Fraction(1), now_ns)
            self._correcting = False
            state = ChaseState.LOCKING if self._good_ns is None and "settle" in doubt else ChaseState.JAM
            why = doubt
        changed = (state, why) != (self._state, self._why)
        self._state, self._why = state, why
        quality = reading.quality
        self._quality = ChaseQuality(
            state, why, quality.ppm, quality.jitter_ns, round(reading.error_ns), stream="sound device"
        )
        return Led(rate, self._quality if changed else None)

    def _doubt(self, now_ns: int, reading: ClockReading) -> str:
        """Why the device cannot lead at the moment; "" when it can."""
        if reading.told_ns == 0:
            return "no sound device has been heard of"
        if reading.opened != self._opened:
            self._opened, self._since_ns = reading.opened, now_ns
        if now_ns - reading.told_ns > _STALE_NS:
            return "the sound device is not heard of any more"
        if reading.quality.state is ClockState.SILENT:
            return "there is no sound device"
        if now_ns - self._since_ns < SETTLED_NS or reading.quality.state is ClockState.STARTING:
            return "the sound device's clock has to settle"
        if abs(reading.quality.ppm) > MOST_PPM:
            return f"the sound device runs {reading.quality.ppm:+.0f} ppm beside the host; beyond {MOST_PPM:.0f} it is not believed"
        return ""

    def _steer(self, now_ns: int, reading: ClockReading) -> Fraction | None:
        error_ns = reading.error_ns
        self._correcting = abs(error_ns) > (_DEAD_NS / 3 if self._correcting else _DEAD_NS)
        correction = 0.0
        if self._correcting:
            # Heard too late: the show is ahead, and has to run slower.
            correction = min(max(-error_ns * 1e-9 / _TAKE_UP_S, -_MOST_CORRECTION), _MOST_CORRECTION)
        rate = 1.0 + reading.quality.ppm * _PPM + correction
        if now_ns - self._rate_ns < STEER_NS or abs(rate - float(self._rate)) < _ENOUGH:
            return None
        return self._publish(Fraction(round(rate * _RATE_STEPS), _RATE_STEPS), now_ns)

    def _publish(self, rate: Fraction, now_ns: int) -> Fraction | None:
        if rate == self._rate:
            return None
        self._rate, self._rate_ns = rate, now_ns
        return rate
