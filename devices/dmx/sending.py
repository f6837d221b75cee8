"""The UDP line of the lighting families: to one host, or each datagram to the multicast group it names itself."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from devices.dmx.listening import MAX_DATAGRAM, Heard
from engine.errors import DeviceGone


class Sending:
    """A UDP socket that sends frames, and hears the answers to them.

    Parameters
    ----------
    device : str
        Name of the device, for messages.
    host : str
        Whom to send to; with `group_of`, only named to people.
    port : int
    broadcast : bool, default False
        Allow a broadcast address.
    group_of : callable or None
        Address of the multicast group a frame belongs to; None sends all to `host`.
    interface : str, default ""
        IPv4 address of the network interface multicast leaves by; the system's choice when empty.
    ttl : int, default 1
        Routers a multicast datagram may pass, plus one.
    """

    def __init__(
        self,
        device: str,
        host: str,
        port: int,
        *,
        broadcast: bool = False,
        group_of: Callable[[bytes], str] | None = None,
        interface: str = "",
        ttl: int = 1,
    ) -> None:
        self._device = device
        self._address = (host, port)
        self._broadcast = broadcast
        self._group_of = group_of
        self._interface = interface
        self._ttl = ttl
        self._socket: socket.socket | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    @property
    def local(self) -> tuple[str, int]:
        """Our own address and port, as others see them; the address is empty where the system chooses per datagram."""
        if self._socket is None:
            return "", 0
        host, port = self._socket.getsockname()[:2]
        return ("" if host == "0.0.0.0" else str(host)), int(port)

    def open(self) -> None:
        """Make the socket and resolve the host. UDP cannot tell whether anybody listens."""
        if self._socket is not None:
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, int(self._broadcast))
            if self._group_of is None:
                made.connect(self._address)
            else:
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self._ttl)
                if self._interface:
                    made.setsockopt(
                        socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self._interface)
                    )
                made.bind((self._interface, 0))
        except OSError as error:
            made.close()
            host, port = self._address
            raise DeviceGone(
                f"{self._device}: cannot reach {host}:{port} ({error}); check the network and the port in "
                f"the rig file"
            ) from error
        self._socket = made

    def send(self, frames: Sequence[bytes]) -> None:
        """Send each frame as one datagram. Raises DeviceGone."""
        made = self._socket
        if made is None:
            raise DeviceGone(f"{self._device}: no socket is open")
        port = self._address[1]
        for frame in frames:
            try:
                if self._group_of is None:
                    made.send(frame)
                else:
                    made.sendto(frame, (self._group_of(frame), port))
            except BlockingIOError:
                # The system's queue is full: this frame is lost as any datagram may be, the next one follows.
                continue
            except OSError as error:
                # On a connected socket a refused datagram is reported here: nobody listens at the other end.
                raise DeviceGone(
                    f"{self._device}: nobody answers at {self._address[0]}:{port} ({error})"
                ) from error

    def hear(self, most: int = 64) -> list[Heard]:
        """Answers that came to this socket; never waits. Raises DeviceGone when the other end refused."""
        made = self._socket
        heard: list[Heard] = []
        while made is not None and len(heard) < most:
            try:
                data, address = made.recvfrom(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                raise DeviceGone(
                    f"{self._device}: nobody answers at {self._address[0]}:{self._address[1]} ({error})"
                ) from error
            heard.append((data, str(address[0]), int(address[1])))
        return heard

    def close(self) -> None:
        """Let go of the socket."""
        made, self._socket = self._socket, None
        if made is not None:
            made.close()


def is_this_machine(host: str) -> bool:
    """Whether a host is the loopback, where no stranger can drive anything."""
    return host in {"", "localhost"} or host.startswith("127.")
