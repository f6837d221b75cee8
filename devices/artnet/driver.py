"""Driver for one Art-Net universe: fixtures to DMX slots to UDP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.artnet.codec import MAX_SLOTS, UDP_PORT, Dmx, Sync, encode, is_dmx, with_sequence
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    SettingError,
    TwinSpec,
    check_keys,
    with_rig_limits,
)
from engine.bus.line_driver import LineDriver, integer_setting
from engine.bus.ports import UdpLine, parse_udp_port

_SETTINGS = ("universe", "fixtures", "sync", "broadcast", "slots")
_FIXTURE_KEYS = ("channels", "form", "bits", "curve")
_FORMS = {"rgb": Form.RGB, "dimmer": Form.LEVEL}
_COMPONENTS = {Form.RGB: ("red", "green", "blue"), Form.LEVEL: ("level",)}
_CURVES = ("linear", "square")

# Nodes drop a source that is silent for long; repeating an unchanged universe every 0.8 to 1 s is safe.
KEEP_ALIVE_NS = 900_000_000


def create(config: DeviceConfig) -> ArtnetDriver:
    """Entry point of the family."""
    return ArtnetDriver(config)


@dataclass(frozen=True, slots=True)
class Fixture:
    """One fixture: per component its 0-based first slot; 16 bit uses the next slot for the fine byte."""

    name: str
    form: Form
    slots: tuple[int, ...]
    bits: int
    square: bool


class ArtnetDriver(LineDriver):
    """One universe on one node.

    Parameters
    ----------
    config : DeviceConfig
        `settings`: see the README of the family.

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
        self.universe = integer_setting(config, "universe", 0, 0, 0x7FFF)
        self.fixtures = _fixtures(config)
        channels: list[Channel] = []
        groups: list[Group] = []
        for fixture in self.fixtures:
            first = len(channels)
            names = _COMPONENTS[fixture.form]
            groups.append(Group(fixture.name, fixture.form, tuple(range(first, first + len(names)))))
            channels.extend(Channel(f"{fixture.name}.{name}", "ratio", 0.0, 1.0) for name in names)
        check_keys(config, channels, groups)
        owner = [group.name for group in groups for _ in group.channels]
        self.channels = tuple(
            with_rig_limits(channel, name, config) for channel, name in zip(channels, owner, strict=True)
        )
        self.groups = tuple(groups)
        used = max(
            (slot + fixture.bits // 8 for fixture in self.fixtures for slot in fixture.slots), default=2
        )
        self._slots = integer_setting(config, "slots", max(used + used % 2, 2), used, MAX_SLOTS)
        self._sync = _flag(config, "sync")
        host, port = "", UDP_PORT
        if config.port != "twin":
            try:
                host, port = parse_udp_port(config.port, UDP_PORT)
            except ValueError as error:
                raise SettingError(str(error), "port") from None
        line = UdpLine(config.name, host, port, broadcast=_flag(config, "broadcast"))
        self.use_line(line, f"universe {self.universe} at {config.port}")
        self._sequence = 0

    def encode(self, values: Sequence[float]) -> tuple[bytes, ...]:
        """The universe (and a sync, if wanted) that shows `values`; sequence 0, stamped when it leaves."""
        data = bytearray(self._slots)
        index = 0
        for fixture in self.fixtures:
            full = 65535 if fixture.bits == 16 else 255
            for slot in fixture.slots:
                share = values[index]
                index += 1
                level = round(full * (share * share if fixture.square else share))
                if fixture.bits == 16:
                    data[slot], data[slot + 1] = level >> 8, level & 0xFF
                else:
                    data[slot] = level
        frames = [encode(Dmx(self.universe, bytes(data)))]
        if self._sync:
            frames.append(encode(Sync()))
        return tuple(frames)

    def stamp(self, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Give each universe packet the next sequence number; a node drops what arrives out of order by it."""
        stamped = []
        for frame in frames:
            if is_dmx(frame):
                self._sequence = self._sequence % 255 + 1
                frame = with_sequence(frame, self._sequence)
            stamped.append(frame)
        return stamped


def _flag(config: DeviceConfig, key: str) -> bool:
    value = config.settings.get(key, False)
    if not isinstance(value, bool):
        raise SettingError(f"{key} is {value!r}; allowed: true, false", "settings", key)
    return value


def _fixtures(config: DeviceConfig) -> tuple[Fixture, ...]:
    rows = config.settings.get("fixtures", {})
    if not isinstance(rows, Mapping) or not rows:
        raise SettingError(
            "fixtures is missing or empty; name at least one, as {spot: {channels: [1], form: dimmer}}",
            "settings",
            "fixtures",
        )
    taken: dict[int, str] = {}
    made = []
    for name, row in rows.items():
        fixture = _fixture(str(name), row)
        for component, slot in enumerate(fixture.slots):
            for used in range(slot, slot + fixture.bits // 8):
                if used in taken:
                    raise SettingError(
                        f"fixture {name}: DMX channel {used + 1} belongs to {taken[used]} already",
                        "settings",
                        "fixtures",
                        name,
                        "channels",
                        component,
                    )
                taken[used] = str(name)
        made.append(fixture)
    return tuple(made)


def _fixture(name: str, row: object) -> Fixture:
    where = ("settings", "fixtures", name)
    if not isinstance(row, Mapping):
        raise SettingError(f"fixture {name} is {row!r}; write {{channels: [1, 2, 3], form: rgb}}", *where)
    for key in row:
        if key not in _FIXTURE_KEYS:
            raise SettingError(
                f"fixture {name}: unknown {key!r}; allowed: {', '.join(_FIXTURE_KEYS)}", *where, str(key)
            )
    form = _FORMS.get(str(row.get("form", "dimmer")))
    if form is None:
        raise SettingError(
            f"fixture {name}: form is {row['form']!r}; allowed: {', '.join(_FORMS)}", *where, "form"
        )
    bits = row.get("bits", 8)
    if bits not in (8, 16):
        raise SettingError(f"fixture {name}: bits is {bits!r}; allowed: 8, 16", *where, "bits")
    curve = row.get("curve", "linear")
    if curve not in _CURVES:
        raise SettingError(
            f"fixture {name}: curve is {curve!r}; allowed: {', '.join(_CURVES)}", *where, "curve"
        )
    channels = row.get("channels")
    wanted = len(_COMPONENTS[form])
    if not isinstance(channels, list) or len(channels) != wanted:
        raise SettingError(
            f"fixture {name}: channels is {channels!r}; this form needs a list of {wanted}, the first of "
            f"each "
            f"component",
            *where,
            "channels",
        )
    for index, channel in enumerate(channels):
        last = MAX_SLOTS - bits // 8 + 1
        if not isinstance(channel, int) or isinstance(channel, bool) or not 1 <= channel <= last:
            raise SettingError(
                f"fixture {name}: channel {channel!r}; allowed 1 to {last}", *where, "channels", index
            )
    return Fixture(name, form, tuple(channel - 1 for channel in channels), bits, curve == "square")
