"""Drivers on lines that give back any bytes: no socket, no port, no program."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

from engine.bus.driver import Report
from tests.fuzz.venue import driver_of

#: What drivers are woken with; also the step between two of them.
WAKE_NS = 200_000_000


class AnyLine:
    """Every line there is: serial, TCP, UDP, WebSocket. What is waiting is read once; what is sent is kept."""

    local = ("127.0.0.1", 9)
    own_port = 9

    def __init__(self, *, messages: bool = False) -> None:
        self.is_open = False
        self.waiting: deque[bytes] = deque()
        self.sent: deque[bytes] = deque(maxlen=64)
        self._messages = messages

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def send(self, frames: Sequence[bytes]) -> None:
        self.sent.extend(frames)

    def read(self, timeout_s: float = 0.0) -> Any:
        if self._messages:
            found = list(self.waiting)
            self.waiting.clear()
            return found
        return self.waiting.popleft() if self.waiting else b""

    def hear(self, timeout_s: float = 0.0, most: int = 256) -> list[tuple[bytes, str, int]]:
        found = [(data, f"192.168.1.{number % 250}", 6454) for number, data in enumerate(self.waiting)]
        self.waiting.clear()
        return found

    def answer(self, data: bytes, host: str, port: int) -> bool:
        self.sent.append(data)
        return True

    def newest(self) -> bytes:
        """A chair's own position: it comes over another line, so here it says the same as the first."""
        return bytes(self.waiting[-1]) if self.waiting else b""


class Hearer:
    """A driver whose line is ours.

    Parameters
    ----------
    family : str
    """

    def __init__(self, family: str) -> None:
        self.driver: Any = driver_of(family)
        self._now_ns = 0
        self.line = PLUGS[family](self.driver)

    def hear(self, data: bytes) -> Sequence[Report]:
        """Let the driver attend to `data`, and once more when time has passed."""
        self.line.waiting.append(data)
        found = []
        for _ in range(2):
            self._now_ns += WAKE_NS
            found += self.driver.attend(self._now_ns)
        return found


def _serial(driver: Any) -> AnyLine:
    line = AnyLine()
    driver._serial = line
    driver.use_line(line, "a test")
    driver.open()
    return line


def _link(driver: Any) -> AnyLine:
    line = AnyLine()
    driver._link = line
    driver.use_line(line, "a test")
    driver.open()
    return line


def _messages(driver: Any) -> AnyLine:
    line = AnyLine(messages=True)
    line.open()
    driver._ws = line
    driver.use_line(line, "a test")
    return line


def _chair(driver: Any) -> AnyLine:
    line = AnyLine()
    driver._session._stream = driver._session._talk = line
    driver._feedback = True
    return line


def _datagrams(driver: Any) -> AnyLine:
    """Rivals and polls come to one port, answers to another: here both hear the same, one after the other."""
    line = AnyLine()
    line.open()
    driver._attention._listening = driver._attention._line = line
    return line


class _Broker:
    """A broker's end of a real connection: paho reads from a socket and nothing else."""

    def __init__(self, driver: Any) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.setblocking(False)
        broker = driver._broker
        paho = broker._paho

        class Client(paho.Client):
            def _create_socket(self) -> socket.socket:
                return theirs

        broker._paho = SimpleNamespace(**{**vars(paho), "Client": Client})
        self._ours.sendall(b"\x20\x02\x00\x00")
        driver.open()
        self.waiting = self

    def append(self, data: bytes) -> None:
        self._ours.sendall(data[:4096])

    def __del__(self) -> None:
        self._ours.close()


PLUGS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "enttec": _serial,
        "smc3": _serial,
        "text": _link,
        "pjlink": _link,
        "intiface": _messages,
        "bhaptics": _messages,
        "yaw": _chair,
        "artnet": _datagrams,
        "sacn": _datagrams,
        "mqtt": _Broker,
    }
)
"""Families whose drivers listen, and how the line is put in."""

DEAF: Mapping[str, str] = MappingProxyType(
    {
        "psn": "attends by saying names; reads nothing",
        "evdev_rumble": "attends by telling what its pad cannot do; reads nothing",
    }
)
"""Families whose drivers attend and read nothing."""
