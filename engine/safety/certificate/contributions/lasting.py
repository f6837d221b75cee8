"""How long a show lasts, and how much scent, fog, water, wind and shaking it gives in all.

Amounts are integrals of a role's level over time: a second at half strength is half a second at full. What the rig scales down, and what a
budget cuts off at run time, is not taken off: the bound is of the show as written. Levels are sampled at `_RATE_HZ`, the larger of two
neighbours counting for the time between them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.bus.budgets import indices_of
from engine.safety.certificate.contributions.repeats import repeats_of
from engine.safety.certificate.contributions.values import Contribution, Material, Measured
from engine.safety.paths.values import Additive
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from engine.timeline.roles import RoleKind

Floats = NDArray[np.float64]

_RATE_HZ = 100
_STEP_FL = FLICKS_PER_SECOND // _RATE_HZ
_MEASURES = (
    ("scent_on", "scent"),
    ("fog_on", "fog"),
    ("water_on", "water"),
    ("haptic_on", "haptic"),
    ("wind_on", "wind"),
)


def lasting_costs(material: Material) -> Contribution:
    """Duration, and amounts by modality; millilitres of water where the rig says how fast it flows."""
    pieces = material.pieces.pieces
    whole_s = [(piece.to_fl - piece.from_fl) / FLICKS_PER_SECOND for piece in pieces]
    measured = [Measured("duration", "s", (), Additive("duration", whole_s))]
    notes: list[str] = []
    amounts = _Amounts(material)
    for measure, modality in _MEASURES:
        wanted = [number for number, role in enumerate(material.evaluator.roles) if role.modality == modality]
        measured.append(Measured(measure, "s", (), Additive(measure, amounts.of(dict.fromkeys(wanted, 1.0)))))
    flows, unknown = _flows(material)
    if unknown:
        notes.append(
            f"how fast {', '.join(unknown)} flow is not said (ml_per_s in the rig's budgets): no millilitres are given for water"
        )
    else:
        measured.append(Measured("water_ml", "ml", (), Additive("water_ml", amounts.of(flows))))
    return Contribution(tuple(measured), tuple(notes))


class _Amounts:
    """Integrals of role levels by piece, reactions as often as they can come."""

    def __init__(self, material: Material) -> None:
        self._material = material
        evaluator = material.evaluator
        self._base = [
            _integrals(evaluator, piece.scene, piece.from_fl, piece.to_fl) for piece in material.pieces.pieces
        ]
        self._reactions: dict[tuple[int, int], Floats] = {}

    def of(self, weights: dict[int, float]) -> list[float]:
        """By piece, the weighted sum over roles."""
        found = [float(sum(weight * base[role] for role, weight in weights.items())) for base in self._base]
        for number, repeats in repeats_of(self._material, weights).items():
            scene = self._material.pieces.pieces[number].scene
            for repeat in repeats:
                once = self._of_reaction(scene, repeat.reaction)
                found[number] += repeat.times * float(
                    sum(weight * once[role] for role, weight in weights.items())
                )
        return found

    def _of_reaction(self, scene: int, reaction: int) -> Floats:
        if (scene, reaction) not in self._reactions:
            program = self._material.evaluator.programs[scene].reactions[reaction]
            alone = Evaluator((program,), self._material.evaluator.roles)
            self._reactions[scene, reaction] = _integrals(alone, 0, 0, program.duration.nominal_fl)
        return self._reactions[scene, reaction]


def _integrals(evaluator: Evaluator, scene: int, from_fl: int, to_fl: int) -> Floats:
    """Per role, the distance of its level from rest, integrated over a stretch: float64[roles], s."""
    at_fl = np.append(np.arange(from_fl, to_fl, _STEP_FL, dtype=np.int64), to_fl)
    states = np.nan_to_num(evaluator.levels_along(scene, np.maximum(at_fl - (at_fl == to_fl), from_fl)))
    lengths_s = np.diff(at_fl) / FLICKS_PER_SECOND
    found = np.zeros(len(evaluator.roles))
    for number, (role, start) in enumerate(zip(evaluator.roles, evaluator.roles.starts, strict=True)):
        if role.kind not in (RoleKind.LEVEL, RoleKind.HAPTIC):
            continue
        away = np.abs(states[:, start] - evaluator.roles.rest[start])
        found[number] = float(np.dot(np.maximum(away[:-1], away[1:]), lengths_s))
    return found


def _flows(material: Material) -> tuple[dict[int, float], list[str]]:
    """Millilitres a second by role of water, at full strength; and the devices that do not say."""
    flows: dict[int, float] = {}
    unknown: list[str] = []
    roles = material.evaluator.roles.roles
    for device in material.devices:
        for route in device.routes:
            if roles[route.role_index].modality != "water":
                continue
            rates = [
                budget.ml_per_s
                for name, budget in device.budgets.items()
                if budget.ml_per_s is not None
                and set(indices_of(name, device.driver.channels, device.driver.groups)) & set(route.channels)
            ]
            if rates:
                flows[route.role_index] = flows.get(route.role_index, 0.0) + max(rates) * route.gain
            else:
                unknown.append(device.driver.name)
    return flows, sorted(set(unknown))
