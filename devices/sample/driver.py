"""Driver of the sample family: the shortest complete one."""

from __future__ import annotations

from collections.abc import Sequence

from devices.sample.codec import encode_level
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    TwinSpec,
    check_keys,
    with_rig_limits,
)
from engine.bus.line_driver import LineDriver
from engine.bus.ports import SerialLine


def create(config: DeviceConfig) -> SampleDriver:
    """Entry point of the family, named in pyproject.toml under ``sensorama.drivers``."""
    return SampleDriver(config)


class SampleDriver(LineDriver):
    """A fan with one level.

    Parameters
    ----------
    config : DeviceConfig
        Takes no settings.

    Raises
    ------
    SettingError
        When the rig says something about it that makes no sense.
    """

    family = "sample"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=(),
            twin=TwinSpec("devices.sample.twin:make_twin", "serial"),
            keep_alive_ns=1_000_000_000,  # an unchanged level is repeated once a second
        )
        group = Group("fan", Form.LEVEL, (0,))
        channel = Channel("fan.level", "ratio", 0.0, 1.0)
        check_keys(config, (channel,), (group,))
        self.channels = (with_rig_limits(channel, group.name, config),)
        self.groups = (group,)
        self.use_line(SerialLine(config.name, config.port, 9600), f"serial {config.port}")

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One command. Pure: same values, same bytes."""
        return (encode_level(values[0]),)
