"""Motion: jerk-limited trajectories (kinematics and washout join them later)."""

from engine.motion.trajectories import AxisLimits, Follower, Stop, canonical_stop

__all__ = ["AxisLimits", "Follower", "Stop", "canonical_stop"]
