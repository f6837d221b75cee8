"""The device's sample clock: what time it has, how well that is known, and how the sound follows the show with it."""

from engine.audio.clock.follower import Follower
from engine.audio.clock.values import ClockQuality, ClockState, Trim

__all__ = ["ClockQuality", "ClockState", "Follower", "Trim"]
