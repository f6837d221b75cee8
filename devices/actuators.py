"""What haptic devices of different makes declare alike: named actuators of an amplitude and a frequency each."""

from __future__ import annotations

from collections.abc import Sequence

from devices.groups import narrowed
from engine.bus.driver import Channel, DeviceConfig, Form, Group, SettingError

# From nothing to full in 20 ms: short enough for a drum, soft enough for a motor.
VELOCITY_PER_S = 50.0


def make_actuators(
    config: DeviceConfig, names: Sequence[str], low_hz: float, high_hz: float
) -> tuple[tuple[Channel, ...], tuple[Group, ...]]:
    """Channels and groups of form haptic, all silent when safe and when parked.

    Limits for a group hold for its amplitude; a frequency has limits under its own name only.

    Raises
    ------
    SettingError
        For limits or safe values of what does not exist, or a safe amplitude above 0.
    """
    plain: list[Channel] = []
    groups: list[Group] = []
    for name in names:
        first = len(plain)
        groups.append(Group(name, Form.HAPTIC, (first, first + 1)))
        plain.append(Channel(f"{name}.amplitude", "ratio", 0.0, 1.0, velocity=VELOCITY_PER_S))
        plain.append(Channel(f"{name}.frequency", "hz", low_hz, high_hz, low_hz, low_hz))
    channels = narrowed(config, plain, groups)
    for channel in channels:
        if channel.unit == "ratio" and channel.safe > 0.0:
            key = next(
                key for key in (channel.name, channel.name.removesuffix(".amplitude")) if key in config.safe
            )
            raise SettingError(
                f"safe value of {key} is {channel.safe:g}; a stop ends every vibration, so it is 0",
                "safe",
                key,
            )
    return channels, tuple(groups)
