"""TCP for twins that hold a conversation: several clients, a greeting, messages to others than the one who spoke, hanging up."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from engine.time.clocks import Clock

_ATTEND_S = 0.05
_MOST_CLIENTS = 64


class SessionTwin(Protocol):
    """A twin with sessions. `receive` with no bytes says that a client has left."""

    def connected(self, at_ns: int, sender: str) -> Sequence[bytes]:
        """Somebody has connected; what to greet them with."""
        ...

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take any cut of a client's stream; replies to that client."""
        ...

    def attend(self, at_ns: int) -> Sequence[tuple[str, bytes | None]]:
        """Bytes for clients, by sender; None hangs up on one."""
        ...


class SessionServer:
    """A TCP port on the loopback interface.

    Attributes
    ----------
    port : str
        ``tcp://127.0.0.1:number``.
    twin : SessionTwin or None
        Set by whoever serves it, before `listen`.
    clock : Clock or None
        The same.
    """

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        self.twin: SessionTwin | None = None
        self.clock: Clock | None = None
        self._clients: dict[str, socket.socket] = {}
        self._waiting = selectors.DefaultSelector()

    def listen(self, take: Callable[[bytes, str], Sequence[bytes]]) -> None:
        """Serve until the end of the process."""
        assert self.twin is not None and self.clock is not None
        self._waiting.register(self._server, selectors.EVENT_READ)
        while True:
            for key, _ in self._waiting.select(_ATTEND_S):
                if key.fileobj is self._server:
                    self._accept(self.twin, self.clock.now_ns())
                else:
                    self._take(str(key.data), take)
            for sender, data in self.twin.attend(self.clock.now_ns()):
                if data is None:
                    self._drop(sender)
                else:
                    self._send(sender, data)

    def _accept(self, twin: SessionTwin, at_ns: int) -> None:
        try:
            client, address = self._server.accept()
        except OSError:
            return  # whoever knocked has left again
        if len(self._clients) >= _MOST_CLIENTS:
            client.close()
            return
        client.settimeout(1.0)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sender = f"{address[0]}:{address[1]}"
        self._clients[sender] = client
        self._waiting.register(client, selectors.EVENT_READ, sender)
        for data in twin.connected(at_ns, sender):
            self._send(sender, data)

    def _take(self, sender: str, take: Callable[[bytes, str], Sequence[bytes]]) -> None:
        client = self._clients.get(sender)
        if client is None:
            return
        try:
            data = client.recv(4096)
        except OSError:
            data = b""
        for reply in take(data, sender):
            self._send(sender, reply)
        if not data:
            self._drop(sender)

    def _send(self, sender: str, data: bytes) -> None:
        client = self._clients.get(sender)
        if client is None:
            return
        try:
            client.sendall(data)
        except OSError:
            pass  # it has left; reading from it tells the twin

    def _drop(self, sender: str) -> None:
        client = self._clients.pop(sender, None)
        if client is not None:
            self._waiting.unregister(client)
            client.close()
