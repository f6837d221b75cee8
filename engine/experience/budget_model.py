"""A device's budgets as authored."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.experience.manifest import Strict
from engine.timeline.quantities import DurationFl

_Share = Annotated[float, Field(gt=0.0, le=1.0)]
_Time = Annotated[DurationFl, Field(gt=0)]


class PurgeDoc(Strict):
    """What runs after the channel has gone off."""

    channel: str = Field(min_length=1, description="A channel or group of the same device: a fan.")
    for_: _Time = Field(alias="for", description="How long.")
    level: _Share = Field(default=1.0, description="Share of its range.")


class BudgetDoc(Strict):
    """What a channel or group may give. Whatever is left out is not limited."""

    level: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        default=0.02, description="Share of the range above which it counts as on."
    )
    on_time: _Time | None = Field(default=None, description="Longest time on at a stretch.")
    cool_down: _Time | None = Field(default=None, description="Off for at least so long after that.")
    share: _Share | None = Field(default=None, description="Largest share of any window for which it is on.")
    window: _Time | None = Field(default=None, description="The window of that share.")
    total: _Time | None = Field(default=None, description="In a show, at full strength.")
    total_ml: Annotated[float, Field(gt=0)] | None = Field(default=None, description="The same by volume.")
    ml_per_s: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="What flows at full strength, for total_ml."
    )
    stuck: _Time | None = Field(
        default=None, description="A value that does not change for longer is ended until the show wants 0."
    )
    purge: PurgeDoc | None = None
