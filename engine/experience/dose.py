"""How much motion a device may give its guest in a show: values only. It is kept by `engine.bus.doses`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.experience.dose_model import DoseDoc


@dataclass(frozen=True, slots=True)
class SeatDose:
    """Most of each measure of ISO 2631-1 at the guest's head; None where it is not limited.

    Attributes
    ----------
    vdv_x, vdv_y, vdv_z : float or None
        Vibration dose, m/s^1.75.
    msdv_z : float or None
        Motion sickness dose, m/s^1.5.
    """

    vdv_x: float | None = None
    vdv_y: float | None = None
    vdv_z: float | None = None
    msdv_z: float | None = None

    def and_also(self, other: SeatDose) -> SeatDose:
        """What both allow."""
        mine, theirs = asdict(self), asdict(other)
        both = {name: [row for row in (mine[name], theirs[name]) if row is not None] for name in mine}
        return SeatDose(**{name: min(rows) if rows else None for name, rows in both.items()})


def build_dose(doc: DoseDoc | None) -> SeatDose | None:
    """The rig's `dose:` as values."""
    return None if doc is None else SeatDose(doc.vdv_x, doc.vdv_y, doc.vdv_z, doc.msdv_z)


def dose_of(row: Mapping[str, float]) -> SeatDose:
    """From a journal's header; what is not a dose is left out."""
    return SeatDose(
        **{name: float(row[name]) for name in ("vdv_x", "vdv_y", "vdv_z", "msdv_z") if name in row}
    )
