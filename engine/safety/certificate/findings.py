"""What is found about one measure over every path of a story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Step:
    """One scene of a path, and the option taken to leave it.

    Attributes
    ----------
    scene : str
    option : str
        Empty where nothing is chosen, and at the end.
    """

    scene: str
    option: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A path that comes close to the bound.

    Attributes
    ----------
    value : float
        What the measure is on it.
    path : tuple of Step
    played : bool
        Whether the story really goes that way: conditions and all.
    """

    value: float
    path: tuple[Step, ...]
    played: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure for one kind of seat.

    Attributes
    ----------
    measure : str
        Short stable name: ``vdv_z``.
    unit : str
        ``m/s^1.75``.
    seats : tuple of str
        Seats it holds for; empty for the room.
    bound : float
        No path exceeds it.
    limit : float or None
        What the profile allows; None where it only wants to know.
    witness : Witness or None
    first : tuple of Step
        Shortest way to the first scene in which the limit may be broken, that scene last; empty where it cannot be.
    contributions : mapping of str to float
        By scene, what it adds at most.
    """

    measure: str
    unit: str
    seats: tuple[str, ...]
    bound: float
    limit: float | None
    witness: Witness | None = None
    first: tuple[Step, ...] = ()
    contributions: Mapping[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether the limit is kept on every path; a measure without a limit is. A billionth over it is rounding."""
        return self.limit is None or self.bound <= self.limit + _ROUNDING * max(1.0, abs(self.limit))

    @property
    def gap(self) -> float | None:
        """How far the bound lies above what a path is known to reach; None without a witness."""
        return None if self.witness is None else self.bound - self.witness.value
