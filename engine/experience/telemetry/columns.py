"""What the columns of a log are: names as phones, vehicles, games, inertial units and trackers write them.

A name is taken apart into an axis (x, lateral, roll...), what is measured (accelerometer, gyro, position...) and a unit, in brackets,
after an underscore, or in a row of its own below. The unit decides where the name leaves it open: ``surge [m/s2]`` is an
acceleration, ``surge [m]`` a position.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from engine.experience.telemetry.frames import Frame, Gravity, dimension_of, factor_of
from engine.units import Dimension

Kind = Literal["time", "force", "turn", "place", "angle", "quaternion"]

DIMENSIONS: Mapping[Kind, Dimension] = MappingProxyType(
    {
        "force": Dimension.ACCELERATION,
        "turn": Dimension.ANGULAR_SPEED,
        "place": Dimension.LENGTH,
        "angle": Dimension.ANGLE,
    }
)
_KINDS: Mapping[Dimension, Kind] = MappingProxyType({one: kind for kind, one in DIMENSIONS.items()})

TIME_UNITS_S: Mapping[str, float] = MappingProxyType(
    {
        "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "milliseconds": 1e-3,
        "us": 1e-6, "µs": 1e-6, "microseconds": 1e-6, "ns": 1e-9, "nanoseconds": 1e-9, "min": 60.0,
    }
)  # fmt: skip

_TIMES = {
    "time", "t", "timestamp", "elapsed", "elapsed_time", "time_elapsed", "seconds_elapsed", "elapsed_seconds", "seconds",
    "sec", "log_time", "session_time", "datetime", "utc", "clock", "time_stamp", "sample_time", "sample_time_fine",
}  # fmt: skip

# Axis words: (index of x, y, z of the log, or None) or (the engine's axis, for words that name a direction).
_OWN = {"x": 0, "y": 1, "z": 2}
_ALONG = {
    "lat": 0, "lateral": 0, "sway": 0, "long": 1, "longitudinal": 1, "lon": 1, "surge": 1, "vert": 2, "vertical": 2, "heave": 2,
}  # fmt: skip
_ABOUT = {"pitch": 0, "roll": 1, "yaw": 2, "heading": 2}

_STEMS: Mapping[str, tuple[Kind, Gravity]] = MappingProxyType(
    {
        **dict.fromkeys(("acc", "accel", "acceleration", "a", "g_force", "gforce", "g", "gf", "imu_acc", "imu_accel"), ("force", "")),
        **dict.fromkeys(("accelerometer", "specific_force", "force", "f", "proper_acceleration"), ("force", "in")),
        **dict.fromkeys(
            (
                "linear_acceleration", "linear_accel", "lin_acc", "linear_acc", "user_acceleration", "user_accel",
                "free_acc", "free_acceleration",
            ),
            ("force", "free"),
        ),
        **dict.fromkeys(
            (
                "gyro", "gyr", "gyroscope", "rate", "angular_rate", "angular_velocity", "rotation_rate", "omega", "w", "speed",
                "angular_speed", "ang_vel", "imu_gyro", "velocity", "vel",
            ),
            ("turn", ""),
        ),
        **dict.fromkeys(("pos", "position", "p", "t", "translation", "loc", "location"), ("place", "")),
        **dict.fromkeys(("angle", "euler", "rot", "rotation", "r", "attitude", "orientation", "eul"), ("angle", "")),
    }
)  # fmt: skip

_QUATERNION = {
    **{f"{stem}{sep}{part}": index for stem in ("q", "quat", "quaternion", "orientation", "rotation", "rot") for sep in ("", "_")
       for index, part in enumerate("wxyz")},
    **{f"{stem}{index}": index for stem in ("q", "quat_", "q_") for index in range(4)},
}  # fmt: skip

_BRACKETS = re.compile(r"^(.*?)[\s_]*[\[(]\s*([^\])]*?)\s*[\])]\s*$")
_SUFFIX = re.compile(r"^(.+?)_(m_s2|mps2|ms2|m_s_2|deg_s|dps|rad_s|rads|deg|rad|mm|cm|m|g|mg|s|ms|us|ns)$")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is understood.

    Attributes
    ----------
    index
        Its position in a row.
    kind
        What it holds.
    axis
        Of `about` or `along`: 0, 1, 2 for the engine's X, Y, Z; else for the log's x, y, z; of a quaternion 0..3 for w, x, y, z.
    named
        The axis is a direction (lateral, roll), not one of the log's letters.
    factor
        To the engine's unit; of times: seconds.
    gravity
        What the name says of gravity.
    name
        As in the file.
    heading
        A compass course: grows to the right, whatever the frame.
    """

    index: int
    kind: Kind
    axis: int
    named: bool
    factor: float
    gravity: Gravity
    name: str
    heading: bool = False


def plain_name(text: str) -> tuple[str, str]:
    """Name in small letters and underscores, and unit ("" where none is named) of a head's cell."""
    shown = text.strip()
    unit = ""
    found = _BRACKETS.match(shown)
    if found is not None:
        shown, unit = found.group(1), found.group(2)
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", shown)
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    if not unit and (ending := _SUFFIX.match(name)) is not None:
        base, unit = ending.group(1), ending.group(2)
        unit = {"m_s2": "m/s2", "m_s_2": "m/s2", "deg_s": "deg/s", "rad_s": "rad/s"}.get(unit, unit)
        return base, unit
    return name, unit


def column_of(text: str, index: int, unit_below: str, frame: Frame) -> Column | str | None:
    """What a column is.

    Parameters
    ----------
    text
        The head's cell.
    index
        Its position.
    unit_below
        From a row of units, or "".
    frame
        Units of columns that name none.

    Returns
    -------
    Column, str or None
        A text says what is wrong with it; None is a column of something else.
    """
    name, unit = plain_name(text)
    unit = unit or unit_below.strip().strip("[]()")
    if name in _TIMES or (name in TIME_UNITS_S and name not in ("min",)):
        own = unit.lower() or (name if name in TIME_UNITS_S else "")
        if own and own not in TIME_UNITS_S:
            if re.search(r"[hmy]", own):  # hh:mm:ss and the like: the cells say it themselves
                return Column(index, "time", 0, False, 1.0, "", text)
            return f"time in '{own}'; allowed: {', '.join(TIME_UNITS_S)}"
        return Column(index, "time", 0, False, TIME_UNITS_S.get(own, 1.0), "", text)
    if name in _QUATERNION:
        return Column(index, "quaternion", _QUATERNION[name], False, 1.0, "", text)
    parts = _taken_apart(name)
    if parts is None:
        return None
    stem, axis, named, about = parts
    found = _STEMS.get(stem)
    if found is None and stem:
        return None
    return _measured(text, name, index, unit, frame, (stem, axis, named, about), found)


def _measured(
    text: str,
    name: str,
    index: int,
    unit: str,
    frame: Frame,
    parts: tuple[str, int, bool, bool],
    found: tuple[Kind, Gravity] | None,
) -> Column | str | None:
    stem, axis, named, about = parts
    kind: Kind
    dimension = dimension_of(unit) if unit else None
    if unit and dimension is None:
        if found is None and not named:
            return None
        return f"'{text.strip()}' is in '{unit}', which is no unit of acceleration, angular rate, length or angle"
    gravity: Gravity = ""
    if found is not None:
        kind, gravity = found
        if stem in ("velocity", "vel", "speed") and not about:
            return None  # how fast it goes is not needed
        if about and kind in ("force", "place"):
            return None  # an angular acceleration
    elif dimension is not None:
        kind = _KINDS[dimension]
    else:
        kind = "angle" if about else "place"
    if dimension is not None and _KINDS[dimension] != kind:
        if found is not None:
            return f"'{text.strip()}' is in {unit}, {dimension.value}, but its name says {DIMENSIONS[kind].value}"
        return None
    if kind in ("angle", "turn") and named and not about:
        return None
    if about and kind in ("force", "place"):
        return None
    unit = unit or frame.units.get(DIMENSIONS[kind], "")
    if not unit and stem in ("g_force", "gforce", "g", "gf"):
        unit = "g"
    if not unit:
        examples = {"force": "m/s2 or g", "turn": "deg/s or rad/s", "place": "m or mm", "angle": "deg or rad"}
        return (
            f"'{text.strip()}' has no unit; write it in the head, as in '{text.strip()} [{examples[kind].split()[0]}]', "
            f"or in the frame ({examples[kind]})"
        )
    factor = factor_of(unit, DIMENSIONS[kind])
    if factor is None:
        return f"'{text.strip()}' is in '{unit}', which is no {DIMENSIONS[kind].value}"
    return Column(index, kind, axis, named, factor, gravity, text, heading="heading" in name)


def _taken_apart(name: str) -> tuple[str, int, bool, bool] | None:
    """Stem, axis, whether it is a named direction, and whether that is one that is turned about."""
    if re.fullmatch(r"[awfptr][xyz]", name) or re.fullmatch(
        r"gf[xyz]|(acc|gyr|gyro|accel|rot|pos)[xyz]", name
    ):
        return name[:-1], _OWN[name[-1]], False, False
    if re.fullmatch(r"g_f[xyz]", name):
        return "gf", _OWN[name[-1]], False, False
    words = name.split("_")
    for at in (len(words) - 1, 0):
        word, rest = words[at], "_".join(words[:at] + words[at + 1 :])
        if word in _OWN:
            return rest, _OWN[word], False, False
        if word in _ALONG:
            return rest, _ALONG[word], True, False
        if word in _ABOUT:
            return rest, _ABOUT[word], True, True
    return None
