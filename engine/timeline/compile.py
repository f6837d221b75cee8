"""From a scene file to a `Program`: every track to channels and media, every reference to a number.

Notes
-----
Rules a reader of scene files needs to know, and the tests hold:

- A level holds its last value after a cue. Before its first cue it is at the role's rest.
- The contribution of a wave on motion and nodes, and of any cue on a haptic track, ends with the cue.
- A cue with ``seek: fire`` is a pulse: afterwards the value is what it was before.
- A reaction says nothing about a level before its first cue, so it does not disturb the scene below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal, cast

from engine.errors import PackageError, Problem
from engine.time.flicks import FLICKS_PER_SECOND
from engine.timeline import curves
from engine.timeline.checks import Checker, max_duration_fl, path_time_fl, stage_refs, trigger_id
from engine.timeline.curves import VOID, PieceRun
from engine.timeline.media import EventBank, FireCue, MediaBank, MediaCue
from engine.timeline.model import Action, SceneFile, Trigger, Window
from engine.timeline.model_tracks import (
    AudioCue,
    AudioTrack,
    CaptionTrack,
    ClipTrack,
    CurveCue,
    EventTrack,
    HapticCue,
    HapticTrack,
    LevelTrack,
    LineTrack,
    MotionTrack,
    NodeTrack,
    PathTrack,
    Track,
    VideoTrack,
)
from engine.timeline.parse import ParsedScene, parse_scene
from engine.timeline.program import (
    NODE_COMPONENTS,
    ActionSpec,
    Contribution,
    Durations,
    HoldSpec,
    Mix,
    NodeChannels,
    OptionPlaceSpec,
    Program,
    StageBinding,
    TargetSpec,
    TriggerSpec,
    WindowSpec,
)
from engine.timeline.roles import RoleTable
from engine.timeline.yamlsource import load_yaml

Vector = tuple[float, ...]
LengthOf = Callable[[Literal["audio", "line", "video"], str], int | None]
"""Length in flicks of a file (by path in the package) or of a spoken line (by id); None where not known."""

DEFAULT_LINE_FL = 5 * FLICKS_PER_SECOND
"""How long a line without ``for`` and without a known voice file stands, unless the next line comes first."""

DEFAULT_TRIGGER_DWELL_FL = 6 * FLICKS_PER_SECOND // 5
"""Gaze dwell of a trigger that names none: 1.2 s."""

MAX_TRANSIENT_LANES = 4
"""Knocks of one track that may ring at once; with more, the one that ends first is cut."""

_NODE_NEUTRAL: Vector = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


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


@dataclass(slots=True)
class _Compiled:
    """Everything tracks produce, while it is being collected."""

    name: str
    index: int
    durations: Durations
    roles: RoleTable
    length_of: LengthOf | None
    is_reaction: bool
    runs: list[PieceRun] = field(default_factory=list)
    contributions: list[Contribution] = field(default_factory=list)
    nodes: list[NodeChannels] = field(default_factory=list)
    path_channel: int | None = None
    media: list[MediaCue] = field(default_factory=list)
    events: list[FireCue] = field(default_factory=list)

    def program(self, **more: Any) -> Program:
        """The finished program."""
        return Program(
            id=self.name,
            index=self.index,
            duration=self.durations,
            bank=curves.flatten(self.runs),
            contributions=tuple(self.contributions),
            path_channel=self.path_channel,
            nodes=tuple(self.nodes),
            media=MediaBank.of(self.media),
            events=EventBank.of(self.events),
            **more,
        )

    def channels(self, runs: Iterable[PieceRun]) -> tuple[int, ...]:
        """Add channels; returns their numbers."""
        first = len(self.runs)
        self.runs.extend(runs)
        return tuple(range(first, len(self.runs)))

    def length(self, kind: Literal["audio", "line", "video"], name: str) -> int | None:
        """Length of media in flicks, where known."""
        return None if self.length_of is None else self.length_of(kind, name)


def _compile_tracks(
    tracks: Sequence[Track],
    *,
    name: str,
    index: int,
    durations: Durations,
    roles: RoleTable,
    length_of: LengthOf | None,
    is_reaction: bool,
) -> _Compiled:
    out = _Compiled(name, index, durations, roles, length_of, is_reaction)
    for number, track in enumerate(tracks):
        match track:
            case LevelTrack():
                _level_track(out, track)
            case MotionTrack():
                _motion_track(out, track)
            case HapticTrack():
                _haptic_track(out, track, number)
            case PathTrack():
                _path_track(out, track)
            case NodeTrack():
                _node_track(out, track)
            case _:
                _media_track(out, track, number)
    return out


@dataclass(frozen=True, slots=True)
class _Form:
    """How the values of a kind of track become vectors.

    Attributes
    ----------
    vector
        A value of the file to one float a component.
    wave
        A wave of the file to (middle, amplitude, phase) vectors.
    before
        Value before the first cue.
    start
        What the first cue starts from, where `before` is void.
    after
        Value after a cue whose contribution ends with it, or None: every cue holds.
    ends_curves
        Curves end with their cue too, not only waves.
    """

    vector: Callable[[Any], Vector]
    wave: Callable[[Any], tuple[Vector, Vector, Vector]]
    before: Vector
    start: Vector
    after: Vector | None = None
    ends_curves: bool = False


def _cue_runs(cues: Iterable[CurveCue], form: _Form) -> list[PieceRun]:
    """The channels of one track."""
    width = len(form.before)
    runs = [PieceRun() for _ in range(width)]
    for run, value in zip(runs, form.before, strict=True):
        run.hold(0, value)
    now: Vector = form.start
    resting = form.before
    for cue in sorted(cues, key=lambda cue: cue.at_fl):
        fire = cue.seek == "fire"
        for run, value in zip(runs, resting, strict=True):
            run.begin_cue(cue.at_fl, fire=fire, base=value)
        end_fl = cue.at_fl + cue.length_fl
        last = _write_cue(runs, cue, form, now)
        for run in runs:
            run.end_cue()
        timed = cue.form("wave") is not None or (form.ends_curves and cue.points is not None)
        ends = form.after is not None and timed
        if fire:
            settled, from_here = resting, now
        elif ends:
            assert form.after is not None
            settled = from_here = form.after
        else:
            settled = from_here = last
        for run, value in zip(runs, settled, strict=True):
            run.hold(end_fl, value)
        now, resting = from_here, settled
    return runs


def _write_cue(runs: Sequence[PieceRun], cue: CurveCue, form: _Form, now: Vector) -> Vector:
    """Write one cue on every channel; returns the values at its end."""
    at_fl = cue.at_fl
    to, set_to, wave, points = cue.form("to"), cue.form("set"), cue.form("wave"), cue.points
    if to is not None:
        target = form.vector(to)
        for run, a, b in zip(runs, now, target, strict=True):
            curves.ramp(run, at_fl, cue.over_fl or 0, a, b, cue.ease or "smooth")
        return target
    if set_to is not None:
        target = form.vector(set_to)
        for run, value in zip(runs, target, strict=True):
            run.hold(at_fl, value)
        return target
    if wave is not None:
        last: list[float] = []
        for run, middle, amplitude, phase in zip(runs, *form.wave(wave), strict=True):
            if amplitude == 0.0:
                run.hold(at_fl, middle)
                last.append(middle)
                continue
            last.append(
                curves.wave(
                    run,
                    at_fl,
                    cue.for_fl or 0,
                    hz=wave.hz,
                    middle=middle,
                    amplitude=amplitude,
                    phase_cycles=phase,
                    fade_in_fl=wave.fade_in_fl,
                    fade_out_fl=wave.fade_out_fl,
                )
            )
        return tuple(last)
    assert points is not None, "a cue has one of its forms; its model makes sure"
    times = cue.times_fl()
    values = [form.vector(point.value) for point in points]
    shape = cue.shape or "linear"
    ins = outs = values
    if shape == "spline":
        ins = [form.vector(point.in_tangent) for point in points]
        outs = [form.vector(point.out_tangent) for point in points]
    for number, run in enumerate(runs):
        column = [value[number] for value in values]
        tangents = [(a[number], b[number]) for a, b in zip(ins, outs, strict=True)]
        curves.curve(run, at_fl, times, column, shape, tangents if shape == "spline" else None)
    return values[-1]


def _driven(runs: Sequence[PieceRun], neutral: Vector) -> list[int]:
    """Channels that ever differ from their neutral value; the others need no channel."""
    return [
        number
        for number, (run, value) in enumerate(zip(runs, neutral, strict=True))
        if any(coef != (value, 0.0, 0.0, 0.0) for coef in run.coef)
    ]


def _before(mix: Mix, rest: Vector, is_reaction: bool) -> Vector:
    if mix == "add":
        return (0.0,) * len(rest)
    if mix == "multiply":
        return (1.0,) * len(rest)
    return (VOID,) * len(rest) if is_reaction else rest


def _level_track(out: _Compiled, track: LevelTrack) -> None:
    number = out.roles.index(track.role)
    role = out.roles.roles[number]
    mix: Mix = track.mix or "max"
    width = role.size

    def vector(value: Vector) -> Vector:
        return value if len(value) == width else value * width

    def wave(value: Any) -> tuple[Vector, Vector, Vector]:
        low, high = vector(value.low), vector(value.high)
        return (
            tuple((a + b) / 2.0 for a, b in zip(low, high, strict=True)),
            tuple((b - a) / 2.0 for a, b in zip(low, high, strict=True)),
            (value.phase_cycles,) * width,
        )

    before = _before(mix, role.rest_values, out.is_reaction)
    start = before if mix in ("add", "multiply") else role.rest_values
    runs = _cue_runs(track.cues, _Form(vector, wave, before, start))
    out.contributions.append(Contribution(number, tuple(range(width)), out.channels(runs), mix))


def _motion_track(out: _Compiled, track: MotionTrack) -> None:
    number = out.roles.index(track.role)
    role = out.roles.roles[number]
    mix: Mix = track.mix or "add"
    zero: Vector = (0.0,) * 6
    before = _before(mix, role.rest_values, out.is_reaction)
    start = before if mix in ("add", "multiply") else role.rest_values
    form = _Form(
        vector=lambda pose: pose.values,
        wave=lambda wave: (zero, wave.amplitude.values, wave.phase_cycles.values),
        before=before,
        start=start,
        after=before,
    )
    runs = _cue_runs(track.cues, form)
    components = _driven(runs, zero) if mix == "add" else list(range(6))
    if not components:
        return
    channels = out.channels(runs[component] for component in components)
    out.contributions.append(Contribution(number, tuple(components), channels, mix))


def _haptic_track(out: _Compiled, track: HapticTrack, track_number: int) -> None:
    number = out.roles.index(track.role)
    mix: Mix = track.mix or "max"
    steady = [cue for cue in track.cues if cue.transient is None]
    knocks = sorted(
        ((cue, place) for place, cue in enumerate(track.cues) if cue.transient is not None),
        key=lambda pair: pair[0].at_fl,
    )
    if steady:
        rest = out.roles.roles[number].rest_values
        before = _before(mix, rest, out.is_reaction)[:1]

        def vector(value: Vector) -> Vector:
            return value[:1]

        def wave(value: Any) -> tuple[Vector, Vector, Vector]:
            low, high = value.low[0], value.high[0]
            return ((low + high) / 2.0,), ((high - low) / 2.0,), (value.phase_cycles,)

        # A shaker left buzzing is a fault: what a timed cue gives ends with the cue. `to` and `set` hold.
        timed = _Form(vector, wave, before, (0.0,), after=(0.0,), ends_curves=True)
        runs = _cue_runs(steady, timed)
        runs.append(_frequencies(steady, rest[1]))
        out.contributions.append(Contribution(number, (0, 1), out.channels(runs), mix))
    lanes: list[list[HapticCue]] = []
    ends: list[int] = []
    for cue, place in knocks:
        assert cue.transient is not None
        length_fl = curves.transient_length_fl(cue.transient.sharpness, cue.transient.decay_fl)
        free = next((lane for lane, end in enumerate(ends) if end <= cue.at_fl), None)
        if free is None and len(lanes) < MAX_TRANSIENT_LANES:
            lanes.append([])
            ends.append(0)
            free = len(lanes) - 1
        elif free is None:
            free = ends.index(min(ends))
        lanes[free].append(cue)
        ends[free] = cue.at_fl + length_fl
        out.events.append(
            FireCue(
                cue.at_fl,
                "transient",
                track.role,
                track_number,
                place,
                cue.transient.intensity,
                cue.transient.sharpness,
            )
        )
    for lane_cues in lanes:
        channels = out.channels(_knock_runs(lane_cues))
        out.contributions.append(Contribution(number, (0, 1), channels, mix))


def _frequencies(cues: Iterable[HapticCue], rest_hz: float) -> PieceRun:
    """The frequency channel: each cue's from its start on."""
    run = PieceRun()
    hz = rest_hz or DEFAULT_HAPTIC_HZ
    run.hold(0, hz)
    for cue in sorted(cues, key=lambda cue: cue.at_fl):
        hz = cue.hz or hz
        run.hold(cue.at_fl, hz)
    return run


DEFAULT_HAPTIC_HZ = 60.0
"""Frequency of a haptic cue that names none: the middle of what seat shakers do well (20 to 100 Hz)."""


def _knock_runs(cues: Sequence[HapticCue]) -> tuple[PieceRun, PieceRun]:
    amplitude, frequency = PieceRun(), PieceRun()
    amplitude.hold(0, 0.0)
    frequency.hold(0, curves.TRANSIENT_LOW_HZ)
    for place, cue in enumerate(cues):
        assert cue.transient is not None
        knock = cue.transient
        length_fl = curves.transient_length_fl(knock.sharpness, knock.decay_fl)
        amplitude.begin_cue(cue.at_fl, fire=True, base=0.0)
        following = cues[place + 1].at_fl if place + 1 < len(cues) else None
        curves.transient(amplitude, cue.at_fl, length_fl, knock.intensity, cut_fl=following)
        frequency.hold(cue.at_fl, curves.TRANSIENT_LOW_HZ + curves.TRANSIENT_SPAN_HZ * knock.sharpness)
    return amplitude, frequency


def _path_track(out: _Compiled, track: PathTrack) -> None:
    times = [path_time_fl(point.position, out.durations.nominal_fl) for point in track.keys]
    runs: list[PieceRun] = []
    for column in zip(*(point.values for point in track.keys), strict=True):
        run = PieceRun()
        curves.curve(run, 0, times, column, track.shape)
        runs.append(run)
    out.path_channel = out.channels(runs)[0]


def _node_track(out: _Compiled, track: NodeTrack) -> None:
    mix: Literal["add", "replace"] = track.mix or "add"
    before: Vector = _NODE_NEUTRAL
    if mix == "replace" and out.is_reaction:
        before = (VOID,) * len(NODE_COMPONENTS)
    form = _Form(
        vector=lambda pose: pose.values,
        wave=lambda wave: (_NODE_NEUTRAL, wave.amplitude.values, wave.phase_cycles.values),
        before=before,
        start=_NODE_NEUTRAL,
        after=_NODE_NEUTRAL,
    )
    runs = _cue_runs(track.cues, form)
    components = _driven(runs, _NODE_NEUTRAL) if mix == "add" else list(range(len(NODE_COMPONENTS)))
    if not components:
        return
    channels = out.channels(runs[component] for component in components)
    out.nodes.append(NodeChannels(track.node, tuple(components), channels, mix))


def _media_track(out: _Compiled, track: Track, number: int) -> None:
    nominal_fl = out.durations.nominal_fl
    match track:
        case AudioTrack():
            for place, cue in enumerate(track.cues):
                out.media.append(_sound(out, cue, number, place))
                if not cue.loop and not cue.bed:
                    out.events.append(FireCue(cue.at_fl, "sound", cue.file, number, place))
        case LineTrack():
            starts = sorted(cue.at_fl for cue in track.cues)
            for place, line in enumerate(track.cues):
                later = next((start for start in starts if start > line.at_fl), nominal_fl)
                length_fl = line.for_fl or out.length("line", line.line)
                end_fl = (
                    line.at_fl + length_fl
                    if length_fl is not None
                    else min(line.at_fl + DEFAULT_LINE_FL, later)
                )
                out.media.append(
                    MediaCue(
                        "line",
                        line.at_fl,
                        end_fl,
                        number,
                        place,
                        line=line.line,
                        node=line.node or "",
                        bus=line.bus,
                        gain_db=line.gain_db,
                        position_m=line.position_m
                        if line.node is None
                        else line.position_m or (0.0, 0.0, 0.0),
                        azimuth_deg=line.azimuth_deg or 0.0,
                        elevation_deg=line.elevation_deg or 0.0,
                        distance_m=line.distance_m or 1.0,
                    )
                )
                out.events.append(FireCue(line.at_fl, "line", line.line, number, place))
        case CaptionTrack():
            for place, caption in enumerate(track.cues):
                end_fl = caption.at_fl + caption.for_fl
                out.media.append(MediaCue("caption", caption.at_fl, end_fl, number, place, line=caption.line))
        case ClipTrack():
            for place, clip in enumerate(track.cues):
                end_fl = nominal_fl if clip.for_fl is None else clip.at_fl + clip.for_fl
                out.media.append(
                    MediaCue(
                        "clip",
                        clip.at_fl,
                        end_fl,
                        number,
                        place,
                        clip=track.clip,
                        skip_fl=clip.skip_fl,
                        loop=clip.loop,
                        speed=clip.speed,
                    )
                )
        case VideoTrack():
            for place, video in enumerate(track.cues):
                length_fl = video.for_fl if video.for_fl is not None else out.length("video", track.file)
                end_fl = nominal_fl if length_fl is None else video.at_fl + length_fl
                out.media.append(
                    MediaCue(
                        "video",
                        video.at_fl,
                        end_fl,
                        number,
                        place,
                        file=track.file,
                        node=track.node,
                        skip_fl=video.skip_fl,
                        loop=video.loop,
                        gain_db=video.gain_db,
                    )
                )
        case EventTrack():
            for place, event in enumerate(track.cues):
                out.events.append(FireCue(event.at_fl, "event", event.name, number, place, event.value))


def _sound(out: _Compiled, cue: AudioCue, number: int, place: int) -> MediaCue:
    nominal_fl = out.durations.nominal_fl
    tail = cue.tail if cue.tail is not None else not cue.loop
    known_fl = out.length("audio", cue.file)
    if cue.for_fl is not None:
        end_fl = cue.at_fl + cue.for_fl
    elif known_fl is not None and not cue.loop:
        end_fl = cue.at_fl + max(known_fl - cue.skip_fl, 1)
    else:
        end_fl = nominal_fl
    if not tail:
        end_fl = min(end_fl, nominal_fl)
    position = cue.position_m
    if position is None and cue.node is not None and cue.move is None:
        position = (0.0, 0.0, 0.0)
    move_channel: int | None = None
    if cue.move is not None:
        length_fl = cue.for_fl or 0
        times = [
            point.position if isinstance(point.position, int) else round(point.position * length_fl)
            for point in cue.move
        ]
        runs: list[PieceRun] = []
        for column in zip(*(point.value for point in cue.move), strict=True):
            run = PieceRun()
            run.hold(0, column[0])
            curves.curve(run, cue.at_fl, times, cast("Vector", column), cue.shape)
            runs.append(run)
        move_channel = out.channels(runs)[0]
    return MediaCue(
        "audio",
        cue.at_fl,
        end_fl,
        number,
        place,
        file=cue.file,
        node=cue.node or "",
        skip_fl=cue.skip_fl,
        fade_in_fl=cue.fade_in_fl,
        fade_out_fl=cue.fade_out_fl,
        loop=cue.loop,
        bus=cue.bus,
        gain_db=cue.gain_db,
        bed=cue.bed,
        tail=tail,
        resume=cue.seek == "resume",
        position_m=position,
        azimuth_deg=cue.azimuth_deg or 0.0,
        elevation_deg=cue.elevation_deg or 0.0,
        distance_m=cue.distance_m or 1.0,
        move_channel=move_channel,
    )
