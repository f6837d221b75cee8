"""Lines that several driver families share: serial and UDP, each with the life cycle the bus expects.

Both turn the many ways a line can fail into `DeviceGone` or `DeviceBusy`, close without complaint, and may be
closed twice.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import Any

from engine.errors import DeviceBusy, DeviceGone

_BUSY = {errno.EBUSY, errno.EACCES, errno.EAGAIN}


class SerialLine:
    """A serial port, or anything pyserial takes for one (``socket://host:port``, ``loop://``, a pty).

    Parameters
    ----------
    device : str
        Name of the device, for messages.
    port : str
    baud : int
    write_timeout_s : float, default 0.25
        A line that takes no byte for this long counts as gone. Only the device's own thread waits.
    parity : {"N", "O", "E"}
        None, odd or even.
    """

    def __init__(
        self, device: str, port: str, baud: int, *, write_timeout_s: float = 0.25, parity: str = "N"
    ) -> None:
        self._device = device
        self._port_name = port
        self._baud = baud
        self._write_timeout_s = write_timeout_s
        self._parity = parity
        self._port: Any = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._port is not None

    def open(self) -> None:
        """Connect; 8 data bits, 1 stop bit."""
        if self._port is not None:
            return
        import serial

        try:
            self._port = serial.serial_for_url(
                self._port_name,
                baudrate=self._baud,
                parity=self._parity,
                timeout=0,
                write_timeout=self._write_timeout_s,
                exclusive=True,  # a second run must not talk in between
            )
        except (serial.SerialException, OSError, ValueError) as error:
            number = getattr(error, "errno", None)
            if number in _BUSY:
                raise DeviceBusy(
                    f"{self._device}: port {self._port_name} is held by another program or not permitted "
                    f"({error}); "
                    "close the other program, or add yourself to the group that owns the port"
                ) from error
            raise DeviceGone(
                f"{self._device}: no device on port {self._port_name} ({error}); "
                "check the cable and the port in the rig file"
            ) from error

    def send(self, frames: Sequence[bytes]) -> None:
        """Write frames back to back."""
        if self._port is None:
            raise DeviceGone(f"{self._device}: port {self._port_name} is not open")
        import serial

        data = b"".join(frames)
        try:
            written = self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise DeviceGone(f"{self._device}: port {self._port_name} went away ({error})") from error
        if written is not None and written != len(data):
            raise DeviceGone(f"{self._device}: port {self._port_name} took {written} of {len(data)} bytes")

    def read(self, timeout_s: float = 0.0) -> bytes:
        """Whatever has arrived; waits up to `timeout_s` for the first byte."""
        if self._port is None:
            return b""
        import serial

        try:
            first = b""
            if timeout_s > 0.0:
                self._port.timeout = timeout_s
                first = bytes(self._port.read(1))
                self._port.timeout = 0
                if not first:
                    return b""
            return first + bytes(self._port.read(4096))
        except (serial.SerialException, OSError) as error:
            raise DeviceGone(f"{self._device}: port {self._port_name} went away ({error})") from error

    def close(self) -> None:
        """Let go of the port."""
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except OSError:
                pass  # a port that is gone cannot be closed any better


class UdpLine:
    """UDP to one address.

    Parameters
    ----------
    device : str
        Name of the device, for messages.
    host : str
    port : int
    broadcast : bool, default False
        Allow a broadcast address.
    """

    def __init__(self, device: str, host: str, port: int, *, broadcast: bool = False) -> None:
        self.instant = True
        self._device = device
        self._address = (host, port)
        self._broadcast = broadcast
        self._socket: socket.socket | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    def open(self) -> None:
        """Make the socket and resolve the host. UDP cannot tell whether anybody listens."""
        if self._socket is not None:
            return
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, int(self._broadcast))
            made.setblocking(False)
            made.connect(self._address)
        except OSError as error:
            made.close()
            host, port = self._address
            raise DeviceGone(
                f"{self._device}: cannot reach {host}:{port} ({error}); check the network and the port in "
                f"the rig file"
            ) from error
        self._socket = made

    def send(self, frames: Sequence[bytes]) -> None:
        """Send each frame as one datagram."""
        if self._socket is None:
            raise DeviceGone(f"{self._device}: no socket is open")
        for frame in frames:
            try:
                self._socket.send(frame)
            except BlockingIOError:
                # the system's queue is full: this frame is lost as any datagram may be, the next one follows
                continue
            except OSError as error:
                # On a connected socket a refused datagram is reported here: nobody listens at the other end.
                host, port = self._address
                raise DeviceGone(f"{self._device}: nobody answers at {host}:{port} ({error})") from error

    def close(self) -> None:
        """Let go of the socket."""
        made, self._socket = self._socket, None
        if made is not None:
            made.close()


def parse_udp_port(port: str, default_port: int) -> tuple[str, int]:
    """Host and port of ``udp://host[:port]``.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    text = port.removeprefix("udp://")
    host, _, number = text.partition(":")
    if not port.startswith("udp://") or not host or (number and not (number.isascii() and number.isdigit())):
        raise ValueError(
            f"port is {port!r}; allowed: twin, or udp://host:port (as udp://192.168.1.50:{default_port})"
        )
    chosen = int(number) if number else default_port
    if not 0 < chosen < 65536:
        raise ValueError(f"UDP port is {chosen}; allowed 1 to 65535")
    check_host(host)
    return host, chosen


def check_host(host: str) -> None:
    """Refuse what no resolver would take as a host's name or address; ``""`` is for those who allow it.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    try:
        host.encode("idna")
        good = host.isprintable() and " " not in host
    except UnicodeError:  # an empty part, or one of more than 63 characters
        good = False
    if not good:
        raise ValueError(f"host is {host[:80]!r}; allowed: a name or an IPv4 address, as 192.168.1.50")
