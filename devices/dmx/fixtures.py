"""Fixtures on the slots of one or many DMX universes: shared by every family that carries DMX.

Source: DMX512-A (ANSI E1.11): a universe has 512 slots of one byte, counted from 1; a fixture's second byte, where it
has one, is the fine part of the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from devices.groups import narrowed
from engine.bus.driver import (
    Channel,
    DeviceConfig,
    Form,
    Group,
    SettingError,
)
from engine.bus.line_driver import integer_setting

MAX_SLOTS = 512
# From this many channels on an array operation costs less than the channels one by one.
_MANY = 48
COMPONENTS: Mapping[Form, tuple[str, ...]] = {Form.RGB: ("red", "green", "blue"), Form.LEVEL: ("level",)}
_FIXTURE_KEYS = ("channels", "form", "bits", "curve", "universe")
_FORMS = {"rgb": Form.RGB, "dimmer": Form.LEVEL}
_CURVES = ("linear", "square")


@dataclass(frozen=True, slots=True)
class Fixture:
    """One fixture: per component its 0-based first slot; 16 bit uses the next slot for the fine byte."""

    name: str
    form: Form
    slots: tuple[int, ...]
    bits: int
    square: bool
    universe: int = 0


@dataclass(frozen=True, slots=True)
class _Put:
    """Where one channel's level goes."""

    universe: int
    slot: int
    full: int
    square: bool


class _ManyPuts:
    """Puts all channels of a large patch at once; the same bytes as one by one."""

    def __init__(self, puts: Sequence[_Put], sizes: Mapping[int, int]) -> None:
        self._parts: dict[int, tuple[int, int]] = {}
        end = 0
        for universe in sorted(sizes):
            self._parts[universe] = (end, end + sizes[universe])
            end += sizes[universe]
        self._size = end
        self._at = np.array([self._parts[put.universe][0] + put.slot for put in puts], dtype=np.intp)
        self._full = np.array([float(put.full) for put in puts])
        self._squared = np.array([put.square for put in puts], dtype=np.bool_)
        self._fine = self._full > 255
        self._fine_at = self._at[self._fine] + 1

    def slots(self, values: Sequence[float]) -> dict[int, bytes]:
        shares = np.asarray(values, dtype=np.float64)
        if shares.shape != self._full.shape:
            raise ValueError(f"{shares.size} values; {self._full.size} channels")
        # Halves are rounded to even by both, `round` and `rint`.
        levels = np.rint(self._full * np.where(self._squared, shares * shares, shares)).astype(np.uint16)
        data = np.zeros(self._size, dtype=np.uint8)
        data[self._at] = np.where(self._fine, levels >> 8, levels)
        data[self._fine_at] = levels[self._fine] & 0xFF
        flat = data.tobytes()
        return {universe: flat[first:end] for universe, (first, end) in self._parts.items()}


class Patch:
    """All fixtures of a device: which channel lies on which slots of which universe.

    Parameters
    ----------
    config : DeviceConfig
        `settings` has ``fixtures``, and where the family wants them ``universe`` and ``slots``.
    lowest, highest : int
        Universes the protocol has.
    default : int
        Universe of a fixture, and of a device, that names none.
    least_slots : int, default 2
        Fewest slots a packet of the protocol carries.
    even : bool, default False
        Whether the number of slots is rounded up to an even one.

    Attributes
    ----------
    universe : int
        The device's own, where fixtures lie that name none.
    universes : tuple of int
        All that are driven, ascending.
    fixtures : tuple of Fixture
    channels : tuple of Channel
    groups : tuple of Group
    sizes : mapping of int to int
        Slots sent, by universe.

    Raises
    ------
    SettingError
    """

    def __init__(
        self,
        config: DeviceConfig,
        *,
        lowest: int,
        highest: int,
        default: int,
        least_slots: int = 2,
        even: bool = False,
    ) -> None:
        self.universe = integer_setting(config, "universe", default, lowest, highest)
        self.fixtures = _fixtures(config, self.universe, lowest, highest)
        channels: list[Channel] = []
        groups: list[Group] = []
        puts: list[_Put] = []
        used: dict[int, int] = {}
        for fixture in self.fixtures:
            first = len(channels)
            names = COMPONENTS[fixture.form]
            groups.append(Group(fixture.name, fixture.form, tuple(range(first, first + len(names)))))
            channels.extend(Channel(f"{fixture.name}.{name}", "ratio", 0.0, 1.0) for name in names)
            width = fixture.bits // 8
            full = 65535 if fixture.bits == 16 else 255
            puts.extend(_Put(fixture.universe, slot, full, fixture.square) for slot in fixture.slots)
            end = max(slot + width for slot in fixture.slots)
            used[fixture.universe] = max(used.get(fixture.universe, 0), end)
        self.channels = narrowed(config, channels, groups)
        self.groups = tuple(groups)
        self.universes = tuple(sorted(used))
        widest = max(used.values())
        wanted = integer_setting(config, "slots", widest, widest, MAX_SLOTS)
        sizes = {
            universe: max(wanted if "slots" in config.settings else end, least_slots)
            for universe, end in used.items()
        }
        self.sizes: Mapping[int, int] = {
            universe: size + size % 2 if even else size for universe, size in sizes.items()
        }
        self._puts = tuple(puts)
        self._many = _ManyPuts(self._puts, self.sizes)

    @property
    def puts(self) -> tuple[tuple[int, int, int, bool], ...]:
        """Per channel: universe, 0-based first slot, full level (255 or 65535), whether it is squared."""
        return tuple((put.universe, put.slot, put.full, put.square) for put in self._puts)

    def slots(self, values: Sequence[float]) -> dict[int, bytes]:
        """Slots of every universe, ascending, that show `values` (one per channel, 0..1)."""
        if len(self._puts) >= _MANY:
            return self._many.slots(values)
        made = {universe: bytearray(self.sizes[universe]) for universe in self.universes}
        for put, share in zip(self._puts, values, strict=True):
            level = round(put.full * (share * share if put.square else share))
            data, slot = made[put.universe], put.slot
            if put.full == 65535:
                data[slot], data[slot + 1] = level >> 8, level & 0xFF
            else:
                data[slot] = level
        return {universe: bytes(data) for universe, data in made.items()}

    def shown(self, universe: int, slots: bytes) -> dict[str, float]:
        """Inverse of `slots` for one universe: by channel name, what its fixtures make of it."""
        padded = slots.ljust(MAX_SLOTS, b"\x00")
        found = {}
        for put, channel in zip(self._puts, self.channels, strict=True):
            if put.universe == universe:
                if put.full == 65535:
                    level = (padded[put.slot] << 8 | padded[put.slot + 1]) / 65535
                else:
                    level = padded[put.slot] / 255
                found[channel.name] = level**0.5 if put.square else level
        return found


def _fixtures(config: DeviceConfig, universe: int, lowest: int, highest: int) -> tuple[Fixture, ...]:
    rows = config.settings.get("fixtures", {})
    if not isinstance(rows, Mapping) or not rows:
        raise SettingError(
            "fixtures is missing or empty; name at least one, as {spot: {channels: [1], form: dimmer}}",
            "settings",
            "fixtures",
        )
    taken: dict[tuple[int, int], str] = {}
    made = []
    for name, row in rows.items():
        fixture = _fixture(str(name), row)
        where = ("settings", "fixtures", str(name))
        lies_on = row.get("universe", universe)
        if not isinstance(lies_on, int) or isinstance(lies_on, bool) or not lowest <= lies_on <= highest:
            raise SettingError(
                f"fixture {name}: universe is {lies_on!r}; allowed: an integer {lowest} to {highest}",
                *where,
                "universe",
            )
        fixture = replace(fixture, universe=lies_on)
        for component, slot in enumerate(fixture.slots):
            for used in range(slot, slot + fixture.bits // 8):
                if (lies_on, used) in taken:
                    raise SettingError(
                        f"fixture {name}: DMX channel {used + 1} belongs to {taken[lies_on, used]} already",
                        *where,
                        "channels",
                        component,
                    )
                taken[lies_on, used] = str(name)
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
    if bits not in (8, 16) or not isinstance(bits, int):
        raise SettingError(f"fixture {name}: bits is {bits!r}; allowed: 8, 16", *where, "bits")
    curve = row.get("curve", "linear")
    if curve not in _CURVES:
        raise SettingError(
            f"fixture {name}: curve is {curve!r}; allowed: {', '.join(_CURVES)}", *where, "curve"
        )
    channels = row.get("channels")
    wanted = len(COMPONENTS[form])
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
