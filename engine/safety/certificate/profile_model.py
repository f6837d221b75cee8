"""A profile as authored: what this site allows this kind of guest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.experience.manifest import Strict

_Limit = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class EnvelopeRowDoc(Strict):
    """How much acceleration is allowed for how long."""

    axis: Literal["x", "y", "z"]
    direction: Literal["+", "-", "both"] = Field(default="both", description="+ is forward, left, up.")
    for_s: Annotated[float, Field(ge=0.0, le=60.0, allow_inf_nan=False)] = Field(
        default=0.0, description="Sustained for at least so long; 0: the peak."
    )
    most_g: _Positive


class EnvelopeDoc(Strict):
    """Acceleration against time, as ride standards tabulate it; the table is the site's own."""

    rows: list[EnvelopeRowDoc] = Field(min_length=1)


class ProfileDoc(Strict):
    """A profile."""

    sensorama_profile: Literal[1]
    name: dict[str, str] = Field(min_length=1, description="By locale.")
    note: str = Field(default="", description="Whose figures these are, and who answers for them.")
    limits: dict[str, _Limit] = Field(
        min_length=1,
        description="The most that is allowed, by measure, in the measure's unit; what is left out is measured and not judged.",
    )
    head_m: list[float] | None = Field(
        default=None,
        min_length=3,
        max_length=3,
        description="Where the guest feels, from the platform's centre of rotation: right, forward, up.",
    )
    full_scale_db: Annotated[float, Field(ge=60.0, le=140.0)] | None = Field(
        default=None, description="Sound pressure level, dB, of a sine at full scale at the guest's ear."
    )
    low_pass_hz: Annotated[float, Field(gt=0.0, le=500.0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Accelerations and their onset are filtered at this corner before they are judged, as on rides.",
    )
    envelope: EnvelopeDoc | None = None
