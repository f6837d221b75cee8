"""The device bus: drivers, governor, routing and the loop that commands every device at its instants."""

from engine.bus.driver import Channel, DeviceConfig, Driver, Form, Group, Health, Latency, SettingError
from engine.bus.loop import BusCore, BusEvent, Dispatch

__all__ = [
    "BusCore",
    "BusEvent",
    "Channel",
    "DeviceConfig",
    "Dispatch",
    "Driver",
    "Form",
    "Group",
    "Health",
    "Latency",
    "SettingError",
]
