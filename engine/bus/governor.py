"""The only way to an actuator: whatever is wanted, what leaves stays inside the channel's limits.

Not a safety system: it keeps commands civil. E-stop circuits, restraints and motion power belong to the
ride's own safety controller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.bus.driver import Channel
from engine.motion.trajectories import AxisLimits, Follower


class _Level:
    """A channel that may jump, or is only slew-limited."""

    __slots__ = ("_high", "_low", "_step", "position")

    def __init__(self, channel: Channel, dt_s: float) -> None:
        self._low = channel.low
        self._high = channel.high
        self._step = math.inf if channel.velocity is None else channel.velocity * dt_s
        self.position = channel.park

    def rest_at(self, position: float) -> None:
        self.position = min(max(position, self._low), self._high)

    def follow(self, target: float) -> float:
        target = min(max(target, self._low), self._high)
        step = self._step
        self.position = min(max(target, self.position - step), self.position + step)
        return self.position

    def move_time_s(self, distance: float, dt_s: float) -> float:
        return 0.0 if self._step == math.inf else (math.ceil(distance / self._step) + 1) * dt_s


class Governor:
    """Brings the wanted values of one device inside its limits, tick by tick.

    Parameters
    ----------
    channels : sequence of Channel
    dt_s : float
        Time between two commands, in s.

    Notes
    -----
    Starts at rest in park. A wanted value that is not a number keeps the channel where it was wanted last,
    and counts in `refused`: a bad curve must not move a seat.
    """

    __slots__ = ("_axes", "_channels", "_dt_s", "_wanted", "refused")

    def __init__(self, channels: Sequence[Channel], dt_s: float) -> None:
        self._channels = tuple(channels)
        self._dt_s = dt_s
        self._axes: list[Follower | _Level] = [_axis(channel, dt_s) for channel in channels]
        self._wanted = [channel.park for channel in channels]
        self.refused = 0

    @property
    def values(self) -> tuple[float, ...]:
        """The values commanded last."""
        return tuple(axis.position for axis in self._axes)

    @property
    def blending(self) -> bool:
        """Whether a jerk-limited channel is not where it is wanted."""
        return any(isinstance(axis, Follower) and not axis.on_target for axis in self._axes)

    @property
    def safe_bound_s(self) -> float:
        """Time within which every channel is at its safe (or park) value and at rest, from any state."""
        bound = 0.0
        for axis, channel in zip(self._axes, self._channels, strict=True):
            distance = channel.high - channel.low
            if isinstance(axis, Follower):
                bound = max(bound, axis.move_time_s(distance))
            else:
                bound = max(bound, axis.move_time_s(distance, self._dt_s))
        return bound

    def step(self, wanted: Sequence[float]) -> tuple[float, ...]:
        """Values for this tick."""
        out = []
        for index, (axis, target) in enumerate(zip(self._axes, wanted, strict=True)):
            if math.isfinite(target):
                self._wanted[index] = target
            else:
                self.refused += 1
                target = self._wanted[index]
            out.append(axis.follow(target))
        return tuple(out)

    def rest_in_park(self) -> None:
        """The device has just connected: it is known to rest in park, and everything blends from there."""
        for index, (axis, channel) in enumerate(zip(self._axes, self._channels, strict=True)):
            axis.rest_at(channel.park)
            self._wanted[index] = channel.park

    def at(self, values: Sequence[float]) -> bool:
        """Whether the last command is exactly `values`, at rest."""
        return all(
            axis.position == value and (not isinstance(axis, Follower) or axis.resting)
            for axis, value in zip(self._axes, values, strict=True)
        )


def _axis(channel: Channel, dt_s: float) -> Follower | _Level:
    if channel.velocity is None or channel.acceleration is None or channel.jerk is None:
        return _Level(channel, dt_s)
    limits = AxisLimits(channel.low, channel.high, channel.velocity, channel.acceleration, channel.jerk)
    return Follower(limits, dt_s, channel.park)
