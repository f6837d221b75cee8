"""Twin of a seat that takes OpenMotionSim's datagrams.

Has: late and repeated datagrams told by their time, lag, largest speed. Has not: interpolation between datagrams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.openmotion.codec import OpenMotionError, decode
from devices.openmotion.driver import AXES, OpenMotionDriver
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig, park_frames

_RATES = {"yaw": 90.0, "pitch": 60.0, "roll": 60.0, "heave": 0.5}


def make_twin(config: DeviceConfig) -> OpenMotionTwin:
    """A seat in its park pose."""
    return OpenMotionTwin(config)


class OpenMotionTwin:
    """A seat in software.

    Attributes
    ----------
    frames : int
        Datagrams obeyed.
    refused : int
        Datagrams that were none.
    out_of_order : int
        Datagrams older than one obeyed before; not obeyed. A time of 0 is a fresh start.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = OpenMotionDriver(config)
        self._order = driver.byte_order
        start = decode(park_frames(driver)[0], self._order)
        latency = config.latency
        values = (start.yaw_deg, start.pitch_deg, start.roll_deg, start.height_m)
        self._axes = {
            axis: LaggedValue(value, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns, rate=_RATES[axis])
            for axis, value in zip(AXES, values, strict=True)
        }
        self._time_s = 0.0
        self.frames = self.refused = self.out_of_order = 0

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take a datagram; the seat never answers."""
        try:
            motion = decode(data, self._order)
        except OpenMotionError:
            self.refused += 1
            return ()
        if 0.0 < motion.time_s < self._time_s:
            self.out_of_order += 1
            return ()
        self._time_s = motion.time_s
        self.frames += 1
        values = (motion.yaw_deg, motion.pitch_deg, motion.roll_deg, motion.height_m)
        for axis, value in zip(self._axes.values(), values, strict=True):
            axis.command(value, at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Where the seat is, deg and m."""
        return {axis: value.at(at_ns) for axis, value in self._axes.items()}
