"""What curves are drawn with: points, poses and waves."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from engine.timeline.part import Part
from engine.timeline.quantities import (
    AngleDeg,
    DurationFl,
    Hz,
    LengthM,
    LevelValue,
    Number,
    PhaseCycles,
    PointM,
    TravelM,
    read_duration_fl,
    read_number,
)


def _read_position(value: Any) -> Any:
    """Where a point of a curve stands: a share of the cue's ``for`` (float), or a time after its ``at``
    (int flicks).
    """
    if isinstance(value, str):
        return read_duration_fl(value)
    share = read_number(value)
    if not 0.0 <= share <= 1.0:
        raise ValueError(
            f"{value!r} is outside 0..1; a bare number is a share of `for`, a time needs its unit ({value}s)"
        )
    return share


Position = Annotated[
    int | float,
    BeforeValidator(_read_position),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string"}],
            "description": "A share of `for` (0..1) or a time after `at` (1.5s).",
        }
    ),
]


class Point(Part):
    """One point of a curve, written ``[position, value]``; with shape spline ``[position, in, value, out]``.

    Tangents are in units of the value per second, as in glTF's cubic spline.
    """

    POINT_FIELDS: ClassVar[dict[int, tuple[str, ...]]] = {
        2: ("position", "value"),
        4: ("position", "in_tangent", "value", "out_tangent"),
    }
    position: Position

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        if isinstance(value, list | tuple):
            fields = cls.POINT_FIELDS.get(len(value))
            if fields is not None:
                return dict(zip(fields, value, strict=True))
        if isinstance(value, dict):
            return value
        forms = " or ".join("[" + ", ".join(fields) + "]" for fields in cls.POINT_FIELDS.values())
        raise ValueError(f"{value!r} is not a point; write {forms}")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A point is a list in the file, whatever it is in memory."""
        shape = handler.resolve_ref_schema(handler(core))
        properties = shape["properties"]
        return {
            "anyOf": [
                {
                    "type": "array",
                    "prefixItems": [properties[field] for field in fields],
                    "minItems": len(fields),
                    "maxItems": len(fields),
                }
                for fields in cls.POINT_FIELDS.values()
            ]
        }


class LevelPoint(Point):
    """Point of a level or colour curve."""

    value: LevelValue
    in_tangent: LevelValue | None = None
    out_tangent: LevelValue | None = None


class HzPoint(Point):
    """Point of a haptic cue's frequency: ``[position, hertz]``."""

    POINT_FIELDS: ClassVar[dict[int, tuple[str, ...]]] = {2: ("position", "value")}
    value: Hz


class MotionPose(Part):
    """Offset of a seat; axes left out are 0. Axes and signs: `engine.units`."""

    surge: TravelM = 0.0
    sway: TravelM = 0.0
    heave: TravelM = 0.0
    roll: AngleDeg = 0.0
    pitch: AngleDeg = 0.0
    yaw: AngleDeg = 0.0

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of the state vector."""
        return (self.surge, self.sway, self.heave, self.roll, self.pitch, self.yaw)


class MotionPoint(Point):
    """Point of a motion curve."""

    value: MotionPose
    in_tangent: MotionPose | None = None
    out_tangent: MotionPose | None = None


class NodePose(Part):
    """Offset of a node from the pose it was modelled in: moved, turned (heading, pitch, roll), scaled."""

    x: LengthM = 0.0
    y: LengthM = 0.0
    z: LengthM = 0.0
    h: AngleDeg = 0.0
    p: AngleDeg = 0.0
    r: AngleDeg = 0.0
    scale: Number = 1.0

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of the bank."""
        return (self.x, self.y, self.z, self.h, self.p, self.r, self.scale)


class NodePoint(Point):
    """Point of a node's movement."""

    value: NodePose
    in_tangent: NodePose | None = None
    out_tangent: NodePose | None = None


class PathPoint(Point):
    """Point of the vehicle's path: ``[time, [x, y, z], heading]``, then pitch and roll if wanted."""

    POINT_FIELDS: ClassVar[dict[int, tuple[str, ...]]] = {
        2: ("position", "at"),
        3: ("position", "at", "heading"),
        4: ("position", "at", "heading", "pitch"),
        5: ("position", "at", "heading", "pitch", "roll"),
    }
    at: PointM
    heading: AngleDeg = 0.0
    pitch: AngleDeg = 0.0
    roll: AngleDeg = 0.0

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of the bank."""
        return (*self.at, self.heading, self.pitch, self.roll)


class MovePoint(Point):
    """Point of a sound's movement: ``[time, [x, y, z]]``."""

    POINT_FIELDS: ClassVar[dict[int, tuple[str, ...]]] = {2: ("position", "value")}
    value: PointM


class _Wave(Part):
    hz: Hz
    fade_in_fl: DurationFl = Field(default=0, alias="fade_in")
    fade_out_fl: DurationFl = Field(default=0, alias="fade_out")


class LevelWave(_Wave):
    """A sine between ``low`` and ``high``; phase 0 starts in the middle, going up."""

    low: LevelValue
    high: LevelValue
    phase_cycles: PhaseCycles = Field(default=0.0, alias="phase")


class MotionPhase(Part):
    """A phase per axis."""

    surge: PhaseCycles = 0.0
    sway: PhaseCycles = 0.0
    heave: PhaseCycles = 0.0
    roll: PhaseCycles = 0.0
    pitch: PhaseCycles = 0.0
    yaw: PhaseCycles = 0.0

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of the state vector."""
        return (self.surge, self.sway, self.heave, self.roll, self.pitch, self.yaw)


class NodePhase(Part):
    """A phase per component of a node."""

    x: PhaseCycles = 0.0
    y: PhaseCycles = 0.0
    z: PhaseCycles = 0.0
    h: PhaseCycles = 0.0
    p: PhaseCycles = 0.0
    r: PhaseCycles = 0.0
    scale: PhaseCycles = 0.0

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of the bank."""
        return (self.x, self.y, self.z, self.h, self.p, self.r, self.scale)


def _phases(names: tuple[str, ...]) -> BeforeValidator:
    """One phase for all axes, or a mapping of phases."""
    return BeforeValidator(
        lambda value: value if isinstance(value, dict | Part) else dict.fromkeys(names, value)
    )


class MotionWave(_Wave):
    """Sines around rest, an amplitude per axis."""

    amplitude: MotionPose
    phase_cycles: Annotated[MotionPhase, _phases(("surge", "sway", "heave", "roll", "pitch", "yaw"))] = Field(
        default=MotionPhase(), alias="phase"
    )


class NodeAmplitude(NodePose):
    """Amplitudes of a node's swing; scale is an amplitude too, around 1."""

    scale: Number = 0.0


class NodeWave(_Wave):
    """Sines around the modelled pose, an amplitude per component."""

    amplitude: NodeAmplitude
    phase_cycles: Annotated[NodePhase, _phases(("x", "y", "z", "h", "p", "r", "scale"))] = Field(
        default=NodePhase(), alias="phase"
    )
