"""A compiled scene or reaction: everything followers evaluate, immutable and small enough to send to a
process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.timeline.acoustics import AcousticsSpec
from engine.timeline.bank import LevelBank
from engine.timeline.bars import BarGrid
from engine.timeline.media import EventBank, MediaBank, MediaCue

if TYPE_CHECKING:  # following a compiled program needs no pydantic, which costs a tenth of a second to import
    from engine.timeline.model_stage import Stage

Mix = Literal["max", "add", "replace", "multiply"]
"""How a track meets what is there already."""

Vec3 = tuple[float, float, float]

VEHICLE = "vehicle"
"""Name of the guest's vehicle wherever a node can be named."""

PATH_COMPONENTS = ("x_m", "y_m", "z_m", "heading_deg", "pitch_deg", "roll_deg")
"""A path pose. Heading + = left (counter-clockwise from above), pitch + = nose up, roll + = right side
down.
"""

NODE_COMPONENTS = ("x_m", "y_m", "z_m", "heading_deg", "pitch_deg", "roll_deg", "scale")
"""A node's offset from the pose it was modelled in: added to its place and angles; its scale multiplied."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long a scene lasts, flicks: least, without holding, with every lap of its hold."""

    min_fl: int
    nominal_fl: int
    max_fl: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one track adds to one role.

    Attributes
    ----------
    role
        Index in the role table.
    components
        Components of the role it drives.
    channels
        The bank's channel for each.
    mix
        How it meets what is there already.
    """

    role: int
    components: tuple[int, ...]
    channels: tuple[int, ...]
    mix: Mix


@dataclass(frozen=True, slots=True)
class NodeChannels:
    """A node moved by a track: components of `NODE_COMPONENTS` and the bank's channel for each."""

    node: str
    components: tuple[int, ...]
    channels: tuple[int, ...]
    mix: Literal["add", "replace"] = "add"


@dataclass(frozen=True, slots=True)
class StageBinding:
    """A value of the stage that follows a role.

    Attributes
    ----------
    path
        Where in the stage: ``("exposure",)``, ``("gains", "a")``, ``("particles", 0, "gain")``.
    role
        Name of the role.
    start, size
        Its components in the state vector.
    """

    path: tuple[str | int, ...]
    role: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class DerivedMotion:
    """Seat motion that is not authored but follows from something else; nothing evaluates it until it is fitted.

    Attributes
    ----------
    role
        Index in the role table.
    track
        Number of the track in its scene or reaction, for messages.
    source
        ``path``: the guest's vehicle; ``telemetry``: a log in the package.
    cueing
        ``fit``: the best the seat can do, knowing all that comes; ``washout``: the classical filters; ``pose``: the seat stands as the
        vehicle does.
    file, frame
        Of a log: relative to the package; whose axes and signs it has ("": the engine's).
    at_fl
        When it begins in the scene.
    skip_fl
        How far into its source it begins.
    for_fl
        How long it lasts; 0: to the end of its source, or of the scene.
    force_gain, turn_gain
        Share of the specific force beyond gravity, and of the angular rate (of a pose: of its lengths and its angles).
    smooth_fl
        Width of the window over which the source is averaged, flicks; 0: not at all.
    mix
        How the fitted motion meets what the role's other tracks say.
    """

    role: int
    track: int
    source: Literal["path", "telemetry"]
    cueing: Literal["fit", "washout", "pose"] = "fit"
    file: str = ""
    frame: str = ""
    at_fl: int = 0
    skip_fl: int = 0
    for_fl: int = 0
    force_gain: float = 1.0
    turn_gain: float = 1.0
    smooth_fl: int = 0
    mix: Mix = "add"


@dataclass(frozen=True, slots=True)
class HoldSpec:
    """Part of a scene played again while nothing is decided, at most ``laps`` times."""

    from_fl: int
    to_fl: int
    laps: int


@dataclass(frozen=True, slots=True)
class OptionPlaceSpec:
    """Where an option's panel hangs, from the seat, fixed to the vehicle."""

    azimuth_deg: float
    elevation_deg: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """The decision window: show < open < close <= commit <= nominal duration."""

    show_fl: int
    open_fl: int
    close_fl: int
    commit_fl: int
    inputs: tuple[str, ...]
    rule: Literal["first", "plurality"]
    quorum: float
    tie: Literal["default", "first"]
    dwell_fl: int
    hold: HoldSpec | None
    leave: Literal["commit", "early"]
    options: Mapping[str, OptionPlaceSpec]


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A sphere that can be looked at or touched, in the scene or in a node's frame ("" = the scene)."""

    id: str
    at_m: Vec3
    radius_m: float
    node: str = ""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What a trigger does.

    Attributes
    ----------
    reaction
        Index in the scene's reactions, or -1.
    vote
        Option id, or "".
    set
        Story variables and their new values.
    """

    reaction: int = -1
    vote: str = ""
    set: tuple[tuple[str, bool | int | float | str], ...] = ()


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """What a guest or a console can set off; times are scene time, half open."""

    id: str
    index: int
    on: Literal["gaze", "touch", "key", "external", "zone"]
    do: ActionSpec
    from_fl: int
    to_fl: int
    dwell_fl: int
    cooldown_fl: int
    scope: Literal["room", "seat"]
    target: int = -1
    key: str = ""
    name: str = ""
    center_m: Vec3 = (0.0, 0.0, 0.0)
    radius_m: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A compiled scene, or a compiled reaction of one.

    Attributes
    ----------
    id
        Scene id (the file's name), or the reaction's.
    index
        Among the package's scenes, or among the scene's reactions.
    duration
        Lengths in flicks.
    bank
        All level-like channels.
    contributions
        Which channels drive which roles.
    path_channel
        First of the six channels of the vehicle's path (`PATH_COMPONENTS`), or None.
    nodes
        Which channels move which nodes.
    media, events
        What plays, what happens.
    window, triggers, reactions, targets
        Of a scene; empty for a reaction.
    stage, bindings
        The picture of a scene and what in it follows roles; None and empty for a reaction.
    acoustics
        How a scene's space sounds; None in the open, and for a reaction, which sounds in its scene's.
    bars
        At whose beginnings the scene is left; None where its music does not ask.
    derived
        Motion that is fitted to a rig's seats when the package meets them (`engine.motion.cueing.apply`).
    machine_made
        Numbers of the tracks that a machine drafted and no person has been through yet (``made_by: machine``).
    """

    id: str
    index: int
    duration: Durations
    bank: LevelBank
    contributions: tuple[Contribution, ...]
    path_channel: int | None
    nodes: tuple[NodeChannels, ...]
    media: MediaBank
    events: EventBank
    window: WindowSpec | None = None
    triggers: tuple[TriggerSpec, ...] = ()
    reactions: tuple[Program, ...] = ()
    targets: tuple[TargetSpec, ...] = ()
    stage: Stage | None = None
    bindings: tuple[StageBinding, ...] = ()
    acoustics: AcousticsSpec | None = None
    bars: BarGrid | None = None
    derived: tuple[DerivedMotion, ...] = ()
    machine_made: tuple[int, ...] = ()

    def roles_used(self) -> frozenset[int]:
        """Indices of the roles this program drives, its reactions and its stage's bindings not counted."""
        return frozenset(contribution.role for contribution in self.contributions)

    def media_cues(self) -> tuple[MediaCue, ...]:
        """All media of the program and of its reactions."""
        return (*self.media.cues, *(cue for reaction in self.reactions for cue in reaction.media.cues))

    def target_index(self, name: str) -> int:
        """Position of a target by name. Raises KeyError."""
        for number, target in enumerate(self.targets):
            if target.id == name:
                return number
        raise KeyError(name)


__all__ = [
    "NODE_COMPONENTS",
    "PATH_COMPONENTS",
    "VEHICLE",
    "ActionSpec",
    "Contribution",
    "DerivedMotion",
    "Durations",
    "EventBank",
    "HoldSpec",
    "LevelBank",
    "MediaBank",
    "NodeChannels",
    "OptionPlaceSpec",
    "Program",
    "StageBinding",
    "TargetSpec",
    "TriggerSpec",
    "WindowSpec",
]
