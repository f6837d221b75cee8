"""What a rig says about the channels of a device whose groups come from its settings."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bus.driver import Channel, DeviceConfig, Group, check_keys, with_rig_limits


def narrowed(
    config: DeviceConfig, channels: Sequence[Channel], groups: Sequence[Group]
) -> tuple[Channel, ...]:
    """Channels within the rig's limits: those of a channel's own name, else those of its group.

    Limits for a haptic group are meant for its amplitude; a frequency has limits under its own name only.

    Raises
    ------
    SettingError
        For limits or safe values of what does not exist, or outside what the device can do.
    """
    check_keys(config, channels, groups)
    owner = {index: group.name for group in groups for index in group.channels}
    return tuple(
        with_rig_limits(
            channel, channel.name if channel.unit == "hz" else owner.get(index, channel.name), config
        )
        for index, channel in enumerate(channels)
    )
