"""Twins behind real ports: ptys for serial devices (TCP on Windows), loopback UDP for the others."""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
from collections.abc import Callable, Sequence
from inspect import signature
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Protocol, TextIO, cast

from devices.sim.sessions import SessionServer, SessionTwin
from engine.bus.driver import Twin
from engine.bus.twins import config_from_json, twin_from
from engine.time.clocks import Clock, MonotonicClock

#: A twin's thread that was not on a processor gets there within this.
_LAST_WORDS_NS = 50_000_000


class Recorder:
    """Writes what arrived and when, one JSON object a line: ``{"at_ns": ..., "hex": "..."}``.

    Parameters
    ----------
    path : Path or None
        None records nothing.
    """

    def __init__(self, path: Path | None) -> None:
        # A twin's thread may still receive while the program ends.
        self._lock = Lock()
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Line by line: whatever ends this program, what was received until then can be read.
            self._file = path.open("w", encoding="utf-8", buffering=1)

    def write(self, data: bytes, at_ns: int) -> None:
        """Write one row; when the disk is full, say so once and go on without."""
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.write(f'{{"at_ns":{at_ns},"hex":"{data.hex()}"}}\n')
            except OSError as error:
                sys.stderr.write(
                    f"software twin: recording to {self._file.name} ends here: {error.strerror}\n"
                )
                self._file = None

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


class _Line(Protocol):
    port: str

    def listen(self, take: Callable[[bytes, str], Sequence[bytes]]) -> None: ...


class PtyLine:
    """A pseudo-terminal: its other end is a serial port to any program."""

    def __init__(self) -> None:
        import tty

        self._ours, theirs = os.openpty()
        tty.setraw(self._ours)
        tty.setraw(theirs)
        # Their end is kept open here too, or ours would fail whenever the program at it closes.
        self._theirs = theirs
        self.port = os.ttyname(theirs)

    def listen(self, take: Callable[[bytes, str], Sequence[bytes]]) -> None:
        """Read until the end of the process."""
        while True:
            data = os.read(self._ours, 4096)
            if not data:
                return
            for reply in take(data, "serial"):
                os.write(self._ours, reply)


class TcpLine:
    """A TCP port on the loopback interface, one client at a time: pyserial's ``socket://``."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def listen(self, take: Callable[[bytes, str], Sequence[bytes]]) -> None:
        """Accept client after client until the end of the process."""
        while True:
            try:
                client, _ = self._server.accept()
                with client:
                    while data := client.recv(4096):
                        for reply in take(data, "tcp"):
                            client.sendall(reply)
            except OSError:
                continue  # who breaks off has left; the next may come


class UdpServer:
    """A UDP port on the loopback interface."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = f"udp://127.0.0.1:{self._socket.getsockname()[1]}"

    def listen(self, take: Callable[[bytes, str], Sequence[bytes]]) -> None:
        """Read until the end of the process."""
        while True:
            data, address = self._socket.recvfrom(2048)
            for reply in take(data, f"{address[0]}:{address[1]}"):
                _answer_datagram(self._socket, reply, address)


def _answer_datagram(made: socket.socket, reply: bytes, address: tuple[str, int]) -> None:
    """Send a reply; one that cannot be sent is lost like any datagram."""
    try:
        made.sendto(reply, address)
    except OSError:
        pass


class UdpTcpServer:
    """A UDP port and a TCP port on the loopback interface, for devices with a session beside their stream.

    Attributes
    ----------
    port : str
        The UDP one.
    tcp_port : int
        Told to a twin that has an attribute of this name; it announces it.
    """

    def __init__(self) -> None:
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = f"udp://127.0.0.1:{self._udp.getsockname()[1]}"
        self.tcp_port = int(self._server.getsockname()[1])

    def listen(self, take: Callable[[bytes, str], Sequence[bytes]]) -> None:
        """Read until the end of the process; no bytes from a TCP sender say that it has left."""
        clients: dict[socket.socket, str] = {}
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._udp, selectors.EVENT_READ)
            waiting.register(self._server, selectors.EVENT_READ)
            while True:
                for key, _ in waiting.select():
                    ready = key.fileobj
                    assert isinstance(ready, socket.socket)
                    if ready is self._udp:
                        data, address = ready.recvfrom(2048)
                        for reply in take(data, f"{address[0]}:{address[1]}"):
                            _answer_datagram(ready, reply, address)
                    elif ready is self._server:
                        client, address = ready.accept()
                        clients[client] = f"tcp:{address[0]}:{address[1]}"
                        waiting.register(client, selectors.EVENT_READ)
                    elif not self._answer(ready, clients[ready], take):
                        waiting.unregister(ready)
                        del clients[ready]
                        ready.close()

    @staticmethod
    def _answer(client: socket.socket, sender: str, take: Callable[[bytes, str], Sequence[bytes]]) -> bool:
        try:
            data = client.recv(4096)
            for reply in take(data, sender):
                client.sendall(reply)
        except OSError:
            take(b"", sender)
            return False
        return bool(data)


def make_line(kind: str) -> _Line:
    """A line of a kind: ``pty``, ``tcp``, ``udp``, ``udp+tcp``, ``ws``, ``session``; ``serial`` is a pty where there are any, else tcp."""
    if kind == "serial":
        kind = "pty" if hasattr(os, "openpty") else "tcp"
    if kind == "pty":
        return PtyLine()
    if kind == "udp+tcp":
        return UdpTcpServer()
    if kind == "ws":
        from devices.ws.server import WsServer

        return WsServer()
    if kind == "session":
        return SessionServer()
    return TcpLine() if kind == "tcp" else UdpServer()


def attend(twin: Twin, line: _Line, recorder: Recorder, clock: Clock) -> Thread:
    """Serve a twin on a line in a thread of its own."""
    # Nodes that merge want to know who sent a packet; most twins have no such parameter.
    wants_sender = "sender" in signature(twin.receive).parameters
    if isinstance(line, SessionServer):
        line.twin, line.clock = cast(SessionTwin, twin), clock
    tcp_port = getattr(line, "tcp_port", None)
    if tcp_port is not None and hasattr(twin, "tcp_port"):
        twin.tcp_port = tcp_port

    def take(data: bytes, sender: str) -> Sequence[bytes]:
        at_ns = clock.now_ns()
        if data:
            recorder.write(data, at_ns)
        if wants_sender:
            return twin.receive(data, at_ns, sender)  # type: ignore[call-arg]
        return twin.receive(data, at_ns)

    thread = Thread(target=line.listen, args=(take,), daemon=True)
    thread.start()
    return thread


def serve(rows: Sequence[dict[str, Any]], answer: TextIO, until: TextIO) -> None:
    """Serve several twins until `until` ends.

    Parameters
    ----------
    rows : sequence of dict
        ``factory``, ``line``, ``config``, ``record`` each, as `engine.bus.twins.TwinProgram` writes them.
    answer : text file
        Gets one line of JSON: device name to port.
    until : text file
        Usually standard input: its end is the end of the program that started us.
    """
    clock = MonotonicClock()
    ports = {}
    recorders = []
    for row in rows:
        config = config_from_json(row["config"])
        line = make_line(row["line"])
        recorder = Recorder(None if row["record"] is None else Path(row["record"]))
        recorders.append(recorder)
        attend(twin_from(row["factory"], config), line, recorder, clock)
        ports[config.name] = line.port
    answer.write(json.dumps(ports) + "\n")
    answer.flush()
    while until.readline():
        pass
    # The last words of a bus lie in our sockets still: its park frames belong to the recording.
    clock.sleep_until_ns(clock.now_ns() + _LAST_WORDS_NS)
    for recorder in recorders:
        recorder.close()


def show(twin: Twin, clock: Clock, out: TextIO, *, times_per_s: float) -> None:
    """Print a twin's state again and again on one line, for a person at a terminal."""
    while True:
        clock.sleep_until_ns(clock.now_ns() + round(1e9 / times_per_s))
        state = twin.state_at(clock.now_ns())
        out.write("\r" + "  ".join(f"{name} {value:9.3f}" for name, value in state.items()))
        out.flush()


def is_interactive() -> bool:
    """Whether a person looks at standard output."""
    return sys.stdout.isatty()
