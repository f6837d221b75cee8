"""Cues that give values over time: levels, motion, haptics, nodes."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.model_points import (
    HzPoint,
    LevelPoint,
    LevelWave,
    MotionPoint,
    MotionPose,
    MotionWave,
    NodePoint,
    NodePose,
    NodeWave,
)
from engine.timeline.part import Part
from engine.timeline.quantities import DurationFl, Hz, LevelValue, Ratio

MAX_WAVE_CYCLES = 20_000
"""Longest wave: sixteen pieces a cycle make 20 MB of it."""

Ease = Literal["smooth", "linear", "in", "out", "step"]
Shape = Literal["linear", "step", "smooth", "cubic", "catmull", "spline"]


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
    hz: Hz | Annotated[tuple[HzPoint, ...], Field(min_length=2)] | None = None

    @model_validator(mode="after")
    def _rising_times(self) -> HapticCue:
        times = self.hz_times_fl()
        if any(after <= before for before, after in pairwise(times)):
            raise ValueError("points of `hz` must come one after the other")
        if times and times[-1] > self.length_fl:
            raise ValueError("the last point of `hz` lies beyond the end of the cue")
        return self

    def hz_times_fl(self) -> list[int]:
        """Times of the points of `hz` after ``at``; empty for one frequency."""
        if not isinstance(self.hz, tuple):
            return []
        length_fl = self.length_fl
        if not length_fl and any(not isinstance(point.position, int) for point in self.hz):
            raise ValueError(
                "points of `hz` at shares (0..1) need a cue with a length; or write times such as 1.5s"
            )
        return [
            point.position if isinstance(point.position, int) else round(point.position * length_fl)
            for point in self.hz
        ]


class NodeCue(CurveCue):
    """A cue that moves a node."""

    to: NodePose | None = None
    set_to: NodePose | None = Field(default=None, alias="set")
    curve: Annotated[tuple[NodePoint, ...], Field(min_length=1)] | None = None
    keys: Annotated[tuple[NodePoint, ...], Field(min_length=1)] | None = None
    wave: NodeWave | None = None
