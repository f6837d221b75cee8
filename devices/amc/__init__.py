"""Seats on AMC-type motion controllers (AMC-AASD15A, AMC1280USB, AMC 4DOF) over serial."""

from devices.amc.driver import AmcDriver, create

__all__ = ["AmcDriver", "create"]
