"""Tracks and cues of a scene file, one class per kind."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    StrictStr,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.part import Identifier, Part
from engine.timeline.program import Mix
from engine.timeline.quantities import (
    AngleDeg,
    DurationFl,
    GainDb,
    Hz,
    LengthM,
    LevelValue,
    Number,
    PhaseCycles,
    PointM,
    Ratio,
    TravelM,
    read_duration_fl,
    read_number,
)

MAX_WAVE_CYCLES = 20_000
"""Longest wave: sixteen pieces a cycle make 20 MB of it."""

Ease = Literal["smooth", "linear", "in", "out", "step"]
Shape = Literal["linear", "step", "smooth", "cubic", "catmull", "spline"]


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


class Cue(Part):
    """What every cue has: when it begins."""

    at_fl: DurationFl = Field(alias="at")


class CurveCue(Cue):
    """A cue that gives values over time, in exactly one of several forms."""

    FORMS: ClassVar[tuple[str, ...]] = ("to", "set", "curve", "keys", "wave")
    for_fl: DurationFl | None = Field(default=None, alias="for")
    over_fl: DurationFl | None = Field(default=None, alias="over")
    ease: Ease | None = None
    shape: Shape | None = None
    seek: Literal["chase", "fire"] = "chase"

    @model_validator(mode="after")
    def _one_form(self) -> CurveCue:
        given = [form for form in self.FORMS if self.form(form) is not None]
        if len(given) != 1:
            has = " and ".join(given) if given else "none of them"
            raise ValueError(f"a cue has exactly one of {', '.join(self.FORMS)}; this one has {has}")
        form = given[0]
        if form != "to" and (self.over_fl is not None or self.ease is not None):
            raise ValueError(f"`over` and `ease` belong to `to`, this cue has `{form}`")
        if form not in ("curve", "keys") and self.shape is not None:
            raise ValueError(f"`shape` belongs to `curve` and `keys`, this cue has `{form}`")
        if form in ("to", "set", "transient") and self.for_fl is not None:
            raise ValueError(f"`for` does not go with `{form}`" + ("; write `over`" if form == "to" else ""))
        if form == "wave":
            if not self.for_fl:
                raise ValueError("a wave needs `for`, longer than 0s")
            wave = self.form("wave")
            cycles = wave.hz * self.for_fl / FLICKS_PER_SECOND
            if cycles > MAX_WAVE_CYCLES:
                raise ValueError(
                    f"a wave of {cycles:.0f} cycles; at most {MAX_WAVE_CYCLES}. The frequency of a shaker is"
                    " `hz` of the cue, not of the wave"
                )
            if wave.fade_in_fl + wave.fade_out_fl > self.for_fl:
                raise ValueError("`fade_in` and `fade_out` together are longer than `for`")
        if form in ("curve", "keys"):
            self._check_points(self.form(form))
        return self

    def form(self, name: str) -> Any:
        """The value of one of `FORMS`, by its name in the file."""
        return getattr(self, "set_to" if name == "set" else name, None)

    @property
    def points(self) -> tuple[Any, ...] | None:
        """Points of the curve, if the cue is one."""
        found = self.form("curve")
        return found if found is not None else self.form("keys")

    def times_fl(self) -> list[int]:
        """Times of the points after ``at``."""
        points = self.points or ()
        length_fl = self.for_fl or 0
        # round(float * int) is good to a flick for anything below 147 days, and shares are decimals anyway.
        return [
            point.position if isinstance(point.position, int) else round(point.position * length_fl)
            for point in points
        ]

    @property
    def length_fl(self) -> int:
        """How long the cue takes."""
        if self.for_fl is not None:
            return self.for_fl
        if self.points:
            return self.times_fl()[-1]
        return self.over_fl or 0

    def _check_points(self, points: tuple[Any, ...]) -> None:
        if self.for_fl is None and any(not isinstance(point.position, int) for point in points):
            raise ValueError("points at shares (0..1) need `for`; or write times such as 1.5s")
        if self.for_fl == 0:
            raise ValueError("`for` is 0s; a curve needs some time")
        times = self.times_fl()
        for number, (before, after) in enumerate(pairwise(times)):
            if after <= before:
                raise ValueError(f"point {number + 2} does not come after point {number + 1}")
        if self.for_fl is not None and times[-1] > self.for_fl:
            raise ValueError("the last point lies beyond `for`")
        has_tangents = [getattr(point, "in_tangent", None) is not None for point in points]
        if self.shape == "spline" and not all(has_tangents):
            raise ValueError("shape spline needs points of the form [position, in, value, out]")
        if self.shape != "spline" and any(has_tangents):
            raise ValueError("tangents need `shape: spline`")


class LevelCue(CurveCue):
    """A cue of a level or colour track."""

    to: LevelValue | None = None
    set_to: LevelValue | None = Field(default=None, alias="set")
    curve: Annotated[tuple[LevelPoint, ...], Field(min_length=1)] | None = None
    keys: Annotated[tuple[LevelPoint, ...], Field(min_length=1)] | None = None
    wave: LevelWave | None = None


class MotionCue(CurveCue):
    """A cue of a motion track."""

    to: MotionPose | None = None
    set_to: MotionPose | None = Field(default=None, alias="set")
    curve: Annotated[tuple[MotionPoint, ...], Field(min_length=1)] | None = None
    keys: Annotated[tuple[MotionPoint, ...], Field(min_length=1)] | None = None
    wave: MotionWave | None = None


class Transient(Part):
    """A single knock. Intensity 0..1; sharpness 0 (a thud, 65 Hz, rings long) .. 1 (a click, 300 Hz,
    short).
    """

    intensity: Ratio
    sharpness: Ratio = 0.5
    decay_fl: DurationFl | None = Field(default=None, alias="decay")


class HapticCue(CurveCue):
    """A cue of a haptic track: amplitude 0..1 over time at a frequency, or a transient."""

    FORMS: ClassVar[tuple[str, ...]] = ("to", "set", "curve", "keys", "wave", "transient")
    to: LevelValue | None = None
    set_to: LevelValue | None = Field(default=None, alias="set")
    curve: Annotated[tuple[LevelPoint, ...], Field(min_length=1)] | None = None
    keys: Annotated[tuple[LevelPoint, ...], Field(min_length=1)] | None = None
    wave: LevelWave | None = None
    transient: Transient | None = None
    hz: Hz | None = None


class NodeCue(CurveCue):
    """A cue that moves a node."""

    to: NodePose | None = None
    set_to: NodePose | None = Field(default=None, alias="set")
    curve: Annotated[tuple[NodePoint, ...], Field(min_length=1)] | None = None
    keys: Annotated[tuple[NodePoint, ...], Field(min_length=1)] | None = None
    wave: NodeWave | None = None


class MediaCue(Cue):
    """What sounds, clips and videos have in common."""

    for_fl: DurationFl | None = Field(default=None, alias="for")
    skip_fl: DurationFl = Field(default=0, alias="skip")
    loop: StrictBool = False


class ClipCue(MediaCue):
    """Plays an animation clip of the model."""

    speed: Annotated[Number, Field(gt=0)] = 1.0


class Placed(Part):
    """Where a sound is: fixed in the scene, riding on a node, or relative to the seat."""

    position_m: PointM | None = Field(default=None, alias="position")
    node: StrictStr | None = None
    azimuth_deg: AngleDeg | None = Field(default=None, alias="azimuth")
    elevation_deg: AngleDeg | None = Field(default=None, alias="elevation")
    distance_m: Annotated[LengthM, Field(gt=0)] | None = Field(default=None, alias="distance")
    gain_db: GainDb = Field(default=0.0, alias="gain")

    @model_validator(mode="after")
    def _one_place(self) -> Placed:
        seat = any(part is not None for part in (self.azimuth_deg, self.elevation_deg, self.distance_m))
        if seat and (self.position_m is not None or self.node is not None):
            raise ValueError(
                "give `position` (in the scene) or azimuth, elevation, distance (from the seat), not both"
            )
        return self


class AudioCue(MediaCue, Placed):
    """A sound."""

    file: StrictStr
    bus: Identifier = "effects"
    fade_in_fl: DurationFl = Field(default=0, alias="fade_in")
    fade_out_fl: DurationFl = Field(default=0, alias="fade_out")
    bed: StrictBool = False
    tail: StrictBool | None = None
    seek: Literal["resume", "fire"] = "resume"
    move: Annotated[tuple[MovePoint, ...], Field(min_length=2)] | None = None
    shape: Literal["linear", "step", "smooth", "cubic", "catmull"] = "cubic"

    @model_validator(mode="after")
    def _sound(self) -> AudioCue:
        placed = any(part is not None for part in (self.position_m, self.node, self.azimuth_deg, self.move))
        if self.bed and placed:
            raise ValueError("a bed is not placed; leave `bed` or the place out")
        if self.move is not None:
            if self.position_m is not None or self.azimuth_deg is not None:
                raise ValueError("`move` already says where the sound is; leave the other place out")
            times = [point.position for point in self.move]
            if any(not isinstance(time, int) for time in times) and self.for_fl is None:
                raise ValueError("points at shares (0..1) need `for`; or write times such as 1.5s")
        return self


class LineCue(Cue, Placed):
    """A spoken line: voice file if there is one, and its caption."""

    line: Identifier
    for_fl: DurationFl | None = Field(default=None, alias="for", gt=0)
    bus: Identifier = "voice"


class CaptionCue(Cue):
    """A caption without a voice."""

    line: Identifier
    for_fl: DurationFl = Field(alias="for", gt=0)


class VideoCue(MediaCue):
    """Plays the track's video."""

    gain_db: GainDb = Field(default=0.0, alias="gain")


class EventCue(Cue):
    """A named one-shot: journalled, and handed to whoever listens for it."""

    name: Identifier
    value: StrictStr | Number | None = None


class _RoleTrack(Part):
    role: StrictStr
    mix: Mix | None = None
    note: StrictStr = ""


class LevelTrack(_RoleTrack):
    """Curves of a level or colour role."""

    kind: Literal["level"]
    cues: tuple[LevelCue, ...]


class MotionTrack(_RoleTrack):
    """Six-axis offsets of a seat."""

    kind: Literal["motion"]
    cues: tuple[MotionCue, ...]


class HapticTrack(_RoleTrack):
    """Amplitude and frequency of a shaker."""

    kind: Literal["haptic"]
    cues: tuple[HapticCue, ...]


class PathTrack(Part):
    """The vehicle's way through the scene."""

    kind: Literal["path"]
    shape: Literal["linear", "step", "smooth", "cubic", "catmull"] = "cubic"
    keys: Annotated[tuple[PathPoint, ...], Field(min_length=1)]
    note: StrictStr = ""


class NodeTrack(Part):
    """Moves a node of the model."""

    kind: Literal["animation"]
    node: StrictStr
    mix: Literal["add", "replace"] | None = None
    cues: tuple[NodeCue, ...]
    note: StrictStr = ""


class ClipTrack(Part):
    """Plays a clip of the model."""

    kind: Literal["animation"]
    clip: StrictStr
    cues: tuple[ClipCue, ...]
    note: StrictStr = ""


class AudioTrack(Part):
    """Sounds; they may overlap."""

    kind: Literal["audio"]
    cues: tuple[AudioCue, ...]
    note: StrictStr = ""


class LineTrack(Part):
    """Spoken lines, one at a time."""

    kind: Literal["line"]
    cues: tuple[LineCue, ...]
    note: StrictStr = ""


class CaptionTrack(Part):
    """Captions, one at a time."""

    kind: Literal["caption"]
    cues: tuple[CaptionCue, ...]
    note: StrictStr = ""


class VideoTrack(Part):
    """A video on a node of the model."""

    kind: Literal["video"]
    file: StrictStr
    node: StrictStr
    cues: tuple[VideoCue, ...]
    note: StrictStr = ""


class EventTrack(Part):
    """Named one-shots."""

    kind: Literal["event"]
    cues: tuple[EventCue, ...]
    note: StrictStr = ""


TRACK_KINDS = ("level", "motion", "haptic", "path", "animation", "audio", "line", "caption", "video", "event")


def _track_tag(value: Any) -> str | None:
    """Which class reads a track; an animation drives a node or plays a clip."""
    if isinstance(value, Part):
        kind = getattr(value, "kind", None)
        return "clip" if isinstance(value, ClipTrack) else kind
    if not isinstance(value, dict):
        return None
    kind = value.get("kind")
    if kind == "animation" and "clip" in value and "node" not in value:
        return "clip"
    return kind if isinstance(kind, str) and kind != "clip" else None


Track = Annotated[
    Annotated[LevelTrack, Tag("level")]
    | Annotated[MotionTrack, Tag("motion")]
    | Annotated[HapticTrack, Tag("haptic")]
    | Annotated[PathTrack, Tag("path")]
    | Annotated[NodeTrack, Tag("animation")]
    | Annotated[ClipTrack, Tag("clip")]
    | Annotated[AudioTrack, Tag("audio")]
    | Annotated[LineTrack, Tag("line")]
    | Annotated[CaptionTrack, Tag("caption")]
    | Annotated[VideoTrack, Tag("video")]
    | Annotated[EventTrack, Tag("event")],
    Discriminator(_track_tag),
]
