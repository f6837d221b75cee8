"""The lead-time law: what a decision starts must have been able to start.

Between `close` and `commit` the winner is known and nothing of it is due yet. In that time the slowest device
that the next scene needs must get going and its media must be opened, whichever option won. A cue that comes
later in the scene needs that much less.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.experience.resolve import Bindings
from engine.experience.rig import Rig
from engine.time.flicks import fl_to_ns, format_fl, ns_to_fl
from engine.timeline.program import Program
from engine.timeline.roles import RoleTable


@dataclass(frozen=True, slots=True)
class Lead:
    """The time that a scene needs before it starts, and what for."""

    lead_ns: int
    reason: str


def needed_lead(scene: Program, roles: RoleTable, rig: Rig, bindings: Bindings) -> Lead:
    """Give the largest lead that a scene needs.

    Parameters
    ----------
    scene : Program
        A candidate.
    roles : RoleTable
        Roles of the package.
    rig, bindings : Rig, Bindings
        The venue, and who plays what there.
    """
    preroll_ns = max((display.preroll_ns for display in rig.displays), default=0)
    leads = [Lead(preroll_ns, "the picture has to be made ready")]
    latency_ns = {device.name: device.latency.lead_ns for device in rig.devices}
    for role, first_fl in first_changes(scene, roles).items():
        for binding in bindings.of_role(role):
            reason = f"{role} acts at {format_fl(first_fl)} and {binding.device} is that slow"
            leads.append(Lead(latency_ns[binding.device] - fl_to_ns(first_fl), reason))
    for cue in scene.media.cues:
        if cue.kind in {"audio", "line"}:
            leads.append(
                Lead(rig.audio.lead_ns - fl_to_ns(cue.at_fl), f"the sound at {format_fl(cue.at_fl)}")
            )
        elif cue.kind == "video":
            leads.append(Lead(preroll_ns - fl_to_ns(cue.at_fl), f"the video at {format_fl(cue.at_fl)}"))
    return max(leads, key=lambda lead: lead.lead_ns)


def first_changes(scene: Program, roles: RoleTable) -> dict[str, int]:
    """Give the scene time, in flicks, at which each role first leaves its rest, if ever."""
    firsts: dict[str, int] = {}
    bank = scene.bank
    runs = list(pairwise(bank.starts.tolist()))
    for contribution in scene.contributions:
        role = roles.roles[contribution.role]
        for component, channel in zip(contribution.components, contribution.channels, strict=True):
            begin, end = runs[channel]
            rest = role.rest_values[component]
            coef = bank.coef[begin:end]
            resting = np.isnan(coef[:, 0]) | ((coef[:, 0] == rest) & ~coef[:, 1:].any(axis=1))
            moving = np.flatnonzero(~resting)
            if moving.size:
                at_fl = int(bank.t0_fl[begin + int(moving[0])])
                firsts[role.name] = min(firsts.get(role.name, at_fl), at_fl)
    return firsts


def worst_candidate(
    candidates: Iterable[Program], roles: RoleTable, rig: Rig, bindings: Bindings
) -> tuple[Program, Lead] | None:
    """Give the candidate that needs the longest lead; None when there is none."""
    rows = [(scene, needed_lead(scene, roles, rig, bindings)) for scene in candidates]
    return max(rows, key=lambda row: row[1].lead_ns, default=None)


def lead_fl(lead: Lead) -> int:
    """Give a lead in flicks, for messages."""
    return ns_to_fl(lead.lead_ns)
