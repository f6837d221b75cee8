"""PJLink projectors, class 1 and 2: power, input, shutter and freeze as levels; faults into the journal."""

from devices.pjlink.driver import PjlinkDriver, create

__all__ = ["PjlinkDriver", "create"]
