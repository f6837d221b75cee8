"""Derived motion for reports: what was to be felt, what the seat gives, and the error a guest would feel, as a table and as figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from engine.experience import Rig
from engine.experience.package import Package

if TYPE_CHECKING:
    from engine.motion.cueing.apply import MotionFit
    from engine.motion.cueing.values import Fitted, Workspace

_HEAD = (
    ("track", "轨道"),
    ("from", "来源"),
    ("cueing", "方式"),
    ("force error, m/s2 r.m.s.", "力感误差"),
    ("rate error, deg/s r.m.s.", "转速误差"),
    ("noticed", "可察觉时间"),
    ("stroke", "行程"),
    ("made by", "制作"),
)
_FOOT = (
    'Errors are as the inner ear has them, all three axes together; "noticed" is the share of the time in which any is beyond the'
    " threshold of an attentive person. Stroke is the most that the track by itself takes of the way an axis or a leg has.",
    "误差按内耳感受计算，三轴合并；“可察觉时间”指任一误差超过专注者感觉阈值的时间比例。行程指该轨道单独占用某轴或支腿行程的最大比例。",
)


@dataclass(frozen=True, slots=True)
class MotionRow:
    """A track of derived motion in figures.

    Attributes
    ----------
    scene, reaction, role : str
        Reaction "" for the scene's own.
    track : int
        Number of the track, from 0.
    source : str
        ``path``, or the log's file.
    cueing : str
        ``fit``, ``washout`` or ``pose``.
    force_mps2, turn_dps : float
        Felt error: root mean square of its length, over the whole track.
    noticed : float
        Share of the time in which a guest would feel an error, 0..1.
    stroke : float
        Largest share of the way from home to an end that any axis or leg takes, 0..1; legs as if linear.
    machine_made : bool
        A machine has drafted it, and nobody has said yet to have been through it.
    """

    scene: str
    reaction: str
    role: str
    track: int
    source: str
    cueing: str
    force_mps2: float
    turn_dps: float
    noticed: float
    stroke: float
    machine_made: bool


def motion_figures(package: Package, rig: Rig, scenes: Sequence[str]) -> list[str]:
    """Each track of derived motion that a seat plays, in the order of some scenes; as HTML, in English and Chinese.

    Parameters
    ----------
    package : Package
        As it was loaded, before its motion was fitted.
    rig : Rig
    scenes : sequence of str
        Ids.

    Returns
    -------
    list of str
        A table with a row for each track, then a figure for each; empty where there is none.

    Raises
    ------
    InputError
        For a log that cannot be read.
    """
    # Here, since most shows draw their motion: nothing has to be loaded for them.
    from engine.motion.cueing.plot import draw_fit

    tracks = _tracks(package, rig, scenes)
    if not tracks:
        return []
    rows = [_row(package, fits) for fits in tracks]
    return [_table(rows), *(draw_fit(fits, "both") for fits in tracks)]


def motion_rows(package: Package, rig: Rig, scenes: Sequence[str]) -> list[MotionRow]:
    """The table of `motion_figures` as values."""
    return [_row(package, fits) for fits in _tracks(package, rig, scenes)]


def _tracks(package: Package, rig: Rig, scenes: Sequence[str]) -> list[list[MotionFit]]:
    """Stretches of each track of some scenes, in their order; without those that no seat of the rig moves for."""
    from engine.motion.cueing.apply import motion_fits
    from engine.motion.cueing.workspace import NOMINAL

    tracks: dict[tuple[str, str, int], list[MotionFit]] = {}
    for fit in motion_fits(package, rig):
        # Without a seat, a shaker rumbles of it at most: nobody was given any of it.
        if fit.workspace is not NOMINAL:
            tracks.setdefault((fit.scene, fit.reaction, fit.track), []).append(fit)
    order = {scene: number for number, scene in reversed([*enumerate(scenes)])}
    shown = sorted((key for key in tracks if key[0] in order), key=lambda key: (order[key[0]], key[1:]))
    return [tracks[key] for key in shown]


def _row(package: Package, fits: Sequence[MotionFit]) -> MotionRow:
    first = fits[0]
    scene = package.scene(first.scene)
    program = next((found for found in scene.reactions if found.id == first.reaction), scene)
    motion = next(found for found in program.derived if found.track == first.track)
    force = np.concatenate([fit.error.force_mps2 for fit in fits])
    turn = np.concatenate([fit.error.turn_dps for fit in fits])
    return MotionRow(
        first.scene,
        first.reaction,
        first.role,
        first.track,
        motion.file or motion.source,
        first.cueing,
        float(np.sqrt((force**2).sum(axis=1).mean())),
        float(np.sqrt((turn**2).sum(axis=1).mean())),
        float(np.average([fit.error.noticed for fit in fits], weights=[len(fit.wanted) for fit in fits])),
        max(_stroke(fit.fitted, fit.workspace) for fit in fits),
        first.track in program.machine_made,
    )


def _stroke(fitted: Fitted, workspace: Workspace) -> float:
    from engine.motion.cueing.spline import at_knots

    poses, _, _ = at_knots(fitted.control, fitted.rate_hz)
    axes = list(workspace.moving)
    ways = [(poses[:, axes], np.array(workspace.low)[axes], np.array(workspace.high)[axes])]
    for legs in workspace.legs:
        home, low, high = (np.array(ends) for ends in (legs.home, legs.low, legs.high))
        ways.append((poses @ np.array(legs.jacobian).T, low - home, high - home))
    used = [float(np.maximum(moved / low, moved / high).max()) for moved, low, high in ways if moved.size]
    # A fit keeps its legs exactly; beyond 1 there is only what taking them as linear adds.
    return min(max(used, default=0.0), 1.0)


def _table(rows: Iterable[MotionRow]) -> str:
    head = "".join(f'<th>{escape(en)} <span lang="zh">{escape(zh)}</span></th>' for en, zh in _HEAD)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in _cells(row))}</tr>" for row in rows)
    foot = f'{escape(_FOOT[0])} <span lang="zh">{escape(_FOOT[1])}</span>'
    return f'<table class="fits"><tr>{head}</tr>{body}</table><p class="none">{foot}</p>'


def _cells(row: MotionRow) -> tuple[str, ...]:
    name = " · ".join(part for part in (row.scene, row.reaction, row.role) if part)
    return (
        f"{escape(name)} #{row.track + 1}",
        escape(row.source),
        escape(row.cueing),
        f"{row.force_mps2:.3f}",
        f"{row.turn_dps:.2f}",
        f"{row.noticed:.0%}",
        f"{row.stroke:.0%}",
        'a machine <span lang="zh">机器</span>' if row.machine_made else "",
    )
