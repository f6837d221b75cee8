"""Many datagrams to many addresses in one call of the system.

On Linux `sendmmsg` takes a table of messages; what a datagram costs then is the kernel's own work. Elsewhere the same interface
sends one by one. The socket never waits: what does not fit into the system's queue is lost, as any datagram may be, and counted.

A refused datagram (nobody listens at the other end) is reported by the system on the socket's error queue, with the address it
was meant for; `refusals` reads it.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import DeviceGone

Address = tuple[str, int]
Bytes = NDArray[np.uint8]
Rows = NDArray[np.intp]

# Linux, include/uapi/linux: in.h, socket.h; include/uapi/linux/uio.h: at most 1024 messages a call
_IP_RECVERR = 11
_MSG_ERRQUEUE = 0x2000
_MSG_DONTWAIT = 0x40
_MOST_A_CALL = 1024
_NAME_SIZE = 16  # struct sockaddr_in
_SEND_BUFFER = 4 << 20


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Msghdr(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("namelen", ctypes.c_uint32),
        ("iov", ctypes.c_void_p),
        ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Mmsghdr(ctypes.Structure):
    _fields_ = (("hdr", _Msghdr), ("length", ctypes.c_uint32))


class Table(Protocol):
    """Addresses of datagrams of one size, ready to be sent."""

    def set_address(self, row: int, address: Address) -> None:
        """Where row `row` goes; the host as numbers (``192.168.1.20``)."""
        ...

    def send(self, frames: Bytes, rows: Rows | None) -> int:
        """Send ``frames[rows]`` (None: all of them) to the addresses of those rows; give how many left."""
        ...


class DatagramPort:
    """One UDP socket for many peers.

    Attributes
    ----------
    lost : int
        Datagrams the system did not take.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._errors = sys.platform == "linux"
        if self._errors:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        self.lost = 0

    def fileno(self) -> int:
        """The socket's."""
        return self._socket.fileno()

    def table(self, messages: int, size: int) -> Table:
        """A table of `messages` datagrams of `size` bytes each."""
        if sys.platform == "linux" and ctypes.sizeof(ctypes.c_void_p) == 8:
            return _MmsgTable(self, messages, size)
        return _PlainTable(self, messages)

    def send_to(self, frame: bytes, address: Address) -> bool:
        """Send one datagram; tell whether the system took it."""
        for _ in range(2):  # an earlier refusal is reported by a later call, once, without sending
            try:
                self._socket.sendto(frame, address)
            except ConnectionError:
                continue
            except OSError:
                break
            return True
        self.lost += 1
        return False

    def refusals(self) -> list[Address]:
        """Addresses that refused a datagram since the last call; never waits."""
        found: list[Address] = []
        while self._errors and len(found) < 4096:
            try:
                _, _, _, address = self._socket.recvmsg(1, 512, _MSG_ERRQUEUE | _MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                break
            found.append(address)
        return found

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class _MmsgTable:
    """See `Table`; the messages stand in memory as the system wants them, only bytes and addresses change."""

    def __init__(self, port: DatagramPort, messages: int, size: int) -> None:
        self._port = port
        self._names = np.zeros((messages, _NAME_SIZE), dtype=np.uint8)
        self._packed_names = np.zeros((messages, _NAME_SIZE), dtype=np.uint8)
        self._bytes = np.zeros((messages, size), dtype=np.uint8)
        self._all = self._messages(self._names)
        self._some = self._messages(self._packed_names)
        self._for: Rows | None = None
        library: Any = ctypes.CDLL(None, use_errno=True)
        self._sendmmsg = library.sendmmsg
        self._sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)

    def set_address(self, row: int, address: Address) -> None:
        host, number = address
        name = struct.pack("=H", socket.AF_INET) + struct.pack("!H", number) + socket.inet_aton(host)
        self._names[row] = np.frombuffer(name.ljust(_NAME_SIZE, b"\0"), dtype=np.uint8)
        self._for = None

    def send(self, frames: Bytes, rows: Rows | None) -> int:
        if rows is None:
            np.copyto(self._bytes, frames)
            return self._send(self._all, len(frames))
        count = len(rows)
        np.take(frames, rows, axis=0, out=self._bytes[:count])
        np.take(self._names, rows, axis=0, out=self._packed_names[:count])
        return self._send(self._some, count)

    def _messages(self, names: Bytes) -> tuple[Any, Any]:
        """The table of the system's structures over these names and our bytes."""
        count, size = self._bytes.shape
        vectors = (_Iovec * count)()
        table = (_Mmsghdr * count)()
        first_bytes, first_name = self._bytes.ctypes.data, names.ctypes.data
        first_vector = ctypes.addressof(vectors)
        for row in range(count):
            vectors[row].base = first_bytes + row * size
            vectors[row].length = size
            header = table[row].hdr
            header.name = first_name + row * _NAME_SIZE
            header.namelen = _NAME_SIZE
            header.iov = first_vector + row * ctypes.sizeof(_Iovec)
            header.iovlen = 1
        return table, vectors

    def _send(self, messages: tuple[Any, Any], count: int) -> int:
        table = ctypes.addressof(messages[0])
        done = sent = 0
        while done < count:
            most = min(count - done, _MOST_A_CALL)
            left = self._sendmmsg(
                self._port.fileno(), table + done * ctypes.sizeof(_Mmsghdr), most, _MSG_DONTWAIT
            )
            if left > 0:
                done += left
                sent += left
                continue
            code = ctypes.get_errno()
            if code in (errno.EINTR, errno.ECONNREFUSED):
                continue  # the second: an earlier datagram's refusal, told once; nothing was tried
            if code in (errno.EAGAIN, errno.ENOBUFS):
                break  # no room for this one, none for those behind it
            done += 1  # this address cannot be reached; the others can
        self._port.lost += count - sent
        return sent


class _PlainTable:
    """See `Table`, one call a datagram."""

    def __init__(self, port: DatagramPort, messages: int) -> None:
        self._port = port
        self._addresses: list[Address] = [("0.0.0.0", 0)] * messages

    def set_address(self, row: int, address: Address) -> None:
        self._addresses[row] = address

    def send(self, frames: Bytes, rows: Rows | None) -> int:
        chosen = range(len(frames)) if rows is None else rows.tolist()
        return sum(self._port.send_to(frames[row].tobytes(), self._addresses[row]) for row in chosen)


def resolve(device: str, address: Address) -> Address:
    """The address with its host as numbers; may wait for a name server.

    Raises
    ------
    DeviceGone
        When there is no such host.
    """
    host, number = address
    try:
        found: Sequence[Any] = socket.getaddrinfo(host, number, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError as error:
        raise DeviceGone(
            f"{device}: cannot reach {host}:{number} ({error}); check the network and the port in the rig file"
        ) from error
    name: Address = found[0][4]
    return name
