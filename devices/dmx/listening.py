"""A UDP port that is listened to beside whatever else listens there: for sources and for spotting rivals.

On one machine a lighting program, a visualiser and this engine may all want 6454 or 5568. Broadcast and multicast reach every
socket, but a unicast datagram reaches one only, and the system would give it to the newest. So an *onlooker* opens a dual-stack
IPv6 socket: Linux prefers a plain IPv4 socket over it for unicast (it scores one point less in the kernel's choice of a socket),
so that looking on never takes a packet from the program it is meant for.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import sys
from collections.abc import Sequence

from engine.bus.driver import DeviceConfig, Report, SettingError
from engine.errors import DeviceBusy, DeviceError, DeviceGone

MAX_DATAGRAM = 1500
# Linux lets one socket join 20 groups (net.ipv4.igmp_max_memberships); a port with more takes further sockets.
_GROUPS_PER_SOCKET = 16
_IP_MULTICAST_ALL = 49  # linux/in.h; Python has no name for it
_ROOM_BYTES = 1 << 20

Heard = tuple[bytes, str, int]
"""A datagram, the IPv4 address it came from, and the sender's port."""


class Listening:
    """One UDP port, and the multicast groups on it.

    Parameters
    ----------
    who : str
        Name of the device or source, for messages.
    host : str
        Address to listen at; ``0.0.0.0`` for all.
    port : int
    groups : sequence of str
        IPv4 multicast groups to join.
    interface : str, default ""
        IPv4 address of the network interface on which groups are joined; the system's choice when empty.
    onlooker : bool, default False
        Leave unicast to others, where the system can.
    """

    def __init__(
        self,
        who: str,
        host: str,
        port: int,
        *,
        groups: Sequence[str] = (),
        interface: str = "",
        onlooker: bool = False,
    ) -> None:
        self._who = who
        self._host = host
        self._port = port
        self._groups = tuple(groups)
        self._interface = interface
        self._onlooker = onlooker
        self._sockets: list[socket.socket] = []

    @property
    def is_open(self) -> bool:
        """Whether the port is listened to."""
        return bool(self._sockets)

    @property
    def port(self) -> int:
        """The UDP port; the one the system gave where 0 was asked for."""
        return int(self._sockets[0].getsockname()[1]) if self._sockets else self._port

    def open(self) -> None:
        """Begin to listen; does nothing when open. Raises DeviceGone or DeviceBusy."""
        if self._sockets:
            return
        bundles = [
            self._groups[first : first + _GROUPS_PER_SOCKET]
            for first in range(0, len(self._groups), _GROUPS_PER_SOCKET)
        ] or [()]
        try:
            for bundle in bundles:
                self._sockets.append(self._made(bundle))
        except OSError as error:
            self.close()
            where = f"UDP port {self._port} at {self._host}"
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                raise DeviceBusy(
                    f"{self._who}: {where} is held by another program or not permitted ({error}); "
                    "close the other program, or let it share the port"
                ) from error
            raise DeviceGone(
                f"{self._who}: cannot listen on {where} ({error}); check the address and the network"
            ) from error

    def hear(self, timeout_s: float = 0.0, most: int = 256) -> list[Heard]:
        """Datagrams that have come in, at most about `most`; waits up to `timeout_s` for the first.

        Raises
        ------
        DeviceGone
        """
        if not self._sockets:
            raise DeviceGone(f"{self._who}: UDP port {self._port} is not open")
        heard: list[Heard] = []
        try:
            ready = self._sockets
            if timeout_s > 0.0:
                ready, _, _ = select.select(self._sockets, [], [], timeout_s)
            for made in ready:
                while len(heard) < most:
                    try:
                        data, address = made.recvfrom(MAX_DATAGRAM)
                    except (BlockingIOError, InterruptedError):
                        break
                    except ConnectionError:
                        continue  # an answer of ours was refused: Windows and Linux say so here
                    heard.append((data, str(address[0]).removeprefix("::ffff:"), int(address[1])))
        except (OSError, ValueError) as error:
            raise DeviceGone(f"{self._who}: UDP port {self._port} went away ({error})") from error
        return heard

    def answer(self, data: bytes, host: str, port: int) -> bool:
        """Send a datagram from the listening port; whether it left. An answer that cannot be sent is lost like any datagram."""
        if not self._sockets:
            return False
        made = self._sockets[0]
        try:
            made.sendto(data, (f"::ffff:{host}" if made.family == socket.AF_INET6 else host, port))
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Stop listening; does nothing when closed."""
        sockets, self._sockets = self._sockets, []
        for made in sockets:
            made.close()

    def _made(self, groups: Sequence[str]) -> socket.socket:
        family = socket.AF_INET
        if self._onlooker and sys.platform == "linux" and socket.has_dualstack_ipv6():
            family = socket.AF_INET6
        made = socket.socket(family, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "SO_REUSEPORT"):
                # BSDs share a port only so; Linux too, with programs that ask for it.
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM_BYTES)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                made.bind(("::" if self._host == "0.0.0.0" else f"::ffff:{self._host}", self._port))
            else:
                made.bind((self._host, self._port))
            if groups and sys.platform == "linux":
                # Without this a socket gets every group that anybody on the machine has joined.
                made.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
            for group in groups:
                request = struct.pack(
                    "4s4s", socket.inet_aton(group), socket.inet_aton(self._interface or "0.0.0.0")
                )
                made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        except OSError:
            made.close()
            raise
        return made


class Lookout:
    """Looking out for others beside one's own work: the port is tried once a connection, and a failure is told once."""

    def __init__(self) -> None:
        self._tried = False
        self._told = False

    def hear(self, listening: Listening | None, reports: list[Report]) -> list[Heard]:
        """What came in at the port, nothing where it cannot be listened to. Raises DeviceGone when it went away."""
        if listening is None:
            return []
        if not self._tried:
            self._tried = True
            try:
                listening.open()
            except DeviceError as error:
                if not self._told:
                    self._told = True
                    reports.append(Report("session", f"rivals are not looked out for: {error}"))
        return listening.hear() if listening.is_open else []

    def close(self, listening: Listening | None) -> None:
        """Stop until the next connection."""
        self._tried = False
        if listening is not None:
            listening.close()


def parse_listening_port(port: str, default_port: int) -> tuple[str, int]:
    """Address and port of ``udp://address[:port]``, as a source is given it.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    host, _, number = port.removeprefix("udp://").partition(":")
    if not port.startswith("udp://") or not host or (number and not (number.isascii() and number.isdigit())):
        raise ValueError(f"port is {port!r}; allowed: udp://0.0.0.0, or udp://ADDRESS:{default_port}")
    chosen = int(number) if number else default_port
    if chosen > 65535:
        raise ValueError(f"UDP port is {chosen}; allowed 0 to 65535")
    return host, chosen


def listening_setting(
    config: DeviceConfig, default_port: int, *, wanted: bool, groups: Sequence[str] = (), interface: str = ""
) -> Listening | None:
    """Where a driver looks out for rivals: its setting ``listen``.

    Parameters
    ----------
    config : DeviceConfig
    default_port : int
    wanted : bool
        What holds where the setting says nothing: every address, or not at all.
    groups, interface
        See `Listening`.

    Returns
    -------
    Listening or None
        None for ``listen: none``.

    Raises
    ------
    SettingError
    """
    text = config.settings.get("listen", "udp://0.0.0.0" if wanted else "none")
    if text == "none":
        return None
    if not isinstance(text, str):
        raise SettingError(f"listen is {text!r}; allowed: none, or udp://ADDRESS:PORT", "settings", "listen")
    try:
        host, port = parse_listening_port(text, default_port)
    except ValueError as error:
        raise SettingError(f"listen: {error}", "settings", "listen") from None
    return Listening(config.name, host, port, groups=groups, interface=interface, onlooker=True)
