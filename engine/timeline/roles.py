"""Roles: what a package can move, light, blow or ring, without knowing the venue's devices.

A role has a kind, which fixes its components, and a place in the state vector of the package. The order of
roles is the order of the package's ``experience.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray


class RoleKind(StrEnum):
    """What a role's value is made of."""

    LEVEL = "level"
    COLOR = "color"
    MOTION = "motion"
    HAPTIC = "haptic"


COMPONENTS: dict[RoleKind, tuple[str, ...]] = {
    RoleKind.LEVEL: ("level",),
    RoleKind.COLOR: ("red", "green", "blue"),
    RoleKind.MOTION: ("surge_m", "sway_m", "heave_m", "roll_deg", "pitch_deg", "yaw_deg"),
    RoleKind.HAPTIC: ("amplitude", "frequency_hz"),
}
"""Components of each kind, in the order of the state vector. Axes and signs: `engine.units`."""


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """One role as the package declares it.

    Attributes
    ----------
    name
        For one ``seat.motion``.
    kind
        Decides the number of components.
    per
        ``seat``: each seat has its own value; ``room``: one value for all.
    modality
        One of the modalities of the live controls, or "" for a role that only the picture uses.
    picture_only
        True for a role no device may be bound to.
    rest
        Value where nothing plays; empty means zeros.
    """

    name: str
    kind: RoleKind
    per: Literal["seat", "room"] = "room"
    modality: str = ""
    picture_only: bool = False
    rest: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        size = len(COMPONENTS[self.kind])
        if self.rest and len(self.rest) != size:
            raise ValueError(
                f"role {self.name}: rest has {len(self.rest)} values, a {self.kind.value} role has {size}"
            )

    @property
    def size(self) -> int:
        """Number of components."""
        return len(COMPONENTS[self.kind])

    @property
    def rest_values(self) -> tuple[float, ...]:
        """The rest value with every component."""
        return self.rest or (0.0,) * self.size


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The roles of a package, in order, and where each stands in the state vector.

    Attributes
    ----------
    roles
        In the order of the package.
    starts
        First component of each role in the state vector.
    size
        Length of the state vector.
    rest
        The state where nothing plays, float64[size], read-only.
    """

    roles: tuple[RoleSpec, ...]
    starts: tuple[int, ...] = field(init=False)
    size: int = field(init=False)
    rest: NDArray[np.float64] = field(init=False, repr=False, compare=False)
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts: list[int] = []
        position = 0
        for role in self.roles:
            starts.append(position)
            position += role.size
        index = {role.name: number for number, role in enumerate(self.roles)}
        if len(index) != len(self.roles):
            raise ValueError("two roles have one name")
        rest = np.array([value for role in self.roles for value in role.rest_values], dtype=np.float64)
        rest.flags.writeable = False
        object.__setattr__(self, "starts", tuple(starts))
        object.__setattr__(self, "size", position)
        object.__setattr__(self, "rest", rest)
        object.__setattr__(self, "_index", index)

    @classmethod
    def of(cls, roles: Sequence[RoleSpec]) -> RoleTable:
        """The table of these roles, in this order."""
        return cls(tuple(roles))

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __iter__(self) -> Iterator[RoleSpec]:
        return iter(self.roles)

    def __len__(self) -> int:
        return len(self.roles)

    def index(self, name: str) -> int:
        """Position of a role in `roles`. Raises KeyError for a name the package does not declare."""
        return self._index[name]

    def get(self, name: str) -> RoleSpec | None:
        """The role of this name, or None."""
        number = self._index.get(name)
        return None if number is None else self.roles[number]

    def slice_of(self, name: str) -> slice:
        """Components of the role in the state vector."""
        number = self._index[name]
        start = self.starts[number]
        return slice(start, start + self.roles[number].size)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(role.name for role in self.roles)
