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
from engine.render.comfort import vignette_ratio
from engine.render.eye import AT_REST, NodePose, Pose, shown_motion
from engine.render.live import CaptionView, VideoView
from engine.time.flicks import FLICKS_PER_SECOND
from engine.time.segments import Controls, Transport
from engine.timeline.evaluate import Evaluator, run_from_fl
from engine.timeline.media import MediaCue
from engine.timeline.program import Program
from engine.timeline.roles import RoleKind, RoleTable
from engine.timeline.speaker import azimuth_deg

Floats = npt.NDArray[np.float64]

# The vehicle's speed is the difference over this much scene time.
_SPEED_STEP_FL = FLICKS_PER_SECOND // 20


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
    clips : tuple of (clip, seconds, loop)
        Animation clips, how far into each, and whether it begins again at its end.
    captions : tuple of CaptionView
        Lines and captions on show, oldest first.
    videos : tuple of VideoView
        Videos on show, oldest first.
    vignette_ratio : float
        0..1: how far a headset's picture narrows for this guest's comfort.
    """

    scene: int
    at_fl: int = 0
    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    path: Pose = AT_REST
    motion: Pose = AT_REST
    speed_mps: float = 0.0
    nodes: Mapping[str, NodePose] = field(default_factory=dict)
    clips: tuple[tuple[str, float, bool], ...] = ()
    captions: tuple[CaptionView, ...] = ()
    videos: tuple[VideoView, ...] = ()
    vignette_ratio: float = 0.0

    @property
    def at_s(self) -> float:
        """Position in seconds, for shaders."""
        return self.at_fl / FLICKS_PER_SECOND


def frame_state(
    content: Content,
    evaluator: Evaluator,
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
    evaluator : Evaluator
        Of the same package.
    transport : Transport
        Snapshot.
    host_ns : int
        The instant the frame will be seen.
    seat : int
        Whose frame, default 0.
    language, second_language : str, optional
        Main language where the guest has not asked for one (default: that of the live controls), and a smaller one beside it.

    Notes
    -----
    A photosensitive guest's picture follows levels and colours averaged over time (`engine.timeline.calm`), and so does the room's (seat
    -1) while there is one.
    """
    profile = transport.profile_at(seat, host_ns)
    stage = evaluator.stage_values(transport, host_ns, seat)
    moment = stage.moment
    if moment.scene < 0:
        return FrameState(-1)
    program = content.scenes[moment.scene]
    roles = content.roles
    levels = stage.levels
    if transport.calm_at(host_ns) if seat < 0 else profile.photosensitive:
        levels = evaluator.calm_levels(transport, host_ns, seat, picture=True)
    values = {spec.name: tuple(float(v) for v in levels[roles.slice_of(spec.name)]) for spec in roles}
    path = Pose(*(float(v) for v in stage.path))
    active = [(*one, program) for one in program.media.active(moment.at_fl, run_from_fl(moment))]
    for overlay in evaluator.overlays(transport, host_ns):
        if overlay.row.seat in (-1, seat):
            reaction = content.scenes[overlay.row.scene].reactions[overlay.row.reaction]
            active += [(*one, reaction) for one in reaction.media.active(overlay.at_fl)]
    # What the guest has turned down on the seat is turned down in the picture too; lamps in it are not the
    # rig's lamps.
    controls = transport.controls_of(seat, host_ns)
    felt = evaluator.controlled(stage.levels, controls)
    main = language if language and profile.language < 0 else _language(content, controls)
    told = sorted((one for one in active if one[0].kind in ("line", "caption")), key=lambda one: one[0].at_fl)
    eye_m = (0.0, 0.0, 0.0) if program.stage is None else program.stage.eye_m
    captions = tuple(_caption(content.lines, one, main, second_language, path, eye_m) for one in told)
    clips = tuple(
        (cue.clip, offset_fl / FLICKS_PER_SECOND, cue.loop)
        for cue, offset_fl, _ in active
        if cue.kind == "clip"
    )
    videos = tuple(
        VideoView(cue.node, cue.file, offset_fl / FLICKS_PER_SECOND, cue.loop)
        for cue, offset_fl, _ in sorted(active, key=lambda item: item[0].at_fl)
        if cue.kind == "video"
    )
    return FrameState(
        scene=moment.scene,
        at_fl=moment.at_fl,
        values=values,
        path=path,
        motion=_motion(roles, felt),
        speed_mps=_speed(evaluator, moment.scene, moment.at_fl, path),
        nodes={name: NodePose(*(float(v) for v in pose)) for name, pose in stage.nodes.items()},
        clips=clips,
        captions=captions,
        videos=videos,
        vignette_ratio=vignette_ratio(evaluator.path_pose_at, transport, host_ns, profile.comfort),
    )


def _speed(evaluator: Evaluator, scene: int, at_fl: int, path: Pose) -> float:
    ahead = evaluator.path_pose_at(scene, at_fl + _SPEED_STEP_FL)
    moved = math.hypot(float(ahead[0]) - path.x_m, float(ahead[1]) - path.y_m)
    return moved * FLICKS_PER_SECOND / _SPEED_STEP_FL


def _motion(roles: RoleTable, vector: Floats) -> Pose:
    """The first motion role of the seat, as much of it as the picture shows."""
    for spec in roles:
        if spec.kind is RoleKind.MOTION:
            _surge, _sway, heave_m, roll_deg, pitch_deg, _yaw = (
                float(v) for v in vector[roles.slice_of(spec.name)]
            )
            return shown_motion(heave_m, roll_deg, pitch_deg)
    return AT_REST


def _language(content: Content, controls: Controls) -> str:
    languages = content.languages
    return languages[min(controls.language, len(languages) - 1)]


def _caption(
    lines: LineTable,
    shown: tuple[MediaCue, int, Program],
    main: str,
    second: str | None,
    path: Pose,
    eye_m: tuple[float, float, float],
) -> CaptionView:
    cue, cue_fl, program = shown
    line = cue.line
    azimuth = azimuth_deg(cue, program, cue_fl, (path.x_m, path.y_m, path.heading_deg), eye_m)
    other = lines.line(line, second) if second and second != main and lines.has_line(line, second) else ""
    return CaptionView(lines.line(line, main), other, lines.speaker(line, main), azimuth)
