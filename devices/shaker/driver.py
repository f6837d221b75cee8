"""Driver for a shaker board on a serial port."""

from __future__ import annotations

from collections.abc import Sequence

from devices.shaker.codec import BAUD, Shake, encode_shake
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    SettingError,
    TwinSpec,
    check_keys,
    with_rig_limits,
)
from engine.bus.line_driver import LineDriver, integer_setting
from engine.bus.ports import SerialLine
from engine.units import parse_frequency_hz

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
        low_hz = _frequency(config, "low", _LOW_HZ)
        high_hz = _frequency(config, "high", _HIGH_HZ)
        if not low_hz < high_hz:
            raise SettingError(
                f"low is {low_hz:g} Hz, high is {high_hz:g} Hz; low must be lower", "settings", "low"
            )
        channels: list[Channel] = []
        groups: list[Group] = []
        for name in map(str, names):
            first = len(channels)
            groups.append(Group(name, Form.HAPTIC, (first, first + 1)))
            # 50/s: from nothing to full in 20 ms, short enough for a drum and soft enough for the coil's
            # stop.
            channels.append(Channel(f"{name}.amplitude", "ratio", 0.0, 1.0, velocity=50.0))
            channels.append(Channel(f"{name}.frequency", "hz", low_hz, high_hz, low_hz, low_hz))
        check_keys(config, channels, groups)
        owner = [group.name for group in groups for _ in group.channels]
        # Limits for a group are meant for its amplitude; a frequency has limits under its own name only.
        self.channels = tuple(
            with_rig_limits(channel, name if channel.unit == "ratio" else channel.name, config)
            for channel, name in zip(channels, owner, strict=True)
        )
        self.groups = tuple(groups)
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


def _frequency(config: DeviceConfig, key: str, default_hz: float) -> float:
    value = config.settings.get(key)
    if value is None:
        return default_hz
    try:
        found = parse_frequency_hz(value)
    except ValueError as error:
        raise SettingError(f"{key}: {error}", "settings", key) from None
    if not 1.0 <= found <= 1000.0:
        raise SettingError(f"{key} is {found:g} Hz; allowed 1 to 1000", "settings", key)
    return found
