"""The part of a rig file that ties a show to the venue around it: timecode, inputs from outside, permissives, standby."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from engine.experience.headset_model import ComfortName
from engine.experience.manifest import Name, Strict
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.rates import RATES
from engine.timeline.quantities import DurationFl

_MS = FLICKS_PER_SECOND // 1000

WireName = Literal["ltc", "mtc", "artnet", "cinema"]


def _read_rate(value: Any) -> Any:
    """A label as authors write it: 25 and 29.97 are numbers to YAML, 29.97df is not."""
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


RateLabel = Annotated[
    str,
    BeforeValidator(_read_rate),
    WithJsonSchema(
        {
            "anyOf": [{"type": "number"}, {"type": "string", "enum": list(RATES)}],
            "description": "Frame rate, as 25 or 29.97df.",
        }
    ),
]


class FollowDoc(Strict):
    """The clock the show follows, and what it does when that clock is lost or jumps."""

    wire: WireName
    port: str = Field(
        min_length=1,
        description="audio:NAME[/CHANNEL], midi:NAME, serial:DEVICE, udp://host[:port], or a WAV file.",
    )
    rate: RateLabel | None = Field(
        default=None, description="Frames a second the source counts; always needed."
    )
    start: str = Field(
        default="00:00:00:00", description="Timecode at which the show's running time is zero."
    )
    offset: str = Field(default="0ms", description="Added to the source's time; may be negative: -80ms.")
    freewheel: DurationFl = Field(
        default=1000 * _MS, description="How long the show goes on alone when the source is lost."
    )
    then: Literal["hold", "jam"] = Field(
        default="hold", description="After that: hold the show, or run on by itself (jam)."
    )
    slew_ppm: float = Field(
        default=2000.0, gt=0, le=100_000, description="Largest change of speed that takes up an error."
    )
    jump_over: DurationFl = Field(
        default=250 * _MS, description="An error above this is a jump of the source, not drift."
    )
    missed: Literal["late", "skip", "chase"] = Field(
        default="skip",
        description="One-shots a jump forward leaves out: late (run fast through them), skip, or chase (enter those still going).",
    )


class SendDoc(Strict):
    """One timecode this show generates."""

    wire: WireName
    port: str = Field(
        min_length=1, description="audio:NAME[/CHANNEL], midi:NAME, serial:DEVICE, udp://host[:port]."
    )
    rate: RateLabel = "25"
    start: str = Field(default="00:00:00:00", description="Timecode sent at running time zero.")
    offset: str = Field(default="0ms")


class TimecodeDoc(Strict):
    """Timecode in and out."""

    follow: FollowDoc | None = None
    send: list[SendDoc] = Field(default_factory=list)


class InputDoc(Strict):
    """One source that is listened to."""

    source: str = Field(
        min_length=1, description="Entry point in the group sensorama.sources: osc, midi, sacn, http..."
    )
    port: str = Field(min_length=1)
    settings: dict[str, Any] = Field(default_factory=dict)


class ActionDoc(Strict):
    """What a trigger does; exactly one of these."""

    external: Name | None = Field(default=None, description="A trigger `on: external` of the scene.")
    vote: Name | None = Field(default=None, description="A vote for this option.")
    operator: Literal["start", "hold", "resume", "toggle_hold", "stop"] | None = None
    seek_by: str | None = Field(default=None, description="Scrub: 5s or -5s.")
    intensity: str | None = Field(
        default=None, description="A modality, set from the signal's first value, 0..1."
    )
    language: str | None = Field(default=None, description="The show's language.")
    comfort: ComfortName | None = Field(default=None, description="How lively that seat is.")
    photosensitive: bool | None = Field(
        default=None, description="Whether light must not flash, because of that seat's guest."
    )
    guest: Literal["arrived", "left"] | None = Field(
        default=None, description="Somebody has sat down there, or got up."
    )

    @model_validator(mode="after")
    def _one(self) -> ActionDoc:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            allowed = ", ".join(type(self).model_fields)
            raise ValueError(f"`do` names {' and '.join(given) or 'nothing'}; give exactly one of {allowed}")
        return self


class CueInDoc(Strict):
    """When which signal comes in, what happens."""

    input: Name
    address: str = Field(
        pattern="^/", description="As the source writes it, may end in *: /go, /note/1/60, /1/12."
    )
    equals: float | int | str | bool | None = Field(
        default=None, description="Only when the first value is this."
    )
    above: float | None = Field(default=None, description="Only when the first value rises above this.")
    below: float | None = Field(default=None, description="Only when the first value falls below this.")
    do: ActionDoc
    seat: Name | None = Field(default=None, description="Whose it is; default the first seat.")
    cooldown: DurationFl = Field(default=0, description="Deaf for this long after it went off.")


class PermitDoc(Strict):
    """A permissive read from the ride's safety controller; false, stale or unreadable all mean no."""

    source: str = Field(default="modbus", min_length=1)
    port: str = Field(min_length=1, description="tcp://host[:502]")
    stale: DurationFl = Field(default=500 * _MS, description="Older than this means no.")
    settings: dict[str, Any] = Field(default_factory=dict)


class StandbyDoc(Strict):
    """Where a second conductor finds the first."""

    listen: str = Field(default="tcp://127.0.0.1:7410", description="Where the leader waits for its standby.")
    take_over: DurationFl = Field(
        default=400 * _MS, description="Silence of the leader after which the standby takes over."
    )
