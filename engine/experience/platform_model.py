"""The platform of a device as authored: joints, strokes and what the actuators can do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from engine.experience.manifest import Name, Strict
from engine.experience.platform import Kind
from engine.timeline.quantities import AngleDeg, LengthM, PointM, read_point_m


def _read_quantity(value: Any) -> float | str:
    # m or deg, which the platform's kind tells: platform.py converts.
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is not a quantity; write one like 50mm, 8deg or 250mm/s")


Quantity = Annotated[
    float | str,
    PlainValidator(_read_quantity),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number"}, {"type": "string"}],
            "description": "A number with its unit: 200mm, 300mm/s, 2m/s2; of a rotary actuator 30deg, 40deg/s, 200deg/s2.",
        }
    ),
]


def _read_home(value: Any) -> Any:
    """A height stands for a place right above the base's origin."""
    return read_point_m(value if isinstance(value, list) else [0, 0, value])


Home = Annotated[
    PointM,
    BeforeValidator(_read_home),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string"},
                {"type": "array", "minItems": 3, "maxItems": 3},
            ],
            "description": "A height, or a position: right, forward, up, in metres.",
        }
    ),
]


class ActuatorDoc(Strict):
    """What one actuator can do, or all of them."""

    name: Name | None = Field(default=None, description="For messages; default a number.")
    stroke: list[Quantity] = Field(
        min_length=2,
        max_length=2,
        description="Its ends: of a strut from `length` on, or lengths themselves.",
    )
    velocity: Quantity
    acceleration: Quantity
    length: LengthM = Field(default=0.0, ge=0.0, description="Of a strut at stroke 0, from joint to joint.")
    home: Quantity | None = Field(
        default=None, description="Of a post or a table: position at rest; default the middle of the stroke."
    )


class JointsDoc(Strict):
    """Six joints on a circle: by their azimuths, or in three pairs."""

    radius: LengthM = Field(gt=0.0)
    height: LengthM = Field(default=0.0, description="Of the circle, in the plate's frame.")
    angles: list[AngleDeg] | None = Field(
        default=None, min_length=6, max_length=6, description="Azimuths: 0 in front, + = left."
    )
    spread: AngleDeg | None = Field(default=None, description="Between the two joints of a pair.")
    turn: AngleDeg | None = Field(
        default=None, description="Azimuth of the first pair; default 0deg on the base, 60deg on the plate."
    )


class PlatformDoc(Strict):
    """What moves a seat."""

    kind: Kind
    convention: Literal["RzRyRx", "RxRyRz"] = Field(
        default="RzRyRx",
        description="Order of the turns, outermost first; x forward: RzRyRx is yaw, pitch, roll.",
    )
    pivot: PointM = Field(
        default=(0.0, 0.0, 0.0), description="About which a pose turns, in the frame of the moving plate."
    )
    home: Home | None = Field(
        default=None, description="Of a hexapod: where the plate's origin is above the base's, at rest."
    )
    base: JointsDoc | list[PointM] | None = Field(default=None, description="Joints on the base.")
    moving: JointsDoc | list[PointM] | None = Field(default=None, description="Joints on the plate.")
    at: list[list[LengthM]] | None = Field(
        default=None, description="Posts: where they stand, [right, forward]."
    )
    posts_on: Literal["floor", "seat"] = Field(
        default="floor", description="floor: heads slide under the plate; seat: feet slide on the floor."
    )
    height: LengthM | None = Field(
        default=None, ge=0.0, description="Posts on the seat: of the plate above the floor, at rest."
    )
    actuators: ActuatorDoc | list[ActuatorDoc] = Field(description="One for all alike, or one for each.")
    under: PlatformDoc | None = Field(
        default=None, description="A platform that carries this one and moves other axes."
    )
