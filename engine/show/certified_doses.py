"""The dose that was certified, kept while the show runs: from a certificate, or a journal, to the rig's devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from engine.bus.dose import DoseLimit
from engine.bus.driver import Form
from engine.bus.loop import BusDevice
from engine.experience.dose import SeatDose, dose_of
from engine.experience.rig import Rig

if TYPE_CHECKING:
    from engine.safety.certificate.document import Certificate

#: The meter of a running show is coarser than the certificate's, right to a few percent; and what was certified is given in full: motion
#: fades from `DoseLimit.fade_from` of the limit on.
_SLACK = 1.05 / DoseLimit(1.0).fade_from
_MEASURES = ("vdv_x", "vdv_y", "vdv_z", "msdv_z")


def certified_doses(
    certificate: Certificate, rig: Rig, devices: tuple[BusDevice, ...]
) -> dict[str, SeatDose]:
    """By device that moves a seat, the most that any path of the certified show gives its guest."""
    moving = {
        device.driver.name
        for device in devices
        if any(group.form is Form.MOTION for group in device.driver.groups)
    }
    found: dict[str, SeatDose] = {}
    for spec in rig.devices:
        if spec.name not in moving or spec.seat < 0:
            continue
        seat = rig.seats[spec.seat].name
        bounds = {
            finding.measure: finding.bound * _SLACK
            for finding in certificate.findings
            if finding.measure in _MEASURES and seat in finding.seats and finding.bound > 0.0
        }
        if bounds:
            found[spec.name] = dose_of(bounds)
    return found


def with_doses(rig: Rig, doses: Mapping[str, SeatDose]) -> Rig:
    """The rig whose devices keep these doses as well as their own."""
    if not doses:
        return rig
    devices = tuple(
        replace(spec, dose=doses[spec.name] if spec.dose is None else spec.dose.and_also(doses[spec.name]))
        if spec.name in doses
        else spec
        for spec in rig.devices
    )
    return replace(rig, devices=devices)


def doses_json(doses: Mapping[str, SeatDose]) -> dict[str, dict[str, float]]:
    """For a journal's header."""
    return {
        name: {measure: most for measure, most in asdict(dose).items() if most is not None}
        for name, dose in doses.items()
    }


def doses_of(header_extra: Mapping[str, Any]) -> dict[str, SeatDose]:
    """From a journal's header; nothing where it says nothing."""
    rows = header_extra.get("doses")
    return {name: dose_of(row) for name, row in rows.items()} if isinstance(rows, dict) else {}
