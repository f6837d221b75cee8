"""A WebSocket server on the loopback interface, for software twins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from websockets.sync.server import ServerConnection

from devices.ws.client import need_websockets


class WsServer:
    """Hands messages to a twin, one at a time whoever sends them.

    Attributes
    ----------
    port : str
        ``ws://127.0.0.1:...``; any path is taken.
    """

    def __init__(self) -> None:
        need_websockets()
        from websockets.sync.server import serve

        self._take: Callable[[bytes, str], Sequence[bytes]] = lambda data, sender: ()
        self._lock = Lock()
        self._server = serve(self._talk, "127.0.0.1", 0, compression=None)
        self.port = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def listen(self, take: Callable[[bytes, str], Sequence[bytes]]) -> None:
        """Serve until `close` or the end of the process; no bytes say that a sender has left."""
        self._take = take
        self._server.serve_forever()

    def close(self) -> None:
        """End."""
        self._server.shutdown()

    def _talk(self, connection: ServerConnection) -> None:
        sender = ":".join(map(str, connection.remote_address[:2]))
        from websockets.exceptions import ConnectionClosed

        for message in connection:
            data = message.encode("utf-8") if isinstance(message, str) else bytes(message)
            with self._lock:
                replies = self._take(data, sender)
            for reply in replies:
                try:
                    connection.send(reply.decode("utf-8"))
                except ConnectionClosed:
                    break  # a client who does not wait for the answer; what it said before it left still counts
        with self._lock:
            self._take(b"", sender)
