"""Twin of an sACN gateway, one output port for every universe of the device.

Has: priority, highest-takes-precedence merge at equal priority, per-slot priority, sequence check, loss of a source after 2.5 s,
terminated sources leave at once, synchronisation with both ways of losing it; the last look stays when nobody sends. Has not:
multicast membership (packets are handed to it), RDM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.sacn.codec import Discovery, SacnError, decode
from devices.sacn.driver import SacnDriver
from devices.sacn.merge import Receiver, SourceSeen
from devices.sim.lamps import Lamps
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> SacnTwin:
    """A gateway with the fixtures of the device behind it."""
    return SacnTwin(config)


class SacnTwin:
    """A gateway, and the fixtures on its DMX lines.

    Parameters
    ----------
    config : DeviceConfig
        The device it answers; its latency is how late the fixtures are.

    Attributes
    ----------
    refused : int
        Datagrams that were not sACN we know.
    discovered : tuple of int
        Universes the latest discovery packet listed.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = SacnDriver(config)
        # A device that sends preview data stands for a visualiser; to a stage they do not exist.
        self._receiver = Receiver(driver.patch.universes, preview=driver.preview)
        self._lamps = Lamps(driver.patch, config)
        self.refused = 0
        self.discovered: tuple[int, ...] = ()

    @property
    def frames(self) -> int:
        """Packets of levels for universes of this gateway."""
        return self._receiver.frames

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take a datagram; a gateway never answers."""
        try:
            packet = decode(data)
        except SacnError:
            self.refused += 1
            return ()
        if isinstance(packet, Discovery):
            self.discovered = packet.universes
            return ()
        for universe in self._receiver.take(packet, sender, at_ns):
            self._lamps.show(universe, self._receiver.shown(universe), at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """What the fixtures put out, 0..1."""
        for universe in self._receiver.expire(at_ns):
            self._lamps.show(universe, self._receiver.shown(universe), at_ns)
        return self._lamps.state_at(at_ns)

    def slots(self, universe: int) -> bytes:
        """What a universe puts out."""
        return self._receiver.shown(universe)

    def sources(self, universe: int, at_ns: int) -> Sequence[SourceSeen]:
        """Who sends a universe."""
        return self._receiver.sources(universe, at_ns)
