"""What an Art-Net sender does between its packets: look out for rivals, answer polls, ask who is there.

Source: Art-Net 4. Every device answers ArtPoll, senders too; a controller asks every 2.5 to 3 s, and a node that missed three
polls is gone. A node drops a source after 10 s of silence, and so do we drop a rival.
"""

from __future__ import annotations

from collections.abc import Collection

from devices.artnet.announce import introductions
from devices.artnet.codec import OP_DMX, ArtnetError, Dmx, Poll, PollReply, decode, encode, is_opcode
from devices.artnet.merge import SOURCE_LOST_NS
from devices.dmx.listening import Listening, Lookout
from devices.dmx.rivals import RivalWatch
from devices.dmx.sending import Sending
from engine.bus.driver import Report

POLL_NS = 3_000_000_000
NODE_LOST_NS = 10_000_000_000
MOST_NODES = 128


class Attention:
    """The attentive part of a driver.

    Parameters
    ----------
    name : str
        Of the device; it introduces itself by it.
    universes : collection of int
        What the device drives.
    line : Sending
        Where its packets leave; polls too.
    listening : Listening or None
        Where rivals and polls are heard; None looks out for nobody.
    poll : bool
        Whether to ask who is there.
    """

    def __init__(
        self, name: str, universes: Collection[int], line: Sending, listening: Listening | None, *, poll: bool
    ) -> None:
        self._name = name
        self._universes = frozenset(universes)
        self._line = line
        self._listening = listening
        self._poll = poll
        self._polled_ns: int | None = None
        self._began_ns: int | None = None
        self._lookout = Lookout()
        self._told_nobody = False
        self._rivals = RivalWatch(SOURCE_LOST_NS)
        self._nodes: dict[tuple[str, int], tuple[str, int]] = {}
        """By address and bind index: how it was told of, and when it last answered."""

    def attend(self, now_ns: int) -> list[Report]:
        """Do what is due. Raises DeviceGone when the line is gone."""
        reports: list[Report] = []
        self._look_out(now_ns, reports)
        if self._poll:
            self._ask(now_ns, reports)
        reports += self._rivals.reports(now_ns)
        return reports

    def close(self) -> None:
        """Stop listening until the line is open again."""
        self._lookout.close(self._listening)
        self._polled_ns = self._began_ns = None

    def _look_out(self, now_ns: int, reports: list[Report]) -> None:
        own = self._line.local
        for data, host, port in self._lookout.hear(self._listening, reports):
            if (host, port) == own:
                continue
            if is_opcode(data, OP_DMX) and int.from_bytes(data[14:16], "little") not in self._universes:
                continue  # nearly everything on a busy network: not worth decoding
            try:
                packet = decode(data)
            except ArtnetError:
                continue  # the port belongs to everybody
            if isinstance(packet, Dmx):
                if packet.universe in self._universes:
                    self._rivals.heard(packet.universe, host, f"{host} (Art-Net)", now_ns)
            elif isinstance(packet, Poll):
                for answer in introductions(
                    self._name, f"Sensorama device {self._name}", sorted(self._universes), ip=own[0], controller=True
                ):  # fmt: skip
                    assert self._listening is not None
                    self._listening.answer(answer, host, port)
            elif isinstance(packet, PollReply):
                self._met(packet, host, now_ns, reports)

    def _ask(self, now_ns: int, reports: list[Report]) -> None:
        if self._began_ns is None:
            self._began_ns = now_ns
        for data, host, _ in self._line.hear():
            try:
                packet = decode(data)
            except ArtnetError:
                continue
            if isinstance(packet, PollReply):
                self._met(packet, host, now_ns, reports)
        if self._polled_ns is None or now_ns - self._polled_ns >= POLL_NS:
            self._polled_ns = now_ns
            self._line.send([encode(Poll())])
        for key, (text, at_ns) in list(self._nodes.items()):
            if now_ns - at_ns > NODE_LOST_NS:
                del self._nodes[key]
                reports.append(
                    Report("fault", f"{text} has not answered for {NODE_LOST_NS // 1_000_000_000} s")
                )
        if not self._nodes and not self._told_nobody and now_ns - self._began_ns > NODE_LOST_NS:
            self._told_nobody = True
            reports.append(
                Report("fault", "no Art-Net node answers polls here; check power, cable and address")
            )

    def _met(self, reply: PollReply, host: str, now_ns: int, reports: list[Report]) -> None:
        if not self._poll:
            return
        key = (host, reply.bind_index)
        text = f"Art-Net node {reply.short_name!r} at {host}"
        if reply.outputs:
            text += f" with universe {', '.join(map(str, reply.outputs))}"
        known = self._nodes.get(key)
        if known is None and len(self._nodes) >= MOST_NODES:
            return
        if known is None or known[0] != text:
            reports.append(Report("reply", text))
        self._nodes[key] = (text, now_ns)
        # Two that send to a node by unicast never hear of each other, but the node knows.
        for universe in self._universes.intersection(reply.outputs):
            merger = f"node {host}"
            if universe in reply.merging:
                who = f"a source that node {reply.short_name!r} at {host} merges with ours"
                self._rivals.heard(universe, merger, who, now_ns)
            else:
                self._rivals.left(universe, merger)
        self._told_nobody = False
