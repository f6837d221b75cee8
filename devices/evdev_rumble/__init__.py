"""Gamepads and other force-feedback devices of Linux, through evdev."""

from devices.evdev_rumble.driver import EvdevRumbleDriver, create

__all__ = ["EvdevRumbleDriver", "create"]
