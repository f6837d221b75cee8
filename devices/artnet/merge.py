"""What an Art-Net node makes of the packets it gets: two sources merged, levels held until an ArtSync.

A pure state machine: it is told packets and instants. The twin puts its result on lamps, the source tells it as signals.

Source: Art-Net 4. ArtDmx: a port merges at most two sources, told apart by IP address, highest or latest takes precedence; a
source that falls silent leaves the merge. ArtSync: levels wait for it from the first one on, and go out at once again when
none came for 4 s; it counts only from whoever sent the latest ArtDmx, and not while two sources merge.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from devices.artnet.codec import MAX_SLOTS, Dmx, Sync

SOURCE_LOST_NS = 10_000_000_000
SYNC_LOST_NS = 4_000_000_000
MAX_SOURCES = 2
# ArtDmx with this sequence number says that the sender does not count.
_UNCOUNTED = 0
# A packet up to this many numbers behind is late and dropped; further back, the sender began anew.
_LATE_WINDOW = 8

Precedence = Literal["htp", "ltp"]
PRECEDENCES: tuple[Precedence, ...] = ("htp", "ltp")


@dataclass(slots=True)
class _Source:
    data: bytes
    at_ns: int
    sequence: int


@dataclass(slots=True)
class _Port:
    sources: dict[str, _Source] = field(default_factory=dict)
    latest: bytearray = field(default_factory=bytearray)
    """What latest-takes-precedence has come to."""
    shown: bytes = b""
    waiting: bool = False


class Merge:
    """The output ports of a node.

    Parameters
    ----------
    universes : collection of int
        Port addresses it has; others pass by.
    precedence : {"htp", "ltp"}, default "htp"
        Of two sources the higher level, or the one that changed the slot last.

    Attributes
    ----------
    frames : int
        ArtDmx packets for its universes.
    unheard : int
        Those of a third source.
    late : int
        Those that came after a later one.
    """

    def __init__(self, universes: Collection[int], precedence: Precedence = "htp") -> None:
        self._ports = {universe: _Port() for universe in universes}
        self._precedence = precedence
        self._synced_ns: int | None = None
        self._latest_sender = ""
        self.frames = 0
        self.unheard = 0
        self.late = 0

    def take(self, packet: Dmx | Sync, sender: str, at_ns: int) -> tuple[int, ...]:
        """Take a packet; returns the universes whose output may have changed."""
        if isinstance(packet, Sync):
            return self._sync(sender, at_ns)
        port = self._ports.get(packet.universe)
        if port is None:
            return ()
        self.frames += 1
        self._forget(port, at_ns)
        known = port.sources.get(sender)
        if known is None and len(port.sources) >= MAX_SOURCES:
            self.unheard += 1
            return ()
        if known is not None and _is_late(packet.sequence, known.sequence):
            self.late += 1
            return ()
        self._latest_sender = sender
        self._note_changes(port, None if known is None else known.data, packet.data)
        port.sources[sender] = _Source(packet.data, at_ns, packet.sequence)
        synced = self._synced_ns is not None and at_ns - self._synced_ns <= SYNC_LOST_NS
        if synced and len(port.sources) < MAX_SOURCES:
            port.waiting = True
            return ()
        return self._put_out(packet.universe, port)

    def merged(self, universe: int, at_ns: int) -> bytes:
        """What the sources of a universe come to at `at_ns`, put out or not yet; empty without a source."""
        port = self._ports[universe]
        self._forget(port, at_ns)
        return self._merged(port)

    def shown(self, universe: int) -> bytes:
        """What a universe's port puts out: the last look stays when every source is lost."""
        return self._ports[universe].shown

    def merging(self, at_ns: int) -> tuple[int, ...]:
        """Universes with two sources at `at_ns`."""
        for port in self._ports.values():
            self._forget(port, at_ns)
        return tuple(number for number, port in self._ports.items() if len(port.sources) >= MAX_SOURCES)

    def _sync(self, sender: str, at_ns: int) -> tuple[int, ...]:
        merging = False
        for port in self._ports.values():
            self._forget(port, at_ns)
            merging = merging or len(port.sources) >= MAX_SOURCES
        if merging or (self._latest_sender and sender != self._latest_sender):
            return ()
        self._synced_ns = at_ns
        changed: list[int] = []
        for universe, port in self._ports.items():
            if port.waiting:
                changed += self._put_out(universe, port)
        return tuple(changed)

    def _put_out(self, universe: int, port: _Port) -> tuple[int, ...]:
        port.waiting = False
        port.shown = self._merged(port)
        return (universe,)

    def _merged(self, port: _Port) -> bytes:
        alive = list(port.sources.values())
        if len(alive) == 1:
            return alive[0].data
        if not alive:
            return b""
        if self._precedence == "ltp":
            return bytes(port.latest)
        size = max(len(source.data) for source in alive)
        padded = [source.data.ljust(size, b"\x00") for source in alive]
        return bytes(max(column) for column in zip(*padded, strict=True))

    def _note_changes(self, port: _Port, before: bytes | None, data: bytes) -> None:
        if self._precedence != "ltp":
            return
        if len(port.latest) < len(data):
            port.latest.extend(bytes(len(data) - len(port.latest)))
        if before is None:
            port.latest[: len(data)] = data  # who comes anew has just set every slot
            return
        padded = before.ljust(len(data), b"\x00")
        for slot, level in enumerate(data):
            if level != padded[slot]:
                port.latest[slot] = level

    def _forget(self, port: _Port, at_ns: int) -> None:
        lost = [sender for sender, source in port.sources.items() if at_ns - source.at_ns > SOURCE_LOST_NS]
        for sender in lost:
            del port.sources[sender]
        if lost and len(port.sources) == 1:
            (left,) = port.sources.values()
            port.latest = bytearray(left.data[:MAX_SLOTS])


def _is_late(new: int, last: int) -> bool:
    """Whether a packet was overtaken by the one before it (numbers run 1..255 and around; 0 is not counted)."""
    if _UNCOUNTED in (new, last):
        return False
    behind = (last - new) % 255
    return 0 < behind < _LATE_WINDOW
