"""The UDP line of the lighting families: to one host, or each datagram to the multicast group it names itself."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

from devices.dmx.listening import MAX_DATAGRAM, Heard
from engine.bus.ports import UdpLine
from engine.errors import DeviceGone


class Sending(UdpLine):
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
        super().__init__(device, host, port, broadcast=broadcast)
        self._group_of = group_of
        self._interface = interface
        self._ttl = ttl

    @property
    def local(self) -> tuple[str, int]:
        """Our own address and port, as others see them; the address is empty where the system chooses per datagram."""
        if self._socket is None:
            return "", 0
        host, port = self._socket.getsockname()[:2]
        return ("" if host == "0.0.0.0" else str(host)), int(port)

    def open(self) -> None:
        """Make the socket; with one host, resolve it too. UDP cannot tell whether anybody listens. Raises DeviceGone."""
        if self._socket is not None:
            return
        if self._group_of is None:
            super().open()
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self._ttl)
            if self._interface:
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self._interface))
            made.bind((self._interface, 0))
        except OSError as error:
            made.close()
            raise DeviceGone(
                f"{self._device}: cannot send from {self._interface or 'this machine'} ({error}); check the network, and "
                "interface in the rig file"
            ) from error
        self._socket = made

    def send(self, frames: Sequence[bytes]) -> None:
        """Send each frame as one datagram. Raises DeviceGone."""
        made = self._socket
        if made is None or self._group_of is None:
            super().send(frames)
            return
        for frame in frames:
            group = self._group_of(frame)
            try:
                made.sendto(frame, (group, self._address[1]))
            except BlockingIOError:
                continue  # as in `UdpLine`: one datagram is lost
            except OSError as error:
                raise DeviceGone(f"{self._device}: nothing can be sent to {group} ({error})") from error

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


def is_this_machine(host: str) -> bool:
    """Whether a host is the loopback, where no stranger can drive anything."""
    return host in {"", "localhost"} or host.startswith("127.")
