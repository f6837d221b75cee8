"""The stage of a scene: what the picture is made of, apart from what moves in it.

Any number or colour here may be bound to a role by writing ``{role: look.exposure}`` in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from engine.timeline.part import Part
from engine.timeline.quantities import (
    AngleDeg,
    Number,
    PointM,
    Vec3,
    read_color,
    read_length_m,
    read_number,
)


@dataclass(frozen=True, slots=True)
class RoleRef:
    """A value that follows a role."""

    role: str


def _or_role(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_or_role(value: Any) -> Any:
        if isinstance(value, RoleRef):
            return value
        if isinstance(value, dict):
            if set(value) == {"role"} and isinstance(value["role"], str):
                return RoleRef(value["role"])
            raise ValueError(f"{value!r} is neither a value nor {{role: name}}")
        return read(value)

    return read_or_role


def _either(value: Any) -> Any:
    """A number or a colour: gains of the picture may be either."""
    return read_color(value) if isinstance(value, str | list | tuple) else read_number(value)


def _as_written(value: Any) -> Any:
    return {"role": value.role} if isinstance(value, RoleRef) else value


_WRITTEN = PlainSerializer(_as_written)
_ROLE: dict[str, Any] = {
    "type": "object",
    "properties": {"role": {"type": "string"}},
    "required": ["role"],
    "additionalProperties": False,
}
_NUMBER: dict[str, Any] = {"type": "number"}
_COLOR: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
        {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 3, "maxItems": 3},
    ]
}
_LENGTH: dict[str, Any] = {
    "anyOf": [_NUMBER, {"type": "string", "pattern": r"^[-+]?(\d+(\.\d*)?|\.\d+)\s*(mm|cm|m|km)$"}]
}

BoundNumber = Annotated[
    float | RoleRef,
    PlainValidator(_or_role(read_number)),
    _WRITTEN,
    WithJsonSchema({"anyOf": [_NUMBER, _ROLE]}),
]
BoundLengthM = Annotated[
    float | RoleRef,
    PlainValidator(_or_role(read_length_m)),
    _WRITTEN,
    WithJsonSchema({"anyOf": [_LENGTH, _ROLE]}),
]
BoundColor = Annotated[
    Vec3 | RoleRef, PlainValidator(_or_role(read_color)), _WRITTEN, WithJsonSchema({"anyOf": [_COLOR, _ROLE]})
]
BoundGain = Annotated[
    float | Vec3 | RoleRef,
    PlainValidator(_or_role(_either)),
    _WRITTEN,
    WithJsonSchema({"anyOf": [_NUMBER, _COLOR, _ROLE]}),
]


class Moon(Part):
    """The moon's disc; azimuth + to the left, in the scene's frame, 0 = +Y."""

    azimuth_deg: AngleDeg = Field(alias="azimuth")
    elevation_deg: AngleDeg = Field(alias="elevation")
    size_deg: AngleDeg = Field(default=2.0, alias="size", gt=0)
    color: BoundColor = (0.957, 0.925, 0.847)


class Sky(Part):
    """Sky dome."""

    zenith: BoundColor = (0.03, 0.07, 0.16)
    horizon: BoundColor = (0.13, 0.2, 0.36)
    glow: BoundColor = (0.23, 0.16, 0.16)
    moon: Moon | None = None
    stars: Annotated[StrictInt, Field(ge=0, le=20000)] = 400
    clouds: BoundNumber = 0.0


class Fog(Part):
    """Height fog: density per metre at the ground, falloff per metre of height."""

    density: BoundNumber = 0.01
    falloff: BoundNumber = 0.1
    warm: BoundColor = (0.35, 0.23, 0.16)
    cool: BoundColor = (0.19, 0.27, 0.43)


class Ambient(Part):
    """Light without a lamp."""

    sky: BoundColor = (0.05, 0.07, 0.11)
    ground: BoundColor = (0.03, 0.025, 0.03)
    moon: BoundColor = (0.34, 0.42, 0.58)


class Water(Part):
    """The water plane; flow in metres a second, right and forward."""

    height_m: BoundLengthM = Field(default=0.0, alias="height")
    ripple: BoundNumber = 1.0
    flow_mps: tuple[Number, Number] = Field(default=(0.0, 0.0), alias="flow")
    color: BoundColor = (0.04, 0.08, 0.14)


class Particles(Part):
    """A cloud of particles in a box around ``at``."""

    kind: Literal["sparks", "petals", "fireflies", "sky_lanterns", "spray", "mist", "rain", "smoke"]
    count: Annotated[StrictInt, Field(ge=1, le=20000)]
    at_m: PointM = Field(alias="at")
    size_m: PointM = Field(default=(1.0, 1.0, 1.0), alias="size")
    color: BoundColor = (1.0, 0.69, 0.38)
    rate: BoundNumber = 1.0
    gain: BoundNumber = 1.0


class Light(Part):
    """A dynamic lamp, in the frame of ``node`` where one is named (``vehicle`` rides with the guest)."""

    at_m: PointM = Field(default=(0.0, 0.0, 0.0), alias="at")
    color: BoundColor = (1.0, 0.58, 0.31)
    intensity: BoundNumber = 1.0
    radius_m: BoundLengthM = Field(default=0.5, alias="radius")
    node: StrictStr | None = None


class Gains(Part):
    """Brightness of the three lamp groups baked into the models."""

    a: BoundGain = 1.0
    b: BoundGain = 1.0
    c: BoundGain = 1.0


class Stage(Part):
    """What the picture of a scene is made of."""

    model: tuple[StrictStr, ...] = ()
    vehicle: StrictStr | None = None
    eye_m: PointM = Field(default=(0.0, 0.0, 1.2), alias="eye")
    sky: Sky = Sky()
    fog: Fog = Fog()
    ambient: Ambient = Ambient()
    water: Water | None = None
    exposure: BoundNumber = 1.0
    gains: Gains = Gains()
    particles: tuple[Particles, ...] = ()
    lights: Annotated[tuple[Light, ...], Field(max_length=4)] = ()
    shadows: StrictBool = False

    @model_validator(mode="before")
    @classmethod
    def _one_model(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("model"), str):
            return {**value, "model": (value["model"],)}
        return value
