"""The device bus: drivers, governor, routing and the loop that commands every device at its instants.

What a driver needs is re-exported here; it loads nothing heavier than the standard library, since every software twin
is a program that imports it.
"""

from engine.bus.driver import (
    Channel,
    ChannelLimits,
    DeviceConfig,
    Driver,
    Form,
    Group,
    Health,
    Latency,
    SettingError,
    Twin,
    TwinSpec,
)

__all__ = [
    "Channel",
    "ChannelLimits",
    "DeviceConfig",
    "Driver",
    "Form",
    "Group",
    "Health",
    "Latency",
    "SettingError",
    "Twin",
    "TwinSpec",
]
