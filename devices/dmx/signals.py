"""Slots as signals: ``/<universe>/<slot>`` with a level 0..1, told when it changes."""

from __future__ import annotations

from collections.abc import Sequence

from devices.dmx.fixtures import MAX_SLOTS
from engine.bus.driver import SettingError
from engine.bus.source import Signal, SourceConfig


class LevelChanges:
    """Remembers what was told of each universe, and tells what differs.

    Parameters
    ----------
    source : str
        Name of the source.
    slots : tuple of int
        First and last slot that are told, from 1.

    Notes
    -----
    Before anything came in every slot counts as 0: a console whose faders are down says nothing when it appears.
    """

    def __init__(self, source: str, slots: tuple[int, int] = (1, MAX_SLOTS)) -> None:
        self._source = source
        self._first, self._last = slots
        self._told: dict[int, bytearray] = {}

    def of(self, universe: int, levels: bytes, at_ns: int) -> list[Signal]:
        """A signal for every slot of `universe` that differs; slots that `levels` has not stay as they are."""
        told = self._told.get(universe)
        if told is None:
            told = self._told[universe] = bytearray(MAX_SLOTS)
        low, high = self._first - 1, min(self._last, len(levels))
        if told[low:high] == levels[low:high]:
            return []
        changed = []
        for slot in range(low, high):
            level = levels[slot]
            if told[slot] != level:
                told[slot] = level
                changed.append(Signal(self._source, f"/{universe}/{slot + 1}", (level / 255,), at_ns))
        return changed


def universes_setting(
    config: SourceConfig, lowest: int, highest: int, default: Sequence[int]
) -> tuple[int, ...]:
    """The universes a source listens to: one number or a list.

    Raises
    ------
    SettingError
    """
    value = config.settings.get("universes", list(default))
    numbers = value if isinstance(value, list) else [value]
    if not numbers:
        raise SettingError("universes is empty; name at least one", "settings", "universes")
    for index, number in enumerate(numbers):
        if not isinstance(number, int) or isinstance(number, bool) or not lowest <= number <= highest:
            where = ("settings", "universes", index) if isinstance(value, list) else ("settings", "universes")
            raise SettingError(f"universe {number!r}; allowed: an integer {lowest} to {highest}", *where)
    return tuple(sorted(set(numbers)))


def slots_setting(config: SourceConfig) -> tuple[int, int]:
    """First and last slot a source tells of, from 1: ``slots: [1, 24]``.

    Raises
    ------
    SettingError
    """
    value = config.settings.get("slots", [1, MAX_SLOTS])
    good = (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(slot, int) and not isinstance(slot, bool) for slot in value)
        and 1 <= value[0] <= value[1] <= MAX_SLOTS
    )
    if not good:
        raise SettingError(
            f"slots is {value!r}; allowed: the first and the last, as [1, {MAX_SLOTS}]", "settings", "slots"
        )
    return value[0], value[1]
