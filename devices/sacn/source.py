"""sACN as an input: a console's levels as signals."""

from __future__ import annotations

from collections.abc import Sequence

from devices.dmx.listening import Listening, parse_listening_port
from devices.dmx.signals import LevelChanges, slots_setting, universes_setting
from devices.sacn.codec import (
    FIRST_UNIVERSE,
    LAST_UNIVERSE,
    UDP_PORT,
    Discovery,
    SacnError,
    decode,
    group_of,
)
from devices.sacn.merge import Receiver
from devices.settings import flag_setting, interface_setting
from engine.bus.driver import SettingError, check_settings
from engine.bus.source import Chunk, Signal, SourceConfig

_SETTINGS = ("universes", "slots", "preview", "interface", "sync")


def create_source(config: SourceConfig) -> SacnSource:
    """Entry point of the family as a source."""
    return SacnSource(config)


class SacnSource:
    """Universes that are listened to, by multicast and unicast.

    Parameters
    ----------
    config : SourceConfig
        Port ``udp://0.0.0.0[:5568]``; `settings`: see the README of the family.

    Attributes
    ----------
    refused : int
        Datagrams that were not sACN we know.

    Raises
    ------
    SettingError
    """

    family = "sacn"

    def __init__(self, config: SourceConfig) -> None:
        check_settings(config, _SETTINGS)
        self.name = config.name
        self.refused = 0
        universes = universes_setting(config, FIRST_UNIVERSE, LAST_UNIVERSE, (FIRST_UNIVERSE,))
        addresses = _sync_addresses(config)
        interface = interface_setting(config)
        try:
            host, port = parse_listening_port(config.port, UDP_PORT)
        except ValueError as error:
            raise SettingError(str(error), "port") from None
        groups = [group_of(number) for number in sorted({*universes, *addresses})]
        self._listening = Listening(config.name, host, port, groups=groups, interface=interface)
        self._receiver = Receiver(universes, preview=flag_setting(config, "preview"))
        self._changes = LevelChanges(config.name, slots_setting(config))

    @property
    def port(self) -> int:
        """The UDP port that is listened to."""
        return self._listening.port

    def open(self) -> None:
        """Begin to listen, and join the groups. Raises DeviceGone or DeviceBusy."""
        self._listening.open()

    def read(self, timeout_s: float) -> Sequence[Chunk]:
        """Datagrams that came in. Raises DeviceGone."""
        return [Chunk(data, host) for data, host, _ in self._listening.hear(timeout_s)]

    def decode(self, chunk: Chunk, at_ns: int) -> Sequence[Signal]:
        """Slots that changed, after priorities, merge, sequence check and synchronisation."""
        try:
            packet = decode(chunk.data)
        except SacnError:
            self.refused += 1
            return ()
        if isinstance(packet, Discovery):
            return ()
        signals: list[Signal] = []
        for universe in self._receiver.take(packet, chunk.sender, at_ns):
            signals += self._changes.of(universe, self._receiver.shown(universe), at_ns)
        return signals

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()


def _sync_addresses(config: SourceConfig) -> tuple[int, ...]:
    """Universes on which synchronization packets come; those of the data are listened to anyway."""
    value = config.settings.get("sync", [])
    numbers = value if isinstance(value, list) else [value]
    for number in numbers:
        good = isinstance(number, int) and not isinstance(number, bool)
        if not good or not FIRST_UNIVERSE <= number <= LAST_UNIVERSE:
            raise SettingError(
                f"sync address {number!r}; allowed: an integer {FIRST_UNIVERSE} to {LAST_UNIVERSE}",
                "settings",
                "sync",
            )
    return tuple(numbers)
