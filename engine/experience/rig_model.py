"""The model of a rig file as authored, before limits become numbers and names become references."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from engine.experience.manifest import ID_PATTERN, LOCALE_PATTERN, ROLE_PATTERN, Localised, Strict
from engine.timeline.quantities import AngleDeg, DurationFl

RIG_VERSION = 1

Name = Annotated[str, Field(pattern=ID_PATTERN)]
Quantity = Annotated[
    float | str, Field(description="A number with its unit: 50mm, 8deg, 250mm/s; bare for a share 0..1.")
]


class BusDoc(Strict):
    """How fast the bus runs and when it gives up waiting."""

    tick_hz: int = Field(1000, ge=50, le=4000)
    watchdog: DurationFl = Field("500ms", description="Silence of the conductor after which devices go safe.")


class SeatDoc(Strict):
    """A guest's place. `at` is its origin in the room, metres, X right, Y forward, Z up."""

    at: list[float] = Field(default_factory=lambda: [0.0, 0.0, 0.0], min_length=3, max_length=3)
    heading: AngleDeg = Field("0deg", description="Where the seat faces; + = to the left.")
    language: Annotated[str, Field(pattern=LOCALE_PATTERN)] | None = None


class LatencyDoc(Strict):
    """MPEG-V's device model (ISO/IEC 23005-2): dead time, then a first-order lag."""

    dead: DurationFl = Field("0s", description="Nothing happens for this long.")
    lag: DurationFl = Field("0s", description="Time constant with which it then follows.")


class LimitsDoc(Strict):
    """Limits of one axis or channel. Motion axes in m or deg; everything else is a share 0..1."""

    range: list[Quantity] = Field(min_length=2, max_length=2)
    velocity: Quantity | None = None
    acceleration: Quantity | None = None
    jerk: Quantity | None = None


class DeviceDoc(Strict):
    """One device: which driver, on which port, for which seat."""

    driver: str = Field(min_length=1, description="Entry point in the group sensorama.drivers.")
    port: str = Field("twin", min_length=1, description="`twin`, a serial port, or udp://host:port.")
    seat: Name | None = None
    rate_hz: float = Field(100.0, gt=0, le=4000)
    latency: LatencyDoc = Field(default_factory=LatencyDoc)
    limits: dict[str, LimitsDoc] = Field(default_factory=dict)
    safe: dict[str, Quantity] = Field(
        default_factory=dict, description="Where a channel goes when something fails; default the rest value."
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="The driver's own; it checks them.")


class TargetDoc(Strict):
    """One candidate for a role."""

    device: Name
    group: str | None = Field(None, description="A part of the device: a fixture, a zone, an actuator.")
    as_: str | None = Field(None, alias="as", description="How a role of another kind is rendered: rumble.")
    gain: float = Field(1.0, ge=0.0, le=1.0)


class AudioDoc(Strict):
    """Where the sound goes."""

    layout: Literal["stereo", "binaural"] = "stereo"
    device: str | None = Field(None, description="Name of the sound device, as the system lists it.")
    preroll: DurationFl = Field("200ms", description="Time to open and fill a source before it can sound.")


class DisplayDoc(Strict):
    """One picture."""

    name: Name
    kind: Literal["window", "headset", "wall", "offscreen"] = "window"
    seat: Name | None = None
    size: list[Annotated[int, Field(gt=0, le=16384)]] = Field(
        default_factory=lambda: [1280, 720], min_length=2, max_length=2
    )
    preroll: DurationFl = Field("250ms", description="Time to make a prepared scene ready to show.")


class RigDoc(Strict):
    """The whole of a rig file."""

    sensorama_rig: Literal[1] = Field(description="Version of this format.")
    name: Localised
    bus: BusDoc = Field(default_factory=BusDoc)
    seats: dict[Name, SeatDoc] = Field(min_length=1)
    devices: dict[Name, DeviceDoc] = Field(default_factory=dict)
    roles: dict[Annotated[str, Field(pattern=ROLE_PATTERN)], list[TargetDoc | Literal["none"]]] = Field(
        default_factory=dict, description="What each role drives, best first; `none` leaves it out silently."
    )
    audio: AudioDoc = Field(default_factory=AudioDoc)
    displays: list[DisplayDoc] = Field(default_factory=list)
