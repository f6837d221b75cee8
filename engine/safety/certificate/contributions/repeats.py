"""How often a reaction can come while a piece plays, whoever sets it off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.safety.certificate.contributions.values import Material
from engine.time.flicks import FLICKS_PER_SECOND

#: No hand, gaze or console sets off the same thing faster than this, where a trigger names no cooldown.
_LEAST_SPACING_FL = FLICKS_PER_SECOND // 4


@dataclass(frozen=True, slots=True)
class Repeat:
    """A reaction of a piece's scene.

    Attributes
    ----------
    reaction : int
        Its index in the scene.
    times : int
        How often it can come while the piece plays, by all triggers together.
    adds : bool
        Whether it only adds to what is there; otherwise it may take its place.
    """

    reaction: int
    times: int
    adds: bool


def repeats_of(material: Material, roles: Collection[int]) -> dict[int, tuple[Repeat, ...]]:
    """By piece, the reactions that drive one of these roles.

    Notes
    -----
    A trigger listens half open from `from_fl` to `to_fl`, and rests for its cooldown: it can come ``1 + floor(length / cooldown)`` times
    in the part of the stretch that the piece plays. Each guest of several may set off a trigger of their own seat, so for one seat it
    counts once.
    """
    found: dict[int, tuple[Repeat, ...]] = {}
    for number, piece in enumerate(material.pieces.pieces):
        program = material.evaluator.programs[piece.scene]
        times: dict[int, int] = {}
        for trigger in program.triggers:
            if trigger.do.reaction < 0:
                continue
            length_fl = min(trigger.to_fl, piece.to_fl) - max(trigger.from_fl, piece.from_fl)
            if length_fl > 0:
                spacing_fl = max(trigger.cooldown_fl, trigger.dwell_fl, _LEAST_SPACING_FL)
                times[trigger.do.reaction] = times.get(trigger.do.reaction, 0) + 1 + length_fl // spacing_fl
        rows = []
        for reaction, count in sorted(times.items()):
            parts = [part for part in program.reactions[reaction].contributions if part.role in roles]
            if parts:
                rows.append(Repeat(reaction, count, all(part.mix == "add" for part in parts)))
        if rows:
            found[number] = tuple(rows)
    return found
