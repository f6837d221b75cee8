"""Other sources on our own universes: who they are, told once when they come and once when they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.bus.driver import Report

MOST_RIVALS = 256
"""Universe and rival pairs kept in mind: what a network can make us remember has to end somewhere."""


@dataclass(slots=True)
class _Rival:
    who: str
    at_ns: int
    told: bool = False


class RivalWatch:
    """Keeps in mind who else drives which universe.

    Parameters
    ----------
    lost_ns : int
        Silence after which a rival is gone: the time after which receivers of the protocol forget a source.
    """

    def __init__(self, lost_ns: int) -> None:
        self._lost_ns = lost_ns
        self._rivals: dict[tuple[int, str], _Rival] = {}
        self._gone: list[tuple[int, str]] = []

    def heard(self, universe: int, key: str, who: str, at_ns: int) -> None:
        """A rival's packet came in. `key` tells rivals apart; `who` names it to people, and is told again when it changes."""
        rival = self._rivals.get((universe, key))
        if rival is None:
            if len(self._rivals) >= MOST_RIVALS:
                return
            self._rivals[universe, key] = _Rival(who, at_ns)
        elif rival.who == who:
            rival.at_ns = at_ns
        else:
            self._rivals[universe, key] = _Rival(who, at_ns)

    def left(self, universe: int, key: str) -> None:
        """A rival said that it stops, or is no rival any more."""
        rival = self._rivals.pop((universe, key), None)
        if rival is not None and rival.told:
            self._gone.append((universe, rival.who))

    def reports(self, now_ns: int) -> Sequence[Report]:
        """What is new since the last call; universes of one rival are told in one sentence."""
        for (universe, key), rival in list(self._rivals.items()):
            if now_ns - rival.at_ns > self._lost_ns:
                self.left(universe, key)
        come: dict[str, list[int]] = {}
        for (universe, _), rival in self._rivals.items():
            if not rival.told:
                rival.told = True
                come.setdefault(rival.who, []).append(universe)
        gone: dict[str, list[int]] = {}
        for universe, who in self._gone:
            gone.setdefault(who, []).append(universe)
        self._gone.clear()
        told = [
            Report(
                "rival",
                f"{_named(universes)} also driven by {who}; two sources fight or merge there, switch one off",
            )
            for who, universes in come.items()
        ]
        told += [
            Report("rival", f"{_named(universes)} no longer driven by {who}")
            for who, universes in gone.items()
        ]
        return told


def _named(universes: Sequence[int]) -> str:
    """``universe 3 is``, ``universes 1 to 4 and 7 are``."""
    numbers = sorted(set(universes))
    if len(numbers) == 1:
        return f"universe {numbers[0]} is"
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    parts = []
    for first, last in runs:
        if last - first >= 2:
            parts.append(f"{first} to {last}")
        else:
            parts.extend(str(number) for number in range(first, last + 1))
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"universes {listed} are"
