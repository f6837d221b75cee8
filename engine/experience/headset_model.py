"""The part of a rig file about headsets and the guests who put them on, as authored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from engine.experience.headset import DEFAULT_PIVOT_M
from engine.experience.manifest import Strict
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.quantities import AngleDeg, DurationFl, LengthM, PointM, read_hz

_MS = FLICKS_PER_SECOND // 1000

ComfortName = Literal["full", "gentle", "still"]
QuestionName = Literal["recentre", "calibrate", "language", "comfort"]


def _read_refresh(value: Any) -> float | None:
    if value is None or value == "highest":
        return None
    return read_hz(value)


Refresh = Annotated[
    float | None,
    PlainValidator(_read_refresh),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "highest"},
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^[-+]?(\d+(\.\d*)?|\.\d+)\s*(hz|Hz)$"},
            ],
            "description": "The display's refresh rate: highest, or one like 90.",
        }
    ),
]


def _read_on(value: Any) -> Any:
    """YAML 1.2's plain ``none`` is a word, an empty value is None: both mean that nothing is done."""
    return [] if value is None or value == "none" else value


class HeadsetDoc(Strict):
    """How the picture goes to a headset."""

    form: Literal["seated", "standing"] = Field(
        default="seated",
        description="Seated: the head's place counts as the seat's. Standing: heights are real.",
    )
    lift: Annotated[LengthM, Field(ge=-2.0, le=2.0)] = Field(
        default=0.0, description="Raises the guest's eye above where it would be."
    )
    fallback_eye_height: Annotated[LengthM, Field(ge=0.5, le=2.5)] | None = Field(
        default=None,
        description="Eye above the floor where the runtime knows no floor; default 1.2m seated, 1.6m standing.",
    )
    samples: Literal[1, 2, 4, 8] = Field(default=4, description="Samples a pixel against jagged edges.")
    scale: float = Field(default=1.0, ge=0.25, le=2.0, description="Of the size the runtime recommends.")
    hdr: bool = Field(default=False, description="Half floats up to the runtime, where it takes them.")
    depth: bool = Field(default=True, description="Hand the depth over, where the runtime takes it.")
    mask: bool = Field(default=True, description="Leave out what the lenses hide.")
    quads: bool = Field(default=True, description="Captions and choices as layers of their own.")
    refresh: Refresh = None
    mirror: Literal["left", "both", "none"] = Field(default="left", description="The operator's window.")
    steady: DurationFl = Field(default=250 * _MS, description="Smoothing of the mirror; 0: as it is.")
    snap_turn: Annotated[AngleDeg, Field(ge=0.0, le=90.0)] = Field(
        default=30.0, description="A turn by thumbstick; 0: none."
    )
    compensate: bool = Field(
        default=True, description="Take the seat's motion out of the head's, so that it is not seen twice."
    )
    eye_tracking: bool = Field(
        default=False,
        description="Let guests choose by their eyes, where the headset sees them; tell them so.",
    )


class GuestsDoc(Strict):
    """What happens when guests come and go."""

    on_arrival: Annotated[list[QuestionName], BeforeValidator(_read_on)] = Field(
        default=["recentre", "calibrate"],
        description="What is done, and asked, in this order, when somebody new puts a headset on.",
    )
    settle: DurationFl = Field(
        default=1500 * _MS, description="How long a headset must be worn before it counts as an arrival."
    )
    gone: DurationFl = Field(default=4000 * _MS, description="How long off before the guest has left.")
    empty_seat: Literal["rest", "play"] = Field(
        default="rest", description="What the devices of a seat do that a guest has left."
    )
    ask_for: DurationFl = Field(
        default=20_000 * _MS, description="A question that is not answered for this long takes its default."
    )


class ProfileDoc(Strict):
    """How a seat plays for whoever sits on it, until somebody says otherwise."""

    comfort: ComfortName = Field(
        default="full", description="full: as authored; gentle: about half the motion; still: no motion."
    )
    photosensitive: bool = Field(
        default=False, description="Light and picture are averaged, so that nothing flashes."
    )


Pivot = Annotated[
    PointM,
    Field(
        default=DEFAULT_PIVOT_M,
        description="Centre of rotation of the seat's platform, seen from the guest's resting eye.",
    ),
]
