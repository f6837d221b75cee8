"""Whose axes and signs a log has: where its x, y, z point, which way it turns, and what its accelerations count.

A frame is three words, where x, y and z point, and what is to be said beyond them, in any order::

    forward left up               x ahead, y to the left, z up: vehicles (ISO 8855), robots
    forward right down, free      aircraft (ISO 1151); the accelerations are without gravity
    right up forward, rad/s       many games: left-handed, so that its angles turn by the left hand

Positive turns follow the hand of the frame, about its own axes: x ahead and y left make +pitch nose down, as ISO 8855 has it. A log
whose named angles do otherwise says so: ``nose-up``, ``nose-down``, ``roll-right``, ``roll-left``, ``yaw-left``, ``yaw-right``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from engine.errors import InputError, Place
from engine.experience.telemetry.values import GRAVITY_MPS2, Floats
from engine.units import Dimension, parse_quantity

_DIRECTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"right": (0, 1), "left": (0, -1), "forward": (1, 1), "back": (1, -1), "up": (2, 1), "down": (2, -1)}
)
"""Direction word -> (the engine's axis X, Y or Z, sign)."""

FRAMES: Mapping[str, str] = MappingProxyType(
    {
        "engine": "right forward up",
        "iso8855": "forward left up",
        "aircraft": "forward right down",
        "sae": "forward right down",
        "openxr": "right up back",
        "unity": "right up forward",
        "unreal": "forward right up nose-up roll-right",  # its rotators turn otherwise than its axes
    }
)
"""Short names of frames."""

_TURNS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "nose-up": (0, 1),
        "nose-down": (0, -1),
        "roll-right": (1, 1),
        "roll-left": (1, -1),
        "yaw-left": (2, 1),
        "yaw-right": (2, -1),
    }
)
"""Word -> (the engine's axis that is turned about, sign of the log's positive)."""

Gravity = Literal["", "in", "free", "inverted"]
_GRAVITIES: Mapping[str, Gravity] = MappingProxyType(
    {"gravity": "in", "free": "free", "inverted": "inverted"}
)

UNIT_DIMENSIONS = (
    Dimension.ACCELERATION,
    Dimension.ANGULAR_SPEED,
    Dimension.LENGTH,
    Dimension.ANGLE,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """Axes and signs of a log.

    Attributes
    ----------
    axes : 3 x (int, int)
        For the log's x, y, z: which of the engine's X, Y, Z it lies along, and its sign.
    turns : mapping of int to int
        For named angles that do not follow the frame's hand: the engine's axis -> sign.
    gravity : {"", "in", "free", "inverted"}
        What accelerations count: specific force (+g up at rest), motion alone, or what a hanging mass feels (-g up at rest). "": as the
        column's name says, or its mean.
    units : mapping of Dimension to str
        Units of columns that do not name theirs.
    """

    axes: tuple[tuple[int, int], tuple[int, int], tuple[int, int]] = ((0, 1), (1, 1), (2, 1))
    turns: Mapping[int, int] = field(default_factory=dict)
    gravity: Gravity = ""
    units: Mapping[Dimension, str] = field(default_factory=dict)

    @property
    def matrix(self) -> Floats:
        """float64[3, 3]: maps components along the log's axes to the engine's X right, Y forward, Z up."""
        made = np.zeros((3, 3))
        for column, (axis, sign) in enumerate(self.axes):
            made[axis, column] = sign
        return made

    @property
    def hand(self) -> int:
        """1 for a right-handed frame, -1 for a left-handed one."""
        return round(float(np.linalg.det(self.matrix)))

    def sign_along(self, axis: int) -> int:
        """Sign of the log's axis that lies along the engine's `axis`."""
        return next(sign for at, sign in self.axes if at == axis)

    def sign_about(self, axis: int) -> int:
        """Sign of the log's named angle about the engine's `axis`: 1 where it turns as the engine's does."""
        return self.turns.get(axis, self.hand * self.sign_along(axis))


def parse_frame(text: str, place: Place | None = None) -> Frame:
    """Read a frame as a scene or a command line has it.

    Parameters
    ----------
    text : str
        One of `FRAMES` or three directions, and words beyond them; "" is the engine's own frame.
    place : Place, optional
        For messages.

    Raises
    ------
    InputError
        Naming the word, with those there are.
    """
    directions: list[tuple[int, int]] = []
    turns: dict[int, int] = {}
    gravity: Gravity = ""
    units: dict[Dimension, str] = {}
    given = text.replace(",", " ").replace(";", " ").lower().split()
    for word in (part for one in given for part in FRAMES.get(one, one).split()):
        if word in _DIRECTIONS:
            directions.append(_DIRECTIONS[word])
        elif word in _TURNS:
            axis, sign = _TURNS[word]
            turns[axis] = sign
        elif word in _GRAVITIES:
            gravity = _GRAVITIES[word]
        elif (dimension := dimension_of(word)) is not None:
            units[dimension] = word
        else:
            raise InputError(
                f"frame '{text}': the word '{word}' is not known; there are {', '.join(FRAMES)}, or three of "
                f"{', '.join(_DIRECTIONS)} for x, y, z; then {', '.join(_TURNS)}, {', '.join(_GRAVITIES)}, or a unit such as rad/s",
                place,
            )
    if not directions:
        directions = [_DIRECTIONS[part] for part in FRAMES["engine"].split()]
    if len(directions) != 3 or len({axis for axis, _ in directions}) != 3:
        raise InputError(
            f"frame '{text}': it takes three directions for x, y, z, one sideways, one ahead or back, one up or down "
            "(for example 'forward left up')",
            place,
        )
    return Frame((directions[0], directions[1], directions[2]), turns, gravity, units)


_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "m/s/s": "m/s2", "ms-2": "m/s2", "m s-2": "m/s2", "mps2": "m/s2", "ms2": "m/s2", "m.s-2": "m/s2",
        "dps": "deg/s", "deg s-1": "deg/s", "degs": "deg/s", "degree/s": "deg/s", "degrees/s": "deg/s",
        "deg/sec": "deg/s", "degrees/sec": "deg/s", "rads": "rad/s", "rps": "rad/s", "rad/sec": "rad/s", "rad s-1": "rad/s",
        "degree": "deg", "degrees": "deg", "radian": "rad", "radians": "rad", "metre": "m", "metres": "m",
        "meter": "m", "meters": "m", "gee": "g", "gs": "g", "g's": "g",
    }
)  # fmt: skip


def factor_of(unit: str, dimension: Dimension) -> float | None:
    """Factor from a unit as logs spell it to the engine's of a dimension; None where it is none of it."""
    name = unit.strip().lower().replace("·", ".").replace("⁻", "-").replace("²", "2")
    if name == "mg" and dimension is Dimension.ACCELERATION:
        return 0.001 * GRAVITY_MPS2
    try:
        return parse_quantity(f"1 {_SPELLINGS.get(name, name)}", dimension)
    except ValueError:
        return None


def dimension_of(unit: str) -> Dimension | None:
    """Which of a log's dimensions a unit measures; None for none of them."""
    if not unit.strip():
        return None
    return next((one for one in UNIT_DIMENSIONS if factor_of(unit, one) is not None), None)
