"""What an sACN sender does between its packets: look out for rivals on its universes, tell the network what it sends.

Source: ANSI E1.31-2018, 4.3 and 8 (universe discovery every 10 s), 6.7.1 (network data loss).
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from devices.dmx.listening import Listening, Lookout
from devices.dmx.rivals import RivalWatch
from devices.dmx.sending import Sending
from devices.sacn.codec import Data, SacnError, decode, discovery_pages, is_data, universe_of
from devices.sacn.merge import SOURCE_LOST_NS
from engine.bus.driver import Report

DISCOVERY_NS = 10_000_000_000


class Attention:
    """The attentive part of a driver.

    Parameters
    ----------
    cid : UUID
    name : str
        Source name.
    priority : int
        Our own: only who sends with the same or a higher one is a rival.
    universes : collection of int
        What the device drives.
    line : Sending
    listening : Listening or None
        Where rivals are heard; None looks out for nobody.
    discovery : bool
        Whether to tell what is sent.
    """

    def __init__(
        self,
        cid: UUID,
        name: str,
        priority: int,
        universes: Collection[int],
        line: Sending,
        listening: Listening | None,
        *,
        discovery: bool,
    ) -> None:
        self._cid = cid
        self._priority = priority
        self._universes = frozenset(universes)
        self._line = line
        self._listening = listening
        self._pages = discovery_pages(cid, name, sorted(universes)) if discovery else ()
        self._discovered_ns: int | None = None
        self._lookout = Lookout()
        self._rivals = RivalWatch(SOURCE_LOST_NS)

    def attend(self, now_ns: int) -> list[Report]:
        """Do what is due. Raises DeviceGone when the line is gone."""
        reports: list[Report] = []
        self._look_out(now_ns, reports)
        if self._pages and (self._discovered_ns is None or now_ns - self._discovered_ns >= DISCOVERY_NS):
            self._discovered_ns = now_ns
            self._line.send(self._pages)
        reports += self._rivals.reports(now_ns)
        return reports

    def close(self) -> None:
        """Stop listening until the line is open again."""
        self._lookout.close(self._listening)
        self._discovered_ns = None

    def _look_out(self, now_ns: int, reports: list[Report]) -> None:
        own_port = self._line.local[1]
        for data, host, port in self._lookout.hear(self._listening, reports):
            if not is_data(data) or universe_of(data) not in self._universes:
                continue
            if data[22:38] == self._cid.bytes and port == own_port:
                continue  # ourselves, back by multicast
            try:
                packet = decode(data)
            except SacnError:
                continue  # the port belongs to everybody
            if isinstance(packet, Data):
                self._heard(packet, host, now_ns)

    def _heard(self, packet: Data, host: str, now_ns: int) -> None:
        key = f"{packet.cid} {host}"
        if packet.terminated or packet.preview or packet.priority < self._priority:
            self._rivals.left(packet.universe, key)
            return
        who = f"{packet.name!r} at {host} (sACN, priority {packet.priority}, ours is {self._priority})"
        if packet.cid == self._cid:
            who += " under our own identity: give one of the two its own `cid`"
        self._rivals.heard(packet.universe, key, who, now_ns)
