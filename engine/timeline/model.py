"""The scene file as data: one class per thing an author writes.

Design remarks
--------------
Fields carry their unit in the name (``at_fl``) and the author's word as alias (``at``). The models hold
values only; what several parts must agree on (overlaps, the window law, references) is in
`engine.timeline.checks`, so that every mistake of a file is reported at once. Stage and tracks have their
own modules; this one holds the scene as a whole.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.model_acoustics import Acoustics
from engine.timeline.model_bars import Bars
from engine.timeline.model_stage import Stage
from engine.timeline.model_tracks import Track
from engine.timeline.part import Identifier, Part
from engine.timeline.quantities import AngleDeg, DurationFl, LengthM, PointM, Ratio

__all__ = [
    "Action",
    "Duration",
    "Hold",
    "OptionPlace",
    "Reaction",
    "Rule",
    "SceneFile",
    "Stage",
    "Target",
    "Track",
    "Trigger",
    "Window",
]

InputName = Literal["gaze", "mouse", "key", "hand", "vote", "operator"]
INPUTS: tuple[InputName, ...] = ("gaze", "mouse", "key", "hand", "vote", "operator")


class Duration(Part):
    """How long a scene lasts; ``45s`` alone means that nominal is also the least.

    ``max`` left out is the nominal duration plus the laps of the hold.
    """

    nominal_fl: DurationFl = Field(alias="nominal")
    min_fl: DurationFl | None = Field(default=None, alias="min")
    max_fl: DurationFl | None = Field(default=None, alias="max")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"nominal": value}


class Target(Part):
    """A sphere that can be looked at or touched.

    ``node`` names an animated node, or ``vehicle``; the place is then in that node's frame.
    """

    at_m: PointM = Field(default=(0.0, 0.0, 0.0), alias="at")
    radius_m: LengthM = Field(alias="radius", gt=0)
    node: StrictStr | None = None


class Action(Part):
    """What a trigger does; at least one of the three."""

    reaction: Identifier | None = None
    vote: Identifier | None = None
    set: dict[str, StrictBool | StrictInt | StrictFloat | StrictStr] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Action:
        if self.reaction is None and self.vote is None and not self.set:
            raise ValueError("does nothing; give reaction, vote or set")
        return self


class Trigger(Part):
    """What a guest (or a console) can set off on the spur, and what it does."""

    id: Identifier | None = None
    on: Literal["gaze", "touch", "key", "external", "zone"]
    do: Action
    target: Identifier | None = None
    dwell_fl: DurationFl | None = Field(default=None, alias="dwell")
    key: StrictStr | None = None
    name: StrictStr | None = None
    center_m: PointM | None = Field(default=None, alias="center")
    radius_m: LengthM | None = Field(default=None, alias="radius", gt=0)
    from_fl: DurationFl = Field(default=0, alias="from")
    to_fl: DurationFl | None = Field(default=None, alias="to")
    cooldown_fl: DurationFl = Field(default=0, alias="cooldown")
    scope: Literal["room", "seat"] = "room"

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Trigger:
        needs: dict[str, tuple[str, ...]] = {
            "gaze": ("target",),
            "touch": ("target",),
            "key": ("key",),
            "external": ("name",),
            "zone": ("center", "radius"),
        }
        given = {
            "target": self.target,
            "key": self.key,
            "name": self.name,
            "center": self.center_m,
            "radius": self.radius_m,
            "dwell": self.dwell_fl,
        }
        wanted = needs[self.on]
        missing = [field for field in wanted if given[field] is None]
        if missing:
            raise ValueError(f"a trigger on {self.on} needs {' and '.join(missing)}")
        allowed = {*wanted, *(("dwell",) if self.on in ("gaze", "zone") else ())}
        extra = [field for field, value in given.items() if value is not None and field not in allowed]
        if extra:
            raise ValueError(f"a trigger on {self.on} has no {' or '.join(extra)}")
        if self.to_fl is not None and self.to_fl <= self.from_fl:
            raise ValueError("`to` must come after `from`")
        return self


class Rule(Part):
    """How votes become a decision."""

    type: Literal["first", "plurality"] = "first"
    quorum: Ratio = 0.0
    tie: Literal["default", "first"] = "default"


class Hold(Part):
    """Part of the scene that is played again while nothing is decided, at most ``laps`` times."""

    from_fl: DurationFl = Field(alias="from")
    to_fl: DurationFl = Field(alias="to")
    laps: Annotated[StrictInt, Field(ge=1, le=20)] = 1


class OptionPlace(Part):
    """Where the panel of an option hangs, seen from the guest's seat."""

    azimuth_deg: AngleDeg = Field(alias="azimuth")
    elevation_deg: AngleDeg = Field(default=0.0, alias="elevation")
    distance_m: LengthM = Field(default=2.0, alias="distance", gt=0)


class Window(Part):
    """The decision window of a scene: show < open < close <= commit."""

    show_fl: DurationFl = Field(alias="show")
    open_fl: DurationFl = Field(alias="open")
    close_fl: DurationFl = Field(alias="close")
    commit_fl: DurationFl = Field(alias="commit")
    inputs: Annotated[tuple[InputName, ...], Field(min_length=1)] = INPUTS
    rule: Rule = Rule()
    dwell_fl: DurationFl = Field(default=3 * FLICKS_PER_SECOND // 2, alias="dwell")
    hold: Hold | None = None
    leave: Literal["commit", "early"] = "commit"
    options: dict[Identifier, OptionPlace] = Field(default_factory=dict)


class Reaction(Part):
    """A short timeline laid over the scene when a trigger asks for it."""

    duration_fl: DurationFl = Field(alias="duration", gt=0)
    tracks: tuple[Track, ...] = ()


class SceneFile(Part):
    """One ``scenes/<id>.yaml``."""

    note: StrictStr = ""
    duration: Duration
    stage: Stage | None = None
    acoustics: Acoustics | None = None
    grid: Bars | None = None
    tracks: tuple[Track, ...] = ()
    targets: dict[Identifier, Target] = Field(default_factory=dict)
    window: Window | None = None
    triggers: tuple[Trigger, ...] = ()
    reactions: dict[Identifier, Reaction] = Field(default_factory=dict)
