"""Tracks of a scene file, one class per kind, and the cues of media."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictStr,
    Tag,
    WithJsonSchema,
    model_validator,
)

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.acoustics import PLAIN
from engine.timeline.model_acoustics import InSpace
from engine.timeline.model_cues import Cue, HapticCue, LevelCue, MotionCue, NodeCue
from engine.timeline.model_points import MovePoint, PathPoint
from engine.timeline.part import Identifier, Part
from engine.timeline.program import Mix
from engine.timeline.quantities import AngleDeg, DurationFl, GainDb, LengthM, Number, PointM


class MediaCue(Cue):
    """What sounds, clips and videos have in common."""

    for_fl: DurationFl | None = Field(default=None, alias="for")
    skip_fl: DurationFl = Field(default=0, alias="skip")
    loop: StrictBool = False


class ClipCue(MediaCue):
    """Plays an animation clip of the model."""

    speed: Annotated[Number, Field(gt=0)] = 1.0


class Placed(InSpace):
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


MixBus = Literal["voice", "music", "effects", "shakers"]
"""Buses of the mixer; a rig sets their levels."""

SoundLayout = Literal[
    "mono", "stereo", "5.1", "7.1", "5.1.2", "5.1.4", "7.1.2", "7.1.4", "22.2", "ambix", "n3d", "fuma"
]
SoundChannels = Annotated[
    SoundLayout,
    # ``5.1`` and ``22.2`` are numbers to YAML.
    BeforeValidator(lambda value: f"{value:g}" if isinstance(value, float) else value),
    WithJsonSchema({"enum": [*get_args(SoundLayout), 5.1, 7.1, 22.2]}),
]
"""What the channels of a bed are: loudspeakers in BS.2051's order, or an Ambisonic field in one of its three weights."""


class AudioCue(MediaCue, Placed):
    """A sound."""

    file: StrictStr
    bus: MixBus = "effects"
    fade_in_fl: DurationFl = Field(default=0, alias="fade_in")
    fade_out_fl: DurationFl = Field(default=0, alias="fade_out")
    bed: StrictBool = False
    channels: SoundChannels | None = None
    tail: StrictBool | None = None
    seek: Literal["resume", "fire"] = "resume"
    move: Annotated[tuple[MovePoint, ...], Field(min_length=2)] | None = None
    shape: Literal["linear", "step", "smooth", "cubic", "catmull"] = "cubic"

    @model_validator(mode="after")
    def _sound(self) -> AudioCue:
        placed = any(part is not None for part in (self.position_m, self.node, self.azimuth_deg, self.move))
        if self.bed and placed:
            raise ValueError("a bed is not placed; leave `bed` or the place out")
        if self.channels is not None and placed:
            raise ValueError(
                "`channels` says where each of the file's channels is heard; leave the place out"
            )
        if self.bed and self.space() != PLAIN:
            raise ValueError(
                "a bed stands nowhere in space; leave `bed` or spread, directivity, doppler, reverb... out"
            )
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
    bus: MixBus = "voice"


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


class _Track(Part):
    """What every track may say of itself; neither changes what is played."""

    note: StrictStr = ""
    made_by: Literal["human", "machine"] = "human"


class _RoleTrack(_Track):
    role: StrictStr
    mix: Mix | None = None


class LevelTrack(_RoleTrack):
    """Curves of a level or colour role."""

    kind: Literal["level"]
    cues: tuple[LevelCue, ...]


class MotionLog(Part):
    """Motion measured elsewhere, from a file of the package."""

    telemetry: StrictStr
    frame: StrictStr = ""
    skip_fl: DurationFl = Field(default=0, alias="skip")


class MotionGain(Part):
    """Shares of what the source gives: of its specific force, and of its turning."""

    force: Annotated[Number, Field(ge=0, le=4)] = 1.0
    turn: Annotated[Number, Field(ge=0, le=4)] = 1.0


MOTION_SMOOTH_FL = FLICKS_PER_SECOND // 4
"""Window over which a path or a log is averaged before seats are derived from it: what is faster than 4 Hz is for shakers."""


class MotionTrack(_RoleTrack):
    """Six-axis offsets of a seat: drawn as `cues`, or derived `from` the guest's path or a log."""

    kind: Literal["motion"]
    cues: tuple[MotionCue, ...] = ()
    from_: Literal["path"] | MotionLog | None = Field(default=None, alias="from")
    cueing: Literal["fit", "washout", "pose"] | None = None
    gain: Annotated[Number, Field(ge=0, le=4)] | MotionGain | None = None
    smooth_fl: DurationFl | None = Field(default=None, alias="smooth", le=5 * FLICKS_PER_SECOND)
    at_fl: DurationFl = Field(default=0, alias="at")
    for_fl: DurationFl | None = Field(default=None, alias="for", gt=0)

    @model_validator(mode="after")
    def _one_source(self) -> MotionTrack:
        if self.from_ is None:
            given = {"cueing": self.cueing, "gain": self.gain, "smooth": self.smooth_fl, "for": self.for_fl}
            named = [f"`{name}`" for name, value in given.items() if value is not None]
            named += ["`at`"] if self.at_fl else []
            if named:
                raise ValueError(
                    f"{', '.join(named)} of a motion track: only beside `from`; cues have their own"
                )
            if "cues" not in self.model_fields_set:
                raise ValueError(
                    "a motion track has `cues`, or `from: path` or `from: {telemetry: data/ride.csv}`"
                )
        elif self.cues:
            raise ValueError(
                "a motion track has `cues` or `from`, not both; give the cues a track of their own"
            )
        elif self.mix not in (None, "add", "replace"):
            raise ValueError(
                f"derived motion adds to what is there or replaces it; `mix: {self.mix}` has no meaning for it"
            )
        return self


class HapticTrack(_RoleTrack):
    """Amplitude and frequency of a shaker."""

    kind: Literal["haptic"]
    cues: tuple[HapticCue, ...]


class PathTrack(_Track):
    """The vehicle's way through the scene."""

    kind: Literal["path"]
    shape: Literal["linear", "step", "smooth", "cubic", "catmull"] = "cubic"
    keys: Annotated[tuple[PathPoint, ...], Field(min_length=1)]


class NodeTrack(_Track):
    """Moves a node of the model."""

    kind: Literal["animation"]
    node: StrictStr
    mix: Literal["add", "replace"] | None = None
    cues: tuple[NodeCue, ...]


class ClipTrack(_Track):
    """Plays a clip of the model."""

    kind: Literal["animation"]
    clip: StrictStr
    cues: tuple[ClipCue, ...]


class AudioTrack(_Track):
    """Sounds; they may overlap."""

    kind: Literal["audio"]
    cues: tuple[AudioCue, ...]


class LineTrack(_Track):
    """Spoken lines, one at a time."""

    kind: Literal["line"]
    cues: tuple[LineCue, ...]


class CaptionTrack(_Track):
    """Captions, one at a time."""

    kind: Literal["caption"]
    cues: tuple[CaptionCue, ...]


class VideoTrack(_Track):
    """A video on a node of the model."""

    kind: Literal["video"]
    file: StrictStr
    node: StrictStr
    cues: tuple[VideoCue, ...]


class EventTrack(_Track):
    """Named one-shots."""

    kind: Literal["event"]
    cues: tuple[EventCue, ...]


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
