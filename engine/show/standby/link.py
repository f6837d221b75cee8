"""The TCP connection between leader and standby: threads that read and write, so that neither conductor ever waits for the other.

Time questions (``ping``) are answered here, the moment they arrive; everything else waits for the run's own loop to take it.
"""

from __future__ import annotations

import socket
from collections import deque
from threading import Condition, Event, Thread

from engine.errors import InputError
from engine.show.standby.wire import Row, RowError, RowReader, encode_row
from engine.time import Clock

#: A peer that does not take this much is as good as gone.
_MAX_WAITING_BYTES = 8 << 20
_DIAL_TIMEOUT_S = 0.5
_DIAL_PAUSE_S = 0.1
_CHUNK = 1 << 16


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of ``tcp://host:port``.

    Raises
    ------
    InputError
        It is something else.
    """
    scheme, _, rest = text.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme != "tcp" or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise InputError(
            f"standby listen {text!r}: write tcp://host:port, for example tcp://192.168.1.20:7410"
        )
    return host.strip("[]"), int(port)


class Link:
    """One connection.

    Parameters
    ----------
    connection : socket
        Connected; the link owns it from now on.
    clock : Clock
        Stamps questions and answers.
    """

    def __init__(self, connection: socket.socket, clock: Clock) -> None:
        self._socket = connection
        self._clock = clock
        self._inbox: deque[tuple[Row, int]] = deque()
        self._outbox: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._wake = Condition()
        self._finishing = False
        self._drained = Event()
        self.closed = False
        #: Why it ended, for people; empty while it stands or when we closed it.
        self.why = ""
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, run in (("standby-read", self._read), ("standby-write", self._write)):
            Thread(target=run, name=name, daemon=True).start()

    def say(self, say: str, **fields: object) -> None:
        """Leave a row to be sent; never waits."""
        line = encode_row(say, **fields)
        with self._wake:
            if self.closed:
                return
            self._waiting_bytes += len(line)
            self._outbox.append(line)
            self._wake.notify()
        if self._waiting_bytes > _MAX_WAITING_BYTES:
            self._end("it does not take what it is told")

    def take(self) -> list[tuple[Row, int]]:
        """Rows that have arrived, each with the instant of its arrival."""
        found = []
        while self._inbox:
            found.append(self._inbox.popleft())
        return found

    def put_back(self, row: Row, at_ns: int) -> None:
        """Not now: `take` gives this row again."""
        self._inbox.appendleft((row, at_ns))

    def close(self, timeout_s: float = 0.5) -> None:
        """Send what is left, for a bounded time, and hang up."""
        with self._wake:
            self._finishing = True
            self._wake.notify()
        if not self.closed:
            self._drained.wait(timeout_s)
        self._end("")

    def _end(self, why: str) -> None:
        with self._wake:
            if self.closed:
                return
            self.closed, self.why = True, why
            self._wake.notify()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the reader
        except OSError:
            pass  # the other end has hung up first
        self._socket.close()
        self._drained.set()

    def _read(self) -> None:
        reader = RowReader()
        while True:
            try:
                data = self._socket.recv(_CHUNK)
            except OSError as error:
                self._end(error.strerror or str(error))
                return
            at_ns = self._clock.now_ns()
            if not data:
                self._end("the other end hung up")
                return
            try:
                rows = reader.feed(data)
            except RowError as error:
                self._end(f"it spoke garbage: {error}")
                return
            for row in rows:
                if row["say"] == "ping":
                    self.say("pong", asked_ns=row["asked_ns"], heard_ns=at_ns, told_ns=self._clock.now_ns())
                else:
                    self._inbox.append((row, at_ns))

    def _write(self) -> None:
        while True:
            with self._wake:
                while not self._outbox and not self._finishing and not self.closed:
                    self._wake.wait()
                lines, self._waiting_bytes = b"".join(self._outbox), 0
                self._outbox.clear()
                done = self._finishing
            try:
                if lines:
                    self._socket.sendall(lines)
            except OSError as error:
                self._end(error.strerror or str(error))
                return
            if done or self.closed:
                self._drained.set()
                return


class Listener:
    """The leader's ear: takes connections in a thread of its own.

    Parameters
    ----------
    listen : str
        ``tcp://host:port``.
    clock : Clock

    Raises
    ------
    InputError
        The address is wrong, taken, or not this machine's.
    """

    def __init__(self, listen: str, clock: Clock) -> None:
        host, port = parse_listen(listen)
        self._clock = clock
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        # A port whose last leader died is free at once; one that is listened on is not, with this option, on Linux and macOS.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
            self._socket.listen(4)
        except OSError as error:
            self._socket.close()
            raise InputError(
                f"cannot listen for a standby on {listen}: {error.strerror or error}; is another leader running "
                "on this machine? Else give an address of this machine in the rig (standby: listen)"
            ) from error
        self._links: deque[Link] = deque()
        self._closing = False
        Thread(target=self._run, name="standby-listen", daemon=True).start()

    def take(self) -> list[Link]:
        """Connections made since the last call."""
        found = []
        while self._links:
            found.append(self._links.popleft())
        return found

    def close(self) -> None:
        """Listen no more."""
        self._closing = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread on Linux
        except OSError:
            pass  # a listening socket refuses this elsewhere; closing wakes it there
        self._socket.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed
            self._links.append(Link(connection, self._clock))


class Dialer:
    """The standby's finger on the bell: tries in a thread of its own until it is answered or closed.

    Parameters
    ----------
    listen : str
        The leader's address.
    clock : Clock
    """

    def __init__(self, listen: str, clock: Clock) -> None:
        self._address = parse_listen(listen)
        self._clock = clock
        self._link: Link | None = None
        self._stop = Event()
        self._wanted = Event()
        self._wanted.set()
        Thread(target=self._run, name="standby-dial", daemon=True).start()

    def take(self) -> Link | None:
        """The connection, once there is one; after that it dials no more until `again`."""
        link, self._link = self._link, None
        return link

    def again(self) -> None:
        """Dial once more."""
        self._wanted.set()

    def close(self) -> None:
        """Dial no more."""
        self._stop.set()
        self._wanted.set()
        if (link := self.take()) is not None:
            link.close()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            if self._stop.is_set():
                return
            try:
                connection = socket.create_connection(self._address, timeout=_DIAL_TIMEOUT_S)
            except OSError:
                self._stop.wait(_DIAL_PAUSE_S)  # nobody is there, as most of the time before a show
                continue
            if connection.getsockname() == connection.getpeername():
                # Dialling a free port of one's own machine can, once in some ten thousand tries, reach oneself (TCP's
                # simultaneous open); that is nobody.
                connection.close()
                continue
            self._wanted.clear()
            self._link = Link(connection, self._clock)
