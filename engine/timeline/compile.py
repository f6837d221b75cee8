"""From a scene file to a `Program`: every track to channels and media, every reference to a number.

Notes
-----
Rules a reader of scene files needs to know, and the tests hold:

- A level holds its last value after a cue. Before its first cue it is at the role's rest.
- The contribution of a wave on motion and nodes, and of a wave or curve on a haptic track, ends with the cue.
- A cue with ``seek: fire`` is a pulse: afterwards the value is what it was before.
- A reaction says nothing about a level before its first cue, so it does not disturb the scene below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath

from engine.errors import PackageError, Problem
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline.checks import Checker, max_duration_fl, stage_refs, trigger_id
from engine.timeline.compile_levels import haptic_track, level_track, motion_track, node_track, path_track
from engine.timeline.compile_media import media_track
from engine.timeline.compiled import Compiled, LengthOf
from engine.timeline.model import Action, SceneFile, Trigger, Window
from engine.timeline.model_tracks import (
    HapticTrack,
    LevelTrack,
    MotionTrack,
    NodeTrack,
    PathTrack,
    Track,
)
from engine.timeline.parse import ParsedScene, parse_scene
from engine.timeline.program import (
    ActionSpec,
    Durations,
    HoldSpec,
    OptionPlaceSpec,
    Program,
    StageBinding,
    TargetSpec,
    TriggerSpec,
    WindowSpec,
)
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import load_yaml

DEFAULT_TRIGGER_DWELL_FL = 6 * FLICKS_PER_SECOND // 5
"""Gaze dwell of a trigger that names none: 1.2 s."""


def load_scene(
    path: str | FilePath,
    roles: RoleTable,
    *,
    index: int = 0,
    scene_id: str | None = None,
    shown: str | None = None,
    problems: list[Problem] | None = None,
    length_of: LengthOf | None = None,
) -> Program | None:
    """Read, check and compile one scene file.

    Parameters
    ----------
    path
        The file.
    roles
        Roles the package declares.
    index
        Position among the package's scenes.
    scene_id
        Default the file's name without suffix.
    shown
        Name of the file in messages; default the path as given.
    problems
        Receives errors and warnings. When None, errors raise and warnings are dropped.
    length_of
        Lengths of media, where known.

    Returns
    -------
    The program, or None when there is an error (and ``problems`` was given).

    Raises
    ------
    PackageError
        With all problems, when there is an error and ``problems`` is None.
    """
    found: list[Problem] = []
    data, places = load_yaml(path, shown=shown, problems=found)
    program: Program | None = None
    if not found:
        parsed = parse_scene(data, places, found)
        name = scene_id if scene_id is not None else FilePath(path).stem
        program = compile_scene(
            parsed, scene_id=name, index=index, roles=roles, problems=found, length_of=length_of
        )
    if problems is not None:
        problems.extend(found)
    elif any(problem.severity == "error" for problem in found):
        raise PackageError(found)
    return program


def compile_scene(
    parsed: ParsedScene,
    *,
    scene_id: str,
    index: int,
    roles: RoleTable,
    problems: list[Problem],
    length_of: LengthOf | None = None,
) -> Program | None:
    """Check a parsed scene and, when it is sound, compile it.

    Parameters
    ----------
    parsed
        From `parse_scene`.
    scene_id, index
        Name and position among the package's scenes.
    roles
        Roles the package declares.
    problems
        Receives what the checks find.
    length_of
        Lengths of media, where known.

    Returns
    -------
    None when ``problems`` has an error of this scene.
    """
    file = parsed.file
    if file is None:
        return None
    found: list[Problem] = []
    Checker(file, roles, parsed.places, found, parsed.declared).run()
    problems.extend(found)
    if not parsed.whole or any(problem.severity == "error" for problem in found):
        return None
    nominal_fl = file.duration.nominal_fl
    durations = Durations(
        nominal_fl if file.duration.min_fl is None else file.duration.min_fl,
        nominal_fl,
        max_duration_fl(file) if file.duration.max_fl is None else file.duration.max_fl,
    )
    targets = tuple(
        TargetSpec(name, target.at_m, target.radius_m, target.node or "")
        for name, target in file.targets.items()
    )
    reaction_names = tuple(file.reactions)
    reactions = tuple(
        _compile_tracks(
            reaction.tracks,
            name=name,
            index=number,
            durations=Durations(*(reaction.duration_fl,) * 3),
            roles=roles,
            length_of=length_of,
            is_reaction=True,
        ).program()
        for number, (name, reaction) in enumerate(file.reactions.items())
    )
    target_names = tuple(file.targets)
    compiled = _compile_tracks(
        file.tracks,
        name=scene_id,
        index=index,
        durations=durations,
        roles=roles,
        length_of=length_of,
        is_reaction=False,
    )
    return compiled.program(
        window=None if file.window is None else _window(file.window),
        triggers=tuple(
            _trigger(trigger, number, nominal_fl, target_names, reaction_names)
            for number, trigger in enumerate(file.triggers)
        ),
        reactions=reactions,
        targets=targets,
        stage=file.stage,
        bindings=_bindings(file, roles),
        acoustics=None if file.acoustics is None else file.acoustics.spec(),
        bars=None if file.grid is None else file.grid.spec(),
    )


def _bindings(file: SceneFile, roles: RoleTable) -> tuple[StageBinding, ...]:
    if file.stage is None:
        return ()
    bindings: list[StageBinding] = []
    for path, ref, _ in stage_refs(file.stage):
        where = roles.slice_of(ref.role)
        bindings.append(StageBinding(path, ref.role, where.start, where.stop - where.start))
    return tuple(bindings)


def _window(window: Window) -> WindowSpec:
    hold = window.hold
    return WindowSpec(
        show_fl=window.show_fl,
        open_fl=window.open_fl,
        close_fl=window.close_fl,
        commit_fl=window.commit_fl,
        inputs=tuple(window.inputs),
        rule=window.rule.type,
        quorum=window.rule.quorum,
        tie=window.rule.tie,
        dwell_fl=window.dwell_fl,
        hold=None if hold is None else HoldSpec(hold.from_fl, hold.to_fl, hold.laps),
        leave=window.leave,
        options={
            name: OptionPlaceSpec(place.azimuth_deg, place.elevation_deg, place.distance_m)
            for name, place in window.options.items()
        },
    )


def _trigger(
    trigger: Trigger, number: int, nominal_fl: int, targets: Sequence[str], reactions: Sequence[str]
) -> TriggerSpec:
    dwell_fl = trigger.dwell_fl
    if dwell_fl is None:
        dwell_fl = DEFAULT_TRIGGER_DWELL_FL if trigger.on == "gaze" else 0
    return TriggerSpec(
        id=trigger_id(trigger.id, trigger.on, number),
        index=number,
        on=trigger.on,
        do=_action(trigger.do, reactions),
        from_fl=trigger.from_fl,
        to_fl=nominal_fl if trigger.to_fl is None else trigger.to_fl,
        dwell_fl=dwell_fl,
        cooldown_fl=trigger.cooldown_fl,
        scope=trigger.scope,
        target=-1 if trigger.target is None else targets.index(trigger.target),
        key=trigger.key or "",
        name=trigger.name or "",
        center_m=trigger.center_m or (0.0, 0.0, 0.0),
        radius_m=trigger.radius_m or 0.0,
    )


def _action(action: Action, reactions: Sequence[str]) -> ActionSpec:
    return ActionSpec(
        reaction=-1 if action.reaction is None else reactions.index(action.reaction),
        vote=action.vote or "",
        set=tuple(action.set.items()),
    )


def _compile_tracks(
    tracks: Sequence[Track],
    *,
    name: str,
    index: int,
    durations: Durations,
    roles: RoleTable,
    length_of: LengthOf | None,
    is_reaction: bool,
) -> Compiled:
    out = Compiled(name, index, durations, roles, length_of, is_reaction)
    for number, track in enumerate(tracks):
        if track.made_by == "machine":
            out.machine_made.append(number)
        match track:
            case LevelTrack():
                level_track(out, track)
            case MotionTrack():
                motion_track(out, track, number)
            case HapticTrack():
                haptic_track(out, track, number)
            case PathTrack():
                path_track(out, track)
            case NodeTrack():
                node_track(out, track)
            case _:
                media_track(out, track, number)
    return out
