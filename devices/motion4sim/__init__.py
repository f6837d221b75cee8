"""Seats that take axis strings as motion4sim, FlyPt Mover and SimTools write them, over serial or UDP."""

from devices.motion4sim.driver import AxisStringDriver, create

__all__ = ["AxisStringDriver", "create"]
