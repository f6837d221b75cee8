"""Listens for HTTP requests and says what they ask for."""

from __future__ import annotations

import ipaddress
import queue
from collections.abc import Sequence

from devices.http.codec import HttpError, decode_request
from devices.http.server import Gate, Server
from engine.bus.driver import SettingError, check_settings
from engine.bus.ports import check_host
from engine.bus.source import Chunk, Signal, SourceConfig
from engine.errors import DeviceBusy, DeviceGone

DEFAULT_PORT = 8080
_SETTINGS = ("token", "paths", "open")


def create_source(config: SourceConfig) -> HttpSource:
    """Entry point of the family."""
    return HttpSource(config)


def parse_port(port: str) -> tuple[str, int]:
    """Host and port of ``http://[host][:port]``; the loopback and 8080 where they are left out.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    host, _, number = port.removeprefix("http://").rstrip("/").partition(":")
    if (
        not port.startswith("http://")
        or "/" in host
        or (number and not (number.isascii() and number.isdigit()))
    ):
        raise ValueError(f"port is {port!r}; allowed: http://host:port, as http://127.0.0.1:{DEFAULT_PORT}")
    chosen = int(number) if number else DEFAULT_PORT
    if not 0 < chosen < 65536:
        raise ValueError(f"TCP port is {chosen}; allowed 1 to 65535")
    check_host(host)
    return host or "127.0.0.1", chosen


class HttpSource:
    """Listens on ``http://host:port``.

    Parameters
    ----------
    config : SourceConfig
        `settings`: ``token``, ``paths``, ``open``; see the README of the family.

    Raises
    ------
    SettingError
    """

    family = "http"

    def __init__(self, config: SourceConfig) -> None:
        check_settings(config, _SETTINGS)
        try:
            self._address = parse_port(config.port)
        except ValueError as error:
            raise SettingError(str(error), "port") from error
        token = config.settings.get("token", "")
        if not isinstance(token, str) or (token and len(token) < 8):
            raise SettingError("token must be a text of at least 8 characters", "settings", "token")
        if not token and not _is_loopback(self._address[0]) and config.settings.get("open") is not True:
            raise SettingError(
                f"{config.port} can be reached from the network by everybody; give a token, or write open: true "
                "where the network itself is trusted",
                "settings",
                "token",
            )
        self.name = config.name
        self.refused = 0
        self._gate = Gate(token, _allowed(config))
        self._server: Server | None = None

    def open(self) -> None:
        """Listen; a second call does nothing."""
        if self._server is not None:
            return
        host, port = self._address
        try:
            self._server = Server(self._address, self._gate)
        except OSError as error:
            raise DeviceBusy(
                f"{self.name}: cannot listen on {host}:{port} ({error}); is another program there?"
            ) from error

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Requests that have come in; waits for the first."""
        if self._server is None:
            raise DeviceGone(f"{self.name}: not open")
        try:
            found = [self._server.found.get(timeout=timeout_s)]
        except queue.Empty:
            return ()
        while len(found) < 64:
            try:
                found.append(self._server.found.get_nowait())
            except queue.Empty:
                break
        return found

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """The request as a signal; what is none is counted."""
        try:
            address, values = decode_request(chunk.data)
        except HttpError:
            self.refused += 1
            return ()
        return (Signal(self.name, address, values, at_ns),)

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.end()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Paths:
    """Paths that are answered; each may end in ``*``."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = tuple(patterns)

    def __call__(self, path: str) -> bool:
        return any(
            path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
            for pattern in self._patterns
        )


def _allowed(config: SourceConfig) -> _Paths:
    paths = config.settings.get("paths", ["/*"])
    if (
        not isinstance(paths, list)
        or not paths
        or not all(isinstance(x, str) and x.startswith("/") for x in paths)
    ):
        raise SettingError(f"paths is {paths!r}; list paths as [/go, /light/*]", "settings", "paths")
    return _Paths(paths)
