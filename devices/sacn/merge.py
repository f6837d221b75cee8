"""What an sACN receiver makes of the packets it gets: who wins, what is held, who is gone.

A pure state machine: it is told packets and instants. The twin puts its result on lamps, the source tells it as signals.

Source: ANSI E1.31-2018. 6.2.3 priority (highest wins; sources of equal priority are combined, here highest level first, as
most receivers do), 6.7.2 sequence (dropped when the signed 8-bit difference lies in (-20, 0]), 6.7.1 network data loss 2.5 s,
6.2.6 terminated, preview and force-synchronization, 11 synchronization. Per-slot priority (start code 0xDD): 0 means that the
source leaves the slot alone; it replaces the packet's priority as long as it comes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from devices.sacn.codec import START_LEVELS, START_PRIORITIES, Data, Sync

SOURCE_LOST_NS = 2_500_000_000
MAX_SOURCES = 32
"""Sources per universe that are kept: what a network can make us remember has to end somewhere."""
_LATE_WINDOW = 20


@dataclass(slots=True)
class _Held:
    """Slots that came, and who may wait for a synchronization packet with them."""

    slots: bytes
    priority: int
    sync_address: int
    force_sync: bool


@dataclass(slots=True)
class _Source:
    name: str
    sender: str
    sequence: int
    at_ns: int
    newest: _Held
    shown: _Held | None = None
    waiting: bool = False
    slot_priorities: bytes | None = None
    slot_priorities_ns: int = 0


@dataclass(slots=True)
class _Universe:
    sources: dict[UUID, _Source] = field(default_factory=dict)
    shown: bytes = b""


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """A source of a universe, for people."""

    cid: UUID
    name: str
    sender: str
    priority: int


class Receiver:
    """The universes a receiver listens to.

    Parameters
    ----------
    universes : collection of int
        Others pass by.
    preview : bool, default False
        Whether preview data count: on a visualiser they do, on a stage never.

    Attributes
    ----------
    frames : int
        Packets of levels for these universes.
    late : int
        Packets dropped by their sequence number.
    exceeded : int
        Packets of sources beyond the most that are kept.
    """

    def __init__(self, universes: Collection[int], *, preview: bool = False) -> None:
        self._universes = {universe: _Universe() for universe in universes}
        self._preview = preview
        self._synced_ns: dict[int, int] = {}
        self.frames = 0
        self.late = 0
        self.exceeded = 0

    def take(self, packet: Data | Sync, sender: str, at_ns: int) -> tuple[int, ...]:
        """Take a packet; returns the universes whose output changed."""
        gone = self.expire(at_ns)
        changed = self._sync(packet, at_ns) if isinstance(packet, Sync) else self._data(packet, sender, at_ns)
        return tuple(dict.fromkeys((*gone, *changed)))

    def expire(self, at_ns: int) -> tuple[int, ...]:
        """Forget sources that fell silent; returns the universes whose output changed."""
        changed: list[int] = []
        for number, universe in self._universes.items():
            lost = [cid for cid, source in universe.sources.items() if at_ns - source.at_ns > SOURCE_LOST_NS]
            for cid in lost:
                del universe.sources[cid]
            stale = [
                source
                for source in universe.sources.values()
                if source.slot_priorities is not None and at_ns - source.slot_priorities_ns > SOURCE_LOST_NS
            ]
            for source in stale:
                source.slot_priorities = None
            if lost or stale:
                changed += self._put_out(number, universe)
        return tuple(changed)

    def shown(self, universe: int) -> bytes:
        """What a universe puts out: the last look stays when every source is lost."""
        return self._universes[universe].shown

    def sources(self, universe: int, at_ns: int) -> tuple[SourceSeen, ...]:
        """Who sends a universe at `at_ns`, strongest first."""
        return tuple(
            SourceSeen(cid, source.name, source.sender, source.newest.priority)
            for cid, source in sorted(
                self._universes[universe].sources.items(),
                key=lambda item: (-item[1].newest.priority, str(item[0])),
            )
            if at_ns - source.at_ns <= SOURCE_LOST_NS
        )

    def _data(self, packet: Data, sender: str, at_ns: int) -> tuple[int, ...]:
        universe = self._universes.get(packet.universe)
        if universe is None or (packet.preview and not self._preview):
            return ()
        known = universe.sources.get(packet.cid)
        if known is not None and is_late(packet.sequence, known.sequence):
            self.late += 1
            return ()
        if packet.terminated:
            if known is None:
                return ()
            del universe.sources[packet.cid]
            return self._put_out(packet.universe, universe)
        if packet.start_code == START_PRIORITIES:
            return self._priorities(packet, universe, known, at_ns)
        if packet.start_code != START_LEVELS:
            return ()
        self.frames += 1
        held = _Held(packet.slots, packet.priority, packet.sync_address, packet.force_sync)
        if known is None:
            if not self._room(universe, packet.priority):
                self.exceeded += 1
                return ()
            known = universe.sources[packet.cid] = _Source(packet.name, sender, packet.sequence, at_ns, held)
        known.name, known.sender = packet.name, sender
        known.sequence, known.at_ns, known.newest = packet.sequence, at_ns, held
        if self._must_wait(held, at_ns):
            known.waiting = True
            return ()
        known.shown, known.waiting = held, False
        return self._put_out(packet.universe, universe)

    def _priorities(
        self, packet: Data, universe: _Universe, known: _Source | None, at_ns: int
    ) -> tuple[int, ...]:
        if known is None:
            return ()  # priorities of slots nobody has sent yet: they come again
        known.sequence, known.at_ns = packet.sequence, at_ns
        known.slot_priorities, known.slot_priorities_ns = packet.slots, at_ns
        return self._put_out(packet.universe, universe)

    def _sync(self, packet: Sync, at_ns: int) -> tuple[int, ...]:
        address = packet.sync_address
        wanted = False
        changed: list[int] = []
        for number, universe in self._universes.items():
            released = False
            for source in universe.sources.values():
                if source.newest.sync_address != address:
                    continue
                wanted = True
                if source.waiting:
                    source.shown, source.waiting, released = source.newest, False, True
            if released:
                changed += self._put_out(number, universe)
        if wanted:  # addresses nobody uses are not kept in mind
            self._synced_ns[address] = at_ns
            if len(self._synced_ns) > len(self._universes) * MAX_SOURCES:
                self._synced_ns = {address: at_ns}
        return tuple(changed)

    def _must_wait(self, held: _Held, at_ns: int) -> bool:
        """E1.31, 11: held from the first synchronization packet on; after its loss as force-synchronization says."""
        if held.sync_address == 0:
            return False
        synced_ns = self._synced_ns.get(held.sync_address)
        if synced_ns is None:
            return False
        return at_ns - synced_ns <= SOURCE_LOST_NS or not held.force_sync

    def _room(self, universe: _Universe, priority: int) -> bool:
        if len(universe.sources) < MAX_SOURCES:
            return True
        weakest = min(universe.sources, key=lambda cid: universe.sources[cid].newest.priority)
        if universe.sources[weakest].newest.priority >= priority:
            return False
        del universe.sources[weakest]
        return True

    def _put_out(self, number: int, universe: _Universe) -> tuple[int, ...]:
        merged = _merged([source for source in universe.sources.values() if source.shown is not None])
        if merged is None or merged == universe.shown:
            return ()
        universe.shown = merged
        return (number,)


def is_late(new: int, last: int) -> bool:
    """Whether a packet is dropped by its sequence number (E1.31, 6.7.2)."""
    behind = (last - new) & 0xFF
    return behind < _LATE_WINDOW


def _merged(sources: list[_Source]) -> bytes | None:
    """Slots that win; None without a source, which leaves the last look."""
    if not sources:
        return None
    looks = [source.shown for source in sources if source.shown is not None]
    if all(source.slot_priorities is None for source in sources):
        top = max(look.priority for look in looks)
        winners = [look.slots for look in looks if look.priority == top]
        if len(winners) == 1:
            return winners[0]
        size = max(map(len, winners))
        padded = [slots.ljust(size, b"\x00") for slots in winners]
        return bytes(max(column) for column in zip(*padded, strict=True))
    size = max(len(look.slots) for look in looks)
    merged = bytearray(size)
    for slot in range(size):
        best = (0, 0)
        for source, look in zip(sources, looks, strict=True):
            if slot >= len(look.slots):
                continue
            priorities = source.slot_priorities
            if priorities is None:
                # Least of the packet's priorities is 0, of a slot's 1: 0 there means "not mine".
                rank = max(look.priority, 1)
            else:
                rank = priorities[slot] if slot < len(priorities) else 0
            if rank:
                best = max(best, (rank, look.slots[slot]))
        merged[slot] = best[1]
    return bytes(merged)
