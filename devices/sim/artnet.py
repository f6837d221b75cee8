"""Twin of an Art-Net node, one output port for every universe of the device.

Has: merge of two sources (highest or latest takes precedence), a third one unheard, loss of a source after 10 s, packets out of
order dropped by their sequence, ArtSync with the fall-back to immediate output after 4 s, replies to ArtPoll four ports at a
time. Has not: remote programming (ArtAddress), failsafe looks, RDM. It tells senders apart by what it is told of them; a real
node by IP address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devices.artnet.announce import introductions
from devices.artnet.codec import ArtnetError, Dmx, Poll, Sync, decode
from devices.artnet.driver import ArtnetDriver
from devices.artnet.merge import Merge
from devices.sim.lamps import Lamps
from engine.bus.driver import DeviceConfig


def make_twin(config: DeviceConfig) -> ArtnetTwin:
    """A node with the fixtures of the device behind it."""
    return ArtnetTwin(config)


class ArtnetTwin:
    """A node, and the fixtures on its DMX lines.

    Parameters
    ----------
    config : DeviceConfig
        The device it answers; its latency is how late the fixtures are.

    Attributes
    ----------
    refused : int
        Datagrams that were not Art-Net we know.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = ArtnetDriver(config)
        self._name = config.name
        self._universes = driver.patch.universes
        self._merge = Merge(self._universes, "ltp" if driver.merge == "ltp" else "htp")
        self._lamps = Lamps(driver.patch, config)
        self.refused = 0

    @property
    def frames(self) -> int:
        """ArtDmx packets for universes of this node."""
        return self._merge.frames

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take a datagram; answers an ArtPoll."""
        try:
            packet = decode(data)
        except ArtnetError:
            self.refused += 1
            return ()
        if isinstance(packet, Poll):
            merging = self._merge.merging(at_ns)
            return introductions(
                self._name, f"Software twin of {self._name}", self._universes, merging=merging
            )
        if isinstance(packet, Dmx | Sync):
            for universe in self._merge.take(packet, sender, at_ns):
                self._lamps.show(universe, self._merge.shown(universe), at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """What the fixtures put out, 0..1."""
        return self._lamps.state_at(at_ns)

    def slots(self, at_ns: int, universe: int | None = None) -> bytes:
        """What the sources of a universe (the first, unless given) come to; empty without a source."""
        return self._merge.merged(self._universes[0] if universe is None else universe, at_ns)
