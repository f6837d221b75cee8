"""Lines that answer: TCP, UDP and serial with the same few methods, for devices that are talked with.

The counterpart of `engine.bus.ports` for conversations. All turn the many ways a connection fails into `DeviceGone`, never
block for longer than they say, and may be closed twice.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence
from typing import Protocol

from engine.bus.line_driver import Line
from engine.bus.ports import SerialLine, UdpLine, check_host, parse_udp_port
from engine.errors import DeviceGone

_CONNECT_S = 1.0
_WRITE_S = 0.25
_READ_SIZE = 4096


class Link(Line, Protocol):
    """A line that can be read."""

    def read(self, timeout_s: float = 0.0) -> bytes:
        """Whatever has arrived; waits up to `timeout_s` for the first byte. Raises DeviceGone."""
        ...


class TcpLink:
    """A TCP connection to a device.

    Parameters
    ----------
    device : str
        Name of the device, for messages.
    host : str
    port : int
    connect_s : float, default 1.0
        Longest wait for the connection to each address of the host; only the device's own thread waits. A name is looked up
        before, for as long as the system's resolver takes.
    """

    def __init__(self, device: str, host: str, port: int, *, connect_s: float = _CONNECT_S) -> None:
        self._device = device
        self._address = (host, port)
        self._connect_s = connect_s
        self._socket: socket.socket | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._socket is not None

    def open(self) -> None:
        """Connect. Raises DeviceGone."""
        if self._socket is not None:
            return
        made = None
        try:
            made = socket.create_connection(self._address, timeout=self._connect_s)
            # A command is a few bytes and wants to leave now.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(_WRITE_S)
        except OSError as error:
            if made is not None:
                made.close()
            raise DeviceGone(
                f"{self._device}: cannot connect to {self._shown} ({error}); check that it is switched on, the network, "
                "and the port in the rig file"
            ) from error
        self._socket = made

    def send(self, frames: Sequence[bytes]) -> None:
        """Write frames back to back. Raises DeviceGone."""
        if self._socket is None:
            raise DeviceGone(f"{self._device}: the connection to {self._shown} is closed")
        data = b"".join(frames)
        if not data:
            return
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise DeviceGone(f"{self._device}: {self._shown} went away ({error})") from error

    def read(self, timeout_s: float = 0.0) -> bytes:
        """Whatever has arrived. Raises DeviceGone, also when the other end has closed."""
        if self._socket is None:
            return b""
        try:
            if not select.select([self._socket], [], [], timeout_s)[0]:
                return b""
            data = self._socket.recv(_READ_SIZE)
        except (OSError, ValueError) as error:  # ValueError: `select` takes no descriptor beyond 1023
            raise DeviceGone(f"{self._device}: {self._shown} went away ({error})") from error
        if not data:
            raise DeviceGone(f"{self._device}: {self._shown} closed the connection")
        return data

    def close(self) -> None:
        """Let go of the connection."""
        made, self._socket = self._socket, None
        if made is not None:
            made.close()

    @property
    def _shown(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"


class UdpLink(UdpLine):
    """UDP to one address, whose answers can be read."""

    def read(self, timeout_s: float = 0.0) -> bytes:
        """The next datagram, or nothing. Raises DeviceGone when the other end refuses."""
        if self._socket is None:
            return b""
        try:
            if not select.select([self._socket], [], [], timeout_s)[0]:
                return b""
            return self._socket.recv(_READ_SIZE)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:  # ValueError: `select` takes no descriptor beyond 1023
            host, port = self._address
            raise DeviceGone(f"{self._device}: nobody answers at {host}:{port} ({error})") from error


def parse_tcp_port(port: str, default_port: int, *, any_host: bool = False) -> tuple[str, int]:
    """Host and port of ``tcp://host[:port]``; pyserial's ``socket://`` is taken for the same.

    Parameters
    ----------
    port : str
    default_port : int
        0: the port has to be given.
    any_host : bool, default False
        Allow ``tcp://:7000``, which stands for every address of this machine.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    text = port.removeprefix("tcp://").removeprefix("socket://")
    host, _, number = text.rpartition(":") if ":" in text else (text, "", "")
    known = port.startswith(("tcp://", "socket://"))
    if (
        not known
        or not (host or any_host)
        or (number and not (number.isascii() and number.isdigit()))
        or not (number or default_port)
    ):
        raise ValueError(
            f"port is {port!r}; allowed: twin, or tcp://host:port (as tcp://192.168.1.50:{default_port or 7000})"
        )
    chosen = int(number) if number else default_port
    if not 0 < chosen < 65536:
        raise ValueError(f"TCP port is {chosen}; allowed 1 to 65535")
    check_host(host)
    return host, chosen


def is_tcp(port: str) -> bool:
    """Whether a port of a rig names a TCP connection."""
    return port.startswith(("tcp://", "socket://"))


def link_to(device: str, port: str, *, baud: int = 9600, default_port: int = 0) -> Link:
    """The line a port of a rig stands for: ``tcp://``, ``udp://``, else a serial port. Opens nothing.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    if port.startswith("udp://"):
        host, number = parse_udp_port(port, default_port or 7000)
        return UdpLink(device, host, number)
    if is_tcp(port):
        host, number = parse_tcp_port(port, default_port)
        return TcpLink(device, host, number)
    return SerialLine(device, port, baud)
