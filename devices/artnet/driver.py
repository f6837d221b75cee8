"""Driver for Art-Net universes: fixtures to DMX slots to UDP, all universes of a look at once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial

from devices.artnet.attention import Attention
from devices.artnet.batch import ArtnetBatch
from devices.artnet.codec import UDP_PORT, Dmx, Sync, encode, is_dmx, with_sequence
from devices.artnet.merge import PRECEDENCES
from devices.dmx.fixtures import Patch
from devices.dmx.listening import listening_setting
from devices.dmx.sending import Sending, is_this_machine
from devices.settings import choice_setting, flag_setting, udp_address
from engine.bus.driver import DeviceConfig, Report, TwinSpec
from engine.bus.line_driver import LineDriver

_SETTINGS = ("universe", "fixtures", "sync", "broadcast", "slots", "listen", "poll", "merge")
LAST_UNIVERSE = 0x7FFF
_HEADER_BYTES = 18

# Nodes drop a source that is silent for long; repeating an unchanged universe every 0.8 to 1 s is safe.
KEEP_ALIVE_NS = 900_000_000
ATTEND_NS = 100_000_000
IDLE_ATTEND_NS = 1_000_000_000


def create(config: DeviceConfig) -> ArtnetDriver:
    """Entry point of the family."""
    return ArtnetDriver(config)


class ArtnetDriver(LineDriver):
    """One or many universes, on one node or on all that hear a broadcast.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Attributes
    ----------
    patch : Patch
        Which fixture lies where.
    merge : {"htp", "ltp"}
        What the node is set to do with two sources; only the twin heeds it.
    attend_ns : int

    Raises
    ------
    SettingError
    """

    family = "artnet"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.artnet:make_twin", "udp"),
            keep_alive_ns=KEEP_ALIVE_NS,
        )
        self.attend_ns = ATTEND_NS
        self.patch = Patch(config, lowest=0, highest=LAST_UNIVERSE, default=0, even=True)
        self.channels = self.patch.channels
        self.groups = self.patch.groups
        # One universe cannot tear; with several the node has to be told when the look is complete.
        wants_sync = flag_setting(config, "sync", len(self.patch.universes) > 1)
        self._sync = encode(Sync()) if wants_sync else None
        self.merge = choice_setting(config, "merge", "htp", PRECEDENCES)
        host, port = udp_address(config, UDP_PORT)
        broadcast = flag_setting(config, "broadcast")
        self.address: tuple[str, int] | None = (host, port) if host and not broadcast else None
        line = Sending(config.name, host, port, broadcast=broadcast)
        universes = self.patch.universes
        named = f"universe {universes[0]}" if len(universes) == 1 else f"{len(universes)} universes"
        self.use_line(line, f"{named} at {config.port}")
        listening = listening_setting(config, UDP_PORT, wanted=not is_this_machine(host))
        poll = flag_setting(config, "poll")
        self._attention = Attention(config.name, universes, line, listening, poll=poll)
        if listening is None and not poll:
            self.attend_ns = IDLE_ATTEND_NS  # nobody to hear
        self._sequences = dict.fromkeys(universes, 0)
        self._headers = {
            universe: encode(Dmx(universe, bytes(self.patch.sizes[universe])))[:_HEADER_BYTES]
            for universe in universes
        }

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """All universes in order, then one sync if wanted; sequence 0, stamped when they leave."""
        frames = [self._headers[universe] + slots for universe, slots in self.patch.slots(values).items()]
        if self._sync is not None:
            frames.append(self._sync)
        return tuple(frames)

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Give each packet its universe's next sequence number; a node drops what arrives out of order by it."""
        stamped = []
        for frame in frames:
            if is_dmx(frame):
                frame = with_sequence(frame, self._next_sequence(frame[14] | frame[15] << 8))
            stamped.append(frame)
        return stamped

    @property
    def batch_key(self) -> Hashable | None:
        """Devices of one universe each, patched alike; none that has to send a sync after it."""
        if len(self.patch.universes) != 1 or self._sync is not None:
            return None
        return (self.patch.sizes[self.patch.universes[0]], tuple(put[1:] for put in self.patch.puts))

    def batch(self, drivers: Sequence[ArtnetDriver]) -> ArtnetBatch:
        """Encodes for many such devices."""
        universes = [driver.patch.universes[0] for driver in drivers]
        counters = [
            partial(driver._next_sequence, universe)
            for driver, universe in zip(drivers, universes, strict=True)
        ]
        return ArtnetBatch(universes, self.patch.sizes[self.patch.universes[0]], self.patch.puts, counters)

    def _next_sequence(self, universe: int) -> int:
        self._sequences[universe] = self._sequences[universe] % 255 + 1
        return self._sequences[universe]

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Look out for rivals and polls, ask for nodes. Raises DeviceGone."""
        return self._attention.attend(now_ns)

    def close(self) -> None:
        """Let go of the line and of the port that was listened to."""
        self._attention.close()
        super().close()
