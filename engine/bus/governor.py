"""The only way to an actuator: whatever is wanted, what leaves stays inside the channel's limits.

Not a safety system: it keeps commands civil. E-stop circuits, restraints and motion power belong to the
ride's own safety controller.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.bus.driver import Channel
from engine.motion.blend_play import RETRIED_S, Ahead, BlendPlay
from engine.motion.blends import Planner
from engine.motion.joint import FREE, FREE_COURSE, JointFollower
from engine.motion.joint_batch import JointFollowerBatch
from engine.motion.joint_law import LegLaw, leg_law
from engine.motion.platforms.bounds import LegBounds
from engine.motion.trajectories import AxisLimits, Follower
from engine.motion.trajectories_batch import FollowerBatch
from engine.units import MOTION_AXES


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


Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


class _AxesLed:
    """Followers of one device, as blends see them."""

    __slots__ = ("axes",)

    def __init__(self, axes: Sequence[Follower]) -> None:
        self.axes = tuple(axes)

    def motion(self, _rows: Rows) -> tuple[Floats, Floats, Floats]:
        p, v, a = np.array([axis.state()[:3] for axis in self.axes]).T.reshape(3, 1, -1)
        return p, v, a

    def free(self, rows: Rows) -> Flags:
        return np.ones(len(rows), dtype=np.bool_)

    def reached(self) -> Flags:
        return np.array([all(axis.on_target for axis in self.axes)], dtype=np.bool_)

    def believe(self, _rows: Rows) -> None:
        for axis in self.axes:
            motion = axis.state()[:3]
            axis.adopt_state((*motion, *motion, 3))


class _JointLed:
    """The same of axes that share legs."""

    __slots__ = ("joint",)

    def __init__(self, joint: JointFollower) -> None:
        self.joint = joint

    def motion(self, _rows: Rows) -> tuple[Floats, Floats, Floats]:
        p, v, a = np.array([state[:3] for state in self.joint.remembered()[0]]).T.reshape(3, 1, -1)
        return p, v, a

    def free(self, rows: Rows) -> Flags:
        return np.full(len(rows), self.joint.remembered()[1].mode == FREE)

    def reached(self) -> Flags:
        return np.array([self.joint.on_target], dtype=np.bool_)

    def believe(self, _rows: Rows) -> None:
        states, _ = self.joint.remembered()
        self.joint.adopt([(*state[:3], *state[:3], 3) for state in states], FREE_COURSE)


class Governor:
    """Brings the wanted values of one device inside its limits, tick by tick.

    Parameters
    ----------
    channels : sequence of Channel
    dt_s : float
        Time between two commands, in s.
    legs : LegBounds, optional
        Of the platform that the motion channels move together: then no leg leaves its stroke, moves too fast or is pushed too hard
        either, whatever is wanted (`engine.motion.joint`).

    Raises
    ------
    ValueError
        With legs: the neutral pose or park is out of their reach, or a motion channel may jump.

    Notes
    -----
    Starts at rest in park. A wanted value that is not a number keeps the channel where it was wanted last,
    and counts in `refused`: a bad curve must not move a seat.

    Where it is told that what is wanted will stay so (a stop, the safe state, park), or what will be wanted after it has jumped (a seek, a
    hold), jerk-limited channels go there together, on a blend (`engine.motion.blends`) where there is one; its samples pass the same
    followers as everything else.
    """

    __slots__ = (
        "_axes",
        "_blends",
        "_channels",
        "_dt_s",
        "_joint",
        "_joint_channels",
        "_resting",
        "_wanted",
        "refused",
    )

    def __init__(self, channels: Sequence[Channel], dt_s: float, legs: LegBounds | None = None) -> None:
        self._channels = tuple(channels)
        self._dt_s = dt_s
        self._joint: JointFollower | None = None
        self._joint_channels: tuple[int, ...] = ()
        if legs is not None:
            self._joint_channels = _moving(channels)
            law = _law(channels, self._joint_channels, legs, dt_s)
            self._joint = JointFollower(law, dt_s, [channels[index].park for index in self._joint_channels])
        self._axes: list[Follower | _Level] = [_axis(channel, dt_s) for channel in channels]
        self._wanted = [channel.park for channel in channels]
        self._blends: list[tuple[tuple[int, ...], _AxesLed | _JointLed, BlendPlay]] = []
        lone = tuple(index for index, axis in self._alone() if isinstance(axis, Follower))
        if lone:
            axes = [axis for index in lone if isinstance(axis := self._axes[index], Follower)]
            limits = [axis.limits for axis in axes]
            start = np.array([[channels[index].park for index in lone]])
            play = BlendPlay(
                lambda: Planner(FollowerBatch(limits, dt_s, start), dt_s, _longest_s(axes)),
                1,
                len(lone),
                dt_s,
            )
            self._blends.append((lone, _AxesLed(axes), play))
        if self._joint is not None and self._joint_channels:
            joint = self._joint
            at = np.array([[channels[index].park for index in self._joint_channels]])
            of_joint = BlendPlay(
                lambda: Planner(JointFollowerBatch(joint.law, dt_s, at), dt_s, joint.alone_s),
                1,
                len(self._joint_channels),
                dt_s,
            )
            self._blends.append((self._joint_channels, _JointLed(joint), of_joint))
        self._resting = False
        self.refused = 0

    @property
    def values(self) -> tuple[float, ...]:
        """The values commanded last."""
        found = [axis.position for axis in self._axes]
        if self._joint is not None:
            for index, value in zip(self._joint_channels, self._joint.position, strict=True):
                found[index] = value
        return tuple(found)

    @property
    def blending(self) -> bool:
        """Whether a jerk-limited channel is not where it is wanted."""
        if any(play.leading for _, _, play in self._blends):
            return True
        if self._joint is not None and not self._joint.on_target:
            return True
        return any(isinstance(axis, Follower) and not axis.on_target for _, axis in self._alone())

    @property
    def safe_bound_s(self) -> float:
        """Time within which every channel is at its safe (or park) value and at rest, from any state."""
        bound = 0.0 if self._joint is None else self._joint.move_time_s()
        for index, axis in self._alone():
            channel = self._channels[index]
            distance = channel.high - channel.low
            if isinstance(axis, Follower):
                bound = max(bound, axis.move_time_s(distance))
            else:
                bound = max(bound, axis.move_time_s(distance, self._dt_s))
        if self._blends:  # a plan begun late and given up at its end
            lone = [axis for _, axis in self._alone() if isinstance(axis, Follower)]
            longest_s = max(_longest_s(lone), 0.0 if self._joint is None else self._joint.alone_s)
            bound += longest_s + RETRIED_S
        return bound

    @property
    def meeting(self) -> bool:
        """Whether a blend is being played onto what will be wanted."""
        return any(play.meeting for _, _, play in self._blends)

    def leave(self) -> None:
        """Something else will be wanted than was said."""
        for _, _, play in self._blends:
            play.leave()

    def step(
        self,
        wanted: Sequence[float],
        rest: bool = False,
        ahead: Callable[[int], Sequence[float]] | None = None,
        *,
        anew: bool = True,
    ) -> tuple[float, ...]:
        """Values for this tick.

        Parameters
        ----------
        wanted : sequence of float
            By channel.
        rest : bool, default False
            Whether this will be wanted until something else is told.
        ahead : callable, optional
            Where what is wanted may have jumped: what will be wanted so many ticks from now, NaN where that cannot be told.
        anew : bool, default True
            Whether it may have jumped; else only plans that were just left are made again.
        """
        goals = self._wanted
        for index, target in enumerate(wanted):
            if math.isfinite(target):
                goals[index] = target
            else:
                self.refused += 1
        if rest or self._resting or self.meeting:
            goals = self._led(goals, rest)
        if self._joint is None:
            values = tuple([axis.follow(target) for axis, target in zip(self._axes, goals, strict=True)])
        else:
            self._joint.follow([goals[index] for index in self._joint_channels])
            for index, axis in self._alone():
                axis.follow(goals[index])
            values = self.values
        for columns, led, play in self._blends:
            if play.led:
                play.emitted(np.array([[values[index] for index in columns]]))
            if ahead is not None:
                play.meet(led, _columns_of(ahead, columns), anew=anew)
        return values

    def _led(self, goals: list[float], rest: bool) -> list[float]:
        """What followers are to be told is wanted, on the way to where they are to rest."""
        self._resting = rest
        told = list(goals)
        for columns, led, play in self._blends:
            found = play.lead(led, np.array([[goals[index] for index in columns]]), rest)[0].tolist()
            for index, value in zip(columns, found, strict=True):
                told[index] = value
        return told

    def rest_in_park(self) -> None:
        """The device has just connected: it is known to rest in park, and everything blends from there."""
        for index, (axis, channel) in enumerate(zip(self._axes, self._channels, strict=True)):
            axis.rest_at(channel.park)
            self._wanted[index] = channel.park
        if self._joint is not None:
            self._joint.rest_at([self._channels[index].park for index in self._joint_channels])
        for _, _, play in self._blends:
            play.forget(0)

    def at(self, values: Sequence[float]) -> bool:
        """Whether the last command is exactly `values`, at rest."""
        if self.values != tuple(values) or (self._joint is not None and not self._joint.resting):
            return False
        return all(not isinstance(axis, Follower) or axis.resting for _, axis in self._alone())

    def _alone(self) -> list[tuple[int, Follower | _Level]]:
        """Channels that share their actuators with no other."""
        return [row for row in enumerate(self._axes) if row[0] not in self._joint_channels]


class GovernorBatch:
    """`Governor` for many devices with the same channels: the same values, bit for bit.

    Parameters
    ----------
    channels : sequence of Channel
        Of each device.
    dt_s : float
        Time between two commands, in s.
    devices : int
    legs : LegBounds, optional
        As for `Governor`.

    Attributes
    ----------
    refused : intp[devices]
        Wanted values that were no numbers.
    """

    def __init__(
        self, channels: Sequence[Channel], dt_s: float, devices: int, legs: LegBounds | None = None
    ) -> None:
        self._park = np.array([channel.park for channel in channels])
        joint = [] if legs is None else list(_moving(channels))
        limited = [
            index
            for index, channel in enumerate(channels)
            if index not in joint and _limits(channel) is not None
        ]
        free = [index for index in range(len(channels)) if index not in limited and index not in joint]
        self._limited = np.array(limited, dtype=np.intp)
        self._free = np.array(free, dtype=np.intp)
        start = np.tile(self._park, (devices, 1))
        self._followers: list[tuple[Rows, FollowerBatch, BlendPlay]] = []
        if limited:
            limits = [axis for index in limited if (axis := _limits(channels[index])) is not None]
            axes = FollowerBatch(limits, dt_s, start[:, limited])
            alone = [
                Follower(axis, dt_s, channels[index].park)
                for axis, index in zip(limits, limited, strict=True)
            ]
            play = BlendPlay(lambda: Planner(axes, dt_s, _longest_s(alone)), devices, len(limited), dt_s)
            self._followers.append((self._limited, axes, play))
        if legs is not None:
            law = _law(channels, joint, legs, dt_s)
            seats = JointFollowerBatch(law, dt_s, start[:, joint])
            of_joint = BlendPlay(lambda: Planner(seats, dt_s, seats.alone_s), devices, len(joint), dt_s)
            self._followers.append((np.array(joint, dtype=np.intp), seats, of_joint))
        self._low = np.array([channels[index].low for index in free])
        self._high = np.array([channels[index].high for index in free])
        steps = [channels[index].velocity for index in free]
        self._step = np.array([math.inf if step is None else step * dt_s for step in steps])
        self._jumps = bool(np.isinf(self._step).all())
        self._wanted = start
        self._levels = start[:, free]
        self._values = start.copy()
        self._private = True  # whether these arrays are shared with nobody
        self._one = Governor(channels, dt_s, legs)
        self.refused = np.zeros(devices, dtype=np.intp)

    @property
    def values(self) -> NDArray[np.float64]:
        """The values commanded last; not to be changed."""
        return self._values

    @property
    def safe_bound_s(self) -> float:
        """As `Governor.safe_bound_s`."""
        return self._one.safe_bound_s

    @property
    def meeting(self) -> bool:
        """Whether any device is led onto what will be wanted."""
        return any(play.meeting for _, _, play in self._followers)

    def leave(self) -> None:
        """As `Governor.leave`."""
        for _, _, play in self._followers:
            play.leave()

    def step(
        self, wanted: Floats, rest: bool | Flags = False, ahead: Ahead | None = None, *, anew: bool = True
    ) -> Floats:
        """Values for this tick.

        Parameters
        ----------
        wanted : float64[devices, channels]
        rest : bool or bool[devices], default False
            As for `Governor.step`: of all of them, or of each.
        ahead : callable, optional
            As for `Governor.step`, float64[devices, channels].
        anew : bool, default True
            As for `Governor.step`.
        """
        self._private = False
        finite = np.isfinite(wanted)
        if not finite.all():
            self.refused += np.count_nonzero(~finite, axis=1)
            wanted = np.where(finite, wanted, self._wanted)
        self._wanted = wanted
        if not len(self._free) and len(self._followers) == 1:
            self._values = self._follow(self._followers[0], wanted, rest, ahead, anew)
            return self._values
        if not self._followers:
            self._values = self._level(wanted)
            return self._values
        out = np.empty(wanted.shape)
        for group in self._followers:
            out[:, group[0]] = self._follow(group, wanted[:, group[0]], rest, ahead, anew)
        out[:, self._free] = self._level(wanted[:, self._free])
        self._values = out
        return out

    def rest_in_park(self, row: int) -> None:
        """One device has just connected: it is known to rest in park, and everything blends from there."""
        if not self._private:
            self._values, self._wanted = self._values.copy(), self._wanted.copy()
            self._private = True
        self._values[row] = self._wanted[row] = self._park
        self._levels[row] = np.clip(self._park[self._free], self._low, self._high)
        for columns, followers, play in self._followers:
            followers.rest_at(row, self._park[columns])
            play.forget(row)

    def at(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """By device, whether the last command is exactly ``values[device]``, at rest."""
        found: NDArray[np.bool_] = (self._values == values).all(axis=1)
        for _, followers, _ in self._followers:
            found &= followers.resting().all(axis=1)
        return found

    @staticmethod
    def _follow(
        group: tuple[Rows, FollowerBatch, BlendPlay],
        wanted: Floats,
        rest: bool | Flags,
        ahead: Ahead | None,
        anew: bool,
    ) -> Floats:
        columns, followers, play = group
        found = followers.follow(play.lead(followers, wanted, rest))
        play.emitted(found)
        if ahead is not None:
            play.meet(followers, lambda tick: ahead(tick)[:, columns], anew=anew)
        return found

    def _level(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        goal = np.minimum(np.maximum(target, self._low), self._high)
        if not self._jumps:
            goal = np.minimum(np.maximum(goal, self._levels - self._step), self._levels + self._step)
        self._levels = goal
        return goal


def _columns_of(ahead: Callable[[int], Sequence[float]], columns: Sequence[int]) -> Ahead:
    def told(tick: int) -> Floats:
        values = ahead(tick)
        return np.array([[values[index] for index in columns]])

    return told


def _longest_s(axes: Sequence[Follower]) -> float:
    """Within which each of these axes would be anywhere by itself: a blend of them that takes longer is not worth it."""
    return max((axis.move_time_s(axis.limits.high - axis.limits.low) for axis in axes), default=0.0)


def _moving(channels: Sequence[Channel]) -> tuple[int, ...]:
    """The motion channels that are not nailed down."""
    return tuple(
        index
        for index, channel in enumerate(channels)
        if channel.name in MOTION_AXES and channel.low < channel.high
    )


def check_legs(channels: Sequence[Channel], legs: LegBounds) -> None:
    """Refuse channels whose park or safe values are where legs are not certain to reach.

    Raises
    ------
    ValueError
        Also as `Governor` does.
    """
    moving = _moving(channels)
    law = _law(channels, moving, legs, 1.0)
    for what in ("park", "safe"):
        pose = tuple(getattr(channels[index], what) for index in moving)
        reached = law.clip(pose)
        if reached != pose:
            names = ", ".join(
                f"{channels[index].name} {value:.4g} {channels[index].unit}"
                for index, value in zip(moving, reached, strict=True)
            )
            raise ValueError(
                f"{what} is farther out than its legs are certain to reach; the nearest on its way is {names}"
            )


def leg_shares(channels: Sequence[Channel], legs: LegBounds) -> tuple[float, float]:
    """What legs leave of the axes' speeds, at worst, and of their accelerations where all brake at once: shares, at most 1."""
    law = _law(channels, _moving(channels), legs, 1.0)
    return law.speed_share, law.brake_share


def _law(channels: Sequence[Channel], moving: Sequence[int], legs: LegBounds, dt_s: float) -> LegLaw:
    limits = []
    for index in moving:
        axis = _limits(channels[index])
        if axis is None:
            raise ValueError(
                f"channel {channels[index].name} may jump, and the legs it moves may not; "
                f"give it a velocity, an acceleration and a jerk"
            )
        limits.append(axis)
    still = dict.fromkeys(MOTION_AXES, 0.0) | {channel.name: channel.park for channel in channels}
    return leg_law(
        limits,
        legs,
        dt_s,
        axes=[MOTION_AXES.index(channels[index].name) for index in moving],
        still=[still[axis] for axis in MOTION_AXES],
    )


def _limits(channel: Channel) -> AxisLimits | None:
    if channel.velocity is None or channel.acceleration is None or channel.jerk is None:
        return None
    return AxisLimits(channel.low, channel.high, channel.velocity, channel.acceleration, channel.jerk)


def _axis(channel: Channel, dt_s: float) -> Follower | _Level:
    limits = _limits(channel)
    return _Level(channel, dt_s) if limits is None else Follower(limits, dt_s, channel.park)
