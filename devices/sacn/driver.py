"""Driver for sACN universes: fixtures to DMX slots to multicast or one host, all universes of a look at once.

Source: ANSI E1.31-2018, 6 (fields), 6.6.1 (three packets of a new look, then a keep-alive every 800 to 1000 ms), 6.2.6 (three
terminated packets at the end), 11 (synchronisation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from devices.dmx.fixtures import Patch
from devices.dmx.listening import listening_setting
from devices.dmx.sending import Sending, is_this_machine
from devices.sacn.attention import Attention
from devices.sacn.codec import (
    FIRST_UNIVERSE,
    LAST_UNIVERSE,
    MAX_PRIORITY,
    UDP_PORT,
    Data,
    Sync,
    as_terminated,
    encode,
    group_of,
    is_data,
    universe_of,
    with_sequence,
)
from devices.settings import flag_setting, interface_setting, text_setting, udp_address
from engine.bus.driver import DeviceConfig, Report, SettingError, TwinSpec
from engine.bus.line_driver import LineDriver, integer_setting
from engine.errors import DeviceError

_SETTINGS = (
    "universe",
    "fixtures",
    "slots",
    "priority",
    "sync",
    "force_sync",
    "preview",
    "name",
    "cid",
    "interface",
    "ttl",
    "discovery",
    "listen",
)
MULTICAST = "multicast"
_HEADER_BYTES = 126
# The space our stable identities are made in: E1.31 wants a CID that stays the same for the life of a source.
_IDENTITIES = UUID("6f1c6a52-5d0e-4c43-9a0e-0f4e5c3b7d11")

KEEP_ALIVE_NS = 900_000_000
ATTEND_NS = 50_000_000
# A new look goes out three times in all, no faster than a DMX line takes whole universes.
_COPIES = 3
_TERMINATIONS = 3


def create(config: DeviceConfig) -> SacnDriver:
    """Entry point of the family."""
    return SacnDriver(config)


class SacnDriver(LineDriver):
    """One or many universes, by multicast or to one host.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

    Attributes
    ----------
    patch : Patch
        Which fixture lies where.
    cid : UUID
        Identity of this source: from the settings, or made from the device's name, so that it stays.
    attend_ns : int

    Raises
    ------
    SettingError
    """

    family = "sacn"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(
            config,
            settings=_SETTINGS,
            twin=TwinSpec("devices.sim.sacn:make_twin", "udp"),
            keep_alive_ns=KEEP_ALIVE_NS,
        )
        self.attend_ns = ATTEND_NS
        self.patch = Patch(config, lowest=FIRST_UNIVERSE, highest=LAST_UNIVERSE, default=FIRST_UNIVERSE)
        self.channels = self.patch.channels
        self.groups = self.patch.groups
        self.cid = _cid(config)
        self.preview = flag_setting(config, "preview")
        priority = integer_setting(config, "priority", 100, 0, MAX_PRIORITY)
        sync_address = integer_setting(config, "sync", 0, 0, LAST_UNIVERSE)
        name = text_setting(config, "name", f"Sensorama {config.name}")
        universes = self.patch.universes
        self._headers: Mapping[int, bytes] = {
            universe: encode(
                Data(
                    self.cid,
                    name,
                    universe,
                    bytes(self.patch.sizes[universe]),
                    priority,
                    sync_address,
                    preview=self.preview,
                    force_sync=flag_setting(config, "force_sync"),
                )
            )[:_HEADER_BYTES]
            for universe in universes
        }
        self._sync = encode(Sync(self.cid, sync_address)) if sync_address else None
        interface = interface_setting(config)
        host, port = udp_address(
            config, UDP_PORT, twin_host=MULTICAST, hint=f"; udp://{MULTICAST} for multicast"
        )
        sent_to_groups = host == MULTICAST
        line = Sending(
            config.name,
            host,
            port,
            group_of=_group_of_packet if sent_to_groups else None,
            interface=interface,
            ttl=integer_setting(config, "ttl", 1, 1, 255),
        )
        named = f"universe {universes[0]}" if len(universes) == 1 else f"{len(universes)} universes"
        self.use_line(line, f"{named} at {config.port}, priority {priority}")
        self._sending = line
        self._attention = Attention(
            self.cid,
            name,
            priority,
            universes,
            line,
            listening_setting(
                config,
                UDP_PORT,
                wanted=config.port != "twin" and not is_this_machine(host),
                groups=[group_of(universe) for universe in universes],
                interface=interface,
            ),
            discovery=flag_setting(config, "discovery", True),
        )
        self._sequences: dict[int, int] = {}
        self._latest: tuple[bytes, ...] = ()
        self._copies_left = 0
        self._sent_ns: int | None = None

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """All universes in order, then one synchronization packet if wanted; sequence 0, stamped when they leave."""
        frames = [self._headers[universe] + slots for universe, slots in self.patch.slots(values).items()]
        if self._sync is not None:
            frames.append(self._sync)
        return tuple(frames)

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Give each packet the next number of its universe; synchronization packets count on their own."""
        stamped = []
        for frame in frames:
            universe = universe_of(frame)
            key = universe if is_data(frame) else -universe
            number = (self._sequences.get(key, -1) + 1) & 0xFF
            self._sequences[key] = number
            stamped.append(with_sequence(frame, number))
        return stamped

    def send(self, frames: Sequence[bytes]) -> None:
        """Put a look on the line; `attend` sends it twice more. Raises DeviceGone."""
        super().send(frames)
        look = tuple(frames)
        if look != self._latest:
            self._latest, self._copies_left = look, _COPIES
        self._copies_left = max(self._copies_left - 1, 0)
        self._sent_ns = None

    def attend(self, now_ns: int) -> Sequence[Report]:
        """Repeat a new look, look out for rivals, tell what is sent. Raises DeviceGone."""
        if self._sent_ns is None:
            self._sent_ns = now_ns
        elif self._copies_left and now_ns - self._sent_ns >= ATTEND_NS // 2:
            super().send(self._latest)
            self._copies_left -= 1
            self._sent_ns = now_ns
        return self._attention.attend(now_ns)

    def close(self) -> None:
        """Say that every universe ends, three times; let go of the line and of the port that was listened to."""
        self._attention.close()
        if self._sending.is_open and self._latest:
            last = [as_terminated(frame) for frame in self._latest if is_data(frame)]
            try:
                for _ in range(_TERMINATIONS):
                    self._sending.send(self.stamp(last))
            except DeviceError:
                pass  # a line that is gone cannot be told; receivers forget us after 2.5 s
        self._latest, self._copies_left, self._sent_ns = (), 0, None
        super().close()


def _group_of_packet(frame: bytes) -> str:
    return group_of(universe_of(frame))


def _cid(config: DeviceConfig) -> UUID:
    text = config.settings.get("cid")
    if text is None:
        return uuid5(_IDENTITIES, config.name)
    try:
        return UUID(str(text))
    except ValueError:
        raise SettingError(
            f"cid is {text!r}; allowed: a UUID, as {uuid5(_IDENTITIES, config.name)}", "settings", "cid"
        ) from None
