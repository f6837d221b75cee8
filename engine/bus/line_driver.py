"""What drivers with one line have in common: the configuration, the line's life cycle, its health.

A family that talks over one serial port or socket derives from `LineDriver`, sets `channels` and `groups`, and adds
`encode`; one that must change frames as they leave (sequence numbers) overrides `stamp`. Nothing obliges a family to: a driver is
whatever fulfils the `Driver` protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.bus.driver import (
    Channel,
    Configured,
    DeviceConfig,
    Group,
    Health,
    SettingError,
    TwinSpec,
    check_settings,
)


class Line(Protocol):
    """A connection that carries frames; `engine.bus.ports` has serial and UDP ones."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        ...

    def open(self) -> None:
        """Connect. Raises DeviceGone or DeviceBusy."""
        ...

    def send(self, frames: Sequence[bytes]) -> None:
        """Put frames on the line. Raises DeviceGone."""
        ...

    def close(self) -> None:
        """Let go; never raises."""
        ...


class LineDriver:
    """Base of drivers with one line.

    Parameters
    ----------
    config : DeviceConfig
    settings : sequence of str
        Keys of `config.settings` the family knows; any other is refused.
    twin : TwinSpec or None
        How its software twin is made.
    keep_alive_ns : int
        See `engine.bus.driver.Driver`.

    Raises
    ------
    SettingError
        For a setting the family does not know.
    """

    family = ""
    channels: tuple[Channel, ...] = ()
    groups: tuple[Group, ...] = ()

    def __init__(
        self, config: DeviceConfig, *, settings: Sequence[str], twin: TwinSpec | None, keep_alive_ns: int
    ) -> None:
        check_settings(config, settings)
        self.config = config
        self.name = config.name
        self.rate_hz = config.rate_hz
        self.latency = config.latency
        self.keep_alive_ns = keep_alive_ns
        self.twin = twin
        self._line: Line | None = None
        self._where = config.port
        self._sent = 0
        self._failures = 0
        self._note = ""

    def use_line(self, line: Line, where: str) -> None:
        """Take the line to talk over, and how to name it to people (``"serial COM3"``). Opens nothing."""
        self._line, self._where = line, where

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Frames as they leave; where a protocol counts its packets, this is where."""
        return frames

    def open(self) -> None:
        """Connect; a second call does nothing."""
        line = self._used_line()
        try:
            line.open()
        except Exception as error:
            self._failed(error)
            raise
        self._note = self._where

    def send(self, frames: Sequence[bytes]) -> None:
        """Put frames on the line; a line that fails raises DeviceGone, and the bus does the rest."""
        line = self._used_line()
        try:
            line.send(self.stamp(frames))
        except Exception as error:
            self._failed(error)
            raise
        self._sent += len(frames)

    def close(self) -> None:
        """Let go of the line; a second call does nothing."""
        if self._line is not None:
            self._line.close()

    @property
    def instant(self) -> bool:
        """Whether `send` never waits, so that no thread has to do it; a line that is so says it with this name too."""
        return type(self).send is LineDriver.send and bool(getattr(self._line, "instant", False))

    @property
    def health(self) -> Health:
        """State of the line."""
        is_open = self._line is not None and self._line.is_open
        state = "open" if is_open else ("gone" if self._failures else "closed")
        return Health(state, self._sent, self._failures, self._note)

    def _used_line(self) -> Line:
        if self._line is None:
            raise TypeError(
                f"the {self.family} driver of {self.name} has no line: call use_line in its constructor"
            )
        return self._line

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._note = str(error)


def integer_setting(config: Configured, key: str, default: int, low: int, high: int) -> int:
    """A whole number of a device's or a source's settings.

    Raises
    ------
    SettingError
        With what is allowed.
    """
    value = config.settings.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SettingError(f"{key} is {value!r}; allowed: an integer {low} to {high}", "settings", key)
    return value
