"""A device's platform as the rig describes it: what moves the seat, where its joints are and what its actuators can do.

Values only; the kinematics are `engine.motion.platforms`. Coordinates are the engine's (X right, Y forward, Z up; m), angles of
joints on a circle are azimuths (0 = front, + = left).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from engine.units import (
    parse_acceleration_mps2,
    parse_angle_deg,
    parse_angular_acceleration_dps2,
    parse_angular_speed_dps,
    parse_length_m,
    parse_speed_mps,
)

if TYPE_CHECKING:
    from engine.experience.platform_model import ActuatorDoc, JointsDoc, PlatformDoc

Kind = Literal["hexapod", "heave_pitch_roll", "four_post", "two_post", "yaw_base", "tilt_table"]
Convention = Literal["RzRyRx", "RxRyRz"]
PostsOn = Literal["floor", "seat"]
Vector = tuple[float, float, float]
Path = tuple[str | int, ...]
Say = Callable[[Sequence[str | int], str, str], None]

KINDS: tuple[str, ...] = get_args(Kind)
#: How many actuators each kind has.
ACTUATORS: dict[str, int] = {
    "hexapod": 6,
    "heave_pitch_roll": 3,
    "four_post": 4,
    "two_post": 2,
    "yaw_base": 1,
    "tilt_table": 2,
}
ROTARY_KINDS = ("yaw_base", "tilt_table")
_NAMES: dict[str, tuple[str, ...]] = {"yaw_base": ("yaw",), "tilt_table": ("pitch", "roll")}


@dataclass(frozen=True, slots=True)
class ActuatorSpec:
    """One actuator; m, m/s, m/s2 for a linear one, deg, deg/s, deg/s2 for a rotary one.

    Attributes
    ----------
    name : str
    base_m : tuple of float
        Joint on the base, in the base's frame; for a post the place where it stands (z unused). Zero for a rotary one.
    moving_m : tuple of float
        Joint on the moving plate, in the plate's frame; for a post the same place as `base_m`.
    low, high : float
        Stroke.
    velocity, acceleration : float
        Largest magnitudes.
    length_m : float
        Between the joints' centres at stroke 0 (strut); 0 where strokes are lengths. Unused by others.
    home : float
        Position at the pose zero (post, rotary). Of a strut it follows from the joints, and is not used.
    """

    name: str
    base_m: Vector
    moving_m: Vector
    low: float
    high: float
    velocity: float
    acceleration: float
    length_m: float = 0.0
    home: float = 0.0


@dataclass(frozen=True, slots=True)
class PlatformSpec:
    """What moves a seat.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    actuators : tuple of ActuatorSpec
    convention : {"RzRyRx", "RxRyRz"}
        Order of the turns, outermost first, in the letters of the literature (x forward, y across, z up): ``RzRyRx`` is yaw, pitch,
        roll (and what the rest of the engine takes a pose to be), ``RxRyRz`` roll, pitch, yaw.
    pivot_m : tuple of float
        Point about which a pose turns, in the moving plate's frame.
    home_m : tuple of float
        Origin of the moving plate's frame in the base's frame at the pose zero.
    posts_on : {"floor", "seat"}
        ``floor``: posts stand upright and their heads slide under the plate. ``seat``: posts are fixed to the plate and their feet
        slide on the floor.
    under : PlatformSpec or None
        A platform that carries this one and moves other axes (a yaw base under a tilt table).
    """

    kind: Kind
    actuators: tuple[ActuatorSpec, ...]
    convention: Convention = "RzRyRx"
    pivot_m: Vector = (0.0, 0.0, 0.0)
    home_m: Vector = (0.0, 0.0, 0.0)
    posts_on: PostsOn = "floor"
    under: PlatformSpec | None = None


def build_platform(doc: PlatformDoc, at: Path, say: Say) -> PlatformSpec:
    """Settle units, shorthands and defaults; tells what only the whole shows to be wrong.

    Parameters
    ----------
    doc : PlatformDoc
    at : tuple
        Where it stands in the rig file.
    say : callable
        Takes the place of a mistake, what is wrong and what to do.
    """
    count = ACTUATORS[doc.kind]
    places = _places(doc, at, count, say)
    rows = _rows(doc, at, count, say)
    actuators = tuple(
        _actuator(doc, row, where, index, places[index], say) for index, (row, where) in enumerate(rows)
    )
    hexapod = doc.kind == "hexapod"
    if hexapod and doc.home is None:
        say(
            (*at, "home"),
            "a hexapod needs its home",
            "give the height of the plate above the base, like 620mm",
        )
    height_m = doc.height
    if doc.posts_on == "seat" and height_m is None:
        say((*at, "height"), "posts on the seat need its height", "give that of the plate above the floor")
    _unused(doc, at, say)
    names = [actuator.name for actuator in actuators]
    for index, name in enumerate(names):
        if name in names[:index]:
            say((*at, "actuators", index), f"two actuators are named {name}", "give each a name of its own")
    return PlatformSpec(
        kind=doc.kind,
        actuators=actuators,
        convention=doc.convention,
        pivot_m=doc.pivot,
        home_m=doc.home if hexapod and doc.home is not None else (0.0, 0.0, height_m or 0.0),
        posts_on=doc.posts_on,
        under=None if doc.under is None else build_platform(doc.under, (*at, "under"), say),
    )


_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "home": ("hexapod",),
    "base": ("hexapod",),
    "moving": ("hexapod",),
    "at": ("heave_pitch_roll", "four_post", "two_post"),
    "height": ("heave_pitch_roll", "four_post", "two_post"),
}


def _unused(doc: PlatformDoc, at: Path, say: Say) -> None:
    for key, kinds in _ONLY_FOR.items():
        if getattr(doc, key) is not None and doc.kind not in kinds:
            say(
                (*at, key),
                f"`{key}` says nothing of a {doc.kind}",
                f"leave it out; it is for {', '.join(kinds)}",
            )


def _places(doc: PlatformDoc, at: Path, count: int, say: Say) -> list[tuple[Vector, Vector]]:
    """Both joints of every actuator."""
    nowhere: list[tuple[Vector, Vector]] = [((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))] * count
    if doc.kind in ROTARY_KINDS:
        return nowhere
    if doc.kind == "hexapod":
        base = _joints(doc.base, (*at, "base"), 0.0, say)
        moving = _joints(doc.moving, (*at, "moving"), 60.0, say)
        return list(zip(base, moving, strict=True)) if base and moving else nowhere
    if doc.at is None or len(doc.at) != count or any(len(row) != 2 for row in doc.at):
        given = "none" if doc.at is None else f"{len(doc.at)}"
        say(
            (*at, "at"),
            f"a {doc.kind} has {count} posts; {given} given",
            "list [right, forward] for each of them",
        )
        return nowhere
    return [((row[0], row[1], 0.0), (row[0], row[1], 0.0)) for row in doc.at]


def _joints(doc: JointsDoc | list[Vector] | None, at: Path, turn_deg: float, say: Say) -> list[Vector]:
    """Six joints; none where that cannot be."""
    if doc is None:
        say(
            at,
            f"a hexapod needs its joints on the {at[-1]}",
            "list six, or give {radius: 0.6m, spread: 20deg}",
        )
        return []
    if isinstance(doc, list):
        if len(doc) != 6:
            say(at, f"a hexapod has six joints on the {at[-1]}; {len(doc)} given", "list all six")
            return []
        return doc
    if (doc.angles is None) == (doc.spread is None):
        say(at, "joints on a circle go by `angles` or by `spread`", "give one of the two")
        return []
    if doc.angles is not None:
        if doc.turn is not None:
            say((*at, "turn"), "`turn` says nothing beside `angles`", "leave it out")
        angles = doc.angles
    else:
        assert doc.spread is not None
        first = turn_deg if doc.turn is None else doc.turn
        half = 0.5 * doc.spread
        # Strut by strut round the circle: on the base from the left joint of a pair to the right one of the next, on the plate from
        # the right joint of a pair to its left one.
        if at[-1] == "base":
            angles = [first + third + offset for third in (0, 120, 240) for offset in (half, 120 - half)]
        else:
            angles = [first + third + offset for third in (0, 120, 240) for offset in (-half, half)]
    return [
        (-doc.radius * math.sin(math.radians(angle)), doc.radius * math.cos(math.radians(angle)), doc.height)
        for angle in angles
    ]


def _rows(doc: PlatformDoc, at: Path, count: int, say: Say) -> list[tuple[ActuatorDoc, Path]]:
    """What is said of each actuator, and where."""
    if not isinstance(doc.actuators, list):
        return [(doc.actuators, (*at, "actuators"))] * count
    rows = [(row, (*at, "actuators", index)) for index, row in enumerate(doc.actuators)]
    if len(rows) != count:
        say((*at, "actuators"), f"a {doc.kind} has {count} actuators; {len(rows)} given", "list one for each")
    if not rows:
        return []
    return [rows[min(index, len(rows) - 1)] for index in range(count)]


def _actuator(
    doc: PlatformDoc, row: ActuatorDoc, at: Path, index: int, joints: tuple[Vector, Vector], say: Say
) -> ActuatorSpec:
    rotary = doc.kind in ROTARY_KINDS
    position = parse_angle_deg if rotary else parse_length_m
    speed = parse_angular_speed_dps if rotary else parse_speed_mps
    gain = parse_angular_acceleration_dps2 if rotary else parse_acceleration_mps2

    def read(parse: Callable[[object], float], value: float | str, key: Path, on_error: float) -> float:
        try:
            return parse(value)
        except ValueError as error:
            say((*at, *key), str(error), "")
            return on_error

    def above_zero(parse: Callable[[object], float], key: str) -> float:
        value = getattr(row, key)
        number = read(parse, value, (key,), 1.0)
        if number > 0.0:
            return number
        say((*at, key), f"{key} of an actuator is {value}; it must be above 0", "give what it can do")
        return 1.0

    default = _NAMES.get(doc.kind)
    name = row.name or (
        default[index] if default else f"{'leg' if doc.kind == 'hexapod' else 'post'}_{index + 1}"
    )
    if row.name is not None and not isinstance(doc.actuators, list):
        name = f"{row.name}_{index + 1}"
    low = read(position, row.stroke[0], ("stroke", 0), 0.0)
    high = read(position, row.stroke[1], ("stroke", 1), 0.0)
    if not low < high:
        say(
            (*at, "stroke"),
            f"the stroke runs from {row.stroke[0]} to {row.stroke[1]}",
            "put the lower end first",
        )
    if doc.kind == "hexapod":
        home = 0.0
        if row.home is not None:
            say((*at, "home"), "where a strut rests follows from the joints", "leave its `home` out")
    else:
        # A table's zero is the seat's unless said otherwise; a post rests where it can go as far up as down.
        middle = 0.0 if rotary else 0.5 * (low + high)
        home = middle if row.home is None else read(position, row.home, ("home",), middle)
        if row.length:
            say((*at, "length"), f"`length` says nothing of a {doc.kind}", "leave it out; it is for struts")
    return ActuatorSpec(
        name,
        joints[0],
        joints[1],
        low,
        high,
        above_zero(speed, "velocity"),
        above_zero(gain, "acceleration"),
        row.length,
        home,
    )
