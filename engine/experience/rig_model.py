"""The model of a rig file as authored, before limits become numbers and names become references."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, PlainValidator, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from engine.experience.audio_rig_model import AudioDoc
from engine.experience.budget_model import BudgetDoc
from engine.experience.certification_model import CertificateDoc
from engine.experience.dose_model import DoseDoc
from engine.experience.headset_model import GuestsDoc, HeadsetDoc, Pivot, ProfileDoc
from engine.experience.live_motion_model import LiveMotionDoc
from engine.experience.manifest import Locale, Localised, Name, RoleName, Strict
from engine.experience.platform_model import PlatformDoc
from engine.experience.venue_model import CueInDoc, InputDoc, PermitDoc, StandbyDoc, TimecodeDoc
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.quantities import AngleDeg, DurationFl, PointM

RIG_VERSION = 1

_MS = FLICKS_PER_SECOND // 1000
_LONGEST_PHASE_FL = 10 * FLICKS_PER_SECOND


def _read_quantity(value: Any) -> float | str:
    # Which unit fits depends on the axis, which only the whole document tells: rig.py converts.
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is not a quantity; write one like 50mm, 8deg or 250mm/s")


Quantity = Annotated[
    float | str,
    PlainValidator(_read_quantity),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number"}, {"type": "string"}],
            "description": "A number with its unit: 50mm, 8deg, 250mm/s; bare for a share 0..1.",
        }
    ),
]


class BusDoc(Strict):
    """How fast the bus runs and when it gives up waiting."""

    tick_hz: int = Field(default=1000, ge=50, le=4000)
    watchdog: DurationFl = Field(default=500 * _MS, description="Silence after which devices go safe.")


class SeatDoc(Strict):
    """A guest's place. `at` is its origin in the room, metres, X right, Y forward, Z up."""

    at: list[float] = Field(default_factory=lambda: [0.0, 0.0, 0.0], min_length=3, max_length=3)
    heading: AngleDeg = Field(default=0.0, description="Where the seat faces; + = to the left.")
    language: Locale | None = None
    phase: Annotated[DurationFl, Field(ge=0, le=_LONGEST_PHASE_FL)] = Field(
        default=0, description="Motion and haptics of this seat come later by that much, at most 10s."
    )
    pivot: Pivot
    profile: ProfileDoc = ProfileDoc()


class LatencyDoc(Strict):
    """MPEG-V's device model (ISO/IEC 23005-2): dead time, then a first-order lag."""

    dead: DurationFl = Field(default=0, description="Nothing happens for this long.")
    lag: DurationFl = Field(default=0, description="Time constant with which it then follows.")


class LimitsDoc(Strict):
    """Limits of one axis or channel. Motion axes in m or deg; everything else is a share 0..1."""

    range: list[Quantity] = Field(min_length=2, max_length=2)
    velocity: Quantity | None = None
    acceleration: Quantity | None = None
    jerk: Quantity | None = None


class DeviceDoc(Strict):
    """One device: which driver, on which port, for which seat."""

    driver: str = Field(min_length=1, description="Entry point in the group sensorama.drivers.")
    port: str = Field(default="twin", min_length=1, description="`twin`, a serial port, or udp://host:port.")
    seat: Name | None = None
    rate_hz: float = Field(default=100.0, gt=0, le=4000)
    latency: LatencyDoc = LatencyDoc()
    limits: dict[str, LimitsDoc] = Field(default_factory=dict)
    safe: dict[str, Quantity] = Field(
        default_factory=dict, description="Where a channel goes when something fails; default the rest value."
    )
    permit: Name | None = Field(default=None, description="Moves only while this permissive is true.")
    live: Name | None = Field(default=None, description="Moves by this live motion too.")
    budgets: dict[str, BudgetDoc] = Field(
        default_factory=dict, description="By channel or group: how much of it may be given."
    )
    dose: DoseDoc | None = Field(default=None, description="How much motion its guest is given in one show.")
    settings: dict[str, Any] = Field(default_factory=dict, description="The driver's own; it checks them.")
    platform: PlatformDoc | None = Field(
        default=None, description="What moves the seat: joints, strokes, speeds of the actuators."
    )


class TargetDoc(Strict):
    """One candidate for a role."""

    device: Name | None
    group: str | None = Field(default=None, description="A part of the device: a fixture, a zone.")
    as_: str | None = Field(default=None, alias="as", description="How another kind of role is rendered.")
    gain: float = Field(default=1.0, ge=0.0, le=1.0)
    also: bool = Field(
        default=False, description="Plays the role beside the chosen one: a console, a tracking system."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_none(cls, value: Any) -> Any:
        if value == "none":
            return {"device": None}
        if isinstance(value, str):
            raise ValueError(f"{value!r} is not a choice; write {{device: {value}}}, or none to end the list")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"const": "none"}, handler.resolve_ref_schema(handler(core))]}


class SpacingDoc(Strict):
    """How far it is from one seat of an array to the next."""

    row: PointM = Field(default=(0.0, 0.0, 0.0), description="From row to row: right, forward, up.")
    column: PointM = Field(default=(0.0, 0.0, 0.0), description="From column to column.")


class ArrayPhaseDoc(Strict):
    """How much later each row and column plays than the one before it."""

    row: DurationFl = 0
    column: DurationFl = 0


class ArrayDoc(Strict):
    """Rows and columns of seats with their devices, from one template; {row}, {column}, {index} in its texts count from 1."""

    rows: int = Field(ge=1, le=200)
    columns: int = Field(ge=1, le=200)
    names: str = Field(default="{array}_{row}_{column}", description="Of the seats.")
    spacing: SpacingDoc = SpacingDoc()
    phase: ArrayPhaseDoc = ArrayPhaseDoc()
    seat: SeatDoc = Field(
        default_factory=lambda: SeatDoc.model_validate({}),
        description="The first seat; others follow in `spacing`.",
    )
    devices: dict[Name, DeviceDoc] = Field(
        default_factory=dict, description="Of each seat; named <seat>_<name>. {row+10} counts from 11."
    )
    roles: dict[RoleName, list[TargetDoc]] = Field(
        default_factory=dict, description="As the rig's; `device` is one of the array's or any other."
    )


class ArraysDoc(Strict):
    """The section of a rig file by itself."""

    arrays: dict[Name, ArrayDoc]


class DisplayDoc(Strict):
    """One picture."""

    name: Name
    kind: Literal["window", "headset", "wall", "offscreen"] = "window"
    seat: Name | None = None
    size: list[Annotated[int, Field(gt=0, le=16384)]] = Field(
        default_factory=lambda: [1280, 720], min_length=2, max_length=2
    )
    preroll: DurationFl = Field(default=250 * _MS, description="Time to make a prepared scene ready to show.")


class RigDoc(Strict):
    """The whole of a rig file."""

    sensorama_rig: Literal[1] = Field(description="Version of this format.")
    name: Localised
    bus: BusDoc = BusDoc()
    seats: dict[Name, SeatDoc] = Field(default_factory=dict, description="At least one, of `arrays` too.")
    devices: dict[Name, DeviceDoc] = Field(default_factory=dict)
    arrays: dict[Name, ArrayDoc] = Field(
        default_factory=dict, description="Rows and columns of seats and devices made from templates."
    )
    roles: dict[RoleName, list[TargetDoc]] = Field(
        default_factory=dict, description="What each role drives, best first; `none` leaves it out silently."
    )
    audio: AudioDoc = AudioDoc()
    displays: list[DisplayDoc] = Field(default_factory=list)
    headset: HeadsetDoc = HeadsetDoc()
    guests: GuestsDoc = GuestsDoc()
    certificate: CertificateDoc = CertificateDoc()
    timecode: TimecodeDoc = TimecodeDoc()
    inputs: dict[Name, InputDoc] = Field(default_factory=dict, description="What is listened to.")
    triggers: list[CueInDoc] = Field(default_factory=list, description="What comes in, and what it does.")
    permits: dict[Name, PermitDoc] = Field(default_factory=dict)
    live_motion: dict[Name, LiveMotionDoc] = Field(
        default_factory=dict, description="Motion that comes in while the show runs."
    )
    standby: StandbyDoc = StandbyDoc()
