"""What motion seats of different makes declare alike: six channels, of which those the seat cannot move stay at zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bus.driver import Channel, DeviceConfig, Form, Group, SettingError, check_keys, with_rig_limits
from engine.units import LINEAR_AXES, MOTION_AXES, parse_axis_position

GROUP = "pose"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far and how fast the largest seat of a family goes on an axis; a rig states less.

    Parameters
    ----------
    most : float
        Largest position either way, m or deg.
    velocity, acceleration, jerk : float
        Used where the rig's limits name none.
    """

    most: float
    velocity: float
    acceleration: float
    jerk: float


LINEAR = Reach(0.5, 0.25, 2.5, 30.0)
ANGULAR = Reach(45.0, 25.0, 150.0, 2000.0)


@dataclass(frozen=True, slots=True)
class Pose:
    """Channels and group of a seat.

    Attributes
    ----------
    channels : tuple of Channel
        Surge, sway, heave, roll, pitch, yaw.
    group : Group
    axes : tuple of str
        Those the seat moves, as given.
    """

    channels: tuple[Channel, ...]
    group: Group
    axes: tuple[str, ...]

    def half_range(self, axis: str) -> float:
        """The farther end of an axis' range from zero, m or deg."""
        channel = self.channels[MOTION_AXES.index(axis)]
        return max(abs(channel.low), abs(channel.high))


def make_pose(config: DeviceConfig, axes: Sequence[str], reach: Mapping[str, Reach] | None = None) -> Pose:
    """Declare a seat that moves `axes`.

    Parameters
    ----------
    config : DeviceConfig
        `limits` must name every axis the seat moves (or the group ``pose``): what a seat may do to a guest is nothing a driver can
        guess. `settings` may have ``park``.
    axes : sequence of str
    reach : mapping of str to Reach, optional
        By axis, where a family knows better than `LINEAR` and `ANGULAR`.

    Raises
    ------
    SettingError
        For an axis without limits, or limits, safe or park values for an axis the seat does not move.
    """
    park = _park(config, axes)
    moved = ", ".join(axes)
    for section, keys in (("limits", config.limits), ("safe", config.safe), ("park", park)):
        for key in keys:
            if key in MOTION_AXES and key not in axes:
                where = ("settings", section, key) if section == "park" else (section, key)
                raise SettingError(
                    f"{section} for {key}, which this seat does not move; it moves {moved}", *where
                )
    missing = [axis for axis in axes if axis not in config.limits and GROUP not in config.limits]
    if missing:
        raise SettingError(
            f"no limits for {', '.join(missing)}; write how far and how fast each axis may go, as {{{missing[0]}: {{range: "
            f"{'[-50mm, 50mm], velocity: 200mm/s' if missing[0] in LINEAR_AXES else '[-10deg, 10deg], velocity: 20deg/s'}, ...}}}}",
            "limits",
        )
    group = Group(GROUP, Form.MOTION, tuple(range(len(MOTION_AXES))))
    plain = [_channel(axis, axis in axes, park.get(axis, 0.0), reach or {}) for axis in MOTION_AXES]
    check_keys(config, plain, (group,))
    channels = tuple(
        with_rig_limits(channel, GROUP, config) if channel.name in axes else channel for channel in plain
    )
    return Pose(channels, group, tuple(axes))


def axes_setting(config: DeviceConfig, key: str, default: Sequence[str], most: int) -> tuple[str, ...]:
    """A list of different motion axes from a device's settings.

    Raises
    ------
    SettingError
    """
    value = config.settings.get(key, list(default))
    if (
        not isinstance(value, list | tuple)
        or len(value) > most
        or len(set(map(str, value))) != len(value)
        or not all(axis in MOTION_AXES for axis in value)
    ):
        raise SettingError(
            f"{key} is {value!r}; allowed: a list of up to {most} different ones of {', '.join(MOTION_AXES)}",
            "settings",
            key,
        )
    return tuple(value)


def some_axes_setting(config: DeviceConfig, allowed: Sequence[str]) -> tuple[str, ...]:
    """The axes a seat moves, of those its family can move: the setting ``axes``, all of them by default.

    Raises
    ------
    SettingError
    """
    axes = axes_setting(config, "axes", allowed, len(allowed))
    if not axes or not set(axes) <= set(allowed):
        raise SettingError(
            f"axes is {list(axes)!r}; allowed: some of {', '.join(allowed)}", "settings", "axes"
        )
    return axes


def _park(config: DeviceConfig, axes: Sequence[str]) -> dict[str, float]:
    park = config.settings.get("park", {})
    if not isinstance(park, Mapping):
        raise SettingError(f"park is {park!r}; write a pose, as {{{axes[0]}: ...}}", "settings", "park")
    found = {}
    for axis, value in park.items():
        try:
            found[str(axis)] = parse_axis_position(str(axis), value)
        except ValueError as error:
            raise SettingError(f"park: {error}", "settings", "park", str(axis)) from None
    return found


def _channel(axis: str, moved: bool, park: float, reach: Mapping[str, Reach]) -> Channel:
    linear = axis in LINEAR_AXES
    unit = "m" if linear else "deg"
    if not moved:
        return Channel(axis, unit, 0.0, 0.0)
    most = reach.get(axis, LINEAR if linear else ANGULAR)
    return Channel(axis, unit, -most.most, most.most, 0.0, park, most.velocity, most.acceleration, most.jerk)
