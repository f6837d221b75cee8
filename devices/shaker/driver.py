"""Driver for a shaker board on a serial port."""

from __future__ import annotations

from collections.abc import Sequence

from devices.actuators import make_actuators
from devices.settings import band_setting
from devices.shaker.codec import BAUD, Shake, encode_shake
from engine.bus.driver import DeviceConfig, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver, integer_setting
from engine.bus.ports import SerialLine

_SETTINGS = ("exciters", "low", "high", "baud")
# Exciters of this kind are felt from 20 to about 100 Hz; below they bottom out, above they are heard.
_LOW_HZ, _HIGH_HZ = 20.0, 120.0
# Repeated well within the hold, so that two lost commands do not interrupt a rumble.
_HOLD_S = 0.3
_KEEP_ALIVE_NS = 100_000_000


def create(config: DeviceConfig) -> ShakerDriver:
    """Entry point of the family."""
    return ShakerDriver(config)


class ShakerDriver(LineDriver):
    """One board with one or more exciters, which all shake alike unless roles name them by group.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "shaker"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.shaker:make_twin", "serial"),
            keep_alive_ns=_KEEP_ALIVE_NS,
        )
        names = config.settings.get("exciters", ["seat"])
        if (
            not isinstance(names, list)
            or not 1 <= len(names) <= 16
            or len(set(map(str, names))) != len(names)
        ):
            raise SettingError(
                f"exciters is {names!r}; allowed: a list of 1 to 16 different names", "settings", "exciters"
            )
        self.channels, self.groups = make_actuators(
            config, tuple(map(str, names)), *band_setting(config, _LOW_HZ, _HIGH_HZ)
        )
        baud = integer_setting(config, "baud", BAUD, 1200, 4_000_000)
        self.use_line(SerialLine(config.name, config.port, baud), f"serial {config.port}")

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One frame with a command for each exciter."""
        return (
            b"".join(
                encode_shake(Shake(index, values[2 * index], values[2 * index + 1], _HOLD_S))
                for index in range(len(values) // 2)
            ),
        )
