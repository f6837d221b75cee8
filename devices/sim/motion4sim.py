"""Twin of a seat that takes axis strings: reads the same template.

Has: resynchronisation, lag, largest speed, park after 1 s of silence. Has not: the settings dialogue of any maker.
"""

from __future__ import annotations

from devices.motion4sim.codec import FrameCutter, decode_axes
from devices.motion4sim.driver import AxisStringDriver
from devices.sim.parking_seat import SILENCE_NS, ParkingSeat
from engine.bus.driver import DeviceConfig, park_frames

__all__ = ["SILENCE_NS", "AxisStringTwin", "make_twin"]


def make_twin(config: DeviceConfig) -> AxisStringTwin:
    """A seat in its park pose."""
    return AxisStringTwin(config)


class AxisStringTwin(ParkingSeat):
    """A seat in software, serial or UDP alike.

    Parameters
    ----------
    config : DeviceConfig
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = AxisStringDriver(config)
        template = driver.template
        park = decode_axes(template, park_frames(driver)[0])[: len(driver.rows)]
        names = [f"axis_{name}" for name in template.names[: len(park)]]
        super().__init__(FrameCutter(template), names, park, template.full + 1, config.latency)
