"""DMX over a USB interface of the Enttec DMX USB Pro type: one universe on a serial port."""

from devices.enttec.driver import EnttecDriver, create

__all__ = ["EnttecDriver", "create"]
