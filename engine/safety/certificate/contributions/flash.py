"""Flashes, piece by piece: every lamp of the room and every light of the picture at their very instants, and the picture itself.

- **Lamps**: each role of light that a device plays, and each that the picture follows (exposure, gains, lamps in the scene), is a lamp as
  bright as the display that fills every field of the view. Where a fixture hangs and how bright it is, nobody says: that is as much as it
  can be. Colours are those of the show at full intensity; they are followed from instant to instant of the scene's own curves.
- **The picture** is drawn at a slow rate (`PictureSource`): what moves and flickers below half of that is seen in it; what its lights do
  faster is in the lamps above.
- **Reactions** may come at any instant at which their triggers listen: the most transitions that one makes in a second is added to every
  second in which it may sound, as often as it may come within a second; also in the next scene, where it may sound on.

Counts are transitions: two are one flash, seven in a second are more than three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.safety.certificate.contributions.repeats import repeats_of
from engine.safety.certificate.contributions.values import Material, Measured, Reading
from engine.safety.flash import EyeView, FlashEnds, FlashMeter, LampTrack, eye_view, flat_screen, worst_across
from engine.safety.paths.values import Windowed
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind

Pixels = NDArray[np.uint8]

_LAMP_STEP_FL = FLICKS_PER_SECOND // 120
#: What of a stage makes the picture brighter when its role does.
_BRIGHT = ("exposure", "gains", "lights")
#: Transitions are halves of a flash.
FLASHES = Reading(factor=0.5)
_STILLS = 8


class PictureSource(Protocol):
    """Draws the scenes of a package."""

    def frames(self, scene: int) -> tuple[Sequence[int], Sequence[Pixels]]:
        """Instants of a scene, flicks, ascending from 0, and its picture at each: uint8[h, w, 3], sRGB."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """A piece: flashes in the second before each instant. Times are s from the piece's beginning."""

    times_s: tuple[float, ...]
    general: tuple[float, ...]
    red: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FlashStill:
    """The picture at a worst instant."""

    pixels: Pixels
    caption: str


@dataclass(frozen=True, slots=True, eq=False)
class FlashContribution:
    """What flashes: costs, notes, and by piece what a report draws."""

    measured: tuple[Measured, ...]
    notes: tuple[str, ...]
    timelines: tuple[Timeline, ...]
    stills: tuple[FlashStill, ...]


def view_of(material: Material) -> EyeView:
    """What the picture fills: a headset's eye where the rig has one, else a screen of 16:9 as wide as it is far away."""
    if any(display.kind == "headset" for display in material.rig.displays):
        return eye_view(-48.5, 48.5, -48.5, 48.5)
    return flat_screen(1.6, 0.9, 1.6)


def flash_costs(material: Material, pictures: PictureSource | None) -> FlashContribution:
    """Judge lamps, and the picture where there is somebody to draw it.

    Notes
    -----
    Without pictures the measures are not given: a limit on flashes is then left unmeasured, and nothing is certified.
    """
    lamps = _Lamps(material)
    view = view_of(material) if pictures is not None else None
    extra = _reactions(material, lamps)
    pieces = [
        _judged(material, number, lamps, view, pictures, _over(material, number, extra))
        for number in range(len(material.pieces.pieces))
    ]
    measured = []
    if pictures is not None:
        for measure, kind in (("flashes", 0), ("red_flashes", 1)):
            measured.append(Measured(measure, "1/s", (), _windowed(material, measure, kind, pieces), FLASHES))
    notes = []
    if pictures is None:
        notes.append("the picture was not drawn: flashes are not measured")
    if extra:
        notes.append(
            f"reactions with light may come in {len(extra)} pieces at any instant: added to every second in which they may sound"
        )
    return FlashContribution(
        tuple(measured),
        tuple(notes),
        tuple(row.timeline for row in pieces),
        tuple(_worst(material, pieces, pictures)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Flashing:
    """One piece: transitions of both kinds in any second, in the first and in the last one; what reactions add to these two."""

    most: tuple[int, int]
    head: tuple[int, int]
    tail: tuple[int, int]
    length_s: float
    ends: FlashEnds | None
    timeline: Timeline
    worst_fl: int
    soon: int = 0
    late: int = 0


def _judged(
    material: Material,
    number: int,
    lamps: _Lamps,
    view: EyeView | None,
    pictures: PictureSource | None,
    added: Sequence[_Added],
) -> _Flashing:
    piece = material.pieces.pieces[number]
    tracks = lamps.of(piece.scene, piece.from_fl, piece.to_fl)
    length_s = (piece.to_fl - piece.from_fl) / FLICKS_PER_SECOND
    if view is None and not tracks:
        none = Timeline((), (), ())
        return _Flashing((0, 0), (0, 0), (0, 0), length_s, None, none, piece.from_fl)
    meter = FlashMeter(view, lamps=tracks, record=True, from_fl=piece.from_fl)
    rows = []
    if pictures is not None:
        instants, frames = pictures.frames(piece.scene)
        first = max(0, int(np.searchsorted(instants, piece.from_fl, side="right")) - 1)
        for place in range(first, len(instants)):
            if instants[place] >= piece.to_fl:
                break
            rows.append(meter.push(max(instants[place], piece.from_fl), frames[place]))
    else:
        rows += [meter.advance(at_fl) for at_fl in range(piece.from_fl, piece.to_fl, FLICKS_PER_SECOND // 10)]
    rows.append(meter.advance(max(piece.to_fl, rows[-1].at_fl if rows else piece.to_fl)))
    second_fl = FLICKS_PER_SECOND
    counts = np.array([(row.general_transitions, row.red_transitions) for row in rows])
    own = counts.copy()
    instants_fl = np.array([row.at_fl for row in rows])
    for one in added:
        counts[(instants_fl >= one.from_fl) & (instants_fl <= one.to_fl + second_fl)] += one.transitions
    begun = instants_fl <= piece.from_fl + second_fl
    # Seconds are judged where they end: the first one that lies in the piece ends up to a picture later.
    begun[min(int(begun.sum()), len(begun) - 1)] = True
    # Between two rows a lamp may have made more for a moment: the meter's own highest is over every instant.
    found = meter.summary()
    short = np.maximum(0, np.array([found.general_transitions, found.red_transitions]) - own.max(axis=0))
    whole = _pair(counts.max(axis=0) + short)
    head = _pair(np.minimum(counts[begun].max(axis=0) + short, counts.max(axis=0) + short))
    tail = (
        whole
        if piece.leave_from_fl < piece.to_fl
        else _pair(counts[instants_fl >= piece.to_fl - second_fl // 5].max(axis=0) + short)
    )
    timeline = Timeline(
        tuple((row.at_fl - piece.from_fl) / FLICKS_PER_SECOND for row in rows),
        tuple(row.general_transitions / 2.0 for row in rows),
        tuple(row.red_transitions / 2.0 for row in rows),
    )
    worst = max(rows, key=lambda row: max(row.general_transitions, row.red_transitions))
    late = sum(max(one.transitions) for one in added if one.to_fl > piece.to_fl - second_fl)
    # What was set off before the seam is counted there.
    soon = sum(
        max(one.transitions) for one in added if one.from_fl < piece.from_fl + second_fl and not one.before
    )
    return _Flashing(whole, head, tail, length_s, meter.ends(), timeline, worst.at_fl, soon, late)


def _pair(values: NDArray[np.int_]) -> tuple[int, int]:
    return int(values[0]), int(values[1])


def _windowed(material: Material, name: str, kind: int, pieces: Sequence[_Flashing]) -> Windowed:
    across = []
    for way in material.pieces.ways:
        if way.source < 0 or way.target < 0:
            across.append(float(pieces[max(way.source, way.target)].most[kind]))
            continue
        one, other = pieces[way.source], pieces[way.target]
        count = one.tail[kind] + other.head[kind] + 1  # the change from the one to the other
        if not way.early and one.ends and other.ends and min(one.length_s, other.length_s) >= 1.0:
            count = min(count, worst_across(one.ends, other.ends)[kind] + one.late + other.soon)
        across.append(float(count))
    whole_s = [max(1.0, np.ceil(row.length_s)) for row in pieces]
    return Windowed(
        name,
        1.0,
        [float(row.most[kind]) for row in pieces],
        [float(row.head[kind]) for row in pieces],
        [float(row.tail[kind]) for row in pieces],
        [float(row.most[kind] * seconds) for row, seconds in zip(pieces, whole_s, strict=True)],
        [
            max(1e-3, (min(piece.leave_from_fl, piece.to_fl) - piece.from_fl) / FLICKS_PER_SECOND)
            for piece in material.pieces.pieces
        ],
        [1.0] * len(material.pieces.ways),
        across,
    )


class _Lamps:
    """The roles that shine, and what they do in a scene."""

    def __init__(self, material: Material) -> None:
        self._evaluator = material.evaluator
        evaluator = material.evaluator
        played = {route.role_index for device in material.devices for route in device.routes}
        seen = {
            binding.role
            for program in evaluator.programs
            for binding in program.bindings
            if binding.path and binding.path[0] in _BRIGHT
        }
        self.roles = [
            number
            for number, role in enumerate(evaluator.roles)
            if role.kind in (RoleKind.COLOR, RoleKind.LEVEL)
            and ((role.modality == "light" and number in played) or role.name in seen)
        ]

    def of(self, scene: int, from_fl: int, to_fl: int) -> list[LampTrack]:
        """One lamp a role over a stretch of a scene."""
        return self._tracks(self._evaluator, scene, from_fl, to_fl)

    def of_reaction(self, reaction: Program) -> list[LampTrack]:
        """The same while a reaction plays over darkness."""
        return self._tracks(Evaluator((reaction,), self._evaluator.roles), 0, 0, reaction.duration.nominal_fl)

    def _tracks(self, evaluator: Evaluator, scene: int, from_fl: int, to_fl: int) -> list[LampTrack]:
        program = evaluator.programs[scene]
        breaks = program.bank.t0_fl[(program.bank.t0_fl > from_fl) & (program.bank.t0_fl < to_fl)]
        # Both sides of every break: a jump is one, and not a ramp from sample to sample.
        at_fl = np.unique(
            np.concatenate((np.arange(from_fl, to_fl, _LAMP_STEP_FL), breaks, breaks - 1, [to_fl - 1]))
        )
        at_fl = at_fl[(at_fl >= from_fl) & (at_fl < to_fl)].astype(np.int64)
        states = np.maximum(np.nan_to_num(evaluator.levels_along(scene, at_fl)), 0.0)
        found = []
        for number in self.roles:
            role, start = evaluator.roles.roles[number], evaluator.roles.starts[number]
            rgb = (
                states[:, start : start + 3]
                if role.kind is RoleKind.COLOR
                else np.repeat(states[:, start : start + 1], 3, axis=1)
            )
            keep = _bends(rgb)
            found.append(LampTrack(role.name, at_fl[keep], rgb[keep], field_share=1.0, linear=True))
        return found


def _bends(rgb: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which samples a straight line between their neighbours would miss: the ends, and wherever the course is not constant."""
    keep = np.ones(len(rgb), dtype=np.bool_)
    if len(rgb) > 2:
        same = (rgb[1:-1] == rgb[:-2]).all(axis=1) & (rgb[1:-1] == rgb[2:]).all(axis=1)
        keep[1:-1] = ~same
    return keep


@dataclass(frozen=True, slots=True)
class _Added:
    """What a reaction may add to any second between two instants of scene time: transitions of both kinds."""

    from_fl: int
    to_fl: int
    transitions: tuple[int, int]
    before: bool = False
    """Whether it was set off in the piece before."""


def _reactions(material: Material, lamps: _Lamps) -> dict[int, list[_Added]]:
    """By piece, when reactions may sound that are set off in it, and how many transitions they may make in a second."""
    found: dict[int, list[_Added]] = {}
    counted: dict[tuple[int, int], tuple[int, int]] = {}
    for number, repeats in repeats_of(material, set(lamps.roles)).items():
        piece = material.pieces.pieces[number]
        program = material.evaluator.programs[piece.scene]
        for repeat in repeats:
            reaction = program.reactions[repeat.reaction]
            key = (piece.scene, repeat.reaction)
            if key not in counted:
                meter = FlashMeter(None, lamps=lamps.of_reaction(reaction), from_fl=0)
                for at_fl in range(
                    0, reaction.duration.nominal_fl + FLICKS_PER_SECOND, FLICKS_PER_SECOND // 20
                ):
                    meter.advance(at_fl)
                one = meter.summary()
                counted[key] = (one.general_transitions, one.red_transitions)
            general, red = counted[key]
            if not general and not red:
                continue
            for trigger in program.triggers:
                from_fl, to_fl = max(trigger.from_fl, piece.from_fl), min(trigger.to_fl, piece.to_fl)
                if trigger.do.reaction != repeat.reaction or to_fl <= from_fl:
                    continue
                spacing_fl = max(trigger.cooldown_fl, trigger.dwell_fl, FLICKS_PER_SECOND // 4)
                at_once = 1 + (FLICKS_PER_SECOND - 1) // spacing_fl
                end_fl = to_fl + reaction.duration.nominal_fl
                found.setdefault(number, []).append(
                    _Added(from_fl, end_fl, (at_once * general, at_once * red))
                )
    return found


def _over(material: Material, number: int, extra: dict[int, list[_Added]]) -> list[_Added]:
    """What may sound in a piece: its own reactions, and what may still sound of those before it, in the piece's scene time."""
    pieces = material.pieces
    piece = pieces.pieces[number]
    found = list(extra.get(number, ()))
    for way in pieces.ways:
        if way.target != number or way.source < 0 or way.source == number:
            continue
        before = pieces.pieces[way.source]
        left_fl = before.leave_from_fl if way.early else before.to_fl
        for one in extra.get(way.source, ()):
            if one.to_fl > left_fl:
                found.append(
                    _Added(piece.from_fl, piece.from_fl + one.to_fl - left_fl, one.transitions, before=True)
                )
    return list(dict.fromkeys(found))


def _worst(
    material: Material, pieces: Sequence[_Flashing], pictures: PictureSource | None
) -> list[FlashStill]:
    """The pictures at the worst instants, the worst first."""
    if pictures is None:
        return []
    order = sorted(range(len(pieces)), key=lambda number: (-max(pieces[number].most), number))
    found = []
    for number in order[:_STILLS]:
        row, piece = pieces[number], material.pieces.pieces[number]
        if max(row.most) < 2:
            break
        instants, frames = pictures.frames(piece.scene)
        place = max(0, int(np.searchsorted(instants, row.worst_fl, side="right")) - 1)
        flashes = max(row.most) / 2.0
        found.append(
            FlashStill(
                frames[place],
                f"{piece.name}, {row.worst_fl / FLICKS_PER_SECOND:.1f} s: {flashes:g} flashes in a second",
            )
        )
    return found
