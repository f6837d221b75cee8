"""A WebSocket to a program that has devices, with the life cycle the bus expects."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.bus.ports import check_host
from engine.errors import DeviceGone, MissingExtra

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_OPEN_S = 2.0
_CLOSE_S = 0.5
_SEND_S = 0.25
_PING_S = 5.0
_MAX_MESSAGE = 1 << 20
_MOST_MESSAGES = 64


def need_websockets() -> None:
    """Refuse to go on without the library.

    Raises
    ------
    MissingExtra
    """
    if find_spec("websockets") is None:
        raise MissingExtra("haptics", "devices behind a WebSocket (Intiface, bHaptics)")


def check_ws_port(port: str, example: str) -> str:
    """A port that names a WebSocket.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    try:
        parts = urlsplit(port)
        good = (
            parts.scheme in ("ws", "wss") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        )
        check_host(parts.hostname or "")
    except ValueError:  # a port beyond 65535, a bracket that is never closed
        good = False
    if not good:
        raise ValueError(f"port is {port!r}; allowed: twin, or ws://host:port (as {example})")
    return port


def _limit_sending(made: socket.socket) -> None:
    """Let a send to one that reads nothing fail after a quarter of a second rather than wait for ever.

    A timeout of the socket itself would end the library's reading thread too, so only sending gets one.
    """
    # A struct timeval; Windows takes milliseconds.
    limit = (
        round(_SEND_S * 1000).to_bytes(4, "little")
        if sys.platform == "win32"
        else struct.pack("@ll", int(_SEND_S), round(_SEND_S % 1.0 * 1e6))
    )
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


class WsLine:
    """A WebSocket to one address; a frame is a text message.

    Parameters
    ----------
    device : str
        Name of the device, for messages.
    uri : str
        ``ws://host:port/path``.

    Notes
    -----
    The library pings by itself every 5 s and gives the connection up when no answer comes within 5 s; who takes nothing for 0.25 s
    while something is sent counts as gone.
    """

    def __init__(self, device: str, uri: str) -> None:
        self._device = device
        self._uri = uri
        self._connection: ClientConnection | None = None
        self._entered = ExitStack()

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def open(self) -> None:
        """Connect. Raises DeviceGone."""
        if self._connection is not None:
            return
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        try:
            # Entered rather than called: from websockets 17 on nothing else connects, and before it does no harm.
            self._connection = self._entered.enter_context(
                connect(
                    self._uri,
                    open_timeout=_OPEN_S,
                    close_timeout=_CLOSE_S,
                    ping_interval=_PING_S,
                    ping_timeout=_PING_S,
                    compression=None,  # a command is a few bytes and wants to leave now
                    proxy=None,
                    max_size=_MAX_MESSAGE,
                )
            )
            _limit_sending(self._connection.socket)
        except (OSError, ValueError, WebSocketException) as error:
            raise DeviceGone(
                f"{self._device}: nobody answers at {self._uri} ({error}); start the program that has the devices, and check "
                "the port in the rig file"
            ) from error

    def send(self, frames: Sequence[bytes]) -> None:
        """Send each frame as a text message. Raises DeviceGone."""
        if self._connection is None:
            raise DeviceGone(f"{self._device}: the connection to {self._uri} is closed")
        from websockets.exceptions import ConnectionClosed

        try:
            for frame in frames:
                self._connection.send(frame.decode("utf-8"))
        except (OSError, ConnectionClosed) as error:
            raise DeviceGone(f"{self._device}: {self._uri} went away ({error})") from error

    def read(self, timeout_s: float = 0.0) -> list[bytes]:
        """Messages that have arrived; waits up to `timeout_s` for the first. Raises DeviceGone."""
        connection = self._connection
        found: list[bytes] = []
        if connection is None:
            return found
        from websockets.exceptions import ConnectionClosed

        try:
            while len(found) < _MOST_MESSAGES:
                found.append(connection.recv(0.0 if found else timeout_s, decode=False))
        except TimeoutError:
            pass
        except (OSError, ConnectionClosed) as error:
            raise DeviceGone(f"{self._device}: {self._uri} went away ({error})") from error
        return found

    def close(self) -> None:
        """Let go of the connection; never raises."""
        self._connection = None
        self._entered.close()
