"""OpenMotionSim: seats and telemetry as five floats over UDP."""

from devices.openmotion.driver import OpenMotionDriver, create
from devices.openmotion.source import OpenMotionSource, create_source

__all__ = ["OpenMotionDriver", "OpenMotionSource", "create", "create_source"]
