"""Quantities as authors write them: ``18s``, ``-30deg``, ``8mm``, ``-6db``, ``#FF9550``.

Every reader takes the value found in the file and returns a plain number in the unit its name says; a
mistake is a ValueError whose message gives the value and an accepted form. Numbers without a unit are
refused where a unit could be mistaken (only 0 is the same in all of them), and accepted as metres in
positions, where columns of ``1.2m`` would be unreadable.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from engine.time.flicks import FLICKS_PER_SECOND, parse_duration_fl
from engine.units import Dimension, parse_angle_deg, parse_length_m, parse_quantity

_SECONDS = re.compile(r"(\d{1,9})(?:\.(\d{1,5}))?s\Z")
_HEX_COLOR = re.compile(r"#([0-9a-fA-F]{6})\Z")

Vec3 = tuple[float, float, float]


LONGEST_FL = 24 * 3600 * FLICKS_PER_SECOND
"""No time in an authored file lies beyond a day: what is longer is a slip of the pen."""

LARGEST = 1e9
"""No number in an authored file is larger: cubics of it still fit a float with digits to spare."""


def read_duration_fl(value: Any) -> int:
    """Flicks of ``18s``, ``250ms``, ``1min30s``, ``00:00:12:10@25`` or 0; at most a day."""
    if isinstance(value, str):
        # The plain form is nine tenths of a scene file; five decimals divide a second of flicks exactly.
        found = _SECONDS.match(value)
        if found is not None:
            whole, part = found.groups()
            fl = int(whole) * FLICKS_PER_SECOND
            if part is not None:
                fl += int(part) * FLICKS_PER_SECOND // 10 ** len(part)
            return _within_a_day(fl, value)
    return _within_a_day(int(parse_duration_fl(value)), value)


def _within_a_day(fl: int, value: Any) -> int:
    if fl > LONGEST_FL:
        raise ValueError(f"{value!r} is longer than a day; times here are at most 24h")
    return fl


def read_number(value: Any) -> float:
    """A finite number without unit."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if abs(number) <= LARGEST:
            return number
        if math.isfinite(number):
            raise ValueError(f"{value!r} is out of all proportion; numbers here stay within {LARGEST:g}")
    raise ValueError(f"{value!r} is not a plain number")


def read_length_m(value: Any) -> float:
    """Metres of ``8mm``, ``0.3m``, ``12cm``, or of a bare number of metres."""
    return parse_length_m(value, bare=True)


def read_phase_cycles(value: Any) -> float:
    """Cycles of a phase: a bare number of cycles (0.25 is a quarter), or an angle."""
    if isinstance(value, str):
        return parse_angle_deg(value) / 360.0
    return read_number(value)


def read_gain_db(value: Any) -> float:
    """Decibels of ``-6db``; the unit is required."""
    return parse_quantity(value, Dimension.LEVEL)


def read_hz(value: Any) -> float:
    """Hertz, bare or as ``40hz``; above zero."""
    hz = parse_quantity(value, Dimension.FREQUENCY, bare=True)
    if hz <= 0:
        raise ValueError(f"{value!r} is not a frequency; it must be above 0")
    return hz


_FARTHEST_M = 1e6
_NO_COLOR = 'is not a colour; write "#FF9550" in quotes, or [1, 0.58, 0.31]'


def read_color(value: Any) -> Vec3:
    """Red, green, blue of ``#FF9550`` or of ``[1, 0.6, 0.3]``; components 0 and up, as coded (no gamma
    applied).
    """
    if isinstance(value, str):
        found = _HEX_COLOR.match(value)
        if found is not None:
            code = int(found.group(1), 16)
            return ((code >> 16) / 255.0, (code >> 8 & 255) / 255.0, (code & 255) / 255.0)
    elif isinstance(value, list | tuple) and len(value) == 3:
        red, green, blue = (read_number(part) for part in value)
        if min(red, green, blue) < 0:
            raise ValueError(f"{list(value)!r} has a negative part; colours are 0 and up")
        return (red, green, blue)
    raise ValueError(f"{value!r} {_NO_COLOR}")


def read_level(value: Any) -> tuple[float, ...]:
    """A level's value: one number, or a colour; a number on a colour role is a grey."""
    if isinstance(value, int | float):
        return (read_number(value),)
    if isinstance(value, str | list | tuple):
        return read_color(value)
    raise ValueError(f'{value!r} is neither a number nor a colour; write 0.5, [1, 0.58, 0.31] or "#FF9550"')


def read_point_m(value: Any) -> Vec3:
    """Three lengths: right, forward, up, in metres."""
    if isinstance(value, list | tuple) and len(value) == 3:
        point = (read_length_m(value[0]), read_length_m(value[1]), read_length_m(value[2]))
        if max(abs(part) for part in point) <= _FARTHEST_M:
            return point
        raise ValueError(f"{value!r} is farther away than {_FARTHEST_M / 1000:g} km")
    raise ValueError(
        f"{value!r} is not a position; write three lengths [right, forward, up], for one [0, 4, 1.5]"
    )


def _schema(*forms: dict[str, Any], about: str) -> WithJsonSchema:
    shape: dict[str, Any] = dict(forms[0]) if len(forms) == 1 else {"anyOf": [dict(form) for form in forms]}
    shape["description"] = about
    return WithJsonSchema(shape)


_NUMBER: dict[str, Any] = {"type": "number"}
_DURATION_TEXT: dict[str, Any] = {
    "type": "string",
    "pattern": (
        r"^(\d+(\.\d*)?\s*(ms|s|min|h)\s*)+$|^(\d+:)?\d+:\d\d(\.\d+)?$"
        r"|^\d+:\d\d:\d\d[:;]\d+@[\d.]+(df)?$|^\d+ frames@[\d.]+(df)?$"
    ),
}


def _text(units: str) -> dict[str, Any]:
    return {"type": "string", "pattern": rf"^[-+]?(\d+(\.\d*)?|\.\d+)\s*({units})$"}


_TRIPLE: dict[str, Any] = {"type": "array", "minItems": 3, "maxItems": 3}
_LENGTH_ITEM: dict[str, Any] = {"anyOf": [_NUMBER, _text("mm|cm|m|km")]}

DurationFl = Annotated[
    int,
    BeforeValidator(read_duration_fl),
    _schema(_DURATION_TEXT, {"const": 0}, about="A time: 18s, 250ms, 1min30s or timecode 00:00:12:10@25."),
]
Number = Annotated[float, BeforeValidator(read_number), _schema(_NUMBER, about="A number.")]
LengthM = Annotated[
    float,
    BeforeValidator(read_length_m),
    Field(ge=-1e6, le=1e6),
    _schema(_NUMBER, _text("mm|cm|m|km"), about="A length; bare numbers are metres."),
]
TravelM = Annotated[
    float,
    BeforeValidator(parse_length_m),
    Field(ge=-100.0, le=100.0),
    _schema(_text("mm|cm|m|km"), {"const": 0}, about="A length with its unit."),
]
AngleDeg = Annotated[
    float,
    BeforeValidator(parse_angle_deg),
    Field(ge=-1e6, le=1e6),
    _schema(_text("deg|°|rad"), {"const": 0}, about="An angle: -30deg."),
]
PhaseCycles = Annotated[
    float,
    BeforeValidator(read_phase_cycles),
    Field(ge=-1e6, le=1e6),
    _schema(_NUMBER, _text("deg|°|rad"), about="A phase: in cycles (0.25) or as an angle (90deg)."),
]
GainDb = Annotated[
    float,
    BeforeValidator(read_gain_db),
    Field(ge=-200.0, le=60.0),
    _schema(_text("db|dB"), {"const": 0}, about="A gain: -6db."),
]
Hz = Annotated[
    float,
    BeforeValidator(read_hz),
    Field(le=1e5),
    _schema(_NUMBER, _text("hz|Hz|khz|kHz"), about="A frequency, in hertz."),
]
Color = Annotated[
    Vec3,
    BeforeValidator(read_color),
    _schema(
        {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
        {**_TRIPLE, "items": {"type": "number", "minimum": 0}},
        about='A colour: "#FF9550" or [1, 0.58, 0.31].',
    ),
]
PointM = Annotated[
    Vec3,
    BeforeValidator(read_point_m),
    _schema({**_TRIPLE, "items": _LENGTH_ITEM}, about="A position: right, forward, up, in metres."),
]
LevelValue = Annotated[
    tuple[float, ...],
    BeforeValidator(read_level),
    _schema(
        _NUMBER,
        {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
        {**_TRIPLE, "items": {"type": "number", "minimum": 0}},
        about="A level: 0.5, or a colour.",
    ),
]
Ratio = Annotated[Number, Field(ge=0.0, le=1.0)]
