"""Twin of a seat that takes axis strings: reads the same template.

Has: resynchronisation, lag, largest speed, park after 1 s of silence. Has not: the settings dialogue of any maker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.motion4sim.codec import FrameCutter, decode_axes
from devices.motion4sim.driver import AxisStringDriver
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig, park_frames

SILENCE_NS = 1_000_000_000


def make_twin(config: DeviceConfig) -> AxisStringTwin:
    """A seat in its park pose."""
    return AxisStringTwin(config)


class AxisStringTwin:
    """A seat in software, serial or UDP alike.

    Attributes
    ----------
    frames : int
        Commands understood.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = AxisStringDriver(config)
        self._template = driver.template
        self._cutter = FrameCutter(driver.template)
        self._park = decode_axes(driver.template, park_frames(driver)[0])[: len(driver.rows)]
        latency = config.latency
        self._axes = [
            LaggedValue(
                float(raw),
                dead_ns=latency.dead_ns,
                lag_ns=latency.lag_ns,
                rate=2.5 * (driver.template.full + 1),
            )
            for raw in self._park
        ]
        self._last_ns: int | None = None
        self.frames = 0

    @property
    def lost_bytes(self) -> int:
        """Bytes that belonged to no command."""
        return self._cutter.lost_bytes

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take bytes; the seat never answers."""
        for raw in self._cutter.feed(data):
            self._settle(at_ns)
            self.frames += 1
            self._last_ns = at_ns
            for axis, value in zip(self._axes, raw, strict=False):
                axis.command(float(value), at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Raw position of each axis in use."""
        self._settle(at_ns)
        return {
            f"axis_{name}": axis.at(at_ns)
            for name, axis in zip(self._template.names, self._axes, strict=False)
        }

    def _settle(self, at_ns: int) -> None:
        if self._last_ns is not None and at_ns - self._last_ns > SILENCE_NS:
            since_ns, self._last_ns = self._last_ns + SILENCE_NS, None
            for axis, raw in zip(self._axes, self._park, strict=True):
                axis.command(float(raw), since_ns)
