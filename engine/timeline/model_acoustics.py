"""How a scene's space sounds, as authors write it: its rooms, its air, what stands in the way, and how a sound stands in it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema, model_validator

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.acoustics import OCTAVES_HZ, PLAIN, WALLS, AcousticsSpec, BlockSpec, RoomSpec, SoundSpace
from engine.timeline.materials import MATERIALS
from engine.timeline.part import Identifier, Part
from engine.timeline.quantities import (
    AngleDeg,
    GainDb,
    Hz,
    LengthM,
    Number,
    PointM,
    Ratio,
    read_duration_fl,
    read_gain_db,
)
from engine.units import Dimension, parse_angle_deg, parse_quantity

_SHORTEST_S, _LONGEST_S = 0.1, 30.0
_OCTAVE_NAMES = tuple(str(int(hz)) for hz in OCTAVES_HZ)


def _read_rt60_s(value: Any) -> tuple[float, ...]:
    """Seconds by octave of one time, of seven, or of some octaves by name (those between are interpolated)."""
    if isinstance(value, dict):
        return _filled({_octave(name): _read_time_s(time) for name, time in value.items()})
    if isinstance(value, list | tuple):
        if len(value) != len(OCTAVES_HZ):
            raise ValueError(
                f"{len(value)} times; write one, or seven for {', '.join(_OCTAVE_NAMES)} Hz, or {{500: 1.2s, 4000: 0.8s}}"
            )
        return tuple(_read_time_s(time) for time in value)
    return (_read_time_s(value),) * len(OCTAVES_HZ)


def _read_time_s(value: Any) -> float:
    seconds = read_duration_fl(value) / FLICKS_PER_SECOND
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise ValueError(f"{value!r} is no reverberation time; they are {_SHORTEST_S:g}s to {_LONGEST_S:g}s")
    return seconds


def _octave(name: Any) -> int:
    text = str(name).lower().removesuffix("hz").strip()
    if text.endswith("k"):
        text += "000"
        text = text.replace("k", "")
    if text not in _OCTAVE_NAMES:
        raise ValueError(f"{name!r} is no octave; they are {', '.join(_OCTAVE_NAMES)}")
    return _OCTAVE_NAMES.index(text)


def _filled(known: dict[int, float]) -> tuple[float, ...]:
    if not known:
        raise ValueError("no octave is given; write one time, or {500: 1.2s, 4000: 0.8s}")
    at = sorted(known)
    found: list[float] = []
    for octave in range(len(OCTAVES_HZ)):
        below = max((o for o in at if o <= octave), default=at[0])
        above = min((o for o in at if o >= octave), default=at[-1])
        share = 0.0 if above == below else (octave - below) / (above - below)
        found.append(known[below] + (known[above] - known[below]) * share)
    return tuple(found)


def _read_absorption(value: Any) -> tuple[float, ...]:
    """Absorption by octave of a material's name or of a coefficient 0..1."""
    if isinstance(value, str):
        found = MATERIALS.get(value)
        if found is None:
            raise ValueError(
                f"{value!r} is no material; they are {', '.join(MATERIALS)}, or a coefficient 0..1"
            )
        return found
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0:
        return (float(value),) * len(OCTAVES_HZ)
    raise ValueError(f"{value!r} is neither a material nor a coefficient 0..1")


def _read_walls(value: Any) -> tuple[tuple[float, ...], ...]:
    """Absorption of the six walls from one material for all, or a mapping in which ``others`` is what is left out."""
    if not isinstance(value, dict):
        return (_read_absorption(value),) * len(WALLS)
    unknown = [str(name) for name in value if name not in (*WALLS, "others")]
    if unknown:
        raise ValueError(f"no wall is called {', '.join(unknown)}; they are {', '.join(WALLS)}, and others")
    missing = [name for name in WALLS if name not in value]
    if missing and "others" not in value:
        raise ValueError(f"nothing is said of {', '.join(missing)}; name them, or write `others`")
    return tuple(_read_absorption(value.get(name, value.get("others"))) for name in WALLS)


def _read_facing(value: Any) -> float | str:
    return "ahead" if value == "ahead" else parse_angle_deg(value)


def _read_doppler(value: Any) -> Any:
    return {True: "pitch", False: "off"}[value] if isinstance(value, bool) else value


def _read_reverb(value: Any) -> float | None:
    return None if value is None or value is False or value == "off" else read_gain_db(value)


_MATERIAL = {"anyOf": [{"enum": list(MATERIALS)}, {"type": "number", "minimum": 0, "maximum": 1}]}
_TIME = {"type": "string", "pattern": r"^\d+(\.\d*)?\s*(ms|s)$"}

Rt60 = Annotated[
    tuple[float, ...],
    BeforeValidator(_read_rt60_s),
    WithJsonSchema(
        {
            "anyOf": [
                _TIME,
                {"type": "array", "items": _TIME, "minItems": 7, "maxItems": 7},
                {
                    "type": "object",
                    "propertyNames": {"enum": list(_OCTAVE_NAMES)},
                    "additionalProperties": _TIME,
                },
            ],
            "description": "Reverberation time: 1.8s, seven of them (125 to 8000 Hz), or {500: 1.8s, 4000: 0.9s}.",
        }
    ),
]
Walls = Annotated[
    tuple[tuple[float, ...], ...],
    BeforeValidator(_read_walls),
    WithJsonSchema(
        {
            "anyOf": [
                _MATERIAL,
                {
                    "type": "object",
                    "propertyNames": {"enum": [*WALLS, "others"]},
                    "additionalProperties": _MATERIAL,
                },
            ],
            "description": "A material or an absorption 0..1, for all walls or by wall.",
        }
    ),
]
_FACING = WithJsonSchema(
    {
        "anyOf": [{"const": "ahead"}, {"type": "string"}, {"const": 0}],
        "description": "A heading, + = left, or ahead: where it moves.",
    }
)
_REVERB = WithJsonSchema(
    {
        "anyOf": [{"enum": ["off", False]}, {"type": "string"}, {"const": 0}],
        "description": "Level of its part in the room: -6db, or off.",
    }
)
_DOPPLER = WithJsonSchema(
    {"enum": ["off", "pitch", "travel", True, False], "description": "pitch: in step where it is nearest."}
)

# Pattern, sharpness, low-pass behind. A talker's figures: Chu and Warnock 2002, NRC-IRC RR-104, rounded.
_NAMED: dict[str, tuple[float, float, float]] = {
    "omni": (0.0, 1.0, 24_000.0),
    "voice": (0.2, 1.0, 1_800.0),
    "cardioid": (0.5, 1.0, 24_000.0),
    "hypercardioid": (0.75, 1.0, 24_000.0),
    "horn": (0.5, 3.0, 2_500.0),
    "figure8": (1.0, 1.0, 24_000.0),
}
DirectivityName = Literal["omni", "voice", "cardioid", "hypercardioid", "horn", "figure8"]


class Directivity(Part):
    """``|1 - pattern + pattern cos|^sharpness``, and a low-pass behind."""

    pattern: Ratio = 0.5
    sharpness: Annotated[Number, Field(gt=0, le=20)] = 1.0
    behind_hz: Hz = Field(default=24_000.0, alias="behind")


class InSpace(Part):
    """How a sound stands in space."""

    spread_deg: Annotated[AngleDeg, Field(ge=0, le=180)] = Field(default=PLAIN.spread_deg, alias="spread")
    directivity: DirectivityName | Directivity | None = None
    facing: Annotated[float | Literal["ahead"], BeforeValidator(_read_facing), _FACING] | None = None
    doppler: Annotated[Literal["off", "pitch", "travel"], BeforeValidator(_read_doppler), _DOPPLER] = "off"
    reverb_db: Annotated[float | None, BeforeValidator(_read_reverb), _REVERB] = Field(
        default=0.0, alias="reverb", ge=-200, le=24
    )
    occlude: StrictBool = True
    reference_m: Annotated[LengthM, Field(gt=0)] = Field(default=PLAIN.reference_m, alias="reference")
    furthest_m: Annotated[LengthM, Field(gt=0)] = Field(default=PLAIN.furthest_m, alias="furthest")
    rolloff: Annotated[Number, Field(ge=0, le=10)] = PLAIN.rolloff

    @model_validator(mode="after")
    def _in_space(self) -> InSpace:
        if self.facing == "ahead" and getattr(self, "move", None) is None:
            raise ValueError(
                "`facing: ahead` needs a sound that moves by `move`; write a heading, facing: 90deg"
            )
        if (
            self.directivity not in (None, "omni")
            and self.facing is None
            and getattr(self, "move", None) is None
        ):
            raise ValueError(
                "`directivity` needs `facing`, where it faces; a sound that faces the guest has none"
            )
        if self.facing is not None and self.directivity is None:
            raise ValueError("`facing` does nothing without `directivity`; write directivity: voice")
        if self.furthest_m < self.reference_m:
            raise ValueError(
                f"`furthest` {self.furthest_m:g}m is nearer than `reference` {self.reference_m:g}m"
            )
        return self

    def space(self) -> SoundSpace:
        """As numbers."""
        shape = self.directivity or "omni"
        if isinstance(shape, Directivity):
            pattern, sharpness, behind_hz = shape.pattern, shape.sharpness, shape.behind_hz
        else:
            pattern, sharpness, behind_hz = _NAMED[shape]
        ahead = self.facing == "ahead" or (self.facing is None and shape != "omni")
        return SoundSpace(
            spread_deg=self.spread_deg,
            pattern=pattern,
            sharpness=sharpness,
            behind_hz=behind_hz,
            facing_deg=self.facing if isinstance(self.facing, float) else None,
            faces_ahead=ahead,
            doppler=self.doppler,
            reverb_db=self.reverb_db,
            occlude=self.occlude,
            reference_m=self.reference_m,
            furthest_m=self.furthest_m,
            rolloff=self.rolloff,
        )


class Room(Part):
    """A box in which sound comes back."""

    center_m: PointM = Field(alias="center")
    size_m: PointM = Field(alias="size")
    heading_deg: AngleDeg = Field(default=0.0, alias="heading")
    rt60_s: Rt60 | None = Field(default=None, alias="rt60")
    walls: Walls | None = None
    wet_db: GainDb = Field(default=0.0, alias="wet")
    early_db: GainDb = Field(default=0.0, alias="early")
    order: Annotated[StrictInt, Field(ge=0, le=2)] = 1
    edge_m: Annotated[LengthM, Field(gt=0)] = Field(default=1.0, alias="edge")

    @model_validator(mode="after")
    def _a_room(self) -> Room:
        _check_size(self.size_m)
        if self.rt60_s is None and self.walls is None:
            raise ValueError("give `rt60`, the reverberation time, or `walls`, what they are made of")
        if self.edge_m > min(self.size_m):
            raise ValueError(f"`edge` {self.edge_m:g}m is wider than the room, {min(self.size_m):g}m")
        return self

    def spec(self, name: str) -> RoomSpec:
        """As numbers."""
        return RoomSpec(
            name, self.center_m, self.size_m, self.heading_deg, self.rt60_s or (), self.walls or (), self.wet_db, self.early_db,
            self.order, self.edge_m,
        )  # fmt: skip


class Block(Part):
    """A box that stands in the way of sound."""

    center_m: PointM = Field(alias="center")
    size_m: PointM = Field(alias="size")
    heading_deg: AngleDeg = Field(default=0.0, alias="heading")

    @model_validator(mode="after")
    def _a_block(self) -> Block:
        _check_size(self.size_m, least_m=0.01)
        return self


class Through(Part):
    """What comes through what stands in the way."""

    gain_db: Annotated[GainDb, Field(le=0)] = Field(default=-30.0, alias="gain")
    low_pass_hz: Hz = Field(default=500.0, alias="low_pass")


_Temperature = Annotated[
    float,
    BeforeValidator(lambda value: parse_quantity(value, Dimension.TEMPERATURE)),
    Field(ge=-20, le=50),
    WithJsonSchema({"type": "string", "description": "A temperature: 12c."}),
]


def _read_humidity_percent(value: Any) -> float:
    share = parse_quantity(value, Dimension.RATIO)
    if not 0.05 <= share <= 1.0:
        raise ValueError(f"{value!r} is no humidity of air; it is 5% to 100%")
    return 100.0 * share


_Humidity = Annotated[
    float,
    BeforeValidator(_read_humidity_percent),
    WithJsonSchema({"type": "string", "description": "Relative humidity: 60%."}),
]


class Air(Part):
    """What the air is like; cold dry air takes the most from high octaves."""

    temperature_c: _Temperature = Field(default=20.0, alias="temperature")
    humidity_percent: _Humidity = Field(default=50.0, alias="humidity")


class Acoustics(Part):
    """How a scene's space sounds. Without it: in the open, nothing in the way."""

    rooms: Annotated[dict[Identifier, Room], Field(max_length=8)] = Field(default_factory=dict)
    occluders: tuple[StrictStr, ...] = ()
    blocks: Annotated[tuple[Block, ...], Field(max_length=256)] = ()
    through: Through = Through()
    air: Air = Air()

    @model_validator(mode="before")
    @classmethod
    def _one_occluder(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("occluders"), str):
            return {**value, "occluders": (value["occluders"],)}
        return value

    def spec(self) -> AcousticsSpec:
        """As numbers."""
        return AcousticsSpec(
            tuple(room.spec(name) for name, room in self.rooms.items()),
            self.occluders,
            tuple(BlockSpec(block.center_m, block.size_m, block.heading_deg) for block in self.blocks),
            self.through.gain_db,
            self.through.low_pass_hz,
            self.air.temperature_c,
            self.air.humidity_percent,
        )


def _check_size(size_m: tuple[float, float, float], least_m: float = 0.5) -> None:
    if min(size_m) < least_m or max(size_m) > 1000.0:
        raise ValueError(f"a size of {list(size_m)} m; each side is {least_m:g} m to 1 km")
