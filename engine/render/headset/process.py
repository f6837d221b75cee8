"""A viewer for a headset, as a process: everything put together, and let go of in the right order."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from engine.errors import OutputError
from engine.experience.headset import GuestPolicy, HeadsetSpec
from engine.experience.package import Package
from engine.experience.rig import Rig, load_rig
from engine.motion.seat_poses import SeatPoseBlock
from engine.motion.seat_predictor import SeatPredictor
from engine.render.comfort import SnapTurn
from engine.render.desk import trigger_keys
from engine.render.headset.canvas import EyeCanvas
from engine.render.headset.context import graphics_kind, open_context
from engine.render.headset.hand_models import HandModels
from engine.render.headset.loop import HeadsetLoop, TransportSource
from engine.render.headset.onlooker import Onlooker
from engine.render.headset.sheet import Sheet
from engine.render.headset.still import Stills
from engine.render.headset.touch import HandPulses
from engine.render.headset.turning import Turning
from engine.render.inbox import Inbox
from engine.render.live import InputEvent
from engine.render.options import ViewerOptions
from engine.render.output import Output
from engine.render.process import HeadsetConfig, ViewerConfig, head_telling
from engine.render.stage import Stage
from engine.render.watching import GuestWatch
from engine.story.graph import START, build_graph
from engine.time.clocks import Clock
from engine.time.shared import TransportBlock
from engine.xr.faults import XrUnavailable
from engine.xr.feel import SEAT_ROLE, HandFeel
from engine.xr.headset import Headset
from engine.xr.openxr import OpenXrRuntime
from engine.xr.profiles import action_table
from engine.xr.runtime import InstanceWish, Runtime
from engine.xr.track_files import PoseRecorder
from engine.xr.watch import watch_for
from engine.xr.wearing import HeadsetSetup

#: Set to have every call checked by the core validation layer; whatever it reports ends the session.
VALIDATE = "SENSORAMA_XR_VALIDATE"


def run_headset(
    config: ViewerConfig,
    asked: HeadsetConfig,
    package: Package,
    block: TransportBlock,
    inbox: Inbox,
    clock: Clock,
) -> bool:
    """Show the picture in a headset until retired.

    Returns
    -------
    bool
        False, having said why, where there is no headset and the caller had better show a flat picture.

    Raises
    ------
    XrUnavailable
        There is none and one was insisted on.
    SystemExit
        With status `REPLACE_ME` when only another process can help.
    """
    # Its loader writes to the terminal what we say in better words.
    os.environ.setdefault("XR_LOADER_DEBUG", "none")
    kind = "egl" if not asked.window and os.name == "posix" else None
    try:
        output = open_context(prefer=kind)  # type: ignore[arg-type]
        graphics = graphics_kind(output)
    except OutputError as error:
        return _without(asked, inbox, f"{error}")
    with ExitStack() as stack:
        stack.callback(output.engine.remove_window, output.buffer)
        runtime = OpenXrRuntime()
        wish = InstanceWish(graphics=graphics, validation=bool(os.environ.get(VALIDATE)))
        if not asked.keep_looking or asked.required:
            missing = _look_once(runtime, wish)
            if missing:
                return _without(asked, inbox, missing)
        loop = assemble(config, asked, package, block, inbox, clock, output, runtime, wish, stack)
        _warm(loop.stage, package, config.first, inbox, clock)
        loop.loaded()
        inbox.post("ready", f"picture: headset by OpenXR over {graphics.upper()}, {output.renderer}")
        while loop.step():
            pass
        if loop.exhausted:
            raise SystemExit(REPLACE_ME)
    return True


#: Exit status that asks for a new process: this one has tried everything it can (EX_TEMPFAIL of sysexits.h).
REPLACE_ME = 75


# A guest who puts the headset on finds the first scene there, not a sky that fills.
_WARM_LIMIT_NS = 8_000_000_000
_WARM_STEP_NS = 2_000_000


def _warm(stage: Stage, package: Package, first: str | None, inbox: Inbox, clock: Clock) -> None:
    """Load what the show begins with, before anybody is told that it may begin."""
    graph = build_graph(package.story_json)
    names = [first] if first else [edge.target for edge in graph.edges if edge.source == START]
    wanted = [package.scene_index[name] for name in names if name in package.scene_index]
    stage.preload(wanted)
    until_ns = clock.now_ns() + _WARM_LIMIT_NS
    while not stage.ready(wanted) and clock.now_ns() < until_ns and not inbox.retired:
        stage.build()
        inbox.poll()
        clock.sleep_until_ns(clock.now_ns() + _WARM_STEP_NS)


def _without(asked: HeadsetConfig, inbox: Inbox, why: str) -> bool:
    if asked.required:
        raise XrUnavailable(f"--require-xr: {why}")
    inbox.post("say", f"no headset: {why}; {'a window' if asked.window else 'an off-screen picture'} instead")
    return False


def _look_once(runtime: OpenXrRuntime, wish: InstanceWish) -> str:
    """Why there is no headset now; "" when there is one."""
    try:
        instance = runtime.open(wish)
    except XrUnavailable as error:
        return str(error)
    try:
        instance.system()
    except XrUnavailable as error:
        return str(error)
    finally:
        instance.close()
    return ""


def assemble(
    config: ViewerConfig,
    asked: HeadsetConfig,
    package: Package,
    block: TransportSource,
    inbox: Inbox,
    clock: Clock,
    output: Output,
    runtime: Runtime,
    wish: InstanceWish,
    stack: ExitStack,
) -> HeadsetLoop:
    """Put a loop together; `stack` lets go of it. The context of `output` is current."""
    rig = load_rig(asked.rig)
    spec = rig.headset

    def say(text: str) -> None:
        inbox.post("say", text)

    def forward(event: InputEvent) -> None:
        inbox.post("input", event)

    options = ViewerOptions(
        language=config.language,
        second_language=config.second_language,
        quality="headset" if config.quality == "desktop" else config.quality,
        seat=config.seat,
    )
    heads = stack.enter_context(head_telling(config))
    stage = Stage(package, options, output, forward, say, patient=False)
    stack.callback(stage.close)
    seat = None
    if asked.seats and spec.compensate:
        poses = SeatPoseBlock.attach(asked.seats)
        stack.callback(poses.close)
        seat = SeatPredictor(poses, config.seat)
    headset = Headset(
        runtime,
        wish,
        setup_of(rig, config.seat),
        clock,
        say=say,
        seat=seat,
        watch=watch_for(os.environ, sys.platform),
    )
    stack.callback(headset.close)
    headset.allow_eyes(spec.eye_tracking)
    sheet = Sheet(output, stage.panels) if spec.quads else None
    if sheet is not None:
        stack.callback(sheet.close)
    canvas = EyeCanvas(output, stage.picture, sheet, spec, lambda: headset.extensions, say)
    headset.canvas = canvas
    stack.callback(canvas.release)
    hands = HandModels(stage.picture)
    stack.callback(hands.close)
    feel = HandFeel(stage.evaluator, package.roles, config.seat, seat_too=not _shakes(rig))
    onlooker = Onlooker(
        output,
        stage,
        [program.id for program in package.scenes],
        spec,
        clock,
        forward,
        say,
        size_px=config.size,
        title=config.title,
        window=asked.window,
        reserved=trigger_keys(package.scenes),
    )
    stack.callback(onlooker.close)
    stills = Stills(output, stage)
    stack.callback(stills.close)
    recorder = None
    if config.record_poses is not None:
        recorder = PoseRecorder(Path(config.record_poses), say)
        stack.callback(recorder.close)
    loop = HeadsetLoop(
        stage,
        canvas,
        headset,
        sheet,
        GuestWatch(stage, heads),
        Turning(),
        SnapTurn(spec.snap_turn_deg),
        block,
        inbox,
        clock,
        onlooker,
        stills,
        hands,
        HandPulses(headset, feel),
        recorder,
        seat,
    )
    stack.callback(loop.close)
    return loop


def setup_of(rig: Rig, seat: int) -> HeadsetSetup:
    """What the rig says of a seat's headset and guests."""
    spec: HeadsetSpec = rig.headset
    guests: GuestPolicy = rig.guests
    return HeadsetSetup(
        actions=action_table(eye_gaze=spec.eye_tracking),
        form=spec.form,
        lift_m=spec.lift_m,
        eye_height_m=spec.eye_height_m,
        pivot_m=rig.seats[seat].pivot_m,
        refresh_hz=spec.refresh_hz,
        compensate=spec.compensate,
        on_arrival=guests.on_arrival,
        settle_ns=guests.settle_ns,
        gone_ns=guests.gone_ns,
    )


def _shakes(rig: Rig) -> bool:
    """Whether a device of the rig plays what shakes a seat; else the hands feel it."""
    return any(target.device for target in rig.roles.get(SEAT_ROLE, ())) or any(
        shaker.role == SEAT_ROLE for shaker in rig.audio.shakers
    )
