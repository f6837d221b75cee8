"""The process that tells objects' places: reads the transport like any follower, evaluates the book, sends UDP at a steady rate.

A process of its own, because a book takes its time to load and the conductor has none to spare.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.audio.block import RESTING, Head
from engine.audio.told import ToldObjects, scene_at
from engine.errors import DeviceError, SensoramaError
from engine.show.adm_osc.packets import bundles
from engine.show.adm_osc.words import Words

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from engine.time.clocks import Clock
    from engine.time.shared import LocalBlock, TransportBlock

PORT = 4001
_RETRY_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class TellConfig:
    """What the process is told at its start.

    Attributes
    ----------
    package_path : Path
    block_name : str
        Of the transport in shared memory.
    to : str
        ``udp://host:port``; the port is 4001 when none is said.
    rate_hz : float
    reach_m : float
        See `Words`.
    ahead_ns : int
        How far the run's time is ahead of this machine's clock.
    """

    package_path: Path
    block_name: str
    to: str
    rate_hz: float = 50.0
    reach_m: float = 2.0
    ahead_ns: int = 0


class Sender:
    """A UDP address that may come and go; what cannot be sent is lost, and said once.

    Parameters
    ----------
    to : str
        ``udp://host:port``.
    say : callable
        Takes a line for people.
    """

    def __init__(self, to: str, say: Callable[[str], None]) -> None:
        parts = urlsplit(to)
        self._host, self._port = parts.hostname or "", parts.port or PORT
        self._to = to
        self._say = say
        self._socket: socket.socket | None = None
        self._address: tuple[object, ...] = ()
        self._again_ns = 0
        self._trouble = ""

    def send(self, packets: list[bytes], now_ns: int) -> None:
        """Send them all, or none when the address is away."""
        if self._socket is None and not self._open(now_ns):
            return
        assert self._socket is not None
        try:
            for packet in packets:
                self._socket.sendto(packet, self._address)
        except OSError as error:
            self._failed(error, now_ns)
        else:
            self._well()

    def close(self) -> None:
        """Let go of it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self, now_ns: int) -> bool:
        if now_ns < self._again_ns:
            return False
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, self._address = found[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.setblocking(False)
        except OSError as error:
            self._failed(error, now_ns)
            return False
        return True

    def _failed(self, error: OSError, now_ns: int) -> None:
        if isinstance(error, BlockingIOError):
            return  # the queue is full; the next ones say the same again
        self.close()
        self._again_ns = now_ns + _RETRY_NS
        trouble = str(DeviceError(f"{self._to} cannot be reached: {error.strerror or error}"))
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(f"objects: {trouble}; tried again every second, the show goes on")

    def _well(self) -> None:
        if self._trouble:
            self._trouble = ""
            self._say(f"objects: {self._to} is reached again")


def tell(
    block: TransportBlock | LocalBlock,
    objects: ToldObjects,
    scenes: tuple[str, ...],
    words: Words,
    sender: Sender,
    clock: Clock,
    rate_hz: float,
    stop: Callable[[], bool],
    *,
    ahead_ns: int = 0,
    head_at: Callable[[int], Head] | None = None,
) -> None:
    """Tell until `stop`; the last words mute everything.

    Parameters
    ----------
    block : TransportBlock or LocalBlock
    objects : ToldObjects
    scenes : tuple of str
    words : Words
    sender : Sender
    clock : Clock
    rate_hz : float
    stop : callable
        Asked once a turn.
    ahead_ns : int
        See `TellConfig`.
    head_at : callable, optional
        The guest's head at a host instant; None: at rest.
    """
    period_ns = round(1e9 / rate_hz)
    due_ns = clock.now_ns()
    transport = block.read()
    while not stop():
        now_ns = clock.now_ns()
        newest = block.read()
        if (newest.generation, newest.sequence) != (transport.generation, transport.sequence):
            transport = newest
        at_ns = now_ns + ahead_ns
        head = RESTING if head_at is None else head_at(at_ns)
        said = words.of(objects.at(transport, at_ns), scene_at(transport, at_ns, scenes), head, now_ns)
        sender.send(list(bundles(said)), now_ns)
        due_ns = max(due_ns + period_ns, now_ns)
        clock.sleep_until_ns(due_ns)
    sender.send(list(bundles(words.silence())), clock.now_ns())


def main(config: TellConfig, pipe: Connection) -> None:
    """Run until told to retire, or until the parent is gone. The target of the spawned process."""
    from engine.audio.book import book_of
    from engine.experience.package import load_package
    from engine.time.clocks import MonotonicClock
    from engine.time.shared import TransportBlock

    stop = threading.Event()

    def listen() -> None:
        try:
            while pipe.recv()[0] != "retire":
                pass
        except (EOFError, OSError):
            pass  # the parent is gone
        stop.set()

    def put(kind: str, text: str) -> None:
        try:
            pipe.send((kind, text))
        except (OSError, ValueError):
            stop.set()

    threading.Thread(target=listen, name="parent", daemon=True).start()
    try:
        package = load_package(config.package_path, hashed=False)
        scenes = tuple(program.id for program in package.scenes)
        # What cannot be read is said by who plays it; the other objects are told all the same.
        objects = ToldObjects(book_of(package, say=lambda text: None), scenes)
        block = TransportBlock.attach(config.block_name)
        sender = Sender(config.to, lambda text: put("say", text))
        put("ready", f"objects: {len(objects.names)} to {config.to} at {config.rate_hz:g} Hz (ADM-OSC)")
        try:
            words = Words(objects.names, config.reach_m)
            tell(
                block,
                objects,
                scenes,
                words,
                sender,
                MonotonicClock(),
                config.rate_hz,
                stop.is_set,
                ahead_ns=config.ahead_ns,
            )
        finally:
            sender.close()
            block.close()
    except SensoramaError as error:
        put("failed", f"objects to {config.to}: {error}")
    except KeyboardInterrupt:
        pass  # Ctrl-C reaches every process of the terminal; the parent decides what follows
