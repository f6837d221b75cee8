"""Axes, units and the modalities: stated once, here.

Axes
----
Metres, right-handed, Z up: +X right, +Y forward, +Z up (the scene library's own frame, so nothing is swapped
on the way to the picture). A guest sits at the seat's origin looking along +Y.

Motion axes of a seat, in this order everywhere (`MOTION_AXES`):

=====  =====  ======================================  ===============================
index  name   positive is                             unit
=====  =====  ======================================  ===============================
0      surge  forward, +Y                             metre
1      sway   to the right, +X                        metre
2      heave  up, +Z                                  metre
3      roll   right side down                         degree
4      pitch  nose up                                 degree
5      yaw    to the left (counter-clockwise above)   degree
=====  =====  ======================================  ===============================

Directions as seen from a seat: azimuth + = left (0 = straight ahead, 90 = left), elevation + = up, degrees.

Transforms: ``T_a_b`` maps a point given in b to a: ``p_a = T_a_b * p_b``. A seat 0.1 m up in its room has
``T_room_seat`` taking (0, 0, 0) to (0, 0, 0.1).

Quantities
----------
Authored files write quantities with their unit (``8mm``, ``-30deg``, ``250mm/s``, ``-6db``). The ``parse_*``
functions turn them into the one unit the engine uses, named in the function. A number without a unit is
refused, since 8 for a heave may mean 8 mm or 8 m and only one of them is safe; plain 0 is the same in every
unit and passes. They raise ValueError with a text for people, which file readers wrap with the place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

MOTION_AXES: tuple[str, ...] = ("surge", "sway", "heave", "roll", "pitch", "yaw")
LINEAR_AXES: tuple[str, ...] = MOTION_AXES[:3]
ANGULAR_AXES: tuple[str, ...] = MOTION_AXES[3:]

MODALITIES: tuple[str, ...] = (
    "motion",
    "haptic",
    "wind",
    "scent",
    "light",
    "water",
    "fog",
    "audio",
    "temperature",
)


class Dimension(StrEnum):
    """What a quantity measures. The value reads well inside a message."""

    LENGTH = "length"
    ANGLE = "angle"
    SPEED = "speed"
    ACCELERATION = "acceleration"
    JERK = "jerk"
    ANGULAR_SPEED = "angular speed"
    ANGULAR_ACCELERATION = "angular acceleration"
    ANGULAR_JERK = "angular jerk"
    LEVEL = "level in decibels"
    FREQUENCY = "frequency"
    RATIO = "ratio"
    TEMPERATURE = "temperature"
    MASS = "mass"


_LENGTHS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0}
_ANGLES = {"deg": 1.0, "°": 1.0, "rad": 180.0 / math.pi, "mrad": 0.18 / math.pi}
_STANDARD_GRAVITY_MPS2 = 9.80665  # exact by definition, 3rd CGPM (1901)


def _per_second(units: Mapping[str, float], power: int) -> dict[str, float]:
    endings = {1: ("/s",), 2: ("/s2", "/s^2", "/s²"), 3: ("/s3", "/s^3", "/s³")}[power]
    return {name + ending: factor for name, factor in units.items() for ending in endings}


# One row a dimension: unit name -> factor to the engine's unit, which is always the first of the row.
_UNITS: Mapping[Dimension, Mapping[str, float]] = MappingProxyType(
    {
        Dimension.LENGTH: _LENGTHS,
        Dimension.ANGLE: _ANGLES,
        Dimension.SPEED: {**_per_second(_LENGTHS, 1), "km/h": 1.0 / 3.6},
        Dimension.ACCELERATION: {**_per_second(_LENGTHS, 2), "g": _STANDARD_GRAVITY_MPS2},
        Dimension.JERK: {**_per_second(_LENGTHS, 3), "g/s": _STANDARD_GRAVITY_MPS2},
        Dimension.ANGULAR_SPEED: _per_second(_ANGLES, 1),
        Dimension.ANGULAR_ACCELERATION: _per_second(_ANGLES, 2),
        Dimension.ANGULAR_JERK: _per_second(_ANGLES, 3),
        Dimension.LEVEL: {"db": 1.0},
        Dimension.FREQUENCY: {"hz": 1.0, "khz": 1000.0},
        Dimension.RATIO: {"%": 0.01},
        Dimension.TEMPERATURE: {"c": 1.0, "°c": 1.0, "degc": 1.0},
        Dimension.MASS: {"kg": 1.0, "g": 0.001},
    }
)

_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\s\d].*?)?\s*\Z")


def parse_quantity(value: object, dimension: Dimension, *, bare: bool = False) -> float:
    """Turn an authored quantity into the engine's unit of its dimension.

    Parameters
    ----------
    value : str, int or float
        ``"8mm"``, ``"-30 deg"``, ``"0.25 m/s2"``. Unit names are read without regard to case.
    dimension : Dimension
        What is expected; a quantity of another dimension is refused by name.
    bare : bool, default False
        Accept a number without a unit as the engine's own unit. Plain 0 is always accepted.

    Returns
    -------
    float
        In the first unit of the dimension: m, deg, m/s, m/s2, m/s3, deg/s, deg/s2, deg/s3, dB, Hz, ratio, deg
        C, kg.

    Raises
    ------
    ValueError
        Naming the value, what is allowed and what to write instead.
    """
    units = _UNITS[dimension]
    example_unit = next(iter(units))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(
            f"{_shown(value)} is not {_a(dimension)}; write a number with its unit, like 1.5{example_unit}"
        )
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:  # whole numbers know no bounds
            raise ValueError(f"a number of {len(str(value))} digits is not {_a(dimension)}") from None
        return _plain_number(number, dimension, example_unit, bare)
    match = _QUANTITY.match(value)
    if match is None:
        raise ValueError(
            f"'{value}' is not {_a(dimension)}; write a number with its unit, like 1.5{example_unit}"
        )
    number = float(match.group(1))
    unit = re.sub(r"\s+", "", match.group(2) or "").lower()
    if not unit:
        return _plain_number(number, dimension, example_unit, bare)
    if unit in units:
        return _finite(number * units[unit], value)
    others = [_a(other) for other, known in _UNITS.items() if unit in known]
    what = f"is {' or '.join(others)}, not {_a(dimension)}" if others else f"has the unknown unit '{unit}'"
    raise ValueError(f"'{value}' {what}; allowed units here: {', '.join(units)}")


def _plain_number(number: float, dimension: Dimension, example_unit: str, bare: bool) -> float:
    if number == 0.0 or bare or dimension is Dimension.RATIO:
        return _finite(number, number)
    raise ValueError(
        f"{number:g} has no unit; {_a(dimension)} needs one, for example {number:g}{example_unit}"
        f" (allowed: {', '.join(_UNITS[dimension])})"
    )


def _a(dimension: Dimension) -> str:
    return f"{'an' if dimension.startswith('a') else 'a'} {dimension}"


def _finite(number: float, shown: object) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{_shown(shown)} is not a finite number; write an ordinary one")
    return number


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def parse_length_m(value: object, *, bare: bool = False) -> float:
    """Length in metres: ``"8mm"`` -> 0.008. See `parse_quantity`."""
    return parse_quantity(value, Dimension.LENGTH, bare=bare)


def parse_angle_deg(value: object, *, bare: bool = False) -> float:
    """Angle in degrees: ``"-30deg"`` -> -30. See `parse_quantity`."""
    return parse_quantity(value, Dimension.ANGLE, bare=bare)


def parse_speed_mps(value: object, *, bare: bool = False) -> float:
    """Speed in metres a second: ``"250mm/s"`` -> 0.25. See `parse_quantity`."""
    return parse_quantity(value, Dimension.SPEED, bare=bare)


def parse_acceleration_mps2(value: object, *, bare: bool = False) -> float:
    """Acceleration in m/s2: ``"0.25 m/s2"``, ``"0.1g"``. See `parse_quantity`."""
    return parse_quantity(value, Dimension.ACCELERATION, bare=bare)


def parse_jerk_mps3(value: object, *, bare: bool = False) -> float:
    """Jerk in m/s3: ``"30000mm/s3"`` -> 30. See `parse_quantity`."""
    return parse_quantity(value, Dimension.JERK, bare=bare)


def parse_angular_speed_dps(value: object, *, bare: bool = False) -> float:
    """Angular speed in degrees a second. See `parse_quantity`."""
    return parse_quantity(value, Dimension.ANGULAR_SPEED, bare=bare)


def parse_angular_acceleration_dps2(value: object, *, bare: bool = False) -> float:
    """Angular acceleration in deg/s2. See `parse_quantity`."""
    return parse_quantity(value, Dimension.ANGULAR_ACCELERATION, bare=bare)


def parse_angular_jerk_dps3(value: object, *, bare: bool = False) -> float:
    """Angular jerk in deg/s3. See `parse_quantity`."""
    return parse_quantity(value, Dimension.ANGULAR_JERK, bare=bare)


def parse_gain_db(value: object, *, bare: bool = False) -> float:
    """Gain in decibels: ``"-6db"`` -> -6. See `parse_quantity`."""
    return parse_quantity(value, Dimension.LEVEL, bare=bare)


def parse_frequency_hz(value: object, *, bare: bool = False) -> float:
    """Frequency in hertz: ``"40hz"``, ``"1.2kHz"``. See `parse_quantity`."""
    return parse_quantity(value, Dimension.FREQUENCY, bare=bare)


def parse_temperature_c(value: object, *, bare: bool = False) -> float:
    """Temperature in degrees Celsius: ``"21.5C"``. See `parse_quantity`."""
    return parse_quantity(value, Dimension.TEMPERATURE, bare=bare)


def parse_mass_kg(value: object, *, bare: bool = False) -> float:
    """Mass in kilograms: ``"120kg"``. See `parse_quantity`."""
    return parse_quantity(value, Dimension.MASS, bare=bare)


def parse_ratio(value: object) -> float:
    """Ratio: a plain number or a percentage, ``0.3`` or ``"30%"``; the caller checks its range."""
    return parse_quantity(value, Dimension.RATIO)


def parse_axis_position(axis: str, value: object, *, bare: bool = False) -> float:
    """Position on a motion axis: metres for surge, sway, heave; degrees for roll, pitch, yaw.

    Raises
    ------
    ValueError
        For an axis that does not exist, or a quantity of the wrong dimension.
    """
    if axis in LINEAR_AXES:
        return parse_length_m(value, bare=bare)
    if axis in ANGULAR_AXES:
        return parse_angle_deg(value, bare=bare)
    raise ValueError(f"'{axis}' is not a motion axis; allowed: {', '.join(MOTION_AXES)}")


def db_to_gain(level_db: float) -> float:
    """Amplitude factor of a level: 0 dB -> 1.0, -6.0206 dB -> 0.5."""
    return float(10.0 ** (level_db / 20.0))


def gain_to_db(gain: float) -> float:
    """Level of an amplitude factor; 0 gives -inf."""
    if gain < 0.0:
        raise ValueError(f"a gain is never negative, got {gain:g}")
    return -math.inf if gain == 0.0 else 20.0 * math.log10(gain)
