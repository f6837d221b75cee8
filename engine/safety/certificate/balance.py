"""Effects against story, scene by scene: where they crowd out the narrative, and where nothing happens at all.

Immersion fails in two ways that no limit catches: a line nobody can follow because seat, shaker and strobe all work at once, and a
minute in which nothing is told and nothing is felt. Both are drawn for the producer, and neither refuses a certificate.

The measures are this engine's own choice, made so that one is "as much as a modality can do and still be kept up":

==========================  =====================================================================================
motion                      speed against 0.25 m/s or 20 deg/s, whichever is more
haptic                      amplitude
light                       change of luminance against 1 a second: steady light crowds out nothing
wind, scent, fog, water...  distance from rest
audio                       sounding effects (music and voices left out), three being one
==========================  =====================================================================================

Scent, fog and warmth are drawn but crowd out no words: a nose gets used to them, and a line may be about nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.evaluate import Evaluator
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind
from engine.units import MODALITIES

Floats = NDArray[np.float64]

STEP_FL = FLICKS_PER_SECOND // 20
#: A modality at its most and another at half of it, while somebody speaks.
CROWDED = 1.5
#: A line that is crowded for a shorter share of its time is followed all the same.
CROWDED_SHARE = 0.3
EMPTY = 0.05
EMPTY_S = 12.0

_MOTION_MPS, _MOTION_DPS = 0.25, 20.0
_SOUNDS = 3.0
_LUMA = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709
_TOLD = ("line", "caption")
_AMBIENT = ("scent", "fog", "temperature")


@dataclass(frozen=True, slots=True)
class CrowdedLine:
    """A line that effects crowd out.

    Attributes
    ----------
    line : str
        Its id.
    from_s, to_s : float
        Scene time.
    share : float
        Of its time in which the load is `CROWDED` or more.
    by : mapping of str to float
        Mean load by modality meanwhile, the heaviest first.
    """

    line: str
    from_s: float
    to_s: float
    share: float
    by: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """One scene, sampled at `STEP_FL`.

    Attributes
    ----------
    scene : str
    times_s : float64[n]
    told : bool[n]
        Whether a line or caption is on, or a decision is open.
    loads : float64[n, len(MODALITIES)]
        0..1 by modality, in the order of `engine.units.MODALITIES`.
    crowded : tuple of CrowdedLine
    empty : tuple of (float, float)
        Stretches of at least `EMPTY_S` in which nothing is told and nothing is felt, s.
    """

    scene: str
    times_s: Floats
    told: NDArray[np.bool_]
    loads: Floats
    crowded: tuple[CrowdedLine, ...]
    empty: tuple[tuple[float, float], ...]

    @property
    def load(self) -> Floats:
        """Of all modalities together, float64[n]."""
        total: Floats = self.loads.sum(axis=1)
        return total


def balance_of(evaluator: Evaluator, scene: int) -> Balance:
    """Weigh one scene, as written: reactions are left out, since nobody knows when they come."""
    program = evaluator.programs[scene]
    at_fl = np.arange(0, program.duration.nominal_fl, STEP_FL, dtype=np.int64)
    states = evaluator.levels_along(scene, at_fl)
    loads = np.zeros((len(at_fl), len(MODALITIES)))
    for role, start in zip(evaluator.roles, evaluator.roles.starts, strict=True):
        if role.modality not in MODALITIES:
            continue
        part = states[:, start : start + role.size]
        rest = evaluator.roles.rest[start : start + role.size]
        column = MODALITIES.index(role.modality)
        loads[:, column] = np.maximum(loads[:, column], _load(role.kind, role.modality, part, rest))
    sounding = _sounding(program, at_fl)
    audio = MODALITIES.index("audio")
    loads[:, audio] = np.maximum(loads[:, audio], np.minimum(sounding / _SOUNDS, 1.0))
    told = _told(program, at_fl)
    times_s = at_fl / FLICKS_PER_SECOND
    return Balance(
        program.id,
        times_s,
        told,
        loads,
        tuple(_crowded(program, at_fl, loads)),
        tuple(_empty(times_s, ~told & (loads.sum(axis=1) < EMPTY))),
    )


def _load(kind: RoleKind, modality: str, part: Floats, rest: Floats) -> Floats:
    per_s = FLICKS_PER_SECOND / STEP_FL
    part = np.nan_to_num(part)
    if kind is RoleKind.MOTION:
        speed = np.abs(np.diff(part, axis=0, prepend=part[:1])) * per_s
        linear = np.sqrt((speed[:, :3] ** 2).sum(axis=1)) / _MOTION_MPS
        angular = np.sqrt((speed[:, 3:] ** 2).sum(axis=1)) / _MOTION_DPS
        return np.minimum(np.maximum(linear, angular), 1.0)
    if kind is RoleKind.HAPTIC:
        return np.clip(part[:, 0], 0.0, 1.0)
    level = part @ np.array(_LUMA) if kind is RoleKind.COLOR else part[:, 0]
    if modality == "light":
        return np.minimum(np.abs(np.diff(level, prepend=level[:1])) * per_s, 1.0)
    still = rest @ np.array(_LUMA) if kind is RoleKind.COLOR else rest[0]
    return np.minimum(np.abs(level - still), 1.0)


def _sounding(program: Program, at_fl: NDArray[np.int64]) -> Floats:
    count = np.zeros(len(at_fl))
    for cue in program.media.cues:
        if cue.kind == "audio" and cue.bus != "music" and not cue.bed:
            count += (at_fl >= cue.at_fl) & (at_fl < cue.end_fl)
    return count


def _told(program: Program, at_fl: NDArray[np.int64]) -> NDArray[np.bool_]:
    told = np.zeros(len(at_fl), dtype=np.bool_)
    for cue in program.media.cues:
        if cue.kind in _TOLD:
            told |= (at_fl >= cue.at_fl) & (at_fl < cue.end_fl)
    if program.window is not None:
        told |= (at_fl >= program.window.show_fl) & (at_fl < program.window.close_fl)
    return told


def _crowded(program: Program, at_fl: NDArray[np.int64], loads: Floats) -> Sequence[CrowdedLine]:
    found: list[CrowdedLine] = []
    loads = loads * [name not in _AMBIENT for name in MODALITIES]
    heavy = loads.sum(axis=1) >= CROWDED
    for cue in program.media.cues:
        if cue.kind not in _TOLD:
            continue
        during = (at_fl >= cue.at_fl) & (at_fl < cue.end_fl)
        if not during.any():
            continue
        share = float(heavy[during].mean())
        if share < CROWDED_SHARE:
            continue
        means = loads[during & heavy].mean(axis=0)
        by = sorted(
            ((float(mean), name) for mean, name in zip(means, MODALITIES, strict=True) if mean > 0.0),
            reverse=True,
        )
        found.append(
            CrowdedLine(
                cue.line,
                cue.at_fl / FLICKS_PER_SECOND,
                cue.end_fl / FLICKS_PER_SECOND,
                share,
                {name: mean for mean, name in by},
            )
        )
    return found


def _empty(times_s: Floats, nothing: NDArray[np.bool_]) -> Sequence[tuple[float, float]]:
    """Runs of `nothing` that last."""
    step_s = STEP_FL / FLICKS_PER_SECOND
    edges = np.flatnonzero(np.diff(np.concatenate(([False], nothing, [False])).astype(np.int8)))
    runs = [
        (float(times_s[first]), float(times_s[last - 1]) + step_s)
        for first, last in edges.reshape(-1, 2).tolist()
    ]
    return [(begin_s, end_s) for begin_s, end_s in runs if end_s - begin_s >= EMPTY_S]
