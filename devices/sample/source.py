"""Source of the sample family: the shortest complete one. A line of text over UDP says an address and its values."""

from __future__ import annotations

import math
import socket
from collections.abc import Sequence

from engine.bus.driver import SettingError
from engine.bus.ports import parse_udp_port
from engine.bus.source import Chunk, Signal, SourceConfig, Value
from engine.errors import DeviceBusy, DeviceGone

LARGEST = 1200
"""Longest datagram that is read, in bytes; what is longer is not ours."""

MOST_VALUES = 32


def create_source(config: SourceConfig) -> SampleSource:
    """Entry point of the family, named in pyproject.toml under ``sensorama.sources``."""
    return SampleSource(config)


def decode_line(data: bytes) -> tuple[str, tuple[Value, ...]]:
    """Address and values of a line such as ``b"/fan 0.5 on\\n"``. Pure.

    Raises
    ------
    ValueError
        When it is no such line.
    """
    if len(data) > LARGEST:
        raise ValueError(f"{len(data)} bytes; a line has at most {LARGEST}")
    words = data.decode("utf-8").split()
    if not words or not words[0].startswith("/"):
        raise ValueError(f"not a sample line: {data[:40]!r}; it looks like b'/fan 0.5'")
    if len(words) > MOST_VALUES + 1:
        raise ValueError(f"{len(words) - 1} values; a line has at most {MOST_VALUES}")
    return words[0], tuple(_value(word) for word in words[1:])


def _value(word: str) -> Value:
    try:
        number = float(word)
    except ValueError:
        return word
    return number if math.isfinite(number) else word


class SampleSource:
    """Listens for lines on ``udp://host:port``.

    Parameters
    ----------
    config : SourceConfig
        Takes no settings.

    Raises
    ------
    SettingError
    """

    family = "sample"

    def __init__(self, config: SourceConfig) -> None:
        if config.settings:
            raise SettingError(f"unknown setting {next(iter(config.settings))!r}; it takes none", "settings")
        try:
            self._address = parse_udp_port(config.port, 9100)
        except ValueError as error:
            raise SettingError(str(error), "port") from error
        self.name = config.name
        self.refused = 0
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Listen; a second call does nothing."""
        if self._socket is not None:
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.bind(self._address)
        except OSError as error:
            made.close()
            host, port = self._address
            raise DeviceBusy(
                f"{self.name}: cannot listen on {host}:{port} ({error}); is another program there?"
            ) from error
        self._socket = made

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """The next datagram, if one comes in time."""
        if self._socket is None:
            raise DeviceGone(f"{self.name}: not open")
        self._socket.settimeout(timeout_s)
        try:
            data, sender = self._socket.recvfrom(LARGEST + 1)
        except (TimeoutError, BlockingIOError):  # the second where `timeout_s` is 0
            return ()
        except OSError as error:
            raise DeviceGone(f"{self.name}: {error}") from error
        return (Chunk(data, sender[0]),)

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """The line as a signal; what is none is counted."""
        try:
            address, values = decode_line(chunk.data)
        except ValueError:  # UnicodeDecodeError is one too
            self.refused += 1
            return ()
        return (Signal(self.name, address, values, at_ns),)

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        made, self._socket = self._socket, None
        if made is not None:
            made.close()
