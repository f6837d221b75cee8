"""Twin of an Art-Net node with one output universe.

Has: two-source merge (highest takes precedence), sources told apart by the sender it is told, loss of a
source after 10 s, ArtSync with the fall-back to immediate output, reply to ArtPoll. Has not:
latest-takes-precedence merge, several ports, remote programming, RDM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.artnet.codec import Dmx, Poll, PollReply, Sync, decode, encode
from devices.artnet.driver import ArtnetDriver
from devices.sim.physics import LaggedValue
from engine.bus.driver import DeviceConfig, Form

SOURCE_LOST_NS = 10_000_000_000
SYNC_LOST_NS = 4_000_000_000
_COMPONENTS = {Form.RGB: ("red", "green", "blue"), Form.LEVEL: ("level",)}


def make_twin(config: DeviceConfig) -> ArtnetTwin:
    """A node with the fixtures of the device behind it."""
    return ArtnetTwin(config)


@dataclass(slots=True)
class _Source:
    data: bytes
    at_ns: int


class ArtnetTwin:
    """A node, and the fixtures on its DMX line.

    Parameters
    ----------
    config : DeviceConfig
        The device it answers; its latency is how late the fixtures are.

    Attributes
    ----------
    frames : int
        ArtDmx packets for this universe.
    refused : int
        Datagrams that were not Art-Net we know.
    """

    def __init__(self, config: DeviceConfig) -> None:
        driver = ArtnetDriver(config)
        self._name = config.name
        self._universe = driver.universe
        self._fixtures = driver.fixtures
        latency = config.latency
        self._values = {
            f"{fixture.name}.{component}": LaggedValue(0.0, dead_ns=latency.dead_ns, lag_ns=latency.lag_ns)
            for fixture in self._fixtures
            for component in _COMPONENTS[fixture.form]
        }
        self._sources: dict[str, _Source] = {}
        self._synced_ns: int | None = None
        self.frames = 0
        self.refused = 0

    def receive(self, data: bytes, at_ns: int, sender: str = "") -> Sequence[bytes]:
        """Take a datagram; answers an ArtPoll."""
        try:
            packet = decode(data)
        except ValueError:
            self.refused += 1
            return ()
        if isinstance(packet, Poll):
            return (encode(self._introduce()),)
        if isinstance(packet, Sync):
            # Ignored while two sources merge: one of them knows nothing of it.
            if len(self._alive(at_ns)) <= 1:
                self._synced_ns = at_ns
                self._show(at_ns)
        elif isinstance(packet, Dmx) and packet.universe == self._universe:
            self.frames += 1
            if sender not in self._sources and len(self._alive(at_ns)) >= 2:
                return ()  # a third source is not heard
            self._sources[sender] = _Source(packet.data, at_ns)
            buffered = self._synced_ns is not None and at_ns - self._synced_ns <= SYNC_LOST_NS
            if not buffered or len(self._sources) > 1:
                self._show(at_ns)
        return ()

    def state_at(self, at_ns: int) -> Mapping[str, float]:
        """What the fixtures put out, 0..1."""
        return {name: value.at(at_ns) for name, value in self._values.items()}

    def slots(self, at_ns: int) -> bytes:
        """The merged universe."""
        alive = self._alive(at_ns)
        if not alive:
            return b""
        size = max(len(source.data) for source in alive)
        padded = [source.data.ljust(size, b"\x00") for source in alive]
        return bytes(max(column) for column in zip(*padded, strict=True))

    def _alive(self, at_ns: int) -> list[_Source]:
        self._sources = {
            sender: source
            for sender, source in self._sources.items()
            if at_ns - source.at_ns <= SOURCE_LOST_NS
        }
        return list(self._sources.values())

    def _show(self, at_ns: int) -> None:
        slots = self.slots(at_ns).ljust(512, b"\x00")
        for fixture in self._fixtures:
            for slot, component in zip(fixture.slots, _COMPONENTS[fixture.form], strict=True):
                level = slots[slot] / 255
                if fixture.bits == 16:
                    level = (slots[slot] << 8 | slots[slot + 1]) / 65535
                self._values[f"{fixture.name}.{component}"].command(
                    level**0.5 if fixture.square else level, at_ns
                )

    def _introduce(self) -> PollReply:
        return PollReply(
            net=self._universe >> 8,
            sub=self._universe >> 4 & 0x0F,
            short_name=self._name,
            long_name=f"Software twin of {self._name}",
            report="#0001 [0000] ready",
            sw_out=bytes((self._universe & 0x0F, 0, 0, 0)),
        )
