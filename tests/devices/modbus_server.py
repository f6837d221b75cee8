"""A twin PLC behind a real TCP port."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from devices.sim.modbus import ModbusTwin


@contextmanager
def serving(twin: ModbusTwin, port: int = 0) -> Iterator[int]:
    """Serve `twin` on a loopback port while inside; gives the port."""

    class Session(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while data := self.request.recv(1024):
                for answer in twin.receive(data, 0):
                    self.request.sendall(answer)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", port), Session) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
