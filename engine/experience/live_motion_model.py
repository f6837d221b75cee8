"""A source of live motion as authored in a rig."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from engine.experience.manifest import Strict
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.quantities import DurationFl

_MS = FLICKS_PER_SECOND // 1000
_Corner = Annotated[float, Field(gt=0.0, le=60.0, allow_inf_nan=False)]
_Damping = Annotated[float, Field(gt=0.0, le=10.0, allow_inf_nan=False)]
_Gain = Annotated[float, Field(ge=0.0, le=10.0, allow_inf_nan=False)]
_Address = Annotated[str, Field(pattern=r"^/")]
_Addresses = Annotated[list[_Address], Field(max_length=3)]


class WashoutDoc(Strict):
    """The washout filter: corners in rad/s, rates in deg/s."""

    order: Literal[2, 3] = Field(
        default=3, description="Of the translational high-pass; 3 always comes home."
    )
    high: _Corner = Field(default=2.5, description="Corner above which forces move the seat.")
    damping: _Damping = 1.0
    home: _Corner = Field(default=0.25, description="How quickly the third order comes home.")
    low: _Corner = Field(default=5.0, description="Corner below which forces tilt the seat.")
    turn: _Corner = Field(default=2.5, description="Corner above which turns turn the seat.")
    tilt_rate: Annotated[float, Field(gt=0.0, le=90.0)] = Field(
        default=3.0, description="Greatest rate of tilting, deg/s: above 3 people notice."
    )
    force_gain: _Gain = 1.0
    turn_gain: _Gain = 1.0


class LiveMotionDoc(Strict):
    """Forces and turns that come in while the show runs, for devices whose `live` names this."""

    source: str = Field(default="osc", min_length=1, description="A family that listens: osc, text, mqtt...")
    port: str = Field(min_length=1, description="udp://0.0.0.0:9100")
    force: Annotated[_Addresses, Field(min_length=1)] = Field(
        default_factory=lambda: ["/force"],
        description="One address with three values, or three with one each.",
    )
    turn: _Addresses = Field(
        default_factory=lambda: ["/turn"], description="The same of angular rates; empty: forces alone."
    )
    frame: str = Field(
        default="", description="Axes, units and gravity as of a telemetry log: 'forward left up, g, rad/s'."
    )
    stale: DurationFl = Field(default=250 * _MS, description="Silence after which the seat is led to rest.")
    washout: WashoutDoc = WashoutDoc()
    settings: dict[str, Any] = Field(default_factory=dict)
