"""Where a seat's actuators are when the seat is in a pose, and the other way round."""

from engine.motion.platforms.factory import make_platform
from engine.motion.platforms.values import Margins, Platform

__all__ = ["Margins", "Platform", "make_platform"]
