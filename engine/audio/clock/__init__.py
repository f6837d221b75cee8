"""The device's sample clock: what time it has, how well that is known, and how the sound follows the show with it."""

from engine.audio.clock.device_clock import DeviceClock
from engine.audio.clock.follower import Follower
from engine.audio.clock.pace import Pace
from engine.audio.clock.publishing import ClockMeter
from engine.audio.clock.shared import ClockBlock, ClockReading, clock_name
from engine.audio.clock.trimmed import TrimmedReader
from engine.audio.clock.values import ClockQuality, ClockState, Trim

__all__ = [
    "ClockBlock",
    "ClockMeter",
    "ClockQuality",
    "ClockReading",
    "ClockState",
    "DeviceClock",
    "Follower",
    "Pace",
    "Trim",
    "TrimmedReader",
    "clock_name",
]
