"""The part of a rig file about its sound, as authored."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from engine.experience.loudspeakers import SHORT_NAMES, SYSTEMS
from engine.experience.manifest import Name, RoleName, Strict
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.quantities import AngleDeg, DurationFl, GainDb, Hz, LengthM
from engine.units import Dimension, parse_quantity

_MS = FLICKS_PER_SECOND // 1000
_HOUR = 3600 * FLICKS_PER_SECOND

LAST_CHANNEL = 256
"""Highest output channel of a device that may be named; MADI and Dante cards end at 64 to 128."""

LAYOUT_WORDS = ("binaural", "ambisonic", "dome", "free")
"""Layouts that are none of BS.2051's."""

_RANGE = re.compile(r"(\d{1,4})\s*-\s*(\d{1,4})\Z")
_LUFS = re.compile(r"([-+]?\d+(?:\.\d*)?)\s*lufs\Z", re.IGNORECASE)


def _read_layout(value: Any) -> str:
    """The name of a layout; ``5.1`` and ``22.2`` are numbers to YAML."""
    name = f"{value:g}" if isinstance(value, float) and not value.is_integer() else f"{value}".strip().lower()
    if isinstance(value, str | float) and (name in SYSTEMS or name in SHORT_NAMES or name in LAYOUT_WORDS):
        return name
    raise ValueError(
        f"{value!r} is no layout; write binaural, stereo, {', '.join(list(SHORT_NAMES)[2:])}, a system of ITU-R BS.2051 "
        f"({', '.join(SYSTEMS)}), dome, free or ambisonic"
    )


def _read_channels(value: Any) -> Any:
    """``[3, 4, 7]``, or ``3-14`` for a run of them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    if isinstance(value, str):
        found = _RANGE.match(value.strip())
        if found is None:
            raise ValueError(f"{value!r} are no channels; write [1, 2], or 3-14 for a run of them")
        first, last = int(found[1]), int(found[2])
        if not first <= last:
            raise ValueError(f"channels {value!r} run backwards; write the lower one first")
        return list(range(first, min(last, LAST_CHANNEL + 1) + 1))
    return value


def _read_lufs(value: Any) -> float | None:
    if value is None or value in ("authored", "none"):
        return None
    found = _LUFS.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            f"{value!r} is no loudness; write one like -23lufs, or `authored` to leave it as it is"
        )
    lufs = float(found[1])
    if not -60.0 <= lufs <= -5.0:
        raise ValueError(f"{value!r} is no loudness to aim at; -60lufs to -5lufs (EBU R 128: -23lufs)")
    return lufs


def _read_spl(value: Any) -> float:
    """Decibels of ``104db``: sound pressure, not gain."""
    return parse_quantity(value, Dimension.LEVEL)


Layout = Annotated[
    str,
    BeforeValidator(_read_layout),
    WithJsonSchema(
        {
            "enum": [*LAYOUT_WORDS, *SHORT_NAMES, *SYSTEMS, 2.0, 5.1, 7.1, 10.2, 22.2],
            "description": "binaural, stereo, 5.1, 7.1.4, 22.2, a system of ITU-R BS.2051 (4+7+0), dome, free, ambisonic.",
        }
    ),
]
Channel = Annotated[int, Field(ge=1, le=LAST_CHANNEL)]
Channels = Annotated[
    list[Channel],
    BeforeValidator(_read_channels),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "integer", "minimum": 1, "maximum": LAST_CHANNEL},
                },
                {"type": "integer", "minimum": 1, "maximum": LAST_CHANNEL},
                {"type": "string", "pattern": r"^\d{1,4}\s*-\s*\d{1,4}$"},
            ],
            "description": "Output channels of the device, from 1: [1, 2], or 3-14 for a run of them.",
        }
    ),
]
Lufs = Annotated[
    float | None,
    BeforeValidator(_read_lufs),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["authored", "none"]},
                {"type": "string", "pattern": r"^[-+]?\d+(\.\d*)?\s*([lL][uU][fF][sS])$"},
            ],
            "description": "What a package is brought to: -23lufs (EBU R 128); authored: left as it is.",
        }
    ),
]
SplDb = Annotated[
    float,
    BeforeValidator(_read_spl),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[-+]?(\d+(\.\d*)?|\.\d+)\s*(db|dB)$",
            "description": "A sound pressure level: 85db.",
        }
    ),
]


class SpeakerDoc(Strict):
    """One loudspeaker. What a standard layout knows of it need not be said."""

    channel: Channel | None = Field(default=None, description="Of the device; default the output's next.")
    azimuth: Annotated[AngleDeg, Field(ge=-180.0, le=180.0)] | None = Field(
        default=None, description="As seen from the resting listener, + = left."
    )
    elevation: Annotated[AngleDeg, Field(ge=-90.0, le=90.0)] | None = Field(
        default=None, description="+ = up."
    )
    distance: Annotated[LengthM, Field(ge=0.02, le=200.0)] = 2.0
    delay: Annotated[DurationFl, Field(ge=0, le=1000 * _MS)] = Field(
        default=0, description="Added, so that all arrive together; the farthest has none."
    )
    gain: Annotated[GainDb, Field(ge=-60.0, le=12.0)] = 0.0
    inverted: bool = Field(default=False, description="Wired the wrong way round.")
    lfe: bool | None = Field(
        default=None, description="Low frequencies only; default: when its name begins with LFE."
    )


class ListedSpeakerDoc(SpeakerDoc):
    """A loudspeaker, or `none` for one that the venue has not."""

    absent: bool = Field(default=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _from_none(cls, value: Any) -> Any:
        if value is None or value == "none":
            return {"absent": True}
        if isinstance(value, int) and not isinstance(value, bool):
            return {"channel": value}
        if isinstance(value, str):
            raise ValueError(
                f"{value!r} is no loudspeaker; write {{channel: 3, azimuth: 30deg}}, 3 for its channel alone, or none"
            )
        if isinstance(value, dict) and "absent" in value:
            raise ValueError("`absent` is no key of a loudspeaker; write none in its place")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        full = handler.resolve_ref_schema(handler(core))
        full.get("properties", {}).pop("absent", None)
        return {
            "anyOf": [{"const": "none"}, {"type": "integer", "minimum": 1, "maximum": LAST_CHANNEL}, full]
        }


class OutputDoc(Strict):
    """Something that is listened to: headphones, a room of loudspeakers, somebody else's decoder."""

    name: Name
    layout: Layout
    seat: Name | None = Field(
        default=None, description="Whose; headphones: default the first seat, loudspeakers: the room."
    )
    channels: Channels | None = None
    device: str | None = Field(
        default=None, min_length=1, description="Part of the sound device's name; default the rig's."
    )
    api: str | None = Field(
        default=None, min_length=1, description="Part of its host interface's name: ASIO, JACK, WASAPI."
    )
    decoder: Literal["bs2127", "allrad"] | None = Field(
        default=None,
        description="How objects come to the loudspeakers; default allrad for a dome, else bs2127.",
    )
    speakers: dict[str, ListedSpeakerDoc] = Field(
        default_factory=dict, description="By label; of a standard layout only what is to be said of them."
    )
    hrtf: str | None = Field(
        default=None, min_length=1, description="SOFA file beside the rig; default the set that comes along."
    )
    head_radius: Annotated[LengthM, Field(ge=0.05, le=0.15)] | None = Field(
        default=None, description="Scales the time between the ears; an adult's: 8.75cm."
    )
    order: Annotated[int, Field(ge=1, le=7)] | None = Field(
        default=None, description="Of an ambisonic output; default 3."
    )
    gain: Annotated[GainDb, Field(ge=-60.0, le=12.0)] = 0.0


class HearingDoc(Strict):
    """Protection of guests' ears."""

    full_scale: Annotated[SplDb, Field(ge=60.0, le=150.0)] | None = Field(
        default=None, description="Level at the ear of a full-scale sine, as measured in the venue."
    )
    most: Annotated[SplDb, Field(ge=60.0, le=115.0)] = Field(
        default=100.0, description="Fast level, dB(A), that is never exceeded."
    )
    day: Annotated[SplDb, Field(ge=60.0, le=100.0)] = Field(
        default=85.0, description="Level, dB(A), whose dose over `per` is full (NIOSH: 85db over 8h)."
    )
    per: Annotated[DurationFl, Field(ge=_HOUR // 60)] = Field(default=8 * _HOUR)


class AdmOscDoc(Strict):
    """Objects' places, told to somebody else's renderer (ADM-OSC 1.0)."""

    to: str = Field(min_length=1, description="udp://host[:port]; the port is 4001 when none is given.")
    rate: Annotated[Hz, Field(ge=1.0, le=500.0)] = Field(default=50.0, description="How often.")

    @model_validator(mode="before")
    @classmethod
    def _from_address(cls, value: Any) -> Any:
        return {"to": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "anyOf": [{"type": "string", "pattern": "^udp://"}, handler.resolve_ref_schema(handler(core))]
        }


class ShakerDoc(Strict):
    """An exciter on an amplifier, fed by a channel of the sound device."""

    role: RoleName = Field(
        description="A haptic (or level) role; the sounds on the bus `shakers` come with it."
    )
    channel: Channel = Field(
        description="Output channel of the sound device, from 1; none that is listened to."
    )
    seat: Name | None = Field(default=None, description="Whose role; default the first seat.")
    gain: GainDb = Field(default=-6.0, le=0.0)
    low: Hz = Field(default=20.0, description="Lowest frequency the exciter is given.")
    high: Hz = Field(default=120.0, description="Highest frequency.")
    latency: DurationFl = Field(
        default=0, description="Of amplifier and exciter, beyond the sound device's own."
    )


_BusGain = Annotated[GainDb, Field(le=12.0)]
BusGains = dict[Name, _BusGain]


class AudioDoc(Strict):
    """Where the sound goes, how loud, and by whose clock."""

    layout: Layout | None = Field(
        default=None, description="Of the one output; several: `outputs`. Default stereo."
    )
    device: str | None = Field(
        default=None,
        min_length=1,
        description="Name of the sound device, or a part of it, as the system lists it.",
    )
    api: str | None = Field(
        default=None, min_length=1, description="Part of its host interface's name: ASIO, JACK, WASAPI."
    )
    preroll: DurationFl = Field(default=200 * _MS, description="Time to open and fill a source.")
    clock: Literal["host", "device"] = Field(
        default="host",
        description="Whose time the show follows: the computer's, or the sound device's samples.",
    )
    volume: Annotated[GainDb, Field(ge=-60.0, le=12.0)] = Field(default=0.0, description="Of everything.")
    buses: BusGains = Field(default_factory=dict, description="Levels of the buses: {music: -3db}.")
    duck: BusGains | None = Field(
        default=None,
        description="What buses are turned down by while somebody speaks; default effects -6db, music -4db.",
    )
    ceiling: Annotated[GainDb, Field(ge=-20.0, le=0.0)] = Field(
        default=-1.0, description="True peak, dBTP, that no output exceeds."
    )
    loudness: Lufs = -23.0
    hearing: HearingDoc = HearingDoc()
    adm_osc: AdmOscDoc | None = None
    outputs: list[OutputDoc] = Field(
        default_factory=list,
        description="What is listened to, all at once; `layout` is the short form for one.",
    )
    shakers: list[ShakerDoc] = Field(
        default_factory=list, description="Audio-band shakers as further channels."
    )
