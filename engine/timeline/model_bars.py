"""The bars of a scene's music, as authors write them."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field, model_validator

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.bars import BarGrid
from engine.timeline.part import Part
from engine.timeline.quantities import DurationFl, Number


class Bars(Part):
    """``grid: {bpm: 96, beats: 4, offset: 0s}`` or ``grid: {bar: 2.5s}``: the scene is left at a bar of its music."""

    bpm: Annotated[Number, Field(ge=10.0, le=1000.0)] | None = None
    beats: Annotated[int, Field(ge=1, le=64)] = 4
    bar_fl: Annotated[DurationFl, Field(gt=0)] | None = Field(default=None, alias="bar")
    offset_fl: DurationFl = Field(default=0, alias="offset")

    @model_validator(mode="after")
    def _one_length(self) -> Bars:
        if (self.bpm is None) == (self.bar_fl is None):
            raise ValueError("write how long a bar is once: `bpm` (with `beats`, 4), or `bar`")
        if self.bar_fl is not None and "beats" in self.model_fields_set:
            raise ValueError("`beats` counts beats of `bpm`; a `bar` has its length already")
        return self

    def spec(self) -> BarGrid:
        """As a value; beats a minute are taken as the decimal that was written."""
        if self.bar_fl is not None:
            return BarGrid(Fraction(self.bar_fl), self.offset_fl)
        bpm = Fraction(str(self.bpm))
        return BarGrid(Fraction(60 * self.beats * FLICKS_PER_SECOND) / bpm, self.offset_fl)
