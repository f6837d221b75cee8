"""Twin of an AMC-type motion controller: cuts frames from the stream and moves its actuators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.amc.codec import FrameCutter
from devices.amc.driver import AmcDriver
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig, park_frames

# The common firmware parks when commands stop; after how long is our choice.
SILENCE_NS = 1_000_000_000


def make_twin(config: DeviceConfig) -> AmcTwin:
    """A twin with the latency and layout of the device."""
    return AmcTwin(config)


class AmcTwin:
    """A seat in software.

    Parameters
    ----------
    config : DeviceConfig
        Of the seat; its latency is how late the actuators are.

    Attributes
    ----------
    frames : int
        Commands understood.
    lost_bytes : int
        Bytes that belonged to no command.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = AmcDriver(config)
        self._cutter = FrameCutter()
        self._names = [f"actuator_{index + 1}" for index in range(len(driver.actuators))]
        park = next(self._cutter.feed(park_frames(driver)[0]))
        self._park = park[: len(self._names)]
        latency = config.latency
        self._actuators = [
            LaggedValue(
                float(raw), dead_ns=latency.dead_ns, lag_ns=latency.lag_ns, rate=2.5 * 65536.0
            )  # full stroke in 0.4 s: 100 mm at 250 mm/s
            for raw in self._park
        ]
        self._last_ns: int | None = None
        self.frames = 0

    @property
    def lost_bytes(self) -> int:
        """Bytes that belonged to no command."""
        return self._cutter.lost_bytes

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take bytes; the controller never answers."""
        for raw in self._cutter.feed(data):
            self._settle(at_ns)
            self.frames += 1
            self._last_ns = at_ns
            for actuator, value in zip(self._actuators, raw, strict=False):
                actuator.command(float(value), at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Raw positions of the actuators."""
        self._settle(at_ns)
        return {name: actuator.at(at_ns) for name, actuator in zip(self._names, self._actuators, strict=True)}

    def _settle(self, at_ns: int) -> None:
        """Go to park by itself when commands stopped coming."""
        if self._last_ns is not None and at_ns - self._last_ns > SILENCE_NS:
            since_ns = self._last_ns + SILENCE_NS
            self._last_ns = None
            for actuator, raw in zip(self._actuators, self._park, strict=True):
                actuator.command(float(raw), since_ns)
