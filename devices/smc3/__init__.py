"""Seats on the SMC3 motor controller (Arduino, three motors) over serial."""

from devices.smc3.driver import Smc3Driver, create

__all__ = ["Smc3Driver", "create"]
