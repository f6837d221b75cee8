"""A device's dose limits as authored."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.experience.manifest import Strict

_Most = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class DoseDoc(Strict):
    """The most motion a guest is given in one show; before it is reached, the seat's motion fades to rest."""

    vdv_x: _Most | None = Field(default=None, description="Vibration dose fore and aft, m/s^1.75.")
    vdv_y: _Most | None = Field(default=None, description="Sideways.")
    vdv_z: _Most | None = Field(default=None, description="Up and down.")
    msdv_z: _Most | None = Field(default=None, description="Motion sickness dose, m/s^1.5.")
