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
        Position at the pose zero (post, rotary). Follows from the geometry for a strut, and is NaN there.
    """

    name: str
    base_m: Vector
    moving_m: Vector
    low: float
    high: float
    velocity: float
    acceleration: float
    length_m: float = 0.0
    home: float = math.nan


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
