"""Ears of sources: UDP, TCP with several senders, serial. What came in is handed on as chunks; nobody decodes here."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Sequence
from typing import Protocol

from devices.links import Link, link_to
from engine.bus.driver import SettingError
from engine.bus.ports import check_host
from engine.bus.source import Chunk, SourceConfig
from engine.errors import DeviceBusy, DeviceGone

_DATAGRAM = 65535
# One call hands on this much at most, so that a sender who never pauses cannot keep the reader from its other work.
_MOST_CHUNKS = 64
_MOST_CLIENTS = 32


class Ear(Protocol):
    """What a source needs of its line."""

    def open(self) -> None:
        """Begin to listen. Raises DeviceGone or DeviceBusy."""
        ...

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """What has come in; waits up to `timeout_s` for the first. Raises DeviceGone."""
        ...

    def close(self) -> None:
        """Stop; never raises."""
        ...


class UdpEar:
    """A UDP port of this machine.

    Parameters
    ----------
    name : str
        Of the source, for messages.
    host : str
        Address to listen on; ``""`` or ``0.0.0.0`` for all, a multicast group is joined.
    port : int
        0 lets the system choose; `bound_port` tells.
    """

    def __init__(self, name: str, host: str, port: int) -> None:
        self._name = name
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._waiting: selectors.BaseSelector | None = None

    @property
    def bound_port(self) -> int:
        """The port that is listened on; 0 while closed."""
        return 0 if self._socket is None else int(self._socket.getsockname()[1])

    def open(self) -> None:
        """Bind the port."""
        if self._socket is not None:
            return
        host, port = self._address
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            group = host if _is_multicast(host) else ""
            if group:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("" if group else host, port))
            if group:
                made.setsockopt(
                    socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + b"\x00\x00\x00\x00"
                )
            made.setblocking(False)
        except OSError as error:
            made.close()
            raise DeviceBusy(
                f"{self._name}: cannot listen on UDP {host or '0.0.0.0'}:{port} ({error}); close the program that does, or "
                "choose another port in the rig file"
            ) from error
        self._socket = made
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(made, selectors.EVENT_READ)

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams, each with its sender's ``host:port``."""
        if self._socket is None or self._waiting is None:
            raise DeviceGone(f"{self._name}: is not listening")
        found: list[Chunk] = []
        if not self._waiting.select(timeout_s):
            return found
        while len(found) < _MOST_CHUNKS:
            try:
                data, sender = self._socket.recvfrom(_DATAGRAM)
            except BlockingIOError:
                break
            except OSError as error:
                raise DeviceGone(f"{self._name}: the UDP port went away ({error})") from error
            found.append(Chunk(data, f"{sender[0]}:{sender[1]}"))
        return found

    def close(self) -> None:
        """Let go of the port."""
        made, self._socket = self._socket, None
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.close()
        if made is not None:
            made.close()


class TcpEar:
    """A TCP port of this machine, with up to 32 senders at once; a further one is hung up on.

    Parameters
    ----------
    name : str
    host : str
    port : int
        0 lets the system choose; `bound_port` tells.
    """

    def __init__(self, name: str, host: str, port: int) -> None:
        self._name = name
        self._address = (host, port)
        self._server: socket.socket | None = None
        self._clients: dict[socket.socket, str] = {}
        self._waiting: selectors.BaseSelector | None = None

    @property
    def bound_port(self) -> int:
        """The port that is listened on; 0 while closed."""
        return 0 if self._server is None else int(self._server.getsockname()[1])

    def open(self) -> None:
        """Bind the port."""
        if self._server is not None:
            return
        host, port = self._address
        try:
            made = socket.create_server((host, port))
        except OSError as error:
            raise DeviceBusy(
                f"{self._name}: cannot listen on TCP {host or '0.0.0.0'}:{port} ({error}); close the program that does, or "
                "choose another port in the rig file"
            ) from error
        made.setblocking(False)
        self._server = made
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(made, selectors.EVENT_READ)

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Cuts of the senders' streams; an empty chunk says that its sender has gone."""
        if self._server is None or self._waiting is None:
            raise DeviceGone(f"{self._name}: is not listening")
        found: list[Chunk] = []
        for key, _ in self._waiting.select(timeout_s):
            if key.fileobj is self._server:
                self._accept(self._server, self._waiting)
                continue
            client = key.fileobj
            assert isinstance(client, socket.socket)
            try:
                data = client.recv(_DATAGRAM)
            except BlockingIOError:
                continue
            except OSError:
                data = b""  # a sender who breaks off is a sender who left
            found.append(Chunk(data, self._clients[client]))
            if not data:
                self._drop(client, self._waiting)
        return found

    def close(self) -> None:
        """Hang up on everybody and let go of the port."""
        waiting, self._waiting = self._waiting, None
        made, self._server = self._server, None
        if waiting is not None:
            for client in list(self._clients):
                self._drop(client, waiting)
            waiting.close()
        if made is not None:
            made.close()

    def _accept(self, server: socket.socket, waiting: selectors.BaseSelector) -> None:
        try:
            client, address = server.accept()
        except OSError:
            return  # whoever knocked has left again
        if len(self._clients) >= _MOST_CLIENTS:
            client.close()
            return
        client.setblocking(False)
        self._clients[client] = f"{address[0]}:{address[1]}"
        waiting.register(client, selectors.EVENT_READ)

    def _drop(self, client: socket.socket, waiting: selectors.BaseSelector) -> None:
        del self._clients[client]
        waiting.unregister(client)
        client.close()


class LinkEar:
    """A line of our own making: a serial port, or a connection to a server that tells us things."""

    def __init__(self, link: Link, sender: str) -> None:
        self._link = link
        self._sender = sender

    def open(self) -> None:
        """Connect."""
        self._link.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """A cut of the stream."""
        if not self._link.is_open:
            raise DeviceGone(f"{self._sender} is not open")
        data = self._link.read(timeout_s)
        return [Chunk(data, self._sender)] if data else []

    def close(self) -> None:
        """Let go."""
        self._link.close()


def ear_on(name: str, port: str, *, baud: int = 9600, connect: bool = False, default_port: int = 0) -> Ear:
    """What listens on a port of a rig: ``udp://``, ``tcp://`` (or connects there), else a serial port. Opens nothing.

    Parameters
    ----------
    name : str
        Of the source, for messages.
    port : str
    baud : int
        Of a serial port.
    connect : bool
        Connect to ``tcp://host:port`` rather than listen there.
    default_port : int
        Where a port names no number; 0: it has to.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    scheme, mark, rest = port.partition("://")
    if mark and scheme in ("udp", "tcp") and not connect:
        host, colon, number = rest.partition(":")
        if not number and not colon and host and default_port:
            number = str(default_port)
        if not (number.isascii() and number.isdigit()) or not 0 <= int(number) < 65536:
            raise ValueError(
                f"port is {port!r}; allowed: {scheme}://address:port (as {scheme}://0.0.0.0:{default_port or 9000})"
            )
        check_host(host)
        return UdpEar(name, host, int(number)) if scheme == "udp" else TcpEar(name, host, int(number))
    return LinkEar(link_to(name, port, baud=baud), port)


def ear_of(
    config: SourceConfig,
    schemes: Sequence[str] = (),
    *,
    baud: int = 9600,
    connect: bool = False,
    default_port: int = 0,
) -> Ear:
    """What listens on a source's port.

    Parameters
    ----------
    config : SourceConfig
    schemes : sequence of str
        The only ones allowed, of ``udp`` and ``tcp``; empty: all, and serial ports.
    baud, connect, default_port
        See `ear_on`.

    Raises
    ------
    SettingError
    """
    if schemes and config.port.partition("://")[0] not in schemes:
        allowed = ", ".join(f"{scheme}://address:port" for scheme in schemes)
        raise SettingError(
            f"port is {config.port!r}; allowed: {allowed} (as {schemes[0]}://0.0.0.0:{default_port or 9000})",
            "port",
        )
    try:
        return ear_on(config.name, config.port, baud=baud, connect=connect, default_port=default_port)
    except ValueError as error:
        raise SettingError(str(error), "port") from None


def _is_multicast(host: str) -> bool:
    first, _, _ = host.partition(".")
    return first.isdecimal() and 224 <= int(first) <= 239
