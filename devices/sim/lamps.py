"""What stands on a twin's DMX lines: fixtures that follow their slots as late as the rig says."""

from __future__ import annotations

from collections.abc import Mapping

from devices.dmx.fixtures import Patch
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig


class Lamps:
    """All fixtures of a device.

    Parameters
    ----------
    patch : Patch
    config : DeviceConfig
        Its latency is how late the fixtures are.
    """

    def __init__(self, patch: Patch, config: DeviceConfig) -> None:
        self._patch = patch
        latency = config.latency
        self._values = {
            channel.name: LaggedValue(0.0, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns)
            for channel in patch.channels
        }

    def show(self, universe: int, slots: bytes, at_ns: int) -> None:
        """A universe's slots reached the fixtures."""
        for name, level in self._patch.shown(universe, slots).items():
            self._values[name].command(level, at_ns)

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """What the fixtures put out, 0..1."""
        return {name: value.at(at_ns) for name, value in self._values.items()}
