"""Compiles tracks that have a value at every time: levels, motion, haptics, the path, nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.timeline import curves
from engine.timeline.checks import path_time_fl
from engine.timeline.compiled import Compiled
from engine.timeline.curves import VOID, PieceRun
from engine.timeline.media import FireCue
from engine.timeline.model_cues import CurveCue, HapticCue
from engine.timeline.model_tracks import (
    MOTION_SMOOTH_FL,
    HapticTrack,
    LevelTrack,
    MotionGain,
    MotionLog,
    MotionTrack,
    NodeTrack,
    PathTrack,
)
from engine.timeline.program import NODE_COMPONENTS, Contribution, DerivedMotion, Mix, NodeChannels

Vector = tuple[float, ...]

MAX_TRANSIENT_LANES = 4
"""Knocks of one track that may ring at once; with more, the one that ends first is cut."""

DEFAULT_HAPTIC_HZ = 60.0
"""Frequency of a haptic cue that names none: the middle of what seat shakers do well (20 to 100 Hz)."""


_NODE_NEUTRAL: Vector = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


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


def level_track(out: Compiled, track: LevelTrack) -> None:
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


def motion_track(out: Compiled, track: MotionTrack, track_number: int) -> None:
    number = out.roles.index(track.role)
    role = out.roles.roles[number]
    mix: Mix = track.mix or "add"
    if track.from_ is not None:
        out.derived.append(_derived(track, number, track_number, mix))
        return
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


def _derived(track: MotionTrack, role: int, track_number: int, mix: Mix) -> DerivedMotion:
    gain = track.gain if isinstance(track.gain, MotionGain) else None
    log = track.from_ if isinstance(track.from_, MotionLog) else None
    one = 1.0 if track.gain is None else track.gain if isinstance(track.gain, float | int) else 1.0
    return DerivedMotion(
        role=role,
        track=track_number,
        source="path" if log is None else "telemetry",
        cueing=track.cueing or "fit",
        file="" if log is None else log.telemetry,
        frame="" if log is None else log.frame,
        at_fl=track.at_fl,
        skip_fl=0 if log is None else log.skip_fl,
        for_fl=track.for_fl or 0,
        force_gain=one if gain is None else gain.force,
        turn_gain=one if gain is None else gain.turn,
        smooth_fl=MOTION_SMOOTH_FL if track.smooth_fl is None else track.smooth_fl,
        mix=mix,
    )


def haptic_track(out: Compiled, track: HapticTrack, track_number: int) -> None:
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
    """The frequency channel: each cue's from its start on, or along its points."""
    run = PieceRun()
    hz = rest_hz or DEFAULT_HAPTIC_HZ
    run.hold(0, hz)
    for cue in sorted(cues, key=lambda cue: cue.at_fl):
        if isinstance(cue.hz, tuple):
            values = [point.value for point in cue.hz]
            curves.curve(run, cue.at_fl, cue.hz_times_fl(), values, "linear", None)
            hz = values[-1]
            continue
        hz = cue.hz or hz
        run.hold(cue.at_fl, hz)
    return run


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


def path_track(out: Compiled, track: PathTrack) -> None:
    times = [path_time_fl(point.position, out.durations.nominal_fl) for point in track.keys]
    runs: list[PieceRun] = []
    for column in zip(*(point.values for point in track.keys), strict=True):
        run = PieceRun()
        curves.curve(run, 0, times, column, track.shape)
        runs.append(run)
    out.path_channel = out.channels(runs)[0]


def node_track(out: Compiled, track: NodeTrack) -> None:
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
