"""Driver of the sample family: the shortest complete one."""

from __future__ import annotations

from collections.abc import Sequence

from devices.sample.codec import encode_level
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    Health,
    TwinSpec,
    check_keys,
    check_settings,
    with_rig_limits,
)
from engine.bus.ports import SerialLine


def create(config: DeviceConfig) -> SampleDriver:
    """Entry point of the family, named in pyproject.toml under ``sensorama.drivers``."""
    return SampleDriver(config)


class SampleDriver:
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
        check_settings(config, ())
        self.config = config
        self.name = config.name
        self.rate_hz = config.rate_hz
        self.latency = config.latency
        self.keep_alive_ns = 1_000_000_000  # an unchanged level is repeated once a second
        self.twin: TwinSpec | None = TwinSpec("devices.sample.twin:make_twin", "serial")
        group = Group("fan", Form.LEVEL, (0,))
        channel = Channel("fan.level", "ratio", 0.0, 1.0)
        check_keys(config, (channel,), (group,))
        self.channels: tuple[Channel, ...] = (with_rig_limits(channel, group.name, config),)
        self.groups: tuple[Group, ...] = (group,)
        self._line = SerialLine(config.name, config.port, 9600)
        self._sent = 0
        self._failures = 0
        self._note = ""

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """One command. Pure: same values, same bytes."""
        return (encode_level(values[0]),)

    def open(self) -> None:
        """Connect; a second call does nothing."""
        try:
            self._line.open()
        except Exception as error:
            self._failures += 1
            self._note = str(error)
            raise
        self._note = f"serial {self.config.port}"

    def send(self, frames: Sequence[bytes]) -> None:
        """Put frames on the line; a line that fails raises DeviceGone, and the bus does the rest."""
        try:
            self._line.send(frames)
        except Exception as error:
            self._failures += 1
            self._note = str(error)
            raise
        self._sent += len(frames)

    def close(self) -> None:
        """Let go of the line; a second call does nothing."""
        self._line.close()

    @property
    def health(self) -> Health:
        """State of the line."""
        state = "open" if self._line.is_open else ("gone" if self._failures else "closed")
        return Health(state, self._sent, self._failures, self._note)
