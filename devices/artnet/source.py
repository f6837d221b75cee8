"""Art-Net as an input: a console's levels as signals.

Source: Art-Net 4. A console sends universes to whoever said in an ArtPollReply that it has them, so polls are answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from devices.artnet.announce import introductions
from devices.artnet.codec import OP_POLL, UDP_PORT, ArtnetError, Dmx, Sync, decode, is_opcode
from devices.artnet.merge import PRECEDENCES, Merge
from devices.dmx.listening import Listening, parse_listening_port
from devices.dmx.signals import LevelChanges, slots_setting, universes_setting
from devices.settings import choice_setting
from engine.bus.driver import SettingError, check_settings
from engine.bus.source import Chunk, Signal, SourceConfig

_SETTINGS = ("universes", "slots", "merge")


def create_source(config: SourceConfig) -> ArtnetSource:
    """Entry point of the family as a source."""
    return ArtnetSource(config)


class ArtnetSource:
    """Universes that are listened to.

    Parameters
    ----------
    config : SourceConfig
        Port ``udp://0.0.0.0[:6454]``; `settings`: see the README of the family.

    Attributes
    ----------
    refused : int
        Datagrams that were not Art-Net we know.

    Raises
    ------
    SettingError
    """

    family = "artnet"

    def __init__(self, config: SourceConfig) -> None:
        check_settings(config, _SETTINGS)
        self.name = config.name
        self.refused = 0
        self._universes = universes_setting(config, 0, 0x7FFF, (0,))
        precedence = choice_setting(config, "merge", "htp", PRECEDENCES)
        try:
            host, port = parse_listening_port(config.port, UDP_PORT)
        except ValueError as error:
            raise SettingError(str(error), "port") from None
        self._listening = Listening(config.name, host, port)
        self._ip = "" if host == "0.0.0.0" else host
        self._merge = Merge(self._universes, "ltp" if precedence == "ltp" else "htp")
        self._changes = LevelChanges(config.name, slots_setting(config))

    @property
    def port(self) -> int:
        """The UDP port that is listened to."""
        return self._listening.port

    def open(self) -> None:
        """Begin to listen. Raises DeviceGone or DeviceBusy."""
        self._listening.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams that came in; polls are answered on the way. Raises DeviceGone."""
        chunks = []
        for data, host, port in self._listening.hear(timeout_s):
            if is_opcode(data, OP_POLL):
                for answer in introductions(
                    self.name, f"Sensorama input {self.name}", self._universes, ip=self._ip
                ):
                    self._listening.answer(answer, host, port)
            chunks.append(Chunk(data, host))
        return chunks

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """Slots that changed, after the merge of two senders and the wait for an ArtSync."""
        try:
            packet = decode(chunk.data)
        except ArtnetError:
            self.refused += 1
            return ()
        if not isinstance(packet, Dmx | Sync):
            return ()
        signals: list[Signal] = []
        for universe in self._merge.take(packet, chunk.sender, at_ns):
            signals += self._changes.of(universe, self._merge.shown(universe), at_ns)
        return signals

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()
