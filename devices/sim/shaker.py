"""Twin of a shaker board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.shaker.codec import FrameCutter
from devices.shaker.driver import ShakerDriver
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> ShakerTwin:
    """A twin with the latency and exciters of the device."""
    return ShakerTwin(config)


class ShakerTwin:
    """Exciters in software: amplitude lags, frequency does not, silence comes by itself after `hold`."""

    def __init__(self, config: DeviceConfig) -> None:
        driver = ShakerDriver(config)
        self._cutter = FrameCutter()
        self._names = [group.name for group in driver.groups]
        latency = config.latency
        self._amplitudes = [
            LaggedValue(0.0, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns) for _ in self._names
        ]
        self._frequencies_hz = [0.0 for _ in self._names]
        self._silent_from_ns: list[int | None] = [None for _ in self._names]
        self.frames = 0

    @property
    def lost_bytes(self) -> int:
        """Bytes that belonged to no command."""
        return self._cutter.lost_bytes

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take bytes; the board never answers."""
        for shake in self._cutter.feed(data):
            self.frames += 1
            if shake.exciter >= len(self._names):
                continue
            self._hush(shake.exciter, at_ns)
            self._amplitudes[shake.exciter].command(shake.amplitude, at_ns)
            self._frequencies_hz[shake.exciter] = shake.frequency_hz
            self._silent_from_ns[shake.exciter] = at_ns + round(shake.hold_s * 1e9)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """Amplitude and frequency of each exciter."""
        state = {}
        for index, name in enumerate(self._names):
            self._hush(index, at_ns)
            state[f"{name}.amplitude"] = self._amplitudes[index].at(at_ns)
            state[f"{name}.frequency_hz"] = self._frequencies_hz[index]
        return state

    def _hush(self, index: int, at_ns: int) -> None:
        silent_ns = self._silent_from_ns[index]
        if silent_ns is not None and at_ns > silent_ns:
            self._amplitudes[index].command(0.0, silent_ns)
            self._silent_from_ns[index] = None
