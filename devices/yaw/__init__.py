"""Yaw VR, Yaw 2 and Yaw 3 motion chairs over the network."""

from devices.yaw.driver import YawDriver, create

__all__ = ["YawDriver", "create"]
