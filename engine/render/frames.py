"""From (package, transport, host instant) to what one frame shows. Pure; no graphics.

The vehicle follows the path track of the scene; reactions may move nodes on top of the scene's own tracks.
Role values come from the evaluator that the device bus uses too, so picture and devices cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.experience.lines import LineTable
from engine.render.eye import AT_REST, NodePose, Pose, shown_motion
from engine.render.live import CaptionView
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import Transport
from engine.timeline.program import NODE_COMPONENTS, Program
from engine.timeline.roles import RoleKind, RoleTable

Floats = npt.NDArray[np.float64]

# The vehicle's speed is the difference over this much scene time.
_SPEED_STEP_FL = FLICKS_PER_SECOND // 20


class Levels(Protocol):
    """Role values at an instant; `engine.timeline.evaluate.Evaluator` is one."""

    def levels(self, transport: Transport, host_ns: int, seat: int) -> Floats:
        """State vector of a seat."""
        ...


class Content(Protocol):
    """What a frame needs of a package."""

    @property
    def scenes(self) -> Sequence[Program]:
        """Compiled scenes."""
        ...

    @property
    def roles(self) -> RoleTable:
        """Role table."""
        ...

    @property
    def lines(self) -> LineTable:
        """Texts."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Locales."""
        ...


@dataclass(frozen=True, slots=True)
class FrameState:
    """What one frame shows.

    Attributes
    ----------
    scene : int
        Index in the package; -1 before the start and after the end.
    at_fl : int
        Position in the scene.
    values : mapping of str to tuple of float
        Role values by name.
    path, motion : Pose
        Vehicle on its path, and its shown motion within comfort.
    speed_mps : float
        Along the path.
    nodes : mapping of str to NodePose
        Moved nodes.
    clips : tuple of (clip, seconds)
        Animation clips and how far into each.
    captions : tuple of CaptionView
        Lines and captions on show, oldest first.
    """

    scene: int
    at_fl: int = 0
    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    path: Pose = AT_REST
    motion: Pose = AT_REST
    speed_mps: float = 0.0
    nodes: Mapping[str, NodePose] = field(default_factory=dict)
    clips: tuple[tuple[str, float], ...] = ()
    captions: tuple[CaptionView, ...] = ()

    @property
    def at_s(self) -> float:
        """Position in seconds, for shaders."""
        return self.at_fl / FLICKS_PER_SECOND


def frame_state(
    content: Content,
    levels: Levels,
    transport: Transport,
    host_ns: int,
    *,
    seat: int = 0,
    language: str | None = None,
    second_language: str | None = None,
) -> FrameState:
    """Everything a frame at an instant shows, apart from head and live view.

    Parameters
    ----------
    content : Content
        The package.
    levels : Levels
        Its evaluator.
    transport : Transport
        Snapshot.
    host_ns : int
        The instant the frame will be seen.
    seat : int
        Whose frame, default 0.
    language, second_language : str, optional
        Main language (default: that of the live controls), and a smaller one beside it.
    """
    moment = transport.at(host_ns)
    if moment.scene < 0:
        return FrameState(-1)
    program = content.scenes[moment.scene]
    vector = levels.levels(transport, host_ns, seat)
    values = {
        spec.name: tuple(float(v) for v in vector[content.roles.slice_of(spec.name)])
        for spec in content.roles
    }
    channels = program.bank.evaluate(moment.at_fl, moment.segment.run_from_fl)
    path, speed = _path(program, channels, moment.at_fl, moment.segment.run_from_fl)
    nodes: dict[str, list[float]] = {}
    _move_nodes(nodes, program, channels)
    active = list(program.media.active(moment.at_fl, moment.segment.run_from_fl))
    durations = _durations(content)
    for overlay in transport.overlays(host_ns, durations):
        if overlay.row.seat not in (-1, seat):
            continue
        reaction = content.scenes[overlay.row.scene].reactions[overlay.row.reaction]
        _move_nodes(nodes, reaction, reaction.bank.evaluate(overlay.at_fl))
        active += reaction.media.active(overlay.at_fl)
    main = language or _language(content, transport, host_ns)
    cues = sorted(
        (cue for cue, _offset in active if cue.kind in ("line", "caption")), key=lambda cue: cue.at_fl
    )
    captions = tuple(_caption(content.lines, cue, main, second_language, path) for cue in cues)
    clips = tuple(
        (cue.clip, offset_fl / FLICKS_PER_SECOND) for cue, offset_fl in active if cue.kind == "clip"
    )
    return FrameState(
        scene=moment.scene,
        at_fl=moment.at_fl,
        values=values,
        path=path,
        motion=_motion(content.roles, vector),
        speed_mps=speed,
        nodes={name: NodePose(*pose) for name, pose in nodes.items()},
        clips=clips,
        captions=captions,
    )


def _durations(content: Content) -> _DurationOf:
    return _DurationOf(content)


@dataclass(frozen=True, slots=True)
class _DurationOf:
    content: Content

    def __call__(self, scene: int, reaction: int) -> int:
        return self.content.scenes[scene].reactions[reaction].duration.nominal_fl


def _path(program: Program, channels: Floats, at_fl: int, run_from_fl: int) -> tuple[Pose, float]:
    first = program.path_channel
    if first is None:
        return AT_REST, 0.0
    pose = Pose(*(float(v) for v in channels[first : first + 6]))
    later_fl = at_fl + _SPEED_STEP_FL
    ahead = program.bank.evaluate(later_fl, run_from_fl)[first : first + 2]
    moved = math.hypot(float(ahead[0]) - pose.x_m, float(ahead[1]) - pose.y_m)
    return pose, moved * FLICKS_PER_SECOND / _SPEED_STEP_FL


def _move_nodes(nodes: dict[str, list[float]], program: Program, channels: Floats) -> None:
    for moved in program.nodes:
        pose = nodes.setdefault(moved.node, [0.0] * (len(NODE_COMPONENTS) - 1) + [1.0])
        for component, channel in zip(moved.components, moved.channels, strict=True):
            value = float(channels[channel])
            if moved.mix == "replace":
                pose[component] = value
            elif NODE_COMPONENTS[component] == "scale":
                pose[component] *= value
            else:
                pose[component] += value


def _motion(roles: RoleTable, vector: Floats) -> Pose:
    """The first motion role of the seat, as much of it as the picture shows."""
    for spec in roles:
        if spec.kind is RoleKind.MOTION:
            _surge, _sway, heave_m, roll_deg, pitch_deg, _yaw = (
                float(v) for v in vector[roles.slice_of(spec.name)]
            )
            return shown_motion(heave_m, roll_deg, pitch_deg)
    return AT_REST


def _language(content: Content, transport: Transport, host_ns: int) -> str:
    languages = content.languages
    return languages[min(transport.controls_at(host_ns).language, len(languages) - 1)]


def _caption(lines: LineTable, cue: object, main: str, second: str | None, path: Pose) -> CaptionView:
    line = str(getattr(cue, "line", ""))
    azimuth: float | None = None
    position = getattr(cue, "position_m", None)
    if position is not None:
        azimuth = (
            math.degrees(math.atan2(-(position[0] - path.x_m), position[1] - path.y_m)) - path.heading_deg
        )
    elif getattr(cue, "kind", "") == "line":
        azimuth = float(getattr(cue, "azimuth_deg", 0.0))
    other = lines.line(line, second) if second and second != main and lines.has_line(line, second) else ""
    return CaptionView(lines.line(line, main), other, lines.speaker(line, main), azimuth)
