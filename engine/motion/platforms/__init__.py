"""Where a seat's actuators are when the seat is in a pose, and the other way round."""

from engine.motion.platforms.bounds import LegBounds, leg_bounds
from engine.motion.platforms.factory import make_platform
from engine.motion.platforms.values import Margins, Platform

__all__ = ["LegBounds", "Margins", "Platform", "leg_bounds", "make_platform"]
