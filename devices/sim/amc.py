"""Twin of an AMC-type motion controller: cuts frames from the stream and moves its actuators."""

from __future__ import annotations

from devices.amc.codec import FrameCutter, decode_axes
from devices.amc.driver import AmcDriver
from devices.sim.parking_seat import SILENCE_NS, ParkingSeat
from engine.bus.driver import DeviceConfig, park_frames

__all__ = ["SILENCE_NS", "AmcTwin", "make_twin"]
_FULL = 65536


def make_twin(config: DeviceConfig) -> AmcTwin:
    """A twin with the latency and layout of the device."""
    return AmcTwin(config)


class AmcTwin(ParkingSeat):
    """A seat in software.

    Parameters
    ----------
    config : DeviceConfig
        Of the seat; its latency is how late the actuators are.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = AmcDriver(config)
        names = [f"actuator_{index + 1}" for index in range(len(driver.actuators))]
        park = decode_axes(park_frames(driver)[0])[: len(names)]
        super().__init__(FrameCutter(), names, park, _FULL, config.latency)
