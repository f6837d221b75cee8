"""The small web server behind the HTTP source: it takes a request, answers 204, and can do nothing else.

It serves no file, runs nothing and tells nothing. Everything is bounded: connections at once, bytes of a request, seconds a client may
take. Pages of other sites cannot reach it through a browser: a foreign Origin or Host is refused.
"""

from __future__ import annotations

import hmac
import ipaddress
import queue
import socket
import socketserver
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from devices.http.codec import HttpError, decode_request, encode_request
from engine.bus.source import Chunk

MOST_BODY = 1024
MOST_CONNECTIONS = 16
CLIENT_S = 2.0
"""How long a client may leave a connection without a word."""

BACKLOG = 256
"""Requests that wait to be read; one more is answered 503."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may say what.

    Parameters
    ----------
    token : str
        Wanted as ``Authorization: Bearer ...`` or ``X-Token: ...``; empty: none.
    allows : callable
        Whether a path is answered at all.
    """

    token: str = ""
    allows: Callable[[str], bool] = field(default=lambda _path: True)

    def refuses(self, headers: Mapping[str, str]) -> HTTPStatus | None:
        """Why not, from the headers alone, their names Written-Like-This."""
        if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return HTTPStatus.FORBIDDEN
        host = headers.get("Host", "")
        origin = headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != host:
            return HTTPStatus.FORBIDDEN
        if not self.token and not is_plain_host(host):
            # A name that somebody else's server resolves to us would make their page look like ours.
            return HTTPStatus.FORBIDDEN
        given = headers.get("X-Token") or headers.get("Authorization", "").removeprefix("Bearer ")
        if self.token and not hmac.compare_digest(given.encode(), self.token.encode()):
            return HTTPStatus.UNAUTHORIZED
        return None


def is_plain_host(host: str) -> bool:
    """Whether a Host header is an address or ``localhost``, with or without a port; none at all (HTTP/1.0) is fine too."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    if name in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Server(ThreadingHTTPServer):
    """Takes requests in threads of its own and leaves them in `found`."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], gate: Gate) -> None:
        self.gate = gate
        self.found: queue.Queue[Chunk] = queue.Queue(BACKLOG)
        self._lock = Lock()
        self._open: dict[socket.socket, None] = {}
        super().__init__(address, _Handler)
        self._thread = Thread(target=self.serve_forever, args=(0.1,), name="http", daemon=True)
        self._thread.start()

    def server_bind(self) -> None:
        """Bind, without asking a name server what we are called, which takes seconds where there is none."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """One more connection; where there are too many, the oldest has had its time.

        So nobody keeps others out by holding connections open, however slowly they are fed.
        """
        with self._lock:
            if len(self._open) >= MOST_CONNECTIONS:
                oldest = next(iter(self._open))
                del self._open[oldest]
                try:
                    oldest.shutdown(socket.SHUT_RDWR)  # its thread ends by itself
                except OSError:
                    pass  # it has gone already
            self._open[request] = None
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection, in a thread of its own."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nobody's business; nothing is printed into the show's view."""

    def end(self) -> None:
        """Stop serving and free the port."""
        self.shutdown()
        self.server_close()
        self._thread.join(1.0)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version = "sensorama"
    sys_version = ""
    timeout = CLIENT_S

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        """A go without a body."""
        self._take(b"")

    def do_POST(self) -> None:
        """A go with its value in the body."""
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            self._answer(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > 6 or int(length) > MOST_BODY:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._take(self.rfile.read(int(length)))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed: standard error belongs to the show's status view."""

    def _take(self, body: bytes) -> None:
        # Names of headers know no case (RFC 9110, 5.1).
        headers = {name.title(): value for name, value in self.headers.items()}
        refused = self.server.gate.refuses(headers)
        if refused is not None:
            self._answer(refused)
            return
        try:
            line = encode_request(self.command, self.path, body)
            path, _ = decode_request(line)
        except HttpError:
            self._answer(HTTPStatus.NOT_FOUND if self.path == "/" else HTTPStatus.BAD_REQUEST)
            return
        if not self.server.gate.allows(path):
            self._answer(HTTPStatus.NOT_FOUND)
            return
        try:
            self.server.found.put_nowait(Chunk(line, str(self.client_address[0])))
        except queue.Full:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._answer(HTTPStatus.NO_CONTENT)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Connection", "close")
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", "0")
        self.end_headers()
        self.close_connection = True
