"""Software twin of the sample fan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.sample.codec import FRAME_SIZE, decode_level
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> SampleTwin:
    """Named by the driver's `TwinSpec`."""
    return SampleTwin(config)


class SampleTwin:
    """A fan that is where it was told to be after the device's dead time."""

    def __init__(self, config: DeviceConfig) -> None:
        self._dead_ns = config.latency.dead_ns
        self._buffer = b""
        self._levels: list[tuple[int, float]] = [(0, 0.0)]

    def receive(self, data: bytes, at_ns: int) -> Sequence[bytes]:
        """Take any cut of the stream."""
        self._buffer += data
        while len(self._buffer) >= FRAME_SIZE:
            try:
                level = decode_level(self._buffer[:FRAME_SIZE])
            except ValueError:
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[FRAME_SIZE:]
            self._levels.append((at_ns + self._dead_ns, level))
        self.state_at(at_ns)  # forgets what is over, also if nobody ever asks
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """The level in effect at `at_ns`; commands before it are forgotten."""
        while len(self._levels) > 1 and self._levels[1][0] <= at_ns:
            del self._levels[0]
        return {"fan.level": self._levels[0][1]}
