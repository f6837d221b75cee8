"""OSC that comes in: a console, a show controller, a sensor. Every message is a signal of its own address."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from devices.listeners import Ear, ear_of
from devices.osc.codec import Arg, Bundle, Impulse, Message, OscError, Packet, decode, unix_ns_from_ntp
from devices.osc.framing import CUTTERS, Cutter
from devices.settings import choice_setting
from engine.bus.driver import check_settings
from engine.bus.source import Chunk, Signal, SourceConfig, Value
from engine.time.clocks import wall_offset_ns

_SETTINGS = ("framing",)
_MOST_AHEAD_NS = 3_600_000_000_000
"""A time tag further ahead than an hour is a clock that is wrong, not an intention."""
_MOST_SENDERS = 64


def create_source(config: SourceConfig) -> OscSource:
    """Entry point of the source."""
    return OscSource(config)


class OscSource:
    """OSC on a UDP or TCP port of this machine.

    Parameters
    ----------
    config : SourceConfig
        `port`: ``udp://0.0.0.0:9000`` or ``tcp://0.0.0.0:9000``. `settings`: see the README of the family.
    offset_ns : callable, optional
        From host time to Unix time, see `engine.time.clocks.wall_offset_ns`.

    Raises
    ------
    SettingError
    """

    family = "osc"

    def __init__(self, config: SourceConfig, *, offset_ns: Callable[[], int] = wall_offset_ns) -> None:
        check_settings(config, _SETTINGS)
        self._framing = choice_setting(config, "framing", "length", CUTTERS)
        self.name = config.name
        self.refused = 0
        self._stream = config.port.startswith("tcp://")
        self.ear: Ear = ear_of(config, ("udp", "tcp"))
        self._read_offset_ns = offset_ns
        # Taken whenever bytes are read, so that decoding stays a function of them and of this.
        self._offset_ns = 0
        self._cutters: dict[str, Cutter | None] = {}

    def open(self) -> None:
        """Listen."""
        self.ear.open()
        self._offset_ns = self._read_offset_ns()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams, or cuts of streams."""
        chunks = self.ear.read(timeout_s)
        if chunks:
            self._offset_ns = self._read_offset_ns()
        return chunks

    def close(self) -> None:
        """Stop listening."""
        self.ear.close()
        self._cutters.clear()

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """One signal per message; one in a bundle whose time tag lies ahead is meant at that instant."""
        arrived_ns = at_ns if chunk.at_ns is None else chunk.at_ns
        signals: list[Signal] = []
        for data in self._packets(chunk):
            try:
                packet = decode(data)
            except OscError:
                self.refused += 1
                continue
            for message, meant_ns in self._messages(packet, arrived_ns):
                values = _values(message.args)
                if values is None:
                    self.refused += 1
                    continue
                signals.append(Signal(self.name, message.address, tuple(values), meant_ns))
        return signals

    def _packets(self, chunk: Chunk) -> Sequence[bytes]:
        if not self._stream:
            return (chunk.data,)
        if not chunk.data:
            self._cutters.pop(chunk.sender, None)
            return ()
        if chunk.sender not in self._cutters:
            if len(self._cutters) >= _MOST_SENDERS:
                self._cutters.pop(next(iter(self._cutters)))
            self._cutters[chunk.sender] = CUTTERS[self._framing]()
        cutter = self._cutters[chunk.sender]
        if cutter is None:
            return ()  # out of step since a wrong length; heard again when it connects anew
        try:
            return cutter.feed(chunk.data)
        except OscError:
            self.refused += 1
            self._cutters[chunk.sender] = None
            return ()

    def _messages(self, packet: Packet, meant_ns: int) -> Iterator[tuple[Message, int]]:
        if isinstance(packet, Message):
            yield packet, meant_ns
            return
        tagged_ns = self._host_ns(packet, meant_ns)
        for element in packet.elements:
            yield from self._messages(element, tagged_ns)

    def _host_ns(self, bundle: Bundle, arrived_ns: int) -> int:
        """Host instant a bundle is meant at: its tag when that lies ahead, else now (OSC 1.0, temporal semantics)."""
        if bundle.time_tag <= 1:
            return arrived_ns
        tagged_ns = unix_ns_from_ntp(bundle.time_tag) - self._offset_ns
        return tagged_ns if arrived_ns < tagged_ns <= arrived_ns + _MOST_AHEAD_NS else arrived_ns


def _values(args: tuple[Arg, ...]) -> list[Value] | None:
    """Arguments as a signal has them: arrays laid out flat, nothing left out, an impulse true; None for a number that is none."""
    found: list[Value] = []
    for arg in args:
        if isinstance(arg, tuple):
            inner = _values(arg)
            if inner is None:
                return None
            found += inner
        elif isinstance(arg, Impulse):
            found.append(True)
        elif arg is not None:
            if isinstance(arg, float) and not math.isfinite(arg):
                return None
            found.append(arg)
    return found
