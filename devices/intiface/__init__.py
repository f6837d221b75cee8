"""Vibrating devices behind an Intiface (Buttplug) server."""

from devices.intiface.driver import IntifaceDriver, create

__all__ = ["IntifaceDriver", "create"]
